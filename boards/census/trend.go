package census

import (
	"slices"
	"time"

	"milieu/house/clients"
	"milieu/kit/record"
)

// weeks is how far back the trends reach.
const weeks = 8

// day is one day of a unit or of the house, counted at its end: the midnight census; today as it is now.
type day struct {
	At         time.Time // its midnight
	In         int       // who belonged to it, here or away with the bed kept
	Away       int       // of them on leave, in hospital or absent
	Admitted   int
	Discharged int
}

// week is seven days summed up.
type week struct {
	From       time.Time
	Mean       float64 // people a day
	Admitted   int
	Discharged int
	Median     float64 // days that the episodes that ended in it had lasted; 0 when none ended
	Away       int     // nights away
}

// midnights are the beginnings of the days of the last weeks, the last of them today's, on the house's wall.
func midnights(now time.Time, zone *time.Location) []time.Time {
	now = now.In(zone)
	out := make([]time.Time, weeks*7)
	for i := range out {
		out[i] = time.Date(now.Year(), now.Month(), now.Day()-(len(out)-1-i), 0, 0, 0, 0, zone)
	}
	return out
}

// daily counts the days of some units together.
func daily(all []clients.Movement, units []record.ID, days []time.Time, now time.Time) []day {
	out := make([]day, len(days))
	for i, from := range days {
		until := now
		if i+1 < len(days) {
			until = days[i+1]
		}
		d := day{At: from}
		for _, m := range all {
			for j := range m.Spans {
				s := &m.Spans[j]
				if !slices.Contains(units, s.Unit) {
					continue
				}
				if s.First && within(s.From, from, until) {
					d.Admitted++
				}
				if s.Last && within(s.Until, from, until) {
					d.Discharged++
				}
				if s.At(until) {
					d.In++
					if s.Where != clients.Here {
						d.Away++
					}
				}
			}
		}
		out[i] = d
	}
	return out
}

func within(t, from, until time.Time) bool { return !t.Before(from) && t.Before(until) }

// weekly sums the days up, seven at a time.
func weekly(all []clients.Movement, units []record.ID, days []day, now time.Time) []week {
	var out []week
	for part := range slices.Chunk(days, 7) {
		w := week{From: part[0].At}
		until := now
		if end := part[len(part)-1].At.AddDate(0, 0, 1); end.Before(now) {
			until = end
		}
		sum := 0
		for _, d := range part {
			sum += d.In
			w.Admitted += d.Admitted
			w.Discharged += d.Discharged
			w.Away += d.Away
		}
		w.Mean = float64(sum) / float64(len(part))
		w.Median = median(stays(all, units, w.From, until))
		out = append(out, w)
	}
	return out
}

// stays are how many days the episodes had lasted that ended in some units within a time.
func stays(all []clients.Movement, units []record.ID, from, until time.Time) []float64 {
	var out []float64
	for _, m := range all {
		for _, s := range m.Spans {
			if s.Last && slices.Contains(units, s.Unit) && within(s.Until, from, until) {
				out = append(out, s.Until.Sub(s.Begun).Hours()/24)
			}
		}
	}
	return out
}

// median is the middle of some values, or of the two in the middle.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// change is somebody who came or went today.
type change struct {
	Chart record.ID
	At    time.Time
	What  string // admitted, moved_in, moved_out, discharged
	From  record.ID
	To    record.ID
}

// today are the comings and goings of some units since midnight, the latest first.
func today(all []clients.Movement, units []record.ID, midnight, now time.Time) []change {
	var out []change
	for _, m := range all {
		for i := range m.Spans {
			s := &m.Spans[i]
			here := slices.Contains(units, s.Unit)
			came := !s.From.Before(midnight) && !s.From.After(now)
			switch {
			case came && s.First && here:
				out = append(out, change{Chart: m.Chart, At: s.From, What: "admitted", To: s.Unit})
			case came && s.Moved && i > 0:
				from := m.Spans[i-1].Unit
				if here {
					out = append(out, change{Chart: m.Chart, At: s.From, What: "moved_in", From: from, To: s.Unit})
				} else if slices.Contains(units, from) {
					out = append(out, change{Chart: m.Chart, At: s.From, What: "moved_out", From: from, To: s.Unit})
				}
			}
			if here && s.Last && !s.Until.Before(midnight) && !s.Until.After(now) {
				out = append(out, change{Chart: m.Chart, At: s.Until, What: "discharged", From: s.Unit})
			}
		}
	}
	slices.SortFunc(out, func(a, b change) int { return b.At.Compare(a.At) })
	return out
}
