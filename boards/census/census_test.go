package census_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"milieu/boards/census"
	"milieu/house/clients"
	"milieu/house/places"
	placesroom "milieu/house/places/room"
	"milieu/house/staff"
	staffroom "milieu/house/staff/room"
	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/testkit"
	"milieu/kit/testkit/pgtest"
	"milieu/kit/ui"
)

func id(what string) record.ID { return record.DeriveID("census test", what) }

func defs() []room.Def {
	people := room.Def{Name: "clients", Kinds: clients.Kinds(), Projections: clients.Projections(), Sources: []access.Source{clients.Source()}, Hub: room.Hub{NameOf: clients.NameOf}}
	return []room.Def{placesroom.Def(), staffroom.Def(), people, census.Def()}
}

func onBoth(t *testing.T, do func(t *testing.T, h *testkit.House)) {
	policy := testkit.PolicyFor(t, "../../app/policy")
	t.Run("SQLite", func(t *testing.T) { do(t, testkit.New(t, policy, defs()...)) })
	t.Run("PostgreSQL", func(t *testing.T) {
		d, err := db.OpenPostgres(t.Context(), pgtest.Database(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		do(t, testkit.Open(t, d, clock.NewFake(testkit.Start), policy, defs()...))
	})
}

func TestEverybodySeesTheirOwnBeds(t *testing.T) {
	onBoth(t, func(t *testing.T, h *testkit.House) {
		must := func(kind string, chart record.ID, b record.Body) *record.Entry {
			t.Helper()
			return h.Must(testkit.Program(), kind, chart, b)
		}
		h.Clock.Set(testkit.Start.Add(-72 * time.Hour))
		rooms, beds := map[string]record.ID{}, map[string]record.ID{}
		for _, unit := range []string{"Cedar", "Birch"} {
			must("places.unit_opened", id(unit), &places.UnitOpened{Name: unit, Kind: "ward"})
			for _, name := range []string{"Room 10", "Room 2", "Room 3"} {
				rooms[unit+name] = must("places.room_added", id(unit), &places.RoomAdded{Name: name, Kind: "bedroom"}).ID
				beds[unit+name] = must("places.bed_added", id(unit), &places.BedAdded{Room: rooms[unit+name], Name: "A"}).ID
			}
		}
		for name, role := range map[string]access.Role{"worker": access.Worker, "coordinator": access.Coordinator} {
			must("staff.joined", id(name), &staff.Joined{Details: staff.Details{Name: name, Role: role, SignIn: name}})
			must("staff.assigned", id(name), &staff.Assignment{Unit: id("Cedar")})
		}
		come := func(name, unit, room string) {
			t.Helper()
			must("clients.registered", id(name), &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: name}}, Unit: id(unit)})
			if room == "-" {
				return
			}
			must("clients.admitted", id(name), &clients.Admitted{Unit: id(unit), Room: rooms[unit+room], Bed: beds[unit+room]})
		}
		come("Amara Osei", "Cedar", "Room 10")
		come("Rafi Haddad", "Cedar", "Room 2")
		come("Wren Castillo", "Cedar", "") // without a bed
		come(hostile, "Cedar", "-")        // not admitted yet
		come("Ingrid Solberg", "Birch", "Room 2")
		must("clients.registered", id("again"), &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: "R. Haddad"}}, Unit: id("Cedar")})
		must("clients.merged", id("again"), &clients.Merged{Into: id("Rafi Haddad"), Reason: "one person"})
		must("clients.left", id("Amara Osei"), &clients.Left{Kind: "hospital"})
		h.Clock.Set(testkit.Start)
		must("clients.transferred", id("Ingrid Solberg"), &clients.Transferred{Unit: id("Cedar"), Room: rooms["CedarRoom 3"], Bed: beds["CedarRoom 3"]})

		page := get(t, h.Browse(id("worker")), "/census")
		has(t, page, []string{"4 people, 3 beds, 0 free", "Rafi Haddad", "in hospital", "No bed yet", "waits for a bed since", "expected, registered", "&lt;script&gt;", "came from Birch", "Week by week"}, "R. Haddad", "<script>alert", "All units", "Birch</a>")
		if two, ten := strings.Index(page, "Room 2"), strings.Index(page, "Room 10"); two < 0 || ten < two {
			t.Error("rooms do not stand as people count")
		}
		if strings.Contains(get(t, h.Browse(id("worker")), "/census?unit="+id("Birch").String()), "<h1>Birch") {
			t.Error("another unit's beds are shown")
		}
		all := get(t, h.Browse(id("coordinator")), "/census")
		has(t, all, []string{"All units", "Cedar", "Birch", "4 people, 6 beds, 3 free"}, "Rafi Haddad")
		has(t, get(t, h.Browse(id("coordinator")), "/census?unit="+id("Birch").String()), []string{"0 people, 3 beds, 3 free", "went to Cedar"})
		for _, sort := range []string{"name", "where", "since", "nonsense"} {
			get(t, h.Browse(id("worker")), "/census?sort="+sort)
		}
	})
}

const hostile = `<script>alert(1)</script>"'&{{7*7}}`

func get(t *testing.T, b *testkit.Browser, path string) string {
	t.Helper()
	code, page := b.Page(path)
	if code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, code, page)
	}
	if i := strings.Index(page, "⟦"); i >= 0 {
		t.Errorf("%s: a word is missing: %.60s", path, page[i:])
	}
	return page
}

func has(t *testing.T, page string, there []string, not ...string) {
	t.Helper()
	for _, one := range there {
		if !strings.Contains(page, one) {
			t.Errorf("%q is missing", one)
		}
	}
	for _, one := range not {
		if strings.Contains(page, one) {
			t.Errorf("%q is there", one)
		}
	}
}

func TestWords(t *testing.T) {
	for _, fault := range ui.CheckCatalogue(os.DirFS("."), "census.") {
		t.Error(fault)
	}
}
