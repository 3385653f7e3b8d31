package rounds

import (
	"context"
	"strings"
	"testing"
	"time"

	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
)

var (
	night = time.Date(2026, 11, 19, 2, 0, 0, 0, time.UTC)
	unitA = id(0xa0)
	unitB = id(0xb0)
)

func id(n byte) record.ID { return record.ID{6: 0x70, 8: 0x80, 15: n} }

func TestEveryExampleIsValidAndIsSaid(t *testing.T) {
	kinds, err := record.NewKinds(Kinds())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds.All() {
		raw, err := record.Canonical(k.Example)
		if err != nil {
			t.Fatal(err)
		}
		b, err := k.Parse(raw)
		if err != nil {
			t.Fatalf("%s: %v", k.Name, err)
		}
		e := &record.Entry{ID: id(9), Chart: id(8), Kind: k.Name, Happened: night}
		if err := b.Validate(e); err != nil {
			t.Errorf("%s: %v", k.Name, err)
		}
		line := k.Line(e, b)
		if said := ui.T(context.Background(), line.Key, line.Args...); strings.ContainsAny(said, "⟦{") || said == "" {
			t.Errorf("%s is said %q", k.Name, said)
		}
	}
}

func TestEveryCodeHasItsWords(t *testing.T) {
	var keys []string
	add := func(list string, codes ...string) {
		for _, c := range codes {
			keys = append(keys, string(Word(list, c)))
		}
	}
	add("place", Places...)
	add("state", stateCodes()...)
	for _, r := range Reasons {
		add("reason", r.Code)
	}
	for _, l := range Levels {
		add("level", l.Code)
		add("level_short", l.Code)
	}
	add("declined", Declines...)
	add("hazard", Hazards...)
	add("help", HelpReasons...)
	add("outcome", append(HelpOutcomes, SearchOutcomes...)...)
	add("bathroom", Bathrooms...)
	add("method", MethodSeen, MethodTag, MethodTagSeen)
	add("pattern", "same_second", "faster_than_walking", "two_places", "same_order", "same_codes", "written_together", "even")
	for _, k := range keys {
		if !ui.Has(context.Background(), k) {
			t.Errorf("no words for %s", k)
		}
	}
	if len(States) > 12 {
		t.Errorf("%d states are too many to learn", len(States))
	}
	for _, l := range Levels {
		if l.Source == "" || l.Since == "" {
			t.Errorf("level %s names no source or date", l.Code)
		}
	}
	for _, c := range Checklists() {
		for _, i := range c.Items {
			if !oneOf(i.Hazard, Hazards...) || i.Text == "" || c.Source == "" || c.Since == "" {
				t.Errorf("checklist %s: item %s is not whole", c.ID, i.Code)
			}
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	e := &record.Entry{Happened: night}
	long := strings.Repeat("ü", 2001)
	for name, c := range map[string]struct {
		body  record.Body
		field string
	}{
		"no place":                      {&Checked{State: "talking", Method: MethodSeen}, "place"},
		"no state":                      {&Checked{Place: "own_room", Method: MethodSeen}, "state"},
		"nothing preselected":           {&Checked{Place: "own_room", State: "talking"}, "method"},
		"a tag says no state":           {&Checked{Place: "own_room", State: "talking", Method: MethodTag, Proof: "x"}, "state"},
		"a tag needs its code":          {&Checked{Place: "own_room", State: "talking", Method: MethodTagSeen}, "proof"},
		"asleep without breathing":      {&Checked{Place: "own_room", State: "asleep", Method: MethodSeen}, "state"},
		"a level that is none":          {&Checked{Place: "own_room", State: "talking", Method: MethodSeen, Level: "q5"}, "level"},
		"a hazard without its unit":     {&Checked{Place: "own_room", State: "talking", Method: MethodSeen, Hazard: &Hazard{What: "sharp"}}, "hazard.unit"},
		"too many words":                {&Checked{Place: "own_room", State: "talking", Method: MethodSeen, Words: long}, "words"},
		"not seen without a reason":     {&NotSeen{}, "reason"},
		"raised without a reason":       {&LevelRaised{Order{Level: Every15}}, "reason"},
		"raised to nothing":             {&LevelRaised{Order{Level: "closer", Reason: "x"}}, "level"},
		"reviewed before it was said":   {&LevelRaised{Order{Level: Every15, Reason: "x", Review: night}}, "review"},
		"a bathroom exception at q15":   {&LevelRaised{Order{Level: Every15, Reason: "x", Bathroom: "outside"}}, "bathroom"},
		"lowered until the past":        {&LevelLowered{Order: Order{Level: General, Reason: "x"}, Until: night.Add(-1)}, "until"},
		"a night of no length":          {&NightOrdered{From: "23:00", To: "23:00", Minutes: 60, Reason: "x"}, "to"},
		"a night of odd figures":        {&NightOrdered{From: "24:00", To: "6:30", Minutes: 60, Reason: "x"}, "from"},
		"a night longer than two hours": {&NightOrdered{From: "23:00", To: "06:30", Minutes: 121, Reason: "x"}, "minutes"},
		"a watch nobody accepted":       {&Relieved{From: id(1), To: id(2)}, "accepted"},
		"a watch handed to oneself":     {&Relieved{From: id(1), To: id(1), Accepted: true}, "to"},
		"help for no reason":            {&HelpCalled{}, "reason"},
		"an answer to nothing":          {&HelpAnswered{Outcome: "ambulance"}, "call"},
		"a search with no end":          {&SearchEnded{Search: id(1), Outcome: "gone"}, "outcome"},
		"a walk by no list":             {&EnvironmentDone{Checklist: "none", Version: 1, Answers: map[string]string{"a": ItemFine}}, "checklist"},
		"a walk past the list":          {&EnvironmentDone{Checklist: "environment", Version: 1, Answers: map[string]string{"roof": ItemFine}}, "answers.roof"},
		"draws the wrong way round":     {&HouseRules{DrawFrom: 15, DrawTo: 8}, "draw_to"},
		"breathing not seen, in one":    {&HouseRules{Whole: []Whole{{0, 0, "own_room", "breathing_not_seen"}}}, "whole"},
		"a default nobody looks at":     {&HouseRules{DefaultLevel: ArmsLength}, "default_level"},
	} {
		err := fault.Of(c.body.Validate(e))
		found := false
		if err != nil {
			for _, f := range err.Fields {
				found = found || f.Name == c.field
			}
		}
		if !found {
			t.Errorf("%s: %v does not speak of %s", name, err, c.field)
		}
	}
}

func TestWhatAnEntryGivesRiseTo(t *testing.T) {
	e := &record.Entry{ID: id(1), Chart: id(2), Happened: night}
	c := &Checked{Place: "own_room", State: "breathing_not_seen", Method: MethodSeen, Hazard: &Hazard{Unit: unitA, What: "sharp", Words: "glass"}}
	got := raisedByCheck(e, c)
	if len(got) != 2 || got[0].Kind != KindHelpCalled || got[0].Chart != e.Chart || got[1].Kind != KindHazard || got[1].Chart != unitA {
		t.Fatalf("a check gave rise to %+v", got)
	}
	again := raisedByCheck(e, c)
	if got[0].ID != again[0].ID || got[0].ID == got[1].ID || strings.Contains(string(got[1].Body), e.Chart.String()) {
		t.Error("what is raised has one ID for ever, and a unit's task names no client")
	}
	if n := len(raisedByCheck(e, &Checked{Place: "own_room", State: "asleep_breathing", Method: MethodSeen})); n != 0 {
		t.Errorf("an ordinary check gave rise to %d entries", n)
	}
	walk := raisedByWalk(e, &EnvironmentDone{Checklist: "environment", Version: 1, Answers: map[string]string{"doors": ItemHazard, "lights": ItemFine, "ligature": ItemHazard}})
	if len(walk) != 2 || walk[0].ID == walk[1].ID {
		t.Errorf("a walk with two hazards gave rise to %d tasks", len(walk))
	}
}

func TestWholeAnswersGoByTheHourAlone(t *testing.T) {
	for _, c := range []struct {
		w    Whole
		hour int
		want bool
	}{
		{Whole{From: 21, Until: 8}, 20, false}, {Whole{From: 21, Until: 8}, 21, true}, {Whole{From: 21, Until: 8}, 0, true}, {Whole{From: 21, Until: 8}, 7, true}, {Whole{From: 21, Until: 8}, 8, false},
		{Whole{From: 8, Until: 21}, 8, true}, {Whole{From: 8, Until: 21}, 21, false}, {Whole{}, 3, true},
	} {
		if got := c.w.At(c.hour); got != c.want {
			t.Errorf("%d to %d at %d: %v", c.w.From, c.w.Until, c.hour, got)
		}
	}
	if got := (HouseRules{}).Offered(2); len(got) != 2 || got[0].State != "asleep_breathing" {
		t.Errorf("at two in the morning the program offers %+v", got)
	}
}

func FuzzBodies(f *testing.F) {
	kinds, err := record.NewKinds(Kinds())
	if err != nil {
		f.Fatal(err)
	}
	all := kinds.All()
	for i, k := range all {
		raw, err := record.Canonical(k.Example)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(byte(i), []byte(raw))
	}
	f.Add(byte(0), []byte(`{"place":"own_room","state":"talking","method":"seen","hazard":null}`))
	f.Fuzz(func(t *testing.T, which byte, raw []byte) {
		k := all[int(which)%len(all)]
		b, err := k.Parse(raw)
		if err != nil {
			return
		}
		e := &record.Entry{ID: id(9), Chart: id(8), Kind: k.Name, Happened: night}
		if b.Validate(e) != nil {
			return
		}
		first, err := record.Canonical(b)
		if err != nil {
			t.Fatal(err)
		}
		again, err := k.Parse(first)
		if err != nil {
			t.Fatalf("%s cannot be read again: %v", first, err)
		}
		if second, err := record.Canonical(again); err != nil || string(second) != string(first) {
			t.Fatalf("%s became %s, %v", first, second, err)
		}
		k.Line(e, b)
		if k.Raises != nil {
			for _, r := range k.Raises(e, b) {
				kind, err := kinds.Find(r.Kind)
				if err != nil {
					t.Fatal(err)
				}
				body, err := kind.Parse(r.Body)
				if err != nil {
					t.Fatal(err)
				}
				if err := body.Validate(r); err != nil {
					t.Fatalf("%s raises %s, which is refused: %v", first, r.Body, err)
				}
			}
		}
	})
}
