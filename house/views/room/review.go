package room

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"milieu/house/clients"
	"milieu/house/places"
	"milieu/house/views"
	"milieu/kit/access"
	"milieu/kit/due"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/view"
	"milieu/kit/web"
)

// reviewSpan is how many days the patterns are looked for at once, and reviewMost how many rows.
const (
	reviewSpan = 7
	reviewMost = 300_000
)

// finding is a pattern found, in words, with what came of looking into it.
type finding struct {
	views.Finding
	Title, Who, Whom, Line, Rows string
	Review                       *views.Said[views.Reviewed]
	By                           string
}

type patternsView struct {
	Until    time.Time
	From     time.Time
	Findings []finding
	Cut      bool // there were more rows than are looked at
	Source   string
	Open     int
	Earlier  string
}

// showPatterns is what in the log is worth a question: GET /views/patterns?to=2026-11-19.
func showPatterns(c *web.Ctx) error {
	today := midnight(c.Now.In(ui.From(c.Context()).Zone))
	v := patternsView{Until: day(c, "to")}
	if v.Until.IsZero() || v.Until.After(today) {
		v.Until = today
	}
	v.From = v.Until.AddDate(0, 0, 1-reviewSpan)
	v.Earlier = "/views/patterns?to=" + v.From.AddDate(0, 0, -1).Format(time.DateOnly)
	_, v.Source = views.Rules()
	f, err := finderFor(c)
	if err != nil {
		return err
	}
	n := 0
	err = view.Each(c.ViewRows(), view.Query{Kind: view.Seen, From: v.From, Until: v.Until.AddDate(0, 0, 1)}, func(r *view.Row) bool {
		f.Take(r)
		n++
		v.Cut = n == reviewMost
		return !v.Cut
	})
	if err != nil {
		return err
	}
	if err := v.name(c, f.Findings()); err != nil {
		return err
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "views.page.patterns")}, patternsPage(v))
}

// finderFor gives a finder what it needs to know of people and clients.
func finderFor(c *web.Ctx) (*views.Finder, error) {
	q := c.Read()
	f := &views.Finder{Zone: ui.From(c.Context()).Zone, People: map[record.ID]*views.Someone{}, Clients: map[record.ID]*views.Someone{}}
	var err error
	if f.House, err = views.HouseOf(q); err != nil {
		return nil, err
	}
	for _, p := range c.Directory.People() {
		one := &views.Someone{Name: p.Name, Role: string(p.Role)}
		for _, r := range p.Relations {
			if (r.What == access.Family || r.What == access.Guardian) && !r.Chart.IsZero() {
				one.Family = append(one.Family, r.Chart)
			}
		}
		f.People[p.ID] = one
	}
	units, err := places.Units(q)
	if err != nil {
		return nil, err
	}
	for _, u := range units {
		here, err := clients.Cards(q, u.ID)
		if err != nil {
			return nil, err
		}
		gone, err := clients.Former(q, u.ID, c.Now)
		if err != nil {
			return nil, err
		}
		for _, card := range slices.Concat(here, gone) {
			one := &views.Someone{Name: card.Name, Legal: card.Legal}
			if card.Where == clients.Discharged {
				one.Discharged = card.Since
			}
			f.Clients[card.ID] = one
		}
	}
	return f, nil
}

// name puts findings into words, with what was said of them.
func (v *patternsView) name(c *web.Ctx, found []views.Finding) error {
	ctx := c.Context()
	w, err := wordsFor(c, false)
	if err != nil {
		return err
	}
	reviews, err := views.Reviews(c.Read(), v.From)
	if err != nil {
		return err
	}
	for _, one := range found {
		f := finding{Finding: one, Title: ui.T(ctx, "views.rule."+one.Rule), Who: w.person(one.Person, "")}
		q := url.Values{"person": {one.Person.String()}, "from": {v.From.Format(time.DateOnly)}, "until": {v.Until.Format(time.DateOnly)}}
		if !one.Client.IsZero() {
			f.Whom = w.client(one.Client)
			q.Set("chart", one.Client.String())
			c.Saw(one.Client)
		}
		f.Rows = "/views?" + q.Encode()
		f.Line = ui.T(ctx, "views.page.count_"+countWord(one.Rule), one.Count)
		for i := range reviews {
			r := &reviews[i]
			if r.Says.Rule == one.Rule && r.Says.Person == one.Person && r.Says.Client == one.Client && !one.Last.After(r.Says.Upto) {
				f.Review, f.By = r, w.person(r.Author, "")
				break
			}
		}
		if f.Review == nil {
			v.Open++
		}
		v.Findings = append(v.Findings, f)
	}
	return nil
}

func countWord(rule string) string {
	if rule == "night_bulk" {
		return "charts"
	}
	return "looks"
}

func (f *finding) form(ctx context.Context) ui.EntryForm {
	upto := f.Last
	if upto.IsZero() {
		upto = ui.From(ctx).Now
	}
	form := ui.EntryForm{Kind: views.KindReviewed, Chart: due.House.String(), Class: "stack", Draft: "review-" + f.Rule + f.Person.String() + f.Client.String(), Hidden: []ui.Pair{
		{Name: "rule", Value: f.Rule}, {Name: "person", Value: f.Person.String()}, {Name: "upto", Value: upto.UTC().Format(time.RFC3339Nano)}, {Name: "then", Value: "/views/patterns"}}}
	if !f.Client.IsZero() {
		form.Hidden = append(form.Hidden, ui.Pair{Name: "client", Value: f.Client.String()})
	}
	return form
}

