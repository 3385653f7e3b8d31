package db

import (
	"errors"
	"fmt"
)

// Together runs works in one transaction, each a function that reads, and then writes what follows from it. A work must not read what
// another of them writes. On SQLite they run one after another. On PostgreSQL, where each read costs a round trip, what all of them want to
// read next is fetched in one: a work whose answer has not arrived is given up and begun again when it has, so its reading must have no
// effect but on itself.
func Together(tx Tx, works []func(Tx) error) error {
	t, ok := tx.(*pgTx)
	if !ok || len(works) < 2 {
		for _, work := range works {
			if err := work(tx); err != nil {
				return err
			}
		}
		return nil
	}
	a := &ahead{known: map[string]*pgRows{}}
	for len(works) > 0 {
		var waiting []func(Tx) error
		a.wanted = a.wanted[:0]
		for _, work := range works {
			a.writes = a.writes[:0]
			switch err := work(a); {
			case errors.Is(err, errNotYet):
				waiting = append(waiting, work)
			case err != nil:
				return err
			default:
				for _, w := range a.writes {
					if err := t.Exec(w.query, w.args...); err != nil {
						return err
					}
				}
			}
		}
		if err := t.fetch(a); err != nil {
			return err
		}
		works = waiting
	}
	return nil
}

// errNotYet gives a work up until what it reads has been fetched.
var errNotYet = errors.New("not fetched yet")

type statement struct {
	key   string
	query string
	args  []any
}

// ahead is the transaction as a work sees it: it answers from what was fetched, and notes what is wanted.
type ahead struct {
	known  map[string]*pgRows
	wanted []statement
	writes []statement
}

// Exec implements Tx: the write is sent once its work is through.
func (a *ahead) Exec(query string, args ...any) error {
	a.writes = append(a.writes, statement{query: query, args: args})
	return nil
}

// Query implements Tx.
func (a *ahead) Query(query string, args ...any) (Rows, error) {
	s := statement{key: fmt.Sprint(append([]any{query}, args...)...), query: query, args: args}
	rows, ok := a.known[s.key]
	if !ok {
		a.known[s.key] = nil // wanted once
		a.wanted = append(a.wanted, s)
	}
	if rows == nil {
		return nil, errNotYet
	}
	own := *rows
	own.at = 0
	return &own, nil
}

// QueryRow implements Tx.
func (a *ahead) QueryRow(query string, args ...any) Row {
	rows, err := a.Query(query, args...)
	if err != nil {
		return failedRow{err}
	}
	return oneRow{rows}
}

// fetch sends what waits to be written and everything that is wanted, and keeps the answers.
func (t *pgTx) fetch(a *ahead) error {
	if len(a.wanted) == 0 || t.err != nil {
		return t.err
	}
	for _, w := range a.wanted {
		t.batch.Queue(w.query, w.args...)
	}
	res, err := t.send()
	if err != nil {
		return err
	}
	for _, w := range a.wanted {
		rows, err := read(res)
		if err != nil {
			res.Close()
			t.err = err
			return fmt.Errorf("%s: %w", firstWords(w.query), err)
		}
		rows.types = t.conn.Conn().TypeMap()
		a.known[w.key] = rows
	}
	t.err = res.Close()
	return t.err
}
