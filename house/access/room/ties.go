package room

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	houseaccess "milieu/house/access"
	"milieu/house/clients"
	"milieu/house/staff"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// tieRow is one tie as a list shows it.
type tieRow struct {
	houseaccess.Tie
	Name, Role string
	Here       bool // holds now, or will
}

func (r tieRow) words(ctx context.Context) string {
	role := r.Role
	if slices.Contains(houseaccess.GuestTies, r.As) {
		role = "" // the tie says it
	}
	return line(ctx, ui.T(ctx, "access.as."+r.As), role, span(ctx, r.From, r.Until), r.Why)
}

// span says from when until when.
func span(ctx context.Context, from, until time.Time) string {
	if until.IsZero() {
		return ui.T(ctx, "access.since", ui.DateText(ctx, from))
	}
	return ui.T(ctx, "access.from_until", ui.DateText(ctx, from), ui.DateText(ctx, until))
}

// letInView is who is let in to one client's record.
type letInView struct {
	clients.Card
	Care, Guests, Past []tieRow
	Consents, Over     []consentRow
	Glass              []glassRow
	MayTie, MayLetIn   bool
	MayConsent         bool
	MayReview          bool
	MayInvite          bool
	MayBreak           bool
	MayLooks, MayWatch bool // who looked, and watching over every look
}

func rows(c *web.Ctx, list []houseaccess.Tie) (care, guests, past []tieRow) {
	for _, t := range list {
		r := tieRow{Tie: t, Name: nameOf(c, t.Person), Role: roleOf(c, t.Person), Here: t.Until.IsZero() || t.Until.After(c.Now)}
		switch {
		case !r.Here:
			past = append(past, r)
		case slices.Contains(houseaccess.CareTies, t.As):
			care = append(care, r)
		default:
			guests = append(guests, r)
		}
	}
	return care, guests, past
}

// mayHere says whether an action may be offered to the reader in a chart.
func mayHere(c *web.Ctx, action string, chart record.ID) bool {
	return c.Directory.May(c.Scope, action, chart)
}

func showLetIn(c *web.Ctx) error {
	card, err := open(c)
	if err != nil {
		return err
	}
	q := c.Read()
	v := letInView{Card: card, MayTie: mayHere(c, "access.tie", card.ID), MayLetIn: mayHere(c, "access.let_in", card.ID), MayConsent: mayHere(c, "access.consent", card.ID),
		MayReview: c.Scope.May("access.break.review"), MayInvite: c.Scope.May("staff.manage"), MayBreak: c.Scope.May("access.break"),
		MayLooks: mayHere(c, "views.looks", card.ID), MayWatch: mayHere(c, "views.house", card.ID)}
	ties, err := houseaccess.TiesOf(q, card.ID)
	if err != nil {
		return err
	}
	v.Care, v.Guests, v.Past = rows(c, ties)
	if v.Consents, v.Over, err = consentsFor(c, card.ID); err != nil {
		return err
	}
	if v.Glass, err = glassFor(c, card.ID); err != nil {
		return err
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "access.let_in")}, letInPage(v))
}

// end ends a tie now.
func (v *letInView) end(r tieRow) ui.EntryForm {
	return ui.EntryForm{Kind: "access.untied", Chart: r.Chart.String(), Keep: ui.Nothing, Hidden: then(chartPath(v.ID, "/let-in"), ui.Pair{Name: "tie", Value: r.Root.String()})}
}

// panel says on the chart who cares for the person.
func panel(c *web.Ctx, q db.Querier, chart record.ID) (templ.Component, error) {
	ties, err := houseaccess.TiesOf(q, chart)
	if err != nil {
		return nil, err
	}
	care, guests, _ := rows(c, ties)
	return letInPanel(chart, care, guests), nil
}

// tieView is the choice of whom to tie to a client.
type tieView struct {
	clients.Card
	As    string
	Found []staff.Person
	More  int
	Query string
	Kind  string
}

// mostFound is how many people are offered to choose from; more are found by typing.
const mostFound = 12

