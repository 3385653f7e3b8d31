package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// RelationGrace is how long before and after a shift or team membership an entry may have happened and still belong to it.
const RelationGrace = 30 * time.Minute

var errNetwork = fault.New(fault.Denied, "this is done with a network, where you can show who you are")

// signs says that an entry of a kind asks to be shown again who one is, and so does taking it back.
func (d *Directory) signs(kind string) bool {
	k := d.kind(kind)
	return k != nil && k.Fresh
}

// MayFile implements record.Judge: by the relations that held when it happened.
func (d *Directory) MayFile(_ context.Context, s record.Sender, k *record.Kind, e *record.Entry) (string, []string, error) {
	if s.Via == record.ViaProgram {
		return s.Role, nil, nil
	}
	if s.Via == record.ViaOutbox && k.Fresh {
		return "", nil, errNetwork
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
	if err := d.mayLabel(p, k, e); err != nil {
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
		case s.Via == record.ViaOutbox && d.signs(target.Kind):
			return "", nil, errNetwork
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
	to := d.policy.Ties(p.Role, k.Action, "", false)
	denied := fault.New(fault.Denied, "%s may not do this here", p.Name)
	c := d.chartOf(e.Chart)
	switch {
	case c == nil && !k.Begins && s.Via != record.ViaImport:
		return denied
	case c != nil && (k.Begins || s.Via == record.ViaOutbox) && to.Has(Newcomer) && !to.Has(d.tied(p, c, e)&^Newcomer):
		if again, err := record.Find(d.db.Read(context.Background()), e.ID); err != nil || again.Author != p.ID || again.Chart != e.Chart {
			return denied // else it is what this person began, sent once more
		}
	}
	if k.Into == nil || to.Has(House) {
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

// tied says whether a person had a relation to a unit at t, give or take the grace.
func (p *Person) tied(unit record.ID, t time.Time) bool {
	return slices.ContainsFunc(p.Relations, func(r Relation) bool { return r.Unit == unit && r.wide(RelationGrace).Holds(t) })
}

// wide is the relation with some grace.
func (r Relation) wide(grace time.Duration) Relation {
	w := Relation{From: r.From.Add(-grace), Until: r.Until}
	if !r.Until.IsZero() {
		w.Until = r.Until.Add(grace)
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

// mayDo says whether a person may do an action in an entry's chart, by the ties that held when it happened.
func (d *Directory) mayDo(p *Person, action string, e *record.Entry) (string, []string, error) {
	c := d.chartOf(e.Chart)
	unit := record.Zero
	if c != nil {
		unit = c.Now(e.Happened)
	}
	if b := p.barred(action, unit, e.Happened); b != nil {
		return "", nil, fault.New(fault.Denied, "%s may not do this: %s", p.Name, b.Why)
	}
	then, still := d.ties(p, c, e.Happened, RelationGrace)
	allowed := then & d.policy.Ties(p.Role, action, "", c != nil && d.agrees(p, c, "", e.Happened))
	if allowed == 0 {
		return "", nil, fault.New(fault.Denied, "%s may not do this here", p.Name)
	}
	var marks []string
	if !p.Disabled.IsZero() || !allowed.Has(still) {
		marks = append(marks, record.MarkRelationEnded)
	}
	if !allowed.Has(^(Glass | Emergency)) {
		marks = append(marks, record.MarkGlass)
	}
	return string(p.Role), marks, nil
}

// tied is what tied a person to an entry's chart when it happened.
func (d *Directory) tied(p *Person, c *Chart, e *record.Entry) Tie {
	then, _ := d.ties(p, c, e.Happened, RelationGrace)
	return then
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
	d.withdraw, d.fixed, d.kinds = map[string]string{}, map[string]bool{}, kinds
	for _, k := range kinds.All() {
		switch {
		case k.Withdraw != "":
			d.withdraw[k.Name] = k.Withdraw
		case k.Own:
			d.fixed[k.Name] = true
		}
	}
}

// kind is a kind that the directory was told of; nil for any other.
func (d *Directory) kind(name string) *record.Kind {
	if d.kinds == nil {
		return nil
	}
	k, err := d.kinds.Find(name)
	if err != nil {
		return nil
	}
	return k
}

// Actions is every action that kinds name.
func Actions(kinds *record.Kinds) []string {
	out := []string{"record.withdraw.others", "see.client", "see.place", "see.staff", "see.house", "see.entry", LabelAction, OverseeUnits}
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
