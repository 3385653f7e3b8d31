package rounds

import (
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Checked says that a person was looked at, where and how they were: rounds.checked, in the client's chart.
type Checked struct {
	Place    string  `json:"place" doc:"where, one of the place codes"`
	State    string  `json:"state,omitempty" doc:"how, one of the state codes; not with a tag alone"`
	Method   string  `json:"method" doc:"seen, tag_seen, or tag: a tag alone is no sighting"`
	Proof    string  `json:"proof,omitempty" doc:"what was typed or read at the place: it proves a device at a place" max:"200"`
	Level    string  `json:"level,omitempty" doc:"the level the device knew of"`
	Declined string  `json:"declined,omitempty" doc:"what the person asked for"`
	Words    string  `json:"words,omitempty" max:"2000"`
	Hazard   *Hazard `json:"hazard,omitempty" doc:"something dangerous found there: becomes a task of the unit"`
	After    string  `json:"after,omitempty" doc:"why it is entered afterwards" max:"500"`
}

// Hazard is something dangerous found while looking.
type Hazard struct {
	Unit  record.ID `json:"unit" doc:"the unit's chart"`
	What  string    `json:"what" doc:"one of the hazard codes"`
	Words string    `json:"words,omitempty" max:"2000"`
}

// Seen says whether the person was seen.
func (c *Checked) Seen() bool { return c.Method != MethodTag }

// WhyAfter implements record.AfterFact.
func (c *Checked) WhyAfter() string { return c.After }

// Validate implements record.Body.
func (c *Checked) Validate(*record.Entry) error {
	var v fault.Check
	v.Want(oneOf(c.Place, Places...), "place", "say where")
	v.Want(oneOf(c.Method, MethodSeen, MethodTag, MethodTagSeen), "method", "seen, tag_seen or tag")
	if c.Method == MethodTag {
		v.Want(c.State == "", "state", "a tag alone does not say how somebody is")
	} else {
		v.Want(StateOf(c.State).Code != "", "state", "say how")
	}
	v.Want(c.Method == MethodSeen || c.Proof != "", "proof", "the tag's code is missing")
	v.Want(c.Level == "" || LevelOf(c.Level).Code != "", "level", "there is no such level")
	v.Want(c.Declined == "" || oneOf(c.Declined, Declines...), "declined", "there is no such answer")
	v.Short(c.Proof, 200, "proof")
	v.Short(c.Words, 2000, "words")
	v.Short(c.After, 500, "after")
	if c.Hazard != nil {
		v.Want(!c.Hazard.Unit.IsZero(), "hazard.unit", "say on which unit")
		v.Want(oneOf(c.Hazard.What, Hazards...), "hazard.what", "say what it is")
		v.Short(c.Hazard.Words, 2000, "hazard.words")
	}
	return v.Err()
}

// NotSeen says that a person was to be looked at and was not seen, and why: rounds.not_seen, in the client's chart.
type NotSeen struct {
	Reason string `json:"reason" doc:"one of the reason codes"`
	Place  string `json:"place,omitempty" doc:"where they were looked for"`
	Proof  string `json:"proof,omitempty" max:"200"`
	Level  string `json:"level,omitempty" doc:"the level the device knew of"`
	Words  string `json:"words,omitempty" max:"2000"`
	After  string `json:"after,omitempty" max:"500"`
}

// WhyAfter implements record.AfterFact.
func (n *NotSeen) WhyAfter() string { return n.After }

// Validate implements record.Body.
func (n *NotSeen) Validate(*record.Entry) error {
	var v fault.Check
	v.Want(ReasonOf(n.Reason).Code != "", "reason", "say why")
	v.Want(n.Place == "" || oneOf(n.Place, Places...), "place", "there is no such place")
	v.Want(n.Level == "" || LevelOf(n.Level).Code != "", "level", "there is no such level")
	v.Short(n.Proof, 200, "proof")
	v.Short(n.Words, 2000, "words")
	v.Short(n.After, 500, "after")
	return v.Err()
}
