package places

import (
	"context"
	"slices"
	"time"

	"milieu/kit/ui"
)

// Span is one shift on one day: from its start until its end, in UTC. One without a name is a time between shifts.
type Span struct {
	Name  string
	From  time.Time
	Until time.Time
}

// ShiftAt gives the shift under way at t. Where shifts overlap it is the one that began last; where none is under way, the nameless span from
// the end of the last until the start of the next.
func ShiftAt(pattern []Shift, zone *time.Location, t time.Time) Span {
	var found, gap Span
	for _, s := range around(pattern, zone, t) {
		switch {
		case !s.From.After(t) && s.Until.After(t):
			if found.Name == "" || s.From.After(found.From) {
				found = s
			}
		case !s.Until.After(t):
			if s.Until.After(gap.From) {
				gap.From = s.Until
			}
		case gap.Until.IsZero() || s.From.Before(gap.Until):
			gap.Until = s.From
		}
	}
	if found.Name != "" {
		return found
	}
	return gap
}

// ShiftsOn gives the shifts that begin on the local day of t, by their start.
func ShiftsOn(pattern []Shift, zone *time.Location, t time.Time) []Span {
	year, month, day := t.In(zone).Date()
	var out []Span
	for _, s := range pattern {
		if span, ok := on(s, zone, year, month, day); ok {
			out = append(out, span)
		}
	}
	slices.SortStableFunc(out, func(a, b Span) int { return a.From.Compare(b.From) })
	return out
}

// NextShift gives the shift that begins next after the span.
func NextShift(pattern []Shift, zone *time.Location, after Span) Span {
	var next Span
	for _, s := range around(pattern, zone, after.From) {
		if s.From.After(after.From) && (next.Name == "" || s.From.Before(next.From)) {
			next = s
		}
	}
	return next
}

// around gives every shift that begins from two days before t to two days after.
func around(pattern []Shift, zone *time.Location, t time.Time) []Span {
	year, month, day := t.In(zone).Date()
	var out []Span
	for d := day - 2; d <= day+2; d++ {
		for _, s := range pattern {
			if span, ok := on(s, zone, year, month, d); ok {
				out = append(out, span)
			}
		}
	}
	return out
}

func on(s Shift, zone *time.Location, year int, month time.Month, day int) (Span, bool) {
	start, err := wallTime(s.Start)
	if err != nil {
		return Span{}, false
	}
	end, err := wallTime(s.End)
	if err != nil {
		return Span{}, false
	}
	last := day
	if end <= start {
		last++
	}
	return Span{s.Name, WallClock(zone, year, month, day, start), WallClock(zone, year, month, last, end)}, true
}

// WallClock is the moment when the clock on the wall shows so many minutes past midnight on a local day. When clocks go back and a time comes
// twice it is the first; when they go forward and it never comes it is the moment they did. So one shift's end is always the next one's start.
func WallClock(zone *time.Location, year int, month time.Month, day, minutes int) time.Time {
	wanted := time.Date(year, month, day, 0, minutes, 0, 0, time.UTC)
	near := time.Date(year, month, day, 0, minutes, 0, 0, zone)
	start, end := near.ZoneBounds()
	turns := []time.Time{start, end}
	var first time.Time
	for _, at := range []time.Time{near, start.Add(-time.Second), end} {
		if at.Before(near.AddDate(-2, 0, 0)) || at.After(near.AddDate(2, 0, 0)) {
			continue // a zone without changes has no bounds
		}
		_, offset := at.Zone()
		t := wanted.Add(-time.Duration(offset) * time.Second)
		if wall(t.In(zone)).Equal(wanted) && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	if !first.IsZero() {
		return first
	}
	for _, turn := range turns {
		if !turn.IsZero() && wall(turn.Add(-time.Second).In(zone)).Before(wanted) && wall(turn).After(wanted) {
			return turn.UTC()
		}
	}
	return near.UTC()
}

// wall is what the clock on the wall shows, as if it were UTC.
func wall(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// Words says a span as people do: "Night shift, Thu 19 Nov".
func (s Span) Words(ctx context.Context) string {
	if s.Name == "" {
		return ui.T(ctx, "places.between_shifts")
	}
	return ui.T(ctx, "places.shift_words", s.Name, ui.DayText(ctx, s.From))
}

// Same says whether two spans are the same shift of the same day.
func (s Span) Same(o Span) bool { return s.Name == o.Name && s.From.Equal(o.From) }
