package rounds

import (
	"time"

	"milieu/kit/fault"
	"milieu/kit/record"
)

// Order is what an order of a level says.
type Order struct {
	Level       string    `json:"level" doc:"one of the level codes"`
	Reason      string    `json:"reason" max:"2000"`
	Review      time.Time `json:"review,omitzero" doc:"by when it is looked at again; the level stays until an order changes it"`
	Limit       time.Time `json:"limit,omitzero" doc:"until when the order itself holds and must be renewed; the level stays even then"`
	Precautions []string  `json:"precautions,omitempty" doc:"what helps and what to keep away, in words"`
	Bathroom    string    `json:"bathroom,omitempty" doc:"continuous watching in the bathroom: within (the rule), door_ajar or outside"`
	After       string    `json:"after,omitempty" max:"500"`
}

// Bathrooms are the ways in which continuous watching goes on at a bathroom. Without an exception it goes on within.
var Bathrooms = []string{"within", "door_ajar", "outside"}

// WhyAfter implements record.AfterFact.
func (o *Order) WhyAfter() string { return o.After }

func (o *Order) check(v *fault.Check, e *record.Entry) {
	v.Want(LevelOf(o.Level).Code != "", "level", "choose a level")
	v.Want(o.Reason != "", "reason", "say why")
	v.Short(o.Reason, 2000, "reason")
	v.Short(o.After, 500, "after")
	v.Want(o.Review.IsZero() || o.Review.After(e.Happened), "review", "the review lies behind the order")
	v.Want(o.Limit.IsZero() || o.Limit.After(e.Happened), "limit", "the limit lies behind the order")
	v.Want(len(o.Precautions) <= 20, "precautions", "at most twenty")
	for _, p := range o.Precautions {
		v.Want(p != "", "precautions", "say which")
		v.Short(p, 300, "precautions")
	}
	v.Want(o.Bathroom == "" || oneOf(o.Bathroom, Bathrooms...), "bathroom", "within, door_ajar or outside")
	v.Want(o.Bathroom == "" || o.Bathroom == "within" || LevelOf(o.Level).Continuous, "bathroom", "only for continuous watching")
}

// LevelRaised watches a person more closely: rounds.level_raised. Anybody on the unit may. Of a raise to a level below the one in force
// nothing follows until the closer one is lowered: a raise never lowers.
type LevelRaised struct{ Order }

// Validate implements record.Body.
func (r *LevelRaised) Validate(e *record.Entry) error {
	var v fault.Check
	r.check(&v, e)
	return v.Err()
}

// LevelLowered sets a person's level to what it says, in place of every order before it: rounds.level_lowered. Only a role that may.
type LevelLowered struct {
	Order
	Until time.Time `json:"until,omitzero" doc:"for a visit or a ride: then the orders before it hold again"`
}

// Validate implements record.Body.
func (l *LevelLowered) Validate(e *record.Entry) error {
	var v fault.Check
	l.check(&v, e)
	v.Want(l.Until.IsZero() || l.Until.After(e.Happened), "until", "the end lies behind the order")
	return v.Err()
}

// NightOrdered protects a person's sleep: between two times of the house's clock they are looked at less often: rounds.night_ordered. It
// lengthens only levels that allow it, ends at once when a level is raised, and ends for the night when a state in Stop is seen.
type NightOrdered struct {
	From    string    `json:"from" doc:"time of the house's clock, as 23:00"`
	To      string    `json:"to" doc:"as 06:30"`
	Minutes int       `json:"minutes" doc:"the longest time between two sightings at night" min:"15" max:"120"`
	Stop    []string  `json:"stop,omitempty" doc:"state codes that end it for the night; empty: every state of distress"`
	Reason  string    `json:"reason" max:"2000"`
	Until   time.Time `json:"until,omitzero" doc:"the order ends here"`
	After   string    `json:"after,omitempty" max:"500"`
}

// WhyAfter implements record.AfterFact.
func (n *NightOrdered) WhyAfter() string { return n.After }

// Validate implements record.Body.
func (n *NightOrdered) Validate(e *record.Entry) error {
	var v fault.Check
	from, okFrom := clockTime(n.From)
	to, okTo := clockTime(n.To)
	v.Want(okFrom, "from", "a time as 23:00")
	v.Want(okTo, "to", "a time as 06:30")
	v.Want(!okFrom || !okTo || from != to, "to", "not the same time")
	v.Want(n.Minutes >= 15 && n.Minutes <= 120, "minutes", "15 to 120 minutes")
	v.Want(n.Reason != "", "reason", "say why")
	v.Want(n.Until.IsZero() || n.Until.After(e.Happened), "until", "the end lies behind the order")
	v.Want(len(n.Stop) <= len(States) && all(n.Stop, func(s string) bool { return StateOf(s).Code != "" }), "stop", "there is no such state")
	v.Short(n.Reason, 2000, "reason")
	v.Short(n.After, 500, "after")
	return v.Err()
}

// stops says whether a state ends protected sleep for the night. What calls help always does.
func (n *NightOrdered) stops(state string) bool {
	s := StateOf(state)
	if s.Help || len(n.Stop) == 0 {
		return s.Upset
	}
	return oneOf(state, n.Stop...)
}

// clockTime reads "23:00" as a time after midnight.
func clockTime(s string) (time.Duration, bool) {
	if len(s) != 5 || s[2] != ':' {
		return 0, false
	}
	for _, i := range []int{0, 1, 3, 4} {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	h, m := int(s[0]-'0')*10+int(s[1]-'0'), int(s[3]-'0')*10+int(s[4]-'0')
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute, h < 24 && m < 60
}

// NightEnded ends a night order: rounds.night_ended. Anybody on the unit may, for it watches more closely.
type NightEnded struct {
	Reason string `json:"reason" max:"2000"`
}

// Validate implements record.Body.
func (n *NightEnded) Validate(*record.Entry) error {
	var v fault.Check
	v.Want(n.Reason != "", "reason", "say why")
	v.Short(n.Reason, 2000, "reason")
	return v.Err()
}

// Relieved hands continuous watching from one worker to another: rounds.relieved. Nobody leaves before the other has said yes.
type Relieved struct {
	From     record.ID `json:"from,omitzero" doc:"who watched until now; empty when the watch begins"`
	To       record.ID `json:"to" doc:"who watches from now on"`
	Accepted bool      `json:"accepted" doc:"the one who takes over has said yes"`
	State    string    `json:"state,omitempty" doc:"how the person is, one of the state codes"`
	Words    string    `json:"words,omitempty" max:"2000"`
	After    string    `json:"after,omitempty" max:"500"`
}

// WhyAfter implements record.AfterFact.
func (r *Relieved) WhyAfter() string { return r.After }

// Validate implements record.Body.
func (r *Relieved) Validate(*record.Entry) error {
	var v fault.Check
	v.Want(!r.To.IsZero(), "to", "say who watches from now on")
	v.Want(r.From != r.To, "to", "somebody else takes over")
	v.Want(r.Accepted, "accepted", "the watch passes only when the other has said yes")
	v.Want(r.State == "" || StateOf(r.State).Code != "", "state", "there is no such state")
	v.Short(r.Words, 2000, "words")
	v.Short(r.After, 500, "after")
	return v.Err()
}
