package contacts

import (
	"time"

	"milieu/kit/fault"
	"milieu/kit/record"
)

// Held is a contact that took place: contacts.held, in the client's chart. The entry happened when the contact ended.
type Held struct {
	Type        string    `json:"type" doc:"one_to_one, counselling, coaching, couple, family, collateral"`
	Mode        string    `json:"mode" doc:"in_person, phone, video, text, letter"`
	Started     time.Time `json:"started" doc:"when it began"`
	Stopped     time.Time `json:"stopped" doc:"when it ended"`
	With        string    `json:"with,omitempty" doc:"who else was there, or who it was with, and how they belong to the client" max:"300"`
	Contact     record.ID `json:"contact,omitzero" doc:"the item of a known contact of the client who took part"`
	Purposes    []string  `json:"purposes" doc:"what it was about, by code"`
	About       string    `json:"about,omitempty" doc:"what it was about, in words" max:"1000"`
	Done        string    `json:"done,omitempty" doc:"what was done" max:"4000"`
	Responses   []string  `json:"responses,omitempty" doc:"how the person took it, by code"`
	Words       string    `json:"words,omitempty" doc:"how the person took it, in words; their own in quotation marks" max:"4000"`
	Meaningful  string    `json:"meaningful" doc:"yes or no: whether it was a real contact in the eyes of who held it"`
	Interpreter string    `json:"interpreter,omitempty" doc:"who or what interpreted: in_person, by_phone, by_video, colleague, relative"`
	After       string    `json:"after,omitempty" doc:"why it is entered afterwards" max:"500"`
}

// Longest is how long one contact may be: more is a mistake in a time.
const Longest = 24 * time.Hour

// WhyAfter implements record.AfterFact.
func (h *Held) WhyAfter() string { return h.After }

// Validate implements record.Body.
func (h *Held) Validate(e *record.Entry) error {
	var c fault.Check
	c.Want(among(Choices.Types, h.Type), "type", "say what sort of contact it was")
	c.Want(among(Choices.Modes, h.Mode), "mode", "say how you were in contact")
	c.Want(!h.Started.IsZero(), "started", "say when it began")
	c.Want(!h.Stopped.IsZero(), "stopped", "say when it ended")
	c.Want(h.Stopped.IsZero() || !h.Stopped.Before(h.Started), "stopped", "this is before it began")
	c.Want(h.Stopped.IsZero() || h.Started.IsZero() || h.Stopped.Sub(h.Started) <= Longest, "started", "this is more than a day before it ended")
	c.Want(e.Happened.IsZero() || !h.Stopped.After(e.Happened.Add(record.AheadLimit)), "stopped", "it had not ended yet when this was written")
	c.Want(len(h.Purposes) > 0, "purposes", "say what it was about")
	c.Want(len(h.Purposes) <= len(Choices.Purposes) && among(Choices.Purposes, h.Purposes...), "purposes", "choose from the list")
	c.Want(len(h.Responses) <= len(Choices.Responses) && among(Choices.Responses, h.Responses...), "responses", "choose from the list")
	c.Want(h.Meaningful == Yes || h.Meaningful == No, "meaningful", "say whether it was a meaningful contact")
	c.Want(h.Interpreter == "" || among(Choices.Interpreters, h.Interpreter), "interpreter", "choose from the list")
	c.Short(h.With, 300, "with")
	c.Short(h.About, 1000, "about")
	c.Short(h.Done, 4000, "done")
	c.Short(h.Words, 4000, "words")
	c.Short(h.After, 500, "after")
	return c.Err()
}

// Answers to whether a contact was meaningful.
const (
	Yes = "yes"
	No  = "no"
)

// Minutes is how long it took, in whole minutes begun: a contact is never none.
func (h *Held) Minutes() int {
	d := h.Stopped.Sub(h.Started)
	return max(1, int((d+time.Minute-1)/time.Minute))
}

// Attempted is a try to reach somebody that did not succeed: contacts.attempted, in the client's chart.
type Attempted struct {
	Mode   string `json:"mode" doc:"in_person, phone, video, text, letter"`
	Reason string `json:"reason" doc:"no_answer, asleep, busy, not_today, away, asked_later, wrong_number, other"`
	With   string `json:"with,omitempty" doc:"whom, when it was not the client" max:"300"`
	Words  string `json:"words,omitempty" max:"2000"`
	Next   string `json:"next,omitempty" doc:"what is tried next" max:"1000"`
	After  string `json:"after,omitempty" doc:"why it is entered afterwards" max:"500"`
}

// WhyAfter implements record.AfterFact.
func (a *Attempted) WhyAfter() string { return a.After }

// Validate implements record.Body.
func (a *Attempted) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(among(Choices.Modes, a.Mode), "mode", "say how you tried")
	c.Want(among(Choices.Reasons, a.Reason), "reason", "say why nobody was reached")
	c.Short(a.With, 300, "with")
	c.Short(a.Words, 2000, "words")
	c.Short(a.Next, 1000, "next")
	c.Short(a.After, 500, "after")
	return c.Err()
}

// MostHours is the longest time without a meaningful contact that a unit may ask about: sixty days.
const MostHours = 60 * 24

// RulesSet is after how long without a meaningful contact a unit asks: contacts.rules_set, in the unit's chart.
type RulesSet struct {
	Hours int `json:"hours" doc:"0: nobody is asked" min:"0" max:"1440"`
}

// Validate implements record.Body.
func (r *RulesSet) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(r.Hours >= 0 && r.Hours <= MostHours, "hours", "between none and sixty days")
	return c.Err()
}

var (
	_ record.AfterFact = (*Held)(nil)
	_ record.AfterFact = (*Attempted)(nil)
)
