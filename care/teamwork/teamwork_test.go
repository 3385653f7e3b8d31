package teamwork

import (
	"math/rand/v2"
	"testing"
	"time"

	"milieu/kit/record"
)

var at = time.Date(2026, 11, 19, 8, 0, 0, 0, time.UTC)

func step(n byte, minute int, who byte, kind string, owner Owner) Said {
	return Said{ID: record.ID{14: n}, Task: record.ID{14: 1}, Happened: at.Add(time.Duration(minute) * time.Minute), Author: record.ID{15: who}, Kind: kind, Owner: owner}
}

// TestTasksInAnyOrder: whose a task is and whether it is over follows from what was said, in whatever order it comes.
func TestTasksInAnyOrder(t *testing.T) {
	nurse := Owner("nurse")
	set, taken, passed, done, dropped := step(1, 0, 1, KindTaskSet, ""), step(2, 5, 2, KindTaskTaken, ""), step(3, 9, 2, KindTaskPassed, nurse), step(4, 20, 3, KindTaskDone, ""), step(5, 21, 2, KindTaskDropped, "")
	for _, c := range []struct {
		what   string
		list   []Said
		tasks  int
		owner  Owner
		closed string
	}{
		{"set", []Said{set}, 1, "", ""},
		{"taken on", []Said{set, taken}, 1, OwnedBy(record.ID{15: 2}), ""},
		{"passed on", []Said{set, taken, passed}, 1, nurse, ""},
		{"done; what came later changes nothing", []Said{set, taken, passed, done, dropped}, 1, nurse, KindTaskDone},
		{"never set", []Said{taken, done}, 0, "", ""},
	} {
		for range 20 {
			list := append([]Said{}, c.list...)
			rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			got := Tasks(list)
			if len(got) != c.tasks {
				t.Fatalf("%s: %d tasks", c.what, len(got))
			}
			if c.tasks == 0 {
				break
			}
			closed := ""
			if got[0].Closed != nil {
				closed = got[0].Closed.Kind
			}
			if got[0].Now != c.owner || closed != c.closed {
				t.Fatalf("%s: whose %q, closed by %q", c.what, got[0].Now, closed)
			}
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	e := &record.Entry{Happened: at}
	until := at.Add(time.Hour)
	for what, b := range map[string]record.Body{
		"a task without words":     &TaskSet{What: "  ", Until: until},
		"a task without a time":    &TaskSet{What: "Call"},
		"a task in the far future": &TaskSet{What: "Call", Until: at.AddDate(5, 0, 0)},
		"an owner who is nobody":   &TaskSet{What: "Call", Until: until, Owner: "somebody"},
		"passed on without why":    &TaskPassed{Task: record.ID{1}},
		"dropped without why":      &TaskDropped{Task: record.ID{1}},
		"done of no task":          &TaskDone{},
		"a message to nobody":      &MessageSent{Text: "Hello"},
		"a message of nothing":     &MessageSent{To: OwnedBy(record.ID{1})},
		"a meeting of nothing":     &MeetingHeld{Sort: "team"},
		"a meeting of no sort":     &MeetingHeld{Sort: "lunch", Words: "Soup"},
		"a decision without time":  &MeetingHeld{Sort: "team", Decisions: []Decision{{What: "Call"}}},
	} {
		if b.Validate(e) == nil {
			t.Errorf("%s was taken", what)
		}
	}
}

// TestDecisionsBecomeTasks: each in the chart of whom it is about, under an ID that follows from the meeting's.
func TestDecisionsBecomeTasks(t *testing.T) {
	unit, client := record.ID{15: 8}, record.ID{15: 9}
	e := &record.Entry{ID: record.ID{14: 1}, Chart: unit}
	raised := decided(e, &MeetingHeld{Sort: "team", Decisions: []Decision{{What: "Call", Until: at, About: client}, {What: "Paint", Until: at}}})
	if len(raised) != 2 || raised[0].Chart != client || raised[1].Chart != unit || raised[0].ID == raised[1].ID || raised[0].Cites[0] != e.ID {
		t.Errorf("raised: %+v", raised)
	}
}
