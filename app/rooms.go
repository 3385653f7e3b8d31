package app

import (
	"milieu/boards/census"
	"milieu/boards/chart"
	"milieu/boards/shift"
	"milieu/boards/transfer"
	"milieu/boards/wall"
	belongingsroom "milieu/care/belongings/room"
	contactsroom "milieu/care/contacts/room"
	dischargeroom "milieu/care/discharge/room"
	formsroom "milieu/care/forms/room"
	handoverroom "milieu/care/handover/room"
	notesroom "milieu/care/notes/room"
	roundsroom "milieu/care/rounds/room"
	teamworkroom "milieu/care/teamwork/room"
	accessroom "milieu/house/access/room"
	clientsroom "milieu/house/clients/room"
	placesroom "milieu/house/places/room"
	staffroom "milieu/house/staff/room"
	viewsroom "milieu/house/views/room"
	"milieu/kit/device"
	"milieu/kit/draft"
	"milieu/kit/room"
	"milieu/kit/signin"
	"milieu/kit/signin/oidc"
	"milieu/kit/signin/passkey"
)

// Rooms lists every room of the program, by hand.
func Rooms(d *Data) []room.Def {
	people := &clientsroom.Room{}
	rooms := []room.Def{
		placesroom.Def(),
		staffroom.Def(),
		people.Def(),
		accessroom.Def(),
		formsroom.Def(),
		roundsroom.Def(),
		contactsroom.Def(),
		belongingsroom.Def(),
		dischargeroom.Def(),
		notesroom.Def(),
		teamworkroom.Def(),
		viewsroom.Def(),
	}
	rooms = append(rooms, transfer.Def(rooms)) // before the handover, which gathers its lines too
	rooms = append(rooms, handoverroom.Def(rooms))
	rooms = append(rooms, shift.Def(rooms), wall.Def(), census.Def(), chart.Def(people, rooms))
	for _, r := range rooms {
		people.Take(r)
	}
	return append(rooms, draft.Def(), device.Def(rooms), signin.Def(ways(d)))
}

// ways are the ways in to a house. Its secrets are sealed under a key that follows from the house's own.
func ways(d *Data) signin.Options {
	o := signin.Options{Factors: []signin.Factor{device.Factor(), passkey.Factor()}}
	if d != nil && d.Organisation != nil {
		o.Factors = append(o.Factors, oidc.Factor(d.Organisation))
	}
	if d != nil && d.Keys != nil {
		o.Key = d.Keys.Derive("sign-in secrets", 32)
	}
	return o
}
