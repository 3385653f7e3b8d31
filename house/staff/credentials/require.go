package credentials

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

// Requirement is one statement of what a certificate is needed for, and the time in which it is in force.
type Requirement struct {
	ID record.ID
	RequirementSet
	At     time.Time // when it was set
	Begins time.Time // from when it is in force: at once, or on the day it names
	Ends   time.Time // when another takes its place or it is lifted; zero: open
}

// Key is the sort of certificate it is about.
func (r *Requirement) Key() string { return Key(r.What, r.Name) }

// Holds says whether it is in force at t.
func (r *Requirement) Holds(t time.Time) bool {
	return !t.Before(r.Begins) && (r.Ends.IsZero() || t.Before(r.Ends))
}

// Lasts says that nothing ends it yet.
func (r *Requirement) Lasts() bool { return r.Ends.IsZero() }

// Of says whether it is required of a role.
func (r *Requirement) Of(role access.Role) bool { return slices.Contains(r.Roles, role) }

// Requirements lists what is and was required, sort by sort and in the order in which it was set.
func Requirements(q db.Querier) ([]Requirement, error) {
	zone, err := Zone(q)
	if err != nil {
		return nil, err
	}
	var out []Requirement
	err = db.Each(q, "SELECT what, happened, id, said, body FROM staff_requirement_v1 ORDER BY what, happened, id", nil, func(r db.Row) error {
		var key, said, body string
		var at int64
		var one Requirement
		if err := r.Scan(&key, &at, &one.ID, &said, &body); err != nil {
			return err
		}
		one.At = clock.FromMicros(at)
		one.Begins = one.At
		if said == saidRequired {
			if err := json.Unmarshal([]byte(body), &one.RequirementSet); err != nil {
				return err
			}
			if first, ok := day(one.From); ok && midnight(zone, first, 0).After(one.At) {
				one.Begins = midnight(zone, first, 0)
			}
		}
		for i := range out { // an earlier one of the sort goes on until this one takes its place
			if p := &out[i]; p.Key() == key && (p.Ends.IsZero() || p.Ends.After(one.Begins)) {
				p.Ends = one.Begins
			}
		}
		if said == saidRequired {
			out = append(out, one)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading what is required: %w", err)
	}
	return out, nil
}

// Gap is a time in which somebody may not do something, for want of a certificate.
type Gap struct {
	Requirement *Requirement
	From, Until time.Time // a zero Until is open
	Last        *Held     // the certificate that lapsed or ended when it began; nil: there was none
}

// Gaps are the times in which a role's requirements are not met by what somebody holds: a pure function. A certificate that nobody has vouched
// for counts for nothing.
func Gaps(role access.Role, required []Requirement, held []Held, zone *time.Location) []Gap {
	var out []Gap
	for i := range required {
		r := &required[i]
		if !r.Of(role) || !r.Ends.IsZero() && !r.Ends.After(r.Begins) {
			continue
		}
		missing := []Gap{{Requirement: r, From: r.Begins, Until: r.Ends}}
		for j := range held {
			if h := &held[j]; h.Counts() && h.Key() == r.Key() {
				missing = without(missing, h, zone)
			}
		}
		out = append(out, missing...)
	}
	return out
}

// without takes the time of a certificate out of gaps.
func without(gaps []Gap, h *Held, zone *time.Location) []Gap {
	from, until := h.Span(zone)
	if !until.IsZero() && !until.After(from) {
		return gaps
	}
	var out []Gap
	for _, g := range gaps {
		if !until.IsZero() && !until.After(g.From) { // it was over before: perhaps it is what lapsed
			if g.Last == nil || later(h, g.Last, zone) {
				g.Last = h
			}
			out = append(out, g)
			continue
		}
		if !g.Until.IsZero() && !from.Before(g.Until) {
			out = append(out, g)
			continue
		}
		if from.After(g.From) {
			out = append(out, Gap{g.Requirement, g.From, from, g.Last})
		}
		if !until.IsZero() && (g.Until.IsZero() || until.Before(g.Until)) {
			out = append(out, Gap{g.Requirement, until, g.Until, h})
		}
	}
	return out
}

func later(a, b *Held, zone *time.Location) bool {
	_, one := a.Span(zone)
	_, other := b.Span(zone)
	return one.After(other)
}
