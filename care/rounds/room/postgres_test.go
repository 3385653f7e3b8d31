package room

import (
	"context"
	"os"
	"testing"
	"time"

	"milieu/care/rounds"
	"milieu/house/clients"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/testkit"
	"milieu/kit/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func onPostgres(t *testing.T, url string) *testkit.House {
	t.Helper()
	d, err := db.OpenPostgres(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("closing the database: %v", err)
		}
	})
	return testkit.Open(t, d, clock.NewFake(testkit.Start), policy(t), vocabulary()...)
}

// Two processes on one database file in turn, each with a memory of its own: the tables hold what one process alone makes of the same entries.
func TestTwoProcesses(t *testing.T) {
	url := pgtest.Database(t)
	first := fill(t, onPostgres(t, url), 0)
	second := *first
	second.House = onPostgres(t, url)
	alike(t, []*ward{newWard(t, 0)}, []*ward{first, &second})

	who := chartID("between", 1)
	file := func(w *ward, kind string, b record.Body) record.ID {
		t.Helper()
		w.Clock.Advance(time.Minute)
		return w.Must(testkit.Program(), kind, who, b).ID
	}
	look := &rounds.Checked{Place: "own_room", State: "talking", Method: rounds.MethodSeen}
	file(first, "clients.admitted", &clients.Admitted{Unit: first.unit})
	file(first, rounds.KindChecked, look)
	second.Clock.Advance(10 * time.Minute)
	newest := file(&second, rounds.KindChecked, look)
	first.Clock.Advance(20 * time.Minute)
	file(first, rounds.KindRaised, &rounds.LevelRaised{Order: rounds.Order{Level: rounds.Every30, Reason: "x"}})
	p, err := PersonOf(first.DB.Read(t.Context()), who)
	if err != nil || len(p.Windows) == 0 || p.Windows[0].Anchor != newest {
		t.Errorf("the look is asked for from another than the newest, which the other process filed: %+v, %v", p.Windows, err)
	}
}

// The same night on both databases gives the same rows, dues and figures.
func TestBothDatabasesHoldTheSame(t *testing.T) {
	one, another := newWard(t, 3), fill(t, onPostgres(t, pgtest.Database(t)), 3)
	want, got := evening(one), evening(another)
	if want != got {
		t.Errorf("SQLite holds\n%s\nPostgreSQL\n%s", want, got)
	}
	for _, w := range []*ward{one, another} {
		r, err := ReportOf(w.DB.Read(context.Background()), w.unit, testkit.Start, w.Clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		if r.Total.Seen != 2 || r.Total.Late != 1 || len(r.Tracks) != 3 {
			t.Errorf("%s: %+v", w.DB.Dialect, r.Total)
		}
		if rows, err := Rows(w.DB.Read(context.Background()), w.unit); err != nil || len(rows) != 3 {
			t.Errorf("%s: %d rows, %v", w.DB.Dialect, len(rows), err)
		}
	}
}

// evening is a little of everything, with IDs that are the same each time.
func evening(w *ward) string {
	n := 0
	say := func(kind string, chart record.ID, b record.Body) {
		e := w.Entry(kind, chart, b)
		n++
		e.ID = chartID("evening", n)
		if o := w.Committer.File(context.Background(), testkit.Program(), e)[0]; o.Err != nil {
			w.T.Fatal(o.Err)
		}
		w.Clock.Advance(10 * time.Minute)
	}
	say(rounds.KindChecked, w.people[0], &rounds.Checked{Place: "own_room", State: "breathing_not_seen", Method: rounds.MethodSeen, Hazard: &rounds.Hazard{Unit: w.unit, What: "sharp"}})
	say(rounds.KindRaised, w.people[0], &rounds.LevelRaised{Order: rounds.Order{Level: rounds.Every15, Reason: "x"}})
	say(rounds.KindNight, w.people[1], &rounds.NightOrdered{From: "20:00", To: "06:00", Minutes: 90, Reason: "x"})
	say(rounds.KindNotSeen, w.people[1], &rounds.NotSeen{Reason: "absent"})
	say("clients.left", w.people[2], &clients.Left{Kind: "leave"})
	say(rounds.KindHouseRules, w.unit, &rounds.HouseRules{EnvironmentMinutes: 60})
	say(rounds.KindEnvironment, w.unit, &rounds.EnvironmentDone{Checklist: "environment", Version: 1, Answers: map[string]string{"doors": rounds.ItemFine}})
	say(rounds.KindChecked, w.people[0], &rounds.Checked{Place: "own_room", State: "talking", Method: rounds.MethodSeen})
	return w.Dump(tables...)
}
