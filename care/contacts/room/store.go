// Package room is the working part of contacts: the tables that keep who talked with whom and when, the due that asks for a contact where a unit
// wants it, and the pages on which one is begun, timed and written down.
package room

import (
	"fmt"
	"slices"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"milieu/care/contacts"
	"milieu/house/clients"
	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

// The sorts of row in the table of contacts.
const (
	rowHeld      = "held"
	rowAttempted = "attempted"
)

// Projections are the room's tables: each contact, the last meaningful one of each person, and what units have fixed.
func Projections() []record.Projection {
	return []record.Projection{{
		Name: "contacts_contact", Version: 1, Kinds: []string{contacts.KindHeld, contacts.KindAttempted}, Tables: []string{"contacts_contact_v1", "contacts_last_v1"},
		Schema: `CREATE TABLE IF NOT EXISTS contacts_contact_v1 (chart BLOB NOT NULL, what TEXT NOT NULL, meaningful INTEGER NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL, author BLOB NOT NULL, body BLOB NOT NULL,
	PRIMARY KEY (chart, what, meaningful, happened, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS contacts_contact_at_v1 ON contacts_contact_v1 (chart, happened);
CREATE TABLE IF NOT EXISTS contacts_last_v1 (chart BLOB NOT NULL PRIMARY KEY, entry BLOB NOT NULL, happened INTEGER NOT NULL, author BLOB NOT NULL) WITHOUT ROWID;`,
		Put: func(tx db.Tx, e *record.Entry, b record.Body) error {
			what, meaningful, at := rowOf(e, b)
			raw, err := record.Canonical(b)
			if err != nil {
				return err
			}
			return tx.Exec("INSERT INTO contacts_contact_v1 (chart, what, meaningful, happened, id, author, body) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
				e.Chart[:], what, meaningful, clock.Micros(at), e.ID[:], e.Author[:], []byte(raw))
		},
		Drop: func(tx db.Tx, e *record.Entry, b record.Body) error {
			what, meaningful, at := rowOf(e, b)
			return tx.Exec("DELETE FROM contacts_contact_v1 WHERE chart = $1 AND what = $2 AND meaningful = $3 AND happened = $4 AND id = $5", e.Chart[:], what, meaningful, clock.Micros(at), e.ID[:])
		},
	}, {
		Name: "contacts_rules", Version: 1, Kinds: []string{contacts.KindRules}, Tables: []string{"contacts_rules_v1"},
		Schema: `CREATE TABLE IF NOT EXISTS contacts_rules_v1 (chart BLOB NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL, hours INTEGER NOT NULL, PRIMARY KEY (chart, happened, id)) WITHOUT ROWID;`,
		Put: func(tx db.Tx, e *record.Entry, b record.Body) error {
			return tx.Exec("INSERT INTO contacts_rules_v1 (chart, happened, id, hours) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", e.Chart[:], clock.Micros(e.Happened), e.ID[:], b.(*contacts.RulesSet).Hours)
		},
		Drop: func(tx db.Tx, e *record.Entry, _ record.Body) error {
			return tx.Exec("DELETE FROM contacts_rules_v1 WHERE chart = $1 AND happened = $2 AND id = $3", e.Chart[:], clock.Micros(e.Happened), e.ID[:])
		},
	}}
}

// rowOf is the sort of a contact, whether it was meaningful, and when it ended.
func rowOf(e *record.Entry, b record.Body) (what string, meaningful int, at time.Time) {
	if h, ok := b.(*contacts.Held); ok {
		if h.Meaningful == contacts.Yes {
			meaningful = 1
		}
		return rowHeld, meaningful, h.Stopped
	}
	return rowAttempted, 0, e.Happened
}

// Derived keeps the last meaningful contact of each person for the boards, which show it for everybody at once.
func Derived() []record.Derived {
	return []record.Derived{{Name: "contacts last", Version: 1, Kinds: append(clients.StayKinds(), contacts.KindHeld, "access.relabelled"), Touches: touches, Of: keepLast}}
}

func keepLast(tx db.Tx, chart record.ID) error {
	l, err := lastOf(tx, chart)
	if err != nil {
		return err
	}
	if l.ID.IsZero() {
		return tx.Exec("DELETE FROM contacts_last_v1 WHERE chart = $1", chart[:])
	}
	return tx.Exec("INSERT INTO contacts_last_v1 (chart, entry, happened, author) VALUES ($1, $2, $3, $4) ON CONFLICT (chart) DO UPDATE SET entry = excluded.entry, happened = excluded.happened, author = excluded.author",
		chart[:], l.ID[:], clock.Micros(l.At), l.By[:])
}

// Last is the last meaningful contact with somebody.
type Last struct {
	ID record.ID // zero: there was none
	At time.Time // when it ended
	By record.ID
}

// lastOf is the last meaningful contact in all of a person's charts, nothing under a chart that was merged into another. Only what all who care
// for the person may see counts, on boards and for the due: a time or a row that moves tells of an entry as well as its words do.
func lastOf(q db.Querier, chart record.ID) (l Last, err error) {
	family, err := clients.Family(q, chart)
	if err != nil || family[0] != chart {
		return l, err
	}
	for _, c := range family {
		labelled, err := access.LabelsIn(q, c)
		if err != nil {
			return l, err
		}
		apart := map[record.ID]bool{}
		for _, one := range labelled {
			if slices.ContainsFunc(one.Labels, func(label string) bool { return label != access.NotForFamily }) {
				apart[one.Entry] = true
			}
		}
		err = db.Each(q, "SELECT id, happened, author FROM contacts_contact_v1 WHERE chart = $1 AND what = 'held' AND meaningful = 1 ORDER BY happened DESC, id DESC LIMIT $2", []any{c[:], 1 + len(apart)}, func(r db.Row) error {
			var one Last
			var happened int64
			if err := r.Scan(&one.ID, &happened, &one.By); err != nil {
				return err
			}
			one.At = clock.FromMicros(happened)
			if !apart[one.ID] && (one.At.After(l.At) || one.At.Equal(l.At) && slices.Compare(one.ID[:], l.ID[:]) > 0) {
				l = one
			}
			return nil
		})
		if err != nil {
			return l, fmt.Errorf("reading the last contact of chart %s: %w", c, err)
		}
	}
	return l, nil
}

// LastIn gives the last meaningful contact of everybody who belongs to a unit now, by chart, in one question. Who has had none is not among them.
func LastIn(q db.Querier, unit record.ID) (map[record.ID]Last, error) {
	out := map[record.ID]Last{}
	err := db.Each(q, `SELECT l.chart, l.entry, l.happened, l.author FROM clients_card_v1 c JOIN contacts_last_v1 l ON l.chart = c.chart
WHERE c.unit = $1 AND c.root = c.chart AND c.state IN ('here', 'leave', 'hospital', 'absent')`, []any{unit}, func(r db.Row) error {
		var chart record.ID
		var l Last
		var happened int64
		err := r.Scan(&chart, &l.ID, &happened, &l.By)
		l.At = clock.FromMicros(happened)
		out[chart] = l
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the last contacts of unit %s: %w", unit, err)
	}
	return out, nil
}

// Row is one contact, or one try, as it is read.
type Row struct {
	ID    record.ID
	Chart record.ID
	At    time.Time // when it ended
	By    record.ID
	Held  *contacts.Held // nil: of a try
	Tried *contacts.Attempted
}

// Recent gives the contacts of a person's charts since a time, the latest first, without those that are hidden; at most so many.
func Recent(q db.Querier, charts []record.ID, since time.Time, hidden clients.Hidden, most int) ([]Row, error) {
	var out []Row
	for _, c := range charts {
		err := db.Each(q, "SELECT what, happened, id, author, body FROM contacts_contact_v1 WHERE chart = $1 AND happened >= $2 ORDER BY happened DESC, id DESC LIMIT $3", []any{c[:], clock.Micros(since), most + len(hidden)}, func(r db.Row) error {
			one := Row{Chart: c}
			var what string
			var happened int64
			var body []byte
			if err := r.Scan(&what, &happened, &one.ID, &one.By, &body); err != nil || hidden[one.ID] {
				return err
			}
			one.At = clock.FromMicros(happened)
			out = append(out, one)
			row := &out[len(out)-1]
			if what == rowHeld {
				row.Held = &contacts.Held{}
				return jsonv2.Unmarshal(body, row.Held)
			}
			row.Tried = &contacts.Attempted{}
			return jsonv2.Unmarshal(body, row.Tried)
		})
		if err != nil {
			return nil, fmt.Errorf("reading the contacts of chart %s: %w", c, err)
		}
	}
	slices.SortStableFunc(out, func(a, b Row) int { return b.At.Compare(a.At) })
	return out[:min(most, len(out))], nil
}

// HoursOf is after how many hours without a meaningful contact a unit asks; 0: it does not.
func HoursOf(q db.Querier, unit record.ID) (int, error) {
	var hours int
	err := q.QueryRow("SELECT hours FROM contacts_rules_v1 WHERE chart = $1 ORDER BY happened DESC, id DESC LIMIT 1", unit[:]).Scan(&hours)
	if err == db.ErrNoRows {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading what unit %s asks of contacts: %w", unit, err)
	}
	return hours, nil
}
