package rounds

import (
	"time"

	"milieu/kit/record"
)

// Review is when the order in force must be looked at again: its review or its own limit, whichever comes first. ok is false when it names neither.
func (t *Terms) Review() (r Regime, at time.Time, ok bool) {
	if r = t.At(t.newest()); r.Order == nil || r.Mode == None {
		return r, at, false
	}
	at = r.Order.Review
	if l := r.Order.Limit; at.IsZero() || !l.IsZero() && l.Before(at) {
		at = l
	}
	return r, at, !at.IsZero()
}

// Search is a search for somebody who was not found, as filed.
type Search struct {
	ID     record.ID
	At     time.Time
	Late   time.Time
	Reason string
	Place  string
	By     record.ID
}

// Missing says whether a search is open, given those begun, when searches were said to have ended, and the looks that count now. Somebody noted as
// absent is searched for too. A search ends when the person is seen, answered for, back on a unit, discharged, or by its own entry.
func (t *Terms) Missing(searches []Search, ends []time.Time, looks []Look) (Search, bool) {
	var settled time.Time
	for _, at := range ends {
		settled = later(settled, at)
	}
	for i := range looks {
		if looks[i].Settles() {
			settled = later(settled, looks[i].At)
		}
	}
	for i := range t.Stays {
		s := &t.Stays[i]
		switch {
		case s.Kind == "absent" && s.Where == Away:
			searches = append(searches, Search{ID: s.ID, At: s.Happened, Reason: "absent"})
		default:
			settled = later(settled, s.Happened)
		}
	}
	var open Search
	found := false
	for _, s := range searches {
		if !s.At.After(settled) {
			continue
		}
		s.Late = s.At.Add(ReasonOf(s.Reason).Within)
		if !found {
			open, found = s, true
			continue
		}
		late := earlier(open.Late, s.Late)
		if c := inOrder(s.At, open.At, s.ID, open.ID); c < 0 {
			open = s
		}
		open.Late = late
	}
	return open, found
}

// Walk is an environmental round as filed.
type Walk struct {
	ID record.ID
	At time.Time
}

// NextWalk says when the next environmental round is due by the unit's rules; ok is false when the unit asks for none.
func NextWalk(rules []Fixed, done []Walk) (anchor record.ID, opens, late time.Time, ok bool) {
	if len(rules) == 0 {
		return anchor, opens, late, false
	}
	now := rules[len(rules)-1]
	if now.EnvironmentMinutes == 0 || now.Off {
		return anchor, opens, late, false
	}
	anchor, opens = now.ID, now.Happened
	for _, w := range done {
		if w.At.After(opens) || anchor == now.ID && w.At.Add(time.Duration(now.EnvironmentMinutes)*time.Minute).After(now.Happened) {
			anchor, opens = w.ID, w.At
		}
	}
	return anchor, opens, opens.Add(time.Duration(now.EnvironmentMinutes) * time.Minute), true
}
