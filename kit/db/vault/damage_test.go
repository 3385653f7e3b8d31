package vault

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"milieu/kit/db/vault/faultvfs"
)

// specimen is a closed database as a killed process leaves it: most of it in the main
// file, the newest transactions in the log; and an older copy of all of it.
type specimen struct {
	dir, older string
	rows       map[int]string
	pages      uint32
	frames     uint32 // committed and synced
	inLog      map[uint32]bool
}

func makeSpecimen(t testing.TB) specimen {
	t.Helper()
	sp := specimen{dir: t.TempDir(), older: filepath.Join(t.TempDir(), "older.db"), rows: map[int]string{}, inLog: map[uint32]bool{}}
	live := filepath.Join(t.TempDir(), "live.db")
	vfs := register(t, testKeys(t, 1), Options{})
	db := open(t, vfs, live, walFull, "synchronous(full)", "wal_autocheckpoint(0)")
	fill(t, db, 400)
	exec(t, db, "PRAGMA wal_checkpoint(RESTART)")
	exec(t, db, "UPDATE entry SET body = 'older' || hex(randomblob(300))")
	exec(t, db, "PRAGMA wal_checkpoint(RESTART)")
	copyDatabase(t, live, sp.older)
	exec(t, db, "UPDATE entry SET body = 'newer' || hex(randomblob(300))")
	exec(t, db, "PRAGMA wal_checkpoint(RESTART)")
	for i := range 12 {
		exec(t, db, "UPDATE entry SET body = 'newest' || hex(randomblob(300)) WHERE id = $1", 30*i+1)
	}
	rows, err := db.Query("SELECT id, body FROM entry")
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var id int
		var body string
		if err := rows.Scan(&id, &body); err != nil {
			t.Fatal(err)
		}
		sp.rows[id] = body
	}
	rows.Close()
	sp.pages = one[uint32](t, db, "PRAGMA page_count")
	copyDatabase(t, live, sp.path())
	k, err := openTool(sp.path(), testKeys(t, 1), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer k.close()
	w := &walker{tool: k, newest: map[uint32]uint32{}, lost: map[uint32]bool{}}
	if err := w.identify(false); err != nil {
		t.Fatal(err)
	}
	defer w.store.side.Close(k.t)
	if w.log, err = k.extra(walSuffix); err != nil {
		t.Fatal(err)
	}
	defer w.log.Close(k.t)
	if err := w.readLog(false); err != nil {
		t.Fatal(err)
	}
	for p, f := range w.newest {
		sp.inLog[p] = true
		sp.frames = max(sp.frames, f)
	}
	if sp.frames == 0 || len(sp.inLog) == 0 {
		t.Fatal("the specimen's log is empty")
	}
	return sp
}

func (sp specimen) path() string { return filepath.Join(sp.dir, "a.db") }

// same says whether the older copy has the page as it is.
func (sp specimen) same(page uint32) bool {
	now, err := os.ReadFile(sp.path())
	if err != nil {
		panic(err)
	}
	then, err := os.ReadFile(sp.older)
	if err != nil {
		panic(err)
	}
	end := int(page) * PageSize
	return end <= len(then) && bytes.Equal(now[end-PageSize:end], then[end-PageSize:end])
}

// hurt is one random damage.
type hurt struct {
	name  string
	file  string // suffix
	page  uint32
	frame uint32
	do    func(path string) error
	// silent damages hit a page whose newest version is in the log: nothing wrong can
	// be read, and Verify gives a notice.
	silent bool
}

func (sp specimen) hurt(r *rand.Rand) hurt {
	page := 1 + r.Uint32N(sp.pages)
	frame := 1 + r.Uint32N(sp.frames)
	at := int64(page-1) * PageSize
	inPage, inFrame := r.Int64N(PageSize), r.Int64N(frameSize)
	bit := r.IntN(8)
	silent := sp.inLog[page]
	switch r.IntN(8) {
	case 0, 1:
		return hurt{"flipped bit", "", page, 0, func(p string) error { return faultvfs.FlipBit(p, at+inPage, bit) }, silent}
	case 2:
		return hurt{"zeroed page", "", page, 0, func(p string) error { return faultvfs.Zero(p, at, PageSize) }, silent}
	case 3:
		for sp.same(page) { // not rewritten since the older copy: nothing would be stale
			page = 1 + r.Uint32N(sp.pages)
		}
		at, silent = int64(page-1)*PageSize, sp.inLog[page]
		return hurt{"stale page", "", page, 0, func(p string) error { return faultvfs.Stale(p, sp.older, at, PageSize) }, silent}
	case 4:
		n := 1 + r.Int64N(3*PageSize)
		first := uint32((int64(sp.pages)*PageSize-n)/PageSize) + 1
		return hurt{"cut tail", "", first, 0, func(p string) error { return faultvfs.CutTail(p, n) }, sp.inLog[first]}
	case 6:
		return hurt{"stale frame", walSuffix, 0, frame, func(p string) error {
			return faultvfs.Stale(p, sp.older+walSuffix, frameOffset(frame), frameSize)
		}, false}
	case 5:
		return hurt{"flipped bit in the log", walSuffix, 0, frame, func(p string) error {
			return faultvfs.FlipBit(p, frameOffset(frame)+inFrame, bit)
		}, false}
	}
	if r.IntN(2) == 0 {
		return hurt{"flipped bit in the log's header", walSuffix, 0, 0, func(p string) error { return faultvfs.FlipBit(p, r.Int64N(walHeader), bit) }, false}
	}
	return hurt{"cut log", walSuffix, 0, 0, func(p string) error {
		s, err := os.Stat(p)
		if err != nil {
			return err
		}
		return os.Truncate(p, min(s.Size(), frameOffset(frame)+inFrame))
	}, false}
}

