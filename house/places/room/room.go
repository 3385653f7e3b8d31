// Package room is the working part of places: the pages on which a house, its units, rooms and beds are set up, and what others need of them.
package room

import (
	"embed"

	"milieu/house/places"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// Def offers places.
func Def() room.Def {
	return room.Def{
		Name:        "places",
		Kinds:       places.Kinds(),
		Projections: places.Projections(),
		Sources:     []access.Source{places.Source()},
		Routes: []web.Route{
			{Method: "GET", Pattern: "/house", Action: "places.house.set", Handle: showHouse},
			{Method: "GET", Pattern: "/units", Action: "places.read", Handle: showUnits},
			{Method: "POST", Pattern: "/units", Action: "places.unit.open", Handle: openUnit},
			{Method: "GET", Pattern: "/units/{chart}", Action: "places.read", Handle: showUnit},
			{Method: "GET", Pattern: "/units/{chart}/rooms/{room}", Action: "places.unit.change", Handle: showRoom},
			{Method: "POST", Pattern: "/units/{chart}/rooms/{room}/code", Action: "places.unit.change", MaxBody: 8 << 10, Handle: makeCode},
		},
		Nav: []web.Place{{Key: "places.nav", Href: "/units", Icon: "house", Action: "places.read", Desk: true, Order: 90}},
		Hub: room.Hub{House: house, PlaceName: unitName},
	}
}

// unitName is how a unit is called; empty when nobody knows it.
func unitName(q db.Querier, unit record.ID) string {
	u, err := places.UnitOf(q, unit)
	if err != nil {
		return ""
	}
	return u.Name
}

// house is what every page shows of the house.
func house(q db.Querier) (web.House, error) {
	h, err := places.HouseOf(q)
	return web.House{Name: h.Name, Zone: h.Location(), Locale: h.Language}, err
}
