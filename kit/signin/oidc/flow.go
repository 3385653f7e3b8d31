package oidc

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/signin"
	"milieu/kit/signin/ticket"
	"milieu/kit/web"
)

// life is how long somebody may take over signing in there.
const life = 10 * time.Minute

// What a trip to the organisation is for.
const (
	toSignIn  = "sign in"
	toConfirm = "confirm"
	toTie     = "tie"
	toWelcome = "welcome"
)

// trip is what the house must know again when somebody comes back from the organisation. It travels in a cookie of its own, sealed, and is used
// once: another browser cannot end a trip, nor the same one twice.
type trip struct {
	For      string       `json:"for"`
	State    string       `json:"state"`
	Nonce    string       `json:"nonce"`
	Verifier string       `json:"verifier"`
	Begun    time.Time    `json:"begun"`
	Person   record.ID    `json:"person"`  // who confirms or ties; zero where the answer will say it
	Session  record.ID    `json:"session"` // in which that was begun
	Invited  string       `json:"invited,omitempty"`
	Place    signin.Place `json:"place,omitempty"`
	Then     string       `json:"then,omitempty"` // where the person was going
}

// again tells whether the person must show anew who they are, whatever the organisation remembers of this browser.
func (t *trip) again() bool { return t.For == toConfirm || t.Place == signin.AtLock }

// late tells whether the organisation let somebody through on what it remembers, where they were to show anew who they are.
func (t *trip) late(who *identity, silent bool) bool {
	if who.Proved.IsZero() {
		return t.again()
	}
	return (t.again() || !silent) && who.Proved.Before(t.Begun.Add(-skew))
}

const (
	tripPurpose = "a trip to the organisation"
	tripCookie  = "milieu_trip_"
	backPath    = "/sign-in/organisation/back"
)

func word() string {
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails: package rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// home is the address that the organisation sends people back to: the one that the house was told it has; without one only this machine itself
// is certain.
func home(c *web.Ctx) (string, error) {
	if c.Outside.Origin != "" {
		return c.Outside.Origin, nil
	}
	host := c.R.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if !loopback(host) {
		return "", fault.New(fault.Unavailable, "this house was not told its own address, so nobody can be sent back to it; whoever looks after Milieu sets it with --origin")
	}
	if c.Secure || c.R.TLS != nil {
		return "https://" + c.R.Host, nil
	}
	return "http://" + c.R.Host, nil
}

// leave sends the browser to the organisation.
func (o *Organisation) leave(c *web.Ctx, t trip) error {
	at, err := home(c)
	if err != nil {
		return err
	}
	m, err := o.provider.ask(c.Context(), c.Now)
	if err != nil {
		return o.away(c, err)
	}
	t.State, t.Nonce, t.Verifier, t.Begun = word(), word(), oauth2.GenerateVerifier(), c.Now
	text, err := o.desk.Tickets().Seal(tripPurpose, c.Now.Add(life), t)
	if err != nil {
		return err
	}
	setCookie(c, tripCookie+t.State[:8], text, life)
	more := []oauth2.AuthCodeOption{goidc.Nonce(t.Nonce), oauth2.S256ChallengeOption(t.Verifier)}
	if !o.provider.settings.Silent || t.again() {
		more = append(more, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	http.Redirect(c.W, c.R, o.provider.config(m, at+backPath).AuthCodeURL(t.State, more...), http.StatusSeeOther)
	return nil
}

// come reads what somebody who comes back brings: their trip, and who the organisation says they are.
func (o *Organisation) come(c *web.Ctx) (t trip, who identity, err error) {
	q := c.R.URL.Query()
	state := q.Get("state")
	if len(state) < 8 {
		return t, who, errNoTrip
	}
	name := tripCookie + safe(state[:8])
	cookie, err := c.R.Cookie(c.CookieName(name))
	if err != nil {
		return t, who, errNoTrip
	}
	setCookie(c, name, "", -time.Hour)
	once, err := o.desk.Tickets().Open(c.Now, tripPurpose, cookie.Value, &t)
	if err != nil || !same(t.State, state) {
		return t, who, errors.Join(errNoTrip, err)
	}
	if err := c.Committer.Upkeep(c.Context(), func(tx db.Tx) error { return ticket.Use(tx, once, c.Now) }); err != nil {
		if fault.KindOf(err) == fault.Invalid {
			err = errors.Join(errNoTrip, err)
		}
		return t, who, err
	}
	at, err := home(c)
	if err != nil {
		return t, who, err
	}
	m, err := o.provider.ask(c.Context(), c.Now)
	if err != nil {
		return t, who, err
	}
	// With two organisations an answer of one could be taken to the other; each says whose it is (RFC 9207), errors too.
	if iss := q.Get("iss"); iss != "" && iss != o.provider.settings.Issuer || iss == "" && m.Issuers {
		return t, who, fmt.Errorf("the answer comes from %q", iss)
	}
	if said := q.Get("error"); said != "" {
		return t, who, &declined{said, q.Get("error_description")}
	}
	code := q.Get("code")
	if code == "" {
		return t, who, errors.New("the answer holds no code")
	}
	who, err = o.provider.exchange(c.Context(), m, code, at+backPath, t.Verifier, t.Nonce, c.Now)
	if err == nil && t.late(&who, o.provider.settings.Silent) {
		err = fmt.Errorf("nobody was asked there since %s", who.Proved)
	}
	return t, who, err
}

// errNoTrip says that this browser did not set out, or came back before.
var errNoTrip = errors.New("no trip of this browser")

// declined is what the organisation says when it does not sign somebody in.
type declined struct{ code, text string }

func (d *declined) Error() string { return fmt.Sprintf("the organisation says %q: %q", d.code, d.text) }

// safe leaves of a word that came from outside what a cookie's name may hold.
func safe(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return -1
	}, text)
}

func setCookie(c *web.Ctx, name, value string, age time.Duration) {
	http.SetCookie(c.W, &http.Cookie{Name: c.CookieName(name), Value: value, Path: "/", MaxAge: int(age / time.Second), HttpOnly: true, Secure: c.Secure, SameSite: http.SameSiteLaxMode})
}

// farewell is the address at which somebody signs out at the organisation too; empty when it has none.
func (o *Organisation) farewell(c *web.Ctx) (string, error) {
	m, err := o.provider.ask(c.Context(), c.Now)
	if err != nil || m.End == "" {
		return "", err
	}
	at, err := home(c)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(m.End)
	if err != nil {
		return "", fmt.Errorf("reading where one signs out there: %w", err)
	}
	q := u.Query()
	q.Set("client_id", o.provider.settings.Client)
	q.Set("post_logout_redirect_uri", at+"/sign-in")
	u.RawQuery = q.Encode()
	return u.String(), nil
}
