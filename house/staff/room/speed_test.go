package room_test

import (
	"context"
	"testing"

	"milieu/house/places"
	"milieu/house/staff"
	"milieu/kit/access"
	"milieu/kit/testkit"
)

// BenchmarkUnitOfAPage is what every page asks before it is drawn: the house, the running shift, the unit.
func BenchmarkUnitOfAPage(b *testing.B) {
	h := furnish(testkit.New(b, policies(b), defs()...))
	jo := colleague(h, "Jo", access.Worker)
	h.Must(testkit.Program(), "staff.shift_started", jo, &staff.ShiftStarted{Unit: cedar})
	q := h.DB.Read(context.Background())
	for b.Loop() {
		if _, err := places.HouseOf(q); err != nil {
			b.Fatal(err)
		}
		if _, _, err := staff.Running(q, jo, h.Clock.Now()); err != nil {
			b.Fatal(err)
		}
		if _, err := places.UnitOf(q, cedar); err != nil {
			b.Fatal(err)
		}
	}
}
