package places

import (
	"encoding/json"
	"fmt"
	"slices"

	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Unit is a part of the house in which people are cared for together.
type Unit struct {
	ID   record.ID
	Name string
	Kind string // one of UnitKinds
	Open bool
	Beds int // in use; filled by Units alone
}

// Room is a room of a unit.
type Room struct {
	ID    record.ID
	Unit  record.ID
	Name  string
	Kind  string // one of RoomKinds
	Open  bool
	Coded bool // it carries a code; filled by Rooms alone
}

// Bed is a place to sleep.
type Bed struct {
	ID       record.ID
	Unit     record.ID
	Room     record.ID
	Name     string // within its room; "A"
	RoomName string // filled by Beds
	Open     bool
}

// HouseOf gives the house as it is set now; DefaultHouse before anybody has.
func HouseOf(q db.Querier) (House, error) {
	var body []byte
	err := q.QueryRow("SELECT body FROM places_house_v1 ORDER BY happened DESC, id DESC LIMIT 1").Scan(&body)
	if err == db.ErrNoRows {
		return DefaultHouse(), nil
	}
	if err != nil {
		return House{}, fmt.Errorf("reading the house: %w", err)
	}
	var h House
	if err := json.Unmarshal(body, &h); err != nil {
		return House{}, fmt.Errorf("reading the house: %w", err)
	}
	return h, nil
}

// Units lists every unit, closed ones too, by name.
func Units(q db.Querier) ([]Unit, error) {
	var out []Unit
	err := db.Each(q, "SELECT unit, said, name, kind FROM places_unit_v1 ORDER BY unit, happened, id", nil, func(r db.Row) error {
		var s Unit
		var said string
		if err := r.Scan(&s.ID, &said, &s.Name, &s.Kind); err != nil {
			return err
		}
		if len(out) == 0 || out[len(out)-1].ID != s.ID {
			out = append(out, Unit{ID: s.ID})
		}
		out[len(out)-1].hear(said, s)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the units: %w", err)
	}
	slices.SortFunc(out, func(a, b Unit) int { return Natural(a.Name, b.Name) })
	return out, countBeds(q, out)
}

// countBeds counts the beds in use that stand in a room in use.
func countBeds(q db.Querier, units []Unit) error {
	rooms, err := roomsWhere(q, "")
	if err != nil {
		return err
	}
	beds, err := bedsWhere(q, "")
	if err != nil {
		return err
	}
	open, count := map[record.ID]bool{}, map[record.ID]int{}
	for _, r := range rooms {
		open[r.ID] = r.Open
	}
	for _, b := range beds {
		if b.Open && open[b.Room] {
			count[b.Unit]++
		}
	}
	for i := range units {
		units[i].Beds = count[units[i].ID]
	}
	return nil
}

// UnitOf gives one unit. An ID that is no unit's is fault.NotFound.
func UnitOf(q db.Querier, id record.ID) (Unit, error) {
	u := Unit{ID: id}
	known := false
	err := db.Each(q, "SELECT said, name, kind FROM places_unit_v1 WHERE unit = $1 ORDER BY happened, id", []any{id[:]}, func(r db.Row) error {
		var s Unit
		var said string
		err := r.Scan(&said, &s.Name, &s.Kind)
		u.hear(said, s)
		known = true
		return err
	})
	if err != nil {
		return u, fmt.Errorf("reading unit %s: %w", id, err)
	}
	if !known {
		return u, fault.New(fault.NotFound, "there is no such unit")
	}
	return u, nil
}

// hear takes in the next statement about a unit.
func (u *Unit) hear(said string, s Unit) {
	if said == saidClosed {
		u.Open = false
		return
	}
	u.Name, u.Kind = s.Name, s.Kind
	u.Open = u.Open || said == saidOpen
}

// Within keeps the open units that a scope may see.
func Within(s *access.Scope, units []Unit) []Unit {
	var out []Unit
	for _, u := range units {
		if u.Open && s.Sees(u.ID) {
			out = append(out, u)
		}
	}
	return out
}

// Rooms lists the unit's rooms in use, by name as people sort them.
func Rooms(q db.Querier, unit record.ID) ([]Room, error) {
	out, err := roomsWhere(q, "WHERE unit = $1", unit[:])
	if err != nil {
		return nil, err
	}
	out = slices.DeleteFunc(out, func(r Room) bool { return !r.Open })
	slices.SortFunc(out, func(a, b Room) int { return Natural(a.Name, b.Name) })
	return out, coded(q, unit, out)
}

func roomsWhere(q db.Querier, where string, args ...any) ([]Room, error) {
	var out []Room
	err := db.Each(q, "SELECT unit, room, said, name, kind FROM places_room_v1 "+where+" ORDER BY unit, room, happened, id", args, func(r db.Row) error {
		var s Room
		var said string
		if err := r.Scan(&s.Unit, &s.ID, &said, &s.Name, &s.Kind); err != nil {
			return err
		}
		if len(out) == 0 || out[len(out)-1].ID != s.ID || out[len(out)-1].Unit != s.Unit {
			out = append(out, Room{ID: s.ID, Unit: s.Unit})
		}
		out[len(out)-1].hear(said, s)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the rooms: %w", err)
	}
	return out, nil
}

func (o *Room) hear(said string, s Room) {
	if said == saidClosed {
		o.Open = false
		return
	}
	o.Name, o.Kind = s.Name, s.Kind
	o.Open = o.Open || said == saidOpen
}

func coded(q db.Querier, unit record.ID, rooms []Room) error {
	has := map[record.ID]bool{}
	err := db.Each(q, "SELECT room, digest FROM places_code_v1 WHERE unit = $1 ORDER BY room, happened, id", []any{unit[:]}, func(r db.Row) error {
		var room record.ID
		var digest string
		err := r.Scan(&room, &digest)
		has[room] = digest != ""
		return err
	})
	if err != nil {
		return fmt.Errorf("reading the room codes of unit %s: %w", unit, err)
	}
	for i := range rooms {
		rooms[i].Coded = has[rooms[i].ID]
	}
	return nil
}

// HasRoom says whether a unit has a room, or had it before it was closed.
func HasRoom(q db.Querier, unit, room record.ID) (bool, error) {
	return db.Exists(q, "SELECT 1 FROM places_room_v1 WHERE unit = $1 AND room = $2 LIMIT 1", unit[:], room[:])
}

// HasBed says whether a unit has a bed, or had it before it was closed.
func HasBed(q db.Querier, unit, bed record.ID) (bool, error) {
	return db.Exists(q, "SELECT 1 FROM places_bed_v1 WHERE unit = $1 AND bed = $2 LIMIT 1", unit[:], bed[:])
}

// Names gives the names of a unit's rooms and beds in use, by their IDs: for lists that only say where somebody sleeps.
func Names(q db.Querier, unit record.ID) (rooms, beds map[record.ID]string, err error) {
	rooms, beds = map[record.ID]string{}, map[record.ID]string{}
	err = db.Each(q, `SELECT 0, room, said, name, happened, id FROM places_room_v1 WHERE unit = $1
UNION ALL SELECT 1, bed, said, name, happened, id FROM places_bed_v1 WHERE unit = $1 ORDER BY 5, 6`, []any{unit[:]}, func(r db.Row) error {
		var what, happened int64
		var one, id record.ID
		var said, name string
		if err := r.Scan(&what, &one, &said, &name, &happened, &id); err != nil {
			return err
		}
		names := rooms
		if what == 1 {
			names = beds
		}
		if said == saidClosed {
			delete(names, one)
			return nil
		}
		if _, open := names[one]; open || said == saidOpen || what == 1 {
			names[one] = name
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("reading the names of unit %s's rooms and beds: %w", unit, err)
	}
	return rooms, beds, nil
}

// Beds lists the unit's beds in use, by room and name, with their rooms' names.
func Beds(q db.Querier, unit record.ID) ([]Bed, error) {
	rooms, err := Rooms(q, unit)
	if err != nil {
		return nil, err
	}
	names := map[record.ID]string{}
	for _, r := range rooms {
		names[r.ID] = r.Name
	}
	all, err := bedsWhere(q, "WHERE unit = $1", unit[:])
	if err != nil {
		return nil, err
	}
	var out []Bed
	for _, b := range all {
		if room, ok := names[b.Room]; ok && b.Open {
			b.RoomName = room
			out = append(out, b)
		}
	}
	slices.SortFunc(out, func(a, b Bed) int {
		if a.Room != b.Room {
			return Natural(a.RoomName, b.RoomName)
		}
		return Natural(a.Name, b.Name)
	})
	return out, nil
}

func bedsWhere(q db.Querier, where string, args ...any) ([]Bed, error) {
	var out []Bed
	err := db.Each(q, "SELECT unit, bed, said, name, room FROM places_bed_v1 "+where+" ORDER BY unit, bed, happened, id", args, func(r db.Row) error {
		var s Bed
		var said string
		if err := r.Scan(&s.Unit, &s.ID, &said, &s.Name, &s.Room); err != nil {
			return err
		}
		if len(out) == 0 || out[len(out)-1].ID != s.ID || out[len(out)-1].Unit != s.Unit {
			out = append(out, Bed{ID: s.ID, Unit: s.Unit})
		}
		b := &out[len(out)-1]
		if said == saidClosed {
			b.Open = false
			return nil
		}
		b.Name, b.Room, b.Open = s.Name, s.Room, true
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the beds: %w", err)
	}
	return out, nil
}

// IsProgramme says whether a unit is a substance-use programme.
func IsProgramme(q db.Querier, unit record.ID) (bool, error) {
	var is int
	err := q.QueryRow("SELECT programme FROM places_programme_v1 WHERE unit = $1 ORDER BY happened DESC, id DESC LIMIT 1", unit[:]).Scan(&is)
	if err != nil && err != db.ErrNoRows {
		return false, fmt.Errorf("asking whether unit %s is a programme: %w", unit, err)
	}
	return is == 1, nil
}

// Source tells package access of the units' charts and the house's. A unit's chart belongs to the unit for ever; a closed one too, so that
// those who worked there can still read it.
func Source() access.Source {
	return access.Source{
		Kinds: []string{"places.unit_opened", "places.unit_changed", "places.unit_closed", "places.house_set"},
		Chart: func(q db.Querier, id record.ID) (*access.Chart, error) {
			if id == due.House {
				return &access.Chart{ID: id, Kind: "house"}, nil
			}
			known, err := db.Exists(q, "SELECT 1 FROM places_unit_v1 WHERE unit = $1 LIMIT 1", id[:])
			if err != nil || !known {
				return nil, err
			}
			c := &access.Chart{ID: id, Kind: "place", Stays: []access.Stay{{Unit: id}}}
			programme, err := IsProgramme(q, id)
			if programme {
				c.Labels = []string{access.SubstanceUse}
			}
			return c, err
		},
		All: func(q db.Querier) (people, charts []record.ID, err error) {
			units, err := Units(q)
			charts = append(charts, due.House)
			for _, u := range units {
				charts = append(charts, u.ID)
			}
			return nil, charts, err
		},
	}
}
