package vault

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"
)

const walFull = "journal_mode(wal)"

// register makes a vault for the test; it checks at the end that nothing was left open.
func register(t testing.TB, keys Keys, o Options) string {
	t.Helper()
	name, err := Register(keys, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := Unregister(name); err != nil {
			t.Error(err)
		}
	})
	return name
}

// open opens a database with one connection, closed at the end of the test at the latest.
func open(t testing.TB, vfs, path string, pragmas ...string) *sql.DB {
	t.Helper()
	if pragmas == nil {
		pragmas = []string{walFull, "synchronous(full)"}
	}
	db, err := sql.Open("sqlite", DSN(path, vfs, pragmas...))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

func exec(t testing.TB, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.Exec(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func one[T any](t testing.TB, db *sql.DB, query string, args ...any) (v T) {
	t.Helper()
	if err := db.QueryRow(query, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

const canary = "canary-7f3a-she-slept-badly"

func fill(t testing.TB, db *sql.DB, rows int) {
	t.Helper()
	exec(t, db, "CREATE TABLE IF NOT EXISTS entry(id INTEGER PRIMARY KEY, body TEXT) STRICT")
	for range rows {
		exec(t, db, "INSERT INTO entry(body) VALUES($1 || hex(randomblob(300)))", canary)
	}
}

func TestWriteCloseReadBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "house #1 50%.db")
	vfs := register(t, testKeys(t, 1), Options{})
	db := open(t, vfs, path)
	fill(t, db, 500)
	if got := one[string](t, db, "PRAGMA journal_mode"); got != "wal" {
		t.Errorf("journal mode %s", got)
	}
	exec(t, db, "DELETE FROM entry WHERE id % 3 = 0")
	exec(t, db, "VACUUM")
	fill(t, db, 50)
	want := one[int](t, db, "SELECT count(*) FROM entry")
	for _, name := range Files(path) {
		if b, err := os.ReadFile(name); err == nil && name != path && bytes.Contains(b, []byte(canary)) {
			t.Errorf("%s has plain text while the database is open", name)
		}
	}
	db.Close()
	for _, name := range []string{path, path + pagesSuffix} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(canary)) || bytes.Contains(b, []byte("SQLite format")) {
			t.Errorf("%s has plain text", name)
		}
	}
	db = open(t, vfs, path)
	if got := one[int](t, db, "SELECT count(*) FROM entry"); got != want {
		t.Errorf("%d rows of %d", got, want)
	}
	if got := one[string](t, db, "PRAGMA integrity_check"); got != "ok" {
		t.Error(got)
	}
	if d := Damages(vfs); len(d) != 0 {
		t.Errorf("damages: %v", d)
	}
}

func TestWrongKeyAndNoKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	right, wrong := register(t, testKeys(t, 1), Options{}), register(t, testKeys(t, 2), Options{})
	db := open(t, right, path)
	fill(t, db, 20)
	db.Close()
	err := open(t, wrong, path).Ping()
	if err == nil {
		t.Fatal("a wrong key opened the database")
	}
	if err = Explain(wrong, path, err); !errors.Is(err, ErrWrongKey) {
		t.Errorf("wrong key: %v", err)
	}
	plain, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if err := plain.QueryRow("SELECT count(*) FROM entry").Scan(new(int)); err == nil {
		t.Error("no key opened the database")
	}
	clear := filepath.Join(t.TempDir(), "plain.db")
	other, err := sql.Open("sqlite", "file:"+clear)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, other, "CREATE TABLE t(a)")
	other.Close()
	if err := Explain(right, clear, open(t, right, clear).Ping()); !errors.Is(err, ErrPlain) {
		t.Errorf("a plain database: %v", err)
	}
	if got := one[int](t, open(t, right, path), "SELECT count(*) FROM entry"); got != 20 {
		t.Errorf("%d rows with the right key afterwards", got)
	}
}

