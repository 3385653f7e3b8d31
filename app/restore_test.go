package app_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"milieu/kit/testkit/pgtest"
)

// TestRestoreToPostgres: the password of the database is used and not kept; the folder is served without the address being said again, and a
// made-up ward stays one.
func TestRestoreToPostgres(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data, copied, back := filepath.Join(dir, "data"), filepath.Join(dir, "copy"), filepath.Join(dir, "back")
	must := func(args ...string) string {
		t.Helper()
		out, err := run(t, args...)
		if err != nil {
			t.Fatalf("milieu %v: %v %s", args, err, out)
		}
		return out
	}
	must("simulate", "live", "--data", data, "--beds", "2", "--hours", "1")
	must("backup", "--data", data, copied)
	server := pgtest.Own(t)
	address, err := server.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(u.User.Username(), "s3cret-of-the-house")
	said := must("restore", "--data", back, "--key", filepath.Join(data, "simulation.key"), "--database", u.String(), copied)
	if !strings.Contains(said, "PGPASSWORD") {
		t.Errorf("it does not say where the password goes: %s", said)
	}
	err = filepath.WalkDir(back, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), "s3cret") {
			t.Errorf("%s keeps the password", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	settings, err := os.ReadFile(filepath.Join(back, "milieu.json"))
	if err != nil || !strings.Contains(string(settings), `"made_for": "simulation"`) || !strings.Contains(string(settings), `"database": "postgres`) {
		t.Errorf("the settings are %s, %v", settings, err)
	}
	if out := must("verify", "--data", back); !strings.Contains(out, "Everything is as it was filed") {
		t.Errorf("verify says %s", out)
	}
	serve(t, back, "127.0.0.1:0")
}
