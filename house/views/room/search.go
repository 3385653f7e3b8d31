package room

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"milieu/house/clients"
	"milieu/house/places"
	"milieu/kit/access"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/view"
	"milieu/kit/web"
)

const (
	searchPage = 100
	mostCSV    = 50_000 // rows of one export
)

// searchView is a search of the log and what it found.
type searchView struct {
	Ask       view.Query
	Form      url.Values
	Who       string // the names of whom is asked for
	Client    string
	Units     []places.Unit
	Rows      []view.Row
	More      bool
	Wrong     string // why the search could not be made
	words     *words
	zone      *time.Location
	Second    view.State
	MayReview bool
	MayHouse  bool
}

// showSearch is the whole log, for those who audit: GET /views?person=…&chart=…&unit=…&under=…&from=…&until=…&before=…. Their own looks are in it too.
func showSearch(c *web.Ctx) error {
	v, err := searchOf(c, c.R.URL.Query())
	if err != nil {
		return err
	}
	if v.Form.Get("as") == "csv" {
		return v.csv(c)
	}
	return v.show(c)
}

// findNamed is a search by names, which stand in no address: it leads to the same search by the IDs of those who are called so. POST /views.
func findNamed(c *web.Ctx) error {
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Malformed, err, "the form could not be read")
	}
	v, err := searchOf(c, c.R.PostForm)
	if err == nil {
		err = v.named(c)
	}
	if err != nil {
		return err
	}
	if v.Wrong == "" {
		return c.Redirect(v.link())
	}
	return v.show(c)
}

func searchOf(c *web.Ctx, form url.Values) (v *searchView, err error) {
	v = &searchView{Form: form, Second: c.Views.State(), MayReview: c.Scope.May("views.review"), MayHouse: c.Scope.May("views.house"), zone: ui.From(c.Context()).Zone}
	if v.Units, err = places.Units(c.Read()); err != nil {
		return nil, err
	}
	if v.words, err = wordsFor(c, false); err != nil {
		return nil, err
	}
	v.ask(c)
	if !v.Ask.Person.IsZero() {
		v.Who = v.words.person(v.Ask.Person, "")
	}
	if !v.Ask.Chart.IsZero() {
		v.Client = v.words.client(v.Ask.Chart)
		c.Saw(v.Ask.Chart)
	}
	return v, nil
}

func (v *searchView) show(c *web.Ctx) (err error) {
	if v.Wrong == "" {
		if v.Rows, v.More, err = view.Search(c.ViewRows(), v.Ask); err != nil {
			return err
		}
	}
	sawRows(c, v.Rows)
	return c.Show(ui.Page{Title: ui.T(c.Context(), "views.page.search")}, searchPageView(*v))
}

// sawRows logs that somebody was shown the looks at these charts: whoever audits is in the log as well.
func sawRows(c *web.Ctx, rows []view.Row) {
	var charts []record.ID
	for i := range rows {
		if !rows[i].Chart.IsZero() {
			charts = append(charts, rows[i].Chart)
		}
	}
	if len(charts) == 0 {
		c.SawAll()
		return
	}
	c.Saw(charts...)
}

func (v *searchView) ask(c *web.Ctx) {
	get := func(name string) string { return strings.TrimSpace(v.Form.Get(name)) }
	id := func(name string) record.ID {
		id, _ := record.ParseID(get(name)) // what is no ID asks for nothing
		return id
	}
	v.Ask = view.Query{Person: id("person"), Chart: id("chart"), Unit: id("unit"), From: day(c, "from"), Until: day(c, "until"), Limit: searchPage}
	if !v.Ask.Until.IsZero() {
		v.Ask.Until = v.Ask.Until.AddDate(0, 0, 1) // the day itself is meant too
	}
	if _, known := access.ParseTie(get("under")); known {
		v.Ask.Under = get("under")
	}
	if get("kind") == string(view.Refused) {
		v.Ask.Kind = view.Refused
	}
	v.Ask.Before, _ = strconv.ParseInt(get("before"), 10, 64)
}

// named puts IDs in the place of names that were written anew, and takes away those whose name was taken away.
func (v *searchView) named(c *web.Ctx) (err error) {
	if who := c.Words("who"); who != v.Who {
		v.Who = who
		v.Ask.Person = staffNamed(c, who)
		v.Form.Set("person", idText(v.Ask.Person))
		if who != "" && v.Ask.Person.IsZero() {
			v.Wrong = ui.T(c.Context(), "views.page.no_staff", who)
		}
	}
	if name := c.Words("client"); name != v.Client {
		v.Client = name
		if v.Ask.Chart, err = v.clientNamed(c, name); err != nil {
			return err
		}
		v.Form.Set("chart", idText(v.Ask.Chart))
		if name != "" && v.Ask.Chart.IsZero() {
			v.Wrong = ui.T(c.Context(), "views.page.no_client", name)
		}
	}
	return nil
}

