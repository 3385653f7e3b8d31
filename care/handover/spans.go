package handover

import (
	"slices"
	"time"

	"milieu/house/places"
)

// Span is what is handed over at one change of shifts: the time from the change before it.
type Span struct {
	From   time.Time // the change before
	Change time.Time // when the next shift begins
	Next   time.Time // the change after
	Out    string    // the name of the shift that ends
	In     string    // the name of the shift that begins
}

// Changes are the moments at which shifts begin, from some days before a time until three days after, in order, each with the shift that begins. Where
// several begin together the first by name stands. They follow the clock on the wall: a night on which clocks change is an hour longer or shorter.
func Changes(pattern []places.Shift, zone *time.Location, t time.Time, days int) []places.Span {
	var out []places.Span
	for d := -days; d <= 3; d++ {
		year, month, day := t.In(zone).Date()
		noon := time.Date(year, month, day+d, 12, 0, 0, 0, zone) // every day has a noon
		for _, s := range places.ShiftsOn(pattern, zone, noon) {
			if !slices.ContainsFunc(out, func(o places.Span) bool { return o.From.Equal(s.From) }) {
				out = append(out, s)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b places.Span) int { return a.From.Compare(b.From) })
	return out
}

// At gives the handover that people work on at a time: that of the change last past, or of the one ahead once it is no further off than lead. ok is
// false where a house has no shifts.
func At(changes []places.Span, t time.Time, lead time.Duration) (Span, bool) {
	at := -1
	for i, c := range changes {
		if !c.From.After(t.Add(lead)) {
			at = i
		}
	}
	return spanOf(changes, at)
}

// Of gives the handover of one change. ok is false where no shift begins then.
func Of(changes []places.Span, change time.Time) (Span, bool) {
	return spanOf(changes, slices.IndexFunc(changes, func(c places.Span) bool { return c.From.Equal(change) }))
}

// After gives the first change later than a time.
func After(changes []places.Span, t time.Time) (Span, bool) {
	return spanOf(changes, slices.IndexFunc(changes, func(c places.Span) bool { return c.From.After(t) }))
}

func spanOf(changes []places.Span, at int) (Span, bool) {
	if at < 1 || at+1 >= len(changes) {
		return Span{}, false
	}
	return Span{From: changes[at-1].From, Change: changes[at].From, Next: changes[at+1].From, Out: changes[at-1].Name, In: changes[at].Name}, true
}

// Carried says at how many changes before this one an item was handed over already, and at which first: it existed then, and was asked for before the
// shift after had ended. asked is by when it is wanted; for what has no such time, when it began.
func Carried(changes []places.Span, s Span, began, asked time.Time) (times int, first time.Time) {
	for i, c := range changes {
		if !c.From.Before(s.Change) || i+1 >= len(changes) {
			break
		}
		if began.Before(c.From) && !asked.After(changes[i+1].From) {
			if times == 0 {
				first = c.From
			}
			times++
		}
	}
	return times, first
}
