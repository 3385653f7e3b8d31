package db

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// OpenPostgres opens a PostgreSQL database by its URL. synchronous_commit is forced on: what is acknowledged is on disk.
func OpenPostgres(ctx context.Context, url string) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("reading the database URL: %w", err)
	}
	cfg.MaxConns = 16
	cfg.ConnConfig.RuntimeParams["synchronous_commit"] = "on"
	cfg.ConnConfig.RuntimeParams["application_name"] = "milieu"
	// Planning a statement costs more than running it, so plans are made once. A plan made while a table was empty would read the whole table
	// for ever; without such scans every plan takes the index that is meant.
	cfg.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	cfg.ConnConfig.RuntimeParams["enable_seqscan"] = "off"
	// A scan of a small table that has no other way then looks so dear that the server would compile it first, for longer than it runs.
	cfg.ConnConfig.RuntimeParams["jit"] = "off"
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("opening PostgreSQL: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("opening PostgreSQL: %w", err)
	}
	read := stdlib.OpenDBFromPool(pool)
	d := &DB{Dialect: Postgres, read: read, writer: pgWriter{pool}, kept: newMemory()}
	d.beside = func(ctx context.Context, _ string, _ time.Duration) (*DB, error) { return OpenPostgres(ctx, url) }
	d.closes = append(d.closes, func() error { pool.Close(); return nil })
	return d, nil
}

type pgWriter struct{ pool *pgxpool.Pool }

func (w pgWriter) close() error { return nil }

func (w pgWriter) begin(ctx context.Context, m *memory) (txn, error) {
	conn, err := w.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	t := &pgTx{conn: conn, kept: m, batch: &pgx.Batch{}}
	t.batch.Queue("BEGIN")
	t.queued = 1
	return t, nil
}

// pgTx sends statements that give no rows together with the next one that does: a round trip for each would cost more than the work.
type pgTx struct {
	conn   *pgxpool.Conn
	kept   *memory
	batch  *pgx.Batch
	queued int
	err    error
}

func (t *pgTx) memory() *memory { return t.kept }

func (t *pgTx) Exec(query string, args ...any) error {
	t.kept.wrote(query)
	if t.err != nil {
		return t.err
	}
	if hasSemicolon(query) { // several statements go by the simple protocol
		if err := t.flush(); err != nil {
			return err
		}
		if _, err := t.conn.Conn().PgConn().Exec(context.Background(), query).ReadAll(); err != nil {
			t.err = fmt.Errorf("%s: %w", firstWords(query), err)
		}
		return t.err
	}
	t.batch.Queue(query, args...)
	t.queued++
	return nil
}

func hasSemicolon(s string) bool {
	for i := range len(s) {
		if s[i] == ';' {
			return true
		}
	}
	return false
}

func (t *pgTx) send() (pgx.BatchResults, error) {
	b, n := t.batch, t.queued
	t.batch, t.queued = &pgx.Batch{}, 0
	res := t.conn.SendBatch(context.Background(), b)
	for range n {
		if _, err := res.Exec(); err != nil {
			res.Close()
			t.err = err
			return nil, err
		}
	}
	return res, nil
}

func (t *pgTx) flush() error {
	if t.err != nil || t.queued == 0 {
		return t.err
	}
	res, err := t.send()
	if err != nil {
		return err
	}
	t.err = res.Close()
	return t.err
}

func (t *pgTx) Query(query string, args ...any) (Rows, error) {
	if t.err != nil {
		return nil, t.err
	}
	t.batch.Queue(query, args...)
	res, err := t.send()
	if err != nil {
		return nil, err
	}
	rows, err := read(res)
	if e := res.Close(); err == nil {
		err = e
	}
	if err != nil {
		t.err = err
		return nil, fmt.Errorf("%s: %w", firstWords(query), err)
	}
	rows.types = t.conn.Conn().TypeMap()
	return rows, nil
}

func (t *pgTx) QueryRow(query string, args ...any) Row {
	rows, err := t.Query(query, args...)
	if err != nil {
		return failedRow{err}
	}
	return oneRow{rows}
}

