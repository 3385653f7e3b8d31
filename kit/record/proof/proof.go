// Package proof shows that the record is whole: that an entry is in the log, that an older log is the beginning of a newer one, and that
// nothing in the database differs from what was filed.
//
// Over the log's total order stands the Merkle tree of RFC 6962. The hashes that an entry's leaf completes are kept in the entry's own row,
// lowest first, so that any proof reads a few dozen rows. A checkpoint is the size and root of the tree, signed; kept elsewhere, it shows a
// database that was edited, cut or rolled back.
package proof

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"milieu/kit/db"
	"milieu/kit/record"
)

// Hashes reads the tree's stored hashes from the entries' rows.
func Hashes(q db.Querier) tlog.HashReader { return HashesIn(q, "entry") }

// HashesIn reads the stored hashes of the tree over another table with columns seq and tree.
func HashesIn(q db.Querier, table string) tlog.HashReader {
	query := "SELECT tree FROM " + table + " WHERE seq = $1"
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		rows := map[int64][]tlog.Hash{}
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			level, n := tlog.SplitStoredHashIndex(index)
			seq := (n + 1) << level // of the entry whose leaf completed this hash
			hashes, ok := rows[seq]
			if !ok {
				var packed []byte
				if err := q.QueryRow(query, seq).Scan(&packed); err != nil {
					return nil, fmt.Errorf("reading the tree at entry %d: %w", seq, err)
				}
				hashes = record.UnpackHashes(packed)
				rows[seq] = hashes
			}
			if level >= len(hashes) {
				return nil, fmt.Errorf("reading the tree at entry %d: it has %d hashes, not the %d it should", seq, len(hashes), level+1)
			}
			out[i] = hashes[level]
		}
		return out, nil
	})
}

// Root is the root of the tree over the first size entries.
func Root(q db.Querier, size int64) (tlog.Hash, error) {
	if size == 0 {
		return record.Frontier(nil).Root(), nil
	}
	return tlog.TreeHash(size, Hashes(q))
}

// Head is the size and root of the log as it stands.
func Head(q db.Querier) (tlog.Tree, error) {
	var t tlog.Tree
	var root []byte
	if err := q.QueryRow("SELECT seq, root FROM log_head WHERE one = 1").Scan(&t.N, &root); err != nil {
		return t, fmt.Errorf("reading the head of the log: %w", err)
	}
	copy(t.Hash[:], root)
	return t, nil
}

// Inclusion proves that the entry at seq is in the tree of a size: check it with tlog.CheckRecord(proof, size, root, seq-1, leaf).
func Inclusion(q db.Querier, size, seq int64) (tlog.RecordProof, error) {
	if seq < 1 || seq > size {
		return nil, fmt.Errorf("proving entry %d in a log of %d: it is not in it", seq, size)
	}
	p, err := tlog.ProveRecord(size, seq-1, Hashes(q))
	if err != nil {
		return nil, fmt.Errorf("proving entry %d in a log of %d: %w", seq, size, err)
	}
	return p, nil
}

// Consistency proves that the log of the older size is the beginning of that of the newer: check it with tlog.CheckTree.
func Consistency(q db.Querier, older, newer int64) (tlog.TreeProof, error) {
	if older < 1 || older > newer {
		return nil, fmt.Errorf("proving a log of %d to be the beginning of one of %d: it cannot be", older, newer)
	}
	p, err := tlog.ProveTree(newer, older, Hashes(q))
	if err != nil {
		return nil, fmt.Errorf("proving a log of %d to be the beginning of one of %d: %w", older, newer, err)
	}
	return p, nil
}
