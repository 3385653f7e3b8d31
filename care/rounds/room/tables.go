// Package room is the working part of safety rounds: the tables that keep who was seen when and under which order, the dues that follow,
// and the questions that pages ask of them.
package room

import (
	"fmt"

	"milieu/care/rounds"
	"milieu/house/clients"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

// Each table keeps one row for each standing statement. What holds is worked out from all of them when it is asked for, so the order in which
// they arrive cannot matter.

// stayKinds are the kinds of the house's clients that say where somebody is.
var stayKinds = []string{"clients.admitted", "clients.transferred", "clients.left", "clients.returned", "clients.discharged", "clients.merged", "clients.unmerged"}

// orderKinds are the room's own kinds that say how often somebody is looked at.
var orderKinds = []string{rounds.KindRaised, rounds.KindLowered, rounds.KindNight, rounds.KindNightEnded}

// lookKinds are looks.
var lookKinds = []string{rounds.KindChecked, rounds.KindNotSeen}

// Projections are the room's tables.
func Projections() []record.Projection {
	return []record.Projection{
		{
			// Rows lie in the order of filing, where looks of one moment share a page; a narrow index finds a person's.
			Name: "rounds_look", Version: 2, Kinds: lookKinds, Tables: []string{"rounds_look_v2"},
			Schema: `CREATE TABLE IF NOT EXISTS rounds_look_v2 (seq INTEGER NOT NULL PRIMARY KEY, chart BLOB NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL, written INTEGER NOT NULL, received INTEGER NOT NULL,
	author BLOB NOT NULL, device TEXT NOT NULL, settles INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, place TEXT NOT NULL, method TEXT NOT NULL, proof TEXT NOT NULL,
	declined TEXT NOT NULL, words TEXT NOT NULL, level TEXT NOT NULL, after TEXT NOT NULL, marks INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS rounds_look_chart_v2 ON rounds_look_v2 (chart, happened, id);`,
			Put: putLook, Follow: followLook,
			Drop: func(tx db.Tx, e *record.Entry, _ record.Body) error {
				db.Forget(tx, newest, e.Chart)
				return tx.Exec("DELETE FROM rounds_look_v2 WHERE seq = $1", e.Seq)
			},
		},
		{
			Name: "rounds_term", Version: 1, Kinds: append(append([]string{}, stayKinds...), orderKinds...), Tables: []string{"rounds_term_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS rounds_term_v1 (chart BLOB NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL, what TEXT NOT NULL,
	unit BLOB, room BLOB, ref BLOB, code TEXT NOT NULL, until INTEGER NOT NULL, body BLOB, PRIMARY KEY (chart, happened, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS rounds_term_unit_v1 ON rounds_term_v1 (unit, happened);`,
			Put: putTerm, Drop: dropAt("rounds_term_v1"),
		},
		{
			Name: "rounds_watch", Version: 1, Kinds: []string{rounds.KindRelieved}, Tables: []string{"rounds_watch_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS rounds_watch_v1 (chart BLOB NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL, giver BLOB, taker BLOB NOT NULL,
	PRIMARY KEY (chart, happened, id)) WITHOUT ROWID;`,
			Put: func(tx db.Tx, e *record.Entry, b record.Body) error {
				r := b.(*rounds.Relieved)
				return tx.Exec("INSERT INTO rounds_watch_v1 (chart, happened, id, giver, taker) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
					e.Chart[:], clock.Micros(e.Happened), e.ID[:], r.From, r.To[:])
			},
			Drop: dropAt("rounds_watch_v1"),
		},
		{
			Name: "rounds_call", Version: 1, Kinds: []string{rounds.KindNotSeen, rounds.KindHelpCalled, rounds.KindHelpAnswered, rounds.KindSearchEnded, rounds.KindHazard, rounds.KindHazardCleared},
			Tables: []string{"rounds_call_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS rounds_call_v1 (chart BLOB NOT NULL, what TEXT NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL, author BLOB NOT NULL,
	code TEXT NOT NULL, place TEXT NOT NULL, words TEXT NOT NULL, ref BLOB, PRIMARY KEY (chart, what, happened, id)) WITHOUT ROWID;`,
			Put: putCall,
			Drop: func(tx db.Tx, e *record.Entry, _ record.Body) error {
				return tx.Exec("DELETE FROM rounds_call_v1 WHERE chart = $1 AND id = $2", e.Chart[:], e.ID[:])
			},
		},
		{
			Name: "rounds_environment", Version: 1, Kinds: []string{rounds.KindEnvironment}, Tables: []string{"rounds_environment_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS rounds_environment_v1 (chart BLOB NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL, author BLOB NOT NULL, marks INTEGER NOT NULL, body BLOB NOT NULL,
	PRIMARY KEY (chart, happened, id)) WITHOUT ROWID;`,
			Put: func(tx db.Tx, e *record.Entry, b record.Body) error {
				raw, err := record.Canonical(b)
				if err != nil {
					return err
				}
				return tx.Exec("INSERT INTO rounds_environment_v1 (chart, happened, id, author, marks, body) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
					e.Chart[:], clock.Micros(e.Happened), e.ID[:], e.Author[:], marks(e), []byte(raw))
			},
			Drop: dropAt("rounds_environment_v1"),
		},
		{
			Name: "rounds_rules", Version: 1, Kinds: []string{rounds.KindHouseRules}, Tables: []string{"rounds_rules_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS rounds_rules_v1 (chart BLOB NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY (chart, happened, id)) WITHOUT ROWID;`,
			Put: func(tx db.Tx, e *record.Entry, b record.Body) error {
				raw, err := record.Canonical(b)
				if err != nil {
					return err
				}
				return tx.Exec("INSERT INTO rounds_rules_v1 (chart, happened, id, body) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
					e.Chart[:], clock.Micros(e.Happened), e.ID[:], []byte(raw))
			},
			Drop: dropAt("rounds_rules_v1"),
		},
	}
}

// dropAt removes an entry's row by its key.
func dropAt(table string) func(db.Tx, *record.Entry, record.Body) error {
	return func(tx db.Tx, e *record.Entry, _ record.Body) error {
		return tx.Exec("DELETE FROM "+table+" WHERE chart = $1 AND happened = $2 AND id = $3", e.Chart[:], clock.Micros(e.Happened), e.ID[:])
	}
}

// Marks of an entry as bits.
const (
	markLater = 1 << iota // entered afterwards
	markLate              // received late
	markSkewed
)

func marks(e *record.Entry) int64 {
	var m int64
	if e.HasMark(record.MarkEnteredAfter) {
		m |= markLater
	}
	if e.HasMark(record.MarkReceivedLate) {
		m |= markLate
	}
	if e.HasMark(record.MarkSkewed) {
		m |= markSkewed
	}
	return m
}

// How a look settles: the person was seen, or somebody else answers for them, or neither.
const (
	settlesNot = iota
	settlesSeen
	settlesAnswered
)

// lookOf is a look as its entry says it, and how it settles.
func lookOf(e *record.Entry, b record.Body) (l rounds.Look, settles int, ok bool) {
	switch x := b.(type) {
	case *rounds.Checked:
		l = rounds.Look{State: x.State, Place: x.Place, Method: x.Method, Proof: x.Proof, Declined: x.Declined, Words: x.Words, Level: x.Level, After: x.After}
		if x.Seen() {
			l.Seen, settles = true, settlesSeen
		}
	case *rounds.NotSeen:
		l = rounds.Look{Reason: x.Reason, Place: x.Place, Proof: x.Proof, Words: x.Words, Level: x.Level, After: x.After}
		if rounds.ReasonOf(x.Reason).Accounted {
			settles = settlesAnswered
		}
	default:
		return l, settles, false
	}
	l.ID, l.Chart, l.Author, l.Device = e.ID, e.Chart, e.Author, e.Device
	l.At = clock.FromMicros(clock.Micros(e.Happened))
	return l, settles, true
}

func putLook(tx db.Tx, e *record.Entry, b record.Body) error {
	l, settles, ok := lookOf(e, b)
	if !ok {
		return fmt.Errorf("%s is no look", e.Kind)
	}
	return tx.Exec(`INSERT INTO rounds_look_v2 (seq, chart, happened, id, written, received, author, device, settles, state, reason, place, method, proof, declined, words, level, after, marks)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) ON CONFLICT DO NOTHING`,
		e.Seq, e.Chart[:], clock.Micros(e.Happened), e.ID[:], clock.Micros(e.Written), clock.Micros(e.Received), e.Author[:], e.Device, settles,
		l.State, l.Reason, l.Place, l.Method, l.Proof, l.Declined, l.Words, l.Level, l.After, marks(e))
}

func putTerm(tx db.Tx, e *record.Entry, b record.Body) error {
	var unit, room, ref record.ID
	var code string
	var until int64
	var body []byte
	switch x := b.(type) {
	case *clients.Admitted:
		unit, room = x.Unit, x.Room
	case *clients.Transferred:
		unit, room = x.Unit, x.Room
	case *clients.Left:
		code, until = x.Kind, clock.Micros(x.Expected)
	case *clients.DischargedTo:
		code = x.Destination
	case *clients.Merged:
		ref = x.Into
	case *clients.Unmerged:
		ref = x.Merge
	case *rounds.LevelRaised, *rounds.LevelLowered, *rounds.NightOrdered, *rounds.NightEnded:
		raw, err := record.Canonical(b)
		if err != nil {
			return err
		}
		body = raw
	}
	return tx.Exec("INSERT INTO rounds_term_v1 (chart, happened, id, what, unit, room, ref, code, until, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
		e.Chart[:], clock.Micros(e.Happened), e.ID[:], e.Kind, unit, room, ref, code, until, body)
}

// What a row of the table of calls says.
const (
	whatHelp     = "help"
	whatAnswered = "answered"
	whatSearch   = "search"
	whatEnded    = "ended"
	whatHazard   = "hazard"
	whatCleared  = "cleared"
)

func putCall(tx db.Tx, e *record.Entry, b record.Body) error {
	var what, code, place, words string
	var ref record.ID
	switch x := b.(type) {
	case *rounds.NotSeen:
		if !rounds.ReasonOf(x.Reason).Search {
			return nil
		}
		what, code, place, words = whatSearch, x.Reason, x.Place, x.Words
	case *rounds.SearchEnded:
		what, code, words, ref = whatEnded, x.Outcome, x.Words, x.Search
	case *rounds.HelpCalled:
		what, code, place, words, ref = whatHelp, x.Reason, x.Place, x.Words, x.Check
	case *rounds.HelpAnswered:
		what, code, words, ref = whatAnswered, x.Outcome, x.Words, x.Call
	case *rounds.HazardReported:
		what, code, place, words, ref = whatHazard, x.What, x.Place, x.Words, x.Found
	case *rounds.HazardCleared:
		what, words, ref = whatCleared, x.Done, x.Hazard
	default:
		return fmt.Errorf("%s is no call", e.Kind)
	}
	return tx.Exec("INSERT INTO rounds_call_v1 (chart, what, happened, id, author, code, place, words, ref) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
		e.Chart[:], what, clock.Micros(e.Happened), e.ID[:], e.Author[:], code, place, words, ref)
}
