package room

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"milieu/care/rounds"
	"milieu/house/clients"
	"milieu/kit/commit"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/testkit"
)

// counted counts the statements that go through it.
type counted struct {
	db.Tx
	n int
}

func (c *counted) Query(query string, args ...any) (db.Rows, error) {
	c.n++
	return c.Tx.Query(query, args...)
}

func (c *counted) QueryRow(query string, args ...any) db.Row {
	c.n++
	return c.Tx.QueryRow(query, args...)
}

func (c *counted) Exec(query string, args ...any) error {
	c.n++
	return c.Tx.Exec(query, args...)
}

// workOut does with an entry what the committer does.
func workOut(tx db.Tx, e *record.Entry, b record.Body) error {
	for _, p := range Projections() {
		if !slices.Contains(p.Kinds, e.Kind) {
			continue
		}
		if err := p.Put(tx, e, b); err != nil {
			return err
		}
		if p.Follow != nil {
			p.Follow(tx, e, b)
		}
	}
	for _, r := range Rules() {
		if !slices.Contains(r.Kinds, e.Kind) {
			continue
		}
		charts, err := r.Touches(tx, e, b)
		if err != nil {
			return err
		}
		for _, chart := range charts {
			if _, err := r.Windows(tx, chart); err != nil {
				return err
			}
		}
	}
	return nil
}

func TestACheckCostsFewStatements(t *testing.T) {
	w := newWard(t, 1)
	e := w.seen(w.people[0], "talking")
	b, err := w.Kinds.Decode(e)
	if err != nil {
		t.Fatal(err)
	}
	undone := fmt.Errorf("undone")
	err = w.DB.Write(context.Background(), func(tx db.Tx) error {
		db.RememberAsOf(tx, e.Seq)
		for _, most := range []int{13, 1} { // what the first reads, the next remembers
			c := &counted{Tx: tx}
			next := *e
			next.Seq, next.ID, next.Happened = e.Seq+1, record.NewID(e.Happened), e.Happened.Add(time.Duration(14-most)*time.Second)
			if err := workOut(c, &next, b); err != nil {
				return err
			}
			if c.n > most {
				t.Errorf("a check costs %d statements, not %d", c.n, most)
			}
		}
		return undone
	})
	if err != undone {
		t.Fatal(err)
	}
}

// night files a night of looks: everybody at the drawn time, as a diligent worker would. It gives the entries in the order in which they happened.
func (w *ward) night(until time.Time) []*record.Entry {
	w.T.Helper()
	var out []*record.Entry
	for i := range w.people {
		w.seen(w.people[i], "awake_quiet")
	}
	for w.Clock.Now().Before(until) {
		var next due.Window
		all, err := due.Of(w.DB.Read(context.Background()), w.people...)
		if err != nil {
			w.T.Fatal(err)
		}
		for _, win := range all {
			if win.Rule == rounds.RuleCheck && (next.Due.IsZero() || win.Due.Before(next.Due)) {
				next = win
			}
		}
		if next.Due.After(until) {
			break
		}
		if next.Due.After(w.Clock.Now()) {
			w.Clock.Set(next.Due)
		}
		e := w.Must(testkit.As(w.worker), rounds.KindChecked, next.Chart, &rounds.Checked{Place: "own_room", State: "asleep_breathing", Method: rounds.MethodSeen})
		out = append(out, e)
	}
	return out
}

