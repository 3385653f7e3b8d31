package clients

import (
	"milieu/kit/db"
	"milieu/kit/record"
)

// Touched names the charts whose dues an entry may move, in any room that works a person's dues out from all of their charts: due.Rule's
// Touches, where nothing but the person's own entries and merges counts.
func Touched(q db.Querier, e *record.Entry, b record.Body) ([]record.ID, error) {
	return touched(q, e, b)
}

// StayKinds are the kinds of entry that say where somebody is, and under which chart they go on: what rules of other rooms about people's stays
// are read again by, with Touched.
func StayKinds() []string { return kindsOf(topicMove, topicMerge) }
