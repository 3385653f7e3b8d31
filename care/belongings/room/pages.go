package room

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"milieu/care/belongings"
	"milieu/house/clients"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// rows is how many things one form takes in.
const rows = 12

// view is the list of somebody's things.
type view struct {
	Card   clients.Card
	Head   templ.Component
	Things []belongings.Thing // still here, or in question
	Gone   []belongings.Thing
	Who    map[record.ID]string
	Me     string // who sits here: the witness that is likeliest
	May    bool
	What   string // of the form: given back, disposed of, counted
}

// load reads somebody's things for one of the room's pages.
func load(c *web.Ctx) (*view, error) {
	chart, err := c.Chart("chart")
	if err != nil {
		return nil, err
	}
	q := c.Read()
	v := &view{Who: map[record.ID]string{}, May: c.Directory.May(c.Scope, belongings.ActionKeep, chart)}
	if v.Card, err = clients.CardOf(q, chart); err == db.ErrNoRows {
		return nil, notHere() // a chart, and nobody's
	} else if err != nil {
		return nil, err
	}
	if v.Head, err = c.Head(c, v.Card.ID, "belongings"); err != nil {
		return nil, err
	}
	all, err := Things(q, v.Card.ID)
	if err != nil {
		return nil, err
	}
	v.Things = belongings.Still(all)
	for _, t := range all {
		if t.Here() == 0 && !t.Differs() {
			v.Gone = append(v.Gone, t)
		}
		for _, id := range []record.ID{t.Taken.By, t.FoundBy} {
			if p := c.Directory.Person(id); p != nil {
				v.Who[id] = p.Name
			}
		}
	}
	if p := c.Directory.Person(c.Scope.Person); p != nil {
		v.Me = p.Name
	}
	return v, nil
}

func showThings(c *web.Ctx) error {
	v, err := load(c)
	if err != nil {
		return err
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "belongings.page.tab")}, thingsPage(v))
}

func showIn(c *web.Ctx) error {
	v, err := load(c)
	if err != nil {
		return err
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "belongings.page.in")}, inPage(v))
}

// ways are what the form of things that are here can say: it is one form, for the things are ticked alike.
var ways = []string{"back", "disposed", "counted"}

func showOut(c *web.Ctx) error {
	v, err := load(c)
	if err != nil {
		return err
	}
	if v.What = c.R.URL.Query().Get("what"); !slices.Contains(ways, v.What) {
		v.What = ways[0]
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "belongings.page.out_"+v.What)}, outPage(v))
}

func (v *view) kind() string {
	return map[string]string{"back": belongings.KindGivenBack, "disposed": belongings.KindDisposed, "counted": belongings.KindCounted}[v.What]
}

func (v *view) form(kind string) ui.EntryForm {
	return ui.EntryForm{ID: "belongings", Kind: kind, Chart: v.Card.ID.String(), Class: "stack", Hidden: []ui.Pair{{Name: "then", Value: path(v.Card.ID, "")}}}
}

func (v *view) ways(ctx context.Context) []ui.Segment {
	var out []ui.Segment
	for _, w := range ways {
		out = append(out, ui.Segment{Label: ui.T(ctx, "belongings.page.way_"+w), Href: path(v.Card.ID, "/out?what="+w), Current: w == v.What})
	}
	return out
}

func choices(ctx context.Context, list string, codes []string) []ui.Choice {
	out := make([]ui.Choice, len(codes))
	for i, code := range codes {
		out[i] = ui.Choice{Value: code, Label: ui.T(ctx, "belongings."+list+"."+code)}
	}
	return out
}

// field is the name of a part of the nth row.
func field(list string, n int, part string) string { return list + "." + strconv.Itoa(n) + "." + part }

// line says what a thing is like and where it is.
func (v *view) line(ctx context.Context, t *belongings.Thing) string {
	parts := []string{ui.T(ctx, "belongings.kept."+t.Item.Kept), t.Item.Condition, money(t.Item.Value)}
	if t.Item.Contraband != "" {
		parts = append(parts, ui.T(ctx, "belongings.handled."+t.Item.Contraband))
	}
	return ui.Joined(" · ", append(parts, ui.T(ctx, "belongings.page.taken", ui.DayText(ctx, t.Taken.At), v.Who[t.Taken.By]))...)
}

// differs says how a count and the list stand to each other.
func (v *view) differs(ctx context.Context, t *belongings.Thing) string {
	if t.Found == nil {
		return ui.T(ctx, "belongings.page.too_many", -t.Here())
	}
	return ui.T(ctx, "belongings.page.differs", ui.Args{"n": *t.Found, "list": t.Here(), "when": ui.WhenText(ctx, t.FoundAt), "who": v.Who[t.FoundBy]})
}

// count is how many there are of a thing, by the list.
func count(t *belongings.Thing) string {
	if n := t.Here(); n != t.Item.Count {
		return strconv.Itoa(n) + " / " + strconv.Itoa(t.Item.Count)
	}
	return strconv.Itoa(t.Item.Count)
}

// money writes a sum with its currency.
func money(m *belongings.Money) string {
	if m == nil {
		return ""
	}
	return fmt.Sprintf("%d.%02d %s", m.Amount/100, m.Amount%100, m.Currency)
}

// handover tells what came in and went out in the shift, and what does not agree with the list: that stays open until a count agrees or the list does.
func handover(c *web.Ctx, q db.Querier, s room.Span) (map[record.ID][]room.HandoverLine, error) {
	ctx := c.Context()
	out := map[record.ID][]room.HandoverLine{}
	for _, chart := range s.Charts {
		filed, err := Filed(q, chart)
		if err != nil {
			return nil, err
		}
		for _, t := range belongings.Of(filed) {
			if t.Differs() {
				v := view{Who: map[record.ID]string{}}
				if p := c.Directory.Person(t.FoundBy); p != nil {
					v.Who[t.FoundBy] = p.Name
				}
				out[chart] = append(out[chart], room.HandoverLine{Heading: room.Actions, Key: "belongings-" + t.Ref, At: t.FoundAt, Entry: t.Taken.ID, Open: true,
					Text: t.Item.What + ": " + v.differs(ctx, &t), Href: path(chart, "")})
			}
		}
		for _, f := range filed {
			if f.At.Before(s.From) || f.At.After(s.Until) || !s.Sees(f.Chart, f.ID) {
				continue
			}
			l := room.HandoverLine{Heading: room.Person, Key: "belongings-" + f.ID.String(), At: f.At, Entry: f.ID, Href: path(chart, "")}
			switch b := f.Body.(type) {
			case *belongings.TakenIn:
				l.Text = ui.T(ctx, "belongings.line.taken_in", len(b.Items))
				for _, i := range b.Items {
					if i.Contraband != "" {
						l.Heading, l.Text = room.Situation, ui.Joined(" · ", l.Text, i.What+": "+ui.T(ctx, "belongings.handled."+i.Contraband))
					}
				}
			case *belongings.GivenBack:
				l.Text = ui.T(ctx, "belongings.line.given_back", len(b.Parts))
			default:
				continue
			}
			out[chart] = append(out[chart], l)
		}
	}
	return out, nil
}

func notHere() error { return fault.New(fault.NotFound, "there is nothing here that you may see") }
