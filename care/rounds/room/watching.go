package room

import (
	"context"
	"time"

	"milieu/care/rounds"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// watchView is continuous watching: who has it, since when, and who takes it over.
type watchView struct {
	Row
	Me      record.ID
	By      string
	Mine    bool
	Now     time.Time
	MayTake bool
}

// showRelief is the watch over a person: GET /rounds/{chart}/relief. It passes when the one who takes it over says so, on their own session.
func showRelief(c *web.Ctx) error {
	r, _, err := rowFor(c)
	if err != nil {
		return err
	}
	v := watchView{Row: r, Me: c.Scope.Person, Now: c.Now, By: nameOf(c.Directory, r.Data.By), Mine: r.Data.By == c.Scope.Person, MayTake: c.Scope.May(rounds.ActionRelieve)}
	return beside(c, &r, reliefSheet(v))
}

func (v *watchView) sheet(ctx context.Context) ui.Sheet {
	s := ui.Sheet{ID: "check", Title: v.Name, PII: true, Sub: ui.T(ctx, "rounds.level."+v.Level.Code), Close: "/rounds", Row: rowID(v.ID),
		Form: ui.EntryForm{Kind: rounds.KindRelieved, Chart: v.ID.String(), Swap: "#sheet", Needs: "accepted", Hidden: []ui.Pair{{Name: "to", Value: v.Me.String()}}}}
	if !v.Data.By.IsZero() {
		s.Form.Hidden = append(s.Form.Hidden, ui.Pair{Name: "from", Value: v.Data.By.String()})
	}
	if !v.Mine && v.MayTake {
		s.Save, s.Needs, s.Clock = ui.T(ctx, "rounds.page.take_over"), ui.T(ctx, "rounds.page.needs_yes"), true
	}
	return s
}

// since is how long the watch has run and when relief is due.
func (v *watchView) since(ctx context.Context) string {
	if v.Data.By.IsZero() {
		return ui.T(ctx, "rounds.page.watch_open", ui.WhenText(ctx, v.Window.Opens))
	}
	return ui.T(ctx, "rounds.page.watched_for", v.By, ui.SpanText(ctx, v.Now.Sub(v.Window.Opens)), ui.WhenText(ctx, v.Window.Late))
}
