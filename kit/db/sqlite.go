package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime"
	"strings"

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
}

// OpenSQLite opens or creates the file: one writer, readers beside it, write-ahead log, a full sync at each commit.
func OpenSQLite(ctx context.Context, o SQLiteOptions) (*DB, error) {
	dsn := func(extra ...string) string {
		p := url.Values{}
		for _, v := range append([]string{"busy_timeout(10000)", "journal_mode(wal)", "temp_store(memory)", "foreign_keys(0)", "mmap_size(0)"}, extra...) {
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
	w, err := sql.Open("sqlite", dsn(sync, "wal_autocheckpoint(4000)", "cache_size(-16000)"))
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", o.Path, err)
	}
	w.SetMaxOpenConns(1)
	conn, err := w.Conn(ctx)
	if err == nil {
		err = conn.PingContext(ctx)
	}
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("opening %s: %w", o.Path, explain(o, err))
	}
	r, err := sql.Open("sqlite", dsn("query_only(1)", "cache_size(-4000)"))
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("opening %s for reading: %w", o.Path, err)
	}
	n := max(4, 2*runtime.NumCPU())
	r.SetMaxOpenConns(n)
	r.SetMaxIdleConns(n)
	return &DB{Dialect: SQLite, Path: o.Path, read: r, writer: &sqliteWriter{db: w, conn: conn, stmts: map[string]*sql.Stmt{}, open: map[*sqliteRows]struct{}{}, busy: map[string]bool{}}}, nil
}

// explain names what the vault refused; SQLite itself can only say "disk I/O error".
func explain(o SQLiteOptions, err error) error {
	if o.VFS == "" {
		return err
	}
	return vault.Explain(o.VFS, o.Path, err)
}

type sqliteWriter struct {
	db    *sql.DB
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	open  map[*sqliteRows]struct{} // results being read
	busy  map[string]bool          // by query: its prepared statement is being read from
}

func (w *sqliteWriter) close() error {
	for _, s := range w.stmts {
		s.Close()
	}
	return errors.Join(w.conn.Close(), w.db.Close())
}

func (w *sqliteWriter) stmt(query string) (*sql.Stmt, error) {
	if s := w.stmts[query]; s != nil {
		return s, nil
	}
	s, err := w.conn.PrepareContext(context.Background(), query)
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
	if _, err := s.Exec(args...); err != nil {
		return fmt.Errorf("%s: %w", firstWords(query), err)
	}
	return nil
}

func (w *sqliteWriter) begin(ctx context.Context) (txn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return nil, err
	}
	return sqliteTx{w}, nil
}

// sqliteRows keeps a prepared statement from being used for two results at once: SQLite would refuse it.
type sqliteRows struct {
	*sql.Rows
	w     *sqliteWriter
	query string
	own   *sql.Stmt // prepared for these rows alone; nil when they use the shared one
}

// Close implements Rows.
func (r *sqliteRows) Close() error {
	if _, open := r.w.open[r]; !open {
		return nil
	}
	delete(r.w.open, r)
	err := r.Rows.Close()
	if r.own != nil {
		return errors.Join(err, r.own.Close())
	}
	delete(r.w.busy, r.query)
	return err
}

// closeRows closes what a transaction has left open, as it may when it panics.
func (w *sqliteWriter) closeRows() {
	for r := range w.open {
		_ = r.Close() // the transaction is over in any case
	}
}

type sqliteTx struct{ w *sqliteWriter }

func (t sqliteTx) Exec(query string, args ...any) error {
	if strings.IndexByte(query, ';') >= 0 { // a schema of several statements
		if _, err := t.w.conn.ExecContext(context.Background(), query, args...); err != nil {
			return fmt.Errorf("%s: %w", firstWords(query), err)
		}
		return nil
	}
	return t.w.exec(query, args...)
}

func (t sqliteTx) Query(query string, args ...any) (Rows, error) {
	r := &sqliteRows{w: t.w, query: query}
	s, err := t.w.stmt(query)
	if err == nil && t.w.busy[query] {
		s, err = t.w.conn.PrepareContext(context.Background(), query)
		r.own = s
	}
	if err != nil {
		return nil, err
	}
	if r.Rows, err = s.Query(args...); err != nil {
		if r.own != nil {
			r.own.Close()
		}
		return nil, fmt.Errorf("%s: %w", firstWords(query), err)
	}
	t.w.open[r] = struct{}{}
	if r.own == nil {
		t.w.busy[query] = true
	}
	return r, nil
}

func (t sqliteTx) QueryRow(query string, args ...any) Row {
	if t.w.busy[query] {
		rows, err := t.Query(query, args...)
		if err != nil {
			return failedRow{err}
		}
		return oneRow{rows}
	}
	s, err := t.w.stmt(query)
	if err != nil {
		return failedRow{err}
	}
	return s.QueryRow(args...)
}

func (t sqliteTx) commit() error {
	t.w.closeRows()
	err := t.w.exec("COMMIT")
	if err != nil {
		t.rollback()
	}
	return err
}

func (t sqliteTx) rollback() {
	t.w.closeRows()
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
