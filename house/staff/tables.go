package staff

import (
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

// Each table keeps one row for each standing statement; what holds is worked out when read, from all of a person's rows in the order in which
// they happened.

// Projections are the tables of staff.
func Projections() []record.Projection {
	return []record.Projection{
		{
			Name: "staff_person", Version: 1, Kinds: []string{"staff.joined", "staff.changed", "staff.left", "staff.returned"}, Tables: []string{"staff_person_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS staff_person_v1 (person BLOB NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL, said TEXT NOT NULL, name TEXT NOT NULL,
	legal TEXT NOT NULL, pronouns TEXT NOT NULL, role TEXT NOT NULL, sign_in TEXT NOT NULL, folded TEXT NOT NULL, phone TEXT NOT NULL, PRIMARY KEY (person, happened, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS staff_person_v1_folded ON staff_person_v1 (folded);`,
			Put: putPerson, Drop: drop("staff_person_v1"),
		},
		{
			Name: "staff_team", Version: 1, Kinds: []string{"staff.assigned", "staff.unassigned"}, Tables: []string{"staff_team_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS staff_team_v1 (person BLOB NOT NULL, unit BLOB NOT NULL, since INTEGER NOT NULL, id BLOB NOT NULL, said TEXT NOT NULL, until INTEGER NOT NULL,
	PRIMARY KEY (person, unit, since, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS staff_team_v1_unit ON staff_team_v1 (unit, person);`,
			Put: putTeam, Drop: drop("staff_team_v1"),
		},
		{
			Name: "staff_plan", Version: 1, Kinds: []string{"staff.shift_planned"}, Tables: []string{"staff_plan_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS staff_plan_v1 (person BLOB NOT NULL, id BLOB NOT NULL, root BLOB NOT NULL, unit BLOB NOT NULL, starts INTEGER NOT NULL, ends INTEGER NOT NULL,
	task TEXT NOT NULL, in_charge INTEGER NOT NULL, written INTEGER NOT NULL, PRIMARY KEY (person, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS staff_plan_v1_unit ON staff_plan_v1 (unit, ends);`,
			Put: putPlan, Drop: drop("staff_plan_v1"),
		},
		{
			Name: "staff_shift", Version: 1, Kinds: []string{"staff.shift_started", "staff.shift_ended"}, Tables: []string{"staff_shift_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS staff_shift_v1 (person BLOB NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL, unit BLOB, task TEXT NOT NULL, PRIMARY KEY (person, happened, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS staff_shift_v1_unit ON staff_shift_v1 (unit, happened);`,
			Put: putShift, Drop: drop("staff_shift_v1"),
		},
		{
			Name: "staff_cover", Version: 1, Kinds: []string{"staff.covering", "staff.covering_ended"}, Tables: []string{"staff_cover_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS staff_cover_v1 (person BLOB NOT NULL, root BLOB NOT NULL, id BLOB NOT NULL, happened INTEGER NOT NULL, said TEXT NOT NULL, instead BLOB NOT NULL, starts INTEGER NOT NULL, ends INTEGER NOT NULL,
	reason TEXT NOT NULL, PRIMARY KEY (person, root, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS staff_cover_v1_instead ON staff_cover_v1 (instead);
CREATE INDEX IF NOT EXISTS staff_cover_v1_root ON staff_cover_v1 (root);`,
			Put: putCover, Drop: drop("staff_cover_v1"),
		},
	}
}

func drop(table string) func(db.Tx, *record.Entry, record.Body) error {
	return func(tx db.Tx, e *record.Entry, _ record.Body) error {
		return tx.Exec("DELETE FROM "+table+" WHERE person = $1 AND id = $2", e.Chart[:], e.ID[:])
	}
}

// What a statement says.
const (
	saidIs       = "is"
	saidLeft     = "left"
	saidReturned = "returned"
	saidOn       = "on"
	saidOff      = "off"
)

func putPerson(tx db.Tx, e *record.Entry, b record.Body) error {
	said := saidIs
	var d Details
	switch x := b.(type) {
	case *Joined:
		d = x.Details
	case *Changed:
		d = x.Details
	case *Left:
		said = saidLeft
	case *Returned:
		said = saidReturned
	}
	return tx.Exec(`INSERT INTO staff_person_v1 (person, happened, id, said, name, legal, pronouns, role, sign_in, folded, phone)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING`,
		e.Chart[:], clock.Micros(e.Happened), e.ID[:], said, d.Name, d.Legal, d.Pronouns, string(d.Role), d.SignIn, FoldSignIn(d.SignIn), d.Phone)
}

func putTeam(tx db.Tx, e *record.Entry, b record.Body) error {
	said, unit, since, until := saidOff, record.Zero, e.Happened, int64(0)
	switch x := b.(type) {
	case *Assignment:
		said, unit, until = saidOn, x.Unit, clock.Micros(x.Until)
		if !x.From.IsZero() {
			since = x.From
		}
	case *Unassignment:
		unit = x.Unit
	}
	return tx.Exec("INSERT INTO staff_team_v1 (person, unit, since, id, said, until) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
		e.Chart[:], unit[:], clock.Micros(since), e.ID[:], said, until)
}

func putPlan(tx db.Tx, e *record.Entry, b record.Body) error {
	p := b.(*ShiftPlanned)
	charge := 0
	if p.InCharge {
		charge = 1
	}
	root := e.ID
	if e.Amendment == record.Correction {
		root = e.Amends
	}
	return tx.Exec("INSERT INTO staff_plan_v1 (person, id, root, unit, starts, ends, task, in_charge, written) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
		e.Chart[:], e.ID[:], root[:], p.Unit[:], clock.Micros(p.From), clock.Micros(p.Until), p.Task, charge, clock.Micros(e.Written))
}

func putShift(tx db.Tx, e *record.Entry, b record.Body) error {
	unit, task := record.Zero, ""
	if s, ok := b.(*ShiftStarted); ok {
		unit, task = s.Unit, s.Task
	}
	return tx.Exec("INSERT INTO staff_shift_v1 (person, happened, id, unit, task) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
		e.Chart[:], clock.Micros(e.Happened), e.ID[:], unit, task)
}
