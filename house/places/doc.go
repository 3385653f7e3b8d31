// Package places says where people live and work: the house with its time zone and shifts, its units, their rooms, and the beds in them.
//
// The house is one chart; each unit is a chart of its own, in which its rooms and beds are named. A room's ID is the ID of the entry that
// added it, and so is a bed's. A room may carry a code, on a tag or a card, that proves that a device was at that place.
package places
