package room

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"milieu/care/rounds"
	"milieu/house/clients"
	"milieu/house/places"
	"milieu/house/staff"
	"milieu/kit/access"
	"milieu/kit/commit"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/testkit"
)

// ward is a house with one unit, a few people in it and a few who work there.
type ward struct {
	*testkit.House
	unit   record.ID
	other  record.ID
	people []record.ID
	worker record.ID
	nurse  record.ID
}

func chartID(kind string, n int) record.ID { return record.DeriveID("ward", kind, fmt.Sprint(n)) }

// vocabulary is the rooms that the ward stands on, without their pages.
func vocabulary() []room.Def {
	return []room.Def{
		{Name: "places", Kinds: places.Kinds(), Projections: places.Projections(), Sources: []access.Source{places.Source()}},
		{Name: "staff", Kinds: staff.Kinds(), Projections: staff.Projections(), Sources: []access.Source{staff.Source()}},
		{Name: "clients", Kinds: clients.Kinds(), Projections: clients.Projections(), Sources: []access.Source{clients.Source()}},
		{Name: "rounds", Reads: stayKinds, Kinds: rounds.Kinds(), Projections: Projections(), Rules: Rules()},
	}
}

func policy(t testing.TB) []string { return testkit.PolicyFor(t, "../../../app/policy") }

func newWard(t testing.TB, beds int) *ward {
	t.Helper()
	return fill(t, testkit.New(t, policy(t), vocabulary()...), beds)
}

// fill opens the house's units and lets people come.
func fill(t testing.TB, h *testkit.House, beds int) *ward {
	t.Helper()
	w := &ward{House: h, unit: chartID("unit", 1), other: chartID("unit", 2), worker: chartID("staff", 1), nurse: chartID("staff", 2)}
	h.Clock.Set(testkit.Start.Add(-6 * time.Hour))
	var entries []*record.Entry
	say := func(kind string, chart record.ID, b record.Body) {
		e := w.Entry(kind, chart, b)
		e.ID = record.DeriveID("ward", kind, chart.String())
		entries = append(entries, e)
	}
	say("places.house_set", due.House, &places.House{Name: "Alder House", Zone: "America/New_York", Language: "en", Shifts: places.DefaultHouse().Shifts})
	say("places.unit_opened", w.unit, &places.UnitOpened{Name: "Alder", Kind: "ward"})
	say("places.unit_opened", w.other, &places.UnitOpened{Name: "Birch", Kind: "ward"})
	for i := range beds {
		chart := chartID("client", i)
		w.people = append(w.people, chart)
		say("clients.registered", chart, &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: fmt.Sprintf("Person %02d", i)}}, Unit: w.unit})
		say("clients.admitted", chart, &clients.Admitted{Unit: w.unit})
	}
	for person, role := range map[record.ID]access.Role{w.worker: access.Worker, w.nurse: access.Nurse} {
		say("staff.joined", person, &staff.Joined{Details: staff.Details{Name: string(role), Role: role, SignIn: string(role)}})
		say("staff.assigned", person, &staff.Assignment{Unit: w.unit})
	}
	for _, o := range h.Committer.File(context.Background(), testkit.Program(), entries...) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
	}
	h.Clock.Set(testkit.Start)
	return w
}

func (w *ward) must(kind string, chart record.ID, b record.Body) *record.Entry {
	w.T.Helper()
	return w.Must(testkit.Program(), kind, chart, b)
}

func (w *ward) seen(chart record.ID, state string) *record.Entry {
	w.T.Helper()
	return w.must(rounds.KindChecked, chart, &rounds.Checked{Place: "own_room", State: state, Method: rounds.MethodSeen})
}

func (w *ward) window(chart record.ID, rule string) (due.Window, bool) {
	w.T.Helper()
	all, err := due.Of(w.DB.Read(context.Background()), chart)
	if err != nil {
		w.T.Fatal(err)
	}
	for _, win := range all {
		if win.Rule == rule {
			return win, true
		}
	}
	return due.Window{}, false
}

func (w *ward) late(chart record.ID) string {
	w.T.Helper()
	win, ok := w.window(chart, rounds.RuleCheck)
	if !ok {
		return "none"
	}
	return win.Late.Format("15:04")
}

