package room

import (
	"context"

	"milieu/care/forms"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// criticalView is one critical answer, and what was done about it.
type criticalView struct {
	*person
	forms.Hit
	Done *forms.Put
}

// showCriticalAnswer is a critical answer: GET /forms/critical/{chart}/{entry}/{item}.
func showCriticalAnswer(c *web.Ctx) error {
	p, err := whose(c)
	if err != nil {
		return err
	}
	entry, err := c.ID("entry")
	if err != nil {
		return err
	}
	for _, h := range forms.Hits(p.Said, p.Rings) {
		if h.Item.Code == c.R.PathValue("item") && (h.Answer.ID == entry || h.First == entry) {
			v := criticalView{person: p, Hit: h, Done: h.Settled(p.Said)}
			return c.Show(ui.Page{Title: ui.T(c.Context(), "forms.page.critical_due")}, criticalPage(&v))
		}
	}
	return nothing()
}

func (v *criticalView) run() string {
	return runPath(v.ID, v.Form.ID, v.Answer.Body.(*forms.Said).Run)
}

// said is the answer that rang.
func (v *criticalView) said(ctx context.Context) string {
	b := v.Answer.Body.(*forms.Said)
	a := forms.Answer{Put: v.Answer, State: forms.Answered, Values: b.Chosen[v.Item.Code]}
	if one, ok := b.Answers[v.Item.Code]; ok {
		a.Values = []string{one}
	}
	return values(ctx, v.Item, &a)
}

func (v *criticalView) dones(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, d := range forms.Dones {
		out = append(out, ui.Choice{Value: d, Label: ui.Capital(ui.T(ctx, "forms.done."+d))})
	}
	return out
}

// rulesView is what a unit fixes for forms.
type rulesView struct {
	Unit    web.Unit
	Rules   UnitRules
	Offered forms.RulesSet
	Waiting []forms.Hit
	Accepts bool
	May     bool
	who     func(record.ID) string
	c       *web.Ctx
}

// showRules is the page of a unit's rules: GET /forms/rules.
func showRules(c *web.Ctx) error {
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	page := ui.Page{Title: ui.T(c.Context(), "forms.page.rules")}
	if unit.ID.IsZero() {
		return c.Show(page, noUnit())
	}
	p := person{dir: c.Directory}
	v := rulesView{Unit: unit, Waiting: forms.Pending(), May: c.Scope.May(forms.ActionRules), Accepts: c.Scope.May(forms.ActionAccept), who: p.who, c: c}
	if v.Rules, err = RulesOf(c.Read(), unit.ID); err != nil {
		return err
	}
	v.Offered = forms.Defaults
	if !v.Rules.Since.IsZero() {
		v.Offered = v.Rules.Opens
	}
	return c.Show(page, rulesPage(&v))
}

func (v *rulesView) accepted(h forms.Hit) *forms.Put {
	return v.Rules.Accepted(h.Form.ID, h.Rule.Code, v.c.Now)
}

func (v *rulesView) opens(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, f := range forms.Forms() {
		if f.Hours > 0 {
			out = append(out, ui.Choice{Value: f.ID, Label: ui.T(ctx, "forms.page.within", text(ctx, f.Title), f.Hours), Checked: v.Offered.Has(f.ID)})
		}
	}
	return out
}
