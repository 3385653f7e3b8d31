package view_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/db/vault"
	"milieu/kit/db/vault/faultvfs"
	"milieu/kit/fault"
	"milieu/kit/testkit/logtest"
	"milieu/kit/view"
)

var key = []byte("fedcba9876543210fedcba9876543210")

// trials is how often a random trial runs: few times in an ordinary test, many with MILIEU_TRIALS set.
func trials(quick, long int) int {
	if os.Getenv("MILIEU_TRIALS") != "" {
		return long
	}
	return quick
}

// breakable opens a database for views on a disk that breaks when told to.
func breakable(t testing.TB, path string) (*db.DB, *faultvfs.Disk) {
	t.Helper()
	disk, err := faultvfs.New(7)
	if err != nil {
		t.Fatal(err)
	}
	vfs, err := vault.Register(logtest.Keys(t), vault.Options{Base: disk.Name()})
	if err != nil {
		t.Fatal(err)
	}
	d, err := db.OpenSQLite(context.Background(), db.SQLiteOptions{Path: path, VFS: vfs, Busy: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		disk.Heal()
		if err := errors.Join(d.Close(), vault.Unregister(vfs), disk.Close()); err != nil {
			t.Error(err)
		}
	})
	return d, disk
}

// told is a look that says which it is.
func told(n int) view.Row {
	r := look(n)
	r.Route, r.Kind = fmt.Sprintf("/%05d", n), view.Seen
	return r
}

// inOrder checks that the log holds the looks from 0 to n-1, each once and in order.
func inOrder(t *testing.T, d *db.DB, n int) {
	t.Helper()
	if got := whole(t, d); got != int64(n) {
		t.Errorf("%d rows of %d", got, n)
	}
	at := n
	if err := view.Each(d.Read(t.Context()), view.Query{}, func(r *view.Row) bool {
		at--
		if want := told(at); r.Route != want.Route || plain(*r) != plain(want) {
			t.Errorf("row %d is %s, not %s", r.Seq, r.Route, want.Route)
			return false
		}
		return true
	}); err != nil {
		t.Fatal(err)
	}
}

// ready waits until the second place has its size.
func ready(l *view.Log) {
	for l.Ready() == 0 {
		time.Sleep(time.Millisecond)
	}
}

// F4: the first place fails in one of the ways in which disks do. Looks go on being logged, what the second place took in comes back in order,
// and what was told in between stays true when the program ends and starts again.
func TestSecondPlaceTakesOver(t *testing.T) {
	locked := func(t *testing.T, d *db.DB) func() {
		other, err := d.Beside(t.Context(), filepath.Base(d.Path), time.Second)
		if err != nil {
			t.Fatal(err)
		}
		held, free, gone := make(chan bool), make(chan bool), make(chan bool)
		go func() {
			defer close(gone)
			_ = other.Write(context.Background(), func(db.Tx) error { close(held); <-free; return nil })
			_ = other.Close()
		}()
		<-held
		return func() { close(free); <-gone }
	}
	breaks := func(f faultvfs.Failure) func(*testing.T, *db.DB, *faultvfs.Disk) func() {
		return func(_ *testing.T, _ *db.DB, disk *faultvfs.Disk) func() {
			disk.Fail(f)
			return disk.Heal
		}
	}
	for name, fail := range map[string]func(*testing.T, *db.DB, *faultvfs.Disk) func(){
		"no space":          breaks(faultvfs.Failure{On: faultvfs.Write, NoSpace: true}),
		"write fails":       breaks(faultvfs.Failure{On: faultvfs.Write}),
		"sync fails":        breaks(faultvfs.Failure{On: faultvfs.Sync}),
		"locked":            func(t *testing.T, d *db.DB, _ *faultvfs.Disk) func() { return locked(t, d) },
		"now and then":      breaks(faultvfs.Failure{On: faultvfs.Write, After: 5, Times: 3}),
		"sync now and then": breaks(faultvfs.Failure{On: faultvfs.Sync, After: 1, Times: 2}),
	} {
		for _, restart := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, restart %v", name, restart), func(t *testing.T) {
				dir := t.TempDir()
				d, disk := breakable(t, filepath.Join(dir, "views.db"))
				c := clock.NewFake(logtest.Night)
				cfg := view.Config{DB: d, Clock: c, Second: filepath.Join(dir, "second"), Key: key, Size: 1 << 20, HeadFile: filepath.Join(dir, "head")}
				l, err := view.Open(t.Context(), cfg)
				if err != nil {
					t.Fatal(err)
				}
				ready(l)
				n := 0
				saw := func(times int) {
					t.Helper()
					for range times {
						if err := l.Saw(told(n)).Wait(); err != nil {
							t.Fatalf("look %d: %v", n, err)
						}
						n++
					}
				}
				saw(5)
				heal := fail(t, d, disk)
				saw(40)
				held := l.State().Held
				if always := !strings.Contains(name, "now and then"); always && (l.State().Place != view.Second || held != 40) {
					t.Errorf("%+v", l.State())
				}
				if restart {
					if err := l.Close(); err != nil {
						t.Fatal(err)
					}
					heal()
					if l, err = view.Open(t.Context(), cfg); err != nil {
						t.Fatal(err)
					}
				} else {
					heal()
					c.Advance(time.Second)
				}
				saw(5)
				if s := l.State(); s.Place != view.First || s.Held != 0 {
					t.Errorf("afterwards: %+v", s)
				}
				inOrder(t, d, n)
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}

// F4: both places fail. Nobody is told that a look was logged, and once the first place works again all goes on.
func TestBothPlacesFail(t *testing.T) {
	dir := t.TempDir()
	d, disk := breakable(t, filepath.Join(dir, "views.db"))
	c := clock.NewFake(logtest.Night)
	l := open(t, view.Config{DB: d, Clock: c, Second: filepath.Join(dir, "second"), Key: key, Size: 16 << 10})
	ready(l)
	disk.Fail(faultvfs.Failure{On: faultvfs.Write, NoSpace: true})
	n := 0
	var err error
	for ; n < 100 && err == nil; n++ {
		err = l.Saw(told(n)).Wait()
	}
	if n--; fault.KindOf(err) != fault.Unavailable || n < 4 || n > 40 || l.State().Place != view.None {
		t.Fatalf("after %d: %v, %+v", n, err, l.State())
	}
	if err := l.Saw(told(n)).Wait(); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("full, and still: %v", err)
	}
	disk.Heal()
	c.Advance(time.Second)
	if err := l.Saw(told(n)).Wait(); err != nil {
		t.Fatal(err)
	}
	inOrder(t, d, n+1)
	if s := l.State(); s.Place != view.First || s.Held != 0 {
		t.Errorf("%+v", s)
	}
}

