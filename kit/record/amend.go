package record

import (
	"fmt"
	"slices"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
)

// Kinds of the record itself: what may be said about any entry, in any chart.

// Withdrawn takes an entry back: entered in error. It never erases. It is also what "undo" files.
type Withdrawn struct {
	Reason string `json:"reason" doc:"why, in a few words" max:"500"`
}

// Validate implements Body.
func (w *Withdrawn) Validate(e *Entry) error {
	var c fault.Check
	c.Want(e.Amendment == InError, "amendment", "a withdrawal is entered_in_error")
	c.Want(w.Reason != "", "reason", "say why")
	c.Want(len(w.Reason) <= 2000, "reason", "shorter, please")
	return c.Err()
}

// Moved takes an entry out of the wrong chart. The statement is filed again where it belongs, citing this one.
type Moved struct {
	To     ID     `json:"to" doc:"the chart it belongs in"`
	Reason string `json:"reason,omitempty"`
}

// Validate implements Body.
func (m *Moved) Validate(e *Entry) error {
	var c fault.Check
	c.Want(e.Amendment == WrongChart, "amendment", "a move is wrong_chart")
	c.Want(!m.To.IsZero() && m.To != e.Chart, "to", "say which chart it belongs in")
	c.Want(len(m.Reason) <= 2000, "reason", "shorter, please")
	return c.Err()
}

// Added puts further words to an entry. Both stand.
type Added struct {
	Text string `json:"text"`
}

// Validate implements Body.
func (a *Added) Validate(e *Entry) error {
	var c fault.Check
	c.Want(e.Amendment == Addendum, "amendment", "further words are an addendum")
	c.Want(a.Text != "", "text", "write what you want to add")
	c.Want(len(a.Text) <= 20_000, "text", "shorter, please")
	return c.Err()
}

// Destroyed says that the bodies of the cited entries were destroyed when their retention ended.
type Destroyed struct {
	Rule string `json:"rule" doc:"the retention rule applied"`
}

// Validate implements Body.
func (d *Destroyed) Validate(e *Entry) error {
	var c fault.Check
	c.Want(d.Rule != "", "rule", "name the retention rule")
	c.Want(len(e.Cites) > 0, "cites", "cite what is destroyed")
	return c.Err()
}

// OwnKinds are the kinds of the record itself.
func OwnKinds() []Kind {
	at := ID{15: 1}
	return []Kind{
		{Name: "record.withdrawn", Version: 1, Chart: "any", Action: "record.withdraw", Example: &Withdrawn{Reason: "wrong person"},
			Line: func(*Entry, Body) Line { return Line{Key: "record.withdrawn"} }},
		{Name: "record.moved", Version: 1, Chart: "any", Action: "record.withdraw", Example: &Moved{To: at, Reason: "meant for the neighbour"},
			Line: func(*Entry, Body) Line { return Line{Key: "record.moved"} }},
		{Name: "record.added", Version: 1, Chart: "any", Action: "record.add", Example: &Added{Text: "She said later that the visit had helped."},
			Line: func(_ *Entry, b Body) Line { return Line{"record.added", []any{b.(*Added).Text}} }},
		{Name: "record.destroyed", Version: 1, Chart: "any", Own: true, Example: &Destroyed{Rule: "adult-10-years"},
			Line: func(*Entry, Body) Line { return Line{Key: "record.destroyed"} }},
	}
}

// amendment is one row of the amend table.
type amendment struct {
	id      ID
	what    Amendment
	written time.Time
}

// maxChain bounds how deep corrections of corrections are followed; a ring of forged IDs ends there.
const maxChain = 64

// Stands says whether an entry stands: unless a standing amendment withdraws it or puts another in its place. Of several standing
// corrections of one entry only the one written last stands. amends is what the entry itself amends, if anything.
func Stands(q db.Querier, chart, id, amends ID, what Amendment) (bool, error) {
	return family{q, chart, Zero}.stands(id, amends, what, maxChain)
}

