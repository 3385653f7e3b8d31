package room

import (
	"slices"
	"time"

	"milieu/care/rounds"
	"milieu/house/places"
	"milieu/house/staff"
	"milieu/kit/db"
	"milieu/kit/record"
)

// Report is a unit's rounds between two times: by person looked at, by shift, by person who looked, and what is worth a question.
type Report struct {
	From, To time.Time
	Tracks   []Track
	Total    rounds.Counts
	Shifts   []ShiftCounts
	Workers  []WorkerCounts
	Patterns []rounds.Pattern
	Down     []rounds.Stretch
	Rules    rounds.HouseRules
}

// ShiftCounts is what one shift did.
type ShiftCounts struct {
	places.Span
	rounds.Counts
}

// WorkerCounts is what one worker wrote. Lateness is not in it: a late gap has no single owner, and who was late is not who came.
type WorkerCounts struct {
	Who  record.ID
	Name string
	rounds.Counts
	People int // how many they saw
}

// ReportOf works a unit's report out.
func ReportOf(q db.Querier, unit record.ID, from, to time.Time) (Report, error) {
	r := Report{From: from, To: to}
	var err error
	if r.Tracks, err = Tracks(q, unit, from, to); err != nil {
		return r, err
	}
	if r.Down, err = downtime(q, from, to); err != nil {
		return r, err
	}
	if r.Rules, err = HouseRules(q, unit); err != nil {
		return r, err
	}
	var looks []rounds.Placed
	for i := range r.Tracks {
		t := &r.Tracks[i]
		r.Total.Add(t.Counts)
		for _, l := range t.Looks {
			looks = append(looks, rounds.Placed{Look: l, Unit: unit})
		}
	}
	r.Patterns = rounds.Patterns(looks, rounds.Worth)
	if r.Shifts, err = shifts(q, r.Tracks, from, to); err != nil {
		return r, err
	}
	r.Workers, err = workers(q, looks, from, to)
	return r, err
}

func shifts(q db.Querier, tracks []Track, from, to time.Time) ([]ShiftCounts, error) {
	house, err := places.HouseOf(q)
	if err != nil {
		return nil, err
	}
	var out []ShiftCounts
	zone := house.Location()
	for span := places.ShiftAt(house.Shifts, zone, from); span.From.Before(to) && len(out) < 100; span = places.NextShift(house.Shifts, zone, span) {
		if !span.Until.After(span.From) {
			break // a house without shifts
		}
		s := ShiftCounts{Span: span}
		first, last := span.From, span.Until
		if first.Before(from) {
			first = from
		}
		if last.After(to) {
			last = to
		}
		for i := range tracks {
			s.Add(rounds.CountLooks(tracks[i].Looks, first, last, nil))
			s.Add(rounds.CountGaps(tracks[i].Gaps, first, last))
		}
		out = append(out, s)
	}
	return out, nil
}

func workers(q db.Querier, looks []rounds.Placed, from, to time.Time) ([]WorkerCounts, error) {
	by := map[record.ID][]rounds.Look{}
	for i := range looks {
		by[looks[i].Author] = append(by[looks[i].Author], looks[i].Look)
	}
	var ids []record.ID
	for id := range by {
		ids = append(ids, id)
	}
	names, err := staff.Names(q, ids...)
	if err != nil {
		return nil, err
	}
	var out []WorkerCounts
	for id, list := range by {
		w := WorkerCounts{Who: id, Name: names[id], Counts: rounds.CountLooks(list, from, to, nil)}
		var people []record.ID
		for i := range list {
			if !slices.Contains(people, list[i].Chart) {
				people = append(people, list[i].Chart)
			}
		}
		w.People = len(people)
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b WorkerCounts) int {
		if a.Name != b.Name {
			if a.Name < b.Name {
				return -1
			}
			return 1
		}
		return slices.Compare(a.Who[:], b.Who[:])
	})
	return out, nil
}
