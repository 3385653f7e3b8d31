package access

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Policy is what each role may do. It is written as lines that can be read aloud:
//
//	worker, peer, nurse may rounds.check on their unit
//	supervisor may rounds.level.lower anywhere
//	worker may clients.admit of newcomers
//	everyone may draft.keep for themselves
//	# a comment
//
// "on their unit" needs a relation to the unit where the chart's person was when it happened, or a role that sees every unit; "for themselves" one's own chart, or no
// chart at all; "of newcomers" allows what "on their unit" does, and a chart that is nobody's yet or belongs to no unit any more; "anywhere"
// needs neither. "sees every unit" is its own sentence: "supervisor sees every unit".
type Policy struct {
	grants map[string]map[Role]reach
	all    map[Role]bool
}

type reach int

const (
	reachOwn reach = iota + 1
	reachUnit
	reachNew
	reachAny
)

// ParsePolicy reads policy files. An error names the line.
func ParsePolicy(texts ...string) (*Policy, error) {
	p := &Policy{grants: map[string]map[Role]reach{}, all: map[Role]bool{}}
	for _, text := range texts {
		sc := bufio.NewScanner(strings.NewReader(text))
		for n := 1; sc.Scan(); n++ {
			line := strings.TrimSpace(sc.Text())
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			if err := p.line(line); err != nil {
				return nil, fmt.Errorf("policy line %d, %q: %w", n, line, err)
			}
		}
		if err := sc.Err(); err != nil {
			return nil, fmt.Errorf("reading a policy: %w", err)
		}
	}
	return p, nil
}

func (p *Policy) line(line string) error {
	if who, ok := strings.CutSuffix(line, " sees every unit"); ok {
		roles, err := parseRoles(who)
		for _, r := range roles {
			p.all[r] = true
		}
		return err
	}
	who, what, ok := strings.Cut(line, " may ")
	if !ok {
		return fmt.Errorf("a line says who may do what")
	}
	roles, err := parseRoles(who)
	if err != nil {
		return err
	}
	var to reach
	for suffix, r := range map[string]reach{" on their unit": reachUnit, " of newcomers": reachNew, " anywhere": reachAny, " for themselves": reachOwn} {
		if rest, ok := strings.CutSuffix(what, suffix); ok {
			what, to = rest, r
		}
	}
	if to == 0 {
		return fmt.Errorf(`say "on their unit", "of newcomers", "anywhere" or "for themselves"`)
	}
	for action := range strings.SplitSeq(what, ",") {
		action = strings.TrimSpace(action)
		if action == "" || strings.ContainsRune(action, ' ') {
			return fmt.Errorf("%q is no action", action)
		}
		if p.grants[action] == nil {
			p.grants[action] = map[Role]reach{}
		}
		for _, r := range roles {
			p.grants[action][r] = max(p.grants[action][r], to)
		}
	}
	return nil
}

func parseRoles(who string) ([]Role, error) {
	if who == "everyone" {
		return Roles, nil
	}
	var out []Role
	for name := range strings.SplitSeq(who, ",") {
		r := Role(strings.TrimSpace(name))
		if !slices.Contains(Roles, r) {
			return nil, fmt.Errorf("%q is no role", r)
		}
		out = append(out, r)
	}
	return out, nil
}

func (p *Policy) allows(r Role, action string) bool { return p != nil && p.grants[action][r] > 0 }

// Reach says how far a role's leave for an action goes: "own", "unit", "new" or "any"; empty when it has none. For the reviewed matrix.
func (p *Policy) Reach(r Role, action string) string {
	return [...]string{"", "own", "unit", "new", "any"}[p.grants[action][r]]
}

func (p *Policy) everywhere(r Role) bool { return p != nil && p.all[r] }

// Unused lists the actions of the policy that are not among those given: sentences about what nothing does.
func (p *Policy) Unused(actions []string) []string {
	var out []string
	for a := range p.grants {
		if !slices.Contains(actions, a) {
			out = append(out, a)
		}
	}
	slices.Sort(out)
	return out
}

// Covers fails when an action that routes and kinds name is not in the policy.
func (p *Policy) Covers(actions []string) error {
	used := map[string]bool{}
	for _, a := range actions {
		used[a] = true
		if p.grants[a] == nil {
			return fmt.Errorf("no policy says who may %s", a)
		}
	}
	return nil
}

