package signin

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/signin/ticket"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// door is what a page shows that asks who somebody is.
type door struct {
	at       At
	house    string
	name     string // who is asked, unless nobody is to be named; at sign-in what was typed
	wrong    string
	before   []templ.Component // factors that come before the password, and behind it
	behind   []templ.Component
	password bool // there may be one
	code     bool // a one-time code is asked for beside it
	waiting  *held
	ticket   string          // of the first step
	mark     templ.Component // for the page's script
}

// loud is how the password's button stands: quieter where another way comes first.
func (d *door) loud() ui.ButtonKind {
	if len(d.before) > 0 {
		return ui.Soft
	}
	return ui.Main
}

func (r *Desk) door(c *web.Ctx, at At, wrong string) (*door, error) {
	d := &door{at: at, house: houseName(c), wrong: wrong, password: true}
	d.mark, _ = c.Context().Value(markKey{}).(templ.Component)
	var err error
	if d.before, d.behind, err = r.offers(c, at); err != nil {
		return nil, err
	}
	if at.Person.IsZero() {
		return d, nil
	}
	if d.name, err = r.calledAt(c, at); err != nil {
		return nil, err
	}
	if _, d.password, err = hashOf(c.Read(), at.Person); err != nil {
		return nil, err
	}
	d.code, err = hasCodes(c.Read(), at.Person)
	return d, err
}

// calledAt is the name by which somebody is asked. A locked screen can be read by whoever passes: where the house keeps names off it, it has none.
func (r *Desk) calledAt(c *web.Ctx, at At) (string, error) {
	for _, f := range r.factors {
		if at.Place != AtLock || f.Nameless == nil {
			continue
		}
		if nameless, err := f.Nameless(c.Read()); nameless || err != nil {
			return "", err
		}
	}
	if p := c.Directory.Person(at.Person); p != nil {
		return p.Name, nil
	}
	return "", nil
}

func (r *Desk) showSignIn(c *web.Ctx) error {
	if c.Scope != nil {
		return c.Redirect("/")
	}
	return r.signInPage(c, http.StatusOK, "", "")
}

func (r *Desk) signInPage(c *web.Ctx, code int, name, wrong string) error {
	d, err := r.door(c, At{Place: AtSignIn}, wrong)
	if err != nil {
		return err
	}
	d.name = name
	return c.Gate(code, title(c, "signin.sign_in"), signInPage(d))
}

// told says whether an error is one for the person at the form, and in which words.
func told(err error) (*fault.Error, bool) {
	f := fault.Of(err)
	switch {
	case err == nil:
		return f, false
	case f.Kind == fault.Invalid, f.Kind == fault.TooMany, f.Kind == fault.NotFound:
		return f, true
	}
	return f, f.Kind == fault.Unavailable
}

func wrongPassword() error { return fault.New(fault.Invalid, "the name or the password is not right") }

// signIn takes a name and a password. Known and unknown names cost the same work and are answered in the same words.
func (r *Desk) signIn(c *web.Ctx) error {
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Malformed, err, "the form could not be read")
	}
	name := c.R.PostForm.Get("name")
	c.Device()
	person := record.Zero
	if c.FindSignIn != nil {
		if id, found := c.FindSignIn(c.Read(), name); found {
			person = id
		}
	}
	a, err := r.tryPassword(c, subjectOf(name), person, c.R.PostForm.Get("password"), wrongPassword())
	if f, say := told(err); say {
		if f.Kind == fault.Unavailable {
			c.W.Header().Set("Retry-After", "3")
		}
		return r.signInPage(c, web.StatusOf(err), name, f.Text)
	}
	if err != nil {
		return err
	}
	if two, err := hasCodes(c.Read(), person); err != nil {
		return err
	} else if two {
		if err := c.Committer.Upkeep(c.Context(), func(tx db.Tx) error { return a.right(tx) }); err != nil {
			return err
		}
		return r.askCode(c, http.StatusOK, secondStep{Person: person, Method: "password", Place: AtSignIn}, "")
	}
	if more, err := mustHave(c, person); err != nil {
		return err
	} else if more {
		if err := c.Committer.Upkeep(c.Context(), func(tx db.Tx) error { return a.right(tx) }); err != nil {
			return err
		}
		return r.must(c, http.StatusOK, secondStep{Person: person, Method: "password"}, "")
	}
	return r.Entered(c, At{Place: AtSignIn}, person, web.How{Method: "password", Also: func(tx db.Tx) error {
		return a.right(tx)
	}})
}

