package room

import (
	"embed"
	"net/url"
	"slices"

	"milieu/care/handover"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// actionRead is what the pages of the handover ask for.
const actionRead = "handover.read"

// handovers compiles what rooms have to say, by the parts and faces that they offer.
type handovers struct {
	parts []room.HandoverPart
	faces map[string]room.Face
}

// Def is the room of the handover. The rooms' parts say what is handed over, and their faces how dues are shown.
func Def(rooms []room.Def) room.Def {
	h := &handovers{faces: map[string]room.Face{}}
	for _, d := range rooms {
		h.parts = append(h.parts, d.Handover...)
		for rule, face := range d.Faces {
			h.faces[rule] = face
		}
	}
	slices.SortStableFunc(h.parts, func(a, b room.HandoverPart) int { return a.Order - b.Order })
	get := func(pattern, action string, handle web.Handler) web.Route {
		return web.Route{Method: "GET", Pattern: pattern, Action: action, Handle: handle}
	}
	facts := citable(rooms)
	return room.Def{
		Name:        "handover",
		Reads:       append([]string{"places.house_set", "places.unit_opened", "places.unit_changed", "places.unit_closed"}, facts...),
		Kinds:       handover.Kinds(),
		Projections: projections(facts),
		Rules:       rules(),
		Routes: []web.Route{
			get("/handover", actionRead, h.show),
			get("/handover/brief", actionRead, h.showBrief),
			get("/handover/print", actionRead, h.showPrint),
			get("/handover/rules", handover.ActionHouse, showRules),
			get("/handover/{chart}", actionRead, h.showPerson),
		},
		Nav:   []web.Place{{Key: "handover.page.nav", Href: "/handover", Icon: "handover", Action: actionRead, Desk: true, Order: 35}},
		Views: map[string]room.ViewMaker{"handover": liveAfresh},
		Faces: faces(),
		Said: map[string]web.Said{
			handover.KindAccepted: h.saidItem,
			handover.KindPassed:   h.saidItem,
			handover.KindWords:    h.saidWords,
		},
		Shapes: map[string]room.Shape{"handover": {Icon: "handover"}},
		Pack:   []room.PackPart{{Name: "handover", Pages: pack}},
	}
}

// pack names the pages on which a unit is taken over without a network: the list, and each person.
func pack(c *web.Ctx, _ db.Querier, unit record.ID) ([]url.URL, error) {
	if !c.Scope.May(actionRead) {
		return nil, nil
	}
	pages := []url.URL{{Path: "/handover"}, {Path: "/handover/brief"}}
	for _, chart := range c.Directory.ChartsIn(unit, "client") {
		pages = append(pages, url.URL{Path: path(chart)})
	}
	return pages, nil
}

// path is the address of one person's part.
func path(chart record.ID) string { return "/handover/" + chart.String() }
