package forms

import (
	"strings"
	"testing"
	"time"

	"milieu/kit/record"
)

func TestNoneOfTheseStandsAlone(t *testing.T) {
	for _, c := range []struct {
		chosen []string
		wrong  bool
	}{{[]string{"none"}, false}, {[]string{"no_sleep", "hears"}, false}, {[]string{"none", "hears"}, true}, {[]string{"hears", "none"}, true}} {
		s := &Said{Run: record.ID{15: 1}, Form: "risk_screen", Version: 1, Section: "earlier", Chosen: map[string][]string{"unwell": c.chosen}}
		if err := s.Validate(&record.Entry{}); (err != nil) != c.wrong || err != nil && !strings.Contains(err.Error(), "not both") {
			t.Errorf("%v: %v", c.chosen, err)
		}
	}
}

func TestReasonsToStop(t *testing.T) {
	for _, c := range []struct {
		reason, words string
		good          bool
	}{{"begun_twice", "", true}, {"wrong_person", "", true}, {"left", "", true}, {"other", "Asleep", true}, {"other", " ", false}, {"", "Asleep", false}, {"tired", "", false}} {
		s := &Stopped{Run: record.ID{15: 1}, Form: "intake", Reason: c.reason, Words: c.words}
		if err := s.Validate(nil); (err == nil) != c.good {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// What was written down of the wrong person is never offered as known of this one, whatever else the form was stopped for.
func TestTheWrongPersonIsNotKnown(t *testing.T) {
	at := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	run := record.ID{15: 1}
	puts := []*Put{
		{ID: record.ID{15: 2}, Happened: at, Body: &Said{Run: run, Form: "intake", Version: 1, Section: "daily", Answers: map[string]string{"faith": "Prays at noon"}}},
		{ID: record.ID{15: 3}, Happened: at.Add(time.Minute), Body: &Stopped{Run: run, Form: "intake", Reason: "left"}},
	}
	if len(Knowledge(Runs(puts))) != 1 {
		t.Error("what was told before the person left is forgotten")
	}
	puts = append(puts, &Put{ID: record.ID{15: 4}, Happened: at.Add(2 * time.Minute), Body: &Stopped{Run: run, Form: "intake", Reason: WrongPerson}})
	if known := Knowledge(Runs(puts)); len(known) != 0 {
		t.Errorf("another person's answers are offered: %v", known)
	}
}

func TestUncheckedTranslationsAreMarked(t *testing.T) {
	for _, f := range Forms() {
		for _, language := range f.Languages()[1:] {
			if !strings.Contains(strings.Join(f.Unchecked, " "), language) {
				t.Errorf("%s: no translator has checked %s, and it does not say so", f.ID, language)
			}
		}
	}
}
