package commit_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/testkit/logtest"
)

// drawNight draws sightings of a few charts with corrections, withdrawals and further words over them and over each other.
func drawNight(rt *rapid.T, n int) []*record.Entry {
	all := make([]*record.Entry, 0, n)
	for i := range n {
		at := logtest.Night.Add(-time.Duration(rapid.IntRange(0, 300).Draw(rt, "minutes")) * time.Second)
		chart := logtest.Chart(rapid.IntRange(0, 1).Draw(rt, "chart"))
		e := logtest.Sighting(chart, at, fmt.Sprintf("place %d", i))
		if i > 0 && rapid.IntRange(0, 2).Draw(rt, "amends") > 0 {
			over := all[rapid.IntRange(0, i-1).Draw(rt, "target")]
			switch rapid.IntRange(0, 3).Draw(rt, "what") {
			case 0, 1:
				e = logtest.Amending(e, over.ID, record.Correction)
			case 2:
				e = logtest.Amending(logtest.Entry("record.withdrawn", chart, at, &record.Withdrawn{Reason: "not so"}), over.ID, record.InError)
			case 3:
				e = logtest.Amending(logtest.Entry("record.added", chart, at, &record.Added{Text: "more"}), over.ID, record.Addendum)
			}
			e.Chart = over.Chart
		}
		e.ID = record.DeriveID("drawn", fmt.Sprint(i)) // the same again when a failure is looked into
		all = append(all, e)
	}
	return all
}

// The same set of entries gives the same projections and dues, whatever the order of arrival and however it was cut into groups, and replay
// gives what filing gave.
func TestOrderOfArrivalDoesNotMatter(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		rapid.Check(t, func(rt *rapid.T) {
			night := drawNight(rt, rapid.IntRange(2, 14).Draw(rt, "n"))
			want := ""
			for range 2 {
				clean(t, d)
				w := newWard(t, d)
				order := rapid.Permutation(night).Draw(rt, "order")
				for len(order) > 0 {
					n := rapid.IntRange(1, len(order)).Draw(rt, "group")
					group := make([]*record.Entry, n)
					for i := range group {
						e := *order[i]
						group[i] = &e
					}
					w.file(group...)
					order = order[n:]
				}
				got := dump(t, read(d))
				if want != "" && got != want {
					rt.Fatalf("in another order:\n%s\nfirst:\n%s", got, want)
				}
				want = got
				w.rebuild(d)
				if again := dump(t, read(d)); again != want {
					rt.Fatalf("replay gives\n%s\nfiling gave\n%s", again, want)
				}
			}
		})
	})
}

// clean empties the database for the next draw.
func clean(t testing.TB, d *db.DB) {
	t.Helper()
	var tables []string
	query := "SELECT name FROM sqlite_master WHERE type = 'table'"
	if d.Dialect == db.Postgres {
		query = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'"
	}
	err := db.Each(read(d), query, nil, func(r db.Row) error {
		var name string
		err := r.Scan(&name)
		tables = append(tables, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	err = d.Write(t.Context(), func(tx db.Tx) error {
		for _, name := range tables {
			if err := tx.Exec("DELETE FROM " + name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
