package rounds

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"milieu/kit/record"
)

// FirstLook is how soon a person is looked at when, by a new order, the time since they were last seen is over already: asked for at once, late
// after this. The program's own proposal, held from 2026-11-01; it never lengthens what was ordered before.
const FirstLook = 5 * time.Minute

// Draw is the time after a look at which the next is asked for: for irregular levels drawn from the look's ID, the same wherever it is
// worked out; else the whole interval. n counts on from the look: 0 is the next, 1 the one after it, and so on.
func Draw(anchor record.ID, n int, l Level, every time.Duration) time.Duration {
	if l.DrawTo == 0 {
		return every
	}
	h := sha256.New()
	h.Write(anchor[:])
	var count [4]byte
	binary.BigEndian.PutUint32(count[:], uint32(n))
	h.Write(count[:])
	seconds := uint64((l.DrawTo-l.DrawFrom)/time.Second) + 1
	drawn := l.DrawFrom + time.Duration(binary.BigEndian.Uint64(h.Sum(nil))%seconds)*time.Second
	return min(drawn, every)
}

// Draws are the next few draws, for a device that works without a network: data, not a rule.
func Draws(anchor record.ID, l Level, every time.Duration, count int) []time.Duration {
	out := make([]time.Duration, count)
	for i := range out {
		out[i] = Draw(anchor, i, l, every)
	}
	return out
}

// base is from when the time to the next sighting runs: a look, a return, an admission, an order.
type base struct {
	id   record.ID
	at   time.Time
	look *Look
	hold time.Duration // somebody else answers for so long
}

func (b *base) first(r *Regime) time.Duration { return Draw(b.id, 0, r.Level, r.Every) }

// horizon is how far ahead a limit may lie: longer than any interval and any hold.
const horizon = 6 * time.Hour

