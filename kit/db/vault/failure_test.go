package vault

import (
	"bufio"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"milieu/kit/db/vault/faultvfs"
)

// F3: no success is told for what failed, reading goes on, and once the disk is well
// writing goes on too, without opening anything again.
func TestFailingDisk(t *testing.T) {
	for seed := range uint64(trials(15, 400)) {
		r := rand.New(rand.NewPCG(seed, 3))
		disk, err := faultvfs.New(seed)
		if err != nil {
			t.Fatal(err)
		}
		vfs, err := Register(testKeys(t, 1), Options{Base: disk.Name()})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "a.db")
		db, err := sql.Open("sqlite", DSN(path, vfs, walFull, "synchronous(full)", "wal_autocheckpoint(10)"))
		if err != nil {
			t.Fatal(err)
		}
		fill(t, db, 20)
		acknowledged := 20
		for range 6 {
			disk.Fail(faultvfs.Failure{
				On:      []faultvfs.Operation{faultvfs.Any, faultvfs.Write, faultvfs.Sync, faultvfs.Truncate}[r.IntN(4)],
				After:   r.IntN(30),
				Times:   r.IntN(4),
				NoSpace: r.IntN(2) == 0,
				Suffix:  []string{"", "", walSuffix, pagesSuffix, "a.db"}[r.IntN(5)],
			})
			for range 15 {
				if _, err := db.Exec("INSERT INTO entry(body) VALUES(hex(randomblob(900)))"); err == nil {
					acknowledged++
				}
				if n := one[int](t, db, "SELECT count(*) FROM entry"); n < acknowledged {
					t.Fatalf("seed %d: %d rows of %d acknowledged", seed, n, acknowledged)
				}
			}
			disk.Heal()
			if _, err := db.Exec("INSERT INTO entry(body) VALUES('well again')"); err != nil {
				t.Fatalf("seed %d: writing does not go on: %v", seed, Explain(vfs, path, err))
			}
			acknowledged++
			if r.IntN(3) == 0 {
				exec(t, db, "PRAGMA wal_checkpoint(TRUNCATE)")
			}
		}
		if got := one[string](t, db, "PRAGMA integrity_check"); got != "ok" {
			t.Errorf("seed %d: %s", seed, got)
		}
		rows := one[int](t, db, "SELECT count(*) FROM entry")
		disk.Cut()
		db.Close()
		for _, d := range Damages(vfs) {
			t.Errorf("seed %d: %v", seed, d)
		}
		if err := Unregister(vfs); err != nil {
			t.Fatal(err)
		}
		// A power cut after the failures: what was acknowledged is there.
		folder := t.TempDir()
		if err := disk.PowerCut(folder); err != nil {
			t.Fatal(err)
		}
		if err := disk.Close(); err != nil {
			t.Fatal(err)
		}
		if after, err := rowsAfter(t, folder); err != nil || after < acknowledged || after > rows {
			t.Fatalf("seed %d: %d rows after a power cut, %d acknowledged, %d seen: %v", seed, after, acknowledged, rows, err)
		}
	}
}

// One writer and readers beside it, with checkpoints, VACUUM and the -pages file in use
// from several goroutines.
func TestReadersBesideAWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	vfs := register(t, testKeys(t, 1), Options{})
	writer := open(t, vfs, path, walFull, "synchronous(normal)", "wal_autocheckpoint(20)")
	fill(t, writer, 100)
	readers, err := sql.Open("sqlite", DSN(path, vfs, "cache_size(5)", "query_only(true)"))
	if err != nil {
		t.Fatal(err)
	}
	defer readers.Close()
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			last := 0
			for {
				select {
				case <-done:
					return
				default:
				}
				var n int
				if err := readers.QueryRow("SELECT count(body) FROM entry").Scan(&n); err != nil {
					t.Errorf("read: %v", Explain(vfs, path, err))
					return
				}
				if n < last {
					t.Errorf("%d rows after %d", n, last)
				}
				last = n
			}
		})
	}
	for i := range 400 {
		exec(t, writer, "INSERT INTO entry(body) VALUES(hex(randomblob(1200)))")
		if i%150 == 99 {
			exec(t, writer, "PRAGMA wal_checkpoint(FULL)")
		}
	}
	close(done)
	wg.Wait()
	if d := Damages(vfs); len(d) != 0 {
		t.Errorf("damages: %v", d)
	}
}

