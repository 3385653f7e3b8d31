package view

import (
	"fmt"
	"slices"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

// Query asks for rows. Zero fields ask for nothing.
type Query struct {
	Chart  record.ID
	Person record.ID
	Unit   record.ID
	Under  string
	Kind   Kind
	Glass  record.ID
	From   time.Time // on or after
	Until  time.Time // before
	Before int64     // rows older than this one: the next page
	Limit  int       // at most so many; zero means 100
}

// Search gives the newest rows that a query asks for, newest first, and whether there are more behind them.
func Search(q db.Querier, ask Query) (rows []Row, more bool, err error) {
	if ask.Limit == 0 {
		ask.Limit = 100
	}
	err = Each(q, ask, func(r *Row) bool {
		if len(rows) == ask.Limit {
			more = true
			return false
		}
		rows = append(rows, *r)
		return true
	})
	return rows, more, err
}

// Each hands over the rows that a query asks for, newest first, until do says false. Limit is not looked at.
func Each(q db.Querier, ask Query, do func(*Row) bool) error {
	h, err := readHead(q, "")
	if err != nil {
		return err
	}
	from, to, err := ask.bounds(q, h.seq)
	if err != nil {
		return err
	}
	s := &searching{in: newReading(q), q: q, ask: ask, from: from, to: to, do: do}
	for _, k := range []struct {
		key []byte
		ask bool
	}{
		{idKey(ofPerson, ask.Person), !ask.Person.IsZero()}, {idKey(ofGlass, ask.Glass), !ask.Glass.IsZero()}, {idKey(ofUnit, ask.Unit), !ask.Unit.IsZero()},
		{textKey(ofUnder, ask.Under), ask.Under != ""}, {textKey(ofKind, string(ask.Kind)), ask.Kind != ""},
	} {
		if k.ask {
			s.keys = append(s.keys, k.key)
		}
	}
	if s.first, err = oldest(q, h.folded/Span); err != nil {
		return err
	}
	s.from = max(s.from, s.first*Span+1)
	return s.run(h.folded)
}

// bounds are the first and last row that the times and Before allow. Time and place in the log have the same order.
func (ask *Query) bounds(q db.Querier, newest int64) (from, to int64, err error) {
	from, to = 1, newest
	if ask.Before > 0 {
		to = min(to, ask.Before-1)
	}
	if !ask.From.IsZero() {
		if from, err = firstAt(q, newest, ask.From); err != nil {
			return 0, 0, err
		}
	}
	if !ask.Until.IsZero() {
		n, err := firstAt(q, newest, ask.Until)
		if err != nil {
			return 0, 0, err
		}
		to = min(to, n-1)
	}
	return from, to, nil
}

// firstAt is the first row at a time or later; newest+1 when there is none.
func firstAt(q db.Querier, newest int64, t time.Time) (int64, error) {
	low, high := int64(1), newest+1
	for low < high {
		mid := (low + high) / 2
		var at int64
		if err := q.QueryRow("SELECT at FROM view WHERE seq = $1", mid).Scan(&at); err != nil {
			return 0, fmt.Errorf("reading row %d of the view log: %w", mid, err)
		}
		if at < clock.Micros(t) {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low, nil
}

type searching struct {
	in       *reading
	q        db.Querier
	ask      Query
	keys     [][]byte // of lists that must all have a row
	from, to int64
	first    int64 // segment that has content
	do       func(*Row) bool
	over     bool
}

func (s *searching) matches(r *Row) bool {
	a := &s.ask
	return (a.Person.IsZero() || r.Person == a.Person) && (a.Unit.IsZero() || r.Unit == a.Unit) && (a.Under == "" || r.Under == a.Under) &&
		(a.Kind == "" || r.Kind == a.Kind) && (a.Glass.IsZero() || r.Glass == a.Glass) && (a.Chart.IsZero() || r.Of(a.Chart))
}

// give hands over rows of a stretch that match, newest first. It reads few at first, for a page of the newest needs no more.
func (s *searching) give(from, to int64) error {
	for step := int64(128); from <= to && !s.over; step = min(2*step, Span) {
		low := max(from, to-step+1)
		err := s.in.each("SELECT seq, at, body FROM view WHERE seq >= $1 AND seq <= $2 ORDER BY seq DESC", []any{low, to}, func(r *Row, _, _ int64) bool {
			if s.matches(r) && !s.do(r) {
				s.over = true
			}
			return !s.over
		})
		if err != nil {
			return err
		}
		to = low - 1
	}
	return nil
}

// run goes through what is not indexed yet, and then through the index segment by segment.
func (s *searching) run(folded int64) error {
	if s.to > folded {
		if err := s.give(max(s.from, folded+1), s.to); err != nil {
			return err
		}
		s.to = folded
	}
	if len(s.keys) == 0 && s.ask.Chart.IsZero() {
		if s.over || s.from > s.to {
			return nil
		}
		return s.give(s.from, s.to)
	}
	for segment := (s.to - 1) / Span; !s.over && s.to > 0 && segment >= s.first && (segment+1)*Span >= s.from; segment-- {
		rows, err := s.segment(segment)
		if err != nil {
			return err
		}
		if err := s.these(segment, rows); err != nil {
			return err
		}
	}
	return nil
}

// segment gives where in a segment the rows asked for stand: in all lists at once.
func (s *searching) segment(segment int64) (rows []int64, err error) {
	for i, key := range s.keys {
		l, err := s.list(segment, key)
		if err != nil || len(l.rows) == 0 {
			return nil, err
		}
		if i == 0 {
			rows = l.rows
		} else if rows = both(rows, l.rows); len(rows) == 0 {
			return nil, nil
		}
	}
	if s.ask.Chart.IsZero() {
		return rows, nil
	}
	l, err := s.list(segment, idKey(ofChart, s.ask.Chart))
	if err != nil {
		return nil, err
	}
	of := l.rows
	for _, set := range l.sets {
		more, err := s.list(segment, setKey(set))
		if err != nil {
			return nil, err
		}
		of = append(of, more.rows...)
	}
	slices.Sort(of)
	of = slices.Compact(of)
	if len(s.keys) > 0 {
		of = both(rows, of)
	}
	return of, nil
}

func (s *searching) list(segment int64, key []byte) (list, error) {
	var b []byte
	err := s.q.QueryRow("SELECT rows FROM view_find WHERE segment = $1 AND key = $2", segment, key).Scan(&b)
	if err == db.ErrNoRows {
		return list{}, nil
	}
	if err != nil {
		return list{}, fmt.Errorf("reading the index of the view log: %w", err)
	}
	return unpackList(b)
}

// both gives what stands in two ordered lists.
func both(a, b []int64) (out []int64) {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			out = append(out, a[0])
			a, b = a[1:], b[1:]
		}
	}
	return out
}

// dense is from how many rows of a segment on it is cheaper to read it whole.
const dense = 400

// these hands over rows of a segment by their places in it, newest first.
func (s *searching) these(segment int64, rows []int64) error {
	first := segment*Span + 1
	if len(rows) > dense && s.ask.Limit == 0 {
		return s.give(max(s.from, first+rows[0]), min(s.to, first+rows[len(rows)-1]))
	}
	for _, n := range slices.Backward(rows) {
		if seq := first + n; seq >= s.from && seq <= s.to {
			if err := s.give(seq, seq); err != nil || s.over {
				return err
			}
		}
	}
	return nil
}

// reading reads rows, and what is stored once only once.
type reading struct {
	q     db.Querier
	seats map[int64]Seat
	sets  map[int64]*Set
}

func newReading(q db.Querier) *reading {
	return &reading{q, map[int64]Seat{}, map[int64]*Set{}}
}

// stored is a row as it lies in the table.
type stored struct {
	seq, at    int64
	body, tree []byte
}

// each hands over rows with the numbers of their seats and sets (0 for none) until do says false. Rows whose retention has ended are passed over. They are read as a
// whole before the first is handed over: what they refer to is looked up by the same few connections.
func (in *reading) each(query string, args []any, do func(r *Row, seat, set int64) bool) error {
	var all []stored
	err := db.Each(in.q, query, args, func(row db.Row) error {
		var s stored
		err := row.Scan(&s.seq, &s.at, &s.body)
		all = append(all, s)
		return err
	})
	if err != nil {
		return fmt.Errorf("reading the view log: %w", err)
	}
	for _, s := range all {
		if len(s.body) == 0 {
			continue
		}
		r := Row{Seq: s.seq, At: clock.FromMicros(s.at)}
		seat, set, err := in.fill(&r, s.body)
		if err != nil {
			return fmt.Errorf("reading row %d of the view log: %w", r.Seq, err)
		}
		if !do(&r, seat, set) {
			return nil
		}
	}
	return nil
}

func (in *reading) fill(r *Row, body []byte) (seat, set int64, err error) {
	seat, set, err = r.readBody(body)
	if err != nil {
		return 0, 0, err
	}
	var ok bool
	if r.Seat, ok = in.seats[seat]; !ok {
		b, err := in.once(seat)
		if err == nil {
			r.Seat, err = readSeat(b)
		}
		if err != nil {
			return 0, 0, err
		}
		in.seats[seat] = r.Seat
	}
	if set == 0 {
		return seat, 0, nil
	}
	if r.Set, ok = in.sets[set]; !ok {
		b, err := in.once(set)
		if err == nil {
			r.Set, err = readSet(b)
		}
		if err != nil {
			return 0, 0, err
		}
		in.sets[set] = r.Set
	}
	return seat, set, nil
}

func (in *reading) once(id int64) (body []byte, err error) {
	err = in.q.QueryRow("SELECT body FROM view_once WHERE id = $1", id).Scan(&body)
	return body, err
}
