package staff

import (
	"time"

	"milieu/kit/fault"
	"milieu/kit/record"
)

// Assignment makes somebody a member of a unit's team: staff.assigned.
type Assignment struct {
	Unit  record.ID `json:"unit"`
	From  time.Time `json:"from,omitzero" doc:"when it happened, if not given"`
	Until time.Time `json:"until,omitzero" doc:"open, if not given"`
}

// Unassignment ends a team membership: staff.unassigned. It ends when it happened.
type Unassignment struct {
	Unit record.ID `json:"unit"`
}

// ShiftPlanned puts somebody on a unit's rota: staff.shift_planned. A plan is changed by correcting it and struck by withdrawing it.
type ShiftPlanned struct {
	Unit     record.ID `json:"unit"`
	From     time.Time `json:"from"`
	Until    time.Time `json:"until"`
	Task     string    `json:"task,omitempty" doc:"what is theirs: Rooms 1–7" max:"80"`
	InCharge bool      `json:"in_charge,omitempty" doc:"in charge of the unit for this shift"`
}

// ShiftStarted says that somebody is at work on a unit from when it happened: staff.shift_started.
type ShiftStarted struct {
	Unit record.ID `json:"unit"`
	Task string    `json:"task,omitempty" max:"80"`
}

// ShiftEnded says that somebody went off shift when it happened: staff.shift_ended.
type ShiftEnded struct {
	Note string `json:"note,omitempty" max:"500"`
}

// Limits of the program, not rules of any house.
const (
	// LongestShift is how long a shift that nobody ended still counts as running: a forgotten "end" gives no sight of a unit for days.
	LongestShift = 16 * time.Hour
	// longestPlan keeps a slip of the date out of the rota.
	longestPlan = 36 * time.Hour
	// StartEarly is how long before a planned shift it may be started and count as that shift.
	StartEarly = 2 * time.Hour
)

// Validate implements record.Body.
func (a *Assignment) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!a.Unit.IsZero(), "unit", "choose a unit")
	c.Want(a.Until.IsZero() || a.From.Before(a.Until), "until", "the end lies before the start")
	return c.Err()
}

// Validate implements record.Body.
func (u *Unassignment) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!u.Unit.IsZero(), "unit", "choose a unit")
	return c.Err()
}

// Validate implements record.Body.
func (p *ShiftPlanned) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!p.Unit.IsZero(), "unit", "choose a unit")
	c.Want(!p.From.IsZero(), "from", "say when it begins")
	c.Want(!p.Until.IsZero(), "until", "say when it ends")
	if !p.From.IsZero() && !p.Until.IsZero() {
		c.Want(p.From.Before(p.Until), "until", "the end lies before the start")
		c.Want(p.Until.Sub(p.From) <= longestPlan, "until", "longer than a day and a half: look at the dates again")
	}
	line(&c, "task", p.Task, 80)
	return c.Err()
}

// Validate implements record.Body.
func (s *ShiftStarted) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!s.Unit.IsZero(), "unit", "choose a unit")
	line(&c, "task", s.Task, 80)
	return c.Err()
}

// Validate implements record.Body.
func (s *ShiftEnded) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(len(s.Note) <= 2000, "note", "shorter, please")
	return c.Err()
}
