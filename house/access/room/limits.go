package room

import (
	"context"

	houseaccess "milieu/house/access"
	"milieu/kit/due"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// limitsView is what the house allows of openings in an emergency.
type limitsView struct {
	houseaccess.SetLimits
	By     string
	Opened bool // whoever asks sees the openings
}

func showLimits(c *web.Ctx) error {
	held, err := houseaccess.GlassLimitsAt(c.Read(), c.Now)
	if err != nil {
		return err
	}
	v := limitsView{SetLimits: held, By: nameOf(c, held.Author), Opened: c.Scope.May("access.break.review")}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "access.limits_nav")}, limitsPage(v))
}

func (v limitsView) form() ui.EntryForm {
	return ui.EntryForm{Kind: "access.glass_limits_set", Chart: due.House.String(), Class: "stack", Needs: "most,review", Hidden: then("/access/limits")}
}

// since says whose limits these are.
func (v limitsView) since(ctx context.Context) string {
	if v.From.IsZero() {
		return ui.T(ctx, "access.limits_ours")
	}
	return ui.T(ctx, "access.limits_since", ui.WhenText(ctx, v.From), v.By)
}

func (v limitsView) now(ctx context.Context) string {
	return ui.T(ctx, "access.limits_now", v.Most, v.Review)
}
