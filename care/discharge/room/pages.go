package room

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"milieu/care/discharge"
	"milieu/house/clients"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// view is one person's leaving, for all pages of the room.
type view struct {
	discharge.State
	Card   clients.Card
	Head   templ.Component
	Lines  []discharge.Line
	Day    time.Time // from which follow-up counts
	Now    time.Time
	Zone   *time.Location
	May    func(action string) bool
	Names  func(record.ID) string
	Hidden bool // the summary is not the reader's to see
	Offer  []offered
}

// load reads somebody's leaving.
func load(c *web.Ctx) (*view, error) {
	chart, err := c.Chart("chart")
	if err != nil {
		return nil, err
	}
	q := c.Read()
	v := &view{Now: c.Now, Zone: ui.From(c.Context()).Zone}
	if v.Card, err = clients.CardOf(q, chart); err == db.ErrNoRows {
		return nil, fault.New(fault.NotFound, "there is nothing here that you may see") // a chart, and nobody's
	} else if err != nil {
		return nil, err
	}
	v.May = func(action string) bool { return c.Directory.May(c.Scope, action, v.Card.ID) }
	v.Names = func(id record.ID) string {
		if p := c.Directory.Person(id); p != nil {
			return p.Name
		}
		return ""
	}
	if v.State, err = StateOf(q, v.Card.ID); err != nil {
		return nil, err
	}
	if v.Summary != nil {
		hidden, err := c.Directory.Hidden(q, c.Scope, v.Summary.Chart)
		if err != nil {
			return nil, err
		}
		if hidden[v.Summary.ID] {
			v.Summary = nil
		}
	}
	v.Day = v.Leaves(c.Now, v.Zone)
	if v.Head, err = c.Head(c, v.Card.ID, "stays"); err != nil {
		return nil, err
	}
	v.Lines, err = LinesOf(q, v.Card.Unit)
	return v, err
}

func show(title string, content func(*view) templ.Component) web.Handler {
	return func(c *web.Ctx) error {
		v, err := load(c)
		if err != nil {
			return err
		}
		return c.Show(ui.Page{Title: ui.T(c.Context(), title)}, content(v))
	}
}

var (
	showList     = show("discharge.page.title", listPage)
	showPlan     = show("discharge.page.plan", planPage)
	showFollowUp = show("discharge.page.follow_up", followUpPage)
	showPapers   = show("discharge.page.papers", papersPage)
)

func (v *view) form(kind, page string) ui.EntryForm {
	return ui.EntryForm{Kind: kind, Chart: v.Card.ID.String(), Class: "stack", Hidden: []ui.Pair{{Name: "then", Value: path(v.Card.ID, page)}}}
}

// finishable says that nothing stands in the way of finishing: who sees them next is said, and what becomes of their things.
func (v *view) finishable() bool { return v.FollowUpSaid(v.Day, v.Zone) && v.ThingsSaid() }

// lacks are what is to be said first, in words.
func (v *view) lacks(ctx context.Context) string {
	var out []string
	if !v.FollowUpSaid(v.Day, v.Zone) {
		out = append(out, ui.T(ctx, "discharge.page.due.follow_up"))
	}
	if !v.ThingsSaid() {
		out = append(out, ui.T(ctx, "discharge.page.due.belongings"))
	}
	return strings.Join(out, ". ")
}

// visits are the booked follow-ups, the next first.
func (v *view) visits() []discharge.Filed {
	out := slices.Clone(v.Booked)
	slices.SortStableFunc(out, func(a, b discharge.Filed) int { return visit(a).At.Compare(visit(b).At) })
	return out
}

func visit(f discharge.Filed) *discharge.FollowUpBooked { return f.Body.(*discharge.FollowUpBooked) }

// counts says how a visit stands to the seven days.
func (v *view) counts(ctx context.Context, f discharge.Filed) string {
	return ui.T(ctx, "discharge.page.counts."+string(discharge.Within(visit(f).At, v.Day, v.Zone)))
}

func visitWords(ctx context.Context, f *discharge.FollowUpBooked) string {
	return ui.Joined(" · ", ui.WhenText(ctx, f.At), ui.Capital(ui.T(ctx, "discharge.visit."+f.What)), f.With, f.Where, f.How, f.Phone)
}

// plan is the plan as it holds; an empty one where none is written.
func (v *view) plan() *discharge.Planned {
	if v.Plan == nil {
		return &discharge.Planned{}
	}
	return v.Plan.Body.(*discharge.Planned)
}

