// Package room is the pages of the people in care: everybody of a unit, the chart of one, admission, leave and discharge, and one person
// found twice.
package room

import (
	"embed"

	"milieu/house/clients"
	"milieu/kit/access"
	"milieu/kit/room"
	"milieu/kit/ui"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// Room is the clients' room. Panels are what other rooms show on a client's chart; app fills them in before the site is served.
type Room struct {
	Panels []room.Panel
}

// Def is what the room offers.
func (r *Room) Def() room.Def {
	return room.Def{
		Name: "clients", Kinds: clients.Kinds(), Projections: clients.Projections(), Rules: clients.Rules(), Sources: []access.Source{clients.Source()},
		Hub: room.Hub{NameOf: clients.NameOf},
	}
}
