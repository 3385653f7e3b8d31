package due

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"milieu/kit/clock"
	"milieu/kit/commit"
	"milieu/kit/db"
	"milieu/kit/record"
)

// Sweeper is the only thing in Milieu that acts on the clock: it climbs the ladders of windows that lapsed, and notes that the program lives.
type Sweeper struct {
	DB        *db.DB
	Committer *commit.Committer
	Clock     clock.Clock
	Rules     []Rule
	Log       *slog.Logger
	// Tell is called after a rung was filed, to reach screens. Nil tells nobody further.
	Tell func(w Window, rung Rung)

	rules map[string]*Rule
}

// Timings of the sweeper, as data.
const (
	Heartbeat = 15 * time.Second // how often the program notes that it lives
	DownAfter = 60 * time.Second // a longer silence between two notes is filed as service.down
	SyncGrace = 2 * time.Minute  // after downtime the ladders wait this long for devices to send what they hold
	pause     = time.Second
)

// Migrate makes the engine's tables.
func Migrate(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, func(tx db.Tx) error { return tx.Exec(d.Dialect.DDL(Schema)) })
}

// program is who the sweeper files as.
var program = record.Sender{Person: record.DeriveID("milieu", "person", "program"), Role: "program", Via: record.ViaProgram}

// Program is the sender for what Milieu files by itself.
func Program() record.Sender { return program }

// Start files service.down for the time the program did not run and gives the ladders of what lapsed meanwhile their grace.
func (s *Sweeper) Start(ctx context.Context) error {
	s.rules = map[string]*Rule{}
	for i := range s.Rules {
		s.rules[s.Rules[i].Name] = &s.Rules[i]
	}
	now := s.Clock.Now()
	var alive int64
	err := s.DB.Read(ctx).QueryRow("SELECT alive FROM service WHERE one = 1").Scan(&alive)
	if err != nil && err != db.ErrNoRows {
		return fmt.Errorf("reading the program's last sign of life: %w", err)
	}
	if last := clock.FromMicros(alive); err == nil && now.Sub(last) > DownAfter {
		if err := s.file(ctx, record.DeriveID("service.down", fmt.Sprint(alive)), House, "service.down", &Down{From: last, To: now}, now); err != nil {
			return fmt.Errorf("filing the downtime: %w", err)
		}
		err := s.Committer.Upkeep(ctx, func(tx db.Tx) error {
			return tx.Exec("UPDATE due SET alert = $1 WHERE alert < $1", clock.Micros(now.Add(SyncGrace)))
		})
		if err != nil {
			return fmt.Errorf("giving ladders their grace: %w", err)
		}
	}
	return s.beat(ctx)
}

func (s *Sweeper) beat(ctx context.Context) error {
	return s.Committer.Upkeep(ctx, func(tx db.Tx) error {
		return tx.Exec("INSERT INTO service (one, alive) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET alive = excluded.alive", clock.Micros(s.Clock.Now()))
	})
}

// Run sweeps every second until ctx ends.
func (s *Sweeper) Run(ctx context.Context) {
	last := s.Clock.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.Clock.After(pause):
		}
		if _, err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("sweeping the dues", "error", err)
		}
		if now := s.Clock.Now(); now.Sub(last) >= Heartbeat {
			if err := s.beat(ctx); err != nil && ctx.Err() == nil {
				s.Log.Error("noting that the program lives", "error", err)
			}
			last = now
		}
	}
}

// Sweep climbs every ladder whose next rung has come, and says how many rungs were climbed.
func (s *Sweeper) Sweep(ctx context.Context) (int, error) {
	now := s.Clock.Now()
	var lapsed []Window
	err := db.Each(s.DB.Read(ctx), "SELECT "+columns+" FROM due WHERE alert <= $1 ORDER BY alert LIMIT 500", []any{clock.Micros(now)}, func(r db.Row) error {
		w, err := scan(r)
		lapsed = append(lapsed, w)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("reading lapsed dues: %w", err)
	}
	climbed := 0
	for _, w := range lapsed {
		n, err := s.climb(ctx, w, now)
		if err != nil {
			return climbed, err
		}
		climbed += n
	}
	return climbed, nil
}

// climb tells whoever the next rung names. The entries' IDs follow from the window and the rung: two processes sweeping at once file them once.
func (s *Sweeper) climb(ctx context.Context, w Window, now time.Time) (int, error) {
	rule := s.rules[w.Rule]
	if rule == nil || len(rule.Ladder) == 0 {
		return 0, s.setAlert(ctx, w, nil)
	}
	rung, takenAt, err := s.climbed(ctx, w)
	if err != nil {
		return 0, err
	}
	if rung < len(rule.Ladder) {
		at := w.Late.Add(w.Grace + rule.Ladder[rung].After)
		if wait := takenAt.Add(rule.TakenFor); !takenAt.IsZero() && at.Before(wait) {
			at = wait
		}
		if at.After(now) {
			return 0, s.setAlert(ctx, w, clock.Micros(at))
		}
		id := func(what string) record.ID {
			return record.DeriveID(what, w.Chart.String(), w.Rule, w.Key, w.Anchor.String(), fmt.Sprint(rung))
		}
		if rung == 0 {
			if err := s.file(ctx, id("due.lapsed"), w.Chart, "due.lapsed", &Lapsed{w.Rule, w.Key, w.Anchor, w.Late}, now); err != nil {
				return 0, err
			}
		}
		if err := s.file(ctx, id("due.told"), w.Chart, "due.told", &Told{w.Rule, w.Key, w.Anchor, rung, rule.Ladder[rung].Tell}, now); err != nil {
			return 0, err
		}
		if s.Tell != nil {
			s.Tell(w, rule.Ladder[rung])
		}
		rung++
	}
	var next any
	if rung < len(rule.Ladder) {
		next = clock.Micros(w.Late.Add(w.Grace + rule.Ladder[rung].After))
	}
	return 1, s.setAlert(ctx, w, next)
}

// climbed says which rung comes next for the window, and when somebody took it on, if anybody did.
func (s *Sweeper) climbed(ctx context.Context, w Window) (next int, taken time.Time, err error) {
	err = db.Each(s.DB.Read(ctx), "SELECT rung, at FROM due_told_v1 WHERE chart = $1 AND rule = $2 AND slot = $3 AND anchor = $4", []any{w.Chart[:], w.Rule, w.Key, w.Anchor[:]}, func(r db.Row) error {
		var rung int
		var at int64
		if err := r.Scan(&rung, &at); err != nil {
			return err
		}
		if rung == takenRung {
			taken = clock.FromMicros(max(at, clock.Micros(taken)))
		} else {
			next = max(next, rung+1)
		}
		return nil
	})
	return next, taken, err
}

func (s *Sweeper) setAlert(ctx context.Context, w Window, alert any) error {
	return s.Committer.Upkeep(ctx, func(tx db.Tx) error {
		return tx.Exec("UPDATE due SET alert = $1 WHERE chart = $2 AND rule = $3 AND slot = $4 AND anchor = $5", alert, w.Chart[:], w.Rule, w.Key, w.Anchor[:])
	})
}

func (s *Sweeper) file(ctx context.Context, id, chart record.ID, kind string, body record.Body, now time.Time) error {
	raw, err := jsonv2.Marshal(body)
	if err != nil {
		return err
	}
	out := s.Committer.File(ctx, program, &record.Entry{ID: id, Chart: chart, Kind: kind, Version: 1, Happened: now, Written: now, Body: raw})
	if out[0].Status == commit.Conflicts {
		return nil // another process filed the same rung a moment earlier
	}
	return out[0].Err
}
