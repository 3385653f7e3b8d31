package web

import (
	"context"
	"strings"

	"github.com/a-h/templ"

	"milieu/kit/access"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
)

// Denied says that somebody may not do something, why, and who could.
func (c *Ctx) Denied(action string) error {
	ctx := c.R.Context()
	if c.Token != nil && c.Policy.Allows(c.Scope.Role, action) {
		return fault.New(fault.Denied, "this token was not made for that")
	}
	if b := c.Scope.Lacks(action); b != nil {
		return fault.New(fault.Denied, "%s", ui.T(ctx, "web.denied_lapsed", b.Why))
	}
	var who []string
	for _, r := range access.Roles {
		if !r.Machine() && c.Policy.Allows(r, action) {
			who = append(who, ui.T(ctx, "web.role."+string(r)))
		}
	}
	if len(who) == 0 || c.Scope.Role.Guest() {
		return fault.New(fault.Denied, "%s", ui.T(ctx, "web.denied"))
	}
	if c.Policy.Allows(c.Scope.Role, action) { // the role could, and here it may not
		return fault.New(fault.Denied, "%s", ui.T(ctx, "web.denied_here"))
	}
	return fault.New(fault.Denied, "%s", ui.T(ctx, "web.denied_needs", oneOf(ctx, who)))
}

// oneOf lists words of which one is enough: a nurse, clinician or prescriber.
func oneOf(ctx context.Context, words []string) string {
	for i, w := range words {
		words[i] = strings.ToLower(w)
	}
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return ui.T(ctx, "web.one_of", strings.Join(words[:last], ", "), words[last])
}

// shownChart is the client's chart that the page is about: the one of its address, once it was shown.
func (c *Ctx) shownChart() record.ID {
	id, err := record.ParseID(c.R.PathValue("chart"))
	if err != nil || c.ForDevice() {
		return record.Zero
	}
	for i := range c.shown {
		if c.shown[i].Chart == id && c.shown[i].Kind == "seen" {
			return id
		}
	}
	return record.Zero
}

// reasoned puts around a page of a client's chart what every such page says: above it what must not be missed, below it in one line why the
// reader sees it.
func (c *Ctx) reasoned(content templ.Component) (templ.Component, error) {
	chart := c.shownChart()
	if chart.IsZero() {
		return content, nil
	}
	why := c.Why(chart)
	var above templ.Component
	if c.Around != nil {
		var err error
		if above, err = c.Around(c, chart); err != nil {
			return nil, err
		}
	}
	if above == nil {
		return templ.Join(content, whyLine(why)), nil
	}
	return templ.Join(above, content, whyLine(why)), nil
}

// UnitName is how a unit is called; empty when nobody knows it.
func (c *Ctx) UnitName(unit record.ID) string {
	if c.PlaceName == nil || unit.IsZero() {
		return ""
	}
	return c.PlaceName(c.Read(), unit)
}

// Why says in words why the reader sees a chart; empty where they do not.
func (c *Ctx) Why(chart record.ID) string {
	under := c.Directory.Under(c.Scope, chart)
	if under.Tie == 0 {
		return ""
	}
	ctx := c.R.Context()
	unit := c.UnitName(under.Unit)
	key := "web.why." + under.Tie.String()
	switch under.Tie {
	case access.Covering:
		if p := c.Directory.Person(under.Via); p != nil {
			unit = p.Name
		}
	case access.Shift, access.Team:
		if unit == "" {
			key = "web.why.works"
		}
	case access.House:
		if c.Scope.Role == access.Integration {
			key = "web.why.works"
		}
	}
	words := ui.T(ctx, key, unit)
	if !under.Until.IsZero() && under.Tie.Has(access.Covering|access.CareTeam|access.Caseload|access.Guardian|access.Family|access.Glass|access.Emergency) {
		words = ui.T(ctx, "web.why_until", words, ui.WhenText(ctx, under.Until))
	}
	return ui.T(ctx, "web.why", words)
}
