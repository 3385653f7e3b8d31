package due

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
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

	rules   map[string]*Rule
	telling sync.Mutex // Tell is called one at a time
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
	return d.Write(ctx, func(tx db.Tx) error { return db.Migrate(tx, d.Dialect, Schema) })
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
		down, err := entry(record.DeriveID("service.down", fmt.Sprint(alive)), House, "service.down", &Down{From: last, To: now}, now)
		if err == nil {
			err = s.file(ctx, down)
		}
		if err != nil {
			return fmt.Errorf("filing the downtime: %w", err)
		}
		err = s.Committer.Upkeep(ctx, func(tx db.Tx) error {
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
	// Many at once, as after downtime: they share the committer's groups. One that fails holds up no other.
	var wg sync.WaitGroup
	var mu sync.Mutex
	climbed := 0
	var failed []error
	for lane := range min(climbers, len(lapsed)) {
		wg.Go(func() {
			for i := lane; i < len(lapsed); i += climbers {
				n, err := s.climb(ctx, lapsed[i], now)
				mu.Lock()
				climbed += n
				if err != nil {
					failed = append(failed, fmt.Errorf("climbing the ladder of %s in chart %s: %w", lapsed[i].Rule, lapsed[i].Chart, err))
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return climbed, errors.Join(failed...)
}

// climbers is how many ladders are climbed at once.
const climbers = 32

// climb tells whoever the next rung names. The entries' IDs follow from the window and the rung: two processes sweeping at once file them once.
func (s *Sweeper) climb(ctx context.Context, w Window, now time.Time) (int, error) {
	rule := s.rules[w.Rule]
	if rule == nil || len(rule.Ladder) == 0 {
		return 0, s.setAlert(ctx, w, nil)
	}
	switch open, err := Find(s.DB.Read(ctx), w.Chart, w.Rule, w.Key); {
	case errors.Is(err, db.ErrNoRows):
		return 0, nil // settled since it was found lapsed
	case err != nil:
		return 0, err
	case open.Anchor != w.Anchor || !open.Late.Equal(w.Late):
		return 0, nil
	}
	rung, takenAt, err := s.climbed(ctx, w)
	if err != nil {
		return 0, err
	}
	if rung >= len(rule.Ladder) {
		return 0, s.setAlert(ctx, w, nil)
	}
	for rule.Ladder[rung].After < 0 && rung+1 < len(rule.Ladder) && !now.Before(w.Late.Add(w.Grace+rule.Ladder[rung+1].After)) {
		rung++ // a warning whose successor's time has come says nothing any more
	}
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
	told, err := entry(id("due.told"), w.Chart, "due.told", &Told{w.Rule, w.Key, w.Anchor, rung, rule.Ladder[rung].Tell}, now)
	if err != nil {
		return 0, err
	}
	entries := []*record.Entry{told}
	if rule.lapses(rung) {
		lapsed, err := entry(id("due.lapsed"), w.Chart, "due.lapsed", &Lapsed{w.Rule, w.Key, w.Anchor, w.Late}, now)
		if err != nil {
			return 0, err
		}
		entries = []*record.Entry{lapsed, told}
	}
	if err := s.file(ctx, entries...); err != nil {
		return 0, err
	}
	if s.Tell != nil {
		s.telling.Lock()
		s.Tell(w, rule.Ladder[rung])
		s.telling.Unlock()
	}
	var next any
	if rung+1 < len(rule.Ladder) {
		next = clock.Micros(w.Late.Add(w.Grace + rule.Ladder[rung+1].After))
	}
	return 1, s.setAlert(ctx, w, next)
}

// lapses says whether a rung is the first at or after the end of the window: those before it warn, and nothing has lapsed yet.
func (r *Rule) lapses(rung int) bool {
	return r.Ladder[rung].After >= 0 && (rung == 0 || r.Ladder[rung-1].After < 0)
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

func entry(id, chart record.ID, kind string, body record.Body, now time.Time) (*record.Entry, error) {
	raw, err := jsonv2.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", kind, err)
	}
	return &record.Entry{ID: id, Chart: chart, Kind: kind, Version: 1, Happened: now, Written: now, Body: raw}, nil
}

func (s *Sweeper) file(ctx context.Context, entries ...*record.Entry) error {
	for _, o := range s.Committer.File(ctx, program, entries...) {
		if o.Err != nil && o.Status != commit.Conflicts { // in conflict: another process filed the same a moment earlier
			return o.Err
		}
	}
	return nil
}