// tryPassword charges a try and judges it. Its error is wrong in one way whatever is wrong; the attempt is given back by who lets the person in.
func (r *Desk) tryPassword(c *web.Ctx, subject string, person record.ID, password string, wrong error) (*attempt, error) {
	if len(password) > maxPassword {
		return nil, wrong
	}
	a, fits, old, hash, err := r.judge(c, subject, person, password)
	if err != nil {
		return nil, err
	}
	if !fits {
		c.Watch("sign-in refused", "person", person, "method", "password")
		return nil, wrong
	}
	if _, err := c.Directory.Scope(person, ""); err != nil {
		return nil, wrong
	}
	if old {
		fresh, err := r.hashes.make(c.Context(), password, true)
		if err == nil {
			err = c.Committer.Upkeep(c.Context(), func(tx db.Tx) error {
				return tx.Exec("UPDATE credential SET hash = $1 WHERE person = $2 AND hash = $3", fresh, person[:], hash)
			})
		}
		if err != nil {
			c.Log.Warn("a password's hash could not be made anew", "error", err) // the next sign-in tries again
		}
	}
	return a, nil
}

// judge waits for its turn, charges the try and computes. Who has to come again because too many wait is not charged, and writes nothing.
func (r *Desk) judge(c *web.Ctx, subject string, person record.ID, password string) (a *attempt, fits, old bool, hash string, err error) {
	known, err := isKnown(c, subject)
	if err != nil {
		return nil, false, false, "", err
	}
	if err := r.hashes.enter(c.Context(), known); err != nil {
		return nil, false, false, "", err
	}
	defer r.hashes.leave()
	if a, err = charge(c, subject); err != nil {
		return nil, false, false, "", err
	}
	hash, has, err := hashOf(c.Read(), person)
	if err != nil {
		return nil, false, false, "", err
	}
	fits, old, err = r.hashes.check(password, hash)
	return a, fits && has, old, hash, err
}

// secondStep is what the browser brings back from the first step.
type secondStep struct {
	Person record.ID `json:"person"`
	Device string    `json:"device"`
	Method string    `json:"method"` // of the first step
	Place  Place     `json:"place"`
	Then   string    `json:"then"`
	Secret []byte    `json:"secret,omitempty"` // of codes that are set up at the door
}

const stepLength = 5 * time.Minute

func (r *Desk) askCode(c *web.Ctx, status int, step secondStep, wrong string) error {
	step.Device = c.DeviceOf()
	t, err := r.tickets.Seal("second step", c.Now.Add(stepLength), step)
	if err != nil {
		return err
	}
	return r.codePage(c, status, t, wrong)
}

func (r *Desk) codePage(c *web.Ctx, status int, t, wrong string) error {
	return c.Gate(status, title(c, "signin.sign_in"), codePage(&door{ticket: t, wrong: wrong, house: houseName(c)}))
}