// limit says when the next look is asked for, from when it is late, and the regime that makes it so. Not ok: the person goes out, or is
// watched without a break, before that.
//
// A longer interval counts from the base. A shorter one counts from the base too, so it bites at once; where its time had passed when it began, the
// look is asked for then and late after FirstLook, never later than it would have been without the change.
func (t *Terms) limit(b base) (ask, late time.Time, r Regime, ok bool) {
	for i, s := range t.Line(b.at, b.at.Add(horizon)) {
		switch {
		case i > 0 && !s.From.Before(late):
			return ask, late, r, true
		case s.Mode != Intervals:
			return ask, late, r, false
		case b.hold > 0:
			ask, late = b.at.Add(b.hold), b.at.Add(b.hold)
		case i == 0:
			ask, late = b.at.Add(b.first(&s.Regime)), b.at.Add(s.Every)
		case s.Every < r.Every:
			counted := b.at.Add(s.Every)
			if !counted.After(s.From) {
				counted = s.From.Add(min(FirstLook, s.Every))
			}
			late = earlier(late, counted)
			ask = earlier(later(s.From, b.at.Add(b.first(&s.Regime))), late)
		default:
			late = later(late, b.at.Add(s.Every))
			ask = earlier(later(ask, b.at.Add(b.first(&s.Regime))), late)
		}
		r = s.Regime
	}
	return ask, late, r, r.Mode == Intervals
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Next is the look that is open for a person.
type Next struct {
	Anchor  record.ID // what opened it: the last look, the return, the order
	Opens   time.Time
	Ask     time.Time
	Late    time.Time
	Regime  Regime
	Last    *Look // the last sighting or answer, if it counts from one
	Attempt *Look // looked for since, and not seen
}

// Next says which look is open, given the looks since the last that settles (and that one); ok is false when none is asked for.
func (t *Terms) Next(looks []Look) (n Next, ok bool) {
	SortLooks(looks)
	now := t.newest()
	var last *Look
	for i := range looks {
		now = later(now, looks[i].At)
		// Of looks at the same instant the first settles.
		if l := &looks[i]; l.Settles() && (last == nil || l.At.After(last.At)) {
			last = l
		}
	}
	if now.IsZero() {
		return n, false
	}
	if n.Regime = t.At(now); n.Regime.Mode != Intervals {
		return n, false
	}
	b, found := t.base(last, now)
	if !found {
		return n, false
	}
	var r Regime
	n.Ask, n.Late, r, ok = t.limit(b)
	n.Anchor, n.Opens, n.Last = b.id, b.at, last
	if !ok {
		return n, false
	}
	if r.Order != nil && r.Order.Happened.After(b.at) && n.Ask.Equal(r.Order.Happened) {
		n.Anchor, n.Opens = r.Order.ID, r.Order.Happened // a new order asks for it at once: whoever must hear hears anew
	}
	for i := range looks {
		if l := &looks[i]; !l.Settles() && !l.At.Before(b.at) {
			n.Attempt = l
		}
	}
	if n.Attempt != nil {
		if again := ReasonOf(n.Attempt.Reason).Again; again > 0 {
			n.Ask = earlier(later(n.Ask, n.Attempt.At.Add(again)), n.Late)
		}
	}
	return n, true
}

// newest is when the latest of the terms was said.
func (t *Terms) newest() (at time.Time) {
	for i := range t.Orders {
		at = later(at, t.Orders[i].Happened)
	}
	for i := range t.Nights {
		at = later(at, t.Nights[i].Happened)
	}
	for i := range t.Stays {
		at = later(at, t.Stays[i].Happened)
	}
	for i := range t.Rules {
		at = later(at, t.Rules[i].Happened)
	}
	return at
}

// base finds from when the time runs at a moment in which looks at intervals are asked for.
func (t *Terms) base(last *Look, now time.Time) (base, bool) {
	if len(t.Stays) == 0 {
		return base{}, false
	}
	from := t.Stays[0].Happened
	if last != nil {
		from = last.At
	}
	start := from
	segments := t.Line(from, now.Add(time.Microsecond))
	for i := len(segments) - 1; i >= 0; i-- {
		if segments[i].Mode != Intervals {
			start = segments[i].To
			break
		}
	}
	if last != nil && !last.Seen { // answered for until they are back on a unit
		for i := range t.Stays {
			if s := &t.Stays[i]; s.Where == Here && s.Happened.After(last.At) && s.Happened.After(start) && !s.Happened.After(now) {
				start = s.Happened
			}
		}
	}
	if last != nil && start.Equal(last.At) {
		return base{id: last.ID, at: last.At, look: last, hold: hold(last)}, true
	}
	return base{id: t.cause(start), at: start}, true
}

func hold(l *Look) time.Duration {
	if l.Seen {
		return 0
	}
	return ReasonOf(l.Reason).Confirm
}

// cause is the entry that changed the regime at a moment.
func (t *Terms) cause(at time.Time) record.ID {
	for i := range t.Stays {
		if t.Stays[i].Happened.Equal(at) {
			return t.Stays[i].ID
		}
	}
	for i := range t.Orders {
		if t.Orders[i].Happened.Equal(at) || t.Orders[i].Until.Equal(at) {
			return t.Orders[i].ID
		}
	}
	for i := range t.Rules {
		if t.Rules[i].Happened.Equal(at) {
			return t.Rules[i].ID
		}
	}
	for i := range t.Seen {
		if t.Seen[i].At.Equal(at) {
			return t.Seen[i].ID
		}
	}
	if s := t.stay(at); s != nil {
		return s.ID
	}
	return record.Zero
}

// Watch is one stint of continuous watching, as filed.
type Watch struct {
	ID   record.ID
	At   time.Time
	From record.ID
	To   record.ID
}

// Relief is the relief that is open: of the stint that runs, or the watch that nobody has begun. It may lie ahead, where a temporary order ends in
// continuous watching. ok is false when nobody is watched without a break.
type Relief struct {
	Anchor record.ID
	Opens  time.Time
	Late   time.Time
	Watch  *Watch // nil: nobody has begun
	Regime Regime
}

// Relief says which relief is open.
func (t *Terms) Relief(watches []Watch) (r Relief, ok bool) {
	now := t.newest()
	for i := range watches {
		now = later(now, watches[i].At)
	}
	if len(t.Stays) == 0 || now.IsZero() {
		return r, false
	}
	start := time.Time{}
	segments := t.Line(t.Stays[0].Happened, now.Add(7*24*time.Hour))
	for i := range segments {
		s := &segments[i]
		if s.Mode != Continuous || !s.To.After(now) && i+1 < len(segments) && segments[i+1].Mode != Continuous {
			start = time.Time{}
			continue
		}
		if start.IsZero() {
			start = s.From
		}
		if s.To.After(now) {
			r.Regime = s.Regime
			break
		}
	}
	if start.IsZero() {
		return r, false
	}
	for i := range watches {
		if w := &watches[i]; !w.At.Before(start) && (r.Watch == nil || w.At.After(r.Watch.At)) {
			r.Watch = w
		}
	}
	if r.Watch == nil {
		r.Anchor, r.Opens, r.Late = t.cause(start), start, start.Add(FirstLook)
		return r, true
	}
	r.Anchor, r.Opens = r.Watch.ID, r.Watch.At
	r.Late = r.Watch.At.Add(time.Duration(r.Regime.Rules.StintMinutes) * time.Minute)
	return r, true
}

// Now is the regime as of the newest statement there is. No clock is asked: only ends of temporary orders and nights lie ahead of it, and a window
// takes account of those.
func (t *Terms) Now() Regime {
	at := t.newest()
	for i := range t.Seen {
		at = later(at, t.Seen[i].At)
	}
	return t.At(at)
}
