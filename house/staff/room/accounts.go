package room

import (
	"context"

	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// account is how somebody stands to signing in. It holds no secret and nothing that a secret could be guessed from.
type account struct {
	Set    bool // they have chosen how to sign in
	Second bool // by more than a password alone
	Open   int  // sessions open now
}

// accountsOf gives how everybody stands to signing in; ok is false where the house has no door of its own.
func accountsOf(c *web.Ctx) (all map[record.ID]account, ok bool, err error) {
	return nil, false, nil
}

// accountOf is how one person stands to signing in; nil where the house has no door of its own.
func accountOf(c *web.Ctx, person record.ID) (*account, error) {
	all, ok, err := accountsOf(c)
	if err != nil || !ok {
		return nil, err
	}
	a := all[person]
	return &a, nil
}

// words say how somebody signs in, in as little as an administrator needs.
func (a account) words(ctx context.Context) string {
	switch {
	case !a.Set:
		return ui.T(ctx, "staff.account_never")
	case !a.Second:
		return ui.T(ctx, "staff.account_password")
	}
	return ui.T(ctx, "staff.account_second")
}
