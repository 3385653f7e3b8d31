package room

import (
	"context"
	"net/url"
	"slices"
	"time"

	"milieu/house/places"
	"milieu/house/staff"
	"milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// rotaView is a unit's rota for one shift.
type rotaView struct {
	Unit    web.Unit
	Spans   []places.Span // the shift under way and those after it
	Span    places.Span   // the one shown
	Rows    []rotaRow
	Free    []staff.Person // who may be planned
	All     bool           // Free has everybody, not the team alone
	MayPlan bool
	Now     time.Time
}

// rotaRow is one person's place on the rota, and whether they are here.
type rotaRow struct {
	Plan staff.Plan // ID is zero for somebody on shift without a plan
	Duty staff.OnDuty
	Name string
	Role access.Role
}

// ahead is how many shifts the rota shows: enough for today and tomorrow of a house with two a day.
const ahead = 4

func showRota(c *web.Ctx) error {
	v, err := rotaFor(c)
	if err != nil {
		return err
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "staff.rota")}, rotaPage(v))
}

func rotaFor(c *web.Ctx) (rotaView, error) {
	v := rotaView{Now: c.Now, MayPlan: c.Scope.May("staff.shift.plan"), All: c.R.URL.Query().Get("all") != ""}
	var err error
	if v.Unit, err = c.Unit(); err != nil || v.Unit.ID.IsZero() {
		return v, err
	}
	q := c.Read()
	h, err := places.HouseOf(q)
	if err != nil {
		return v, err
	}
	v.Spans = spans(h, c.Now)
	v.Span = v.Spans[0]
	if at, err := time.Parse(time.RFC3339, c.R.URL.Query().Get("from")); err == nil {
		if s := places.ShiftAt(h.Shifts, h.Location(), at); s.Name != "" && at.Sub(c.Now).Abs() < 90*24*time.Hour {
			v.Span = s
		}
	}
	if err := v.people(c); err != nil {
		return v, err
	}
	return v, nil
}

func spans(h places.House, now time.Time) []places.Span {
	zone := h.Location()
	s := places.ShiftAt(h.Shifts, zone, now)
	if s.Name == "" {
		s = places.ShiftAt(h.Shifts, zone, s.Until)
	}
	out := []places.Span{s}
	for len(out) < ahead {
		s = places.NextShift(h.Shifts, zone, s)
		out = append(out, s)
	}
	return out
}

func (v *rotaView) people(c *web.Ctx) error {
	q := c.Read()
	plans, err := staff.Plans(q, v.Unit.ID, v.Span.From, v.Span.Until)
	if err != nil {
		return err
	}
	on := map[record.ID]staff.OnDuty{}
	if v.running() {
		here, err := staff.OnShift(q, v.Unit.ID, c.Now)
		if err != nil {
			return err
		}
		for _, d := range here {
			on[d.Person] = d
		}
	}
	planned := map[record.ID]bool{}
	for _, p := range plans {
		person, err := staff.Find(q, p.Person)
		if err != nil {
			return err
		}
		if !planned[p.Person] {
			v.Rows = append(v.Rows, rotaRow{Plan: p, Duty: on[p.Person], Name: person.Name, Role: person.Role})
		}
		planned[p.Person] = true
	}
	for id, d := range on {
		if !planned[id] {
			planned[id] = true
			v.Rows = append(v.Rows, rotaRow{Duty: d, Name: d.Name, Role: d.Role})
		}
	}
	slices.SortStableFunc(v.Rows, func(a, b rotaRow) int {
		switch {
		case a.Plan.InCharge != b.Plan.InCharge && a.Plan.InCharge:
			return -1
		case a.Plan.InCharge != b.Plan.InCharge:
			return 1
		}
		return places.Natural(a.Name, b.Name)
	})
	if !v.MayPlan {
		return nil
	}
	team, err := v.offered(c)
	for _, p := range team {
		if !slices.ContainsFunc(plans, func(x staff.Plan) bool { return x.Person == p.ID }) {
			v.Free = append(v.Free, p)
		}
	}
	return err
}

func (v *rotaView) offered(c *web.Ctx) ([]staff.Person, error) {
	if !v.All {
		return staff.Assigned(c.Read(), v.Unit.ID, c.Now)
	}
	all, err := staff.All(c.Read())
	return slices.DeleteFunc(all, func(p staff.Person) bool {
		return !p.Active() || p.Role.Machine() || p.Role == access.Auditor || c.Directory.Sees(c.Scope, p.ID) != nil
	}), err
}

// running says that the shift shown is under way.
func (v *rotaView) running() bool { return !v.Span.From.After(v.Now) && v.Span.Until.After(v.Now) }

func (v rotaView) path(s places.Span) string {
	return "/rota?" + url.Values{"unit": {v.Unit.ID.String()}, "from": {s.From.Format(time.RFC3339)}}.Encode()
}

