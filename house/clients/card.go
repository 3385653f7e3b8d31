package clients

import (
	"fmt"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

// Precaution is what everybody takes care of with a client, and what helps.
type Precaution struct {
	Code  string `json:"code"` // of Precautions
	Helps string `json:"helps"`
}

// Card is a client as lists and boards show one.
type Card struct {
	ID          record.ID
	Root        record.ID // the chart it is merged into; ID itself when it is not
	Name        string    // what the person is called
	Legal       string    // for legal papers only
	Pronouns    string
	Initials    string
	Birth       string    // as known: 1992, 1992-03, 1992-03-14
	Number      string    // the house's record number
	Unit        record.ID // where the person is, or last was, or is expected
	Room, Bed   string    // their names
	RoomID      record.ID
	BedID       record.ID
	Episode     record.ID // the entry that admitted
	Where       Where
	Away        string    // the kind of leave while away: leave, court, appointment, hospital, absent
	Since       time.Time // from when Where holds
	Expected    time.Time // back; zero: not said
	Admitted    time.Time
	Helps       []string
	Precautions []string     // their codes; the catalogue has the words under clients.precaution.CODE
	Care        []Precaution // the same with what helps
	Allergies   []string
	Language    string
	Interpreter bool
	Interpret   string // "", talks (plans, measures, consent) or always
	PhotoBlob   string
	Legality    Legality
	Folded      string    // the words of all names, folded: see package names
	Sight       time.Time // until when those who cared for the person see the chart; zero: no end is known
	left        record.ID
}

// Legality is the legal status in force.
type Legality struct {
	Status, Words string
	From, Until   time.Time
	Entry         record.ID
}

// In says that the person belongs to the unit now: here, or away with the bed kept.
func (c *Card) In() bool { return c.Where != Expected && c.Where != Discharged }

const cardColumns = "c.chart, c.root, c.name, c.legal, c.pronouns, c.language, c.interpreter, c.birth, c.number, c.folded, c.photo, c.unit, c.room, c.bed, c.episode, c.state, c.away, c.since, c.expected, c.admitted, c.away_entry, c.sight, c.helps, c.precautions, c.allergies, c.legal_status, c.legal_words, c.legal_from, c.legal_until, c.legal_entry"

func scanCard(r db.Row) (c Card, err error) {
	var since, expected, admitted, sight, from, until int64
	var helps, precautions, allergies string
	err = r.Scan(&c.ID, &c.Root, &c.Name, &c.Legal, &c.Pronouns, &c.Language, &c.Interpret, &c.Birth, &c.Number, &c.Folded, &c.PhotoBlob, &c.Unit, &c.RoomID, &c.BedID, &c.Episode, &c.Where, &c.Away,
		&since, &expected, &admitted, &c.left, &sight, &helps, &precautions, &allergies, &c.Legality.Status, &c.Legality.Words, &from, &until, &c.Legality.Entry)
	if err != nil {
		return c, err
	}
	c.Since, c.Expected, c.Admitted, c.Sight = clock.FromMicros(since), clock.FromMicros(expected), clock.FromMicros(admitted), clock.FromMicros(sight)
	c.Legality.From, c.Legality.Until = clock.FromMicros(from), clock.FromMicros(until)
	c.Initials, c.Interpreter = initials(c.Name), c.Interpret != ""
	if c.Helps, err = unpack[string](helps); err != nil {
		return c, err
	}
	if c.Care, err = unpack[Precaution](precautions); err != nil {
		return c, err
	}
	for _, p := range c.Care {
		c.Precautions = append(c.Precautions, p.Code)
	}
	c.Allergies, err = unpack[string](allergies)
	return c, err
}

// Cards gives everybody who belongs to a unit now, here or away with the bed kept, in order of name.
func Cards(q db.Querier, unit record.ID) ([]Card, error) {
	return cards(q, unit, "c.state IN ('here', 'leave', 'hospital', 'absent')", "c.name, c.chart")
}

// Awaited gives those who are registered for a unit and not admitted yet, the newest first.
func Awaited(q db.Querier, unit record.ID) ([]Card, error) {
	return cards(q, unit, "c.state = 'expected'", "c.since DESC, c.chart")
}

// Former gives those whose episode in the unit has ended and whose chart those who work there still see at now, the latest first.
func Former(q db.Querier, unit record.ID, now time.Time) ([]Card, error) {
	list, err := cards(q, unit, "c.state = 'discharged'", "c.since DESC, c.chart")
	out := list[:0]
	for _, c := range list {
		if c.Sight.After(now) {
			out = append(out, c)
		}
	}
	return out, err
}

func cards(q db.Querier, unit record.ID, which, order string) ([]Card, error) {
	var out []Card
	err := db.Each(q, "SELECT "+cardColumns+" FROM clients_card_v1 c WHERE c.unit = $1 AND c.root = c.chart AND "+which+" ORDER BY "+order, []any{unit}, func(r db.Row) error {
		c, err := scanCard(r)
		out = append(out, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing the clients of unit %s: %w", unit, err)
	}
	return out, NamePlaces(q, out)
}

// BareCard is the card of one chart as it is kept: no merge is followed, rooms and beds go without their names (NamePlaces puts them on).
// It is for who compares many. db.ErrNoRows when there is no such client.
func BareCard(q db.Querier, chart record.ID) (Card, error) {
	c, err := scanCard(q.QueryRow("SELECT "+cardColumns+" FROM clients_card_v1 c WHERE c.chart = $1", chart))
	if err != nil && err != db.ErrNoRows {
		return c, fmt.Errorf("reading the card of chart %s: %w", chart, err)
	}
	return c, err
}

// BornOn are at most 200 charts with exactly this birth date.
func BornOn(q db.Querier, birth string) ([]record.ID, error) {
	out, err := record.IDs(q, "SELECT chart FROM clients_card_v1 WHERE birth = $1 LIMIT 200", birth)
	if err != nil {
		return nil, fmt.Errorf("looking for those born on one day: %w", err)
	}
	return out, nil
}

// CardOf gives one client's card. Of a merged chart it gives the card of the chart that goes on. db.ErrNoRows when there is no such client.
func CardOf(q db.Querier, chart record.ID) (Card, error) {
	c, err := BareCard(q, chart)
	if err == nil && c.Root != c.ID {
		c, err = BareCard(q, c.Root)
	}
	if err != nil {
		return c, err
	}
	list := []Card{c}
	err = NamePlaces(q, list)
	return list[0], err
}

// NameOf is the name a client uses; empty when there is no such client.
func NameOf(q db.Querier, chart record.ID) string {
	var name string
	err := q.QueryRow("SELECT r.name FROM clients_card_v1 c JOIN clients_card_v1 r ON r.chart = c.root WHERE c.chart = $1", chart).Scan(&name)
	if err != nil {
		return ""
	}
	return name
}

// initials are the first letters of the first and last word of a name.
func initials(name string) string {
	var out []rune
	fresh := true
	for _, r := range name {
		if r == ' ' || r == '\u00a0' {
			fresh = true
			continue
		}
		if fresh {
			fresh = false
			if len(out) == 2 {
				out = out[:1]
			}
			out = append(out, r)
		}
	}
	return string(out)
}
