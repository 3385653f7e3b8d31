// Package access says who may see and who may do: people with roles, their relations to units, and a policy a compliance officer can read.
//
// Every query takes a Scope; every route and kind names an action. What a person may do is judged by the relation that held when it
// happened; what a person may see, by those that hold now.
package access

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Role is what a person acts as.
type Role string

// The roles.
const (
	Worker        Role = "worker" // mental health worker, support worker, technician
	Peer          Role = "peer"
	Nurse         Role = "nurse"
	CaseManager   Role = "case_manager"
	Clinician     Role = "clinician"
	Prescriber    Role = "prescriber"
	Supervisor    Role = "supervisor"
	Coordinator   Role = "coordinator" // programme coordinator, quality lead
	Administrator Role = "administrator"
	Auditor       Role = "auditor"
	Integration   Role = "integration" // a machine
)

// Roles lists them in the order in which they are offered.
var Roles = []Role{Worker, Peer, Nurse, CaseManager, Clinician, Prescriber, Supervisor, Coordinator, Administrator, Auditor, Integration}

// Relation ties a person to a unit from a time until another; a zero Until is open.
type Relation struct {
	Unit  record.ID
	What  string // "team" or "shift"
	From  time.Time
	Until time.Time
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
}

// Stay says in which unit a chart's person was, from a time until another.
type Stay struct {
	Unit  record.ID
	From  time.Time
	Until time.Time
}

