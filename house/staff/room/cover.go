package room

import (
	"context"
	"slices"
	"strings"

	"milieu/house/staff"
	"milieu/kit/access"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// coverView is who stands in for somebody, and for whom they stand in, from now on.
type coverView struct {
	Person   staff.Person
	By, For  []staff.Cover // for whom this person stands in; who stands in for them
	Names    map[record.ID]string
	MayCover bool
}

func coverFor(c *web.Ctx, p staff.Person) (*coverView, error) {
	v := &coverView{Person: p, MayCover: c.Scope.May("staff.cover")}
	if !coverable(p) || !v.MayCover && p.ID != c.Scope.Person {
		return nil, nil
	}
	q := c.Read()
	over := func(o staff.Cover) bool { return !o.Until.After(c.Now) }
	by, err := staff.CoversBy(q, p.ID)
	if err != nil {
		return nil, err
	}
	whom, err := staff.CoversFor(q, p.ID)
	if err != nil {
		return nil, err
	}
	v.By, v.For = slices.DeleteFunc(by, over), slices.DeleteFunc(whom, func(o staff.Cover) bool { return over(o) || o.For != p.ID })
	var ids []record.ID
	for _, o := range append(slices.Clone(v.By), v.For...) {
		ids = append(ids, o.Person, o.For)
	}
	v.Names, err = staff.Names(q, ids...)
	return v, err
}

// end ends a cover now; one that has not begun is ended before it begins.
func (v *coverView) end(o staff.Cover) ui.EntryForm {
	return ui.EntryForm{Kind: "staff.covering_ended", Chart: o.Person.String(), Keep: ui.Nothing, Hidden: then(personPath(v.Person.ID)+"#cover", ui.Pair{Name: "covering", Value: o.Root.String()})}
}

func (v *coverView) add(ctx context.Context) ui.Action {
	if !v.MayCover || !v.Person.Active() {
		return ui.Action{}
	}
	return ui.Action{Label: ui.T(ctx, "staff.cover_arrange"), Href: personPath(v.Person.ID) + "/cover"}
}

func coverLine(ctx context.Context, o staff.Cover) string {
	return ui.T(ctx, "staff.line", ui.T(ctx, "staff.hours_days", ui.WhenText(ctx, o.From), ui.WhenText(ctx, o.Until)), o.Reason)
}

// arrangeView is the page on which somebody is asked to stand in for a person.
type arrangeView struct {
	Person staff.Person
	Found  []staff.Person
	More   int
	Query  string
}

// mostFound is how many people are offered to choose from; more are found by typing.
const mostFound = 12

// showArrange offers who could stand in: those of the person's own units first, others by name.
func showArrange(c *web.Ctx) error {
	p, err := personFor(c)
	if err != nil {
		return err
	}
	if !coverable(p.Person) || !p.Active() {
		return fault.New(fault.NotFound, "there is nothing here that you may see")
	}
	v := arrangeView{Person: p.Person, Query: c.Words("q")}
	q := c.Read()
	all, err := staff.All(q)
	if err != nil {
		return err
	}
	teams, err := staff.AllTeams(q, c.Now)
	if err != nil {
		return err
	}
	with := map[record.ID]bool{}
	for _, m := range teams {
		if slices.ContainsFunc(p.Teams, func(own staff.Membership) bool { return own.Unit == m.Unit }) {
			with[m.Person] = true
		}
	}
	wanted := strings.Fields(staff.FoldSignIn(v.Query))
	for _, first := range []bool{true, false} {
		for _, o := range all {
			if with[o.ID] != first || !o.Active() || o.ID == p.ID || o.ID == c.Scope.Person || !coverable(o) || !named(o, wanted) {
				continue
			}
			if len(v.Found) == mostFound {
				v.More++
				continue
			}
			v.Found = append(v.Found, o)
		}
	}
	if c.Scripted() {
		return c.Fragment(coverChoices(v))
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "staff.cover_title", v.Person.Name)}, arrangePage(v))
}

// coverable says whether somebody can stand in at all: people who work with clients, no machine and nobody who only keeps the house running.
func coverable(p staff.Person) bool {
	switch p.Role {
	case access.Administrator, access.Auditor:
		return false
	}
	return !p.Role.Guest() && !p.Role.Machine()
}

func named(p staff.Person, wanted []string) bool {
	text := staff.FoldSignIn(p.Name)
	return !slices.ContainsFunc(wanted, func(w string) bool { return !strings.Contains(text, w) })
}

// arrange files the cover in the chart of whoever stands in, whom the form names.
func (v arrangeView) form() ui.EntryForm {
	return ui.EntryForm{Kind: "staff.covering", Draft: "staff.covering " + v.Person.ID.String(), Class: "stack", Needs: "chart,reason", Hidden: then(personPath(v.Person.ID)+"#cover", ui.Pair{Name: "for", Value: v.Person.ID.String()})}
}

func (v arrangeView) choices(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, p := range v.Found {
		out = append(out, ui.Choice{Value: p.ID.String(), Label: ui.T(ctx, "staff.name_role", p.Name, roleText(ctx, p.Role))})
	}
	return out
}
