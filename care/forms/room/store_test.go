package room

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"milieu/care/forms"
	"milieu/house/clients"
	"milieu/house/places"
	"milieu/house/staff"
	"milieu/kit/access"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/testkit"
)

// ward is a unit that wants an intake of everybody, two people on it, and three who work there.
type ward struct {
	*testkit.House
	unit   record.ID
	people []record.ID
	worker record.ID
	nurse  record.ID
}

func chartID(kind string, n int) record.ID { return record.DeriveID("forms ward", kind, fmt.Sprint(n)) }

func newWard(t *testing.T) *ward {
	t.Helper()
	h := testkit.New(t, testkit.PolicyFor(t, "../../../app/policy"),
		room.Def{Name: "places", Kinds: places.Kinds(), Projections: places.Projections(), Sources: []access.Source{places.Source()}},
		room.Def{Name: "staff", Kinds: staff.Kinds(), Projections: staff.Projections(), Sources: []access.Source{staff.Source()}},
		room.Def{Name: "clients", Kinds: clients.Kinds(), Projections: clients.Projections(), Sources: []access.Source{clients.Source()}},
		room.Def{Name: "forms", Reads: stayKinds, Kinds: forms.Kinds(), Projections: Projections(), Rules: Rules(), Guards: Guards()})
	w := &ward{House: h, unit: chartID("unit", 1), worker: chartID("staff", 1), nurse: chartID("staff", 2)}
	h.Clock.Set(testkit.Start.Add(-6 * time.Hour))
	must := func(kind string, chart record.ID, b record.Body) { w.Must(testkit.Program(), kind, chart, b) }
	must("places.house_set", due.House, &places.House{Name: "Alder House", Zone: "America/New_York", Language: "en", Shifts: places.DefaultHouse().Shifts})
	must("places.unit_opened", w.unit, &places.UnitOpened{Name: "Alder", Kind: "ward"})
	for person, role := range map[record.ID]access.Role{w.worker: access.Worker, w.nurse: access.Nurse} {
		must("staff.joined", person, &staff.Joined{Details: staff.Details{Name: string(role), Role: role, SignIn: string(role)}})
		must("staff.assigned", person, &staff.Assignment{Unit: w.unit})
	}
	w.come(0) // before anything was asked
	h.Clock.Advance(time.Minute)
	must(forms.KindRules, w.unit, &forms.RulesSet{Opens: []string{"risk_screen"}})
	h.Clock.Advance(time.Minute)
	w.come(1)
	return w
}

func (w *ward) come(n int) {
	chart := chartID("client", n)
	w.people = append(w.people, chart)
	w.Must(testkit.Program(), "clients.registered", chart, &clients.Registered{Unit: w.unit, Identity: clients.Identity{Names: clients.Names{Used: fmt.Sprintf("Person %d", n), Legal: fmt.Sprintf("Person %d", n)}}})
	w.Must(testkit.Program(), "clients.admitted", chart, &clients.Admitted{Unit: w.unit, From: "home"})
}

// try files as somebody and gives the refusal.
func (w *ward) try(by record.ID, kind string, chart record.ID, b record.Body, change ...func(*record.Entry)) (*record.Entry, error) {
	w.Clock.Advance(time.Minute)
	e := w.Entry(kind, chart, b)
	for _, f := range change {
		f(e)
	}
	return e, w.Committer.File(context.Background(), testkit.As(by), e)[0].Err
}

func (w *ward) must(by record.ID, kind string, chart record.ID, b record.Body, change ...func(*record.Entry)) *record.Entry {
	w.T.Helper()
	e, err := w.try(by, kind, chart, b, change...)
	if err != nil {
		w.T.Fatal(err)
	}
	return e
}

