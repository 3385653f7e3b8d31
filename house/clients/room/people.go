package room

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"milieu/house/clients"
	"milieu/house/clients/match"
	"milieu/house/places"
	"milieu/kit/db"
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

// peopleView is the list of a unit's people, or what a search found.
type peopleView struct {
	order
	Unit            string
	Query           string
	Rows            []ui.Person
	Awaited, Former []ui.Person
	Mine            []ui.Person // tied to the reader directly, and elsewhere
	Census          *clients.Census
	MayRegister     bool
	Conflicts       []string // rooms in which one bed has two people
}

func (v *peopleView) link(sort, show string) string {
	q := url.Values{}
	if sort != sorts[0] {
		q.Set("sort", sort)
	}
	if show != shows[0] {
		q.Set("show", show)
	}
	if len(q) == 0 {
		return "/clients"
	}
	return "/clients?" + q.Encode()
}

// showPeople is the list, and what a search found: GET and POST /clients.
func (r *Room) showPeople(c *web.Ctx) error {
	form := c.R.URL.Query()
	v := peopleView{Query: c.Words("q"), order: order{oneOf(form.Get("sort"), sorts), oneOf(form.Get("show"), shows)}, MayRegister: c.Scope.May("clients.register")}
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	page := ui.Page{Title: ui.T(c.Context(), "clients.page.people")}
	v.Unit = unit.Name
	if v.Query != "" {
		err = v.search(c)
	} else if !unit.ID.IsZero() && c.Scope.Sees(unit.ID) && c.Scope.May("see.client") {
		page.Live = []string{v.view() + "/" + unit.ID.String()}
		var all []record.ID
		all, err = v.list(c.Context(), r, c.Read(), unit.ID)
		c.SawUnit(unit.ID, all...)
	}
	if err == nil && v.Query == "" {
		err = v.mine(c, unit.ID)
	}
	if err != nil {
		return err
	}
	return c.Show(page, peoplePage(v))
}

// mine lists those to whom the reader is tied directly and who are not among the unit's.
func (v *peopleView) mine(c *web.Ctx, unit record.ID) error {
	units, err := unitNames(c)
	if err != nil {
		return err
	}
	var all []record.ID
	for _, id := range c.Scope.Charts {
		card, err := clients.CardOf(c.Read(), id)
		if err == db.ErrNoRows || err == nil && (card.Unit == unit && card.In() || slices.Contains(all, card.ID)) {
			continue
		}
		if err != nil {
			return err
		}
		all = append(all, card.ID)
		row := person(c.Context(), &card, "")
		row.ID, row.Line = "", ui.Joined(" · ", units[card.Unit], row.Line)
		v.Mine = append(v.Mine, row)
	}
	c.Saw(all...)
	slices.SortFunc(v.Mine, func(a, b ui.Person) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

// oneOf is a value of those offered; the first of them for any other.
func oneOf(value string, offered []string) string {
	if slices.Contains(offered, value) {
		return value
	}
	return offered[0]
}

func (v *peopleView) search(c *web.Ctx) error {
	found, err := match.Search(c.Read(), c.Scope, v.Query)
	if err != nil {
		return err
	}
	var all []record.ID
	for i := range found {
		all = append(all, found[i].ID)
	}
	c.Saw(all...)
	units, err := unitNames(c)
	for i := range found {
		row := person(c.Context(), &found[i].Card, "")
		row.Line = ui.Joined(" · ", units[found[i].Unit], row.Line)
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

// list reads a unit's people, and says whose charts these are, whether shown or not.
func (v *peopleView) list(ctx context.Context, r *Room, q db.Querier, unit record.ID) (all []record.ID, err error) {
	census, err := clients.CensusOf(q, unit)
	if err != nil {
		return nil, err
	}
	v.Census, v.Conflicts = &census, conflicts(ctx, &census)
	list, err := clients.Cards(q, unit)
	if err != nil {
		return nil, err
	}
	awaited, err := clients.Awaited(q, unit)
	if err != nil {
		return nil, err
	}
	former, err := clients.Former(q, unit, ui.From(ctx).Now)
	if err != nil {
		return nil, err
	}
	marks, err := r.marks(ctx, q, list)
	if err != nil {
		return nil, err
	}
	for _, part := range [][]clients.Card{list, awaited, former} {
		for i := range part {
			all = append(all, part[i].ID)
		}
	}
	for i := range list {
		if v.shows(&list[i]) {
			v.Rows = append(v.Rows, v.row(ctx, &list[i], marks[list[i].ID]))
		}
	}
	slices.SortFunc(v.Rows, func(a, b ui.Person) int { return strings.Compare(a.Order, b.Order) })
	for i := range awaited {
		v.Awaited = append(v.Awaited, v.row(ctx, &awaited[i], mark{}))
	}
	for i := range former {
		v.Former = append(v.Former, v.row(ctx, &former[i], mark{}))
	}
	return all, nil
}

func conflicts(ctx context.Context, census *clients.Census) (out []string) {
	for _, b := range census.Beds {
		if len(b.Clients) > 1 {
			out = append(out, ui.T(ctx, "clients.page.conflict", b.Bed.RoomName, b.Clients[0].Name, b.Clients[1].Name))
		}
	}
	return out
}

// person is one line about somebody: where, how closely watched, pronouns, what helps.
func person(ctx context.Context, c *clients.Card, watched string) ui.Person {
	p := ui.Person{ID: rowID(c.ID), Name: c.Name, Href: path(c.ID), Photo: photo(c), Line: ui.Joined(" · ", whereWords(ctx, c), watched, c.Pronouns, strings.Join(c.Helps, ", "))}
	switch c.Where {
	case clients.OnLeave, clients.Hospital:
		p.Badge = ui.StateWord(ui.Off, ui.T(ctx, "clients.where."+string(c.Where)))
	case clients.Absent:
		p.Badge = ui.StateWord(ui.Late, ui.T(ctx, "clients.where.absent"))
	}
	return p
}
