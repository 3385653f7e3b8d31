package commit_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"milieu/kit/commit"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/testkit/logtest"
)

func TestNumbersHaveNoGaps(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		w := newWard(t, open(t))
		var wg sync.WaitGroup
		for g := range 8 {
			wg.Go(func() {
				for i := range 20 {
					e := logtest.Sighting(logtest.Chart(i%3), logtest.Night, "day room")
					if i%5 == g%5 { // among good ones, some that fail in the transaction
						e = logtest.Amending(e, record.DeriveID("elsewhere"), record.Correction)
					}
					w.k.File(context.Background(), logtest.Sender(), e)
				}
			})
		}
		wg.Wait()
		q := read(w.db)
		n := count(t, q, "SELECT COUNT(*) FROM entry")
		if top := count(t, q, "SELECT MAX(seq) FROM entry"); n != 160 || top != n || w.k.Seq() != n {
			t.Fatalf("%d entries, highest %d, committer at %d", n, top, w.k.Seq())
		}
		for c := range 3 {
			entries, err := record.Chart(q, logtest.Chart(c), 0, 1000)
			if err != nil {
				t.Fatal(err)
			}
			for i, e := range entries {
				if e.Number != int64(i+1) {
					t.Fatalf("chart %d: entry %d has number %d", c, i, e.Number)
				}
			}
		}
	})
}

func TestThreeTimesAreKeptApart(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		w := newWard(t, open(t))
		e := logtest.Sighting(logtest.Chart(1), logtest.Night.Add(-8*time.Hour), "bed 4")
		e.Written = logtest.Night.Add(-7*time.Hour - 55*time.Minute)
		s := logtest.Sender()
		s.Skew = -3 * time.Hour
		e.Happened, e.Written = e.Happened.Add(3*time.Hour), e.Written.Add(3*time.Hour) // what the wrong clock said
		if o := w.k.File(context.Background(), s, e)[0]; o.Err != nil {
			t.Fatal(o.Err)
		}
		got, err := record.Find(read(w.db), e.ID)
		if err != nil {
			t.Fatal(err)
		}
		if !got.Happened.Equal(logtest.Night.Add(-8*time.Hour)) || !got.Received.Equal(logtest.Night) || got.Skew != record.Offset(s.Skew) ||
			!got.HasMark(record.MarkReceivedLate) || !got.HasMark(record.MarkSkewed) || got.HasMark(record.MarkEnteredAfter) {
			t.Fatalf("kept as %+v", got)
		}
	})
}

func TestSameAgainIsRecognised(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		w := newWard(t, open(t))
		ctx, chart := context.Background(), logtest.Chart(1)
		e := logtest.Sighting(chart, logtest.Night, "day room")
		e.Skew = 0
		again, other, stranger := *e, *e, *e
		other.Body = []byte(`{"place":"garden"}`)
		first := w.file(e)[0]

		// The same bytes, though the role, the measured skew of the clock and the door differ by now.
		s := logtest.Sender()
		s.Role, s.Skew, s.Device, s.Carried = "supervisor", 2*time.Hour, "phone", true
		again.Happened, again.Written = logtest.Night, logtest.Night
		w.clock.Advance(3 * time.Hour)
		if o := w.k.File(ctx, s, &again)[0]; o.Status != commit.Duplicate || o.Seq != first.Seq || o.Entry == nil || o.Entry.Role != "nurse" {
			t.Fatalf("again: %+v", o)
		}
		if o := w.k.File(ctx, logtest.Sender(), &other)[0]; o.Status != commit.Conflicts || o.Seq != first.Seq || fault.KindOf(o.Err) != fault.Conflict {
			t.Fatalf("other content: %+v", o)
		}
		// Somebody else who guesses the ID does not learn what was filed under it.
		s = logtest.Sender()
		s.Person = record.DeriveID("test", "stranger")
		if o := w.k.File(ctx, s, &stranger)[0]; o.Status != commit.Conflicts || o.Entry != nil {
			t.Fatalf("a stranger's: %+v", o)
		}
		if n := count(t, read(w.db), "SELECT COUNT(*) FROM entry"); n != 1 {
			t.Fatalf("%d entries", n)
		}
	})
}

