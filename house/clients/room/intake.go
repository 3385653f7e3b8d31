package room

import (
	"context"
	"net/url"
	"slices"

	"milieu/house/clients"
	"milieu/house/clients/match"
	"milieu/house/places"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// intakeView is the way in: first look whether the person is known, then register.
type intakeView struct {
	Name, Birth string
	Asked       bool
	Alike       []alike
	Units       []places.Unit
	Unit        record.ID
	Wider       bool // the look went across all units
	Break       bool // who is not theirs may be opened in an emergency
}

// alike is an earlier record beside what was just told.
type alike struct {
	match.Duplicate
	Seen    bool // within what the person may see: their page can be opened
	Where   string
	Reasons []string
}

// showNew is the way in, and who is like the one told of: GET and POST /clients/new.
func showNew(c *web.Ctx) error {
	v := intakeView{Name: c.Words("name"), Birth: c.Words("birth_date")}
	v.Asked = v.Name != "" || c.R.URL.Query().Get("unknown") != ""
	var err error
	if v.Units, v.Unit, err = unitsFor(c); err != nil {
		return err
	}
	v.Wider, v.Break = c.Scope.May("clients.match"), c.Scope.May("access.break")
	if v.Name != "" {
		if v.Alike, err = lookAlike(c, match.Candidate{Names: clients.Names{Used: v.Name}, Birth: v.Birth}); err != nil {
			return err
		}
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "clients.page.new")}, newPage(v))
}

// unitsFor are the units one may register for, the one worked on now first chosen.
func unitsFor(c *web.Ctx) ([]places.Unit, record.ID, error) {
	all, err := places.Units(c.Read())
	if err != nil {
		return nil, record.Zero, err
	}
	list := places.Within(c.Scope, all)
	unit, err := c.Unit()
	if err == nil && slices.ContainsFunc(list, func(u places.Unit) bool { return u.ID == unit.ID }) {
		return list, unit.ID, nil
	}
	if len(list) == 1 {
		return list, list[0].ID, err
	}
	return list, record.Zero, err
}

// lookAlike gives earlier records that may be of the same person: all there are to those who match records, else those one may see anyway.
func lookAlike(c *web.Ctx, who match.Candidate) ([]alike, error) {
	found, err := match.Duplicates(c.Read(), who)
	if err != nil {
		return nil, err
	}
	names, err := unitNames(c)
	if err != nil {
		return nil, err
	}
	ctx := c.Context()
	var out []alike
	for _, d := range found {
		a := alike{Duplicate: d, Seen: c.Directory.Sees(c.Scope, d.ID) == nil}
		if !a.Seen && !c.Scope.May("clients.match") {
			continue
		}
		a.Where = ui.Joined(" · ", names[d.Unit], ui.T(ctx, "clients.where."+string(d.Where)), ui.DayText(ctx, d.Since))
		for _, r := range d.Reasons {
			a.Reasons = append(a.Reasons, ui.T(ctx, "clients.same."+r.Reason))
		}
		c.Saw(a.ID)
		out = append(out, a)
	}
	return out, nil
}

// register begins a client's chart. The same form sent twice begins one: its chart's ID comes from the entry's.
func register(c *web.Ctx) error {
	e, err := c.FileForm("clients.registered", func(e *record.Entry, b record.Body) error {
		e.Chart = record.DeriveID("milieu", "client", e.ID.String())
		return within(c, b.(*clients.Registered).Unit)
	})
	if err != nil {
		return err
	}
	if c.Scope.May("clients.admit") {
		return c.Go(path(e.Chart, "/admit"))
	}
	return c.Go(path(e.Chart))
}

// within makes sure that a unit is open and one of the person's own.
func within(c *web.Ctx, unit record.ID) error {
	u, err := places.UnitOf(c.Read(), unit)
	if err != nil || !u.Open || !c.Scope.Sees(unit) {
		return &fault.Error{Kind: fault.Invalid, Text: "some answers need another look", Fields: []fault.Field{{Name: "unit", Text: "choose one of your units"}}}
	}
	return nil
}

// bedView is the choice of a bed: on admission, or to move somebody.
type bedView struct {
	Name   string
	Chart  record.ID
	Kind   string // of the entry
	Unit   places.Unit
	Units  []places.Unit
	Free   []clients.Place
	Taken  []clients.Place
	Back   string
	Alike  []alike
	Move   bool
	Client clients.Card
}

// mayAdmit says whether somebody may be admitted by this person: one they see, or one who is in nobody's care, to those who match records.
func mayAdmit(c *web.Ctx, chart record.ID) error {
	if err := c.Directory.Sees(c.Scope, chart); err != nil && (!c.Scope.May("clients.match") || !c.Directory.UnitOf(chart).IsZero() || !c.Directory.Knows(chart)) {
		c.Refused(chart)
		return err
	}
	c.Saw(chart)
	return nil
}

