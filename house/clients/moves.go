package clients

import (
	"time"

	"milieu/kit/fault"
	"milieu/kit/record"
)

// Where is where a client is.
type Where string

// The places one can be.
const (
	Here       Where = "here"
	OnLeave    Where = "leave" // therapeutic leave, court, an appointment: out by arrangement
	Hospital   Where = "hospital"
	Absent     Where = "absent"     // without leave
	Discharged Where = "discharged" // the episode has ended
	Expected   Where = "expected"   // registered, not admitted yet
)

// LeaveKinds are the ways to be away, in the order in which they are offered, and where each puts the person.
var LeaveKinds = []LeaveKind{{"leave", OnLeave}, {"court", OnLeave}, {"appointment", OnLeave}, {"hospital", Hospital}, {"absent", Absent}}

// LeaveKind is one way to be away.
type LeaveKind struct {
	Code  string
	Where Where
}

// Admitted begins an episode of care in a unit.
type Admitted struct {
	Unit   record.ID `json:"unit"`
	Room   record.ID `json:"room,omitzero"`
	Bed    record.ID `json:"bed,omitzero"`
	From   string    `json:"from,omitempty" doc:"where the person came from: home, hospital, street, police"`
	Reason string    `json:"reason,omitempty" max:"2000"`
	By     string    `json:"by,omitempty" doc:"who referred"`
}

// Validate implements record.Body.
func (a *Admitted) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!a.Unit.IsZero(), "unit", "say to which unit")
	fits(&c, a)
	return c.Err()
}

// Transferred moves somebody to another bed, room or unit within the episode.
type Transferred struct {
	Unit   record.ID `json:"unit"`
	Room   record.ID `json:"room,omitzero"`
	Bed    record.ID `json:"bed,omitzero"`
	Reason string    `json:"reason,omitempty" max:"1000"`
}

// Validate implements record.Body.
func (t *Transferred) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!t.Unit.IsZero(), "unit", "say to which unit")
	fits(&c, t)
	return c.Err()
}

// Left says that somebody is away and keeps the bed.
type Left struct {
	Kind     string    `json:"away" doc:"leave, court, appointment, hospital, absent"`
	Expected time.Time `json:"expected,omitzero" doc:"when the person is expected back"`
	Place    string    `json:"place,omitempty" doc:"where to, or last seen where" max:"300"`
	With     string    `json:"with,omitempty" doc:"with whom"`
	Reach    string    `json:"reach,omitempty" doc:"how to reach the person meanwhile"`
	Note     string    `json:"note,omitempty" max:"1000"`
}

// Validate implements record.Body.
func (l *Left) Validate(e *record.Entry) error {
	var c fault.Check
	c.Want(whereOf(l.Kind) != "", "away", "choose where the person is")
	c.Want(l.Expected.IsZero() || l.Expected.After(e.Happened), "expected", "this is before the person left")
	fits(&c, l)
	return c.Err()
}

func whereOf(kind string) Where {
	for _, k := range LeaveKinds {
		if k.Code == kind {
			return k.Where
		}
	}
	return ""
}

// Returned says that somebody is back.
type Returned struct {
	Note string `json:"note,omitempty" doc:"how the person is" max:"1000"`
}

// Validate implements record.Body.
func (r *Returned) Validate(*record.Entry) error {
	var c fault.Check
	fits(&c, r)
	return c.Err()
}

// Destinations are where people go, in the order in which they are offered.
var Destinations = []string{"home", "family", "supported_living", "shelter", "hospital", "other_unit", "custody", "unknown", "died", "other"}

// DischargedTo ends the episode of care.
type DischargedTo struct {
	Destination string `json:"destination" doc:"home, family, supported_living, shelter, hospital, other_unit, custody, unknown, died, other"`
	Place       string `json:"place,omitempty" doc:"the address or name"`
	Against     bool   `json:"against_advice,omitempty" doc:"against the team's advice"`
	Reason      string `json:"reason,omitempty" max:"2000"`
}

// Validate implements record.Body.
func (d *DischargedTo) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(one(d.Destination, Destinations...), "destination", "say where the person went")
	fits(&c, d)
	return c.Err()
}

// Merged says that this chart and another are of one person. What is shown is worked out from both; the entries stay where they are.
type Merged struct {
	Into   record.ID `json:"into" doc:"the chart that goes on"`
	Reason string    `json:"reason" max:"1000"`
}

// Validate implements record.Body.
func (m *Merged) Validate(e *record.Entry) error {
	var c fault.Check
	c.Want(!m.Into.IsZero() && m.Into != e.Chart, "into", "say which other chart goes on")
	c.Want(m.Reason != "", "reason", "say how you know that it is one person")
	fits(&c, m)
	return c.Err()
}

// Unmerged takes a merge back: they are two people after all.
type Unmerged struct {
	Merge  record.ID `json:"merge" doc:"the entry that merged them"`
	From   record.ID `json:"from" doc:"the chart it was merged into"`
	Reason string    `json:"reason" max:"1000"`
}

// Validate implements record.Body.
func (u *Unmerged) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!u.Merge.IsZero(), "merge", "say which merge")
	c.Want(!u.From.IsZero(), "from", "say from which chart")
	c.Want(u.Reason != "", "reason", "say how you know that they are two people")
	fits(&c, u)
	return c.Err()
}

// Joined stands in the chart that goes on, so that its timeline says what was merged into it or separated again.
type Joined struct {
	Chart    record.ID `json:"chart" doc:"the other chart"`
	Separate bool      `json:"separate,omitempty"`
}

// Validate implements record.Body.
func (j *Joined) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!j.Chart.IsZero(), "chart", "say which chart")
	return c.Err()
}