type oneRow struct{ rows Rows }

func (o oneRow) Scan(dest ...any) error {
	defer o.rows.Close()
	if !o.rows.Next() {
		if err := o.rows.Err(); err != nil {
			return err
		}
		return ErrNoRows
	}
	if err := o.rows.Scan(dest...); err != nil {
		return err
	}
	return o.rows.Close()
}

// pgRows is a result read as a whole: a transaction has one line, and may run further statements while it goes through the rows.
type pgRows struct {
	fields []pgconn.FieldDescription
	rows   [][][]byte
	at     int // of the next row
	types  *pgtype.Map
}

func read(res pgx.BatchResults) (*pgRows, error) {
	rows, err := res.Query()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	r := &pgRows{fields: rows.FieldDescriptions()}
	for rows.Next() {
		raw := rows.RawValues()
		own := make([][]byte, len(raw))
		for i, v := range raw {
			own[i] = bytes.Clone(v)
		}
		r.rows = append(r.rows, own)
	}
	r.fields = slices.Clone(r.fields)
	return r, rows.Err()
}

// Next implements Rows.
func (r *pgRows) Next() bool {
	r.at++
	return r.at <= len(r.rows)
}

// Scan implements Rows.
func (r *pgRows) Scan(dest ...any) error {
	if r.at < 1 || r.at > len(r.rows) || len(dest) != len(r.fields) {
		return fmt.Errorf("scanning %d columns of row %d into %d values", len(r.fields), r.at, len(dest))
	}
	for i, to := range dest {
		f := &r.fields[i]
		if err := r.types.Scan(f.DataTypeOID, f.Format, r.rows[r.at-1][i], to); err != nil {
			return fmt.Errorf("scanning column %s: %w", f.Name, err)
		}
	}
	return nil
}

// Err implements Rows.
func (r *pgRows) Err() error { return nil }

// Close implements Rows.
func (r *pgRows) Close() error { return nil }

// commit sends COMMIT with what still waits to be sent. When any of it fails the server skips the rest, COMMIT among it.
func (t *pgTx) commit() error {
	err := t.err
	if err == nil {
		t.batch.Queue("COMMIT")
		var res pgx.BatchResults
		if res, err = t.send(); err == nil {
			var tag pgconn.CommandTag
			tag, err = res.Exec()
			if e := res.Close(); err == nil {
				err = e
			}
			if err == nil && tag.String() != "COMMIT" {
				err = fmt.Errorf("commit was answered %q", tag)
			}
		}
	}
	if err != nil {
		t.rollback()
		return err
	}
	t.conn.Release()
	return nil
}

func (t *pgTx) rollback() {
	if !t.conn.Conn().IsClosed() {
		_, _ = t.conn.Exec(context.Background(), "ROLLBACK")
	}
	t.conn.Release()
}

func postgresCode(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func postgresGone(err error) bool {
	var op *net.OpError
	var ce *pgconn.ConnectError
	return errors.As(err, &op) || errors.As(err, &ce) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, sql.ErrConnDone) || pgconn.SafeToRetry(err)
}

// Listen hears what other processes announce on a PostgreSQL channel until ctx ends. It hears "" first, once it listens: what was said
// before is for the caller to read. Nothing is said on SQLite, where there is one process.
func (d *DB) Listen(ctx context.Context, channel string, hear func(payload string)) error {
	w, ok := d.writer.(pgWriter)
	if !ok {
		<-ctx.Done()
		return ctx.Err()
	}
	conn, err := w.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("listening to %s: %w", channel, err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
		return fmt.Errorf("listening to %s: %w", channel, err)
	}
	defer conn.Exec(context.Background(), "UNLISTEN *") //nolint:errcheck // a broken connection listens to nothing
	hear("")
	for {
		n, err := conn.Conn().WaitForNotification(ctx)
		if err != nil {
			return fmt.Errorf("listening to %s: %w", channel, err)
		}
		hear(n.Payload)
	}
}