// Each submission three times, shuffled over goroutines, the answers ignored: everything is there once.
func TestThreeTimesOverIsOnce(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		w := newWard(t, open(t))
		const n = 120
		entries := make([]*record.Entry, n)
		for i := range entries {
			entries[i] = logtest.Sighting(logtest.Chart(i%7), logtest.Night.Add(time.Duration(-i)*time.Second), "corridor")
		}
		var wg sync.WaitGroup
		for _, step := range []int{7, 11, 13} {
			wg.Go(func() {
				for i := range n {
					e := *entries[i*step%n]
					ctx, cancel := context.WithCancel(context.Background())
					if i%4 == 0 {
						cancel() // the sender hangs up
					}
					w.k.File(ctx, logtest.Sender(), &e)
					cancel()
				}
			})
		}
		wg.Wait()
		for i := range n { // as a device does that had no answer
			e := *entries[i]
			if o := w.k.File(context.Background(), logtest.Sender(), &e)[0]; o.Err != nil {
				t.Fatal(o.Err)
			}
		}
		if got := count(t, read(w.db), "SELECT COUNT(*) FROM entry"); got != n {
			t.Fatalf("%d entries of %d", got, n)
		}
		if got := count(t, read(w.db), "SELECT COUNT(*) FROM ward_seen_v1"); got != n {
			t.Fatalf("%d sightings of %d", got, n)
		}
	})
}

func TestTogetherIsAllOrNothing(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		w := newWard(t, open(t))
		ctx, chart := context.Background(), logtest.Chart(1)
		taken := logtest.Sighting(chart, logtest.Night, "day room")
		w.file(taken)
		clash := *taken
		clash.Body = []byte(`{"place":"garden"}`)
		out, err := w.k.Together(ctx, logtest.Sender(), logtest.Sighting(chart, logtest.Night, "a"), &clash)
		if fault.KindOf(err) != fault.Conflict || out[0].Status == commit.Accepted {
			t.Fatalf("%v, %+v", err, out)
		}
		invalid := logtest.Sighting(chart, logtest.Night, "")
		if _, err := w.k.Together(ctx, logtest.Sender(), logtest.Sighting(chart, logtest.Night, "b"), invalid); fault.KindOf(err) != fault.Invalid {
			t.Fatal(err)
		}
		once := logtest.Sighting(chart, logtest.Night, "c")
		twice := *once
		if _, err := w.k.Together(ctx, logtest.Sender(), once, &twice); fault.KindOf(err) != fault.Invalid {
			t.Fatal(err)
		}
		if n := count(t, read(w.db), "SELECT COUNT(*) FROM entry"); n != 1 {
			t.Fatalf("%d entries", n)
		}
		out, err = w.k.Together(ctx, logtest.Sender(), logtest.Sighting(chart, logtest.Night, "d"), logtest.Sighting(logtest.Chart(2), logtest.Night, "e"))
		if err != nil || len(out) != 2 || out[1].Seq != 3 {
			t.Fatalf("%v, %+v", err, out)
		}
	})
}

// poison is a projection that fails for one place, by error or by panic.
func poison(c *commit.Config) {
	p := logtest.Sightings()
	put := p.Put
	p.Put = func(tx db.Tx, e *record.Entry, b record.Body) error {
		switch b.(*logtest.Seen).Place {
		case "error":
			return tx.Exec("INSERT INTO no_such_table (a) VALUES ($1)", 1)
		case "panic":
			rows, err := tx.Query("SELECT place FROM ward_seen_v1 WHERE chart = $1", e.Chart[:])
			if err != nil {
				return err
			}
			rows.Next() // and is left open
			panic("a defect in a room")
		}
		return put(tx, e, b)
	}
	c.Projections[len(c.Projections)-1] = p
}

func TestOnePoisonedTakesNoOtherWithIt(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		w := newWard(t, open(t), poison)
		var wg sync.WaitGroup
		var mu sync.Mutex
		bad := 0
		for i := range 60 {
			wg.Go(func() {
				place := "day room"
				switch {
				case i%20 == 3:
					place = "error"
				case i%20 == 11:
					place = "panic"
				}
				o := w.k.File(context.Background(), logtest.Sender(), logtest.Sighting(logtest.Chart(i), logtest.Night, place))[0]
				mu.Lock()
				defer mu.Unlock()
				if (o.Status == commit.Accepted) != (place == "day room") {
					t.Errorf("%s: %s, %v", place, o.Status, o.Err)
				}
				if o.Err != nil {
					bad++
					if fault.Of(o.Err).Kind != fault.Internal || strings.Contains(fault.Of(o.Err).Public(), "no_such_table") {
						t.Errorf("told %q", fault.Of(o.Err).Public())
					}
				}
			})
		}
		wg.Wait()
		if n := count(t, read(w.db), "SELECT COUNT(*) FROM ward_seen_v1"); bad != 6 || n != 54 {
			t.Fatalf("%d refused, %d kept", bad, n)
		}
	})
}

