// Package room is the working part of staff: the pages of colleagues, teams, rota and one's own shift, and the unit somebody works on now.
package room

import (
	"context"
	"embed"
	"encoding/json"
	"slices"

	"milieu/house/staff"
	"milieu/house/staff/credentials"
	"milieu/kit/access"
	"milieu/kit/blob"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// Def offers staff.
func Def() room.Def {
	return room.Def{
		Name:        "staff",
		Kinds:       slices.Concat(staff.Kinds(), credentials.Kinds()),
		Projections: slices.Concat(staff.Projections(), credentials.Projections()),
		Rules:       credentials.Rules(),
		Guards:      slices.Concat(staff.Guards(), credentials.Guards()),
		Sources:     []access.Source{credentials.Source()},
		Schema:      blob.Schema, // pictures of certificates
		Routes: []web.Route{
			{Method: "GET", Pattern: "/staff", Action: "staff.read", Handle: showStaff},
			{Method: "GET", Pattern: "/staff/new", Action: "staff.manage", Handle: showNew},
			{Method: "POST", Pattern: "/staff", Action: "staff.manage", Handle: join},
			{Method: "GET", Pattern: "/staff/{chart}", Action: "staff.read", Handle: showPerson},
			{Method: "POST", Pattern: "/staff/{chart}", Action: "staff.manage", Handle: change},
			{Method: "POST", Pattern: "/staff/{chart}/invite", Action: "staff.manage", Fresh: true, MaxBody: 8 << 10, Handle: invite},
			{Method: "GET", Pattern: "/staff/roles", Action: "staff.read", Handle: showRoles},
			{Method: "GET", Pattern: "/staff/certificates", Action: "staff.credential.read", Handle: showBoard},
			{Method: "GET", Pattern: "/staff/requirements", Action: "staff.credential.read", Handle: showRequirements},
			{Method: "GET", Pattern: "/staff/{chart}/certificates/new", Action: "staff.credential.record", Handle: showHandIn},
			{Method: "POST", Pattern: "/staff/{chart}/certificates/{credential}/evidence", Action: "staff.credential.record", MaxBody: maxEvidence + 64<<10, Handle: takeEvidence},
			{Method: "GET", Pattern: "/staff/{chart}/certificates/{credential}/evidence/{file}", Action: "staff.credential.record", Handle: showEvidence},
			{Method: "GET", Pattern: "/staff/{chart}/cover", Action: "staff.cover", Handle: showArrange},
			{Method: "POST", Pattern: "/staff/{chart}/cover", Action: "staff.cover", Handle: showArrange},
			{Method: "POST", Pattern: "/staff/{chart}/sign-out", Action: "staff.manage", MaxBody: 8 << 10, Handle: signOut},
			{Method: "GET", Pattern: "/rota", Action: "staff.read", Handle: showRota},
			{Method: "GET", Pattern: "/my-shift", Action: "staff.shift.start", Handle: showMine},
			{Method: "GET", Pattern: "/unit", Action: "staff.read", Handle: showUnits},
			{Method: "POST", Pattern: "/unit", Action: "staff.read", MaxBody: 8 << 10, Handle: chooseUnit},
		},
		Nav: []web.Place{
			{Key: "staff.mine_nav", Href: "/my-shift", Icon: "clock", Action: "staff.shift.start", Desk: true, Order: 60},
			{Key: "staff.rota_nav", Href: "/rota", Icon: "calendar", Action: "staff.read", Desk: true, Order: 70},
			{Key: "staff.nav", Href: "/staff", Icon: "people", Action: "staff.read", Desk: true, Order: 80},
			{Key: "staff.certificates", Href: "/staff/certificates", Icon: "proof", Action: "staff.credential.read", Desk: true, Order: 82},
			{Key: "staff.unit_nav", Href: "/unit", Icon: "unit", Action: "staff.read", Desk: true, Order: 85},
		},
		Faces: map[string]room.Face{
			credentials.RuleLapsing: {Icon: "proof", Show: showLapsing},
			credentials.RuleMissing: {Icon: "proof", Show: showMissing},
		},
		Hub: room.Hub{NameOf: nameOf, UnitFor: UnitFor, FindSignIn: findSignIn, SignInName: signInName},
	}
}

func nameOf(q db.Querier, chart record.ID) string {
	names, err := staff.Names(q, chart)
	if err != nil {
		return ""
	}
	return names[chart]
}

func findSignIn(q db.Querier, name string) (record.ID, bool) {
	p, err := staff.BySignIn(q, name)
	return p.ID, err == nil
}

func signInName(q db.Querier, person record.ID) string {
	p, err := staff.Find(q, person)
	if err != nil {
		return ""
	}
	return p.SignIn
}

// then makes the browser open a page once the entry is filed; what was said back stands on it.
func then(path string, more ...ui.Pair) []ui.Pair {
	return append([]ui.Pair{{Name: "then", Value: path}}, more...)
}

// showLapsing and showMissing are how the dues of certificates stand on their holder's board.
func showLapsing(ctx context.Context, w due.Window) room.Showing {
	d := dataOf(w)
	return room.Showing{What: ui.T(ctx, "staff.due_lapsing", sortWords(ctx, d.What, d.Name)), Last: ui.T(ctx, "staff.state_lapsing", ui.DateText(ctx, w.Late)), Act: ui.T(ctx, "staff.due_open"), Href: personPath(w.Chart) + "#certificates"}
}

func showMissing(ctx context.Context, w due.Window) room.Showing {
	d := dataOf(w)
	return room.Showing{What: ui.T(ctx, "staff.due_missing", sortWords(ctx, d.What, d.Name)), Last: ui.T(ctx, "staff.required_from", ui.DateText(ctx, w.Late)), Act: ui.T(ctx, "staff.due_open"), Href: personPath(w.Chart) + "#certificates"}
}

// dataOf reads what a window carries. One that cannot be read is shown all the same, without its details.
func dataOf(w due.Window) (d credentials.Data) {
	_ = json.Unmarshal(w.Data, &d)
	return d
}
