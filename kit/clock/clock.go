// Package clock is the only source of now. Everything else is handed a Clock, so that midnight, daylight-saving and a wrong server clock can be tested.
package clock

import (
	"sync"
	"sync/atomic"
	"time"
)

// Clock tells the time in UTC and lets a caller wait. Implementations are safe for concurrent use.
type Clock interface {
	// Now is the time in UTC, cut to the microsecond as the record stores it.
	Now() time.Time
	// After delivers once, when d has truly passed.
	After(d time.Duration) <-chan time.Time
}

// Micros is t as the databases store it: microseconds since 1970 UTC. The zero time is 0.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// FromMicros is the UTC time of a stored value. 0 is the zero time.
func FromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// Steady is the clock of a running server: the wall clock as it was at the start, carried on by the monotonic clock.
// A server clock that is set forward, back, or years away while the program runs moves neither Now nor any wait.
type Steady struct {
	wall  func() time.Time
	start time.Time
	mono  func() time.Duration
}

// System is the clock a program uses when nobody injects another.
func System() *Steady {
	start := time.Now()
	return NewSteady(func() time.Time { return time.Now().Round(0) }, func() time.Duration { return time.Since(start) })
}

// NewSteady builds a steady clock from a wall clock and a count of time that only moves forward.
func NewSteady(wall func() time.Time, mono func() time.Duration) *Steady {
	return &Steady{wall: wall, start: wall().UTC().Add(-mono()), mono: mono}
}

// Now implements Clock.
func (s *Steady) Now() time.Time { return s.start.Add(s.mono()).Truncate(time.Microsecond) }

// After implements Clock.
func (s *Steady) After(d time.Duration) <-chan time.Time { return time.After(d) }

// Step is how far the machine's wall clock has moved away from this clock since the start: positive when the wall is ahead. Health shows it.
func (s *Steady) Step() time.Duration { return s.wall().Sub(s.start.Add(s.mono())) }

// Led goes as another clock does, and further on by as much as it was told: for trials of a shift that is yet to come, on made-up data. What
// waits on it waits by the other clock.
type Led struct {
	Clock
	ahead atomic.Int64 // nanoseconds
}

// NewLed begins level with c.
func NewLed(c Clock) *Led { return &Led{Clock: c} }

// Now implements Clock.
func (l *Led) Now() time.Time { return l.Clock.Now().Add(time.Duration(l.ahead.Load())) }

// Advance puts the clock on by d.
func (l *Led) Advance(d time.Duration) { l.ahead.Add(int64(d)) }

// Fake stands still until it is told to move. It is for tests and for simulations at other than true speed.
type Fake struct {
	mu    sync.Mutex
	now   time.Time
	waits []wait
}

type wait struct {
	at time.Time
	ch chan time.Time
}

// NewFake starts at t.
func NewFake(t time.Time) *Fake { return &Fake{now: t.UTC().Truncate(time.Microsecond)} }

// Now implements Clock.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// After implements Clock: it delivers when the clock has been moved by d.
func (f *Fake) After(d time.Duration) <-chan time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	ch := make(chan time.Time, 1)
	if d <= 0 {
		ch <- f.now
		return ch
	}
	f.waits = append(f.waits, wait{f.now.Add(d), ch})
	return ch
}

// Advance moves the clock and wakes whoever waited for a time now reached.
func (f *Fake) Advance(d time.Duration) { f.Set(f.Now().Add(d)) }

// Set moves the clock to t, which may lie in the past.
func (f *Fake) Set(t time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = t.UTC().Truncate(time.Microsecond)
	left := f.waits[:0]
	for _, w := range f.waits {
		if w.at.After(f.now) {
			left = append(left, w)
			continue
		}
		w.ch <- f.now
	}
	f.waits = left
}

// Waiting counts the waits not yet over: a test moves the clock only once the code under test is asleep.
func (f *Fake) Waiting() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.waits)
}

var (
	_ Clock = (*Steady)(nil)
	_ Clock = (*Fake)(nil)
)

// Deadline is a moment on the machine's own clock, for network deadlines only: the operating system compares them with that clock.
func Deadline(d time.Duration) time.Time { return time.Now().Add(d) }
