package signin

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// Place is where somebody is asked who they are.
type Place string

// The places.
const (
	AtSignIn  Place = "sign-in"
	AtConfirm Place = "confirm" // again, for what signs or gives access
	AtLock    Place = "lock"
	AtWelcome Place = "welcome" // with a link, choosing factors for the first time or anew
)

// At is a place and what is known there.
type At struct {
	Place  Place
	Person record.ID // zero at sign-in
	Then   string    // where to go on: a path of our own
	Link   string    // at welcome: the token of the link
	// Carried are hidden fields that a form at this place brings along: the form that waits for it.
	Carried []ui.Pair
}

// Factor is a way to show who one is. Fields that are nil do nothing.
type Factor struct {
	Name  string // the method that its sessions bear: "passkey"
	Order int    // at a place the lowest comes first; the password is 50
	// Has says whether a person can show it.
	Has func(q db.Querier, person record.ID) (bool, error)
	// Everybody is the query for the persons who have it, of whom a password alone lets nobody in; empty: it is not counted.
	Everybody string
	// Offer draws how it is shown, or at welcome how it is chosen; nil: it is not offered there.
	Offer func(c *web.Ctx, at At) (templ.Component, error)
	// Section draws what a person has of it, on their own page, with what they can change.
	Section func(c *web.Ctx) (templ.Component, error)
	// Forget takes everything of it away from a person who is invited anew.
	Forget func(tx db.Tx, person record.ID) error
	// Nameless says whether the house keeps names off its locked screens.
	Nameless func(q db.Querier) (bool, error)
	// Closes says in words why somebody may not come in by another method; empty: they may.
	Closes func(c *web.Ctx, person record.ID, by string) (string, error)
	// Join is told of the desk that the factor is offered at, before anybody comes.
	Join   func(d *Desk)
	Schema string
	Routes []web.Route
}

// Enter lets somebody in who has shown who they are, at the place where they were asked, and gives the address at which they go on. At
// welcome it uses the link up: of two at the same instant one is let in. Whoever confirms must be who is signed in; whoever unlocks as
// somebody else takes the device over, and the session before stays, locked.
func (r *Desk) Enter(c *web.Ctx, at At, person record.ID, how web.How) (to string, err error) {
	// Who is signed in already and shows it again comes in by no other way than before.
	same := c.Session != nil && c.Session.Person == person && (at.Place == AtConfirm || at.Place == AtLock)
	for _, f := range r.factors {
		if f.Closes == nil || at.Place == AtWelcome || same {
			continue
		}
		first, _, _ := strings.Cut(how.Method, "+")
		why, err := f.Closes(c, person, first)
		if err != nil {
			return "", err
		}
		if why != "" {
			return "", fault.New(fault.Invalid, "%s", why)
		}
	}
	if to = at.Then; !web.OwnPath(to) {
		to = "/"
	}
	// Whoever comes in by whatever way is known on this device from now on. A demonstration's link knows nobody, and a quick code only who has
	// signed in here before.
	if !how.Quick && how.Method != web.ByLink {
		first, subject := how.Also, r.subjectFor(c, person)
		how.Also = func(tx db.Tx) error {
			if first != nil {
				if err := first(tx); err != nil {
					return err
				}
			}
			if err := remember(tx, codesOfPerson(person), c.DeviceOf(), c.Now); err != nil {
				return err
			}
			return remember(tx, subject, c.DeviceOf(), c.Now)
		}
	}
	switch at.Place {
	case AtConfirm:
		if c.Session == nil || c.Session.Person != person {
			return "", fault.New(fault.Invalid, "this is somebody else: sign out first")
		}
		err = c.Sessions.Raise(c, how)
	case AtLock:
		switch {
		case c.Session != nil && c.Session.Person == person:
			err = c.Sessions.Unlock(c, how)
		default:
			how.Keep = true
			err = c.Sessions.Start(c, person, how)
			to = "/"
		}
	case AtWelcome:
		before := how.Also
		how.Also = func(tx db.Tx) error {
			if err := useLink(tx, at.Link, person, c.Now); err != nil {
				return err
			}
			if _, err := r.forgetAll(tx, person); err != nil { // a link that was given without ending what was before
				return err
			}
			if err := tx.Exec("DELETE FROM session WHERE person = $1", person[:]); err != nil {
				return err
			}
			if before != nil {
				return before(tx)
			}
			return nil
		}
		err = c.Sessions.Start(c, person, how)
	default:
		// Who signs in beside a locked screen takes the device over; nobody's work is ended by it.
		how.Keep = c.Session != nil && c.Session.Person != person && !c.Session.Locked.IsZero()
		err = c.Sessions.Start(c, person, how)
	}
	if err != nil {
		return "", err
	}
	return to, nil
}

