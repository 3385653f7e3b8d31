package room

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"

	"milieu/house/clients"
	"milieu/house/clients/match"
	"milieu/house/clients/names"
	"milieu/house/places"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

func path(chart record.ID, more ...string) string {
	return "/clients/" + chart.String() + strings.Join(more, "")
}

// photo is the address of somebody's photo; empty without one. The blob's own address keeps a browser from showing an earlier one.
func photo(c *clients.Card) string {
	if c.PhotoBlob == "" {
		return ""
	}
	return path(c.ID, "/photo.jpg?v=", c.PhotoBlob[:12])
}

// whereWords says where somebody is: the room, or the way in which the person is away and until when.
func whereWords(ctx context.Context, c *clients.Card) string {
	switch {
	case c.Where == clients.Here && c.Room != "":
		return c.Room
	case c.Where == clients.Here:
		return ui.T(ctx, "clients.page.no_bed")
	case !c.In():
		return ui.T(ctx, "clients.where."+string(c.Where))
	case c.Expected.IsZero():
		return ui.T(ctx, "clients.away."+c.Away)
	}
	return ui.T(ctx, "clients.page.until", ui.T(ctx, "clients.away."+c.Away), ui.WhenText(ctx, c.Expected))
}

func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}

// peopleView is the list of a unit's people, or what a search found.
type peopleView struct {
	Unit                 string
	Query                string
	Sort, Show           string
	Rows                 []ui.Person
	Awaited, Former      []ui.Person
	Census               *clients.Census
	MayRegister, MayEdit bool
	Conflicts            []string // rooms in which one bed has two people
}

// Title counts who is listed.
func (v *peopleView) Title(ctx context.Context) string {
	if v.Query != "" {
		return ui.T(ctx, "clients.page.found", len(v.Rows))
	}
	return ui.T(ctx, "clients.page.count", len(v.Rows))
}

func (v *peopleView) link(sort, show string) string {
	q := url.Values{}
	if sort != "name" {
		q.Set("sort", sort)
	}
	if show != "all" {
		q.Set("show", show)
	}
	if len(q) == 0 {
		return "/clients"
	}
	return "/clients?" + q.Encode()
}

func showPeople(c *web.Ctx) error {
	form := c.R.URL.Query()
	v := peopleView{Query: strings.TrimSpace(form.Get("q")), Sort: oneOf(form.Get("sort"), "name", "room", "since"), Show: oneOf(form.Get("show"), "all", "here", "out"),
		MayRegister: c.Scope.May("clients.register")}
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	v.Unit = unit.Name
	if v.Query != "" {
		err = v.search(c)
	} else if !unit.ID.IsZero() && c.Scope.Sees(unit.ID) && c.Scope.May("see.client") {
		err = v.list(c, unit.ID)
	}
	if err != nil {
		return err
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "clients.page.people")}, peoplePage(v))
}

func oneOf(value, usual string, others ...string) string {
	if slices.Contains(others, value) {
		return value
	}
	return usual
}

func (v *peopleView) search(c *web.Ctx) error {
	found, err := match.Search(c.Read(), c.Scope, v.Query)
	if err != nil {
		return err
	}
	units, err := unitNames(c)
	for i := range found {
		row := person(c.Context(), &found[i].Card)
		row.Line = joined(units[found[i].Unit], row.Line)
		v.Rows = append(v.Rows, row)
	}
	return err
}

func unitNames(c *web.Ctx) (map[record.ID]string, error) {
	names := map[record.ID]string{}
	all, err := places.Units(c.Read())
	for _, u := range all {
		names[u.ID] = u.Name
	}
	return names, err
}

func (v *peopleView) list(c *web.Ctx, unit record.ID) error {
	q, ctx := c.Read(), c.Context()
	census, err := clients.CensusOf(q, unit)
	if err != nil {
		return err
	}
	v.Census = &census
	for _, b := range census.Beds {
		if len(b.Clients) > 1 {
			v.Conflicts = append(v.Conflicts, ui.T(ctx, "clients.page.conflict", b.Bed.RoomName, b.Clients[0].Name, b.Clients[1].Name))
		}
	}
	list, err := clients.Cards(q, unit)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(c clients.Card) bool {
		return v.Show == "here" && c.Where != clients.Here || v.Show == "out" && c.Where == clients.Here
	})
	sortCards(list, v.Sort)
	for i := range list {
		v.Rows = append(v.Rows, person(ctx, &list[i]))
	}
	awaited, err := clients.Awaited(q, unit)
	if err != nil {
		return err
	}
	former, err := clients.Former(q, unit, c.Now)
	for i := range awaited {
		v.Awaited = append(v.Awaited, person(ctx, &awaited[i]))
	}
	for i := range former {
		row := person(ctx, &former[i])
		row.Line = joined(ui.T(ctx, "clients.page.left_on", ui.DayText(ctx, former[i].Since)))
		v.Former = append(v.Former, row)
	}
	return err
}

// sortCards puts people in order: by the name that is used, by room as people count, or by when they came.
func sortCards(list []clients.Card, by string) {
	slices.SortStableFunc(list, func(a, b clients.Card) int {
		name := cmp.Or(cmp.Compare(names.Fold(a.Name), names.Fold(b.Name)), slices.Compare(a.ID[:], b.ID[:]))
		switch by {
		case "room":
			return cmp.Or(places.Natural(a.Room, b.Room), places.Natural(a.Bed, b.Bed), name)
		case "since":
			return cmp.Or(b.Admitted.Compare(a.Admitted), name)
		}
		return name
	})
}

func person(ctx context.Context, c *clients.Card) ui.Person {
	p := ui.Person{ID: "client-" + c.ID.String(), Name: c.Name, Href: path(c.ID), Photo: photo(c), Line: joined(whereWords(ctx, c), c.Pronouns, strings.Join(c.Helps, ", "))}
	switch c.Where {
	case clients.OnLeave, clients.Hospital:
		p.Badge = ui.StateWord(ui.Off, ui.T(ctx, "clients.where."+string(c.Where)))
	case clients.Absent:
		p.Badge = ui.StateWord(ui.Late, ui.T(ctx, "clients.where.absent"))
	}
	return p
}
