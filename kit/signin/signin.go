package signin

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"embed"
	"fmt"
	"slices"
	"strings"

	"milieu/kit/room"
	"milieu/kit/signin/ticket"
	"milieu/kit/ui"
	"milieu/kit/web"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// Schema is what signing in keeps outside the record.
const Schema = `
CREATE TABLE IF NOT EXISTS credential (person BLOB NOT NULL PRIMARY KEY, hash TEXT NOT NULL, changed INTEGER NOT NULL) WITHOUT ROWID;
ALTER TABLE credential ADD COLUMN IF NOT EXISTS beside INTEGER NOT NULL DEFAULT 0;
CREATE TABLE IF NOT EXISTS sign_in_link (token BLOB NOT NULL PRIMARY KEY, person BLOB NOT NULL, until INTEGER NOT NULL, many INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS guess (name BLOB NOT NULL PRIMARY KEY, failed INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS guess_at ON guess (at);
CREATE TABLE IF NOT EXISTS known_device (key BLOB NOT NULL PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS one_time_code (person BLOB NOT NULL PRIMARY KEY, secret BLOB NOT NULL, step INTEGER NOT NULL, made INTEGER NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS recovery_code (hash BLOB NOT NULL PRIMARY KEY, person BLOB NOT NULL, made INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS recovery_code_person ON recovery_code (person);
CREATE TABLE IF NOT EXISTS sign_in_note (id BLOB NOT NULL PRIMARY KEY, person BLOB NOT NULL, at INTEGER NOT NULL, what TEXT NOT NULL, more TEXT NOT NULL, told INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sign_in_note_person ON sign_in_note (person, at);
` + ticket.Schema

// Options are what signing in needs of the house.
type Options struct {
	// Key seals the secrets of one-time codes and recovery codes, and ceremonies that are under way: 32 bytes that lie outside the database.
	// Without one they last as long as the program runs.
	Key     []byte
	Factors []Factor // further ways to show who one is
}

// Desk is where people sign in to one house. Factors of other packages lead there.
type Desk struct {
	factors []Factor // by Order
	hashes  hasher
	tickets *ticket.Box
	seal    cipher.AEAD
	key     []byte
}

// Def offers the doors and tables of signing in.
func Def(o Options) room.Def {
	r := &Desk{factors: slices.Clone(o.Factors), key: o.Key}
	if len(r.key) == 0 {
		r.key = make([]byte, 32)
		_, _ = rand.Read(r.key) // never fails: package rand ends the program instead
	}
	block, err := aes.NewCipher(r.key)
	if err != nil {
		panic(fmt.Sprintf("the key of sign-in secrets: %v", err)) // the program's own mistake: it has 32 bytes
	}
	if r.seal, err = cipher.NewGCM(block); err != nil {
		panic(fmt.Sprintf("the key of sign-in secrets: %v", err))
	}
	if r.tickets, err = ticket.NewBox(r.key); err != nil {
		panic(fmt.Sprintf("the key of sign-in secrets: %v", err))
	}
	slices.SortStableFunc(r.factors, func(a, b Factor) int { return a.Order - b.Order })
	d := room.Def{Name: "signin", Schema: Schema, Kinds: Kinds(), Projections: Projections(), Routes: append(r.routes(), administration()...), Nav: nav(),
		Hub: room.Hub{Confirm: r.ask, Invite: r.invite, Limits: LimitsOf, Accounts: r.accounts}}
	for _, f := range r.factors {
		d.Schema += "\n" + strings.TrimSpace(f.Schema) + "\n"
		d.Routes = append(d.Routes, f.Routes...)
		if f.Join != nil {
			f.Join(r)
		}
	}
	return d
}

// Limits of what forms may bring, in bytes: a form of ours, and one that carries another that waits.
const (
	smallForm = 8 << 10
	carrying  = 1 << 20
)

func (r *Desk) routes() []web.Route {
	return []web.Route{
		{Method: "GET", Pattern: "/sign-in", Public: true, Handle: r.showSignIn},
		{Method: "POST", Pattern: "/sign-in", Public: true, MaxBody: smallForm, Handle: r.signIn},
		{Method: "POST", Pattern: "/sign-in/code", Public: true, MaxBody: smallForm, Handle: r.signInCode},
		{Method: "POST", Pattern: "/sign-in/setup", Public: true, MaxBody: smallForm, Handle: r.mustSet},
		{Method: "GET", Pattern: "/sign-out", Public: true, Handle: showSignOut},
		{Method: "POST", Pattern: "/sign-out", Public: true, MaxBody: smallForm, Handle: signOut},
		{Method: "GET", Pattern: "/lock", Public: true, Handle: r.showLock},
		{Method: "POST", Pattern: "/lock", Public: true, Quiet: true, MaxBody: smallForm, Handle: lock},
		{Method: "POST", Pattern: "/unlock", Public: true, MaxBody: carrying, Handle: r.unlock},
		{Method: "GET", Pattern: "/confirm", Action: "account.keep", Handle: r.showConfirm},
		{Method: "POST", Pattern: "/confirm", Action: "account.keep", MaxBody: carrying, Handle: r.confirm},
		{Method: "GET", Pattern: "/session", Public: true, Quiet: true, Handle: showSession},
		{Method: "POST", Pattern: "/session/here", Public: true, MaxBody: 1 << 10, Handle: showSession},
		{Method: "GET", Pattern: "/welcome/{token}", Public: true, Handle: r.welcome},
		{Method: "POST", Pattern: "/welcome/{token}", Public: true, MaxBody: smallForm, Handle: r.welcomed},
		{Method: "GET", Pattern: "/account", Action: "account.keep", Handle: r.account},
		{Method: "GET", Pattern: "/account/password", Action: "account.keep", Fresh: true, Handle: r.showPassword},
		{Method: "GET", Pattern: "/account/codes", Action: "account.keep", Fresh: true, Handle: r.showCodes},
		{Method: "POST", Pattern: "/account/codes", Action: "account.keep", Fresh: true, MaxBody: smallForm, Handle: r.setCodes},
		{Method: "POST", Pattern: "/account/codes/drop", Action: "account.keep", Fresh: true, MaxBody: smallForm, Handle: r.dropCodes},
		{Method: "POST", Pattern: "/account/recovery", Action: "account.keep", Fresh: true, MaxBody: smallForm, Handle: r.renewRecovery},
		{Method: "POST", Pattern: "/account/sessions", Action: "account.keep", MaxBody: smallForm, Handle: endOthers},
		{Method: "POST", Pattern: "/account/sessions/{id}", Action: "account.keep", MaxBody: smallForm, Handle: endSession},
		{Method: "POST", Pattern: "/account/password", Action: "account.keep", Fresh: true, MaxBody: smallForm, Handle: r.changePassword},
	}
}

// Tickets is the box in which a ceremony that is under way travels with the browser: the same for all ways in.
func (r *Desk) Tickets() *ticket.Box { return r.tickets }

func houseName(c *web.Ctx) string {
	if c.House != nil {
		return c.House().Name
	}
	return ""
}

func title(c *web.Ctx, key string, args ...any) ui.Page {
	return ui.Page{Title: ui.T(c.Context(), key, args...)}
}
