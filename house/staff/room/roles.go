package room

import (
	"context"
	"slices"

	"milieu/house/staff"
	"milieu/kit/access"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// rolesView is what each role may do, in words from the policy, and how many have it.
type rolesView struct {
	Roles []roleRow
	Tabs  []ui.Tab
	Who   bool // lists of people are linked
}

type roleRow struct {
	Role   access.Role
	People int
	May    []mayGroup
	Rules  []access.Rule // those of the house's own files among them
	Mine   bool
}

// mayGroup is what a role may do within one reach.
type mayGroup struct {
	Reach string // "own", "unit", "new" or "any"
	Acts  []string
}

func showRoles(c *web.Ctx) error {
	v := rolesView{Tabs: adminTabs(c, "/staff/roles"), Who: c.Scope.May("staff.manage")}
	all, err := staff.All(c.Read())
	if err != nil {
		return err
	}
	count := map[access.Role]int{}
	for _, p := range all {
		if p.Active() {
			count[p.Role]++
		}
	}
	for _, r := range access.AllRoles {
		v.Roles = append(v.Roles, roleRow{Role: r, People: count[r], May: mayOf(c.Context(), c.Policy, r), Rules: c.Policy.Rules(r), Mine: r == c.Scope.Role})
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "staff.roles")}, rolesPage(v))
}

// mayOf says what a role may do, in words, by how far it reaches. What every person does by being signed in goes without saying.
func mayOf(ctx context.Context, p *access.Policy, r access.Role) []mayGroup {
	var out []mayGroup
	for _, reach := range []string{"unit", "any", "new", "own"} {
		var acts []string
		for _, a := range doable(p) {
			if p.Reach(r, a) == reach && ui.Has(ctx, "staff.may."+a) {
				acts = append(acts, ui.T(ctx, "staff.may."+a))
			}
		}
		slices.Sort(acts)
		if acts = slices.Compact(acts); len(acts) > 0 {
			out = append(out, mayGroup{reach, acts})
		}
	}
	return out
}
