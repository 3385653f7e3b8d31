package room

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"milieu/care/forms"
	"milieu/house/clients"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/web"
)

// In a unit that has set nothing the program's own forms are asked for by pages for three days; who has been there longer is not asked.
func TestAUnitThatHasSetNothing(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	set := UnitRules{Since: now.Add(-time.Hour), sets: []*forms.Put{{Happened: now.Add(-time.Hour), Body: &forms.RulesSet{}}}}
	for name, c := range map[string]struct {
		rules    UnitRules
		admitted time.Duration
		want     int
	}{"came today": {UnitRules{}, time.Hour, len(forms.Defaults.Opens)}, "came long ago": {UnitRules{}, 73 * time.Hour, 0}, "the unit wants none": {set, time.Minute, 0}} {
		if got := c.rules.wants(&clients.Card{Admitted: now.Add(-c.admitted)}, now); len(got) != c.want {
			t.Errorf("%s: %d forms are asked for", name, len(got))
		}
	}
}

// Who would rather not say whether they think of ending their life has not said no: the next shift hears of it.
func TestAHandoverTellsWhatWasNotSaid(t *testing.T) {
	w := newWard(t)
	who := w.people[1]
	from := w.Clock.Now()
	b := said(chartID("run", 1), "now", map[string]string{"others_now": "no"})
	b.States = map[string]forms.State{"life_now": forms.Declined}
	w.must(w.worker, forms.KindAnswered, who, b)
	lines := func(from, until time.Time) (out []string) {
		t.Helper()
		c := &web.Ctx{R: httptest.NewRequest("GET", "/", nil).WithContext(context.Background()), Now: until}
		all, err := handover(c, w.DB.Read(context.Background()), room.Span{Unit: w.unit, Charts: []record.ID{who}, From: from, Until: until, Sees: func(_, _ record.ID) bool { return true }})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range all[who] {
			out = append(out, string(l.Heading)+": "+l.Text)
		}
		return out
	}
	now := w.Clock.Now()
	want := func(s string) bool {
		return strings.Contains(s, "ending your life now") && strings.Contains(s, "rather not say")
	}
	if got := lines(from, now); !slices.ContainsFunc(got, want) {
		t.Errorf("handed over: %v", got)
	}
	if got := lines(now.Add(time.Hour), now.Add(2*time.Hour)); slices.ContainsFunc(got, want) {
		t.Errorf("handed over again and again: %v", got)
	}
}

// Not asked leaves a thing open, and the refusal says so.
func TestNotAskedLeavesItOpen(t *testing.T) {
	w := newWard(t)
	who, run := w.people[1], chartID("run", 1)
	for _, s := range []forms.State{forms.NotAsked, forms.Declined} {
		b := &forms.Said{Run: run, Form: "risk_screen", Version: 1, Section: "now", States: map[string]forms.State{"life_now": s, "others_now": forms.Declined}}
		w.must(w.worker, forms.KindAnswered, who, b)
		w.must(w.worker, forms.KindAnswered, who, &forms.Said{Run: run, Form: "risk_screen", Version: 1, Section: "earlier", States: map[string]forms.State{"tried": forms.Unknown, "unwell": forms.Unknown}})
		w.must(w.worker, forms.KindAnswered, who, &forms.Said{Run: run, Form: "risk_screen", Version: 1, Section: "keeps", Answers: map[string]string{"seen": "Calm", "watched": "done"}, States: map[string]forms.State{"keeps": forms.Declined}})
		_, err := w.try(w.worker, forms.KindFinished, who, &forms.Finished{Run: run, Form: "risk_screen"})
		if s == forms.NotAsked && (err == nil || !strings.Contains(fmt.Sprint(err), "not unasked")) || s == forms.Declined && err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
}
