package oidc

import (
	"embed"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/a-h/templ"
	goidc "github.com/coreos/go-oidc/v3/oidc"

	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/signin"
	"milieu/kit/signin/ticket"
	"milieu/kit/ui"
	"milieu/kit/web"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// method is what sessions opened by the organisation bear.
const method = "organisation"

// Organisation is the one whose accounts open this house.
type Organisation struct {
	provider *provider
	desk     *signin.Desk
}

// Factor offers signing in through the organisation, below the password.
func Factor(s *Settings) signin.Factor {
	o := &Organisation{provider: newProvider(s)}
	return signin.Factor{Name: method, Order: 70, Has: o.has, Everybody: "SELECT DISTINCT person FROM organisation_account", Offer: o.offer, Section: o.section, Forget: Forget, Schema: Schema, Routes: o.routes(),
		Closes: o.closes, Join: func(d *signin.Desk) { o.desk = d }}
}

func (o *Organisation) routes() []web.Route {
	return []web.Route{
		{Method: "GET", Pattern: "/sign-in/organisation", Public: true, Handle: o.begin},
		{Method: "GET", Pattern: backPath, Public: true, Handle: o.back},
		{Method: "POST", Pattern: "/sign-in/organisation/ended", Public: true, Quiet: true, MaxBody: 16 << 10, Handle: o.ended},
		{Method: "GET", Pattern: "/sign-in/organisation/leave", Public: true, Handle: o.goodbye},
		{Method: "GET", Pattern: "/welcome/{token}/organisation", Public: true, Handle: o.beginInvited},
		{Method: "GET", Pattern: "/account/organisation/begin", Action: "account.keep", Fresh: true, Handle: o.beginTie},
		{Method: "GET", Pattern: "/account/organisation/tie", Action: "account.keep", Fresh: true, Handle: o.showTie},
		{Method: "POST", Pattern: "/account/organisation/tie", Action: "account.keep", Fresh: true, MaxBody: 4 << 10, Handle: o.tie},
		{Method: "GET", Pattern: "/account/organisation/untie", Action: "account.keep", Fresh: true, Handle: func(c *web.Ctx) error { return o.showUntie(c, http.StatusOK, "") }},
		{Method: "POST", Pattern: "/account/organisation/untie", Action: "account.keep", Fresh: true, MaxBody: 4 << 10, Handle: o.untie},
	}
}

func (o *Organisation) has(q db.Querier, person record.ID) (bool, error) {
	return db.Exists(q, "SELECT 1 FROM organisation_account WHERE person = $1 AND issuer = $2", person[:], o.provider.settings.Issuer)
}

func (o *Organisation) offer(c *web.Ctx, at signin.At) (templ.Component, error) {
	name := o.provider.settings.Name
	switch at.Place {
	case signin.AtWelcome:
		return offerPart(name, "/welcome/"+at.Link+"/organisation", false), nil
	case signin.AtConfirm:
		if ok, err := o.has(c.Read(), at.Person); err != nil || !ok || len(at.Carried) > 0 {
			return nil, err // a form that waits cannot go along on a trip
		}
	}
	_, was := c.R.Cookie(c.CookieName(thereCookie))
	return offerPart(name, "/sign-in/organisation?"+query(at), at.Place == signin.AtSignIn && was == nil), nil
}

// begin sets out to sign in, to confirm, or to unlock: GET /sign-in/organisation.
func (o *Organisation) begin(c *web.Ctx) error {
	t := trip{For: toSignIn, Then: c.R.URL.Query().Get("then"), Place: signin.Place(c.R.URL.Query().Get("place"))}
	switch t.Place {
	case signin.AtConfirm:
		if c.Session == nil {
			return c.Redirect("/sign-in")
		}
		t.For, t.Person, t.Session = toConfirm, c.Session.Person, c.Session.ID
	case signin.AtLock:
	default:
		t.Place = signin.AtSignIn
	}
	return o.leave(c, t)
}

func (o *Organisation) beginInvited(c *web.Ctx) error {
	token := c.R.PathValue("token")
	person, err := signin.Invited(c, token)
	if err != nil {
		return err
	}
	return o.leave(c, trip{For: toWelcome, Place: signin.AtWelcome, Person: person, Invited: token})
}

func (o *Organisation) beginTie(c *web.Ctx) error {
	if c.Session == nil {
		return fault.New(fault.Denied, "an account is tied in a browser that one signed in with")
	}
	return o.leave(c, trip{For: toTie, Person: c.Scope.Person, Session: c.Session.ID})
}

// back is where the organisation sends people: GET /sign-in/organisation/back.
func (o *Organisation) back(c *web.Ctx) error {
	t, who, err := o.come(c)
	if err == nil {
		err = o.arrive(c, &t, &who)
	}
	var no *declined
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errNoTrip):
		return o.sorry(c, http.StatusUnprocessableEntity, "oidc.no_trip")
	case errors.Is(err, errAway):
		return o.away(c, err)
	case errors.As(err, &no):
		c.Watch("sign-in refused", "method", method, "why", "declined there")
		c.Log.Debug("the organisation signed nobody in", "error", err)
		if no.code == "access_denied" || no.code == "login_required" || no.code == "interaction_required" {
			return o.sorry(c, http.StatusUnprocessableEntity, "oidc.declined")
		}
		return o.sorry(c, http.StatusUnprocessableEntity, "oidc.trouble")
	}
	if f := fault.Of(err); f.Kind != fault.Internal {
		return err
	}
	// What does not hold is looked at by whoever looks after Milieu: to the person it is all the same.
	c.Watch("sign-in refused", "method", method, "why", "not genuine")
	c.Log.Warn("what the organisation said was not taken", "error", brief(err))
	return o.sorry(c, http.StatusUnprocessableEntity, "oidc.not_genuine")
}

