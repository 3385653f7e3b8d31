package access_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"milieu/kit/access"
	"milieu/kit/access/sentence"
	"milieu/kit/clock"
	"milieu/kit/commit"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/testkit/logtest"
)

const rules = `
# who may do what on this ward
worker, nurse may ward.see, record.withdraw on their unit
nurse may ward.order on their unit
worker may ward.order on their unit
nurse, supervisor may ward.lower on their unit
supervisor may record.withdraw.others on their unit
prescriber may ward.see anywhere
peer may ward.see of newcomers
everyone may draft.keep for themselves
nurse, worker may see.client on their unit
supervisor may see.client on their unit
supervisor sees every unit
`

func policy(sentences string) (*access.Policy, error) {
	files, err := sentence.Policies(sentences)
	if err != nil {
		return nil, err
	}
	return access.NewPolicy(files, nil)
}

func id(name string) record.ID { return record.DeriveID("access", name) }

// world is a directory over people and charts that a test sets.
type world struct {
	t      testing.TB
	clock  *clock.Fake
	people map[record.ID]*access.Person
	charts map[record.ID]*access.Chart
	dir    *access.Directory
	k      *commit.Committer
	db     *db.DB
	broken error // what reading people fails with
}

func hours(n float64) time.Time {
	return logtest.Night.Add(time.Duration(n * float64(time.Hour)))
}

func newWorld(t testing.TB) *world {
	t.Helper()
	p, err := policy(rules)
	if err != nil {
		t.Fatal(err)
	}
	return newWorldUnder(t, p)
}

func newWorldUnder(t testing.TB, p *access.Policy) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewFake(logtest.Night), people: map[record.ID]*access.Person{}, charts: map[record.ID]*access.Chart{}}
	person := func(name string, role access.Role, rs ...access.Relation) {
		w.people[id(name)] = &access.Person{ID: id(name), Name: name, Role: role, Relations: rs}
	}
	on := func(unit string, from, until float64) access.Relation {
		r := access.Relation{Unit: id(unit), What: access.Shift, From: hours(from)}
		if until != 0 {
			r.Until = hours(until)
		}
		return r
	}
	person("kim", access.Worker, on("north", -4, 4))
	person("lee", access.Nurse, on("north", -4, 4))
	person("day", access.Worker, on("north", -12, -4))
	person("south", access.Worker, on("south", -4, 4))
	person("gone", access.Worker, on("north", -12, 4))
	w.people[id("gone")].Disabled = hours(-2)
	person("boss", access.Supervisor)
	person("doc", access.Prescriber)
	person("peer", access.Peer)
	chart := func(name string, stays ...access.Stay) {
		w.charts[id(name)] = &access.Chart{ID: id(name), Kind: "client", Stays: stays}
	}
	chart("ann", access.Stay{Unit: id("north"), From: hours(-100)})
	chart("bob", access.Stay{Unit: id("north"), From: hours(-100), Until: hours(-1)}, access.Stay{Unit: id("south"), From: hours(-1)})
	chart("new")
	d := logtest.SQLite(t, t.TempDir())
	w.db = d
	kinds := logtest.Kinds(t)
	cfg := logtest.Config(t, d, w.clock)
	cfg.Projections = append(cfg.Projections, access.Projection(kinds))
	late := &lateJudge{}
	cfg.Judge = late
	w.k = logtest.Open(t, cfg)
	w.dir = access.NewDirectory(d, w.clock, p, []access.Source{{
		Kinds:  []string{"ward.ordered"},
		Person: func(_ db.Querier, id record.ID) (*access.Person, error) { return w.people[id], w.broken },
		Chart:  func(_ db.Querier, id record.ID) (*access.Chart, error) { return w.charts[id], nil },
		All: func(db.Querier) (people, charts []record.ID, err error) {
			for id := range w.people {
				people = append(people, id)
			}
			for id := range w.charts {
				charts = append(charts, id)
			}
			return
		},
	}})
	if err := w.dir.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.dir.Guard(kinds)
	late.Judge = w.dir
	w.k.After(func(es []*record.Entry) {
		if err := w.dir.Filed(es); !errors.Is(err, w.broken) {
			t.Error(err)
		}
	})
	return w
}

// lateJudge stands in until the directory is made, which needs the database that the committer makes.
type lateJudge struct{ record.Judge }

func (w *world) file(who string, e *record.Entry) (*record.Entry, error) {
	o := w.k.File(context.Background(), record.Sender{Person: id(who), Via: record.ViaPage}, e)[0]
	return o.Entry, o.Err
}

