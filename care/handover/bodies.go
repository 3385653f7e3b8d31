package handover

import (
	"slices"
	"strings"
	"time"

	"milieu/care/teamwork"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Headings are those under which the outgoing write, in their order; package room of the kit says what each is for.
var Headings = []string{"illness", "person", "actions", "situation"}

// WordsAdded is what the outgoing add for one person, or for the unit, that no entry holds: handover.words_added. Several may write; each stands.
type WordsAdded struct {
	Change  time.Time `json:"change" doc:"when the next shift begins"`
	Heading string    `json:"heading" doc:"illness, person, actions or situation"`
	Text    string    `json:"text" max:"2000"`
}

// Given says that the outgoing are ready to hand over a unit: handover.given, in the unit's chart.
type Given struct {
	Change time.Time `json:"change"`
	Text   string    `json:"text,omitempty" doc:"of the unit as a whole" max:"2000"`
}

// Accepted says that its author takes one open item upon themselves: handover.accepted. What is due becomes theirs in the same moment.
type Accepted struct {
	Change time.Time `json:"change"`
	Key    string    `json:"key" doc:"of the item, within its chart" max:"200"`
	Due
}

// Passed gives an open item to somebody else: handover.passed. It stays open until they have accepted it.
type Passed struct {
	Change time.Time      `json:"change"`
	Key    string         `json:"key" max:"200"`
	Owner  teamwork.Owner `json:"owner,omitempty" doc:"to whom: a person's ID or a role; empty: whoever is on the unit"`
	Why    string         `json:"why,omitempty" max:"300"`
	Due
}

// Due names the due that an item stands for, so that it changes hands with the item; empty where there is none.
type Due struct {
	Rule   string    `json:"rule,omitempty" max:"100"`
	Slot   string    `json:"slot,omitempty" max:"100"`
	Anchor record.ID `json:"anchor,omitzero"`
}

// Taken says that its author has taken a person over, in their own words: handover.taken. In the unit's chart it takes over the unit.
type Taken struct {
	Change    time.Time `json:"change"`
	Synthesis string    `json:"synthesis,omitempty" doc:"what the receiver has understood" max:"2000"`
}

// Validate implements record.Body.
func (w *WordsAdded) Validate(e *record.Entry) error {
	var c fault.Check
	changed(&c, e, w.Change)
	c.Want(slices.Contains(Headings, w.Heading), "heading", "choose a heading")
	c.Want(strings.TrimSpace(w.Text) != "", "text", "write what the next shift should know")
	c.Short(w.Text, 2000, "text")
	return c.Err()
}

// Validate implements record.Body.
func (g *Given) Validate(e *record.Entry) error {
	var c fault.Check
	changed(&c, e, g.Change)
	c.Short(g.Text, 2000, "text")
	return c.Err()
}

// Validate implements record.Body.
func (a *Accepted) Validate(e *record.Entry) error {
	var c fault.Check
	changed(&c, e, a.Change)
	item(&c, a.Key)
	a.check(&c)
	return c.Err()
}

// Validate implements record.Body.
func (p *Passed) Validate(e *record.Entry) error {
	var c fault.Check
	changed(&c, e, p.Change)
	item(&c, p.Key)
	p.check(&c)
	c.Short(p.Why, 300, "why")
	c.Want(p.Owner == "" || !p.Owner.Person().IsZero() || known(p.Owner.Role()), "owner", "choose a person or a role")
	return c.Err()
}

// Validate implements record.Body.
func (t *Taken) Validate(e *record.Entry) error {
	var c fault.Check
	changed(&c, e, t.Change)
	c.Short(t.Synthesis, 2000, "synthesis")
	return c.Err()
}

func (d *Due) check(c *fault.Check) {
	c.Want((d.Rule == "") == d.Anchor.IsZero(), "anchor", "name the due")
	c.Want(len(d.Rule) <= 100 && len(d.Slot) <= 100, "rule", "name the due")
}

// reach is how far from its change of shifts something is said of it at most.
const reach = 31 * 24 * time.Hour

func changed(c *fault.Check, e *record.Entry, at time.Time) {
	c.Want(!at.IsZero() && at.Sub(e.Happened).Abs() <= reach, "change", "say at which change of shifts")
}

func item(c *fault.Check, key string) {
	c.Want(key != "" && len(key) <= 200, "key", "say which item")
}
