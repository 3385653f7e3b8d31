package db_test

import (
	"errors"
	"testing"

	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/testkit/logtest"
)

// heads counts the beds of a room through the writer's memory, and how often it really counted.
type heads struct {
	t      *testing.T
	d      *db.DB
	query  string
	worked int
}

var errUndo = errors.New("undo")

// in runs do in a transaction that stands at a place of the log, as the committer's do, and leaves it at another.
func (h *heads) in(from, to int64, do func(db.Tx) error) {
	h.t.Helper()
	err := h.d.Write(h.t.Context(), func(tx db.Tx) error {
		db.RememberAsOf(tx, from)
		if err := do(tx); err != nil {
			return err
		}
		db.RememberAsOf(tx, to)
		return nil
	})
	if err != nil && !errors.Is(err, errUndo) {
		h.t.Fatal(err)
	}
}

func (h *heads) count(q db.Querier, want int, worked bool) error {
	h.t.Helper()
	before := h.worked
	n, err := db.Remember(q, "beds", record.Zero, func(q db.Querier) (n int, err error) {
		h.worked++
		return n, q.QueryRow(h.query, 1).Scan(&n)
	})
	if n != want || h.worked > before != worked {
		h.t.Errorf("%d beds, worked %v; want %d, %v", n, h.worked > before, want, worked)
	}
	return err
}

func TestRemember(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		h := &heads{t: t, d: open(t), query: "SELECT COUNT(*) FROM bed WHERE room = $1"}
		beds(t, h.d, 9)
		if err := h.d.Write(t.Context(), func(tx db.Tx) error {
			return tx.Exec(h.d.Dialect.DDL("CREATE TABLE chair (n INTEGER NOT NULL PRIMARY KEY)"))
		}); err != nil {
			t.Fatal(err)
		}
		asks := func(want int, worked bool) func(db.Tx) error {
			return func(tx db.Tx) error { return h.count(tx, want, worked) }
		}
		h.in(1, 2, asks(3, true))
		h.in(2, 3, asks(3, false))
		h.in(3, 3, func(tx db.Tx) error {
			if err := tx.Exec("INSERT INTO chair (n) VALUES ($1)", 1); err != nil {
				return err
			}
			return h.count(tx, 3, false) // of another table
		})
		h.in(3, 4, func(tx db.Tx) error {
			if err := tx.Exec("UPDATE bed SET room = 1 WHERE name = $1", "bed 0"); err != nil {
				return err
			}
			return h.count(tx, 4, true)
		})
		h.in(4, 4, func(tx db.Tx) error { // what is worked out in a transaction that is undone is forgotten
			id := bed(0)
			if err := tx.Exec("DELETE FROM bed WHERE id = $1", id[:]); err != nil {
				return err
			}
			if err := h.count(tx, 3, true); err != nil {
				return err
			}
			return errUndo
		})
		h.in(4, 4, asks(4, true))
		h.in(9, 9, asks(4, true)) // another process filed since
		h.in(9, 9, asks(4, false))
		if err := h.d.Write(t.Context(), func(tx db.Tx) error { return h.count(tx, 4, true) }); err != nil { // no lock of the log is held
			t.Fatal(err)
		}
		if err := h.count(h.d.Read(t.Context()), 4, true); err != nil { // a reader has no memory
			t.Fatal(err)
		}
		h.in(9, 9, func(tx db.Tx) error { // written without having asked: also a plain transaction is noted
			return tx.Exec("DELETE FROM chair")
		})
		if err := h.d.Write(t.Context(), func(tx db.Tx) error { return tx.Exec("UPDATE bed SET room = 2 WHERE room = 1") }); err != nil {
			t.Fatal(err)
		}
		h.in(9, 9, asks(0, true))
		h.in(9, 9, func(tx db.Tx) error { // several statements in one text are not looked through
			return tx.Exec("UPDATE chair SET n = 1; UPDATE bed SET room = 1 WHERE room = 2")
		})
		h.in(9, 9, asks(7, true))
		h.query = "SELECT COUNT(*) FROM bed b, (SELECT 1) AS one WHERE b.room = $1" // nor is a comma
		h.in(10, 10, asks(7, true))
		h.in(10, 10, asks(7, true))
	})
}

func TestKeep(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		h := &heads{t: t, d: open(t)}
		has := func(q db.Querier, want int) {
			t.Helper()
			if got, ok := db.Recall[int](q, "kept", bed(1)); got != want || ok != (want != 0) {
				t.Errorf("recalled %d, %v; want %d", got, ok, want)
			}
		}
		h.in(1, 2, func(tx db.Tx) error { db.Keep(tx, "kept", bed(1), 7); has(tx, 7); return nil })
		h.in(2, 2, func(tx db.Tx) error { has(tx, 7); return nil })
		has(h.d.Read(t.Context()), 0)
		if err := h.d.Write(t.Context(), func(tx db.Tx) error { has(tx, 0); return nil }); err != nil {
			t.Fatal(err)
		}
		h.in(2, 2, func(tx db.Tx) error { db.Keep(tx, "kept", bed(1), 8); return errUndo })
		h.in(2, 2, func(tx db.Tx) error { has(tx, 0); db.Keep(tx, "kept", bed(1), 9); return nil })
		h.in(3, 3, func(tx db.Tx) error { has(tx, 0); db.Keep(tx, "kept", bed(1), 9); return nil })
		h.in(3, 3, func(tx db.Tx) error { db.Forget(tx, "kept", bed(1)); has(tx, 0); return nil })
	})
}
