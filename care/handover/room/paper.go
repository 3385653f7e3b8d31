package room

import (
	"context"
	"slices"
	"strconv"

	"milieu/care/handover"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// showBrief is everybody in one line each, for the huddle: GET /handover/brief.
func (h *handovers) showBrief(c *web.Ctx) error {
	return h.whole(c, "handover.page.brief", briefPage)
}

// showPrint is the whole unit on paper: GET /handover/print.
func (h *handovers) showPrint(c *web.Ctx) error {
	return h.whole(c, "handover.page.print", printPage)
}

func (h *handovers) whole(c *web.Ctx, title string, draw pageOf) error {
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	s, ok, err := h.sheetFor(c, unit)
	if err != nil || !ok {
		return orNothing(c, unit, err)
	}
	v, err := newView(c, s)
	if err != nil {
		return err
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), title)}, draw(v))
}

// prints says whether a unit prints a heading.
func (v *view) prints(heading string) bool { return slices.Contains(v.Rules.Print, heading) }

// gist is the one thing to say of somebody in a huddle: the newest words of the outgoing, else the first of what is new.
func (p *person) gist() string {
	if n := len(p.Words); n > 0 {
		return p.Words[n-1].Words
	}
	for _, heading := range []string{room.Illness, room.Person} {
		if of := p.of(heading); len(of) > 0 {
			return of[len(of)-1].Text
		}
	}
	return ""
}

// rulesView is what a unit fixes for its handovers.
type rulesView struct {
	Unit  web.Unit
	Rules handover.Rules
}

// showRules is the page of a unit's rules: GET /handover/rules.
func showRules(c *web.Ctx) error {
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	title := ui.T(c.Context(), "handover.page.rules")
	if unit.ID.IsZero() {
		return c.Show(ui.Page{Title: title}, nothing(true))
	}
	v := rulesView{Unit: unit}
	if v.Rules, err = rulesNow(c.Read(), unit.ID); err != nil {
		return err
	}
	return c.Show(ui.Page{Title: title}, rulesPage(v))
}

func (v *rulesView) form() ui.EntryForm {
	return ui.EntryForm{ID: "rules", Kind: handover.KindRules, Chart: v.Unit.ID.String(), Class: "stack measure", Hidden: []ui.Pair{{Name: "then", Value: "/handover"}}}
}

func (v *rulesView) sayBack(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, code := range []string{handover.SayNobody, handover.SayWatch, handover.SayAll} {
		out = append(out, ui.Choice{Value: code, Label: ui.T(ctx, "handover.page.say_"+code), Checked: v.Rules.SayBack == code})
	}
	return out
}

func (v *rulesView) print(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, h := range handover.Headings {
		out = append(out, ui.Choice{Value: h, Label: ui.T(ctx, "handover.page.heading."+h), Checked: slices.Contains(v.Rules.Print, h)})
	}
	return out
}

// hasAny says whether anything stands under a heading; how somebody is stands always.
func (p *person) hasAny(heading string) bool {
	return heading == room.Illness && !p.IsUnit || len(p.of(heading))+len(p.words(heading)) > 0 || heading == room.Actions && len(p.Items) > 0
}

// figure is one of the rules that are a number of minutes.
func figure(name, label string, value int) ui.Field {
	return ui.Field{Name: name, Label: label, Value: strconv.Itoa(value), Type: "number", Mode: "numeric", Attrs: map[string]any{"min": "0", "max": "240"}}
}
