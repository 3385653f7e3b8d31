package discharge

import (
	"slices"
	"time"

	"milieu/care/belongings"
	"milieu/house/clients"
	"milieu/kit/record"
)

// Filed is one entry that says something of a stay and its end, as filed.
type Filed struct {
	ID       record.ID
	Chart    record.ID
	At       time.Time
	Received time.Time
	By       record.ID
	Body     record.Body
}

// State is how far somebody's leaving is: of the stay under way, or of the last.
type State struct {
	Admitted   *Filed // nil: nobody was admitted here
	Left       *Filed // the discharge; nil while they are here
	Plan       *Filed // the latest
	Booked     []Filed
	NoFollowUp *Filed // why there is none: declined, or none booked
	Things     []belongings.Thing
	ThingsLeft *Filed // why things stay behind
	Summary    *Filed
	Copy       *Filed
}

// history is how long after a discharge its entry may arrive and still ask for what is missing: what is entered of a stay of long ago asks for
// nothing.
const history = 7 * 24 * time.Hour

// Of works out how far a leaving is, whatever the order in which the entries came.
func Of(filed []Filed) State {
	filed = slices.Clone(filed)
	slices.SortFunc(filed, func(a, b Filed) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return slices.Compare(a.ID[:], b.ID[:])
	})
	var s State
	var things []belongings.Filed
	for i := range filed {
		f := &filed[i]
		switch b := f.Body.(type) {
		case *clients.Admitted:
			s = State{Admitted: f}
		case *clients.DischargedTo:
			if s.Left == nil {
				s.Left = f
			}
		case *Planned:
			s.Plan = f
		case *FollowUpBooked:
			s.Booked = append(s.Booked, *f)
		case *FollowUpDeclined, *NoneBooked:
			s.NoFollowUp = f
		case *BelongingsLeft:
			s.ThingsLeft = f
		case *SummaryWritten:
			s.Summary = f
		case *CopyGiven:
			s.Copy = f
		default:
			things = append(things, belongings.Filed{ID: f.ID, Chart: f.Chart, At: f.At, By: f.By, Body: b})
		}
	}
	s.Things = belongings.Held(belongings.Of(things))
	return s
}

// When is how a visit stands to a discharge.
type When string

// The four ways. SameDay counts for no measure of follow-up.
const (
	Before   When = "before"
	SameDay  When = "same_day"
	Within7  When = "within_7"
	Within30 When = "within_30"
	Later    When = "later"
)

// Within says how a visit stands to the day of discharge, by days as the house counts them: the seven days are those after that day.
func Within(visit, left time.Time, zone *time.Location) When {
	switch n := days(visit, zone) - days(left, zone); {
	case n < 0:
		return Before
	case n == 0:
		return SameDay
	case n <= 7:
		return Within7
	case n <= 30:
		return Within30
	}
	return Later
}

// SeventhDay is the last day on which a visit counts as within seven days.
func SeventhDay(left time.Time, zone *time.Location) time.Time {
	year, month, day := left.In(zone).Date()
	return time.Date(year, month, day+7, 12, 0, 0, 0, zone)
}

func days(at time.Time, zone *time.Location) int {
	year, month, day := at.In(zone).Date()
	return int(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// Leaves is the day from which follow-up counts: of the discharge, else the day planned, else today.
func (s *State) Leaves(now time.Time, zone *time.Location) time.Time {
	if s.Left != nil {
		return s.Left.At
	}
	if s.Plan != nil {
		if day, err := time.ParseInLocation(time.DateOnly, s.Plan.Body.(*Planned).Date, zone); err == nil && days(day, zone) >= days(now, zone) {
			return day.Add(12 * time.Hour)
		}
	}
	return now
}

// FollowUpSaid says that a visit is booked for after the day of discharge, or that it is said why none is. Who has died needs none.
func (s *State) FollowUpSaid(left time.Time, zone *time.Location) bool {
	if s.NoFollowUp != nil || s.Left != nil && s.Left.Body.(*clients.DischargedTo).Destination == "died" {
		return true
	}
	return slices.ContainsFunc(s.Booked, func(f Filed) bool {
		w := Within(f.Body.(*FollowUpBooked).At, left, zone)
		return w != Before && w != SameDay
	})
}

// ThingsSaid says that nothing is in keeping, or that it is said why things stay.
func (s *State) ThingsSaid() bool { return len(s.Things) == 0 || s.ThingsLeft != nil }

// Asks says that what is missing of a discharge is asked for: there was one, and it was filed near when it happened.
func (s *State) Asks() bool { return s.Left != nil && s.Left.Received.Sub(s.Left.At) < history }
