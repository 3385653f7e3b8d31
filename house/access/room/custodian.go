package room

import (
	"context"

	houseaccess "milieu/house/access"
	"milieu/house/staff"
	"milieu/kit/access"
	"milieu/kit/fault"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// leftRow is somebody who left, with who keeps what they had written.
type leftRow struct {
	staff.Person
	Custodian string
}

// showCustodians lists those who left and may have written what nobody else sees.
func showCustodians(c *web.Ctx) error {
	q := c.Read()
	all, err := staff.All(q)
	if err != nil {
		return err
	}
	var out []leftRow
	for _, p := range all {
		if p.Active() || p.Role != access.Clinician && p.Role != access.Prescriber || c.Directory.Sees(c.Scope, p.ID) != nil {
			continue
		}
		kept, err := houseaccess.CustodyOf(q, p.ID)
		if err != nil {
			return err
		}
		r := leftRow{Person: p}
		if n := len(kept); n > 0 {
			r.Custodian = nameOf(c, kept[n-1].Custodian)
		}
		out = append(out, r)
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "access.custodians_nav")}, custodiansPage(out))
}

type custodianView struct {
	staff.Person
	Found []staff.Person
}

func showCustodian(c *web.Ctx) error {
	id, err := c.Chart("chart")
	if err != nil {
		return err
	}
	q := c.Read()
	p, err := staff.Find(q, id)
	if err != nil && fault.KindOf(err) == fault.NotFound || err == nil && p.Active() {
		return notHere()
	}
	if err != nil {
		return err
	}
	v := custodianView{Person: p}
	all, err := staff.All(q)
	for _, o := range all {
		if o.Active() && (o.Role == access.Clinician || o.Role == access.Prescriber) && o.ID != c.Scope.Person {
			v.Found = append(v.Found, o)
		}
	}
	if err != nil {
		return err
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "access.custodians_nav")}, custodianPage(v))
}

func (v custodianView) form() ui.EntryForm {
	return ui.EntryForm{Kind: "access.custodian_named", Chart: v.ID.String(), Draft: "access.custodian_named " + v.ID.String(), Class: "stack", Needs: "custodian,why", Hidden: then("/access/custodians")}
}

func (v custodianView) choices(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, p := range v.Found {
		out = append(out, ui.Choice{Value: p.ID.String(), Label: ui.T(ctx, "access.line", p.Name, ui.T(ctx, "web.role."+string(p.Role)))})
	}
	return out
}
