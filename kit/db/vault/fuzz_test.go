package vault

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// FuzzOpenPage: whatever stands in a page's place either is the page or is refused. The
// input is laid over the sealed page, so that most of the page is often right.
func FuzzOpenPage(f *testing.F) {
	s, err := newSealer(testKeys(f, 1))
	if err != nil {
		f.Fatal(err)
	}
	var d desk
	id := identity{9}
	plain := make([]byte, PageSize)
	copy(plain, sqliteMagic)
	f.Add(uint32(1), uint16(0), []byte{})
	f.Add(uint32(2), uint16(4090), []byte{1, 1})
	f.Add(uint32(2), uint16(bodySize), make([]byte, Reserved))
	f.Add(uint32(1), uint16(0), []byte(sqliteMagic))
	f.Add(uint32(3), uint16(0), make([]byte, PageSize))
	f.Fuzz(func(t *testing.T, page uint32, at uint16, over []byte) {
		unit := make([]byte, PageSize)
		sealPage(s, &d, unit, plain, page, id)
		raw := bytes.Clone(unit)
		copy(raw[at%PageSize:], over)
		sound := bytes.Equal(raw, unit)
		err := openPage(s, &d, raw, page, id)
		if (err == nil) != sound {
			t.Fatalf("page %d: sound %v, opened with %v", page, sound, err)
		}
		want := plain
		if page != 1 {
			want = append(bytes.Clone(plain[:bodySize]), make([]byte, Reserved)...)
		}
		if err == nil && !bytes.Equal(raw, want) {
			t.Fatal("the page opened to something else")
		}
		if err != nil && !allZero(raw) {
			t.Fatal("a refused page was left in memory")
		}
	})
}

