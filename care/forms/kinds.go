package forms

import (
	"embed"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"milieu/kit/record"
	"milieu/kit/ui"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// Names of the kinds, the actions they need, and the rules.
const (
	KindBegun            = "forms.begun"
	KindAnswered         = "forms.answered"
	KindFinished         = "forms.finished"
	KindStopped          = "forms.stopped"
	KindCriticalAnswered = "forms.critical_answered"
	KindRules            = "forms.rules_set"
	KindRuleAccepted     = "forms.rule_accepted"
	ActionFill           = "forms.fill"
	ActionCritical       = "forms.critical"
	ActionRules          = "forms.house"
	ActionAccept         = "forms.accept"
	// RuleOpen asks for a form that the unit opens at admission until it is finished.
	RuleOpen = "forms.open"
	// RuleCritical asks a licensed person to deal with a critical answer, from the moment it was given.
	RuleCritical = "forms.critical"
)

// Title is the form's name in a line; its id when this program does not know it.
func Title(form string) string {
	if f := Current(form); f != nil {
		return f.Title.In("en")
	}
	return form
}

// Kinds are the room's kinds.
func Kinds() []record.Kind {
	run := record.ID{6: 0x70, 8: 0x80, 15: 4}
	old := record.ID{6: 0x70, 8: 0x80, 15: 5}
	return []record.Kind{
		{Name: KindBegun, Version: 1, Chart: "client", Action: ActionFill, Example: &Begun{Run: run, Form: "intake", Version: 1},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				return record.Line{Key: "forms.line.begun", Args: []any{Title(b.(*Begun).Form)}}
			}},
		{Name: KindAnswered, Version: 1, Chart: "client", Citable: true, Action: ActionFill,
			Example: &Said{Run: run, Form: "intake", Version: 1, Section: "daily", Answers: map[string]string{"faith": "Prays at noon"}, Chosen: map[string][]string{"food": {"halal"}}, States: map[string]State{"touch": Declined}, Language: "other", Spoken: "Arabic", Mode: "by_phone", Name: "No. 4417"},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				s := b.(*Said)
				title := s.Section
				if f := Find(s.Form, s.Version); f != nil && f.Section(s.Section) != nil {
					title = f.Section(s.Section).Title.In("en")
				}
				return record.Line{Key: "forms.line.answered", Args: []any{Title(s.Form), title}}
			}},
		{Name: KindFinished, Version: 1, Chart: "client", Citable: true, Action: ActionFill, Example: &Finished{Run: run, Form: "intake"},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				return record.Line{Key: "forms.line.finished", Args: []any{Title(b.(*Finished).Form)}}
			}},
		{Name: KindStopped, Version: 1, Chart: "client", Citable: true, Action: ActionFill, Example: &Stopped{Run: run, Form: "intake", Reason: "other", Words: "Asked to be left alone for today"},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				return record.Line{Key: "forms.line.stopped", Args: []any{Title(b.(*Stopped).Form)}}
			}},
		{Name: KindCriticalAnswered, Version: 1, Chart: "client", Citable: true, Action: ActionCritical,
			Example: &CriticalAnswered{Answer: old, Item: "life_now", Done: "level_raised", Words: "Sat with her, raised the level to arm's length, called the prescriber"},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				return record.Line{Key: "forms.line.critical_answered", Args: []any{record.Word("forms.done." + b.(*CriticalAnswered).Done)}}
			}},
		{Name: KindRules, Version: 1, Chart: "place", Action: ActionRules, Example: &RulesSet{Opens: []string{"intake", "orientation"}},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				return record.Line{Key: "forms.line.rules", Args: []any{len(b.(*RulesSet).Opens)}}
			}},
		{Name: KindRuleAccepted, Version: 1, Chart: "place", Action: ActionAccept, Fresh: true, Example: &RuleAccepted{Form: "risk_screen", Rule: "others_now", Why: "Agreed in the medical staff meeting"},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				return record.Line{Key: "forms.line.rule_accepted", Args: []any{Title(b.(*RuleAccepted).Form)}}
			}},
	}
}

// Data is what the room's windows carry for boards and devices: no answer, and nothing a passer-by may not read.
type Data struct {
	Form  string    `json:"form"`
	Run   record.ID `json:"run"`
	Begun time.Time `json:"begun,omitzero"` // of an open form; zero: not yet
	Done  int       `json:"done,omitzero"`
	Asked int       `json:"asked,omitzero"`
	Entry record.ID `json:"entry,omitzero"` // of a critical answer
	Item  string    `json:"item,omitempty"`
}

// Pack writes the data.
func (d Data) Pack() ([]byte, error) { return jsonv2.Marshal(d) }

// ParseData reads it back.
func ParseData(raw []byte) (d Data, err error) {
	err = jsonv2.Unmarshal(raw, &d)
	return d, err
}
