package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"milieu/kit/db/vault"
)

// SQLiteOptions says how to open a SQLite file.
type SQLiteOptions struct {
	Path string
	VFS  string // the name of the encrypting VFS; empty opens a plain file, which only tests and rescue do
	// NoSync gives up durability for speed: for building test data only.
	NoSync bool
	// Busy is how long a statement waits for another process's lock; zero means ten seconds.
	Busy time.Duration
}

// OpenSQLite opens or creates the file: one writer, readers beside it, write-ahead log, a full sync at each commit.
func OpenSQLite(ctx context.Context, o SQLiteOptions) (*DB, error) {
	if o.Busy == 0 {
		o.Busy = 10 * time.Second
	}
	dsn := func(extra ...string) string {
		p := url.Values{}
		for _, v := range append([]string{fmt.Sprintf("busy_timeout(%d)", o.Busy.Milliseconds()), "journal_mode(wal)", "temp_store(memory)", "foreign_keys(0)", "mmap_size(0)"}, extra...) {
			p.Add("_pragma", v)
		}
		if o.VFS != "" {
			p.Set("vfs", o.VFS)
		}
		return "file:" + (&url.URL{Path: o.Path}).EscapedPath() + "?" + p.Encode()
	}
	sync := "synchronous(full)"
	if o.NoSync {
		sync = "synchronous(off)"
	}
	side, err := sql.Open("sqlite", dsn(sync, "wal_autocheckpoint(0)", "cache_size(-500)"))
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", o.Path, err)
	}
	// The writer speaks to the driver itself: every statement of an entry passes here, and package sql's pooling is for many callers.
	conn, err := side.Driver().Open(dsn(sync, fmt.Sprintf("wal_autocheckpoint(%d)", writerCheckpoint), "cache_size(-16000)"))
	if err != nil {
		side.Close()
		return nil, fmt.Errorf("opening %s: %w", o.Path, explain(o, err))
	}
	d := &DB{Dialect: SQLite, Path: o.Path, kept: newMemory()}
	w := &sqliteWriter{conn: conn, side: startCheckpointer(side, o.Path, &d.mu), stmts: map[string]driver.Stmt{}}
	r, err := sql.Open("sqlite", dsn("query_only(1)", "cache_size(-4000)"))
	if err != nil {
		w.close()
		return nil, fmt.Errorf("opening %s for reading: %w", o.Path, err)
	}
	n := max(4, 2*runtime.NumCPU())
	r.SetMaxOpenConns(n)
	r.SetMaxIdleConns(n)
	d.read, d.writer = r, w
	d.beside = func(ctx context.Context, name string, busy time.Duration) (*DB, error) {
		another := o
		another.Path, another.Busy = filepath.Join(filepath.Dir(o.Path), name), busy
		return OpenSQLite(ctx, another)
	}
	d.closes = append(d.closes, w.side.closeFile)
	return d, nil
}

// explain names what the vault refused; SQLite itself can only say "disk I/O error".
func explain(o SQLiteOptions, err error) error {
	if o.VFS == "" {
		return err
	}
	return vault.Explain(o.VFS, o.Path, err)
}

type sqliteWriter struct {
	conn  driver.Conn
	side  *checkpointer
	stmts map[string]driver.Stmt
}

func (w *sqliteWriter) close() error {
	errs := []error{w.side.close()}
	for _, s := range w.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, w.conn.Close())...)
}

func (w *sqliteWriter) stmt(query string) (driver.Stmt, error) {
	if s := w.stmts[query]; s != nil {
		return s, nil
	}
	s, err := w.conn.Prepare(query)
	if err != nil {
		return nil, fmt.Errorf("preparing %q: %w", query, err)
	}
	w.stmts[query] = s
	return s, nil
}

// The writer does not hand its caller's context to the driver: a commit that has begun is finished, and a sender who hangs up tears nothing.
func (w *sqliteWriter) exec(query string, args ...any) error {
	s, err := w.stmt(query)
	if err != nil {
		return err
	}
	values, err := named(args)
	if err == nil {
		_, err = s.(driver.StmtExecContext).ExecContext(context.Background(), values)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", firstWords(query), err)
	}
	return nil
}

func (w *sqliteWriter) begin(ctx context.Context, m *memory) (txn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return nil, err
	}
	return sqliteTx{w, m}, nil
}

type sqliteTx struct {
	w *sqliteWriter
	m *memory
}

func (t sqliteTx) memory() *memory { return t.m }

func (t sqliteTx) Exec(query string, args ...any) error {
	t.m.wrote(query)
	if strings.IndexByte(query, ';') < 0 {
		return t.w.exec(query, args...)
	}
	values, err := named(args) // a schema of several statements
	if err == nil {
		_, err = t.w.conn.(driver.ExecerContext).ExecContext(context.Background(), query, values)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", firstWords(query), err)
	}
	return nil
}

func (t sqliteTx) query(query string, args []any) (*values, error) {
	s, err := t.w.stmt(query)
	if err != nil {
		return nil, err
	}
	out := &values{}
	in, err := named(args)
	if err == nil {
		err = out.fill(s, in)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", firstWords(query), err)
	}
	return out, nil
}

// fill reads all rows of a statement.
func (r *values) fill(s driver.Stmt, in []driver.NamedValue) error {
	rows, err := s.(driver.StmtQueryContext).QueryContext(context.Background(), in)
	if err != nil {
		return err
	}
	n := len(rows.Columns())
	for {
		row := make([]driver.Value, n)
		if err = rows.Next(row); err != nil {
			break
		}
		r.rows = append(r.rows, row)
	}
	if err == io.EOF { //nolint:errorlint // the driver's own sign of the end
		err = nil
	}
	return errors.Join(err, rows.Close())
}

func (t sqliteTx) Query(query string, args ...any) (Rows, error) { return t.query(query, args) }

func (t sqliteTx) QueryRow(query string, args ...any) Row {
	rows, err := t.query(query, args)
	if err != nil {
		return failedRow{err}
	}
	return oneRow{rows}
}

func (t sqliteTx) commit() error {
	err := t.w.exec("COMMIT")
	t.w.side.commits.Add(1)
	if err != nil {
		t.rollback()
	}
	return err
}

func (t sqliteTx) rollback() {
	// After some failures SQLite has rolled back by itself and this only says so.
	_ = t.w.exec("ROLLBACK")
}

func firstWords(query string) string {
	f := strings.Fields(query)
	return strings.Join(f[:min(4, len(f))], " ")
}

func sqliteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

func isFull(err error) bool {
	return sqliteCode(err)&0xff == lib.SQLITE_FULL || postgresCode(err) == "53100" || strings.Contains(err.Error(), "no space left")
}

func isUnavailable(err error) bool {
	switch sqliteCode(err) & 0xff {
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_IOERR, lib.SQLITE_CANTOPEN, lib.SQLITE_READONLY:
		return true
	}
	switch c := postgresCode(err); {
	case len(c) == 5 && (c[:2] == "08" || c[:2] == "57" || c[:2] == "53" || c[:2] == "40"):
		return true
	}
	return postgresGone(err)
}

// Backup writes a consistent copy of a SQLite database to path, by the same VFS and so sealed with the same key, while writing goes on.
func (d *DB) Backup(ctx context.Context, path string) error {
	if d.Dialect != SQLite {
		return fmt.Errorf("a copy of the file is for SQLite; PostgreSQL is copied by its own means")
	}
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("copying the database: %s exists already", path)
	}
	if _, err := d.read.ExecContext(ctx, "VACUUM INTO $1", path); err != nil {
		return fmt.Errorf("copying the database to %s: %w", path, err)
	}
	return nil
}
