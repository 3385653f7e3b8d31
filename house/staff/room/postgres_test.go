package room_test

import (
	"context"
	"os"
	"testing"

	"milieu/house/places"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/testkit"
	"milieu/kit/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, do func(*testing.T, *testkit.House)) {
	t.Run("SQLite", func(t *testing.T) { do(t, open(t)) })
	t.Run("PostgreSQL", func(t *testing.T) {
		d, err := db.OpenPostgres(context.Background(), pgtest.Database(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := d.Close(); err != nil {
				t.Errorf("closing the database: %v", err)
			}
		})
		do(t, furnish(testkit.Open(t, d, clock.NewFake(testkit.Start), policies(t), defs()...)))
	})
}

// Places are read alike on both, where a shift's unit is looked up.
func TestPlacesOnBoth(t *testing.T) {
	onBoth(t, func(t *testing.T, h *testkit.House) {
		boss, q := testkit.Program(), h.DB.Read(context.Background())
		h.Must(boss, "places.house_set", due.House, &places.House{Name: "Alder House", Zone: "Europe/London", Language: "en", Shifts: places.DefaultHouse().Shifts})
		room := h.Must(boss, "places.room_added", cedar, &places.RoomAdded{Name: "Room 1", Kind: "bedroom"})
		h.Must(boss, "places.bed_added", cedar, &places.BedAdded{Room: room.ID, Name: "A"})
		gone := h.Must(boss, "places.bed_added", cedar, &places.BedAdded{Room: room.ID, Name: "B"})
		h.Must(boss, "places.bed_closed", cedar, &places.BedClosed{Bed: gone.ID})
		h.Must(boss, "places.room_coded", cedar, &places.RoomCoded{Room: room.ID, Digest: places.CodeDigest(cedar, "AAAA-BBBB")})
		house, err := places.HouseOf(q)
		if err != nil || house.Name != "Alder House" {
			t.Errorf("house %+v, %v", house, err)
		}
		units, err := places.Units(q)
		if err != nil || len(units) != 2 || units[0].Name != "Cedar" || units[0].Beds != 1 {
			t.Errorf("units %+v, %v", units, err)
		}
		beds, err := places.Beds(q, cedar)
		if err != nil || len(beds) != 1 || beds[0].RoomName != "Room 1" {
			t.Errorf("beds %+v, %v", beds, err)
		}
		if got, err := places.RoomOfCode(q, cedar, "aaaabbbb", h.Clock.Now()); err != nil || got != room.ID {
			t.Errorf("the code is room %s, %v", got, err)
		}
	})
}
