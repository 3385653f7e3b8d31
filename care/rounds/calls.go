package rounds

import (
	"milieu/kit/fault"
	"milieu/kit/record"
)

// HelpCalled calls for help to a person: rounds.help_called, in the client's chart. A check that says "breathing not seen" raises it.
type HelpCalled struct {
	Reason string    `json:"reason" doc:"one of the help reasons"`
	Place  string    `json:"place,omitempty"`
	Words  string    `json:"words,omitempty" max:"2000"`
	Check  record.ID `json:"check,omitzero" doc:"the check that raised it: taken back, so is the call"`
}

// Validate implements record.Body.
func (h *HelpCalled) Validate(*record.Entry) error {
	var v fault.Check
	v.Want(oneOf(h.Reason, HelpReasons...), "reason", "say why")
	v.Want(h.Place == "" || oneOf(h.Place, Places...), "place", "there is no such place")
	v.Short(h.Words, 2000, "words")
	return v.Err()
}

// HelpAnswered ends a call for help: rounds.help_answered.
type HelpAnswered struct {
	Call    record.ID `json:"call" doc:"the call it answers"`
	Outcome string    `json:"outcome" doc:"one of the help outcomes"`
	Words   string    `json:"words,omitempty" max:"2000"`
}

// Validate implements record.Body.
func (h *HelpAnswered) Validate(*record.Entry) error {
	var v fault.Check
	v.Want(!h.Call.IsZero(), "call", "say which call")
	v.Want(oneOf(h.Outcome, HelpOutcomes...), "outcome", "say how it ended")
	v.Short(h.Words, 2000, "words")
	return v.Err()
}

// SearchEnded ends a search for a person who was not found on a round: rounds.search_ended.
type SearchEnded struct {
	Search  record.ID `json:"search" doc:"the entry that opened the search"`
	Outcome string    `json:"outcome" doc:"one of the search outcomes"`
	Words   string    `json:"words,omitempty" max:"2000"`
}

// Validate implements record.Body.
func (s *SearchEnded) Validate(*record.Entry) error {
	var v fault.Check
	v.Want(!s.Search.IsZero(), "search", "say which search")
	v.Want(oneOf(s.Outcome, SearchOutcomes...), "outcome", "say how it ended")
	v.Short(s.Words, 2000, "words")
	return v.Err()
}

// HazardReported is something dangerous on a unit that somebody must put right: rounds.hazard_reported, in the unit's chart. It names no
// client.
type HazardReported struct {
	What  string    `json:"what" doc:"one of the hazard codes, or an item of a checklist"`
	Place string    `json:"place,omitempty"`
	Words string    `json:"words,omitempty" max:"2000"`
	Found record.ID `json:"found,omitzero" doc:"the check or environmental round on which it was found"`
}

// Validate implements record.Body.
func (h *HazardReported) Validate(*record.Entry) error {
	var v fault.Check
	v.Want(h.What != "" && len(h.What) <= 60, "what", "say what it is")
	v.Want(h.Place == "" || oneOf(h.Place, Places...), "place", "there is no such place")
	v.Short(h.Words, 2000, "words")
	return v.Err()
}

// HazardCleared says that a hazard is no more: rounds.hazard_cleared.
type HazardCleared struct {
	Hazard record.ID `json:"hazard" doc:"the hazard's entry"`
	Done   string    `json:"done" doc:"what was done" max:"2000"`
}

// Validate implements record.Body.
func (h *HazardCleared) Validate(*record.Entry) error {
	var v fault.Check
	v.Want(!h.Hazard.IsZero(), "hazard", "say which hazard")
	v.Want(h.Done != "", "done", "say what was done")
	v.Short(h.Done, 2000, "done")
	return v.Err()
}
