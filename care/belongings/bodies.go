package belongings

import (
	"strconv"
	"strings"

	"milieu/kit/fault"
	"milieu/kit/record"
)

// What is chosen from lists, each in the order in which it is offered. Source: inventories in use in hospitals and residential houses, gathered in
// the project's field notes; the lists are the program's own proposal, held from 2026-11-28.
var (
	// Kept are where a thing is.
	Kept = []string{"with_client", "locker", "store", "safe", "medicine_room", "sent_home"}
	// Handled are what was done with a thing that may not be on a unit.
	Handled = []string{"kept_until_leaving", "sent_home", "destroyed_as_agreed", "to_police", "to_pharmacy"}
	// Currencies are those offered for money; each has hundredths.
	Currencies = []string{"USD", "EUR", "GBP", "CAD", "AUD", "CHF", "SEK", "NOK", "DKK", "PLN", "ZAR", "NZD"}
)

// Limits of one list.
const (
	mostItems = 60
	mostCount = 1000
	mostMoney = 100_000_000_00 // hundredths
)

// Money is a sum in the smallest unit of its currency.
type Money struct {
	Amount   int64  `json:"amount" doc:"in hundredths of the currency: cents" min:"0"`
	Currency string `json:"currency" doc:"ISO 4217: USD, EUR"`
}

// Item is one thing, or several alike.
type Item struct {
	What       string `json:"what" max:"200"`
	Count      int    `json:"count" min:"1" max:"1000"`
	Condition  string `json:"condition,omitempty" doc:"as seen by both" max:"300"`
	Kept       string `json:"kept" doc:"with_client, locker, store, safe, medicine_room, sent_home"`
	Value      *Money `json:"value,omitempty" doc:"of money and valuables"`
	Contraband string `json:"contraband,omitempty" doc:"for what may not be on the unit: kept_until_leaving, sent_home, destroyed_as_agreed, to_police, to_pharmacy"`
}

// TakenIn is a list of things taken in: belongings.taken_in, in the client's chart.
type TakenIn struct {
	Items     []Item            `json:"items"`
	Signature *record.Signature `json:"signature,omitempty" doc:"of the client"`
	Unsigned  string            `json:"unsigned,omitempty" doc:"why the client did not sign" max:"500"`
	Witness   *record.Signature `json:"witness,omitempty" doc:"of a second person who saw it"`
	Words     string            `json:"words,omitempty" max:"2000"`
	After     string            `json:"after,omitempty" doc:"why it is entered afterwards" max:"500"`
}

// WhyAfter implements record.AfterFact.
func (t *TakenIn) WhyAfter() string { return t.After }

// Validate implements record.Body.
func (t *TakenIn) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(len(t.Items) > 0, "items.0.what", "name at least one thing")
	c.Want(len(t.Items) <= mostItems, "items", "at most sixty on one list: begin another")
	for i := range t.Items {
		t.Items[i].check(&c, "items."+strconv.Itoa(i)+".")
	}
	t.Signature.Check(&c, "signature")
	t.Witness.Check(&c, "witness")
	c.Short(t.Unsigned, 500, "unsigned")
	c.Short(t.Words, 2000, "words")
	c.Short(t.After, 500, "after")
	return c.Err()
}

func (i *Item) check(c *fault.Check, at string) {
	c.Want(strings.TrimSpace(i.What) != "", at+"what", "say what it is")
	c.Short(i.What, 200, at+"what")
	c.Want(i.Count >= 1 && i.Count <= mostCount, at+"count", "how many, from 1 to 1000")
	c.Short(i.Condition, 300, at+"condition")
	c.Want(one(i.Kept, Kept), at+"kept", "say where it is kept")
	c.Want(i.Contraband == "" || one(i.Contraband, Handled), at+"contraband", "choose from the list")
	if i.Value != nil {
		c.Want(i.Value.Amount >= 0 && i.Value.Amount <= mostMoney, at+"value.amount", "an amount of money, as 12.50")
		c.Want(one(i.Value.Currency, Currencies), at+"value.currency", "choose the currency")
	}
}

// Part is so many of one thing of a list. Item names it: the entry that took it in, a slash, and its place on that list from 0.
type Part struct {
	Item  string `json:"item" doc:"the entry that took it in, a slash, and its place on that list from 0"`
	Count int    `json:"count" min:"0" max:"1000"`
}

