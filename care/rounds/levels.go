package rounds

import (
	"time"

	"milieu/kit/fault"
	"milieu/kit/record"
)

// Level is how closely a person is watched.
type Level struct {
	Code       string
	Rank       int           // higher is closer
	Pips       int           // 1 to 4, as drawn
	Every      time.Duration // the longest ordered time between two sightings; 0 for continuous watching
	DrawFrom   time.Duration // irregular: the next look is asked for between DrawFrom and DrawTo after the last
	DrawTo     time.Duration
	Continuous bool // somebody is with the person, or has them in sight, all the time
	Arms       bool // within arm's length
	Night      bool // a night order may lengthen it
	Source     string
	Since      string // date from which this row holds
}

// Codes of the levels.
const (
	General     = "general"
	Every30     = "every_30"
	Every15     = "every_15"
	LineOfSight = "line_of_sight"
	ArmsLength  = "arms_length"
)

// fieldNotes is where the levels come from: generic levels of hospital policies, of which no rule fixes the minutes.
const fieldNotes = "project field notes 3: generic levels; 482.13(c) asks for a safe setting and fixes no interval"

// Levels from the widest to the closest. A house may shorten or lengthen the general level and the range of draws by its own rules.
var Levels = []Level{
	{Code: General, Rank: 1, Pips: 1, Every: time.Hour, Night: true, Source: fieldNotes, Since: "2026-11-01"},
	{Code: Every30, Rank: 2, Pips: 2, Every: 30 * time.Minute, Night: true, Source: fieldNotes, Since: "2026-11-01"},
	{Code: Every15, Rank: 3, Pips: 3, Every: 15 * time.Minute, DrawFrom: 8 * time.Minute, DrawTo: 15 * time.Minute, Source: fieldNotes, Since: "2026-11-01"},
	{Code: LineOfSight, Rank: 4, Pips: 4, Continuous: true, Source: fieldNotes, Since: "2026-11-01"},
	{Code: ArmsLength, Rank: 5, Pips: 4, Continuous: true, Arms: true, Source: fieldNotes, Since: "2026-11-01"},
}

// LevelOf is the level of a code; the zero Level when there is none.
func LevelOf(code string) Level {
	for _, l := range Levels {
		if l.Code == code {
			return l
		}
	}
	return Level{}
}

// Whole is an answer offered in one touch between two hours of the house's clock. The house fixes them; the last answer never does.
type Whole struct {
	From  int    `json:"from" doc:"hour, 0 to 23, from which it is offered"`
	Until int    `json:"until" doc:"hour, 0 to 23, until which; the same as from: all day"`
	Place string `json:"place"`
	State string `json:"state"`
}

// At says whether the answer is offered at an hour of the house's clock.
func (w Whole) At(hour int) bool {
	switch {
	case w.From == w.Until:
		return true
	case w.From < w.Until:
		return hour >= w.From && hour < w.Until
	}
	return hour >= w.From || hour < w.Until
}

// How far a presence proof is asked for on a unit.
const (
	PresenceOff      = "off"
	PresenceOptional = "optional"
	PresenceRequired = "required"
)

// HouseRules are what a unit fixes for its rounds: rounds.house_rules_set, filed in the unit's chart. What is empty stays as Defaults says.
type HouseRules struct {
	Off                bool     `json:"off,omitzero" doc:"no safety rounds on this unit: nobody sleeps here"`
	DefaultLevel       string   `json:"default_level,omitempty" doc:"level of everyone without an order"`
	GeneralMinutes     int      `json:"general_minutes,omitzero" min:"10" max:"120"`
	DrawFrom           int      `json:"draw_from,omitzero" doc:"irregular looks: minutes after the last, from" min:"1" max:"15"`
	DrawTo             int      `json:"draw_to,omitzero" doc:"and to" min:"1" max:"15"`
	Whole              []Whole  `json:"whole,omitempty" doc:"whole answers offered in one touch, by hour"`
	Places             []string `json:"places,omitempty" doc:"place chips in their order"`
	States             []string `json:"states,omitempty" doc:"state chips in their order"`
	GraceMinutes       int      `json:"grace_minutes,omitzero" doc:"alerting waits this much longer; reporting never does" min:"0" max:"10"`
	Presence           string   `json:"presence,omitempty" doc:"off, optional or required"`
	StintMinutes       int      `json:"stint_minutes,omitzero" doc:"continuous watching: relief after" min:"15" max:"240"`
	EnvironmentMinutes int      `json:"environment_minutes,omitzero" doc:"between two environmental rounds; 0 asks for none" min:"0" max:"10080"`
	Checklist          string   `json:"checklist,omitempty" doc:"the environmental round's checklist"`
}

// Defaults are the rules of a unit that has set none.
var Defaults = HouseRules{
	DefaultLevel: General, GeneralMinutes: 60, DrawFrom: 8, DrawTo: 15,
	Whole:  []Whole{{From: 21, Until: 8, Place: "own_room", State: "asleep_breathing"}, {From: 0, Until: 0, Place: "own_room", State: "awake_quiet"}, {From: 8, Until: 21, Place: "day_room", State: "awake_quiet"}},
	Places: Places, States: stateCodes(), Presence: PresenceOff, StintMinutes: 60, EnvironmentMinutes: 0, Checklist: "environment",
}

