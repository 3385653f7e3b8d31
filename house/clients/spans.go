package clients

import (
	"fmt"
	"slices"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

// Span is a stretch of an episode in which a client was in one unit and one way: here, on leave, in hospital, absent. Until is zero while it lasts.
type Span struct {
	Unit    record.ID
	Where   Where
	From    time.Time
	Until   time.Time
	Episode record.ID
	Begun   time.Time // when the episode began
	First   bool      // with it the episode began
	Moved   bool      // with it the client came from another unit
	Last    bool      // with its end the episode ended
}

// At says whether the span holds a moment.
func (s *Span) At(t time.Time) bool {
	return !s.From.After(t) && (s.Until.IsZero() || s.Until.After(t))
}

// Spans works the stretches out from the moves of one person, in order.
func Spans(moves []Fact) []Span {
	var out []Span
	var in bool
	next := func(s Span) {
		if n := len(out); n > 0 && out[n-1].Until.IsZero() {
			out[n-1].Until = s.From
		}
		out = append(out, s)
	}
	for _, f := range moves {
		at := f.Happened
		var last Span
		if len(out) > 0 {
			last = out[len(out)-1]
			last.First, last.Moved, last.From, last.Until = false, false, at, time.Time{}
		}
		switch b := f.Body.(type) {
		case *Admitted:
			if in {
				out[len(out)-1].Last = true
			}
			next(Span{Unit: b.Unit, Where: Here, From: at, Episode: f.ID, Begun: at, First: true})
			in = true
		case *Transferred:
			if in && b.Unit != last.Unit {
				last.Unit, last.Moved = b.Unit, true
				next(last)
			}
		case *Left:
			if in {
				last.Where = whereOf(b.Kind)
				next(last)
			}
		case *Returned:
			if in {
				last.Where = Here
				next(last)
			}
		case *DischargedTo:
			if in {
				out[len(out)-1].Until, out[len(out)-1].Last = at, true
			}
			in = false
		}
	}
	return out
}

// Movement is one person's stretches. Charts of one person count once, under the one that goes on.
type Movement struct {
	Chart record.ID
	Spans []Span
}

// Movements gives the stretches of everybody who is in care, or was since a time.
func Movements(q db.Querier, since time.Time) ([]Movement, error) {
	byRoot := map[record.ID][]Fact{}
	var order []record.ID
	err := db.Each(q, `SELECT c.root, f.id, f.chart, f.kind, f.happened, f.written, f.author, f.body FROM clients_card_v1 r
JOIN clients_card_v1 c ON c.root = r.chart JOIN clients_fact_v1 f ON f.chart = c.chart AND f.topic = $1
WHERE r.root = r.chart AND (r.state IN ('here', 'leave', 'hospital', 'absent') OR r.since >= $2) ORDER BY c.root`, []any{topicMove, clock.Micros(since)}, func(r db.Row) error {
		var root record.ID
		f, err := scanFact(behind{r, &root})
		if _, known := byRoot[root]; !known {
			order = append(order, root)
		}
		byRoot[root] = append(byRoot[root], f)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading who moved: %w", err)
	}
	out := make([]Movement, 0, len(order))
	for _, root := range order {
		slices.SortFunc(byRoot[root], later)
		out = append(out, Movement{root, Spans(byRoot[root])})
	}
	return out, nil
}

// behind reads a row whose first column is another's.
type behind struct {
	row   db.Row
	first any
}

// Scan implements db.Row.
func (b behind) Scan(dest ...any) error { return b.row.Scan(append([]any{b.first}, dest...)...) }