func TestRelationsCountWhenItHappened(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		says, who, chart string
		at               float64
		want             string // "", "mark" or "no"
	}{
		{"on shift", "kim", "ann", -1, ""},
		{"of another unit", "south", "ann", -1, "no"},
		{"the shift before, told now", "day", "ann", -6, "mark"},
		{"the shift before, for a time after it", "day", "ann", -3, "no"},
		{"within the grace after the shift", "day", "ann", -3.75, "mark"},
		{"before the shift, within its grace", "kim", "ann", -4.4, ""},
		{"before the shift", "kim", "ann", -5, "no"},
		{"somebody who was here when it happened and has moved", "kim", "bob", -2, ""},
		{"somebody who has moved away since", "kim", "bob", -0.5, "no"},
		{"the unit they moved to", "south", "bob", -0.5, ""},
		{"before they came there", "south", "bob", -2, "no"},
		{"an account that has ended, before it did", "gone", "ann", -3, "mark"},
		{"after it did", "gone", "ann", -1, "no"},
		{"a role that may anywhere", "doc", "bob", -2, ""},
		{"a newcomer", "peer", "new", 0, ""},
		{"no newcomer", "peer", "ann", 0, "no"},
		{"nobody known", "nobody", "ann", 0, "no"},
		{"a role that may not", "boss", "ann", 0, "no"},
	} {
		e := logtest.Sighting(id(c.chart), hours(c.at), "x")
		e.Written = e.Happened
		got, err := w.file(c.who, e)
		switch {
		case c.want == "no":
			if fault.KindOf(err) != fault.Denied {
				t.Errorf("%s: %v", c.says, err)
			}
		case err != nil:
			t.Errorf("%s: %v", c.says, err)
		case got.HasMark(record.MarkRelationEnded) != (c.want == "mark"):
			t.Errorf("%s: marks %v", c.says, got.Marks)
		}
	}
}

func TestTakingBack(t *testing.T) {
	w := newWorld(t)
	file := func(who string, e *record.Entry) *record.Entry {
		t.Helper()
		got, err := w.file(who, e)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	seen := func(who string) *record.Entry { return file(who, logtest.Sighting(id("ann"), hours(0), "x")) }
	ordered := func(who string) *record.Entry {
		return file(who, logtest.Entry("ward.ordered", id("ann"), hours(0), &logtest.Ordered{Minutes: 15}))
	}
	back := func(target record.ID) *record.Entry {
		return logtest.Amending(logtest.Entry("record.withdrawn", id("ann"), hours(0), &record.Withdrawn{Reason: "x"}), target, record.InError)
	}
	instead := func(target record.ID) *record.Entry {
		return logtest.Amending(logtest.Sighting(id("ann"), hours(0), "y"), target, record.Correction)
	}
	told := logtest.Entry("due.told", id("ann"), hours(0), &due.Told{Rule: "x", Anchor: id("a"), Tell: "unit"})
	if o := w.k.File(t.Context(), due.Program(), told)[0]; o.Err != nil {
		t.Fatal(o.Err)
	}
	for _, c := range []struct {
		says, who string
		e         *record.Entry
		ok        bool
	}{
		{"one's own", "kim", back(seen("kim").ID), true},
		{"another's", "lee", back(seen("kim").ID), false},
		{"another's, by a role that may", "boss", back(seen("kim").ID), true},
		{"one's own raised level: that lowers it", "kim", back(ordered("kim").ID), false},
		{"a raised level, by a role that may lower", "lee", back(ordered("kim").ID), true},
		{"a level put right by something of another kind", "kim", instead(ordered("lee").ID), false},
		{"what Milieu wrote", "boss", back(told.ID), false},
		{"what Milieu wrote, by putting something in its place", "kim", instead(told.ID), false},
	} {
		if _, err := w.file(c.who, c.e); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.says, err)
		}
	}

	// Sent before its target: it takes back only what its author may take back once that is known.
	stands := func(e *record.Entry) bool {
		t.Helper()
		f, err := record.ReadFamily(w.db.Read(t.Context()), logtest.Kinds(t), e.Chart, e.ID)
		if err != nil {
			t.Fatal(err)
		}
		return f.Stands(e.ID)
	}
	for _, c := range []struct {
		says, who, author string
		target            *record.Entry
		stands            bool
	}{
		{"one's own", "kim", "kim", logtest.Sighting(id("ann"), hours(0), "x"), false},
		{"another's", "kim", "lee", logtest.Sighting(id("ann"), hours(0), "x"), true},
		{"one's own level, without leave to lower", "kim", "kim", logtest.Entry("ward.ordered", id("ann"), hours(0), &logtest.Ordered{Minutes: 15}), true},
		{"one's own level, with it", "lee", "lee", logtest.Entry("ward.ordered", id("ann"), hours(0), &logtest.Ordered{Minutes: 15}), false},
	} {
		file(c.who, back(c.target.ID))
		file(c.author, c.target)
		if got := stands(c.target); got != c.stands {
			t.Errorf("sent first, %s: stands %v", c.says, got)
		}
	}
	// What Milieu will write, foreseen by its ID.
	rung := logtest.Entry("due.told", id("ann"), hours(0), &due.Told{Rule: "x", Anchor: id("b"), Tell: "unit"})
	file("lee", back(rung.ID))
	if o := w.k.File(t.Context(), due.Program(), rung)[0]; o.Err != nil {
		t.Fatal(o.Err)
	}
	if !stands(rung) {
		t.Error("a rung of a ladder was taken back before it was climbed")
	}
}

