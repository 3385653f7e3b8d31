package room

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"milieu/house/places"
	"milieu/house/staff"
	"milieu/house/staff/credentials"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// boardView is who holds which certificate until when.
type boardView struct {
	Rows   []boardRow // those asked for, the gravest first, then by when they lapse
	Counts map[credentials.State]int
	Units  []places.Unit
	Unit   record.ID // zero: the whole house
	What   string    // a sort; empty: all
	Show   string    // "" what asks for something; "all" everything
	Tabs   []ui.Tab
	Known  int // how many certificates and gaps there are at all
	Found  int // rows on all pages
	Page   int // from 0
}

type boardRow struct {
	credentials.Standing
	Who   staff.Person
	Teams string
}

func showBoard(c *web.Ctx) error {
	v, err := boardFor(c)
	if err != nil {
		return err
	}
	switch {
	case c.R.URL.Query().Get("as") == "csv":
		return v.csv(c)
	case c.Scripted():
		return c.Fragment(boardList(v))
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "staff.certificates")}, boardPage(v))
}

func boardFor(c *web.Ctx) (*boardView, error) {
	form := c.R.URL.Query()
	v := &boardView{Counts: map[credentials.State]int{}, What: form.Get("what"), Show: form.Get("show"), Tabs: adminTabs(c, "/staff/certificates")}
	q := c.Read()
	units, err := places.Units(q)
	if err != nil {
		return nil, err
	}
	v.Units = places.Within(c.Scope, units)
	if id, err := record.ParseID(form.Get("unit")); err == nil && slices.ContainsFunc(v.Units, func(u places.Unit) bool { return u.ID == id }) {
		v.Unit = id
	}
	all, err := everyStanding(c, units)
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		if !v.Unit.IsZero() && !slices.Contains(r.units, v.Unit) {
			continue
		}
		for _, s := range r.standing {
			v.Known++
			if v.What != "" && s.What != v.What {
				continue
			}
			v.Counts[s.State]++
			if v.Show == "all" || s.State != credentials.Valid && s.State != credentials.Released || s.Newer != nil {
				v.Rows = append(v.Rows, boardRow{s, r.person, r.teams})
			}
		}
	}
	slices.SortStableFunc(v.Rows, func(a, b boardRow) int { return cmp.Or(a.Rank()-b.Rank(), a.Lapse.Compare(b.Lapse)) })
	v.Found = len(v.Rows)
	if form.Get("as") != "csv" {
		v.Rows, v.Page = onePage(v.Rows, form.Get("page"))
	}
	return v, nil
}

// personStanding is how one person who works here stands, and where they belong.
type personStanding struct {
	person   staff.Person
	units    []record.ID
	teams    string
	standing []credentials.Standing
}

// everyStanding gives how everybody stands who works here, by name. It is the same for all who may read it, and nobody changes it.
func everyStanding(c *web.Ctx, units []places.Unit) ([]personStanding, error) {
	return web.Remember(c, record.Zero, "staff standing", func() ([]personStanding, error) { return readStanding(c, units) })
}

// readStanding reads each table once, however many people there are.
func readStanding(c *web.Ctx, units []places.Unit) ([]personStanding, error) {
	q := c.Read()
	people, err := staff.All(q)
	if err != nil {
		return nil, err
	}
	teams, err := staff.AllTeams(q, c.Now)
	if err != nil {
		return nil, err
	}
	held, err := credentials.All(q)
	if err != nil {
		return nil, err
	}
	required, err := credentials.Requirements(q)
	if err != nil {
		return nil, err
	}
	zone, err := credentials.Zone(q)
	if err != nil {
		return nil, err
	}
	of, names := map[record.ID][]record.ID{}, map[record.ID]string{}
	for _, u := range units {
		for _, m := range teams {
			if m.Unit == u.ID {
				of[m.Person] = append(of[m.Person], u.ID)
				names[m.Person] = join2(names[m.Person], u.Name)
			}
		}
	}
	theirs := map[record.ID][]credentials.Held{}
	for i, from := 0, 0; i < len(held); i++ { // held comes person by person
		if i+1 == len(held) || held[i+1].Person != held[i].Person {
			theirs[held[i].Person], from = held[from:i+1], i+1
		}
	}
	out := make([]personStanding, 0, len(people))
	for _, p := range people {
		if p.Active() && mayHold(p.Role) {
			out = append(out, personStanding{p, of[p.ID], names[p.ID], credentials.Stand(p.ID, p.Role, of[p.ID], required, theirs[p.ID], zone, c.Now)})
		}
	}
	return out, nil
}

// onePage keeps the page of a list that is asked for, counted from 0; one that is not there is the nearest that is.
func onePage[T any](list []T, asked string) (page []T, number int) {
	number, _ = strconv.Atoi(asked) // what is no number is the first
	number = min(max(number, 0), max(0, (len(list)-1)/perPage))
	from := number * perPage
	return list[from:min(from+perPage, len(list))], number
}

