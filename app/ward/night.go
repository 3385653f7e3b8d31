package ward

import (
	"context"
	"fmt"
	"slices"
	"time"

	"milieu/care/contacts"
	"milieu/care/rounds"
	"milieu/house/clients"
	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/due"
	"milieu/kit/record"
)

var houseChart = due.House

// Of the clients settled, one is kept in sight and two are out.
const (
	watched    = 7
	onLeave    = 11
	inHospital = 17
)

// plan is when somebody means to look in on a client.
type plan struct {
	anchor record.ID
	at     time.Time
}

// Settle gives the clients who are there their levels and what helps them, as a team would on the first evening.
func (w *Ward) Settle(ctx context.Context, charts []record.ID) error {
	w.Client = charts
	if fake, ok := w.H.Clock.(*clock.Fake); ok {
		fake.Advance(5 * time.Minute) // what follows happens after they have come
	}
	nurse := as(w.Staff[access.Nurse])
	now := w.H.Clock.Now()
	helps := []string{"Needs quiet after visits", "Likes to be told what comes next", "Music helps when it is loud inside", "Ask before coming close", "A walk before words"}
	var entries []*record.Entry
	for i, id := range charts {
		if i%4 == 1 {
			entries = append(entries, w.entry("clients.flag_set", id, &clients.FlagSet{Text: helps[(i/4)%len(helps)]}))
		}
		order := rounds.Order{Reason: "Agreed in the evening meeting", Review: now.Add(24 * time.Hour)}
		switch {
		case i == watched:
			order.Level, order.Reason = rounds.LineOfSight, "Hurt themself yesterday; stays in sight until the team has met"
		case i%6 == 0:
			order.Level, order.Reason = rounds.Every15, "Spoke of ending their life on admission"
		case i%6 == 3:
			order.Level, order.Reason = rounds.Every15, "New on the unit and not sleeping"
		case i%3 == 1:
			order.Level = rounds.Every30
		default:
			continue
		}
		entries = append(entries, w.entry("rounds.level_raised", id, &rounds.LevelRaised{Order: order}))
	}
	for i, left := range map[int]*clients.Left{
		onLeave:    {Kind: "leave", Expected: now.Add(20 * time.Hour), With: "a sister", Place: "home"},
		inHospital: {Kind: "hospital", Place: "General hospital, ward 3"},
	} {
		if i < len(charts) {
			entries = append(entries, w.entry("clients.left", charts[i], left))
		}
	}
	if err := w.file(ctx, nurse, entries...); err != nil {
		return fmt.Errorf("settling the clients: %w", err)
	}
	if err := w.file(ctx, w.program(), w.entry(contacts.KindRules, w.Unit, &contacts.RulesSet{Hours: 24})); err != nil {
		return fmt.Errorf("asking for contacts: %w", err)
	}
	if err := w.bring(ctx); err != nil {
		return err
	}
	if err := w.askEachOther(ctx); err != nil {
		return fmt.Errorf("what colleagues ask of each other: %w", err)
	}
	if err := w.askIn(ctx, charts); err != nil {
		return err
	}
	if len(charts) > watched {
		return w.relieve(ctx, charts[watched], record.Zero)
	}
	return nil
}

// relieve hands continuous watching on to the next of the floor.
func (w *Ward) relieve(ctx context.Context, chart, from record.ID) error {
	at := slices.Index(w.Floor, from)
	to := w.Floor[(at+1)%len(w.Floor)]
	return w.file(ctx, as(to), w.entry("rounds.relieved", chart, &rounds.Relieved{From: from, To: to, Accepted: true, State: w.state()}))
}

// step does what has come due: each client is looked in on a little before or, now and then, a little after the time asked for.
func (w *Ward) step(ctx context.Context) error {
	now := w.H.Clock.Now()
	if err := w.talk(ctx, now); err != nil {
		return err
	}
	if err := w.changeShifts(ctx, now); err != nil {
		return err
	}
	if err := w.doTasks(ctx, now); err != nil {
		return err
	}
	windows, err := due.Of(w.H.DB.Read(ctx), append(w.H.Directory.ChartsIn(w.Unit, "client"), w.Unit)...)
	if err != nil {
		return err
	}
	for _, win := range windows {
		p, ok := w.plans[win.Chart]
		switch win.Rule {
		case "rounds.check":
			if !ok || p.anchor != win.Anchor {
				early := time.Duration(w.rng.IntN(150)) * time.Second
				at := win.Due.Add(-early)
				if w.rng.IntN(70) == 0 { // called away
					at = win.Late.Add(time.Duration(60+w.rng.IntN(240)) * time.Second)
				}
				p = plan{win.Anchor, at}
				w.plans[win.Chart] = p
			}
			if now.Before(p.at) || now.Before(win.Opens) {
				continue
			}
			if err := w.check(ctx, win.Chart, now); err != nil {
				return err
			}
		case "rounds.relief":
			if now.Before(win.Due.Add(-2 * time.Minute)) {
				continue
			}
			if err := w.relieve(ctx, win.Chart, win.Owner); err != nil {
				return err
			}
		case "rounds.environment":
			if now.Before(win.Due) {
				continue
			}
			if err := w.environment(ctx); err != nil {
				return err
			}
		}
	}
	return w.note(ctx)
}

func (w *Ward) check(ctx context.Context, chart record.ID, now time.Time) error {
	by := w.Floor[w.rng.IntN(min(3, len(w.Floor)))]
	body := &rounds.Checked{Place: w.place(), State: w.state(), Method: rounds.MethodSeen}
	if rounds.StateOf(body.State).Asleep {
		body.Place = "own_room"
	}
	at := now.Add(-time.Duration(w.rng.IntN(15_000)) * time.Millisecond)
	return w.file(ctx, as(by), w.entryAt("rounds.checked", chart, body, at))
}

func (w *Ward) night() bool {
	h := w.H.Clock.Now().In(w.zone).Hour()
	return h >= 22 || h < 7
}

func (w *Ward) place() string {
	if w.night() {
		return []string{"own_room", "own_room", "own_room", "own_room", "bathroom", "hallway"}[w.rng.IntN(6)]
	}
	return []string{"own_room", "day_room", "day_room", "outside", "kitchen", "group", "hallway"}[w.rng.IntN(7)]
}

func (w *Ward) state() string {
	if w.night() {
		if w.rng.IntN(12) > 0 {
			return "asleep_breathing"
		}
		return []string{"awake_quiet", "awake_quiet", "pacing", "distressed"}[w.rng.IntN(4)]
	}
	return []string{"awake_quiet", "awake_quiet", "talking", "talking", "eating", "pacing", "keeping_apart"}[w.rng.IntN(7)]
}

func (w *Ward) environment(ctx context.Context) error {
	list := rounds.Checklists()[0]
	answers := map[string]string{}
	for _, item := range list.Items {
		answers[item.Code] = "fine"
	}
	n, warm := len(w.H.Directory.ChartsIn(w.Unit, "client")), 21.5
	return w.file(ctx, as(w.Floor[w.rng.IntN(len(w.Floor))]), w.entry("rounds.environment_done", w.Unit,
		&rounds.EnvironmentDone{Checklist: list.ID, Version: list.Version, Answers: answers, HeadCount: &n, Temperature: &warm}))
}
