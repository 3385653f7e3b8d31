package record

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
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

// Latest reads a chart's newest entries, newest first, at most limit, skipping those that keep says no to (nil keeps all). It walks back along
// the chart's chain from before (zero: from its head), in stretches that grow, so that a page costs one question and a long look few.
func Latest(q db.Querier, chart ID, before int64, limit int, keep func(*Entry) bool) ([]*Entry, error) {
	at, err := HeadOf(q, chart)
	if err != nil {
		return nil, err
	}
	if before > 0 && at >= before { // an entry of this chart shows the way on
		here, next, err := Back(q, before, 1)
		if err != nil {
			return nil, err
		}
		if len(here) > 0 && here[0].Chart == chart {
			at = next
		}
	}
	var out []*Entry
	for stretch := limit; at > 0 && len(out) < limit; stretch = min(stretch*4, 2048) {
		list, next, err := Back(q, at, stretch)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			if len(out) < limit && (before == 0 || e.Seq < before) && (keep == nil || keep(e)) {
				out = append(out, e)
			}
		}
		at = next
	}
	return out, nil
}

// HeadOf is the seq of a chart's newest entry; 0 when there is none.
func HeadOf(q db.Querier, chart ID) (int64, error) {
	var at int64
	err := q.QueryRow("SELECT seq FROM chart_head WHERE chart = $1", chart).Scan(&at)
	if err != nil && err != db.ErrNoRows {
		return 0, fmt.Errorf("reading the head of chart %s: %w", chart, err)
	}
	return at, nil
}

// Back reads the entry at a seq and those before it in its chart, newest first, at most limit, and says at which seq the walk goes on; 0 when
// the chart begins there.
func Back(q db.Querier, at int64, limit int) (list []*Entry, next int64, err error) {
	err = db.Each(q, backQuery, []any{at, limit}, func(r db.Row) error {
		e, err := ScanEntry(r, &next)
		list = append(list, e)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("walking back from entry %d: %w", at, err)
	}
	return list, next, nil
}

// backQuery walks back along a chart's chain.
var backQuery = `WITH RECURSIVE chain (at, before, n) AS (
SELECT seq, prev, 1 FROM entry WHERE seq = $1
UNION ALL SELECT e.seq, e.prev, c.n + 1 FROM chain c JOIN entry e ON e.seq = c.before WHERE c.before > 0 AND c.n < $2)
SELECT ` + Columns + `, prev FROM entry WHERE seq IN (SELECT at FROM chain) ORDER BY seq DESC`

// wordsQuery does so for what Words reads.
const wordsQuery = `WITH RECURSIVE chain (at, before, n) AS (
SELECT seq, prev, 1 FROM entry WHERE seq = $1
UNION ALL SELECT e.seq, e.prev, c.n + 1 FROM chain c JOIN entry e ON e.seq = c.before WHERE c.before > 0 AND c.n < $2)
SELECT seq, id, kind, version, happened, author, amends, labels, body, prev FROM chain JOIN entry ON seq = at`

// Words reads the same stretch of a chart as Back, of each entry only what it says and by whom seeing it is judged: seq, ID, chart, kind, version,
// when it happened, author, what it amends, labels and body. Long charts are searched by it.
func Words(q db.Querier, chart ID, at int64, limit int) (list []*Entry, next int64, err error) {
	err = db.Each(q, wordsQuery, []any{at, limit}, func(r db.Row) error {
		e := &Entry{Chart: chart}
		var happened, prev int64
		var labels string
		var body []byte
		err := r.Scan(&e.Seq, &e.ID, &e.Kind, &e.Version, &happened, &e.Author, &e.Amends, &labels, &body, &prev)
		e.Happened, e.Labels, e.Body = clock.FromMicros(happened), split(labels), body
		if len(list) == 0 || prev < next {
			next = prev
		}
		list = append(list, e)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("walking back from entry %d: %w", at, err)
	}
	slices.SortFunc(list, func(a, b *Entry) int { return cmp.Compare(b.Seq, a.Seq) })
	return list, next, nil
}

// Several reads the entries at some places of the log, the newest first.
func Several(q db.Querier, seqs ...int64) ([]*Entry, error) {
	var out []*Entry
	for part := range slices.Chunk(seqs, many) {
		args := make([]any, many) // one statement for any number: it is prepared once
		for i := range args {
			args[i] = part[min(i, len(part)-1)]
		}
		err := db.Each(q, severalQuery, args, func(r db.Row) error {
			e, err := ScanEntry(r)
			out = append(out, e)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("reading %d entries: %w", len(part), err)
		}
	}
	slices.SortFunc(out, func(a, b *Entry) int { return cmp.Compare(b.Seq, a.Seq) })
	return out, nil
}

// AmendsOf gives, for entries of a chart, those that amend them, in the order of the log: only what was filed in the same chart amends.
func AmendsOf(q db.Querier, chart ID, ids ...ID) (map[ID][]*Entry, error) {
	out := map[ID][]*Entry{}
	for part := range slices.Chunk(ids, many) {
		args := []any{chart[:]}
		for i := range many {
			args = append(args, part[min(i, len(part)-1)][:])
		}
		err := db.Each(q, amendsQuery, args, func(r db.Row) error {
			e, err := ScanEntry(r)
			if err == nil {
				out[e.Amends] = append(out[e.Amends], e)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("reading what amends %d entries of chart %s: %w", len(part), chart, err)
		}
	}
	return out, nil
}

// many is how many rows are asked for by their keys in one question.
const many = 64

var (
	severalQuery = "SELECT " + Columns + " FROM entry WHERE seq IN (" + places(1, many) + ")"
	amendsQuery  = "SELECT " + Columns + " FROM entry WHERE id IN (SELECT id FROM amend WHERE chart = $1 AND target IN (" + places(2, many) + ")) ORDER BY seq"
)

// places are the places of so many arguments from one on: "$2, $3".
func places(from, n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = "$" + strconv.Itoa(from+i)
	}
	return strings.Join(out, ", ")
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

// IDs gives the IDs that a question's one column holds, in the question's order.
func IDs(q db.Querier, query string, args ...any) ([]ID, error) {
	var out []ID
	err := db.Each(q, query, args, func(r db.Row) error {
		var id ID
		err := r.Scan(&id)
		out = append(out, id)
		return err
	})
	return out, err
}
