// Package transfer is what a unit needs to know of somebody who comes to it from another: how closely they are watched, what to mind, what is asked
// for, what they brought, who talked with them last. Everything stays in the one chart; this page only gathers it.
package transfer

import (
	"context"
	"embed"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"milieu/care/belongings"
	belongingsroom "milieu/care/belongings/room"
	"milieu/care/contacts"
	contactsroom "milieu/care/contacts/room"
	"milieu/care/rounds"
	roundsroom "milieu/care/rounds/room"
	"milieu/house/clients"
	"milieu/house/places"
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

const actionRead = "clients.read"

// Def offers the page, a link to it under the entry that moved somebody, and a line in the receiving unit's handover.
func Def(defs []room.Def) room.Def {
	b := &board{faces: map[string]room.Face{}}
	for _, d := range defs {
		for rule, face := range d.Faces {
			b.faces[rule] = face
		}
	}
	return room.Def{
		Name:     "transfer",
		Routes:   []web.Route{{Method: "GET", Pattern: "/clients/{chart}/moved", Action: actionRead, Handle: b.show}},
		Shapes:   map[string]room.Shape{"clients.transferred": {Icon: "bed", Body: shape}},
		Handover: []room.HandoverPart{{Name: "transfer", Order: 5, Lines: handover}},
	}
}

// board shows dues by the faces of their rules.
type board struct{ faces map[string]room.Face }

func path(chart record.ID) string { return "/clients/" + chart.String() + "/moved" }

// Move is somebody's coming from one unit to another.
type Move struct {
	ID       record.ID
	Chart    record.ID
	At       time.Time
	From, To record.ID
	Reason   string
}

// LastMove is the last time that somebody came from another unit within their stay; ok is false when they never did.
func LastMove(q db.Querier, chart record.ID) (m Move, ok bool, err error) {
	episodes, err := clients.Episodes(q, chart)
	if err != nil || len(episodes) == 0 {
		return m, false, err
	}
	var unit record.ID
	for _, f := range episodes[len(episodes)-1].Moves {
		switch b := f.Body.(type) {
		case *clients.Admitted:
			unit = b.Unit
		case *clients.Transferred:
			if b.Unit != unit {
				m, ok = Move{ID: f.ID, Chart: f.Chart, At: f.Happened, From: unit, To: b.Unit, Reason: b.Reason}, true
			}
			unit = b.Unit
		}
	}
	return m, ok, nil
}

// view is what the page gathers.
type view struct {
	Head     templ.Component
	Card     clients.Card
	Move     *Move
	From, To string
	Level    string
	Dues     []open
	Things   []belongings.Thing
	Talked   []contactsroom.Row
	Names    map[record.ID]string
}

// open is one due in words.
type open struct {
	What, Href string
	At         time.Time
}

// talkedDays is how far back contacts are gathered.
const talkedDays = 7

func (b *board) show(c *web.Ctx) error {
	chart, err := c.Chart("chart")
	if err != nil {
		return err
	}
	q, ctx := c.Read(), c.Context()
	v := view{Names: map[record.ID]string{}}
	if v.Card, err = clients.CardOf(q, chart); err == db.ErrNoRows {
		return fault.New(fault.NotFound, "there is nothing here that you may see") // a chart, and nobody's
	} else if err != nil {
		return err
	}
	if v.Head, err = c.Head(c, v.Card.ID, "stays"); err != nil {
		return err
	}
	if m, ok, err := LastMove(q, v.Card.ID); err != nil {
		return err
	} else if ok {
		v.Move, v.From, v.To = &m, unitName(q, m.From), unitName(q, m.To)
	}
	row, _, err := roundsroom.RowOf(q, v.Card.ID)
	if err != nil {
		return err
	}
	if row.Level.Code != "" {
		v.Level = ui.T(ctx, "rounds.level."+row.Level.Code)
	}
	windows, err := due.Of(q, v.Card.ID)
	if err != nil {
		return err
	}
	for _, w := range windows {
		face, ok := b.faces[w.Rule]
		if !ok || w.Rule == rounds.RuleCheck {
			continue // the level says it
		}
		s := face.Show(ctx, w)
		v.Dues = append(v.Dues, open{What: s.What, Href: s.Href, At: w.Due})
	}
	all, err := belongingsroom.Things(q, v.Card.ID)
	if err != nil {
		return err
	}
	v.Things = belongings.Still(all)
	family, err := clients.Family(q, v.Card.ID)
	if err != nil {
		return err
	}
	hidden, err := c.Directory.Hidden(q, c.Scope, family...)
	if err != nil {
		return err
	}
	if v.Talked, err = contactsroom.Recent(q, family, c.Now.AddDate(0, 0, -talkedDays), hidden, 3); err != nil {
		return err
	}
	for _, t := range v.Talked {
		if p := c.Directory.Person(t.By); p != nil {
			v.Names[t.By] = p.Name
		}
	}
	return c.Show(ui.Page{Title: ui.T(ctx, "transfer.page.title")}, page(v))
}

func unitName(q db.Querier, unit record.ID) string {
	u, err := places.UnitOf(q, unit)
	if err != nil {
		return ""
	}
	return u.Name
}

// talk says one contact in a line.
func (v *view) talk(ctx context.Context, r contactsroom.Row) string {
	var words string
	if r.Held != nil {
		words = ui.T(ctx, "contacts.type."+r.Held.Type) + ", " + ui.T(ctx, "js.span_minutes", r.Held.Minutes())
	} else {
		words = ui.T(ctx, "contacts.line.attempted", contacts.Word("mode", r.Tried.Mode), contacts.Word("reason", r.Tried.Reason))
	}
	return ui.WhenText(ctx, r.At) + " · " + words + " · " + v.Names[r.By]
}

func thing(ctx context.Context, t belongings.Thing) string {
	return strconv.Itoa(t.Here()) + " × " + t.Item.What + ", " + ui.T(ctx, "belongings.kept."+t.Item.Kept)
}

// shape leads from the entry that moved somebody to what the receiving unit needs to know.
func shape(_ *web.Ctx, e *record.Entry, b record.Body) (templ.Component, error) {
	return link(path(e.Chart), b.(*clients.Transferred).Reason), nil
}

// handover tells the unit who came to it from another in the shift.
func handover(c *web.Ctx, q db.Querier, s room.Span) (map[record.ID][]room.HandoverLine, error) {
	out := map[record.ID][]room.HandoverLine{}
	for _, chart := range s.Charts {
		m, ok, err := LastMove(q, chart)
		if err != nil {
			return nil, err
		}
		if !ok || m.To != s.Unit || m.At.Before(s.From) || m.At.After(s.Until) || !s.Sees(m.Chart, m.ID) {
			continue
		}
		out[chart] = append(out[chart], room.HandoverLine{Heading: room.Person, Key: "moved-" + m.ID.String(), At: m.At, Entry: m.ID,
			Text: ui.T(c.Context(), "transfer.page.came", unitName(q, m.From)), Href: path(chart)})
	}
	return out, nil
}
