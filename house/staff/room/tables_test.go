package room_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"milieu/house/places"
	placesroom "milieu/house/places/room"
	"milieu/house/staff"
	"milieu/house/staff/credentials"
	staffroom "milieu/house/staff/room"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/testkit"
)

var (
	cedar = record.DeriveID("test", "cedar")
	elm   = record.DeriveID("test", "elm")
)

func policies(t testing.TB) []string { return testkit.PolicyFor(t, "../../../app/policy") }

func open(t *testing.T) *testkit.House {
	t.Helper()
	return furnish(testkit.New(t, policies(t), defs()...))
}

func defs() []room.Def { return []room.Def{placesroom.Def(), staffroom.Def()} }

func furnish(h *testkit.House) *testkit.House {
	h.Must(testkit.Program(), "places.unit_opened", cedar, &places.UnitOpened{Name: "Cedar", Kind: "ward"})
	h.Must(testkit.Program(), "places.unit_opened", elm, &places.UnitOpened{Name: "Elm", Kind: "ward"})
	return h
}

func colleague(h *testkit.House, name string, role access.Role) record.ID {
	person := record.DeriveID("test", "staff", name)
	h.Must(testkit.Program(), "staff.joined", person, &staff.Joined{Details: staff.Details{Name: name, Role: role, SignIn: strings.ToLower(name)}})
	return person
}

type statement struct {
	e *record.Entry
	b record.Body
}

func statements(t *rapid.T) []statement {
	var out []statement
	for i := range rapid.IntRange(1, 14).Draw(t, "n") {
		person := record.DeriveID("p", fmt.Sprint(rapid.IntRange(1, 3).Draw(t, "person")))
		unit := rapid.SampledFrom([]record.ID{cedar, elm}).Draw(t, "unit")
		hour := func(what string) time.Time {
			return testkit.Start.Add(time.Duration(rapid.IntRange(-3, 3).Draw(t, what)) * time.Hour)
		}
		d := staff.Details{Name: rapid.SampledFrom([]string{"Ada", "Bo"}).Draw(t, "name"), Role: access.Nurse, SignIn: rapid.SampledFrom([]string{"ada", "ADA", "bo", ""}).Draw(t, "sign-in")}
		from := hour("from")
		bodies := map[string]record.Body{
			"staff.joined": &staff.Joined{Details: d}, "staff.changed": &staff.Changed{Details: d}, "staff.left": &staff.Left{}, "staff.returned": &staff.Returned{},
			"staff.assigned": &staff.Assignment{Unit: unit, From: from}, "staff.unassigned": &staff.Unassignment{Unit: unit},
			"staff.shift_planned": &staff.ShiftPlanned{Unit: unit, From: from, Until: from.Add(3 * time.Hour), InCharge: rapid.Bool().Draw(t, "charge"), Task: d.Name},
			"staff.shift_started": &staff.ShiftStarted{Unit: unit}, "staff.shift_ended": &staff.ShiftEnded{},
			"staff.covering":         &staff.Covering{For: record.DeriveID("p", fmt.Sprint(rapid.IntRange(1, 3).Draw(t, "for"))), From: from, Until: from.Add(3 * time.Hour), Reason: "sick"},
			"staff.covering_ended":   &staff.CoveringEnded{Covering: record.DeriveID("e", fmt.Sprint(rapid.IntRange(0, i).Draw(t, "covering")))},
			credentials.KindRecorded: &credentials.Recorded{What: "driver", Until: from.AddDate(0, 0, 1).Format(time.DateOnly), Vouched: rapid.SampledFrom([]string{"", "original"}).Draw(t, "vouched")},
			credentials.KindVerified: &credentials.Verified{Credential: record.DeriveID("e", fmt.Sprint(rapid.IntRange(0, i).Draw(t, "verified"))), Vouched: "issuer"},
			credentials.KindEnded:    &credentials.Ended{Credential: record.DeriveID("e", fmt.Sprint(rapid.IntRange(0, i).Draw(t, "ended"))), Why: "revoked"},
			credentials.KindRequired: &credentials.RequirementSet{What: "driver", Roles: []access.Role{access.Nurse}, Actions: []string{"ward.drive"}, Accepted: person, Basis: d.Name},
			credentials.KindLifted:   &credentials.RequirementLifted{What: "driver"},
		}
		kinds := make([]string, 0, len(bodies))
		for k := range bodies {
			kinds = append(kinds, k)
		}
		slices.Sort(kinds)
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		out = append(out, statement{&record.Entry{ID: record.DeriveID("e", fmt.Sprint(i)), Chart: person, Kind: kind, Happened: hour("at"), Written: hour("written")}, bodies[kind]})
	}
	return out
}

