// Package room is the working part of teamwork: the tables that keep tasks, messages and meetings, the dues that follow, and their pages.
package room

import (
	"fmt"
	"slices"

	"milieu/care/teamwork"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

var taskKinds = []string{teamwork.KindTaskSet, teamwork.KindTaskTaken, teamwork.KindTaskPassed, teamwork.KindTaskDone, teamwork.KindTaskDropped}

// Projections are the room's tables. Each keeps one row for each standing statement.
func Projections() []record.Projection {
	return []record.Projection{
		{
			Name: "teamwork_task", Version: 1, Kinds: taskKinds, Tables: []string{"teamwork_task_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS teamwork_task_v1 (chart BLOB NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL, author BLOB NOT NULL, kind TEXT NOT NULL, task BLOB NOT NULL,
	what TEXT NOT NULL, words TEXT NOT NULL, owner TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (chart, happened, id)) WITHOUT ROWID;`,
			Put: putTask,
			Drop: func(tx db.Tx, e *record.Entry, _ record.Body) error {
				return tx.Exec("DELETE FROM teamwork_task_v1 WHERE chart = $1 AND happened = $2 AND id = $3", e.Chart[:], clock.Micros(e.Happened), e.ID[:])
			},
		},
		{
			Name: "teamwork_message", Version: 1, Kinds: []string{teamwork.KindMessage}, Tables: []string{"teamwork_message_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS teamwork_message_v1 (id BLOB NOT NULL PRIMARY KEY, chart BLOB NOT NULL, happened INTEGER NOT NULL, author BLOB NOT NULL, recipient BLOB, role TEXT NOT NULL,
	unit BLOB, urgent INTEGER NOT NULL, reply BLOB, words TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS teamwork_message_recipient_v1 ON teamwork_message_v1 (recipient, happened);
CREATE INDEX IF NOT EXISTS teamwork_message_unit_v1 ON teamwork_message_v1 (unit, happened);
CREATE INDEX IF NOT EXISTS teamwork_message_author_v1 ON teamwork_message_v1 (author, happened);`,
			Put: func(tx db.Tx, e *record.Entry, b record.Body) error {
				m := b.(*teamwork.MessageSent)
				urgent := 0
				if m.Urgent {
					urgent = 1
				}
				return tx.Exec("INSERT INTO teamwork_message_v1 (id, chart, happened, author, recipient, role, unit, urgent, reply, words) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
					e.ID[:], e.Chart[:], clock.Micros(e.Happened), e.Author[:], m.To.Person(), m.To.Role(), m.Unit, urgent, m.Reply, m.Text)
			},
			Drop: func(tx db.Tx, e *record.Entry, _ record.Body) error {
				return tx.Exec("DELETE FROM teamwork_message_v1 WHERE id = $1", e.ID[:])
			},
		},
		{
			Name: "teamwork_read", Version: 1, Kinds: []string{teamwork.KindRead}, Tables: []string{"teamwork_read_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS teamwork_read_v1 (message BLOB NOT NULL, person BLOB NOT NULL, id BLOB NOT NULL, happened INTEGER NOT NULL, PRIMARY KEY (message, person, id)) WITHOUT ROWID;`,
			Put: func(tx db.Tx, e *record.Entry, b record.Body) error {
				return tx.Exec("INSERT INTO teamwork_read_v1 (message, person, id, happened) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
					b.(*teamwork.MessageRead).Message, e.Author[:], e.ID[:], clock.Micros(e.Happened))
			},
			Drop: func(tx db.Tx, e *record.Entry, b record.Body) error {
				return tx.Exec("DELETE FROM teamwork_read_v1 WHERE message = $1 AND person = $2 AND id = $3", b.(*teamwork.MessageRead).Message, e.Author[:], e.ID[:])
			},
		},
		{
			Name: "teamwork_meeting", Version: 1, Kinds: []string{teamwork.KindMeeting}, Tables: []string{"teamwork_meeting_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS teamwork_meeting_v1 (chart BLOB NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL, author BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY (chart, happened, id)) WITHOUT ROWID;`,
			Put: func(tx db.Tx, e *record.Entry, b record.Body) error {
				raw, err := record.Canonical(b)
				if err != nil {
					return err
				}
				return tx.Exec("INSERT INTO teamwork_meeting_v1 (chart, happened, id, author, body) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
					e.Chart[:], clock.Micros(e.Happened), e.ID[:], e.Author[:], []byte(raw))
			},
			Drop: func(tx db.Tx, e *record.Entry, _ record.Body) error {
				return tx.Exec("DELETE FROM teamwork_meeting_v1 WHERE chart = $1 AND happened = $2 AND id = $3", e.Chart[:], clock.Micros(e.Happened), e.ID[:])
			},
		},
	}
}

func putTask(tx db.Tx, e *record.Entry, b record.Body) error {
	task := e.ID
	var what, words string
	var owner teamwork.Owner
	var until int64
	switch x := b.(type) {
	case *teamwork.TaskSet:
		what, words, owner, until = x.What, x.Words, x.Owner, clock.Micros(x.Until)
	case *teamwork.TaskTaken:
		task = x.Task
	case *teamwork.TaskPassed:
		task, words, owner = x.Task, x.Why, x.Owner
	case *teamwork.TaskDone:
		task, words = x.Task, x.Outcome
	case *teamwork.TaskDropped:
		task, words = x.Task, x.Reason
	default:
		return fmt.Errorf("%s says nothing of a task", e.Kind)
	}
	return tx.Exec("INSERT INTO teamwork_task_v1 (chart, happened, id, author, kind, task, what, words, owner, until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
		e.Chart[:], clock.Micros(e.Happened), e.ID[:], e.Author[:], e.Kind, task, what, words, string(owner), until)
}

// tasksOf gives the tasks of some charts, those done or dropped too.
func tasksOf(q db.Querier, charts ...record.ID) ([]teamwork.Task, error) {
	var list []teamwork.Said
	for part := range slices.Chunk(charts, 64) {
		args := make([]any, len(part))
		for i := range part {
			args[i] = part[i][:]
		}
		err := db.Each(q, "SELECT chart, happened, id, author, kind, task, what, words, owner, until FROM teamwork_task_v1 WHERE chart IN ("+db.Places(1, len(part))+")", args, func(r db.Row) error {
			var s teamwork.Said
			var happened, until int64
			var owner string
			err := r.Scan(&s.Chart, &happened, &s.ID, &s.Author, &s.Kind, &s.Task, &s.What, &s.Words, &owner, &until)
			s.Happened, s.Until, s.Owner = clock.FromMicros(happened), clock.FromMicros(until), teamwork.Owner(owner)
			list = append(list, s)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("reading the tasks of %d charts: %w", len(part), err)
		}
	}
	return teamwork.Tasks(list), nil
}
