package handover

import (
	"slices"
	"time"

	"milieu/kit/fault"
	"milieu/kit/record"
)

// Names of the rules by which the room's dues are known.
const (
	RuleTake = "handover.take"
	RuleGive = "handover.give"
)

// Rules are what a unit fixes for its handovers: handover.rules_set. The latest that happened holds.
type Rules struct {
	Off         bool     `json:"off,omitempty" doc:"the unit does not hand over"`
	LeadMinutes int      `json:"lead_minutes,omitempty" doc:"how long before the change the handover opens"`
	LateMinutes int      `json:"late_minutes,omitempty" doc:"how long after the change it is late"`
	SayBack     string   `json:"say_back,omitempty" doc:"of whom the receiver says back what they have understood: nobody, watch or all"`
	Print       []string `json:"print,omitempty" doc:"the headings that are printed; empty: all"`
}

// Whom a receiver says back.
const (
	SayNobody = "nobody"
	SayWatch  = "watch" // those who are watched closely
	SayAll    = "all"
)

// Limits of the program, not rules of any house.
const mostMinutes = 240

// Default is what holds in every place that a unit has left open: the program's own proposal, held from 2026-11-28. I-PASS asks the receiver to say back
// everybody; for whom nothing is open and nothing is new a unit may find a touch enough.
func Default() Rules {
	return Rules{LeadMinutes: 45, LateMinutes: 30, SayBack: SayWatch}
}

// Filled gives the rules with the defaults in the places left open.
func (r Rules) Filled() Rules {
	d := Default()
	if r.LeadMinutes == 0 {
		r.LeadMinutes = d.LeadMinutes
	}
	if r.LateMinutes == 0 {
		r.LateMinutes = d.LateMinutes
	}
	if r.SayBack == "" {
		r.SayBack = d.SayBack
	}
	if len(r.Print) == 0 {
		r.Print = Headings
	}
	return r
}

// Lead is how long before the change the handover opens.
func (r Rules) Lead() time.Duration { return time.Duration(r.LeadMinutes) * time.Minute }

// Late is how long after the change it is late.
func (r Rules) Late() time.Duration { return time.Duration(r.LateMinutes) * time.Minute }

// Asks says whether the receiver is asked to say back somebody who is, or is not, watched closely.
func (r Rules) Asks(closely bool) bool {
	return r.SayBack == SayAll || r.SayBack == SayWatch && closely
}

// Validate implements record.Body.
func (r *Rules) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(r.LeadMinutes >= 0 && r.LeadMinutes <= mostMinutes, "lead_minutes", "between 0 and 240 minutes")
	c.Want(r.LateMinutes >= 0 && r.LateMinutes <= mostMinutes, "late_minutes", "between 0 and 240 minutes")
	c.Want(r.SayBack == "" || slices.Contains([]string{SayNobody, SayWatch, SayAll}, r.SayBack), "say_back", "nobody, watch or all")
	for _, h := range r.Print {
		c.Want(slices.Contains(Headings, h), "print", "there is no such heading")
	}
	return c.Err()
}
