package shim

import (
	"fmt"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

type (
	fnFile     = func(*libc.TLS, uintptr) int32
	fnFileInt  = func(*libc.TLS, uintptr, int32) int32
	fnFileLong = func(*libc.TLS, uintptr, int64) int32
	fnFilePtr  = func(*libc.TLS, uintptr, uintptr) int32
	fnTransfer = func(*libc.TLS, uintptr, uintptr, int32, int64) int32
	fnControl  = func(*libc.TLS, uintptr, int32, uintptr) int32
	fnShmMap   = func(*libc.TLS, uintptr, int32, int32, int32, uintptr) int32
	fnShmLock  = func(*libc.TLS, uintptr, int32, int32, int32) int32
	fnVoid     = func(*libc.TLS, uintptr)
	fnOpen     = func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32
	fnDelete   = func(*libc.TLS, uintptr, uintptr, int32) int32
	fnAccess   = func(*libc.TLS, uintptr, uintptr, int32, uintptr) int32
	fnFullPath = func(*libc.TLS, uintptr, uintptr, int32, uintptr) int32
	fnIntPtr   = func(*libc.TLS, uintptr, int32, uintptr) int32
	fnIntInt   = func(*libc.TLS, uintptr, int32) int32
	fnPtr      = func(*libc.TLS, uintptr, uintptr) int32
)

// Base is a file as the VFS below sees it.
type Base struct {
	vfs   *VFS
	file  uintptr // the lower VFS's sqlite3_file
	zName uintptr // as SQLite gave it, with the parameters that follow a name; 0 for temporary files
	own   uintptr // what OpenExtra allocated, freed on Close
}

func (b *Base) m() *sqlite3.Tsqlite3_io_methods {
	return at[sqlite3.Tsqlite3_io_methods](at[sqlite3.Tsqlite3_file](b.file).FpMethods)
}

// Open opens the file in the lower VFS and returns the flags that hold.
func (b *Base) Open(t *libc.TLS, flags int32) (int32, int32) {
	out := t.Alloc(8)
	defer t.Free(8)
	*at[int32](out) = flags
	low := at[sqlite3.Tsqlite3_vfs](b.vfs.lower)
	rc := as[fnOpen](low.FxOpen)(t, b.vfs.lower, b.zName, b.file, flags, out)
	return *at[int32](out), rc
}

// Close closes the file below.
func (b *Base) Close(t *libc.TLS) int32 {
	rc := int32(sqlite3.SQLITE_OK)
	if at[sqlite3.Tsqlite3_file](b.file).FpMethods != 0 {
		rc = as[fnFile](b.m().FxClose)(t, b.file)
	}
	if b.own != 0 {
		Free(t, b.own)
		b.own = 0
	}
	return rc
}

// Read reads n bytes at off into C memory.
func (b *Base) Read(t *libc.TLS, to uintptr, n int32, off int64) int32 {
	return as[fnTransfer](b.m().FxRead)(t, b.file, to, n, off)
}

// Write writes n bytes of C memory at off.
func (b *Base) Write(t *libc.TLS, from uintptr, n int32, off int64) int32 {
	return as[fnTransfer](b.m().FxWrite)(t, b.file, from, n, off)
}

// Truncate cuts or extends the file to size bytes.
func (b *Base) Truncate(t *libc.TLS, size int64) int32 {
	return as[fnFileLong](b.m().FxTruncate)(t, b.file, size)
}

// Sync makes the file's content durable.
func (b *Base) Sync(t *libc.TLS, flags int32) int32 {
	return as[fnFileInt](b.m().FxSync)(t, b.file, flags)
}

// Size is the file's length in bytes.
func (b *Base) Size(t *libc.TLS) (int64, int32) {
	out := t.Alloc(8)
	defer t.Free(8)
	*at[int64](out) = 0
	rc := as[fnFilePtr](b.m().FxFileSize)(t, b.file, out)
	return *at[int64](out), rc
}

// Control passes a file control on.
func (b *Base) Control(t *libc.TLS, op int32, arg uintptr) int32 {
	return as[fnControl](b.m().FxFileControl)(t, b.file, op, arg)
}

// Characteristics are the SQLITE_IOCAP bits of the file below.
func (b *Base) Characteristics(t *libc.TLS) int32 {
	return as[fnFile](b.m().FxDeviceCharacteristics)(t, b.file)
}

// Lock takes a file lock (SQLITE_LOCK_*).
func (b *Base) Lock(t *libc.TLS, level int32) int32 {
	return as[fnFileInt](b.m().FxLock)(t, b.file, level)
}

// Unlock lowers the file lock.
func (b *Base) Unlock(t *libc.TLS, level int32) int32 {
	return as[fnFileInt](b.m().FxUnlock)(t, b.file, level)
}

// Delete removes a file in the VFS below.
func (v *VFS) Delete(t *libc.TLS, name string, syncDir bool) int32 {
	z, err := libc.CString(name)
	if err != nil {
		return sqlite3.SQLITE_IOERR_DELETE
	}
	defer Free(t, z)
	s := int32(0)
	if syncDir {
		s = 1
	}
	return as[fnDelete](at[sqlite3.Tsqlite3_vfs](v.lower).FxDelete)(t, v.lower, z, s)
}

// Exists says whether the VFS below finds the file.
func (v *VFS) Exists(t *libc.TLS, name string) (bool, int32) {
	z, err := libc.CString(name)
	if err != nil {
		return false, sqlite3.SQLITE_IOERR_ACCESS
	}
	defer Free(t, z)
	out := t.Alloc(8)
	defer t.Free(8)
	*at[int32](out) = 0
	rc := as[fnAccess](at[sqlite3.Tsqlite3_vfs](v.lower).FxAccess)(t, v.lower, z, sqlite3.SQLITE_ACCESS_EXISTS, out)
	return *at[int32](out) != 0, rc
}

// FullPath is the name under which SQLite opens path.
func (v *VFS) FullPath(t *libc.TLS, path string) (string, error) {
	z, err := libc.CString(path)
	if err != nil {
		return "", fmt.Errorf("full path of %q: %w", path, err)
	}
	defer Free(t, z)
	low := at[sqlite3.Tsqlite3_vfs](v.lower)
	n := int(low.FmxPathname) + 8
	out := Alloc(t, n)
	defer Free(t, out)
	rc := as[fnFullPath](low.FxFullPathname)(t, v.lower, z, int32(n), out)
	if rc&0xff != sqlite3.SQLITE_OK { // SQLITE_OK_SYMLINK is fine
		return "", fmt.Errorf("full path of %q: SQLite answered %d", path, rc)
	}
	return libc.GoString(out), nil
}

// Extra is a file opened beside those SQLite asked for. It is not safe for use by
// several goroutines at once.
type Extra struct {
	Base
	buf uintptr
	cap int
}

// OpenExtra opens name in the VFS below. Files must be opened in this way, never by
// package os: on Unix, closing any descriptor of a database drops the locks that the
// process holds on it, and a test disk must see every write.
func (v *VFS) OpenExtra(t *libc.TLS, name string, flags int32) (*Extra, int32) {
	// SQLite's own names have parameters after them and zeros around them, which
	// the lower VFS may look for.
	const before, after = 8, 16
	size := int(at[sqlite3.Tsqlite3_vfs](v.lower).FszOsFile)
	size = (size + 15) &^ 15
	mem := Alloc(t, size+before+len(name)+after)
	copy(Bytes(mem+uintptr(size+before), len(name)), name)
	e := &Extra{Base: Base{vfs: v, file: mem, zName: mem + uintptr(size+before), own: mem}}
	if _, rc := e.Open(t, flags); rc != sqlite3.SQLITE_OK {
		Free(t, mem)
		return nil, rc
	}
	return e, sqlite3.SQLITE_OK
}

func (e *Extra) room(t *libc.TLS, n int) uintptr {
	if e.cap < n {
		if e.buf != 0 {
			Free(t, e.buf)
		}
		e.buf, e.cap = Alloc(t, n), n
	}
	return e.buf
}

// Close closes the file and frees its memory.
func (e *Extra) Close(t *libc.TLS) int32 {
	if e.buf != 0 {
		Free(t, e.buf)
		e.buf, e.cap = 0, 0
	}
	return e.Base.Close(t)
}

// ReadAt fills p from off. Bytes beyond the end of the file are zero and the code is
// SQLITE_IOERR_SHORT_READ.
func (e *Extra) ReadAt(t *libc.TLS, p []byte, off int64) int32 {
	b := e.room(t, len(p))
	rc := e.Read(t, b, int32(len(p)), off)
	copy(p, Bytes(b, len(p)))
	return rc
}

// WriteAt writes p at off.
func (e *Extra) WriteAt(t *libc.TLS, p []byte, off int64) int32 {
	b := e.room(t, len(p))
	copy(Bytes(b, len(p)), p)
	return e.Write(t, b, int32(len(p)), off)
}

const methodsSize = int(unsafe.Sizeof(sqlite3.Tsqlite3_io_methods{}))
