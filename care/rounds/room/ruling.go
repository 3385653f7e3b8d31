package room

import (
	"context"
	"slices"
	"strconv"

	"milieu/care/rounds"
	"milieu/house/places"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// rulesView is what a unit fixes for its rounds.
type rulesView struct {
	Unit  record.ID
	Name  string
	Rules rounds.HouseRules
	Coded int // rooms that carry a code
	Rooms int
}

// wholeRows is how many whole answers a unit may fix on the page.
const wholeRows = 6

// showRules is the page of a unit's rules: GET /rounds/rules.
func showRules(c *web.Ctx) error {
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	title := ui.T(c.Context(), "rounds.page.rules")
	if unit.ID.IsZero() {
		return c.Show(ui.Page{Title: title}, noUnit())
	}
	v := rulesView{Unit: unit.ID, Name: unit.Name}
	if v.Rules, err = HouseRules(c.Read(), unit.ID); err != nil {
		return err
	}
	rooms, err := places.Rooms(c.Read(), unit.ID)
	if err != nil {
		return err
	}
	for _, r := range rooms {
		v.Rooms++
		if r.Coded {
			v.Coded++
		}
	}
	return c.Show(ui.Page{Title: title}, rulesPage(v))
}

func (v *rulesView) form() ui.EntryForm {
	return ui.EntryForm{ID: "rules", Kind: rounds.KindHouseRules, Chart: v.Unit.String(), Class: "stack", Hidden: []ui.Pair{{Name: "then", Value: "/rounds/rules"}, {Name: "checklist", Value: v.Rules.Checklist}}}
}

func chosen(list []ui.Choice, value string) []ui.Choice {
	for i := range list {
		list[i].Checked = list[i].Value == value
	}
	return list
}

func (v *rulesView) defaults(ctx context.Context) []ui.Choice {
	var codes []string
	for _, l := range rounds.Levels {
		if !l.Continuous {
			codes = append(codes, l.Code)
		}
	}
	return chosen(chips(ctx, "rounds.level.", codes), v.Rules.DefaultLevel)
}

func (v *rulesView) presence(ctx context.Context) []ui.Choice {
	var list []ui.Choice
	for _, code := range []string{rounds.PresenceOff, rounds.PresenceOptional, rounds.PresenceRequired} {
		list = append(list, ui.Choice{Value: code, Label: ui.T(ctx, "rounds.page.presence_"+code)})
	}
	return chosen(list, v.Rules.Presence)
}

// figure is one of the rules that are a number of minutes.
func figure(ctx context.Context, name string, value int) ui.Field {
	return ui.Field{Name: name, Label: ui.T(ctx, "rounds.page.rule_"+name), Value: strconv.Itoa(value), Type: "number", Mode: "numeric"}
}

// whole gives the answers fixed and empty rows for more.
func (v *rulesView) whole() []rounds.Whole {
	out := slices.Clone(v.Rules.Whole)
	for len(out) < wholeRows {
		out = append(out, rounds.Whole{})
	}
	return out
}

func hour(w rounds.Whole, n int) string {
	if w.Place == "" {
		return ""
	}
	return strconv.Itoa(n)
}

func wholeName(i int, field string) string { return "whole." + strconv.Itoa(i) + "." + field }

// answers are the states that may be offered whole: never the one that calls help.
func answers() []string {
	var out []string
	for _, s := range rounds.States {
		if !s.Help {
			out = append(out, s.Code)
		}
	}
	return out
}

func states() []string {
	var out []string
	for _, s := range rounds.States {
		out = append(out, s.Code)
	}
	return out
}
