package access_test

import (
	"fmt"
	"testing"
	"time"

	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/testkit/logtest"
)

// tied makes a relation that gives exactly one tie to ann, who is on north; ok is false where a tie comes otherwise.
func tied(tie access.Tie) (r access.Relation, ok bool) {
	r = access.Relation{What: tie, From: hours(-10)}
	switch {
	case tie.Has(access.Shift | access.Team | access.Covering):
		r.Unit = id("north")
	case tie == access.Past:
		r.What, r.Unit, r.Until = access.Shift, id("north"), hours(-5)
	case tie.Has(access.CareTeam | access.Caseload | access.Self | access.Guardian | access.Family | access.Glass | access.Emergency):
		r.Chart = id("ann")
	default:
		return r, false
	}
	return r, true
}

// TestTheWholeTableIsWhatHappens walks the policies' table: every role under every tie, every action with and without consent. Whether the program lets
// somebody do it, and offers it, is what the table says; a tie that begins later or has ended gives nothing.
func TestTheWholeTableIsWhatHappens(t *testing.T) {
	p := mustPolicy(t)
	clk := clock.NewFake(logtest.Night)
	people, charts := map[record.ID]*access.Person{}, map[record.ID]*access.Chart{}
	type walker struct {
		role access.Role
		tie  access.Tie // beside House, for who works here
		at   string     // "now", "later" or "over"
		who  record.ID
	}
	var walkers []walker
	for _, role := range access.AllRoles {
		for _, tie := range append(access.AllTies.Each(), 0) {
			for _, at := range []string{"now", "later", "over"} {
				r, ok := tied(tie)
				if !ok && tie != 0 {
					continue
				}
				switch {
				case at == "later":
					r.From, r.Until = hours(1), hours(9)
				case at == "over":
					r.From, r.Until = hours(-2000), hours(-1000)
				}
				w := walker{role, tie, at, id(fmt.Sprint(role, tie, at))}
				people[w.who] = &access.Person{ID: w.who, Name: string(role), Role: role}
				if tie != 0 {
					people[w.who].Relations = []access.Relation{r}
				}
				walkers = append(walkers, w)
			}
		}
	}
	charts[id("ann")] = &access.Chart{ID: id("ann"), Kind: "client", Stays: []access.Stay{{Unit: id("north"), From: hours(-100)}}}
	charts[id("lou")] = &access.Chart{ID: id("lou"), Kind: "client", Stays: []access.Stay{{Unit: id("north"), From: hours(-100), Until: hours(-90)}}}
	source := access.Source{Person: func(_ db.Querier, id record.ID) (*access.Person, error) { return people[id], nil },
		Chart: func(_ db.Querier, id record.ID) (*access.Chart, error) { return charts[id], nil },
		All: func(db.Querier) (out, all []record.ID, err error) {
			for id := range people {
				out = append(out, id)
			}
			for id := range charts {
				all = append(all, id)
			}
			return out, all, nil
		}}
	cells := 0
	for _, consent := range []bool{false, true} {
		if consent {
			charts[id("ann")].Consents = []access.Consent{{What: access.Kin, From: hours(-1)}}
		}
		dir := access.NewDirectory(logtest.SQLite(t, t.TempDir()), clk, p, []access.Source{source})
		if err := dir.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		dir.Guard(logtest.Kinds(t))
		for _, w := range walkers {
			s, err := dir.Scope(w.who, "")
			if err != nil {
				t.Fatal(err)
			}
			holds := access.Tie(0)
			if !w.role.Guest() {
				holds = access.House
			}
			if w.at == "now" {
				holds |= w.tie
			}
			agreed := consent && w.role == access.Relative
			if got, want := dir.Sees(s, id("ann")) == nil, p.Ties(w.role, "see.client", "", agreed).Has(holds); got != want {
				t.Errorf("%s under %q, %s: sees the chart %v, the table says %v", w.role, w.tie, w.at, got, want)
			}
			for _, action := range p.Unused(nil) {
				cells++
				want := p.Ties(w.role, action, "", agreed).Has(holds)
				if got := dir.May(s, action, id("ann")); got != want {
					t.Errorf("%s under %q, %s, %s: offered %v, the table says %v", w.role, w.tie, w.at, action, got, want)
				}
				k := &record.Kind{Name: "walk.done", Action: action}
				e := &record.Entry{ID: id("e"), Chart: id("ann"), Happened: clk.Now(), Written: clk.Now()}
				if _, _, err := dir.MayFile(t.Context(), record.Sender{Person: w.who, Via: record.ViaPage}, k, e); (err == nil) != want {
					t.Errorf("%s under %q, %s, %s: files %v, the table says %v", w.role, w.tie, w.at, action, err, want)
				}
				// Somebody whom no unit has any more: a newcomer to all, and whose shift there was long ago, to nobody more.
				if w.tie == 0 && !w.role.Guest() {
					e := &record.Entry{ID: id("e"), Chart: id("lou"), Happened: clk.Now(), Written: clk.Now()}
					want := p.Ties(w.role, action, "", false).Has(access.House | access.Newcomer)
					if _, _, err := dir.MayFile(t.Context(), record.Sender{Person: w.who, Via: record.ViaPage}, k, e); (err == nil) != want {
						t.Errorf("%s, %s, of nobody's: files %v, the table says %v", w.role, action, err, want)
					}
				}
			}
		}
	}
	t.Logf("%d cells", cells)
}

// TestABarTakesOneActionAway: a lapsed certificate removes what it allowed, in its span, on its units, and nothing else.
func TestABarTakesOneActionAway(t *testing.T) {
	w := opened(t)
	w.people[id("kim")].Barred = []access.Bar{{Action: "rounds.check", Units: []record.ID{id("south")}, Why: "elsewhere"}, {Action: "ward.see", From: hours(0), Until: hours(2), Why: "the certificate lapsed on 20 November"}}
	reload(w)
	file := func(at float64) error {
		e := logtest.Sighting(id("ann"), hours(at), "x")
		e.Written = e.Happened
		_, err := w.file("kim", e)
		return err
	}
	if err := file(-1); err != nil {
		t.Errorf("what happened while it was valid: %v", err)
	}
	if err := file(0); err == nil || err.Error() != "kim may not do this: the certificate lapsed on 20 November" {
		t.Errorf("after it lapsed: %v", err)
	}
	s := w.scope("kim")
	if s.May("ward.see") || !s.May("rounds.check") || w.dir.May(s, "ward.see", id("ann")) || !w.dir.May(s, "rounds.check", id("ann")) {
		t.Error("a bar takes away more or less than its action")
	}
	if s.Viewer() == w.scope("lee").Viewer() || s.Viewer() == string(access.Worker) {
		t.Errorf("shares what was drawn with those who may: %s", s.Viewer())
	}
	w.clock.Advance(2*time.Hour + time.Minute)
	if err := file(2); err != nil || !w.scope("kim").May("ward.see") {
		t.Errorf("after it was renewed: %v", err)
	}
}
