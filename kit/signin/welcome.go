package signin

import (
	"fmt"
	"net/http"

	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// invite makes the one-time link with which a person chooses how they sign in, and ends what they signed in with before: factors and
// sessions. Tokens of programs go on until they are revoked. It is how somebody gets back in who has lost everything, and how a stolen phone is shut out.
func (r *Desk) invite(c *web.Ctx, person record.ID) (path string, err error) {
	token := web.NewToken()
	err = c.Committer.Upkeep(c.Context(), func(tx db.Tx) error {
		had, err := r.forgetAll(tx, person)
		if err != nil {
			return err
		}
		if had {
			if err := note(tx, person, c.Now, "invited", c.Scope.Name); err != nil {
				return err
			}
		}
		return putLink(tx, token, person, c.Now, false)
	})
	if err != nil {
		return "", fmt.Errorf("inviting: %w", err)
	}
	return "/welcome/" + token, c.Sessions.EndAll(c.Context(), person)
}

// forgetAll takes every factor of a person away, and says whether there was any that this package keeps.
func (r *Desk) forgetAll(tx db.Tx, person record.ID) (had bool, err error) {
	for _, table := range []string{"credential", "one_time_code", "recovery_code"} {
		there, err := db.Exists(tx, "SELECT 1 FROM "+table+" WHERE person = $1", person[:])
		if err != nil {
			return had, err
		}
		had = had || there
		if err := tx.Exec("DELETE FROM "+table+" WHERE person = $1", person[:]); err != nil {
			return had, err
		}
	}
	for _, f := range r.factors {
		if f.Has != nil {
			there, err := f.Has(tx, person)
			if err != nil {
				return had, fmt.Errorf("looking for %s: %w", f.Name, err)
			}
			had = had || there
		}
		if f.Forget == nil {
			continue
		}
		if err := f.Forget(tx, person); err != nil {
			return had, fmt.Errorf("taking %s away: %w", f.Name, err)
		}
	}
	return had, nil
}

// welcome is where a link leads: in a demonstration straight in, else to choosing how to sign in from now on.
func (r *Desk) welcome(c *web.Ctx) error {
	token := c.R.PathValue("token")
	l, err := findLink(c, token)
	if err != nil {
		return err
	}
	if l.many {
		return r.Entered(c, At{Place: AtSignIn}, l.person, web.How{Method: web.ByLink})
	}
	return r.welcomePage(c, http.StatusOK, l.person, token, "", nil)
}

// choice is what stands on the welcome page.
type choice struct {
	*door
	path   string
	secret []byte // of the codes that may be set up here
	qr     *picture
}

func (r *Desk) welcomePage(c *web.Ctx, status int, person record.ID, token, wrong string, secret []byte) error {
	if _, err := c.Directory.Scope(person, ""); err != nil {
		return gone()
	}
	d, err := r.door(c, At{Place: AtWelcome, Person: person, Then: "/", Link: token}, wrong)
	if err != nil {
		return err
	}
	v := &choice{door: d, path: "/welcome/" + token, secret: secret}
	if v.secret == nil {
		v.secret = newSecret()
	}
	if v.ticket, err = r.sealSetup(c, person, v.secret); err != nil {
		return err
	}
	if v.qr, err = draw(secretLink(v.secret, d.house, d.name)); err != nil {
		return err
	}
	return c.Gate(status, title(c, "signin.welcome_title"), welcomePage(v))
}

// welcomed takes the chosen password in, with one-time codes beside it where they were set up, and uses the link up.
func (r *Desk) welcomed(c *web.Ctx) error {
	token := c.R.PathValue("token")
	l, err := findLink(c, token)
	if err != nil || l.many {
		return gone()
	}
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Malformed, err, "the form could not be read")
	}
	secret, err := r.openSetup(c, l.person, c.R.PostForm.Get("ticket"))
	if err != nil {
		secret = nil
	}
	set, wrong, err := r.chosen(c, l.person, secret)
	if err != nil {
		return err
	}
	if wrong != "" {
		return r.welcomePage(c, http.StatusUnprocessableEntity, l.person, token, wrong, secret)
	}
	c.Device()
	var codes []string
	at := At{Place: AtWelcome, Person: l.person, Then: "/", Link: token}
	to, err := r.Enter(c, at, l.person, web.How{Method: set.method(), Also: func(tx db.Tx) (err error) {
		if codes, err = r.keepChosen(tx, c, l.person, set); err != nil {
			return err
		}
		return nil
	}})
	if err != nil {
		return err
	}
	if codes != nil {
		return c.Gate(http.StatusOK, title(c, "signin.recovery"), recoveryPage(codes, houseName(c), r.nameOf(c, l.person), to))
	}
	return c.Redirect(to)
}

// chosenSet is what somebody chose to sign in with.
type chosenSet struct {
	hash   string
	beside bool   // the password is good only beside a second factor
	secret []byte // of one-time codes; nil for none
	step   int64
}

func (s *chosenSet) method() string {
	if s.secret != nil {
		return "password+code"
	}
	return "password"
}

// chosen judges a new password and, where a code of the app stands beside it, the app. Wrong is said to the person.
func (r *Desk) chosen(c *web.Ctx, person record.ID, secret []byte) (*chosenSet, string, error) {
	set := &chosenSet{}
	password, code := c.R.PostForm.Get("password"), c.R.PostForm.Get("code")
	least := MinPassword
	if code != "" {
		if secret == nil {
			return nil, ui.T(c.Context(), "signin.setup_late"), nil
		}
		step, right := stepOf(secret, code, c.Now)
		if !right {
			return nil, ui.T(c.Context(), "signin.setup_wrong"), nil
		}
		set.secret, set.step, least = secret, step, MinPasswordBeside
	}
	err := judgePassword(password, least, r.ownWords(c, person)...)
	if f := fault.Of(err); err != nil {
		return nil, f.Fields[0].Text, nil
	}
	set.beside = judgePassword(password, MinPassword) != nil
	if set.hash, err = r.hashes.make(c.Context(), password, true); err != nil {
		return nil, "", err
	}
	return set, "", nil
}

// ownWords are those that everybody could guess for a person.
func (r *Desk) ownWords(c *web.Ctx, person record.ID) []string {
	own := []string{houseName(c)}
	if p := c.Directory.Person(person); p != nil {
		own = append(own, p.Name)
	}
	if c.SignInName != nil {
		own = append(own, c.SignInName(c.Read(), person))
	}
	return own
}

// keepChosen keeps what was chosen, and gives the recovery codes that come with one-time codes.
func (r *Desk) keepChosen(tx db.Tx, c *web.Ctx, person record.ID, set *chosenSet) (codes []string, err error) {
	if err := putPassword(tx, person, set.hash, set.beside, c.Now); err != nil {
		return nil, err
	}
	if set.secret == nil {
		return nil, nil
	}
	if err := r.keepCodes(tx, person, set.secret, set.step, c.Now); err != nil {
		return nil, err
	}
	return r.newRecoveryCodes(tx, person, c.Now)
}

func (r *Desk) nameOf(c *web.Ctx, person record.ID) string {
	if p := c.Directory.Person(person); p != nil {
		return p.Name
	}
	return ""
}
