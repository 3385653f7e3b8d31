package places

import (
	"slices"

	"milieu/kit/fault"
	"milieu/kit/record"
)

// UnitKinds are the sorts of unit, in the order in which they are offered.
var UnitKinds = []string{"ward", "home", "shelter", "day", "outreach"}

// RoomKinds are the sorts of room, in the order in which they are offered.
var RoomKinds = []string{"bedroom", "bathroom", "day_room", "hallway", "kitchen", "garden", "quiet_room", "other"}

// UnitOpened begins a unit's chart, or opens it again: places.unit_opened.
type UnitOpened struct {
	Name string `json:"name" max:"80"`
	Kind string `json:"type" enum:"ward|home|shelter|day|outreach"`
	// Programme says that the unit is a substance-use programme (42 CFR 2.11): what it writes of the people carries that label.
	Programme bool `json:"programme,omitempty" doc:"a substance-use programme: what is written there is seen by others with consent alone"`
}

// UnitChanged gives a unit another name or kind: places.unit_changed.
type UnitChanged struct {
	Name string `json:"name" max:"80"`
	Kind string `json:"type" enum:"ward|home|shelter|day|outreach"`
	// Programme says that the unit is a substance-use programme (42 CFR 2.11): what it writes of the people carries that label.
	Programme bool `json:"programme,omitempty" doc:"a substance-use programme: what is written there is seen by others with consent alone"`
}

// UnitClosed says that nobody lives or is cared for there from now on: places.unit_closed.
type UnitClosed struct {
	Reason string `json:"reason,omitempty" max:"500"`
}

// RoomAdded names a room of the unit: places.room_added.
type RoomAdded struct {
	Room record.ID `json:"room,omitzero" doc:"of a room that was closed and is used again; the entry's own ID otherwise"`
	Name string    `json:"name" max:"80"`
	Kind string    `json:"type" enum:"bedroom|bathroom|day_room|hallway|kitchen|garden|quiet_room|other"`
}

// RoomChanged gives a room another name or kind: places.room_changed.
type RoomChanged struct {
	Room record.ID `json:"room"`
	Name string    `json:"name" max:"80"`
	Kind string    `json:"type" enum:"bedroom|bathroom|day_room|hallway|kitchen|garden|quiet_room|other"`
}

// RoomClosed takes a room out of use: places.room_closed.
type RoomClosed struct {
	Room   record.ID `json:"room"`
	Reason string    `json:"reason,omitempty" max:"500"`
}

// RoomCoded puts a new code on a room's tag or card: places.room_coded. The code itself is on the tag alone; the record keeps its digest.
type RoomCoded struct {
	Room   record.ID `json:"room"`
	Digest string    `json:"digest" doc:"hexadecimal; empty: the room carries no code any more"`
}

// BedAdded names a bed in a room: places.bed_added.
type BedAdded struct {
	Bed  record.ID `json:"bed,omitzero" doc:"of a bed that was closed and is used again; the entry's own ID otherwise"`
	Room record.ID `json:"room"`
	Name string    `json:"name" doc:"A, B, window" max:"80"`
}

// BedClosed takes a bed out of use: places.bed_closed.
type BedClosed struct {
	Bed    record.ID `json:"bed"`
	Reason string    `json:"reason,omitempty" max:"500"`
}

func unit(text, kind string) error {
	var c fault.Check
	name(&c, "name", text, "say what the unit is called")
	c.Want(slices.Contains(UnitKinds, kind), "type", "choose what kind of unit it is")
	return c.Err()
}

func room(c *fault.Check, text, kind string) error {
	name(c, "name", text, "say what the room is called")
	c.Want(slices.Contains(RoomKinds, kind), "type", "choose what kind of room it is")
	return c.Err()
}

func reason(c *fault.Check, text string) error {
	c.Want(len(text) <= 2000, "reason", "shorter, please")
	return c.Err()
}

// Validate implements record.Body.
func (u *UnitOpened) Validate(*record.Entry) error { return unit(u.Name, u.Kind) }

// Validate implements record.Body.
func (u *UnitChanged) Validate(*record.Entry) error { return unit(u.Name, u.Kind) }

// Validate implements record.Body.
func (u *UnitClosed) Validate(*record.Entry) error { return reason(&fault.Check{}, u.Reason) }

// Validate implements record.Body.
func (r *RoomAdded) Validate(*record.Entry) error { return room(&fault.Check{}, r.Name, r.Kind) }

// Validate implements record.Body.
func (r *RoomChanged) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!r.Room.IsZero(), "room", "say which room")
	return room(&c, r.Name, r.Kind)
}

// Validate implements record.Body.
func (r *RoomClosed) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!r.Room.IsZero(), "room", "say which room")
	return reason(&c, r.Reason)
}

// Validate implements record.Body.
func (r *RoomCoded) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!r.Room.IsZero(), "room", "say which room")
	c.Want(r.Digest == "" || digest(r.Digest), "digest", "64 hexadecimal digits")
	return c.Err()
}

// Validate implements record.Body.
func (b *BedAdded) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!b.Room.IsZero(), "room", "say in which room")
	name(&c, "name", b.Name, "say what the bed is called")
	return c.Err()
}

// Validate implements record.Body.
func (b *BedClosed) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!b.Bed.IsZero(), "bed", "say which bed")
	return reason(&c, b.Reason)
}
