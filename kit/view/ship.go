package view

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/tlog"

	"milieu/kit/clock"
	"milieu/kit/db"
)

// A shipped piece is a stretch of the log that stands for itself: the root before it, its rows as one frame after another, and the root after it.
// Appended again in order, they give the same log with the same roots.
const shipMagic = "milieu views piece 1\n"

// Ship writes the rows behind a row, and gives the last one written and the tree as it was then: the newest there is, or upto when that is not 0.
// Where a retention has ended there are only leaves.
func Ship(q db.Querier, after, upto int64, to io.Writer) (tree tlog.Tree, err error) {
	h, err := readHead(q, "")
	if err != nil {
		return tree, err
	}
	if upto > 0 {
		root, err := Root(q, upto)
		if err != nil {
			return tree, err
		}
		h.seq, h.root = upto, root
	}
	before, err := Root(q, after)
	if err != nil {
		return tree, err
	}
	w := bufio.NewWriterSize(to, 1<<16)
	b := append([]byte(shipMagic), before[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(after))
	b = binary.BigEndian.AppendUint64(b, uint64(h.seq))
	if _, err := w.Write(append(b, h.root[:]...)); err != nil {
		return tree, err
	}
	in := newReading(q)
	for from := after + 1; from <= h.seq; from += Span {
		if err := in.ship(from, min(from+Span-1, h.seq), w); err != nil {
			return tree, err
		}
	}
	return tlog.Tree{N: h.seq, Hash: h.root}, w.Flush()
}

func (in *reading) ship(from, to int64, w io.Writer) error {
	var all []stored
	err := db.Each(in.q, "SELECT seq, at, body, tree FROM view WHERE seq >= $1 AND seq <= $2 ORDER BY seq", []any{from, to}, func(row db.Row) error {
		var s stored
		err := row.Scan(&s.seq, &s.at, &s.body, &s.tree)
		all = append(all, s)
		return err
	})
	if err != nil {
		return fmt.Errorf("reading rows %d to %d of the view log: %w", from, to, err)
	}
	for _, s := range all {
		var b []byte
		if len(s.body) == 0 { // its retention has ended: the leaf alone is left
			b = binary.AppendVarint([]byte{0}, s.at)
			b = append(b, s.tree[:min(len(s.tree), tlog.HashSize)]...)
		} else {
			r := Row{Seq: s.seq, At: clock.FromMicros(s.at)}
			if _, _, err := in.fill(&r, s.body); err != nil {
				return fmt.Errorf("reading row %d of the view log: %w", s.seq, err)
			}
			one := frame{rows: []Row{r}}
			b = append([]byte{1}, one.plain()...)
		}
		if _, err := w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)); err != nil {
			return err
		}
	}
	return nil
}

// Restore appends a shipped piece to a log that ends where the piece begins, with the times it had, and refuses what does not give the root that
// the piece says. Pieces that the log holds already are passed over.
func Restore(ctx context.Context, d *db.DB, from io.Reader) error {
	if err := Migrate(ctx, d); err != nil {
		return err
	}
	in := bufio.NewReaderSize(from, 1<<16)
	b := make([]byte, len(shipMagic)+tlog.HashSize+16+tlog.HashSize)
	if _, err := io.ReadFull(in, b); err != nil || string(b[:len(shipMagic)]) != shipMagic {
		return errors.New("this is no piece of a view log")
	}
	b = b[len(shipMagic):]
	after, last := int64(binary.BigEndian.Uint64(b[32:])), int64(binary.BigEndian.Uint64(b[40:]))
	now, err := readHead(d.Read(ctx), "")
	switch {
	case err != nil:
		return err
	case now.seq >= last:
		return nil
	case now.seq != after || !bytes.Equal(now.root[:], b[:32]):
		return fmt.Errorf("the piece does not carry on the log of %d rows: it begins behind row %d", now.seq, after)
	}
	names := newKnown()
	for now.seq < last {
		err := d.Write(ctx, func(tx db.Tx) error {
			a, err := begin(tx, d.Dialect, names)
			if err != nil {
				return err
			}
			for a.head.seq < min(now.seq+Span, last) {
				if err := a.restore(in); err != nil {
					return fmt.Errorf("restoring row %d of the view log: %w", a.head.seq+1, err)
				}
			}
			if err := a.finish([]byte{}); err != nil {
				return err
			}
			if a.head.seq == last && !bytes.Equal(a.head.root[:], b[48:]) {
				return errors.New("the piece does not hold the rows that it says it holds")
			}
			now.seq = a.head.seq
			return nil
		})
		clear(names.seats) // what a transaction learned is looked up again: few are
		clear(names.sets)
		if err != nil {
			return err
		}
	}
	return nil
}

// restore reads one row of a piece and appends it.
func (a *appending) restore(in io.Reader) error {
	var size [4]byte
	if _, err := io.ReadFull(in, size[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n < 2 || n > 1<<20 {
		return errUnreadable
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(in, b); err != nil {
		return err
	}
	if b[0] == 0 {
		t := &taking{b: b[1:]}
		at, leaf := t.signed(), tlog.Hash(t.bytes(tlog.HashSize))
		if err := t.err(); err != nil {
			return err
		}
		return a.put(a.head.seq+1, clock.FromMicros(at), leaf, nil)
	}
	f, err := readFrame(b[1:])
	if err != nil || len(f.rows) != 1 {
		return errUnreadable
	}
	return a.add(&f.rows[0])
}