// F6: whatever is damaged is detected and named, and nothing wrong is ever read.
func TestDamageIsDetectedAndNamed(t *testing.T) {
	sp := makeSpecimen(t)
	keys := testKeys(t, 1)
	detected, silent := 0, 0
	n := trials(40, 600)
	for seed := range n {
		h := sp.hurt(rand.New(rand.NewPCG(uint64(seed), 6)))
		path := filepath.Join(t.TempDir(), "a.db")
		copyDatabase(t, sp.path(), path)
		if err := h.do(path + h.file); err != nil {
			t.Fatal(err)
		}
		report, err := Verify(path, keys)
		if err != nil {
			t.Fatalf("%d, %s: verify: %v", seed, h.name, err)
		}
		if !names(report.Damages, h) {
			t.Errorf("%d, %s (page %d, frame %d): not named in %v", seed, h.name, h.page, h.frame, report.Damages)
		}
		if report.Sound() != h.silent && h.name != "cut tail" {
			t.Errorf("%d, %s: sound %v, expected %v: %v", seed, h.name, report.Sound(), h.silent, report.Damages)
		}
		if err := readAllRows(t, keys, path, sp); err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("%d, %s: an error that does not say what is damaged: %v", seed, h.name, err)
			}
			detected++
		} else if report.Sound() {
			silent++
		} else {
			t.Errorf("%d, %s (page %d, frame %d): the database was read as if nothing were wrong", seed, h.name, h.page, h.frame)
		}
	}
	t.Logf("%d damages: %d refused and named, %d without effect (a newer version in the log) and noticed", n, detected, silent)
}

func names(damages []Damage, h hurt) bool {
	for _, d := range damages {
		switch {
		case filepath.Base(d.File) != "a.db"+h.file:
		case h.page != 0 && d.Page == h.page, h.frame != 0 && d.Frame == h.frame, h.page == 0 && h.frame == 0:
			return true
		}
	}
	return false
}