// arrive does what a trip was for.
func (o *Organisation) arrive(c *web.Ctx, t *trip, who *identity) error {
	person, known, err := whose(c.Read(), who.Issuer, who.Subject)
	if err != nil {
		return err
	}
	setCookie(c, thereCookie, "1", 12*time.Hour)
	at := signin.At{Place: t.Place, Then: t.Then, Link: t.Invited}
	touch := func(tx db.Tx) error { return touched(tx, who, c.Now) }
	switch t.For {
	case toTie:
		if c.Scope == nil || c.Session == nil || c.Session.ID != t.Session {
			return errNoTrip
		}
		return o.keep(c, who, "/account")
	case toWelcome:
		if known && person != t.Person {
			return fault.New(fault.Conflict, "that account belongs to somebody else here")
		}
		at.Person = t.Person
		return o.desk.Proved(c, at, t.Person, web.How{Method: method, Also: func(tx db.Tx) error { return tie(tx, who, t.Person, c.Now) }}, who.Second)
	case toConfirm:
		if c.Session == nil || c.Session.ID != t.Session {
			return errNoTrip
		}
		at.Person = t.Person
		if !known || person != t.Person {
			return fault.New(fault.Invalid, "that is another account than yours")
		}
	default:
		if !known {
			return o.unknown(c, who)
		}
	}
	return o.desk.Proved(c, at, person, web.How{Method: method, Also: touch}, who.Second)
}

// thereCookie says that somebody signed in there from this browser, and may be so still: a tablet that goes from hand to hand should not keep it.
const thereCookie = "milieu_there"

// goodbye leads to where one signs out at the organisation too.
func (o *Organisation) goodbye(c *web.Ctx) error {
	setCookie(c, thereCookie, "", -time.Hour)
	to, err := o.farewell(c)
	if err != nil {
		return o.away(c, err)
	}
	if to == "" {
		return c.Redirect("/sign-in")
	}
	http.Redirect(c.W, c.R, to, http.StatusSeeOther)
	return nil
}

