package clients

import (
	"cmp"

	"milieu/house/places"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Guards hold what an entry may not say about where somebody is, by whatever door it comes.
func Guards() []record.Guard {
	return []record.Guard{{Name: "clients.place", Kinds: []string{"clients.admitted", "clients.transferred"}, Watch: placed}}
}

// placed refuses a unit, room or bed that the house does not have: a person there would be on no board. Whether it is in use now is not asked:
// a device may bring late what was so when it happened, and two people in one bed are shown as what they are, a conflict to be settled.
func placed(q db.Querier, e *record.Entry, b record.Body) (func(db.Querier) error, error) {
	if there, err := db.Exists(q, "SELECT 1 FROM clients_fact_v1 WHERE chart = $1 AND topic = $2 AND id = $3", e.Chart[:], topicMove, e.ID[:]); err != nil || there {
		return nil, err // it is being taken away
	}
	var unit, room, bed record.ID
	switch b := b.(type) {
	case *Admitted:
		unit, room, bed = b.Unit, b.Room, b.Bed
	case *Transferred:
		unit, room, bed = b.Unit, b.Room, b.Bed
	}
	if _, err := places.UnitOf(q, unit); fault.KindOf(err) == fault.NotFound && err != nil {
		return nil, noPlace("unit", "there is no such unit")
	} else if err != nil {
		return nil, err
	}
	if ok, err := places.HasRoom(q, unit, room); err != nil || !ok && !room.IsZero() {
		return nil, cmp.Or(err, noPlace("room", "the unit has no such room"))
	}
	if ok, err := places.HasBed(q, unit, bed); err != nil || !ok && !bed.IsZero() {
		return nil, cmp.Or(err, noPlace("bed", "the unit has no such bed"))
	}
	return nil, nil
}

func noPlace(field, text string) error {
	return &fault.Error{Kind: fault.Invalid, Text: "there is no such place", Fields: []fault.Field{{Name: field, Text: text}}}
}
