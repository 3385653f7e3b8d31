// Package clientstest is a little house for tests about clients: two units, somebody of each sort who works there, and charts to speak of.
package clientstest

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

// The units, and the people who work in them.
var (
	Cedar      = record.MustID("018f0000-0000-7000-8000-0000000000c1")
	Birch      = record.MustID("018f0000-0000-7000-8000-0000000000c2")
	Worker     = record.MustID("018f0000-0000-7000-8000-0000000000f1") // in Cedar
	Stranger   = record.MustID("018f0000-0000-7000-8000-0000000000f2") // in Birch
	Supervisor = record.MustID("018f0000-0000-7000-8000-0000000000f3") // of both
)

var people = map[record.ID]*access.Person{
	Worker:     person(Worker, access.Worker, Cedar),
	Stranger:   person(Stranger, access.Worker, Birch),
	Supervisor: person(Supervisor, access.Supervisor, Cedar, Birch),
}

func person(id record.ID, role access.Role, units ...record.ID) *access.Person {
	p := &access.Person{ID: id, Name: string(role), Role: role}
	for _, u := range units {
		p.Relations = append(p.Relations, access.Relation{Unit: u, What: access.Team, From: testkit.Start.AddDate(-1, 0, 0)})
	}
	return p
}

func defs() []room.Def {
	// Actions of pages that these tests do without.
	pages := []room.Panel{{Action: "clients.read"}, {Action: "clients.match"}, {Action: "places.read"}}
	return []room.Def{
		{Name: "places", Kinds: places.Kinds(), Projections: places.Projections(), Sources: []access.Source{places.Source()}},
		{Name: "clients", Schema: blob.Schema, Panels: pages, Kinds: clients.Kinds(), Projections: clients.Projections(), Guards: clients.Guards(), Rules: clients.Rules(), Hub: room.Hub{NameOf: clients.NameOf},
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

// Root is the folder of the module, from the folder in which a test runs.
func Root(t testing.TB) string {
	t.Helper()
	for dir := "."; len(dir) < 32; dir = filepath.Join(dir, "..") {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatal("no go.mod above this test")
	return ""
}

func policy(t testing.TB) []string {
	t.Helper()
	return testkit.PolicyFor(t, filepath.Join(Root(t), "app", "policy"))
}

// House is the house on SQLite.
func House(t testing.TB) *testkit.House {
	t.Helper()
	return furnished(testkit.New(t, policy(t), defs()...))
}

// OnBoth runs a test on SQLite and on PostgreSQL.
func OnBoth(t *testing.T, test func(t *testing.T, h *testkit.House)) {
	t.Run("SQLite", func(t *testing.T) { test(t, House(t)) })
	t.Run("PostgreSQL", func(t *testing.T) {
		d, err := db.OpenPostgres(t.Context(), pgtest.Database(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		test(t, furnished(testkit.Open(t, d, clock.NewFake(testkit.Start), policy(t), defs()...)))
	})
}

func furnished(h *testkit.House) *testkit.House {
	h.Must(testkit.Program(), "places.unit_opened", Cedar, &places.UnitOpened{Name: "Cedar", Kind: "ward"})
	h.Must(testkit.Program(), "places.unit_opened", Birch, &places.UnitOpened{Name: "Birch", Kind: "ward"})
	return h
}

// Bed adds a room with one bed to a unit.
func Bed(h *testkit.House, unit record.ID, roomName string) (inRoom, bed record.ID) {
	r := h.Must(testkit.Program(), "places.room_added", unit, &places.RoomAdded{Name: roomName, Kind: "bedroom"})
	b := h.Must(testkit.Program(), "places.bed_added", unit, &places.BedAdded{Room: r.ID, Name: "A"})
	return r.ID, b.ID
}

// Scope is what somebody may see and do at the house's time.
func Scope(t testing.TB, h *testkit.House, who record.ID) *access.Scope {
	t.Helper()
	s, err := h.Directory.Scope(who, "test")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Named registers somebody for Cedar.
func Named(name string) *clients.Registered {
	return &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: name}}, Unit: Cedar}
}

// Chart is the nth chart.
func Chart(n byte) record.ID { return record.ID{0x01, 6: 0x70, 8: 0x80, 15: n} }

// At is a time of the house's first day; hours from 24 on are those of the next.
func At(hour, minute int) time.Time {
	return testkit.Start.Truncate(24 * time.Hour).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}
