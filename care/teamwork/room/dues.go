package room

import (
	"context"
	"fmt"
	"time"

	"milieu/care/teamwork"
	"milieu/house/clients"
	"milieu/house/staff"
	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
)

// Who hears when a task is not done, after how long. The program's own proposal, held from 2026-11-28.
var taskLadder = []due.Rung{{After: 0, Tell: "owner"}, {After: 30 * time.Minute, Tell: "unit"}, {After: 2 * time.Hour, Tell: "in_charge"}}

// From when a message is asked to be read, and from when it is late: the program's own proposal, held from 2026-11-28.
const (
	readWithin, readLate     = 30 * time.Minute, 12 * time.Hour
	urgentWithin, urgentLate = 0, 10 * time.Minute
)

// Rules are the room's dues.
func Rules() []due.Rule {
	return []due.Rule{
		{Name: teamwork.RuleTask, Kinds: append([]string{"clients.merged", "clients.unmerged", "access.relabelled"}, taskKinds...), Touches: touchesTask, Windows: taskWindows, Ladder: taskLadder, TakenFor: time.Hour},
		{Name: teamwork.RuleMessage, Kinds: []string{teamwork.KindMessage, teamwork.KindRead, "staff.joined", "staff.changed", "staff.left", "staff.returned"}, Touches: touchesMessage, Windows: messageWindows},
	}
}

func touchesTask(q db.Querier, e *record.Entry, b record.Body) ([]record.ID, error) {
	switch x := b.(type) {
	case *clients.Merged:
		return clients.Onward(q, e.Chart, x.Into) // taken back, it is among the facts no more
	case *clients.Unmerged:
		return clients.Onward(q, e.Chart, x.From)
	}
	return clients.Onward(q, e.Chart)
}

// taskWindows are the open tasks of a person, whatever chart they were set in.
func taskWindows(q db.Querier, chart record.ID) ([]due.Window, error) {
	family, err := clients.Family(q, chart)
	if err != nil || family[0] != chart {
		return nil, err
	}
	tasks, err := tasksOf(q, family...)
	if err != nil || len(tasks) == 0 {
		return nil, err
	}
	labelled := map[record.ID]bool{}
	for _, c := range family {
		list, err := access.LabelsIn(q, c)
		if err != nil {
			return nil, err
		}
		for _, l := range list {
			labelled[l.Entry] = len(l.Labels) > 0
		}
	}
	var out []due.Window
	for i := range tasks {
		t := &tasks[i]
		if t.Closed != nil {
			continue
		}
		d := teamwork.Data{Task: t.ID, By: t.Author, At: t.Happened, Role: t.Now.Role()}
		if !labelled[t.ID] {
			d.What, d.Words = t.What, t.Words
		}
		w := due.Window{Chart: chart, Rule: teamwork.RuleTask, Key: t.ID.String(), Anchor: t.ID, Opens: t.Happened, Due: later(t.Until, t.Happened), Owner: t.Now.Person(), Role: t.Now.Role()}
		w.Late = w.Due
		if w.Data, err = d.Pack(); err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// touchesMessage: a message is a due of the one whom it is for, until they have read it.
func touchesMessage(_ db.Querier, e *record.Entry, b record.Body) ([]record.ID, error) {
	switch m := b.(type) {
	case *teamwork.MessageSent:
		if to := m.To.Person(); !to.IsZero() {
			return []record.ID{to}, nil
		}
		return nil, nil
	case *teamwork.MessageRead:
		return []record.ID{e.Author}, nil
	}
	return []record.ID{e.Chart}, nil
}

// messageWindows are the messages to somebody that they have not read. They say nothing of what is written: whom it is about may be hidden.
func messageWindows(q db.Querier, chart record.ID) ([]due.Window, error) {
	p, err := staff.Find(q, chart)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return nil, err
	}
	if err != nil || !p.Active() {
		return nil, nil // nobody works here under that name, or no longer: nobody to be asked
	}
	var out []due.Window
	err = db.Each(q, `SELECT m.id, m.happened, m.author, m.urgent FROM teamwork_message_v1 m WHERE m.recipient = $1
AND NOT EXISTS (SELECT 1 FROM teamwork_read_v1 r WHERE r.message = m.id AND r.person = $1) ORDER BY m.happened, m.id`, []any{chart[:]}, func(r db.Row) error {
		var id, author record.ID
		var happened int64
		var urgent int
		if err := r.Scan(&id, &happened, &author, &urgent); err != nil {
			return err
		}
		at := clock.FromMicros(happened)
		w := due.Window{Chart: chart, Rule: teamwork.RuleMessage, Key: id.String(), Anchor: id, Opens: at, Due: at.Add(readWithin), Late: at.Add(readLate), Owner: chart}
		if urgent == 1 {
			w.Due, w.Late = at.Add(urgentWithin), at.Add(urgentLate)
		}
		var err error
		w.Data, err = teamwork.Data{By: author, At: at}.Pack()
		out = append(out, w)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the messages to %s: %w", chart, err)
	}
	return out, nil
}

func faces() map[string]room.Face {
	return map[string]room.Face{
		teamwork.RuleTask:    {Icon: "work", Show: faceTask},
		teamwork.RuleMessage: {Icon: "message", Show: faceMessage, Routine: true},
	}
}

func faceTask(ctx context.Context, w due.Window) room.Showing {
	d, err := teamwork.ParseData(w.Data)
	if err != nil {
		d = teamwork.Data{}
	}
	s := room.Showing{What: d.What, Last: d.Words, Act: ui.T(ctx, "teamwork.page.done"), Href: taskPath(w.Chart, w.Anchor), File: doneForm(w.Chart, w.Anchor), Device: settledTask(w.Chart, w.Anchor)}
	if s.Last == "" && d.Role != "" {
		s.Last = ui.T(ctx, "teamwork.page.for", ui.T(ctx, "web.role."+d.Role))
	}
	if s.What == "" { // its words are not everybody's
		s.What, s.Act, s.File = ui.T(ctx, "teamwork.page.closed_task"), ui.T(ctx, "teamwork.page.open"), nil
	}
	return s
}

func faceMessage(ctx context.Context, w due.Window) room.Showing {
	return room.Showing{What: ui.T(ctx, "teamwork.page.face_message"), Last: ui.T(ctx, "teamwork.page.sent_at", ui.WhenText(ctx, w.Opens)), Act: ui.T(ctx, "teamwork.page.read"), Href: "/messages#message-" + w.Key}
}
