package transfer

import (
	"net/http"
	"strings"
	"testing"
	"time"

	belongingsroom "milieu/care/belongings/room"
	contactsroom "milieu/care/contacts/room"
	roundsroom "milieu/care/rounds/room"
	"milieu/house/clients"
	clientsroom "milieu/house/clients/room"
	"milieu/house/places"
	placesroom "milieu/house/places/room"
	"milieu/house/staff"
	staffroom "milieu/house/staff/room"
	"milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/testkit"
)

func id(what string) record.ID { return record.DeriveID("transfer test", what) }

// TestLastMove: what counts is the last coming from another unit within the stay.
func TestLastMove(t *testing.T) {
	people := &clientsroom.Room{}
	defs := []room.Def{placesroom.Def(), staffroom.Def(), people.Def(), roundsroom.Def(), contactsroom.Def(), belongingsroom.Def()}
	defs = append(defs, Def(defs))
	h := testkit.New(t, testkit.PolicyFor(t, "../../app/policy", defs...), defs...)
	must := func(kind string, chart record.ID, b record.Body) *record.Entry {
		t.Helper()
		h.Clock.Advance(time.Minute)
		return h.Must(testkit.Program(), kind, chart, b)
	}
	for _, unit := range []string{"Cedar", "Birch"} {
		must("places.unit_opened", id(unit), &places.UnitOpened{Name: unit, Kind: "ward"})
	}
	must("staff.joined", id("jo"), &staff.Joined{Details: staff.Details{Name: "Jo Ferrand", Role: access.Worker, SignIn: "jo"}})
	must("staff.assigned", id("jo"), &staff.Assignment{Unit: id("Birch")})
	admitted := func(unit string) *clients.Admitted { return &clients.Admitted{Unit: id(unit)} }
	moved := func(unit string) *clients.Transferred {
		return &clients.Transferred{Unit: id(unit), Reason: "Quieter there"}
	}
	for _, c := range []struct {
		name  string
		steps []record.Body
		want  string // from and to; empty: never
	}{
		{"never moved", []record.Body{admitted("Birch")}, ""},
		{"came from another unit", []record.Body{admitted("Cedar"), moved("Birch")}, "Cedar Birch"},
		{"another room of the same unit", []record.Body{admitted("Birch"), moved("Birch")}, ""},
		{"another room after coming", []record.Body{admitted("Cedar"), moved("Birch"), moved("Birch")}, "Cedar Birch"},
		{"there and back", []record.Body{admitted("Birch"), moved("Cedar"), moved("Birch")}, "Cedar Birch"},
		{"of a stay before", []record.Body{admitted("Cedar"), moved("Birch"), &clients.DischargedTo{Destination: "home"}, admitted("Birch")}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			chart := id(c.name)
			must("clients.registered", chart, &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: "Rafi Haddad"}}, Unit: id("Birch")})
			for _, b := range c.steps {
				var kind string
				switch b.(type) {
				case *clients.Admitted:
					kind = "clients.admitted"
				case *clients.Transferred:
					kind = "clients.transferred"
				case *clients.DischargedTo:
					kind = "clients.discharged"
				}
				must(kind, chart, b)
			}
			q := h.DB.Read(t.Context())
			m, ok, err := LastMove(q, chart)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if ok {
				got = unitName(q, m.From) + " " + unitName(q, m.To)
			}
			if got != c.want {
				t.Errorf("moved %q, want %q", got, c.want)
			}
			says, other := "They have not come from another unit in this stay.", "From Cedar to Birch"
			if c.want != "" {
				says, other = other, says
			}
			code, page := h.Browse(id("jo")).Page(path(chart))
			if code != http.StatusOK || !strings.Contains(page, says) || strings.Contains(page, other) || strings.Contains(page, "⟦") {
				t.Errorf("%d, the page does not say %q: %.3000s", code, says, page)
			}
		})
	}
}
