package proof

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

// Problem is one thing in the database that is not as it was filed.
type Problem struct {
	Seq  int64     // the entry's place in the log; 0 for what concerns no single entry
	ID   record.ID // of the entry, where it is known
	Text string
}

// String names the entry.
func (p Problem) String() string {
	if p.Seq == 0 {
		return p.Text
	}
	return fmt.Sprintf("entry %d (%s): %s", p.Seq, p.ID, p.Text)
}

// Report is what Verify found.
type Report struct {
	Tree     tlog.Tree // worked out afresh from the entries
	Problems []Problem // at most maxProblems
	More     int       // further problems
}

const maxProblems = 200

func (r *Report) problem(seq int64, id record.ID, format string, args ...any) {
	if len(r.Problems) == maxProblems {
		r.More++
		return
	}
	r.Problems = append(r.Problems, Problem{seq, id, fmt.Sprintf(format, args...)})
}

// span is how many entries one worker reads at a time.
const span = 2048

// Verify reads the whole log beside whatever else goes on and works everything out afresh: each entry's leaf, the commitment to each body,
// the tree, the numbering and the chain of every chart, the heads, the table of amendments. It judges the entries that were filed when it began.
func Verify(ctx context.Context, d *db.DB, progress func(done, total int64)) (*Report, error) {
	head, err := Head(d.Read(ctx))
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	// Each worker reads and hashes its own stretches; they are judged in order of the log.
	workers := min(runtime.GOMAXPROCS(0), 8)
	lanes := make([]chan stretch, workers)
	for w := range lanes {
		lanes[w] = make(chan stretch, 2)
		go func() {
			defer close(lanes[w])
			for from := int64(w)*span + 1; from <= head.N; from += int64(workers) * span {
				s := readStretch(d.Read(ctx), from, min(from+span-1, head.N))
				select {
				case lanes[w] <- s:
				case <-ctx.Done():
					return
				}
				if s.err != nil {
					return
				}
			}
		}()
	}
	v := &verifying{report: &Report{}, charts: map[record.ID]chartEnd{}, destroyed: map[record.ID]bool{}}
	for from, w := int64(1), 0; from <= head.N; from, w = from+span, (w+1)%workers {
		s, ok := <-lanes[w]
		if !ok {
			return nil, ctx.Err()
		}
		if s.err != nil {
			return nil, s.err
		}
		v.judge(s)
		if progress != nil {
			progress(min(from+span-1, head.N), head.N)
		}
	}
	v.missing(v.next(), head.N)
	return v.report, v.finish(ctx, d, head)
}

// found is one entry as read, with what was worked out beside the others.
type found struct {
	seq, number, prev int64
	id, chart         record.ID
	leaf              tlog.Hash
	tree              []byte
	empty             bool   // without a body
	wrong             string // what is wrong within the row itself
	destroys          []record.ID
}

type stretch struct {
	from, to int64
	entries  []found
	err      error
}

func readStretch(q db.Querier, from, to int64) stretch {
	s := stretch{from: from, to: to, entries: make([]found, 0, to-from+1)}
	s.err = db.Each(q, "SELECT "+record.Columns+", prev, salt, commitment, tree FROM entry WHERE seq >= $1 AND seq <= $2 ORDER BY seq", []any{from, to}, func(r db.Row) error {
		f := found{}
		var salt, commitment []byte
		e, err := record.ScanEntry(r, &f.prev, &salt, &commitment, &f.tree)
		if err != nil {
			return err
		}
		f.seq, f.number, f.id, f.chart, f.empty = e.Seq, e.Number, e.ID, e.Chart, len(e.Body) == 0
		var c [32]byte
		switch {
		case len(commitment) != 32:
			f.wrong = "its commitment is damaged"
		case f.empty && len(salt) > 0:
			f.wrong = "its body is gone, though its salt is there: it was not destroyed in the proper way"
		case !f.empty && len(salt) != 16:
			f.wrong = "its salt is gone"
		case !f.empty && record.Commitment(record.Salt(salt), e.Body) != [32]byte(commitment):
			f.wrong = "its body is not the one that was filed"
		}
		copy(c[:], commitment)
		f.leaf = record.Leaf(e, c)
		if e.Kind == "record.destroyed" {
			f.destroys = e.Cites
		}
		s.entries = append(s.entries, f)
		return nil
	})
	if s.err != nil {
		s.err = fmt.Errorf("reading entries %d to %d: %w", from, to, s.err)
	}
	return s
}

type chartEnd struct{ number, seq int64 }

// verifying walks the log in order.
type verifying struct {
	report    *Report
	frontier  record.Frontier
	charts    map[record.ID]chartEnd
	bare      []found // entries without a body
	destroyed map[record.ID]bool
}

func (v *verifying) next() int64 { return v.report.Tree.N + 1 }

func (v *verifying) judge(s stretch) {
	for i := range s.entries {
		f := &s.entries[i]
		v.missing(v.next(), f.seq-1)
		v.entry(f)
	}
}

// missing notes a gap, and puts empty leaves in so that what follows is judged by itself.
func (v *verifying) missing(from, to int64) {
	if from > to {
		return
	}
	if from == to {
		v.report.problem(from, record.Zero, "it is missing")
	} else {
		v.report.problem(from, record.Zero, "it is missing, and so are those after it up to %d", to)
	}
	for ; from <= to; from++ {
		v.frontier, _ = v.frontier.Append(from-1, tlog.Hash{})
		v.report.Tree.N++
	}
}

