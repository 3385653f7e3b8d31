package handover

import (
	"slices"
	"time"

	"milieu/care/teamwork"
	"milieu/kit/record"
)

// Said is one standing statement at a change of shifts, as a projection keeps it.
type Said struct {
	ID       record.ID
	Chart    record.ID
	Change   time.Time
	Happened time.Time
	Author   record.ID
	Kind     string
	Key      string // of an item
	Heading  string // of words
	Words    string
	Owner    teamwork.Owner // to whom an item was passed
}

// Status is how an open item stands at one change.
type Status struct {
	By     []record.ID // who accepted it: each of them, where several did
	Passed *Said       // the last passing on that nobody has accepted since
}

// Accepted says that somebody has it.
func (s Status) Accepted() bool { return len(s.By) > 0 }

// InOrder puts statements in the order in which they happened; two of one instant by their IDs.
func InOrder(list []Said) {
	slices.SortFunc(list, func(a, b Said) int {
		if c := a.Happened.Compare(b.Happened); c != 0 {
			return c
		}
		return slices.Compare(a.ID[:], b.ID[:])
	})
}

// Statuses works out how the items of one person stand, from statements in order. What two people accepted without knowing of each other is both's;
// what is passed on is nobody's until it is accepted again.
func Statuses(list []Said) map[string]Status {
	out := map[string]Status{}
	for i := range list {
		s := &list[i]
		at := out[s.Key]
		switch s.Kind {
		case KindAccepted:
			if !slices.Contains(at.By, s.Author) {
				at.By = append(slices.Clone(at.By), s.Author)
			}
			at.Passed = nil
		case KindPassed:
			at = Status{Passed: s}
		default:
			continue
		}
		out[s.Key] = at
	}
	return out
}
