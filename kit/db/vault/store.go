package vault

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"milieu/kit/db/vault/shim"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Names of the files beside a database.
const (
	pagesSuffix   = "-pages"
	walSuffix     = "-wal"
	journalSuffix = "-journal"
	shmSuffix     = "-shm"
)

const (
	sqliteMagic = "SQLite format 3\x00"
	pagesMagic  = "milieu vault 1\x00\x00"
	sealedFlag  = 1 // the identity's flag: the database has been synced once
)

// store is what the connections of one process share about one database file.
type store struct {
	v    *Vault
	path string
	refs int // guarded by v.mu

	mu     sync.RWMutex // guards everything below except wal, and all use of side and desk
	id     identity
	known  atomic.Bool // id and side are there
	sealed bool        // the database has been synced once: an empty file is damage now
	side   *shim.Extra
	blocks []*block
	desk   desk

	wal walState
}

// ioError is a SQLite result code with what was attempted.
type ioError struct {
	doing string
	code  int32
}

func (e ioError) Error() string { return fmt.Sprintf("%s: SQLite code %d", e.doing, e.code) }

// codeOf is what SQLite is told about err.
func codeOf(err error) int32 {
	var e ioError
	switch {
	case err == nil:
		return sqlite3.SQLITE_OK
	case errors.As(err, &e):
		return e.code
	case errors.Is(err, ErrWrongKey), errors.Is(err, ErrPlain):
		return sqlite3.SQLITE_NOTADB
	case errors.Is(err, ErrRefused):
		return sqlite3.SQLITE_CANTOPEN
	}
	return sqlite3.SQLITE_IOERR_DATA
}

func (s *store) sidePath() string { return s.path + pagesSuffix }

func sideFlags(create bool) int32 {
	// As a WAL file it gets the database's own permissions and, when created, its
	// directory entry is synced with it.
	f := int32(sqlite3.SQLITE_OPEN_WAL | sqlite3.SQLITE_OPEN_READWRITE)
	if create {
		f |= sqlite3.SQLITE_OPEN_CREATE
	}
	return f
}

// attach finds out, on opening a database, whose it is and whether a key fits. An
// empty file is a database yet to be created, unless it was one before.
func (s *store) attach(t *libc.TLS, main *shim.Base) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attachLocked(t, main)
}

func (s *store) attachLocked(t *libc.TLS, main *shim.Base) error {
	size, rc := main.Size(t)
	if rc != sqlite3.SQLITE_OK {
		return ioError{"measure " + s.path, rc}
	}
	if s.known.Load() && (size > 0 || !s.sealed) {
		return nil
	}
	exists, rc := s.v.vfs.Exists(t, s.sidePath())
	if rc != sqlite3.SQLITE_OK {
		return ioError{"look for " + s.sidePath(), rc}
	}
	if !exists {
		if size == 0 {
			return nil
		}
		return s.explainMissingPages(t, main)
	}
	side, rc := s.v.vfs.OpenExtra(t, s.sidePath(), sideFlags(false))
	if rc != sqlite3.SQLITE_OK {
		return ioError{"open " + s.sidePath(), rc}
	}
	found, err := readIdentity(t, s.v.sealer, side, main, s.path)
	if err != nil {
		side.Close(t)
		if size == 0 && errors.Is(err, errNoIdentity) {
			return nil // its creation was cut short before anything was kept
		}
		return err
	}
	if size == 0 && found.sealed {
		side.Close(t)
		return Damage{File: s.path, Page: 1, Fault: Missing, Detail: "the file is empty; it was not before"}
	}
	if found.notice != nil {
		s.v.report(s.path, *found.notice)
	}
	if s.known.Load() { // another connection was faster
		side.Close(t)
	} else {
		s.side, s.id = side, found.id
		s.known.Store(true)
	}
	s.sealed = found.sealed
	return s.checkLogIsThere(t)
}