func showAdmit(c *web.Ctx) error {
	id, err := c.ID("chart")
	if err != nil {
		return err
	}
	if err := mayAdmit(c, id); err != nil {
		return err
	}
	v, err := bedsFor(c, id, false)
	if err != nil {
		return err
	}
	if v.Client.In() {
		return c.Redirect(path(v.Chart))
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "clients.page.admit")}, bedPage(v))
}

func showMove(c *web.Ctx) error {
	id, err := c.Chart("chart")
	if err != nil {
		return err
	}
	v, err := bedsFor(c, id, true)
	if err != nil {
		return err
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "clients.page.move")}, bedPage(v))
}

func bedsFor(c *web.Ctx, id record.ID, move bool) (v bedView, err error) {
	q := c.Read()
	if v.Client, err = clients.CardOf(q, id); err != nil {
		return v, notHere()
	}
	v.Name, v.Chart, v.Move, v.Kind, v.Back = v.Client.Name, v.Client.ID, move, "clients.admitted", path(v.Client.ID)
	if move {
		v.Kind = "clients.transferred"
	}
	all, unit, err := unitsFor(c)
	if err != nil {
		return v, err
	}
	v.Units = all
	if move || v.Client.Where == clients.Expected {
		unit = v.Client.Unit
	}
	if chosen, err := record.ParseID(c.R.URL.Query().Get("unit")); err == nil {
		unit = chosen
	}
	if move && !slices.ContainsFunc(all, func(u places.Unit) bool { return u.ID == unit }) || unit.IsZero() && len(all) > 0 {
		unit = all[0].ID
	}
	if within(c, unit) != nil {
		return v, nil // no unit of theirs: the page says so
	}
	if v.Unit, err = places.UnitOf(q, unit); err != nil {
		return v, err
	}
	census, err := clients.CensusOf(q, unit)
	for _, p := range census.Beds {
		if len(p.Clients) == 0 {
			v.Free = append(v.Free, p)
		} else {
			v.Taken = append(v.Taken, p)
		}
	}
	return v, err
}

// admit files an admission; move a transfer. The bed that was chosen says which room.
func admit(c *web.Ctx) error {
	id, err := c.ID("chart")
	if err != nil {
		return err
	}
	if err := mayAdmit(c, id); err != nil {
		return err
	}
	_, err = c.FileForm("clients.admitted", func(e *record.Entry, b record.Body) error {
		a := b.(*clients.Admitted)
		e.Chart = id
		card, err := clients.CardOf(c.Read(), id)
		if err == db.ErrNoRows {
			return notHere()
		}
		if err != nil {
			return err
		}
		if card.In() && card.Episode != e.ID {
			return fault.New(fault.Conflict, "this person is in care already")
		}
		if a.Room, err = roomOf(c, a.Unit, a.Bed, a.Room); err != nil {
			return err
		}
		e.Body, err = record.Canonical(a)
		return err
	})
	if err != nil {
		return err
	}
	return c.Go(path(id))
}

func move(c *web.Ctx) error {
	id, err := c.Chart("chart")
	if err != nil {
		return err
	}
	_, err = c.FileForm("clients.transferred", func(e *record.Entry, b record.Body) error {
		t := b.(*clients.Transferred)
		e.Chart = id
		var err error
		if t.Room, err = roomOf(c, t.Unit, t.Bed, t.Room); err != nil {
			return err
		}
		e.Body, err = record.Canonical(t)
		return err
	})
	if err != nil {
		return err
	}
	if c.Directory.Sees(c.Scope, id) != nil {
		return c.Go("/clients")
	}
	return c.Go(path(id))
}

func roomOf(c *web.Ctx, unit, bed, room record.ID) (record.ID, error) {
	if err := within(c, unit); err != nil || bed.IsZero() {
		return room, err
	}
	beds, err := places.Beds(c.Read(), unit)
	for _, b := range beds {
		if b.ID == bed {
			return b.Room, err
		}
	}
	if err != nil {
		return room, err
	}
	return room, &fault.Error{Kind: fault.Invalid, Text: "some answers need another look", Fields: []fault.Field{{Name: "bed", Text: "this bed is not in use any more; choose another"}}}
}

func bedChoices(ctx context.Context, list []clients.Place) []ui.Choice {
	var out []ui.Choice
	for _, p := range list {
		label := p.Bed.RoomName
		if p.Bed.Name != "" {
			label = ui.T(ctx, "clients.page.bed", p.Bed.RoomName, p.Bed.Name)
		}
		if len(p.Clients) > 0 {
			label = ui.Joined(" · ", label, p.Clients[0].Name)
		}
		out = append(out, ui.Choice{Value: p.Bed.ID.String(), Label: label})
	}
	return out
}

func unitChoices(list []places.Unit, chosen record.ID) []ui.Choice {
	out := make([]ui.Choice, len(list))
	for i, u := range list {
		out[i] = ui.Choice{Value: u.ID.String(), Label: u.Name, Checked: u.ID == chosen}
	}
	return out
}

func withQuery(to string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return to + "?" + q.Encode()
}
