package chart

import (
	"context"
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/a-h/templ"

	roundsroom "milieu/care/rounds/room"
	clientsroom "milieu/house/clients/room"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

const actionRead = "clients.read"

// board draws charts under the head that the clients' room draws, with what other rooms bring.
type board struct {
	people *clientsroom.Room
	spines shelf
}

// Def offers the chart. Rooms names those whose kinds may cite.
func Def(people *clientsroom.Room, rooms []room.Def) room.Def {
	b := &board{people: people}
	get := func(pattern string, vital bool, handle web.Handler) web.Route {
		return web.Route{Method: "GET", Pattern: "/clients/{chart}" + pattern, Action: actionRead, Vital: vital, Handle: handle}
	}
	return room.Def{
		Name: "chart", Projections: []record.Projection{citations(rooms)},
		Routes: []web.Route{
			get("", true, b.show), // allergies, levels, what helps
			get("/find", false, b.showFind),
			{Method: "POST", Pattern: "/clients/{chart}/find", Action: actionRead, Handle: b.find},
			get("/entries/{entry}", false, b.showEntry),
			{Method: "GET", Pattern: "/clients/{chart}/entries/{entry}/move", Action: "record.withdraw", Handle: b.showMove},
			{Method: "POST", Pattern: "/clients/{chart}/entries/{entry}/move", Action: "record.withdraw", Handle: b.move},
			get("/copy", false, b.showCopy),
			{Method: "POST", Pattern: "/clients/{chart}/copy", Action: actionRead, Handle: b.copy},
		},
	}
}

func path(chart record.ID, more ...string) string {
	return "/clients/" + chart.String() + strings.Join(more, "")
}

// view is the chart's own page.
type view struct {
	*clientsroom.Page
	Acts    templ.Component
	Dues    []ui.DueRow
	First   []templ.Component // panels that nobody should have to look for
	Panels  []templ.Component
	Rooms   []ui.Segment
	Days    []ui.TimelineDay
	Only    string // the one room shown; empty: all
	Earlier string
}

// firstPanels is the order below which a panel stands above the timeline on every screen.
const firstPanels = 10

// show is the first screen: who, what helps, how closely watched and since when, what must not be missed, what is due, and what was last.
func (b *board) show(c *web.Ctx) error {
	p, err := b.people.Open(c, "timeline")
	if err != nil {
		return err
	}
	if p.ID.String() != c.R.PathValue("chart") {
		return c.Redirect(path(p.ID))
	}
	if c.ForDevice() {
		return b.people.First(c, p)
	}
	if err := b.since(c, p); err != nil {
		return err
	}
	v := view{Page: p, Acts: b.people.ActsFor(c, p), Only: c.R.URL.Query().Get("of")}
	if v.Dues, err = b.dues(c, p); err != nil {
		return err
	}
	if err := b.panels(c, &v); err != nil {
		return err
	}
	if err := b.timeline(c, &v); err != nil {
		return err
	}
	return c.Show(p.Shell(c), chartPage(v))
}

// since says since when somebody is watched as closely as they are.
func (b *board) since(c *web.Ctx, p *clientsroom.Page) error {
	if p.Watched == "" || !c.Scope.May("rounds.read") {
		return nil
	}
	terms, err := roundsroom.TermsOf(c.Read(), p.ID)
	if err != nil {
		return err
	}
	if order := terms.At(c.Now).Order; order != nil {
		p.WatchedSince = ui.T(c.Context(), "chart.since", ui.WhenText(c.Context(), order.Happened))
	}
	return nil
}

// mostDues is how many dues the first screen names.
const mostDues = 3

// dues are what is open for the client, the most pressing first, each with the act that leads to doing it.
func (b *board) dues(c *web.Ctx, p *clientsroom.Page) ([]ui.DueRow, error) {
	ctx := c.Context()
	windows, err := due.Of(c.Read(), p.Charts()...)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(windows, func(x, y due.Window) int { return x.Due.Compare(y.Due) })
	var out []ui.DueRow
	for _, w := range windows {
		face, ok := b.people.Faces[w.Rule]
		if !ok || w.Opens.After(c.Now.Add(aheadOf)) || len(out) == mostDues {
			continue
		}
		s := face.Show(ctx, w)
		row := ui.DueRow{ID: "due-" + w.Chart.String() + "-" + w.Rule + w.Key, State: ui.State(w.At(c.Now)), At: w.Due, NowAt: w.Due.Add(-due.Soon), LateAt: w.Late, Who: s.What, NotPII: true, What: s.Last, Attrs: s.Device}
		if s.Href != "" {
			row.Action = &ui.Action{Label: s.Act, Href: s.Href}
		}
		out = append(out, row)
	}
	return out, nil
}

// panels asks the rooms for their parts of the page.
func (b *board) panels(c *web.Ctx, v *view) error {
	panels := slices.Clone(b.people.Panels)
	slices.SortStableFunc(panels, func(a, b room.Panel) int { return a.Order - b.Order })
	for _, p := range panels {
		if !c.Scope.May(p.Action) {
			continue
		}
		shown, err := p.Show(c, c.Read(), v.ID)
		if err != nil {
			return fmt.Errorf("panel %s: %w", p.Name, err)
		}
		switch {
		case shown == nil:
		case p.Order < firstPanels:
			v.First = append(v.First, shown)
		default:
			v.Panels = append(v.Panels, shown)
		}
	}
	return nil
}

// roomWords is what the chart calls what a room's entries are about; empty where nobody named it.
func roomWords(ctx context.Context, name string) string {
	if ui.Has(ctx, "chart.of."+name) {
		return ui.T(ctx, "chart.of."+name)
	}
	return ""
}