// ready makes sure that the database has its identity before the first write to it.
// SQLite holds a lock then that keeps other writers away.
func (s *store) ready(t *libc.TLS) error {
	if s.known.Load() {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known.Load() {
		return nil
	}
	side, rc := s.v.vfs.OpenExtra(t, s.sidePath(), sideFlags(true))
	if rc != sqlite3.SQLITE_OK {
		return ioError{"create " + s.sidePath(), rc}
	}
	fail := func(what string, rc int32) error {
		side.Close(t)
		return ioError{what + " " + s.sidePath(), rc}
	}
	// Another process may have begun and not finished: then its identity is taken over.
	if found, err := readIdentity(t, s.v.sealer, side, nil, s.path); err == nil {
		s.side, s.id, s.sealed = side, found.id, found.sealed
		s.known.Store(true)
		return nil
	}
	if rc := side.Truncate(t, 0); rc != sqlite3.SQLITE_OK {
		return fail("empty", rc)
	}
	s.id = newIdentity()
	for slot := range 2 {
		if rc := s.putIdentity(t, side, slot, false); rc != sqlite3.SQLITE_OK {
			return fail("write", rc)
		}
	}
	if rc := side.Sync(t, sqlite3.SQLITE_SYNC_FULL); rc != sqlite3.SQLITE_OK {
		return fail("sync", rc)
	}
	s.side = side
	s.known.Store(true)
	return nil
}

// establish notes durably, after the first sync, that the database exists from now on;
// or, before SQLite rolls its creation back, that it does not.
func (s *store) establish(t *libc.TLS, sealed bool) int32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sealed == sealed || !s.known.Load() {
		return sqlite3.SQLITE_OK
	}
	for slot := range 2 {
		if rc := s.putIdentity(t, s.side, slot, sealed); rc != sqlite3.SQLITE_OK {
			return rc
		}
		if rc := s.side.Sync(t, sqlite3.SQLITE_SYNC_NORMAL); rc != sqlite3.SQLITE_OK {
			return rc
		}
	}
	s.sealed = sealed
	return sqlite3.SQLITE_OK
}

// detach closes what the last connection leaves.
func (s *store) detach(t *libc.TLS) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.side == nil {
		return
	}
	s.side.Close(t)
	s.known.Store(false)
	s.side, s.blocks = nil, nil
}

// page opens the sealed page that SQLite wants to read, in place, and gives its
// Reserved bytes back as zeros.
func (s *store) page(t *libc.TLS, d *desk, raw []byte, page uint32) error {
	want, err := s.token(t, page)
	if err != nil {
		return err
	}
	if allZero(raw) {
		if want != 0 {
			if want, err = s.freshToken(t, page, 0); err != nil {
				return err
			}
		}
		if want != 0 {
			return Damage{File: s.path, Page: page, Fault: Zeroed}
		}
		return nil
	}
	got := tokenOf(raw)
	if err := openPage(s.v.sealer, d, raw, page, s.id); err != nil {
		return Damage{File: s.path, Page: page, Fault: Altered, Detail: err.Error()}
	}
	if got != want {
		if want, err = s.freshToken(t, page, got); err != nil {
			clear(raw)
			return err
		}
	}
	if got != want {
		clear(raw)
		return Damage{File: s.path, Page: page, Fault: Stale, Detail: "it is sound but not what was last written there"}
	}
	return nil
}

// openPage opens a page of the main file in place. Page 1 carries the database's
// identity in clear where SQLite has its constant magic.
func openPage(s *sealer, d *desk, raw []byte, page uint32, id identity) error {
	start := 0
	if page == 1 {
		if identity(raw[:len(id)]) != id {
			clear(raw)
			return errors.New("the identity at its start is not this database's")
		}
		start = len(id)
	}
	if _, err := s.open(d, raw[start:], place{kindPage, uint64(page), id}); err != nil {
		clear(raw)
		return err
	}
	if page == 1 {
		copy(raw, sqliteMagic)
	}
	clear(raw[bodySize:])
	return nil
}

// sealPage is the reverse of openPage, from plain into unit.
func sealPage(s *sealer, d *desk, unit, plain []byte, page uint32, id identity) uint64 {
	start := 0
	if page == 1 {
		copy(unit, id[:])
		start = len(id)
	}
	return s.seal(d, unit[start:], plain[start:bodySize], place{kindPage, uint64(page), id}, 0)
}

// checkPlain refuses what the format cannot keep: content in the reserved bytes, or
// another page size.
func checkPlain(plain []byte, page uint32) error {
	if !allZero(plain[bodySize:]) {
		return fmt.Errorf("%w: page %d has content in its reserved bytes", ErrRefused, page)
	}
	if page == 1 && (string(plain[:16]) != sqliteMagic || binary.BigEndian.Uint16(plain[16:]) != PageSize || plain[20] != Reserved) {
		return fmt.Errorf("%w: pages must have %d bytes, %d of them reserved", ErrRefused, PageSize, Reserved)
	}
	return nil
}
