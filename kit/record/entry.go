package record

import (
	"encoding/binary"
	"encoding/json"
	"time"

	"milieu/kit/clock"
)

// Entry is one signed, timed statement in somebody's chart. Entries are only ever added.
type Entry struct {
	Seq    int64 `json:"seq"`    // place in the whole log, from 1 without gaps; 0 before it is filed
	ID     ID    `json:"id"`     // minted where the entry is written, so that a second submission is recognised
	Chart  ID    `json:"chart"`  // whose record: a client, a staff member, a place, the house
	Number int64 `json:"number"` // place in its chart, from 1 without gaps

	Kind    string `json:"kind"`    // "rounds.checked": the room before the dot owns it
	Version int    `json:"version"` // of the kind's body

	Happened time.Time `json:"happened"` // when it took place
	Written  time.Time `json:"written"`  // when it was put down on the device
	Received time.Time `json:"received"` // when the server had it
	// Skew is what was added to the device's own times because its clock was found wrong at delivery: Happened minus Skew is what the device said.
	Skew Offset `json:"skew,omitzero"`

	Author ID     `json:"author"`
	Role   string `json:"role"`             // what the author acted as
	Device string `json:"device,omitempty"` // on what

	Amends    ID        `json:"amends,omitzero"`
	Amendment Amendment `json:"amendment,omitempty"`
	Cites     []ID      `json:"cites,omitempty"`  // what it refers to instead of repeating
	Labels    []string  `json:"labels,omitempty"` // sorted: substance-use programme, psychotherapy, personal, …
	Marks     []string  `json:"marks,omitempty"`  // put on by admission, for ever: see the Mark constants

	Body json.RawMessage `json:"body,omitempty"` // the kind's own struct as canonical JSON; empty when destroyed
}

// Offset is a span of time that in JSON is text such as "-3h0m0s".
type Offset time.Duration

// MarshalText implements encoding.TextMarshaler.
func (o Offset) MarshalText() ([]byte, error) { return []byte(time.Duration(o).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (o *Offset) UnmarshalText(b []byte) error {
	d, err := time.ParseDuration(string(b))
	*o = Offset(d)
	return err
}

// Amendment says what an entry does to the entry it amends.
type Amendment string

// The four amendments. The amended entry always stays, readable to those who may.
const (
	Correction Amendment = "correction"       // stands in its place
	Addendum   Amendment = "addendum"         // adds to it; both stand
	InError    Amendment = "entered_in_error" // withdraws it
	WrongChart Amendment = "wrong_chart"      // withdraws it here; the statement is filed again in the right chart
)

// What admission may mark an entry with.
const (
	MarkReceivedLate  = "received_late"  // it reached the server long after it was written: it waited on a device
	MarkEnteredAfter  = "entered_after"  // it was put down long after it happened
	MarkRelationEnded = "relation_ended" // true and in time, but sent after the author's relation had ended
	MarkSkewed        = "clock_skewed"   // the device's clock was wrong by more than a few seconds; Skew says how much
	MarkUnattended    = "unattended"     // carried by another person's session from a device's outbox
	MarkGlass         = "break_glass"    // its author reached the chart by breaking the glass
)

// HasMark says whether admission put the mark on the entry.
func (e *Entry) HasMark(mark string) bool {
	for _, m := range e.Marks {
		if m == mark {
			return true
		}
	}
	return false
}

// appendMeta is the deterministic encoding of everything but the body, covered by the log's tree.
// The numbers that the log gives (seq, number, received, marks) are added by the leaf alone.
func (e *Entry) appendMeta(b []byte) []byte {
	b = append(b, e.ID[:]...)
	b = append(b, e.Chart[:]...)
	b = appendText(b, e.Kind)
	b = binary.AppendVarint(b, int64(e.Version))
	b = binary.AppendVarint(b, clock.Micros(e.Happened))
	b = binary.AppendVarint(b, clock.Micros(e.Written))
	b = binary.AppendVarint(b, time.Duration(e.Skew).Microseconds())
	b = append(b, e.Author[:]...)
	b = appendText(b, e.Role)
	b = append(b, e.Amends[:]...)
	b = appendText(b, string(e.Amendment))
	b = appendIDs(b, e.Cites)
	return appendTexts(b, e.Labels)
}

func appendIDs(b []byte, list []ID) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, id := range list {
		b = append(b, id[:]...)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendTexts(b []byte, list []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = appendText(b, s)
	}
	return b
}
