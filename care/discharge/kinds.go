package discharge

import (
	"embed"
	"time"

	"milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/ui"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// Names of the kinds, the actions they need, and the rules.
const (
	KindPlanned    = "discharge.planned"
	KindBooked     = "discharge.follow_up_booked"
	KindDeclined   = "discharge.follow_up_declined"
	KindNone       = "discharge.none_booked"
	KindLeft       = "discharge.belongings_left"
	KindSummary    = "discharge.summary_written"
	KindCopy       = "discharge.copy_given"
	KindHouse      = "discharge.house_set"
	ActionRead     = "discharge.read"
	ActionPlan     = "discharge.plan"
	ActionSummary  = "discharge.summary"
	ActionHouse    = "discharge.house"
	RuleFollowUp   = "discharge.follow_up"
	RuleBelongings = "discharge.belongings"
	RuleSummary    = "discharge.summary"
)

// Word is a code as a word of the catalogue within a line.
func Word(list, code string) record.Word { return record.Word("discharge." + list + "." + code) }

// Kinds are the room's kinds. Of a person only the summary may carry labels: that a follow-up is missing concerns everybody.
func Kinds() []record.Kind {
	line := func(key string) func(*record.Entry, record.Body) record.Line {
		return func(*record.Entry, record.Body) record.Line { return record.Line{Key: "discharge.line." + key} }
	}
	kinds := []record.Kind{
		{Name: KindPlanned, Citable: true, Line: line("planned"),
			Example: &Planned{Date: "2026-11-30", Destination: "home", Plan: "“I go to my flat and my sister comes on Sundays.”", Signs: "I stop answering the phone", Supports: "Sister, the Tuesday group", Medicines: "Two tablets at night, from Dr Raad", Call: "Sister 555 0142"}},
		{Name: KindBooked, Citable: true,
			Example: &FollowUpBooked{What: "therapy", With: "Harbour Clinic, M. Lund", At: time.Date(2026, 12, 3, 9, 30, 0, 0, time.UTC), Where: "12 Quay Street", How: "Bus 14, we practised it"},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				f := b.(*FollowUpBooked)
				return record.Line{Key: "discharge.line.booked", Args: []any{Word("visit", f.What), f.With}}
			}},
		{Name: KindDeclined, Citable: true, Line: line("declined"), Example: &FollowUpDeclined{Words: "Offered the Thursday clinic. “I have had enough of offices.”"}},
		{Name: KindNone, Citable: true, Example: &NoneBooked{Reason: "hospital"},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				return record.Line{Key: "discharge.line.none", Args: []any{Word("reason", b.(*NoneBooked).Reason)}}
			}},
		{Name: KindLeft, Line: line("left"), Example: &BelongingsLeft{Reason: "The bicycle stays in the store until his brother comes on Monday"}},
		{Name: KindSummary, Action: ActionSummary, Line: line("summary"), Labels: []string{access.SubstanceUse, access.NotForFamily},
			Example: &SummaryWritten{Parts: map[string]string{"why_here": "Could not stay safe alone", "what_happened": "Slept again from the second week on", "how_now": "Looks forward to her kitchen", "what_next": "Therapy on Thursday, sister on Sundays"}}},
		{Name: KindCopy, Line: line("copy"), Example: &CopyGiven{How: "paper", Words: "Read it through together"}},
		{Name: KindHouse, Chart: "place", Action: ActionHouse, Line: line("house"), Example: &HouseSet{Lines: []Line{{Name: "Crisis line", Number: "555 0100", Words: "day and night"}}}},
	}
	for i := range kinds {
		k := &kinds[i]
		k.Version = 1
		if k.Chart == "" {
			k.Chart = "client"
		}
		if k.Action == "" {
			k.Action = ActionPlan
		}
	}
	return kinds
}
