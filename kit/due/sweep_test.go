package due_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"milieu/kit/clock"
	"milieu/kit/commit"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/testkit/logtest"
	"milieu/kit/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// ward is a log with its sweeper; told notes every rung.
type ward struct {
	t     *testing.T
	db    *db.DB
	clock *clock.Fake
	k     *commit.Committer
	s     *due.Sweeper
	told  []string
}

func newWard(t *testing.T, d *db.DB) *ward {
	t.Helper()
	w := &ward{t: t, db: d, clock: clock.NewFake(logtest.Night)}
	w.k = logtest.Open(t, logtest.Config(t, d, w.clock))
	w.start()
	return w
}

// start starts a sweeper, as a program does that begins to run.
func (w *ward) start() {
	w.t.Helper()
	w.s = &due.Sweeper{DB: w.db, Committer: w.k, Clock: w.clock, Rules: []due.Rule{logtest.Check()}, Log: slog.New(slog.DiscardHandler)}
	w.s.Tell = func(_ due.Window, r due.Rung) { w.told = append(w.told, r.Tell) }
	if err := w.s.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *ward) file(e *record.Entry) {
	w.t.Helper()
	if o := w.k.File(context.Background(), logtest.Sender(), e)[0]; o.Err != nil {
		w.t.Fatal(o.Err)
	}
}

// at moves the clock to so many minutes after the evening began, sweeps, and gives who was told.
func (w *ward) at(minutes float64) []string {
	w.t.Helper()
	w.clock.Set(logtest.Night.Add(time.Duration(minutes * float64(time.Minute))))
	w.told = nil
	if _, err := w.s.Sweep(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return w.told
}

func (w *ward) count(kind string) (n int64) {
	w.t.Helper()
	if err := w.db.Read(w.t.Context()).QueryRow("SELECT COUNT(*) FROM entry WHERE kind = $1", kind).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *ward) window(chart record.ID) due.Window {
	w.t.Helper()
	got, err := due.Find(w.db.Read(w.t.Context()), chart, "ward.check", "")
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

func TestTheLadder(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		w := newWard(t, open(t))
		chart := logtest.Chart(1)
		w.file(logtest.Sighting(chart, logtest.Night, "day room"))
		for _, step := range []struct {
			at   float64
			want []string
		}{{29, nil}, {31.9, nil}, {32, []string{"unit"}}, {33, nil}, {35.01, []string{"in_charge"}}, {44, nil}, {45, []string{"supervisor"}}, {90, nil}} {
			if got := w.at(step.at); !slices.Equal(got, step.want) {
				t.Errorf("at %v: told %v, want %v", step.at, got, step.want)
			}
		}
		if w.count("due.lapsed") != 1 || w.count("due.told") != 3 {
			t.Errorf("%d lapsed, %d told", w.count("due.lapsed"), w.count("due.told"))
		}
		// Seen at last: a new window with a ladder of its own. An earlier sighting that arrives late changes nothing of it.
		w.file(logtest.Sighting(chart, w.clock.Now(), "garden"))
		early := logtest.Sighting(chart, logtest.Night.Add(40*time.Minute), "corridor")
		early.Written = early.Happened
		w.file(early)
		if got := w.window(chart); !got.Late.Equal(w.clock.Now().Add(logtest.Every)) || got.At(w.clock.Now()) != due.StateNext {
			t.Errorf("the next window is %+v", got)
		}
		if got := w.at(121); got != nil {
			t.Errorf("told %v", got)
		}
		if got := w.at(122); !slices.Equal(got, []string{"unit"}) {
			t.Errorf("told %v", got)
		}
	})
}