// unknown meets somebody whose account is nobody's here yet: they sign in once by a way of their own, then it is theirs.
func (o *Organisation) unknown(c *web.Ctx, who *identity) error {
	if err := o.remember(c, who); err != nil {
		return err
	}
	return c.Gate(http.StatusOK, ui.Page{Title: o.provider.settings.Name}, unknownPage(o.provider.settings.Name, who.Called))
}

const (
	tiePurpose = "an account to tie"
	tieCookie  = "milieu_tie"
	tiePath    = "/account/organisation/tie"
)

func (o *Organisation) remember(c *web.Ctx, who *identity) error {
	text, err := o.desk.Tickets().Seal(tiePurpose, c.Now.Add(life), who)
	if err != nil {
		return err
	}
	setCookie(c, tieCookie, text, life)
	return nil
}

// waiting is the account that this browser brought and that is nobody's yet.
func (o *Organisation) waiting(c *web.Ctx) (who identity, t ticket.Ticket, err error) {
	cookie, err := c.R.Cookie(c.CookieName(tieCookie))
	if err != nil {
		return who, t, errNoTrip
	}
	t, err = o.desk.Tickets().Open(c.Now, tiePurpose, cookie.Value, &who)
	return who, t, err
}

func (o *Organisation) showTie(c *web.Ctx) error {
	who, _, err := o.waiting(c)
	if err != nil {
		return o.sorry(c, http.StatusUnprocessableEntity, "oidc.no_trip")
	}
	return c.Show(ui.Page{Title: o.provider.settings.Name}, tiePage(o.provider.settings.Name, who.Called, c.Scope.Name))
}

func (o *Organisation) tie(c *web.Ctx) error {
	who, once, err := o.waiting(c)
	if err != nil {
		return o.sorry(c, http.StatusUnprocessableEntity, "oidc.no_trip")
	}
	setCookie(c, tieCookie, "", -time.Hour)
	if err := c.Committer.Upkeep(c.Context(), func(tx db.Tx) error { return ticket.Use(tx, once, c.Now) }); err != nil {
		return err
	}
	return o.keep(c, &who, "/account")
}

// keep ties an account to who is signed in.
func (o *Organisation) keep(c *web.Ctx, who *identity, then string) error {
	if claim := o.provider.settings.Claim; claim != "" {
		person, ok := record.Zero, false
		if who.SignIn != "" && c.FindSignIn != nil {
			person, ok = c.FindSignIn(c.Read(), who.SignIn)
		}
		if !ok || person != c.Scope.Person {
			return fault.New(fault.Conflict, "that account is not called by your sign-in name, so it was not tied to you")
		}
	}
	if err := c.Committer.Upkeep(c.Context(), func(tx db.Tx) error {
		if err := tie(tx, who, c.Scope.Person, c.Now); err != nil {
			return err
		}
		return signin.Note(tx, c.Scope.Person, c.Now, "organisation_tied", o.provider.settings.Name)
	}); err != nil {
		return err
	}
	c.Watch("account tied", "person", c.Scope.Person)
	c.Say(ui.Toast{What: ui.T(c.Context(), "oidc.tied", o.provider.settings.Name)})
	return c.Redirect(then)
}

// section is what a person's own page shows of the organisation.
func (o *Organisation) section(c *web.Ctx) (templ.Component, error) {
	all, err := Of(c.Read(), c.Scope.Person)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(a Account) bool { return a.Issuer != o.provider.settings.Issuer })
	_, _, none := o.waiting(c)
	return sectionPart(o.provider.settings.Name, all, none == nil), nil
}

func (o *Organisation) showUntie(c *web.Ctx, code int, wrong string) error {
	return c.ShowAs(code, ui.Page{Title: o.provider.settings.Name}, untiePage(o.provider.settings.Name, wrong))
}

