package room

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"milieu/house/places"
	"milieu/house/staff"
	"milieu/house/staff/credentials"
	"milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// Which people a list shows.
const (
	whoHere     = ""         // works here
	whoLeft     = "left"     // worked here
	whoNever    = "never"    // has not signed in yet
	whoSecond   = "second"   // signs in by a password alone
	whoLapsing  = "lapsing"  // has a certificate that asks for something
	whoElse     = "family"   // clients and families, who have accounts and do not work here
	whoMachines = "machines" // other programs
)

// perPage is how many people stand on one page of the list.
const perPage = 100

// staffView is the list of colleagues; to who manages accounts, of everybody who has one.
type staffView struct {
	People    []staff.Person // of this page
	Teams     map[record.ID]string
	Accounts  map[record.ID]web.Account // nil: not shown
	Gravest   map[record.ID]*credentials.Standing
	Units     []places.Unit
	Tabs      []ui.Tab
	Found     int // on all pages
	Page      int // from 0
	Query     string
	Sort      string
	Who       string
	Role      access.Role
	Unit      record.ID
	MayManage bool
	MayRead   bool // certificates
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

// asked reads what the list is asked for. What this reader may not ask for is left out.
func asked(c *web.Ctx) *staffView {
	form := c.R.URL.Query()
	v := &staffView{Query: form.Get("q"), Sort: form.Get("sort"), Teams: map[record.ID]string{}, Gravest: map[record.ID]*credentials.Standing{}, Tabs: adminTabs(c, "/staff"),
		MayManage: c.Scope.May("staff.manage"), MayRead: c.Scope.May("staff.credential.read")}
	switch who := form.Get("who"); {
	case who == whoLapsing && v.MayRead, v.MayManage && slices.Contains([]string{whoLeft, whoNever, whoSecond, whoElse, whoMachines}, who):
		v.Who = who
	case v.MayManage && form.Get("left") != "": // as older links have it
		v.Who = whoLeft
	}
	if r := access.Role(form.Get("role")); slices.Contains(access.Roles, r) {
		v.Role = r
	}
	v.Unit, _ = record.ParseID(form.Get("unit")) // what is no unit asks for none
	return v
}

func staffFor(c *web.Ctx) (*staffView, error) {
	v := asked(c)
	q := c.Read()
	units, err := places.Units(q)
	if err != nil {
		return nil, err
	}
	v.Units = places.Within(c.Scope, units)
	teams, err := staff.AllTeams(q, c.Now)
	if err != nil {
		return nil, err
	}
	in := map[record.ID]bool{}
	for _, u := range units {
		for _, m := range teams {
			if m.Unit == u.ID {
				v.Teams[m.Person] = join2(v.Teams[m.Person], u.Name)
				in[m.Person] = in[m.Person] || u.ID == v.Unit
			}
		}
	}
	if !slices.ContainsFunc(v.Units, func(u places.Unit) bool { return u.ID == v.Unit }) {
		v.Unit = record.Zero
	}
	if v.MayManage {
		all, ok, err := accountsOf(c)
		if err != nil {
			return nil, err
		}
		if ok {
			v.Accounts = all
		}
	}
	if v.Who == whoLapsing {
		if err := v.stand(c, units); err != nil {
			return nil, err
		}
	}
	all, err := staff.All(q)
	if err != nil {
		return nil, err
	}
	wanted := strings.Fields(staff.FoldSignIn(v.Query))
	for _, p := range all {
		if !v.MayManage && c.Directory.Sees(c.Scope, p.ID) != nil || !v.Unit.IsZero() && !in[p.ID] || v.Role != "" && p.Role != v.Role || !v.among(&p) {
			continue
		}
		if len(wanted) == 0 || v.matches(c.Context(), p, wanted) {
			v.People = append(v.People, p)
		}
	}
	v.order()
	v.Found = len(v.People)
	v.People, v.Page = onePage(v.People, c.R.URL.Query().Get("page"))
	if v.MayRead && v.Who != whoLapsing {
		return v, v.standOf(c)
	}
	return v, nil
}

// among says whether somebody is of those that are asked for.
func (v *staffView) among(p *staff.Person) bool {
	a := v.Accounts[p.ID]
	switch v.Who {
	case whoLeft:
		return !p.Active() && !p.Role.Guest()
	case whoNever:
		return p.Active() && p.Role != access.Integration && !a.Set
	case whoSecond:
		return p.Active() && !p.Role.Machine() && a.Set && !a.Second
	case whoLapsing:
		return p.Active() && v.Gravest[p.ID] != nil
	case whoElse:
		return p.Role.Guest()
	case whoMachines:
		return p.Role.Machine()
	}
	return p.Active() && !p.Role.Guest() && (!p.Role.Machine() || v.MayManage)
}

// stand finds who has a certificate that asks for something, of everybody.
func (v *staffView) stand(c *web.Ctx, units []places.Unit) error {
	all, err := everyStanding(c, units)
	for i := range all {
		v.note(all[i].person.ID, all[i].standing)
	}
	return err
}

// standOf looks at the certificates of those on this page alone.
func (v *staffView) standOf(c *web.Ctx) error {
	for i := range v.People {
		p := &v.People[i]
		if !p.Active() || !mayHold(p.Role) {
			continue
		}
		standing, err := credentials.StandingOf(c.Read(), p, c.Now)
		if err != nil {
			return err
		}
		v.note(p.ID, standing)
	}
	return nil
}

// note keeps the gravest of somebody's standings that ask for something.
func (v *staffView) note(person record.ID, standing []credentials.Standing) {
	for i := range standing {
		s := &standing[i]
		if s.State == credentials.Valid || s.State == credentials.Released {
			continue
		}
		if old := v.Gravest[person]; old == nil || s.Rank() < old.Rank() {
			v.Gravest[person] = s
		}
	}
}

func join2(list, more string) string {
	if list == "" {
		return more
	}
	return list + ", " + more
}

func (v *staffView) matches(ctx context.Context, p staff.Person, wanted []string) bool {
	text := p.Name + " " + roleText(ctx, p.Role) + " " + v.Teams[p.ID]
	if v.MayManage {
		text += " " + p.Legal + " " + p.SignIn
	}
	text = staff.FoldSignIn(text)
	return !slices.ContainsFunc(wanted, func(w string) bool { return !strings.Contains(text, w) })
}

// order sorts by what was asked for; people come by name already.
func (v *staffView) order() {
	switch v.Sort {
	case "role":
		slices.SortStableFunc(v.People, func(a, b staff.Person) int {
			return slices.Index(access.Roles, a.Role) - slices.Index(access.Roles, b.Role)
		})
	case "team":
		slices.SortStableFunc(v.People, func(a, b staff.Person) int { return places.Natural(v.Teams[a.ID], v.Teams[b.ID]) })
	case "name-":
		slices.Reverse(v.People)
	case "joined":
		slices.SortStableFunc(v.People, func(a, b staff.Person) int { return cmp.Compare(b.Joined.UnixMicro(), a.Joined.UnixMicro()) })
	}
}

// path is the list's address with some of what it is asked for said anew.
func (v *staffView) path(more ...ui.Pair) string {
	form := url.Values{}
	put := func(name, value string) {
		if value == "" {
			form.Del(name)
		} else {
			form.Set(name, value)
		}
	}
	put("q", v.Query)
	put("sort", v.Sort)
	put("who", v.Who)
	put("role", string(v.Role))
	if !v.Unit.IsZero() {
		put("unit", v.Unit.String())
	}
	for _, p := range more {
		put(p.Name, p.Value)
	}
	if len(form) == 0 {
		return "/staff"
	}
	return "/staff?" + form.Encode()
}

func (v *staffView) sorted(key string) string { return v.path(ui.Pair{Name: "sort", Value: key}) }

func (v *staffView) pages() pageNav {
	return pageNav{v.Page, len(v.People), v.Found, func(page int) string { return v.path(ui.Pair{Name: "page", Value: strconv.Itoa(page)}) }}
}

// pageNav says which page of a long list is shown.
type pageNav struct {
	page, shown, found int
	path               func(page int) string
}

// span says which of how many are shown.
func (p pageNav) span(ctx context.Context) string {
	from := p.page * perPage
	return ui.T(ctx, "staff.span", from+1, from+p.shown, p.found)
}

func (p pageNav) more() bool { return (p.page+1)*perPage < p.found }

// filtered says that the list shows only some of those who work here.
func (v *staffView) filtered() bool { return v.Role != "" || !v.Unit.IsZero() }

func (v *staffView) table(ctx context.Context) ui.TableData {
	name := ui.Column{Title: ui.T(ctx, "staff.name"), SortHref: v.sorted("name-"), Sorted: 1}
	role := ui.Column{Title: ui.T(ctx, "staff.role"), SortHref: v.sorted("role")}
	team := ui.Column{Title: ui.T(ctx, "staff.teams"), SortHref: v.sorted("team")}
	since := ui.Column{Title: ui.T(ctx, "staff.joined_on"), SortHref: v.sorted("joined")}
	if v.Sort != "" {
		name.SortHref, name.Sorted = v.sorted(""), 0
	}
	switch v.Sort {
	case "name-":
		name.Sorted = -1
	case "role":
		role.Sorted = 1
	case "team":
		team.Sorted = 1
	case "joined":
		since.Sorted = -1
	}
	t := ui.TableData{Caption: ui.T(ctx, "staff.count", v.Found), Columns: []ui.Column{name, role, team}}
	if v.MayRead {
		t.Columns = append(t.Columns, ui.Column{Title: ui.T(ctx, "staff.certificates")})
	}
	if v.MayManage {
		t.Columns = append(t.Columns, ui.Column{Title: ui.T(ctx, "staff.sign_in")}, since)
	}
	for i := range v.People {
		p := &v.People[i]
		row := ui.TableRow{ID: "staff-" + p.ID.String(), Cells: []ui.Cell{{Text: p.Name, Href: personPath(p.ID)}, {Text: roleText(ctx, p.Role)}, {Text: v.Teams[p.ID]}}}
		if v.MayRead {
			cell := ui.Cell{}
			if s := v.Gravest[p.ID]; s != nil {
				cell.Component = gravest(s)
			}
			row.Cells = append(row.Cells, cell)
		}
		if v.MayManage {
			row.Cells = append(row.Cells, ui.Cell{Component: signInCell(v, p)}, ui.Cell{Text: ui.DateText(ctx, p.Joined)})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// signInWords say how somebody stands to signing in; empty where there is nothing to say.
func (v *staffView) signInWords(ctx context.Context, p *staff.Person) string {
	a, known := v.Accounts[p.ID]
	switch {
	case v.Accounts == nil || !p.Active() || p.Role == access.Integration:
		return ""
	case p.SignIn == "":
		return ui.T(ctx, "staff.account_none")
	case !known || !a.Set:
		return ui.T(ctx, "staff.account_never")
	case !a.Second && !p.Role.Machine():
		return ui.T(ctx, "staff.account_password")
	}
	return ""
}

func (v *staffView) whoChoices(ctx context.Context) []ui.Choice {
	list := []struct {
		value, key string
		shown      bool
	}{
		{whoHere, "staff.who_here", true}, {whoLapsing, "staff.who_lapsing", v.MayRead}, {whoNever, "staff.who_never", v.Accounts != nil}, {whoSecond, "staff.who_second", v.Accounts != nil},
		{whoElse, "staff.who_else", v.MayManage}, {whoMachines, "staff.who_machines", v.MayManage}, {whoLeft, "staff.who_left", v.MayManage},
	}
	var out []ui.Choice
	for _, w := range list {
		if w.shown {
			out = append(out, ui.Choice{Value: w.value, Label: ui.T(ctx, w.key), Checked: w.value == v.Who})
		}
	}
	return out
}

func (v *staffView) roleFilter(ctx context.Context) []ui.Choice {
	out := []ui.Choice{{Label: ui.T(ctx, "staff.every_role"), Checked: v.Role == ""}}
	for _, r := range access.Roles {
		if !r.Guest() {
			out = append(out, ui.Choice{Value: string(r), Label: roleText(ctx, r), Checked: r == v.Role})
		}
	}
	return out
}

func (v *staffView) unitFilter(ctx context.Context) []ui.Choice {
	out := []ui.Choice{{Label: ui.T(ctx, "staff.every_unit"), Checked: v.Unit.IsZero()}}
	for _, u := range v.Units {
		out = append(out, ui.Choice{Value: u.ID.String(), Label: u.Name, Checked: u.ID == v.Unit})
	}
	return out
}
