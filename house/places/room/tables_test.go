package room_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"milieu/house/places"
	placesroom "milieu/house/places/room"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/testkit"
)

const policy = `
everyone may places.read for themselves
administrator may places.house.set, places.unit.open, places.unit.change anywhere
`

var (
	cedar = record.DeriveID("test", "cedar")
	elm   = record.DeriveID("test", "elm")
)

func id(n int) record.ID { return record.DeriveID("test", fmt.Sprint(n)) }

type statement struct {
	e *record.Entry
	b record.Body
}

// statements draws things said about two units, some at the same instant.
func statements(t *rapid.T) []statement {
	n := rapid.IntRange(1, 14).Draw(t, "n")
	var out []statement
	for i := range n {
		unit := rapid.SampledFrom([]record.ID{cedar, elm}).Draw(t, "unit")
		room := id(rapid.IntRange(100, 102).Draw(t, "room"))
		name := rapid.SampledFrom([]string{"A", "B 2", "B 10"}).Draw(t, "name")
		bodies := map[string]record.Body{
			"places.house_set":    &places.House{Name: name, Zone: "UTC", Language: "en"},
			"places.unit_opened":  &places.UnitOpened{Name: name, Kind: "ward"},
			"places.unit_changed": &places.UnitChanged{Name: name, Kind: "home"},
			"places.unit_closed":  &places.UnitClosed{},
			"places.room_added":   &places.RoomAdded{Room: room, Name: name, Kind: "bedroom"},
			"places.room_changed": &places.RoomChanged{Room: room, Name: name, Kind: "kitchen"},
			"places.room_closed":  &places.RoomClosed{Room: room},
			"places.room_coded":   &places.RoomCoded{Room: room, Digest: places.CodeDigest(unit, name)},
			"places.bed_added":    &places.BedAdded{Bed: id(rapid.IntRange(200, 202).Draw(t, "bed")), Room: room, Name: name},
			"places.bed_closed":   &places.BedClosed{Bed: id(rapid.IntRange(200, 202).Draw(t, "closed"))},
		}
		kinds := make([]string, 0, len(bodies))
		for k := range bodies {
			kinds = append(kinds, k)
		}
		slices.Sort(kinds)
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		b := bodies[kind]
		raw, err := record.Canonical(b)
		if err != nil {
			t.Fatal(err)
		}
		at := testkit.Start.Add(time.Duration(rapid.IntRange(0, 4).Draw(t, "at")) * time.Hour)
		out = append(out, statement{&record.Entry{ID: id(i), Chart: unit, Kind: kind, Happened: at, Written: at, Body: raw}, b})
	}
	return out
}