func (v rotaView) tabs(ctx context.Context) []ui.Tab {
	var out []ui.Tab
	for _, s := range v.Spans {
		out = append(out, ui.Tab{Label: ui.T(ctx, "staff.tab", s.Name, ui.DayText(ctx, s.From)), Href: v.path(s), Current: s.Same(v.Span)})
	}
	return out
}

// charge is the plan again with its holder in charge, or not any more, as a correction.
func (v rotaView) charge(r rotaRow) ui.EntryForm {
	p := r.Plan
	f := ui.EntryForm{Kind: "staff.shift_planned", Chart: p.Person.String(), Keep: ui.Nothing, Hidden: then(v.path(v.Span),
		ui.Pair{Name: "amends", Value: p.Root.String()}, ui.Pair{Name: "amendment", Value: string(record.Correction)}, ui.Pair{Name: "unit", Value: p.Unit.String()},
		ui.Pair{Name: "from", Value: p.From.Format(time.RFC3339)}, ui.Pair{Name: "until", Value: p.Until.Format(time.RFC3339)})}
	if p.Task != "" {
		f.Hidden = append(f.Hidden, ui.Pair{Name: "task", Value: p.Task})
	}
	if !p.InCharge {
		f.Hidden = append(f.Hidden, ui.Pair{Name: "in_charge", Value: "yes"})
	}
	return f
}

// strike takes a plan back.
func (v rotaView) strike(ctx context.Context, r rotaRow) ui.EntryForm {
	return ui.EntryForm{Kind: "record.withdrawn", Chart: r.Plan.Person.String(), Keep: ui.Nothing, Hidden: then(v.path(v.Span),
		ui.Pair{Name: "amends", Value: r.Plan.Root.String()}, ui.Pair{Name: "amendment", Value: string(record.InError)}, ui.Pair{Name: "reason", Value: ui.T(ctx, "staff.strike_reason")})}
}

func (v rotaView) plan() ui.EntryForm {
	return ui.EntryForm{Kind: "staff.shift_planned", Draft: "staff.shift_planned " + v.Unit.ID.String(), Class: "stack", Needs: "chart",
		Hidden: then(v.path(v.Span), ui.Pair{Name: "unit", Value: v.Unit.ID.String()})}
}

func (v rotaView) choices(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, p := range v.Free {
		out = append(out, ui.Choice{Value: p.ID.String(), Label: ui.T(ctx, "staff.name_role", p.Name, roleText(ctx, p.Role))})
	}
	return out
}

// line says what somebody is, when, and what is theirs.
func (v rotaView) line(ctx context.Context, r rotaRow) string {
	out := roleText(ctx, r.Role)
	task := r.Plan.Task
	if r.Plan.ID.IsZero() {
		task = r.Duty.Task
	} else {
		out = ui.T(ctx, "staff.line", out, hours(ctx, r.Plan.From, r.Plan.Until))
	}
	if task != "" {
		out = ui.T(ctx, "staff.line", out, task)
	}
	return out
}

// hours says from when to when: by the clock alone where that is clear.
func hours(ctx context.Context, from, until time.Time) string {
	if until.Sub(from) < 24*time.Hour {
		return ui.T(ctx, "staff.hours", ui.ClockText(ctx, from), ui.ClockText(ctx, until))
	}
	return ui.T(ctx, "staff.hours_days", ui.WhenText(ctx, from), ui.WhenText(ctx, until))
}

// shiftLine says when a planned shift is and what is theirs in it.
func shiftLine(ctx context.Context, p staff.Plan) string {
	out := ui.T(ctx, "staff.line", ui.DayText(ctx, p.From), hours(ctx, p.From, p.Until))
	if p.Until.Sub(p.From) >= 24*time.Hour {
		out = hours(ctx, p.From, p.Until)
	}
	if p.Task != "" {
		out = ui.T(ctx, "staff.line", out, p.Task)
	}
	return out
}

func roleText(ctx context.Context, r access.Role) string { return ui.T(ctx, "web.role."+string(r)) }

// duty is who is on shift, as a list of people.
func duty(ctx context.Context, on []staff.OnDuty) []ui.Person {
	var out []ui.Person
	for _, d := range on {
		p := ui.Person{ID: "duty-" + d.Person.String(), Name: d.Name, Staff: true, Line: roleText(ctx, d.Role), Href: personPath(d.Person)}
		if d.Task != "" {
			p.Line = ui.T(ctx, "staff.line", p.Line, d.Task)
		}
		switch {
		case d.InCharge:
			p.Badge = ui.Badge(ui.Note, "shield", ui.T(ctx, "staff.in_charge"))
		case !d.Started:
			p.Badge = ui.Badge(ui.Soon, "", ui.T(ctx, "staff.not_started"))
		}
		out = append(out, p)
	}
	return out
}
