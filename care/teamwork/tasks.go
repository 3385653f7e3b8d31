package teamwork

import (
	"slices"
	"strings"
	"time"

	"milieu/kit/access"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Owner says whose something is: a person by their ID, a role of the unit by its name, or nobody in particular, and then it is whoever's is on the
// unit.
type Owner string

// OwnedBy is the owner that is one person.
func OwnedBy(person record.ID) Owner {
	if person.IsZero() {
		return ""
	}
	return Owner(person.String())
}

// Person is the one person whose it is; zero for a role and for the unit.
func (o Owner) Person() record.ID {
	id, err := record.ParseID(string(o))
	if err != nil {
		return record.Zero
	}
	return id
}

// Role is the role whose it is; empty for a person and for the unit.
func (o Owner) Role() string {
	if o.Person().IsZero() {
		return string(o)
	}
	return ""
}

func (o Owner) check(c *fault.Check, field string) {
	c.Want(o == "" || !o.Person().IsZero() || slices.Contains(access.Roles, access.Role(o)), field, "choose a person or a role")
}

// Limits of the program, not rules of any house.
const (
	mostWhat  = 300  // characters of what is to be done
	mostWords = 2000 // of what is said beside it
	// longestAhead keeps a slip of the date from putting a task off for years.
	longestAhead = 2 * 366 * 24 * time.Hour
)

// TaskSet asks for something to be done by a time: teamwork.task_set.
type TaskSet struct {
	What    string    `json:"what" doc:"what is to be done" max:"300"`
	Owner   Owner     `json:"owner,omitempty" doc:"a person's ID or a role; empty: whoever is on the unit"`
	Until   time.Time `json:"until" doc:"by when"`
	Words   string    `json:"words,omitempty" max:"2000"`
	Meeting record.ID `json:"meeting,omitzero" doc:"the meeting that decided it"`
}

// TaskTaken says that its author does it: teamwork.task_taken.
type TaskTaken struct {
	Task record.ID `json:"task"`
}

// TaskPassed gives a task to somebody else: teamwork.task_passed.
type TaskPassed struct {
	Task  record.ID `json:"task"`
	Owner Owner     `json:"owner,omitempty" doc:"to whom: a person's ID or a role; empty: whoever is on the unit"`
	Why   string    `json:"why" max:"300"`
}

// TaskDone says that a task was done, and what came of it: teamwork.task_done.
type TaskDone struct {
	Task    record.ID `json:"task"`
	Outcome string    `json:"outcome,omitempty" doc:"what came of it" max:"2000"`
}

// TaskDropped says that nobody will do it: teamwork.task_dropped.
type TaskDropped struct {
	Task   record.ID `json:"task"`
	Reason string    `json:"reason" max:"500"`
}

// Validate implements record.Body.
func (t *TaskSet) Validate(e *record.Entry) error {
	var c fault.Check
	said(&c, "what", t.What, mostWhat, "say what is to be done")
	t.Owner.check(&c, "owner")
	c.Want(!t.Until.IsZero(), "until", "say by when")
	c.Want(e == nil || t.Until.IsZero() || t.Until.Before(e.Happened.Add(longestAhead)), "until", "look at the date again")
	c.Short(t.Words, mostWords, "words")
	return c.Err()
}

// Validate implements record.Body.
func (t *TaskTaken) Validate(*record.Entry) error {
	var c fault.Check
	named(&c, t.Task)
	return c.Err()
}

// Validate implements record.Body.
func (t *TaskPassed) Validate(*record.Entry) error {
	var c fault.Check
	named(&c, t.Task)
	t.Owner.check(&c, "owner")
	said(&c, "why", t.Why, mostWhat, "say why")
	return c.Err()
}

// Validate implements record.Body.
func (t *TaskDone) Validate(*record.Entry) error {
	var c fault.Check
	named(&c, t.Task)
	c.Short(t.Outcome, mostWords, "outcome")
	return c.Err()
}

// Validate implements record.Body.
func (t *TaskDropped) Validate(*record.Entry) error {
	var c fault.Check
	named(&c, t.Task)
	said(&c, "reason", t.Reason, 500, "say why")
	return c.Err()
}

func named(c *fault.Check, task record.ID) { c.Want(!task.IsZero(), "task", "say which task") }

// said asks for words, and for no more than fit.
func said(c *fault.Check, field, text string, most int, missing string) {
	c.Want(strings.TrimSpace(text) != "", field, missing)
	c.Short(text, most, field)
}

// Said is one standing statement about a task, as a projection keeps it.
type Said struct {
	ID       record.ID
	Chart    record.ID
	Happened time.Time
	Author   record.ID
	Kind     string
	Task     record.ID // the entry that set it
	What     string
	Words    string // beside what is to be done; why it was passed or dropped; what came of it
	Owner    Owner
	Until    time.Time
}

// Task is a task as it stands.
type Task struct {
	Said         // that set it
	Now    Owner // whose it is now
	Closed *Said // that ended it; nil while it is open
	Steps  []Said
}

// Tasks puts statements together, in whatever order they came: what happened later holds, and the first that ends a task ends it. Words about a
// task that was never set, or was taken back, say nothing.
func Tasks(list []Said) []Task {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b Said) int {
		if c := a.Happened.Compare(b.Happened); c != 0 {
			return c
		}
		return slices.Compare(a.ID[:], b.ID[:])
	})
	var out []Task
	at := map[record.ID]int{}
	for _, s := range list {
		if s.Kind == KindTaskSet {
			at[s.ID] = len(out)
			out = append(out, Task{Said: s, Now: s.Owner})
		}
	}
	for _, s := range list {
		i, ok := at[s.Task]
		if s.Kind == KindTaskSet || !ok {
			continue
		}
		t := &out[i]
		t.Steps = append(t.Steps, s)
		if t.Closed != nil {
			continue
		}
		switch s.Kind {
		case KindTaskTaken:
			t.Now = OwnedBy(s.Author)
		case KindTaskPassed:
			t.Now = s.Owner
		case KindTaskDone, KindTaskDropped:
			t.Closed = &t.Steps[len(t.Steps)-1]
		}
	}
	for i := range out { // steps may have moved as they grew
		for j := range out[i].Steps {
			if c := out[i].Closed; c != nil && out[i].Steps[j].ID == c.ID {
				out[i].Closed = &out[i].Steps[j]
			}
		}
	}
	return out
}