// Entered is Enter for a form: it sends the browser on, or goes on with the form that had to wait.
func (r *Desk) Entered(c *web.Ctx, at At, person record.ID, how web.How) error {
	waiting := heldIn(c)
	if c.Session == nil || c.Session.Person != person { // what somebody else wrote does not go on under this person's name
		waiting = nil
	}
	to, err := r.Enter(c, at, person, how)
	if err != nil {
		return err
	}
	if n, err := untold(c.Read(), person); err == nil && n > 0 && at.Place == AtSignIn {
		c.Say(ui.Toast{What: ui.T(c.Context(), "signin.changed_since")})
	}
	if waiting != nil {
		return waiting.goOn(c)
	}
	return c.Go(to)
}

// Proved is Entered for a factor that may be only one of two: unless it showed both (second), a person who has one-time codes is asked for one.
func (r *Desk) Proved(c *web.Ctx, at At, person record.ID, how web.How, second bool) error {
	if !second && at.Place != AtWelcome {
		two, err := hasCodes(c.Read(), person)
		if err != nil {
			return err
		}
		if two {
			if how.Also != nil {
				if err := c.Committer.Upkeep(c.Context(), how.Also); err != nil {
					return err
				}
			}
			c.Device()
			return r.askCode(c, http.StatusOK, secondStep{Person: person, Method: how.Method, Place: at.Place, Then: at.Then}, "")
		}
	}
	if !second && at.Place == AtSignIn {
		more, err := mustHave(c, person)
		if err != nil {
			return err
		}
		if more {
			c.Device()
			return r.must(c, http.StatusOK, secondStep{Person: person, Method: how.Method}, "")
		}
	}
	return r.Entered(c, at, person, how)
}

// Again draws the place where somebody was asked once more, with what went wrong in words, and a mark beside it for the page's script.
func (r *Desk) Again(c *web.Ctx, at At, text string, mark templ.Component) error {
	if mark != nil {
		c.R = c.R.WithContext(context.WithValue(c.Context(), markKey{}, mark))
	}
	switch at.Place {
	case AtConfirm, AtLock:
		if c.Session == nil {
			return c.Redirect("/sign-in")
		}
		at.Person, at.Then = c.Session.Person, then(at.Then)
		return r.askAt(c, http.StatusUnprocessableEntity, at, heldIn(c), text)
	case AtWelcome:
		person, err := Invited(c, at.Link)
		if err != nil {
			return err
		}
		return r.welcomePage(c, http.StatusUnprocessableEntity, person, at.Link, text, nil)
	}
	return r.signInPage(c, http.StatusUnprocessableEntity, "", text)
}

type markKey struct{}

// HasBeside says whether a person has a way in beside one method.
func (r *Desk) HasBeside(q db.Querier, person record.ID, but string) (bool, error) {
	if but != "password" {
		if _, has, err := hashOf(q, person); has || err != nil {
			return has, err
		}
	}
	for _, f := range r.factors {
		if f.Has == nil || f.Name == but {
			continue
		}
		if has, err := f.Has(q, person); has || err != nil {
			return has, err
		}
	}
	return false, nil
}

// offers draws what the factors offer at a place, those before and those behind the password.
func (r *Desk) offers(c *web.Ctx, at At) (before, behind []templ.Component, err error) {
	for _, f := range r.factors {
		if f.Offer == nil {
			continue
		}
		part, err := f.Offer(c, at)
		if err != nil {
			return nil, nil, fmt.Errorf("offering %s: %w", f.Name, err)
		}
		switch {
		case part == nil:
		case f.Order < passwordOrder:
			before = append(before, part)
		default:
			behind = append(behind, part)
		}
	}
	return before, behind, nil
}

const passwordOrder = 50
