package due

import (
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Lapsed says that a window passed its end without being settled. The sweeper files it, once for each window.
type Lapsed struct {
	Rule   string    `json:"rule"`
	Slot   string    `json:"slot,omitempty"`
	Anchor record.ID `json:"anchor"`
	Late   time.Time `json:"late" doc:"from when it was late"`
}

// Validate implements record.Body.
func (l *Lapsed) Validate(*record.Entry) error { return window(l.Rule, l.Anchor) }

// Told says who was told that a window lapsed, and how far up the ladder that is.
type Told struct {
	Rule   string    `json:"rule"`
	Slot   string    `json:"slot,omitempty"`
	Anchor record.ID `json:"anchor"`
	Rung   int       `json:"rung" doc:"from 0"`
	Tell   string    `json:"tell" doc:"owner, unit, in_charge or supervisor"`
}

// Validate implements record.Body.
func (t *Told) Validate(*record.Entry) error { return window(t.Rule, t.Anchor) }

// Taken says that somebody is on it: the ladder waits.
type Taken struct {
	Rule   string    `json:"rule"`
	Slot   string    `json:"slot,omitempty"`
	Anchor record.ID `json:"anchor"`
}

// Validate implements record.Body.
func (t *Taken) Validate(*record.Entry) error { return window(t.Rule, t.Anchor) }

// Down covers the span in which the program did not run. Windows wholly inside it read "system down", not "missed".
type Down struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Validate implements record.Body.
func (d *Down) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(d.From.Before(d.To), "to", "the end lies behind the start")
	return c.Err()
}

func window(rule string, anchor record.ID) error {
	var c fault.Check
	c.Want(rule != "", "rule", "name the rule")
	c.Want(!anchor.IsZero(), "anchor", "name the window")
	return c.Err()
}

// House is the chart of the house itself: what concerns everybody is filed there. One database is one organisation, so it is one constant.
var House = record.DeriveID("milieu", "chart", "house")

// Kinds are the engine's kinds.
func Kinds() []record.Kind {
	at, a := time.Date(2026, 11, 19, 2, 0, 0, 0, time.UTC), record.ID{6: 0x70, 8: 0x80, 15: 1}
	line := func(key string) func(*record.Entry, record.Body) record.Line {
		return func(*record.Entry, record.Body) record.Line { return record.Line{Key: key} }
	}
	return []record.Kind{
		{Name: "due.lapsed", Version: 1, Chart: "any", Own: true, Example: &Lapsed{Rule: "rounds.check", Anchor: a, Late: at}, Line: line("due.lapsed")},
		{Name: "due.told", Version: 1, Chart: "any", Own: true, Example: &Told{Rule: "rounds.check", Anchor: a, Tell: "unit"}, Line: line("due.told")},
		{Name: "due.taken", Version: 1, Chart: "any", Action: "due.take", Example: &Taken{Rule: "rounds.check", Anchor: a}, Line: line("due.taken")},
		{Name: "service.down", Version: 1, Chart: "house", Own: true, Example: &Down{From: at, To: at.Add(time.Hour)}, Line: line("service.down")},
	}
}

// Projections are the engine's projections: what has been told, and when the program was down.
func Projections() []record.Projection {
	return []record.Projection{{
		Name: "due_told", Version: 1, Kinds: []string{"due.told", "due.taken"}, Tables: []string{"due_told_v1"},
		Schema: `CREATE TABLE IF NOT EXISTS due_told_v1 (chart BLOB NOT NULL, rule TEXT NOT NULL, slot TEXT NOT NULL, anchor BLOB NOT NULL, rung INTEGER NOT NULL, id BLOB NOT NULL, person BLOB, at INTEGER NOT NULL, PRIMARY KEY (chart, rule, slot, anchor, rung, id)) WITHOUT ROWID;`,
		Put: func(tx db.Tx, e *record.Entry, b record.Body) error {
			switch t := b.(type) {
			case *Told:
				return told(tx, e, t.Rule, t.Slot, t.Anchor, t.Rung, record.Zero)
			case *Taken:
				return told(tx, e, t.Rule, t.Slot, t.Anchor, takenRung, e.Author)
			}
			return nil
		},
		Drop: func(tx db.Tx, e *record.Entry, _ record.Body) error {
			return tx.Exec("DELETE FROM due_told_v1 WHERE chart = $1 AND id = $2", e.Chart[:], e.ID[:])
		},
	}, {
		Name: "service_down", Version: 1, Kinds: []string{"service.down"}, Tables: []string{"service_down_v1"},
		Schema: `CREATE TABLE IF NOT EXISTS service_down_v1 (id BLOB NOT NULL PRIMARY KEY, since INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;`,
		Put: func(tx db.Tx, e *record.Entry, b record.Body) error {
			d := b.(*Down)
			return tx.Exec("INSERT INTO service_down_v1 (id, since, until) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING", e.ID[:], clock.Micros(d.From), clock.Micros(d.To))
		},
		Drop: func(tx db.Tx, e *record.Entry, _ record.Body) error {
			return tx.Exec("DELETE FROM service_down_v1 WHERE id = $1", e.ID[:])
		},
	}}
}

// takenRung is where a taking stands among the rungs.
const takenRung = -1

func told(tx db.Tx, e *record.Entry, rule, slot string, anchor record.ID, rung int, person record.ID) error {
	return tx.Exec("INSERT INTO due_told_v1 (chart, rule, slot, anchor, rung, id, person, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (chart, rule, slot, anchor, rung, id) DO NOTHING",
		e.Chart[:], rule, slot, anchor[:], rung, e.ID[:], person, clock.Micros(e.Happened))
}

// Downtime gives the spans in which the program did not run that touch from–to, in order.
func Downtime(q db.Querier, from, to time.Time) ([]Down, error) {
	var out []Down
	err := db.Each(q, "SELECT since, until FROM service_down_v1 WHERE until > $1 AND since < $2 ORDER BY since", []any{clock.Micros(from), clock.Micros(to)}, func(r db.Row) error {
		var a, b int64
		err := r.Scan(&a, &b)
		out = append(out, Down{clock.FromMicros(a), clock.FromMicros(b)})
		return err
	})
	return out, err
}
