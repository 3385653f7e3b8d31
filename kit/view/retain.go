package view

import (
	"context"
	"errors"
	"fmt"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

// endAtOnce is how many segments one transaction empties: a tenth of a second, in which looks wait.
const endAtOnce = 4

// errHeld says that rows are on their way from the second place, whose turn in the log comes first.
var errHeld = errors.New("the view log is being kept in its second place: what is old stays until it is back in its first")

// End destroys the content of rows older than a time, and what nothing newer refers to, and says in the log itself up to which row. It goes by
// whole segments of the index: a segment is emptied once all of it is old, so that no list is left that names whom an emptied row was about. The
// rows' leaves stay, and with them the proof; each leaf was made with a salt that goes with the row, so that nobody can find out by trying what
// a leaf is of. It gives how many rows were emptied.
func (l *Log) End(ctx context.Context, before time.Time) (rows int64, err error) {
	for {
		n, err := l.endSome(ctx, before)
		if rows += n; n == 0 || err != nil {
			return rows, err
		}
	}
}

// endSome empties the oldest segments that are due, a few at once, in one transaction with the row that says so.
func (l *Log) endSome(ctx context.Context, before time.Time) (rows int64, err error) {
	l.filing.Lock()
	defer l.filing.Unlock()
	if l.second.held() > 0 {
		return 0, errHeld
	}
	now := l.clock.Now()
	var a *appending
	err = l.write(func(tx db.Tx) error {
		if a, err = begin(tx, l.db.Dialect, l.known); err != nil {
			return err
		}
		first, upto, err := due(tx, a.head.folded/Span, before)
		if err != nil || upto <= first {
			return err
		}
		for segment := first; segment < upto; segment++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := empty(tx, segment); err != nil {
				return fmt.Errorf("emptying rows of the view log behind row %d: %w", segment*Span, err)
			}
		}
		if err := forget(tx, upto, a.head); err != nil {
			return fmt.Errorf("taking away what no row of the view log refers to: %w", err)
		}
		if err := a.add(&Row{At: now, Kind: Ended, Upto: upto * Span}); err != nil {
			return err
		}
		rows = (upto - first) * Span
		mark := record.NewID(now)
		return a.finish(mark[:])
	})
	if err != nil || rows == 0 {
		return 0, err
	}
	l.durable(a)
	// What was taken away must not be referred to by its old number. Another process remembers only what it used itself since it began, and no
	// process runs for as many years as rows are kept.
	clear(l.known.seats)
	clear(l.known.sets)
	return rows, nil
}

// oldest is the first segment that has not been emptied; folded when all that are indexed have.
func oldest(q db.Querier, folded int64) (segment int64, err error) {
	err = q.QueryRow("SELECT segment FROM view_find ORDER BY segment LIMIT 1").Scan(&segment)
	if err == db.ErrNoRows {
		return folded, nil
	}
	if err != nil {
		return 0, fmt.Errorf("looking where the view log's content begins: %w", err)
	}
	return segment, nil
}

// due gives the segments whose newest row is older than a time: from first on, before upto.
func due(q db.Querier, folded int64, before time.Time) (first, upto int64, err error) {
	if first, err = oldest(q, folded); err != nil {
		return 0, 0, err
	}
	for upto = first; upto < min(folded, first+endAtOnce); upto++ {
		var at int64
		if err := q.QueryRow("SELECT at FROM view WHERE seq = $1", (upto+1)*Span).Scan(&at); err != nil {
			return 0, 0, fmt.Errorf("reading row %d of the view log: %w", (upto+1)*Span, err)
		}
		if at >= clock.Micros(before) {
			break
		}
	}
	return first, upto, nil
}

// empty takes the content out of a segment, and its index away.
func empty(tx db.Tx, segment int64) error {
	if err := tx.Exec("UPDATE view SET body = NULL WHERE seq > $1 AND seq <= $2", segment*Span, (segment+1)*Span); err != nil {
		return err
	}
	return tx.Exec("DELETE FROM view_find WHERE segment = $1", segment)
}

// forget takes away seats and sets that were used last in a segment before one, and by no row that is not indexed yet.
func forget(tx db.Tx, before int64, h head) error {
	old := map[int64]bool{}
	err := db.Each(tx, "SELECT once FROM view_used WHERE segment < $1", []any{before}, func(r db.Row) error {
		var id int64
		err := r.Scan(&id)
		old[id] = true
		return err
	})
	if err != nil || len(old) == 0 {
		return err
	}
	err = db.Each(tx, "SELECT body FROM view WHERE seq > $1 AND seq <= $2 AND body IS NOT NULL", []any{h.folded, h.seq}, func(r db.Row) error {
		var body []byte
		if err := r.Scan(&body); err != nil {
			return err
		}
		seat, set, err := (&Row{}).readBody(body)
		delete(old, seat)
		delete(old, set)
		return err
	})
	if err != nil {
		return err
	}
	for id := range old {
		if err := tx.Exec("DELETE FROM view_once WHERE id = $1", id); err != nil {
			return err
		}
		if err := tx.Exec("DELETE FROM view_used WHERE once = $1", id); err != nil {
			return err
		}
	}
	return nil
}

// LastEnded gives up to which row the log says that the retention ended, and when that was; 0 when it never did.
func LastEnded(q db.Querier) (upto int64, at time.Time, err error) {
	rows, _, err := Search(q, Query{Kind: Ended, Limit: 1})
	if err != nil || len(rows) == 0 {
		return 0, at, err
	}
	return rows[0].Upto, rows[0].At, nil
}
