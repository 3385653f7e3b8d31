package room

import (
	"crypto/rand"

	"milieu/house/places"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// roomView is one room of a unit, and the code just made for it.
type roomView struct {
	Unit places.Unit
	Room places.Room
	Beds []places.Bed
	Code string // shown once
}

func showRoom(c *web.Ctx) error {
	v, err := roomFor(c)
	if err != nil {
		return err
	}
	return c.Show(ui.Page{Title: v.Room.Name}, roomPage(v))
}

func roomFor(c *web.Ctx) (roomView, error) {
	id, err := c.ID("room")
	if err != nil {
		return roomView{}, err
	}
	u, err := unitFor(c)
	if err != nil {
		return roomView{}, err
	}
	for _, r := range u.Rooms {
		if r.ID == id {
			return roomView{Unit: u.Unit, Room: r, Beds: u.BedsIn(id)}, nil
		}
	}
	return roomView{}, fault.New(fault.NotFound, "there is no such room in use")
}

// makeCode puts a new code on a room, or takes it away. The code is shown on this answer alone; the record has its digest.
func makeCode(c *web.Ctx) error {
	v, err := roomFor(c)
	if err != nil {
		return err
	}
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Invalid, err, "the form could not be read")
	}
	coded := &places.RoomCoded{Room: v.Room.ID}
	if c.R.PostForm.Get("remove") == "" {
		var random [8]byte
		_, _ = rand.Read(random[:]) // never fails: package rand ends the program instead
		v.Code = places.NewCode(random)
		coded.Digest = places.CodeDigest(v.Unit.ID, v.Code)
	}
	if _, err := c.File("places.room_coded", v.Unit.ID, coded); err != nil {
		return err
	}
	if v.Code == "" {
		return c.Redirect(roomPath(v.Unit.ID, v.Room.ID))
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "places.code_for", v.Room.Name)}, codePage(v))
}

func (v roomView) form(kind string, hidden ...ui.Pair) ui.EntryForm {
	return ui.EntryForm{Kind: kind, Chart: v.Unit.ID.String(), Class: "stack", Draft: kind + " " + v.Room.ID.String(), Hidden: then(roomPath(v.Unit.ID, v.Room.ID), append(hidden, ui.Pair{Name: "room", Value: v.Room.ID.String()})...)}
}

// closes is the form that takes a bed out of use.
func (v roomView) closes(bed record.ID) ui.EntryForm {
	return ui.EntryForm{Kind: "places.bed_closed", Chart: v.Unit.ID.String(), Keep: ui.Nothing, Hidden: then(roomPath(v.Unit.ID, v.Room.ID), ui.Pair{Name: "bed", Value: bed.String()})}
}
