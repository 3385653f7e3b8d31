package signin

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	"github.com/a-h/templ"
	"github.com/boombuler/barcode/qr"

	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// mine is what stands on one's own page.
type mine struct {
	name, role string
	password   bool // has one
	changed    time.Time
	codes      bool
	codesUsed  time.Time
	recovery   int64
	sections   []templ.Component
	sessions   []web.Session
	here       record.ID
	lately     []happened
	news       bool // some of it is not known yet
}

func (r *Desk) account(c *web.Ctx) error {
	q, me := c.Read(), c.Scope.Person
	v := &mine{name: c.Scope.Name, role: string(c.Scope.Role)}
	var err error
	if v.password, v.changed, err = passwordOf(q, me); err != nil {
		return err
	}
	if v.codes, v.codesUsed, err = codesOf(q, me); err != nil {
		return err
	}
	if v.recovery, err = recoveryLeft(q, me); err != nil {
		return err
	}
	if v.sessions, err = c.Sessions.List(q, me); err != nil {
		return err
	}
	if c.Session != nil {
		v.here = c.Session.ID
	}
	if v.lately, err = notes(q, me, 8); err != nil {
		return err
	}
	for _, f := range r.factors {
		if f.Section == nil {
			continue
		}
		part, err := f.Section(c)
		if err != nil {
			return fmt.Errorf("showing one's own %s: %w", f.Name, err)
		}
		if part != nil {
			v.sections = append(v.sections, part)
		}
	}
	for _, h := range v.lately {
		if !h.Told {
			v.news = true
			if err := c.Committer.Upkeep(c.Context(), func(tx db.Tx) error { return saw(tx, me) }); err != nil {
				c.Log.Warn("that somebody read what happened could not be written down", "error", err) // they are told again
			}
			break
		}
	}
	return c.Show(ui.Page{Title: c.Scope.Name}, accountPage(v))
}

func (r *Desk) showPassword(c *web.Ctx) error { return r.passwordPage(c, "") }

func (r *Desk) passwordPage(c *web.Ctx, wrong string) error {
	two, err := hasCodes(c.Read(), c.Scope.Person)
	if err != nil {
		return err
	}
	return show(c, wrong, ui.T(c.Context(), "signin.change_password"), passwordPage(leastBeside(two), two, wrong))
}

func show(c *web.Ctx, wrong, title string, content templ.Component) error {
	p := ui.Page{Title: title, Scripts: []string{"door.js"}}
	if wrong != "" {
		return c.ShowAs(http.StatusUnprocessableEntity, p, content)
	}
	return c.Show(p, content)
}

func leastBeside(two bool) int {
	if two {
		return MinPasswordBeside
	}
	return MinPassword
}

// changePassword takes a new password in. All other sessions end: whoever knew the old one is out.
func (r *Desk) changePassword(c *web.Ctx) error {
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Malformed, err, "the form could not be read")
	}
	me, password := c.Scope.Person, c.R.PostForm.Get("password")
	two, err := hasCodes(c.Read(), me)
	if err != nil {
		return err
	}
	if err := judgePassword(password, leastBeside(two), r.ownWords(c, me)...); err != nil {
		return r.passwordPage(c, fault.Of(err).Fields[0].Text)
	}
	hash, err := r.hashes.make(c.Context(), password, true)
	if err != nil {
		return err
	}
	method := c.Session.Method
	err = c.Sessions.Raise(c, web.How{Method: method, Also: func(tx db.Tx) error {
		if err := putPassword(tx, me, hash, judgePassword(password, MinPassword) != nil, c.Now); err != nil {
			return err
		}
		return note(tx, me, c.Now, "password", "")
	}})
	if err != nil {
		return err
	}
	if err := c.Sessions.EndOthers(c); err != nil {
		return err
	}
	c.Say(ui.Toast{What: ui.T(c.Context(), "signin.password_changed")})
	return c.Go("/account")
}

// newSecret draws the secret of one-time codes.
func newSecret() []byte {
	secret := make([]byte, secretSize)
	fill(secret)
	return secret
}

const setupLength = time.Hour

// sealSetup writes the secret that somebody is about to set up into the page: it is kept once they have shown a code of it.
func (r *Desk) sealSetup(c *web.Ctx, person record.ID, secret []byte) (string, error) {
	return r.tickets.Seal("codes of "+person.String(), c.Now.Add(setupLength), base64.StdEncoding.EncodeToString(secret))
}

func (r *Desk) openSetup(c *web.Ctx, person record.ID, text string) ([]byte, error) {
	var kept string
	if _, err := r.tickets.Open(c.Now, "codes of "+person.String(), text, &kept); err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(kept)
}

// setup is the page on which an app is shown its secret.
type setup struct {
	ticket, wrong string
	secret        []byte
	qr            *picture
}

func (r *Desk) showCodes(c *web.Ctx) error { return r.codesSetup(c, newSecret(), "") }

