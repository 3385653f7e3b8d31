package access_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/testkit/logtest"
)

// opened is a world under the program's own policies: ann is on north, everybody below is somehow tied to her.
func opened(t testing.TB) *world {
	files := shipped(t)
	files[0].Text += "action \"ward.see\" appliesTo { principal: Role, resource: Tie, context: { label: String, consent: Bool } };\n"
	p, err := access.NewPolicy(append(files, cedar(`@id("ward") @says("Carers see.") permit (principal in Role::"carer", action == Action::"ward.see", resource in Tie::"care");`)), nil)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorldUnder(t, p)
	person := func(name string, role access.Role, rs ...access.Relation) {
		w.people[id(name)] = &access.Person{ID: id(name), Name: name, Role: role, Relations: rs}
	}
	to := func(what access.Tie, until float64, via string) access.Relation {
		r := access.Relation{Chart: id("ann"), What: what, From: hours(-48), Via: id(via)}
		if until != 0 {
			r.Until = hours(until)
		}
		return r
	}
	person("writer", access.Clinician, to(access.CareTeam, 0, ""))
	person("keeper", access.Clinician, to(access.CareTeam, 0, ""), access.Relation{What: access.Custodian, Via: id("writer"), From: hours(-1)})
	person("case", access.CaseManager, to(access.Caseload, 0, ""))
	person("chief", access.Supervisor)
	person("off", access.Nurse, access.Relation{Unit: id("north"), What: access.Team, From: hours(-90)})
	person("glass", access.Nurse, to(access.Glass, 4, "broken"))
	person("urgent", access.Nurse, to(access.Glass, 4, "broken"), to(access.Emergency, 4, "broken"))
	person("mother", access.Relative, to(access.Family, 0, ""))
	person("guardian", access.Relative, to(access.Guardian, 0, ""))
	person("herself", access.Client, to(access.Self, 0, ""))
	person("former", access.Worker, access.Relation{Unit: id("north"), What: access.Shift, From: hours(-60), Until: hours(-50)})
	person("long gone", access.Worker, access.Relation{Unit: id("north"), What: access.Shift, From: hours(-300), Until: hours(-290)})
	person("admin", access.Administrator)
	person("audit", access.Auditor)
	person("machine", access.Integration)
	w.charts[id("ann")].Consents = []access.Consent{{What: access.Kin, To: id("mother"), From: hours(-10), Until: hours(10)}}
	if err := w.dir.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) scope(who string) *access.Scope {
	w.t.Helper()
	s, err := w.dir.Scope(id(who), "desk")
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// TestWhoSeesWhichLabel: every viewer against every label, in one table.
func TestWhoSeesWhichLabel(t *testing.T) {
	w := opened(t)
	labels := []string{"", access.SubstanceUse, access.Psychotherapy, access.Personal, access.Review, access.NotForFamily}
	for who, want := range map[string]string{ // one letter for each label: seen or not; a dash where the chart itself is not seen
		"kim":       "ys---y", // on shift on north, where it was written
		"writer":    "yyyyyy",
		"keeper":    "y-y--y",
		"case":      "y----y",
		"chief":     "y---yy",
		"off":       "ys---y",
		"glass":     "y----y",
		"urgent":    "yy---y",
		"mother":    "y-----",
		"guardian":  "y-----",
		"herself":   "yy---y",
		"former":    "y----y",
		"long gone": "-",
		"admin":     "-",
		"audit":     "-",
		"machine":   "y----y",
		"south":     "-",
	} {
		s := w.scope(who)
		if seen := w.dir.Sees(s, id("ann")) == nil; seen != (want[0] == 'y') {
			t.Errorf("%s sees the chart: %v (%s)", who, seen, w.dir.Under(s, id("ann")))
			continue
		}
		for i, l := range labels[1:] {
			if want == "-" {
				break
			}
			got := w.dir.SeesEntry(s, access.Labelled{Entry: id("e"), Chart: id("ann"), Author: id("writer"), Happened: hours(-5), Labels: []string{l}})
			if expected := want[i+1] != '-'; got != expected {
				t.Errorf("%s sees %s: %v", who, l, got)
			}
		}
	}
	// Consent that ends is heard at once; one label that is not allowed hides what carries several.
	w.clock.Advance(11 * time.Hour)
	if w.dir.Sees(w.scope("mother"), id("ann")) == nil {
		t.Error("family still see when the consent has ended")
	}
	if w.dir.Sees(w.scope("glass"), id("ann")) == nil {
		t.Error("a glass that was broken for a while is broken still")
	}
	if w.dir.SeesEntry(w.scope("herself"), access.Labelled{Entry: id("e"), Chart: id("ann"), Author: id("writer"), Happened: hours(-5), Labels: []string{access.NotForFamily, access.Personal}}) {
		t.Error("one of two labels is enough to see")
	}
}

// TestAbsentWithoutTrace: for any set of labelled entries, amendments and changes of label, who may not see one gets exactly what they would get had
// it never been filed.
func TestAbsentWithoutTrace(t *testing.T) {
	w := opened(t)
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		chart := id(fmt.Sprint("chart", n))
		w.charts[chart] = &access.Chart{ID: chart, Kind: "client", Stays: []access.Stay{{Unit: id("north"), From: hours(-100)}}}
		for _, p := range w.people {
			for _, r := range p.Relations {
				if r.Chart == id("ann") {
					r.Chart = chart
					p.Relations = append(p.Relations, r)
				}
			}
		}
		reload(w)
		viewer := rapid.SampledFrom([]string{"kim", "writer", "keeper", "case", "chief", "glass", "urgent", "guardian", "herself"}).Draw(t, "viewer")
		type said struct{ e *record.Entry }
		var all []said
		for i := range rapid.IntRange(1, 8).Draw(t, "entries") {
			e := logtest.Sighting(chart, hours(-1), fmt.Sprint("entry ", i))
			e.Labels = rapid.SliceOfNDistinct(rapid.SampledFrom(access.Labels), 0, 2, rapid.ID).Draw(t, "labels")
			if i > 0 && rapid.Bool().Draw(t, "amends") {
				e = logtest.Amending(e, all[rapid.IntRange(0, i-1).Draw(t, "which")].e.ID, rapid.SampledFrom([]record.Amendment{record.Addendum, record.Correction}).Draw(t, "how"))
			}
			if i > 0 && rapid.Bool().Draw(t, "cites") {
				e.Cites = []record.ID{all[rapid.IntRange(0, i-1).Draw(t, "cited")].e.ID}
			}
			o := w.k.File(w.t.Context(), record.Sender{Person: id("writer"), Role: "clinician", Via: record.ViaProgram}, e)[0]
			if o.Err != nil {
				t.Fatal(o.Err)
			}
			all = append(all, said{e: o.Entry})
		}
		s := w.scope(viewer)
		q := w.db.Read(w.t.Context())
		sight, err := w.dir.Sight(q, s, chart)
		if err != nil {
			t.Fatal(err)
		}
		hidden, err := w.dir.Hidden(q, s, chart)
		if err != nil {
			t.Fatal(err)
		}
		gone := map[record.ID]bool{}
		number := int64(0)
		var shown []*record.Entry
		for i := range all {
			e := all[i].e
			// Worked out here the plain way: hidden by a label of its own, or because it amends what is.
			gone[e.ID] = len(e.Labels) > 0 && !w.dir.SeesEntry(s, access.Labelled{Entry: e.ID, Chart: chart, Author: e.Author, Happened: e.Happened, Labels: e.Labels}) || gone[e.Amends]
			if sight.Sees(e) == gone[e.ID] {
				t.Fatalf("%s, entry %d with %v amending %v: seen %v", viewer, i, e.Labels, e.Amends, !gone[e.ID])
			}
			if hidden[e.ID] && !gone[e.ID] {
				t.Fatalf("%s: entry %d is hidden from tables and not from the log", viewer, i)
			}
			if !gone[e.ID] {
				number++
				shown = append(shown, sight.Shown(e, number))
			}
		}
		for i, e := range shown {
			if e.Number != int64(i+1) || slices.ContainsFunc(e.Cites, func(c record.ID) bool { return gone[c] }) {
				t.Fatalf("%s: entry %d is numbered %d and cites %v", viewer, i, e.Number, e.Cites)
			}
		}
		if sight.Err() != nil {
			t.Fatal(sight.Err())
		}
	})
}