func TestACheckMovesTheNextLook(t *testing.T) {
	w := newWard(t, 1)
	who := w.people[0]
	if got := w.late(who); got != "21:00" {
		t.Fatalf("admitted at 20:00 and never seen: late at %s", got)
	}
	check := w.seen(who, "awake_quiet")
	if got := w.late(who); got != "03:00" {
		t.Errorf("seen at 02:00: late at %s", got)
	}
	win, _ := w.window(who, rounds.RuleCheck)
	d, err := rounds.ParseData(win.Data)
	if err != nil || d.Level != rounds.General || d.State != "awake_quiet" || d.Minutes != 60 || !d.At.Equal(check.Happened) || d.Unit != w.unit {
		t.Errorf("the board is told %+v, %v", d, err)
	}
}

func TestUndoBringsTheOldWindowBack(t *testing.T) {
	w := newWard(t, 1)
	who := w.people[0]
	check := w.seen(who, "awake_quiet")
	undo := w.Entry("record.withdrawn", who, &record.Withdrawn{Reason: "the neighbour"})
	undo.Amends, undo.Amendment = check.ID, record.InError
	if o := w.Committer.File(context.Background(), testkit.Program(), undo)[0]; o.Err != nil {
		t.Fatal(o.Err)
	}
	if got := w.late(who); got != "21:00" {
		t.Errorf("taken back: late at %s", got)
	}
}

func TestLevelsBiteAtOnceAndFallByRoleAlone(t *testing.T) {
	w := newWard(t, 1)
	who := w.people[0]
	w.seen(who, "awake_quiet")
	w.Clock.Advance(20 * time.Minute)
	raise := w.Must(testkit.As(w.worker), rounds.KindRaised, who, &rounds.LevelRaised{Order: rounds.Order{Level: rounds.Every15, Reason: "says tonight is bad"}})
	win, _ := w.window(who, rounds.RuleCheck)
	if win.Anchor != raise.ID || !win.Due.Equal(w.Clock.Now()) || win.Late.Format("15:04") != "02:25" {
		t.Fatalf("raised at 02:20, seen at 02:00: due %s, late %s", win.Due, win.Late)
	}
	for name, e := range map[string]*record.Entry{
		"a lowering":                     w.Entry(rounds.KindLowered, who, &rounds.LevelLowered{Order: rounds.Order{Level: rounds.General, Reason: "x"}}),
		"a night":                        w.Entry(rounds.KindNight, who, &rounds.NightOrdered{From: "23:00", To: "06:00", Minutes: 60, Reason: "x"}),
		"taking back one's own raise":    amend(w.Entry("record.withdrawn", who, &record.Withdrawn{Reason: "x"}), raise, record.InError),
		"a correction to less":           amend(w.Entry(rounds.KindRaised, who, &rounds.LevelRaised{Order: rounds.Order{Level: rounds.General, Reason: "x"}}), raise, record.Correction),
		"a correction by something else": amend(w.Entry(rounds.KindChecked, who, &rounds.Checked{Place: "own_room", State: "talking", Method: rounds.MethodSeen}), raise, record.Correction),
	} {
		if o := w.Committer.File(context.Background(), testkit.As(w.worker), e)[0]; o.Status != commit.Rejected {
			t.Errorf("%s by a worker is %s", name, o.Status)
		}
	}
	w.Must(testkit.As(w.worker), rounds.KindRaised, who, &rounds.LevelRaised{Order: rounds.Order{Level: rounds.Every30, Reason: "calmer"}})
	if p, err := PersonOf(w.DB.Read(context.Background()), who); err != nil || p.Regime.Level.Code != rounds.Every15 {
		t.Errorf("a raise to less gives %s, %v", p.Regime.Level.Code, err)
	}
	w.seen(who, "talking")
	w.Must(testkit.As(w.nurse), rounds.KindLowered, who, &rounds.LevelLowered{Order: rounds.Order{Level: rounds.Every30, Reason: "calm since two"}})
	if got := w.late(who); got != "02:50" {
		t.Errorf("lowered by a nurse, seen at 02:20: late at %s", got)
	}
}

