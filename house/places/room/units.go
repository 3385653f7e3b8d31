package room

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"milieu/house/places"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// unitsView is the list of units.
type unitsView struct {
	Open, Closed []places.Unit
	House        string
	Shift        places.Span
	MayOpen      bool
	MaySet       bool
}

// line says which house and which shift it is.
func (v unitsView) line(ctx context.Context) string {
	if v.House == "" {
		return v.Shift.Words(ctx)
	}
	return ui.T(ctx, "places.house_line", v.House, v.Shift.Words(ctx))
}

func showUnits(c *web.Ctx) error {
	q := c.Read()
	h, err := places.HouseOf(q)
	if err != nil {
		return err
	}
	all, err := places.Units(q)
	if err != nil {
		return err
	}
	v := unitsView{House: h.Name, Shift: places.ShiftAt(h.Shifts, h.Location(), c.Now), MayOpen: c.Scope.May("places.unit.open"), MaySet: c.Scope.May("places.house.set")}
	for _, u := range all {
		switch {
		case !c.Scope.Sees(u.ID):
		case u.Open:
			v.Open = append(v.Open, u)
		case v.MayOpen:
			v.Closed = append(v.Closed, u)
		}
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "places.units")}, unitsPage(v))
}

// openUnit begins a unit's chart. The same form sent twice opens one unit: its chart's ID comes from the entry's.
func openUnit(c *web.Ctx) error {
	e, err := c.FileForm("places.unit_opened", func(e *record.Entry, _ record.Body) error {
		e.Chart = record.DeriveID("milieu", "unit", e.ID.String())
		return nil
	})
	if err != nil {
		return err
	}
	return c.Go(unitPath(e.Chart))
}

func unitPath(unit record.ID) string { return "/units/" + unit.String() }

func roomPath(unit, room record.ID) string { return unitPath(unit) + "/rooms/" + room.String() }

// unitView is one unit with its rooms.
type unitView struct {
	Unit      places.Unit
	Rooms     []places.Room
	Beds      []places.Bed
	Programme bool // a substance-use programme
	MayChange bool
	MayOpen   bool
}

// BedsIn are the names of a room's beds.
func (v unitView) BedsIn(room record.ID) []places.Bed {
	var out []places.Bed
	for _, b := range v.Beds {
		if b.Room == room {
			out = append(out, b)
		}
	}
	return out
}

func showUnit(c *web.Ctx) error {
	v, err := unitFor(c)
	if err != nil {
		return err
	}
	return c.Show(ui.Page{Title: v.Unit.Name}, unitPage(v))
}

func unitFor(c *web.Ctx) (unitView, error) {
	id, err := c.Chart("chart")
	if err != nil {
		return unitView{}, err
	}
	q := c.Read()
	v := unitView{MayChange: c.Scope.May("places.unit.change"), MayOpen: c.Scope.May("places.unit.open")}
	if v.Unit, err = places.UnitOf(q, id); err != nil {
		return v, err
	}
	if v.Programme, err = places.IsProgramme(q, id); err != nil {
		return v, err
	}
	if v.Rooms, err = places.Rooms(q, id); err != nil {
		return v, err
	}
	v.Beds, err = places.Beds(q, id)
	v.Unit.Beds = len(v.Beds)
	return v, err
}

func unitTable(ctx context.Context, caption string, units []places.Unit) ui.TableData {
	t := ui.TableData{Caption: caption, Columns: []ui.Column{{Title: ui.T(ctx, "places.unit")}, {Title: ui.T(ctx, "places.kind")}, {Title: ui.T(ctx, "places.beds"), Number: true}}}
	for _, u := range units {
		t.Rows = append(t.Rows, ui.TableRow{ID: "unit-" + u.ID.String(), Cells: []ui.Cell{
			{Text: u.Name, Href: unitPath(u.ID)}, {Text: ui.T(ctx, "places.unit_kind."+u.Kind)}, {Text: fmt.Sprint(u.Beds)}}})
	}
	return t
}

func roomTable(ctx context.Context, v unitView) ui.TableData {
	t := ui.TableData{Caption: ui.T(ctx, "places.rooms"), Columns: []ui.Column{{Title: ui.T(ctx, "places.room")}, {Title: ui.T(ctx, "places.kind")}, {Title: ui.T(ctx, "places.beds")}, {Title: ui.T(ctx, "places.code")}}}
	for _, r := range v.Rooms {
		first := ui.Cell{Text: r.Name}
		if v.MayChange {
			first.Href = roomPath(v.Unit.ID, r.ID)
		}
		code := ui.T(ctx, "places.code_none")
		if r.Coded {
			code = ui.T(ctx, "places.code_made")
		}
		names := ""
		for i, b := range v.BedsIn(r.ID) {
			if i > 0 {
				names += ", "
			}
			names += b.Name
		}
		t.Rows = append(t.Rows, ui.TableRow{ID: "room-" + r.ID.String(), Cells: []ui.Cell{first, {Text: ui.T(ctx, "places.room_kind."+r.Kind)}, {Text: names}, {Text: code}}})
	}
	return t
}

func unitKinds(ctx context.Context, chosen string) []ui.Choice {
	return choices(places.UnitKinds, chosen, func(kind string) string { return ui.T(ctx, "places.unit_kind."+kind) })
}

func roomKinds(ctx context.Context, chosen string) []ui.Choice {
	return choices(places.RoomKinds, chosen, func(kind string) string { return ui.T(ctx, "places.room_kind."+kind) })
}

// languages are those that the program speaks, each in its own words, and the one that is set.
func languages(_ context.Context, chosen string) []ui.Choice {
	tags := ui.Locales()
	if !slices.Contains(tags, chosen) {
		tags = append(tags, chosen)
	}
	return choices(tags, chosen, func(tag string) string { return display.Self.Name(language.Make(tag)) })
}

func choices(values []string, chosen string, label func(string) string) []ui.Choice {
	var out []ui.Choice
	for _, v := range values {
		out = append(out, ui.Choice{Value: v, Label: label(v), Checked: v == chosen})
	}
	return out
}
