package room

import (
	"testing"
	"time"

	"milieu/care/contacts"
	"milieu/house/clients"
	"milieu/house/places"
	placesroom "milieu/house/places/room"
	"milieu/house/staff"
	staffroom "milieu/house/staff/room"
	"milieu/kit/access"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/testkit"
)

var (
	unit   = record.MustID("018f0000-0000-7000-8000-0000000000c1")
	rafi   = record.MustID("018f0000-0000-7000-8000-0000000000d1")
	twice  = record.MustID("018f0000-0000-7000-8000-0000000000d2") // the same person, registered again
	worker = record.MustID("018f0000-0000-7000-8000-0000000000f1")
)

func house(t *testing.T) *testkit.House {
	t.Helper()
	people := room.Def{Name: "clients", Kinds: clients.Kinds(), Projections: clients.Projections(), Sources: []access.Source{clients.Source()}, Hub: room.Hub{NameOf: clients.NameOf}}
	defs := []room.Def{placesroom.Def(), staffroom.Def(), people, Def()}
	h := testkit.New(t, testkit.PolicyFor(t, "../../../app/policy", defs...), defs...)
	h.Clock.Set(testkit.Start.Add(6 * time.Hour))
	must := func(kind string, chart record.ID, b record.Body) { h.Must(testkit.Program(), kind, chart, b) }
	must("places.house_set", due.House, &places.House{Name: "Alder House", Zone: "UTC", Language: "en", Shifts: places.DefaultHouse().Shifts})
	must("places.unit_opened", unit, &places.UnitOpened{Name: "Alder", Kind: "ward"})
	must("staff.joined", worker, &staff.Joined{Details: staff.Details{Name: "Jo Ferrand", Role: access.Worker, SignIn: "jo"}})
	must("staff.assigned", worker, &staff.Assignment{Unit: unit})
	for _, chart := range []record.ID{rafi, twice} {
		must("clients.registered", chart, &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: "Rafi Haddad"}}, Unit: unit})
		must("clients.admitted", chart, &clients.Admitted{Unit: unit})
	}
	return h
}

func talk(h *testkit.House, chart record.ID, meaningful string, labels ...string) *record.Entry {
	h.T.Helper()
	now := h.Clock.Now()
	e := h.Entry(contacts.KindHeld, chart, &contacts.Held{Type: "one_to_one", Mode: "in_person", Started: now.Add(-10 * time.Minute), Stopped: now, Purposes: []string{"worry"}, Meaningful: meaningful})
	e.Labels = labels
	if o := h.Committer.File(h.T.Context(), testkit.Program(), e)[0]; o.Err != nil {
		h.T.Fatal(o.Err)
	}
	return e
}

func open(t *testing.T, h *testkit.House, chart record.ID) []due.Window {
	t.Helper()
	all, err := due.Of(h.DB.Read(t.Context()), chart)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// The last meaningful contact is everybody's who cares for the person: one that some may not see, one that was none, and one taken back do not
// count, on the board or for the due; and a person is one, under however many charts.
func TestLastContact(t *testing.T) {
	h := house(t)
	last := func() Last {
		t.Helper()
		all, err := LastIn(h.DB.Read(t.Context()), unit)
		if err != nil {
			t.Fatal(err)
		}
		return all[rafi]
	}
	if !last().ID.IsZero() || len(open(t, h, rafi)) != 0 {
		t.Fatal("something is there before anything was said")
	}
	h.Must(testkit.Program(), contacts.KindRules, unit, &contacts.RulesSet{Hours: 4})
	if w := open(t, h, rafi); len(w) != 1 || w[0].Rule != contacts.RuleMeaningful || !w[0].Due.Equal(testkit.Start.Add(10*time.Hour)) {
		t.Fatalf("nobody has talked with them since they came: %+v", w)
	}
	h.Clock.Advance(time.Hour)
	first := talk(h, rafi, contacts.Yes)
	h.Clock.Advance(time.Hour)
	talk(h, rafi, contacts.No)
	talk(h, rafi, contacts.Yes, access.SubstanceUse)
	if l := last(); l.ID != first.ID {
		t.Errorf("the last is %+v, want %s", l, first.ID)
	}
	if w := open(t, h, rafi); len(w) != 1 || w[0].Anchor != first.ID || !w[0].Due.Equal(first.Happened.Add(4*time.Hour)) {
		t.Errorf("asked for by %+v", w)
	}
	quiet := talk(h, rafi, contacts.Yes, access.NotForFamily)
	if l := last(); l.ID != quiet.ID {
		t.Errorf("what family are not to see counts for those who care: %+v", l)
	}
	h.Clock.Advance(time.Minute)
	h.Must(testkit.Program(), "access.relabelled", rafi, &access.Relabelled{Entry: quiet.ID, Add: []string{access.SubstanceUse}, Reason: "x"})
	if l := last(); l.ID != first.ID {
		t.Errorf("it is some people's only now, and still counts: %+v", l)
	}
	h.Clock.Advance(time.Minute)
	other := talk(h, twice, contacts.Yes)
	merge := h.Must(testkit.Program(), "clients.merged", twice, &clients.Merged{Into: rafi, Reason: "x"})
	if l := last(); l.ID != other.ID || len(open(t, h, twice)) != 0 {
		t.Errorf("one person: %+v, %d asked for under the other chart", l, len(open(t, h, twice)))
	}
	h.Must(testkit.Program(), "clients.unmerged", twice, &clients.Unmerged{Merge: merge.ID, From: rafi, Reason: "x"})
	if l := last(); l.ID != first.ID || len(open(t, h, twice)) != 1 {
		t.Errorf("two people again: %+v", l)
	}
	h.Must(testkit.Program(), "clients.left", rafi, &clients.Left{Kind: "leave"})
	if w := open(t, h, rafi); len(w) != 0 {
		t.Errorf("who is away is asked for: %+v", w)
	}
	h.Must(testkit.Program(), contacts.KindRules, unit, &contacts.RulesSet{})
	if w := open(t, h, twice); len(w) != 0 {
		t.Errorf("the unit asks for none any more: %+v", w)
	}
}