// signInCode takes the code of the second step. A recovery code does as well.
func (r *Desk) signInCode(c *web.Ctx) error {
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Malformed, err, "the form could not be read")
	}
	text := c.R.PostForm.Get("ticket")
	var step secondStep
	t, err := r.tickets.Open(c.Now, "second step", text, &step)
	if err != nil || step.Device != c.DeviceOf() {
		return r.signInPage(c, http.StatusUnprocessableEntity, "", ui.T(c.Context(), "signin.step_late"))
	}
	use, err := r.tryCode(c, step.Person, c.R.PostForm.Get("code"))
	if f, say := told(err); say {
		return r.codePage(c, web.StatusOf(err), text, f.Text)
	}
	if err != nil {
		return err
	}
	err = r.Entered(c, At{Place: step.Place, Then: step.Then}, step.Person, web.How{Method: use.method(step.Method), Also: func(tx db.Tx) error {
		if err := ticket.Use(tx, t, c.Now); err != nil {
			return err
		}
		return use.up(tx, c.Now)
	}})
	if f, say := told(err); say {
		return r.signInPage(c, web.StatusOf(err), "", f.Text)
	}
	return err
}

func showSignOut(c *web.Ctx) error {
	if c.Session == nil {
		return c.Redirect("/sign-in")
	}
	name := ""
	if p := c.Directory.Person(c.Session.Person); p != nil {
		name = p.Name
	}
	return c.Gate(http.StatusOK, title(c, "web.sign_out"), signOutPage(name))
}

func signOut(c *web.Ctx) error {
	if err := c.Sessions.SignOut(c); err != nil {
		return err
	}
	return c.Redirect("/sign-in")
}

// ask is what a browser gets whose session is locked, or has not shown a full factor lately: who asks for a page is sent to the place where
// that is asked; a form that was sent waits there.
func (r *Desk) ask(c *web.Ctx, why fault.Kind) error {
	at := At{Place: AtConfirm, Person: c.Session.Person, Then: c.R.URL.RequestURI()}
	if why == fault.Locked {
		at.Place = AtLock
	}
	if c.R.Method == http.MethodGet {
		return c.Redirect("/" + string(at.Place) + "?then=" + url.QueryEscape(at.Then))
	}
	at.Then = "/"
	return r.askAt(c, http.StatusForbidden, at, hold(c), "")
}

func (r *Desk) askAt(c *web.Ctx, status int, at At, waiting *held, wrong string) error {
	if waiting != nil {
		at.Carried = []ui.Pair{{Name: heldPath, Value: waiting.Path}, {Name: heldBody, Value: waiting.Body}}
	}
	d, err := r.door(c, at, wrong)
	if err != nil {
		return err
	}
	d.waiting = waiting
	if at.Place == AtLock {
		return c.Gate(status, title(c, "signin.locked"), lockPage(d))
	}
	return c.Gate(status, title(c, "signin.confirm"), confirmPage(d))
}

// then is where a form or address says to go on: a path of ours.
func then(text string) string {
	if web.OwnPath(text) {
		return text
	}
	return "/"
}

func (r *Desk) showConfirm(c *web.Ctx) error {
	to := then(c.R.URL.Query().Get("then"))
	if c.Fresh() {
		return c.Redirect(to)
	}
	return r.askAt(c, http.StatusOK, At{Place: AtConfirm, Person: c.Session.Person, Then: to}, nil, "")
}

// confirm takes what shows again who somebody is.
func (r *Desk) confirm(c *web.Ctx) error {
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Malformed, err, "the form could not be read")
	}
	return r.again(c, At{Place: AtConfirm, Person: c.Session.Person, Then: then(c.R.PostForm.Get("then"))})
}

func (r *Desk) showLock(c *web.Ctx) error {
	to := then(c.R.URL.Query().Get("then"))
	switch {
	case c.Session == nil:
		return c.Redirect("/sign-in")
	case c.Session.Locked.IsZero():
		return c.Redirect(to)
	}
	return r.askAt(c, http.StatusOK, At{Place: AtLock, Person: c.Session.Person, Then: to}, nil, "")
}

// lock locks this browser's session.
func lock(c *web.Ctx) error {
	if c.Session == nil {
		return c.Go("/sign-in")
	}
	if err := c.Sessions.Lock(c); err != nil {
		return err
	}
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Malformed, err, "the form could not be read")
	}
	if c.R.Header.Get("Accept") == "application/json" {
		return showSession(c)
	}
	return c.Go("/lock?then=" + url.QueryEscape(then(c.R.PostForm.Get("then"))))
}

