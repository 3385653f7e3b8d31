package rounds

import "time"

// What is said of a look is chosen from short lists, each in a fixed order: a thumb learns where an answer is.
// Source: observation records in use in hospitals, gathered in the project's field notes, section 3; held from 2026-11-01.

// Places are where somebody may be seen.
var Places = []string{"own_room", "bathroom", "day_room", "hallway", "outside", "kitchen", "group", "quiet_room", "elsewhere"}

// State is how somebody was when seen. There are never more than twelve.
type State struct {
	Code   string
	Asleep bool // drawn lower on a strip; does not by itself speak for a copied answer at night
	Upset  bool // ends protected sleep for that night unless the order says otherwise
	Help   bool // calls help at once
}

// States in the order in which they are offered.
var States = []State{
	{Code: "asleep_breathing", Asleep: true},
	{Code: "awake_quiet"},
	{Code: "talking"},
	{Code: "pacing"},
	{Code: "distressed", Upset: true},
	{Code: "crying", Upset: true},
	{Code: "eating"},
	{Code: "agitated", Upset: true},
	{Code: "keeping_apart"},
	{Code: "self_injury", Upset: true},
	{Code: "restraint_seclusion", Upset: true},
	{Code: "breathing_not_seen", Asleep: true, Upset: true, Help: true},
}

// StateOf is the state of a code; the zero State when there is none.
func StateOf(code string) State {
	for _, s := range States {
		if s.Code == code {
			return s
		}
	}
	return State{}
}

// How a look was made. A tag alone is no sighting: it proves that a device was at a place.
const (
	MethodSeen    = "seen"
	MethodTag     = "tag"
	MethodTagSeen = "tag_seen"
)

// Reason is why somebody was not seen, and what follows from it.
type Reason struct {
	Code string
	// Accounted says that somebody else answers for the person meanwhile: the gap ends here, and the question is asked again after Confirm.
	Accounted bool
	Confirm   time.Duration
	// Search opens a search, late after Within.
	Search bool
	Within time.Duration
	// Again is when to look again: the person was heard but not seen, or nobody looked. The ordered time does not move.
	Again time.Duration
}

// Reasons in the order in which they are offered. The times are the program's own proposals, held from 2026-11-01.
var Reasons = []Reason{
	{Code: "not_in_room", Search: true, Within: 5 * time.Minute, Again: time.Minute},
	{Code: "no_answer", Search: true, Again: time.Minute},
	{Code: "off_unit_with_staff", Accounted: true, Confirm: time.Hour},
	{Code: "leave", Accounted: true, Confirm: 2 * time.Hour},
	{Code: "bathroom_answered", Again: 5 * time.Minute},
	{Code: "called_away", Again: time.Minute},
	{Code: "hospital", Accounted: true, Confirm: 4 * time.Hour},
	{Code: "declined_answered", Again: 5 * time.Minute},
	{Code: "absent", Search: true},
}

// ReasonOf is the reason of a code; the zero Reason when there is none.
func ReasonOf(code string) Reason {
	for _, r := range Reasons {
		if r.Code == code {
			return r
		}
	}
	return Reason{}
}

// Declines are what somebody may have asked for while being seen. It is written down as their wish, never as a fault.
var Declines = []string{"not_to_talk", "no_light", "knock_first", "door_closed", "another_person"}

// Hazards are what may be found on a round.
var Hazards = []string{"ligature", "sharp", "door", "contraband", "fire", "light", "temperature", "broken", "wet_floor", "other"}

// HelpReasons are why help was called, HelpOutcomes how the call ended.
var (
	HelpReasons  = []string{"breathing_not_seen", "injury", "unresponsive", "other"}
	HelpOutcomes = []string{"breathing_well", "treated_here", "ambulance", "died", "false_call"}
)

// SearchOutcomes are how a search ended.
var SearchOutcomes = []string{"found_well", "found_hurt", "in_hospital", "with_police", "with_family", "handed_on"}
