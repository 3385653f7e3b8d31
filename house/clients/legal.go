package clients

import (
	"time"

	"milieu/kit/fault"
	"milieu/kit/record"
)

// LegalStatuses are the sorts that are offered. Which law stands behind one, and how long it lasts, differs by place and is entered.
var LegalStatuses = []string{"voluntary", "hold", "order", "outpatient_order", "court", "minor", "other"}

// LegalStatusSet says on what legal ground somebody is here, from when, until when. It replaces the status before it.
type LegalStatusSet struct {
	Status string    `json:"status" doc:"voluntary, hold, order, outpatient_order, court, minor, other"`
	Words  string    `json:"words,omitempty" doc:"as it is called here: 72-hour hold" max:"200"`
	Basis  string    `json:"basis,omitempty" doc:"the law or order, with its number" max:"500"`
	By     string    `json:"by,omitempty" doc:"who ordered it"`
	From   time.Time `json:"from,omitzero" doc:"when it began"`
	Until  time.Time `json:"until,omitzero" doc:"when it ends; none where the law sets none"`
	// NoticeHours is how long before the end somebody must see to it; 0 takes what Notices says for the length of the status.
	NoticeHours int `json:"notice_hours,omitempty" doc:"how many hours before the end to be told; 0 for the house's usual"`
}

// Validate implements record.Body.
func (l *LegalStatusSet) Validate(e *record.Entry) error {
	var c fault.Check
	c.Want(one(l.Status, LegalStatuses...), "status", "choose a legal status")
	c.Want(l.Status != "other" || l.Words != "", "words", "say what it is called")
	c.Want(l.Until.IsZero() || l.Until.After(l.start(e)), "until", "it ends before it begins")
	c.Want(l.NoticeHours >= 0 && l.NoticeHours <= 24*90, "notice_hours", "between 0 and 2160 hours")
	fits(&c, l)
	return c.Err()
}

func (l *LegalStatusSet) start(e *record.Entry) time.Time {
	if l.From.IsZero() {
		return e.Happened
	}
	return l.From
}

// Notice is how long before its end a status of at most Span asks to be seen to, and from when that is late.
type Notice struct{ Span, Due, Late time.Duration }

// Notices are the house's usual, by length of the status. They are not law: they leave time to act before the clock that the law sets,
// which is entered with each status. Holding from 2026-11-19, decided by the house; a status may name its own.
var Notices = []Notice{
	{Span: 24 * time.Hour, Due: 6 * time.Hour, Late: 2 * time.Hour},
	{Span: 96 * time.Hour, Due: 24 * time.Hour, Late: 8 * time.Hour},
	{Span: 1 << 62, Due: 7 * 24 * time.Hour, Late: 48 * time.Hour},
}

// Clock gives when an ending status asks to be seen to and from when that is late; both are never before it began. ok is false for a
// status without an end.
func (l *LegalStatusSet) Clock(from time.Time) (due, late time.Time, ok bool) {
	if l.Until.IsZero() {
		return due, late, false
	}
	span := l.Until.Sub(from)
	n := Notices[len(Notices)-1]
	for _, one := range Notices {
		if span <= one.Span {
			n = one
			break
		}
	}
	if l.NoticeHours > 0 {
		n.Due = time.Duration(l.NoticeHours) * time.Hour
		n.Late = min(n.Late, n.Due/2)
	}
	due, late = l.Until.Add(-n.Due), l.Until.Add(-n.Late)
	if due.Before(from) {
		due = from
	}
	if late.Before(due) {
		late = due
	}
	return due, late, true
}