func TestUpkeepErrors(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		w := newWard(t, open(t))
		ctx := context.Background()
		mine := errors.New("mine")
		for _, want := range []error{mine, fault.New(fault.Unavailable, "mine to say"), fault.New(fault.Denied, "no")} {
			var wg sync.WaitGroup
			for i := range 20 {
				wg.Go(func() {
					if i%5 == 0 {
						if err := w.k.Upkeep(ctx, func(db.Tx) error { return want }); !errors.Is(err, want) {
							t.Errorf("upkeep: %v", err)
						}
						return
					}
					if o := w.k.File(ctx, logtest.Sender(), logtest.Sighting(logtest.Chart(i), logtest.Night, "x"))[0]; o.Err != nil {
						t.Errorf("a neighbour of a failing upkeep: %v", o.Err)
					}
				})
			}
			wg.Wait()
		}
		if err := w.k.Upkeep(ctx, func(tx db.Tx) error { return tx.Exec("UPDATE log_head SET received = received") }); err != nil {
			t.Fatal(err)
		}
	})
}

func TestReceivedNeverGoesBack(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		w := newWard(t, open(t))
		w.file(logtest.Sighting(logtest.Chart(1), logtest.Night, "x"))
		w.clock.Set(logtest.Night.AddDate(-2, 0, 0))
		w.file(logtest.Sighting(logtest.Chart(1), w.clock.Now(), "x"))
		w.clock.Set(logtest.Night.Add(12 * time.Hour))
		w.file(logtest.Sighting(logtest.Chart(1), w.clock.Now(), "x"))
		entries, err := record.Range(read(w.db), 1, 10)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []time.Time{logtest.Night, logtest.Night, logtest.Night.Add(12 * time.Hour)} {
			if !entries[i].Received.Equal(want) {
				t.Errorf("entry %d received %s, want %s", i+1, entries[i].Received, want)
			}
		}
	})
}

// Whoever submits as the committer closes is answered.
func TestCloseAnswersEverybody(t *testing.T) {
	w := newWard(t, logtest.SQLite(t, t.TempDir()))
	var wg sync.WaitGroup
	accepted := make([]int64, 16)
	for g := range accepted {
		wg.Go(func() {
			for {
				o := w.k.File(context.Background(), logtest.Sender(), logtest.Sighting(logtest.Chart(g), logtest.Night, "x"))[0]
				if o.Err != nil {
					if fault.KindOf(o.Err) != fault.Unavailable {
						t.Errorf("told %v", o.Err)
					}
					return
				}
				accepted[g]++
			}
		})
	}
	for w.k.Seq() < 50 {
		w.file(logtest.Sighting(logtest.Chart(99), logtest.Night, "x"))
	}
	if err := w.k.Close(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if err := w.k.Upkeep(context.Background(), func(db.Tx) error { return nil }); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("upkeep after the end: %v", err)
	}
	var sum int64
	for _, n := range accepted {
		sum += n
	}
	if n := count(t, read(w.db), "SELECT COUNT(*) FROM entry WHERE chart <> $1", logtest.Chart(99)); n != sum {
		t.Fatalf("%d accepted, %d filed", sum, n)
	}
}

func TestAnAmendmentStaysInItsChart(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		w := newWard(t, open(t))
		e := logtest.Sighting(logtest.Chart(1), logtest.Night, "day room")
		w.file(e)
		foreign := logtest.Amending(logtest.Entry("record.withdrawn", logtest.Chart(2), logtest.Night, &record.Withdrawn{Reason: "x"}), e.ID, record.InError)
		if o := w.k.File(context.Background(), logtest.Sender(), foreign)[0]; fault.KindOf(o.Err) != fault.Invalid {
			t.Fatalf("an amendment from another chart: %+v", o)
		}
		// The same, sent before its target: it is filed, and reaches nothing.
		late := logtest.Sighting(logtest.Chart(1), logtest.Night, "garden")
		early := logtest.Amending(logtest.Entry("record.withdrawn", logtest.Chart(2), logtest.Night, &record.Withdrawn{Reason: "x"}), late.ID, record.InError)
		w.file(early, late)
		if n := count(t, read(w.db), "SELECT COUNT(*) FROM ward_seen_v1"); n != 2 {
			t.Fatalf("%d sightings", n)
		}
	})
}
