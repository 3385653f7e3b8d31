package clients_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"milieu/house/clients"
	"milieu/house/places"
	"milieu/kit/access"
	"milieu/kit/blob"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/testkit"
	"milieu/kit/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// A little house: two units, somebody of each sort, and the charts the tests speak of.
var (
	cedar      = record.MustID("018f0000-0000-7000-8000-0000000000c1")
	birch      = record.MustID("018f0000-0000-7000-8000-0000000000c2")
	worker     = record.MustID("018f0000-0000-7000-8000-0000000000f1")
	stranger   = record.MustID("018f0000-0000-7000-8000-0000000000f2")
	supervisor = record.MustID("018f0000-0000-7000-8000-0000000000f3")
)

func person(id record.ID, role access.Role, units ...record.ID) *access.Person {
	p := &access.Person{ID: id, Name: string(role), Role: role}
	for _, u := range units {
		p.Relations = append(p.Relations, access.Relation{Unit: u, What: "team", From: testkit.Start.AddDate(-1, 0, 0)})
	}
	return p
}

var people = map[record.ID]*access.Person{
	worker:     person(worker, access.Worker, cedar),
	stranger:   person(stranger, access.Worker, birch),
	supervisor: person(supervisor, access.Supervisor, cedar, birch),
}

func defs() []room.Def {
	// Actions of pages that these tests do without.
	pages := []room.Panel{{Action: "clients.read"}, {Action: "clients.match"}, {Action: "places.read"}}
	return []room.Def{
		{Name: "places", Kinds: places.Kinds(), Projections: places.Projections(), Sources: []access.Source{places.Source()}},
		{Name: "clients", Schema: blob.Schema, Panels: pages, Kinds: clients.Kinds(), Projections: clients.Projections(), Rules: clients.Rules(), Hub: room.Hub{NameOf: clients.NameOf},
			Sources: []access.Source{clients.Source(), {
				Person: func(_ db.Querier, id record.ID) (*access.Person, error) { return people[id], nil },
				All: func(db.Querier) (list, _ []record.ID, _ error) {
					for id := range people {
						list = append(list, id)
					}
					return list, nil, nil
				},
			}}},
	}
}

func policy(t testing.TB, names ...string) (texts []string) {
	t.Helper()
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join("..", "..", "app", "policy", name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return texts
}

func house(t testing.TB) *testkit.House {
	t.Helper()
	return furnished(testkit.New(t, policy(t, "clients", "places"), defs()...))
}

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(t *testing.T, h *testkit.House)) {
	t.Run("SQLite", func(t *testing.T) { test(t, house(t)) })
	t.Run("PostgreSQL", func(t *testing.T) {
		d, err := db.OpenPostgres(t.Context(), pgtest.Database(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		test(t, furnished(testkit.Open(t, d, clock.NewFake(testkit.Start), policy(t, "clients", "places"), defs()...)))
	})
}

func furnished(h *testkit.House) *testkit.House {
	h.Must(testkit.Program(), "places.unit_opened", cedar, &places.UnitOpened{Name: "Cedar", Kind: "ward"})
	h.Must(testkit.Program(), "places.unit_opened", birch, &places.UnitOpened{Name: "Birch", Kind: "ward"})
	return h
}

// bed adds a room with one bed to a unit.
func bed(h *testkit.House, unit record.ID, roomName string) (inRoom, bed record.ID) {
	r := h.Must(testkit.Program(), "places.room_added", unit, &places.RoomAdded{Name: roomName, Kind: "bedroom"})
	b := h.Must(testkit.Program(), "places.bed_added", unit, &places.BedAdded{Room: r.ID, Name: "A"})
	return r.ID, b.ID
}

func named(name string) *clients.Registered {
	return &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: name}}, Unit: cedar}
}

func chart(n byte) record.ID { return record.ID{0x01, 6: 0x70, 8: 0x80, 15: n} }

func at(hour, minute int) time.Time {
	return testkit.Start.Truncate(24 * time.Hour).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}
