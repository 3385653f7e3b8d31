package view

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"milieu/kit/db"
	"milieu/kit/record"
)

// Span is how many rows one segment of the index covers.
const Span = 4096

// What a list of the index is of: the first byte of its key.
const (
	ofChart  = 'c'
	ofPerson = 'p'
	ofUnit   = 'u'
	ofSet    = 's'
	ofUnder  = 'r'
	ofKind   = 'k'
	ofGlass  = 'g'
)

func idKey(of byte, id record.ID) []byte { return append([]byte{of}, id[:]...) }

func setKey(id int64) []byte { return binary.AppendUvarint([]byte{ofSet}, uint64(id)) }

func textKey(of byte, s string) []byte { return append([]byte{of}, s...) }

// list is where in a segment something stands: rows by their distance from the segment's first, and, for a chart, the sets that it is in.
type list struct {
	rows []int64
	sets []int64
}

func (l *list) pack() []byte {
	b := binary.AppendUvarint(nil, uint64(len(l.rows)))
	last := int64(0)
	for _, n := range l.rows {
		b = binary.AppendUvarint(b, uint64(n-last))
		last = n
	}
	for _, n := range l.sets {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return b
}

func unpackList(b []byte) (l list, err error) {
	t := &taking{b: b}
	last := int64(0)
	for n := t.number(); n > 0 && !t.bad; n-- {
		last += t.number()
		l.rows = append(l.rows, last)
	}
	for len(t.b) > 0 {
		l.sets = append(l.sets, t.number())
	}
	return l, t.err()
}

func (l *Log) wakeFold() {
	select {
	case l.folder <- struct{}{}:
	default:
	}
}

// fold indexes each segment once it is full, beside the committer. Until then its rows are found by reading them.
func (l *Log) fold() {
	for {
		select {
		case <-l.done:
			return
		case <-l.folder:
		}
		for {
			more, err := l.foldOne(context.Background())
			if err != nil {
				l.log.Error("the view log could not be indexed: it is searched all the same, more slowly", "error", err)
			}
			if err != nil || !more {
				break
			}
		}
	}
}

// foldOne indexes the next segment, if it is full.
func (l *Log) foldOne(ctx context.Context) (more bool, err error) {
	q := l.db.Read(ctx)
	h, err := readHead(q, "")
	if err != nil || h.seq-h.folded < Span {
		return false, err
	}
	lists, used, err := l.index(q, h.folded)
	if err != nil {
		return false, err
	}
	keys := make([]string, 0, len(lists))
	for k := range lists {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	err = l.write(func(tx db.Tx) error {
		now, err := readHead(tx, l.db.Dialect.ForUpdate())
		if err != nil || now.folded != h.folded {
			return err // another process was faster
		}
		for _, k := range keys {
			if err := tx.Exec("INSERT INTO view_find (segment, key, rows) VALUES ($1, $2, $3)", h.folded/Span, []byte(k), lists[k].pack()); err != nil {
				return err
			}
		}
		for _, id := range used {
			if err := tx.Exec("INSERT INTO view_used (once, segment) VALUES ($1, $2) ON CONFLICT (once) DO UPDATE SET segment = excluded.segment", id, h.folded/Span); err != nil {
				return err
			}
		}
		return tx.Exec("UPDATE view_head SET folded = $1 WHERE one = 1", h.folded+Span)
	})
	return true, err
}

// index reads the segment behind a row and makes its lists. It gives the numbers of the seats and sets that it uses as well, in order.
func (l *Log) index(q db.Querier, after int64) (lists map[string]*list, used []int64, err error) {
	lists = map[string]*list{}
	uses := map[int64]bool{}
	at := func(key []byte) *list {
		k := lists[string(key)]
		if k == nil {
			k = &list{}
			lists[string(key)] = k
		}
		return k
	}
	sets := map[int64]*Set{}
	in := newReading(q)
	err = in.each("SELECT seq, at, body FROM view WHERE seq > $1 AND seq <= $2 ORDER BY seq", []any{after, after + Span}, func(r *Row, seat, set int64) bool {
		uses[seat] = true
		n := r.Seq - after - 1
		add := func(key []byte) { k := at(key); k.rows = append(k.rows, n) }
		add(idKey(ofPerson, r.Person))
		add(textKey(ofKind, string(r.Kind)))
		if r.Under != "" {
			add(textKey(ofUnder, r.Under))
		}
		if !r.Unit.IsZero() {
			add(idKey(ofUnit, r.Unit))
		}
		if !r.Chart.IsZero() {
			add(idKey(ofChart, r.Chart))
		}
		if !r.Glass.IsZero() {
			add(idKey(ofGlass, r.Glass))
		}
		if set != 0 {
			add(setKey(set))
			sets[set], uses[set] = r.Set, true
		}
		return true
	})
	if err != nil {
		return nil, nil, fmt.Errorf("indexing the view log behind row %d: %w", after, err)
	}
	for id, set := range sets {
		for _, c := range set.Charts() {
			k := at(idKey(ofChart, c))
			k.sets = append(k.sets, id)
		}
	}
	for _, k := range lists {
		slices.Sort(k.sets)
	}
	return lists, slices.Sorted(maps.Keys(uses)), nil
}
