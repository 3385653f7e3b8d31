package contacts

import (
	"embed"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/ui"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// Names of the kinds, the actions they need, and the rule.
const (
	KindHeld      = "contacts.held"
	KindAttempted = "contacts.attempted"
	KindRules     = "contacts.rules_set"
	ActionHold    = "contacts.hold"
	ActionRules   = "contacts.house"
	// RuleMeaningful asks for a contact with somebody with whom nobody has had a meaningful one for as long as their unit says.
	RuleMeaningful = "contacts.meaningful"
)

// Word is a code as a word of the catalogue within a line.
func Word(list, code string) record.Word { return record.Word("contacts." + list + "." + code) }

// Kinds are the room's kinds.
func Kinds() []record.Kind {
	labels := []string{access.SubstanceUse, access.NotForFamily}
	began := time.Date(2026, 11, 1, 14, 5, 0, 0, time.UTC)
	return []record.Kind{
		{Name: KindHeld, Version: 1, Chart: "client", Citable: true, Action: ActionHold, AfterFact: true, Labels: labels,
			Example: &Held{Type: "one_to_one", Mode: "in_person", Started: began, Stopped: began.Add(25 * time.Minute), Purposes: []string{"worry"}, Done: "Walked in the garden and talked about the call with her mother", Responses: []string{"calmer"}, Words: "“I can sleep on it now.”", Meaningful: Yes},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				h := b.(*Held)
				first := "other"
				if len(h.Purposes) > 0 {
					first = h.Purposes[0]
				}
				return record.Line{Key: "contacts.line.held", Args: []any{Word("type", h.Type), Word("mode", h.Mode), h.Minutes(), Word("purpose", first)}}
			}},
		{Name: KindAttempted, Version: 1, Chart: "client", Citable: true, Action: ActionHold, AfterFact: true, Labels: labels,
			Example: &Attempted{Mode: "phone", Reason: "no_answer", Next: "Try again after supper"},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				a := b.(*Attempted)
				return record.Line{Key: "contacts.line.attempted", Args: []any{Word("mode", a.Mode), Word("reason", a.Reason)}}
			}},
		{Name: KindRules, Version: 1, Chart: "place", Action: ActionRules, Example: &RulesSet{Hours: 24},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				if hours := b.(*RulesSet).Hours; hours > 0 {
					return record.Line{Key: "contacts.line.rules", Args: []any{hours}}
				}
				return record.Line{Key: "contacts.line.rules_off"}
			}},
	}
}

// Data is what a contacts.meaningful window carries for boards and devices.
type Data struct {
	Last  time.Time `json:"last,omitzero"` // the last meaningful contact; zero: none since the person came
	Since time.Time `json:"since"`         // from when it is counted
	Hours int       `json:"hours"`
}

// Pack writes the data.
func (d Data) Pack() ([]byte, error) { return jsonv2.Marshal(d) }

// ParseData reads it back.
func ParseData(raw []byte) (d Data, err error) {
	err = jsonv2.Unmarshal(raw, &d)
	return d, err
}
