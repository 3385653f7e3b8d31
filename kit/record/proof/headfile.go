package proof

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/tlog"
)

// ErrBehind says that the database lacks entries that were acknowledged, or holds others in their place: its write-ahead log was cut or damaged, or an old copy was put in its place.
type ErrBehind struct {
	Log            string // "record", "view log"
	Path           string
	Database, Head int64 // seq found and seq acknowledged
}

// Error implements error.
func (e *ErrBehind) Error() string {
	if e.Database >= e.Head {
		return fmt.Sprintf("the first %d entries of the %s are not those that were acknowledged (see %s): the database is not the one that was running; restore a backup, or move the head file away to accept it", e.Head, e.Log, e.Path)
	}
	return fmt.Sprintf("the %s ends at entry %d, but entry %d was acknowledged (see %s): entries are missing from the database; restore a backup, or move the head file away to accept the loss", e.Log, e.Database, e.Head, e.Path)
}

// HeadFile keeps (seq, root) beside the database, written after each commit and before its acknowledgement. SQLite takes a flipped byte in
// its write-ahead log for a torn end and silently drops what follows; a start that finds the database behind this file stops and says so.
// Two slots are written in turn, so that a torn write leaves the other. It is not synced: after a lost write it lags, which is harmless.
type HeadFile struct {
	f    *os.File
	slot int64
}

const slotSize = 8 + 32 + 32

// OpenHeadFile reads what was acknowledged last and compares the log, which now has size entries, with it. rootAt is the log's root at an earlier
// size. The log's name stands in ErrBehind.
func OpenHeadFile(path, log string, size int64, rootAt func(int64) (tlog.Hash, error)) (*HeadFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the head file: %w", err)
	}
	h := &HeadFile{f: f}
	var noted int64
	var root []byte
	for i := range int64(2) {
		buf := make([]byte, slotSize)
		if n, _ := f.ReadAt(buf, i*512); n < slotSize {
			continue
		}
		sum := sha256.Sum256(buf[:40])
		if seq := int64(binary.BigEndian.Uint64(buf)); string(sum[:]) == string(buf[40:]) && seq > noted {
			noted, root, h.slot = seq, buf[8:40], 1-i
		}
	}
	if noted == 0 {
		return h, nil
	}
	if noted <= size {
		then, err := rootAt(noted)
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("comparing the log with its head file: %w", err)
		}
		if string(then[:]) == string(root) {
			return h, nil
		}
	}
	f.Close()
	return nil, &ErrBehind{log, path, size, noted}
}

// Write notes what is durable now.
func (h *HeadFile) Write(seq int64, root tlog.Hash) error {
	buf := make([]byte, 40, slotSize)
	binary.BigEndian.PutUint64(buf, uint64(seq))
	copy(buf[8:], root[:])
	sum := sha256.Sum256(buf)
	_, err := h.f.WriteAt(append(buf, sum[:]...), h.slot*512)
	h.slot = 1 - h.slot
	return err
}

// Close closes the file.
func (h *HeadFile) Close() error { return h.f.Close() }