func (v *verifying) entry(f *found) {
	r := v.report
	stored := record.UnpackHashes(f.tree)
	leaf := f.leaf
	switch {
	case f.wrong != "":
		r.problem(f.seq, f.id, "%s", f.wrong)
	case len(stored) > 0 && stored[0] != leaf:
		r.problem(f.seq, f.id, "it is not as it was filed")
	}
	if len(stored) > 0 {
		leaf = stored[0] // what the tree was built of: otherwise one changed entry would make every later one look wrong
	}
	var done []tlog.Hash
	v.frontier, done = v.frontier.Append(f.seq-1, leaf)
	r.Tree.N = f.seq
	if !slices.Equal(done, stored) || len(f.tree)%tlog.HashSize != 0 {
		level := 0
		for level < min(len(done), len(stored)) && done[level] == stored[level] {
			level++
		}
		r.problem(f.seq, f.id, "the tree over entries %d to %d does not fit them", f.seq-1<<level+1, f.seq)
		v.adopt(f.seq, stored)
	}
	end := v.charts[f.chart]
	if f.number != end.number+1 {
		r.problem(f.seq, f.id, "it has number %d in its chart, and %d comes next there", f.number, end.number+1)
	}
	if f.prev != end.seq {
		r.problem(f.seq, f.id, "it says that the entry before it in its chart is %d, and it is %d", f.prev, end.seq)
	}
	v.charts[f.chart] = chartEnd{f.number, f.seq}
	if f.empty {
		v.bare = append(v.bare, *f)
	}
	for _, id := range f.destroys {
		v.destroyed[id] = true
	}
}

// adopt takes the stored hash as the frontier's last, once a misfit has been told.
func (v *verifying) adopt(seq int64, stored []tlog.Hash) {
	level := 0
	for n := seq - 1; n&1 == 1; n >>= 1 {
		level++
	}
	if level < len(stored) {
		v.frontier[len(v.frontier)-1] = stored[level]
	}
}

// finish judges what is told of the log as a whole.
func (v *verifying) finish(ctx context.Context, d *db.DB, head tlog.Tree) error {
	r := v.report
	r.Tree.Hash = v.frontier.Root()
	if r.Tree != head {
		r.problem(0, record.Zero, "the head of the log says %d entries with root %s; the entries give %d with root %s", head.N, head.Hash, r.Tree.N, r.Tree.Hash)
	}
	for _, f := range v.bare {
		if !v.destroyed[f.id] {
			r.problem(f.seq, f.id, "its body is gone, and no entry says that it was destroyed")
		}
	}
	return d.Snapshot(ctx, func(q db.Querier) error {
		now, err := Head(q)
		if err != nil {
			return err
		}
		if err := v.heads(q, head.N, now.N); err != nil {
			return err
		}
		return v.amendments(q, head.N)
	})
}

// heads compares the charts' heads. Those that have moved on since Verify began are judged next time.
func (v *verifying) heads(q db.Querier, began, now int64) error {
	n := 0
	err := db.Each(q, "SELECT chart, number, seq FROM chart_head", nil, func(row db.Row) error {
		var id record.ID
		var h chartEnd
		if err := row.Scan(&id, &h.number, &h.seq); err != nil {
			return err
		}
		end, ok := v.charts[id]
		if ok {
			n++
		}
		if h.seq > began && h.seq <= now {
			return nil
		}
		if end != h {
			v.report.problem(end.seq, record.Zero, "the head of chart %s says entry %d with number %d; its entries end at %d with number %d", id, h.seq, h.number, end.seq, end.number)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading the heads of the charts: %w", err)
	}
	if n != len(v.charts) {
		v.report.problem(0, record.Zero, "%d charts have entries and no head", len(v.charts)-n)
	}
	return nil
}

// amendments compares the table of amendments, which decides what stands, with the entries it was written from.
func (v *verifying) amendments(q db.Querier, until int64) error {
	err := db.Each(q, `SELECT e.seq, e.id FROM entry e LEFT JOIN amend a ON a.target = e.amends AND a.id = e.id
WHERE e.amends IS NOT NULL AND e.seq <= $1 AND (a.id IS NULL OR a.chart <> e.chart OR a.amendment <> e.amendment OR a.written <> e.written) ORDER BY e.seq`, []any{until}, func(r db.Row) error {
		var seq int64
		var id record.ID
		err := r.Scan(&seq, &id)
		v.report.problem(seq, id, "the table of amendments does not have it as it was filed")
		return err
	})
	if err != nil {
		return fmt.Errorf("reading the amendments: %w", err)
	}
	err = db.Each(q, "SELECT a.id, a.written FROM amend a LEFT JOIN entry e ON e.id = a.id WHERE e.id IS NULL OR e.amends IS NULL OR e.amends <> a.target", nil, func(r db.Row) error {
		var id record.ID
		var written int64
		err := r.Scan(&id, &written)
		v.report.problem(0, id, "the table of amendments has %s of %s, which was never filed", id, clock.FromMicros(written))
		return err
	})
	if err != nil {
		return fmt.Errorf("reading the amendments: %w", err)
	}
	return nil
}
