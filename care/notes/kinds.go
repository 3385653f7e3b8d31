package notes

import (
	"embed"
	"strings"
	"time"

	"milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/ui"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// Names of the kinds, and of what filing one needs.
const (
	KindNoted    = "notes.noted"
	KindWritten  = "notes.written"
	KindCosigned = "notes.cosigned"
	KindBegun    = "notes.begun"
	KindDropped  = "notes.dropped"
	KindRules    = "notes.rules_set"
	KindFormat   = "notes.format_set"
	KindWords    = "notes.words_set"

	ActionWrite  = "notes.write"
	ActionCosign = "notes.cosign"
	ActionHouse  = "notes.house"
)

// Names of the rules by which the room's dues are known.
const (
	RuleFinish = "notes.finish"
	RuleCosign = "notes.cosign"
)

// labels are those that a note may carry; a progress note in the psychotherapy format carries that label besides.
var labels = []string{access.NotForFamily, access.Personal, access.SubstanceUse}

// Labels are those that a writer may choose from.
func Labels() []string { return labels[:2] }

// Kinds are the room's kinds.
func Kinds() []record.Kind {
	id := record.ID{6: 0x70, 8: 0x80, 15: 1}
	at := time.Date(2026, 1, 5, 7, 0, 0, 0, time.UTC)
	return []record.Kind{
		{Name: KindNoted, Version: 1, Chart: "client", Action: ActionWrite, Citable: true, AfterFact: true, Labels: labels,
			Example: &Noted{Text: "Asked for a walk before supper. “The garden helps.”"},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				return record.Line{Key: "notes.line.noted", Args: []any{Extract(b.(*Noted).Text)}}
			}},
		{Name: KindWritten, Version: 1, Chart: "client", Action: ActionWrite, AfterFact: true, Labels: append([]string{access.Psychotherapy}, labels...),
			Example: &Written{Format: "birp", Version: 1, From: at, Parts: map[string]string{"behaviour": "Came to the kitchen at 10:00 and washed his hands.",
				"intervention": "Offered the electric plate.", "response": "Laughed, and ate a full bowl.", "plan": "Shops on Friday from his own list."}},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				if f := FindFormat(b.(*Written).Format, b.(*Written).Version); f != nil {
					return record.Line{Key: "notes.line.written", Args: []any{f.Label}}
				}
				return record.Line{Key: "notes.line.written_other"}
			}},
		{Name: KindCosigned, Version: 1, Chart: "client", Action: ActionCosign, About: func(b record.Body) record.ID { return b.(*Cosigned).Note },
			Example: &Cosigned{Note: id, Words: "Seen with Jo. The plan holds."}, Line: plain("notes.line.cosigned")},
		{Name: KindBegun, Version: 1, Chart: "client", Action: ActionWrite, Labels: labels,
			Example: &Begun{Format: "birp", From: at, Until: at.Add(8 * time.Hour)}, Line: plain("notes.line.begun")},
		{Name: KindDropped, Version: 1, Chart: "client", Action: ActionWrite, About: func(b record.Body) record.ID { return b.(*Dropped).Begun },
			Example: &Dropped{Begun: id, Reason: "Told in the group's note"}, Line: plain("notes.line.dropped")},
		{Name: KindRules, Version: 1, Chart: "place", Action: ActionHouse, Withdraw: ActionHouse,
			Example: &Rules{CosignRoles: []string{"worker"}, CosignHours: 24, LateHours: 24, Likeness: 40}, Line: plain("notes.line.rules")},
		{Name: KindFormat, Version: 1, Chart: "house", Action: ActionHouse, Withdraw: ActionHouse,
			Example: &FormatSet{Format: Format{ID: "home", Version: 1, Label: "Home visit", Parts: []Part{{Code: "home", Label: "At home", Help: "what you saw and heard", Required: true}}}},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				return record.Line{Key: "notes.line.format", Args: []any{b.(*FormatSet).Label}}
			}},
		{Name: KindWords, Version: 1, Chart: "house", Action: ActionHouse, Withdraw: ActionHouse,
			Example: &WordsSet{Terms: []HouseTerm{{Find: "absconded", Instead: "left without telling us", Why: "It is a word for prisoners"}}, Silent: []string{"claims"}}, Line: plain("notes.line.words")},
	}
}

// extract is how many characters of a quick note stand in its line.
const extract = 140

// Extract is the beginning of a text, on one line, ending with a word.
func Extract(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	n := 0
	for i := range text {
		if n++; n > extract {
			if space := strings.LastIndexByte(text[:i], ' '); space > i/2 {
				i = space
			}
			return text[:i] + " …"
		}
	}
	return text
}

func plain(key string) func(*record.Entry, record.Body) record.Line {
	return func(*record.Entry, record.Body) record.Line { return record.Line{Key: key} }
}

var (
	_ record.AfterFact = (*Noted)(nil)
	_ record.AfterFact = (*Written)(nil)
)
