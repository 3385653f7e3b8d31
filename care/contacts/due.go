package contacts

import "time"

// The hours in which nobody is asked to talk with somebody: who sleeps is let sleep. The program's own proposal, held from 2026-11-28.
const (
	quietFrom  = 21
	quietUntil = 8
	askedAt    = 10
)

// Asked is when a contact is asked for, and from when it is late: as long after the last one as the unit says, and never at night. A quarter
// of that time, an hour at least, is left before it is late.
func Asked(last time.Time, hours int, zone *time.Location) (due, late time.Time) {
	due = last.Add(time.Duration(hours) * time.Hour)
	local := due.In(zone)
	year, month, day := local.Date()
	switch hour := local.Hour(); {
	case hour >= quietFrom:
		due = time.Date(year, month, day+1, askedAt, 0, 0, 0, zone)
	case hour < quietUntil:
		due = time.Date(year, month, day, askedAt, 0, 0, 0, zone)
	}
	return due.UTC(), due.Add(max(time.Hour, time.Duration(hours)*time.Hour/4)).UTC()
}