func TestScopesAreWhatHoldsNow(t *testing.T) {
	w := newWorld(t)
	scope := func(who string) *access.Scope {
		t.Helper()
		s, err := w.dir.Scope(id(who), "desk")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	sees := func(who, chart string) bool { return w.dir.Sees(scope(who), id(chart)) == nil }
	if !sees("kim", "ann") || sees("kim", "bob") || sees("south", "ann") || !sees("south", "bob") || sees("day", "ann") || !sees("boss", "bob") || sees("kim", "no such") {
		t.Error("somebody sees what they should not, or does not see what they should")
	}
	if a, b := w.dir.Sees(scope("kim"), id("bob")), w.dir.Sees(scope("kim"), id("no such")); a.Error() != b.Error() || fault.KindOf(a) != fault.NotFound {
		t.Errorf("%q and %q", a, b)
	}
	if _, err := w.dir.Scope(id("gone"), ""); fault.KindOf(err) != fault.SignedOut {
		t.Errorf("an account that has ended: %v", err)
	}
	if !scope("kim").May("ward.see") || scope("kim").May("ward.lower") {
		t.Error("what is offered is not what is allowed")
	}
	if got := w.dir.ChartsIn(id("south"), "client"); len(got) != 1 || got[0] != id("bob") {
		t.Errorf("in the south: %v", got)
	}
	w.clock.Advance(5 * time.Hour)
	if sees("kim", "ann") {
		t.Error("a shift that has ended still sees")
	}
	// What is filed about a person holds at once, and whoever must hear of an end does.
	var ended []record.ID
	w.dir.OnEnd(func(p record.ID) { ended = append(ended, p) })
	w.people[id("lee")] = &access.Person{ID: id("lee"), Name: "lee", Role: access.Nurse, Disabled: w.clock.Now()}
	if o := w.k.File(t.Context(), due.Program(), logtest.Entry("ward.ordered", id("lee"), w.clock.Now(), &logtest.Ordered{Minutes: 1}))[0]; o.Err != nil {
		t.Fatal(o.Err)
	}
	if _, err := w.dir.Scope(id("lee"), ""); err == nil || len(ended) != 1 || ended[0] != id("lee") {
		t.Errorf("disabled: %v, heard %v", err, ended)
	}
	// An entry about somebody is taken back: there never was such a person.
	delete(w.people, id("doc"))
	if o := w.k.File(t.Context(), due.Program(), logtest.Entry("ward.ordered", id("doc"), w.clock.Now(), &logtest.Ordered{Minutes: 1}))[0]; o.Err != nil {
		t.Fatal(o.Err)
	}
	if _, err := w.dir.Scope(id("doc"), ""); err == nil || len(ended) != 2 {
		t.Errorf("taken back: %v, heard %v", err, ended)
	}
}

// Somebody's account ends while people cannot be read: nobody is let in on what was known before.
func TestAFailedReadLetsNobodyIn(t *testing.T) {
	w := newWorld(t)
	w.broken = errors.New("disk")
	w.people[id("kim")] = &access.Person{ID: id("kim"), Name: "kim", Role: access.Worker, Disabled: hours(0)}
	if o := w.k.File(t.Context(), due.Program(), logtest.Entry("ward.ordered", id("kim"), hours(0), &logtest.Ordered{Minutes: 1}))[0]; o.Err != nil {
		t.Fatal(o.Err)
	}
	if _, err := w.dir.Scope(id("kim"), ""); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("while it fails: %v", err)
	}
	if _, err := w.file("lee", logtest.Sighting(id("ann"), hours(0), "x")); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("filing while it fails: %v", err)
	}
	w.broken = nil
	if _, err := w.dir.Scope(id("kim"), ""); fault.KindOf(err) != fault.SignedOut {
		t.Errorf("afterwards: %v", err)
	}
	if _, err := w.dir.Scope(id("lee"), ""); err != nil {
		t.Errorf("another, afterwards: %v", err)
	}
}
