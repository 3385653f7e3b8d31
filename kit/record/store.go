package record

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
)

// Columns of a stored entry in the order that ScanEntry reads.
const Columns = "seq, id, chart, number, kind, version, happened, written, received, skew, author, role, device, amends, amendment, cites, labels, marks, body"

// ScanEntry reads one row of Columns, with any further columns into more.
func ScanEntry(r db.Row, more ...any) (*Entry, error) {
	e := &Entry{}
	var happened, written, received, skew int64
	var cites []byte
	var labels, marks string
	var body []byte
	dest := append([]any{&e.Seq, &e.ID, &e.Chart, &e.Number, &e.Kind, &e.Version, &happened, &written, &received, &skew, &e.Author, &e.Role, &e.Device, &e.Amends, &e.Amendment, &cites, &labels, &marks, &body}, more...)
	if err := r.Scan(dest...); err != nil {
		return nil, err
	}
	e.Happened, e.Written, e.Received = clock.FromMicros(happened), clock.FromMicros(written), clock.FromMicros(received)
	e.Skew = Offset(time.Duration(skew) * time.Microsecond)
	for len(cites) >= 16 {
		e.Cites = append(e.Cites, ID(cites[:16]))
		cites = cites[16:]
	}
	e.Labels, e.Marks = split(labels), split(marks)
	e.Body = json.RawMessage(body)
	return e, nil
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, " ")
}

// Insert writes an entry's row. prev is the seq of the previous entry of its chart, tree the hashes its leaf completes.
func Insert(tx db.Tx, p *Prepared, prev int64, tree []byte) error {
	e := p.Entry
	var cites []byte
	for _, c := range e.Cites {
		cites = append(cites, c[:]...)
	}
	return tx.Exec(`INSERT INTO entry (seq, id, chart, number, prev, kind, version, happened, written, received, skew, author, role, device, amends, amendment, cites, labels, marks, digest, salt, commitment, body, tree)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)`,
		e.Seq, e.ID[:], e.Chart[:], e.Number, prev, e.Kind, e.Version, clock.Micros(e.Happened), clock.Micros(e.Written), clock.Micros(e.Received), time.Duration(e.Skew).Microseconds(),
		e.Author, e.Role, e.Device, e.Amends, string(e.Amendment), cites, strings.Join(e.Labels, " "), strings.Join(e.Marks, " "), p.Digest[:], p.Salt[:], p.Commitment[:], []byte(e.Body), tree)
}

// Find reads one entry by its ID. db.ErrNoRows when there is none.
func Find(q db.Querier, id ID) (*Entry, error) {
	return ScanEntry(q.QueryRow("SELECT "+Columns+" FROM entry WHERE id = $1", id))
}

// Chart reads a chart's entries with seq after `after`, in order of seq, at most limit. It walks back along the chart's own chain, which
// costs no index on the largest table there is.
func Chart(q db.Querier, chart ID, after int64, limit int) ([]*Entry, error) {
	var out []*Entry
	err := db.Each(q, chainQuery, []any{chart[:], after, limit}, func(r db.Row) error {
		e, err := ScanEntry(r)
		out = append(out, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("walking chart %s: %w", chart, err)
	}
	return out, nil
}

// chainQuery walks back from the chart's head to the seq after which it is read, and reads what stands there in the order of the log.
var chainQuery = `WITH RECURSIVE chain (at, prev) AS (
SELECT e.seq, e.prev FROM chart_head h JOIN entry e ON e.seq = h.seq WHERE h.chart = $1 AND h.seq > $2
UNION ALL SELECT e.seq, e.prev FROM chain c JOIN entry e ON e.seq = c.prev WHERE c.prev > $2)
SELECT ` + Columns + ` FROM entry WHERE seq IN (SELECT at FROM chain) ORDER BY seq LIMIT $3`

// Latest reads a chart's newest entries, newest first, at most limit, skipping those that keep says no to (nil keeps all).
func Latest(q db.Querier, chart ID, before int64, limit int, keep func(*Entry) bool) ([]*Entry, error) {
	var at int64
	err := q.QueryRow("SELECT seq FROM chart_head WHERE chart = $1", chart).Scan(&at)
	if err == db.ErrNoRows {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the head of chart %s: %w", chart, err)
	}
	var out []*Entry
	for at > 0 && len(out) < limit {
		var prev int64
		e, err := ScanEntry(q.QueryRow("SELECT "+Columns+", prev FROM entry WHERE seq = $1", at), &prev)
		if err != nil {
			return nil, fmt.Errorf("reading entry %d: %w", at, err)
		}
		if (before == 0 || e.Seq < before) && (keep == nil || keep(e)) {
			out = append(out, e)
		}
		at = prev
	}
	return out, nil
}

// At reads the entry at a place of the log.
func At(q db.Querier, seq int64) (*Entry, error) {
	e, err := ScanEntry(q.QueryRow("SELECT "+Columns+" FROM entry WHERE seq = $1", seq))
	if err != nil {
		return nil, fmt.Errorf("reading entry %d: %w", seq, err)
	}
	return e, nil
}

// Range reads entries in order of seq from `from` on, at most limit.
func Range(q db.Querier, from int64, limit int) ([]*Entry, error) {
	out := make([]*Entry, 0, limit)
	err := db.Each(q, "SELECT "+Columns+" FROM entry WHERE seq >= $1 ORDER BY seq LIMIT $2", []any{from, limit}, func(r db.Row) error {
		e, err := ScanEntry(r)
		out = append(out, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the log from entry %d: %w", from, err)
	}
	return out, nil
}
