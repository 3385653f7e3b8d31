package room

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"milieu/house/places"
	"milieu/house/staff"
	"milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// staffView is the list of colleagues.
type staffView struct {
	People    []staff.Person
	Teams     map[record.ID]string // names of a person's units
	Query     string
	Sort      string
	Left      bool // those who left, instead of those who work here
	MayManage bool
}

func showStaff(c *web.Ctx) error {
	v, err := staffFor(c)
	if err != nil {
		return err
	}
	if c.Scripted() {
		return c.Fragment(staffList(v))
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "staff.people")}, staffPage(v))
}

func staffFor(c *web.Ctx) (staffView, error) {
	form := c.R.URL.Query()
	v := staffView{Query: form.Get("q"), Sort: form.Get("sort"), MayManage: c.Scope.May("staff.manage"), Teams: map[record.ID]string{}}
	v.Left = v.MayManage && form.Get("left") != ""
	q := c.Read()
	units, err := places.Units(q)
	if err != nil {
		return v, err
	}
	teams, err := staff.AllTeams(q, c.Now)
	if err != nil {
		return v, err
	}
	for _, u := range units {
		for _, m := range teams {
			if m.Unit == u.ID {
				v.Teams[m.Person] = join2(v.Teams[m.Person], u.Name)
			}
		}
	}
	all, err := staff.All(q)
	if err != nil {
		return v, err
	}
	wanted := strings.Fields(staff.FoldSignIn(v.Query))
	for _, p := range all {
		if p.Active() == v.Left || !v.MayManage && c.Directory.Sees(c.Scope, p.ID) != nil {
			continue
		}
		if v.matches(c.Context(), p, wanted) {
			v.People = append(v.People, p)
		}
	}
	v.order()
	return v, nil
}

func join2(list, more string) string {
	if list == "" {
		return more
	}
	return list + ", " + more
}

func (v staffView) matches(ctx context.Context, p staff.Person, wanted []string) bool {
	text := p.Name + " " + roleText(ctx, p.Role) + " " + v.Teams[p.ID]
	if v.MayManage {
		text += " " + p.Legal + " " + p.SignIn
	}
	text = staff.FoldSignIn(text)
	return !slices.ContainsFunc(wanted, func(w string) bool { return !strings.Contains(text, w) })
}

// order sorts by what was asked for; people come by name already.
func (v staffView) order() {
	switch v.Sort {
	case "role":
		slices.SortStableFunc(v.People, func(a, b staff.Person) int {
			return slices.Index(access.Roles, a.Role) - slices.Index(access.Roles, b.Role)
		})
	case "team":
		slices.SortStableFunc(v.People, func(a, b staff.Person) int { return places.Natural(v.Teams[a.ID], v.Teams[b.ID]) })
	case "name-":
		slices.Reverse(v.People)
	}
}

func (v staffView) path(sort string) string {
	form := url.Values{}
	for name, value := range map[string]string{"q": v.Query, "sort": sort} {
		if value != "" {
			form.Set(name, value)
		}
	}
	if v.Left {
		form.Set("left", "1")
	}
	if len(form) == 0 {
		return "/staff"
	}
	return "/staff?" + form.Encode()
}

func (v staffView) table(ctx context.Context) ui.TableData {
	name := ui.Column{Title: ui.T(ctx, "staff.name"), SortHref: v.path("name-"), Sorted: 1}
	role := ui.Column{Title: ui.T(ctx, "staff.role"), SortHref: v.path("role")}
	team := ui.Column{Title: ui.T(ctx, "staff.teams"), SortHref: v.path("team")}
	switch v.Sort {
	case "name-":
		name.SortHref, name.Sorted = v.path(""), -1
	case "role":
		name.SortHref, name.Sorted, role.Sorted = v.path(""), 0, 1
	case "team":
		name.SortHref, name.Sorted, team.Sorted = v.path(""), 0, 1
	}
	t := ui.TableData{Caption: ui.T(ctx, "staff.count", len(v.People)), Columns: []ui.Column{name, role, team}}
	for _, p := range v.People {
		row := ui.TableRow{ID: "staff-" + p.ID.String(), Cells: []ui.Cell{{Text: p.Name, Href: personPath(p.ID)}, {Text: roleText(ctx, p.Role)}, {Text: v.Teams[p.ID]}}}
		if v.MayManage {
			row.Cells = append(row.Cells, ui.Cell{Text: p.SignIn})
		}
		t.Rows = append(t.Rows, row)
	}
	if v.MayManage {
		t.Columns = append(t.Columns, ui.Column{Title: ui.T(ctx, "staff.sign_in")})
	}
	return t
}