const childVariable = "VAULT_TEST_CHILD"

// TestMain lets the tests start this program again as another process on a database.
func TestMain(m *testing.M) {
	if path := os.Getenv(childVariable); path != "" {
		if err := child(path, os.Getenv(childVariable+"_NAME")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child inserts rows until it is killed or its input ends, and prints each row's number
// once it is acknowledged.
func child(path, name string) error {
	keys, err := OneKey([]byte(strings.Repeat("\x01", KeySize)))
	if err != nil {
		return err
	}
	vfs, err := Register(keys, Options{})
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", DSN(path, vfs, walFull, "synchronous(full)", "wal_autocheckpoint(15)"))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE IF NOT EXISTS entry(id INTEGER PRIMARY KEY, who TEXT, body TEXT) STRICT"); err != nil {
		return Explain(vfs, path, err)
	}
	ended := make(chan struct{})
	go func() {
		bufio.NewReader(os.Stdin).ReadByte()
		close(ended)
	}()
	for {
		select {
		case <-ended:
			return db.Close()
		default:
		}
		var id int
		if err := db.QueryRow("INSERT INTO entry(who, body) VALUES($1, hex(randomblob(700))) RETURNING id", name).Scan(&id); err != nil {
			return Explain(vfs, path, err)
		}
		var n int
		if err := db.QueryRow("SELECT count(body) FROM entry").Scan(&n); err != nil {
			return Explain(vfs, path, err)
		}
		fmt.Println(id)
	}
}

type process struct {
	cmd   *osexec.Cmd
	stdin interface{ Close() error }
	lines *bufio.Scanner
	errs  strings.Builder
	last  int
}

func start(t testing.TB, path, name string) *process {
	t.Helper()
	p := &process{cmd: osexec.Command(os.Args[0])}
	p.cmd.Env = append(os.Environ(), childVariable+"="+path, childVariable+"_NAME="+name)
	p.cmd.Stderr = &p.errs
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdin, p.lines = in, bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// wait reads n acknowledgements.
func (p *process) wait(t testing.TB, n int) {
	t.Helper()
	for range n {
		if !p.lines.Scan() {
			p.cmd.Wait()
			t.Fatalf("the other process ended: %s", p.errs.String())
		}
		p.last, _ = strconv.Atoi(p.lines.Text())
	}
}

// drain reads what is left after the end.
func (p *process) drain() {
	for p.lines.Scan() {
		p.last, _ = strconv.Atoi(p.lines.Text())
	}
	p.cmd.Wait()
}

// F1: killed at any moment, nothing acknowledged is lost. Two processes write at once
// and checkpoint for each other; one is killed, the other goes on.
func TestTwoProcessesAndKills(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	vfs := register(t, testKeys(t, 1), Options{})
	acknowledged := 0
	for round := range trials(4, 50) {
		a := start(t, path, "a")
		a.wait(t, 1) // the database is there
		b := start(t, path, "b")
		r := rand.New(rand.NewPCG(uint64(round), 1))
		b.wait(t, 5+r.IntN(40))
		a.cmd.Process.Kill()
		a.drain()
		b.wait(t, 5+r.IntN(40))
		if round%2 == 0 {
			b.cmd.Process.Kill()
		} else {
			b.stdin.Close()
		}
		b.drain()
		if b.errs.Len() > 0 {
			t.Fatalf("round %d: %s", round, b.errs.String())
		}
		acknowledged = max(acknowledged, a.last, b.last)
		db := open(t, vfs, path)
		if got := one[int](t, db, "SELECT count(*) FROM entry"); got < acknowledged {
			t.Fatalf("round %d: %d rows, %d were acknowledged", round, got, acknowledged)
		}
		if got := one[string](t, db, "PRAGMA integrity_check"); got != "ok" {
			t.Fatal(got)
		}
		db.Close()
	}
	if d := Damages(vfs); len(d) != 0 {
		t.Errorf("damages: %v", d)
	}
	t.Logf("%d acknowledged rows", acknowledged)
}
