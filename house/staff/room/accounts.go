package room

import (
	"context"

	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// accountsOf gives how everybody stands to signing in; ok is false where the house has no door of its own.
func accountsOf(c *web.Ctx) (all map[record.ID]web.Account, ok bool, err error) {
	if c.Accounts == nil {
		return nil, false, nil
	}
	all, err = c.Accounts(c.Read(), c.Now)
	return all, err == nil, err
}

// accountOf is how one person stands to signing in; nil where the house has no door of its own.
func accountOf(c *web.Ctx, person record.ID) (*web.Account, error) {
	all, ok, err := accountsOf(c)
	if err != nil || !ok {
		return nil, err
	}
	a := all[person]
	return &a, nil
}

// accountWords say how somebody signs in, in as little as an administrator needs.
func accountWords(ctx context.Context, a *web.Account) string {
	switch {
	case !a.Set:
		return ui.T(ctx, "staff.account_never")
	case !a.Second:
		return ui.T(ctx, "staff.account_password")
	}
	return ui.T(ctx, "staff.account_second")
}
