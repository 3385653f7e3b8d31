package clients

import (
	"fmt"

	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/record"
)

// StaysOf are the units in which somebody was expected or was, the first one first; of a merged chart those of the one that goes on.
func StaysOf(q db.Querier, chart record.ID) ([]access.Stay, error) {
	var stays string
	err := q.QueryRow("SELECT r.stays FROM clients_card_v1 c JOIN clients_card_v1 r ON r.chart = c.root WHERE c.chart = $1", chart).Scan(&stays)
	if err == db.ErrNoRows {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading where client %s was: %w", chart, err)
	}
	return unpack[access.Stay](stays)
}
