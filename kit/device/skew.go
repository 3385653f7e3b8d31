package device

import (
	"time"

	"milieu/kit/record"
)

// Correction is what to add to the times of an item to have the true ones; zero when the device's clock was right to within a few seconds.
//
// Of the measurements to hand, the last one the device had from the server before it sealed the item comes first: it stands under the
// author's seal and needs no trust in who carries the item. Without it, that of the grant. When neither can be right, for the item would
// then lie ahead of now or before its grant, the clock was changed afterwards without a measurement, and the one made at delivery counts; it
// is only to be had when the item comes from the device it was written on.
//
// What this cannot tell: a clock put forward by hand in the middle of hours without a network, for items written after that and longer
// before the delivery than the clock was put forward. Both times are kept in the record.
func Correction(g *Grant, measured *time.Duration, written, now time.Time, delivery *time.Time) time.Duration {
	fits := func(by time.Duration) bool {
		at := written.Add(by)
		return !at.After(now.Add(record.AheadLimit)) && !at.Before(g.Made.Add(-record.AheadLimit))
	}
	by := g.Skew
	if measured != nil {
		by = *measured
	}
	if !fits(by) && delivery != nil {
		if other := now.Sub(*delivery); fits(other) {
			by = other
		}
	}
	if by.Abs() <= record.SkewLimit {
		return 0
	}
	return by
}
