package access

import (
	"slices"
	"strings"
	"time"

	"milieu/kit/fault"
	"milieu/kit/record"
)

// Scope is what somebody may see now. Every query takes one.
type Scope struct {
	Person record.ID
	Name   string
	Role   Role
	Device string
	Now    time.Time
	All    bool        // every unit
	Units  []record.ID // else these
	Charts []record.ID // and these clients, wherever they are: on one's caseload, of one's care team, one's own
	policy *Policy
	who    *Person
	only   []string    // actions that a token is limited to; nil: none is left out
	within []record.ID // units that a token is limited to; nil: none is left out
}

// OverseeUnits is the action of whoever sees every unit.
const OverseeUnits = "units.oversee"

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
	s := &Scope{Person: id, Name: p.Name, Role: p.Role, Device: device, Now: now, policy: d.policy, who: p}
	s.All = d.policy.Ties(p.Role, OverseeUnits, "", false).Has(House)
	sees := d.policy.Ties(p.Role, "see.client", "", true)
	for _, r := range p.Relations {
		switch {
		case !r.Holds(now) || sees != 0 && !sees.Has(r.What):
		case !r.Unit.IsZero() && !slices.Contains(s.Units, r.Unit):
			s.Units = append(s.Units, r.Unit)
		case !r.Chart.IsZero() && !slices.Contains(s.Charts, r.Chart) && d.Sees(s, r.Chart) == nil:
			s.Charts = append(s.Charts, r.Chart)
		}
	}
	return s, nil
}

// Narrow limits a scope to some actions and units, as a token is. Empty lists leave everything as it is. Seeing goes by the units alone: without
// seeing a chart nothing can be done in it.
func (s *Scope) Narrow(actions []string, units []record.ID) {
	if len(actions) > 0 {
		s.only = actions
	}
	if len(units) == 0 {
		return
	}
	s.within = units
	if s.All {
		s.All, s.Units = false, slices.Clone(units)
	} else {
		s.Units = slices.DeleteFunc(slices.Clone(s.Units), func(u record.ID) bool { return !slices.Contains(units, u) })
	}
	s.Charts = nil
}

// Sees says whether what belongs to a unit is within the scope.
func (s *Scope) Sees(unit record.ID) bool {
	return s.All || !unit.IsZero() && slices.Contains(s.Units, unit)
}

// May says whether the scope's person has an action at all: what is not allowed is not offered.
func (s *Scope) May(action string) bool {
	return s.policy.Allows(s.Role, action) && s.Lacks(action) == nil && (s.only == nil || strings.HasPrefix(action, "see.") || slices.Contains(s.only, action))
}

// Lacks gives what takes an action away that the role has: a certificate that has lapsed. Nil when nothing does.
func (s *Scope) Lacks(action string) *Bar {
	if s.who == nil {
		return nil
	}
	return s.who.barred(action, record.Zero, s.Now)
}

// Viewer is one word for what the scope may see on the boards of one unit: viewers of one word see the same.
func (s *Scope) Viewer() string {
	word := string(s.Role)
	if s.who == nil {
		return word
	}
	for i := range s.who.Barred {
		if b := &s.who.Barred[i]; len(b.Units) == 0 && s.who.barred(b.Action, record.Zero, s.Now) == b {
			word += "-" + b.Action
		}
	}
	if s.only != nil {
		word += "=" + strings.Join(s.only, ",")
	}
	return word
}

// Sees says whether a chart is within a scope: a client of a unit one works on or on one's caseload, a place of it, one's own chart. A chart that
// does not exist and one that may not be seen are answered alike.
func (d *Directory) Sees(s *Scope, chart record.ID) error {
	if d.Under(s, chart).Tie == 0 {
		return fault.New(fault.NotFound, "there is nothing here that you may see")
	}
	return nil
}

// Reaches says whether an entry of a kind may be offered to a chart: one within the scope, or one that the kind begins. What the beginning of a
// chart may not do is for MayFile to say, in the same words for a chart that is there and hidden as for one that is not there.
func (d *Directory) Reaches(s *Scope, k *record.Kind, chart record.ID) error {
	if k != nil && s.only != nil && !slices.Contains(s.only, k.Action) {
		return fault.New(fault.Denied, "this token is not for that")
	}
	if k != nil && k.Begins && s.May(k.Action) {
		return nil
	}
	return d.Sees(s, chart)
}

// May says whether a scope's person may do something in a chart now: what a page of that chart offers.
func (d *Directory) May(s *Scope, action string, chart record.ID) bool {
	c := d.chartOf(chart)
	if c == nil || s.who == nil || !s.May(action) || s.who.barred(action, c.Now(s.Now), s.Now) != nil {
		return false
	}
	ties, _ := d.ties(s.who, c, s.Now, 0)
	return d.policy.Ties(s.Role, action, "", d.agrees(s.who, c, "", s.Now)).Has(ties)
}

// Reason is why somebody sees a chart.
type Reason struct {
	Tie   Tie       // the one that says most; zero: they do not
	Unit  record.ID // where the tie is to a unit
	Via   record.ID // who is stood in for, or the entry that broke the glass
	Until time.Time // until when it holds; zero: without end
}

// String is the reason in one word, for the view log.
func (r Reason) String() string { return r.Tie.String() }

