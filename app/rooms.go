package app

import (
	clientsroom "milieu/house/clients/room"
	placesroom "milieu/house/places/room"
	staffroom "milieu/house/staff/room"
	"milieu/kit/room"
)

// Rooms lists every room of the program, by hand.
func Rooms(*Data) []room.Def {
	people := &clientsroom.Room{}
	return []room.Def{
		placesroom.Def(),
		staffroom.Def(),
		people.Def(),
	}
}