// untie takes the account away from who is signed in, never as their last way in.
func (o *Organisation) untie(c *web.Ctx) error {
	last := false
	err := c.Committer.Upkeep(c.Context(), func(tx db.Tx) error {
		other, err := o.desk.HasBeside(tx, c.Scope.Person, method)
		if last = !other; err != nil || last {
			return err
		}
		if err := Forget(tx, c.Scope.Person); err != nil {
			return err
		}
		return signin.Note(tx, c.Scope.Person, c.Now, "organisation_untied", o.provider.settings.Name)
	})
	if err != nil {
		return err
	}
	if last {
		return o.showUntie(c, http.StatusConflict, ui.T(c.Context(), "oidc.last"))
	}
	c.Watch("account untied", "person", c.Scope.Person)
	c.Say(ui.Toast{What: ui.T(c.Context(), "oidc.untied", o.provider.settings.Name)})
	return c.Redirect("/account")
}

// closes says why a person of a role that signs in through the organisation may not come in by another way. While the organisation does not
// answer everybody's own ways are open: people are in care here.
func (o *Organisation) closes(c *web.Ctx, person record.ID, by string) (string, error) {
	p := c.Directory.Person(person)
	if by == method || p == nil || !slices.Contains(o.provider.settings.Required, p.Role) {
		return "", nil
	}
	if tied, err := o.has(c.Read(), person); err != nil || !tied {
		return "", err // until then there is no other way to tie it
	}
	if !o.provider.answers(c.Context(), c.Now) {
		c.Watch("own ways open: the organisation does not answer", "person", person)
		return "", nil
	}
	return ui.T(c.Context(), "oidc.required", o.provider.settings.Name), nil
}

// away says that the organisation does not answer, and that everybody's own ways are open.
func (o *Organisation) away(c *web.Ctx, err error) error {
	c.Log.Warn("the organisation's sign-in does not answer", "error", brief(err))
	return o.sorry(c, http.StatusServiceUnavailable, "oidc.away")
}

func (o *Organisation) sorry(c *web.Ctx, code int, key string) error {
	name := o.provider.settings.Name
	return c.Gate(code, ui.Page{Title: name}, sorryPage(name, ui.T(c.Context(), key, name), key != "oidc.away"))
}

// query is where a trip to sign in begins.
func query(at signin.At) string {
	return url.Values{"place": {string(at.Place)}, "then": {at.Then}}.Encode()
}

// ended hears from the organisation that somebody's account there was closed or signed out (OpenID Connect back-channel logout): what they opened
// with it here ends at once.
func (o *Organisation) ended(c *web.Ctx) error {
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Malformed, err, "this could not be read")
	}
	m, err := o.provider.ask(c.Context(), c.Now)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "try again")
	}
	told, err := o.provider.verifier(m, c.Now).VerifyLogout(goidc.ClientContext(c.Context(), o.provider.client), c.R.PostForm.Get("logout_token"))
	if err != nil || told.Subject == "" || told.IssuedAt.After(c.Now.Add(skew)) || told.IssuedAt.Before(c.Now.Add(-fresh)) {
		c.Watch("sign-out there refused")
		c.Log.Debug("a message that somebody signed out there was not taken", "error", err)
		return fault.New(fault.Malformed, "this is no message of the organisation")
	}
	person, known, err := whose(c.Read(), told.Issuer, told.Subject)
	if err != nil || !known {
		return err
	}
	sessions, err := c.Sessions.List(c.Read(), person)
	if err != nil {
		return err
	}
	for _, one := range sessions {
		if one.Method != method {
			continue
		}
		if err := c.Sessions.End(c.Context(), person, one.ID); err != nil {
			return err
		}
	}
	c.Watch("signed out there", "person", person)
	return nil
}

// brief is the beginning of an error's words: parts of them come from outside, as long as somebody likes.
func brief(err error) string {
	text := err.Error()
	return text[:min(len(text), 300)]
}
