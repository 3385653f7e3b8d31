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
