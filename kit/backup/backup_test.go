package backup_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"filippo.io/age"

	"milieu/kit/backup"
	"milieu/kit/clock"
	"milieu/kit/commit"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/record/proof"
	"milieu/kit/testkit/logtest"
	"milieu/kit/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func key(t testing.TB) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func maker(d *db.DB, dir string, id *age.X25519Identity) *backup.Maker {
	return &backup.Maker{DB: d, Store: backup.Dir(dir), Recipients: []age.Recipient{id.Recipient()}, Disposable: []string{"due"},
		Clock: clock.NewFake(logtest.Night), Log: slog.New(slog.DiscardHandler)}
}

func namesIn(dir string) (names []string, err error) {
	list, err := backup.Dir(dir).List()
	for _, one := range list {
		names = append(names, one.Name)
	}
	return names, err
}

func restorer(dir string, id age.Identity) *backup.Restorer {
	return &backup.Restorer{Store: backup.Dir(dir), Identities: []age.Identity{id}, Schemas: []string{due.Schema}}
}

func start(t testing.TB, d *db.DB) *commit.Committer {
	return logtest.Open(t, logtest.Config(t, d, clock.NewFake(logtest.Night)))
}

func file(t testing.TB, k *commit.Committer, n int) (last *record.Entry) {
	t.Helper()
	var all []*record.Entry
	for i := range n {
		last = logtest.Sighting(logtest.Chart(i%5), logtest.Night, "day room, by the window")
		if i%6 == 5 {
			last = logtest.Amending(logtest.Entry("record.withdrawn", all[i-1].Chart, logtest.Night, &record.Withdrawn{Reason: "x"}), all[i-1].ID, record.InError)
		}
		all = append(all, last)
	}
	for _, o := range k.File(context.Background(), logtest.Sender(), all...) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
	}
	return last
}

func sqlite(t testing.TB) func(dir string) (*db.DB, error) {
	return func(dir string) (*db.DB, error) {
		return db.OpenSQLite(context.Background(), db.SQLiteOptions{Path: filepath.Join(dir, "milieu.db"), VFS: logtest.VFS(t)})
	}
}

