package clients

import (
	"maps"

	"milieu/house/places"
	"milieu/kit/db"
	"milieu/kit/record"
)

// NamePlaces puts the names of rooms and beds on cards.
func NamePlaces(q db.Querier, list []Card) error {
	rooms, beds := map[record.ID]string{}, map[record.ID]string{}
	read := map[record.ID]bool{}
	for i := range list {
		c := &list[i]
		if c.RoomID.IsZero() && c.BedID.IsZero() {
			continue
		}
		if !read[c.Unit] {
			read[c.Unit] = true
			if err := namesIn(q, c.Unit, rooms, beds); err != nil {
				return err
			}
		}
		c.Room, c.Bed = rooms[c.RoomID], beds[c.BedID]
	}
	return nil
}

func namesIn(q db.Querier, unit record.ID, rooms, beds map[record.ID]string) error {
	inRooms, inBeds, err := places.Names(q, unit)
	maps.Copy(rooms, inRooms)
	maps.Copy(beds, inBeds)
	return err
}

// Place is one bed of a unit and who has it. More than one person in a bed is a conflict for people to settle: two devices without a network
// may each have given it away, and both statements stand.
type Place struct {
	Bed     places.Bed
	Clients []Card
}

// Census is a unit counted.
type Census struct {
	Here, Leave, Hospital, Absent int
	Beds                          []Place
	Free                          int    // beds that nobody has
	Without                       []Card // those without a bed of this unit
	Conflicts                     int    // beds that more than one person has
}

// CensusOf counts a unit and says who has which bed.
func CensusOf(q db.Querier, unit record.ID) (Census, error) {
	list, err := Cards(q, unit)
	if err != nil {
		return Census{}, err
	}
	beds, err := places.Beds(q, unit)
	if err != nil {
		return Census{}, err
	}
	return count(list, beds), nil
}

func count(list []Card, beds []places.Bed) (c Census) {
	at := map[record.ID]int{}
	for i, b := range beds {
		at[b.ID] = i
		c.Beds = append(c.Beds, Place{Bed: b})
	}
	for _, one := range list {
		switch one.Where {
		case OnLeave:
			c.Leave++
		case Hospital:
			c.Hospital++
		case Absent:
			c.Absent++
		default:
			c.Here++
		}
		if i, ok := at[one.BedID]; ok {
			c.Beds[i].Clients = append(c.Beds[i].Clients, one)
		} else {
			c.Without = append(c.Without, one)
		}
	}
	for _, b := range c.Beds {
		switch len(b.Clients) {
		case 0:
			c.Free++
		case 1:
		default:
			c.Conflicts++
		}
	}
	return c
}
