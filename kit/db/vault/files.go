package vault

import (
	"encoding/binary"
	"fmt"

	"milieu/kit/db/vault/shim"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// keptCharacteristics are the promises of the file below that stay true above it.
// Atomic writes of a page do not, nor do reads of a part of one.
const keptCharacteristics = sqlite3.SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN | sqlite3.SQLITE_IOCAP_IMMUTABLE

// sealedFile is what the three sorts of files share.
type sealedFile struct {
	base    *shim.Base
	s       *store
	desk    desk
	scratch uintptr // C memory of a frame
	raw     []byte  // the same as a slice
	plain   [framePlain]byte
}

func (f *sealedFile) Close(t *libc.TLS) int32 {
	rc := f.base.Close(t)
	shim.Free(t, f.scratch)
	f.s.v.release(t, f.s)
	return rc
}

func (f *sealedFile) Truncate(t *libc.TLS, size int64) int32 { return f.base.Truncate(t, size) }
func (f *sealedFile) Sync(t *libc.TLS, flags int32) int32    { return f.base.Sync(t, flags) }
func (f *sealedFile) Size(t *libc.TLS) (int64, int32)        { return f.base.Size(t) }

func (f *sealedFile) Control(t *libc.TLS, op int32, arg uintptr) int32 {
	return f.base.Control(t, op, arg)
}

// Characteristics claims safe overwrites (as SQLite's own VFSs do) whatever the
// connection string says: without them SQLite pads and splits its writes to the log.
func (f *sealedFile) Characteristics(t *libc.TLS) int32 {
	return f.base.Characteristics(t)&keptCharacteristics | sqlite3.SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

func (f *sealedFile) refuse(err error) int32 { return f.s.v.refuse(f.s.path, err) }

// pagesFile is the database's main file.
type pagesFile struct{ sealedFile }

func (f *pagesFile) Read(t *libc.TLS, to uintptr, n int32, off int64) int32 {
	if err := f.attached(t); err != nil {
		return f.refuse(err)
	}
	if n == PageSize && off%PageSize == 0 {
		return f.readPage(t, to, uint32(off/PageSize)+1)
	}
	if off == 0 && n <= 100 {
		return f.readHeader(t, to, n)
	}
	start := off % PageSize
	dst := shim.Bytes(to, int(n))
	if start+int64(n) > PageSize {
		clear(dst)
		return f.refuse(fmt.Errorf("%w: a read across pages", ErrRefused))
	}
	rc := f.readPage(t, f.scratch, uint32(off/PageSize)+1)
	if rc != sqlite3.SQLITE_OK {
		clear(dst)
		return rc
	}
	copy(dst, f.raw[start:])
	return sqlite3.SQLITE_OK
}

// attached looks again for the identity of a database that was empty when this
// connection opened it.
func (f *pagesFile) attached(t *libc.TLS) error {
	if f.s.known.Load() {
		return nil
	}
	return f.s.attach(t, f.base)
}

func (f *pagesFile) readPage(t *libc.TLS, to uintptr, page uint32) int32 {
	dst := shim.Bytes(to, PageSize)
	rc := f.base.Read(t, to, PageSize, int64(page-1)*PageSize)
	if rc == sqlite3.SQLITE_IOERR_SHORT_READ {
		return f.shortPage(t, dst, page)
	}
	if rc != sqlite3.SQLITE_OK {
		clear(dst)
		return rc
	}
	if !f.s.known.Load() {
		return sqlite3.SQLITE_IOERR_DATA
	}
	if err := f.s.page(t, &f.desk, dst, page); err != nil {
		clear(dst)
		return f.refuse(err)
	}
	if page == 1 {
		if err := f.checkSize(t, dst); err != nil {
			clear(dst)
			return f.refuse(err)
		}
	}
	return sqlite3.SQLITE_OK
}

// shortPage tells a page that never was from one that was cut off.
func (f *pagesFile) shortPage(t *libc.TLS, dst []byte, page uint32) int32 {
	clear(dst)
	if !f.s.known.Load() {
		return sqlite3.SQLITE_IOERR_SHORT_READ
	}
	unborn, rc := f.unborn(t)
	if rc != sqlite3.SQLITE_OK {
		return rc
	}
	if unborn {
		return sqlite3.SQLITE_IOERR_SHORT_READ
	}
	token, err := f.s.freshToken(t, page, 0)
	if err == nil && token != 0 {
		err = Damage{File: f.s.path, Page: page, Fault: Missing, Detail: "the file ends before it"}
	}
	if err != nil {
		return f.refuse(err)
	}
	return sqlite3.SQLITE_IOERR_SHORT_READ
}

// unborn is true for a database whose creation was cut short: tokens may be there
// already, pages are not.
func (f *pagesFile) unborn(t *libc.TLS) (bool, int32) {
	f.s.mu.RLock()
	sealed := f.s.sealed
	f.s.mu.RUnlock()
	if sealed {
		return false, sqlite3.SQLITE_OK
	}
	size, rc := f.base.Size(t)
	return size == 0, rc
}

// checkSize compares the file with the page count in page 1. When page 1 is read from
// here and not from the log, no newer page count exists: every change of it is a change
// of page 1.
func (f *pagesFile) checkSize(t *libc.TLS, one []byte) error {
	if binary.BigEndian.Uint32(one[24:]) != binary.BigEndian.Uint32(one[92:]) {
		return nil // the count is not maintained
	}
	size, rc := f.base.Size(t)
	if rc != sqlite3.SQLITE_OK {
		return ioError{"measure " + f.s.path, rc}
	}
	pages := binary.BigEndian.Uint32(one[28:])
	if size >= int64(pages)*PageSize {
		return nil
	}
	first := uint32(size/PageSize) + 1
	token, err := f.s.freshToken(t, first, 0)
	if err != nil {
		return err
	}
	if token == 0 {
		// It never was in this file: free since it was added, or changed again and again in the log, which a checkpoint that cannot
		// go to the log's end passes over. What is cut off later is found when it is read.
		return nil
	}
	return Damage{File: f.s.path, Page: first, Fault: Missing, Detail: fmt.Sprintf("the file ends before it, but the database has %d pages", pages)}
}

// readHeader answers SQLite's look at a database it opens, which takes no lock and may
// meet a page that is being written, or that a crash left half written with its sound
// version in the log. What SQLite takes from it (page size, reserved bytes, no
// auto-vacuum) never differs, so it can be given in any case.
func (f *pagesFile) readHeader(t *libc.TLS, to uintptr, n int32) int32 {
	dst := shim.Bytes(to, int(n))
	clear(dst)
	size, rc := f.base.Size(t)
	if rc != sqlite3.SQLITE_OK {
		return rc
	}
	if size >= PageSize && f.base.Read(t, f.scratch, PageSize, 0) == sqlite3.SQLITE_OK &&
		openPage(f.s.v.sealer, &f.desk, f.raw[:PageSize], 1, f.s.id) == nil {
		copy(dst, f.raw)
		return sqlite3.SQLITE_OK
	}
	var h [100]byte
	copy(h[:], sqliteMagic)
	binary.BigEndian.PutUint16(h[16:], PageSize)
	h[20] = Reserved
	if size == 0 {
		clear(h[:16])
		copy(dst, h[:])
		return sqlite3.SQLITE_IOERR_SHORT_READ
	}
	copy(dst, h[:])
	return sqlite3.SQLITE_OK
}

func (f *pagesFile) Write(t *libc.TLS, from uintptr, n int32, off int64) int32 {
	if n != PageSize || off%PageSize != 0 {
		return sqlite3.SQLITE_IOERR_WRITE
	}
	if err := f.s.ready(t); err != nil {
		return f.refuse(err)
	}
	unborn, rc := f.unborn(t)
	if rc != sqlite3.SQLITE_OK {
		return rc
	}
	if unborn {
		if err := f.s.cutTokens(t, 0); err != nil {
			return f.refuse(err)
		}
	}
	page := uint32(off/PageSize) + 1
	src := shim.Bytes(from, PageSize)
	if err := checkPlain(src, page); err != nil {
		return f.refuse(err)
	}
	token := sealPage(f.s.v.sealer, &f.desk, f.raw[:PageSize], src, page, f.s.id)
	if rc := f.base.Write(t, f.scratch, PageSize, off); rc != sqlite3.SQLITE_OK {
		return rc
	}
	if err := f.s.setToken(t, page, token); err != nil {
		return f.refuse(err)
	}
	return sqlite3.SQLITE_OK
}

func (f *pagesFile) Truncate(t *libc.TLS, size int64) int32 {
	if size == 0 {
		if rc := f.s.establish(t, false); rc != sqlite3.SQLITE_OK {
			return rc
		}
	}
	if rc := f.base.Truncate(t, size); rc != sqlite3.SQLITE_OK || !f.s.known.Load() {
		return rc
	}
	if err := f.s.cutTokens(t, uint32(size/PageSize)); err != nil {
		return f.refuse(err)
	}
	return sqlite3.SQLITE_OK
}

func (f *pagesFile) Sync(t *libc.TLS, flags int32) int32 {
	if f.s.known.Load() {
		if rc := f.s.flush(t, f.base, true); rc != sqlite3.SQLITE_OK {
			return rc
		}
	}
	if rc := f.base.Sync(t, flags); rc != sqlite3.SQLITE_OK {
		return rc
	}
	if size, rc := f.base.Size(t); rc != sqlite3.SQLITE_OK || size == 0 {
		return rc
	}
	return f.s.establish(t, true)
}

func (f *pagesFile) Control(t *libc.TLS, op int32, arg uintptr) int32 {
	switch op {
	case sqlite3.SQLITE_FCNTL_CKPT_DONE:
		// From here on other processes may read what the checkpoint wrote, even when
		// it was a partial one that SQLite does not sync.
		if f.s.known.Load() {
			f.s.flush(t, f.base, false)
		}
	case sqlite3.SQLITE_FCNTL_PRAGMA:
		if problem := refusedPragma(shim.PointerAt(arg, 1), shim.PointerAt(arg, 2)); problem != "" {
			return pragmaError(t, arg, problem)
		}
	}
	return f.base.Control(t, op, arg)
}

// journalFile is a rollback journal: in WAL mode SQLite uses one only to create the
// database. Its page images are sealed; its headers and record numbers are not.
type journalFile struct{ sealedFile }

func (f *journalFile) Read(t *libc.TLS, to uintptr, n int32, off int64) int32 {
	rc := f.base.Read(t, to, n, off)
	if rc != sqlite3.SQLITE_OK || n != PageSize {
		return rc
	}
	raw := shim.Bytes(to, PageSize)
	if _, err := f.s.v.sealer.open(&f.desk, raw, place{kindJournal, uint64(off), f.s.id}); err != nil {
		clear(raw)
		return f.refuse(Damage{File: f.s.path + journalSuffix, Fault: Altered,
			Detail: fmt.Sprintf("the page image at byte %d cannot be read: %v", off, err)})
	}
	clear(raw[bodySize:])
	return sqlite3.SQLITE_OK
}

func (f *journalFile) Write(t *libc.TLS, from uintptr, n int32, off int64) int32 {
	if err := f.s.ready(t); err != nil {
		return f.refuse(err)
	}
	if n != PageSize {
		return f.base.Write(t, from, n, off)
	}
	src := shim.Bytes(from, PageSize)
	if !allZero(src[bodySize:]) {
		return f.refuse(fmt.Errorf("%w: a page has content in its reserved bytes", ErrRefused))
	}
	f.s.v.sealer.seal(&f.desk, f.raw[:PageSize], src[:bodySize], place{kindJournal, uint64(off), f.s.id}, 0)
	return f.base.Write(t, f.scratch, PageSize, off)
}
