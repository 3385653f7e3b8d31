package pgtest

import (
	"context"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

func TestServerComesBackAfterKill(t *testing.T) {
	ctx := context.Background()
	s := Own(t)
	url, err := s.Database(ctx)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, "CREATE TABLE a (b BIGINT); INSERT INTO a VALUES (7)"); err != nil {
		t.Fatal(err)
	}
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, "SELECT 1"); err == nil {
		t.Fatal("a connection outlived the server")
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if conn, err = pgx.Connect(ctx, url); err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var b, fsync string
	if err := conn.QueryRow(ctx, "SELECT b::text, current_setting('fsync') FROM a").Scan(&b, &fsync); err != nil || b != "7" || fsync != "on" {
		t.Fatalf("found %q, fsync %q, %v", b, fsync, err)
	}
}

func TestDatabasesAreFresh(t *testing.T) {
	if a, b := Database(t), Database(t); a == b {
		t.Fatalf("two tests share %s", a)
	}
}
