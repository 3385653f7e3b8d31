package view_test

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/testkit/logtest"
	"milieu/kit/view"
)

// fill logs looks until a row, many at once.
func fill(t testing.TB, l *view.Log, from, upto int) {
	t.Helper()
	for from < upto {
		n := min(500, upto-from)
		rows := make([]view.Row, n)
		for i := range rows {
			rows[i] = look(from + i)
		}
		if err := l.Saw(rows...).Wait(); err != nil {
			t.Fatal(err)
		}
		from += n
	}
}

func wait(t testing.TB, q db.Querier, upto int64) {
	t.Helper()
	for !indexed(t, q, upto) {
		runtime.Gosched()
	}
}

// What is old goes, and what is younger stays, the proof of both with it: before and after the log has the same root, verify finds nothing wrong, the
// log says what was done, and a backup made of it gives it back.
func TestTheRetentionOfLooksEnds(t *testing.T) {
	logtest.Both(t, func(t *testing.T, fresh func(testing.TB) *db.DB) {
		d := fresh(t)
		q := d.Read(t.Context())
		c := clock.NewFake(logtest.Night)
		l := open(t, view.Config{DB: d, Clock: c})
		// Somebody who looked once, long ago, at somebody whom nobody looked at since, on a list that was shown once.
		gone := view.Row{Seat: view.Seat{Person: person(777), Role: "nurse", Session: record.DeriveID("session", "gone"), Device: "canary-phone", Address: "192.0.2.77"}, Route: "/wall", Set: view.NewSet(chart(777), chart(778))}
		if err := l.Saw(gone).Wait(); err != nil {
			t.Fatal(err)
		}
		fill(t, l, 0, view.Span-1)
		c.Advance(365 * 24 * time.Hour)
		fill(t, l, 0, view.Span) // the second segment: a year younger, and by the same people
		c.Advance(365 * 24 * time.Hour)
		fill(t, l, 0, 100)
		wait(t, q, 2*view.Span)
		if n, err := l.End(t.Context(), logtest.Night); n != 0 || err != nil {
			t.Fatalf("%d rows are older than the first: %v", n, err)
		}
		before, err := view.Head(q)
		if err != nil {
			t.Fatal(err)
		}
		root, err := view.Root(q, 2*view.Span)
		if err != nil {
			t.Fatal(err)
		}
		first := &bytes.Buffer{}
		if _, err := view.Ship(q, 0, 0, first); err != nil {
			t.Fatal(err)
		}
		n, err := l.End(t.Context(), logtest.Night.AddDate(0, 6, 0))
		if err != nil || n != view.Span {
			t.Fatalf("%d rows, %v", n, err)
		}
		if n, err := l.End(t.Context(), logtest.Night.AddDate(0, 6, 0)); n != 0 || err != nil {
			t.Errorf("again %d rows, %v", n, err)
		}
		if got, err := view.Root(q, 2*view.Span); err != nil || got != root {
			t.Errorf("the root is another: %v", err)
		}
		if err := view.Against(q, before); err != nil {
			t.Errorf("the log does not carry on its checkpoint of before: %v", err)
		}
		if n := whole(t, d); n != before.N+1 {
			t.Errorf("%d rows", n)
		}
		upto, at, err := view.LastEnded(q)
		if err != nil || upto != view.Span || !at.Equal(c.Now()) {
			t.Errorf("the log says up to %d, %v: %v", upto, at, err)
		}
		var left int64
		if err := q.QueryRow("SELECT count(*) FROM view WHERE seq <= $1 AND body IS NOT NULL", view.Span).Scan(&left); err != nil || left != 0 {
			t.Errorf("%d rows have content still: %v", left, err)
		}
		var once [][]byte
		err = db.Each(q, "SELECT body FROM view_once", nil, func(r db.Row) error {
			var b []byte
			err := r.Scan(&b)
			once = append(once, b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		lost := chart(777)
		for _, b := range once {
			if bytes.Contains(b, []byte("canary")) || bytes.Contains(b, lost[:]) {
				t.Errorf("who looked and who was looked at lies there still: %q", b)
			}
		}
		if rows, _, err := view.Search(q, view.Query{Chart: chart(777), Limit: 10}); err != nil || len(rows) != 0 {
			t.Errorf("%d looks at somebody of long ago are found: %v", len(rows), err)
		}
		// What is younger is found as before, by the index and without, and those who looked then look again.
		for _, ask := range []view.Query{{Person: person(3), Limit: 1000}, {Limit: 10_000}, {From: logtest.Night, Until: logtest.Night.AddDate(3, 0, 0), Limit: 10_000}} {
			rows, _, err := view.Search(q, ask)
			if err != nil || len(rows) == 0 {
				t.Fatalf("%+v: %d rows, %v", ask, len(rows), err)
			}
			for _, r := range rows {
				if r.Seq <= view.Span {
					t.Fatalf("%+v: row %d is found", ask, r.Seq)
				}
			}
			if want := map[bool]int{true: view.Span + 101}[ask.Person.IsZero()]; want > 0 && len(rows) != want {
				t.Errorf("%+v: %d rows, not %d", ask, len(rows), want)
			}
		}
		fill(t, l, 0, 50)
		if err := l.Saw(gone).Wait(); err != nil { // who was forgotten looks again
			t.Fatal(err)
		}
		whole(t, d)
		for name, pieces := range map[string]func() []*bytes.Buffer{
			"shipped afterwards": func() []*bytes.Buffer { b := &bytes.Buffer{}; ship(t, q, 0, b); return []*bytes.Buffer{b} },
			"shipped before": func() []*bytes.Buffer {
				b := &bytes.Buffer{}
				ship(t, q, before.N, b)
				return []*bytes.Buffer{first, b}
			},
		} {
			back := logtest.SQLite(t, t.TempDir())
			for _, p := range pieces() {
				if name == "shipped afterwards" && bytes.Contains(p.Bytes()[:len(p.Bytes())/2], []byte("canary")) {
					t.Errorf("%s: the piece holds what was destroyed", name)
				}
				if err := view.Restore(t.Context(), back, bytes.NewReader(p.Bytes())); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
			want, _ := view.Head(q)
			if got, err := view.Head(back.Read(t.Context())); err != nil || got != want {
				t.Errorf("%s: %v, not %v: %v", name, got, want, err)
			}
			whole(t, back)
			// What an older piece brought back is destroyed again, and nothing is said twice of what is gone already.
			again := open(t, view.Config{DB: back, Clock: c})
			wait(t, back.Read(t.Context()), 2*view.Span)
			n, err := again.End(t.Context(), logtest.Night.AddDate(0, 6, 0))
			if err != nil || (n > 0) != (name == "shipped before") {
				t.Errorf("%s: %d rows, %v", name, n, err)
			}
			whole(t, back)
		}
	})
}

func ship(t testing.TB, q db.Querier, after int64, to *bytes.Buffer) {
	t.Helper()
	if _, err := view.Ship(q, after, 0, to); err != nil {
		t.Fatal(err)
	}
}

// A leaf alone does not say what it is of: whoever knows all that a row said, and tries it, does not find it again.
func TestALeafTellsNothingOfWhatIsGone(t *testing.T) {
	leaves := map[string]bool{}
	for range 2 {
		d := logtest.SQLite(t, t.TempDir())
		l := open(t, view.Config{DB: d, Clock: clock.NewFake(logtest.Night)})
		if err := l.Saw(look(1)).Wait(); err != nil {
			t.Fatal(err)
		}
		var tree []byte
		if err := d.Read(t.Context()).QueryRow("SELECT tree FROM view WHERE seq = 1").Scan(&tree); err != nil {
			t.Fatal(err)
		}
		leaves[fmt.Sprintf("%x", tree)] = true
	}
	if len(leaves) != 2 {
		t.Error("the same look has the same leaf in two houses")
	}
}

// Rows of before had no salt. They are read, proved, shipped and restored as they were, beside those that have one.
func TestRowsOfBeforeHaveNoSalt(t *testing.T) {
	d := logtest.SQLite(t, t.TempDir())
	l := open(t, view.Config{DB: d})
	view.FilePlain(t, l, look(1), look(2))
	if err := l.Saw(look(3)).Wait(); err != nil {
		t.Fatal(err)
	}
	whole(t, d)
	piece := &bytes.Buffer{}
	ship(t, d.Read(t.Context()), 0, piece)
	back := logtest.SQLite(t, t.TempDir())
	if err := view.Restore(t.Context(), back, piece); err != nil {
		t.Fatal(err)
	}
	whole(t, back)
	var form []byte
	for seq, want := range map[int]byte{1: 1, 2: 1, 3: 2} {
		if err := back.Read(t.Context()).QueryRow("SELECT body FROM view WHERE seq = $1", seq).Scan(&form); err != nil || form[0] != want {
			t.Errorf("row %d has form %d: %v", seq, form[0], err)
		}
	}
}

// An index made before it was noted where seats and sets are used last is made anew, so that what is old can be taken away.
func TestAnIndexOfBeforeIsMadeAnew(t *testing.T) {
	d := logtest.SQLite(t, t.TempDir())
	c := clock.NewFake(logtest.Night)
	l, err := view.Open(t.Context(), view.Config{DB: d, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, l, 0, view.Span)
	wait(t, d.Read(t.Context()), view.Span)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := d.Write(t.Context(), func(tx db.Tx) error { return tx.Exec("DELETE FROM view_used") }); err != nil {
		t.Fatal(err)
	}
	c.Advance(24 * time.Hour)
	l = open(t, view.Config{DB: d, Clock: c})
	wait(t, d.Read(t.Context()), view.Span)
	if n, err := l.End(t.Context(), c.Now()); n != view.Span || err != nil {
		t.Fatalf("%d rows, %v", n, err)
	}
	var left int
	if err := d.Read(t.Context()).QueryRow("SELECT count(*) FROM view_once").Scan(&left); err != nil || left != 1 { // the program's own seat
		t.Errorf("%d seats and sets are left: %v", left, err)
	}
	whole(t, d)
}
