package notes

import (
	"slices"
	"time"

	"milieu/kit/fault"
	"milieu/kit/record"
)

// Rules are what a unit or the house fixes for its notes: notes.rules_set, filed in the unit's chart or the house's. What is empty stays as
// Defaults says.
type Rules struct {
	CosignRoles []string `json:"cosign_roles,omitempty" doc:"whose notes wait for a colleague's co-signature"`
	CosignHours int      `json:"cosign_hours,omitzero" min:"1" max:"336" doc:"within how many hours"`
	LateHours   int      `json:"late_hours,omitzero" min:"1" max:"336" doc:"a begun note is late after so many hours"`
	Likeness    int      `json:"likeness,omitzero" min:"10" max:"100" doc:"fresh words are asked for above so many percent"`
	Fresh       bool     `json:"fresh,omitzero" doc:"signing asks to be shown again who one is"`
	Dictation   bool     `json:"dictation,omitzero" doc:"dictation is offered where the device itself understands it"`
}

var limits = readData[struct {
	CosignHours    int `json:"cosign_hours"`
	LateHours      int `json:"late_hours"`
	Likeness       int `json:"likeness"`
	LateEntryHours int `json:"late_entry_hours"`
}]("limits.json")

// Defaults are the rules of a house that has set none: nobody's notes wait for a co-signature.
func Defaults() Rules {
	return Rules{CosignHours: limits.CosignHours, LateHours: limits.LateHours, Likeness: limits.Likeness}
}

// LateEntry is after how long a note about a time is a late entry.
func LateEntry() time.Duration { return time.Duration(limits.LateEntryHours) * time.Hour }

// Validate implements record.Body.
func (r *Rules) Validate(*record.Entry) error {
	var v fault.Check
	v.Want(len(r.CosignRoles) <= len(Writers) && !slices.ContainsFunc(r.CosignRoles, func(s string) bool { return !slices.Contains(Writers, s) }), "cosign_roles", "this role writes no notes")
	v.Want(r.CosignHours == 0 || r.CosignHours >= 1 && r.CosignHours <= 336, "cosign_hours", "1 to 336 hours")
	v.Want(r.LateHours == 0 || r.LateHours >= 1 && r.LateHours <= 336, "late_hours", "1 to 336 hours")
	v.Want(r.Likeness == 0 || r.Likeness >= 10 && r.Likeness <= 100, "likeness", "10 to 100 percent")
	return v.Err()
}

// Writers are the roles that write notes, as the policies let them.
var Writers = []string{"worker", "peer", "nurse", "case_manager", "clinician", "prescriber", "supervisor"}

// Filled is the rules with Defaults in every empty place.
func (r Rules) Filled() Rules {
	d := Defaults()
	if r.CosignHours == 0 {
		r.CosignHours = d.CosignHours
	}
	if r.LateHours == 0 {
		r.LateHours = d.LateHours
	}
	if r.Likeness == 0 {
		r.Likeness = d.Likeness
	}
	return r
}

// Fixed is the rules of a unit or the house from a moment on.
type Fixed struct {
	ID       record.ID
	Happened time.Time
	Rules
}

// At is what holds at a moment: what the unit fixed last, else what the house did. Each list is in order of time, then of ID.
func At(unit, house []Fixed, at time.Time) Rules {
	for _, list := range [][]Fixed{unit, house} {
		for i := len(list) - 1; i >= 0; i-- {
			if !list[i].Happened.After(at) {
				return list[i].Filled()
			}
		}
	}
	return Defaults()
}

// Asks says whether a note of somebody in a role waits for a co-signature.
func (r Rules) Asks(role string) bool { return slices.Contains(r.CosignRoles, role) }
