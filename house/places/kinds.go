package places

import (
	"embed"

	"milieu/kit/record"
	"milieu/kit/ui"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// Kinds is the vocabulary of places. Who may say one may also take one back: a unit that opened by mistake is put right by those who run it.
func Kinds() []record.Kind {
	room := record.MustID("01970000-0000-7000-8000-000000000001")
	kinds := []record.Kind{
		{Name: "places.house_set", Chart: "house", Action: "places.house.set", Example: &House{Name: "Alder House", Zone: "America/New_York", Language: "en", Shifts: DefaultHouse().Shifts},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				return record.Line{Key: "places.house_set", Args: []any{b.(*House).Name}}
			}},
		{Name: "places.unit_opened", Begins: true, Chart: "place", Action: "places.unit.open", Example: &UnitOpened{Name: "Cedar", Kind: "ward"},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				return record.Line{Key: "places.unit_opened", Args: []any{b.(*UnitOpened).Name}}
			}},
		{Name: "places.unit_changed", Chart: "place", Action: "places.unit.change", Example: &UnitChanged{Name: "Cedar", Kind: "home"},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				return record.Line{Key: "places.unit_changed", Args: []any{b.(*UnitChanged).Name}}
			}},
		{Name: "places.unit_closed", Chart: "place", Action: "places.unit.open", Example: &UnitClosed{Reason: "moved to the new building"},
			Line: func(*record.Entry, record.Body) record.Line { return record.Line{Key: "places.unit_closed"} }},
		{Name: "places.room_added", Chart: "place", Action: "places.unit.change", Example: &RoomAdded{Name: "Room 4", Kind: "bedroom"},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				return record.Line{Key: "places.room_added", Args: []any{b.(*RoomAdded).Name}}
			}},
		{Name: "places.room_changed", Chart: "place", Action: "places.unit.change", Example: &RoomChanged{Room: room, Name: "Room 4", Kind: "quiet_room"},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				return record.Line{Key: "places.room_changed", Args: []any{b.(*RoomChanged).Name}}
			}},
		{Name: "places.room_closed", Chart: "place", Action: "places.unit.change", Example: &RoomClosed{Room: room, Reason: "being painted"},
			Line: func(*record.Entry, record.Body) record.Line { return record.Line{Key: "places.room_closed"} }},
		{Name: "places.room_coded", Chart: "place", Action: "places.unit.change", Example: &RoomCoded{Room: room, Digest: CodeDigest(room, "7KQ2-M9XD")},
			Line: func(*record.Entry, record.Body) record.Line { return record.Line{Key: "places.room_coded"} }},
		{Name: "places.bed_added", Chart: "place", Action: "places.unit.change", Example: &BedAdded{Room: room, Name: "A"},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				return record.Line{Key: "places.bed_added", Args: []any{b.(*BedAdded).Name}}
			}},
		{Name: "places.bed_closed", Chart: "place", Action: "places.unit.change", Example: &BedClosed{Bed: room, Reason: "broken"},
			Line: func(*record.Entry, record.Body) record.Line { return record.Line{Key: "places.bed_closed"} }},
	}
	for i := range kinds {
		kinds[i].Version = 1
		kinds[i].Withdraw = kinds[i].Action
	}
	return kinds
}