// content is everything that must come back, as text: the log by its root, the tray, the sign of life, and what the next start works out.
func content(t testing.TB, d *db.DB) string {
	t.Helper()
	var b strings.Builder
	for _, query := range []string{
		"SELECT 'head', seq, root, frontier FROM log_head", "SELECT 'tray', done, id, entry FROM tray", "SELECT 'alive', alive, NULL, NULL FROM service",
		"SELECT 'chart', number + 1000 * seq, chart, NULL FROM chart_head ORDER BY chart", "SELECT 'amend', written, target, id FROM amend ORDER BY id",
		"SELECT 'seen', happened, chart, id FROM ward_seen_v1 ORDER BY id", "SELECT 'due', late, chart, anchor FROM due ORDER BY chart",
	} {
		err := db.Each(d.Read(context.Background()), query, nil, func(r db.Row) error {
			var what string
			var n int64
			var x, y []byte
			if err := r.Scan(&what, &n, &x, &y); err != nil {
				return err
			}
			b.WriteString(what + " ")
			b.WriteString(strings.Join([]string{record.DeriveID(string(x)).String(), record.DeriveID(string(y)).String()}, " "))
			b.WriteByte('\n')
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// Base and segments of each database come back on each database: the same root, the same content, and filing goes on.
func TestThereAndBack(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		ctx, dir, id := t.Context(), t.TempDir(), key(t)
		d := open(t)
		k := start(t, d)
		file(t, k, 40)
		if err := k.Keep(ctx, logtest.Nurse, logtest.Sighting(logtest.Chart(1), logtest.Night, ""), errors.New("x")); err != nil {
			t.Fatal(err)
		}
		if err := k.Upkeep(ctx, func(tx db.Tx) error { return tx.Exec("INSERT INTO service (one, alive) VALUES (1, 77)") }); err != nil {
			t.Fatal(err)
		}
		// A table of a projection that an older program kept.
		err := k.Upkeep(ctx, func(tx db.Tx) error { return tx.Exec("CREATE TABLE ward_left_v3 (a INTEGER NOT NULL PRIMARY KEY)") })
		if err != nil {
			t.Fatal(err)
		}
		m := maker(d, dir, id)
		last, err := m.Base(ctx)
		if err != nil || last != 40 {
			t.Fatal(last, err)
		}
		destroyed := file(t, k, 7)
		for range 3 {
			if last, err = m.Segment(ctx, last); err != nil {
				t.Fatal(err)
			}
			file(t, k, 12)
		}
		if _, err := k.Destroy(ctx, logtest.Sender(), destroyed.Chart, "test", destroyed.ID); err != nil {
			t.Fatal(err)
		}
		if last, err = m.Segment(ctx, last); err != nil || last != k.Seq() {
			t.Fatal(last, err)
		}
		if again, err := m.Segment(ctx, last); err != nil || again != last {
			t.Fatal(again, err)
		}
		if at, ok, err := m.Shipped(ctx); err != nil || !ok || at != last {
			t.Fatal(at, ok, err)
		}
		want := content(t, d)

		to := filepath.Join(t.TempDir(), "deep", "data")
		out, err := restorer(dir, id).Folder(ctx, to, sqlite(t))
		if err != nil {
			t.Fatal(err)
		}
		if out.Tree.N != last {
			t.Fatalf("%d entries of %d", out.Tree.N, last)
		}
		back, err := sqlite(t)(to)
		if err != nil {
			t.Fatal(err)
		}
		defer back.Close()
		pg := logtest.Postgres(t)
		if _, err := restorer(dir, id).Into(ctx, pg); err != nil {
			t.Fatal(err)
		}
		for _, b := range []*db.DB{back, pg} {
			again := start(t, b)
			if got := content(t, b); got != want {
				t.Errorf("%s: came back as\n%s\nwas\n%s", b.Dialect, got, want)
			}
			var bodies int64
			if err := b.Read(ctx).QueryRow("SELECT COUNT(*) FROM entry WHERE body IS NULL AND salt IS NULL AND digest IS NULL").Scan(&bodies); err != nil || bodies != 1 {
				t.Errorf("%s: %d destroyed bodies, %v", b.Dialect, bodies, err)
			}
			file(t, again, 6)
			if r, err := proof.Verify(ctx, b, nil); err != nil || len(r.Problems) > 0 {
				t.Errorf("%s: %v, %v", b.Dialect, r, err)
			}
			// The restored log carries on the same backup.
			if at, ok, err := maker(b, dir, id).Shipped(ctx); err != nil || !ok || at != last {
				t.Errorf("%s: %d, %v, %v", b.Dialect, at, ok, err)
			}
		}
	})
}

// A base and segments are made while others write; what comes back is a beginning of what there was.
func TestUnderWrites(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	dir, id := t.TempDir(), key(t)
	d := logtest.SQLite(t, t.TempDir())
	k := start(t, d)
	var writers, runs sync.WaitGroup
	for g := range 2 {
		writers.Go(func() {
			for range 150 {
				k.File(context.Background(), logtest.Sender(), logtest.Sighting(logtest.Chart(g), logtest.Night, "x"))
			}
		})
	}
	m := maker(d, dir, id)
	fake := m.Clock.(*clock.Fake)
	reached := make(chan int64, 1000)
	runs.Go(func() { m.Run(ctx, backup.Keep{}, func(last int64, err error) { reached <- last }) })
	<-reached
	for range 5 {
		for fake.Waiting() == 0 {
			<-clock.System().After(1e6)
		}
		fake.Advance(backup.Every)
		<-reached
	}
	writers.Wait()
	stop()
	runs.Wait()
	want := content(t, d)
	to := filepath.Join(t.TempDir(), "data")
	out, err := restorer(dir, id).Folder(t.Context(), to, sqlite(t))
	if err != nil || out.Tree.N != 300 {
		t.Fatal(out, err)
	}
	back, err := sqlite(t)(to)
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	start(t, back)
	if got := content(t, back); got != want {
		t.Errorf("came back as\n%s\nwas\n%s", got, want)
	}
}

func TestWhatIsNotWholeIsRefused(t *testing.T) {
	ctx, good, id := t.Context(), t.TempDir(), key(t)
	d := logtest.SQLite(t, t.TempDir())
	k := start(t, d)
	file(t, k, 30)
	m := maker(d, good, id)
	last, err := m.Base(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		file(t, k, 10)
		if last, err = m.Segment(ctx, last); err != nil {
			t.Fatal(err)
		}
	}
	names, err := namesIn(good)
	if err != nil || len(names) != 3 {
		t.Fatal(names, err)
	}
	read := func(i int) []byte {
		b, err := os.ReadFile(filepath.Join(good, names[i]))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	// Another log, sealed to the same key.
	foreignDir := t.TempDir()
	other := logtest.SQLite(t, t.TempDir())
	file(t, start(t, other), 40)
	om := maker(other, foreignDir, id)
	if _, err := om.Segment(ctx, 30); err != nil {
		t.Fatal(err)
	}
	foreign, err := namesIn(foreignDir)
	if err != nil {
		t.Fatal(err)
	}
	foreignBytes, err := os.ReadFile(filepath.Join(foreignDir, foreign[0]))
	if err != nil {
		t.Fatal(err)
	}
	flip := func(b []byte, at int) []byte {
		b = bytes.Clone(b)
		b[at] ^= 1
		return b
	}
	for _, c := range []struct {
		says  string
		spoil func(dir string)
		id    age.Identity
		want  string
	}{
		{"another key", func(string) {}, key(t), "this key does not open it"},
		{"a base cut short", func(dir string) { put(t, dir, names[0], read(0)[:len(read(0))/2]) }, id, "cut short or damaged"},
		{"a base without its last byte", func(dir string) { put(t, dir, names[0], read(0)[:len(read(0))-1]) }, id, "cut short or damaged"},
		{"a byte of the base flipped", func(dir string) { put(t, dir, names[0], flip(read(0), len(read(0))/2)) }, id, "cut short or damaged"},
		{"a byte of a segment flipped", func(dir string) { put(t, dir, names[2], flip(read(2), len(read(2))-20)) }, id, "cut short or damaged"},
		{"a segment of another log", func(dir string) { put(t, dir, names[1], foreignBytes) }, id, "belongs to another log"},
		{"a segment under another's name", func(dir string) { put(t, dir, names[1], read(2)) }, id, "another piece under this name"},
		{"no base", func(dir string) { _ = os.Remove(filepath.Join(dir, names[0])) }, id, "no base"},
		{"an empty file", func(dir string) { put(t, dir, names[0], nil) }, id, "cut short or damaged"},
	} {
		t.Run(c.says, func(t *testing.T) {
			dir := t.TempDir()
			for i, n := range names {
				put(t, dir, n, read(i))
			}
			c.spoil(dir)
			parent := t.TempDir()
			to := filepath.Join(parent, "data")
			_, err := restorer(dir, c.id).Folder(ctx, to, sqlite(t))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("told %v, want %q", err, c.want)
			}
			if left, _ := os.ReadDir(parent); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
	t.Run("a segment in the middle missing", func(t *testing.T) {
		dir := t.TempDir()
		put(t, dir, names[0], read(0))
		put(t, dir, names[2], read(2))
		out, err := restorer(dir, id).Folder(ctx, filepath.Join(t.TempDir(), "data"), sqlite(t))
		if err != nil || out.Tree.N != 30 {
			t.Fatalf("what hangs together was not restored: %v, %v", out, err)
		}
	})
	t.Run("a folder that is in use", func(t *testing.T) {
		to := t.TempDir()
		put(t, to, "milieu.db", []byte("mine"))
		if _, err := restorer(good, id).Folder(ctx, to, sqlite(t)); err == nil || !strings.Contains(err.Error(), "empty") {
			t.Fatal(err)
		}
	})
	t.Run("a PostgreSQL database that is left clean", func(t *testing.T) {
		dir := t.TempDir()
		put(t, dir, names[0], read(0))
		put(t, dir, names[1], flip(read(1), len(read(1))-20))
		pg := logtest.Postgres(t)
		if _, err := restorer(dir, id).Into(ctx, pg); err == nil {
			t.Fatal("restored")
		}
		if _, err := restorer(good, id).Into(ctx, pg); err != nil {
			t.Fatal("after a failure:", err)
		}
		if _, err := restorer(good, id).Into(ctx, pg); err == nil || !strings.Contains(err.Error(), "not empty") {
			t.Fatal(err)
		}
	})
}

func put(t testing.TB, dir, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestNamesStayInTheFolder(t *testing.T) {
	dir := backup.Dir(t.TempDir())
	for _, name := range []string{"../x", "/etc/passwd", "base-1", "base-0000000000000000001-0000000000000000001-0123456789abcdef.age/../../x", ""} {
		if err := dir.Put(name, func(io.Writer) error { return nil }); err == nil {
			t.Errorf("wrote %q", name)
		}
		if _, err := dir.Open(name); err == nil {
			t.Errorf("opened %q", name)
		}
	}
	// What leads elsewhere under the name of a piece is not followed.
	elsewhere := filepath.Join(t.TempDir(), "secret")
	put(t, filepath.Dir(elsewhere), "secret", []byte("secret"))
	link := "base-0000000000000000001-0000000000000000002-0123456789abcdef.age"
	if err := os.Symlink(elsewhere, filepath.Join(string(dir), link)); err == nil {
		if f, err := dir.Open(link); err == nil {
			f.Close()
			t.Error("a link out of the backup is followed")
		}
		if err := os.Remove(filepath.Join(string(dir), link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(string(dir), link), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := dir.Open(link); err == nil {
		t.Error("a folder is opened as a piece")
	}
	if err := os.Remove(filepath.Join(string(dir), link)); err != nil {
		t.Fatal(err)
	}
	// A failing write leaves nothing.
	name := "base-0000000000000000001-0000000000000000001-0123456789abcdef.age"
	if err := dir.Put(name, func(io.Writer) error { return errors.New("disk") }); err == nil {
		t.Error("no error")
	}
	if left, _ := os.ReadDir(string(dir)); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}
