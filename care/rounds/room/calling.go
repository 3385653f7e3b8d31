package room

import (
	"context"
	"slices"

	"github.com/a-h/templ"

	"milieu/care/rounds"
	"milieu/house/staff"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// callView is an open call for help, or an open search.
type callView struct {
	Row
	Window *due.Window
	Data   rounds.Data
	By     string
	Told   []string // who on shift sees it
}

// showHelp is the call for help that is open for a person: GET /rounds/{chart}/help.
func showHelp(c *web.Ctx) error {
	r, _, err := rowFor(c)
	if err != nil {
		return err
	}
	v, err := callFor(c, r, r.Help)
	if err != nil {
		return err
	}
	return beside(c, &r, helpSheet(v, nil))
}

// showSearch is the search for a person: GET /rounds/{chart}/search.
func showSearch(c *web.Ctx) error {
	r, _, err := rowFor(c)
	if err != nil {
		return err
	}
	v, err := callFor(c, r, r.Search)
	if err != nil {
		return err
	}
	return beside(c, &r, searchSheet(v))
}

func callFor(c *web.Ctx, r Row, w *due.Window) (callView, error) {
	v := callView{Row: r, Window: w}
	if w == nil {
		return v, nil
	}
	var err error
	if v.Data, err = rounds.ParseData(w.Data); err != nil {
		return v, err
	}
	v.By = nameOf(c.Directory, v.Data.By)
	v.Told, err = onShift(c, r.Unit)
	return v, err
}

// onShift names who is at work on a unit, who is in charge first.
func onShift(c *web.Ctx, unit record.ID) ([]string, error) {
	duty, err := staff.OnShift(c.Read(), unit, c.Now)
	var out []string
	for _, d := range duty {
		if d.Person != c.Scope.Person {
			out = append(out, d.Name)
		}
	}
	return out, err
}

// helpNow answers a look that called for help: with the call, who sees it, and the row.
func helpNow(c *web.Ctx, e *record.Entry, b record.Body) (templ.Component, error) {
	r, _, err := RowOf(c.Read(), e.Chart)
	if err != nil {
		return nil, err
	}
	v, err := callFor(c, r, r.Help)
	if err != nil {
		return nil, err
	}
	t := c.Toast(e, b)
	t.What = ui.T(c.Context(), "rounds.page.said_help", ui.ClockText(c.Context(), e.Happened))
	return templ.Join(ui.RoundItem(roundRow(c.Context(), c.Directory, &r)), helpSheet(v, &t)), nil
}

// told says who has the call on their screens now.
func (v *callView) told(ctx context.Context) string {
	if len(v.Told) == 0 {
		return ui.T(ctx, "rounds.page.told_screens")
	}
	return ui.T(ctx, "rounds.page.told", join(v.Told[:min(len(v.Told), 4)], ", "))
}

func (v *callView) sheet(ctx context.Context, title string, form ui.EntryForm, save, needs string) ui.Sheet {
	form.Chart, form.Swap = v.ID.String(), "#sheet"
	return ui.Sheet{ID: "check", Title: v.Name, PII: true, Sub: title, Close: "/rounds", Row: rowID(v.ID), Form: form, Save: save, Needs: needs}
}

func outcomes(ctx context.Context, codes []string) []ui.Choice {
	return chips(ctx, "rounds.outcome.", slices.Clone(codes))
}

func (v *callView) helpFrame(ctx context.Context, said *ui.Toast) ui.Sheet {
	form := ui.EntryForm{Kind: rounds.KindHelpAnswered, Needs: "outcome", Hidden: []ui.Pair{{Name: "call", Value: v.Window.Anchor.String()}}}
	s := v.sheet(ctx, ui.T(ctx, "rounds.page.help_called"), form, ui.T(ctx, "rounds.page.save_help"), ui.T(ctx, "rounds.page.needs_outcome"))
	s.Said = said
	return s
}

func (v *callView) searchFrame(ctx context.Context) ui.Sheet {
	form := ui.EntryForm{Kind: rounds.KindSearchEnded, Needs: "outcome", Hidden: []ui.Pair{{Name: "search", Value: v.Window.Anchor.String()}}}
	return v.sheet(ctx, ui.T(ctx, "rounds.page.searched"), form, ui.T(ctx, "rounds.page.save_search"), ui.T(ctx, "rounds.page.needs_outcome"))
}

// spot is where help is needed: the place named, and the person's room.
func (v *callView) spot(ctx context.Context) string {
	var parts []string
	if v.Data.Place != "" {
		parts = append(parts, ui.T(ctx, "rounds.place."+v.Data.Place))
	}
	if v.Room != "" {
		parts = append(parts, v.Room)
	}
	return join(parts, ", ")
}