// Chart is what access needs to know of a chart.
type Chart struct {
	ID    record.ID
	Kind  string // "client", "staff", "place", "house"
	Stays []Stay // of a client; a place or staff chart has one without end, or none
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

// Scope is what somebody may see now. Every query takes one.
type Scope struct {
	Person record.ID
	Name   string
	Role   Role
	Device string
	Now    time.Time
	All    bool        // every unit
	Units  []record.ID // else these
	policy *Policy
	only   map[string]bool // the actions it is narrowed to; nil: all that the role may
}

// Sees says whether what belongs to a unit is within the scope.
func (s *Scope) Sees(unit record.ID) bool {
	return s.All || !unit.IsZero() && slices.Contains(s.Units, unit)
}

// May says whether the scope's role has an action at all: what is not allowed is not offered.
func (s *Scope) May(action string) bool {
	return (s.only == nil || s.only[action] || strings.HasPrefix(action, "see.")) && s.policy.allows(s.Role, action)
}

// Narrow leaves a scope only some of its actions, and only some of its units: what a token was made for. Empty lists take nothing away. Seeing
// goes by the units alone: without seeing a chart nothing can be done in it.
func (s *Scope) Narrow(actions []string, units []record.ID) {
	if len(actions) > 0 {
		s.only = map[string]bool{}
		for _, a := range actions {
			s.only[a] = true
		}
	}
	if len(units) > 0 {
		kept := slices.DeleteFunc(slices.Clone(units), func(u record.ID) bool { return !s.Sees(u) })
		s.All, s.Units = false, kept
	}
}

// Viewer is one word for what the scope may see on the boards of one unit: viewers of one word see the same.
func (s *Scope) Viewer() string { return string(s.Role) }

// Source is where the people and charts come from: the house's rooms offer them.
type Source struct {
	Kinds []string // entries of these kinds change what Person or Chart says about their chart
	// Person gives one person by the staff chart's ID; nil when there is no such person.
	Person func(q db.Querier, id record.ID) (*Person, error)
	// Chart gives one chart; nil when this source does not know it.
	Chart func(q db.Querier, id record.ID) (*Chart, error)
	// With names further charts and people that an entry moves along with its own: charts merged with it, whoever stands in for its person. Nil
	// means none.
	With func(q db.Querier, e *record.Entry) ([]record.ID, error)
	// All lists the IDs of all its people and charts.
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
			people, charts, err := s.All(q)
			if err != nil {
				return fmt.Errorf("listing people and charts: %w", err)
			}
			for _, id := range people {
				if err := d.person(q, s, id); err != nil {
					return err
				}
			}
			for _, id := range charts {
				if err := d.chart(q, s, id); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (d *Directory) person(q db.Querier, s Source, id record.ID) error {
	if s.Person == nil {
		return nil
	}
	p, err := s.Person(q, id)
	if err != nil {
		return err
	}
	d.mu.Lock()
	old := d.people[id]
	switch {
	case p != nil:
		d.people[id] = p
	case old != nil && d.staffed() == 1: // whoever knew this person does not any more: what was said of them was taken back
		delete(d.people, id)
	}
	ended := old != nil && (d.people[id] == nil || p != nil && (old.Disabled.IsZero() && !p.Disabled.IsZero() || old.Role != p.Role))
	hear := d.onEnd
	d.mu.Unlock()
	if ended {
		for _, f := range hear {
			f(id)
		}
	}
	return nil
}

// staffed counts the sources that know people.
func (d *Directory) staffed() (n int) {
	for i := range d.sources {
		if d.sources[i].Person != nil {
			n++
		}
	}
	return n
}

func (d *Directory) chart(q db.Querier, s Source, id record.ID) error {
	if s.Chart == nil {
		return nil
	}
	c, err := s.Chart(q, id)
	if err != nil || c == nil {
		return err
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
	for _, e := range entries {
		for _, s := range d.sources {
			if !slices.Contains(s.Kinds, e.Kind) && e.Amends.IsZero() {
				continue
			}
			q := d.db.Read(context.Background())
			if err := d.person(q, s, e.Chart); err != nil {
				return err
			}
			if err := d.chart(q, s, e.Chart); err != nil {
				return err
			}
			if err := d.with(q, s, e); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *Directory) with(q db.Querier, s Source, e *record.Entry) error {
	if s.With == nil {
		return nil
	}
	more, err := s.With(q, e)
	if err != nil {
		return err
	}
	for _, id := range more {
		if id != e.Chart {
			if err := d.person(q, s, id); err != nil {
				return err
			}
			if err := d.chart(q, s, id); err != nil {
				return err
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

// Scope is what a person may see now. An unknown or disabled person has none.
func (d *Directory) Scope(id record.ID, device string) (*Scope, error) {
	if err := d.fresh(); err != nil {
		return nil, err
	}
	now := d.clock.Now()
	p := d.Person(id)
	if p == nil || !p.Disabled.IsZero() {
		return nil, fault.New(fault.SignedOut, "please sign in")
	}
	s := &Scope{Person: id, Name: p.Name, Role: p.Role, Device: device, Now: now, policy: d.policy, All: d.policy.everywhere(p.Role)}
	for _, r := range p.Relations {
		if r.Holds(now) && !slices.Contains(s.Units, r.Unit) {
			s.Units = append(s.Units, r.Unit)
		}
	}
	return s, nil
}

// Sees says whether a chart is within a scope: a client of a unit one works on, a place of it, one's own staff chart. A chart that does not
// exist and one that may not be seen are answered alike.
func (d *Directory) Sees(s *Scope, chart record.ID) error {
	d.mu.RLock()
	c := d.charts[chart]
	d.mu.RUnlock()
	if c != nil && (chart == s.Person || c.Kind == "house" || s.All && s.sees(c.Kind)) {
		return nil
	}
	if c != nil && s.sees(c.Kind) && s.Sees(c.Now(s.Now)) {
		return nil
	}
	return fault.New(fault.NotFound, "there is nothing here that you may see")
}

// Reaches says whether an entry of a kind may be offered to a chart: one within the scope, or one that the kind begins. What the beginning of a
// chart may not do is for MayFile to say, in the same words for a chart that is there and hidden as for one that is not there.
func (d *Directory) Reaches(s *Scope, k *record.Kind, chart record.ID) error {
	if k != nil && k.Begins && s.May(k.Action) {
		return nil
	}
	return d.Sees(s, chart)
}

func (s *Scope) sees(kind string) bool { return s.May("see." + kind) }