// Ref names a thing: the nth of the list that an entry took in.
func Ref(entry record.ID, n int) string { return entry.String() + "/" + strconv.Itoa(n) }

func parts(c *fault.Check, list []Part, least int) {
	c.Want(len(list) > 0, "parts.0.item", "choose at least one thing")
	c.Want(len(list) <= 200, "parts", "too many")
	seen := map[string]bool{}
	for i, p := range list {
		at := "parts." + strconv.Itoa(i) + "."
		id, n, ok := strings.Cut(p.Item, "/")
		_, err := record.ParseID(id)
		place, bad := strconv.Atoi(n)
		c.Want(ok && err == nil && bad == nil && place >= 0 && place < mostItems, at+"item", "this names no thing of a list")
		c.Want(p.Count >= least && p.Count <= mostCount, at+"count", "how many?")
		c.Want(!seen[p.Item], at+"item", "this is here twice")
		seen[p.Item] = true
	}
}

// GivenBack says that things went back: belongings.given_back.
type GivenBack struct {
	Parts     []Part            `json:"parts"`
	To        string            `json:"to" doc:"to whom: the client, or somebody for them" max:"300"`
	Signature *record.Signature `json:"signature,omitempty" doc:"of who received them"`
	Unsigned  string            `json:"unsigned,omitempty" doc:"why they did not sign" max:"500"`
	Witness   *record.Signature `json:"witness,omitempty"`
	Words     string            `json:"words,omitempty" max:"2000"`
	After     string            `json:"after,omitempty" max:"500"`
}

// WhyAfter implements record.AfterFact.
func (g *GivenBack) WhyAfter() string { return g.After }

// Validate implements record.Body.
func (g *GivenBack) Validate(*record.Entry) error {
	var c fault.Check
	parts(&c, g.Parts, 1)
	c.Want(strings.TrimSpace(g.To) != "", "to", "say to whom")
	c.Short(g.To, 300, "to")
	c.Want(g.Signature != nil || strings.TrimSpace(g.Unsigned) != "", "unsigned", "a signature, or why there is none")
	g.Signature.Check(&c, "signature")
	g.Witness.Check(&c, "witness")
	c.Short(g.Unsigned, 500, "unsigned")
	c.Short(g.Words, 2000, "words")
	c.Short(g.After, 500, "after")
	return c.Err()
}

// Disposed says that things are no more, or went elsewhere: belongings.disposed.
type Disposed struct {
	Parts   []Part            `json:"parts"`
	Reason  string            `json:"reason" doc:"why, how, and who agreed" max:"1000"`
	Witness *record.Signature `json:"witness,omitempty"`
	After   string            `json:"after,omitempty" max:"500"`
}

// WhyAfter implements record.AfterFact.
func (d *Disposed) WhyAfter() string { return d.After }

// Validate implements record.Body.
func (d *Disposed) Validate(*record.Entry) error {
	var c fault.Check
	parts(&c, d.Parts, 1)
	c.Want(strings.TrimSpace(d.Reason) != "", "reason", "say why, how, and who agreed")
	d.Witness.Check(&c, "witness")
	c.Short(d.Reason, 1000, "reason")
	c.Short(d.After, 500, "after")
	return c.Err()
}

// Counted is what a count of things found: belongings.counted. It changes nothing of what should be here; where it differs, both are shown.
type Counted struct {
	Parts []Part `json:"parts" doc:"what was counted, and how many were there"`
	Words string `json:"words,omitempty" max:"1000"`
}

// Validate implements record.Body.
func (n *Counted) Validate(*record.Entry) error {
	var c fault.Check
	parts(&c, n.Parts, 0)
	c.Short(n.Words, 1000, "words")
	return c.Err()
}

// Photographed is a photo of a thing: belongings.photographed.
type Photographed struct {
	Item string `json:"item" doc:"as in parts"`
	Blob string `json:"blob" doc:"address of the photo"`
}

// Validate implements record.Body.
func (p *Photographed) Validate(*record.Entry) error {
	var c fault.Check
	parts(&c, []Part{{Item: p.Item, Count: 1}}, 1)
	c.Want(len(p.Blob) == 64 && strings.Trim(p.Blob, "0123456789abcdef") == "", "blob", "this is no address of a photo")
	return c.Err()
}

func one(s string, list []string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}
