package commit_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"milieu/kit/commit"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/testkit/logtest"
)

// rebuild ends the committer, empties what is worked out and starts again.
func (w *ward) rebuild(d *db.DB) {
	w.t.Helper()
	if err := w.k.Close(); err != nil {
		w.t.Fatal(err)
	}
	if err := commit.Rebuild(context.Background(), d, w.cfg.Projections, due.Tables()); err != nil {
		w.t.Fatal(err)
	}
	w.k = logtest.Open(w.t, w.cfg)
}

// restart ends the committer and starts one with a changed configuration.
func (w *ward) restart(change ...func(*commit.Config)) {
	w.t.Helper()
	if err := w.k.Close(); err != nil {
		w.t.Fatal(err)
	}
	for _, f := range change {
		f(&w.cfg)
	}
	w.k = logtest.Open(w.t, w.cfg)
}

// second is a later version of the ward's projection, in tables of its own.
func second() record.Projection {
	p := logtest.Sightings()
	p.Version, p.Tables = 2, []string{"ward_seen_v2"}
	p.Schema = `CREATE TABLE IF NOT EXISTS ward_seen_v2 (id BLOB NOT NULL PRIMARY KEY, place TEXT NOT NULL) WITHOUT ROWID;`
	p.Put = func(tx db.Tx, e *record.Entry, b record.Body) error {
		return tx.Exec("INSERT INTO ward_seen_v2 (id, place) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING", e.ID[:], b.(*logtest.Seen).Place)
	}
	p.Drop = func(tx db.Tx, e *record.Entry, _ record.Body) error {
		return tx.Exec("DELETE FROM ward_seen_v2 WHERE id = $1", e.ID[:])
	}
	return p
}

func withSecond(c *commit.Config) {
	c.Projections = append(c.Projections[:len(c.Projections)-1:len(c.Projections)-1], second())
	c.Derived = nil // the ward's due reads version 1
}

// fill files n sightings, every fourth withdrawn and every fifth corrected.
func (w *ward) fill(n int) []*record.Entry {
	w.t.Helper()
	var all []*record.Entry
	for i := range n {
		e := logtest.Sighting(logtest.Chart(i%5), logtest.Night.Add(-time.Duration(i)*time.Second), fmt.Sprintf("place %d", i))
		all = append(all, e)
		switch {
		case i%4 == 0:
			all = append(all, logtest.Amending(logtest.Entry("record.withdrawn", e.Chart, e.Happened, &record.Withdrawn{Reason: "x"}), e.ID, record.InError))
		case i%5 == 0:
			all = append(all, logtest.Amending(logtest.Sighting(e.Chart, e.Happened, "corrected"), e.ID, record.Correction))
		}
	}
	w.file(all...)
	return all
}

func TestANewVersionCatchesUp(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		w := newWard(t, d)
		w.fill(50)
		w.restart(withSecond)
		same(t, d)
		// Back to the older program: its tables take up what was filed meanwhile, withdrawals among it.
		all := w.fill(10)
		w.file(logtest.Amending(logtest.Entry("record.withdrawn", all[1].Chart, logtest.Night, &record.Withdrawn{Reason: "x"}), all[1].ID, record.InError))
		w.restart(func(c *commit.Config) { *c = logtest.Config(t, d, w.clock) })
		same(t, d)
	})
}

// same wants the two versions of the projection to hold the same.
func same(t testing.TB, d *db.DB) {
	t.Helper()
	differ := count(t, read(d), `SELECT (SELECT COUNT(*) FROM ward_seen_v1 a LEFT JOIN ward_seen_v2 b ON a.id = b.id AND a.place = b.place WHERE b.id IS NULL)
+ (SELECT COUNT(*) FROM ward_seen_v2 b LEFT JOIN ward_seen_v1 a ON a.id = b.id WHERE a.id IS NULL)`)
	if n := count(t, read(d), "SELECT COUNT(*) FROM ward_seen_v2"); differ != 0 || n == 0 {
		t.Fatalf("%d rows differ of %d", differ, n)
	}
}

// A preparation beside a running server is killed again and again, entries and withdrawals of what it has passed are filed meanwhile, and
// the new version starts whole.
func TestPrepareKilledMidwayGoesOn(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		w := newWard(t, d)
		all := w.fill(60)
		killed := errors.New("killed")
		rounds := 0
		for ; ; rounds++ {
			left := 2
			p := second()
			put := p.Put
			p.Put = func(tx db.Tx, e *record.Entry, b record.Body) error {
				if left--; left < 0 && rounds < 500 {
					return killed
				}
				return put(tx, e, b)
			}
			err := commit.Prepare(context.Background(), d, w.cfg.Kinds, []record.Projection{p}, commit.Pace{Chunk: 2}, nil)
			if err == nil {
				break
			}
			if !errors.Is(err, killed) {
				t.Fatal(err)
			}
			if rounds%3 == 0 && rounds < 60 {
				over := all[rounds]
				w.file(logtest.Sighting(over.Chart, logtest.Night, "filed meanwhile"),
					logtest.Amending(logtest.Entry("record.withdrawn", over.Chart, logtest.Night, &record.Withdrawn{Reason: "x"}), over.ID, record.InError))
			}
		}
		if rounds < 5 {
			t.Fatalf("killed only %d times", rounds)
		}
		w.fill(3)
		w.restart(withSecond)
		same(t, d)
	})
}

func TestRebuild(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		w := newWard(t, d)
		w.fill(40)
		want := dump(t, read(d))
		err := d.Write(t.Context(), func(tx db.Tx) error { return tx.Exec("UPDATE ward_seen_v1 SET place = 'damaged'") })
		if err != nil {
			t.Fatal(err)
		}
		w.rebuild(d)
		if got := dump(t, read(d)); got != want {
			t.Fatalf("rebuilt\n%s\nwas\n%s", got, want)
		}
	})
}

// A due that a new program brings is worked out for charts whose entries were filed long before, also when the first start was cut short.
func TestANewDueIsWorkedOut(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		w := newWard(t, d, func(c *commit.Config) { c.Derived = nil })
		w.fill(20)
		if err := w.k.Close(); err != nil {
			t.Fatal(err)
		}
		check := logtest.Check()
		broken := check.Derived()
		broken.Of = func(db.Tx, record.ID) error { return errors.New("cut short") }
		cfg := w.cfg
		cfg.Derived = []record.Derived{broken}
		if _, err := commit.Open(t.Context(), cfg); err == nil {
			t.Fatal("a start that could not work out a due went on")
		}
		w.restart(func(c *commit.Config) { c.Derived = []record.Derived{check.Derived()} })
		if n := count(t, read(d), "SELECT COUNT(*) FROM due"); n != 5 {
			t.Fatalf("%d dues", n)
		}
	})
}
