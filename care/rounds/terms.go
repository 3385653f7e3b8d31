package rounds

import (
	"slices"
	"time"

	"milieu/kit/record"
)

// Ordered is an order of a level as filed.
type Ordered struct {
	ID       record.ID
	Happened time.Time
	Raise    bool
	Order
	Until time.Time // of a lowering: then the orders before it hold again
}

// Night is a night order, or the end of one, as filed.
type Night struct {
	ID       record.ID
	Happened time.Time
	End      bool
	NightOrdered
}

// Whereabouts is what a person's stay says from a moment on.
type Whereabouts string

// Here: on a unit. Away: out by arrangement, in hospital or absent; somebody else answers, or a search does. Gone: no longer in the house.
const (
	Here Whereabouts = "here"
	Away Whereabouts = "away"
	Gone Whereabouts = "gone"
)

// Stay is one step of a person's stay: admitted, moved, left, returned, discharged.
type Stay struct {
	ID       record.ID
	Happened time.Time
	Where    Whereabouts
	Unit     record.ID // of Here by admission or transfer; a return goes back to the unit before
	Room     record.ID
	Kind     string // of Away: leave, court, appointment, hospital, absent
	Expected time.Time
	Back     bool // a return: the unit is the one before
}

// Fixed is a unit's rules from a moment on.
type Fixed struct {
	ID       record.ID
	Happened time.Time
	Unit     record.ID
	HouseRules
}

// Terms is everything that says how often a person must be seen: what was ordered, where they are, and what their unit fixes. Each list
// is in order of time, then of ID; Sort puts it so. All of it has happened; only ends of temporary orders and nights lie ahead.
type Terms struct {
	// Charts are the person's charts, whose terms these are: the one that goes on, then those merged into it. Empty where the person goes on
	// under another chart: then nothing is asked for under this one.
	Charts []record.ID
	Orders []Ordered
	Nights []Night
	Stays  []Stay
	Rules  []Fixed
	Zone   *time.Location
	// Seen holds the sightings whose state may end protected sleep. It may hold others.
	Seen []Look
}

// Sort puts every list in order.
func (t *Terms) Sort() {
	slices.SortFunc(t.Orders, func(a, b Ordered) int { return inOrder(a.Happened, b.Happened, a.ID, b.ID) })
	slices.SortFunc(t.Nights, func(a, b Night) int { return inOrder(a.Happened, b.Happened, a.ID, b.ID) })
	slices.SortFunc(t.Stays, func(a, b Stay) int { return inOrder(a.Happened, b.Happened, a.ID, b.ID) })
	slices.SortFunc(t.Rules, func(a, b Fixed) int { return inOrder(a.Happened, b.Happened, a.ID, b.ID) })
	SortLooks(t.Seen)
}

func inOrder(a, b time.Time, x, y record.ID) int {
	if c := a.Compare(b); c != 0 {
		return c
	}
	return slices.Compare(x[:], y[:])
}

// Mode is what a regime asks for.
type Mode string

// The modes: looks at intervals, watching without a break, nothing while away, nothing at all.
const (
	Intervals  Mode = "intervals"
	Continuous Mode = "continuous"
	Out        Mode = "out"
	None       Mode = "none"
)

// Regime is what holds for a person at a moment.
type Regime struct {
	Mode   Mode
	Level  Level
	Every  time.Duration // the longest time between two sightings now: the level's, or the night's
	Night  bool          // protected sleep holds
	Order  *Ordered      // what the level rests on; nil for the house's default
	Unit   record.ID
	Room   record.ID
	Away   *Stay // of Out
	Since  record.ID
	Rules  HouseRules // filled in
	Stayed *Stay      // the step of the stay that holds
}

// same says whether two regimes ask for the same.
func (r Regime) same(o Regime) bool {
	return r.Mode == o.Mode && r.Level == o.Level && r.Every == o.Every && r.Night == o.Night && r.Unit == o.Unit && r.Since == o.Since && r.Away == o.Away
}

