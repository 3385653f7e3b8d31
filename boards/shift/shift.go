package shift

import (
	"embed"

	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

const actionRead = "shift.read"

// Def offers the board. The rooms' faces say how dues are shown.
func Def(defs []room.Def) room.Def {
	b := &board{faces: map[string]room.Face{}}
	for _, d := range defs {
		for rule, face := range d.Faces {
			b.faces[rule] = face
		}
	}
	return room.Def{
		Name:   "shift",
		Routes: []web.Route{{Method: "GET", Pattern: "/{$}", Action: actionRead, Handle: b.show}},
		Nav:    []web.Place{{Key: "shift.nav", Href: "/", Icon: "shift", Action: actionRead, Order: 5, Count: late}},
		Views:  map[string]room.ViewMaker{"shift": b.live, web.HeldView: b.liveHeld},
	}
}

// board shows dues by the faces of their rules.
type board struct{ faces map[string]room.Face }
