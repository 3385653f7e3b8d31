// Package views is what a house makes of the log of who looked: disclosures to others that it accounts for, patterns worth a question and what
// came of asking, and what the house has decided about showing names.
package views

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// The kinds.
const (
	KindDisclosed = "views.disclosed"
	KindReviewed  = "views.reviewed"
	KindHouse     = "views.house_set"
)

// Actions of the pages and kinds.
const (
	ActionLooks    = "views.looks"    // who looked at one chart
	ActionSearch   = "views.search"   // the whole log
	ActionReview   = "views.review"   // patterns, and what came of asking
	ActionDisclose = "views.disclose" // account for a disclosure
	ActionHouse    = "views.house"    // what the house has decided
	ActionWatch    = "views.watch"    // hear that the log cannot be written
)

// Purposes of disclosures that are accounted for. Those for treatment, payment and operations, to the person, and by the person's own
// authorisation need no account (45 CFR 164.528(a)(1)).
var Purposes = []string{"required_by_law", "public_health", "abuse_report", "oversight", "court", "police", "death", "research", "serious_threat", "government", "workers_compensation", "mistake", "other"}

// Disclosed accounts for something told to others: 45 CFR 164.528(b)(2) asks for the date, who received it and their address, what it was, and
// why. The date is when the entry happened.
type Disclosed struct {
	Recipient string `json:"recipient" max:"200"`
	Address   string `json:"address,omitempty" max:"300"`
	What      string `json:"what" max:"2000"`
	Purpose   string `json:"purpose"`
	Why       string `json:"why" max:"2000"`
}

// Validate implements record.Body.
func (d *Disclosed) Validate(*record.Entry) error {
	var c fault.Check
	said := func(field, s string, most int, must bool) {
		c.Want(!must || strings.TrimSpace(s) != "", field, "views.say."+field)
		c.Want(len(s) <= most, field, "shorter, please")
	}
	said("recipient", d.Recipient, 200, true)
	said("address", d.Address, 300, false)
	said("what", d.What, 2000, true)
	said("why", d.Why, 2000, true)
	c.Want(slices.Contains(Purposes, d.Purpose), "purpose", "views.say.purpose")
	return c.Err()
}

// Outcomes of a review.
var Outcomes = []string{"in_order", "spoken_to", "goes_on", "breach"}

// Reviewed says what came of looking into a finding. The finding is named by its rule, the person and the client, and up to when it was looked at.
type Reviewed struct {
	Rule    string    `json:"rule"`
	Person  record.ID `json:"person"`
	Client  record.ID `json:"client,omitzero"`
	Upto    time.Time `json:"upto"`
	Outcome string    `json:"outcome"`
	Words   string    `json:"words" max:"2000"`
}

// Validate implements record.Body.
func (r *Reviewed) Validate(*record.Entry) error {
	var c fault.Check
	_, known := FindRule(r.Rule)
	c.Want(known, "rule", "there is no such pattern")
	c.Want(!r.Person.IsZero(), "person", "say whose looks they were")
	c.Want(!r.Upto.IsZero(), "upto", "say up to when")
	c.Want(slices.Contains(Outcomes, r.Outcome), "outcome", "views.say.outcome")
	c.Want(strings.TrimSpace(r.Words) != "", "words", "views.say.words")
	c.Want(len(r.Words) <= 2000, "words", "shorter, please")
	return c.Err()
}

// House is what the house has decided.
type House struct {
	// Roles shows clients the role of who looked instead of the name, where staff must be kept safe.
	Roles bool `json:"roles,omitempty"`
	// Off are patterns that the house does not look for, On those it does though they are off by default.
	Off []string `json:"off,omitempty"`
	On  []string `json:"on,omitempty"`
	// Protected are clients whose every view is worth a question: somebody known, a colleague, somebody at risk from a person who works here.
	Protected []record.ID `json:"protected,omitempty"`
	// Years is for how many years looks are kept; then their content is destroyed. 0 keeps them all.
	Years int `json:"years,omitempty"`
}

// MostYears is the longest that a house may say, short of keeping all.
const MostYears = 100

// Validate implements record.Body.
func (h *House) Validate(*record.Entry) error {
	var c fault.Check
	for _, list := range [][]string{h.On, h.Off} {
		for _, id := range list {
			_, known := FindRule(id)
			c.Want(known, "off", fmt.Sprintf("there is no pattern %q", id))
		}
	}
	c.Want(len(h.Protected) <= 500, "protected", "500 people at most")
	least, _ := RetentionYears()
	c.Want(h.Years == 0 || h.Years >= least && h.Years <= MostYears, "years", fmt.Sprintf("%d to %d years, or 0 to keep all", least, MostYears))
	return c.Err()
}

// Ends gives the time before which looks are kept no longer; false when all are kept. The shortest that is allowed holds whatever was said.
func (h *House) Ends(now time.Time) (before time.Time, ends bool) {
	least, _ := RetentionYears()
	if h.Years == 0 {
		return before, false
	}
	return now.AddDate(-max(h.Years, least), 0, 0), true
}

// Looks says whether the house looks for a pattern.
func (h *House) Looks(r Rule) bool {
	return !slices.Contains(h.Off, r.ID) && (r.On || slices.Contains(h.On, r.ID))
}

// Kinds is the vocabulary.
func Kinds() []record.Kind {
	id := record.MustID("01970000-0000-7000-8000-000000000001")
	at := time.Date(2026, 11, 19, 2, 0, 0, 0, time.UTC)
	said := func(key string, args func(record.Body) []any) func(*record.Entry, record.Body) record.Line {
		return func(_ *record.Entry, b record.Body) record.Line { return record.Line{Key: key, Args: args(b)} }
	}
	none := func(record.Body) []any { return nil }
	kinds := []record.Kind{
		{Name: KindDisclosed, Chart: "client", Action: ActionDisclose, Line: said("views.line.disclosed", func(b record.Body) []any { return []any{b.(*Disclosed).Recipient} }),
			Example: &Disclosed{Recipient: "County Health Department", Address: "12 Main Street", What: "Name, date of birth, positive test", Purpose: "public_health", Why: "Reporting of tuberculosis is required"}},
		{Name: KindReviewed, Chart: "house", Action: ActionReview, Line: said("views.line.reviewed", none),
			Example: &Reviewed{Rule: "same_surname", Person: id, Client: id, Upto: at, Outcome: "in_order", Words: "No relation; she was on shift."}},
		{Name: KindHouse, Chart: "house", Action: ActionHouse, Line: said("views.line.house_set", none), Example: &House{Roles: true, Years: 10, Protected: []record.ID{id}}},
	}
	for i := range kinds {
		kinds[i].Version, kinds[i].Withdraw = 1, kinds[i].Action
	}
	return kinds
}
