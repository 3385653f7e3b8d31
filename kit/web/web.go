// Package web is where requests come in: routes that name their action, sessions, errors in plain words, the one route by which every page
// files entries, and the machine interface.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/commit"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/live"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/view"
)

// Handler answers a request. Its error is shown by the site in plain words with the right status.
type Handler func(c *Ctx) error

// Route is one door. It names the action a person must be allowed, or is Public.
type Route struct {
	Method  string
	Pattern string // of net/http: "/clients/{chart}"
	Action  string // "clients.read"
	Public  bool   // open without signing in: sign-in, health and static files only
	Token   bool   // of the machine interface: a bearer token instead of a session
	Either  bool   // for pages and machines alike: a bearer token counts where one is sent
	Stream  bool   // may stay open: no write deadline
	Quiet   bool   // asked for by scripts alone: never a sign that somebody is there, so it keeps no session from locking
	Fresh   bool   // asks to be shown who one is by a full factor not older than FreshFor; the page /confirm comes first and leads back
	Vital   bool   // opens even when nobody's look can be logged: rounds, allergies, levels, safety plans
	MaxBody int64  // bytes; 0 means 1 MiB
	Handle  Handler
}

// Place is one place in the navigation.
type Place struct {
	Key    string // of its label in the catalogue
	Href   string
	Also   []string // further pages of the place, each with what lies under it
	Icon   string
	Action string // shown to those who may
	Desk   bool   // on a phone it stands under More
	Order  int
	// Count gives how many are late there for a unit; nil shows no mark.
	Count func(c *Ctx, unit record.ID) int
}

// Said answers a page that has filed an entry: a fragment for the page to take in. Nil gives the kind's line with undo.
type Said func(c *Ctx, e *record.Entry, b record.Body) (templ.Component, error)

// Config is what a site is made of.
type Config struct {
	DB        *db.DB
	Committer *commit.Committer
	Directory *access.Directory
	Views     *view.Log // of who looked; nil logs nothing
	ViewDB    *db.DB    // where it lies
	Policy    *access.Policy
	Hub       *live.Hub
	Clock     clock.Clock
	Log       *slog.Logger
	Routes    []Route
	Places    []Place
	Said      map[string]Said
	// House gives the house's name, time zone and language.
	House func() House
	// NameOf gives the name a chart's person uses, for lines said back; empty when unknown.
	NameOf func(q db.Querier, chart record.ID) string
	// UnitFor gives the unit a person is working on now and its name: the one chosen, or the first of theirs.
	UnitFor func(c *Ctx) (Unit, error)
	// FindSignIn gives the person of a sign-in name.
	FindSignIn func(q db.Querier, name string) (record.ID, bool)
	// SignInName gives the sign-in name of a person; empty when they have none.
	SignInName func(q db.Querier, person record.ID) string
	// Invite ends what somebody signs in with, their sessions and tokens, and gives the path of a link that works once, with which they choose
	// anew how they sign in.
	Invite func(c *Ctx, person record.ID) (path string, err error)
	// Accounts says how everybody stands to signing in; nil where nobody knows.
	Accounts func(q db.Querier, now time.Time) (map[record.ID]Account, error)
	// Limits gives how long sessions of somebody last; nil: DefaultLimits.
	Limits func(q db.Querier, s *access.Scope) (Limits, error)
	// Confirm answers a request of a browser whose session is locked (fault.Locked) or not fresh (fault.Unconfirmed): it asks who sits there
	// and leads back to what was asked for, with what the request's form held.
	Confirm func(c *Ctx, why fault.Kind) error
	// PlaceName gives the name of a unit; empty when unknown.
	PlaceName func(q db.Querier, unit record.ID) string
	// FreshIf says of kinds whether the house asks who files one by a page to show again who they are.
	FreshIf map[string]func(q db.Querier, s *access.Scope) (bool, error)
	// Head gives the top of a page of one client: who it is, and the tabs, of which one is the page's own.
	Head func(c *Ctx, chart record.ID, tab string) (templ.Component, error)
	// Around gives what stands above every page of a client's chart that was shown; nil for nothing.
	Around func(c *Ctx, chart record.ID) (templ.Component, error)
	// Ended are told, in its transaction, that a session was ended by somebody: signed out here or from elsewhere, not over by itself.
	Ended []func(tx db.Tx, person record.ID, device string, now time.Time) error
	// Demo says that the people are made up: links that sign in again and again are honoured, and their sessions ask for no ceremony.
	Demo bool
	Outside
}

