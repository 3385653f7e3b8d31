// Package shim is the C side of a SQLite VFS written in Go: it turns the tables of
// function pointers that SQLite calls into Go interfaces, so that the vault (which
// encrypts) and faultvfs (which breaks disks on purpose) hold no pointer arithmetic
// of their own.
//
// A VFS made here is a layer over another one. Each open file has a File, which
// answers reads and writes, and under it a Base, the same file as the lower VFS sees
// it. Locks and shared memory always go straight to the Base.
//
// All memory that SQLite sees comes from libc's allocator, never from the Go heap:
// the garbage collector must not own it and checkptr must not meet it.
package shim

import (
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// headSize is the room our own fields take before the lower VFS's sqlite3_file. It
// is 16 on every platform so that what follows stays aligned to 8 bytes.
const headSize = 16

// maxFiles bounds the files open at once over all VFSs made here.
const maxFiles = 1 << 14

// System is the Go side of a VFS. All codes are SQLite result codes.
type System interface {
	// Open opens name above base, which is not open yet: Open decides with which
	// flags to call base.Open. It returns the flags that hold in the end.
	Open(t *libc.TLS, name string, base *Base, flags int32) (File, int32, int32)
	// Delete removes the file; syncDir asks that the directory be synced as well.
	Delete(t *libc.TLS, name string, syncDir bool) int32
}

// File answers for one open file.
type File interface {
	Close(t *libc.TLS) int32
	Read(t *libc.TLS, to uintptr, n int32, off int64) int32
	Write(t *libc.TLS, from uintptr, n int32, off int64) int32
	Truncate(t *libc.TLS, size int64) int32
	Sync(t *libc.TLS, flags int32) int32
	Size(t *libc.TLS) (int64, int32)
	Control(t *libc.TLS, op int32, arg uintptr) int32
	Characteristics(t *libc.TLS) int32
}

// VFS is one registered layer.
type VFS struct {
	name  string
	index uintptr
	sys   System
	mem   uintptr // *Tsqlite3_vfs, C memory
	zName uintptr
	lower uintptr // *Tsqlite3_vfs of the VFS below
	open  atomic.Int64
}

type head struct {
	methods uintptr
	slot    uintptr
}

type openFile struct {
	file File
	base *Base
	vfs  *VFS
}

var (
	registry struct {
		sync.RWMutex
		byIndex map[uintptr]*VFS
		next    uintptr
	}
	slots    [maxFiles]atomic.Pointer[openFile]
	slotPool struct {
		sync.Mutex
		free []uintptr
		next uintptr
	}
	methodsOnce sync.Once
	methodsMem  uintptr
)

// at reads p as a pointer. Going through the address of the variable keeps vet and
// checkptr from taking C addresses for Go ones.
func at[T any](p uintptr) *T { return *(**T)(unsafe.Pointer(&p)) }

// Bytes is the C memory of n bytes at p.
func Bytes(p uintptr, n int) []byte {
	if n == 0 {
		return nil
	}
	return unsafe.Slice(at[byte](p), n)
}

// SetInt32 stores v where SQLite asked for it.
func SetInt32(p uintptr, v int32) {
	if p != 0 {
		*at[int32](p) = v
	}
}

// PointerAt reads the i-th pointer of an array of C pointers.
func PointerAt(p uintptr, i int) uintptr {
	return *at[uintptr](p + uintptr(i)*unsafe.Sizeof(p))
}

// SetPointerAt stores v as the i-th pointer of an array of C pointers.
func SetPointerAt(p uintptr, i int, v uintptr) {
	*at[uintptr](p + uintptr(i)*unsafe.Sizeof(p)) = v
}

// fn gives the address by which transpiled C calls a Go function.
func fn(f any) uintptr { return (*[2]uintptr)(unsafe.Pointer(&f))[1] }

// as is the reverse of fn.
func as[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&p)) }

// Alloc gives n zeroed bytes of C memory.
func Alloc(t *libc.TLS, n int) uintptr {
	p := libc.Xcalloc(t, 1, libc.Tsize_t(n))
	if p == 0 {
		panic("vault: out of memory")
	}
	return p
}

// Free returns memory of Alloc.
func Free(t *libc.TLS, p uintptr) { libc.Xfree(t, p) }

