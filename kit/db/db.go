// Package db is the small seam between Milieu and its two databases, SQLite and PostgreSQL.
//
// One text of SQL serves both: parameters are numbered ($1), times are integers of microseconds, IDs are sixteen bytes. A schema is
// written with SQLite's words (BLOB, INTEGER, WITHOUT ROWID) and translated for PostgreSQL. Writing goes through Write, one
// transaction at a time in this process; reading goes through Read and Snapshot, beside the writer.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"milieu/kit/fault"
)

// Dialect is which database it is.
type Dialect int

// The two databases.
const (
	SQLite Dialect = iota
	Postgres
)

// String names the database for people and logs.
func (d Dialect) String() string {
	if d == Postgres {
		return "PostgreSQL"
	}
	return "SQLite"
}

// DDL translates a schema written for SQLite.
func (d Dialect) DDL(text string) string {
	if d == SQLite {
		return text
	}
	return strings.NewReplacer(" BLOB", " BYTEA", " INTEGER", " BIGINT", " WITHOUT ROWID", "", " REAL", " DOUBLE PRECISION").Replace(text)
}

// Querier reads.
type Querier interface {
	// Query runs a statement that gives rows. The caller closes them.
	Query(query string, args ...any) (Rows, error)
	// QueryRow runs a statement for at most one row. Scan gives ErrNoRows when there is none.
	QueryRow(query string, args ...any) Row
}

// Tx is one write transaction. On PostgreSQL an Exec may be sent together with what follows it, so its error may show at a later call or at the end.
type Tx interface {
	Querier
	// Exec runs a statement that gives no rows.
	Exec(query string, args ...any) error
	memory() *memory
}

// Rows is a result being read.
type Rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close() error
}

// Row is a result of at most one row.
type Row interface{ Scan(dest ...any) error }

// ErrNoRows says that there was no row.
var ErrNoRows = sql.ErrNoRows

// DB is an open database.
type DB struct {
	Dialect Dialect
	Path    string // of the SQLite file; empty on PostgreSQL

	read   *sql.DB
	stmts  sync.Map // query text → *sql.Stmt
	writer writer
	mu     sync.Mutex // one write transaction at a time in this process
	kept   *memory    // of the writer, under mu
	closes []func() error
	beside func(ctx context.Context, name string, busy time.Duration) (*DB, error)

	closing sync.Once
}

type writer interface {
	begin(ctx context.Context, m *memory) (txn, error)
	close() error
}

type txn interface {
	Tx
	commit() error
	rollback()
}

// Write runs do in one write transaction and commits it durably. An error of do, or of the commit, leaves nothing behind.
func (d *DB) Write(ctx context.Context, do func(Tx) error) (err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept.on = false
	tx, err := d.writer.begin(ctx, d.kept)
	if err != nil {
		return classify(err)
	}
	defer func() {
		if err != nil {
			d.kept.forget()
		}
		if p := recover(); p != nil {
			d.kept.forget()
			tx.rollback()
			panic(p)
		}
	}()
	if err := do(tx); err != nil {
		tx.rollback()
		return classify(err)
	}
	if err := tx.commit(); err != nil {
		return classify(err)
	}
	return nil
}

// Beside opens what is kept apart from this database, with a writer of its own: on SQLite another file in the same folder, sealed alike, whose
// statements wait for locks no longer than busy; on PostgreSQL the same database again.
func (d *DB) Beside(ctx context.Context, name string, busy time.Duration) (*DB, error) {
	return d.beside(ctx, name, busy)
}

// Read gives a reader without a transaction around it: each statement sees what is committed when it runs.
func (d *DB) Read(ctx context.Context) Querier { return reader{ctx, d, nil} }

// Snapshot runs do on one consistent view of the data.
func (d *DB) Snapshot(ctx context.Context, do func(Querier) error) error {
	tx, err := d.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: d.snapshotLevel()})
	if err != nil {
		return classify(err)
	}
	defer tx.Rollback() //nolint:errcheck // a read leaves nothing to undo
	return do(reader{ctx, d, tx})
}

func (d *DB) snapshotLevel() sql.IsolationLevel {
	if d.Dialect == Postgres {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
}

// ForUpdate is the clause that locks a selected row until the end of the transaction; SQLite's writer is alone already.
func (d Dialect) ForUpdate() string {
	if d == Postgres {
		return " FOR UPDATE"
	}
	return ""
}

// Close ends the database's connections. Closing again does nothing.
func (d *DB) Close() (err error) {
	d.closing.Do(func() {
		errs := []error{d.read.Close(), d.writer.close()}
		for _, c := range d.closes {
			errs = append(errs, c())
		}
		err = errors.Join(errs...)
	})
	return err
}

type reader struct {
	ctx context.Context
	db  *DB
	tx  *sql.Tx
}

func (r reader) stmt(query string) (*sql.Stmt, error) {
	s, ok := r.db.stmts.Load(query)
	if !ok {
		made, err := r.db.read.Prepare(query)
		if err != nil {
			return nil, fmt.Errorf("preparing %q: %w", query, err)
		}
		var raced bool
		if s, raced = r.db.stmts.LoadOrStore(query, made); raced {
			made.Close()
		}
	}
	if r.tx != nil {
		return r.tx.StmtContext(r.ctx, s.(*sql.Stmt)), nil
	}
	return s.(*sql.Stmt), nil
}

// Query implements Querier.
func (r reader) Query(query string, args ...any) (Rows, error) {
	s, err := r.stmt(query)
	if err != nil {
		return nil, classify(err)
	}
	rows, err := s.QueryContext(r.ctx, args...)
	if err != nil {
		return nil, classify(err)
	}
	return rows, nil
}

// QueryRow implements Querier.
func (r reader) QueryRow(query string, args ...any) Row {
	s, err := r.stmt(query)
	if err != nil {
		return failedRow{err}
	}
	return s.QueryRowContext(r.ctx, args...)
}

type failedRow struct{ err error }

func (f failedRow) Scan(...any) error { return f.err }

// Each reads all rows of a query, handing each to scan.
func Each(q Querier, query string, args []any, scan func(Row) error) error {
	rows, err := q.Query(query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Exists says whether a query gives a row.
func Exists(q Querier, query string, args ...any) (bool, error) {
	rows, err := q.Query(query, args...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	found := rows.Next()
	return found, rows.Err()
}

// classify gives database errors the kinds that senders are told: no space, and not writable just now.
func classify(err error) error {
	var known *fault.Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	switch {
	case isFull(err):
		return fault.Wrap(fault.Full, err, "the disk is full: nothing was saved; what you wrote is still here")
	case isUnavailable(err):
		return fault.Wrap(fault.Unavailable, err, "the record cannot be written just now: nothing was saved; what you wrote is still here, try again in a moment")
	}
	return err
}
