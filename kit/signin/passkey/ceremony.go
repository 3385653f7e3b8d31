package passkey

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/signin"
	"milieu/kit/signin/ticket"
	"milieu/kit/web"
)

// life is how long a browser may take over a ceremony. A sign-in page that is left open begins anew before it ends.
const life = 10 * time.Minute

// Ceremony is what goes on between the house and an authenticator: the purposes that a ticket may be of.
const (
	toSignIn  = "passkey to sign in"
	toConfirm = "passkey to confirm"
	toMake    = "passkey to make"
)

// begun is what the house must know again when a ceremony ends. It travels with the browser, sealed, used once.
type begun struct {
	Data    webauthn.SessionData `json:"data"`
	Browser []byte               `json:"browser"`           // SHA-256 of the browser's cookie: nobody else's browser ends the ceremony
	Person  record.ID            `json:"person"`            // whose key is made, or who confirms; zero where the key will say it
	Session record.ID            `json:"session"`           // in which it was begun; zero before signing in
	Invited []byte               `json:"invited,omitempty"` // SHA-256 of the invitation under which a key is made
}

// user is a person as the library asks for them.
type user struct {
	handle []byte
	name   string
	keys   []webauthn.Credential
}

func (u *user) WebAuthnID() []byte                         { return u.handle }
func (u *user) WebAuthnName() string                       { return u.name }
func (u *user) WebAuthnDisplayName() string                { return u.name }
func (u *user) WebAuthnCredentials() []webauthn.Credential { return u.keys }

func credentials(keys []Key) []webauthn.Credential {
	out := make([]webauthn.Credential, len(keys))
	for i := range keys {
		out[i] = keys[i].data
	}
	return out
}

// asking is what the browser's script gets: what to hand to the authenticator, and the ticket to bring back.
type asking struct {
	Ticket string `json:"ticket"`
	Public any    `json:"publicKey"`
}

// hand seals a ceremony that begins and answers with what the authenticator is asked.
func (k *Keys) hand(c *web.Ctx, purpose string, b begun, public any) error {
	browser, err := browserOf(c)
	if err != nil {
		return err
	}
	b.Browser = browser
	text, err := k.desk.Tickets().Seal(purpose, c.Now.Add(life), b)
	if err != nil {
		return err
	}
	return writeJSON(c, asking{text, public})
}

// take opens what a browser brings back, and makes sure that it is the browser that began. The ticket is used up by the caller, together with
// what it allows.
func (k *Keys) take(c *web.Ctx, purpose, text string) (b begun, t ticket.Ticket, err error) {
	if t, err = k.desk.Tickets().Open(c.Now, purpose, text, &b); err != nil {
		return b, t, err
	}
	cookie, err := c.R.Cookie(c.CookieName(browserCookie))
	if err != nil || subtle.ConstantTimeCompare(b.Browser, digest(cookie.Value)) != 1 {
		return b, t, fault.Wrap(fault.Invalid, errors.New("begun in another browser"), "that was begun in another window; please begin again")
	}
	return b, t, nil
}

const browserCookie = "milieu_begun"

// browserOf tells browsers apart before anybody is signed in: by a cookie that is a random word and nothing else.
func browserOf(c *web.Ctx) ([]byte, error) {
	name := c.CookieName(browserCookie)
	if cookie, err := c.R.Cookie(name); err == nil && len(cookie.Value) == 22 {
		return digest(cookie.Value), nil
	}
	var word [16]byte
	_, _ = rand.Read(word[:]) // never fails: package rand ends the program instead
	value := base64.RawURLEncoding.EncodeToString(word[:])
	http.SetCookie(c.W, &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, Secure: c.Secure, SameSite: http.SameSiteStrictMode})
	return digest(value), nil
}

func digest(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// Refusals, each with its words in the catalogue: passkey.refused_….
const (
	gone   = "gone"   // the key is not known here: the browser may forget it
	copied = "copied" // its counter went back
	again  = "again"  // begin again: nothing is wrong with the key
	failed = "failed" // it did not prove itself
)

// refusal is what went wrong with a passkey, for the person and for the script.
type refusal struct {
	code string
	id   []byte // of a key that is not known here
	err  error
}

func (r *refusal) Error() string { return "passkey " + r.code + ": " + r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

// proof is a passkey that proved itself. Also uses ticket and key up in the transaction that lets the person in.
type proof struct {
	person record.ID
	also   func(db.Tx) error
}

// prove checks what the form of a page brings of an authenticator, against the key it names.
func (k *Keys) prove(c *web.Ctx, p *place, purpose string) (*proof, error) {
	b, t, err := k.take(c, purpose, c.R.PostForm.Get("ticket"))
	if err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(c.R.PostForm.Get("credential")))
	if err != nil {
		return nil, &refusal{code: failed, err: cause(err)}
	}
	key, err := find(c.Read(), parsed.RawID)
	if err == db.ErrNoRows {
		return nil, &refusal{gone, parsed.RawID, errors.New("no such key")}
	}
	if err != nil {
		return nil, fmt.Errorf("reading a passkey: %w", err)
	}
	if !b.Person.IsZero() && b.Person != key.Person {
		return nil, &refusal{code: failed, err: errors.New("somebody else's key")}
	}
	if !key.Suspect.IsZero() {
		return nil, &refusal{code: copied, err: errors.New("suspect since " + key.Suspect.String())}
	}
	after, err := p.verify(c, &b, &key, parsed)
	if err != nil {
		return nil, err
	}
	if after.Authenticator.CloneWarning {
		err := c.Committer.Upkeep(c.Context(), func(tx db.Tx) error {
			// The same answer sent twice looks like a copy too; it is told from one by its ticket.
			if err := ticket.Use(tx, t, c.Now); err != nil {
				return err
			}
			if err := suspected(tx, key.ID, c.Now); err != nil {
				return err
			}
			return signin.Note(tx, key.Person, c.Now, "passkey_closed", key.Name)
		})
		if err != nil {
			return nil, err
		}
		c.Watch("passkey closed, as if there were a copy of it", "person", key.Person)
		return nil, &refusal{code: copied, err: errors.New("the counter went back")}
	}
	return &proof{key.Person, func(tx db.Tx) error {
		if err := ticket.Use(tx, t, c.Now); err != nil {
			return err
		}
		ok, err := used(tx, &key, after, c.Now)
		if err == nil && !ok {
			return &refusal{code: again, err: errors.New("removed, or used elsewhere at the same moment")}
		}
		return err
	}}, nil
}

// verify asks the library whether the assertion is good: challenge, origin, domain, presence, verification, signature.
func (p *place) verify(c *web.Ctx, b *begun, key *Key, parsed *protocol.ParsedCredentialAssertionData) (*webauthn.Credential, error) {
	party, err := p.party()
	if err != nil {
		return nil, err
	}
	handle, err := handleOf(c.Read(), key.Person)
	if err != nil {
		return nil, err
	}
	who := &user{handle: handle, keys: []webauthn.Credential{key.data}}
	var after *webauthn.Credential
	if b.Person.IsZero() {
		_, after, err = party.ValidatePasskeyLogin(func([]byte, []byte) (webauthn.User, error) { return who, nil }, b.Data, parsed)
	} else {
		after, err = party.ValidateLogin(who, b.Data, parsed)
	}
	if err != nil {
		return nil, &refusal{code: failed, err: cause(err)}
	}
	return after, nil
}

// cause brings out what the library keeps apart from its words.
func cause(err error) error {
	var e *protocol.Error
	if errors.As(err, &e) {
		return fmt.Errorf("%w: %s: %s", err, e.Details, e.DevInfo)
	}
	return err
}