func amend(e, target *record.Entry, how record.Amendment) *record.Entry {
	e.Amends, e.Amendment = target.ID, how
	return e
}

func TestBreathingNotSeenCallsHelp(t *testing.T) {
	w := newWard(t, 2)
	who := w.people[0]
	check := w.seen(who, "breathing_not_seen")
	win, ok := w.window(who, rounds.RuleHelp)
	if !ok || !win.Late.Equal(w.Clock.Now()) {
		t.Fatalf("help: %v, late at %s", ok, win.Late)
	}
	rows, err := Rows(w.DB.Read(context.Background()), w.unit)
	if err != nil || rows[0].ID != who || rows[0].Help == nil {
		t.Errorf("whoever needs help comes first: %v", err)
	}
	w.must(rounds.KindHelpAnswered, who, &rounds.HelpAnswered{Call: win.Anchor, Outcome: "breathing_well"})
	if _, ok := w.window(who, rounds.RuleHelp); ok {
		t.Error("help came, and is still called for")
	}
	again := w.seen(w.people[1], "breathing_not_seen")
	if o := w.Committer.File(context.Background(), testkit.Program(), amend(w.Entry("record.withdrawn", w.people[1], &record.Withdrawn{Reason: "a slip"}), again, record.InError))[0]; o.Err != nil {
		t.Fatal(o.Err)
	}
	if _, ok := w.window(w.people[1], rounds.RuleHelp); ok {
		t.Error("the check is taken back, and so is the call")
	}
	_ = check
}

func TestASearchOpensAtOnceAndEndsWhenTheyAreSeen(t *testing.T) {
	w := newWard(t, 1)
	who := w.people[0]
	w.seen(who, "talking")
	w.Clock.Advance(30 * time.Minute)
	w.must(rounds.KindNotSeen, who, &rounds.NotSeen{Reason: "absent"})
	win, ok := w.window(who, rounds.RuleSearch)
	if !ok || !win.Late.Equal(w.Clock.Now()) {
		t.Fatalf("search: %v, late at %s", ok, win.Late)
	}
	if got := w.late(who); got != "03:00" {
		t.Errorf("the look stays open: late at %s", got)
	}
	w.Clock.Advance(10 * time.Minute)
	w.seen(who, "pacing")
	if _, ok := w.window(who, rounds.RuleSearch); ok {
		t.Error("seen, and still searched for")
	}
	w.must(rounds.KindNotSeen, who, &rounds.NotSeen{Reason: "called_away"})
	if _, ok := w.window(who, rounds.RuleSearch); ok {
		t.Error("a worker called away is no search")
	}
	w.Clock.Advance(time.Minute)
	w.must("clients.left", who, &clients.Left{Kind: "absent"})
	if _, ok := w.window(who, rounds.RuleSearch); !ok {
		t.Error("noted as absent, and nobody searches")
	}
	if got := w.late(who); got != "none" {
		t.Errorf("absent: a look is asked for, late at %s", got)
	}
	w.Clock.Advance(time.Minute)
	w.must("clients.returned", who, &clients.Returned{})
	if _, ok := w.window(who, rounds.RuleSearch); ok {
		t.Error("back, and still searched for")
	}
}

