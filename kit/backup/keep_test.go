package backup_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"milieu/kit/backup"
	"milieu/kit/clock"
	"milieu/kit/commit"
	"milieu/kit/db"
	"milieu/kit/testkit/logtest"
)

// cutOff is a store whose maker is killed after so many pieces were taken away.
type cutOff struct {
	backup.Dir
	left int
}

var errKilled = errors.New("killed")

func (c *cutOff) Remove(name string) error {
	if c.left == 0 {
		return errKilled
	}
	c.left--
	return c.Dir.Remove(name)
}

// weeks makes a backup of five weeks in a folder: a base each week, two segments after each.
func weeks(t *testing.T, m *backup.Maker, k *commit.Committer, dir string) {
	t.Helper()
	age := func(days int) { // what is new in the folder is so old
		list, err := m.Store.List()
		if err != nil {
			t.Fatal(err)
		}
		at := m.Clock.Now().Add(-time.Duration(days) * 24 * time.Hour)
		for _, one := range list {
			if one.Made.After(m.Clock.Now().Add(-time.Hour)) {
				if err := os.Chtimes(filepath.Join(dir, one.Name), at, at); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for week := range 5 {
		file(t, k, 6)
		last, err := m.Base(t.Context())
		for range 2 {
			file(t, k, 6)
			if err == nil {
				last, err = m.Segment(t.Context(), last)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		age(7 * (4 - week))
	}
}

func folder(t *testing.T, dir string) (bases, segments, others []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		switch n := e.Name(); {
		case strings.HasPrefix(n, "base-") && len(n) > 50 && e.Type().IsRegular():
			bases = append(bases, n)
		case strings.HasPrefix(n, "segment-") && len(n) > 50 && e.Type().IsRegular():
			segments = append(segments, n)
		default:
			others = append(others, n)
		}
	}
	return bases, segments, others
}

// wallClock is the time, as files have it, some time on.
func wallClock() *clock.Fake { return clock.NewFake(clock.System().Now()) }

// Old bases go with what only they needed; everything else in the folder stays. However it is cut off, what is left restores whole.
func TestPrune(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		ctx, id := t.Context(), key(t)
		d := open(t)
		k := start(t, d)
		first := t.TempDir()
		m := maker(d, first, id)
		m.Clock = wallClock()
		weeks(t, m, k, first)
		want := content(t, d)

		// What is not of this log, or no piece at all.
		other := logtest.SQLite(t, t.TempDir())
		file(t, start(t, other), 9)
		om := maker(other, first, id)
		om.Clock = m.Clock
		if _, err := om.Base(ctx); err != nil {
			t.Fatal(err)
		}
		old := m.Clock.Now().Add(-90 * 24 * time.Hour)
		foreign, _ := namesIn(first)
		foreign = slices.DeleteFunc(foreign, func(n string) bool { return !strings.Contains(n, "-0000000000000000009-") })
		if len(foreign) != 1 {
			t.Fatalf("the other log's: %v", foreign)
		}
		ahead := strings.Replace(foreign[0], "0000000000000000009", "0000000000000009999", 1)
		for _, n := range []string{"notes.txt", "base-1-2.age", ".partial-17", ".milieu-partial-x", ahead, "." + foreign[0]} {
			put(t, first, n, []byte("mine"))
		}
		put(t, first, ".milieu-partial-18", []byte("cut off long ago"))
		put(t, first, ".milieu-partial-19", []byte("under way"))
		mine, _, _ := folder(t, first)
		dirLike := strings.Replace(mine[0], "0000000000000000006", "0000000000000000005", 1)
		if err := os.Mkdir(filepath.Join(first, dirLike), 0o700); err != nil {
			t.Fatal(err)
		}
		for _, n := range []string{"notes.txt", "base-1-2.age", ".partial-17", ".milieu-partial-x", ahead, foreign[0], ".milieu-partial-18", dirLike, "." + foreign[0]} {
			if err := os.Chtimes(filepath.Join(first, n), old, old); err != nil {
				t.Fatal(err)
			}
		}

		if n, err := m.Prune(ctx, backup.Keep{}); n != 0 || err != nil {
			t.Fatalf("a rule that keeps everything took %d, %v", n, err)
		}
		copyOf := func() string {
			to := t.TempDir()
			if err := os.CopyFS(to, os.DirFS(first)); err != nil {
				t.Fatal(err)
			}
			list, err := backup.Dir(first).List()
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range list {
				if err := os.Chtimes(filepath.Join(to, one.Name), one.Made, one.Made); err != nil {
					t.Fatal(err)
				}
			}
			return to
		}
		restores := func(dir string) {
			t.Helper()
			to := filepath.Join(t.TempDir(), "data")
			clean := t.TempDir() // the other log's base is for a person to take out
			bases, segments, _ := folder(t, dir)
			for _, n := range append(bases, segments...) {
				if n == foreign[0] || n == ahead {
					continue
				}
				b, err := os.ReadFile(filepath.Join(dir, n))
				if err != nil {
					t.Fatal(err)
				}
				put(t, clean, n, b)
			}
			out, err := restorer(clean, id).Folder(ctx, to, sqlite(t))
			if err != nil || out.Tree.N != 90 {
				t.Fatalf("restored %d entries, %v", out.Tree.N, err)
			}
			back, err := sqlite(t)(to)
			if err != nil {
				t.Fatal(err)
			}
			defer back.Close()
			kk := start(t, back)
			if got := content(t, back); got != want {
				t.Error("what was restored is something else")
			}
			kk.Close()
		}

		// Bases of 28 and 21 days go with their two segments each, and the piece that was cut off.
		const goes = 2 + 4 + 1
		whole := copyOf()
		m.Store = backup.Dir(whole)
		if n, err := m.Prune(ctx, backup.Keep{Days: 15}); n != goes || err != nil {
			t.Fatalf("took %d, %v", n, err)
		}
		bases, segments, others := folder(t, whole)
		if len(bases) != 3+2 || len(segments) != 6 {
			t.Errorf("left are %v and %v", bases, segments)
		}
		if want := []string{"." + foreign[0], ".milieu-partial-19", ".milieu-partial-x", ".partial-17", "base-1-2.age", dirLike, "notes.txt"}; !slices.Equal(others, slices.Sorted(slices.Values(want))) {
			t.Errorf("left beside are %v, want %v", others, want)
		}
		restores(whole)
		if n, err := m.Prune(ctx, backup.Keep{Days: 15}); n != 0 || err != nil {
			t.Errorf("once more took %d, %v", n, err)
		}
		if n, err := m.Prune(ctx, backup.Keep{Days: 1}); n != 1+2 || err != nil { // two bases stay, though one is a week old
			t.Errorf("a rule of one day took %d, %v", n, err)
		}
		restores(whole)

		for _, after := range []int{0, 1, 3, 6} {
			dir := copyOf()
			m.Store = &cutOff{backup.Dir(dir), after}
			if n, err := m.Prune(ctx, backup.Keep{Days: 15}); n != after || !errors.Is(err, errKilled) {
				t.Fatalf("cut off after %d: %d, %v", after, n, err)
			}
			restores(dir)
			m.Store = backup.Dir(dir)
			if n, err := m.Prune(ctx, backup.Keep{Days: 15}); n != goes-after || err != nil {
				t.Fatalf("carried on after %d: %d, %v", after, n, err)
			}
			if got, _, _ := folder(t, dir); len(got) != len(bases) {
				t.Errorf("carried on after %d: %v", after, got)
			}
		}
	})
}

// A base is made again when the newest has grown a day old, by a command as by a server, and what is not needed any more goes then.
func TestBasesAreMadeAgain(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	dir, id := t.TempDir(), key(t)
	d := logtest.SQLite(t, t.TempDir())
	k := start(t, d)
	m := maker(d, dir, id)
	fake := wallClock()
	m.Clock = fake
	file(t, k, 5)
	ship := func(wantBase bool, wantLast int64) {
		t.Helper()
		last, _, based, err := m.Ship(ctx)
		if err != nil || based != wantBase || last != wantLast {
			t.Fatalf("to %d, a base %v, %v", last, based, err)
		}
	}
	ship(true, 5)
	file(t, k, 5)
	ship(false, 10)
	fake.Advance(backup.BaseEvery + time.Minute)
	file(t, k, 5)
	ship(true, 15)

	reached := make(chan int64, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.Run(ctx, backup.Keep{Days: 1}, func(last int64, err error) {
			if err != nil {
				t.Error(err)
			}
			reached <- last
		})
	}()
	<-reached
	for range 3 {
		for fake.Waiting() == 0 {
			<-clock.System().After(1e6)
		}
		file(t, k, 5)
		fake.Advance(backup.BaseEvery)
		<-reached
	}
	stop()
	<-done
	bases, segments, _ := folder(t, dir)
	if len(bases) != 2 || len(segments) != 0 {
		t.Errorf("left are %v and %v", bases, segments)
	}
	out, err := restorer(dir, id).Folder(t.Context(), filepath.Join(t.TempDir(), "data"), sqlite(t))
	if err != nil || out.Tree.N != 30 {
		t.Errorf("restored %d, %v", out.Tree.N, err)
	}
}

// What a record was made for comes back with it.
func TestTheMarkComesBack(t *testing.T) {
	dir, id := t.TempDir(), key(t)
	d := logtest.SQLite(t, t.TempDir())
	file(t, start(t, d), 3)
	m := maker(d, dir, id)
	m.Mark = "simulation"
	if _, err := m.Base(t.Context()); err != nil {
		t.Fatal(err)
	}
	if mark, err := restorer(dir, id).Mark(); mark != "simulation" || err != nil {
		t.Errorf("the mark is %q, %v", mark, err)
	}
	if mark, err := restorer(dir, key(t)).Mark(); mark != "" || err == nil {
		t.Errorf("by another key the mark is %q, %v", mark, err)
	}
}