func (w *ward) windows(chart record.ID) (out []string) {
	w.T.Helper()
	all, err := due.Of(w.DB.Read(context.Background()), chart)
	if err != nil {
		w.T.Fatal(err)
	}
	for _, one := range all {
		d, err := forms.ParseData(one.Data)
		if err != nil {
			w.T.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s %s %d/%d", one.Rule, d.Form+d.Item, d.Done, d.Asked))
	}
	return out
}

func (w *ward) expect(chart record.ID, want ...string) {
	w.T.Helper()
	if got := w.windows(chart); strings.Join(got, ", ") != strings.Join(want, ", ") {
		w.T.Errorf("open: %v, not %v", got, want)
	}
}

func said(run record.ID, section string, answers map[string]string) *forms.Said {
	return &forms.Said{Run: run, Form: "risk_screen", Version: 1, Section: section, Answers: answers}
}

func TestAFormIsAskedOfWhoCameAfterTheRule(t *testing.T) {
	w := newWard(t)
	w.expect(w.people[0])
	w.expect(w.people[1], "forms.open risk_screen 0/9")
	run := chartID("run", 1)
	w.must(w.worker, forms.KindAnswered, w.people[1], said(run, "now", map[string]string{"life_now": "no", "others_now": "no"}))
	w.expect(w.people[1], "forms.open risk_screen 2/9")
}

func TestARunGoesOnUntilNothingIsMissing(t *testing.T) {
	w := newWard(t)
	who, run := w.people[1], chartID("run", 1)
	end := &forms.Finished{Run: run, Form: "risk_screen"}
	if _, err := w.try(w.worker, forms.KindFinished, who, end); err == nil {
		t.Error("a form of which nothing was answered is finished")
	}
	w.must(w.worker, forms.KindAnswered, who, said(run, "now", map[string]string{"life_now": "no", "others_now": "no"}))
	if _, err := w.try(w.worker, forms.KindAnswered, who, &forms.Said{Run: run, Form: "intake", Version: 1, Section: "people", Answers: map[string]string{"depends": "no"}}); err == nil {
		t.Error("one run is of two forms")
	}
	offline := w.Clock.Now()
	w.must(w.worker, forms.KindAnswered, who, &forms.Said{Run: run, Form: "risk_screen", Version: 1, Section: "earlier", Answers: map[string]string{"tried": "no"}, Chosen: map[string][]string{"unwell": {"none"}}})
	if _, err := w.try(w.worker, forms.KindFinished, who, end); err == nil || !strings.Contains(fmt.Sprint(err), "still to be asked") {
		t.Errorf("finished with a part missing: %v", err)
	}
	last := said(run, "keeps", map[string]string{"seen": "Calm, looks tired", "watched": "done"})
	last.States = map[string]forms.State{"keeps": forms.Declined}
	answer := w.must(w.worker, forms.KindAnswered, who, last)
	w.must(w.nurse, forms.KindFinished, who, end)
	w.expect(who)
	more := said(run, "keeps", map[string]string{"wants": "A light at night"})
	if _, err := w.try(w.worker, forms.KindAnswered, who, more); err == nil {
		t.Error("a finished form takes more answers")
	}
	w.must(w.worker, forms.KindAnswered, who, more, func(e *record.Entry) { e.Happened, e.Written = offline, offline })
	last.Answers["seen"], last.First = "Calm, had been crying", answer.ID
	w.must(w.worker, forms.KindAnswered, who, last, func(e *record.Entry) {
		e.Amends, e.Amendment, e.Happened = answer.ID, record.Correction, answer.Happened
	})
}

func TestACriticalAnswerRingsUntilALicensedWord(t *testing.T) {
	w := newWard(t)
	who, run := w.people[1], chartID("run", 1)
	yes := w.must(w.worker, forms.KindAnswered, who, said(run, "now", map[string]string{"life_now": "yes"}))
	w.expect(who, "forms.critical risk_screenlife_now 0/0", "forms.open risk_screen 1/11")
	undo := func(e *record.Entry) { e.Amends, e.Amendment = yes.ID, record.InError }
	if _, err := w.try(w.worker, "record.withdrawn", who, &record.Withdrawn{Reason: "A slip"}, undo); err == nil {
		t.Error("a ringing answer is taken back before anybody came")
	}
	no := said(run, "now", map[string]string{"life_now": "no"})
	no.First = yes.ID
	if _, err := w.try(w.worker, forms.KindAnswered, who, no, func(e *record.Entry) { e.Amends, e.Amendment = yes.ID, record.Correction }); err == nil {
		t.Error("a ringing answer is corrected away before anybody came")
	}
	done := &forms.CriticalAnswered{Answer: yes.ID, Item: "life_now", Done: "stayed", Words: "Sat together until the prescriber came"}
	if _, err := w.try(w.worker, forms.KindCriticalAnswered, who, done); err == nil {
		t.Error("anybody's word stops it")
	}
	if _, err := w.try(w.nurse, forms.KindCriticalAnswered, who, &forms.CriticalAnswered{Answer: run, Item: "life_now", Done: "stayed", Words: "x"}); err == nil {
		t.Error("a word on no answer is taken")
	}
	w.must(w.nurse, forms.KindCriticalAnswered, who, done)
	w.expect(who, "forms.open risk_screen 1/11")
	w.must(w.worker, forms.KindAnswered, who, no, func(e *record.Entry) { e.Amends, e.Amendment = yes.ID, record.Correction })
}

func TestAPendingRuleRingsOnceAccepted(t *testing.T) {
	w := newWard(t)
	who, run := w.people[1], chartID("run", 1)
	w.must(w.worker, forms.KindAnswered, who, said(run, "now", map[string]string{"others_now": "yes"}))
	w.expect(who, "forms.open risk_screen 1/9")
	accept := &forms.RuleAccepted{Form: "risk_screen", Rule: "others_now", Why: "Agreed with the prescriber"}
	if _, err := w.try(w.worker, forms.KindRuleAccepted, w.unit, accept); err == nil {
		t.Error("anybody accepts a rule")
	}
	w.must(w.nurse, forms.KindRuleAccepted, w.unit, accept)
	w.expect(who, "forms.open risk_screen 1/9") // what was answered before stays as it was
	w.must(w.worker, forms.KindAnswered, who, said(run, "now", map[string]string{"others_now": "yes"}))
	w.expect(who, "forms.critical risk_screenothers_now 0/0", "forms.open risk_screen 1/9")
}

func TestFormsOfMergedChartsGoOnTogether(t *testing.T) {
	w := newWard(t)
	run := chartID("run", 1)
	w.must(w.worker, forms.KindAnswered, w.people[1], said(run, "keeps", map[string]string{"keeps": "My sister calls at six"}))
	w.Must(testkit.Program(), "clients.merged", w.people[1], &clients.Merged{Into: w.people[0], Reason: "One person, two charts"})
	all, err := Of(w.DB.Read(context.Background()), w.people[0])
	if err != nil {
		t.Fatal(err)
	}
	runs := forms.Runs(all)
	if len(runs) != 1 || runs[0].First.Chart != w.people[1] {
		t.Fatalf("%d runs", len(runs))
	}
	next := &forms.Run{ID: chartID("run", 2), Form: forms.Current("risk_screen")}
	offers := next.Offers(next.Form.Section("keeps"), forms.Knowledge(runs))
	if len(offers) != 1 || offers[0].Values[0] != "My sister calls at six" {
		t.Errorf("what was told in the other chart is not offered: %v", offers)
	}
	w.must(w.worker, forms.KindAnswered, w.people[0], said(run, "now", map[string]string{"life_now": "yes"}))
	w.expect(w.people[0], "forms.critical risk_screenlife_now 0/0", "forms.open risk_screen 2/11")
}
