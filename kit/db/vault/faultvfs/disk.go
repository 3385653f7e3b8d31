package faultvfs

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"

	"milieu/kit/db/vault/shim"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Operation is a sort of disk operation, to choose what fails.
type Operation int

// The operations that change a disk. Any is all of them.
const (
	Any Operation = iota
	Write
	Sync
	Truncate
	Delete
)

// Failure describes operations that are to fail.
type Failure struct {
	// On is the sort of operation; Any for all.
	On Operation
	// After is how many such operations still succeed.
	After int
	// Times is how many fail then; 0 for all until Heal.
	Times int
	// NoSpace makes writes fail with "disk full" instead of an I/O error.
	NoSpace bool
	// Suffix limits the failure to files whose name ends so ("-wal", ".db"); "" for all.
	Suffix string
}

// Disk is one breakable disk.
type Disk struct {
	vfs *shim.VFS

	mu      sync.Mutex
	rand    *rand.Rand
	files   map[string]*tracked
	failure *Failure
	left    int // operations until the power is cut; -1 for never
	cut     bool
	count   int
	failed  int
}

// tracked is what is known of one file.
type tracked struct {
	exists  bool   // as programs see it
	durable []byte // content at the last sync
	kept    bool   // whether the file itself is durable
	pending []change
}

// change is something not synced yet.
type change struct {
	what Operation // Write, Truncate, Delete, or Any for "created"
	off  int64     // for Truncate the new size
	data []byte
}

var counter atomic.Uint64

// New makes a disk and registers its VFS.
func New(seed uint64) (*Disk, error) {
	d := &Disk{rand: rand.New(rand.NewPCG(seed, 20)), files: map[string]*tracked{}, left: -1}
	v, err := shim.Register(fmt.Sprintf("faultdisk-%d", counter.Add(1)), "", d)
	if err != nil {
		return nil, fmt.Errorf("make a fault disk: %w", err)
	}
	d.vfs = v
	return d, nil
}

// Name is the VFS name: vault.Options.Base, or vfs= in a connection string.
func (d *Disk) Name() string { return d.vfs.Name() }

// Close takes the VFS away; every database on it must be closed.
func (d *Disk) Close() error { return d.vfs.Unregister() }

// Cut turns the power off now.
func (d *Disk) Cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cut = true
}

// CutAfter turns the power off after n more writes, syncs, truncations and deletions.
func (d *Disk) CutAfter(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.left = n
}

// IsCut says whether the power is off.
func (d *Disk) IsCut() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.cut
}

// Operations counts the changing operations so far.
func (d *Disk) Operations() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.count
}

// Failed counts the operations that were made to fail, not counting those after a cut.
func (d *Disk) Failed() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failed
}

// Fail sets what fails from now on; it replaces an earlier setting.
func (d *Disk) Fail(f Failure) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failure = &f
}

// Heal lets everything succeed again (a cut stays a cut).
func (d *Disk) Heal() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failure = nil
}

// step counts an operation and decides whether it happens. The caller holds d.mu.
func (d *Disk) step(on Operation, name string) int32 {
	if d.cut {
		return sqlite3.SQLITE_IOERR
	}
	d.count++
	if d.left >= 0 {
		if d.left == 0 {
			d.cut = true
			return sqlite3.SQLITE_IOERR
		}
		d.left--
	}
	f := d.failure
	if f == nil || f.On != Any && f.On != on || !strings.HasSuffix(name, f.Suffix) {
		return sqlite3.SQLITE_OK
	}
	if f.After > 0 {
		f.After--
		return sqlite3.SQLITE_OK
	}
	if f.Times > 0 {
		if f.Times--; f.Times == 0 {
			d.failure = nil
		}
	}
	d.failed++
	switch {
	case on == Write && f.NoSpace:
		return sqlite3.SQLITE_FULL
	case on == Write:
		return sqlite3.SQLITE_IOERR_WRITE
	case on == Sync:
		return sqlite3.SQLITE_IOERR_FSYNC
	case on == Truncate:
		return sqlite3.SQLITE_IOERR_TRUNCATE
	}
	return sqlite3.SQLITE_IOERR_DELETE
}

// Open is called by SQLite through the shim.
func (d *Disk) Open(t *libc.TLS, name string, base *shim.Base, flags int32) (shim.File, int32, int32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cut {
		return nil, 0, sqlite3.SQLITE_CANTOPEN
	}
	existed := false
	if name != "" {
		var rc int32
		if existed, rc = d.vfs.Exists(t, name); rc != sqlite3.SQLITE_OK {
			return nil, 0, rc
		}
	}
	held, rc := base.Open(t, flags)
	if rc != sqlite3.SQLITE_OK {
		return nil, 0, rc
	}
	f := &file{disk: d, base: base, name: name}
	if name == "" { // a temporary file: nothing of it is kept
		return f, held, sqlite3.SQLITE_OK
	}
	k := d.files[name]
	if k == nil {
		k = &tracked{}
		d.files[name] = k
		if existed { // what was there before this disk began counts as durable
			if k.durable, rc = readAll(t, base); rc != sqlite3.SQLITE_OK {
				base.Close(t)
				return nil, 0, rc
			}
			k.exists, k.kept = true, true
		}
	}
	if !existed {
		k.exists = true
		k.pending = append(k.pending, change{what: Any})
	}
	return f, held, sqlite3.SQLITE_OK
}

func readAll(t *libc.TLS, base *shim.Base) ([]byte, int32) {
	size, rc := base.Size(t)
	if rc != sqlite3.SQLITE_OK || size == 0 {
		return nil, rc
	}
	mem := shim.Alloc(t, int(size))
	defer shim.Free(t, mem)
	rc = base.Read(t, mem, int32(size), 0)
	return append([]byte(nil), shim.Bytes(mem, int(size))...), rc
}

// Delete is called by SQLite through the shim.
func (d *Disk) Delete(t *libc.TLS, name string, syncDir bool) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if rc := d.step(Delete, name); rc != sqlite3.SQLITE_OK {
		return rc
	}
	rc := d.vfs.Delete(t, name, syncDir)
	if rc != sqlite3.SQLITE_OK {
		return rc
	}
	if k := d.files[name]; k != nil {
		k.exists = false
		k.pending = append(k.pending, change{what: Delete})
		if syncDir {
			d.syncFolder()
		}
	}
	return sqlite3.SQLITE_OK
}

// syncFolder makes deletions durable.
func (d *Disk) syncFolder() {
	for _, k := range d.files {
		for i := len(k.pending) - 1; i >= 0; i-- {
			if k.pending[i].what == Delete {
				k.durable, k.kept = nil, false
				k.pending = k.pending[i+1:]
				break
			}
		}
	}
}
