package rounds

import (
	"embed"

	"milieu/kit/record"
	"milieu/kit/ui"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// Names of the kinds.
const (
	KindChecked        = "rounds.checked"
	KindNotSeen        = "rounds.not_seen"
	KindRaised         = "rounds.level_raised"
	KindLowered        = "rounds.level_lowered"
	KindNight          = "rounds.night_ordered"
	KindNightEnded     = "rounds.night_ended"
	KindRelieved       = "rounds.relieved"
	KindHelpCalled     = "rounds.help_called"
	KindHelpAnswered   = "rounds.help_answered"
	KindSearchEnded    = "rounds.search_ended"
	KindEnvironment    = "rounds.environment_done"
	KindHazard         = "rounds.hazard_reported"
	KindHazardCleared  = "rounds.hazard_cleared"
	KindHouseRules     = "rounds.house_rules_set"
	ActionCheck        = "rounds.check"
	ActionRaise        = "rounds.level.raise"
	ActionLower        = "rounds.level.lower"
	ActionRelieve      = "rounds.relieve"
	ActionHelp         = "rounds.help"
	ActionEnvironment  = "rounds.environment"
	ActionHazard       = "rounds.hazard"
	ActionHouse        = "rounds.house"
	withdrawOnlyLowers = ActionLower
)

// Word is a code as a word of the catalogue within a line: kit/ui translates it.
func Word(list, code string) record.Word { return record.Word("rounds." + list + "." + code) }

// Kinds are the room's kinds.
func Kinds() []record.Kind {
	person, unit, other := record.ID{6: 0x70, 8: 0x80, 15: 1}, record.ID{6: 0x70, 8: 0x80, 15: 2}, record.ID{6: 0x70, 8: 0x80, 15: 3}
	seven, warm := 7, 21.5
	return []record.Kind{
		{Name: KindChecked, Version: 1, Chart: "client", Citable: true, Action: ActionCheck, AfterFact: true, Raises: raisedByCheck,
			Example: &Checked{Place: "own_room", State: "asleep_breathing", Method: MethodSeen, Level: Every15},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				c := b.(*Checked)
				if !c.Seen() {
					return record.Line{Key: "rounds.line.tag", Args: []any{Word("place", c.Place)}}
				}
				return record.Line{Key: "rounds.line.checked", Args: []any{Word("place", c.Place), Word("state", c.State)}}
			}},
		{Name: KindNotSeen, Version: 1, Chart: "client", Citable: true, Action: ActionCheck, AfterFact: true,
			Example: &NotSeen{Reason: "bathroom_answered", Place: "bathroom"},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				return record.Line{Key: "rounds.line.not_seen", Args: []any{Word("reason", b.(*NotSeen).Reason)}}
			}},
		// Taking back a raise lowers the level, so it needs what lowering needs. Taking back a lowering watches more closely.
		{Name: KindRaised, Version: 1, Chart: "client", Citable: true, Action: ActionRaise, Withdraw: withdrawOnlyLowers, AfterFact: true,
			Example: &LevelRaised{Order{Level: Every15, Reason: "Says the nights are very hard just now"}},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				return record.Line{Key: "rounds.line.raised", Args: []any{Word("level", b.(*LevelRaised).Level)}}
			}},
		{Name: KindLowered, Version: 1, Chart: "client", Citable: true, Action: ActionLower, AfterFact: true,
			Example: &LevelLowered{Order: Order{Level: General, Reason: "Three steady days, agreed with her"}},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				return record.Line{Key: "rounds.line.lowered", Args: []any{Word("level", b.(*LevelLowered).Level)}}
			}},
		{Name: KindNight, Version: 1, Chart: "client", Citable: true, Action: ActionLower, AfterFact: true,
			Example: &NightOrdered{From: "23:00", To: "06:30", Minutes: 60, Reason: "Sleeps badly when woken; settled for two weeks"},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				n := b.(*NightOrdered)
				return record.Line{Key: "rounds.line.night", Args: []any{n.Minutes, n.From, n.To}}
			}},
		{Name: KindNightEnded, Version: 1, Chart: "client", Citable: true, Action: ActionRaise, Withdraw: withdrawOnlyLowers,
			Example: &NightEnded{Reason: "Awake and afraid most of the night"}, Line: plain("rounds.line.night_ended")},
		{Name: KindRelieved, Version: 1, Chart: "client", Action: ActionRelieve, AfterFact: true,
			Example: &Relieved{From: person, To: other, Accepted: true}, Line: plain("rounds.line.relieved")},
		{Name: KindHelpCalled, Version: 1, Chart: "client", Citable: true, Action: ActionHelp,
			Example: &HelpCalled{Reason: "breathing_not_seen", Place: "own_room"},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				return record.Line{Key: "rounds.line.help", Args: []any{Word("help", b.(*HelpCalled).Reason)}}
			}},
		{Name: KindHelpAnswered, Version: 1, Chart: "client", Citable: true, Action: ActionHelp,
			Example: &HelpAnswered{Call: person, Outcome: "breathing_well"},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				return record.Line{Key: "rounds.line.help_answered", Args: []any{Word("outcome", b.(*HelpAnswered).Outcome)}}
			}},
		{Name: KindSearchEnded, Version: 1, Chart: "client", Citable: true, Action: ActionCheck,
			Example: &SearchEnded{Search: person, Outcome: "found_well"},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				return record.Line{Key: "rounds.line.search_ended", Args: []any{Word("outcome", b.(*SearchEnded).Outcome)}}
			}},
		{Name: KindEnvironment, Version: 1, Chart: "place", Action: ActionEnvironment, AfterFact: true, Raises: raisedByWalk,
			Example: &EnvironmentDone{Checklist: "environment", Version: 1, Answers: map[string]string{"doors": ItemFine, "ligature": ItemHazard}, Words: map[string]string{"ligature": "Curtain rail in room 4 is loose"}, HeadCount: &seven, Temperature: &warm},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				return record.Line{Key: "rounds.line.environment", Args: []any{len(b.(*EnvironmentDone).Found())}}
			}},
		{Name: KindHazard, Version: 1, Chart: "place", Action: ActionHazard,
			Example: &HazardReported{What: "ligature", Place: "own_room", Words: "Curtain rail in room 4 is loose"},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				return record.Line{Key: "rounds.line.hazard", Args: []any{Word("hazard", b.(*HazardReported).What)}}
			}},
		{Name: KindHazardCleared, Version: 1, Chart: "place", Action: ActionHazard,
			Example: &HazardCleared{Hazard: unit, Done: "Rail taken down"}, Line: plain("rounds.line.hazard_cleared")},
		{Name: KindHouseRules, Version: 1, Chart: "place", Action: ActionHouse,
			Example: &HouseRules{GeneralMinutes: 60, StintMinutes: 60}, Line: plain("rounds.line.house_rules")},
	}
}