// Register makes a VFS called name over the VFS called lower ("" for SQLite's default).
func Register(name, lower string, sys System) (*VFS, error) {
	methodsOnce.Do(makeMethods)
	t := libc.NewTLS()
	defer t.Close()
	zName, err := libc.CString(name)
	if err != nil {
		return nil, fmt.Errorf("register VFS %q: %w", name, err)
	}
	if sqlite3.Xsqlite3_vfs_find(t, zName) != 0 {
		Free(t, zName)
		return nil, fmt.Errorf("register VFS %q: the name is taken", name)
	}
	var zLower uintptr
	if lower != "" {
		if zLower, err = libc.CString(lower); err != nil {
			Free(t, zName)
			return nil, fmt.Errorf("register VFS %q: %w", name, err)
		}
		defer Free(t, zLower)
	}
	base := sqlite3.Xsqlite3_vfs_find(t, zLower)
	if base == 0 {
		Free(t, zName)
		return nil, fmt.Errorf("register VFS %q: there is no VFS %q to build on", name, lower)
	}
	v := &VFS{name: name, sys: sys, lower: base, zName: zName}
	v.mem = Alloc(t, int(unsafe.Sizeof(sqlite3.Tsqlite3_vfs{})))
	b := at[sqlite3.Tsqlite3_vfs](base)
	c := at[sqlite3.Tsqlite3_vfs](v.mem)
	c.FiVersion = 2
	c.FszOsFile = b.FszOsFile + headSize
	c.FmxPathname = b.FmxPathname
	c.FzName = zName
	c.FxOpen, c.FxDelete, c.FxAccess = fn(xOpen), fn(xDelete), fn(xAccess)
	c.FxFullPathname = fn(xFullPathname)
	c.FxDlOpen, c.FxDlError, c.FxDlSym, c.FxDlClose = b.FxDlOpen, b.FxDlError, b.FxDlSym, b.FxDlClose
	c.FxRandomness, c.FxSleep = fn(xRandomness), fn(xSleep)
	c.FxCurrentTime, c.FxCurrentTimeInt64 = fn(xCurrentTime), fn(xCurrentTimeInt64)
	c.FxGetLastError = fn(xGetLastError)

	registry.Lock()
	registry.next++
	v.index = registry.next
	if registry.byIndex == nil {
		registry.byIndex = map[uintptr]*VFS{}
	}
	registry.byIndex[v.index] = v
	registry.Unlock()
	c.FpAppData = v.index
	if rc := sqlite3.Xsqlite3_vfs_register(t, v.mem, 0); rc != sqlite3.SQLITE_OK {
		v.release(t)
		return nil, fmt.Errorf("register VFS %q: SQLite answered %d", name, rc)
	}
	return v, nil
}

// Unregister takes the VFS away. It fails while files are open through it.
func (v *VFS) Unregister() error {
	if n := v.open.Load(); n != 0 {
		return fmt.Errorf("unregister VFS %q: %d files are still open through it", v.name, n)
	}
	t := libc.NewTLS()
	defer t.Close()
	if rc := sqlite3.Xsqlite3_vfs_unregister(t, v.mem); rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("unregister VFS %q: SQLite answered %d", v.name, rc)
	}
	v.release(t)
	return nil
}

func (v *VFS) release(t *libc.TLS) {
	registry.Lock()
	delete(registry.byIndex, v.index)
	registry.Unlock()
	Free(t, v.mem)
	Free(t, v.zName)
}

// Name is the name to put after vfs= in a connection string.
func (v *VFS) Name() string { return v.name }

func vfsOf(p uintptr) *VFS {
	registry.RLock()
	defer registry.RUnlock()
	return registry.byIndex[at[sqlite3.Tsqlite3_vfs](p).FpAppData]
}

func takeSlot(o *openFile) (uintptr, bool) {
	slotPool.Lock()
	defer slotPool.Unlock()
	var i uintptr
	if n := len(slotPool.free); n > 0 {
		i = slotPool.free[n-1]
		slotPool.free = slotPool.free[:n-1]
	} else if slotPool.next < maxFiles {
		i = slotPool.next
		slotPool.next++
	} else {
		return 0, false
	}
	slots[i].Store(o)
	return i, true
}

func giveSlot(i uintptr) {
	slots[i].Store(nil)
	slotPool.Lock()
	slotPool.free = append(slotPool.free, i)
	slotPool.Unlock()
}

func opened(p uintptr) *openFile { return slots[at[head](p).slot].Load() }
