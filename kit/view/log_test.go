package view_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/testkit/logtest"
	"milieu/kit/testkit/pgtest"
	"milieu/kit/view"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(killDir); dir != "" {
		lookUntilKilled(dir)
		return
	}
	os.Exit(pgtest.Main(m))
}

func person(n int) record.ID { return record.DeriveID("view", "person", fmt.Sprint(n)) }
func chart(n int) record.ID  { return record.DeriveID("view", "chart", fmt.Sprint(n)) }
func unit(n int) record.ID   { return record.DeriveID("view", "unit", fmt.Sprint(n)) }

// look is somebody opening a chart, or, every third time, a board of fifty.
func look(n int) view.Row {
	r := view.Row{Seat: view.Seat{Person: person(n % 30), Role: "nurse", Session: record.DeriveID("session", fmt.Sprint(n%30)), Device: "phone", Address: "192.0.2.1"},
		Route: "/clients/{chart}", Unit: unit(n % 5), Chart: chart(n % 97), Under: []string{"shift", "team"}[n%2]}
	if n%3 == 2 {
		r.Route, r.Chart, r.Set = "/rounds", record.Zero, board(n%5)
	}
	if n%41 == 0 {
		r.Kind, r.Under = view.Refused, ""
	}
	return r
}

func board(u int) *view.Set {
	var charts []record.ID
	for i := range 20 {
		charts = append(charts, chart(u*20+i))
	}
	return view.NewSet(charts...)
}

