package credentials

import (
	"slices"
	"time"

	"milieu/house/staff"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/record"
)

// State is how somebody stands to one sort of certificate.
type State string

// The states, the gravest first.
const (
	Lapsed   State = "lapsed"   // held, and over
	Missing  State = "missing"  // required, and never held
	Waiting  State = "waiting"  // recorded, and nobody has vouched for it
	Lapsing  State = "lapsing"  // within the time in which its holder is warned
	Valid    State = "valid"    //
	Released State = "released" // over, and let go: nobody asks for it
)

// WarnDays is how many days before the lapse somebody hears of it: the first, then again. Data of this project, held from 2026-11-01; field
// notes 12.
var WarnDays = []int{60, 30, 7}

// Standing is one person's one sort of certificate now.
type Standing struct {
	Person      record.ID
	What, Name  string
	Held        *Held // the one that lasts longest of those vouched for, else of the others; nil: none
	Newer       *Held // one that waits to be vouched for
	Requirement *Requirement
	State       State
	Lapse       time.Time // when it lapses or lapsed; when a missing one became required
}

// Rank orders standings: the gravest first.
func (s *Standing) Rank() int {
	return slices.Index([]State{Lapsed, Missing, Lapsing, Waiting, Valid, Released}, s.State)
}

// Bars says that the person may not do something now for want of it.
func (s *Standing) Bars() bool {
	return s.Requirement != nil && len(s.Requirement.Actions) > 0 && (s.State == Lapsed || s.State == Missing || s.State == Waiting)
}

// Stand works out how a person stands at t to every sort they hold or are required to hold: a pure function. Units are those to whose teams they
// belong; a requirement of certain units concerns whoever belongs to one of them.
func Stand(person record.ID, role access.Role, units []record.ID, required []Requirement, held []Held, zone *time.Location, t time.Time) []Standing {
	var out []Standing
	at := func(what, name string) *Standing {
		key := Key(what, name)
		for i := range out {
			if Key(out[i].What, out[i].Name) == key {
				return &out[i]
			}
		}
		out = append(out, Standing{Person: person, What: what, Name: name})
		return &out[len(out)-1]
	}
	for i := range held {
		h := &held[i]
		s := at(h.What, h.Name)
		switch {
		case !h.Counts():
			if h.Ended.IsZero() && (s.Newer == nil || longer(h, s.Newer, zone)) {
				s.Newer = h
			}
		case s.Held == nil || longer(h, s.Held, zone):
			s.Held = h
		}
	}
	for i := range required {
		r := &required[i]
		if r.Of(role) && r.Holds(t) && (len(r.Units) == 0 || slices.ContainsFunc(r.Units, func(u record.ID) bool { return slices.Contains(units, u) })) {
			at(r.What, r.Name).Requirement = r
		}
	}
	for i := range out {
		out[i].judge(zone, t)
	}
	return out
}

// longer says which of two certificates is the one that matters: what has not been ended before what has, then what lasts longer.
func longer(a, b *Held, zone *time.Location) bool {
	if a.Ended.IsZero() != b.Ended.IsZero() {
		return a.Ended.IsZero()
	}
	_, x := a.Span(zone)
	_, y := b.Span(zone)
	if x.IsZero() || y.IsZero() {
		return x.IsZero() && !y.IsZero()
	}
	return x.After(y)
}

func (s *Standing) judge(zone *time.Location, t time.Time) {
	if s.Held == nil {
		switch {
		case s.Newer != nil:
			s.State, s.Held = Waiting, s.Newer
			s.Newer = nil
		case s.Requirement != nil:
			s.State, s.Lapse = Missing, s.Requirement.Begins
		}
		return
	}
	_, until := s.Held.Span(zone)
	s.Lapse = until
	switch {
	case until.IsZero():
		s.State = Valid
	case !t.Before(until):
		s.State = Lapsed
		if !s.Held.Ended.IsZero() && s.Requirement == nil {
			s.State = Released
		}
	case !t.Before(Warned(s.Held, zone)):
		s.State = Lapsing
	default:
		s.State = Valid
	}
}

// Warned is when somebody is first told that a certificate will lapse.
func Warned(h *Held, zone *time.Location) time.Time { return before(h, zone, WarnDays[0]) }

// before is midnight so many days before the first day on which a certificate is no longer valid.
func before(h *Held, zone *time.Location, days int) time.Time {
	until, ok := day(h.Until)
	if !ok {
		return h.Lapse(zone)
	}
	return midnight(zone, until, 1-days)
}

// StandingOf is Stand for one person, from the tables.
func StandingOf(q db.Querier, p *staff.Person, t time.Time) ([]Standing, error) {
	zone, err := Zone(q)
	if err != nil {
		return nil, err
	}
	required, err := Requirements(q)
	if err != nil {
		return nil, err
	}
	held, err := Of(q, p.ID)
	if err != nil {
		return nil, err
	}
	teams, err := staff.Teams(q, p.ID)
	if err != nil {
		return nil, err
	}
	var units []record.ID
	for _, m := range teams {
		if m.Holds(t) {
			units = append(units, m.Unit)
		}
	}
	return Stand(p.ID, p.Role, units, required, held, zone, t), nil
}
