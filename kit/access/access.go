// Package access says who may see and who may do: people with roles, their relations to units, and a policy a compliance officer can read.
//
// Every query takes a Scope; every route and kind names an action. What a person may do is judged by the relation that held when it
// happened; what a person may see, by those that hold now.
package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Relation ties a person to a unit, or to one chart, from a time until another; a zero Until is open.
type Relation struct {
	Unit  record.ID
	Chart record.ID // else to this one chart
	What  Tie       // one tie
	From  time.Time
	Until time.Time
	Via   record.ID // who is stood in for, or the entry that gave the tie
}

// Holds says whether the relation held at t.
func (r Relation) Holds(t time.Time) bool {
	return !t.Before(r.From) && (r.Until.IsZero() || t.Before(r.Until))
}

// Person is somebody who may sign in, or a machine.
type Person struct {
	ID        record.ID
	Name      string
	Role      Role
	Disabled  time.Time // zero: is not
	Relations []Relation
	Barred    []Bar
}

// Bar takes an action away for a span, because a certificate that carries it has lapsed or was never there. A zero Until is open.
type Bar struct {
	Action string
	Units  []record.ID // on these units only; everywhere, if none is named
	From   time.Time
	Until  time.Time
	Why    string // in words: "the medication aide certificate lapsed on 12 November"
}

// barred gives what takes an action away from the person on a unit at t; nil when nothing does. A zero unit is none in particular.
func (p *Person) barred(action string, unit record.ID, t time.Time) *Bar {
	for i := range p.Barred {
		b := &p.Barred[i]
		if b.Action == action && (len(b.Units) == 0 || slices.Contains(b.Units, unit)) && (Relation{From: b.From, Until: b.Until}).Holds(t) {
			return b
		}
	}
	return nil
}

// Consent is what a client has agreed to, from a time until another.
type Consent struct {
	What  string    // a label that it opens, or Kin
	To    record.ID // whom it lets in; zero: whoever may by the policies
	From  time.Time
	Until time.Time
}

// Kin is the consent by which family see what the client lets them see.
const Kin = "family"

// Stay says in which unit a chart's person was, from a time until another.
type Stay struct {
	Unit  record.ID
	From  time.Time
	Until time.Time
}

// Chart is what access needs to know of a chart.
type Chart struct {
	ID       record.ID
	Kind     string      // "client", "staff", "place", "house"
	Stays    []Stay      // of a client; a place or staff chart has one without end, or none
	Same     []record.ID // further charts of the same person: merged with this one
	Labels   []string    // of a place: what every entry of its people carries that may carry it
	Consents []Consent
}

// Now is the unit the chart belongs to at t; zero for none.
func (c *Chart) Now(t time.Time) record.ID {
	for i := len(c.Stays) - 1; i >= 0; i-- {
		if (Relation{From: c.Stays[i].From, Until: c.Stays[i].Until}).Holds(t) {
			return c.Stays[i].Unit
		}
	}
	return record.Zero
}

// Source is where the people and charts come from: the house's rooms offer them.
type Source struct {
	Kinds []string // entries of these kinds change what Person or Chart says about their chart
	// Person gives one person by the staff chart's ID, the caller's to keep; nil when there is no such person.
	Person func(q db.Querier, id record.ID) (*Person, error)
	// Chart gives one chart; nil when this source does not know it.
	Chart func(q db.Querier, id record.ID) (*Chart, error)
	// With names further charts and people that an entry changes along with its own chart: charts merged with it, people it ties. Nil means none.
	With func(q db.Querier, e *record.Entry) ([]record.ID, error)
	// Relations adds to what ties a person that another source knows, and Bars to what is taken away from them. Nil means nothing.
	Relations func(q db.Querier, person record.ID) ([]Relation, error)
	Bars      func(q db.Querier, person record.ID) ([]Bar, error)
	// Consents adds what the person of a chart that another source knows has agreed to. Nil means nothing.
	Consents func(q db.Querier, chart record.ID) ([]Consent, error)
	// All lists the IDs of all its people and charts. Nil means none of its own.
	All func(q db.Querier) (people, charts []record.ID, err error)
}

