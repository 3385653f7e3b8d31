package forms

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"milieu/kit/fault"
	"milieu/kit/record"
)

var (
	begun = time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
	one   = id(1)
	two   = id(2)
)

func id(n byte) record.ID { return record.ID{0x01, 6: 0x70, 8: 0x80, 15: n} }

// put is an entry n minutes after the beginning.
func put(n byte, b record.Body) *Put {
	return &Put{ID: id(n), Happened: begun.Add(time.Duration(n) * time.Minute), Author: id(200), Body: b}
}

func screen(section string, answers map[string]string, states map[string]State) *Said {
	return &Said{Run: one, Form: "risk_screen", Version: 1, Section: section, Answers: answers, States: states}
}

func only(t *testing.T, puts ...*Put) *Run {
	t.Helper()
	runs := Runs(puts)
	if len(runs) != 1 {
		t.Fatalf("%d runs", len(runs))
	}
	return runs[0]
}

func TestStatesAreDifferentThings(t *testing.T) {
	r := only(t,
		put(1, screen("now", map[string]string{"life_now": No}, map[string]State{"others_now": Declined})),
		put(2, screen("earlier", nil, map[string]State{"tried": Unknown, "hurt_self": NotApplicable, "unwell": NotAsked})))
	for code, want := range map[string]State{"life_now": Answered, "others_now": Declined, "tried": Unknown, "hurt_self": NotApplicable, "unwell": NotAsked,
		"life_words": Skipped, "plan_now": Skipped, "keeps": Open} {
		if got := r.Status(r.Form.Item(code)); got.State != want {
			t.Errorf("%s: %s, not %s", code, got.State, want)
		}
	}
	if done, asked := r.Progress(); done != 4 || asked != 9 {
		t.Errorf("%d of %d", done, asked)
	}
	var missing []string
	for _, it := range r.Missing() {
		missing = append(missing, it.Code)
	}
	if !slices.Equal(missing, []string{"unwell", "keeps", "seen", "watched"}) {
		t.Errorf("missing %v", missing)
	}
}

func TestAConditionAsksMore(t *testing.T) {
	yes := put(1, screen("now", map[string]string{"life_now": Yes}, nil))
	words := put(2, screen("now", map[string]string{"life_words": "“I am so tired.”", "plan_now": No}, nil))
	no := put(3, screen("now", map[string]string{"life_now": No}, nil))
	if s := only(t, yes).Status(Current("risk_screen").Item("plan_now")); s.State != Open {
		t.Errorf("after a yes: %s", s.State)
	}
	s := only(t, yes, words, no).Status(Current("risk_screen").Item("plan_now"))
	if s.State != Skipped || s.Now != nil || len(s.Also) != 1 {
		t.Errorf("what was said stays readable when the question is no longer asked: %+v", s)
	}
}

func TestTwoAnswersBothStay(t *testing.T) {
	late, early := put(9, screen("keeps", map[string]string{"keeps": "My cat"}, nil)), put(3, screen("keeps", map[string]string{"keeps": "My sister"}, nil))
	for _, order := range [][]*Put{{late, early}, {early, late}} {
		s := only(t, order...).Status(Current("risk_screen").Item("keeps"))
		if s.Now.Values[0] != "My cat" || len(s.Also) != 1 || s.Also[0].Values[0] != "My sister" {
			t.Errorf("shows %v, also %v", s.Now, s.Also)
		}
	}
}

func TestOrderOfArrivalDoesNotMatter(t *testing.T) {
	puts := []*Put{put(1, &Begun{Run: one, Form: "risk_screen", Version: 1}), put(2, screen("now", map[string]string{"life_now": Yes}, nil)), put(3, screen("now", map[string]string{"life_now": No}, nil)),
		put(4, screen("earlier", map[string]string{"tried": No}, map[string]State{"hurt_self": Declined})), put(5, &Finished{Run: one, Form: "risk_screen"}), put(6, &Stopped{Run: two, Form: "intake", Reason: "Left again"}),
		put(7, &Said{Run: two, Form: "intake", Version: 1, Section: "daily", Chosen: map[string][]string{"food": {"halal"}}})}
	want := told(Runs(puts))
	rapid.Check(t, func(t *rapid.T) {
		if got := told(Runs(rapid.Permutation(puts).Draw(t, "order"))); !slices.Equal(got, want) {
			t.Fatalf("%v\n%v", got, want)
		}
	})
}

func told(runs []*Run) (out []string) {
	for _, r := range runs {
		out = append(out, r.ID.String(), r.First.ID.String(), r.Last.ID.String(), r.Closed().String())
		for _, s := range r.Form.Sections {
			for i := range s.Items {
				st := r.Status(&s.Items[i])
				out = append(out, s.Items[i].Code+" "+string(st.State))
				if st.Now != nil {
					out = append(out, st.Now.ID.String())
				}
			}
		}
	}
	return out
}

