package room

import (
	"context"
	"slices"
	"strconv"

	"milieu/care/notes"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// setView is what a unit and the house set for notes.
type setView struct {
	Unit    record.ID
	Name    string
	Rules   notes.Rules
	Formats []*notes.Format // offered
	Own     []notes.FormatSet
	Words   notes.WordsSet
	House   bool // the reader may set what holds in the whole house
}

// wordRows is how many terms of its own a house may set on the page at once beside those there are.
const wordRows = 5

// showSetting is the page of what is set for notes: GET /notes/rules.
func showSetting(c *web.Ctx) error {
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	v := setView{Unit: unit.ID, Name: unit.Name, House: c.Directory.May(c.Scope, notes.ActionHouse, due.House)}
	if v.Rules, err = RulesOf(c.Read(), unit.ID, c.Now); err != nil {
		return err
	}
	if v.Own, err = formatsSet(c.Read()); err != nil {
		return err
	}
	v.Formats = notes.Choice(v.Own)
	if v.Words, err = wordsSet(c.Read()); err != nil {
		return err
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "notes.page.set")}, setPage(v))
}

func (v *setView) rulesForm() ui.EntryForm {
	return ui.EntryForm{ID: "rules", Kind: notes.KindRules, Chart: v.Unit.String(), Class: "stack", Hidden: []ui.Pair{{Name: "then", Value: "/notes/rules"}}}
}

func (v *setView) formatForm() ui.EntryForm {
	return ui.EntryForm{ID: "format", Kind: notes.KindFormat, Chart: due.House.String(), Class: "stack", Hidden: []ui.Pair{{Name: "then", Value: "/notes/rules"}, {Name: "version", Value: "1"}}}
}

// offForm takes a format out of those that are offered.
func (v *setView) offForm(f *notes.Format) ui.EntryForm {
	return ui.EntryForm{Kind: notes.KindFormat, Chart: due.House.String(), Keep: ui.Nothing, Hidden: []ui.Pair{{Name: "then", Value: "/notes/rules"},
		{Name: "format", Value: f.ID}, {Name: "version", Value: strconv.Itoa(f.Version)}, {Name: "label", Value: f.Label}, {Name: "off", Value: "true"}}}
}

func (v *setView) wordsForm() ui.EntryForm {
	return ui.EntryForm{ID: "words", Kind: notes.KindWords, Chart: due.House.String(), Class: "stack", Hidden: []ui.Pair{{Name: "then", Value: "/notes/rules"}}}
}

// rows are the house's own terms, and empty rows for more.
func (v *setView) rows() []notes.HouseTerm {
	return append(slices.Clone(v.Words.Terms), make([]notes.HouseTerm, wordRows)...)
}

func rowName(list string, i int, field string) string {
	return list + "." + strconv.Itoa(i) + "." + field
}

func roleChoices(ctx context.Context, chosen []string) []ui.Choice {
	var out []ui.Choice
	for _, role := range notes.Writers {
		out = append(out, ui.Choice{Value: role, Label: ui.T(ctx, "web.role."+role), Checked: slices.Contains(chosen, role)})
	}
	return out
}

func silentChoices(chosen []string) []ui.Choice {
	var out []ui.Choice
	for _, t := range notes.Terms() {
		out = append(out, ui.Choice{Value: t.Code, Label: firstForm(t), Checked: slices.Contains(chosen, t.Code)})
	}
	return out
}

// firstForm is the word that a term is known by.
func firstForm(t notes.Term) string {
	best := ""
	for form := range t.Forms {
		if best == "" || len(form) < len(best) || len(form) == len(best) && form < best {
			best = form
		}
	}
	return best
}

func number(ctx context.Context, name string, value, least, most int) ui.Field {
	return ui.Field{Name: name, Label: ui.T(ctx, "notes.page.rule_"+name), Value: strconv.Itoa(value), Type: "number", Mode: "numeric",
		Attrs: map[string]any{"min": strconv.Itoa(least), "max": strconv.Itoa(most)}}
}