// At is the regime at a moment.
func (t *Terms) At(at time.Time) Regime {
	r := Regime{Mode: None, Rules: HouseRules{}.Filled()}
	stay := t.stay(at)
	if stay == nil || stay.Where == Gone {
		return r
	}
	r.Unit, r.Room, r.Stayed = t.place(at), t.room(at), stay
	r.Rules = t.rules(r.Unit, at).Filled()
	r.Order = t.InForce(at)
	code := r.Rules.DefaultLevel
	if r.Order != nil {
		code = r.Order.Level
		r.Since = r.Order.ID
	}
	r.Level = r.Rules.Level(code)
	switch {
	case r.Rules.Off:
		r.Mode = None
	case stay.Where == Away && !t.seenBetween(stay.Happened, at):
		r.Mode, r.Away = Out, stay
	case r.Level.Continuous:
		r.Mode = Continuous
	default:
		r.Mode, r.Every = Intervals, r.Level.Every
		if n := t.night(at, r.Level); n != nil {
			r.Night, r.Every = true, max(r.Every, time.Duration(n.Minutes)*time.Minute)
		}
	}
	return r
}

func (t *Terms) stay(at time.Time) *Stay {
	for i := len(t.Stays) - 1; i >= 0; i-- {
		if !t.Stays[i].Happened.After(at) {
			return &t.Stays[i]
		}
	}
	return nil
}

// seenBetween says whether the person was seen after from and not after at: whoever is seen on a round is not away, whatever was noted.
func (t *Terms) seenBetween(from, at time.Time) bool {
	for i := range t.Seen {
		if l := &t.Seen[i]; l.Seen && l.At.After(from) && !l.At.After(at) {
			return true
		}
	}
	return false
}

// place is the unit of the last admission or transfer.
func (t *Terms) place(at time.Time) record.ID {
	for i := len(t.Stays) - 1; i >= 0; i-- {
		if s := &t.Stays[i]; !s.Happened.After(at) && !s.Unit.IsZero() {
			return s.Unit
		}
	}
	return record.Zero
}

func (t *Terms) room(at time.Time) record.ID {
	for i := len(t.Stays) - 1; i >= 0; i-- {
		if s := &t.Stays[i]; !s.Happened.After(at) && !s.Unit.IsZero() {
			return s.Room
		}
	}
	return record.Zero
}

func (t *Terms) rules(unit record.ID, at time.Time) HouseRules {
	for i := len(t.Rules) - 1; i >= 0; i-- {
		if r := &t.Rules[i]; r.Unit == unit && !r.Happened.After(at) {
			return r.HouseRules
		}
	}
	return HouseRules{}
}

// InForce is the order in force at a moment; nil when the house's default holds. A lowering stands in place of everything before it, until
// its own end if it has one. Of the raises after it the closest holds: the latest of two alike. Neither a raise to a wider level nor time lowers anybody.
func (t *Terms) InForce(at time.Time) *Ordered {
	from, floor := 0, (*Ordered)(nil)
	for i := len(t.Orders) - 1; i >= 0; i-- {
		o := &t.Orders[i]
		if !o.Raise && !o.Happened.After(at) && (o.Until.IsZero() || at.Before(o.Until)) {
			from, floor = i+1, o
			break
		}
	}
	best := floor
	for i := from; i < len(t.Orders) && !t.Orders[i].Happened.After(at); i++ {
		// Whatever is not a raise here is a lowering past its own end: it counts as a raise, so that its end never lowers.
		o := &t.Orders[i]
		if best == nil || LevelOf(o.Level).Rank > LevelOf(best.Level).Rank || best.Raise && o.Raise && o.Level == best.Level {
			best = o
		}
	}
	if best != nil && floor == nil {
		house := LevelOf(t.rules(t.place(at), at).Filled().DefaultLevel).Rank
		if rank := LevelOf(best.Level).Rank; rank < house || rank == house && !best.Raise {
			return nil // the house watches everybody as closely as that
		}
	}
	return best
}