// Whatever the order in which statements arrive, and whether one that no longer stands was there for a while, the same set says the same.
func TestStaffComesOutTheSameInAnyOrder(t *testing.T) {
	h := open(t)
	ctx := context.Background()
	tables := slices.Concat(staff.Projections(), credentials.Projections())
	each := func(s statement, do func(record.Projection) error) error {
		for _, p := range tables {
			if slices.Contains(p.Kinds, s.e.Kind) {
				if err := do(p); err != nil {
					return err
				}
			}
		}
		return nil
	}
	said := func(t *rapid.T, list, gone []statement) string {
		err := h.DB.Write(ctx, func(tx db.Tx) error {
			for _, p := range tables {
				for _, table := range p.Tables {
					if err := tx.Exec("DELETE FROM " + table); err != nil {
						return err
					}
				}
			}
			for _, s := range append(slices.Clone(list), gone...) {
				if err := each(s, func(p record.Projection) error { return p.Put(tx, s.e, s.b) }); err != nil {
					return err
				}
			}
			for _, s := range gone {
				if err := each(s, func(p record.Projection) error { return p.Drop(tx, s.e, s.b) }); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		q := h.DB.Read(ctx)
		var out []any
		add := func(v any, err error) { out = append(out, v, err) }
		add(staff.All(q))
		add(staff.BySignIn(q, "Ada"))
		add(staff.AllTeams(q, testkit.Start))
		add(credentials.Requirements(q))
		for i := range 3 {
			person := record.DeriveID("p", fmt.Sprint(i+1))
			add(staff.Relations(q, person))
			add(credentials.Of(q, person))
			add(credentials.Bars(q, person, access.Nurse))
			s, on, err := staff.Running(q, person, testkit.Start)
			out = append(out, s, on, err)
		}
		for _, u := range []record.ID{cedar, elm} {
			add(staff.OnShift(q, u, testkit.Start))
			add(staff.InCharge(q, u, testkit.Start))
			add(staff.Assigned(q, u, testkit.Start))
		}
		return fmt.Sprint(out...)
	}
	rapid.Check(t, func(t *rapid.T) {
		all := statements(t)
		cut := rapid.IntRange(0, len(all)-1).Draw(t, "gone")
		want := said(t, all[cut:], nil)
		if got := said(t, rapid.Permutation(all[cut:]).Draw(t, "order"), all[:cut]); got != want {
			t.Fatalf("in another order:\n%s\nwant\n%s", got, want)
		}
	})
}

func units(t *testing.T, h *testkit.House, person record.ID) []record.ID {
	t.Helper()
	s, err := h.Directory.Scope(person, "")
	if err != nil {
		t.Fatal(err)
	}
	return s.Units
}

// Nobody lets himself in: a shift opens a unit only when a team or a plan stands behind it.
func TestAShiftOpensAUnitToThoseWhoBelong(t *testing.T) { onBoth(t, shiftOpensAUnit) }

func shiftOpensAUnit(t *testing.T, h *testkit.House) {
	jo := colleague(h, "Jo", access.Worker)
	h.Must(testkit.As(jo), "staff.shift_started", jo, &staff.ShiftStarted{Unit: elm})
	if got := units(t, h, jo); len(got) != 0 {
		t.Fatalf("a shift that nobody stands behind opens %v", got)
	}
	h.Must(testkit.Program(), "staff.shift_planned", jo, &staff.ShiftPlanned{Unit: elm, From: h.Clock.Now().Add(time.Hour), Until: h.Clock.Now().Add(9 * time.Hour)})
	if got := units(t, h, jo); !slices.Equal(got, []record.ID{elm}) {
		t.Fatalf("a plan an hour ahead stands behind the shift: %v", got)
	}
	h.Must(testkit.Program(), "staff.assigned", jo, &staff.Assignment{Unit: cedar})
	if got := units(t, h, jo); !slices.Equal(got, []record.ID{cedar, elm}) {
		t.Fatalf("the team comes first: %v", got)
	}
	h.Clock.Advance(30 * time.Minute)
	h.Must(testkit.As(jo), "staff.shift_ended", jo, &staff.ShiftEnded{})
	h.Must(testkit.Program(), "staff.unassigned", jo, &staff.Unassignment{Unit: cedar})
	if got := units(t, h, jo); len(got) != 0 {
		t.Fatalf("after the shift and off the team: %v", got)
	}
	h.Clock.Advance(time.Hour)
	if got := units(t, h, jo); !slices.Equal(got, []record.ID{elm}) {
		t.Fatalf("when the plan begins: %v", got)
	}
	// Another's shift is not theirs to start, and a role that plans nothing plans nothing.
	other := colleague(h, "Other", access.Worker)
	until := h.Clock.Now().Add(time.Hour)
	for _, e := range []*record.Entry{
		h.Entry("staff.shift_started", other, &staff.ShiftStarted{Unit: elm}),
		h.Entry("staff.shift_planned", other, &staff.ShiftPlanned{Unit: cedar, From: h.Clock.Now(), Until: until}),
		h.Entry("staff.shift_planned", jo, &staff.ShiftPlanned{Unit: cedar, From: h.Clock.Now(), Until: until}),
		h.Entry("staff.assigned", jo, &staff.Assignment{Unit: cedar}),
		h.Entry("staff.changed", jo, &staff.Changed{Details: staff.Details{Name: "Jo", Role: access.Administrator}}),
	} {
		if o := h.Committer.File(context.Background(), testkit.As(jo), e)[0]; fault.KindOf(o.Err) != fault.Denied {
			t.Errorf("a worker files %s: %v", e.Kind, o.Err)
		}
	}
}

func TestAForgottenShiftEnds(t *testing.T) { onBoth(t, forgottenShift) }

func forgottenShift(t *testing.T, h *testkit.House) {
	jo := colleague(h, "Jo", access.Worker)
	h.Must(testkit.Program(), "staff.assigned", jo, &staff.Assignment{Unit: cedar, Until: h.Clock.Now().Add(time.Hour)})
	h.Must(testkit.As(jo), "staff.shift_started", jo, &staff.ShiftStarted{Unit: cedar})
	q := h.DB.Read(context.Background())
	for _, c := range []struct {
		after time.Duration
		on    bool
	}{{0, true}, {2 * time.Hour, true}, {staff.LongestShift - time.Microsecond, true}, {staff.LongestShift, false}, {48 * time.Hour, false}} {
		at := testkit.Start.Add(c.after)
		_, running, err := staff.Running(q, jo, at)
		on, err2 := staff.OnShift(q, cedar, at)
		if err != nil || err2 != nil || running != c.on || (len(on) == 1) != c.on {
			t.Errorf("after %s: running %v, on shift %+v, %v %v", c.after, running, on, err, err2)
		}
		h.Clock.Set(at)
		if got := len(units(t, h, jo)) == 1; got != c.on {
			t.Errorf("after %s: sees the unit %v", c.after, got)
		}
	}
}

func TestWhoIsOnShift(t *testing.T) { onBoth(t, whoIsOnShift) }

func whoIsOnShift(t *testing.T, h *testkit.House) {
	boss := testkit.Program()
	now := h.Clock.Now()
	jo, bashir, dana := colleague(h, "Jo", access.Worker), colleague(h, "Bashir", access.Nurse), colleague(h, "Dana", access.Worker)
	colleague(h, "Away", access.Worker)
	plan := func(who record.ID, from, until time.Duration, task string, charge bool) *record.Entry {
		return h.Must(boss, "staff.shift_planned", who, &staff.ShiftPlanned{Unit: cedar, From: now.Add(from), Until: now.Add(until), Task: task, InCharge: charge})
	}
	plan(jo, -2*time.Hour, 6*time.Hour, "Rooms 1–7", false)
	plan(bashir, -2*time.Hour, 6*time.Hour, "", true)
	plan(dana, time.Hour, 9*time.Hour, "Kitchen", false)
	h.Must(boss, "staff.shift_started", jo, &staff.ShiftStarted{Unit: cedar})
	read := func(at time.Time) string {
		t.Helper()
		on, err := staff.OnShift(h.DB.Read(context.Background()), cedar, at)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, d := range on {
			out = append(out, fmt.Sprintf("%s %v %v %s", d.Name, d.Started, d.InCharge, d.Task))
		}
		return strings.Join(out, "; ")
	}
	if got := read(now); got != "Bashir false true ; Jo true false Rooms 1–7" {
		t.Errorf("now: %s", got)
	}
	h.Clock.Advance(time.Minute)
	h.Must(boss, "staff.shift_started", dana, &staff.ShiftStarted{Unit: cedar})
	if got := read(h.Clock.Now()); got != "Bashir false true ; Dana true false Kitchen; Jo true false Rooms 1–7" {
		t.Errorf("started early: %s", got)
	}
	h.Clock.Advance(time.Minute)
	h.Must(boss, "staff.shift_started", jo, &staff.ShiftStarted{Unit: elm}) // lent to the next unit
	if got := read(h.Clock.Now()); got != "Bashir false true ; Dana true false Kitchen; Jo false false Rooms 1–7" {
		t.Errorf("lent: %s", got)
	}
	p := plan(dana, -time.Hour, 6*time.Hour, "Kitchen", false)
	fix := h.Entry("staff.shift_planned", dana, &staff.ShiftPlanned{Unit: cedar, From: now.Add(-time.Hour), Until: now.Add(6 * time.Hour), Task: "Kitchen", InCharge: true})
	fix.Amends, fix.Amendment = p.ID, record.Correction
	if o := h.Committer.File(context.Background(), boss, fix)[0]; o.Err != nil {
		t.Fatal(o.Err)
	}
	if got, err := staff.InCharge(h.DB.Read(context.Background()), cedar, h.Clock.Now()); err != nil || got != dana {
		t.Errorf("the last one put in charge is: %s, %v", got, err)
	}
	h.Must(boss, "staff.left", dana, &staff.Left{})
	if got := read(h.Clock.Now()); strings.Contains(got, "Dana") {
		t.Errorf("after she left: %s", got)
	}
	if got := read(now.Add(time.Minute)); !strings.Contains(got, "Dana") {
		t.Errorf("asked about before she left: %s", got)
	}
}

func TestOneSignInNameIsOnePersons(t *testing.T) { onBoth(t, oneSignInName) }

func oneSignInName(t *testing.T, h *testkit.House) {
	q := h.DB.Read(context.Background())
	first := colleague(h, "Ada", access.Nurse)
	h.Clock.Advance(time.Minute)
	second := record.DeriveID("test", "staff", "another")
	h.Must(testkit.Program(), "staff.joined", second, &staff.Joined{Details: staff.Details{Name: "Adam", Role: access.Worker, SignIn: "ADA"}})
	holder := func(want record.ID, when string) {
		t.Helper()
		p, err := staff.BySignIn(q, "aDa")
		if err != nil || p.ID != want {
			t.Errorf("%s: %s, %v", when, p.Name, err)
		}
	}
	holder(first, "claimed first")
	h.Clock.Advance(time.Minute)
	h.Must(testkit.Program(), "staff.changed", first, &staff.Changed{Details: staff.Details{Name: "Ada", Pronouns: "she, her", Role: access.Nurse, SignIn: "ada"}})
	holder(first, "a change that keeps the name keeps the claim")
	h.Must(testkit.Program(), "staff.left", first, &staff.Left{})
	holder(second, "after the first left")
	if s, err := h.Directory.Scope(first, ""); err == nil {
		t.Errorf("who left still sees %+v", s)
	}
	h.Clock.Advance(time.Minute)
	h.Must(testkit.Program(), "staff.returned", first, &staff.Returned{})
	holder(first, "and came back")
	if _, err := staff.BySignIn(q, ""); fault.KindOf(err) != fault.NotFound {
		t.Errorf("no name: %v", err)
	}
	names, err := staff.Names(q, first, second, cedar, record.Zero)
	if err != nil || len(names) != 2 || names[second] != "Adam" {
		t.Errorf("names: %v, %v", names, err)
	}
}
