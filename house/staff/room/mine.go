package room

import (
	"context"
	"slices"
	"time"

	"milieu/house/places"
	"milieu/house/staff"
	"milieu/house/staff/credentials"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// mineView is one's own shift.
type mineView struct {
	Me      record.ID
	Running *staff.Shift
	Until   time.Time // planned end of the running shift; zero: none planned
	Planned []staff.Plan
	Units   []places.Unit // where it may be started, beside what is planned
	Names   map[record.ID]string
	With    []staff.OnDuty
	Papers  []credentials.Standing // one's own certificates that ask for something
}

func showMine(c *web.Ctx) error {
	q := c.Read()
	v := mineView{Me: c.Scope.Person, Names: map[record.ID]string{}}
	units, err := places.Units(q)
	if err != nil {
		return err
	}
	for _, u := range units {
		v.Names[u.ID] = u.Name
	}
	planned, err := staff.PlansOf(q, v.Me, c.Now)
	if err != nil {
		return err
	}
	running, on, err := staff.Running(q, v.Me, c.Now)
	if err != nil {
		return err
	}
	if on {
		v.Running = &running
		for _, p := range planned {
			if p.Unit == running.Unit && !p.From.After(c.Now.Add(staff.StartEarly)) {
				v.Until = p.Until
			}
		}
		if v.With, err = staff.OnShift(q, running.Unit, c.Now); err != nil {
			return err
		}
	} else {
		soon := map[record.ID]bool{}
		for _, p := range planned {
			if !p.From.After(c.Now.Add(staff.StartEarly)) {
				v.Planned = append(v.Planned, p)
				soon[p.Unit] = true
			}
		}
		for _, u := range places.Within(c.Scope, units) {
			if !soon[u.ID] {
				v.Units = append(v.Units, u)
			}
		}
	}
	if v.Papers, err = papersOf(c); err != nil {
		return err
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "staff.mine")}, minePage(v))
}

// papersOf are one's own certificates that ask for something: what is told 60 days before stands here from then on.
func papersOf(c *web.Ctx) ([]credentials.Standing, error) {
	p, err := staff.Find(c.Read(), c.Scope.Person)
	if err != nil {
		return nil, err
	}
	all, err := credentials.StandingOf(c.Read(), &p, c.Now)
	return slices.DeleteFunc(all, func(s credentials.Standing) bool {
		return s.State == credentials.Valid || s.State == credentials.Released || s.State == credentials.Waiting
	}), err
}

// line says since when the running shift runs, until when it is planned, and what is theirs in it.
func (v mineView) line(ctx context.Context) string {
	out := ui.T(ctx, "staff.since", ui.WhenText(ctx, v.Running.From))
	if !v.Until.IsZero() {
		out = ui.T(ctx, "staff.since_until", ui.WhenText(ctx, v.Running.From), ui.WhenText(ctx, v.Until))
	}
	if v.Running.Task != "" {
		out = ui.T(ctx, "staff.line", out, v.Running.Task)
	}
	return out
}

// start is the form that starts a shift on a unit; the shift board comes next.
func (v mineView) start(unit record.ID, task string) ui.EntryForm {
	f := ui.EntryForm{Kind: "staff.shift_started", Chart: v.Me.String(), Keep: ui.Nothing, Hidden: then("/", ui.Pair{Name: "unit", Value: unit.String()})}
	if task != "" {
		f.Hidden = append(f.Hidden, ui.Pair{Name: "task", Value: task})
	}
	return f
}

func (v mineView) end() ui.EntryForm {
	return ui.EntryForm{Kind: "staff.shift_ended", Chart: v.Me.String(), Class: "stack", Hidden: then("/my-shift")}
}