func TestHazardsAndWalks(t *testing.T) {
	w := newWard(t, 1)
	ctx := context.Background()
	w.seen(w.people[0], "talking")
	w.Clock.Advance(40 * time.Minute)
	w.must(rounds.KindHouseRules, w.unit, &rounds.HouseRules{EnvironmentMinutes: 240, GraceMinutes: 3, GeneralMinutes: 30})
	if got := w.late(w.people[0]); got != "02:45" {
		t.Errorf("the unit's new interval bites at once: late at %s", got)
	}
	if win, _ := w.window(w.people[0], rounds.RuleCheck); win.Grace != 3*time.Minute {
		t.Errorf("the unit's grace is %s", win.Grace)
	}
	if win, ok := w.window(w.unit, rounds.RuleEnvironment); !ok || win.Late.Format("15:04") != "06:40" {
		t.Errorf("the first walk: %v, late at %s", ok, win.Late)
	}
	w.Clock.Advance(time.Hour)
	head := 1
	w.must(rounds.KindEnvironment, w.unit, &rounds.EnvironmentDone{Checklist: "environment", Version: 1, Answers: map[string]string{"doors": rounds.ItemFine, "ligature": rounds.ItemHazard}, Words: map[string]string{"ligature": "loose rail"}, HeadCount: &head})
	if win, ok := w.window(w.unit, rounds.RuleEnvironment); !ok || win.Late.Format("15:04") != "07:40" {
		t.Errorf("the next walk: %v, late at %s", ok, win.Late)
	}
	w.must(rounds.KindChecked, w.people[0], &rounds.Checked{Place: "bathroom", State: "talking", Method: rounds.MethodSeen, Hazard: &rounds.Hazard{Unit: w.unit, What: "sharp", Words: "glass"}})
	hs, err := Hazards(w.DB.Read(ctx), w.unit, w.Clock.Now().Add(-time.Hour))
	if err != nil || len(hs) != 2 {
		t.Fatalf("%d hazards, %v", len(hs), err)
	}
	for _, h := range hs {
		w.must(rounds.KindHazardCleared, w.unit, &rounds.HazardCleared{Hazard: h.ID, Done: "taken away"})
	}
	if win, ok := w.window(w.unit, rounds.RuleHazard); ok {
		t.Errorf("cleared, and still asked for at %s", win.Due)
	}
	walks, err := Walks(w.DB.Read(ctx), w.unit, 5)
	if err != nil || len(walks) != 1 || *walks[0].HeadCount != 1 {
		t.Errorf("walks: %+v, %v", walks, err)
	}
	w.must("places.unit_closed", w.unit, &places.UnitClosed{Reason: "moved"})
	if _, ok := w.window(w.unit, rounds.RuleEnvironment); ok {
		t.Error("nobody walks through a closed unit")
	}
}

func TestWatchesAreRelieved(t *testing.T) {
	w := newWard(t, 1)
	who := w.people[0]
	w.must(rounds.KindRaised, who, &rounds.LevelRaised{Order: rounds.Order{Level: rounds.ArmsLength, Reason: "x", Bathroom: "door_ajar", Review: w.Clock.Now().Add(4 * time.Hour)}})
	if got := w.late(who); got != "none" {
		t.Errorf("watched without a break, and a look is asked for, late at %s", got)
	}
	if win, ok := w.window(who, rounds.RuleRelief); !ok || !win.Due.Equal(w.Clock.Now()) {
		t.Errorf("nobody has begun: %v %s", ok, win.Due)
	}
	if win, ok := w.window(who, rounds.RuleReview); !ok || win.Late.Format("15:04") != "06:00" {
		t.Errorf("the review: %v %s", ok, win.Late)
	}
	w.must(rounds.KindRelieved, who, &rounds.Relieved{To: w.worker, Accepted: true})
	win, ok := w.window(who, rounds.RuleRelief)
	if !ok || win.Owner != w.worker || win.Late.Format("15:04") != "03:00" {
		t.Errorf("the stint: %v, %s, late %s", ok, win.Owner, win.Late)
	}
	rows, err := Rows(w.DB.Read(context.Background()), w.unit)
	if err != nil || rows[0].Mode != rounds.Continuous || rows[0].Level.Code != rounds.ArmsLength {
		t.Errorf("%+v, %v", rows[0].Mode, err)
	}
}

func TestAnOrderOutlivesAMerge(t *testing.T) {
	w := newWard(t, 2)
	old, one := w.people[0], w.people[1]
	w.must(rounds.KindRaised, one, &rounds.LevelRaised{Order: rounds.Order{Level: rounds.Every15, Reason: "x"}})
	merge := w.must("clients.merged", one, &clients.Merged{Into: old, Reason: "one person"})
	if got := w.late(one); got != "none" {
		t.Errorf("merged away, and late at %s", got)
	}
	p, err := PersonOf(w.DB.Read(context.Background()), old)
	if err != nil || p.Regime.Level.Code != rounds.Every15 || len(p.Windows) == 0 {
		t.Errorf("the order is lost in the merge: %s, %v", p.Regime.Level.Code, err)
	}
	w.Clock.Advance(time.Minute)
	w.must("clients.unmerged", one, &clients.Unmerged{Merge: merge.ID, From: old, Reason: "two after all"})
	p, err = PersonOf(w.DB.Read(context.Background()), old)
	if err != nil || p.Regime.Level.Code != rounds.General || w.late(one) == "none" {
		t.Errorf("apart again: %s, %v, the other late at %s", p.Regime.Level.Code, err, w.late(one))
	}
}

