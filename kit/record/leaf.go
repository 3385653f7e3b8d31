package record

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"golang.org/x/mod/sumdb/tlog"

	"milieu/kit/clock"
)

// ErrDestroyed says that an entry's body was destroyed when its retention ended; that it was there is still proven.
var ErrDestroyed = errors.New("the body of this entry has been destroyed")

// Salt hides a body behind its hash, so that destroying both leaves nothing to guess from.
type Salt [16]byte

// NewSalt draws a salt.
func NewSalt() (s Salt) {
	_, _ = rand.Read(s[:]) // never fails: package rand ends the program instead
	return s
}

// Commitment is the hash of salt and body that the leaf covers in place of the body.
func Commitment(s Salt, body []byte) [32]byte {
	h := sha256.New()
	h.Write(s[:])
	h.Write(body)
	var out [32]byte
	h.Sum(out[:0])
	return out
}

// Digest recognises a submission: the same again gives the same digest, though meanwhile the sender's role or the measured error of the
// device's clock have changed. It covers what was sent and who sent it, and nothing that admission or the log adds: e is as submitted, but
// for its body, which is in canonical form.
func Digest(e *Entry) [32]byte {
	b := make([]byte, 0, 256+len(e.Body))
	b = append(b, e.ID[:]...)
	b = append(b, e.Chart[:]...)
	b = appendText(b, e.Kind)
	b = binary.AppendVarint(b, int64(e.Version))
	b = binary.AppendVarint(b, clock.Micros(e.Happened))
	b = binary.AppendVarint(b, clock.Micros(e.Written))
	b = append(b, e.Author[:]...)
	b = append(b, e.Amends[:]...)
	b = appendText(b, string(e.Amendment))
	b = appendIDs(b, e.Cites)
	b = appendTexts(b, e.Labels)
	return sha256.Sum256(append(b, e.Body...))
}

// Leaf is the entry's leaf in the RFC 6962 tree over the whole log: its metadata as filed and the commitment to its body.
func Leaf(e *Entry, commitment [32]byte) tlog.Hash {
	b := make([]byte, 0, 320)
	b = append(b, 1) // form of this encoding
	b = binary.AppendVarint(b, e.Seq)
	b = binary.AppendVarint(b, e.Number)
	b = binary.AppendVarint(b, clock.Micros(e.Received))
	b = appendTexts(b, e.Marks)
	b = appendText(b, e.Device)
	b = e.appendMeta(b)
	return tlog.RecordHash(append(b, commitment[:]...))
}

// Frontier is the right edge of the tree: the roots of its complete subtrees, largest first. It is all that is needed to append.
type Frontier []tlog.Hash

// Append adds the n-th leaf (from 0) and gives the hashes it completes, lowest first: they are kept in the entry's own row.
func (f Frontier) Append(n int64, leaf tlog.Hash) (Frontier, []tlog.Hash) {
	done := []tlog.Hash{leaf}
	for ; n&1 == 1; n >>= 1 {
		leaf = tlog.NodeHash(f[len(f)-1], leaf)
		f = f[:len(f)-1]
		done = append(done, leaf)
	}
	return append(f, leaf), done
}

// Root is the hash of the whole tree.
func (f Frontier) Root() tlog.Hash {
	if len(f) == 0 {
		return tlog.Hash(sha256.Sum256(nil))
	}
	h := f[len(f)-1]
	for i := len(f) - 2; i >= 0; i-- {
		h = tlog.NodeHash(f[i], h)
	}
	return h
}

// Pack writes the frontier as bytes.
func (f Frontier) Pack() []byte { return PackHashes(f) }

// PackHashes writes hashes one behind another.
func PackHashes(hs []tlog.Hash) []byte {
	b := make([]byte, 0, len(hs)*tlog.HashSize)
	for _, h := range hs {
		b = append(b, h[:]...)
	}
	return b
}

// UnpackHashes reads what PackHashes wrote.
func UnpackHashes(b []byte) []tlog.Hash {
	out := make([]tlog.Hash, len(b)/tlog.HashSize)
	for i := range out {
		copy(out[i][:], b[i*tlog.HashSize:])
	}
	return out
}
