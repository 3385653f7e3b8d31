package teamwork

import (
	"embed"
	"time"

	"milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/ui"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// Names of the kinds, and of what must be allowed.
const (
	KindTaskSet     = "teamwork.task_set"
	KindTaskTaken   = "teamwork.task_taken"
	KindTaskPassed  = "teamwork.task_passed"
	KindTaskDone    = "teamwork.task_done"
	KindTaskDropped = "teamwork.task_dropped"
	KindMessage     = "teamwork.message_sent"
	KindRead        = "teamwork.message_read"
	KindMeeting     = "teamwork.meeting_held"
	ActionTask      = "teamwork.task"
	ActionMessage   = "teamwork.message"
	ActionMeeting   = "teamwork.meeting"
)

// labels are those that what is written here may carry in a client's chart.
var labels = []string{access.SubstanceUse, access.NotForFamily}

// Kinds are the room's kinds.
func Kinds() []record.Kind {
	at := time.Date(2026, 11, 19, 18, 0, 0, 0, time.UTC)
	task, person, client := record.ID{6: 0x70, 8: 0x80, 15: 1}, record.ID{6: 0x70, 8: 0x80, 15: 2}, record.ID{6: 0x70, 8: 0x80, 15: 3}
	words := func(key string, of func(record.Body) string) func(*record.Entry, record.Body) record.Line {
		return func(_ *record.Entry, b record.Body) record.Line {
			if said := of(b); said != "" {
				return record.Line{Key: "teamwork.line." + key, Args: []any{said}}
			}
			return record.Line{Key: "teamwork.line." + key + "_plain"}
		}
	}
	kinds := []record.Kind{
		{Name: KindTaskSet, Action: ActionTask, Example: &TaskSet{What: "Book the interpreter for Friday's review", Owner: OwnedBy(person), Until: at},
			Line: words("set", func(b record.Body) string { return b.(*TaskSet).What })},
		{Name: KindTaskTaken, Action: ActionTask, Example: &TaskTaken{Task: task}, About: func(b record.Body) record.ID { return b.(*TaskTaken).Task },
			Line: func(*record.Entry, record.Body) record.Line { return record.Line{Key: "teamwork.line.taken"} }},
		{Name: KindTaskPassed, Action: ActionTask, Example: &TaskPassed{Task: task, Owner: "nurse", Why: "Needs a licensed word"}, About: func(b record.Body) record.ID { return b.(*TaskPassed).Task },
			Line: words("passed", func(b record.Body) string { return b.(*TaskPassed).Why })},
		{Name: KindTaskDone, Citable: true, Action: ActionTask, Example: &TaskDone{Task: task, Outcome: "Booked for 10:00, by telephone"}, About: func(b record.Body) record.ID { return b.(*TaskDone).Task },
			Line: words("done", func(b record.Body) string { return b.(*TaskDone).Outcome })},
		{Name: KindTaskDropped, Action: ActionTask, Example: &TaskDropped{Task: task, Reason: "The review was put off"}, About: func(b record.Body) record.ID { return b.(*TaskDropped).Task },
			Line: words("dropped", func(b record.Body) string { return b.(*TaskDropped).Reason })},
		{Name: KindMessage, Action: ActionMessage, Example: &MessageSent{Text: "Did you reach the sleep clinic?", To: OwnedBy(person)},
			Line: func(*record.Entry, record.Body) record.Line { return record.Line{Key: "teamwork.line.message"} }},
		{Name: KindRead, Action: ActionMessage, Example: &MessageRead{Message: task}, About: func(b record.Body) record.ID { return b.(*MessageRead).Message },
			Line: func(*record.Entry, record.Body) record.Line { return record.Line{Key: "teamwork.line.read"} }},
		{Name: KindMeeting, Citable: true, Action: ActionMeeting, Raises: decided,
			Example: &MeetingHeld{Sort: "huddle", With: []record.ID{person}, About: []record.ID{client}, Words: "A quiet morning is planned", Decisions: []Decision{{What: "Call the sleep clinic", Owner: "nurse", Until: at, About: client}}},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				return record.Line{Key: "teamwork.line.meeting", Args: []any{record.Word("teamwork.sort." + b.(*MeetingHeld).Sort), len(b.(*MeetingHeld).Decisions)}}
			}},
	}
	for i := range kinds {
		kinds[i].Version, kinds[i].Chart, kinds[i].Labels = 1, "any", labels
	}
	return kinds
}
