package clients

import (
	"fmt"
	"slices"

	"milieu/kit/db"
	"milieu/kit/record"
)

// Family is every chart of one person: the one that goes on first, then those merged into it, near ones before far ones. It is the same asked
// of any of them. A chart that was never merged is a family of its own.
//
// What is merged is worked out from the standing entries alone, in any order of arrival: each chart goes into the one that its latest merge not
// taken back names, and on from there, however long the chain. Where merges made apart lead round in a ring, the smallest ID of the ring goes on.
func Family(q db.Querier, chart record.ID) ([]record.ID, error) { return family(q, chart) }

// remerge works out whom a chart is merged into, and draws every card afresh that this joins or separates.
func remerge(tx db.Tx, chart record.ID) error {
	before, err := family(tx, chart)
	if err != nil {
		return err
	}
	fs, err := facts(tx, topicMerge, chart)
	if err != nil {
		return err
	}
	if err := tx.Exec("DELETE FROM clients_merge_v1 WHERE chart = $1", chart[:]); err != nil {
		return err
	}
	if into := mergedInto(fs); !into.IsZero() {
		if err := tx.Exec("INSERT INTO clients_merge_v1 (chart, target) VALUES ($1, $2)", chart[:], into[:]); err != nil {
			return err
		}
	}
	after, err := family(tx, chart)
	if err != nil {
		return err
	}
	touched := append(before, after...)
	slices.SortFunc(touched, func(a, b record.ID) int { return slices.Compare(a[:], b[:]) })
	for _, c := range slices.Compact(touched) {
		if err := redraw(tx, c); err != nil {
			return err
		}
	}
	return nil
}

// mergedInto is the chart named by the latest merge that was not taken back. A taking back names its merge, and so holds whatever the clocks
// of the two devices said.
func mergedInto(fs []Fact) record.ID {
	if standing := notTakenBack(fs); len(standing) > 0 {
		return standing[len(standing)-1].Body.(*Merged).Into
	}
	return record.Zero
}

// notTakenBack keeps the merges, in order, that no unmerging names.
func notTakenBack(fs []Fact) []Fact {
	back := map[record.ID]bool{}
	for _, f := range fs {
		if b, ok := f.Body.(*Unmerged); ok {
			back[b.Merge] = true
		}
	}
	return slices.DeleteFunc(fs, func(f Fact) bool {
		_, merge := f.Body.(*Merged)
		return !merge || back[f.ID]
	})
}

// root follows merges to the chart that goes on. Charts merged in a ring by devices that did not know of each other go on under the smallest.
func root(q db.Querier, chart record.ID) (record.ID, error) {
	path := []record.ID{chart}
	for {
		var next record.ID
		switch err := q.QueryRow("SELECT target FROM clients_merge_v1 WHERE chart = $1", path[len(path)-1]).Scan(&next); err {
		case nil:
		case db.ErrNoRows:
			return path[len(path)-1], nil
		default:
			return chart, fmt.Errorf("following the merges of chart %s: %w", chart, err)
		}
		if i := slices.Index(path, next); i >= 0 {
			return slices.MinFunc(path[i:], func(a, b record.ID) int { return slices.Compare(a[:], b[:]) }), nil
		}
		path = append(path, next)
	}
}

// family is every chart merged into one's root, the root first, then those merged into it, then those merged into them.
func family(q db.Querier, chart record.ID) ([]record.ID, error) {
	head, err := root(q, chart)
	if err != nil {
		return nil, err
	}
	all := []record.ID{head}
	for i := 0; i < len(all); i++ {
		err := db.Each(q, "SELECT chart FROM clients_merge_v1 WHERE target = $1 ORDER BY chart", []any{all[i]}, func(r db.Row) error {
			var id record.ID
			err := r.Scan(&id)
			if !slices.Contains(all, id) {
				all = append(all, id)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("listing the charts merged into %s: %w", all[i], err)
		}
	}
	return all, nil
}

// Families gives the charts merged into some charts, near ones and far ones, and for each the one of them under which its person goes on. One
// statement serves a whole unit, as few are merged.
func Families(q db.Querier, charts ...record.ID) (map[record.ID]record.ID, error) {
	var out map[record.ID]record.ID
	err := db.Each(q, "SELECT c.chart, c.root FROM clients_merge_v1 m JOIN clients_card_v1 c ON c.chart = m.chart WHERE c.root <> c.chart", nil, func(r db.Row) error {
		var chart, root record.ID
		err := r.Scan(&chart, &root)
		if slices.Contains(charts, root) {
			if out == nil {
				out = map[record.ID]record.ID{}
			}
			out[chart] = root
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing who is merged into %d charts: %w", len(charts), err)
	}
	return out, nil
}

// Onward gives charts, and with each those under which its person goes on or ever was said to: whose dues an entry in one of them may move, in
// whatever order merges and their takings back arrive.
func Onward(q db.Querier, charts ...record.ID) ([]record.ID, error) {
	var out []record.ID
	for _, c := range charts {
		if !c.IsZero() && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	for i := 0; i < len(out); i++ {
		next, err := Family(q, out[i])
		if err != nil {
			return nil, err
		}
		next = next[:1]
		fs, err := facts(q, topicMerge, out[i])
		if err != nil {
			return nil, err
		}
		for _, f := range fs {
			if m, ok := f.Body.(*Merged); ok {
				next = append(next, m.Into)
			}
		}
		for _, c := range next {
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out, nil
}