// night is the night order that lengthens the interval at a moment; nil for none.
func (t *Terms) night(at time.Time, level Level) *Night {
	n := t.nightOrder(at)
	if n == nil || !level.Night {
		return nil
	}
	for i := range t.Orders {
		if o := &t.Orders[i]; o.Raise && !o.Happened.Before(n.Happened) && !o.Happened.After(at) {
			return nil // a raise ends it until it is ordered anew
		}
	}
	from, until := t.hours(n, at)
	if from.IsZero() || at.Before(from) || !at.Before(until) {
		return nil
	}
	for i := range t.Seen {
		if l := &t.Seen[i]; l.Seen && !l.At.Before(from) && !l.At.After(at) && n.stops(l.State) {
			return nil
		}
	}
	return n
}

// nightOrder is the latest night order that stands at a moment, by day or night.
func (t *Terms) nightOrder(at time.Time) *Night {
	for i := len(t.Nights) - 1; i >= 0; i-- {
		if n := &t.Nights[i]; !n.Happened.After(at) {
			if n.End || !n.Until.IsZero() && !at.Before(n.Until) {
				return nil
			}
			return n
		}
	}
	return nil
}

// hours are the night hours that hold a moment, else the next to come: by the house's clock, so that a night of a clock change is an hour
// shorter or longer.
func (t *Terms) hours(n *Night, at time.Time) (from, until time.Time) {
	zone := t.Zone
	if zone == nil {
		zone = time.UTC
	}
	start, ok := clockTime(n.From)
	end, fine := clockTime(n.To)
	if !ok || !fine {
		return time.Time{}, time.Time{}
	}
	year, month, day := at.In(zone).Date()
	for d := day - 1; d <= day+1; d++ {
		last := d
		if end <= start {
			last++
		}
		from = time.Date(year, month, d, 0, int(start/time.Minute), 0, 0, zone)
		until = time.Date(year, month, last, 0, int(end/time.Minute), 0, 0, zone)
		if at.Before(until) {
			return from.UTC(), until.UTC()
		}
	}
	return time.Time{}, time.Time{}
}

// Segment is a stretch in which one regime holds.
type Segment struct {
	From, To time.Time
	Regime
}

// Line is the regimes from a moment to another, one behind another without gaps.
func (t *Terms) Line(from, to time.Time) []Segment {
	var out []Segment
	for _, at := range t.turns(from, to) {
		r := t.At(at)
		if n := len(out); n > 0 {
			if out[n-1].same(r) {
				continue
			}
			out[n-1].To = at
		}
		out = append(out, Segment{From: at, To: to, Regime: r})
	}
	return out
}

func (t *Terms) everAway() bool {
	for i := range t.Stays {
		if t.Stays[i].Where == Away {
			return true
		}
	}
	return false
}

// turns are the moments at which the regime may change, the first being from.
func (t *Terms) turns(from, to time.Time) []time.Time {
	out := []time.Time{from}
	add := func(at time.Time) {
		if at.After(from) && at.Before(to) {
			out = append(out, at)
		}
	}
	for i := range t.Orders {
		add(t.Orders[i].Happened)
		add(t.Orders[i].Until)
	}
	for i := range t.Stays {
		add(t.Stays[i].Happened)
	}
	for i := range t.Rules {
		add(t.Rules[i].Happened)
	}
	for i := range t.Nights {
		n := &t.Nights[i]
		add(n.Happened)
		add(n.Until)
		if n.End {
			continue
		}
		for at := from; at.Before(to); {
			start, end := t.hours(n, at)
			if start.IsZero() {
				break
			}
			add(start)
			add(end)
			at = end
		}
	}
	if len(t.Nights) > 0 || t.everAway() {
		for i := range t.Seen {
			if t.Seen[i].Seen {
				add(t.Seen[i].At)
			}
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return slices.CompactFunc(out, time.Time.Equal)
}
