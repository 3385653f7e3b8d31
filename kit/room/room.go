// Package room is what a room offers: one Def, listed by hand in app/rooms.go. Zero fields mean none.
package room

import (
	"bytes"
	"context"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/a-h/templ"

	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/fault"
	"milieu/kit/live"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// Def is a room: its vocabulary, its tables, its dues, its pages, and what it offers to boards and other pages.
type Def struct {
	Name        string   // before the dot of every kind it owns
	Reads       []string // kinds of other rooms that it projects
	Kinds       []record.Kind
	Projections []record.Projection
	Derived     []record.Derived
	Rules       []due.Rule
	Guards      []record.Guard // what an entry may not do to what its tables say, whoever sends it by whatever door
	Sources     []access.Source
	Routes      []web.Route
	Asks        []string // actions that its pages ask about, beside those of routes and kinds
	Schema      string   // tables of settings and the like that are no projections
	Nav         []web.Place
	Views       map[string]ViewMaker // live views by name
	Faces       map[string]Face      // by rule: how a due is shown on boards
	Panels      []Panel              // on a client's chart
	Tabs        []Tab                // pages of its own that stand beside the chart
	Acts        []Act                // what can be begun for somebody, from their chart and wherever their name stands
	Shapes      map[string]Shape     // by kind, or by the room's name for all of its kinds: how the chart shows an entry
	Handover    []HandoverPart       // what it has to say of people when the shift changes
	// Fresh says, by kind, whether the house wants to be shown again who somebody is before they file one by a page; beside Kind.Fresh, which
	// no house can lift.
	Fresh map[string]func(q db.Querier, s *access.Scope) (bool, error)
	Said  map[string]web.Said // by kind: what to answer after a page has filed one; the kit's own line otherwise
	Pack  []PackPart          // what a device needs for a shift without a network
	// Ended takes back what the room gave to a session that somebody ended, in the same transaction.
	Ended func(tx db.Tx, person record.ID, device string, now time.Time) error
	Hub   Hub // what only the house's hubs offer; each by one room
}

// Hub is what pages need from the house's hubs: places, staff and clients.
type Hub struct {
	House      func(q db.Querier) (web.House, error)
	NameOf     func(q db.Querier, chart record.ID) string
	UnitFor    func(c *web.Ctx) (web.Unit, error)
	FindSignIn func(q db.Querier, name string) (record.ID, bool)
	SignInName func(q db.Querier, person record.ID) string
	Invite     func(c *web.Ctx, person record.ID) (path string, err error)
	Accounts   func(q db.Querier, now time.Time) (map[record.ID]web.Account, error)
	Limits     func(q db.Querier, s *access.Scope) (web.Limits, error)
	Confirm    func(c *web.Ctx, why fault.Kind) error
	PlaceName  func(q db.Querier, unit record.ID) string
	// Head is the top of every page of one client, whichever room's: who it is and the tabs, of which tab is the page's own.
	Head func(c *web.Ctx, chart record.ID, tab string) (templ.Component, error)
	// Around is what stands above every page of a client's chart, whichever room's; nil for nothing.
	Around func(c *web.Ctx, chart record.ID) (templ.Component, error)
}

// ViewMaker makes a live view once the site stands.
type ViewMaker func(s *web.Site) live.View

// Face is how a rule's windows are shown on the shift board.
type Face struct {
	Icon string
	// Routine says that it comes round so often that a handover tells of it only when it is late.
	Routine bool
	// Show says what is due, what stands under it, and the act that leads to doing it. It reads no database: everything is in the window's
	// Data and the lines the board hands over.
	Show func(ctx context.Context, w due.Window) Showing
	// For says whether a window that is held stands with whoever asks: on their own board, whatever unit it is of. Rules that hold theirs have one.
	For func(c *web.Ctx, w due.Window) (bool, error)
}

// Showing is a due in words of the catalogue.
type Showing struct {
	What string // "Safety check, every 15"
	Last string // "Last seen 13:30 day room, reading"
	Act  string // "Check"
	Href string // where the act leads
	// File is the entry that the act files at once, with undo, instead of leading anywhere; nil where more must be asked.
	File *ui.EntryForm
	// Device is what a device settles the row by without a network: attributes of the row, data and no rule.
	Device templ.Attributes
	// Mark says in a word or two how the due's rule stands to a person, for lists of people: "Every 15". Empty for none.
	Mark string
	Rank int // of the mark: lists sorted by it begin with the greatest
}

// Panel is one room's part of a client's chart page. One whose Order is below ten stands above the timeline, on a phone too: for what nobody
// should have to look for. The others stand beside it.
type Panel struct {
	Name   string
	Action string // who may see it
	Order  int
	Show   func(c *web.Ctx, q db.Querier, chart record.ID) (templ.Component, error)
}

// Tab is a room's page of one client, beside the chart's timeline.
type Tab struct {
	Name   string // as Head is told it
	Key    string // of its label in the catalogue
	Action string // who may see it
	Order  int
	Href   func(chart record.ID) string
}

// Act is something that can be begun for a client: "Note", "Contact".
type Act struct {
	Key    string // of its label in the catalogue
	Icon   string
	Action string // who may do it
	Order  int
	Href   func(chart record.ID) string
}

// Shape is how the chart shows an entry.
type Shape struct {
	Icon string
	// Body is what stands under the entry's line; nil, or a nil component: the line says it all.
	Body func(c *web.Ctx, e *record.Entry, b record.Body) (templ.Component, error)
	// Href is where the entry can be read in full; nil: its own page in the chart.
	Href func(e *record.Entry) string
}

// HandoverPart is what one room has to say of people when the shift changes.
type HandoverPart struct {
	Name  string
	Order int
	// Whole says that the part tells all that the room's entries are worth telling: its citable entries are not told by their lines as well.
	Whole bool
	// Lines gives what is to be handed over, by chart. It reads everybody of a unit at once, and leaves out what the reader may not see.
	Lines func(c *web.Ctx, q db.Querier, s Span) (map[record.ID][]HandoverLine, error)
}

// Span is a stretch of time on a unit: whom a handover is about, and since when. Sees says whether the reader may see an entry of a chart.
type Span struct {
	Unit   record.ID
	Charts []record.ID
	Merged map[record.ID]record.ID // charts merged into these, and into which
	From   time.Time
	Until  time.Time
	Sees   func(chart, entry record.ID) bool
}

// All is every chart of the people it is about.
func (s *Span) All() []record.ID {
	return append(slices.Clone(s.Charts), slices.SortedFunc(maps.Keys(s.Merged), func(a, b record.ID) int { return bytes.Compare(a[:], b[:]) })...)
}

// Root is the chart under which a chart's person goes on.
func (s *Span) Root(chart record.ID) record.ID {
	if root, ok := s.Merged[chart]; ok {
		return root
	}
	return chart
}

// Headings of a handover, after I-PASS (Starmer et al., N Engl J Med 2014;371:1803): how ill, the person in brief, what is to be done, what to be
// ready for. The fifth, the receiver's synthesis, is the receiver's.
const (
	Illness   = "illness"
	Person    = "person"
	Actions   = "actions"
	Situation = "situation"
)

// HandoverLine is one thing handed over.
type HandoverLine struct {
	Heading string    // of the constants above
	Key     string    // names it within the chart, alike whenever it is compiled: what is accepted and carried forward
	At      time.Time // when it happened, or began
	Text    string    // in words of the catalogue
	State   ui.State  // of something due; empty otherwise
	Entry   record.ID // what it was made of
	Href    string    // where it is dealt with
	Open    bool      // something is to be done: it is accepted by somebody, and carried forward until it is closed
}

// PackPart is a part of the pages and data that a device takes for the shift.
type PackPart struct {
	Name string
	// Pages gives the addresses of pages to keep, for the scope's unit.
	Pages func(c *web.Ctx, q db.Querier, unit record.ID) ([]url.URL, error)
}