func TestAFactIsOfferedWithItsSource(t *testing.T) {
	food := func(n byte, run record.ID, values ...string) *Put {
		return put(n, &Said{Run: run, Form: "intake", Version: 1, Section: "daily", Chosen: map[string][]string{"food": values}})
	}
	declined := put(8, &Said{Run: id(3), Form: "intake", Version: 1, Section: "daily", States: map[string]State{"food": Declined}})
	runs := Runs([]*Put{food(1, one, "anything"), food(5, two, "halal", "soft"), declined})
	section := Current("intake").Section("daily")
	next := &Run{ID: id(4), Form: Current("intake")}
	offers := next.Offers(section, Knowledge(runs))
	if len(offers) != 1 || offers[0].ID != id(5) || !slices.Equal(offers[0].Values, []string{"halal", "soft"}) {
		t.Fatalf("offered: %+v", offers)
	}
	for _, r := range runs {
		if got := r.Offers(section, Knowledge(runs)); len(got) != 0 {
			t.Errorf("run %s has been told something and is offered %v", r.ID, got)
		}
	}
}

func TestCriticalAnswersRing(t *testing.T) {
	nobody := func(string, string, *Put) bool { return false }
	everybody := func(string, string, *Put) bool { return true }
	tests := map[string]struct {
		answers  map[string]string
		accepted func(string, string, *Put) bool
		want     []string
	}{
		"no":                    {map[string]string{"life_now": No}, everybody, nil},
		"yes, and nothing else": {map[string]string{"life_now": Yes}, nobody, []string{"life_now"}},
		"two at once":           {map[string]string{"life_now": Yes, "plan_now": Yes}, nobody, []string{"life_now", "plan_now"}},
		"pending":               {map[string]string{"others_now": Yes}, nobody, nil},
		"accepted":              {map[string]string{"others_now": Yes}, everybody, []string{"others_now"}},
	}
	for name, tt := range tests {
		var got []string
		for _, h := range Hits([]*Put{put(1, screen("now", tt.answers, nil))}, tt.accepted) {
			got = append(got, h.Item.Code)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestACorrectedAnswerStaysSettled(t *testing.T) {
	always := func(string, string, *Put) bool { return true }
	yes := screen("now", map[string]string{"life_now": Yes}, nil)
	settled := put(4, &CriticalAnswered{Answer: id(1), Item: "life_now", Done: "stayed", Words: "Sat together"})
	corrected := *yes
	corrected.First = id(1)
	for name, tt := range map[string]struct {
		puts []*Put
		want int
	}{
		"open":              {[]*Put{put(1, yes)}, 1},
		"settled":           {[]*Put{put(1, yes), settled}, 0},
		"corrected":         {[]*Put{put(5, &corrected), settled}, 0},
		"said once more":    {[]*Put{put(1, yes), settled, put(6, yes)}, 1},
		"a no comes after":  {[]*Put{put(1, yes), put(7, screen("now", map[string]string{"life_now": No}, nil))}, 1},
		"of another answer": {[]*Put{put(9, yes), settled}, 1},
	} {
		if got := Unsettled(Hits(tt.puts, always), tt.puts); len(got) != tt.want {
			t.Errorf("%s: %d ring", name, len(got))
		}
	}
}

func TestWhatIsNotAskedIsRefused(t *testing.T) {
	drawn := record.Signature{Name: "Ana Reyes", Typed: true}
	tests := map[string]struct {
		said  Said
		field string
	}{
		"unknown item":       {Said{Section: "daily", Answers: map[string]string{"weather": "fine"}}, "answers.weather"},
		"another section's":  {Said{Section: "daily", Answers: map[string]string{"helps": "Tea"}}, "answers.helps"},
		"no choice":          {Said{Section: "daily", Chosen: map[string][]string{"food": {"stones"}}}, "chosen.food"},
		"one as several":     {Said{Section: "daily", Chosen: map[string][]string{"touch": {"ask"}}}, "chosen.touch"},
		"out of range":       {Said{Section: "health", Answers: map[string]string{"temperature": "99"}}, "answers.temperature"},
		"no number":          {Said{Section: "health", Answers: map[string]string{"temperature": "warm"}}, "answers.temperature"},
		"answer and state":   {Said{Section: "daily", Answers: map[string]string{"faith": "x"}, States: map[string]State{"faith": Declined}}, "states.faith"},
		"made-up state":      {Said{Section: "daily", States: map[string]State{"faith": "zero"}}, "states.faith"},
		"skipped is no word": {Said{Section: "daily", States: map[string]State{"faith": Skipped}}, "states.faith"},
		"signed elsewhere":   {Said{Section: "daily", Signatures: map[string]record.Signature{"faith": drawn}}, "signatures.faith"},
		"not cited":          {Said{Section: "daily", Answers: map[string]string{"faith": "x"}, Taken: map[string]record.ID{"faith": two}}, "taken.faith"},
		"nothing":            {Said{Section: "daily"}, "section"},
		"which language":     {Said{Section: "daily", Answers: map[string]string{"faith": "x"}, Language: "other"}, "spoken"},
		"no such section":    {Said{Section: "other"}, "section"},
	}
	for name, tt := range tests {
		tt.said.Run, tt.said.Form, tt.said.Version = one, "intake", 1
		err := tt.said.Validate(&record.Entry{})
		if err == nil || !named(err, tt.field) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func named(err error, field string) bool {
	f, ok := err.(*fault.Error)
	return ok && slices.ContainsFunc(f.Fields, func(one fault.Field) bool { return one.Name == field })
}