// Somebody who has the second place's file, or another key, reads nothing, and a damaged frame takes no other with it.
func TestSecondPlaceIsSealed(t *testing.T) {
	dir := t.TempDir()
	d, disk := breakable(t, filepath.Join(dir, "views.db"))
	path := filepath.Join(dir, "second")
	cfg := view.Config{DB: d, Clock: clock.NewFake(logtest.Night), Second: path, Key: key, Size: 1 << 20}
	l, err := view.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ready(l)
	disk.Fail(faultvfs.Failure{On: faultvfs.Write})
	for i := range 20 {
		r := told(i)
		r.Device = "canary-7f3a"
		if err := l.Saw(r).Wait(); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(raw), "canary") || strings.Contains(string(raw), "/00007") {
		t.Error("the second place can be read", err)
	}
	other := cfg
	other.Key = []byte("0123456789abcdef0123456789abcdef")
	if _, err := view.Open(t.Context(), other); err == nil || !strings.Contains(err.Error(), "another key") {
		t.Errorf("another key: %v", err)
	}
	// One bit of the second or third frame: one look is lost, and the log says so.
	if err := faultvfs.FlipBit(path, 8192+2*512+100, 3); err != nil {
		t.Fatal(err)
	}
	disk.Heal()
	open(t, cfg)
	if n := whole(t, d); n != 20 {
		t.Errorf("%d rows", n)
	}
	rows, _, err := view.Search(d.Read(t.Context()), view.Query{Kind: view.Lost})
	if err != nil || len(rows) != 1 || rows[0].Upto != 1 {
		t.Errorf("%+v %v", rows, err)
	}
}

const killDir = "MILIEU_TEST_LOOK_UNTIL_KILLED"

// lookUntilKilled is the child of TestKilled: eight goroutines look, the first place fails now and then, and each look is told once it is logged.
func lookUntilKilled(dir string) {
	t := &testing.B{}
	d, disk := breakable(t, filepath.Join(dir, "views.db"))
	l, err := view.Open(context.Background(), view.Config{DB: d, Clock: clock.System(), Second: filepath.Join(dir, "second"), Key: key, Size: 1 << 20, HeadFile: filepath.Join(dir, "head")})
	if err != nil {
		fmt.Println("failed", err)
		os.Exit(1)
	}
	ready(l)
	disk.Fail(faultvfs.Failure{On: faultvfs.Any, After: 20 + rand.IntN(200), Times: rand.IntN(30)})
	var out sync.Mutex
	for g := range 8 {
		go func() {
			for i := 0; ; i++ {
				r := look(i)
				r.Kind, r.Route = view.Seen, fmt.Sprintf("%d-%d-%d", os.Getpid(), g, i)
				if l.Saw(r).Wait() != nil {
					continue
				}
				out.Lock()
				fmt.Println("seen", r.Route)
				out.Unlock()
			}
		}()
	}
	select {}
}

// Killed without warning, whichever place it was writing: every acknowledged look is in the log, once.
func TestKilled(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	acknowledged := map[string]bool{}
	for round := range trials(4, 50) {
		child := exec.Command(self)
		child.Env = append(os.Environ(), killDir+"="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		until := 20 + rand.IntN(600)
		for n := 0; lines.Scan(); n++ {
			what, route, _ := strings.Cut(lines.Text(), " ")
			if what != "seen" {
				t.Fatal(lines.Text())
			}
			acknowledged[route] = true
			if n == until {
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = child.Wait() // it was killed
		d, _ := breakable(t, filepath.Join(dir, "views.db"))
		l, err := view.Open(t.Context(), view.Config{DB: d, Clock: clock.System(), Second: filepath.Join(dir, "second"), Key: key, Size: 1 << 20, HeadFile: filepath.Join(dir, "head")})
		if err != nil {
			t.Fatal(err)
		}
		if s := l.State(); s.Held != 0 {
			t.Fatalf("round %d: %+v", round, s)
		}
		times := map[string]int{}
		if err := view.Each(d.Read(t.Context()), view.Query{}, func(r *view.Row) bool { times[r.Route]++; return true }); err != nil {
			t.Fatal(err)
		}
		for route := range acknowledged {
			if times[route] == 0 {
				t.Errorf("round %d: %s was acknowledged and is lost", round, route)
			}
		}
		for route, n := range times {
			if n > 1 {
				t.Errorf("round %d: %s stands %d times", round, route, n)
			}
		}
		whole(t, d)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d acknowledged, none lost", len(acknowledged))
}