func TestANight(t *testing.T) {
	w := newWard(t, 6)
	q := w.DB.Read(context.Background())
	for i, level := range []string{rounds.Every15, rounds.Every15, rounds.Every30, rounds.General, rounds.General, rounds.LineOfSight} {
		if level != rounds.General {
			w.must(rounds.KindRaised, w.people[i], &rounds.LevelRaised{Order: rounds.Order{Level: level, Reason: "x"}})
		}
	}
	w.must(rounds.KindRelieved, w.people[5], &rounds.Relieved{To: w.nurse, Accepted: true})
	start := w.Clock.Now()
	w.night(start.Add(4 * time.Hour))
	end := w.Clock.Now()
	r, err := ReportOf(q, w.unit, start, end)
	if err != nil {
		t.Fatal(err)
	}
	if r.Total.Late != 0 || r.Total.Missed != 0 || r.Total.InTime() != 1 || len(r.Tracks) != 6 {
		t.Errorf("a night walked in time: %+v", r.Total)
	}
	var regular int
	for _, tr := range r.Tracks[:2] {
		if tr.Counts.Seen < 16 || tr.Counts.Longest > 15*time.Minute {
			t.Errorf("every 15: %+v", tr.Counts)
		}
		for i := 2; i < len(tr.Looks); i++ {
			if tr.Looks[i].At.Sub(tr.Looks[i-1].At) == tr.Looks[i-1].At.Sub(tr.Looks[i-2].At) {
				regular++
			}
		}
	}
	if regular > 4 {
		t.Errorf("%d pairs of gaps alike: the times can be learned", regular)
	}
	if len(r.Shifts) == 0 || len(r.Workers) == 0 || r.Tracks[5].Line[0].Mode != rounds.Continuous || len(r.Tracks[5].Watches) != 1 {
		t.Errorf("shifts %d, workers %d, track %+v", len(r.Shifts), len(r.Workers), r.Tracks[5].Line)
	}
	for _, row := range must(Rows(q, w.unit)) {
		if row.Mode == rounds.Intervals && row.Window.Late.Before(end) {
			t.Errorf("%s is late at the end of a night walked in time", row.Name)
		}
	}

	// Then nobody comes for forty minutes, and somebody writes afterwards that they had.
	w.Clock.Advance(40 * time.Minute)
	late := w.Entry(rounds.KindChecked, w.people[0], &rounds.Checked{Place: "own_room", State: "asleep_breathing", Method: rounds.MethodSeen, After: "stayed with somebody until the ambulance came"})
	late.Happened = end.Add(20 * time.Minute)
	if o := w.Committer.File(context.Background(), testkit.As(w.worker), late)[0]; o.Status != commit.Accepted {
		t.Fatal(o.Err)
	}
	r, err = ReportOf(q, w.unit, start, w.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	if c := r.Tracks[0].Counts; c.Later != 1 || c.Late == 0 {
		t.Errorf("late stays late, and afterwards is told for ever: %+v", c)
	}
	if r.Tracks[1].Counts.Missed == 0 {
		t.Errorf("nobody saw them for forty minutes at every 15: %+v", r.Tracks[1].Counts)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestALevelChangedWhileADeviceWasOffline(t *testing.T) {
	w := newWard(t, 1)
	who := w.people[0]
	w.seen(who, "talking")
	start := w.Clock.Now()
	w.Clock.Advance(10 * time.Minute)
	w.must(rounds.KindRaised, who, &rounds.LevelRaised{Order: rounds.Order{Level: rounds.Every15, Reason: "x"}})
	var waiting []*record.Entry
	for i := range 3 { // the device knew of the general level only, and its worker came every half hour
		e := w.Entry(rounds.KindChecked, who, &rounds.Checked{Place: "own_room", State: "talking", Method: rounds.MethodSeen, Level: rounds.General})
		e.Happened = start.Add(time.Duration(i+1) * 30 * time.Minute)
		e.Written = e.Happened
		waiting = append(waiting, e)
	}
	w.Clock.Set(start.Add(2 * time.Hour))
	slices.Reverse(waiting)
	for _, o := range w.Committer.File(context.Background(), testkit.As(w.worker), waiting...) {
		if o.Status != commit.Accepted || !o.Entry.HasMark(record.MarkReceivedLate) {
			t.Fatalf("%s %v", o.Status, o.Err)
		}
	}
	tr, err := TrackOf(w.DB.Read(context.Background()), who, start, w.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	if tr.Counts.Seen != 4 || tr.Counts.ReceivedLate != 3 || tr.Counts.Later != 0 || tr.Counts.Late != 4 || tr.Looks[1].Level != rounds.General {
		t.Errorf("%+v", tr.Counts)
	}
	if win, _ := w.window(who, rounds.RuleCheck); !win.Opens.Equal(start.Add(90 * time.Minute)) {
		t.Errorf("the look is open since %s", win.Opens)
	}
}

func TestAClockThreeHoursWrong(t *testing.T) {
	w := newWard(t, 1)
	who := w.people[0]
	e := w.Entry(rounds.KindChecked, who, &rounds.Checked{Place: "own_room", State: "talking", Method: rounds.MethodSeen})
	e.Happened, e.Written = e.Happened.Add(-3*time.Hour), e.Written.Add(-3*time.Hour)
	s := testkit.As(w.worker)
	s.Skew = 3 * time.Hour
	o := w.Committer.File(context.Background(), s, e)[0]
	if o.Err != nil {
		t.Fatal(o.Err)
	}
	if got := w.late(who); got != "03:00" || time.Duration(o.Entry.Skew) != 3*time.Hour {
		t.Errorf("late at %s, skew %s", got, time.Duration(o.Entry.Skew))
	}
}

func TestTheSystemWasDown(t *testing.T) {
	w := newWard(t, 1)
	who := w.people[0]
	w.seen(who, "talking")
	start := w.Clock.Now()
	w.must("service.down", due.House, &due.Down{From: start.Add(-time.Minute), To: start})
	w.Clock.Advance(3 * time.Hour)
	w.must("service.down", due.House, &due.Down{From: start.Add(10 * time.Minute), To: start.Add(170 * time.Minute)})
	if rows := must(Rows(w.DB.Read(context.Background()), w.unit)); rows[0].Down == nil {
		t.Error("the time ran out while the system was down, and the row does not say so")
	}
	w.seen(who, "talking")
	tr, err := TrackOf(w.DB.Read(context.Background()), who, start, w.Clock.Now().Add(time.Microsecond))
	if err != nil {
		t.Fatal(err)
	}
	if g := tr.Gaps[0]; !g.Late || g.By != 10*time.Minute || g.Down != 160*time.Minute || g.Missed {
		t.Errorf("late by %s, down %s, missed %v", g.By, g.Down, g.Missed)
	}
}

func TestAMoveToAnotherUnit(t *testing.T) {
	w := newWard(t, 2)
	who := w.people[0]
	q := w.DB.Read(context.Background())
	w.seen(who, "talking")
	start := w.Clock.Now()
	w.Clock.Advance(30 * time.Minute)
	w.must("clients.transferred", who, &clients.Transferred{Unit: w.other})
	w.Clock.Advance(20 * time.Minute)
	w.seen(who, "talking")
	end := w.Clock.Now().Add(time.Minute)
	here, there := must(Tracks(q, w.unit, start, end)), must(Tracks(q, w.other, start, end))
	if len(here) != 2 || len(there) != 1 || len(there[0].Looks) != 1 || there[0].Line[0].From != start.Add(30*time.Minute) {
		t.Errorf("%d here, %d there: %+v", len(here), len(there), there)
	}
	if rows := must(Rows(q, w.unit)); len(rows) != 1 {
		t.Errorf("%d rows on the unit they left", len(rows))
	}
	if later := must(Tracks(q, w.unit, end.Add(time.Hour), end.Add(2*time.Hour))); len(later) != 1 {
		t.Errorf("%d tracks of a unit with one person", len(later))
	}
}

func BenchmarkRows(b *testing.B) {
	w := newWard(b, 48)
	for _, who := range w.people {
		w.seen(who, "talking")
	}
	q := w.DB.Read(context.Background())
	for b.Loop() {
		if _, err := Rows(q, w.unit); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkChecks(b *testing.B) {
	w := newWard(b, 48)
	n := 0
	for b.Loop() {
		group := make([]*record.Entry, 100)
		for i := range group {
			w.Clock.Advance(time.Second)
			group[i] = w.Entry(rounds.KindChecked, w.people[n%48], &rounds.Checked{Place: "own_room", State: "talking", Method: rounds.MethodSeen})
			n++
		}
		for _, o := range w.Committer.File(context.Background(), testkit.As(w.worker), group...) {
			if o.Err != nil {
				b.Fatal(o.Err)
			}
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "checks/s")
}

func TestWhoIsToldWhenNobodyCame(t *testing.T) {
	w := newWard(t, 1)
	who, ctx := w.people[0], context.Background()
	w.must(rounds.KindHouseRules, w.unit, &rounds.HouseRules{GraceMinutes: 3})
	w.seen(who, "talking")
	if err := w.Sweeper.Start(ctx); err != nil {
		t.Fatal(err)
	}
	late := w.Clock.Now().Add(time.Hour)
	told := func(after time.Duration) int {
		t.Helper()
		w.Clock.Set(late.Add(after))
		n, err := w.Sweeper.Sweep(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	// The unit's grace moves the whole ladder; lateness is told without it.
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{time.Minute, 0}, {4 * time.Minute, 0}, {5 * time.Minute, 1}, {7 * time.Minute, 0}, {8 * time.Minute, 1}, {13 * time.Minute, 1}, {time.Hour, 0}} {
		if got := told(c.after); got != c.want {
			t.Errorf("%s after the time: %d told, not %d", c.after, got, c.want)
		}
	}
	w.seen(who, "talking")
	tr := must(TrackOf(w.DB.Read(ctx), who, late.Add(-time.Hour), w.Clock.Now().Add(time.Microsecond)))
	if g := tr.Gaps[0]; !g.Late || g.By != time.Hour {
		t.Errorf("late by %s: reporting knows no grace", g.By)
	}
	if got := told(2 * time.Hour); got != 0 {
		t.Errorf("seen in time since, and %d told", got)
	}
}
