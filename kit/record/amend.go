package record

import "milieu/kit/fault"

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