func open(t testing.TB, c view.Config) *view.Log {
	t.Helper()
	if c.Clock == nil {
		c.Clock = clock.NewFake(logtest.Night)
	}
	l, err := view.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// whole verifies the log and gives its length.
func whole(t testing.TB, d *db.DB) int64 {
	t.Helper()
	r, err := view.Verify(context.Background(), d, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range r.Problems {
		t.Error(p)
	}
	return r.Tree.N
}

// plain is a row without what the log gives it, for comparing.
func plain(r view.Row) string {
	if r.Kind == "" {
		r.Kind = view.Seen
	}
	return fmt.Sprint(r.Kind, r.Seat, r.Route, r.Unit, r.Chart, r.Set.Charts(), r.Under, r.Glass)
}

func TestWhatWasSeenIsFound(t *testing.T) {
	logtest.Both(t, func(t *testing.T, fresh func(testing.TB) *db.DB) {
		d := fresh(t)
		c := clock.NewFake(logtest.Night)
		l := open(t, view.Config{DB: d, Clock: c})
		const n = 2*view.Span + 1500
		var all []view.Row
		for i := 0; i < n; i += 250 {
			rows := make([]view.Row, 250)
			for j := range rows {
				rows[j] = look(i + j)
			}
			all = append(all, rows...)
			if err := l.Saw(rows...).Wait(); err != nil {
				t.Fatal(err)
			}
			c.Advance(time.Minute)
		}
		if got := whole(t, d); got != int64(len(all)) {
			t.Fatalf("%d rows of %d", got, len(all))
		}
		q := d.Read(t.Context())
		for !indexed(t, q, 2*view.Span) {
			time.Sleep(time.Millisecond)
		}
		for _, ask := range []view.Query{
			{}, {Chart: chart(3)}, {Person: person(7)}, {Unit: unit(2)}, {Under: "team"}, {Kind: view.Refused}, {Chart: chart(41), Person: person(11)},
			{Chart: chart(5), Unit: unit(0), Under: "shift"}, {Person: person(7), Kind: view.Refused}, {Chart: chart(3), From: logtest.Night.Add(10 * time.Minute), Until: logtest.Night.Add(20 * time.Minute)},
			{Person: person(1), Until: logtest.Night.Add(time.Minute)}, {From: logtest.Night.Add(time.Hour)}, {Chart: chart(4000)}, {Under: "caseload"},
		} {
			var want []string
			for i := len(all) - 1; i >= 0; i-- {
				r := all[i]
				at := logtest.Night.Add(time.Duration(i/250) * time.Minute)
				if (ask.Chart.IsZero() || r.Of(ask.Chart)) && (ask.Person.IsZero() || r.Person == ask.Person) && (ask.Unit.IsZero() || r.Unit == ask.Unit) &&
					(ask.Under == "" || r.Under == ask.Under) && (ask.Kind == "" || r.Kind == ask.Kind) && !at.Before(ask.From) && (ask.Until.IsZero() || at.Before(ask.Until)) {
					want = append(want, fmt.Sprint(i+1, at.UTC(), plain(r)))
				}
			}
			var each, paged []string
			if err := view.Each(q, ask, func(r *view.Row) bool {
				each = append(each, fmt.Sprint(r.Seq, r.At, plain(*r)))
				return true
			}); err != nil {
				t.Fatal(err)
			}
			ask.Limit = 333
			for {
				rows, more, err := view.Search(q, ask)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range rows {
					paged = append(paged, fmt.Sprint(r.Seq, r.At, plain(r)))
				}
				if !more {
					break
				}
				ask.Before = rows[len(rows)-1].Seq
			}
			if !slices.Equal(each, want) || !slices.Equal(paged, want) {
				t.Errorf("%+v: %d rows, paged %d, want %d", ask, len(each), len(paged), len(want))
			}
		}
	})
}

func indexed(t testing.TB, q db.Querier, upto int64) bool {
	t.Helper()
	var folded int64
	if err := q.QueryRow("SELECT folded FROM view_head").Scan(&folded); err != nil {
		t.Fatal(err)
	}
	return folded == upto
}

// Several log at once, each for themselves; the rows of one stand in the order in which they were handed over.
func TestManyAtOnce(t *testing.T) {
	logtest.Both(t, func(t *testing.T, fresh func(testing.TB) *db.DB) {
		d := fresh(t)
		l := open(t, view.Config{DB: d})
		var wg sync.WaitGroup
		for g := range 8 {
			wg.Go(func() {
				for i := range 50 {
					r := look(i)
					r.Person, r.Kind, r.Route = person(100+g), view.Seen, fmt.Sprintf("/%03d", i)
					if err := l.Saw(r).Wait(); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if n := whole(t, d); n != 400 {
			t.Errorf("%d rows", n)
		}
		for g := range 8 {
			rows, _, err := view.Search(d.Read(t.Context()), view.Query{Person: person(100 + g)})
			if err != nil || len(rows) != 50 {
				t.Fatal(len(rows), err)
			}
			for i, r := range rows {
				if r.Route != fmt.Sprintf("/%03d", 49-i) {
					t.Fatalf("%d: %s", i, r.Route)
				}
			}
		}
	})
}

// F7: a changed row, rows cut off, a seat or set exchanged, the whole file rolled back.
func TestTamperingIsNamed(t *testing.T) {
	logtest.Both(t, func(t *testing.T, fresh func(testing.TB) *db.DB) {
		d := fresh(t)
		l := open(t, view.Config{DB: d})
		for i := range 40 {
			if err := l.Saw(look(i)).Wait(); err != nil {
				t.Fatal(err)
			}
		}
		tree, err := view.Head(d.Read(t.Context()))
		if err != nil || tree.N != 40 {
			t.Fatal(tree, err)
		}
		for i := range 20 {
			if err := l.Saw(look(i)).Wait(); err != nil {
				t.Fatal(err)
			}
		}
		whole(t, d)
		if err := view.Against(d.Read(t.Context()), tree); err != nil {
			t.Fatal(err)
		}
		tree.Hash[0] ^= 1
		if view.Against(d.Read(t.Context()), tree) == nil {
			t.Error("a log is taken for one that began otherwise")
		}
		tree.N = 61
		if err := view.Against(d.Read(t.Context()), tree); err == nil || !strings.Contains(err.Error(), "missing") {
			t.Errorf("rolled back: %v", err)
		}
		for _, c := range []struct{ says, sql, names string }{
			{"another row's content", "UPDATE view SET body = (SELECT body FROM view WHERE seq = 4) WHERE seq = 12", "row 12"},
			{"another time", "UPDATE view SET at = at + 1 WHERE seq = 60", "row 60"},
			{"content gone", "UPDATE view SET body = NULL WHERE seq = 13", "up to 13"},
			{"a row taken out", "DELETE FROM view WHERE seq = 14", "row 14"},
			{"the end cut off", "DELETE FROM view WHERE seq > 50", "row 51"},
			{"another tree", "UPDATE view SET tree = (SELECT tree FROM view WHERE seq = 3) WHERE seq = 15", "row 15"},
			{"somebody else", "UPDATE view_once SET body = (SELECT body FROM view_once WHERE id = 2) WHERE id = 1", "row 1 "},
			{"the head", "UPDATE view_head SET seq = 59", "head"},
		} {
			t.Run(c.says, func(t *testing.T) {
				run := func(format string) {
					err := d.Write(t.Context(), func(tx db.Tx) error {
						for _, name := range []string{"view", "view_once", "view_head"} {
							for s := range strings.SplitSeq(strings.ReplaceAll(format, "NAME", name), "|") {
								if err := tx.Exec(s); err != nil {
									return err
								}
							}
						}
						return nil
					})
					if err != nil {
						t.Fatal(err)
					}
				}
				run("CREATE TABLE kept_NAME AS SELECT * FROM NAME")
				if err := d.Write(t.Context(), func(tx db.Tx) error { return tx.Exec(c.sql) }); err != nil {
					t.Fatal(err)
				}
				r, err := view.Verify(t.Context(), d, nil)
				if err != nil || !slices.ContainsFunc(r.Problems, func(p string) bool { return strings.Contains(p, c.names) }) {
					t.Errorf("%v %v", r, err)
				}
				run("DELETE FROM NAME|INSERT INTO NAME SELECT * FROM kept_NAME|DROP TABLE kept_NAME")
				whole(t, d)
			})
		}
	})
}

// Two processes on one database, as PostgreSQL allows: one order, one tree.
func TestTwoProcesses(t *testing.T) {
	d := logtest.Postgres(t)
	other, err := d.Beside(t.Context(), "", view.Busy)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	one, two := open(t, view.Config{DB: d}), open(t, view.Config{DB: other})
	var wg sync.WaitGroup
	for _, l := range []*view.Log{one, two} {
		wg.Go(func() {
			for i := range 120 {
				if err := l.Saw(look(i)).Wait(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := whole(t, d); n != 240 {
		t.Errorf("%d rows", n)
	}
}

// A log whose file was put back to an earlier state does not start.
func TestBehindItsHeadFile(t *testing.T) {
	dir := t.TempDir()
	head := filepath.Join(dir, "views.head")
	log := func(sub string, n int) error {
		d := logtest.SQLite(t, filepath.Join(dir, sub))
		defer d.Close()
		l, err := view.Open(t.Context(), view.Config{DB: d, Clock: clock.NewFake(logtest.Night), HeadFile: head})
		if err != nil {
			return err
		}
		for range n {
			if err := l.Saw(look(rand.IntN(100))).Wait(); err != nil {
				t.Fatal(err)
			}
		}
		return l.Close()
	}
	for _, sub := range []string{"a", "b"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := log("a", 5); err != nil {
		t.Fatal(err)
	}
	if err := log("a", 1); err != nil {
		t.Fatal(err)
	}
	if err := log("b", 0); err == nil || !strings.Contains(err.Error(), "the view log ends at entry 0, but entry 6") {
		t.Errorf("behind: %v", err)
	}
}
