package vault

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"milieu/kit/db/vault/faultvfs"
)

// snapshot holds a read transaction, so that the log is neither emptied nor restarted.
func snapshot(t testing.TB, vfs, path string) *sql.Conn {
	t.Helper()
	db := open(t, vfs, path)
	c, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"BEGIN DEFERRED", "SELECT count(*) FROM entry"} {
		if _, err := c.ExecContext(context.Background(), q); err != nil {
			t.Fatal(err)
		}
	}
	var n int
	if err := c.QueryRowContext(context.Background(), "SELECT count(*) FROM entry").Scan(&n); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// A partial checkpoint publishes pages without syncing them: another process, with
// tokens of its own in memory, must find theirs in the file.
func TestPartialCheckpointBesideAnotherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	here, there := register(t, testKeys(t, 1), Options{}), register(t, testKeys(t, 1), Options{})
	writer := open(t, here, path, walFull, "synchronous(full)", "wal_autocheckpoint(0)")
	fill(t, writer, 300)
	exec(t, writer, "PRAGMA wal_checkpoint(TRUNCATE)")
	other := open(t, there, path, "cache_size(3)")
	want := one[int](t, other, "SELECT sum(length(body)) FROM entry") // its tokens are loaded now
	exec(t, writer, "UPDATE entry SET body = body || 'y' WHERE id > 20")
	held := snapshot(t, here, path)
	exec(t, writer, "UPDATE entry SET body = body || 'z' WHERE id < 20")
	var busy, frames, done int
	if err := writer.QueryRow("PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &frames, &done); err != nil || done == 0 || done >= frames {
		t.Fatalf("not a partial checkpoint: %d of %d frames, %v", done, frames, err)
	}
	var got int
	if err := other.QueryRow("SELECT sum(length(body)) FROM entry").Scan(&got); err != nil {
		t.Fatal(Explain(there, path, err))
	}
	if got != want+299 {
		t.Errorf("%d bytes, not %d", got, want+299)
	}
	held.Close()
}

// A commit that fails at its sync leaves frames that SQLite writes over. A checkpoint in
// between syncs the log with them in it; a power cut in the middle of writing over them
// must not look like damage.
func TestFramesOfAFailedCommitAreWrittenOver(t *testing.T) {
	for seed := range uint64(trials(40, 400)) {
		r := rand.New(rand.NewPCG(seed, 9))
		disk, err := faultvfs.New(seed)
		if err != nil {
			t.Fatal(err)
		}
		vfs, err := Register(testKeys(t, 1), Options{Base: disk.Name()})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "a.db")
		t.Run("", func(t *testing.T) {
			db := open(t, vfs, path, walFull, "synchronous(full)", "wal_autocheckpoint(0)", "cache_size(4)")
			fill(t, db, 5)
			held := snapshot(t, vfs, path)
			defer held.Close()
			fill(t, db, 2)
			other := open(t, vfs, path, "wal_autocheckpoint(0)")
			if r.IntN(2) == 0 {
				disk.Fail(faultvfs.Failure{On: faultvfs.Sync, Times: 1, Suffix: walSuffix})
				if _, err := db.Exec("UPDATE entry SET body = 'failed' || hex(randomblob(900))"); err == nil {
					t.Fatal("the commit did not fail")
				}
				exec(t, other, "PRAGMA wal_checkpoint(PASSIVE)")
			} else {
				// A transaction too large for the cache is in the log before it ends.
				tx, err := db.Begin()
				if err != nil {
					t.Fatal(err)
				}
				for range 30 {
					if _, err := tx.Exec("INSERT INTO entry(body) VALUES(hex(randomblob(1900)))"); err != nil {
						t.Fatal(err)
					}
				}
				exec(t, other, "PRAGMA wal_checkpoint(PASSIVE)")
				for range 30 {
					if _, err := tx.Exec("INSERT INTO entry(body) VALUES(hex(randomblob(1900)))"); err != nil {
						t.Fatal(err)
					}
				}
				if err := tx.Rollback(); err != nil {
					t.Fatal(err)
				}
			}
			disk.CutAfter(r.IntN(14))
			n := 7
			for {
				if _, err := db.Exec("INSERT INTO entry(body) VALUES(hex(randomblob(900)))"); err != nil {
					break
				}
				n++
			}
			folder := t.TempDir()
			if err := disk.PowerCut(folder); err != nil {
				t.Fatal(err)
			}
			if rows, err := rowsAfter(t, folder); err != nil || rows < n {
				t.Errorf("seed %d: %d rows of %d: %v", seed, rows, n, err)
			}
		})
		if err := Unregister(vfs); err != nil {
			t.Fatal(err)
		}
		if err := disk.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// What a process wrote in a partial checkpoint waits for its sync. When another process has written newer tokens meanwhile, the sync must not
// put the older ones in their place.
func TestTokensWaitingForASyncGiveWayToNewerOnes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	here, there := register(t, testKeys(t, 1), Options{}), register(t, testKeys(t, 1), Options{})
	pragmas := []string{walFull, "synchronous(full)", "wal_autocheckpoint(0)"}
	writer := open(t, here, path, pragmas...)
	exec(t, writer, "CREATE TABLE entry(id INTEGER PRIMARY KEY, body TEXT) STRICT")
	exec(t, writer, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 9000) INSERT INTO entry(body) SELECT hex(randomblob(300)) FROM n") // more pages than one block has tokens
	exec(t, writer, "PRAGMA wal_checkpoint(TRUNCATE)")
	other := open(t, there, path, pragmas...)
	if pages := one[int](t, other, "PRAGMA page_count"); pages < 2*tokensPerBlock {
		t.Fatalf("%d pages", pages)
	}
	complete := func(db *sql.DB, want bool) {
		t.Helper()
		var busy, frames, done int
		if err := db.QueryRow("PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &frames, &done); err != nil || (done == frames) != want {
			t.Fatalf("%d of %d frames, %v", done, frames, err)
		}
	}
	partial := func(db *sql.DB) {
		t.Helper()
		exec(t, db, "UPDATE entry SET body = body || 'y' WHERE id < 20")
		held := snapshot(t, here, path)
		exec(t, db, "UPDATE entry SET body = body || 'y' WHERE id > 8990")
		complete(db, false)
		if _, err := held.ExecContext(context.Background(), "ROLLBACK"); err != nil {
			t.Fatal(err)
		}
	}
	partial(writer)
	partial(other)
	exec(t, writer, "UPDATE entry SET body = body || 'y' WHERE id > 8990")
	complete(writer, true)
	fresh := open(t, register(t, testKeys(t, 1), Options{}), path, pragmas...)
	if got := one[string](t, fresh, "PRAGMA integrity_check"); got != "ok" {
		t.Error(got)
	}
}
