// Package room is the pages of who is let in: the care team and accounts of one client and what they agreed to, one's own caseload, the page of
// clients and their family, opening a chart in an emergency and the look at it afterwards, custodians, and labels.
package room

import (
	"context"
	"embed"

	houseaccess "milieu/house/access"
	"milieu/house/clients"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// Def is what the room offers.
func Def() room.Def {
	get := func(pattern, action string, do web.Handler) web.Route {
		return web.Route{Method: "GET", Pattern: pattern, Action: action, Handle: do}
	}
	return room.Def{
		Name: "access", Kinds: houseaccess.Kinds(), Projections: houseaccess.Projections(), Rules: houseaccess.Rules(), Guards: houseaccess.Guards(),
		Sources: []access.Source{houseaccess.Source()},
		Asks:    []string{"access.tie", "access.let_in", "access.consent", "access.break", "access.return", "access.break.review", "access.relabel", "views.looks", "views.house", access.LabelAction},
		Routes: []web.Route{
			get("/clients/{chart}/let-in", "clients.read", showLetIn),
			get("/clients/{chart}/let-in/{as}", "clients.read", showTie),
			{Method: "POST", Pattern: "/clients/{chart}/let-in/{as}", Action: "clients.read", Handle: showTie},
			get("/clients/{chart}/consent", "access.consent", showConsent),
			get("/clients/{chart}/entries/{entry}/labels", "access.relabel", showLabels),
			get("/caseload", "clients.read", showCaseload),
			get("/mine", "access.mine", showMine),
			get("/access/break/{chart}", "access.break", showBreak),
			{Method: "POST", Pattern: "/access/break/{chart}/told", Action: "access.break", MaxBody: 32 << 10, Handle: showBreak},
			{Method: "POST", Pattern: "/access/break/{chart}", Action: "access.break", MaxBody: 32 << 10, Handle: breakGlass},
			get("/access/glass", "access.break.review", showGlasses),
			get("/access/glass/{glass}", "access.break.review", showGlass),
			get("/access/limits", "access.limits", showLimits),
			get("/access/custodians", "access.custodian", showCustodians),
			get("/staff/{chart}/custodian", "access.custodian", showCustodian),
		},
		Nav: []web.Place{
			{Key: "access.mine_nav", Href: "/mine", Icon: "person", Action: "access.mine", Order: 5},
			{Key: "access.caseload_nav", Href: "/caseload", Icon: "person", Action: "clients.read", Desk: true, Order: 25},
			{Key: "access.glass_nav", Href: "/access/glass", Icon: "key", Action: "access.break.review", Desk: true, Order: 83},
			{Key: "access.limits_nav", Href: "/access/limits", Icon: "key", Action: "access.limits", Desk: true, Order: 96},
		},
		Panels: []room.Panel{{Name: "let-in", Action: "clients.read", Order: 70, Show: panel}},
		Faces:  map[string]room.Face{houseaccess.RuleReview: {Icon: "key", Show: showReviewDue, For: reviewer}},
		Hub:    room.Hub{Around: around},
	}
}

// showReviewDue says that a broken glass waits for a look.
func showReviewDue(ctx context.Context, w due.Window) room.Showing {
	return room.Showing{What: ui.T(ctx, "access.due_review"), Last: ui.T(ctx, "access.due_review_since", ui.WhenText(ctx, w.Opens)), Act: ui.T(ctx, "access.due_look"), Href: "/access/glass/" + w.Key}
}

// reviewer says whether a look at a broken glass is for whoever asks: they may review, see the chart, and did not open it themselves.
func reviewer(c *web.Ctx, w due.Window) (bool, error) {
	if !c.Scope.May("access.break.review") || c.Directory.Sees(c.Scope, w.Chart) != nil {
		return false, nil
	}
	g, err := houseaccess.FindGlass(c.Read(), w.Anchor)
	return err == nil && g.Person != c.Scope.Person, err
}

func notHere() error { return fault.New(fault.NotFound, "there is nothing here that you may see") }

func chartPath(chart record.ID, more string) string { return "/clients/" + chart.String() + more }

// then says where the browser goes once an entry is filed.
func then(to string, more ...ui.Pair) []ui.Pair {
	return append([]ui.Pair{{Name: "then", Value: to}}, more...)
}

// open reads the client of a page whom the person may see.
func open(c *web.Ctx) (clients.Card, error) {
	id, err := c.Chart("chart")
	if err != nil {
		return clients.Card{}, err
	}
	card, err := clients.CardOf(c.Read(), id)
	if err == db.ErrNoRows {
		return card, notHere()
	}
	return card, err
}

// nameOf is how somebody is called, or that nobody knows.
func nameOf(c *web.Ctx, id record.ID) string {
	if p := c.Directory.Person(id); p != nil {
		return p.Name
	}
	return ui.T(c.Context(), "access.somebody")
}

func roleOf(c *web.Ctx, id record.ID) string {
	if p := c.Directory.Person(id); p != nil {
		return ui.T(c.Context(), "web.role."+string(p.Role))
	}
	return ""
}

func line(ctx context.Context, parts ...string) string {
	out := ""
	for _, p := range parts {
		switch {
		case p == "":
		case out == "":
			out = p
		default:
			out = ui.T(ctx, "access.line", out, p)
		}
	}
	return out
}
