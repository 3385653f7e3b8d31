package clients

import (
	"fmt"
	"slices"

	jsonv2 "github.com/go-json-experiment/json"

	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/record"
)

// Source tells access whose chart is whose: the units in which each client was, and when. A merged chart follows the one that goes on.
func Source() access.Source {
	return access.Source{
		Kinds: append(kindsOf(topicWho, topicMove, topicMerge), "clients.joined"),
		Chart: chartOf,
		With:  moved,
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
	var root record.ID
	var merged bool
	err := q.QueryRow("SELECT r.stays, r.chart, EXISTS (SELECT 1 FROM clients_merge_v1 m WHERE m.target = c.root) FROM clients_card_v1 c JOIN clients_card_v1 r ON r.chart = c.root WHERE c.chart = $1", id).Scan(&stays, &root, &merged)
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
	out := &access.Chart{ID: id, Kind: "client", Stays: list}
	if merged || root != id {
		if out.Same, err = family(q, id); err != nil {
			return nil, err
		}
		out.Same = slices.DeleteFunc(out.Same, func(c record.ID) bool { return c == id })
	}
	return out, nil
}

// moved names the charts whose units an entry changes along with its own: all of a merged family, and of the one it was merged into before.
func moved(q db.Querier, e *record.Entry) ([]record.ID, error) {
	out, err := family(q, e.Chart)
	if err != nil || e.Amends.IsZero() {
		return out, err
	}
	was, err := record.Find(q, e.Amends)
	if err == db.ErrNoRows || err == nil && was.Kind != "clients.merged" && was.Kind != "clients.unmerged" {
		return out, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading amended entry %s: %w", e.Amends, err)
	}
	var b struct {
		Into record.ID `json:"into"`
		From record.ID `json:"from"`
	}
	if err := jsonv2.Unmarshal(was.Body, &b); err != nil {
		return nil, fmt.Errorf("reading merge %s: %w", e.Amends, err)
	}
	for _, id := range []record.ID{b.Into, b.From} {
		if !id.IsZero() {
			more, err := family(q, id)
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
		}
	}
	return out, nil
}
