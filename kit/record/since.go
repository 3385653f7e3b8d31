package record

import (
	"fmt"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
)

// Before gives the seq of the last entry that the server had before a time; 0 for none. Entries stand in the order in which they came, so a
// few looks find it in a log of any length, without an index.
func Before(q db.Querier, at time.Time) (int64, error) {
	var last int64
	if err := q.QueryRow("SELECT seq FROM log_head WHERE one = 1").Scan(&last); err != nil {
		if err == db.ErrNoRows {
			return 0, nil
		}
		return 0, fmt.Errorf("reading how far the log is: %w", err)
	}
	low, high, limit := int64(0), last, clock.Micros(at) // low came before, and what follows high did not
	for low < high {
		middle := (low + high + 1) / 2
		var received int64
		if err := q.QueryRow("SELECT received FROM entry WHERE seq = $1", middle).Scan(&received); err != nil {
			return 0, fmt.Errorf("reading when entry %d came: %w", middle, err)
		}
		if received < limit {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low, nil
}
