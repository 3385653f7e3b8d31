package db

import (
	"errors"
	"fmt"
	"iter"
	"slices"
)

// Gather runs do for 0 to n-1 within one transaction. On PostgreSQL, where each query is a journey to the server and back, they go on side by
// side up to their next query, and those queries travel together; only one of them runs at any moment. So they must not depend on what
// each other writes. Each gets a transaction of its own to speak through. The first error ends it.
func Gather(tx Tx, n int, do func(i int, tx Tx) error) error {
	t, ok := tx.(*pgTx)
	if !ok || n < 2 {
		for i := range n {
			if err := do(i, tx); err != nil {
				return err
			}
		}
		return nil
	}
	for from := 0; from < n; from += gatherMax {
		if err := t.gather(from, min(from+gatherMax, n), do); err != nil {
			return err
		}
	}
	return nil
}

// gatherMax is how many go on side by side.
const gatherMax = 128

var errAbandoned = errors.New("given up, because another of those gathered failed")

// request is a query on its way.
type request struct {
	query string
	args  []any
	rows  *pgRows
	err   error
}

// gatherTx speaks for one of those gathered: a query is handed out, and what comes back is found in it.
type gatherTx struct {
	*pgTx
	hand func(*request) bool
}

// Query implements Querier.
func (t gatherTx) Query(query string, args ...any) (Rows, error) {
	r := &request{query: query, args: args}
	if !t.hand(r) {
		return nil, errAbandoned
	}
	if r.err != nil {
		return nil, r.err
	}
	return r.rows, nil
}

// QueryRow implements Querier.
func (t gatherTx) QueryRow(query string, args ...any) Row {
	rows, err := t.Query(query, args...)
	if err != nil {
		return failedRow{err}
	}
	return oneRow{rows}
}

// path is one of those gathered: it runs until its next query.
type path struct {
	next func() (*request, bool)
	stop func()
	err  error
}

func (t *pgTx) gather(from, to int, do func(i int, tx Tx) error) error {
	paths := make([]*path, 0, to-from)
	defer func() {
		for _, p := range paths {
			p.stop()
		}
	}()
	for i := from; i < to; i++ {
		p := &path{}
		p.next, p.stop = iter.Pull(func(hand func(*request) bool) { p.err = do(i, gatherTx{t, hand}) })
		paths = append(paths, p)
	}
	var asked []*request
	for going := slices.Clone(paths); len(going) > 0; {
		asked = asked[:0]
		still := going[:0]
		for _, p := range going {
			r, more := p.next()
			if !more {
				if p.err != nil {
					return p.err
				}
				continue
			}
			asked, still = append(asked, r), append(still, p)
		}
		going = still
		t.ask(asked)
	}
	return nil
}

// ask sends queries together with what waits to be sent, and fills in what comes back.
func (t *pgTx) ask(asked []*request) {
	if len(asked) == 0 {
		return
	}
	fail := func(rest []*request, err error) {
		for _, r := range rest {
			r.err = err
		}
	}
	if t.err != nil {
		fail(asked, t.err)
		return
	}
	for _, r := range asked {
		t.batch.Queue(r.query, r.args...)
	}
	res, err := t.send()
	if err != nil {
		fail(asked, err)
		return
	}
	for i, r := range asked {
		if r.rows, err = read(res); err != nil {
			t.err = err
			fail(asked[i:], fmt.Errorf("%s: %w", firstWords(r.query), err))
			break
		}
		r.rows.types = t.conn.Conn().TypeMap()
	}
	if err := res.Close(); err != nil && t.err == nil {
		t.err = err
	}
}
