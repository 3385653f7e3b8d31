package staff

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Membership is somebody's belonging to a unit's team, from a time until another; a zero Until is open.
type Membership struct {
	Person, Unit record.ID
	From, Until  time.Time
}

// Holds says whether it held at t.
func (m Membership) Holds(t time.Time) bool {
	return !t.Before(m.From) && (m.Until.IsZero() || t.Before(m.Until))
}

// Teams gives a person's memberships, past ones too, by their start.
func Teams(q db.Querier, person record.ID) ([]Membership, error) {
	out, err := memberships(q, "WHERE person = $1", person[:])
	slices.SortStableFunc(out, func(a, b Membership) int { return a.From.Compare(b.From) })
	return out, err
}

// AllTeams gives everybody's memberships that hold at t.
func AllTeams(q db.Querier, t time.Time) ([]Membership, error) {
	out, err := memberships(q, "")
	return slices.DeleteFunc(out, func(m Membership) bool { return !m.Holds(t) }), err
}

// memberships folds statements, ordered by person, unit, time and ID. Leaving ends what runs then; a membership that was to begin later stays
// and is struck by withdrawing it.
func memberships(q db.Querier, where string, args ...any) ([]Membership, error) {
	var out []Membership
	err := db.Each(q, "SELECT person, unit, since, said, until FROM staff_team_v1 "+where+" ORDER BY person, unit, since, id", args, func(r db.Row) error {
		var m Membership
		var since, until int64
		var said string
		if err := r.Scan(&m.Person, &m.Unit, &since, &said, &until); err != nil {
			return err
		}
		m.From, m.Until = clock.FromMicros(since), clock.FromMicros(until)
		if said == saidOn {
			out = append(out, m)
			return nil
		}
		for i := range out {
			if o := &out[i]; o.Person == m.Person && o.Unit == m.Unit && o.Holds(m.From) {
				o.Until = m.From
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading teams: %w", err)
	}
	return out, nil
}

// Plan is one person's place on a unit's rota.
type Plan struct {
	ID           record.ID // the entry's
	Root         record.ID // the entry that planned it first: what is corrected and withdrawn, so that no older plan comes back to life
	Person, Unit record.ID
	From, Until  time.Time
	Task         string
	InCharge     bool
	written      int64
}

// Plans gives the unit's rota: what overlaps the span, by start, then by ID.
func Plans(q db.Querier, unit record.ID, from, until time.Time) ([]Plan, error) {
	return plans(q, "WHERE unit = $1 AND ends > $2 AND starts < $3 ORDER BY starts, id", unit[:], clock.Micros(from), clock.Micros(until))
}

// PlansOf gives one person's plans that end after from, by start.
func PlansOf(q db.Querier, person record.ID, from time.Time) ([]Plan, error) {
	return plans(q, "WHERE person = $1 AND ends > $2 ORDER BY starts, id", person[:], clock.Micros(from))
}

func plans(q db.Querier, where string, args ...any) ([]Plan, error) {
	var out []Plan
	err := db.Each(q, "SELECT id, root, person, unit, starts, ends, task, in_charge, written FROM staff_plan_v1 "+where, args, func(r db.Row) error {
		var p Plan
		var from, until, charge int64
		err := r.Scan(&p.ID, &p.Root, &p.Person, &p.Unit, &from, &until, &p.Task, &charge, &p.written)
		p.From, p.Until, p.InCharge = clock.FromMicros(from), clock.FromMicros(until), charge == 1
		out = append(out, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the rota: %w", err)
	}
	return out, nil
}

// Shift is a time somebody was at work on a unit.
type Shift struct {
	ID           record.ID // the entry that started it
	Person, Unit record.ID
	Task         string
	From         time.Time
	Until        time.Time // zero: nobody ended it
}

// Runs says whether the shift ran at t.
func (s Shift) Runs(t time.Time) bool {
	return !t.Before(s.From) && t.Before(s.end())
}

func (s Shift) end() time.Time {
	last := s.From.Add(LongestShift)
	if s.Until.IsZero() || s.Until.After(last) {
		return last
	}
	return s.Until
}

// remembered is how many of a person's latest statements about shifts are looked at for access: beyond them lie months.
const remembered = 400

// Shifts gives a person's latest shifts, oldest first. Starting one ends the one before.
func Shifts(q db.Querier, person record.ID) ([]Shift, error) {
	var said []Shift
	err := db.Each(q, "SELECT id, unit, task, happened FROM staff_shift_v1 WHERE person = $1 ORDER BY happened DESC, id DESC LIMIT $2", []any{person[:], remembered}, func(r db.Row) error {
		s := Shift{Person: person}
		var at int64
		err := r.Scan(&s.ID, &s.Unit, &s.Task, &at)
		s.From = clock.FromMicros(at)
		said = append(said, s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the shifts of %s: %w", person, err)
	}
	slices.Reverse(said)
	var out []Shift
	for _, s := range said {
		if n := len(out); n > 0 && out[n-1].Until.IsZero() {
			out[n-1].Until = s.From
		}
		if !s.Unit.IsZero() {
			out = append(out, s)
		}
	}
	return out, nil
}

// Running gives the shift somebody is on at t; ok is false when there is none.
func Running(q db.Querier, person record.ID, t time.Time) (s Shift, ok bool, err error) {
	var at int64
	s.Person = person
	err = q.QueryRow("SELECT id, unit, task, happened FROM staff_shift_v1 WHERE person = $1 AND happened <= $2 ORDER BY happened DESC, id DESC LIMIT 1", person[:], clock.Micros(t)).Scan(&s.ID, &s.Unit, &s.Task, &at)
	if err == db.ErrNoRows {
		return Shift{}, false, nil
	}
	if err != nil {
		return Shift{}, false, fmt.Errorf("reading the shift of %s: %w", person, err)
	}
	s.From = clock.FromMicros(at)
	return s, !s.Unit.IsZero() && s.Runs(t), nil
}

// Relations gives what ties a person to units: what is their own, and what they have by standing in for colleagues.
func Relations(q db.Querier, person record.ID) ([]access.Relation, error) {
	own, err := ownRelations(q, person)
	if err != nil {
		return nil, err
	}
	through, err := covered(q, person)
	return append(own, through...), err
}

// ownRelations are teams, plans, and those shifts that a team or a plan stood behind when they began.
func ownRelations(q db.Querier, person record.ID) ([]access.Relation, error) {
	teams, err := Teams(q, person)
	if err != nil {
		return nil, err
	}
	planned, err := plans(q, "WHERE person = $1 ORDER BY starts DESC, id LIMIT $2", person[:], remembered)
	if err != nil {
		return nil, err
	}
	shifts, err := Shifts(q, person)
	if err != nil {
		return nil, err
	}
	var out []access.Relation
	for _, m := range teams {
		out = append(out, access.Relation{Unit: m.Unit, What: access.Team, From: m.From, Until: m.Until})
	}
	slices.Reverse(planned)
	for _, p := range planned {
		out = append(out, access.Relation{Unit: p.Unit, What: access.Shift, From: p.From, Until: p.Until})
	}
	for _, s := range shifts {
		if Backed(s.Unit, s.From, teams, planned) {
			out = append(out, access.Relation{Unit: s.Unit, What: access.Shift, From: s.From, Until: s.end()})
		}
	}
	return out, nil
}

// Backed says whether a team or a plan stands behind a shift on a unit that begins at t.
func Backed(unit record.ID, t time.Time, teams []Membership, planned []Plan) bool {
	for _, m := range teams {
		if m.Unit == unit && m.Holds(t) {
			return true
		}
	}
	for _, p := range planned {
		if p.Unit == unit && !t.Before(p.From.Add(-StartEarly)) && t.Before(p.Until) {
			return true
		}
	}
	return false
}

// OnDuty is somebody on a unit's board: at work, or on the rota for now and not yet heard of.
type OnDuty struct {
	Person   record.ID
	Name     string
	Pronouns string
	Role     access.Role
	From     time.Time // when the shift was started, or is planned to begin
	Until    time.Time // when it is planned to end; zero: not planned
	Task     string
	InCharge bool
	Started  bool
}

// OnShift gives who is on a unit at t: in charge first, then by name. A start that nobody ended counts for LongestShift.
func OnShift(q db.Querier, unit record.ID, t time.Time) ([]OnDuty, error) {
	now := clock.Micros(t)
	on := map[record.ID]*OnDuty{}
	err := db.Each(q, `SELECT s.person, s.task, s.happened FROM staff_shift_v1 s WHERE s.unit = $1 AND s.happened > $2 AND s.happened <= $3
AND NOT EXISTS (SELECT 1 FROM staff_shift_v1 x WHERE x.person = s.person AND x.happened <= $3 AND (x.happened > s.happened OR x.happened = s.happened AND x.id > s.id))`,
		[]any{unit[:], clock.Micros(t.Add(-LongestShift)), now}, func(r db.Row) error {
			d := &OnDuty{Started: true}
			var at int64
			err := r.Scan(&d.Person, &d.Task, &at)
			d.From = clock.FromMicros(at)
			on[d.Person] = d
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("reading who is on shift in unit %s: %w", unit, err)
	}
	planned, err := Plans(q, unit, t, t.Add(StartEarly))
	if err != nil {
		return nil, err
	}
	charge := chargeOf(planned, t)
	for _, p := range planned {
		d := on[p.Person]
		begun := !p.From.After(t)
		switch {
		case d == nil && !begun:
			continue
		case d == nil:
			d = &OnDuty{Person: p.Person, From: p.From}
			on[p.Person] = d
		}
		if begun || d.Until.IsZero() {
			d.Until = p.Until
			if d.Task == "" {
				d.Task = p.Task
			}
		}
	}
	out := make([]OnDuty, 0, len(on))
	for id, d := range on {
		p, err := Find(q, id)
		if err != nil {
			if fault.KindOf(err) == fault.NotFound {
				continue
			}
			return nil, err
		}
		if !p.Active() && !p.Left.After(t) {
			continue
		}
		d.Name, d.Pronouns, d.Role, d.InCharge = p.Name, p.Pronouns, p.Role, id == charge
		out = append(out, *d)
	}
	slices.SortFunc(out, func(a, b OnDuty) int {
		if a.InCharge != b.InCharge {
			if a.InCharge {
				return -1
			}
			return 1
		}
		return cmp.Or(strings.Compare(FoldSignIn(a.Name), FoldSignIn(b.Name)), slices.Compare(a.Person[:], b.Person[:]))
	})
	return out, nil
}

// InCharge gives who is in charge of a unit at t: of several so planned, the one written last. The zero ID: nobody was named.
func InCharge(q db.Querier, unit record.ID, t time.Time) (record.ID, error) {
	planned, err := Plans(q, unit, t, t.Add(time.Microsecond))
	return chargeOf(planned, t), err
}

func chargeOf(planned []Plan, t time.Time) record.ID {
	var last Plan
	for _, p := range planned {
		if p.InCharge && !p.From.After(t) && p.Until.After(t) && cmp.Or(cmp.Compare(p.written, last.written), slices.Compare(p.ID[:], last.ID[:])) > 0 {
			last = p
		}
	}
	return last.Person
}
