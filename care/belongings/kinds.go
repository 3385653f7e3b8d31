package belongings

import (
	"embed"

	"milieu/kit/record"
	"milieu/kit/ui"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// Names of the kinds, and the actions they need.
const (
	KindTakenIn      = "belongings.taken_in"
	KindGivenBack    = "belongings.given_back"
	KindDisposed     = "belongings.disposed"
	KindCounted      = "belongings.counted"
	KindPhotographed = "belongings.photographed"
	ActionRead       = "belongings.read"
	ActionKeep       = "belongings.keep"
)

// Kinds are the room's kinds. None carries a label: where somebody's things are, everybody must know who may be asked for them.
func Kinds() []record.Kind {
	some := Ref(record.MustID("018f0000-0000-7000-8000-000000000006"), 0)
	sign := &record.Signature{Name: "Ana Reyes", Drawn: &record.Drawing{Lines: [][]int{{40, 120, 90, 60, 140, 130}, {60, 100, 120, 100}}}}
	kinds := []record.Kind{
		{Name: KindTakenIn, AfterFact: true, Citable: true, Line: counted("taken_in", func(b record.Body) int { return len(b.(*TakenIn).Items) }),
			Example: &TakenIn{Items: []Item{{What: "Winter coat, blue", Count: 1, Condition: "left pocket torn", Kept: "locker"}, {What: "Cash", Count: 1, Kept: "safe", Value: &Money{Amount: 4250, Currency: "USD"}}, {What: "Lighter", Count: 2, Kept: "store", Contraband: "kept_until_leaving"}}, Signature: sign, Witness: &record.Signature{Name: "Jo Ferrand", Typed: true}}},
		{Name: KindGivenBack, AfterFact: true, Citable: true, Line: counted("given_back", func(b record.Body) int { return len(b.(*GivenBack).Parts) }),
			Example: &GivenBack{Parts: []Part{{Item: some, Count: 1}}, To: "the client", Signature: sign}},
		{Name: KindDisposed, AfterFact: true, Citable: true, Line: counted("disposed", func(b record.Body) int { return len(b.(*Disposed).Parts) }),
			Example: &Disposed{Parts: []Part{{Item: some, Count: 1}}, Reason: "Spoilt food, thrown away together with her"}},
		{Name: KindCounted, Citable: true, Line: counted("counted", func(b record.Body) int { return len(b.(*Counted).Parts) }),
			Example: &Counted{Parts: []Part{{Item: some, Count: 1}}}},
		{Name: KindPhotographed, Example: &Photographed{Item: some, Blob: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
			Line: func(*record.Entry, record.Body) record.Line { return record.Line{Key: "belongings.line.photographed"} }},
	}
	for i := range kinds {
		kinds[i].Version, kinds[i].Chart, kinds[i].Action = 1, "client", ActionKeep
	}
	return kinds
}

func counted(key string, n func(record.Body) int) func(*record.Entry, record.Body) record.Line {
	return func(_ *record.Entry, b record.Body) record.Line {
		return record.Line{Key: "belongings.line." + key, Args: []any{n(b)}}
	}
}
