package room

import (
	"embed"
	"net/url"

	"github.com/a-h/templ"

	"milieu/care/contacts"
	"milieu/house/clients"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// actionRead is what seeing who was talked with, and when, needs.
const actionRead = "contacts.read"

// Def is the room of contacts.
func Def() room.Def {
	get := func(pattern, action string, h web.Handler) web.Route {
		return web.Route{Method: "GET", Pattern: pattern, Action: action, Handle: h}
	}
	return room.Def{
		Name:        "contacts",
		Reads:       append(clients.StayKinds(), "access.relabelled", "places.house_set"),
		Kinds:       contacts.Kinds(),
		Projections: Projections(),
		Derived:     Derived(),
		Rules:       Rules(),
		Routes: []web.Route{
			get("/contacts", actionRead, showUnit),
			get("/contacts/{chart}/new", contacts.ActionHold, showNew),
			get("/contacts/rules", contacts.ActionRules, showRules),
		},
		Nav:      []web.Place{{Key: "contacts.page.nav", Href: "/contacts", Icon: "message", Action: actionRead, Desk: true, Order: 36}},
		Faces:    faces(),
		Panels:   []room.Panel{{Name: "contacts", Action: actionRead, Order: 20, Show: panel}},
		Acts:     []room.Act{{Key: "contacts.page.act", Icon: "message", Action: contacts.ActionHold, Order: 20, Href: newPath}},
		Shapes:   map[string]room.Shape{"contacts": {Icon: "message", Body: shape}},
		Handover: []room.HandoverPart{{Name: "contacts", Order: 40, Lines: handover}},
		Pack:     []room.PackPart{{Name: "contacts", Pages: pack}},
	}
}

func newPath(chart record.ID) string { return "/contacts/" + chart.String() + "/new" }

// pack names the pages that contacts need without a network: the list, and the form for each person.
func pack(c *web.Ctx, _ db.Querier, unit record.ID) ([]url.URL, error) {
	var pages []url.URL
	if c.Scope.May(actionRead) {
		pages = append(pages, url.URL{Path: "/contacts"})
	}
	if c.Scope.May(contacts.ActionHold) {
		for _, chart := range c.Directory.ChartsIn(unit, "client") {
			pages = append(pages, url.URL{Path: newPath(chart)})
		}
	}
	return pages, nil
}

// shape is what a contact says under its line in a timeline.
func shape(_ *web.Ctx, _ *record.Entry, b record.Body) (templ.Component, error) {
	switch b := b.(type) {
	case *contacts.Held:
		return heldBody(b), nil
	case *contacts.Attempted:
		return triedBody(b), nil
	}
	return nil, nil
}
