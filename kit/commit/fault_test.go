package commit_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"milieu/kit/clock"
	"milieu/kit/commit"
	"milieu/kit/db"
	"milieu/kit/db/vault"
	"milieu/kit/db/vault/faultvfs"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/record/proof"
	"milieu/kit/testkit/logtest"
	"milieu/kit/testkit/pgtest"
)

// trials is how often a random trial runs: few times in an ordinary test, many with MILIEU_TRIALS set.
func trials(quick, long int) int {
	if os.Getenv("MILIEU_TRIALS") != "" {
		return long
	}
	return quick
}

const killDir = "MILIEU_TEST_WRITE_UNTIL_KILLED"

// writeUntilKilled is the child of TestKilled: it files from eight goroutines and says each ID once its entry was acknowledged.
func writeUntilKilled(dir string) {
	t := &testing.B{}
	d := logtest.SQLite(t, dir)
	cfg := logtest.Config(t, d, clock.System())
	cfg.HeadFile = filepath.Join(dir, "head")
	k := logtest.Open(t, cfg)
	var out sync.Mutex
	for g := range 8 {
		go func() {
			for i := 0; ; i++ {
				o := k.File(context.Background(), logtest.Sender(), logtest.Sighting(logtest.Chart(i%9), clock.System().Now(), fmt.Sprintf("place %d", g)))[0]
				if o.Err != nil {
					continue
				}
				out.Lock()
				fmt.Println(o.ID, o.Seq)
				out.Unlock()
			}
		}()
	}
	fmt.Println("begun")
	select {}
}