// FuzzAuditLog: a log from anywhere is judged without a panic, and its chain is exactly
// the frames before the first change. The input is laid over a sound log.
func FuzzAuditLog(f *testing.F) {
	s, err := newSealer(testKeys(f, 1))
	if err != nil {
		f.Fatal(err)
	}
	id := identity{4}
	log := forgeLog(s, id, 6)
	f.Add(uint32(0), uint32(0), []byte{}, uint32(6))
	f.Add(uint32(40), uint32(9000), []byte{1}, uint32(3))
	f.Add(uint32(16), uint32(0), []byte("saltsald"), uint32(3))
	f.Add(uint32(0), uint32(24700), []byte{}, uint32(0))
	f.Add(uint32(5000), uint32(3), make([]byte, 9000), uint32(1))
	f.Fuzz(func(t *testing.T, at, cut uint32, over []byte, promised uint32) {
		content := bytes.Clone(log)
		copy(content[int(at)%len(content):], over)
		content = content[:len(content)-int(cut)%len(content)]
		var d desk
		a, err := auditLog(int64(len(content)), func(p []byte, off int64) error {
			if off+int64(len(p)) > int64(len(content)) {
				return errors.New("read past the end")
			}
			copy(p, content[off:])
			return nil
		}, func(unit []byte, frame uint32) error {
			_, err := s.open(&d, unit, framePlace(id, frame))
			return err
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		same := 0
		for same < len(content) && content[same] == log[same] {
			same++
		}
		want := uint32(0)
		if same >= walHeader {
			want = uint32((same - walHeader) / frameSize)
		}
		if a.valid != want || a.committed != want {
			t.Fatalf("a chain of %d frames (%d committed), %d are as they were written", a.valid, a.committed, want)
		}
		m := mark{salts: salts(log[16:24]), frames: promised % 7, exact: true}
		err = a.judge(m, "a.db")
		if m.frames > want && err == nil {
			t.Fatalf("%d frames were promised, %d are there, and nothing is said", m.frames, want)
		}
		if uint64(want) == uint64(len(log)-walHeader)/frameSize && err != nil {
			t.Fatalf("a sound log is refused: %v", err)
		}
	})
}

// forgeLog makes a log of n sound frames, each a transaction, each vouching for those
// before it.
func forgeLog(s *sealer, id identity, n uint32) []byte {
	var d desk
	log := make([]byte, walHeader)
	binary.BigEndian.PutUint32(log, walMagic)
	binary.BigEndian.PutUint32(log[4:], walVersion)
	binary.BigEndian.PutUint32(log[8:], PageSize)
	copy(log[16:], "saltsalt")
	var sums logSums
	sums.add(log[:24])
	binary.BigEndian.PutUint32(log[24:], sums.s0)
	binary.BigEndian.PutUint32(log[28:], sums.s1)
	for frame := uint32(1); frame <= n; frame++ {
		plain := make([]byte, framePlain)
		binary.BigEndian.PutUint32(plain, frame)
		binary.BigEndian.PutUint32(plain[4:], n)
		copy(plain[8:], "saltsalt")
		sums.add(plain[:8])
		sums.add(plain[frameHeader:])
		sums.add(make([]byte, Reserved))
		binary.BigEndian.PutUint32(plain[16:], sums.s0)
		binary.BigEndian.PutUint32(plain[20:], sums.s1)
		unit := make([]byte, frameSize)
		s.seal(&d, unit, plain, framePlace(id, frame), frame-1)
		log = append(log, unit...)
	}
	return log
}

// FuzzLogTail: whatever follows the durable frames of a log, the database opens with
// every committed row.
func FuzzLogTail(f *testing.F) {
	sp := makeSpecimen(f)
	log, err := os.ReadFile(sp.path() + walSuffix)
	if err != nil {
		f.Fatal(err)
	}
	durable := log[:frameOffset(sp.frames+1)]
	vfs := register(f, testKeys(f, 1), Options{})
	f.Add([]byte{})
	f.Add(log[walHeader : walHeader+frameSize])
	f.Add(log[frameOffset(sp.frames) : frameOffset(sp.frames)+frameSize])
	f.Add(make([]byte, 5000))
	f.Fuzz(func(t *testing.T, tail []byte) {
		path := filepath.Join(t.TempDir(), "a.db")
		copyDatabase(t, sp.path(), path)
		if err := os.WriteFile(path+walSuffix, append(bytes.Clone(durable), tail...), 0o600); err != nil {
			t.Fatal(err)
		}
		db := open(t, vfs, path)
		defer db.Close()
		if n := one[int](t, db, "SELECT count(body) FROM entry"); n != len(sp.rows) {
			t.Fatalf("%d rows of %d", n, len(sp.rows))
		}
	})
}

// FuzzPagesFile: a -pages file from anywhere never makes wrong data readable.
func FuzzPagesFile(f *testing.F) {
	path := filepath.Join(f.TempDir(), "small.db")
	vfs := register(f, testKeys(f, 1), Options{})
	db := open(f, vfs, path)
	fill(f, db, 3)
	db.Close()
	side, err := os.ReadFile(path + pagesSuffix)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(side, uint32(0), byte(0))
	f.Add(side, uint32(9000), byte(4))
	f.Add(side[:5000], uint32(0), byte(1))
	f.Add([]byte{}, uint32(0), byte(0))
	f.Fuzz(func(t *testing.T, content []byte, at uint32, flip byte) {
		if len(content) > 1<<16 {
			return
		}
		hurt := filepath.Join(t.TempDir(), "small.db")
		copyDatabase(t, path, hurt)
		content = bytes.Clone(content)
		if len(content) > 0 {
			content[int(at%uint32(len(content)))] ^= flip
		}
		if err := os.WriteFile(hurt+pagesSuffix, content, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("sqlite", DSN(hurt, vfs))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var n int
		if err := db.QueryRow("SELECT count(*) FROM entry WHERE body LIKE $1", canary+"%").Scan(&n); err == nil && n != 3 {
			t.Fatalf("%d rows were read", n)
		}
		if _, err := Verify(hurt, testKeys(t, 1)); err != nil && !errors.Is(err, ErrWrongKey) && !errors.Is(err, ErrDamaged) {
			t.Fatal(err)
		}
	})
}