func reload(w *world) {
	w.t.Helper()
	if err := w.dir.Load(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// TestLabelsAreJudged: a label is put on by who may, on what can carry it; what a programme or a corrected entry carries comes by itself.
func TestLabelsAreJudged(t *testing.T) {
	w := opened(t)
	k := &record.Kind{Name: "ward.seen", Labels: []string{access.SubstanceUse, access.Psychotherapy, access.NotForFamily}}
	e := logtest.Sighting(id("ann"), hours(0), "x")
	w.charts[id("north")] = &access.Chart{ID: id("north"), Kind: "place", Labels: []string{access.SubstanceUse, "house-other"}}
	reload(w)
	if got := labelsOf(t, w, k, e); got != access.SubstanceUse {
		t.Errorf("written in a programme: %q", got)
	}
	k.Label = access.NotForFamily
	if got := labelsOf(t, w, k, e); got != access.NotForFamily+" "+access.SubstanceUse {
		t.Errorf("by its kind: %q", got)
	}
	for _, c := range []struct {
		says, who, label string
		ok               bool
	}{
		{"a clinician's psychotherapy note", "writer", access.Psychotherapy, true}, {"a worker's", "kim", access.Psychotherapy, false},
		{"a worker keeps something from family", "kim", access.NotForFamily, true}, {"a worker in the review", "kim", access.Review, false},
		{"a label that is none", "writer", "no-such-label", false}, {"a label of no house", "writer", "house-known", false},
	} {
		e := logtest.Sighting(id("ann"), hours(0), "x")
		e.Labels = []string{c.label}
		got, err := w.file(c.who, e)
		if (err == nil) != c.ok || err == nil && strings.Join(got.Labels, " ") != strings.Join(slices.Sorted(slices.Values([]string{c.label, access.SubstanceUse})), " ") {
			t.Errorf("%s: %v", c.says, err)
		}
	}
	order := logtest.Entry("ward.ordered", id("ann"), hours(0), &logtest.Ordered{Minutes: 15})
	order.Labels = []string{access.NotForFamily}
	if _, err := w.file("kim", order); err == nil {
		t.Error("an order that everybody must know carries a label")
	}
}

func labelsOf(t *testing.T, w *world, k *record.Kind, e *record.Entry) string {
	t.Helper()
	got, err := w.dir.Labels(k, e)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(got, " ")
}