// Whatever the order in which statements arrive, and whether one that no longer stands was there for a while, the same set says the same.
func TestPlacesComeOutTheSameInAnyOrder(t *testing.T) {
	h := testkit.New(t, []string{policy}, placesroom.Def())
	ctx := context.Background()
	said := func(t *rapid.T, list []statement, gone []statement) string {
		err := h.DB.Write(ctx, func(tx db.Tx) error {
			for _, p := range places.Projections() {
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
		house, err1 := places.HouseOf(q)
		units, err2 := places.Units(q)
		out := fmt.Sprint(house, units, err1, err2)
		for _, u := range []record.ID{cedar, elm} {
			rooms, err1 := places.Rooms(q, u)
			beds, err2 := places.Beds(q, u)
			coded, err3 := places.RoomOfCode(q, u, "A", testkit.Start.Add(2*time.Hour))
			out += fmt.Sprint(rooms, beds, coded, err1, err2, err3)
		}
		return out
	}
	rapid.Check(t, func(t *rapid.T) {
		all := statements(t)
		cut := rapid.IntRange(0, len(all)-1).Draw(t, "gone")
		stand := all[cut:]
		want := said(t, stand, nil)
		if got := said(t, rapid.Permutation(stand).Draw(t, "order"), all[:cut]); got != want {
			t.Fatalf("in another order:\n%s\nwant\n%s", got, want)
		}
	})
}

func each(s statement, do func(record.Projection) error) error {
	for _, p := range places.Projections() {
		if slices.Contains(p.Kinds, s.e.Kind) {
			if err := do(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// A unit is built, changed and partly closed through the committer.
func TestAUnitIsBuilt(t *testing.T) {
	h := testkit.New(t, []string{policy}, placesroom.Def())
	q := h.DB.Read(context.Background())
	if house, err := places.HouseOf(q); err != nil || house.Zone != "UTC" || len(house.Shifts) != 2 {
		t.Fatalf("before it is set up: %+v, %v", house, err)
	}
	boss := testkit.Program()
	h.Must(boss, "places.house_set", due.House, &places.House{Name: "Alder House", Zone: "America/New_York", Language: "en", Shifts: places.DefaultHouse().Shifts})
	if got := h.House(); got.Name != "Alder House" || got.Zone.String() != "America/New_York" {
		t.Errorf("pages see %+v", got)
	}
	h.Must(boss, "places.unit_opened", cedar, &places.UnitOpened{Name: "Cedar", Kind: "ward"})
	room10 := h.Must(boss, "places.room_added", cedar, &places.RoomAdded{Name: "Room 10", Kind: "bedroom"})
	room2 := h.Must(boss, "places.room_added", cedar, &places.RoomAdded{Name: "Room 2", Kind: "bedroom"})
	bed := h.Must(boss, "places.bed_added", cedar, &places.BedAdded{Room: room2.ID, Name: "A"})
	h.Must(boss, "places.bed_added", cedar, &places.BedAdded{Room: room10.ID, Name: "A"})

	check := func(when string, wantRooms, wantBeds string) {
		t.Helper()
		rooms, err := places.Rooms(q, cedar)
		if err != nil {
			t.Fatal(err)
		}
		beds, err := places.Beds(q, cedar)
		if err != nil {
			t.Fatal(err)
		}
		units, err := places.Units(q)
		if err != nil || len(units) != 1 || units[0].Beds != len(beds) {
			t.Errorf("%s: the unit is %+v, %v", when, units, err)
		}
		gotRooms, gotBeds := "", ""
		for _, r := range rooms {
			gotRooms += r.Name + ";"
		}
		for _, b := range beds {
			gotBeds += b.RoomName + " " + b.Name + ";"
		}
		if gotRooms != wantRooms || gotBeds != wantBeds {
			t.Errorf("%s: rooms %q, beds %q; want %q, %q", when, gotRooms, gotBeds, wantRooms, wantBeds)
		}
	}
	check("built", "Room 2;Room 10;", "Room 2 A;Room 10 A;")
	correct := h.Entry("places.room_added", cedar, &places.RoomAdded{Name: "Room 3", Kind: "bedroom"})
	correct.Amends, correct.Amendment = room2.ID, record.Correction
	if o := h.Committer.File(context.Background(), boss, correct)[0]; o.Err != nil {
		t.Fatal(o.Err)
	}
	check("after a correction the room keeps its beds", "Room 3;Room 10;", "Room 3 A;Room 10 A;")
	closed := h.Must(boss, "places.room_closed", cedar, &places.RoomClosed{Room: room10.ID})
	check("a closed room takes its beds along", "Room 3;", "Room 3 A;")
	undo := h.Entry("record.withdrawn", cedar, &record.Withdrawn{Reason: "wrong room"})
	undo.Amends, undo.Amendment = closed.ID, record.InError
	if o := h.Committer.File(context.Background(), boss, undo)[0]; o.Err != nil {
		t.Fatal(o.Err)
	}
	check("taken back", "Room 3;Room 10;", "Room 3 A;Room 10 A;")
	h.Must(boss, "places.bed_closed", cedar, &places.BedClosed{Bed: bed.ID})
	check("a bed out of use", "Room 3;Room 10;", "Room 10 A;")
	h.Clock.Advance(time.Minute)
	h.Must(boss, "places.unit_closed", cedar, &places.UnitClosed{})
	if u, err := places.UnitOf(q, cedar); err != nil || u.Open || u.Name != "Cedar" {
		t.Errorf("closed: %+v, %v", u, err)
	}
	h.Clock.Advance(time.Minute)
	h.Must(boss, "places.unit_opened", cedar, &places.UnitOpened{Name: "New Cedar", Kind: "home"})
	if u, err := places.UnitOf(q, cedar); err != nil || !u.Open || u.Name != "New Cedar" || u.Kind != "home" {
		t.Errorf("open again: %+v, %v", u, err)
	}
	if _, err := places.UnitOf(q, elm); err == nil {
		t.Error("a unit that nobody opened is found")
	}
}

func TestACodeCountsWhileItHangs(t *testing.T) {
	h := testkit.New(t, []string{policy}, placesroom.Def())
	q := h.DB.Read(context.Background())
	boss := testkit.Program()
	code := func(room record.ID, text string) {
		d := ""
		if text != "" {
			d = places.CodeDigest(cedar, text)
		}
		h.Must(boss, "places.room_coded", cedar, &places.RoomCoded{Room: room, Digest: d})
	}
	first, second := id(1), id(2)
	code(first, "7KQ2-M9XD")
	code(second, "AAAA-BBBB")
	h.Clock.Advance(time.Hour)
	code(first, "CCCC-DDDD")
	h.Clock.Advance(time.Hour)
	code(first, "")
	for _, c := range []struct {
		name, typed string
		hours       float64
		unit, want  record.ID
	}{
		{"as printed", "7KQ2-M9XD", 0.5, cedar, first},
		{"as typed in a hurry", " 7kq2 m9xd", 0.5, cedar, first},
		{"the other room's", "aaaabbbb", 0.5, cedar, second},
		{"before it hung there", "7KQ2-M9XD", -1, cedar, record.Zero},
		{"after it was replaced", "7KQ2-M9XD", 1.5, cedar, record.Zero},
		{"the one that replaced it", "CCCC-DDDD", 1.5, cedar, first},
		{"after it was taken away", "CCCC-DDDD", 2.5, cedar, record.Zero},
		{"in another unit", "AAAA-BBBB", 0.5, elm, record.Zero},
		{"nothing", "", 0.5, cedar, record.Zero},
	} {
		got, err := places.RoomOfCode(q, c.unit, c.typed, testkit.Start.Add(time.Duration(c.hours*float64(time.Hour))))
		if err != nil || got != c.want {
			t.Errorf("%s: %s, %v; want %s", c.name, got, err, c.want)
		}
	}
	if places.NewCode([8]byte{0, 31, 32, 63, 10, 20, 30, 255}) != "0Z0Z-AMYZ" {
		t.Errorf("made %s", places.NewCode([8]byte{0, 31, 32, 63, 10, 20, 30, 255}))
	}
	rooms, err := places.Rooms(q, cedar)
	if err != nil || len(rooms) != 0 {
		t.Errorf("a code makes no room: %+v, %v", rooms, err)
	}
}