func (v *boardView) pages() pageNav {
	return pageNav{v.Page, len(v.Rows), v.Found, func(page int) string { return v.path(ui.Pair{Name: "page", Value: strconv.Itoa(page)}) }}
}

func (v *boardView) path(more ...ui.Pair) string {
	form := url.Values{}
	put := func(name, value string) {
		if value == "" {
			form.Del(name)
		} else {
			form.Set(name, value)
		}
	}
	put("what", v.What)
	put("show", v.Show)
	if !v.Unit.IsZero() {
		put("unit", v.Unit.String())
	}
	for _, p := range more {
		put(p.Name, p.Value)
	}
	if len(form) == 0 {
		return "/staff/certificates"
	}
	return "/staff/certificates?" + form.Encode()
}

func (v *boardView) tally(ctx context.Context) []ui.Count {
	count := func(s credentials.State, key string) ui.Count {
		return ui.Count{Value: strconv.Itoa(v.Counts[s]), Label: ui.T(ctx, key)}
	}
	return []ui.Count{count(credentials.Lapsed, "staff.tally_lapsed"), count(credentials.Missing, "staff.tally_missing"), count(credentials.Lapsing, "staff.tally_lapsing"), count(credentials.Waiting, "staff.tally_waiting")}
}

func (v *boardView) unitChoices(ctx context.Context) []ui.Choice {
	out := []ui.Choice{{Label: ui.T(ctx, "staff.every_unit"), Checked: v.Unit.IsZero()}}
	for _, u := range v.Units {
		out = append(out, ui.Choice{Value: u.ID.String(), Label: u.Name, Checked: u.ID == v.Unit})
	}
	return out
}

func (v *boardView) sortChoices(ctx context.Context) []ui.Choice {
	out := []ui.Choice{{Label: ui.T(ctx, "staff.every_sort"), Checked: v.What == ""}}
	for _, s := range credentials.Sorts() {
		out = append(out, ui.Choice{Value: s.Code, Label: ui.T(ctx, "staff.credential."+s.Code), Checked: s.Code == v.What})
	}
	return out
}

func (v *boardView) table(ctx context.Context) ui.TableData {
	t := ui.TableData{Caption: ui.T(ctx, "staff.certificates_count", v.Found), Columns: []ui.Column{{Title: ui.T(ctx, "staff.name")}, {Title: ui.T(ctx, "staff.certificate_what")}, {Title: ui.T(ctx, "staff.role")}, {Title: ui.T(ctx, "staff.teams")}}}
	for i := range v.Rows {
		r := &v.Rows[i]
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{{Text: r.Who.Name, Href: personPath(r.Person) + "#certificates"}, {Component: stateCell(&r.Standing)}, {Text: roleText(ctx, r.Who.Role)}, {Text: r.Teams}}})
	}
	return t
}

// csv writes the board for a spreadsheet, with the days as numbers do not mislead.
func (v *boardView) csv(c *web.Ctx) error {
	h := c.W.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", `attachment; filename="certificates-`+c.Now.Format("2006-01-02")+`.csv"`)
	lines := [][]string{{"person", "chart", "role", "teams", "certificate", "number", "issued_by", "from", "until", "state", "vouched", "required"}}
	for i := range v.Rows {
		r := &v.Rows[i]
		line := []string{plain(r.Who.Name), r.Person.String(), string(r.Who.Role), plain(r.Teams), plain(sortWords(c.Context(), r.What, r.Name)), "", "", "", "", string(r.State), "", "no"}
		if r.Held != nil {
			line[5], line[6], line[7], line[8], line[10] = plain(r.Held.Number), plain(r.Held.IssuedBy), r.Held.From, r.Held.Until, r.Held.How
		}
		if r.Requirement != nil {
			line[11] = "yes"
		}
		lines = append(lines, line)
	}
	if err := csv.NewWriter(c.W).WriteAll(lines); err != nil {
		return fmt.Errorf("writing the certificates: %w", err)
	}
	return nil
}

// plain keeps a spreadsheet from reading a text as a formula.
func plain(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// adminTabs are the pages about the staff, those that this reader has.
func adminTabs(c *web.Ctx, current string) []ui.Tab {
	var out []ui.Tab
	for _, t := range []struct{ key, href, action string }{
		{"staff.people", "/staff", "staff.read"},
		{"staff.certificates", "/staff/certificates", "staff.credential.read"},
		{"staff.requirements", "/staff/requirements", "staff.credential.read"},
		{"staff.roles", "/staff/roles", "staff.read"},
		{"signin.tokens_nav", "/tokens", "signin.tokens"},
		{"staff.custodians", "/access/custodians", "access.custodian"},
	} {
		if c.Scope.May(t.action) {
			out = append(out, ui.Tab{Label: ui.T(c.Context(), t.key), Href: t.href, Current: t.href == current})
		}
	}
	if len(out) < 2 {
		return nil
	}
	return out
}
