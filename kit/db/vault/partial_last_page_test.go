package vault_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite"

	"milieu/kit/db/vault"
)

// TestTheLastPageMayBeInTheLogOnly: a checkpoint that an old reader holds back passes over a page that was changed again behind it. The file
// then ends before the page count that its first page tells, and nothing is wrong.
func TestTheLastPageMayBeInTheLogOnly(t *testing.T) {
	ctx := context.Background()
	keys, err := vault.NewKeys(vault.NewKey(1))
	if err != nil {
		t.Fatal(err)
	}
	vfs, err := vault.Register(keys, vault.Options{})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "log.db")
	d, err := sql.Open("sqlite", vault.DSN(path, vfs, "journal_mode(wal)", "synchronous(full)", "wal_autocheckpoint(0)"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if err := vault.Unregister(vfs); err != nil {
			t.Error(err)
		}
	})
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := d.ExecContext(ctx, query, args...); err != nil {
			t.Fatalf("%s: %v", query, vault.Explain(vfs, path, err))
		}
	}
	exec("CREATE TABLE t (n INTEGER PRIMARY KEY, body BLOB)")
	exec("PRAGMA wal_checkpoint(TRUNCATE)")
	for n := range 40 {
		exec("INSERT INTO t VALUES ($1, zeroblob(1500))", n)
	}
	old, err := d.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	var count int
	for _, query := range []string{"BEGIN", "SELECT count(*) FROM t"} {
		if err := old.QueryRowContext(ctx, query).Scan(&count); err != nil && err != sql.ErrNoRows {
			t.Fatal(err)
		}
	}
	exec("UPDATE t SET body = randomblob(1500) WHERE n = 39") // the last page, and not the first
	exec("PRAGMA wal_checkpoint(PASSIVE)")
	for i := range 3 {
		fresh, err := d.Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer fresh.Close()
		var sum int
		if err := fresh.QueryRowContext(ctx, "SELECT sum(length(body)) FROM t").Scan(&sum); err != nil || sum != 40*1500 {
			t.Fatalf("reader %d: %d, %v", i, sum, vault.Explain(vfs, path, err))
		}
	}
	if damages := fmt.Sprint(vault.Damages(vfs)); damages != "[]" {
		t.Error(damages)
	}
}
