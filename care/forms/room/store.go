// Package room is the working part of forms: the tables that keep what was answered, the dues that ask for open forms and for a licensed word on
// critical answers, and the pages on which forms are filled, read and printed.
package room

import (
	"fmt"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"milieu/care/forms"
	"milieu/house/clients"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

// runKinds are the kinds that runs are worked out from; ruleKinds what a unit has fixed.
var (
	runKinds  = []string{forms.KindBegun, forms.KindAnswered, forms.KindFinished, forms.KindStopped, forms.KindCriticalAnswered}
	ruleKinds = []string{forms.KindRules, forms.KindRuleAccepted}
)

// stayKinds are the kinds of the house's clients that say where somebody is or is expected, and under which chart they go on.
var stayKinds = []string{"clients.registered", "clients.admitted", "clients.transferred", "clients.left", "clients.returned", "clients.discharged", "clients.merged", "clients.unmerged"}

// Projections are the room's tables: the standing entries of each chart's runs, and what units have fixed.
func Projections() []record.Projection {
	return []record.Projection{kept("forms_run", runKinds), kept("forms_rules", ruleKinds)}
}

// kept is a table of standing entries as they are.
func kept(name string, kinds []string) record.Projection {
	table := name + "_v1"
	return record.Projection{
		Name: name, Version: 1, Kinds: kinds, Tables: []string{table},
		Schema: "CREATE TABLE IF NOT EXISTS " + table + " (chart BLOB NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL, kind TEXT NOT NULL, author BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY (chart, happened, id)) WITHOUT ROWID;",
		Put: func(tx db.Tx, e *record.Entry, b record.Body) error {
			raw, err := record.Canonical(b)
			if err != nil {
				return err
			}
			return tx.Exec("INSERT INTO "+table+" (chart, happened, id, kind, author, body) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
				e.Chart[:], clock.Micros(e.Happened), e.ID[:], e.Kind, e.Author[:], []byte(raw))
		},
		Drop: func(tx db.Tx, e *record.Entry, _ record.Body) error {
			return tx.Exec("DELETE FROM "+table+" WHERE chart = $1 AND happened = $2 AND id = $3", e.Chart[:], clock.Micros(e.Happened), e.ID[:])
		},
	}
}

// bodies are what the tables keep, by kind.
var bodies = map[string]func() record.Body{
	forms.KindBegun:            func() record.Body { return &forms.Begun{} },
	forms.KindAnswered:         func() record.Body { return &forms.Said{} },
	forms.KindFinished:         func() record.Body { return &forms.Finished{} },
	forms.KindStopped:          func() record.Body { return &forms.Stopped{} },
	forms.KindCriticalAnswered: func() record.Body { return &forms.CriticalAnswered{} },
	forms.KindRules:            func() record.Body { return &forms.RulesSet{} },
	forms.KindRuleAccepted:     func() record.Body { return &forms.RuleAccepted{} },
}

// puts reads what a table keeps of charts, the earliest first in each.
func puts(q db.Querier, table string, charts ...record.ID) ([]*forms.Put, error) {
	var out []*forms.Put
	for _, chart := range charts {
		err := db.Each(q, "SELECT happened, id, kind, author, body FROM "+table+" WHERE chart = $1 ORDER BY happened, id", []any{chart[:]}, func(r db.Row) error {
			p := &forms.Put{Chart: chart}
			var happened int64
			var kind string
			var raw []byte
			if err := r.Scan(&happened, &p.ID, &kind, &p.Author, &raw); err != nil {
				return err
			}
			p.Happened, p.Body = clock.FromMicros(happened), bodies[kind]()
			out = append(out, p)
			return jsonv2.Unmarshal(raw, p.Body)
		})
		if err != nil {
			return nil, fmt.Errorf("reading the forms of chart %s: %w", chart, err)
		}
	}
	return out, nil
}

// Of gives everything said in the forms of a person, whichever of their charts it stands in.
func Of(q db.Querier, chart record.ID) ([]*forms.Put, error) {
	family, err := clients.Family(q, chart)
	if err != nil {
		return nil, err
	}
	return puts(q, "forms_run_v1", family...)
}

// UnitRules are what a unit has fixed for forms.
type UnitRules struct {
	Opens    forms.RulesSet
	Since    time.Time    // from when Opens holds; zero: the unit has not set any
	sets     []*forms.Put // every time they were set, the earliest first
	accepted []*forms.Put
}

// Accepted is who accepted a pending critical rule in the unit, at a time; nil while nobody has.
func (r *UnitRules) Accepted(form, rule string, at time.Time) *forms.Put {
	for _, p := range r.accepted {
		if a := p.Body.(*forms.RuleAccepted); a.Form == form && a.Rule == rule && !p.Happened.After(at) {
			return p
		}
	}
	return nil
}

// RulesOf reads them.
func RulesOf(q db.Querier, unit record.ID) (r UnitRules, err error) {
	all, err := puts(q, "forms_rules_v1", unit)
	for _, p := range all {
		switch b := p.Body.(type) {
		case *forms.RulesSet:
			r.Opens, r.Since, r.sets = *b, p.Happened, append(r.sets, p)
		case *forms.RuleAccepted:
			r.accepted = append(r.accepted, p)
		}
	}
	return r, err
}

// opens are the forms that the unit opened for a stay: those of the rules that held when the person came. Who came before is not asked
// afterwards, and rules set later take nothing away that somebody is still to be asked.
func (r *UnitRules) opens(card *clients.Card) []*forms.Form {
	var held forms.RulesSet
	for _, p := range r.sets {
		if !card.Admitted.Before(p.Happened) {
			held = *p.Body.(*forms.RulesSet)
		}
	}
	var out []*forms.Form
	for _, id := range held.Opens {
		if f := forms.Current(id); f != nil && f.Hours > 0 {
			out = append(out, f)
		}
	}
	return out
}

// lately is for how long after an admission the defaults ask in a unit that has set nothing: whoever has been there longer is not asked afterwards.
const lately = 72 * time.Hour

// wants are the forms that pages and handovers ask for: those that the unit opened, or, while it has set nothing, the program's own for who has come
// lately. A unit that wants none sets none. They are no dues: nobody decided on them there.
func (r *UnitRules) wants(card *clients.Card, now time.Time) []*forms.Form {
	if !r.Since.IsZero() {
		return r.opens(card)
	}
	var out []*forms.Form
	if now.Sub(card.Admitted) <= lately {
		for _, id := range forms.Defaults.Opens {
			out = append(out, forms.Current(id))
		}
	}
	return out
}