// idText is an ID as an address has it; empty for none.
func idText(id record.ID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

// staffNamed is the one person called so, or whose name alone holds these words.
func staffNamed(c *web.Ctx, name string) (found record.ID) {
	if name == "" {
		return found
	}
	name = strings.ToLower(name)
	n := 0
	for _, p := range c.Directory.People() {
		if strings.ToLower(p.Name) == name {
			return p.ID
		}
		if strings.Contains(strings.ToLower(p.Name), name) {
			found = p.ID
			n++
		}
	}
	if n != 1 {
		return record.Zero
	}
	return found
}

func (v *searchView) clientNamed(c *web.Ctx, name string) (found record.ID, err error) {
	if name == "" {
		return found, nil
	}
	name = strings.ToLower(name)
	n := 0
	for _, u := range v.Units {
		cards, err := clients.Cards(c.Read(), u.ID)
		if err != nil {
			return found, err
		}
		for i := range cards {
			if strings.ToLower(cards[i].Name) == name || cards[i].Number == name {
				return cards[i].ID, nil
			}
			if strings.Contains(strings.ToLower(cards[i].Name), name) {
				found = cards[i].ID
				n++
			}
		}
	}
	if n != 1 {
		return record.Zero, nil
	}
	return found, nil
}

// link is the search with some of its parts set otherwise.
func (v *searchView) link(pairs ...string) string {
	q := url.Values{}
	for k, all := range v.Form {
		if !slices.Contains([]string{"before", "as", "who", "client"}, k) && len(all) > 0 && all[0] != "" {
			q.Set(k, all[0])
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return "/views?" + q.Encode()
}

// of says whose chart a row is about, in words.
func (v *searchView) of(ctx context.Context, r *view.Row) string {
	switch {
	case !r.Chart.IsZero():
		if name := v.words.client(r.Chart); name != "" {
			return name
		}
		return ui.T(ctx, "views.page.nobody")
	case r.Set != nil:
		return ui.T(ctx, "views.page.several", len(r.Set.Charts()))
	}
	return ""
}

func (v *searchView) what(ctx context.Context, r *view.Row) string {
	switch r.Kind {
	case view.Refused:
		return ui.T(ctx, "views.page.was_refused")
	case view.Lost:
		return ui.T(ctx, "views.page.was_lost", r.Upto)
	case view.Ended:
		return ui.T(ctx, "views.page.was_ended", r.Upto)
	}
	return r.Route
}

func (v *searchView) table(ctx context.Context) ui.TableData {
	t := ui.TableData{Caption: ui.T(ctx, "views.page.found")}
	for _, key := range []string{"when", "who", "whom", "unit", "why", "page", "from_where"} {
		t.Columns = append(t.Columns, ui.Column{Title: ui.T(ctx, "views.page."+key)})
	}
	for i := range v.Rows {
		r := &v.Rows[i]
		whom := ui.Cell{Text: v.of(ctx, r), PII: true}
		if !r.Chart.IsZero() {
			whom.Href = v.link("chart", r.Chart.String())
		}
		who := ui.Cell{Text: v.words.role(r.Role)}
		if !r.Person.IsZero() { // what the log says of itself is of nobody
			who = ui.Cell{Text: v.words.person(r.Person, r.Role) + ", " + who.Text, Href: v.link("person", r.Person.String())}
		}
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{
			{Text: ui.ExactText(ctx, r.At)}, who, whom,
			{Text: v.words.units[r.Unit]}, {Text: v.words.why(r.Under, r.Unit)}, {Text: v.what(ctx, r)}, {Text: r.Address}}})
	}
	return t
}

// csv writes what was found as a table for a spreadsheet.
func (v *searchView) csv(c *web.Ctx) error {
	v.Ask.Limit = mostCSV
	rows, _, err := view.Search(c.ViewRows(), v.Ask)
	if err != nil {
		return err
	}
	sawRows(c, rows)
	h := c.W.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", `attachment; filename="views-`+c.Now.Format(time.DateOnly)+`.csv"`)
	w := csv.NewWriter(c.W)
	lines := make([][]string, 1, len(rows)+1)
	lines[0] = []string{"seq", "at", "kind", "person", "person_name", "role", "session", "device", "address", "route", "unit", "charts", "relation", "break_glass"}
	for i := range rows {
		r := &rows[i]
		var charts []string
		if !r.Chart.IsZero() {
			charts = append(charts, r.Chart.String())
		}
		for _, id := range r.Set.Charts() {
			charts = append(charts, id.String())
		}
		lines = append(lines, []string{strconv.FormatInt(r.Seq, 10), r.At.Format(time.RFC3339Nano), string(r.Kind), r.Person.String(), safe(v.words.person(r.Person, r.Role)), safe(r.Role), r.Session.String(),
			safe(r.Device), safe(r.Address), safe(r.Route), safe(v.words.units[r.Unit]), strings.Join(charts, " "), safe(r.Under), r.Glass.String()})
	}
	if err := w.WriteAll(lines); err != nil {
		return fmt.Errorf("writing the log of views: %w", err)
	}
	return nil
}

func seqText(seq int64) string { return strconv.FormatInt(seq, 10) }

func (v *searchView) unitChoices(ctx context.Context) ui.Choices {
	c := ui.Choices{Name: "unit", Legend: ui.T(ctx, "views.page.unit")}
	for _, u := range v.Units {
		c.Choices = append(c.Choices, ui.Choice{Value: u.ID.String(), Label: u.Name, Checked: v.Ask.Unit == u.ID})
	}
	return c
}

func (v *searchView) underChoices(ctx context.Context) ui.Choices {
	c := ui.Choices{Name: "under", Legend: ui.T(ctx, "views.page.why")}
	for _, t := range access.AllTies.Each() {
		word := t.String()
		if ui.Has(ctx, "views.under."+word) {
			c.Choices = append(c.Choices, ui.Choice{Value: word, Label: ui.T(ctx, "views.under."+word), Checked: v.Ask.Under == word})
		}
	}
	return c
}
