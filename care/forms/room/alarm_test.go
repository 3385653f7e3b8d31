package room

import (
	"testing"
	"time"

	"milieu/care/forms"
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
	w.must(w.worker, forms.KindStopped, who, &forms.Stopped{Run: run, Form: "risk_screen", Reason: "Asleep"})
	w.must(w.nurse, forms.KindAnswered, who, said(run, "now", map[string]string{"life_now": "yes"}))
	w.expect(who, "forms.critical risk_screenlife_now 0/0", "forms.open risk_screen 0/9")
}
