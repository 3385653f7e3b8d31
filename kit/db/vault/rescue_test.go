package vault

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"milieu/kit/db/vault/faultvfs"
)

// openPlain opens a decrypted database as any SQLite program would.
func openPlain(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestDecryptIncludesTheLog(t *testing.T) {
	sp := makeSpecimen(t)
	dst := filepath.Join(t.TempDir(), "plain.db")
	report, err := Decrypt(sp.path(), testKeys(t, 1), dst, false)
	if err != nil {
		t.Fatal(err)
	}
	if !report.Sound() || report.Pages != sp.pages || int(report.FromLog) != len(sp.inLog) {
		t.Errorf("report %+v, the database has %d pages, %d in the log", report, sp.pages, len(sp.inLog))
	}
	db := openPlain(t, dst)
	if got := one[string](t, db, "PRAGMA integrity_check"); got != "ok" {
		t.Error(got)
	}
	for id, body := range sp.rows {
		if got := one[string](t, db, "SELECT body FROM entry WHERE id = $1", id); got != body {
			t.Fatalf("row %d differs", id)
		}
	}
	if s, err := os.Stat(dst); err != nil || s.Mode().Perm()&0o077 != 0 {
		t.Errorf("mode %v, %v", s.Mode(), err)
	}
	exec(t, db, "UPDATE entry SET body = 'still writable'")
	if _, err := Decrypt(sp.path(), testKeys(t, 1), dst, false); err == nil {
		t.Error("an existing file was overwritten")
	}
	none := filepath.Join(t.TempDir(), "none.db")
	if _, err := Decrypt(sp.path(), testKeys(t, 2), none, true); !errors.Is(err, ErrWrongKey) {
		t.Errorf("wrong key: %v", err)
	}
	if _, err := os.Stat(none); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a failed decryption left a file")
	}
}

func TestRescueGoesOnPastDamage(t *testing.T) {
	sp := makeSpecimen(t)
	keys := testKeys(t, 1)
	page := sp.pages
	for sp.inLog[page] {
		page--
	}
	for name, c := range map[string]struct {
		hurt func(path string) error
		some bool // some rows may be lost or old
	}{
		"a page":           {func(p string) error { return faultvfs.FlipBit(p, int64(page-1)*PageSize+50, 1) }, true},
		"a frame":          {func(p string) error { return faultvfs.FlipBit(p+walSuffix, frameOffset(1)+50, 1) }, true},
		"the log's header": {func(p string) error { return faultvfs.FlipBit(p+walSuffix, 3, 1) }, false},
		"the tokens": {func(p string) error {
			return errors.Join(faultvfs.FlipBit(p+pagesSuffix, blockOffset(0, 0), 1), faultvfs.FlipBit(p+pagesSuffix, blockOffset(0, 1), 1))
		}, false},
		"the identities": {func(p string) error {
			return errors.Join(faultvfs.FlipBit(p+pagesSuffix, 600, 1), faultvfs.FlipBit(p+pagesSuffix, PageSize+600, 1))
		}, false},
		"no tokens at all": {func(p string) error { return os.Remove(p + pagesSuffix) }, false},
		"a stale page":     {func(p string) error { return faultvfs.Stale(p, sp.older, int64(page-1)*PageSize, PageSize) }, true},
	} {
		path, dst := filepath.Join(t.TempDir(), "a.db"), filepath.Join(t.TempDir(), "plain.db")
		copyDatabase(t, sp.path(), path)
		if err := c.hurt(path); err != nil {
			t.Fatal(err)
		}
		if _, err := Decrypt(path, keys, dst, false); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: without going on: %v", name, err)
		}
		report, err := Decrypt(path, keys, dst, true)
		if err != nil || report.Sound() {
			t.Errorf("%s: rescue: %v, %+v", name, err, report)
			continue
		}
		if named := slices.ContainsFunc(report.Damages, func(d Damage) bool { return d.Page == page }); named != strings.Contains(name, "page") {
			t.Errorf("%s: page %d named: %v, in %v", name, page, named, report.Damages)
		}
		db, kept := openPlain(t, dst), 0
		for id, body := range sp.rows {
			var got string
			if err := db.QueryRow("SELECT body FROM entry WHERE id = $1", id).Scan(&got); err == nil && got == body {
				kept++
			}
		}
		if min := len(sp.rows) - 60; kept < min || !c.some && kept < len(sp.rows) {
			t.Errorf("%s: only %d of %d rows kept", name, kept, len(sp.rows))
		}
	}
}

