package web

import (
	"sync"
	"time"

	"milieu/kit/db"
	"milieu/kit/record"
)

const (
	// holds is how long something remembered is used at most, so that what goes by the clock (late, on shift, today) is never older.
	holds = time.Second
	// mostKept bounds what is remembered: at most so many things, of all units together.
	mostKept = 256
)

// memory keeps what was read and drawn of each unit until an entry touches that unit. What is of the house stands under the zero unit.
type memory struct {
	mu    sync.Mutex
	heard int64 // up to where it has heard of entries
	units map[record.ID]map[string]*kept
	swept time.Time
}

// kept is one thing remembered, or being worked out by the first who asked while others wait for it.
type kept struct {
	at    time.Time // when the working out began
	done  chan struct{}
	value any // nil when it failed
}

// Remember gives what load reads of a unit, or of the house when unit is zero, and the same again to everybody who may see the same until an
// entry is filed that touches the unit. One request works it out while the others wait. What load depends on beside the record and who may
// see it belongs into what; what is given is shared, and is not to be changed. Who does not see the unit shares nothing.
//
// An entry is heard of before its sender is answered, so what a person asks next knows of it. Where several processes share a database, what
// another has filed is heard of a moment later: a request that finds the log further on than was heard reads for itself.
func Remember[T any](c *Ctx, unit record.ID, what string, load func() (T, error)) (value T, err error) {
	if !c.shares(unit) {
		return load()
	}
	m := &c.memory
	k, first := m.find(unit, c.Scope.Viewer()+" "+what, c.Now)
	if first {
		defer m.finish(unit, k)
		if value, err = load(); err == nil {
			k.value = value
		}
		return value, err
	}
	select {
	case <-k.done:
	case <-c.R.Context().Done():
		return value, c.R.Context().Err()
	}
	if known, ok := k.value.(T); ok {
		return known, nil
	}
	return load() // it failed for who was first, perhaps because they left
}

// shares says whether this request may use what others had worked out of a unit.
func (c *Ctx) shares(unit record.ID) bool {
	if c.Scope == nil || !unit.IsZero() && !c.Scope.Sees(unit) {
		return false
	}
	if c.DB.Dialect == db.SQLite {
		return true
	}
	if c.alone == nil {
		head, err := c.Committer.Head(c.R.Context())
		alone := err != nil || head > c.memory.heardOf()
		c.alone = &alone
	}
	return !*c.alone
}

// find gives what is kept under a key, or a new place for it that the caller is to fill.
func (m *memory) find(unit record.ID, key string, now time.Time) (k *kept, first bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if k := m.units[unit][key]; k != nil && k.holds(now) {
		return k, false
	}
	m.sweep(now)
	if m.units[unit] == nil {
		if m.units == nil {
			m.units = map[record.ID]map[string]*kept{}
		}
		m.units[unit] = map[string]*kept{}
	}
	k = &kept{at: now, done: make(chan struct{})}
	m.units[unit][key] = k
	return k, true
}

func (k *kept) holds(now time.Time) bool { return now.Sub(k.at).Abs() < holds }

// finish lets those go on who wait. What failed is not kept.
func (m *memory) finish(unit record.ID, k *kept) {
	if k.value == nil {
		m.mu.Lock()
		for key, other := range m.units[unit] {
			if other == k {
				delete(m.units[unit], key)
			}
		}
		m.mu.Unlock()
	}
	close(k.done)
}

// sweep drops what holds no longer, now and then, and everything when it has become too much. For holders of the lock.
func (m *memory) sweep(now time.Time) {
	n := 0
	for _, shelf := range m.units {
		n += len(shelf)
	}
	if n >= mostKept {
		clear(m.units)
	}
	if now.Sub(m.swept).Abs() < holds {
		return
	}
	m.swept = now
	for unit, shelf := range m.units {
		for key, k := range shelf {
			if !k.holds(now) {
				delete(shelf, key)
			}
		}
		if len(shelf) == 0 {
			delete(m.units, unit)
		}
	}
}

// heardOf is up to where what is remembered has heard of entries: pages are drawn as of it.
func (m *memory) heardOf() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.heard
}

// Filed forgets what the entries touch. It is called in order of the log, once the directory has heard and before anybody else does.
func (s *Site) Filed(entries []*record.Entry) {
	m := &s.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range entries {
		units, everywhere := s.Directory.Reach(e)
		if everywhere {
			clear(m.units)
		}
		for _, unit := range units {
			delete(m.units, unit)
		}
		m.heard = max(m.heard, e.Seq)
	}
}
