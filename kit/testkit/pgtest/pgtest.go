// Package pgtest runs a real PostgreSQL for tests: one server a test process, a fresh database a test, all of it gone at the end.
package pgtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Server is a PostgreSQL server of the tests' own, reached by a socket in a temporary folder only.
type Server struct {
	dir, bin string
	as       *account
	made     atomic.Int64
}

var (
	once   sync.Once
	shared *Server
	failed error
)

// Main runs a package's tests and then stops the server, if any test started it. A package that uses Database calls it from TestMain.
func Main(m *testing.M) int {
	defer func() {
		if shared != nil {
			shared.close()
		}
	}()
	return m.Run()
}

// Database gives the URL of a fresh, empty database on the process's server, which is started when first asked for.
func Database(t testing.TB) string {
	t.Helper()
	once.Do(func() { shared, failed = start() })
	if failed != nil {
		t.Fatal(failed)
	}
	url, err := shared.Database(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// Own starts a server for one test alone, which may be killed and started again.
func Own(t testing.TB) *Server {
	t.Helper()
	s, err := start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

func start() (*Server, error) {
	bin, err := find()
	if err != nil {
		return nil, err
	}
	as, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pg") // short: a socket's path has at most 107 characters
	if err != nil {
		return nil, fmt.Errorf("making a folder for PostgreSQL: %w", err)
	}
	s := &Server{dir: dir, bin: bin, as: as}
	if err := as.own(dir); err != nil {
		return nil, err
	}
	if err := s.run("initdb", "-D", s.data(), "-U", "milieu", "-A", "trust", "--no-locale", "-E", "UTF8", "--no-sync"); err != nil {
		s.close()
		return nil, err
	}
	settings := fmt.Sprintf("listen_addresses = ''\nunix_socket_directories = '%s'\nfsync = on\nfull_page_writes = on\nmax_connections = 60\nshared_buffers = 64MB\nmax_wal_size = 1GB\n", dir)
	if err := appendTo(filepath.Join(s.data(), "postgresql.conf"), settings); err != nil {
		s.close()
		return nil, err
	}
	if err := s.Start(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("setting up PostgreSQL: %w", err)
	}
	_, err = f.WriteString(text)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// find looks where Debian and others put the server's programs.
func find() (string, error) {
	places, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	for i := len(places) - 1; i >= 0; i-- {
		if _, err := os.Stat(filepath.Join(places[i], "postgres")); err == nil {
			return places[i], nil
		}
	}
	p, err := exec.LookPath("postgres")
	if err != nil {
		return "", fmt.Errorf("looking for PostgreSQL's server: install the package postgresql (%w)", err)
	}
	return filepath.Dir(p), nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) run(program string, args ...string) error {
	cmd := exec.Command(filepath.Join(s.bin, program), args...)
	cmd.Dir = s.dir
	s.as.apply(cmd)
	// Into a file, not a pipe: the server would inherit the pipe and waiting for its end would never end.
	out, err := os.CreateTemp(s.dir, program)
	if err != nil {
		return fmt.Errorf("running %s: %w", program, err)
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		return fmt.Errorf("running %s: %w: %s", program, err, strings.TrimSpace(string(said)))
	}
	return nil
}

// Start starts the server again after Kill.
func (s *Server) Start() error {
	return s.run("pg_ctl", "-D", s.data(), "-l", filepath.Join(s.dir, "log"), "-w", "-t", "60", "start")
}

// Kill stops the server at once, as if the machine had stopped: nothing is flushed, every connection breaks.
func (s *Server) Kill() error {
	return s.run("pg_ctl", "-D", s.data(), "-m", "immediate", "-w", "-t", "60", "stop")
}

func (s *Server) close() {
	_ = s.Kill() // it may not run any more
	_ = os.RemoveAll(s.dir)
}

// URL is the address of a database of the server.
func (s *Server) URL(name string) string {
	return fmt.Sprintf("postgres://milieu@/%s?host=%s", name, s.dir)
}

// Database makes a fresh database.
func (s *Server) Database(ctx context.Context) (string, error) {
	name := fmt.Sprintf("trial%d", s.made.Add(1))
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return "", fmt.Errorf("connecting to the tests' PostgreSQL: %w", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", fmt.Errorf("making database %s: %w", name, err)
	}
	return s.URL(name), nil
}