func TestRotate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.db")
	first, second := NewKey(1), NewKey(2)
	oldKeys, err := NewKeys(first)
	if err != nil {
		t.Fatal(err)
	}
	both, err := NewKeys(second, first)
	if err != nil {
		t.Fatal(err)
	}
	newKeys, err := NewKeys(second)
	if err != nil {
		t.Fatal(err)
	}
	vfs := register(t, oldKeys, Options{})
	db := open(t, vfs, path)
	fill(t, db, 1200)
	db.Close()

	// A rotation that is interrupted leaves a database that both keys together open.
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := Rotate(ctx, path, both, Options{}); err == nil {
		t.Error("a cancelled rotation succeeded")
	}
	half := register(t, both, Options{})
	db = open(t, half, path)
	fill(t, db, 30)
	db.Close()
	if err := Check(path, oldKeys); err != nil {
		t.Errorf("the identity was sealed again too early: %v", err)
	}

	pages, err := Rotate(context.Background(), path, both, Options{})
	if err != nil || pages == 0 {
		t.Fatalf("%d pages: %v", pages, err)
	}
	if again, err := Rotate(context.Background(), path, both, Options{}); err != nil || again != 0 {
		t.Errorf("a second rotation: %d pages, %v", again, err)
	}
	if err := Check(path, oldKeys); !errors.Is(err, ErrWrongKey) {
		t.Errorf("the old key afterwards: %v", err)
	}
	if r, err := Verify(path, newKeys); err != nil || !r.Sound() || len(r.Damages) != 0 {
		t.Errorf("verify with the new key alone: %v %+v", err, r)
	}
	for _, name := range Files(path) {
		b, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		for off := 0; off+PageSize <= len(b); off += PageSize {
			if name == path+pagesSuffix && off == 2*PageSize {
				continue // the marks, two small units
			}
			if tr := readTrailer(b[off : off+PageSize]); tr.version == formatVersion && tr.epoch != 2 {
				t.Errorf("%s: a unit of epoch %d at %d", filepath.Base(name), tr.epoch, off)
			}
		}
	}
	db = open(t, register(t, newKeys, Options{}), path)
	if n := one[int](t, db, "SELECT count(*) FROM entry"); n != 1230 {
		t.Errorf("%d rows", n)
	}
	if got := one[string](t, db, "PRAGMA integrity_check"); got != "ok" {
		t.Error(got)
	}
}

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.db")
	keys := testKeys(t, 1)
	if err := Check(path, keys); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Check(path, keys); err != nil {
		t.Errorf("an empty file: %v", err)
	}
	vfs := register(t, keys, Options{})
	db := open(t, vfs, path)
	fill(t, db, 3)
	if err := Check(path, keys); err != nil {
		t.Errorf("while it is open: %v", err)
	}
	exec(t, db, "INSERT INTO entry(body) VALUES('the locks are still there')")
	db.Close()
	if err := Check(path, testKeys(t, 2)); !errors.Is(err, ErrWrongKey) {
		t.Errorf("wrong key: %v", err)
	}
	if err := Check(path, Keys{}); err == nil {
		t.Error("no key at all was accepted")
	}
	rubbish := filepath.Join(dir, "rubbish.db")
	if err := os.WriteFile(rubbish, bytes.Repeat([]byte("no database "), 900), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Check(rubbish, keys); !errors.Is(err, ErrWrongKey) {
		t.Errorf("rubbish: %v", err)
	}
}