// Directory holds the people and charts in memory, fresh to the last entry filed.
type Directory struct {
	db      *db.DB
	clock   clock.Clock
	policy  *Policy
	sources []Source

	mu     sync.RWMutex
	people map[record.ID]*Person
	charts map[record.ID]*Chart
	units  map[record.ID]map[record.ID]bool // unit → charts that may be in it now
	onEnd  []func(person record.ID)

	withdraw map[string]string // kind → action, set once before serving
	fixed    map[string]bool   // kinds that nobody takes back
	kinds    *record.Kinds

	stale atomic.Bool // what was filed could not be taken in
}

// NewDirectory makes an empty directory. Load fills it, once the sources' tables stand.
func NewDirectory(d *db.DB, c clock.Clock, p *Policy, sources []Source) *Directory {
	return &Directory{db: d, clock: c, policy: p, sources: sources, people: map[record.ID]*Person{}, charts: map[record.ID]*Chart{}, units: map[record.ID]map[record.ID]bool{}}
}

// Load reads everything afresh.
func (d *Directory) Load(ctx context.Context) error {
	return d.db.Snapshot(ctx, func(q db.Querier) error {
		for _, s := range d.sources {
			if s.All == nil {
				continue
			}
			people, charts, err := s.All(q)
			if err != nil {
				return fmt.Errorf("listing people and charts: %w", err)
			}
			for _, id := range people {
				if err := d.person(q, id); err != nil {
					return err
				}
			}
			for _, id := range charts {
				if err := d.chart(q, id); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// person reads one person afresh, from every source that knows something of them.
func (d *Directory) person(q db.Querier, id record.ID) error {
	p, err := d.readPerson(q, id)
	if err != nil {
		return err
	}
	d.mu.Lock()
	old := d.people[id]
	if p != nil {
		d.people[id] = p
	} else {
		delete(d.people, id) // what was said of them was taken back
	}
	ended := old != nil && (p == nil || old.Disabled.IsZero() && !p.Disabled.IsZero() || old.Role != p.Role)
	hear := d.onEnd
	d.mu.Unlock()
	if ended {
		for _, f := range hear {
			f(id)
		}
	}
	return nil
}

func (d *Directory) readPerson(q db.Querier, id record.ID) (p *Person, err error) {
	for i := 0; i < len(d.sources) && p == nil && err == nil; i++ {
		if s := &d.sources[i]; s.Person != nil {
			p, err = s.Person(q, id)
		}
	}
	if p == nil || err != nil {
		return nil, err
	}
	for i := range d.sources {
		if s := &d.sources[i]; s.Relations != nil {
			more, err := s.Relations(q, id)
			if err != nil {
				return nil, fmt.Errorf("reading what ties %s: %w", id, err)
			}
			p.Relations = append(slices.Clip(p.Relations), more...)
		}
		if s := &d.sources[i]; s.Bars != nil {
			more, err := s.Bars(q, id)
			if err != nil {
				return nil, fmt.Errorf("reading what is taken away from %s: %w", id, err)
			}
			p.Barred = append(slices.Clip(p.Barred), more...)
		}
	}
	return p, nil
}

// chart reads one chart afresh. One that no source knows is left as it is.
func (d *Directory) chart(q db.Querier, id record.ID) error {
	var c *Chart
	var err error
	for i := 0; i < len(d.sources) && c == nil && err == nil; i++ {
		if s := &d.sources[i]; s.Chart != nil {
			c, err = s.Chart(q, id)
		}
	}
	if err != nil || c == nil {
		return err
	}
	for i := range d.sources {
		if s := &d.sources[i]; s.Consents != nil {
			more, err := s.Consents(q, id)
			if err != nil {
				return fmt.Errorf("reading what %s agreed to: %w", id, err)
			}
			c.Consents = append(slices.Clip(c.Consents), more...)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if old := d.charts[id]; old != nil {
		for _, st := range old.Stays {
			delete(d.units[st.Unit], id)
		}
	}
	d.charts[id] = c
	for _, st := range c.Stays {
		if st.Until.IsZero() || st.Until.After(d.clock.Now()) {
			if d.units[st.Unit] == nil {
				d.units[st.Unit] = map[record.ID]bool{}
			}
			d.units[st.Unit][id] = true
		}
	}
	return nil
}

// Filed keeps the directory fresh; the committer calls it before it answers. After an error the directory is read afresh before anybody is
// let in again: somebody whose account has just ended must not go on because a disk failed.
func (d *Directory) Filed(entries []*record.Entry) error {
	err := d.take(entries)
	if err != nil {
		d.stale.Store(true)
	}
	return err
}

// fresh reads everything again when taking in what was filed has failed.
func (d *Directory) fresh() error {
	if !d.stale.Load() {
		return nil
	}
	if err := d.Load(context.Background()); err != nil {
		return fault.Wrap(fault.Unavailable, err, "who may do what cannot be read just now: try again in a moment")
	}
	d.stale.Store(false)
	return nil
}

func (d *Directory) take(entries []*record.Entry) error {
	q := d.db.Read(context.Background())
	for _, e := range entries {
		for i := range d.sources {
			s := &d.sources[i]
			if !slices.Contains(s.Kinds, e.Kind) && e.Amends.IsZero() {
				continue
			}
			touched := []record.ID{e.Chart}
			if s.With != nil {
				more, err := s.With(q, e)
				if err != nil {
					return err
				}
				touched = append(touched, more...)
			}
			for _, id := range touched {
				if err := errors.Join(d.person(q, id), d.chart(q, id)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// OnEnd registers who must hear when a person is disabled or changes role: sessions and streams end.
func (d *Directory) OnEnd(f func(person record.ID)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.onEnd = append(d.onEnd, f)
}

// Person gives a person; nil when there is none.
func (d *Directory) Person(id record.ID) *Person {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.people[id]
}

// Knows implements record.Judge: whether there is such a chart.
func (d *Directory) Knows(chart record.ID) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.charts[chart] != nil
}

// chartOf gives a chart as it stands; nil when there is none.
func (d *Directory) chartOf(id record.ID) *Chart {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.charts[id]
}

// UnitOf is the unit a chart belongs to now; zero for none.
func (d *Directory) UnitOf(chart record.ID) record.ID {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if c := d.charts[chart]; c != nil {
		return c.Now(d.clock.Now())
	}
	return record.Zero
}

// Reach gives the units on whose pages an entry may change something: those in which its client ever was. What moves people, says who
// somebody is, takes back what was said, or is of no client, may change something everywhere.
func (d *Directory) Reach(e *record.Entry) (units []record.ID, everywhere bool) {
	if !e.Amends.IsZero() || d.stale.Load() {
		return nil, true
	}
	for i := range d.sources {
		if slices.Contains(d.sources[i].Kinds, e.Kind) {
			return nil, true
		}
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	c := d.charts[e.Chart]
	if c == nil || c.Kind != "client" || len(c.Stays) == 0 {
		return nil, true
	}
	for _, s := range c.Stays {
		units = append(units, s.Unit)
	}
	return units, false
}

// ChartsIn lists the charts of one kind that belong to a unit now, in order of ID. An empty kind lists all.
func (d *Directory) ChartsIn(unit record.ID, kind string) []record.ID {
	now := d.clock.Now()
	d.mu.RLock()
	defer d.mu.RUnlock()
	var out []record.ID
	for id := range d.units[unit] {
		if c := d.charts[id]; (kind == "" || c.Kind == kind) && c.Now(now) == unit {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, func(a, b record.ID) int { return slices.Compare(a[:], b[:]) })
	return out
}

// Charts lists every chart of one kind, in order of ID.
func (d *Directory) Charts(kind string) []record.ID {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var out []record.ID
	for id, c := range d.charts {
		if c.Kind == kind {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, func(a, b record.ID) int { return slices.Compare(a[:], b[:]) })
	return out
}

// People lists everybody, by name.
func (d *Directory) People() []*Person {
	d.mu.RLock()
	defer d.mu.RUnlock()
	out := make([]*Person, 0, len(d.people))
	for _, p := range d.people {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *Person) int {
		if a.Name != b.Name {
			return compare(a.Name, b.Name)
		}
		return slices.Compare(a.ID[:], b.ID[:])
	})
	return out
}

func compare(a, b string) int {
	if a < b {
		return -1
	}
	return 1
}
