package room

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"milieu/care/contacts"
	"milieu/house/clients"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// newView is the form of a contact.
type newView struct {
	clients.Card
	Known  []clients.Held[*clients.ContactSet] // whom the client knows
	Labels []ui.Choice
}

// knownShown is how many of the people in somebody's life are offered.
const knownShown = 6

// showNew is the form on which a contact is begun and written down: GET /contacts/{chart}/new.
func showNew(c *web.Ctx) error {
	chart, err := c.Chart("chart")
	if err != nil {
		return err
	}
	q := c.Read()
	v := newView{}
	if v.Card, err = clients.CardOf(q, chart); err == db.ErrNoRows {
		return fault.New(fault.NotFound, "there is nothing here that you may see") // a chart, and nobody's
	} else if err != nil {
		return err
	}
	hidden, err := clients.HiddenFrom(c.Directory, q, c.Scope, v.ID)
	if err != nil {
		return err
	}
	known, err := clients.Contacts(q, v.ID, hidden)
	if err != nil {
		return err
	}
	for _, one := range known {
		if one.Ended == nil && !one.Says.Past && len(v.Known) < knownShown {
			v.Known = append(v.Known, one)
		}
	}
	kind, err := c.Committer.Kinds().Find(contacts.KindHeld)
	if err != nil {
		return err
	}
	for _, l := range c.Policy.LabelNames() {
		if key := "clients.label." + l; access.Bears(kind, l) && c.Directory.MayLabel(c.Scope, v.ID, l) && ui.Has(c.Context(), key) {
			v.Labels = append(v.Labels, ui.Choice{Value: l, Label: ui.T(c.Context(), key), Icon: "tag"})
		}
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "contacts.page.new")}, newPage(v))
}

func (v *newView) form() ui.EntryForm {
	return ui.EntryForm{ID: "contact", Kind: contacts.KindHeld, Chart: v.ID.String(), Class: "stack", Needs: "purposes,meaningful,reason",
		Else: []ui.KindWhen{{When: "_reached=no", Kind: contacts.KindAttempted}}, Hidden: []ui.Pair{{Name: "then", Value: "/clients/" + v.ID.String()}}}
}

// chips are the answers of a list; first is chosen before, for what nearly every contact is.
func chips(ctx context.Context, list string, codes []string, first string) []ui.Choice {
	out := make([]ui.Choice, len(codes))
	for i, code := range codes {
		label := ui.T(ctx, "contacts."+list+"."+code)
		out[i] = ui.Choice{Value: code, Label: ui.Capital(label), Checked: code == first}
	}
	return out
}

// others are whom the contact was with, beside the client.
func (v *newView) others() []ui.Choice {
	var out []ui.Choice
	for _, one := range v.Known {
		label := one.Says.Name
		if label == "" {
			label = one.Says.Organization
		}
		if one.Says.Relationship != "" {
			label += ", " + one.Says.Relationship
		}
		out = append(out, ui.Choice{Value: one.Item.String(), Label: label})
	}
	return out
}

// lengths are the minutes offered for a contact that has just ended.
var lengths = []int{5, 10, 15, 30, 45, 60}

// whyAfter are the reasons offered for what is entered afterwards; they stand in the record in these words.
func whyAfter(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, key := range []string{"contacts.page.after_busy", "contacts.page.after_device", "contacts.page.after_forgot", "contacts.page.after_paper"} {
		out = append(out, ui.Choice{Value: ui.T(ctx, key), Label: ui.T(ctx, key)})
	}
	return out
}

// since is one person of a unit with their last meaningful contact.
type since struct {
	clients.Card
	Last
	Name string // of who held it
}

// unitView is everybody of a unit by how long nobody has had a meaningful contact with them.
type unitView struct {
	Unit     web.Unit
	People   []since
	Hours    int
	MayRule  bool
	MayHold  bool
	Reported bool
}

