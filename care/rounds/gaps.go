package rounds

import (
	"time"
)

// Stretch is a stretch of time.
type Stretch struct{ From, To time.Time }

// Gap is the time between two sightings, or from a return or an order to the first sighting, measured as it was. Nothing shortens it but the
// truth: not a slot, not a grace, not that it was written down afterwards.
type Gap struct {
	Stretch
	First  *Look // that it runs from; nil when it runs from a return, an admission, an order
	Last   *Look // that ends it; nil when the person left, or nobody has seen them yet
	Open   bool  // nobody has seen them yet
	Limit  time.Time
	Regime Regime // that set the limit
	Late   bool
	Missed bool          // over by a whole further interval
	By     time.Duration // how late
	Down   time.Duration // of it, while the system did not run
}

// Gaps measures a person's time between sightings from a moment to another. Looks are in order and begin with the last that settles before from.
// A limit that falls while the system did not run moves to the moment it ran again: what follows is late, what lay within is told apart.
func (t *Terms) Gaps(looks []Look, down []Stretch, from, to time.Time) []Gap {
	start, begun := from, (*base)(nil)
	if len(looks) > 0 && looks[0].At.Before(from) {
		start = looks[0].At
	} else if len(t.Stays) > 0 && t.Stays[0].Happened.Before(from) && t.At(from).Mode == Intervals {
		if b, ok := t.base(nil, from); ok { // never seen since they came
			start, begun = b.at, &b
		}
	}
	var out []Gap
	for _, run := range t.runs(start, to) {
		var open *base
		switch {
		case run.From.Equal(start) && begun != nil:
			open = begun
		case !run.From.Equal(start) || t.began(run.From):
			open = &base{id: t.cause(run.From), at: run.From}
		}
		for i := range looks {
			l := &looks[i]
			if !l.Settles() || l.At.Before(run.From) || l.At.After(run.To) || !l.At.Before(to) && !l.At.Equal(run.From) {
				continue
			}
			if open != nil && l.At.After(open.at) {
				out = t.gap(out, *open, l, l.At, down, from)
			}
			if open == nil || l.At.After(open.at) || open.look == nil {
				open = &base{id: l.ID, at: l.At, look: l, hold: hold(l)}
			}
		}
		if open != nil && open.at.Before(run.To) {
			out = t.gap(out, *open, nil, run.To, down, from)
			if run.To.Equal(to) {
				out[len(out)-1].Open = true
			}
		}
	}
	return out
}

// began says whether a stay, an order or a rule begins at a moment: time runs from there even without a look.
func (t *Terms) began(at time.Time) bool {
	for i := range t.Stays {
		if t.Stays[i].Happened.Equal(at) {
			return true
		}
	}
	return false
}

// runs are the stretches in which looks at intervals are asked for without a break.
func (t *Terms) runs(from, to time.Time) []Stretch {
	var out []Stretch
	for _, s := range t.Line(from, to) {
		if s.Mode != Intervals {
			continue
		}
		if n := len(out); n > 0 && out[n-1].To.Equal(s.From) {
			out[n-1].To = s.To
			continue
		}
		out = append(out, Stretch{s.From, s.To})
	}
	return out
}

func (t *Terms) gap(out []Gap, b base, last *Look, end time.Time, down []Stretch, from time.Time) []Gap {
	if !end.After(from) {
		return out
	}
	g := Gap{Stretch: Stretch{b.at, end}, First: b.look, Last: last}
	_, limit, r, ok := t.limit(b)
	if !ok { // the run ends before it could be late
		limit = end
	}
	for _, d := range down {
		g.Down += overlap(g.Stretch, d)
		if !limit.Before(d.From) && limit.Before(d.To) {
			limit = d.To
		}
	}
	g.Limit, g.Regime = limit, r
	if end.After(limit) {
		g.Late, g.By = true, end.Sub(limit)
		g.Missed = g.By > r.Every
	}
	return append(out, g)
}

func overlap(a, b Stretch) time.Duration {
	return max(0, earlier(a.To, b.To).Sub(later(a.From, b.From)))
}

// Uncovered are the stretches of continuous watching in which nobody had taken the watch: from the order to the first who took it. It needs every
// watch since the person came.
func (t *Terms) Uncovered(watches []Watch, from, to time.Time) []Stretch {
	var out []Stretch
	var run Stretch
	flush := func() {
		if run.From.IsZero() {
			return
		}
		first := run.To
		for _, w := range watches {
			if !w.At.Before(run.From) && w.At.Before(first) {
				first = w.At
			}
		}
		if first.After(run.From) && first.After(from) {
			out = append(out, Stretch{run.From, first})
		}
		run = Stretch{}
	}
	if len(t.Stays) == 0 {
		return nil
	}
	start := earlier(from, t.Stays[0].Happened) // a watch that began before the night covers it
	for _, s := range t.Line(start, to) {
		if s.Mode != Continuous {
			flush()
			continue
		}
		if run.From.IsZero() {
			run.From = s.From
		}
		run.To = s.To
	}
	flush()
	return out
}

// Counts is what a report counts, of one person or of many.
type Counts struct {
	Seen         int // sightings
	NotSeen      int // looked for and not seen
	Tags         int // tags read with nobody seen
	Gaps         int // measured
	Late         int // longer than ordered, the missed among them
	Missed       int // over by a whole further interval
	Later        int // sightings entered afterwards
	ReceivedLate int // sightings that waited on a device: in time all the same
	Longest      time.Duration
	Over         time.Duration // all lateness together
}

// InTime is the share of gaps within the ordered time, 0 to 1; 1 when there is none.
func (c Counts) InTime() float64 {
	if c.Gaps == 0 {
		return 1
	}
	return float64(c.Gaps-c.Late) / float64(c.Gaps)
}

// Add counts another's in.
func (c *Counts) Add(o Counts) {
	c.Seen, c.NotSeen, c.Tags = c.Seen+o.Seen, c.NotSeen+o.NotSeen, c.Tags+o.Tags
	c.Gaps, c.Late, c.Missed = c.Gaps+o.Gaps, c.Late+o.Late, c.Missed+o.Missed
	c.Later, c.ReceivedLate = c.Later+o.Later, c.ReceivedLate+o.ReceivedLate
	c.Longest, c.Over = max(c.Longest, o.Longest), c.Over+o.Over
}

// CountLooks counts the looks from a time to another that keep says yes to; nil keeps all.
func CountLooks(looks []Look, from, to time.Time, keep func(*Look) bool) (c Counts) {
	for i := range looks {
		l := &looks[i]
		if l.At.Before(from) || !l.At.Before(to) || keep != nil && !keep(l) {
			continue
		}
		switch {
		case l.Seen:
			c.Seen++
			if l.Later {
				c.Later++
			}
			if l.Late {
				c.ReceivedLate++
			}
		case l.Reason == "":
			c.Tags++
		default:
			c.NotSeen++
		}
	}
	return c
}

// CountGaps counts the gaps that belong between two times: a late one where it became late, another where it ended.
func CountGaps(gaps []Gap, from, to time.Time) (c Counts) {
	for i := range gaps {
		g := &gaps[i]
		at := g.To
		if g.Late {
			at = g.Limit
		}
		if at.Before(from) || at.After(to) || at.Equal(to) && !g.Open {
			continue
		}
		if g.Open && !g.Late {
			continue // still running, within its time
		}
		c.Gaps++
		c.Longest = max(c.Longest, g.To.Sub(g.From))
		if g.Late {
			c.Late++
			c.Over += g.By
		}
		if g.Missed {
			c.Missed++
		}
	}
	return c
}