// Under gives the reason why a scope's person sees a chart; its Tie is zero where they do not.
func (d *Directory) Under(s *Scope, chart record.ID) Reason {
	c := d.chartOf(chart)
	if c == nil {
		return Reason{}
	}
	if c.Kind == "house" {
		return Reason{Tie: House}
	}
	unit := c.Now(s.Now)
	p := s.who
	if p == nil {
		p = &Person{ID: s.Person, Role: s.Role}
	}
	if s.within != nil && !slices.Contains(s.within, unit) {
		return Reason{}
	}
	ties, _ := d.ties(p, c, s.Now, 0)
	allowed := ties & d.policy.Ties(s.Role, "see."+c.Kind, "", d.agrees(p, c, "", s.Now))
	if ties.Has(Self) && c.Kind == "staff" {
		allowed |= Self // whoever signs in sees their own chart
	}
	if allowed == 0 {
		return Reason{}
	}
	r := Reason{Tie: allowed & -allowed}
	for _, t := range telling {
		if allowed.Has(t) {
			r.Tie = t
			break
		}
	}
	for _, rel := range p.Relations {
		if rel.What == r.Tie && rel.Holds(s.Now) && (rel.Chart == c.ID || !rel.Unit.IsZero() && rel.Unit == unit) {
			r.Unit, r.Via, r.Until = rel.Unit, rel.Via, rel.Until
			break
		}
	}
	if r.Unit.IsZero() && r.Tie.Has(Shift|Team|Covering|House|Past) {
		r.Unit = unit
	}
	return r
}

// Glass gives the entry by which a scope's person has opened a chart in an emergency, as long as it is open; zero when it is not. It may be one
// reason of several for which they see it.
func (d *Directory) Glass(s *Scope, chart record.ID) record.ID {
	if s.who == nil {
		return record.Zero
	}
	for i := range s.who.Relations {
		r := &s.who.Relations[i]
		if r.What.Has(Glass|Emergency) && r.Holds(s.Now) && (r.Chart == chart || d.same(chart, r.Chart)) {
			return r.Via
		}
	}
	return record.Zero
}

// same says whether two charts are of one person.
func (d *Directory) same(chart, other record.ID) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	c := d.charts[chart]
	return c != nil && slices.Contains(c.Same, other)
}

// UnderUnit gives the reason why a scope's person sees the boards of a unit; its Tie is zero where they do not.
func (d *Directory) UnderUnit(s *Scope, unit record.ID) (out Reason) {
	if s.who == nil || !s.Sees(unit) {
		return out
	}
	if s.All {
		out = Reason{Tie: House, Unit: unit}
	}
	for _, r := range s.who.Relations {
		if r.Unit == unit && r.Holds(s.Now) && (out.Tie == 0 || slices.Index(telling, r.What) < slices.Index(telling, out.Tie)) {
			out = Reason{Tie: r.What, Unit: unit, Via: r.Via, Until: r.Until}
		}
	}
	return out
}

// agrees says whether the person of a chart has agreed at t that a person sees what carries a label; for family, that they see anything.
func (d *Directory) agrees(p *Person, c *Chart, label string, t time.Time) bool {
	what := label
	if p.Role == Relative {
		what = Kin
	}
	return slices.ContainsFunc(c.Consents, func(k Consent) bool {
		return k.What == what && (k.To.IsZero() || k.To == p.ID) && (Relation{From: k.From, Until: k.Until}).Holds(t)
	})
}

// PastDays is how long somebody whose tie has ended still opens the charts it was to, to finish what is left to write. The house's rule, from
// 2026-11-22.
const PastDays = 7

// ties gives what ties a person to a chart at t, give or take the grace, and which of that still holds now. A chart that is not there has
// newcomers' ties only.
func (d *Directory) ties(p *Person, c *Chart, t time.Time, grace time.Duration) (then, still Tie) {
	now := d.clock.Now()
	if !p.Role.Guest() {
		then = House
	}
	if c == nil {
		return then | Newcomer, then | Newcomer
	}
	if c.ID == p.ID {
		then |= Self
	}
	unit := c.Now(t)
	if unit.IsZero() {
		unit = c.Now(now)
	}
	if unit.IsZero() && c.Kind == "client" {
		then |= Newcomer
	}
	still = then
	for i := range p.Relations {
		r := &p.Relations[i]
		to := !r.Unit.IsZero() && r.Unit == unit || !r.Chart.IsZero() && (r.Chart == c.ID || slices.Contains(c.Same, r.Chart))
		switch {
		case to && r.wide(grace).Holds(t):
			then |= r.What
			if r.wide(grace).Holds(now) {
				still |= r.What
			}
		case r.past(t) && (to || !r.Unit.IsZero() && c.within(r.Unit, r.From, r.Until)):
			then |= Past
			still |= Past
		}
	}
	return then, still
}

// past says that a relation of somebody who cared ended a few days before t at most.
func (r *Relation) past(t time.Time) bool {
	return r.What.Has(Shift|Team|Covering|CareTeam|Caseload) && !r.Until.IsZero() && !t.Before(r.Until) && t.Before(r.Until.AddDate(0, 0, PastDays))
}

// within says whether the chart's person was on a unit at any time of a span.
func (c *Chart) within(unit record.ID, from, until time.Time) bool {
	return slices.ContainsFunc(c.Stays, func(s Stay) bool {
		return s.Unit == unit && s.From.Before(until) && (s.Until.IsZero() || s.Until.After(from))
	})
}