func (r *Desk) unlock(c *web.Ctx) error {
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Malformed, err, "the form could not be read")
	}
	if c.Session == nil {
		return c.Redirect("/sign-in")
	}
	return r.again(c, At{Place: AtLock, Person: c.Session.Person, Then: then(c.R.PostForm.Get("then"))})
}

// again judges a password, and the code beside it, of somebody who is signed in. To open a locked screen the password is enough (SP 800-63B-4,
// 2.2.3: one factor and the session's own secret); what asks for a full factor asks for the code as well.
func (r *Desk) again(c *web.Ctx, at At) error {
	if at.Place == AtConfirm && c.Fresh() { // a factor of another package was shown a moment ago, and a form waits
		return r.onward(c, at)
	}
	how := web.How{Method: "password"}
	subject := r.subjectFor(c, at.Person)
	a, err := r.tryPassword(c, subject, at.Person, c.R.PostForm.Get("password"), fault.New(fault.Invalid, "the password is not right"))
	var use *codeUse
	if err == nil {
		var two bool
		if two, err = hasCodes(c.Read(), at.Person); err == nil && two {
			how.Half = true
			if code := c.R.PostForm.Get("code"); code != "" || at.Place == AtConfirm {
				if use, err = r.tryCode(c, at.Person, code); err == nil {
					how.Half, how.Method = false, use.method("password")
				}
			}
		}
	}
	if err == nil {
		how.Also = func(tx db.Tx) error {
			if use != nil {
				if err := use.up(tx, c.Now); err != nil {
					return err
				}
			}
			return a.right(tx)
		}
		err = r.Entered(c, at, at.Person, how)
	}
	if f, say := told(err); say {
		return r.askAt(c, web.StatusOf(err), at, heldIn(c), f.Text)
	}
	return err
}

// onward goes on from a confirmation that is not needed any more.
func (r *Desk) onward(c *web.Ctx, at At) error {
	if waiting := heldIn(c); waiting != nil {
		return waiting.goOn(c)
	}
	return c.Go(at.Then)
}

// subjectFor is what tries of somebody known are counted for: their sign-in name, as at the door.
func (r *Desk) subjectFor(c *web.Ctx, person record.ID) string {
	if c.SignInName != nil {
		if name := c.SignInName(c.Read(), person); name != "" {
			return subjectOf(name)
		}
	}
	return "person " + person.String()
}

// state is what a page's script is told of its session: how long until it locks and ends, in seconds.
type state struct {
	Reader string `json:"reader,omitempty"`
	Locked bool   `json:"locked"`
	Idle   int    `json:"idle"`  // until it locks by itself, if nobody does anything; 0: never
	Until  int    `json:"until"` // until it ends
	Limit  int    `json:"limit"` // how long it may lie idle at all; 0: it does not lock by itself
	Fresh  bool   `json:"fresh"`
	Quick  bool   `json:"quick"`
}

// showSession says how the session stands: GET /session keeps nothing open, POST /session/here says that somebody is at the page. It answers
// 401 where there is none.
func showSession(c *web.Ctx) error {
	s := state{}
	code := http.StatusOK
	if c.Session == nil {
		code = http.StatusUnauthorized
	} else {
		s.Reader, s.Locked, s.Until = c.Session.Person.String(), !c.Session.Locked.IsZero(), int(c.Session.Until.Sub(c.Now).Seconds())
		s.Quick = c.Session.Level == web.Quick
		s.Fresh = !s.Locked && c.Fresh()
		if c.Session.Method != web.ByLink {
			s.Limit = int(c.Limits().Idle.Seconds())
			s.Idle = max(0, s.Limit-int(c.Now.Sub(c.Session.Seen).Seconds()))
		}
	}
	c.W.Header().Set("Content-Type", "application/json")
	c.W.WriteHeader(code)
	_ = json.NewEncoder(c.W).Encode(s) // whoever asked has gone
	return nil
}
