package handover

import (
	"embed"
	"slices"
	"time"

	"milieu/care/teamwork"
	"milieu/kit/access"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/ui"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// Names of the kinds, and of what must be allowed.
const (
	KindWords    = "handover.words_added"
	KindGiven    = "handover.given"
	KindAccepted = "handover.accepted"
	KindPassed   = "handover.passed"
	KindTaken    = "handover.taken"
	KindRules    = "handover.rules_set"
	ActionGive   = "handover.give"
	ActionTake   = "handover.take"
	ActionHouse  = "handover.house"
)

func known(role string) bool { return slices.Contains(access.Roles, access.Role(role)) }

// Kinds are the room's kinds.
func Kinds() []record.Kind {
	at := time.Date(2026, 11, 19, 15, 0, 0, 0, time.UTC)
	anchor := record.ID{6: 0x70, 8: 0x80, 15: 1}
	labels := []string{access.SubstanceUse, access.NotForFamily}
	line := func(key string, text func(record.Body) string) func(*record.Entry, record.Body) record.Line {
		return func(_ *record.Entry, b record.Body) record.Line {
			if said := text(b); said != "" {
				return record.Line{Key: "handover.line." + key, Args: []any{said}}
			}
			return record.Line{Key: "handover.line." + key + "_plain"}
		}
	}
	plain := func(key string) func(*record.Entry, record.Body) record.Line {
		return func(*record.Entry, record.Body) record.Line { return record.Line{Key: "handover.line." + key} }
	}
	return []record.Kind{
		{Name: KindWords, Version: 1, Chart: "any", Action: ActionGive, Labels: labels, Example: &WordsAdded{Change: at, Heading: "situation", Text: "If the lamp is on after 01:00, then knock and offer tea"},
			Line: line("words", func(b record.Body) string { return b.(*WordsAdded).Text })},
		{Name: KindGiven, Version: 1, Chart: "place", Action: ActionGive, Example: &Given{Change: at, Text: "A calm day"}, Line: line("given", func(b record.Body) string { return b.(*Given).Text })},
		{Name: KindAccepted, Version: 1, Chart: "any", Action: ActionTake, Raises: becomesTheirs, Example: &Accepted{Change: at, Key: "rounds.level_review", Due: Due{Rule: "rounds.level_review", Anchor: anchor}}, Line: plain("accepted")},
		{Name: KindPassed, Version: 1, Chart: "any", Action: ActionTake, Raises: passedOn, Example: &Passed{Change: at, Key: "rounds.level_review", Owner: "nurse", Why: "Needs a licensed word", Due: Due{Rule: "rounds.level_review", Anchor: anchor}},
			Line: line("passed", func(b record.Body) string { return b.(*Passed).Why })},
		{Name: KindTaken, Version: 1, Chart: "any", Action: ActionTake, Labels: labels, Example: &Taken{Change: at, Synthesis: "A hard day tomorrow; lamp on after one, I knock"},
			Line: line("taken", func(b record.Body) string { return b.(*Taken).Synthesis })},
		{Name: KindRules, Version: 1, Chart: "place", Action: ActionHouse, Example: &Rules{LeadMinutes: 45, LateMinutes: 30, SayBack: SayWatch}, Line: plain("rules")},
	}
}

// becomesTheirs makes an accepted due its accepter's: a task is taken on, of any other due they say that they are on it.
func becomesTheirs(e *record.Entry, b record.Body) []*record.Entry {
	d := b.(*Accepted).Due
	switch d.Rule {
	case "":
		return nil
	case teamwork.RuleTask:
		return []*record.Entry{raise(e, teamwork.KindTaskTaken, &teamwork.TaskTaken{Task: d.Anchor})}
	}
	return []*record.Entry{raise(e, "due.taken", &due.Taken{Rule: d.Rule, Slot: d.Slot, Anchor: d.Anchor})}
}

// passedOn gives a task to whom its item was given.
func passedOn(e *record.Entry, b record.Body) []*record.Entry {
	p := b.(*Passed)
	if p.Rule != teamwork.RuleTask {
		return nil
	}
	why := p.Why
	if why == "" {
		why = "Passed on at the handover"
	}
	return []*record.Entry{raise(e, teamwork.KindTaskPassed, &teamwork.TaskPassed{Task: p.Anchor, Owner: p.Owner, Why: why})}
}

func raise(by *record.Entry, kind string, b record.Body) *record.Entry {
	raw, err := record.Canonical(b)
	if err != nil {
		raw = nil // our own struct of plain texts: it is refused when it is read again
	}
	return &record.Entry{ID: record.DeriveID(kind, by.ID.String()), Chart: by.Chart, Kind: kind, Version: 1, Cites: []record.ID{by.ID}, Body: raw}
}
