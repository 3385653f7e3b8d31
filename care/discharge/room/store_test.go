package room

import (
	"slices"
	"testing"
	"time"

	"milieu/care/belongings"
	"milieu/care/discharge"
	"milieu/house/clients"
	"milieu/house/places"
	placesroom "milieu/house/places/room"
	staffroom "milieu/house/staff/room"
	"milieu/kit/access"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/testkit"
)

var (
	unit = record.MustID("018f0000-0000-7000-8000-0000000000c1")
	rafi = record.MustID("018f0000-0000-7000-8000-0000000000d1")
)

// Whatever door a discharge comes by, what is missing of it is asked for until it is said; one that is entered long after asks for nothing.
func TestWhatIsMissing(t *testing.T) {
	people := room.Def{Name: "clients", Kinds: clients.Kinds(), Projections: clients.Projections(), Sources: []access.Source{clients.Source()}, Hub: room.Hub{NameOf: clients.NameOf}}
	// The room reads what others say of belongings, whatever keeps them.
	things := room.Def{Name: "belongings", Kinds: belongings.Kinds()}
	defs := []room.Def{placesroom.Def(), staffroom.Def(), people, things, Def()}
	h := testkit.New(t, testkit.PolicyFor(t, "../../../app/policy", defs...), defs...)
	must := func(kind string, b record.Body) *record.Entry {
		t.Helper()
		h.Clock.Advance(time.Minute)
		return h.Must(testkit.Program(), kind, rafi, b)
	}
	asked := func(want ...string) {
		t.Helper()
		all, err := due.Of(h.DB.Read(t.Context()), rafi)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, w := range all {
			got = append(got, w.Rule)
		}
		if !slices.Equal(got, want) {
			t.Errorf("asked for: %v, want %v", got, want)
		}
		open, err := Unfinished(h.DB.Read(t.Context()), unit)
		if err != nil || slices.Contains(open, rafi) != (len(want) > 0) {
			t.Errorf("unfinished on the unit: %v, %v", open, err)
		}
	}
	h.Must(testkit.Program(), "places.house_set", due.House, &places.House{Name: "Alder House", Zone: "UTC", Language: "en", Shifts: places.DefaultHouse().Shifts})
	h.Must(testkit.Program(), "places.unit_opened", unit, &places.UnitOpened{Name: "Alder", Kind: "ward"})
	must("clients.registered", &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: "Rafi Haddad"}}, Unit: unit})
	must("clients.admitted", &clients.Admitted{Unit: unit})
	coat := must(belongings.KindTakenIn, &belongings.TakenIn{Items: []belongings.Item{{What: "Coat", Count: 1, Kept: "locker"}}})
	asked()
	left := must("clients.discharged", &clients.DischargedTo{Destination: "home"})
	asked(discharge.RuleBelongings, discharge.RuleFollowUp, discharge.RuleSummary)
	must(discharge.KindBooked, &discharge.FollowUpBooked{What: "therapy", With: "x", At: left.Happened.Add(time.Hour)})
	asked(discharge.RuleBelongings, discharge.RuleFollowUp, discharge.RuleSummary)
	booked := must(discharge.KindBooked, &discharge.FollowUpBooked{What: "therapy", With: "x", At: left.Happened.AddDate(0, 0, 3)})
	asked(discharge.RuleBelongings, discharge.RuleSummary)
	must(belongings.KindGivenBack, &belongings.GivenBack{Parts: []belongings.Part{{Item: belongings.Ref(coat.ID, 0), Count: 1}}, To: "him", Unsigned: "x"})
	asked(discharge.RuleSummary)
	must(discharge.KindSummary, &discharge.SummaryWritten{Parts: map[string]string{"why_here": "x", "what_happened": "x", "how_now": "x", "what_next": "x"}})
	asked()
	gone := h.Entry("record.withdrawn", rafi, &record.Withdrawn{Reason: "the clinic called it off"})
	gone.Amends, gone.Amendment = booked.ID, record.InError
	if o := h.Committer.File(t.Context(), testkit.Program(), gone)[0]; o.Err != nil {
		t.Fatal(o.Err)
	}
	asked(discharge.RuleFollowUp)
	must(discharge.KindNone, &discharge.NoneBooked{Reason: "not_offered"})
	asked()

	must("clients.admitted", &clients.Admitted{Unit: unit})
	old := h.Entry("clients.discharged", rafi, &clients.DischargedTo{Destination: "home"})
	h.Clock.Advance(9 * 24 * time.Hour)
	if o := h.Committer.File(t.Context(), testkit.Program(), old)[0]; o.Err != nil {
		t.Fatal(o.Err)
	}
	asked()
	must("clients.admitted", &clients.Admitted{Unit: unit})
	must("clients.discharged", &clients.DischargedTo{Destination: "died"})
	asked(discharge.RuleSummary)
}