// RelationGrace is how long before and after a shift or team membership an entry may have happened and still belong to it.
const RelationGrace = 30 * time.Minute

// MayFile implements record.Judge: by the relations that held when it happened.
func (d *Directory) MayFile(_ context.Context, s record.Sender, k *record.Kind, e *record.Entry) (string, []string, error) {
	if s.Via == record.ViaProgram {
		return s.Role, nil, nil
	}
	if err := d.fresh(); err != nil {
		return "", nil, err
	}
	p := d.Person(s.Person)
	if p == nil {
		return "", nil, fault.New(fault.Denied, "the author is not known here")
	}
	if !p.Disabled.IsZero() && !e.Happened.Before(p.Disabled) {
		return "", nil, fault.New(fault.Denied, "the author's account had ended when this happened; a supervisor will look at it")
	}
	if err := d.mayEnter(p, s, k, e); err != nil {
		return "", nil, err
	}
	actions := []string{k.Action}
	var marks []string
	if e.Amendment == record.InError || e.Amendment == record.WrongChart || e.Amendment == record.Correction {
		target, err := d.target(e)
		if err != nil {
			return "", nil, err
		}
		switch {
		case target == nil:
			marks = []string{record.MarkUnseen}
			if d.mayTakeBackOwn(p, e) {
				marks = []string{record.MarkUnseenOwn}
			}
		case d.fixed[target.Kind]:
			return "", nil, fault.New(fault.Denied, "this was written by Milieu itself and stays")
		case e.Amendment == record.Correction: // what takes an entry's place takes it away as well
			if action := d.replaces(p, e, target); action != "" {
				actions = append(actions, action)
			}
		default:
			actions = []string{d.withdraws(p, target, k.Action)}
		}
	}
	var role string
	for _, action := range actions {
		as, more, err := d.mayDo(p, action, e)
		if err != nil {
			return "", nil, err
		}
		role, marks = as, append(marks, more...)
	}
	return role, marks, nil
}

// mayEnter judges an entry by the chart it goes to and the unit it puts somebody in. A chart that is not there is begun by the kinds that begin
// one; one that is there is begun again by those alone who may see it, and all others are answered as they are where their unit is not theirs:
// who asks learns nothing of it. Taking up somebody whom no unit cares for any more is for the page that looks for earlier records, and not for
// what a device carries. What an import brings belongs together and is judged before any of it is filed, so it may speak of charts to come.
func (d *Directory) mayEnter(p *Person, s record.Sender, k *record.Kind, e *record.Entry) error {
	to := d.policy.grants[k.Action][p.Role]
	denied := fault.New(fault.Denied, "%s may not do this here", p.Name)
	d.mu.RLock()
	c := d.charts[e.Chart]
	d.mu.RUnlock()
	switch {
	case c == nil && !k.Begins && s.Via != record.ViaImport:
		return denied
	case c != nil && (k.Begins || s.Via == record.ViaOutbox) && to == reachNew && !d.policy.everywhere(p.Role) && !d.belongs(p, c, e.Happened):
		if again, err := record.Find(d.db.Read(context.Background()), e.ID); err != nil || again.Author != p.ID || again.Chart != e.Chart {
			return denied // else it is what this person began, sent once more
		}
	}
	if k.Into == nil || to == reachAny || d.policy.everywhere(p.Role) {
		return nil
	}
	b, err := k.Parse(e.Body)
	if err != nil {
		return err
	}
	if unit := k.Into(b); !unit.IsZero() && !p.tied(unit, e.Happened) {
		return denied
	}
	return nil
}

// belongs says whether a chart was on a unit of a person's when something happened, or is now.
func (d *Directory) belongs(p *Person, c *Chart, at time.Time) bool {
	unit := c.Now(at)
	if unit.IsZero() {
		unit = c.Now(d.clock.Now())
	}
	return !unit.IsZero() && p.tied(unit, at)
}

// tied says whether a person had a relation to a unit at t, give or take the grace.
func (p *Person) tied(unit record.ID, t time.Time) bool {
	return slices.ContainsFunc(p.Relations, func(r Relation) bool { return r.Unit == unit && r.wide().Holds(t) })
}

