package view

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/record/proof"
)

// Report is what Verify found.
type Report struct {
	Tree     tlog.Tree // worked out afresh from the rows
	Problems []string  // at most maxProblems
	More     int       // further problems
}

const maxProblems = 200

func (r *Report) problem(format string, args ...any) {
	if len(r.Problems) == maxProblems {
		r.More++
		return
	}
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

// Verify reads the whole log beside whatever else goes on and works out every leaf and the tree afresh. It judges the rows that were there
// when it began. What the index says is worked out from the rows again by those who doubt it, and proves nothing.
func Verify(ctx context.Context, d *db.DB, progress func(done, total int64)) (*Report, error) {
	q := d.Read(ctx)
	h, err := readHead(q, "")
	if err != nil {
		return nil, err
	}
	r := &Report{}
	v := &verifying{Report: r, in: newReading(q)}
	for from := int64(1); from <= h.seq; from += Span {
		if err := v.stretch(q, from, min(from+Span-1, h.seq)); err != nil {
			return nil, err
		}
		if progress != nil {
			progress(min(from+Span-1, h.seq), h.seq)
		}
	}
	v.missing(h.seq)
	r.Tree.Hash = v.frontier.Root()
	if r.Tree.N != h.seq || r.Tree.Hash != h.root {
		r.problem("the head of the view log says %d rows with root %s; the rows give %d with root %s", h.seq, tlog.Hash(h.root), r.Tree.N, r.Tree.Hash)
	}
	if v.empty > v.ended {
		r.problem("the content of rows up to %d is gone, and no row says that their retention had ended", v.empty)
	}
	return r, nil
}

type verifying struct {
	*Report
	in           *reading
	frontier     record.Frontier
	last         int64 // time of the row before
	empty, ended int64 // the last row without content, and up to where a row says that this is right
}

func (v *verifying) missing(upto int64) {
	if v.Tree.N >= upto {
		return
	}
	v.problem("row %d of the view log is missing, and so are those after it up to %d", v.Tree.N+1, upto)
	for v.Tree.N < upto {
		v.frontier, _ = v.frontier.Append(v.Tree.N, tlog.Hash{})
		v.Tree.N++
	}
}

func (v *verifying) stretch(q db.Querier, from, to int64) error {
	var all []stored
	err := db.Each(q, "SELECT seq, at, body, tree FROM view WHERE seq >= $1 AND seq <= $2 ORDER BY seq", []any{from, to}, func(row db.Row) error {
		var s stored
		err := row.Scan(&s.seq, &s.at, &s.body, &s.tree)
		all = append(all, s)
		return err
	})
	if err != nil {
		return fmt.Errorf("reading rows %d to %d of the view log: %w", from, to, err)
	}
	for _, s := range all {
		v.missing(s.seq - 1)
		v.row(s.seq, s.at, s.body, record.UnpackHashes(s.tree))
	}
	return nil
}

func (v *verifying) row(seq, at int64, body []byte, stored []tlog.Hash) {
	leaf := tlog.Hash{}
	if len(stored) > 0 {
		leaf = stored[0] // what the tree was built of: otherwise one changed row would make every later one look wrong
	}
	if len(body) == 0 {
		v.empty = seq
	} else {
		r := Row{Seq: seq, At: clock.FromMicros(at)}
		_, _, err := v.in.fill(&r, body)
		seat := once{}
		if err == nil {
			seat.digest = r.Seat.digest()
		}
		switch {
		case err != nil:
			v.problem("row %d of the view log cannot be read: %v", seq, err)
		case len(stored) == 0 || r.leaf(seat.digest) != leaf:
			v.problem("row %d of the view log is not as it was written", seq)
		case r.Kind == Ended:
			v.ended = max(v.ended, r.Upto)
		}
	}
	if at < v.last {
		v.problem("row %d of the view log is older than the one before it", seq)
	}
	v.last = at
	var done []tlog.Hash
	v.frontier, done = v.frontier.Append(seq-1, leaf)
	v.Tree.N = seq
	if !slices.Equal(done, stored) {
		v.problem("the tree of the view log does not fit its rows at row %d", seq)
	}
}

// Against checks that the log as it stands carries on the one a checkpoint was made of. *proof.ErrForked when it does not.
func Against(q db.Querier, checkpoint tlog.Tree) error {
	now, err := Head(q)
	if err != nil {
		return err
	}
	return proof.AgainstIn(proof.HashesIn(q, "view"), now, checkpoint)
}