// showUnit is the list: GET /contacts.
func showUnit(c *web.Ctx) error {
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	page := ui.Page{Title: ui.T(c.Context(), "contacts.page.nav")}
	if unit.ID.IsZero() {
		return c.Show(page, noUnit())
	}
	c.SawUnit(unit.ID)
	q := c.Read()
	v := unitView{Unit: unit, MayRule: c.Scope.May(contacts.ActionRules), MayHold: c.Scope.May(contacts.ActionHold)}
	if v.Hours, err = HoursOf(q, unit.ID); err != nil {
		return err
	}
	cards, err := clients.Cards(q, unit.ID)
	if err != nil {
		return err
	}
	last, err := LastIn(q, unit.ID)
	if err != nil {
		return err
	}
	for _, card := range cards {
		s := since{Card: card, Last: last[card.ID]}
		if p := c.Directory.Person(s.By); p != nil {
			s.Name = p.Name
		}
		v.People = append(v.People, s)
	}
	slices.SortStableFunc(v.People, func(a, b since) int { return a.Last.At.Compare(b.Last.At) })
	return c.Show(page, unitPage(v))
}

// line says when and with whom the last contact was.
func (s *since) line(ctx context.Context) string {
	if s.At.IsZero() {
		return ui.T(ctx, "contacts.page.none_yet")
	}
	return ui.T(ctx, "contacts.page.last_by", ui.WhenText(ctx, s.At), s.Name)
}

// panelView is the panel on a chart.
type panelView struct {
	Chart record.ID
	Rows  []Row
	Who   map[record.ID]string
	May   bool
}

// panelRows is how many contacts the panel on a chart shows, panelDays how far back it looks.
const (
	panelRows = 3
	panelDays = 60
)

func panel(c *web.Ctx, q db.Querier, chart record.ID) (templ.Component, error) {
	v := panelView{Chart: chart, Who: map[record.ID]string{}, May: c.Directory.May(c.Scope, contacts.ActionHold, chart)}
	family, err := clients.Family(q, chart)
	if err != nil {
		return nil, err
	}
	hidden, err := c.Directory.Hidden(q, c.Scope, family...)
	if err != nil {
		return nil, err
	}
	if v.Rows, err = Recent(q, family, c.Now.AddDate(0, 0, -panelDays), hidden, panelRows); err != nil {
		return nil, err
	}
	for _, r := range v.Rows {
		if p := c.Directory.Person(r.By); p != nil {
			v.Who[r.By] = p.Name
		}
	}
	return lastPanel(v), nil
}

// words say one contact in a line.
func (r *Row) words(ctx context.Context) string {
	if r.Held == nil {
		return ui.T(ctx, "contacts.line.attempted", contacts.Word("mode", r.Tried.Mode), contacts.Word("reason", r.Tried.Reason))
	}
	return ui.Joined(" · ", ui.T(ctx, "contacts.type."+r.Held.Type)+", "+ui.T(ctx, "js.span_minutes", r.Held.Minutes()), list(ctx, "purpose", r.Held.Purposes), list(ctx, "response", r.Held.Responses))
}

func list(ctx context.Context, name string, codes []string) string {
	words := make([]string, len(codes))
	for i, code := range codes {
		words[i] = ui.T(ctx, "contacts."+name+"."+code)
	}
	return strings.Join(words, ", ")
}

// rulesView is what a unit asks of contacts.
type rulesView struct {
	Unit  web.Unit
	Hours int
}

// offered are the times without a contact that the page offers, in hours.
var offered = []int{0, 4, 8, 24, 48, 72, 7 * 24}

// showRules is the page of a unit's rule: GET /contacts/rules.
func showRules(c *web.Ctx) error {
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	page := ui.Page{Title: ui.T(c.Context(), "contacts.page.rules")}
	if unit.ID.IsZero() {
		return c.Show(page, noUnit())
	}
	v := rulesView{Unit: unit}
	if v.Hours, err = HoursOf(c.Read(), unit.ID); err != nil {
		return err
	}
	return c.Show(page, rulesPage(v))
}

func (v *rulesView) choices(ctx context.Context) []ui.Choice {
	hours := offered
	if !slices.Contains(hours, v.Hours) {
		hours = append(slices.Clone(hours), v.Hours)
	}
	var out []ui.Choice
	for _, h := range hours {
		label := ui.SpanText(ctx, time.Duration(h)*time.Hour)
		if h == 0 {
			label = ui.T(ctx, "contacts.page.rule_off")
		}
		out = append(out, ui.Choice{Value: strconv.Itoa(h), Label: label, Checked: h == v.Hours})
	}
	return out
}