func plain(key string) func(*record.Entry, record.Body) record.Line {
	return func(*record.Entry, record.Body) record.Line { return record.Line{Key: key} }
}

// raisedByCheck gives the call for help when breathing was not seen, and the unit's task when a hazard was found.
func raisedByCheck(e *record.Entry, b record.Body) []*record.Entry {
	c := b.(*Checked)
	var out []*record.Entry
	if StateOf(c.State).Help {
		out = append(out, raise(e, "help", e.Chart, KindHelpCalled, &HelpCalled{Reason: c.State, Place: c.Place, Check: e.ID}))
	}
	if c.Hazard != nil {
		out = append(out, raise(e, "hazard", c.Hazard.Unit, KindHazard, &HazardReported{What: c.Hazard.What, Place: c.Place, Words: c.Hazard.Words, Found: e.ID}))
	}
	return out
}

// raisedByWalk gives one task for each hazard found on an environmental round.
func raisedByWalk(e *record.Entry, b record.Body) []*record.Entry {
	d := b.(*EnvironmentDone)
	var out []*record.Entry
	for _, code := range d.Found() {
		out = append(out, raise(e, code, e.Chart, KindHazard, &HazardReported{What: d.hazard(code), Place: d.Places[code], Words: d.Words[code], Found: e.ID}))
	}
	return out
}

func raise(by *record.Entry, part string, chart record.ID, kind string, b record.Body) *record.Entry {
	raw, err := record.Canonical(b)
	if err != nil {
		raw = nil // our own struct of plain texts: it is refused when it is read again
	}
	return &record.Entry{ID: record.DeriveID(kind, by.ID.String(), part), Chart: chart, Kind: kind, Version: 1, Cites: []record.ID{by.ID}, Body: raw}
}

var (
	_ record.AfterFact = (*Checked)(nil)
	_ record.AfterFact = (*LevelRaised)(nil)
)
