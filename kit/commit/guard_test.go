package commit_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"milieu/kit/commit"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/testkit/logtest"
)

// onePlace is a guard: nobody is seen where somebody else was.
func onePlace(cfg *commit.Config) {
	cfg.Guards = []record.Guard{{Name: "ward.one_place", Kinds: []string{"ward.seen"}, Watch: func(db.Querier, *record.Entry, record.Body) (func(db.Querier) error, error) {
		return func(q db.Querier) error {
			both, err := db.Exists(q, "SELECT 1 FROM ward_seen_v1 a JOIN ward_seen_v1 b ON a.place = b.place AND a.chart <> b.chart LIMIT 1")
			if err == nil && both {
				err = fault.New(fault.Invalid, "somebody else is there")
			}
			return err
		}, nil
	}}}
}

// A guard hears of what is filed, corrected, taken back and brought back, and refuses that alone: what shares its group is filed.
func TestGuardsJudgeWhatComesOfIt(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		w := newWard(t, open(t), onePlace)
		a, b := logtest.Chart(1), logtest.Chart(2)
		refused := func(what string, e *record.Entry) {
			t.Helper()
			before := w.k.Seq()
			o := w.k.File(context.Background(), logtest.Sender(), e)[0]
			if o.Status != commit.Rejected || fault.KindOf(o.Err) != fault.Invalid || w.k.Seq() != before {
				t.Errorf("%s: %s, %v; %d filed", what, o.Status, o.Err, w.k.Seq()-before)
			}
		}
		one := w.file(logtest.Sighting(a, logtest.Night, "garden"))[0]
		refused("a sighting", logtest.Sighting(b, logtest.Night, "garden"))
		other := w.file(logtest.Sighting(b, logtest.Night, "kitchen"))[0]
		refused("a correction", logtest.Amending(logtest.Sighting(b, logtest.Night, "garden"), other.ID, record.Correction))
		gone := w.file(logtest.Amending(logtest.Entry("record.withdrawn", a, logtest.Night, &record.Withdrawn{Reason: "x"}), one.ID, record.InError))[0]
		w.file(logtest.Sighting(b, logtest.Night, "garden"))
		refused("bringing one back", logtest.Amending(logtest.Entry("record.withdrawn", a, logtest.Night, &record.Withdrawn{Reason: "x"}), gone.ID, record.InError))

		// The same again is a duplicate and not asked about, though its place is another's now.
		again := *one.Entry
		if o := w.k.File(context.Background(), logtest.Sender(), &again)[0]; o.Status != commit.Duplicate {
			t.Errorf("sent again: %s, %v", o.Status, o.Err)
		}

		// Many at once: one of those who want a place has it, and nobody else is held up.
		var all sync.WaitGroup
		outcomes := make([]commit.Outcome, 24)
		for i := range outcomes {
			place := "bench"
			if i%2 == 0 {
				place = fmt.Sprint("chair ", i)
			}
			e := logtest.Sighting(logtest.Chart(3+i), logtest.Night, place)
			all.Go(func() { outcomes[i] = w.k.File(context.Background(), logtest.Sender(), e)[0] })
		}
		all.Wait()
		benches := 0
		for i, o := range outcomes {
			switch {
			case i%2 == 0 && o.Status != commit.Accepted:
				t.Errorf("a chair of their own: %v", o.Err)
			case i%2 == 1 && o.Status == commit.Accepted:
				benches++
			}
		}
		if benches != 1 {
			t.Errorf("%d sit on the bench", benches)
		}

		// What Milieu files itself is not asked about, and neither is replay: what was filed stands.
		s := logtest.Sender()
		s.Via = record.ViaProgram
		if o := w.k.File(context.Background(), s, logtest.Sighting(logtest.Chart(40), logtest.Night, "bench"))[0]; o.Err != nil {
			t.Fatal(o.Err)
		}
		want := dump(t, read(w.db))
		if err := w.k.Close(); err != nil {
			t.Fatal(err)
		}
		if err := commit.Rebuild(t.Context(), w.db, w.cfg.Projections, []string{"due"}); err != nil {
			t.Fatal(err)
		}
		logtest.Open(t, w.cfg)
		if got := dump(t, read(w.db)); got != want {
			t.Errorf("replayed\n%s\nwas\n%s", got, want)
		}
	})
}

// stranger is a judge who has heard of no chart.
type stranger struct{ logtest.Anyone }

func (stranger) Knows(record.ID) bool { return false }

// Of two who begin a chart under one ID, each judged before the other was filed, the second is told; what goes on with the chart is filed.
func TestAChartIsBegunOnce(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		w := newWard(t, open(t), func(c *commit.Config) {
			c.Judge = stranger{}
			k, err := c.Kinds.Find("ward.ordered")
			if err != nil {
				t.Fatal(err)
			}
			k.Begins = true
		})
		begin := func() *record.Entry {
			return logtest.Entry("ward.ordered", logtest.Chart(1), logtest.Night, &logtest.Ordered{Minutes: 15})
		}
		first := begin()
		sent := *first
		out := w.k.File(context.Background(), logtest.Sender(), first, begin(), logtest.Sighting(logtest.Chart(1), logtest.Night, "garden"))
		if out[0].Status != commit.Accepted || out[1].Status != commit.Rejected || fault.KindOf(out[1].Err) != fault.Invalid || out[2].Status != commit.Accepted {
			t.Errorf("%+v", out)
		}
		if o := w.k.File(context.Background(), logtest.Sender(), &sent)[0]; o.Status != commit.Duplicate {
			t.Errorf("sent again: %s, %v", o.Status, o.Err)
		}
		s := logtest.Sender()
		s.Via = record.ViaProgram
		if o := w.k.File(context.Background(), s, begin())[0]; o.Err != nil {
			t.Errorf("Milieu itself: %v", o.Err)
		}
	})
}
