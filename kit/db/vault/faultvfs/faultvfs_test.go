package faultvfs

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite"
)

// openOn opens a plain database on the disk.
func openOn(t *testing.T, d *Disk, path, synchronous string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?vfs="+d.Name()+"&_pragma=journal_mode(wal)&_pragma=synchronous("+synchronous+")")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE IF NOT EXISTS t(a)"); err != nil {
		t.Fatal(err)
	}
	return db
}

func newDisk(t *testing.T, seed uint64) *Disk {
	t.Helper()
	d, err := New(seed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// rowsIn opens what is left with SQLite's own VFS.
func rowsIn(t *testing.T, path string) (n int) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow("SELECT count(*) FROM t").Scan(&n); err != nil {
		return -1
	}
	return n
}

func TestPowerCutKeepsWhatWasSynced(t *testing.T) {
	lost := map[string]int{}
	for _, synchronous := range []string{"full", "normal"} {
		for seed := range uint64(12) {
			d := newDisk(t, seed)
			db := openOn(t, d, filepath.Join(t.TempDir(), "a.db"), synchronous)
			for range 30 {
				if _, err := db.Exec("INSERT INTO t VALUES(1)"); err != nil {
					t.Fatal(err)
				}
			}
			d.Cut()
			if _, err := db.Exec("INSERT INTO t VALUES(2)"); err == nil {
				t.Error("a write succeeded without power")
			}
			db.Close()
			folder := t.TempDir()
			if err := d.PowerCut(folder); err != nil {
				t.Fatal(err)
			}
			lost[synchronous] += 30 - rowsIn(t, filepath.Join(folder, "a.db"))
		}
	}
	if lost["full"] != 0 || lost["normal"] == 0 {
		t.Errorf("lost %v", lost)
	}
}

func TestSameSeedSameDisk(t *testing.T) {
	var images [2][]byte
	for i := range images {
		d := newDisk(t, 5)
		db := openOn(t, d, filepath.Join(t.TempDir(), "a.db"), "normal")
		d.CutAfter(9)
		for range 9 {
			db.Exec("INSERT INTO t VALUES(zeroblob(3000))")
		}
		db.Close()
		folder := t.TempDir()
		if err := d.PowerCut(folder); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(folder, "a.db"))
		if err != nil {
			t.Fatal(err)
		}
		images[i] = b
	}
	if len(images[0]) != len(images[1]) {
		t.Errorf("%d and %d bytes", len(images[0]), len(images[1]))
	}
}

func TestFailuresComeAndGo(t *testing.T) {
	d := newDisk(t, 1)
	db := openOn(t, d, filepath.Join(t.TempDir(), "a.db"), "full")
	defer db.Close()
	insert := func() error { _, err := db.Exec("INSERT INTO t VALUES(1)"); return err }
	for _, f := range []Failure{
		{On: Write, Times: 1}, {On: Sync, Times: 1}, {On: Write, NoSpace: true, Times: 1}, {On: Any, Suffix: "-wal", Times: 1},
	} {
		d.Fail(f)
		if insert() == nil {
			t.Errorf("%+v: nothing failed", f)
		}
		if err := insert(); err != nil {
			t.Errorf("%+v: it did not pass: %v", f, err)
		}
	}
	d.Fail(Failure{On: Sync, After: 2})
	for i, fails := range []bool{false, false, true, true} {
		if failed := insert() != nil; failed != fails {
			t.Errorf("insert %d: failed %v, After is not kept", i, failed)
		}
	}
	d.Heal()
	if err := insert(); err != nil {
		t.Error(err)
	}
	if d.Failed() < 6 || d.Operations() == 0 || d.IsCut() {
		t.Errorf("%d failed of %d, cut %v", d.Failed(), d.Operations(), d.IsCut())
	}
}

func TestAfterCut(t *testing.T) {
	base := tracked{durable: []byte("durable!"), kept: true}
	with := func(c ...change) *tracked { return &tracked{durable: base.durable, kept: true, pending: c} }
	for name, c := range map[string]struct {
		file   *tracked
		chance float64
		want   string
		there  bool
	}{
		"nothing pending":       {with(), 0, "durable!", true},
		"a write lost":          {with(change{Write, 0, []byte("D")}), 0, "durable!", true},
		"a truncation arrived":  {with(change{what: Truncate, off: 3}), 1, "dur", true},
		"a deletion lost":       {with(change{what: Delete}), 0, "durable!", true},
		"a deletion arrived":    {with(change{what: Delete}), 1, "", false},
		"a creation lost":       {&tracked{pending: []change{{what: Any}, {Write, 0, []byte("new")}}}, 0, "", false},
		"deleted, made anew":    {with(change{what: Delete}, change{what: Any}, change{what: Truncate, off: 2}), 1, "\x00\x00", true},
		"the old one came back": {with(change{what: Delete}, change{what: Any}, change{what: Truncate, off: 2}), 0, "durable!", true},
	} {
		d := newDisk(t, 3)
		got, there := c.file.afterCut(d.rand, c.chance)
		if string(got) != c.want || there != c.there {
			t.Errorf("%s: %q, %v", name, got, there)
		}
	}
}

func TestDamageOfClosedFiles(t *testing.T) {
	dir := t.TempDir()
	path, older := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	for p, s := range map[string]string{path: "abcdef", older: "ABCDEF"} {
		if err := os.WriteFile(p, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{FlipBit(path, 0, 1), Zero(path, 1, 1), Stale(path, older, 2, 2), CutTail(path, 1)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "c\x00CDe" {
		t.Errorf("%q, %v", b, err)
	}
	for _, err := range []error{FlipBit(path, 99, 1), Zero(path, 3, 9), Stale(path, older, 5, 2), CutTail(path, 99)} {
		if err == nil {
			t.Error("a damage beyond the file was accepted")
		}
	}
}
