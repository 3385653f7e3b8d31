package access

import (
	"bytes"
	"fmt"
	"time"

	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// GlassLimits says for how long a chart may be opened in an emergency, and how soon somebody else looks at it: access.glass_limits_set, in the
// house's chart. What held when a chart was opened counts for that opening.
type GlassLimits struct {
	Most   int `json:"most" doc:"minutes that a chart stays open at most, 15 to 480"`
	Review int `json:"review" doc:"hours within which somebody else looks at it, 1 to 72"`
}

// DefaultGlass holds where the house has set nothing. 45 CFR 164.312(a)(2)(ii) asks for a way in during an emergency and names no hours: these
// are the program's own, from 2026-11-22, a first stretch of care and the next working day.
var DefaultGlass = GlassLimits{Most: 240, Review: 24}

// The widest limits: longer than a shift of eight hours nobody is in an emergency, and after three days nobody remembers it well. From 2026-11-28.
const (
	LeastGlass  = 15
	MostGlass   = 480
	LeastReview = 1
	MostReview  = 72
)

// Validate implements record.Body.
func (l *GlassLimits) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(l.Most >= LeastGlass && l.Most <= MostGlass, "most", fmt.Sprintf("%d to %d minutes", LeastGlass, MostGlass))
	c.Want(l.Review >= LeastReview && l.Review <= MostReview, "review", fmt.Sprintf("%d to %d hours", LeastReview, MostReview))
	return c.Err()
}

// Within is how soon an opening is to be looked at.
func (l GlassLimits) Within() time.Duration { return time.Duration(l.Review) * time.Hour }

// Lengths are the times offered, in minutes: usual ones within the limit, and the limit itself.
func (l GlassLimits) Lengths() (out []int) {
	for _, m := range []int{30, 60, 120, 240} {
		if m < l.Most {
			out = append(out, m)
		}
	}
	return append(out, l.Most)
}

// SetLimits are limits as they were set.
type SetLimits struct {
	GlassLimits
	From   time.Time // zero: the program's own
	Author record.ID
}

// GlassLimitsAt gives the limits that held at a time: the latest set until then.
func GlassLimitsAt(q db.Querier, t time.Time) (SetLimits, error) {
	held := SetLimits{GlassLimits: DefaultGlass}
	list, err := facts(q, topicLimits, "chart = $1", due.House[:])
	if err != nil {
		return held, err
	}
	var last record.ID
	for _, f := range list {
		if f.happened.After(t) || f.happened.Before(held.From) || f.happened.Equal(held.From) && bytes.Compare(last[:], f.id[:]) > 0 {
			continue
		}
		l, err := read[GlassLimits](f)
		if err != nil {
			return held, err
		}
		held, last = SetLimits{l, f.happened, f.author}, f.id
	}
	return held, nil
}

// glassWithin refuses to open a chart for longer than the house allows.
func glassWithin(q db.Querier, e *record.Entry, b record.Body) (func(db.Querier) error, error) {
	g, ok := b.(*GlassBroken)
	if !ok {
		return nil, nil
	}
	l, err := GlassLimitsAt(q, e.Happened)
	if err == nil && g.Minutes > l.Most {
		return nil, field("minutes", fmt.Sprintf("1 to %d minutes", l.Most))
	}
	return nil, err
}