// wide is the relation with its grace.
func (r Relation) wide() Relation {
	w := Relation{Unit: r.Unit, From: r.From.Add(-RelationGrace), Until: r.Until}
	if !r.Until.IsZero() {
		w.Until = r.Until.Add(RelationGrace)
	}
	return w
}

// target is the entry that another amends; nil when it is not here yet: it may still be on a device.
func (d *Directory) target(e *record.Entry) (*record.Entry, error) {
	target, err := record.Find(d.db.Read(context.Background()), e.Amends)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for the amended entry: %w", err)
	}
	return target, nil
}

// mayTakeBackOwn says whether a person may take back whatever they wrote themselves in that chart, of any kind.
func (d *Directory) mayTakeBackOwn(p *Person, e *record.Entry) bool {
	for _, action := range d.withdraw {
		if _, _, err := d.mayDo(p, action, e); err != nil {
			return false
		}
	}
	return true
}

// replaces gives the action that putting another entry in one's place needs beside the entry's own: what taking it back needs, where its kind asks
// for more than the usual or the new one is of another kind. Empty: nothing more.
func (d *Directory) replaces(p *Person, e, target *record.Entry) string {
	if target.Kind == e.Kind && d.withdraw[target.Kind] == "" {
		return ""
	}
	return d.withdraws(p, target, "record.withdraw")
}

// mayDo says whether a person may do an action in an entry's chart, by the relations that held when it happened.
func (d *Directory) mayDo(p *Person, action string, e *record.Entry) (string, []string, error) {
	to := d.policy.grants[action][p.Role]
	d.mu.RLock()
	c := d.charts[e.Chart]
	d.mu.RUnlock()
	ended := func() []string {
		if !p.Disabled.IsZero() {
			return []string{record.MarkRelationEnded}
		}
		return nil
	}
	switch {
	case to == reachAny, (to == reachUnit || to == reachNew) && c != nil && d.policy.everywhere(p.Role):
		return string(p.Role), ended(), nil
	case to == reachOwn && (e.Chart == p.ID):
		return string(p.Role), ended(), nil
	case to == reachNew && (c == nil || c.Now(e.Happened).IsZero() && c.Now(d.clock.Now()).IsZero()):
		return string(p.Role), ended(), nil
	case (to == reachUnit || to == reachNew) && c != nil:
		unit := c.Now(e.Happened)
		if unit.IsZero() {
			unit = c.Now(d.clock.Now())
		}
		for _, r := range p.Relations {
			wide := r.wide()
			if r.Unit == unit && wide.Holds(e.Happened) {
				if !wide.Holds(d.clock.Now()) {
					return string(p.Role), append(ended(), record.MarkRelationEnded), nil
				}
				return string(p.Role), ended(), nil
			}
		}
		if e.Chart == p.ID {
			return string(p.Role), ended(), nil
		}
	}
	return "", nil, fault.New(fault.Denied, "%s may not do this here", p.Name)
}

// withdraws gives the action that taking an entry back needs: one's own by anyone who may withdraw, another's by those who may withdraw for
// others, and what the amended kind itself asks for, since undoing a raised level lowers it.
func (d *Directory) withdraws(p *Person, target *record.Entry, action string) string {
	switch {
	case d.withdraw[target.Kind] != "":
		return d.withdraw[target.Kind]
	case target.Author != p.ID:
		return "record.withdraw.others"
	}
	return action
}

// Guard tells the directory what taking back needs for each kind that asks for more than the usual, and which kinds nobody takes back: those
// that the program writes itself, unless they say what it needs.
func (d *Directory) Guard(kinds *record.Kinds) {
	d.withdraw, d.fixed = map[string]string{}, map[string]bool{}
	for _, k := range kinds.All() {
		switch {
		case k.Withdraw != "":
			d.withdraw[k.Name] = k.Withdraw
		case k.Own:
			d.fixed[k.Name] = true
		}
	}
}

// Actions is every action that kinds name.
func Actions(kinds *record.Kinds) []string {
	out := []string{"record.withdraw.others", "see.client", "see.place", "see.staff", "see.house"}
	for _, k := range kinds.All() {
		if k.Action != "" {
			out = append(out, k.Action)
		}
		if k.Withdraw != "" {
			out = append(out, k.Withdraw)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