func TestRefusedSettings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	vfs := register(t, testKeys(t, 1), Options{})
	db := open(t, vfs, path)
	fill(t, db, 5)
	for _, p := range []string{
		"synchronous=off", "synchronous=0", "synchronous=00", "synchronous=8", "SYNCHRONOUS='OFF'", "main.synchronous=off",
		"journal_mode=off", "journal_mode=memory", "journal_mode=truncate", "temp_store=file", "temp_store=default",
		"auto_vacuum=full", "page_size=8192",
	} {
		if _, err := db.Exec("PRAGMA " + p); err == nil || !strings.Contains(err.Error(), "refused") {
			t.Errorf("PRAGMA %s: %v", p, err)
		}
	}
	for _, p := range []string{"synchronous=normal", "synchronous=2", "synchronous", "journal_mode=WAL", "temp_store=2", "page_size"} {
		if _, err := db.Exec("PRAGMA " + p); err != nil {
			t.Errorf("PRAGMA %s: %v", p, err)
		}
	}
	exec(t, db, "CREATE TEMP TABLE scratch(a)")
	exec(t, db, "INSERT INTO scratch SELECT body FROM entry ORDER BY body")
}

func TestTwoVaultsOneFileAndManyConnections(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	one1, two := register(t, testKeys(t, 1), Options{}), register(t, testKeys(t, 1), Options{})
	a, b := open(t, one1, path), open(t, two, path)
	fill(t, a, 10)
	for i := range 30 {
		fill(t, []*sql.DB{a, b}[i%2], 20)
		if i%5 == 4 {
			exec(t, []*sql.DB{b, a}[i%2], "PRAGMA wal_checkpoint("+[]string{"PASSIVE", "FULL", "RESTART", "TRUNCATE"}[i/5%4]+")")
		}
		if x, y := one[int](t, a, "SELECT count(body) FROM entry"), one[int](t, b, "SELECT count(body) FROM entry"); x != y || x != 10+20*(i+1) {
			t.Fatalf("round %d: %d and %d rows", i, x, y)
		}
	}
	for _, v := range []string{one1, two} {
		if d := Damages(v); len(d) != 0 {
			t.Errorf("damages: %v", d)
		}
	}
}

func TestVacuumIntoAndBackupOfPages(t *testing.T) {
	dir := t.TempDir()
	vfs := register(t, testKeys(t, 1), Options{})
	db := open(t, vfs, filepath.Join(dir, "a.db"))
	fill(t, db, 200)
	exec(t, db, "VACUUM INTO $1", filepath.Join(dir, "b.db"))
	copied := open(t, vfs, filepath.Join(dir, "b.db"))
	if n := one[int](t, copied, "SELECT count(*) FROM entry"); n != 200 {
		t.Errorf("%d rows in the copy", n)
	}
	if n := one[int](t, copied, "SELECT count(data) FROM sqlite_dbpage"); n < 10 {
		t.Errorf("%d pages", n)
	}
}

// A transaction larger than the page cache spills into the log, changes pages it
// spilled, and has SQLite write parts of frames again.
func TestSpilledTransactions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	vfs := register(t, testKeys(t, 1), Options{})
	db := open(t, vfs, path, walFull, "synchronous(normal)", "cache_size(10)")
	fill(t, db, 100)
	for round := range 6 {
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		for i := range 600 {
			if _, err := tx.Exec("INSERT OR REPLACE INTO entry(id, body) VALUES($1, hex(randomblob(500)))", 1+(i*7919)%(300+round)); err != nil {
				t.Fatal(Explain(vfs, path, err))
			}
		}
		if round%3 == 1 {
			err = tx.Rollback()
		} else {
			err = tx.Commit()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	// What a killed process leaves: the files as they are, recovered from the log.
	twin := filepath.Join(t.TempDir(), "b.db")
	copyDatabase(t, path, twin)
	again := open(t, vfs, twin)
	if got := one[string](t, again, "PRAGMA integrity_check"); got != "ok" {
		t.Error(got)
	}
	if a, b := one[int](t, db, "SELECT sum(length(body)) FROM entry"), one[int](t, again, "SELECT sum(length(body)) FROM entry"); a != b {
		t.Errorf("%d bytes, after recovery %d", a, b)
	}
}

// copyDatabase copies the files of a database as they are on disk.
func copyDatabase(t testing.TB, from, to string) {
	t.Helper()
	for _, suffix := range []string{"", walSuffix, journalSuffix, pagesSuffix} {
		b, err := os.ReadFile(from + suffix)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(to+suffix, b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