func TestTakenWaits(t *testing.T) {
	w := newWard(t, logtest.SQLite(t, t.TempDir()))
	chart := logtest.Chart(1)
	seen := logtest.Sighting(chart, logtest.Night, "day room")
	w.file(seen)
	w.at(32)
	w.clock.Set(logtest.Night.Add(33 * time.Minute))
	w.file(logtest.Entry("due.taken", chart, w.clock.Now(), &due.Taken{Rule: "ward.check", Anchor: seen.ID}))
	if got := w.window(chart); got.Taken != logtest.Nurse {
		t.Errorf("taken by %s", got.Taken)
	}
	for at, want := range map[float64][]string{36: nil, 42.9: nil} {
		if got := w.at(at); !slices.Equal(got, want) {
			t.Errorf("at %v: told %v", at, got)
		}
	}
	if got := w.at(43); !slices.Equal(got, []string{"in_charge"}) {
		t.Errorf("ten minutes after it was taken: told %v", got)
	}
	// Lateness is what it is: taking on is no sighting.
	if got := w.window(chart); got.At(w.clock.Now()) != due.StateLate {
		t.Errorf("shown as %s", got.At(w.clock.Now()))
	}
}

func TestDowntime(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		w := newWard(t, open(t))
		w.file(logtest.Sighting(logtest.Chart(1), logtest.Night, "day room"))
		w.clock.Advance(59 * time.Second)
		w.start() // a quick restart is no downtime
		if w.count("service.down") != 0 {
			t.Fatal("a short silence was filed")
		}
		at := w.clock.Now()
		w.clock.Set(logtest.Night.Add(3 * time.Hour))
		w.start()
		w.start()
		if w.count("service.down") != 1 {
			t.Fatalf("%d spans filed", w.count("service.down"))
		}
		down, err := due.Downtime(w.db.Read(t.Context()), logtest.Night, w.clock.Now())
		if err != nil || len(down) != 1 || !down[0].From.Equal(at) || !down[0].To.Equal(w.clock.Now()) {
			t.Fatal(down, err)
		}
		// Ladders wait for the devices to send what they hold.
		if got := w.at(181.9); got != nil {
			t.Errorf("told %v before the devices could send", got)
		}
		seen := logtest.Sighting(logtest.Chart(2), logtest.Night.Add(100*time.Minute), "bed")
		seen.Written = seen.Happened
		w.file(seen)
		if got := w.at(182); !slices.Equal(got, []string{"unit", "unit"}) {
			t.Errorf("told %v", got)
		}
	})
}