// summary is the summary as it stands; an empty one where none is written.
func (v *view) summary() *discharge.SummaryWritten {
	if v.Summary == nil {
		return &discharge.SummaryWritten{}
	}
	return v.Summary.Body.(*discharge.SummaryWritten)
}

// text is a labelled text.
type text struct{ Label, Text string }

func planTexts(ctx context.Context, p *discharge.Planned) []text {
	label := func(key string) string { return ui.T(ctx, "discharge.page.plan_"+key) }
	where := ""
	if p.Destination != "" {
		where = ui.T(ctx, "clients.destination."+p.Destination)
	}
	return kept([]text{{label("date"), dayWords(ctx, p.Date)}, {label("where"), ui.Joined(", ", where, p.Place)}, {label("plan"), p.Plan}, {label("signs"), p.Signs}, {label("supports"), p.Supports}, {label("medicines"), p.Medicines}, {label("call"), p.Call}})
}

func summaryTexts(ctx context.Context, b *discharge.SummaryWritten) []text {
	var out []text
	for _, p := range summaryParts(b) {
		out = append(out, text{ui.T(ctx, "discharge.part."+p), b.Parts[p]})
	}
	return kept(out)
}

func kept(list []text) []text {
	return slices.DeleteFunc(list, func(t text) bool { return t.Text == "" })
}

// dayWords says a written day as people do; empty for none.
func dayWords(ctx context.Context, day string) string {
	at, err := time.ParseInLocation(time.DateOnly, day, ui.From(ctx).Zone)
	if err != nil {
		return ""
	}
	return ui.DayText(ctx, at.Add(12*time.Hour))
}

func choices(ctx context.Context, prefix string, codes []string, chosen string) []ui.Choice {
	out := make([]ui.Choice, len(codes))
	for i, code := range codes {
		out[i] = ui.Choice{Value: code, Label: ui.Capital(ui.T(ctx, prefix+code)), Checked: code == chosen}
	}
	return out
}

// offered is an entry of the stay that the summary may cite.
type offered struct {
	ID   record.ID
	At   time.Time
	Line string
}

// mostOffered is how many entries of a stay are offered to cite: the latest.
const mostOffered = 40

// showSummary is the form of the summary: GET /clients/{chart}/discharge/summary.
func showSummary(c *web.Ctx) error {
	v, err := load(c)
	if err != nil {
		return err
	}
	family, err := clients.Family(c.Read(), v.Card.ID)
	if err != nil {
		return err
	}
	for _, chart := range family {
		if err := v.offer(c, chart); err != nil {
			return err
		}
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "discharge.page.summary")}, summaryPage(v))
}

// offer adds what may be cited of one chart. Single looks are left out: a summary speaks of a stay.
func (v *view) offer(c *web.Ctx, chart record.ID) error {
	sight, err := c.Directory.Sight(c.Read(), c.Scope, chart)
	if err != nil {
		return err
	}
	kinds := c.Committer.Kinds()
	list, err := record.Latest(c.Read(), chart, 0, mostOffered, func(e *record.Entry) bool {
		k, err := kinds.Find(e.Kind)
		return err == nil && k.Citable && e.Kind != "rounds.checked" && e.Kind != "rounds.not_seen" && e.Kind != discharge.KindSummary && (v.Admitted == nil || !e.Happened.Before(v.Admitted.At)) && sight.Sees(e)
	})
	if err := errors.Join(err, sight.Err()); err != nil {
		return err
	}
	for _, e := range list {
		k, err := kinds.Find(e.Kind)
		if err != nil {
			return err
		}
		b, err := kinds.Decode(e)
		if err != nil {
			continue // destroyed, as its time was over
		}
		v.Offer = append(v.Offer, offered{ID: e.ID, At: e.Happened, Line: ui.Line(c.Context(), k.Line(e, b))})
	}
	return nil
}

// houseView is what a unit fixes for discharges.
type houseView struct {
	Unit  web.Unit
	Lines []discharge.Line
}

// lineRows is how many numbers the page takes.
const lineRows = 5

func showHouse(c *web.Ctx) error {
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	page := ui.Page{Title: ui.T(c.Context(), "discharge.page.rules")}
	if unit.ID.IsZero() {
		return c.Show(page, noUnit())
	}
	v := houseView{Unit: unit}
	if v.Lines, err = LinesOf(c.Read(), unit.ID); err != nil {
		return err
	}
	for len(v.Lines) < lineRows {
		v.Lines = append(v.Lines, discharge.Line{})
	}
	return c.Show(page, housePage(v))
}
