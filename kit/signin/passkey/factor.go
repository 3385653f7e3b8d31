package passkey

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/signin"
	"milieu/kit/ui"
	"milieu/kit/web"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// method is what sessions opened by a passkey bear.
const method = "passkey"

// Factor offers passkeys: before everything else.
func Factor() signin.Factor {
	k := &Keys{}
	return signin.Factor{Name: method, Order: 10, Has: has, Everybody: "SELECT DISTINCT person FROM passkey", Offer: k.offer, Section: k.section, Forget: Forget, Schema: Schema, Routes: k.routes(),
		Join: func(d *signin.Desk) { k.desk = d }}
}

func (k *Keys) routes() []web.Route {
	return []web.Route{
		{Method: "POST", Pattern: "/passkey/ask", Public: true, Quiet: true, MaxBody: 1 << 10, Handle: k.askToSignIn},
		{Method: "POST", Pattern: "/passkey/ask/confirm", Public: true, Quiet: true, MaxBody: 1 << 10, Handle: k.askToConfirm},
		{Method: "POST", Pattern: "/passkey", Public: true, MaxBody: formSize, Handle: k.enter},
		{Method: "POST", Pattern: "/welcome/{token}/passkey/ask", Public: true, Quiet: true, MaxBody: 1 << 10, Handle: k.askInvited},
		{Method: "POST", Pattern: "/welcome/{token}/passkey", Public: true, MaxBody: formSize, Handle: k.makeInvited},
		{Method: "GET", Pattern: "/account/passkeys/new", Action: "account.keep", Fresh: true, Handle: func(c *web.Ctx) error { return k.newKey(c, http.StatusOK, "") }},
		{Method: "POST", Pattern: "/account/passkeys/ask", Action: "account.keep", Fresh: true, MaxBody: 1 << 10, Handle: k.askMine},
		{Method: "POST", Pattern: "/account/passkeys", Action: "account.keep", Fresh: true, MaxBody: formSize, Handle: k.makeMine},
		{Method: "GET", Pattern: "/account/passkeys/{key}", Action: "account.keep", Handle: func(c *web.Ctx) error { return k.showKey(c, http.StatusOK, "") }},
		{Method: "POST", Pattern: "/account/passkeys/{key}/name", Action: "account.keep", MaxBody: 4 << 10, Handle: k.nameKey},
		{Method: "POST", Pattern: "/account/passkeys/{key}/remove", Action: "account.keep", Fresh: true, MaxBody: 4 << 10, Handle: k.removeKey},
	}
}

// formSize lets in the answer of an authenticator and, at confirm, the form that waits beside it.
const formSize = 1<<20 + 64<<10

func has(q db.Querier, person record.ID) (bool, error) {
	return db.Exists(q, "SELECT 1 FROM passkey WHERE person = $1 AND suspect = 0", person[:])
}

// form is what a page's form for passkeys needs.
type form struct {
	Action, Ask string
	Autofill    bool // behind the field for the name
	Named       bool // it may be given a name
	Name        string
	Hidden      []ui.Pair
}

// offer draws passkeys at a place where somebody is asked who they are.
func (k *Keys) offer(c *web.Ctx, at signin.At) (templ.Component, error) {
	_, why, instead := here(c)
	if why != "" {
		return elsewhere(why, instead, c.R.URL.Path), nil
	}
	f := form{Action: "/passkey", Ask: "/passkey/ask"}
	switch at.Place {
	case signin.AtWelcome:
		f.Action = "/welcome/" + at.Link + "/passkey"
		f.Ask = f.Action + "/ask"
		return makeForm(f), nil
	case signin.AtConfirm:
		if ok, err := has(c.Read(), at.Person); err != nil || !ok {
			return nil, err
		}
		f.Ask = "/passkey/ask/confirm"
	default:
		f.Autofill = true
	}
	f.Hidden = append([]ui.Pair{{Name: "place", Value: string(at.Place)}, {Name: "then", Value: at.Then}}, at.Carried...)
	return useForm(f), nil
}

func (k *Keys) askToSignIn(c *web.Ctx) error {
	p, err := need(c)
	if err != nil {
		return err
	}
	return k.askAny(c, p)
}

func (k *Keys) askToConfirm(c *web.Ctx) error {
	p, err := need(c)
	if err != nil {
		return err
	}
	if c.Session == nil {
		return fault.New(fault.SignedOut, "please sign in")
	}
	return k.askOf(c, p, c.Session.Person, c.Session.ID)
}

// need is here, for what works only where passkeys do.
func need(c *web.Ctx) (*place, error) {
	p, why, _ := here(c)
	if p == nil {
		return nil, fault.New(fault.Invalid, "%s", ui.T(c.Context(), why))
	}
	return p, nil
}

// enter takes in what an authenticator signed: at the door, to confirm, or to unlock.
func (k *Keys) enter(c *web.Ctx) error {
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Malformed, err, "the form could not be read")
	}
	at := signin.At{Place: signin.Place(c.R.PostForm.Get("place")), Then: c.R.PostForm.Get("then")}
	if c.Session != nil {
		at.Person = c.Session.Person
	}
	purpose := toSignIn
	switch at.Place {
	case signin.AtConfirm:
		purpose = toConfirm
	case signin.AtLock:
	default:
		at.Place = signin.AtSignIn
	}
	p, err := need(c)
	if err != nil {
		return err
	}
	shown, err := k.prove(c, p, purpose)
	if err == nil {
		err = k.desk.Entered(c, at, shown.person, web.How{Method: method, Also: shown.also})
	}
	if err == nil {
		return nil
	}
	text, mark, err := k.explain(c, p, err)
	if err != nil {
		return err
	}
	return k.desk.Again(c, at, text, mark)
}

// explain gives what went wrong in words for the person, and a mark for the script where the key should be forgotten. Errors that are not of
// the person's making are given back.
func (k *Keys) explain(c *web.Ctx, p *place, err error) (text string, mark templ.Component, _ error) {
	var no *refusal
	if errors.As(err, &no) {
		c.Watch("sign-in refused", "method", method, "why", no.code)
		c.Log.Debug("a passkey was refused", "error", no.err)
		if no.code == gone {
			mark = unknownKey(p.domain, no.id)
		}
		return ui.T(c.Context(), "passkey.refused_"+no.code), mark, nil
	}
	if f := fault.Of(err); f.Kind == fault.Invalid || f.Kind == fault.Conflict || f.Kind == fault.TooMany {
		return f.Public(), nil, nil
	}
	return "", nil, err
}

// pathOf names a key in addresses.
func pathOf(id []byte) string {
	sum := sha256.Sum256(id)
	return hex.EncodeToString(sum[:16])
}

// otherWay tells whether somebody has a way in beside one of their passkeys.
func (k *Keys) otherWay(q db.Querier, person record.ID, but []byte) (bool, error) {
	if ok, err := db.Exists(q, "SELECT 1 FROM passkey WHERE person = $1 AND id <> $2 AND suspect = 0", person[:], but); err != nil || ok {
		return ok, err
	}
	return k.desk.HasBeside(q, person, method)
}
