package room

import (
	"context"
	"time"

	"milieu/care/rounds"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// levelView is how closely a person is watched, and the sheet that changes it: closer by anybody, wider only by a role that may.
type levelView struct {
	Row
	Order    *rounds.Ordered // in force; nil for the house's default
	MayLower bool
	Now      time.Time
}

// showLevel is the sheet that orders a level: GET /rounds/{chart}/level.
func showLevel(c *web.Ctx) error {
	r, _, err := rowFor(c)
	if err != nil {
		return err
	}
	t, err := TermsOf(c.Read(), r.ID)
	if err != nil {
		return err
	}
	v := levelView{Row: r, Order: t.InForce(c.Now), MayLower: c.Scope.May(rounds.ActionLower), Now: c.Now}
	return beside(c, &r, levelSheet(v))
}

// rank is how close the person is watched now.
func (v *levelView) rank() int { return rounds.LevelOf(v.Level.Code).Rank }

func (v *levelView) sheet(ctx context.Context) ui.Sheet {
	s := ui.Sheet{ID: "check", Title: v.Name, PII: true, Sub: ui.T(ctx, "rounds.page.level_now", levelWords(ctx, v.Level, &v.Data)), Close: "/rounds", Row: rowID(v.ID),
		Form: ui.EntryForm{Kind: rounds.KindRaised, Chart: v.ID.String(), Swap: "#sheet", Needs: "level,reason"},
		Save: ui.T(ctx, "rounds.page.save_level"), Needs: ui.T(ctx, "rounds.page.needs_level")}
	for _, l := range v.below() {
		s.Form.Else = append(s.Form.Else, ui.KindWhen{When: "level=" + l.Code, Kind: rounds.KindLowered})
	}
	return s
}

// below are the levels that watch less closely, for those who may order them; nobody else is offered any.
func (v *levelView) below() []rounds.Level {
	var out []rounds.Level
	for _, l := range rounds.Levels {
		if v.MayLower && l.Rank < v.rank() {
			out = append(out, l)
		}
	}
	return out
}

// offered are the levels one may choose: all that are closer, the one in force to renew it, and what may be lowered to.
func (v *levelView) offered(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, l := range rounds.Levels {
		if l.Rank > v.rank() || l.Rank == v.rank() && v.Order != nil || v.MayLower && l.Rank < v.rank() {
			out = append(out, ui.Choice{Value: l.Code, Label: ui.Capital(ui.T(ctx, "rounds.level."+l.Code)), Wide: l.DrawTo > 0 || l.Arms})
		}
	}
	return out
}

// closer is the condition under which continuous watching is being ordered.
const closer = "!level=general !level=every_30 !level=every_15 _with=more"

// review is proposed a day ahead; it can be changed, and the level stays whatever becomes of it.
func (v *levelView) review() time.Time { return v.Now.Add(24 * time.Hour) }