// A look, a call for help and a search that a device brings late, on a chart that was merged away meanwhile, are the person's all the same.
func TestLateWordsOnAMergedChartCount(t *testing.T) {
	w := newWard(t, 2)
	old, one := w.people[0], w.people[1]
	look := &rounds.Checked{Place: "own_room", State: "talking", Method: rounds.MethodSeen}
	w.must(rounds.KindChecked, old, look)
	w.Clock.Advance(5 * time.Minute)
	w.must(rounds.KindHelpCalled, one, &rounds.HelpCalled{Reason: "other", Words: "x"})
	merge := w.must("clients.merged", one, &clients.Merged{Into: old, Reason: "one person"})
	help, ok := w.window(old, rounds.RuleHelp)
	if !ok {
		t.Fatal("help was called under the other chart, and nobody hears")
	}
	w.must(rounds.KindHelpAnswered, old, &rounds.HelpAnswered{Call: help.Anchor, Outcome: "breathing_well"})
	if _, ok := w.window(old, rounds.RuleHelp); ok {
		t.Error("answered under the chart that goes on, and still open")
	}
	w.Clock.Advance(5 * time.Minute)
	late := w.must(rounds.KindChecked, one, look)
	win, ok := w.window(old, rounds.RuleCheck)
	if !ok || win.Anchor != late.ID {
		t.Errorf("seen under the chart merged away, and the next look counts from another: %v, %+v", ok, win)
	}
	w.Clock.Advance(time.Minute)
	w.must(rounds.KindNotSeen, one, &rounds.NotSeen{Reason: "absent"})
	w.Clock.Advance(time.Minute)
	if _, ok := w.window(old, rounds.RuleSearch); !ok {
		t.Error("missing under the chart merged away, and nobody searches")
	}
	tracks, err := Tracks(w.DB.Read(context.Background()), w.unit, testkit.Start, w.Clock.Now())
	if err != nil || len(tracks) != 1 || tracks[0].Chart != old || len(tracks[0].Looks) != 3 {
		t.Errorf("the report: %+v, %v", tracks, err)
	}
	w.Clock.Advance(time.Minute)
	w.must("clients.unmerged", one, &clients.Unmerged{Merge: merge.ID, From: old, Reason: "two after all"})
	if win, ok := w.window(old, rounds.RuleCheck); !ok || win.Anchor == late.ID {
		t.Errorf("two after all, and one's look counts for the other: %v", ok)
	}
	if _, ok := w.window(old, rounds.RuleSearch); ok {
		t.Error("two after all, and one is searched for who is not missing")
	}
	if win, ok := w.window(one, rounds.RuleCheck); !ok || win.Anchor != late.ID {
		t.Errorf("two after all, and their own look is lost: %v", ok)
	}
}

// tables are what two houses with the same entries must hold alike.
var tables = []string{"rounds_look_v2", "rounds_term_v1", "rounds_watch_v1", "rounds_call_v1", "rounds_environment_v1", "rounds_rules_v1", "due"}

func TestTheOrderOfArrivalDoesNotMatter(t *testing.T) {
	one, another := newWard(t, 0), newWard(t, 0)
	alike(t, []*ward{one}, []*ward{another})
}

