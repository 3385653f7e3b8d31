package vault

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	walMagic   = 0x377f0682 // its last bit says that the sums are of big-endian words
	walVersion = 3007000
)

// logAudit is what a log says about itself.
type logAudit struct {
	header    bool // the log's header is sound
	salts     salts
	valid     uint32 // frames of the unbroken chain from the first
	committed uint32 // the last of them that ends a transaction
	dbPages   uint32 // pages of the database after that transaction
	promised  uint32 // frames that some later frame says were durable
	frames    uint32 // frames the file has room for
}

// logSums is SQLite's running checksum over the log (its file format, section 4.2).
type logSums struct {
	s0, s1 uint32
	swap   bool
}

func (c *logSums) add(b []byte) {
	for ; len(b) >= 8; b = b[8:] {
		x, y := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
		if c.swap {
			x, y = bits.ReverseBytes32(x), bits.ReverseBytes32(y)
		}
		c.s0 += x + c.s1
		c.s1 += y + c.s0
	}
}

func (c *logSums) match(b []byte) bool {
	return binary.BigEndian.Uint32(b) == c.s0 && binary.BigEndian.Uint32(b[4:]) == c.s1
}

// auditLog walks the log from its first frame as SQLite's recovery does, and then on to
// the file's end for frames that vouch for what should have been before them.
// readAt fills p or says that the file ends; keep is called with each frame of the chain.
func auditLog(size int64, readAt func(p []byte, off int64) error, open func(unit []byte, frame uint32) error,
	keep func(frame uint32, plain []byte)) (logAudit, error) {
	var a logAudit
	if size <= walHeader {
		return a, nil
	}
	a.frames = uint32((size - walHeader) / frameSize)
	var h [walHeader]byte
	if err := readAt(h[:], 0); err != nil {
		return a, err
	}
	magic := binary.BigEndian.Uint32(h[:])
	sums := logSums{swap: magic&1 == 1}
	sums.add(h[:24])
	if magic&^1 != walMagic || binary.BigEndian.Uint32(h[4:]) != walVersion ||
		binary.BigEndian.Uint32(h[8:]) != PageSize || !sums.match(h[24:]) {
		return a, nil
	}
	a.header, a.salts = true, salts(h[16:24])
	var reserved [Reserved]byte
	unit := make([]byte, frameSize)
	chain := true
	for frame := uint32(1); frame <= a.frames; frame++ {
		if err := readAt(unit, frameOffset(frame)); err != nil {
			return a, err
		}
		note := readTrailer(unit).note
		if open(unit, frame) != nil || salts(unit[8:16]) != a.salts {
			chain = false
			continue
		}
		a.promised = max(a.promised, note)
		if !chain {
			continue
		}
		sums.add(unit[:8])
		sums.add(unit[frameHeader:framePlain])
		sums.add(reserved[:])
		if !sums.match(unit[16:]) || binary.BigEndian.Uint32(unit) == 0 {
			chain = false
			continue
		}
		a.valid = frame
		if n := binary.BigEndian.Uint32(unit[4:]); n != 0 {
			a.committed, a.dbPages = frame, n
		}
		if keep != nil {
			keep(frame, unit[:framePlain])
		}
	}
	return a, nil
}

// judge compares the log with what was promised of it. What follows the last durable
// frame may be torn or missing: that was never acknowledged with synchronous=FULL.
func (a logAudit) judge(m mark, path string) error {
	wal := path + walSuffix
	promised := a.promised
	if a.header && m.frames > 0 && m.salts == a.salts {
		promised = max(promised, m.frames)
	} else if m.frames > 0 && m.exact {
		detail := "its header is not the one last written"
		if !a.header {
			detail = "its header cannot be read"
		}
		return Damage{File: wal, Fault: Altered, Detail: fmt.Sprintf("%s; %d committed frames were there", detail, m.frames)}
	}
	if a.valid >= promised {
		return nil
	}
	fault := Altered
	if a.frames <= a.valid {
		fault = Missing
	}
	return Damage{File: wal, Frame: a.valid + 1, Fault: fault, Detail: fmt.Sprintf("%d frames were committed and synced", promised)}
}

// recover audits the log before SQLite recovers from it.
func (f *logFile) recover(t *libc.TLS) error {
	size, rc := f.base.Size(t)
	if rc != sqlite3.SQLITE_OK {
		return ioError{"measure the log", rc}
	}
	a, err := auditLog(size, func(p []byte, off int64) error {
		rc := f.base.Read(t, f.scratch, int32(len(p)), off)
		copy(p, f.raw)
		if rc != sqlite3.SQLITE_OK {
			return ioError{"read the log", rc}
		}
		return nil
	}, func(unit []byte, frame uint32) error {
		_, err := f.s.v.sealer.open(&f.desk, unit, framePlace(f.s.id, frame))
		return err
	}, nil)
	if err != nil {
		return err
	}
	m, err := f.s.mark(t)
	if err != nil {
		return err
	}
	if !m.exact {
		f.s.v.report(f.s.path, Damage{File: f.s.sidePath(), Fault: Altered, Notice: true,
			Detail: "a mark of the write-ahead log cannot be read; a crash while it was written may be the reason"})
	}
	if err := a.judge(m, f.s.path); err != nil {
		return err
	}
	f.s.wal.mu.Lock()
	defer f.s.wal.mu.Unlock()
	f.s.wal.salts, f.s.wal.known, f.s.wal.committed = a.salts, a.header, a.committed
	f.s.wal.synced.Store(0)
	if m.salts == a.salts {
		f.s.wal.synced.Store(min(m.frames, a.committed))
	}
	f.recovered = true
	return nil
}
