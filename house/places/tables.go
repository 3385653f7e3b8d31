package places

import (
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

// Each table keeps one row for each standing statement; what holds is the latest by when it happened, then by ID. A statement that arrives
// late, or is taken back, therefore changes what holds and nothing else.

// Projections are the tables of places.
func Projections() []record.Projection {
	return []record.Projection{
		{
			Name: "places_house", Version: 1, Kinds: []string{"places.house_set"}, Tables: []string{"places_house_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS places_house_v1 (happened INTEGER NOT NULL, id BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY (happened, id)) WITHOUT ROWID;`,
			Put: func(tx db.Tx, e *record.Entry, _ record.Body) error {
				return tx.Exec("INSERT INTO places_house_v1 (happened, id, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", clock.Micros(e.Happened), e.ID[:], []byte(e.Body))
			},
			Drop: drop("places_house_v1"),
		},
		{
			Name: "places_unit", Version: 1, Kinds: []string{"places.unit_opened", "places.unit_changed", "places.unit_closed"}, Tables: []string{"places_unit_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS places_unit_v1 (unit BLOB NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL,
	said TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, PRIMARY KEY (unit, happened, id)) WITHOUT ROWID;`,
			Put: putUnit, Drop: dropIn("places_unit_v1"),
		},
		{
			Name: "places_programme", Version: 1, Kinds: []string{"places.unit_opened", "places.unit_changed"}, Tables: []string{"places_programme_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS places_programme_v1 (unit BLOB NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL, programme INTEGER NOT NULL, PRIMARY KEY (unit, happened, id)) WITHOUT ROWID;`,
			Put:    putProgramme, Drop: dropIn("places_programme_v1"),
		},
		{
			Name: "places_room", Version: 1, Kinds: []string{"places.room_added", "places.room_changed", "places.room_closed"}, Tables: []string{"places_room_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS places_room_v1 (unit BLOB NOT NULL, room BLOB NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL,
	said TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, PRIMARY KEY (unit, room, happened, id)) WITHOUT ROWID;`,
			Put: putRoom, Drop: dropIn("places_room_v1"),
		},
		{
			Name: "places_bed", Version: 1, Kinds: []string{"places.bed_added", "places.bed_closed"}, Tables: []string{"places_bed_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS places_bed_v1 (unit BLOB NOT NULL, bed BLOB NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL,
	said TEXT NOT NULL, name TEXT NOT NULL, room BLOB, PRIMARY KEY (unit, bed, happened, id)) WITHOUT ROWID;`,
			Put: putBed, Drop: dropIn("places_bed_v1"),
		},
		{
			Name: "places_code", Version: 1, Kinds: []string{"places.room_coded"}, Tables: []string{"places_code_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS places_code_v1 (unit BLOB NOT NULL, room BLOB NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL,
	digest TEXT NOT NULL, PRIMARY KEY (unit, room, happened, id)) WITHOUT ROWID;`,
			Put: func(tx db.Tx, e *record.Entry, b record.Body) error {
				c := b.(*RoomCoded)
				return tx.Exec("INSERT INTO places_code_v1 (unit, room, happened, id, digest) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
					e.Chart[:], c.Room[:], clock.Micros(e.Happened), e.ID[:], c.Digest)
			},
			Drop: dropIn("places_code_v1"),
		},
	}
}

// What a statement says of a thing.
const (
	saidOpen   = "open"
	saidChange = "change"
	saidClosed = "closed"
)

func drop(table string) func(db.Tx, *record.Entry, record.Body) error {
	return func(tx db.Tx, e *record.Entry, _ record.Body) error {
		return tx.Exec("DELETE FROM "+table+" WHERE id = $1", e.ID[:])
	}
}

func dropIn(table string) func(db.Tx, *record.Entry, record.Body) error {
	return func(tx db.Tx, e *record.Entry, _ record.Body) error {
		return tx.Exec("DELETE FROM "+table+" WHERE unit = $1 AND id = $2", e.Chart[:], e.ID[:])
	}
}

func putUnit(tx db.Tx, e *record.Entry, b record.Body) error {
	var said, name, kind string
	switch u := b.(type) {
	case *UnitOpened:
		said, name, kind = saidOpen, u.Name, u.Kind
	case *UnitChanged:
		said, name, kind = saidChange, u.Name, u.Kind
	case *UnitClosed:
		said = saidClosed
	}
	return tx.Exec("INSERT INTO places_unit_v1 (unit, happened, id, said, name, kind) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
		e.Chart[:], clock.Micros(e.Happened), e.ID[:], said, name, kind)
}

func putProgramme(tx db.Tx, e *record.Entry, b record.Body) error {
	is := 0
	switch u := b.(type) {
	case *UnitOpened:
		if u.Programme {
			is = 1
		}
	case *UnitChanged:
		if u.Programme {
			is = 1
		}
	}
	return tx.Exec("INSERT INTO places_programme_v1 (unit, happened, id, programme) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", e.Chart[:], clock.Micros(e.Happened), e.ID[:], is)
}

func putRoom(tx db.Tx, e *record.Entry, b record.Body) error {
	var said, name, kind string
	var room record.ID
	switch r := b.(type) {
	case *RoomAdded:
		said, name, kind, room = saidOpen, r.Name, r.Kind, thing(e, r.Room)
	case *RoomChanged:
		said, name, kind, room = saidChange, r.Name, r.Kind, r.Room
	case *RoomClosed:
		said, room = saidClosed, r.Room
	}
	return tx.Exec("INSERT INTO places_room_v1 (unit, room, happened, id, said, name, kind) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
		e.Chart[:], room[:], clock.Micros(e.Happened), e.ID[:], said, name, kind)
}

func putBed(tx db.Tx, e *record.Entry, b record.Body) error {
	var said, name string
	var bed, room record.ID
	switch x := b.(type) {
	case *BedAdded:
		said, name, bed, room = saidOpen, x.Name, thing(e, x.Bed), x.Room
	case *BedClosed:
		said, bed = saidClosed, x.Bed
	}
	return tx.Exec("INSERT INTO places_bed_v1 (unit, bed, happened, id, said, name, room) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
		e.Chart[:], bed[:], clock.Micros(e.Happened), e.ID[:], said, name, room)
}

// thing is the ID of what an entry adds: the one it names, else its own; a correction speaks of what it corrects.
func thing(e *record.Entry, named record.ID) record.ID {
	switch {
	case !named.IsZero():
		return named
	case e.Amendment == record.Correction:
		return e.Amends
	}
	return e.ID
}
