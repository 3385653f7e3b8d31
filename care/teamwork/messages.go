package teamwork

import (
	"fmt"
	"slices"
	"time"

	"milieu/kit/fault"
	"milieu/kit/record"
)

// MessageSent is a message to a colleague, to a role of a unit, or to whoever works there: teamwork.message_sent. It lies in the chart of the client
// whom it is about; if it is about nobody, in that of its recipient or of the unit.
type MessageSent struct {
	Text   string    `json:"text" max:"2000"`
	To     Owner     `json:"to,omitempty" doc:"a person's ID or a role; empty: everybody of the unit"`
	Unit   record.ID `json:"unit,omitzero" doc:"of the role or of everybody"`
	Urgent bool      `json:"urgent,omitempty" doc:"to be read within minutes"`
	Reply  record.ID `json:"reply,omitzero" doc:"the message that this one answers"`
}

// MessageRead is the receipt of one who has read a message: teamwork.message_read.
type MessageRead struct {
	Message record.ID `json:"message"`
}

// Validate implements record.Body.
func (m *MessageSent) Validate(*record.Entry) error {
	var c fault.Check
	said(&c, "text", m.Text, mostWords, "write what you want to say")
	m.To.check(&c, "to")
	c.Want(!m.To.Person().IsZero() || !m.Unit.IsZero(), "to", "say to whom")
	return c.Err()
}

// Validate implements record.Body.
func (m *MessageRead) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!m.Message.IsZero(), "message", "say which message")
	return c.Err()
}

// Sorts of meetings, in the order in which they are offered.
var Sorts = []string{"huddle", "team", "case"}

// MeetingHeld is a huddle, a team meeting or a case conference: teamwork.meeting_held, in the unit's chart, or in a client's where it was about that
// one person. What was decided becomes a task each.
type MeetingHeld struct {
	Sort      string      `json:"sort" doc:"huddle, team or case"`
	With      []record.ID `json:"with,omitempty" doc:"who was there: colleagues"`
	Guests    string      `json:"guests,omitempty" doc:"who else was there" max:"300"`
	About     []record.ID `json:"about,omitempty" doc:"the clients spoken of"`
	Words     string      `json:"words,omitempty" doc:"what was said" max:"4000"`
	Decisions []Decision  `json:"decisions,omitempty"`
}

// Decision is one thing that a meeting decided.
type Decision struct {
	What  string    `json:"what" max:"300"`
	Owner Owner     `json:"owner,omitempty" doc:"a person's ID or a role; empty: whoever is on the unit"`
	Until time.Time `json:"until" doc:"by when"`
	About record.ID `json:"about,omitzero" doc:"the client whom it is about; empty: nobody in particular"`
}

// mostDecisions bounds one meeting.
const mostDecisions = 40

// Validate implements record.Body.
func (m *MeetingHeld) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(slices.Contains(Sorts, m.Sort), "sort", "choose what sort of meeting it was")
	c.Want(len(m.With) <= 100, "with", "too many")
	c.Want(len(m.About) <= 200, "about", "too many")
	c.Want(m.Words != "" || len(m.Decisions) > 0, "words", "say what was said or decided")
	c.Short(m.Words, 4000, "words")
	c.Short(m.Guests, 300, "guests")
	c.Want(len(m.Decisions) <= mostDecisions, "decisions", "too many")
	for i, d := range m.Decisions {
		at := fmt.Sprintf("decisions.%d.", i)
		said(&c, at+"what", d.What, mostWhat, "say what was decided")
		d.Owner.check(&c, at+"owner")
		c.Want(!d.Until.IsZero(), at+"until", "say by when")
	}
	return c.Err()
}

// decided gives the tasks of a meeting's decisions.
func decided(e *record.Entry, b record.Body) []*record.Entry {
	var out []*record.Entry
	for i, d := range b.(*MeetingHeld).Decisions {
		chart := d.About
		if chart.IsZero() {
			chart = e.Chart
		}
		raw, err := record.Canonical(&TaskSet{What: d.What, Owner: d.Owner, Until: d.Until, Meeting: e.ID})
		if err != nil {
			raw = nil // our own struct of plain texts: it is refused when it is read again
		}
		out = append(out, &record.Entry{ID: record.DeriveID(KindTaskSet, e.ID.String(), fmt.Sprint(i)), Chart: chart, Kind: KindTaskSet, Version: 1, Cites: []record.ID{e.ID}, Body: raw})
	}
	return out
}
