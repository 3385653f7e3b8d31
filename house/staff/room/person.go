package room

import (
	"context"
	"slices"

	"milieu/house/places"
	"milieu/house/staff"
	"milieu/kit/access"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

func personPath(person record.ID) string { return "/staff/" + person.String() }

// personView is one colleague.
type personView struct {
	staff.Person
	Self      bool
	Running   *staff.Shift
	Teams     []staff.Membership
	Plans     []staff.Plan
	Units     []places.Unit // open ones one may put people in
	Names     map[record.ID]string
	Taken     string // who holds the sign-in name instead
	MayManage bool
	MayAssign bool
	Holding   *holding     // nil: not this reader's to see
	Cover     *coverView   // nil: not this reader's to see
	May       []mayGroup   // what the role may do; for who gives roles, and for oneself
	Account   *web.Account // nil: not this reader's to see
}

// showNew is the page on which an account is begun: a colleague's, or one for a client or their family.
func showNew(c *web.Ctx) error {
	v := personView{}
	if c.R.URL.Query().Get("for") == whoElse {
		v.Role = access.Client
	}
	return c.Show(ui.Page{Title: v.adding(c.Context())}, newPage(v))
}

// join begins a colleague's chart. The same form sent twice adds one person: the chart's ID comes from the entry's.
func join(c *web.Ctx) error {
	e, err := c.FileForm("staff.joined", func(e *record.Entry, _ record.Body) error {
		e.Chart = record.DeriveID("milieu", "staff", e.ID.String())
		return nil
	})
	if err != nil {
		return err
	}
	return c.Go(personPath(e.Chart))
}

// change files what holds of a colleague from now on.
func change(c *web.Ctx) error {
	id, err := c.Chart("chart")
	if err != nil {
		return err
	}
	_, err = c.FileForm("staff.changed", func(e *record.Entry, _ record.Body) error {
		e.Chart = id
		return nil
	})
	if err != nil {
		return err
	}
	return c.Go(personPath(id))
}

// invite makes the one-time link with which somebody chooses a password, and shows it once.
func invite(c *web.Ctx) error {
	v, err := personFor(c)
	if err != nil {
		return err
	}
	if !v.Active() || v.SignIn == "" {
		return fault.New(fault.Invalid, "only somebody who works here and has a sign-in name can sign in")
	}
	if _, err := c.File("staff.invited", v.ID, &staff.Invited{}); err != nil {
		return err
	}
	path, err := c.Invite(c, v.ID)
	if err != nil {
		return err
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "staff.link_for", v.Name)}, linkPage(v, address(c, path)))
}

// address is a path of ours as somebody else types it.
func address(c *web.Ctx, path string) string {
	scheme := "http://"
	if c.Secure || c.R.TLS != nil {
		scheme = "https://"
	}
	return scheme + c.R.Host + path
}

func showPerson(c *web.Ctx) error {
	v, err := personFor(c)
	if err != nil {
		return err
	}
	if v.Holding, err = holdingFor(c, v.Person); err != nil {
		return err
	}
	if v.Cover, err = coverFor(c, v.Person); err != nil {
		return err
	}
	if v.MayManage || v.Self {
		v.May = mayOf(c.Context(), c.Policy, v.Role)
	}
	if v.MayManage {
		if v.Account, err = accountOf(c, v.ID); err != nil {
			return err
		}
	}
	return c.Show(ui.Page{Title: v.Name}, personPage(v))
}

// signOut ends every session of a colleague's: a lost phone, a tablet left open.
func signOut(c *web.Ctx) error {
	id, err := c.Chart("chart")
	if err != nil {
		return err
	}
	if err := c.Sessions.EndAll(c.Context(), id); err != nil {
		return err
	}
	return c.Go(personPath(id))
}

func personFor(c *web.Ctx) (personView, error) {
	id, err := c.Chart("chart")
	if err != nil {
		return personView{}, err
	}
	q := c.Read()
	v := personView{Self: id == c.Scope.Person, Names: map[record.ID]string{}, MayManage: c.Scope.May("staff.manage"), MayAssign: c.Scope.May("staff.assign")}
	if v.Person, err = staff.Find(q, id); err != nil {
		return v, err
	}
	units, err := places.Units(q)
	if err != nil {
		return v, err
	}
	for _, u := range units {
		v.Names[u.ID] = u.Name
	}
	teams, err := staff.Teams(q, id)
	if err != nil {
		return v, err
	}
	v.Teams = slices.DeleteFunc(teams, func(m staff.Membership) bool { return !m.Until.IsZero() && !m.Until.After(c.Now) })
	for _, u := range places.Within(c.Scope, units) {
		if !slices.ContainsFunc(v.Teams, func(m staff.Membership) bool { return m.Unit == u.ID }) {
			v.Units = append(v.Units, u)
		}
	}
	if v.Plans, err = staff.PlansOf(q, id, c.Now); err != nil {
		return v, err
	}
	running, on, err := staff.Running(q, id, c.Now)
	if on {
		v.Running = &running
	}
	if err != nil || v.SignIn == "" || !v.MayManage {
		return v, err
	}
	holder, err := staff.BySignIn(q, v.SignIn)
	if err == nil && holder.ID != id && holder.Active() {
		v.Taken = holder.Name
	}
	return v, err
}

func (v personView) form(kind string, hidden ...ui.Pair) ui.EntryForm {
	return ui.EntryForm{Kind: kind, Chart: v.ID.String(), Class: "stack", Hidden: then(personPath(v.ID), hidden...)}
}

func (v personView) details() ui.EntryForm {
	f := ui.EntryForm{Kind: "staff.joined", Action: "/staff", Class: "stack", Needs: "name,role,sign_in"}
	if !v.ID.IsZero() {
		f = ui.EntryForm{Kind: "staff.changed", Action: personPath(v.ID), Draft: "staff.changed " + v.ID.String(), Class: "stack", Needs: "name,role"}
	}
	return f
}

func (v personView) off(m staff.Membership) ui.EntryForm {
	f := v.form("staff.unassigned", ui.Pair{Name: "unit", Value: m.Unit.String()})
	f.Keep, f.Class = ui.Nothing, ""
	return f
}

func (v personView) unitChoices() []ui.Choice {
	var out []ui.Choice
	for _, u := range v.Units {
		out = append(out, ui.Choice{Value: u.ID.String(), Label: u.Name})
	}
	return out
}

// roleChoices offers every role; one's own is fixed, so that the last administrator cannot lock the house.
func (v personView) roleChoices(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, r := range access.AllRoles {
		if r.Guest() == v.Role.Guest() { // nobody becomes a client by a slip of the finger
			out = append(out, ui.Choice{Value: string(r), Label: roleText(ctx, r), Checked: r == v.Role, Disabled: v.Self && r != v.Role})
		}
	}
	return out
}

// adding says whose account is being made.
func (v personView) adding(ctx context.Context) string {
	if v.Role.Guest() {
		return ui.T(ctx, "staff.add_guest")
	}
	return ui.T(ctx, "staff.add")
}

func membershipLine(ctx context.Context, m staff.Membership) string {
	if m.Until.IsZero() {
		return ui.T(ctx, "staff.since_day", ui.DayText(ctx, m.From))
	}
	return ui.T(ctx, "staff.since_until_day", ui.DayText(ctx, m.From), ui.DayText(ctx, m.Until))
}