// Killed without warning in the middle of writing, the program has everything it acknowledged, and the record proves itself.
func TestKilled(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	acknowledged := map[string]string{}
	for round := range trials(3, 50) {
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
		until := 20 + rand.IntN(400)
		for n := 0; lines.Scan(); n++ {
			if id, seq, ok := strings.Cut(lines.Text(), " "); ok {
				acknowledged[id] = seq
			}
			if n == until {
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = child.Wait() // it was killed
		d := logtest.SQLite(t, dir)
		cfg := logtest.Config(t, d, clock.System())
		cfg.HeadFile = filepath.Join(dir, "head")
		k := logtest.Open(t, cfg)
		lost := 0
		for id, seq := range acknowledged {
			e, err := record.Find(read(d), record.MustID(id))
			if err != nil || fmt.Sprint(e.Seq) != seq {
				lost++
			}
		}
		r, err := proof.Verify(t.Context(), d, nil)
		if err != nil || lost > 0 || len(r.Problems) > 0 || r.Tree.N < int64(len(acknowledged)) {
			t.Fatalf("round %d: %d of %d lost; %v, %v", round, lost, len(acknowledged), r, err)
		}
		if n := count(t, read(d), "SELECT COUNT(*) FROM ward_seen_v1"); n != r.Tree.N {
			t.Fatalf("round %d: %d sightings of %d entries", round, n, r.Tree.N)
		}
		k.Close()
		d.Close()
	}
	t.Logf("%d acknowledged, none lost", len(acknowledged))
}

// onDisk opens a database on a disk that breaks when told to.
func onDisk(t testing.TB, disk *faultvfs.Disk, path string) (*db.DB, func()) {
	t.Helper()
	o := vault.Options{}
	if disk != nil {
		o.Base = disk.Name()
	}
	vfs, err := vault.Register(logtest.Keys(t), o)
	if err != nil {
		t.Fatal(err)
	}
	d, err := db.OpenSQLite(context.Background(), db.SQLiteOptions{Path: path, VFS: vfs})
	if err != nil {
		t.Fatal(err)
	}
	return d, func() {
		d.Close()
		if err := vault.Unregister(vfs); err != nil {
			t.Error(err)
		}
	}
}

// The power goes at any moment: what was not synced is lost, torn or there, in any order. What was acknowledged is there, and the record
// proves itself.
func TestPowerCut(t *testing.T) {
	for trial := range trials(4, 30) {
		disk, err := faultvfs.New(uint64(trial) + 1)
		if err != nil {
			t.Fatal(err)
		}
		d, end := onDisk(t, disk, filepath.Join(t.TempDir(), "milieu.db"))
		w := newWard(t, d)
		w.file(logtest.Sighting(logtest.Chart(0), logtest.Night, "before"))
		disk.CutAfter(50 + rand.IntN(2500))
		var wg sync.WaitGroup
		var mu sync.Mutex
		acknowledged := map[record.ID]int64{}
		for g := range 4 {
			wg.Go(func() {
				for i := 0; ; i++ {
					o := w.k.File(context.Background(), logtest.Sender(), logtest.Sighting(logtest.Chart(g), logtest.Night, "x"))[0]
					if o.Err != nil {
						return
					}
					mu.Lock()
					acknowledged[o.ID] = o.Seq
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		w.k.Close()
		end()
		after := t.TempDir()
		if err := disk.PowerCut(after); err != nil {
			t.Fatal(err)
		}
		if err := disk.Close(); err != nil {
			t.Fatal(err)
		}
		d, end = onDisk(t, nil, filepath.Join(after, "milieu.db"))
		w = newWard(t, d)
		for id, seq := range acknowledged {
			if e, err := record.Find(read(d), id); err != nil || e.Seq != seq {
				t.Errorf("trial %d: entry %d was acknowledged and is lost: %v", trial, seq, err)
			}
		}
		r, err := proof.Verify(t.Context(), d, nil)
		if err != nil || len(r.Problems) > 0 {
			t.Errorf("trial %d: %v, %v", trial, r, err)
		}
		if n := count(t, read(d), "SELECT COUNT(*) FROM ward_seen_v1"); r != nil && n != r.Tree.N {
			t.Errorf("trial %d: %d sightings of %d entries", trial, n, r.Tree.N)
		}
		w.k.Close()
		end()
	}
}

// The disk is full, or fails at a write or a sync: nobody is told of a success, what failed is told as such, reading goes on, and filing
// resumes by itself.
func TestDiskFails(t *testing.T) {
	for _, c := range []struct {
		says string
		f    faultvfs.Failure
		want fault.Kind
	}{
		{"a write fails", faultvfs.Failure{On: faultvfs.Write}, fault.Unavailable},
		{"a sync fails", faultvfs.Failure{On: faultvfs.Sync}, fault.Unavailable},
		{"no space", faultvfs.Failure{On: faultvfs.Write, NoSpace: true}, fault.Full},
		{"a write fails now and then", faultvfs.Failure{On: faultvfs.Write, After: 3, Times: 2}, fault.Unavailable},
	} {
		t.Run(c.says, func(t *testing.T) {
			disk, err := faultvfs.New(7)
			if err != nil {
				t.Fatal(err)
			}
			d, end := onDisk(t, disk, filepath.Join(t.TempDir(), "milieu.db"))
			w := newWard(t, d)
			w.file(logtest.Sighting(logtest.Chart(0), logtest.Night, "before"))
			filed := int64(1)
			file := func() error {
				o := w.k.File(t.Context(), logtest.Sender(), logtest.Sighting(logtest.Chart(1), logtest.Night, "x"))[0]
				if o.Err == nil {
					filed++
				}
				return o.Err
			}
			for range 3 {
				disk.Fail(c.f)
				failed := false
				for range 12 {
					if err := file(); err != nil {
						failed = true
						if fault.KindOf(err) != c.want {
							t.Errorf("told %v: %v", fault.KindOf(err), err)
						}
					}
					if n := count(t, read(d), "SELECT COUNT(*) FROM entry"); n != filed {
						t.Fatalf("%d entries to be read, %d acknowledged", n, filed)
					}
				}
				if !failed {
					t.Fatal("nothing failed")
				}
				disk.Heal()
				if err := file(); err != nil {
					t.Fatalf("once the disk was well again: %v", err)
				}
			}
			if r, err := proof.Verify(t.Context(), d, nil); err != nil || len(r.Problems) > 0 {
				t.Errorf("%v, %v", r, err)
			}
			w.k.Close()
			end()
			if err := disk.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// PostgreSQL is killed again and again in the middle of filing and comes back: what was acknowledged is there, the committer resumes by
// itself, and what is sent once more is recognised.
func TestPostgresKilled(t *testing.T) {
	s := pgtest.Own(t)
	url, err := s.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d, err := db.OpenPostgres(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	w := newWard(t, d)
	var wg sync.WaitGroup
	var stop atomic.Bool
	var acknowledged, again atomic.Int64
	for g := range 6 {
		wg.Go(func() {
			for i := 0; !stop.Load(); i++ {
				e := logtest.Sighting(logtest.Chart(g), logtest.Night, "x")
				for { // as a device does: until it has an answer
					sent := *e
					o := w.k.File(context.Background(), logtest.Sender(), &sent)[0]
					if o.Err == nil {
						acknowledged.Add(1)
						if o.Status == commit.Duplicate {
							again.Add(1)
						}
						break
					}
					if fault.KindOf(o.Err) != fault.Unavailable {
						t.Errorf("told %v", o.Err)
						return
					}
					<-clock.System().After(10 * time.Millisecond)
				}
			}
		})
	}
	for range trials(2, 20) {
		at := acknowledged.Load()
		waitFor(t, func() bool { return acknowledged.Load() > at+100 })
		if err := s.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
	}
	at := acknowledged.Load()
	waitFor(t, func() bool { return acknowledged.Load() > at+100 })
	stop.Store(true)
	wg.Wait()
	r, err := proof.Verify(t.Context(), d, nil)
	if err != nil || len(r.Problems) > 0 || r.Tree.N != acknowledged.Load() {
		t.Fatalf("%d acknowledged; %v, %v", acknowledged.Load(), r, err)
	}
	t.Logf("%d acknowledged, %d of them only known by sending again, none lost", acknowledged.Load(), again.Load())
}
