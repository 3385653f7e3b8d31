package room

import (
	"context"
	"embed"
	"net/url"

	"github.com/a-h/templ"

	"milieu/care/notes"
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

// Def is the room of notes.
func Def() room.Def {
	return room.Def{
		Name: "notes", Kinds: notes.Kinds(), Projections: Projections(), Rules: Rules(), Guards: Guards(), Schema: Schema,
		Routes: routes(), Pack: pack(), Said: saidBack(), Fresh: fresh(),
		Asks: []string{access.LabelAction, "record.add", "record.withdraw"},
		Nav: []web.Place{
			{Key: "notes.page.nav", Href: "/notes", Icon: "note", Action: notes.ActionWrite, Order: 15},
		},
		Faces: map[string]room.Face{notes.RuleFinish: {Icon: "note", Show: faceFinish}, notes.RuleCosign: {Icon: "pen", Show: faceCosign}},
		Acts: []room.Act{
			{Key: "notes.page.act_quick", Icon: "note", Action: notes.ActionWrite, Order: 10, Href: func(chart record.ID) string { return chartPath(chart, "/note") }},
			{Key: "notes.page.act_progress", Icon: "pen", Action: notes.ActionWrite, Order: 20, Href: newPath},
		},
		Shapes: map[string]room.Shape{
			notes.KindNoted:    {Icon: "note", Body: shapeNoted, Href: hrefOf},
			notes.KindWritten:  {Icon: "note", Body: shapeWritten, Href: hrefOf},
			notes.KindCosigned: {Icon: "pen", Body: shapeCosigned},
			"notes":            {Icon: "note"},
		},
	}
}

func routes() []web.Route {
	get := func(pattern, action string, h web.Handler) web.Route {
		return web.Route{Method: "GET", Pattern: pattern, Action: action, Handle: h}
	}
	return []web.Route{
		get("/notes", notes.ActionWrite, showNotes),
		get("/notes/rules", notes.ActionHouse, showSetting),
		get("/clients/{chart}/note", notes.ActionWrite, showQuick),
		get("/clients/{chart}/notes/new", notes.ActionWrite, showNew),
		get("/clients/{chart}/notes/{note}", "clients.read", showNote),
		get("/clients/{chart}/notes/{note}/correct", notes.ActionWrite, showCorrect),
		get("/clients/{chart}/notes/{note}/files/{file}", "clients.read", showFile),
		{Method: "POST", Pattern: "/clients/{chart}/notes/files", Action: notes.ActionWrite, MaxBody: blob.MaxPhoto + 64<<10, Handle: takeFile},
	}
}

// pack names the pages that notes need without a network: the quick note, and for each person one about them and a progress note.
func pack() []room.PackPart {
	return []room.PackPart{{Name: "notes", Pages: func(c *web.Ctx, _ db.Querier, unit record.ID) ([]url.URL, error) {
		if !c.Scope.May(notes.ActionWrite) {
			return nil, nil
		}
		pages := []url.URL{{Path: "/notes"}}
		for _, chart := range c.Directory.ChartsIn(unit, "client") {
			pages = append(pages, url.URL{Path: chartPath(chart, "/note")}, url.URL{Path: newPath(chart)})
		}
		return pages, nil
	}}}
}

// fresh asks for a fresh factor where a unit of the writer's, or the house, asks for one.
func fresh() map[string]func(db.Querier, *access.Scope) (bool, error) {
	asks := func(q db.Querier, s *access.Scope) (bool, error) {
		for _, unit := range append([]record.ID{due.House}, s.Units...) {
			if rules, err := RulesOf(q, unit, s.Now); err != nil || rules.Fresh {
				return rules.Fresh, err
			}
		}
		return false, nil
	}
	return map[string]func(db.Querier, *access.Scope) (bool, error){notes.KindWritten: asks, notes.KindCosigned: asks}
}

// saidBack leads from a signed note to its page, where it stands as others read it.
func saidBack() map[string]web.Said {
	return map[string]web.Said{notes.KindWritten: func(c *web.Ctx, e *record.Entry, b record.Body) (templ.Component, error) {
		c.Say(c.Toast(e, b))
		c.W.Header().Set("Milieu-Location", notePath(e.Chart, e.ID))
		return templ.NopComponent, nil
	}}
}

func faceFinish(ctx context.Context, w due.Window) room.Showing {
	d := parseData(w.Data)
	return room.Showing{What: ui.T(ctx, "notes.page.face_finish", formatLabel(d.Format)), Last: ui.T(ctx, "notes.page.face_begun", ui.WhenText(ctx, d.At)),
		Act: ui.T(ctx, "notes.page.finish"), Href: newPath(w.Chart) + "?format=" + url.QueryEscape(d.Format)}
}

func faceCosign(ctx context.Context, w due.Window) room.Showing {
	d := parseData(w.Data)
	return room.Showing{What: ui.T(ctx, "notes.page.face_cosign", formatLabel(d.Format)), Last: ui.T(ctx, "notes.page.face_signed", ui.WhenText(ctx, d.At)),
		Act: ui.T(ctx, "notes.page.read"), Href: notePath(w.Chart, w.Anchor)}
}

func hrefOf(e *record.Entry) string { return notePath(e.Chart, e.ID) }

func shapeNoted(_ *web.Ctx, _ *record.Entry, b record.Body) (templ.Component, error) {
	n := &note{Body: b}
	return noteWords(n.Parts()), nil
}

// shapeWritten shows a progress note in a chart's timeline: its parts, its files, and whether it waits for a colleague.
func shapeWritten(c *web.Ctx, e *record.Entry, b record.Body) (templ.Component, error) {
	n := &note{Entry: e, Body: b, Chart: e.Chart}
	if err := n.format(c.Read()); err != nil {
		return nil, err
	}
	signed, err := db.Exists(c.Read(), "SELECT 1 FROM notes_said_v1 WHERE chart = $1 AND what = $2 AND ref = $3", e.Chart[:], notes.KindCosigned, e.ID[:])
	if err != nil {
		return nil, err
	}
	labels, err := labelsNow(c.Read(), e)
	if err != nil {
		return nil, err
	}
	stands, err := db.Exists(c.Read(), "SELECT 1 FROM notes_said_v1 WHERE chart = $1 AND id = $2", e.Chart[:], e.ID[:])
	if err != nil {
		return nil, err
	}
	n.Waits, err = waits(c.Read(), e, labels, stands && !signed)
	return noteShape(n), err
}

func shapeCosigned(_ *web.Ctx, _ *record.Entry, b record.Body) (templ.Component, error) {
	if words := b.(*notes.Cosigned).Words; words != "" {
		return noteWords([]part{{Text: words}}), nil
	}
	return nil, nil
}