func choices(ctx context.Context, name, legend, prefix string, values []string) ui.Choices {
	c := ui.Choices{Name: name, Legend: ui.T(ctx, legend)}
	for _, v := range values {
		c.Choices = append(c.Choices, ui.Choice{Value: v, Label: ui.T(ctx, prefix+v)})
	}
	return c
}

// disclosuresView is the account of disclosures of a client.
type disclosuresView struct {
	Chart  record.ID
	Name   string
	Since  time.Time
	List   []views.Said[views.Disclosed]
	By     map[record.ID]string
	MayAdd bool
	Charts bool // reads charts
	Now    time.Time
}

// showDisclosures is the account of disclosures of six years: GET /clients/{chart}/disclosures.
func showDisclosures(c *web.Ctx) error {
	client, err := chartOf(c)
	if err != nil {
		return err
	}
	years, _ := views.RetentionYears()
	v := disclosuresView{Chart: client.ID, Name: client.Name, Since: c.Now.AddDate(-years, 0, 0), MayAdd: c.Scope.May(views.ActionDisclose), Charts: c.Scope.May("clients.read"), By: map[record.ID]string{}, Now: c.Now}
	for _, chart := range append([]record.ID{client.ID}, client.Merged...) {
		more, err := views.Disclosures(c.Read(), chart, v.Since)
		if err != nil {
			return err
		}
		v.List = append(v.List, more...)
	}
	slices.SortFunc(v.List, func(a, b views.Said[views.Disclosed]) int { return b.At.Compare(a.At) })
	for _, one := range v.List {
		if p := c.Directory.Person(one.Author); p != nil {
			v.By[one.Author] = p.Name
		}
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "views.page.disclosures")}, disclosuresPage(v))
}

func (v *disclosuresView) table(ctx context.Context) ui.TableData {
	t := ui.TableData{Caption: ui.T(ctx, "views.page.disclosures")}
	for _, key := range []string{"date", "recipient", "told", "purpose", "reason", "by"} {
		t.Columns = append(t.Columns, ui.Column{Title: ui.T(ctx, "views.page."+key)})
	}
	for _, d := range v.List {
		to := d.Says.Recipient
		if d.Says.Address != "" {
			to += ", " + d.Says.Address
		}
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{{Text: ui.DateText(ctx, d.At)}, {Text: to}, {Text: d.Says.What, PII: true}, {Text: ui.T(ctx, "views.purpose."+d.Says.Purpose)}, {Text: d.Says.Why}, {Text: v.By[d.Author]}}})
	}
	return t
}

func (v *disclosuresView) form() ui.EntryForm {
	return ui.EntryForm{ID: "disclose", Kind: views.KindDisclosed, Chart: v.Chart.String(), Class: "stack", Hidden: []ui.Pair{{Name: "then", Value: "/clients/" + v.Chart.String() + "/disclosures"}}}
}

type houseView struct {
	House     views.House
	Protected []ui.Pair // ID and name
	Source    string
	Years     int
	Added     bool // somebody is about to be watched
	YearsFrom string
}

// showHouse is what the house has decided about who looked: GET /views/house.
func showHouse(c *web.Ctx) error {
	v := houseView{}
	var err error
	if v.House, err = views.HouseOf(c.Read()); err != nil {
		return err
	}
	for _, id := range v.House.Protected {
		if c.Directory.Sees(c.Scope, id) == nil {
			c.Saw(id)
			v.Protected = append(v.Protected, ui.Pair{Name: id.String(), Value: clients.NameOf(c.Read(), id)})
		}
	}
	// One more is added by its chart's address: from who looked on it.
	if text := strings.TrimSpace(c.R.URL.Query().Get("protect")); text != "" {
		id, err := record.ParseID(text)
		if err != nil {
			return fault.New(fault.NotFound, "there is nothing here that you may see")
		}
		if err := c.See(id); err != nil {
			return err
		}
		if !slices.Contains(v.House.Protected, id) {
			c.Saw(id)
			v.Added, v.Protected = true, append(v.Protected, ui.Pair{Name: id.String(), Value: clients.NameOf(c.Read(), id)})
		}
	}
	_, v.Source = views.Rules()
	v.Years, v.YearsFrom = views.RetentionYears()
	return c.Show(ui.Page{Title: ui.T(c.Context(), "views.page.house")}, housePage(v))
}

func (v *houseView) form() ui.EntryForm {
	return ui.EntryForm{ID: "views-house", Kind: views.KindHouse, Chart: due.House.String(), Class: "stack-l", Hidden: []ui.Pair{{Name: "then", Value: "/views/house"}}}
}

// onChoices offers the patterns that are off unless the house wants them, offChoices those that it may do without.
func (v *houseView) onChoices(ctx context.Context) ui.Choices {
	return v.rules(ctx, "on", false, v.House.On)
}

func (v *houseView) offChoices(ctx context.Context) ui.Choices {
	return v.rules(ctx, "off", true, v.House.Off)
}

func (v *houseView) rules(ctx context.Context, name string, on bool, chosen []string) ui.Choices {
	c := ui.Choices{Name: name, Many: true, Legend: ui.T(ctx, "views.page.rules_"+name)}
	all, _ := views.Rules()
	for _, r := range all {
		if r.On == on {
			c.Choices = append(c.Choices, ui.Choice{Value: r.ID, Label: ui.T(ctx, "views.rule."+r.ID), Checked: slices.Contains(chosen, r.ID)})
		}
	}
	return c
}
