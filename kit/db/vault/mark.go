package vault

import (
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"

	"milieu/kit/db/vault/shim"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// The write-ahead log's layout: a header, then frames of a header and a page.
const (
	walHeader   = 32
	frameHeader = 24
	frameSize   = frameHeader + PageSize
	framePlain  = frameHeader + bodySize
)

func frameOffset(frame uint32) int64 { return walHeader + int64(frame-1)*frameSize }

// salts tell one generation of the log from the next.
type salts [8]byte

// mark is what is known to be durable in the log: its first frames of one generation.
// A mark with no frames promises nothing.
type mark struct {
	seq    uint64
	salts  salts
	frames uint32
	// exact is false when one of the two slots is spoilt: then the mark may be older
	// than the last one written.
	exact bool
}

const (
	markPlain = 24
	markSize  = markPlain + Reserved
)

func markOffset(slot int) int64 { return 2*PageSize + int64(slot)*512 }

// walState is what this process knows of the log. committed and synced count frames of
// the generation salts.
type walState struct {
	mu        sync.Mutex // also orders marks; taken before store.mu
	salts     salts
	known     bool
	committed uint32 // the last frame that ended a transaction
	synced    atomic.Uint32
}

func readMark(t *libc.TLS, s *sealer, side *shim.Extra, id identity) (m mark, slot int, err error) {
	var d desk
	slot, m.exact = -1, true
	var raw [512 + markSize]byte
	rc := side.ReadAt(t, raw[:], markOffset(0))
	if rc != sqlite3.SQLITE_OK && rc != sqlite3.SQLITE_IOERR_SHORT_READ {
		return m, slot, ioError{"read the log's mark", rc}
	}
	for i := range 2 {
		unit := raw[i*512 : i*512+markSize]
		if allZero(unit) {
			continue
		}
		body, err := s.open(&d, unit, place{kindMark, uint64(i), id})
		if err != nil {
			m.exact = false
			continue
		}
		if seq := binary.LittleEndian.Uint64(body); slot < 0 || seq > m.seq {
			slot = i
			m.seq, m.salts, m.frames = seq, salts(body[8:16]), binary.LittleEndian.Uint32(body[16:])
		}
	}
	return m, slot, nil
}

// putMark writes the mark to the older slot; durable also syncs it.
func (s *store) putMark(t *libc.TLS, m mark, durable bool) int32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.known.Load() {
		return sqlite3.SQLITE_OK
	}
	last, slot, err := readMark(t, s.v.sealer, s.side, s.id)
	if err != nil {
		return codeOf(err)
	}
	if slot < 0 {
		slot = 1
	}
	slot = 1 - slot
	var plain [markPlain]byte
	var unit [markSize]byte
	binary.LittleEndian.PutUint64(plain[:], last.seq+1)
	copy(plain[8:], m.salts[:])
	binary.LittleEndian.PutUint32(plain[16:], m.frames)
	s.v.sealer.seal(&s.desk, unit[:], plain[:], place{kindMark, uint64(slot), s.id}, 0)
	if rc := s.side.WriteAt(t, unit[:], markOffset(slot)); rc != sqlite3.SQLITE_OK || !durable {
		return rc
	}
	return s.side.Sync(t, sqlite3.SQLITE_SYNC_NORMAL)
}

func (s *store) mark(t *libc.TLS) (mark, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.known.Load() {
		return mark{exact: true}, nil
	}
	m, _, err := readMark(t, s.v.sealer, s.side, s.id)
	return m, err
}

// clearMark takes the promise back, durably, before the log is restarted, emptied or
// deleted: SQLite has everything in the database by then.
func (s *store) clearMark(t *libc.TLS) int32 {
	s.wal.mu.Lock()
	defer s.wal.mu.Unlock()
	s.wal.committed = 0
	s.wal.synced.Store(0)
	m, err := s.mark(t)
	if err != nil {
		return codeOf(err)
	}
	if m.frames == 0 && m.exact {
		return sqlite3.SQLITE_OK
	}
	return s.putMark(t, mark{}, true)
}

// restart begins a new generation of the log.
func (s *store) restart(t *libc.TLS, header []byte) int32 {
	if rc := s.clearMark(t); rc != sqlite3.SQLITE_OK {
		return rc
	}
	s.wal.mu.Lock()
	s.wal.salts, s.wal.known = salts(header[16:24]), true
	s.wal.mu.Unlock()
	return sqlite3.SQLITE_OK
}

// beforeFrame is called before a frame is written. A frame inside what the mark
// promises is only ever written again when a commit failed after a checkpoint had
// synced it; the promise is then shortened first.
func (s *store) beforeFrame(t *libc.TLS, frame uint32, of salts) int32 {
	s.wal.mu.Lock()
	defer s.wal.mu.Unlock()
	if of != unsalted && (!s.wal.known || s.wal.salts != of) {
		s.wal.salts, s.wal.known, s.wal.committed = of, true, 0
		s.wal.synced.Store(0)
	}
	if frame <= s.wal.committed {
		s.wal.committed = frame - 1
	}
	if frame > s.wal.synced.Load() {
		return sqlite3.SQLITE_OK
	}
	s.wal.synced.Store(frame - 1)
	return s.putMark(t, mark{salts: s.wal.salts, frames: frame - 1}, true)
}

// afterFrame notes a frame that ends a transaction.
func (s *store) afterFrame(frame uint32, header []byte) {
	if binary.BigEndian.Uint32(header[4:]) == 0 {
		return
	}
	s.wal.mu.Lock()
	s.wal.committed = max(s.wal.committed, frame)
	s.wal.mu.Unlock()
}

// committed is what a sync beginning now will make durable.
func (s *store) committed() (uint32, salts) {
	s.wal.mu.Lock()
	defer s.wal.mu.Unlock()
	return s.wal.committed, s.wal.salts
}

// logSynced notes that the log's first frames of that generation are durable. The
// mark itself is not synced: losing it in a power cut loses only the knowledge.
func (s *store) logSynced(t *libc.TLS, frames uint32, of salts) int32 {
	s.wal.mu.Lock()
	defer s.wal.mu.Unlock()
	if s.wal.salts != of || frames > s.wal.committed || frames <= s.wal.synced.Load() {
		return sqlite3.SQLITE_OK
	}
	s.wal.synced.Store(frames)
	return s.putMark(t, mark{salts: of, frames: frames}, false)
}

// checkLogIsThere refuses a database whose log is gone or shorter than promised. The
// caller holds s.mu.
func (s *store) checkLogIsThere(t *libc.TLS) error {
	for try := 0; ; try++ {
		m, _, err := readMark(t, s.v.sealer, s.side, s.id)
		if err != nil || m.frames == 0 || !m.exact {
			return err
		}
		size, rc := s.v.sizeOfFile(t, s.path+walSuffix)
		if rc != sqlite3.SQLITE_OK {
			return ioError{"measure " + s.path + walSuffix, rc}
		}
		if size >= frameOffset(m.frames+1) {
			return nil
		}
		if try > 0 { // the second look: not another process that was just closing
			return Damage{File: s.path + walSuffix, Frame: uint32(max(size-walHeader, 0)/frameSize) + 1, Fault: Missing,
				Detail: fmt.Sprintf("%d committed frames were there", m.frames)}
		}
	}
}
