package room

import (
	"embed"
	"net/url"

	"github.com/a-h/templ"

	"milieu/care/belongings"
	"milieu/kit/blob"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// Def is the room of belongings.
func Def() room.Def {
	get := func(pattern, action string, h web.Handler) web.Route {
		return web.Route{Method: "GET", Pattern: "/clients/{chart}/belongings" + pattern, Action: action, Handle: h}
	}
	return room.Def{
		Name:        "belongings",
		Kinds:       belongings.Kinds(),
		Projections: Projections(),
		Routes: []web.Route{
			get("", belongings.ActionRead, showThings),
			get("/in", belongings.ActionKeep, showIn),
			get("/out", belongings.ActionKeep, showOut),
			get("/photos/{blob}", belongings.ActionRead, showPhoto),
			{Method: "POST", Pattern: "/clients/{chart}/belongings/photo", Action: belongings.ActionKeep, MaxBody: blob.MaxPhoto + 64<<10, Handle: takePhoto},
		},
		Tabs:     []room.Tab{{Name: "belongings", Key: "belongings.page.tab", Action: belongings.ActionRead, Order: 60, Href: func(chart record.ID) string { return path(chart, "") }}},
		Acts:     []room.Act{{Key: "belongings.page.act", Icon: "tag", Action: belongings.ActionKeep, Order: 70, Href: func(chart record.ID) string { return path(chart, "/in") }}},
		Shapes:   map[string]room.Shape{"belongings": {Icon: "tag", Body: shape}},
		Handover: []room.HandoverPart{{Name: "belongings", Order: 70, Lines: handover}},
		Pack: []room.PackPart{{Name: "belongings", Pages: func(c *web.Ctx, _ db.Querier, unit record.ID) ([]url.URL, error) {
			if !c.Scope.May(belongings.ActionKeep) {
				return nil, nil
			}
			var pages []url.URL
			for _, chart := range c.Directory.ChartsIn(unit, "client") {
				pages = append(pages, url.URL{Path: path(chart, "/in")})
			}
			return pages, nil
		}}},
	}
}

func path(chart record.ID, page string) string {
	return "/clients/" + chart.String() + "/belongings" + page
}

// shape is what the list says under its line in a timeline.
func shape(_ *web.Ctx, e *record.Entry, b record.Body) (templ.Component, error) {
	switch b := b.(type) {
	case *belongings.TakenIn:
		return inBody(b), nil
	case *belongings.GivenBack:
		return outBody(b.To, ui.Joined(" · ", b.Words, b.Unsigned), b.Signature, b.Witness), nil
	case *belongings.Disposed:
		return outBody("", b.Reason, nil, b.Witness), nil
	}
	return nil, nil
}
