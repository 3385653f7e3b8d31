package room

import (
	"context"
	"slices"
	"time"

	"milieu/care/teamwork"
	"milieu/house/clients"
	"milieu/house/places"
	"milieu/house/staff"
	"milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// rolesOffered are the roles to which something of a unit is given.
var rolesOffered = []access.Role{access.Nurse, access.CaseManager, access.Clinician, access.Prescriber, access.Supervisor}

// mostOffered is how many colleagues are offered by name: who is on shift now comes first.
const mostOffered = 12

// owners are those who can be given something on a unit: whoever is there, colleagues by name, roles. The chosen one is marked.
func owners(c *web.Ctx, unit record.ID, chosen teamwork.Owner, me bool) ([]ui.Choice, error) {
	ctx := c.Context()
	out := []ui.Choice{{Value: "", Label: ui.T(ctx, "teamwork.page.unit_owner"), Checked: chosen == ""}}
	if me {
		own := teamwork.OwnedBy(c.Scope.Person)
		out = append(out, ui.Choice{Value: string(own), Label: ui.T(ctx, "teamwork.page.me"), Checked: chosen == own})
	}
	duty, err := staff.OnShift(c.Read(), unit, c.Now)
	if err != nil {
		return nil, err
	}
	team, err := staff.Assigned(c.Read(), unit, c.Now)
	if err != nil {
		return nil, err
	}
	seen := map[record.ID]bool{c.Scope.Person: true}
	add := func(id record.ID, name string) {
		if !seen[id] && len(seen) <= mostOffered {
			seen[id] = true
			out = append(out, ui.Choice{Value: id.String(), Label: name, Checked: chosen.Person() == id})
		}
	}
	if who := chosen.Person(); !who.IsZero() && who != c.Scope.Person {
		add(who, nameOf(c, who))
	}
	for _, d := range duty {
		add(d.Person, d.Name)
	}
	for _, p := range team {
		add(p.ID, p.Name)
	}
	for _, role := range rolesOffered {
		out = append(out, ui.Choice{Value: string(role), Label: ui.T(ctx, "web.role."+string(role)), Checked: chosen.Role() == string(role)})
	}
	return out, nil
}

// nameOf is the name of somebody of the staff; empty when unknown.
func nameOf(c *web.Ctx, person record.ID) string {
	if p := c.Directory.Person(person); p != nil {
		return p.Name
	}
	return ""
}

// ownerWords say whose something is.
func ownerWords(c *web.Ctx, o teamwork.Owner) string {
	ctx := c.Context()
	switch {
	case o == "":
		return ui.T(ctx, "teamwork.page.unit_owner")
	case o.Person() == c.Scope.Person:
		return ui.T(ctx, "teamwork.page.you")
	case !o.Person().IsZero():
		return nameOf(c, o.Person())
	}
	return ui.T(ctx, "web.role."+o.Role())
}

// times are the moments by which something is asked for, one touch each.
func times(ctx context.Context, house places.House, now time.Time) []ui.Choice {
	zone := house.Location()
	var out []ui.Choice
	add := func(key string, at time.Time) {
		at = at.Truncate(time.Minute)
		if slices.ContainsFunc(out, func(c ui.Choice) bool { return c.Value == ui.Stamp(ctx, at) }) {
			return
		}
		out = append(out, ui.Choice{Value: ui.Stamp(ctx, at), Label: ui.T(ctx, key, ui.WhenText(ctx, at))})
	}
	add("teamwork.page.by_hour", now.Add(time.Hour))
	shift := places.ShiftAt(house.Shifts, zone, now)
	if !shift.Until.IsZero() {
		add("teamwork.page.by_shift", shift.Until)
		if next := places.NextShift(house.Shifts, zone, shift); !next.Until.IsZero() {
			add("teamwork.page.by_next_shift", next.Until)
		}
	}
	day := func(days, hour int) time.Time {
		year, month, d := now.In(zone).Date()
		return places.WallClock(zone, year, month, d+days, hour*60)
	}
	add("teamwork.page.by_tomorrow", day(1, 12))
	add("teamwork.page.by_week", day(7, 12))
	return out
}

// whom are the clients of a unit as choices, the unit itself first.
func whom(c *web.Ctx, unit web.Unit, chosen record.ID) ([]ui.Choice, error) {
	cards, err := clients.Cards(c.Read(), unit.ID)
	out := []ui.Choice{{Value: unit.ID.String(), Label: ui.T(c.Context(), "teamwork.page.about_unit", unit.Name), Checked: chosen.IsZero() || chosen == unit.ID}}
	for _, card := range cards {
		out = append(out, ui.Choice{Value: card.ID.String(), Label: card.Name, Checked: chosen == card.ID})
	}
	return out, err
}

// about reads whom a new thing is about from the address: a chart that the reader sees, or zero.
func about(c *web.Ctx) (record.ID, error) {
	asked := c.R.URL.Query().Get("for")
	if asked == "" {
		return record.Zero, nil
	}
	id, err := record.ParseID(asked)
	if err != nil {
		return record.Zero, nil // no ID: nobody is asked for
	}
	return id, c.See(id)
}
