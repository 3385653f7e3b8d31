package clients

import (
	"fmt"

	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/record"
)

// Source tells access whose chart is whose: the units in which each client was, and when. A merged chart follows the one that goes on.
func Source() access.Source {
	return access.Source{
		Kinds: kindsOf(topicWho, topicMove, topicMerge),
		Chart: chartOf,
		All: func(q db.Querier) (people, charts []record.ID, err error) {
			err = db.Each(q, "SELECT chart FROM clients_card_v1", nil, func(r db.Row) error {
				var id record.ID
				err := r.Scan(&id)
				charts = append(charts, id)
				return err
			})
			return nil, charts, err
		},
	}
}

func chartOf(q db.Querier, id record.ID) (*access.Chart, error) {
	var stays string
	err := q.QueryRow("SELECT r.stays FROM clients_card_v1 c JOIN clients_card_v1 r ON r.chart = c.root WHERE c.chart = $1", id).Scan(&stays)
	if err == db.ErrNoRows {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading where client %s was: %w", id, err)
	}
	list, err := unpack[access.Stay](stays)
	if err != nil {
		return nil, fmt.Errorf("reading where client %s was: %w", id, err)
	}
	return &access.Chart{ID: id, Kind: "client", Stays: list}, nil
}