func (r *Desk) codesSetup(c *web.Ctx, secret []byte, wrong string) error {
	v := &setup{secret: secret, wrong: wrong}
	var err error
	if v.ticket, err = r.sealSetup(c, c.Scope.Person, secret); err != nil {
		return err
	}
	if v.qr, err = draw(secretLink(secret, houseName(c), c.Scope.Name)); err != nil {
		return err
	}
	return show(c, wrong, ui.T(c.Context(), "signin.codes"), setupPage(v))
}

// setCodes keeps the one-time codes once a code of them was shown, and shows the recovery codes.
func (r *Desk) setCodes(c *web.Ctx) error {
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Malformed, err, "the form could not be read")
	}
	secret, err := r.openSetup(c, c.Scope.Person, c.R.PostForm.Get("ticket"))
	if err != nil {
		return r.codesSetup(c, newSecret(), ui.T(c.Context(), "signin.setup_late"))
	}
	step, right := stepOf(secret, c.R.PostForm.Get("code"), c.Now)
	if !right {
		return r.codesSetup(c, secret, ui.T(c.Context(), "signin.setup_wrong"))
	}
	var codes []string
	err = c.Sessions.Raise(c, web.How{Method: c.Session.Method, Also: func(tx db.Tx) (err error) {
		if err := r.keepCodes(tx, c.Scope.Person, secret, step, c.Now); err != nil {
			return err
		}
		if codes, err = r.newRecoveryCodes(tx, c.Scope.Person, c.Now); err != nil {
			return err
		}
		return note(tx, c.Scope.Person, c.Now, "codes", "")
	}})
	if err != nil {
		return err
	}
	return r.showRecovery(c, codes)
}

func (r *Desk) showRecovery(c *web.Ctx, codes []string) error {
	return c.Gate(http.StatusOK, title(c, "signin.recovery"), recoveryPage(codes, houseName(c), c.Scope.Name, "/account"))
}

// dropCodes takes the one-time codes and recovery codes away. A password that is too short to stand alone keeps them.
func (r *Desk) dropCodes(c *web.Ctx) error {
	me := c.Scope.Person
	var beside int64
	err := c.Read().QueryRow("SELECT beside FROM credential WHERE person = $1", me[:]).Scan(&beside)
	if err != nil && err != db.ErrNoRows {
		return fmt.Errorf("reading a password: %w", err)
	}
	if beside != 0 {
		return fault.New(fault.Invalid, "your password is too short to stand alone: choose a longer one first")
	}
	if more, err := mustHave(c, me); err != nil {
		return err
	} else if more {
		return fault.New(fault.Invalid, "your house asks for codes beside a password")
	}
	err = c.Committer.Upkeep(c.Context(), func(tx db.Tx) error {
		for _, table := range []string{"one_time_code", "recovery_code"} {
			if err := tx.Exec("DELETE FROM "+table+" WHERE person = $1", me[:]); err != nil {
				return err
			}
		}
		return note(tx, me, c.Now, "codes_dropped", "")
	})
	if err != nil {
		return err
	}
	c.Say(ui.Toast{What: ui.T(c.Context(), "signin.codes_dropped")})
	return c.Go("/account")
}

// renewRecovery draws ten new recovery codes and shows them once.
func (r *Desk) renewRecovery(c *web.Ctx) error {
	if two, err := hasCodes(c.Read(), c.Scope.Person); err != nil || !two {
		return c.Go("/account")
	}
	var codes []string
	err := c.Committer.Upkeep(c.Context(), func(tx db.Tx) (err error) {
		if codes, err = r.newRecoveryCodes(tx, c.Scope.Person, c.Now); err != nil {
			return err
		}
		return note(tx, c.Scope.Person, c.Now, "recovery", "")
	})
	if err != nil {
		return err
	}
	return r.showRecovery(c, codes)
}

// endSession ends one of one's own sessions.
func endSession(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	if c.Session != nil && c.Session.ID == id {
		return c.Go("/sign-out")
	}
	if err := c.Sessions.End(c.Context(), c.Scope.Person, id); err != nil {
		return err
	}
	c.Say(ui.Toast{What: ui.T(c.Context(), "signin.session_ended")})
	return c.Go("/account")
}

func endOthers(c *web.Ctx) error {
	if err := c.Sessions.EndOthers(c); err != nil {
		return err
	}
	c.Say(ui.Toast{What: ui.T(c.Context(), "signin.sessions_ended")})
	return c.Go("/account")
}

// picture is a QR code: how many squares wide, and its dark ones as the path of a drawing.
type picture struct {
	size int
	path string
}

// draw makes the QR code of a text.
func draw(text string) (*picture, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return nil, fmt.Errorf("drawing a QR code: %w", err)
	}
	const margin = 4 // squares, as the standard asks for
	b := code.Bounds()
	p := &picture{size: b.Dx() + 2*margin}
	for y := range b.Dy() {
		for x := range b.Dx() {
			if dark, _, _, _ := code.At(x, y).RGBA(); dark == 0 {
				p.path += fmt.Sprintf("M%d %dh1v1h-1z", x+margin, y+margin)
			}
		}
	}
	return p, nil
}
