package room

import (
	"context"
	"slices"
	"strings"

	"milieu/house/places"
	"milieu/house/staff"
	"milieu/house/staff/credentials"
	"milieu/kit/access"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// requireView is what the house requires, and whom it hits.
type requireView struct {
	List       []requiring
	Units      []places.Unit
	Names      map[record.ID]string // of units and of people
	Answerable []staff.Person       // who may answer for a requirement
	Actions    []string             // what may hang on a certificate
	Tabs       []ui.Tab
	MayRequire bool
}

// requiring is one requirement that holds or will, with how many it concerns and how many of them lack it.
type requiring struct {
	credentials.Requirement
	Concerned, Lacking int
	Ahead              bool
}

func showRequirements(c *web.Ctx) error {
	v, err := requirementsFor(c)
	if err != nil {
		return err
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "staff.requirements")}, requirePage(v))
}

func requirementsFor(c *web.Ctx) (*requireView, error) {
	v := &requireView{Names: map[record.ID]string{}, Tabs: adminTabs(c, "/staff/requirements"), MayRequire: c.Scope.May("staff.require")}
	q := c.Read()
	units, err := places.Units(q)
	if err != nil {
		return nil, err
	}
	for _, u := range units {
		v.Names[u.ID] = u.Name
	}
	v.Units = places.Within(c.Scope, units)
	all, err := everyStanding(c, units)
	if err != nil {
		return nil, err
	}
	required, err := credentials.Requirements(q)
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		v.Names[p.person.ID] = p.person.Name
	}
	for _, r := range required {
		if !r.Ends.IsZero() && !r.Ends.After(c.Now) {
			continue
		}
		one := requiring{Requirement: r, Ahead: r.Begins.After(c.Now)}
		for _, p := range all {
			if !r.Of(p.person.Role) || len(r.Units) > 0 && !slices.ContainsFunc(r.Units, func(u record.ID) bool { return slices.Contains(p.units, u) }) {
				continue
			}
			one.Concerned++
			has := slices.ContainsFunc(p.standing, func(s credentials.Standing) bool {
				return credentials.Key(s.What, s.Name) == r.Key() && (s.State == credentials.Valid || s.State == credentials.Lapsing)
			})
			if !has {
				one.Lacking++
			}
		}
		v.List = append(v.List, one)
	}
	if !v.MayRequire {
		return v, nil
	}
	for _, p := range all {
		switch p.person.Role {
		case access.Administrator, access.Coordinator, access.Supervisor, access.Prescriber, access.Clinician:
			if len(v.Answerable) < mostFound || p.person.ID == c.Scope.Person {
				v.Answerable = append(v.Answerable, p.person)
			}
		}
	}
	for _, action := range doable(c.Policy) {
		hangs := slices.ContainsFunc(access.Roles, func(r access.Role) bool { return credentials.Requirable(r) && reaches(c.Policy, r, action) })
		if hangs && !credentials.NeverBarred(action) {
			v.Actions = append(v.Actions, action)
		}
	}
	return v, nil
}

// doable lists every action that the policy speaks of.
func doable(p *access.Policy) []string { return p.Unused(nil) }

// reaches says whether a role may do an action at all.
func reaches(p *access.Policy, r access.Role, action string) bool { return p.Reach(r, action) != "" }

func (v *requireView) form() ui.EntryForm {
	return ui.EntryForm{Kind: credentials.KindRequired, Chart: due.House.String(), Class: "stack", Needs: "what,roles,accepted,basis", Hidden: then("/staff/requirements")}
}

func (v *requireView) lift(r *requiring) ui.EntryForm {
	f := ui.EntryForm{Kind: credentials.KindLifted, Chart: due.House.String(), Draft: credentials.KindLifted + " " + r.ID.String(), Keep: ui.Nothing, Class: "stack-s", Hidden: then("/staff/requirements", ui.Pair{Name: "what", Value: r.What})}
	if r.Name != "" {
		f.Hidden = append(f.Hidden, ui.Pair{Name: "name", Value: r.Name})
	}
	return f
}

func (v *requireView) sorts(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, s := range credentials.Sorts() {
		out = append(out, ui.Choice{Value: s.Code, Label: ui.T(ctx, "staff.credential."+s.Code)})
	}
	return out
}

func (v *requireView) roles(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, r := range access.Roles {
		if credentials.Requirable(r) {
			out = append(out, ui.Choice{Value: string(r), Label: roleText(ctx, r)})
		}
	}
	return out
}

func (v *requireView) units() []ui.Choice {
	var out []ui.Choice
	for _, u := range v.Units {
		out = append(out, ui.Choice{Value: u.ID.String(), Label: u.Name})
	}
	return out
}

func (v *requireView) acts(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, a := range v.Actions {
		out = append(out, ui.Choice{Value: a, Label: actionWords(ctx, a)})
	}
	return out
}

func (v *requireView) answerable(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, p := range v.Answerable {
		out = append(out, ui.Choice{Value: p.ID.String(), Label: ui.T(ctx, "staff.name_role", p.Name, roleText(ctx, p.Role))})
	}
	return out
}

// whom says of whom a requirement asks, and where.
func (v *requireView) whom(ctx context.Context, r *requiring) string {
	var roles, units []string
	for _, role := range r.Roles {
		roles = append(roles, roleText(ctx, role))
	}
	for _, u := range r.Units {
		units = append(units, v.Names[u])
	}
	out := strings.Join(roles, ", ")
	if len(units) > 0 {
		out = ui.T(ctx, "staff.required_on", out, strings.Join(units, ", "))
	}
	return out
}

// without says what may not be done without the certificate.
func (v *requireView) without(ctx context.Context, r *requiring) string {
	if len(r.Actions) == 0 {
		return ui.T(ctx, "staff.required_nothing")
	}
	var acts []string
	for _, a := range r.Actions {
		acts = append(acts, actionWords(ctx, a))
	}
	return ui.T(ctx, "staff.required_for", strings.Join(acts, ", "))
}

// since says from when it holds, who answers for it and what it rests on.
func (v *requireView) since(ctx context.Context, r *requiring) string {
	return ui.T(ctx, "staff.required_since", ui.DateText(ctx, r.Begins), v.Names[r.Accepted], r.Basis)
}