// readAllRows reads everything as a program would; a wrong value fails the test.
func readAllRows(t *testing.T, keys Keys, path string, sp specimen) error {
	t.Helper()
	vfs, err := Register(keys, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer Unregister(vfs)
	db, err := sql.Open("sqlite", DSN(path, vfs, "cache_size(5)"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT id, body FROM entry")
	if err != nil {
		return Explain(vfs, path, err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var id int
		var body string
		if err := rows.Scan(&id, &body); err != nil {
			return Explain(vfs, path, err)
		}
		if sp.rows[id] != body {
			t.Errorf("wrong data was served for row %d", id)
		}
		n++
	}
	if err := rows.Err(); err != nil {
		return Explain(vfs, path, err)
	}
	if n != len(sp.rows) {
		t.Errorf("%d rows of %d without an error", n, len(sp.rows))
	}
	// Pages that hold no rows (free ones) are read by this.
	if err := db.QueryRow("SELECT count(data) FROM sqlite_dbpage").Scan(&n); err != nil {
		return Explain(vfs, path, err)
	}
	return nil
}

func TestTornEndOfTheLogStillOpens(t *testing.T) {
	sp := makeSpecimen(t)
	log, err := os.ReadFile(sp.path() + walSuffix)
	if err != nil {
		t.Fatal(err)
	}
	keep := frameOffset(sp.frames + 1)
	for name, tail := range map[string][]byte{
		"nothing":              nil,
		"a part of a frame":    log[walHeader : walHeader+1000],
		"zeros":                make([]byte, 3*frameSize),
		"rubbish":              []byte(fmt.Sprintf("%09000d", 7)),
		"an old frame":         log[walHeader : walHeader+frameSize],
		"two frames exchanged": append(append([]byte{}, log[walHeader+frameSize:walHeader+2*frameSize]...), log[walHeader:walHeader+frameSize]...),
	} {
		path := filepath.Join(t.TempDir(), "a.db")
		copyDatabase(t, sp.path(), path)
		if err := os.WriteFile(path+walSuffix, append(append([]byte{}, log[:keep]...), tail...), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := readAllRows(t, testKeys(t, 1), path, sp); err != nil {
			t.Errorf("a log that ends with %s: %v", name, err)
		}
	}
}

func TestMissingFiles(t *testing.T) {
	sp := makeSpecimen(t)
	keys := testKeys(t, 1)
	for _, suffix := range []string{walSuffix, pagesSuffix} {
		path := filepath.Join(t.TempDir(), "a.db")
		copyDatabase(t, sp.path(), path)
		if err := os.Remove(path + suffix); err != nil {
			t.Fatal(err)
		}
		err := readAllRows(t, keys, path, sp)
		var d Damage
		if !errors.As(err, &d) || d.Fault != Missing || d.File != path+suffix {
			t.Errorf("without %s: %v", suffix, err)
		}
		if err := Check(path, keys); !errors.Is(err, ErrDamaged) {
			t.Errorf("check without %s: %v", suffix, err)
		}
	}
	path := filepath.Join(t.TempDir(), "a.db")
	copyDatabase(t, sp.path(), path)
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if err := readAllRows(t, keys, path, sp); !errors.Is(err, ErrDamaged) {
		t.Errorf("an emptied main file: %v", err)
	}
	if _, err := os.Stat(path + walSuffix); err != nil {
		t.Errorf("the log of an emptied main file was not left alone: %v", err)
	}
}

// Single spoilt slots of the -pages file cost nothing; a spoilt pair is named.
func TestDamageToTheTokens(t *testing.T) {
	sp := makeSpecimen(t)
	keys := testKeys(t, 1)
	for name, c := range map[string]struct {
		offsets []int64
		refused bool
	}{
		"one identity slot": {[]int64{100}, false},
		"the other":         {[]int64{PageSize + 100}, false},
		"identity in clear": {[]int64{20}, false},
		"both identities":   {[]int64{100, PageSize + 100}, true},
		"one token slot":    {[]int64{blockOffset(0, 0) + 9}, false},
		"the other tokens":  {[]int64{blockOffset(0, 1) + 4000}, false},
		"both token slots":  {[]int64{blockOffset(0, 0) + 9, blockOffset(0, 1) + 9}, true},
		"a mark":            {[]int64{markOffset(0) + 3}, false},
		"both marks":        {[]int64{markOffset(0) + 3, markOffset(1) + 3}, false},
	} {
		path := filepath.Join(t.TempDir(), "a.db")
		copyDatabase(t, sp.path(), path)
		for _, off := range c.offsets {
			if err := faultvfs.FlipBit(path+pagesSuffix, off, 3); err != nil {
				t.Fatal(err)
			}
		}
		err := readAllRows(t, keys, path, sp)
		if (err != nil) != c.refused || err != nil && !errors.Is(err, ErrDamaged) {
			t.Errorf("%s spoilt: %v", name, err)
		}
	}
}

// A page of another database sealed with the same key, at the same place, is refused.
func TestPageOfAnotherDatabase(t *testing.T) {
	vfs := register(t, testKeys(t, 1), Options{})
	var paths []string
	for range 2 {
		p := filepath.Join(t.TempDir(), "a.db")
		db := open(t, vfs, p)
		fill(t, db, 40)
		db.Close()
		paths = append(paths, p)
	}
	if err := faultvfs.Stale(paths[0], paths[1], 2*PageSize, PageSize); err != nil {
		t.Fatal(err)
	}
	db := open(t, vfs, paths[0])
	var n int
	err := Explain(vfs, paths[0], db.QueryRow("SELECT count(body) FROM entry").Scan(&n))
	var d Damage
	if !errors.As(err, &d) || d.Page != 3 || d.Fault != Altered {
		t.Errorf("a page of another database: %v", err)
	}
}

// What recovery relies on: the sums over the log are SQLite's.
func TestLogSumsAreSQLites(t *testing.T) {
	sp := makeSpecimen(t)
	log, err := os.ReadFile(sp.path() + walSuffix)
	if err != nil {
		t.Fatal(err)
	}
	var sums logSums
	sums.swap = binary.BigEndian.Uint32(log)&1 == 1
	sums.add(log[:24])
	if !sums.match(log[24:32]) {
		t.Error("the sum of the log's header differs")
	}
}