// The wall clock of the machine jumps; the program's does not, and neither do escalations.
func TestAWallClockThatJumps(t *testing.T) {
	wall, mono := logtest.Night, time.Duration(0)
	steady := clock.NewSteady(func() time.Time { return wall }, func() time.Duration { return mono })
	d := logtest.SQLite(t, t.TempDir())
	k := logtest.Open(t, logtest.Config(t, d, steady))
	var told []time.Duration
	s := &due.Sweeper{DB: d, Committer: k, Clock: steady, Rules: []due.Rule{logtest.Check()}, Log: slog.New(slog.DiscardHandler)}
	s.Tell = func(due.Window, due.Rung) { told = append(told, mono) }
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if o := k.File(t.Context(), logtest.Sender(), logtest.Sighting(logtest.Chart(1), logtest.Night, "x"))[0]; o.Err != nil {
		t.Fatal(o.Err)
	}
	for second := range 50 * 60 {
		mono = time.Duration(second) * time.Second
		wall = logtest.Night.Add(mono)
		switch second / 600 {
		case 1:
			wall = wall.Add(12 * time.Hour)
		case 2, 3:
			wall = wall.AddDate(-2, 0, 0)
		}
		if second%10 == 0 || second > 31*60 && second < 46*60 {
			if _, err := s.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := []time.Duration{32 * time.Minute, 35 * time.Minute, 45 * time.Minute}
	if !slices.Equal(told, want) {
		t.Fatalf("told after %v of true time, want %v", told, want)
	}
	entries, err := record.Range(d.Read(t.Context()), 1, 100)
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < len(entries); i++ {
		if entries[i].Received.Before(entries[i-1].Received) {
			t.Errorf("entry %d was received before entry %d", i+1, i)
		}
	}
}

// Two processes sweep at once, again and again: each rung is filed once.
func TestTwoSweepersTellOnce(t *testing.T) {
	w := newWard(t, logtest.Postgres(t))
	for c := range 20 {
		w.file(logtest.Sighting(logtest.Chart(c), logtest.Night, "x"))
	}
	other := &due.Sweeper{DB: w.db, Committer: w.k, Clock: w.clock, Rules: []due.Rule{logtest.Check()}, Log: slog.New(slog.DiscardHandler)}
	if err := other.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, minutes := range []time.Duration{32, 35, 45} {
		w.clock.Set(logtest.Night.Add(minutes * time.Minute))
		var wg sync.WaitGroup
		for _, s := range []*due.Sweeper{w.s, other} {
			wg.Go(func() {
				if _, err := s.Sweep(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	if w.count("due.lapsed") != 20 || w.count("due.told") != 60 {
		t.Errorf("%d lapsed, %d told", w.count("due.lapsed"), w.count("due.told"))
	}
}

// One window whose rung cannot be filed holds up no other.
func TestOneThatFailsHoldsUpNoOther(t *testing.T) {
	w := newWard(t, logtest.SQLite(t, t.TempDir()))
	for c := range 40 {
		w.file(logtest.Sighting(logtest.Chart(c), logtest.Night, "x"))
	}
	err := w.db.Write(t.Context(), func(tx db.Tx) error { // an anchor that no body may have
		return tx.Exec("UPDATE due SET anchor = $1, alert = 1 WHERE chart = $2", make([]byte, 16), logtest.Chart(7))
	})
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Hour)
	n, err := w.s.Sweep(t.Context())
	if err == nil || n != 39 {
		t.Fatalf("%d ladders climbed, %v", n, err)
	}
}

// With a hundred thousand open windows a sweep reads only those that lapsed, by an index.
func TestManyOpenWindows(t *testing.T) {
	w := newWard(t, logtest.SQLite(t, t.TempDir()))
	const n = 100_000
	err := w.db.Write(t.Context(), func(tx db.Tx) error {
		for i := range n {
			id := record.DeriveID("many", fmt.Sprint(i))
			at := clock.Micros(logtest.Night.Add(time.Hour + time.Duration(i)*time.Second))
			if err := tx.Exec("INSERT INTO due (chart, rule, slot, anchor, opens, due, late, role, grace, alert) VALUES ($1, 'ward.check', '', $1, $2, $2, $2, 'worker', 0, $2)", id[:], at); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.at(30); got != nil {
		t.Fatalf("told %v", got)
	}
	var plan string
	err = db.Each(w.db.Read(t.Context()), "EXPLAIN QUERY PLAN SELECT chart FROM due WHERE alert <= 5 ORDER BY alert LIMIT 500", nil, func(r db.Row) error {
		var id, parent, none int
		var detail string
		err := r.Scan(&id, &parent, &none, &detail)
		plan += detail
		return err
	})
	if err != nil || plan != "SEARCH due USING COVERING INDEX due_alert (alert<?)" && plan != "SEARCH due USING INDEX due_alert (alert<?)" {
		t.Errorf("%s, %v", plan, err)
	}
	// Those of two minutes lapse together; the rest stays as it is.
	w.at(65)
	if got := w.count("due.lapsed"); got != 181 {
		t.Errorf("%d lapsed", got)
	}
}

func TestRunBeatsAndEnds(t *testing.T) {
	w := newWard(t, logtest.SQLite(t, t.TempDir()))
	ctx, stop := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { w.s.Run(ctx) })
	for range 20 {
		for w.clock.Waiting() == 0 {
			<-clock.System().After(time.Millisecond)
		}
		w.clock.Advance(time.Second)
	}
	for w.clock.Waiting() == 0 {
		<-clock.System().After(time.Millisecond)
	}
	var alive int64
	if err := w.db.Read(t.Context()).QueryRow("SELECT alive FROM service").Scan(&alive); err != nil || clock.FromMicros(alive).Before(logtest.Night.Add(due.Heartbeat)) {
		t.Errorf("alive at %s, %v", clock.FromMicros(alive), err)
	}
	stop()
	done.Wait()
}
