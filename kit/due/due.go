// Package due is the one engine of what must happen: each due has a window, an owner and a ladder of people who hear when it does not happen.
//
// A room offers a Rule: a pure function from its own projections to the windows open for a chart. The engine keeps one row for each open
// window and works it out afresh whenever an entry touches the chart. Lateness is never stored: it is computed when read, from the window
// and the time. What was done about lateness (due.lapsed, due.told, due.taken) are entries, and never inputs to lateness.
package due

import (
	"fmt"
	"slices"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

// Window is one thing that must happen, open now.
type Window struct {
	Chart  record.ID
	Rule   string        // "rounds.check"
	Key    string        // tells several windows of one rule in one chart apart; usually empty
	Anchor record.ID     // the entry that opened this window: the last sighting, the order, the request
	Opens  time.Time     // from when it may be done
	Due    time.Time     // when it is asked for; for irregular intervals the drawn time
	Late   time.Time     // from when it is late
	Grace  time.Duration // a unit's own: the whole ladder waits so much longer; reports never do
	Owner  record.ID     // the person whose it is, if one person's
	Role   string        // the role whose it is otherwise
	Taken  record.ID     // who said they are on it after it lapsed
	Data   []byte        // the rule's own JSON, for boards and devices: never more than they may show
}

// State is how a window stands at a time.
type State string

// The states in which a window is shown.
const (
	StateLate State = "late"
	StateNow  State = "now"
	StateNext State = "next"
)

// Soon is how long before its due time a window counts as "now".
const Soon = 5 * time.Minute

// At says how the window stands at t. A window is late when t has passed Late: reporting has no grace.
func (w *Window) At(t time.Time) State {
	switch {
	case t.After(w.Late):
		return StateLate
	case !t.Before(w.Due.Add(-Soon)):
		return StateNow
	}
	return StateNext
}

// Rung is one step of a ladder: when a window has been late for After, somebody is told.
type Rung struct {
	After time.Duration // grace for alerting only; reports know none. Below zero: a warning that comes before
	Tell  string        // "owner", "unit", "in_charge", "supervisor"
}

// Rule is one sort of due, offered by a room.
type Rule struct {
	Name    string
	Kinds   []string // entries of these kinds may open, move or settle its windows
	Touches func(q db.Querier, e *record.Entry, b record.Body) ([]record.ID, error)
	// Windows gives every window of this rule open for the chart, each with its own Key: a pure function of the projections.
	Windows func(q db.Querier, chart record.ID) ([]Window, error)
	Ladder  []Rung
	// Held windows stand on no unit's board: only those are shown them who may see to them, on whatever unit (Held, and a face's For).
	Held bool
	// Version is raised when Windows, or how they are kept, gives other answers than before.
	Version int
	// TakenFor is how long the ladder waits after somebody has taken the due on.
	TakenFor time.Duration
}

// Schema is the engine's tables.
const Schema = `
CREATE TABLE IF NOT EXISTS due (
	chart BLOB NOT NULL, rule TEXT NOT NULL, slot TEXT NOT NULL, anchor BLOB NOT NULL, opens INTEGER NOT NULL, due INTEGER NOT NULL, late INTEGER NOT NULL,
	owner BLOB, role TEXT NOT NULL, grace INTEGER NOT NULL, alert INTEGER, taken BLOB, data BLOB, held INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (chart, rule, slot)) WITHOUT ROWID;
ALTER TABLE due ADD COLUMN IF NOT EXISTS held INTEGER NOT NULL DEFAULT 0;
CREATE INDEX IF NOT EXISTS due_alert ON due (alert);
CREATE INDEX IF NOT EXISTS due_held ON due (chart) WHERE held = 1;
CREATE TABLE IF NOT EXISTS service (one INTEGER PRIMARY KEY, alive INTEGER NOT NULL);
`

// Tables are the engine's derived tables, emptied by a rebuild.
func Tables() []string { return []string{"due"} }

// Derived makes the kit keep the rule's windows.
func (r *Rule) Derived() record.Derived {
	return record.Derived{Name: "dues " + r.Name, Version: r.Version, Kinds: r.Kinds, Touches: r.Touches, Of: r.keep}
}

// TakenDerived keeps on each window who has taken it on.
func TakenDerived() record.Derived {
	return record.Derived{Name: "dues taken on", Kinds: []string{"due.taken"}, Of: func(tx db.Tx, chart record.ID) error {
		return tx.Exec(`UPDATE due SET taken = (SELECT t.person FROM due_told_v1 t WHERE t.chart = due.chart AND t.rule = due.rule AND t.slot = due.slot
AND t.anchor = due.anchor AND t.rung = -1 ORDER BY t.at DESC, t.id DESC LIMIT 1) WHERE chart = $1`, chart[:])
	}}
}

func (r *Rule) keep(tx db.Tx, chart record.ID) error {
	ws, err := r.Windows(tx, chart)
	if err != nil {
		return err
	}
	if len(ws) != 1 || ws[0].Key != "" {
		if err := r.drop(tx, chart, ws); err != nil {
			return err
		}
	}
	held := 0
	if r.Held {
		held = 1
	}
	for i := range ws {
		w := &ws[i]
		if w.Anchor.IsZero() || w.Late.Before(w.Due) || w.Due.Before(w.Opens) {
			return fmt.Errorf("rule %s gives a window without anchor or out of order for chart %s", r.Name, chart)
		}
		var alert any
		if len(r.Ladder) > 0 {
			alert = clock.Micros(w.Late.Add(w.Grace + r.Ladder[0].After))
		}
		// The same window again keeps how far its ladder has been climbed.
		err := tx.Exec(`INSERT INTO due (chart, rule, slot, anchor, opens, due, late, owner, role, alert, data, grace, held) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (chart, rule, slot) DO UPDATE SET anchor = excluded.anchor, opens = excluded.opens, due = excluded.due, late = excluded.late, owner = excluded.owner, role = excluded.role, grace = excluded.grace,
alert = CASE WHEN due.anchor = excluded.anchor AND due.late = excluded.late THEN due.alert ELSE excluded.alert END,
taken = CASE WHEN due.anchor = excluded.anchor THEN due.taken ELSE NULL END, data = excluded.data, held = excluded.held`,
			chart[:], r.Name, w.Key, w.Anchor[:], clock.Micros(w.Opens), clock.Micros(w.Due), clock.Micros(w.Late), w.Owner, w.Role, alert, w.Data, int64(w.Grace/time.Microsecond), held)
		if err != nil {
			return err
		}
	}
	return nil
}

// drop removes the rows of windows that are no longer open.
func (r *Rule) drop(tx db.Tx, chart record.ID, keep []Window) error {
	if len(keep) == 0 {
		return tx.Exec("DELETE FROM due WHERE chart = $1 AND rule = $2", chart[:], r.Name)
	}
	open := map[string]bool{}
	for _, w := range keep {
		open[w.Key] = true
	}
	var gone []string
	err := db.Each(tx, "SELECT slot FROM due WHERE chart = $1 AND rule = $2", []any{chart[:], r.Name}, func(row db.Row) error {
		var slot string
		err := row.Scan(&slot)
		if !open[slot] {
			gone = append(gone, slot)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, slot := range gone {
		if err := tx.Exec("DELETE FROM due WHERE chart = $1 AND rule = $2 AND slot = $3", chart[:], r.Name, slot); err != nil {
			return err
		}
	}
	return nil
}

const columns = "chart, rule, slot, anchor, opens, due, late, owner, role, taken, data, grace"

func scan(r db.Row) (w Window, err error) {
	var opens, at, late, grace int64
	err = r.Scan(&w.Chart, &w.Rule, &w.Key, &w.Anchor, &opens, &at, &late, &w.Owner, &w.Role, &w.Taken, &w.Data, &grace)
	w.Opens, w.Due, w.Late = clock.FromMicros(opens), clock.FromMicros(at), clock.FromMicros(late)
	w.Grace = time.Duration(grace) * time.Microsecond
	return w, err
}

// Of gives the open windows of some charts that are held from nobody, chart by chart in the order asked.
func Of(q db.Querier, charts ...record.ID) ([]Window, error) {
	found := map[record.ID][]Window{}
	for part := range slices.Chunk(charts, ofMany) {
		query, args := ofOne, make([]any, 0, ofMany)
		for i := range part {
			args = append(args, part[i][:])
		}
		if len(part) > 1 {
			for query = ofAll; len(args) < ofMany; {
				args = append(args, args[0]) // one statement for any number: it is prepared once
			}
		}
		err := db.Each(q, query, args, func(r db.Row) error {
			w, err := scan(r)
			found[w.Chart] = append(found[w.Chart], w)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("reading the dues of %d charts: %w", len(part), err)
		}
	}
	var out []Window
	for _, c := range charts {
		out = append(out, found[c]...)
		delete(found, c)
	}
	return out, nil
}

const ofMany = 64

var (
	ofOne = "SELECT " + columns + " FROM due WHERE chart = $1 AND held = 0 ORDER BY chart, rule, slot"
	ofAll = "SELECT " + columns + " FROM due WHERE chart IN (" + db.Places(1, ofMany) + ") AND held = 0 ORDER BY chart, rule, slot"
)

// Held gives every open window that stands on no unit's board, by chart. Who is shown which is for its rule's face to say.
func Held(q db.Querier) (out []Window, err error) {
	err = db.Each(q, "SELECT "+columns+" FROM due WHERE held = 1 ORDER BY chart, rule, slot", nil, func(r db.Row) error {
		w, err := scan(r)
		out = append(out, w)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the dues that are held: %w", err)
	}
	return out, nil
}

// Find gives one open window; db.ErrNoRows when it is not open.
func Find(q db.Querier, chart record.ID, rule, slot string) (Window, error) {
	return scan(q.QueryRow("SELECT "+columns+" FROM due WHERE chart = $1 AND rule = $2 AND slot = $3", chart[:], rule, slot))
}

var countLate = "SELECT count(*) FROM due WHERE late < $1 AND chart IN (" + db.Places(2, ofMany) + ") AND held = 0"

// CountLate counts the windows of some charts that are late at a time, those that are held left out.
func CountLate(q db.Querier, now time.Time, charts ...record.ID) (int, error) {
	total := 0
	for part := range slices.Chunk(charts, ofMany) {
		args := []any{clock.Micros(now)}
		for i := range part {
			args = append(args, part[i][:])
		}
		for len(args) <= ofMany {
			args = append(args, args[1])
		}
		var n int
		if err := q.QueryRow(countLate, args...).Scan(&n); err != nil {
			return 0, fmt.Errorf("counting what is late: %w", err)
		}
		total += n
	}
	return total, nil
}