// House is what every page shows of the house.
type House struct {
	Name   string
	Zone   *time.Location
	Locale string
}

// Unit is where somebody works: what stands at the top of every page.
type Unit struct {
	ID    record.ID
	Name  string
	Shift string    // "Night shift, Thu 19 Nov"
	From  time.Time // of the shift under way
	Until time.Time
}

// Ctx is one request of one person.
type Ctx struct {
	*Site
	W       http.ResponseWriter
	R       *http.Request
	Scope   *access.Scope // nil on public routes
	Session *Session      // nil for tokens and where nobody is signed in; on a public route it may be locked: Scope is nil then
	Token   *Token        // of a machine; nil for people
	Now     time.Time
	limits  Limits
	unit    *Unit
	after   int64 // the newest entry that pages knew of when the request came
	alone   *bool // whether this request reads for itself; nil: nobody has asked yet

	shown     []view.Row   // what was said to be seen
	pending   []*view.Look // of them, those not known to be logged yet
	attending []record.ID  // the units that a stream shows
	taken     string       // how much of what is shown may be taken along
}

// Context is the request's, with what pages need to be drawn.
func (c *Ctx) Context() context.Context { return c.R.Context() }

// Read reads the database; each statement sees what is committed when it runs.
func (c *Ctx) Read() db.Querier { return c.DB.Read(c.R.Context()) }

// ViewRows reads the log of who looked, which lies apart from the record.
func (c *Ctx) ViewRows() db.Querier { return c.ViewDB.Read(c.R.Context()) }

// Unit is where the person works now.
func (c *Ctx) Unit() (Unit, error) {
	if c.unit == nil {
		u, err := c.Config.UnitFor(c)
		if err != nil {
			return u, err
		}
		c.unit = &u
	}
	return *c.unit, nil
}

// Sender is the person as who files entries from this request.
func (c *Ctx) Sender(via record.Via) record.Sender {
	return record.Sender{Person: c.Scope.Person, Device: c.Scope.Device, Via: via}
}

// File files one entry that this request makes, now.
func (c *Ctx) File(kind string, chart record.ID, b record.Body) (*record.Entry, error) {
	raw, err := record.Canonical(b)
	if err != nil {
		return nil, err
	}
	k, err := c.Committer.Kinds().Find(kind)
	if err != nil {
		return nil, err
	}
	e := &record.Entry{ID: record.NewID(c.Now), Chart: chart, Kind: kind, Version: k.Version, Happened: c.Now, Written: c.Now, Body: raw}
	o := c.Committer.File(c.Context(), c.Sender(record.ViaPage), e)[0]
	return o.Entry, o.Err
}

// ID reads an ID from the path. What is no ID is not found.
func (c *Ctx) ID(name string) (record.ID, error) {
	id, err := record.ParseID(c.R.PathValue(name))
	if err != nil {
		return id, notFound()
	}
	return id, nil
}

// Words are what somebody looks for: a name, a birth date, free words. They come in the body of a request and in no other way, for an address
// stays behind in histories and logs.
func (c *Ctx) Words(name string) string {
	return strings.TrimSpace(c.R.PostFormValue(name))
}

// Chart reads the chart named in the path and makes sure that the person may see it. That it was seen, or refused, is logged.
func (c *Ctx) Chart(name string) (record.ID, error) {
	id, err := c.ID(name)
	if err != nil {
		return id, err
	}
	return id, c.See(id)
}

// See makes sure that the person may see a chart that was named otherwise than in the path, and logs that it was seen, or refused.
func (c *Ctx) See(id record.ID) error {
	if err := c.Directory.Sees(c.Scope, id); err != nil {
		c.Refused(id)
		return err
	}
	c.Saw(id)
	return nil
}

// Show draws a page in the shell: title, what it listens to, and its content.
func (c *Ctx) Show(p ui.Page, content templ.Component) error {
	return c.show(http.StatusOK, p, content)
}

// ShowAs is Show with another status than 200.
func (c *Ctx) ShowAs(status int, p ui.Page, content templ.Component) error {
	return c.show(status, p, content)
}

// Fragment draws a part of a page.
func (c *Ctx) Fragment(content templ.Component) error {
	c.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	c.W.Header().Set("Cache-Control", "no-store") // a browser keeps nothing of it on disk
	return content.Render(c.R.Context(), c.W)
}

// Redirect sends the browser on after a form was taken in. To is a path of our own.
func (c *Ctx) Redirect(to string) error {
	http.Redirect(c.W, c.R, to, http.StatusSeeOther)
	return nil
}