func stateCodes() []string {
	out := make([]string, len(States))
	for i, s := range States {
		out[i] = s.Code
	}
	return out
}

// Validate implements record.Body.
func (h *HouseRules) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(h.DefaultLevel == "" || LevelOf(h.DefaultLevel).Every > 0, "default_level", "choose a level with an interval")
	c.Want(h.GeneralMinutes == 0 || h.GeneralMinutes >= 10 && h.GeneralMinutes <= 120, "general_minutes", "10 to 120 minutes")
	c.Want(h.DrawFrom == 0 || h.DrawFrom >= 1 && h.DrawFrom <= 15, "draw_from", "1 to 15 minutes")
	c.Want(h.DrawTo == 0 || h.DrawTo >= 1 && h.DrawTo <= 15, "draw_to", "1 to 15 minutes")
	whole := h.Filled()
	c.Want(whole.DrawFrom <= whole.DrawTo, "draw_to", "not before the start of the range")
	c.Want(h.GraceMinutes >= 0 && h.GraceMinutes <= 10, "grace_minutes", "0 to 10 minutes")
	c.Want(h.Presence == "" || oneOf(h.Presence, PresenceOff, PresenceOptional, PresenceRequired), "presence", "off, optional or required")
	c.Want(h.StintMinutes == 0 || h.StintMinutes >= 15 && h.StintMinutes <= 240, "stint_minutes", "15 to 240 minutes")
	c.Want(h.EnvironmentMinutes >= 0 && h.EnvironmentMinutes <= 10080, "environment_minutes", "at most a week")
	c.Want(h.Checklist == "" || FindChecklist(h.Checklist) != nil, "checklist", "there is no such checklist")
	c.Want(len(h.Whole) <= 12, "whole", "at most twelve")
	for _, w := range h.Whole {
		c.Want(w.From >= 0 && w.From < 24 && w.Until >= 0 && w.Until < 24, "whole", "hours are 0 to 23")
		c.Want(oneOf(w.Place, Places...), "whole", "there is no such place")
		// Breathing not seen is never offered as a whole answer: it calls help.
		c.Want(StateOf(w.State).Code != "" && !StateOf(w.State).Help, "whole", "there is no such answer to offer")
	}
	c.Want(len(h.Places) <= len(Places) && all(h.Places, func(p string) bool { return oneOf(p, Places...) }), "places", "there is no such place")
	c.Want(len(h.States) <= len(States) && all(h.States, func(s string) bool { return StateOf(s).Code != "" }), "states", "there is no such answer")
	return c.Err()
}

// Filled is the rules with Defaults in every empty place.
func (h HouseRules) Filled() HouseRules {
	d := Defaults
	d.Off, d.GraceMinutes, d.EnvironmentMinutes = h.Off, h.GraceMinutes, h.EnvironmentMinutes
	fill(&d.DefaultLevel, h.DefaultLevel)
	fill(&d.GeneralMinutes, h.GeneralMinutes)
	fill(&d.DrawFrom, h.DrawFrom)
	fill(&d.DrawTo, h.DrawTo)
	fill(&d.Presence, h.Presence)
	fill(&d.StintMinutes, h.StintMinutes)
	fill(&d.Checklist, h.Checklist)
	if len(h.Whole) > 0 {
		d.Whole = h.Whole
	}
	if len(h.Places) > 0 {
		d.Places = h.Places
	}
	if len(h.States) > 0 {
		d.States = h.States
	}
	return d
}

func fill[T comparable](to *T, from T) {
	var zero T
	if from != zero {
		*to = from
	}
}

// Level is the level of a code under these rules: the house's own minutes for the general level and the range of draws, never above the
// interval that was ordered.
func (h HouseRules) Level(code string) Level {
	r, l := h.Filled(), LevelOf(code)
	if l.Code == General {
		l.Every = time.Duration(r.GeneralMinutes) * time.Minute
	}
	if l.DrawTo > 0 {
		l.DrawFrom, l.DrawTo = min(time.Duration(r.DrawFrom)*time.Minute, l.Every), min(time.Duration(r.DrawTo)*time.Minute, l.Every)
	}
	return l
}

// Offered are the whole answers offered at an hour of the house's clock, in the house's order.
func (h HouseRules) Offered(hour int) []Whole {
	var out []Whole
	for _, w := range h.Filled().Whole {
		if w.At(hour) {
			out = append(out, w)
		}
	}
	return out
}

func oneOf(s string, list ...string) bool {
	for _, l := range list {
		if s == l {
			return true
		}
	}
	return false
}

func all[T any](list []T, ok func(T) bool) bool {
	for _, v := range list {
		if !ok(v) {
			return false
		}
	}
	return true
}