// family is the amendments within one chart: an amendment never reaches into another. It leaves out one amendment, to know how things
// stood before it.
type family struct {
	q       db.Querier
	chart   ID
	without ID
}

func (f family) stands(id, amends ID, what Amendment, depth int) (bool, error) {
	if depth == 0 {
		return true, nil
	}
	over, err := f.amendments(id)
	if err != nil {
		return false, err
	}
	for _, a := range over {
		if a.what == Addendum {
			continue
		}
		// What stands over an entry is asked without its rivals: a withdrawn correction gives way, two corrections are settled below.
		ok, err := f.stands(a.id, Zero, "", depth-1)
		if err != nil || ok {
			return false, err
		}
	}
	if what != Correction {
		return true, nil
	}
	rivals, err := f.amendments(amends)
	if err != nil {
		return false, err
	}
	var mine amendment
	for _, a := range rivals {
		if a.id == id {
			mine = a
		}
	}
	for _, a := range rivals {
		if a.id == id || a.what == Addendum {
			continue
		}
		later := a.what != Correction || a.written.After(mine.written) || a.written.Equal(mine.written) && slices.Compare(a.id[:], id[:]) > 0
		if !later {
			continue
		}
		ok, err := f.stands(a.id, Zero, "", depth-1)
		if err != nil || ok {
			return false, err
		}
	}
	return true, nil
}

func (f family) amendments(target ID) ([]amendment, error) {
	var out []amendment
	err := db.Each(f.q, "SELECT id, amendment, written FROM amend WHERE target = $1 AND chart = $2 ORDER BY id", []any{target, f.chart}, func(r db.Row) error {
		var a amendment
		var us int64
		if err := r.Scan(&a.id, &a.what, &us); err != nil {
			return err
		}
		a.written = clock.FromMicros(us)
		if a.id != f.without {
			out = append(out, a)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading amendments of %s: %w", target, err)
	}
	return out, nil
}

// Change is one entry whose standing an amendment has changed.
type Change struct {
	ID     ID
	Stands bool
}

// Changes says which entries' standing differs because amendment e (already in the amend table) arrived: its target, what the target
// amends in turn, and its rivals. The amending entry itself is not among them.
func Changes(q db.Querier, e *Entry) ([]Change, error) {
	var kin []*Entry
	after, before := family{q, e.Chart, Zero}, family{q, e.Chart, e.ID}
	seen := map[ID]bool{e.ID: true}
	var add func(id ID, depth int) error
	add = func(id ID, depth int) error {
		if id.IsZero() || seen[id] || depth == 0 {
			return nil
		}
		seen[id] = true
		t := &Entry{ID: id}
		err := q.QueryRow("SELECT amends, amendment FROM entry WHERE id = $1 AND chart = $2", id, e.Chart).Scan(&t.Amends, &t.Amendment)
		if err == db.ErrNoRows {
			return nil // the amendment came first
		}
		if err != nil {
			return fmt.Errorf("reading amended entry %s: %w", id, err)
		}
		kin = append(kin, t)
		if err := add(t.Amends, depth-1); err != nil {
			return err
		}
		rivals, err := after.amendments(id)
		if err != nil {
			return err
		}
		for _, r := range rivals {
			if err := add(r.id, depth-1); err != nil {
				return err
			}
		}
		return nil
	}
	if err := add(e.Amends, maxChain); err != nil {
		return nil, err
	}
	var out []Change
	for _, t := range kin {
		was, err := before.stands(t.ID, t.Amends, t.Amendment, maxChain)
		if err != nil {
			return nil, err
		}
		is, err := after.stands(t.ID, t.Amends, t.Amendment, maxChain)
		if err != nil {
			return nil, err
		}
		if was != is {
			out = append(out, Change{t.ID, is})
		}
	}
	return out, nil
}
