package census

import (
	"cmp"
	"context"
	"embed"
	"slices"
	"time"

	"milieu/house/clients"
	"milieu/house/places"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

const actionRead = "census.read"

// Def offers the board.
func Def() room.Def {
	return room.Def{
		Name:   "census",
		Routes: []web.Route{{Method: "GET", Pattern: "/census", Action: actionRead, Handle: show}},
		Nav:    []web.Place{{Key: "census.nav", Href: "/census", Icon: "bed", Action: actionRead, Desk: true, Order: 57}},
	}
}

// sorts are the orders of the beds, the first unless another is asked for.
var sorts = []string{"room", "name", "where", "since"}

// bed is one bed, or somebody without one.
type bed struct {
	Room, Bed string
	Card      *clients.Card // nil: free
}

// unitCount is one unit counted.
type unitCount struct {
	places.Unit
	clients.Census
	Awaited int
}

// view is the board for one person.
type view struct {
	Units   []places.Unit // that the reader sees
	Unit    record.ID     // the one shown; zero: all
	Title   string
	Sort    string
	Counts  []unitCount // of the units shown
	Beds    []bed
	Awaited []clients.Card
	Changes []row
	Days    []day
	Weeks   []week
	Places  int // beds of the units shown
}

// row is a change of today in words.
type row struct {
	At   time.Time
	Name string
	Href string
	Text string
}

// show is the board: GET /census?unit=ID. Without a unit, those who oversee see all of theirs, everybody else the one they are on.
func show(c *web.Ctx) error {
	v := view{Sort: sorts[0]}
	if s := c.R.URL.Query().Get("sort"); slices.Contains(sorts, s) {
		v.Sort = s
	}
	if err := v.choose(c); err != nil {
		return err
	}
	title := ui.T(c.Context(), "census.nav")
	if len(v.Units) == 0 {
		return c.Show(ui.Page{Title: title}, nothing())
	}
	for _, u := range v.shown() {
		if err := v.count(c, u); err != nil {
			return err
		}
	}
	slices.SortStableFunc(v.Beds, v.order)
	if err := v.trends(c); err != nil {
		return err
	}
	return c.Show(ui.Page{Title: title}, page(v))
}

// choose finds the units that the reader sees, and which of them are shown.
func (v *view) choose(c *web.Ctx) error {
	all, err := places.Units(c.Read())
	if err != nil {
		return err
	}
	v.Units = places.Within(c.Scope, all)
	asked := c.R.URL.Query().Get("unit")
	if asked == "all" || asked == "" && c.Scope.All {
		v.Title = ui.T(c.Context(), "census.all")
		if len(v.Units) == 1 {
			v.Unit, v.Title = v.Units[0].ID, v.Units[0].Name
		}
		return nil
	}
	wanted, _ := record.ParseID(asked) // anything else is the unit one is on
	if wanted.IsZero() {
		here, err := c.Unit()
		if err != nil {
			return err
		}
		wanted = here.ID
	}
	for _, u := range v.Units {
		if u.ID == wanted {
			v.Unit, v.Title = u.ID, u.Name
			return nil
		}
	}
	if len(v.Units) > 0 {
		v.Unit, v.Title = v.Units[0].ID, v.Units[0].Name
	}
	return nil
}

// shown are the units on the page.
func (v *view) shown() []places.Unit {
	if v.Unit.IsZero() {
		return v.Units
	}
	return slices.DeleteFunc(slices.Clone(v.Units), func(u places.Unit) bool { return u.ID != v.Unit })
}

// count adds one unit: its beds with who has them, those without one, and those who are expected.
func (v *view) count(c *web.Ctx, u places.Unit) error {
	census, err := clients.CensusOf(c.Read(), u.ID)
	if err != nil {
		return err
	}
	awaited, err := clients.Awaited(c.Read(), u.ID)
	if err != nil {
		return err
	}
	v.Counts = append(v.Counts, unitCount{u, census, len(awaited)})
	v.Places += len(census.Beds)
	if v.Unit.IsZero() {
		c.SawUnit(u.ID)
		return nil
	}
	var seen []record.ID
	add := func(b bed) {
		if b.Card != nil {
			seen = append(seen, b.Card.ID)
		}
		v.Beds = append(v.Beds, b)
	}
	for _, p := range census.Beds {
		for i := range p.Clients {
			add(bed{p.Bed.RoomName, p.Bed.Name, &p.Clients[i]})
		}
		if len(p.Clients) == 0 {
			add(bed{p.Bed.RoomName, p.Bed.Name, nil})
		}
	}
	for i := range census.Without {
		add(bed{"", "", &census.Without[i]})
	}
	for i := range awaited {
		seen = append(seen, awaited[i].ID)
	}
	v.Awaited = append(v.Awaited, awaited...)
	c.SawUnit(u.ID, seen...)
	return nil
}

// order sorts beds: by room as people count, free beds and those without a bed last otherwise.
func (v *view) order(a, b bed) int {
	byRoom := cmp.Or(last(a.Room == "", b.Room == ""), places.Natural(a.Room, b.Room), places.Natural(a.Bed, b.Bed))
	if v.Sort == "room" || a.Card == nil || b.Card == nil {
		if v.Sort != "room" {
			return cmp.Or(last(a.Card == nil, b.Card == nil), byRoom)
		}
		return byRoom
	}
	switch v.Sort {
	case "name":
		return cmp.Or(cmp.Compare(a.Card.Name, b.Card.Name), byRoom)
	case "where":
		return cmp.Or(cmp.Compare(slices.Index(wheres, a.Card.Where), slices.Index(wheres, b.Card.Where)), byRoom)
	}
	return cmp.Or(b.Card.Admitted.Compare(a.Card.Admitted), byRoom)
}

// wheres is who is looked for first when sorted by where they are.
var wheres = []clients.Where{clients.Absent, clients.Hospital, clients.OnLeave, clients.Here}

func last(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// trends reads who came and went, today and over the weeks.
func (v *view) trends(c *web.Ctx) error {
	days := midnights(c.Now, ui.From(c.Context()).Zone)
	all, err := web.Remember(c, record.Zero, "census movements", func() ([]clients.Movement, error) { return clients.Movements(c.Read(), days[0]) })
	if err != nil {
		return err
	}
	var units []record.ID
	for _, u := range v.shown() {
		units = append(units, u.ID)
	}
	v.Days = daily(all, units, days, c.Now)
	v.Weeks = weekly(all, units, v.Days, c.Now)
	if v.Unit.IsZero() {
		return nil
	}
	return v.changes(c, today(all, units, days[len(days)-1], c.Now))
}

// changes puts today's comings and goings into words. Who went to a unit that the reader does not see is still named: they were here today.
func (v *view) changes(c *web.Ctx, list []change) error {
	ctx := c.Context()
	names := map[record.ID]string{}
	all, err := places.Units(c.Read())
	if err != nil {
		return err
	}
	for _, u := range all {
		names[u.ID] = u.Name
	}
	var seen []record.ID
	for _, one := range list {
		if c.Directory.Sees(c.Scope, one.Chart) != nil {
			continue
		}
		seen = append(seen, one.Chart)
		other := one.From
		if one.What == "moved_out" {
			other = one.To
		}
		v.Changes = append(v.Changes, row{one.At, clients.NameOf(c.Read(), one.Chart), "/clients/" + one.Chart.String(), ui.T(ctx, "census.change."+one.What, names[other])})
	}
	c.Saw(seen...)
	return nil
}

// heading says how it stands in a few words: "21 people, 24 beds, 3 free".
func (v *view) heading(ctx context.Context) string {
	n := v.total()
	return ui.T(ctx, "census.heading", ui.Args{"in": n.Here + n.Leave + n.Hospital + n.Absent, "beds": v.Places, "free": n.Free})
}

func (v *view) total() (n clients.Census) {
	for _, u := range v.Counts {
		n.Here, n.Leave, n.Hospital, n.Absent, n.Free = n.Here+u.Here, n.Leave+u.Leave, n.Hospital+u.Hospital, n.Absent+u.Absent, n.Free+u.Free
		n.Without = append(n.Without, u.Without...)
	}
	return n
}
