package vault

import (
	"fmt"

	"milieu/kit/db/vault/shim"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// logFile is the write-ahead log. On disk each frame, SQLite's header and page
// together, is one sealed unit in the room SQLite gives it. SQLite writes the two
// parts one after the other and, rarely, one of them again; here they go to disk
// together.
type logFile struct {
	sealedFile
	header    [frameHeader]byte // written by SQLite, waiting for its page
	waiting   uint32            // the frame header belongs to; 0 for none
	appended  uint32            // the last frame written through this file, of generation of
	of        salts
	recovered bool // the log was audited and nothing written since
}

func framePlace(id identity, frame uint32) place { return place{kindFrame, uint64(frame), id} }

// fetch reads a frame as it is on disk into scratch.
func (f *logFile) fetch(t *libc.TLS, frame uint32) int32 {
	return f.base.Read(t, f.scratch, frameSize, frameOffset(frame))
}

// openFrame opens the fetched frame in place: 24 bytes of header, then the page.
func (f *logFile) openFrame(frame uint32) error {
	if _, err := f.s.v.sealer.open(&f.desk, f.raw, framePlace(f.s.id, frame)); err != nil {
		return Damage{File: f.s.path + walSuffix, Frame: frame, Fault: Altered, Detail: err.Error()}
	}
	clear(f.raw[framePlain:])
	return nil
}

// unsalted stands in frames of an unfinished transaction whose headers SQLite will
// write again before it commits.
var unsalted salts

// current refuses a frame of an older generation: the one that replaced it was lost.
func (f *logFile) current(t *libc.TLS, frame uint32) error {
	of := salts(f.raw[8:16])
	if of == unsalted && frame <= f.appended {
		return nil
	}
	f.s.wal.mu.Lock()
	same := f.s.wal.known && f.s.wal.salts == of
	f.s.wal.mu.Unlock()
	if same {
		return nil
	}
	// Another process may have restarted the log.
	mem := shim.Alloc(t, walHeader)
	defer shim.Free(t, mem)
	if rc := f.base.Read(t, mem, walHeader, 0); rc != sqlite3.SQLITE_OK {
		return ioError{"read the header of the log", rc}
	}
	if salts(shim.Bytes(mem, walHeader)[16:24]) == of {
		return nil
	}
	return Damage{File: f.s.path + walSuffix, Frame: frame, Fault: Stale, Detail: "it belongs to an earlier generation of the log"}
}

func (f *logFile) Read(t *libc.TLS, to uintptr, n int32, off int64) int32 {
	dst := shim.Bytes(to, int(n))
	if off < walHeader {
		if off+int64(n) > walHeader {
			clear(dst)
			return sqlite3.SQLITE_IOERR_READ
		}
		if off == 0 && n == walHeader {
			// Only recovery reads the whole header.
			if err := f.recover(t); err != nil {
				clear(dst)
				return f.refuse(err)
			}
		}
		return f.base.Read(t, to, n, off)
	}
	frame := uint32((off-walHeader)/frameSize) + 1
	start := (off - walHeader) % frameSize
	if start+int64(n) > frameSize {
		clear(dst)
		return sqlite3.SQLITE_IOERR_READ
	}
	rc := f.fetch(t, frame)
	if rc != sqlite3.SQLITE_OK {
		clear(dst)
		return rc
	}
	if err := f.openFrame(frame); err != nil {
		clear(dst)
		if f.recovered && n == frameSize {
			return sqlite3.SQLITE_OK // the torn end, as the audit found: zeros end the log
		}
		return f.refuse(err)
	}
	if !f.recovered {
		if err := f.current(t, frame); err != nil {
			clear(dst)
			return f.refuse(err)
		}
	}
	copy(dst, f.raw[start:])
	return sqlite3.SQLITE_OK
}

func (f *logFile) Write(t *libc.TLS, from uintptr, n int32, off int64) int32 {
	src := shim.Bytes(from, int(n))
	if err := f.s.ready(t); err != nil {
		return f.refuse(err)
	}
	f.recovered = false
	if off == 0 && n == walHeader {
		if rc := f.s.restart(t, src); rc != sqlite3.SQLITE_OK {
			return rc
		}
		f.appended, f.waiting = 0, 0
		return f.base.Write(t, from, n, off)
	}
	if off < walHeader {
		return sqlite3.SQLITE_IOERR_WRITE
	}
	frame := uint32((off-walHeader)/frameSize) + 1
	switch start := (off - walHeader) % frameSize; {
	case start == 0 && n == frameHeader:
		if frame > f.appended || f.of != salts(src[8:16]) {
			copy(f.header[:], src)
			f.waiting = frame
			return sqlite3.SQLITE_OK
		}
		return f.rewrite(t, frame, src, nil)
	case start == frameHeader && n == PageSize:
		if !allZero(src[bodySize:]) {
			return f.refuse(fmt.Errorf("%w: a page has content in its reserved bytes", ErrRefused))
		}
		if f.waiting == frame {
			f.waiting = 0
			copy(f.plain[:], f.header[:])
			copy(f.plain[frameHeader:], src[:bodySize])
			return f.put(t, frame)
		}
		return f.rewrite(t, frame, nil, src)
	}
	return sqlite3.SQLITE_IOERR_WRITE
}

// rewrite replaces a frame's header or its page.
func (f *logFile) rewrite(t *libc.TLS, frame uint32, header, page []byte) int32 {
	if rc := f.fetch(t, frame); rc != sqlite3.SQLITE_OK {
		return rc
	}
	if err := f.openFrame(frame); err != nil {
		return f.refuse(err)
	}
	copy(f.plain[:], f.raw[:framePlain])
	if header != nil {
		copy(f.plain[:], header)
	} else {
		copy(f.plain[frameHeader:], page[:bodySize])
	}
	return f.put(t, frame)
}

// put seals what stands in plain and writes it as the frame.
func (f *logFile) put(t *libc.TLS, frame uint32) int32 {
	if rc := f.s.beforeFrame(t, frame, salts(f.plain[8:16])); rc != sqlite3.SQLITE_OK {
		return rc
	}
	f.s.v.sealer.seal(&f.desk, f.raw, f.plain[:], framePlace(f.s.id, frame), f.s.wal.synced.Load())
	if rc := f.base.Write(t, f.scratch, frameSize, frameOffset(frame)); rc != sqlite3.SQLITE_OK {
		return rc
	}
	if of := salts(f.plain[8:16]); of != unsalted && of != f.of {
		f.of, f.appended = of, 0
	}
	f.appended = max(f.appended, frame)
	f.s.afterFrame(frame, f.plain[:frameHeader])
	return sqlite3.SQLITE_OK
}

func (f *logFile) Sync(t *libc.TLS, flags int32) int32 {
	frames, of := f.s.committed()
	if rc := f.base.Sync(t, flags); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return f.s.logSynced(t, frames, of)
}

func (f *logFile) Truncate(t *libc.TLS, size int64) int32 {
	m, err := f.s.mark(t)
	if err != nil {
		return f.refuse(err)
	}
	if m.frames > 0 && size < frameOffset(m.frames+1) {
		if rc := f.s.clearMark(t); rc != sqlite3.SQLITE_OK {
			return rc
		}
	}
	return f.base.Truncate(t, size)
}

// Size is asked for at recovery: a log shorter than promised is damage, not a torn end.
func (f *logFile) Size(t *libc.TLS) (int64, int32) {
	size, rc := f.base.Size(t)
	if rc != sqlite3.SQLITE_OK || size >= frameOffset(f.s.wal.synced.Load()+1) && size > walHeader {
		return size, rc
	}
	f.s.mu.Lock()
	var err error
	if f.s.known.Load() {
		err = f.s.checkLogIsThere(t)
	}
	f.s.mu.Unlock()
	if err != nil {
		return 0, f.refuse(err)
	}
	return size, rc
}