// alike files the same random entries in one house, and in another order in another house of one or more processes, and wants both to hold the
// same.
func alike(t *testing.T, one, another []*ward) {
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		var entries []*record.Entry
		n++
		people := []record.ID{chartID("arriving", 2*n), chartID("arriving", 2*n+1)}
		say := func(kind string, chart record.ID, b record.Body, ago int) *record.Entry {
			e := one[0].Entry(kind, chart, b)
			e.ID = record.DeriveID("arrival", fmt.Sprint(n), fmt.Sprint(len(entries)))
			e.Happened = testkit.Start.Add(-time.Duration(ago) * time.Minute)
			e.Written = e.Happened
			entries = append(entries, e)
			return e
		}
		for _, chart := range people {
			say("clients.admitted", chart, &clients.Admitted{Unit: one[0].unit}, 360)
		}
		for range rapid.IntRange(2, 9).Draw(rt, "entries") {
			who := rapid.IntRange(0, 1).Draw(rt, "who")
			e := anything(rt, one[0], people[who], people[1-who:2-who], say)
			if rapid.IntRange(0, 4).Draw(rt, "taken back") == 0 {
				amend(say("record.withdrawn", e.Chart, &record.Withdrawn{Reason: "x"}, 0), e, record.InError)
			}
		}
		want := arrive(rt, one, entries, people)
		if got := arrive(rt, another, rapid.Permutation(slices.Clone(entries)).Draw(rt, "arrival"), people); want != got {
			rt.Fatalf("one order of arrival gives\n%s\nanother\n%s", want, got)
		}
	})
}

// anything says something of a person's rounds at some time of the last hours.
func anything(rt *rapid.T, w *ward, chart record.ID, others []record.ID, say func(string, record.ID, record.Body, int) *record.Entry) *record.Entry {
	ago := rapid.IntRange(0, 300).Draw(rt, "minutes ago")
	order := rounds.Order{Level: rapid.SampledFrom(rounds.Levels).Draw(rt, "level").Code, Reason: "x"}
	switch rapid.IntRange(0, 11).Draw(rt, "what") {
	case 0, 1, 2:
		return say(rounds.KindChecked, chart, &rounds.Checked{Place: "own_room", State: rapid.SampledFrom(rounds.States).Draw(rt, "state").Code, Method: rounds.MethodSeen}, ago)
	case 3, 4:
		return say(rounds.KindNotSeen, chart, &rounds.NotSeen{Reason: rapid.SampledFrom(rounds.Reasons).Draw(rt, "reason").Code}, ago)
	case 5:
		return say(rounds.KindRaised, chart, &rounds.LevelRaised{Order: order}, ago)
	case 6:
		return say(rounds.KindLowered, chart, &rounds.LevelLowered{Order: order}, ago)
	case 7:
		return say("clients.left", chart, &clients.Left{Kind: rapid.SampledFrom([]string{"leave", "hospital", "absent"}).Draw(rt, "kind")}, ago)
	case 8:
		return say("clients.returned", chart, &clients.Returned{}, ago)
	case 9:
		return say(rounds.KindNight, chart, &rounds.NightOrdered{From: "20:00", To: "06:00", Minutes: 90, Reason: "x"}, ago)
	case 10:
		return say("clients.merged", chart, &clients.Merged{Into: rapid.SampledFrom(others).Draw(rt, "into"), Reason: "x"}, ago)
	}
	return say(rounds.KindRelieved, chart, &rounds.Relieved{To: w.worker, Accepted: true}, ago)
}

// arrive files entries in groups as they come, each through any of a house's processes, and tells what the tables then hold of some charts.
func arrive(rt *rapid.T, house []*ward, list []*record.Entry, people []record.ID) string {
	for len(list) > 0 {
		some := rapid.IntRange(1, len(list)).Draw(rt, "at once")
		var group []*record.Entry
		for _, e := range list[:some] {
			again := *e
			group = append(group, &again)
		}
		through := house[rapid.IntRange(0, len(house)-1).Draw(rt, "process")]
		for _, o := range through.Committer.File(context.Background(), testkit.Program(), group...) {
			if o.Err != nil {
				rt.Fatal(o.Err)
			}
		}
		list = list[some:]
	}
	var out []string
	for line := range strings.Lines(house[0].Dump(tables...)) {
		if strings.Contains(line, fmt.Sprintf("chart=%x", people[0][:])) || strings.Contains(line, fmt.Sprintf("chart=%x", people[1][:])) {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}
