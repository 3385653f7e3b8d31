package signin

import (
	"net/http"

	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/signin/ticket"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// mustPurpose is what tickets of people are sealed for who set their codes up at the door, because their house asks for them.
const mustPurpose = "codes at the door"

// mustHave says whether somebody has to show more than a password.
func mustHave(c *web.Ctx, person record.ID) (bool, error) {
	scope, err := c.Directory.Scope(person, "")
	if err != nil {
		return false, err
	}
	_, second, err := asked(c.Read(), scope)
	return second, err
}

// must asks somebody whose password was right to set codes up before they come in.
func (r *Desk) must(c *web.Ctx, status int, step secondStep, wrong string) error {
	if step.Secret == nil {
		step.Secret = newSecret()
	}
	step.Device = c.DeviceOf()
	v := &setup{secret: step.Secret, wrong: wrong}
	var err error
	if v.ticket, err = r.tickets.Seal(mustPurpose, c.Now.Add(setupLength), step); err != nil {
		return err
	}
	if v.qr, err = draw(secretLink(step.Secret, houseName(c), r.nameOf(c, step.Person))); err != nil {
		return err
	}
	return c.Gate(status, title(c, "signin.sign_in"), mustPage(v))
}

// mustSet takes the first code of the app, and lets its person in.
func (r *Desk) mustSet(c *web.Ctx) error {
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Malformed, err, "the form could not be read")
	}
	var step secondStep
	t, err := r.tickets.Open(c.Now, mustPurpose, c.R.PostForm.Get("ticket"), &step)
	if err != nil || step.Device != c.DeviceOf() {
		return r.signInPage(c, http.StatusUnprocessableEntity, "", ui.T(c.Context(), "signin.step_late"))
	}
	at, right := stepOf(step.Secret, c.R.PostForm.Get("code"), c.Now)
	if !right {
		return r.must(c, http.StatusUnprocessableEntity, step, ui.T(c.Context(), "signin.setup_wrong"))
	}
	var codes []string
	to, err := r.Enter(c, At{Place: AtSignIn}, step.Person, web.How{Method: step.Method + "+code", Also: func(tx db.Tx) (err error) {
		if err := ticket.Use(tx, t, c.Now); err != nil {
			return err
		}
		if has, err := hasCodes(tx, step.Person); err != nil || has {
			return fault.New(fault.Invalid, "%s", ui.T(c.Context(), "signin.step_late")) // set up meanwhile, in another window
		}
		if err := r.keepCodes(tx, step.Person, step.Secret, at, c.Now); err != nil {
			return err
		}
		if err := note(tx, step.Person, c.Now, "codes", ""); err != nil {
			return err
		}
		if codes, err = r.newRecoveryCodes(tx, step.Person, c.Now); err != nil {
			return err
		}
		return nil
	}})
	if f, say := told(err); say {
		return r.signInPage(c, web.StatusOf(err), "", f.Text)
	}
	if err != nil {
		return err
	}
	return c.Gate(http.StatusOK, title(c, "signin.recovery"), recoveryPage(codes, houseName(c), r.nameOf(c, step.Person), to))
}
