package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"time"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/tlog"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record/proof"
)

// Every is how often a segment is shipped: at most so much of the log is lost with the machine.
const Every = 10 * time.Second

// Maker makes backups of one database.
type Maker struct {
	DB         *db.DB
	Store      Store
	Recipients []age.Recipient // who can open them
	// Disposable names the tables that can be worked out again: those of projections and dues. Every other table is in the base, also one
	// that nobody thought of, but for those whose names end in a version: they are projections', of whatever program.
	Disposable []string
	Mark       string // kept in every piece, and given back by Restorer.Mark: what the record was made for
	Clock      clock.Clock
	Log        *slog.Logger
}

// ofVersion ends the names of projections' tables. Those of an older program's versions still lie in the database, and nobody lists them.
var ofVersion = regexp.MustCompile(`_v[0-9]+$`)

// notKept are the log's own tables that say how far projections have come: after a restore none has come anywhere.
var notKept = []string{"projection"}

const entryTable = "entry"

// Base makes a base while writing goes on, and says how many entries it holds.
func (m *Maker) Base(ctx context.Context) (entries int64, err error) {
	err = m.DB.Snapshot(ctx, func(q db.Querier) error {
		head, err := proof.Head(q)
		if err != nil {
			return err
		}
		entries = head.N
		tables, err := m.tables(q)
		if err != nil {
			return err
		}
		empty, err := proof.Root(q, 0)
		if err != nil {
			return err
		}
		p := piece{base: true, from: 1, to: head.N, root: rootStart(head.Hash)}
		return m.put(p, empty, head, func(w *writer) error {
			for _, name := range tables {
				if err := copyTable(ctx, q, w, name, "SELECT * FROM "+name); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return 0, fmt.Errorf("making a base: %w", err)
	}
	return entries, nil
}

func (m *Maker) put(p piece, before tlog.Hash, now tlog.Tree, write func(*writer) error) error {
	h := header{Base: p.base, From: p.from, To: p.to, Before: before[:], Root: now.Hash[:], Made: clock.Micros(m.Clock.Now()), Mark: m.Mark}
	return m.Store.Put(p.String(), func(to io.Writer) error {
		w, err := newWriter(to, m.Recipients, h)
		if err != nil {
			return err
		}
		if err := write(w); err != nil {
			return err
		}
		return w.end()
	})
}

// tables lists what a base holds: every table but the disposable. Virtual tables and what they are made of are always disposable.
func (m *Maker) tables(q db.Querier) ([]string, error) {
	query := "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
	if m.DB.Dialect == db.Postgres {
		query = "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
	}
	var out []string
	err := db.Each(q, query, nil, func(r db.Row) error {
		var name string
		err := r.Scan(&name)
		if !slices.Contains(m.Disposable, name) && !slices.Contains(notKept, name) && !ofVersion.MatchString(name) {
			out = append(out, name)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing the tables: %w", err)
	}
	return out, nil
}

// columned is a result that knows the names of its columns; both databases' do.
type columned interface{ Columns() ([]string, error) }

func copyTable(ctx context.Context, q db.Querier, w *writer, name, query string, args ...any) error {
	rows, err := q.Query(query, args...)
	if err != nil {
		return fmt.Errorf("reading table %s: %w", name, err)
	}
	defer rows.Close()
	known, ok := rows.(columned)
	if !ok {
		return fmt.Errorf("reading table %s: its columns have no names", name)
	}
	columns, err := known.Columns()
	if err != nil {
		return fmt.Errorf("reading table %s: %w", name, err)
	}
	if err := w.table(name, columns); err != nil {
		return err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range into {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := rows.Scan(into...); err != nil {
			return fmt.Errorf("reading table %s: %w", name, err)
		}
		if err := w.row(values); err != nil {
			return fmt.Errorf("copying table %s: %w", name, err)
		}
	}
	return rows.Err()
}

// Segment ships the entries behind `after`, if there are any, and gives the last one shipped.
func (m *Maker) Segment(ctx context.Context, after int64) (int64, error) {
	last := after
	err := m.DB.Snapshot(ctx, func(q db.Querier) error {
		head, err := proof.Head(q)
		if err != nil || head.N <= after {
			return err
		}
		before, err := proof.Root(q, after)
		if err != nil {
			return err
		}
		p := piece{from: after + 1, to: head.N, root: rootStart(head.Hash)}
		last = head.N
		return m.put(p, before, head, func(w *writer) error {
			return copyTable(ctx, q, w, entryTable, "SELECT * FROM entry WHERE seq > $1 AND seq <= $2 ORDER BY seq", after, head.N)
		})
	})
	if err != nil {
		return after, fmt.Errorf("shipping the log behind entry %d: %w", after, err)
	}
	return last, nil
}

// Shipped is how far the store's backup reaches that this database carries on; ok is false when a base must be made first.
func (m *Maker) Shipped(ctx context.Context) (last int64, ok bool, err error) {
	list, err := pieces(m.Store)
	if err != nil {
		return 0, false, err
	}
	q := m.DB.Read(ctx)
	head, err := proof.Head(q)
	if err != nil {
		return 0, false, err
	}
	length, _ := chains(list)
	for i, p := range slices.Backward(list) {
		if length[i] == 0 || p.to > head.N {
			continue // no base leads to it, or it is of a log that was longer than this one, which was restored from an earlier state
		}
		root, err := proof.Root(q, p.to)
		if err != nil {
			return 0, false, err
		}
		if rootStart(root) == p.root {
			return p.to, true, nil
		}
	}
	return 0, false, nil
}

// Run ships segments until ctx ends, and a last one then. A base is made first when the store has none that this log carries on, and again
// every day; then what need not be kept is taken away. Failures are logged and tried again; told hears how far the backup reaches after each try.
func (m *Maker) Run(ctx context.Context, keep Keep, told func(last int64, err error)) {
	var last int64
	var based time.Time // when the newest base was made; zero: not known yet
	try := func(ctx context.Context) {
		var err error
		switch {
		case based.IsZero():
			var fresh bool
			if last, _, fresh, err = m.Ship(ctx); err == nil {
				based, err = m.newestBase(ctx)
				if fresh {
					based = m.Clock.Now()
				}
				m.prune(ctx, keep)
			}
		case m.Clock.Now().Sub(based) >= BaseEvery:
			var to int64
			if to, err = m.Base(ctx); err == nil {
				last, based = to, m.Clock.Now()
				m.prune(ctx, keep)
				break
			}
			// Without a new base the old one still carries on.
			to, shipped := m.Segment(ctx, last)
			last, err = to, errors.Join(err, shipped)
		default:
			last, err = m.Segment(ctx, last)
		}
		if err != nil && ctx.Err() == nil {
			m.Log.Error("the backup is behind", "error", err)
		}
		if told != nil {
			told(last, err)
		}
	}
	for {
		try(ctx)
		select {
		case <-m.Clock.After(Every):
		case <-ctx.Done():
			try(context.WithoutCancel(ctx))
			return
		}
	}
}

// prune takes away what need not be kept. That it cannot is no reason to ship nothing.
func (m *Maker) prune(ctx context.Context, keep Keep) {
	if n, err := m.Prune(ctx, keep); err != nil {
		m.Log.Warn("old backups could not be taken away", "removed", n, "error", err)
	}
}
