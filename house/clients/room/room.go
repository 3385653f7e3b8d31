// Package room is the pages of the people in care: everybody of a unit, what is known of one, the way in, leave and discharge, and one person
// found twice. The timeline is boards/chart, which draws it under this room's head.
package room

import (
	"context"
	"embed"
	"maps"

	jsonv2 "github.com/go-json-experiment/json"

	"milieu/house/clients"
	"milieu/kit/access"
	"milieu/kit/blob"
	"milieu/kit/due"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// Room is the clients' room, and what other rooms bring to a client's page; app fills it in before the site is served.
type Room struct {
	Panels []room.Panel
	Tabs   []room.Tab
	Acts   []room.Act
	Shapes map[string]room.Shape // by kind or room
	Faces  map[string]room.Face  // by rule: how dues mark people in lists
}

// Take takes in what a room brings to a client's page.
func (r *Room) Take(d room.Def) {
	r.Panels = append(r.Panels, d.Panels...)
	r.Tabs = append(r.Tabs, d.Tabs...)
	r.Acts = append(r.Acts, d.Acts...)
	if r.Shapes == nil {
		r.Shapes, r.Faces = map[string]room.Shape{}, map[string]room.Face{}
	}
	maps.Copy(r.Shapes, d.Shapes)
	maps.Copy(r.Faces, d.Faces)
}

// Def is what the room offers.
func (r *Room) Def() room.Def {
	return room.Def{
		Name: "clients", Kinds: clients.Kinds(), Projections: clients.Projections(), Guards: clients.Guards(), Rules: clients.Rules(), Sources: []access.Source{clients.Source()}, Schema: blob.Schema,
		Routes: r.routes(), Views: r.views(), Pack: r.pack(),
		Nav:      []web.Place{{Key: "clients.page.people", Href: "/clients", Icon: "people", Action: "clients.read", Order: 30}},
		Faces:    map[string]room.Face{"clients.legal_status": {Icon: "law", Show: showLegalDue}, "clients.return": {Icon: "door", Show: showReturnDue}},
		Asks:     []string{"clients.match", "access.break", "access.relabel", access.LabelAction},
		Panels:   []room.Panel{{Name: "contacts", Action: "clients.read", Order: 60, Show: contactsPanel}},
		Handover: handover(),
		Hub:      room.Hub{NameOf: clients.NameOf, Head: r.head},
	}
}

func (r *Room) routes() []web.Route {
	get := func(pattern, action string, handle web.Handler) web.Route {
		return web.Route{Method: "GET", Pattern: "/clients" + pattern, Action: action, Handle: handle}
	}
	return []web.Route{
		get("", "clients.read", r.showPeople),
		{Method: "POST", Pattern: "/clients", Action: "clients.read", Handle: r.showPeople},
		get("/new", "clients.register", showNew),
		{Method: "POST", Pattern: "/clients/new", Action: "clients.register", Handle: showNew},
		{Method: "POST", Pattern: "/clients/register", Action: "clients.register", Handle: register},
		get("/{chart}/about", "clients.read", r.showAbout),
		get("/{chart}/about/{part}", "clients.describe", r.showPart),
		{Method: "GET", Pattern: "/clients/{chart}/health", Action: "clients.read", Vital: true, Handle: r.showHealth},
		get("/{chart}/contacts", "clients.read", r.showContacts),
		get("/{chart}/legal", "clients.read", r.showLegal),
		get("/{chart}/stays", "clients.read", r.showStays),
		get("/{chart}/set/{topic}", "clients.read", r.showSet),
		get("/{chart}/end/{topic}", "clients.read", r.showEnd),
		get("/{chart}/admit", "clients.admit", showAdmit),
		{Method: "POST", Pattern: "/clients/{chart}/admit", Action: "clients.admit", Handle: admit},
		get("/{chart}/move", "clients.transfer", showMove),
		{Method: "POST", Pattern: "/clients/{chart}/move", Action: "clients.transfer", Handle: move},
		get("/{chart}/leave", "clients.leave", r.showLeave),
		get("/{chart}/merge", "clients.merge", r.showMerge),
		{Method: "POST", Pattern: "/clients/{chart}/merge", Action: "clients.merge", Handle: r.showMerge},
		get("/{chart}/paper", "clients.read", r.showPaper),
		get("/{chart}/photo.jpg", "clients.read", showPhoto),
		{Method: "POST", Pattern: "/clients/{chart}/photo", Action: "clients.photograph", MaxBody: blob.MaxPhoto + 64<<10, Handle: takePhoto},
	}
}

// showLegalDue says that a legal status ends.
func showLegalDue(ctx context.Context, w due.Window) room.Showing {
	var d clients.LegalDue
	_ = jsonv2.Unmarshal(w.Data, &d) // our own; without it the line has only its name
	return room.Showing{
		What: ui.T(ctx, "clients.page.due_legal", legalWords(ctx, d.Status, d.Words)), Last: ui.T(ctx, "clients.page.ends", ui.WhenText(ctx, d.Until)),
		Act: ui.T(ctx, "clients.page.open"), Href: path(w.Chart, "/legal"),
	}
}

// showReturnDue says that somebody is expected back.
func showReturnDue(ctx context.Context, w due.Window) room.Showing {
	var d clients.ReturnDue
	_ = jsonv2.Unmarshal(w.Data, &d)
	return room.Showing{
		What: ui.T(ctx, "clients.page.due_back"), Last: ui.Joined(" · ", ui.T(ctx, "clients.away."+d.Kind), ui.T(ctx, "clients.page.since", ui.WhenText(ctx, d.Since))),
		Act: ui.T(ctx, "clients.page.open"), Href: path(w.Chart, "/stays"),
	}
}
