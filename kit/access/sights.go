package access

import (
	"fmt"
	"slices"
	"strings"

	"milieu/kit/db"
	"milieu/kit/record"
)

// Sights judges single entries of many charts, for lists that are read from a room's own tables. Charts in which nothing carries a label cost
// nothing more.
type Sights struct {
	d        *Directory
	q        db.Querier
	s        *Scope
	labelled map[record.ID]bool
	of       map[record.ID]*Sight
	err      error
}

// Sights makes ready to judge entries of any of some charts.
func (d *Directory) Sights(q db.Querier, s *Scope, charts ...record.ID) (*Sights, error) {
	v := &Sights{d: d, q: q, s: s, labelled: map[record.ID]bool{}, of: map[record.ID]*Sight{}}
	for part := range slices.Chunk(charts, sightsMany) {
		args := make([]any, 0, sightsMany)
		for i := range part {
			args = append(args, part[i][:])
		}
		for len(args) < sightsMany {
			args = append(args, args[0]) // one statement for any number: it is prepared once
		}
		err := db.Each(q, labelledCharts, args, func(r db.Row) error {
			var chart record.ID
			err := r.Scan(&chart)
			v.labelled[chart] = true
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("asking which charts hold labels: %w", err)
		}
	}
	return v, nil
}

const sightsMany = 64

var labelledCharts = func() string {
	places := make([]string, sightsMany)
	for i := range places {
		places[i] = fmt.Sprintf("$%d", i+1)
	}
	return "SELECT DISTINCT chart FROM access_label_v1 WHERE chart IN (" + strings.Join(places, ", ") + ")"
}()

// Whole says that nothing in any of the charts carries a label: everybody who sees the charts sees all of it.
func (v *Sights) Whole() bool { return len(v.labelled) == 0 }

// Sees says whether an entry of a chart may be shown. Err tells afterwards whether anything could not be read; what could not be is not shown.
func (v *Sights) Sees(chart, entry record.ID) bool {
	if !v.labelled[chart] || entry.IsZero() {
		return true
	}
	sight := v.of[chart]
	if sight == nil {
		var err error
		if sight, err = v.d.Sight(v.q, v.s, chart); err != nil {
			v.err = err
			return false
		}
		v.of[chart] = sight
	}
	e, err := record.Find(v.q, entry)
	if err == db.ErrNoRows {
		return true // nothing that could be hidden
	}
	if err != nil {
		v.err = fmt.Errorf("reading an entry to be shown: %w", err)
		return false
	}
	return sight.Sees(e)
}

// Err is what could not be read.
func (v *Sights) Err() error {
	for _, s := range v.of {
		if s.Err() != nil {
			return s.Err()
		}
	}
	return v.err
}