func showTie(c *web.Ctx) error {
	card, err := open(c)
	if err != nil {
		return err
	}
	v := tieView{Card: card, As: c.R.PathValue("as"), Query: c.Words("q")}
	switch {
	case slices.Contains(houseaccess.CareTies, v.As):
		v.Kind = "access.tied"
	case slices.Contains(houseaccess.GuestTies, v.As):
		v.Kind = "access.let_in"
	default:
		return notHere()
	}
	k, err := c.Committer.Kinds().Find(v.Kind)
	if err != nil {
		return err
	}
	if !mayHere(c, k.Action, card.ID) {
		return c.Denied(k.Action)
	}
	all, err := staff.All(c.Read())
	if err != nil {
		return err
	}
	ties, err := houseaccess.TiesOf(c.Read(), card.ID)
	if err != nil {
		return err
	}
	unit := card.Unit
	wanted := strings.Fields(staff.FoldSignIn(v.Query))
	slices.SortStableFunc(all, func(a, b staff.Person) int { return cmp.Compare(near(c, b.ID, unit), near(c, a.ID, unit)) })
	for _, p := range all {
		name := staff.FoldSignIn(p.Name)
		already := slices.ContainsFunc(ties, func(t houseaccess.Tie) bool { return t.Person == p.ID && t.As == v.As && t.Until.IsZero() })
		if !p.Active() || already || p.ID == c.Scope.Person || !houseaccess.Suits(p.Role, v.As) || slices.ContainsFunc(wanted, func(w string) bool { return !strings.Contains(name, w) }) {
			continue
		}
		if len(v.Found) == mostFound {
			v.More++
			continue
		}
		v.Found = append(v.Found, p)
	}
	if c.Scripted() {
		return c.Fragment(tieChoices(v))
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "access.tie."+v.As)}, tiePage(v))
}

// near is 1 for somebody who works on a unit now.
func near(c *web.Ctx, person, unit record.ID) int {
	p := c.Directory.Person(person)
	if p != nil && slices.ContainsFunc(p.Relations, func(r access.Relation) bool { return r.Unit == unit && r.Holds(c.Now) }) {
		return 1
	}
	return 0
}

func (v tieView) form() ui.EntryForm {
	return ui.EntryForm{Kind: v.Kind, Chart: v.ID.String(), Draft: v.Kind + " " + v.As + " " + v.ID.String(), Class: "stack", Needs: "person,why",
		Hidden: then(chartPath(v.ID, "/let-in"), ui.Pair{Name: "as", Value: v.As})}
}

func (v tieView) choices(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, p := range v.Found {
		out = append(out, ui.Choice{Value: p.ID.String(), Label: ui.T(ctx, "access.line", p.Name, ui.T(ctx, "web.role."+string(p.Role)))})
	}
	return out
}

// caseloadView is one's people: on the caseload, of the care teams, and those of whom one stands in for.
type caseloadView struct {
	Caseload, Team, Covering []ui.Person
}

// showCaseload lists one's people wherever they are.
func showCaseload(c *web.Ctx) error {
	q := c.Read()
	var v caseloadView
	p := c.Directory.Person(c.Scope.Person)
	if p == nil {
		return notHere()
	}
	seen := map[record.ID]bool{}
	for _, what := range []access.Tie{access.Caseload, access.CareTeam, access.Covering} {
		for _, r := range p.Relations {
			if r.What != what || r.Chart.IsZero() || !r.Holds(c.Now) || c.Directory.Sees(c.Scope, r.Chart) != nil {
				continue
			}
			card, err := clients.CardOf(q, r.Chart)
			if err == db.ErrNoRows || err == nil && seen[card.ID] {
				continue
			}
			if err != nil {
				return err
			}
			seen[card.ID] = true
			row := ui.Person{Name: card.Name, Href: chartPath(card.ID, ""), Line: line(c.Context(), c.UnitName(card.Unit), ui.T(c.Context(), "clients.where."+string(card.Where)))}
			switch what {
			case access.Caseload:
				v.Caseload = append(v.Caseload, row)
			case access.CareTeam:
				v.Team = append(v.Team, row)
			default:
				row.Line = line(c.Context(), row.Line, ui.T(c.Context(), "access.for", nameOf(c, r.Via)))
				v.Covering = append(v.Covering, row)
			}
		}
	}
	var all []record.ID
	for id := range seen {
		all = append(all, id)
	}
	c.Saw(all...)
	for _, list := range [][]ui.Person{v.Caseload, v.Team, v.Covering} {
		slices.SortFunc(list, func(a, b ui.Person) int { return strings.Compare(a.Name, b.Name) })
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "access.caseload_nav")}, caseloadPage(v))
}

// mineView is the page of somebody who does not work here.
type mineView struct {
	Name    string
	Client  bool
	Charts  []mineChart
	MayLook bool // who looked can be seen
}

type mineChart struct {
	clients.Card
	As    string
	Until time.Time
}

func showMine(c *web.Ctx) error {
	q := c.Read()
	v := mineView{Name: c.Scope.Name, Client: c.Scope.Role == access.Client, MayLook: c.Scope.May("views.looks")}
	var all []record.ID
	for _, id := range c.Scope.Charts {
		card, err := clients.CardOf(q, id)
		if err == db.ErrNoRows || err == nil && slices.Contains(all, card.ID) {
			continue
		}
		if err != nil {
			return err
		}
		under := c.Directory.Under(c.Scope, id)
		all = append(all, card.ID)
		v.Charts = append(v.Charts, mineChart{card, under.Tie.String(), under.Until})
	}
	c.Saw(all...)
	return c.Show(ui.Page{Title: ui.T(c.Context(), "access.mine_nav")}, minePage(v))
}
