// Package room is the working part of the handover: the tables of what people said at a change of shifts, the dues to hand over and to take over, and
// the pages on which a unit is handed over person by person.
package room

import (
	"fmt"
	"slices"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"milieu/care/handover"
	"milieu/care/teamwork"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/room"
)

var saidKinds = []string{handover.KindWords, handover.KindGiven, handover.KindAccepted, handover.KindPassed, handover.KindTaken}

// citable are the kinds whose entries a handover tells by their own line: facts of the day, of rooms that do not tell them better themselves.
func citable(rooms []room.Def) []string {
	var out []string
	for _, d := range rooms {
		if slices.ContainsFunc(d.Handover, func(p room.HandoverPart) bool { return p.Whole }) {
			continue
		}
		for _, k := range d.Kinds {
			if k.Citable && (k.Chart == "client" || k.Chart == "any") {
				out = append(out, k.Name)
			}
		}
	}
	return out
}

func projections(facts []string) []record.Projection {
	return []record.Projection{
		{
			Name: "handover_said", Version: 1, Kinds: saidKinds, Tables: []string{"handover_said_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS handover_said_v1 (chart BLOB NOT NULL, change INTEGER NOT NULL, id BLOB NOT NULL, happened INTEGER NOT NULL, author BLOB NOT NULL, kind TEXT NOT NULL,
	item TEXT NOT NULL, heading TEXT NOT NULL, owner TEXT NOT NULL, words TEXT NOT NULL, PRIMARY KEY (chart, change, id)) WITHOUT ROWID;`,
			Put: func(tx db.Tx, e *record.Entry, b record.Body) error {
				s, err := saidOf(e, b)
				if err != nil {
					return err
				}
				return tx.Exec("INSERT INTO handover_said_v1 (chart, change, id, happened, author, kind, item, heading, owner, words) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
					e.Chart[:], clock.Micros(s.Change), e.ID[:], clock.Micros(e.Happened), e.Author[:], e.Kind, s.Key, s.Heading, string(s.Owner), s.Words)
			},
			Drop: func(tx db.Tx, e *record.Entry, b record.Body) error {
				s, err := saidOf(e, b)
				if err != nil {
					return err
				}
				return tx.Exec("DELETE FROM handover_said_v1 WHERE chart = $1 AND change = $2 AND id = $3", e.Chart[:], clock.Micros(s.Change), e.ID[:])
			},
		},
		{
			Name: "handover_rules", Version: 1, Kinds: []string{handover.KindRules}, Tables: []string{"handover_rules_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS handover_rules_v1 (chart BLOB NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY (chart, happened, id)) WITHOUT ROWID;`,
			Put: func(tx db.Tx, e *record.Entry, b record.Body) error {
				raw, err := record.Canonical(b)
				if err != nil {
					return err
				}
				return tx.Exec("INSERT INTO handover_rules_v1 (chart, happened, id, body) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", e.Chart[:], clock.Micros(e.Happened), e.ID[:], []byte(raw))
			},
			Drop: func(tx db.Tx, e *record.Entry, _ record.Body) error {
				return tx.Exec("DELETE FROM handover_rules_v1 WHERE chart = $1 AND happened = $2 AND id = $3", e.Chart[:], clock.Micros(e.Happened), e.ID[:])
			},
		},
		{
			// Where the facts of the day lie, by person and time: what they say is read from their entries.
			Name: "handover_fact", Version: 1, Kinds: facts, Tables: []string{"handover_fact_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS handover_fact_v1 (chart BLOB NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL, PRIMARY KEY (chart, happened, id)) WITHOUT ROWID;`,
			Put: func(tx db.Tx, e *record.Entry, _ record.Body) error {
				return tx.Exec("INSERT INTO handover_fact_v1 (chart, happened, id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", e.Chart[:], clock.Micros(e.Happened), e.ID[:])
			},
			Drop: func(tx db.Tx, e *record.Entry, _ record.Body) error {
				return tx.Exec("DELETE FROM handover_fact_v1 WHERE chart = $1 AND happened = $2 AND id = $3", e.Chart[:], clock.Micros(e.Happened), e.ID[:])
			},
		},
	}
}

func saidOf(e *record.Entry, b record.Body) (handover.Said, error) {
	s := handover.Said{ID: e.ID, Chart: e.Chart, Happened: e.Happened, Author: e.Author, Kind: e.Kind}
	switch x := b.(type) {
	case *handover.WordsAdded:
		s.Change, s.Heading, s.Words = x.Change, x.Heading, x.Text
	case *handover.Given:
		s.Change, s.Words = x.Change, x.Text
	case *handover.Accepted:
		s.Change, s.Key = x.Change, x.Key
	case *handover.Passed:
		s.Change, s.Key, s.Owner, s.Words = x.Change, x.Key, x.Owner, x.Why
	case *handover.Taken:
		s.Change, s.Words = x.Change, x.Synthesis
	default:
		return s, fmt.Errorf("%s says nothing at a change of shifts", e.Kind)
	}
	return s, nil
}

// saidAt gives what was said in some charts at one change, in order.
func saidAt(q db.Querier, change time.Time, charts []record.ID) ([]handover.Said, error) {
	var out []handover.Said
	for part := range slices.Chunk(charts, 64) {
		args := []any{clock.Micros(change)}
		for i := range part {
			args = append(args, part[i][:])
		}
		err := db.Each(q, "SELECT chart, change, id, happened, author, kind, item, heading, owner, words FROM handover_said_v1 WHERE change = $1 AND chart IN ("+db.Places(2, len(part))+")", args, func(r db.Row) error {
			s, err := scanSaid(r)
			out = append(out, s)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("reading what was said at a handover: %w", err)
		}
	}
	handover.InOrder(out)
	return out, nil
}

func scanSaid(r db.Row) (s handover.Said, err error) {
	var change, happened int64
	var owner string
	err = r.Scan(&s.Chart, &change, &s.ID, &happened, &s.Author, &s.Kind, &s.Key, &s.Heading, &owner, &s.Words)
	s.Change, s.Happened, s.Owner = clock.FromMicros(change), clock.FromMicros(happened), teamwork.Owner(owner)
	return s, err
}

// fixed is what a unit has set for its handovers, and when.
type fixed struct {
	handover.Rules
	ID record.ID
	At time.Time
}

// rulesOf gives what a unit has set over time, the oldest first.
func rulesOf(q db.Querier, unit record.ID) ([]fixed, error) {
	var out []fixed
	err := db.Each(q, "SELECT happened, id, body FROM handover_rules_v1 WHERE chart = $1 ORDER BY happened, id", []any{unit[:]}, func(r db.Row) error {
		var f fixed
		var happened int64
		var body []byte
		if err := r.Scan(&happened, &f.ID, &body); err != nil {
			return err
		}
		f.At = clock.FromMicros(happened)
		out = append(out, f)
		return jsonv2.Unmarshal(body, &out[len(out)-1].Rules)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the rules for handovers of unit %s: %w", unit, err)
	}
	return out, nil
}

// rulesNow are a unit's rules now, with the program's own in every place that it has left open.
func rulesNow(q db.Querier, unit record.ID) (handover.Rules, error) {
	list, err := rulesOf(q, unit)
	if err != nil || len(list) == 0 {
		return handover.Default().Filled(), err
	}
	return list[len(list)-1].Filled(), nil
}
