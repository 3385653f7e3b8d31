package room

import (
	"context"
	"slices"
	"testing"
	"time"

	"milieu/care/forms"
	"milieu/house/clients"
	"milieu/house/places"
	"milieu/kit/record"
	"milieu/kit/testkit"
)

func TestRulesSetAgainTakeNoDueAway(t *testing.T) {
	w := newWard(t)
	w.Clock.Advance(time.Minute)
	w.Must(testkit.Program(), forms.KindRules, w.unit, &forms.RulesSet{Opens: []string{"risk_screen", "orientation"}})
	w.expect(w.people[1], "forms.open risk_screen 0/9")
	w.Clock.Advance(time.Minute)
	w.come(2)
	if got := w.windows(w.people[2]); len(got) != 2 {
		t.Errorf("who comes under the new rules is asked %v", got)
	}
}

// Two phones without a network: one stops the form, the other hears a yes afterwards.
func TestACallForHelpIsTakenAfterTheEnd(t *testing.T) {
	w := newWard(t)
	who, run := w.people[1], chartID("run", 1)
	w.must(w.worker, forms.KindAnswered, who, said(run, "now", map[string]string{"life_now": "no", "others_now": "no"}))
	w.must(w.worker, forms.KindStopped, who, &forms.Stopped{Run: run, Form: "risk_screen", Reason: "other", Words: "Asleep"})
	w.must(w.nurse, forms.KindAnswered, who, said(run, "now", map[string]string{"life_now": "yes"}))
	w.expect(who, "forms.critical risk_screenlife_now 0/0", "forms.open risk_screen 0/9")
}

// At the door, on the unit, and after they have left: an answer rings until somebody says what was done.
func TestACriticalAnswerRingsWhereverThePersonIs(t *testing.T) {
	w := newWard(t)
	const rings = "forms.critical risk_screenlife_now 0/0"
	calling := func(who record.ID, want bool) {
		t.Helper()
		if all, err := Calling(w.DB.Read(context.Background()), w.unit); err != nil || slices.Contains(all, who) != want {
			t.Errorf("calling: %v, %v", all, err)
		}
	}
	who := chartID("client", 7)
	w.Must(testkit.Program(), "clients.registered", who, &clients.Registered{Unit: w.unit, Identity: clients.Identity{Names: clients.Names{Used: "At the Door"}}})
	yes := w.must(w.worker, forms.KindAnswered, who, said(chartID("run", 7), "now", map[string]string{"life_now": "yes"}))
	w.expect(who, rings)
	calling(who, true)
	w.Must(testkit.Program(), "clients.admitted", who, &clients.Admitted{Unit: w.unit, From: "home"})
	calling(who, false)
	w.Must(testkit.Program(), "clients.discharged", who, &clients.DischargedTo{Destination: "home"})
	w.expect(who, rings)
	calling(who, true)
	w.must(w.nurse, forms.KindCriticalAnswered, who, &forms.CriticalAnswered{Answer: yes.ID, Item: "life_now", Done: "called_help", Words: "Called her at home; her sister is with her"})
	w.expect(who)
	calling(who, false)
	w.must(w.worker, forms.KindAnswered, who, said(chartID("run", 8), "now", map[string]string{"life_now": "yes"}))
	w.expect(who, rings)
}

func TestATransferSilencesNoAlarm(t *testing.T) {
	w := newWard(t)
	who, other := w.people[1], chartID("unit", 2)
	w.Must(testkit.Program(), "places.unit_opened", other, &places.UnitOpened{Name: "Elm", Kind: "ward"})
	w.must(w.nurse, forms.KindRuleAccepted, w.unit, &forms.RuleAccepted{Form: "risk_screen", Rule: "others_now", Why: "Agreed with the prescriber"})
	w.must(w.worker, forms.KindAnswered, who, said(chartID("run", 1), "now", map[string]string{"others_now": "yes"}))
	w.Clock.Advance(time.Minute)
	w.Must(testkit.Program(), "clients.transferred", who, &clients.Transferred{Unit: other})
	if got := w.windows(who); !slices.Contains(got, "forms.critical risk_screenothers_now 0/0") {
		t.Errorf("a transfer silences an alarm: %v", got)
	}
	w.come(3)
	w.Must(testkit.Program(), "clients.transferred", w.people[2], &clients.Transferred{Unit: other})
	w.Must(testkit.Program(), forms.KindAnswered, w.people[2], said(chartID("run", 3), "now", map[string]string{"others_now": "yes"}))
	if got := w.windows(w.people[2]); slices.Contains(got, "forms.critical risk_screenothers_now 0/0") {
		t.Errorf("a rule of another unit rings: %v", got)
	}
}
