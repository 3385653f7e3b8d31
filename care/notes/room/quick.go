package room

import (
	"context"
	"strings"

	"github.com/a-h/templ"

	"milieu/care/notes"
	"milieu/house/clients"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

func chartPath(chart record.ID, more ...string) string {
	return "/clients/" + chart.String() + strings.Join(more, "")
}

func entryPath(chart, id record.ID) string { return chartPath(chart, "/entries/", id.String()) }

func notePath(chart, id record.ID) string { return chartPath(chart, "/notes/", id.String()) }

func newPath(chart record.ID) string { return chartPath(chart, "/notes/new") }

// notesView is the place of notes: a quick note about anybody on the unit, and what is left to do.
type notesView struct {
	Cards   []clients.Card
	Labels  []string
	Mine    []todo
	Cosign  []todo
	MaySign bool
	MaySet  bool
	Device  bool // drawn to be taken along
}

// todo is a note to finish, or to read and co-sign.
type todo struct {
	Name string
	Line string
	Href string
	Late bool
}

// showNotes is the place of notes: GET /notes.
func showNotes(c *web.Ctx) error {
	title := ui.T(c.Context(), "notes.page.title")
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	v := notesView{MaySign: c.Scope.May(notes.ActionCosign), MaySet: c.Scope.May(notes.ActionHouse), Device: c.ForDevice()}
	if !unit.ID.IsZero() && c.Scope.Sees(unit.ID) {
		if v.Cards, err = clients.Cards(c.Read(), unit.ID); err != nil {
			return err
		}
	}
	charts := make([]record.ID, 0, len(v.Cards)+len(c.Scope.Charts))
	names := map[record.ID]string{}
	for i := range v.Cards {
		charts = append(charts, v.Cards[i].ID)
		names[v.Cards[i].ID] = v.Cards[i].Name
	}
	c.SawUnit(unit.ID, charts...)
	if len(v.Cards) > 0 {
		v.Labels = labelsFor(c, v.Cards[0].ID)
	}
	for _, chart := range c.Scope.Charts { // one's caseload elsewhere waits here too
		if names[chart] == "" {
			charts = append(charts, chart)
			names[chart] = c.NameOf(c.Read(), chart)
		}
	}
	mine, cosign, err := waiting(c.Read(), c.Scope.Person, v.MaySign, charts)
	if err != nil {
		return err
	}
	ctx := c.Context()
	for _, w := range mine {
		d := parseData(w.Data)
		v.Mine = append(v.Mine, todo{Name: names[w.Chart], Line: ui.T(ctx, "notes.page.begun_at", formatLabel(d.Format), ui.WhenText(ctx, d.At)), Href: newPath(w.Chart) + "?format=" + d.Format, Late: w.At(c.Now) == due.StateLate})
	}
	for _, w := range cosign {
		if d := parseData(w.Data); d.By != c.Scope.Person {
			v.Cosign = append(v.Cosign, todo{Name: names[w.Chart], Line: ui.T(ctx, "notes.page.signed_by", nameOf(c.Directory, d.By), ui.WhenText(ctx, d.At)), Href: notePath(w.Chart, w.Anchor), Late: w.At(c.Now) == due.StateLate})
		}
	}
	return c.Show(ui.Page{Title: title, Scripts: scripts}, notesPage(v, words(c)))
}

// scripts are what pages with something to write load besides.
var scripts = []string{"note.js"}

// quickView is a quick note about one person.
type quickView struct {
	Chart  record.ID
	Name   string
	Head   templ.Component
	Labels []string
}

// showQuick is a quick note about somebody: GET /clients/{chart}/note.
func showQuick(c *web.Ctx) error {
	chart, err := c.Chart("chart")
	if err != nil {
		return err
	}
	v := quickView{Chart: chart, Name: c.NameOf(c.Read(), chart), Labels: labelsFor(c, chart)}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "notes.page.quick"), Scripts: scripts}, quickPage(v, words(c)))
}

// labelsFor are the labels that the reader may put on a note about somebody.
func labelsFor(c *web.Ctx, chart record.ID) []string {
	var out []string
	for _, l := range notes.Labels() {
		if c.Directory.MayLabel(c.Scope, chart, l) {
			out = append(out, l)
		}
	}
	return out
}

func labelChoices(ctx context.Context, list []string) []ui.Choice {
	var out []ui.Choice
	for _, l := range list {
		out = append(out, ui.Choice{Value: l, Label: ui.T(ctx, "notes.label."+l)})
	}
	return out
}

// quickForm is the form of a quick note. Without a chart the button that saves it says whose it is.
func quickForm(ctx context.Context, chart string) ui.EntryForm {
	f := ui.EntryForm{ID: "quick", Kind: notes.KindNoted, Chart: chart, Class: "stack", Needs: "text"}
	if chart == "" {
		f.Draft = notes.KindNoted
	}
	return f
}

// words are the terms that pages check as somebody writes: the program's and the house's.
func words(c *web.Ctx) []notes.Term {
	set, err := wordsSet(c.Read())
	if err != nil {
		c.Log.Error("the house's words for notes could not be read", "error", err)
		return notes.Terms() // without them a note is written all the same
	}
	return set.Spoken()
}

// formatLabel is what a format is called; a house's own is called by its name where only that is at hand.
func formatLabel(id string) string {
	for _, f := range notes.Formats() {
		if f.ID == id {
			return f.Label
		}
	}
	return id
}
