package faultvfs

import (
	"bytes"

	"milieu/kit/db/vault/shim"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// file is an open file of the disk.
type file struct {
	disk *Disk
	base *shim.Base
	name string
}

func (f *file) Close(t *libc.TLS) int32 { return f.base.Close(t) }

func (f *file) Read(t *libc.TLS, to uintptr, n int32, off int64) int32 {
	if f.disk.IsCut() {
		clear(shim.Bytes(to, int(n)))
		return sqlite3.SQLITE_IOERR_READ
	}
	return f.base.Read(t, to, n, off)
}

// change makes the operation in the real file and remembers it until a sync.
func (f *file) change(c change, do func() int32) int32 {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if rc := f.disk.step(c.what, f.name); rc != sqlite3.SQLITE_OK {
		return rc
	}
	rc := do()
	if k := f.disk.files[f.name]; k != nil && rc == sqlite3.SQLITE_OK {
		k.pending = append(k.pending, c)
	}
	return rc
}

func (f *file) Write(t *libc.TLS, from uintptr, n int32, off int64) int32 {
	data := bytes.Clone(shim.Bytes(from, int(n)))
	return f.change(change{Write, off, data}, func() int32 { return f.base.Write(t, from, n, off) })
}

func (f *file) Truncate(t *libc.TLS, size int64) int32 {
	return f.change(change{what: Truncate, off: size}, func() int32 { return f.base.Truncate(t, size) })
}

func (f *file) Sync(*libc.TLS, int32) int32 {
	d := f.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	if rc := d.step(Sync, f.name); rc != sqlite3.SQLITE_OK {
		return rc
	}
	// The real disk is spared: what it would hold is known here.
	k := d.files[f.name]
	if k == nil {
		return sqlite3.SQLITE_OK
	}
	created := !k.kept
	for _, c := range k.pending {
		switch c.what {
		case Any, Delete:
			k.durable = nil
		default:
			k.durable = c.apply(k.durable)
		}
	}
	k.kept, k.pending = k.exists, nil
	if created {
		d.syncFolder()
	}
	return sqlite3.SQLITE_OK
}

func (f *file) Size(t *libc.TLS) (int64, int32) { return f.base.Size(t) }

func (f *file) Control(t *libc.TLS, op int32, arg uintptr) int32 {
	if op == sqlite3.SQLITE_FCNTL_SIZE_HINT || op == sqlite3.SQLITE_FCNTL_CHUNK_SIZE {
		return sqlite3.SQLITE_OK // they would change the file unseen
	}
	return f.base.Control(t, op, arg)
}

func (f *file) Characteristics(t *libc.TLS) int32 {
	return f.base.Characteristics(t) & sqlite3.SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

// apply makes the change in content.
func (c change) apply(content []byte) []byte {
	if c.what == Truncate {
		if int64(len(content)) >= c.off {
			return content[:c.off]
		}
		return append(content, make([]byte, c.off-int64(len(content)))...)
	}
	if end := c.off + int64(len(c.data)); int64(len(content)) < end {
		content = append(content, make([]byte, end-int64(len(content)))...)
	}
	copy(content[c.off:], c.data)
	return content
}
