package device

import (
	"github.com/a-h/templ"

	"milieu/kit/signin"
	"milieu/kit/web"
)

// Factor offers changing in quickly where a screen is locked, and the way there where one signs in. Its doors are among the device's own.
func Factor() signin.Factor {
	return signin.Factor{Name: wayPIN, Order: 5, Nameless: namesHidden, Offer: func(c *web.Ctx, at signin.At) (templ.Component, error) {
		switch at.Place {
		case signin.AtLock:
			return lockScreen(houseName(c)), nil
		case signin.AtSignIn:
			return quickLink(), nil
		}
		return nil, nil
	}}
}
