package commit_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"milieu/kit/clock"
	"milieu/kit/commit"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/record/proof"
	"milieu/kit/testkit/logtest"
	"milieu/kit/testkit/pgtest"
)

func TestTray(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		w := newWard(t, open(t))
		ctx, chart := context.Background(), logtest.Chart(1)
		good := logtest.Sighting(chart, logtest.Night, "day room")
		w.file(good)
		send := func(via record.Via) []commit.Outcome {
			s := logtest.Sender()
			s.Via = via
			nowhere, clash, broken, unknown := logtest.Sighting(chart, logtest.Night, ""), *good, *good, *good
			nowhere.ID = record.DeriveID("nowhere")
			clash.Body = []byte(`{"place":"garden"}`)
			broken.ID, broken.Body = record.DeriveID("broken"), []byte("{\"place\x00\xff")
			unknown.ID, unknown.Kind = record.DeriveID("unknown"), strings.Repeat("ü\x00", 100)
			return w.k.File(ctx, s, nowhere, &clash, &broken, &unknown)
		}
		send(record.ViaPage) // a page keeps what was typed by itself
		if kept, err := commit.Tray(read(w.db), logtest.Nurse, 10); err != nil || len(kept) != 0 {
			t.Fatal(kept, err)
		}
		for range 3 { // the same again is kept once
			for _, o := range send(record.ViaOutbox) {
				if o.Err == nil {
					t.Fatalf("%+v", o)
				}
			}
		}
		kept, err := commit.Tray(read(w.db), logtest.Nurse, 10)
		if err != nil || len(kept) != 4 {
			t.Fatal(len(kept), err)
		}
		for _, k := range kept {
			if k.Reason == "" || !k.Received.Equal(logtest.Night) || k.Author != logtest.Nurse {
				t.Errorf("%+v", k)
			}
			switch k.ID {
			case good.ID:
				if string(k.Entry.Body) != `{"place":"garden"}` {
					t.Errorf("kept %s", k.Entry.Body)
				}
			case record.DeriveID("broken"):
				if !strings.HasPrefix(k.Text, `{"place`) {
					t.Errorf("kept %q", k.Text)
				}
			}
		}
		if all, _ := commit.Tray(read(w.db), record.Zero, 2); len(all) != 2 {
			t.Errorf("%d in the house's tray", len(all))
		}
		if err := w.k.Step(ctx, kept[0].ID, kept[0].Digest, logtest.Nurse, commit.StepSettled, "told by hand"); err != nil {
			t.Fatal(err)
		}
		if err := w.k.Step(ctx, kept[0].ID, kept[1].Digest, logtest.Nurse, commit.StepSettled, ""); fault.KindOf(err) != fault.NotFound {
			t.Fatal(err)
		}
		if kept, _ = commit.Tray(read(w.db), logtest.Nurse, 10); len(kept) != 3 {
			t.Fatalf("%d left", len(kept))
		}

		// A broken machine does not fill the disk, and is not told that what it sends is kept when it is not.
		machine := record.Sender{Person: record.DeriveID("machine"), Via: record.ViaAPI}
		many := make([]*record.Entry, 500)
		told := map[fault.Kind]int{}
		for range 5 {
			for i := range many {
				many[i] = logtest.Sighting(chart, logtest.Night, "")
			}
			for _, o := range w.k.File(ctx, machine, many...) {
				told[fault.KindOf(o.Err)]++
			}
		}
		if told[fault.Invalid] != commit.TrayLimit || told[fault.TooMany] != 2500-commit.TrayLimit {
			t.Fatalf("told %v", told)
		}
	})
}

func TestDestroy(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		w := newWard(t, open(t))
		ctx, chart := context.Background(), logtest.Chart(1)
		old, kept := logtest.Sighting(chart, logtest.Night.Add(-time.Minute), "secret place"), logtest.Sighting(chart, logtest.Night, "day room")
		withdrawal := logtest.Amending(logtest.Entry("record.withdrawn", chart, logtest.Night, &record.Withdrawn{Reason: "x"}), old.ID, record.InError)
		w.file(old, kept)
		foreign := logtest.Sighting(logtest.Chart(2), logtest.Night, "x")
		w.file(foreign)
		if _, err := w.k.Destroy(ctx, logtest.Sender(), chart, "rule", old.ID, foreign.ID); fault.KindOf(err) != fault.NotFound {
			t.Fatalf("another chart's entry: %v", err)
		}
		if n := count(t, read(w.db), "SELECT COUNT(*) FROM entry WHERE body IS NULL"); n != 0 {
			t.Fatal("half done")
		}
		o, err := w.k.Destroy(ctx, logtest.Sender(), chart, "adult-10-years", old.ID)
		if err != nil || o.Status != commit.Accepted {
			t.Fatal(o, err)
		}
		e, err := record.Find(read(w.db), old.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.cfg.Kinds.Decode(e); !errors.Is(err, record.ErrDestroyed) {
			t.Fatalf("decoded: %v", err)
		}
		if n := count(t, read(w.db), "SELECT COUNT(*) FROM entry WHERE body IS NULL AND salt IS NULL AND digest IS NULL"); n != 1 {
			t.Fatalf("%d destroyed", n)
		}
		if strings.Contains(dump(t, read(w.db)), "secret") {
			t.Error("a projection still has it")
		}
		w.file(withdrawal)
		want := dump(t, read(w.db))
		w.rebuild(w.db)
		if got := dump(t, read(w.db)); got != want {
			t.Errorf("replayed\n%s\nwas\n%s", got, want)
		}
		if r, err := proof.Verify(ctx, w.db, nil); err != nil || len(r.Problems) > 0 {
			t.Error(err, r.Problems)
		}
	})
}

func TestKindsAreBroughtUpToDate(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		w := newWard(t, open(t))
		w.file(logtest.Sighting(logtest.Chart(1), logtest.Night, "day room"))
		w.restart(func(c *commit.Config) {
			line := func(*record.Entry, record.Body) record.Line { return record.Line{Key: "ward.line"} }
			upgrade := func(_ int, body []byte) ([]byte, error) {
				var old map[string]string
				if err := json.Unmarshal(body, &old); err != nil {
					return nil, err
				}
				return json.Marshal(map[string]string{"place": "the " + old["place"]})
			}
			ks, err := record.NewKinds(record.OwnKinds(), []record.Kind{{Name: "ward.seen", Version: 2, Chart: "client", Action: "ward.see", Example: &logtest.Seen{Place: "x"}, Line: line, Upgrade: upgrade}})
			if err != nil {
				t.Fatal(err)
			}
			c.Kinds = ks
			c.Projections, c.Derived = []record.Projection{second()}, nil
		})
		w.file(logtest.Sighting(logtest.Chart(1), logtest.Night, "garden")) // an older device still sends version 1
		if n := count(t, read(w.db), "SELECT COUNT(*) FROM ward_seen_v2 WHERE place = 'the garden' OR place = 'the day room'"); n != 2 {
			t.Fatalf("%d upgraded", n)
		}
		later := logtest.Sighting(logtest.Chart(1), logtest.Night, "x")
		later.Version = 3
		if o := w.k.File(context.Background(), logtest.Sender(), later)[0]; fault.KindOf(o.Err) != fault.Invalid {
			t.Fatalf("a version from the future: %+v", o)
		}
	})
}

func TestAStartBehindTheHeadFileStops(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "head")
	withHead := func(c *commit.Config) { c.HeadFile = path }
	d := logtest.SQLite(t, dir)
	w := newWard(t, d, withHead)
	w.file(logtest.Sighting(logtest.Chart(1), logtest.Night, "a"))
	w.file(logtest.Sighting(logtest.Chart(1), logtest.Night, "b"))
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	w.file(logtest.Sighting(logtest.Chart(1), logtest.Night, "c"))
	w.restart()
	if err := w.k.Close(); err != nil {
		t.Fatal(err)
	}
	now, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	open := func(d *db.DB) error {
		k, err := commit.Open(t.Context(), func() commit.Config { c := w.cfg; c.DB = d; return c }())
		if err == nil {
			k.Close()
		}
		return err
	}
	var behind *proof.ErrBehind

	// A head file that lags, as after a power cut, is no reason to stop.
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open(d); err != nil {
		t.Fatal(err)
	}
	// One of its two places torn: the other holds.
	torn := append([]byte{}, now...)
	copy(torn[512:], make([]byte, 72))
	if err := os.WriteFile(path, torn, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open(d); err != nil {
		t.Fatal(err)
	}
	// Another, emptier database in its place.
	if err := os.WriteFile(path, now, 0o600); err != nil {
		t.Fatal(err)
	}
	other := logtest.SQLite(t, t.TempDir())
	v := newWard(t, other)
	v.file(logtest.Sighting(logtest.Chart(1), logtest.Night, "z"))
	v.k.Close()
	if err := open(other); !errors.As(err, &behind) || behind.Head != 3 || behind.Database != 1 {
		t.Fatalf("behind: %v", err)
	}
	// Another of the same length, and another that is longer.
	for range 2 {
		v.restart()
		v.file(logtest.Sighting(logtest.Chart(1), logtest.Night, "z"), logtest.Sighting(logtest.Chart(1), logtest.Night, "z"))
		v.k.Close()
		if err := open(other); !errors.As(err, &behind) {
			t.Fatalf("another database: %v", err)
		}
	}
	if err := open(d); err != nil {
		t.Fatal(err)
	}
}

// Two processes on one PostgreSQL number as one, and each hears of everything once, in order.
func TestTwoProcessesOnPostgres(t *testing.T) {
	url := pgtest.Database(t)
	const each = 150
	type process struct {
		*ward
		mu    sync.Mutex
		heard []int64
	}
	ctx, stop := context.WithCancel(t.Context())
	var following sync.WaitGroup
	defer following.Wait()
	defer stop()
	both := make([]*process, 2)
	for i := range both {
		d, err := db.OpenPostgres(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		p := &process{ward: newWard(t, d)}
		p.k.After(func(es []*record.Entry) {
			p.mu.Lock()
			defer p.mu.Unlock()
			for _, e := range es {
				p.heard = append(p.heard, e.Seq)
			}
		})
		both[i] = p
		following.Go(func() { p.k.Follow(ctx) })
	}
	var wg sync.WaitGroup
	for _, p := range both {
		for g := range 3 {
			wg.Go(func() {
				for i := range each / 3 {
					o := p.k.File(ctx, logtest.Sender(), logtest.Sighting(logtest.Chart(i%4), logtest.Night, fmt.Sprint(g)))[0]
					if o.Err != nil {
						t.Error(o.Err)
					}
				}
			})
		}
	}
	wg.Wait()
	waitFor(t, func() bool {
		done := true
		for _, p := range both {
			p.mu.Lock()
			done = done && len(p.heard) >= 2*each
			p.mu.Unlock()
		}
		return done
	})
	for i, p := range both {
		for at, seq := range p.heard {
			if seq != int64(at+1) {
				t.Fatalf("process %d heard %d in place %d", i, seq, at+1)
			}
		}
	}
	if r, err := proof.Verify(ctx, both[0].db, nil); err != nil || len(r.Problems) > 0 || r.Tree.N != 2*each {
		t.Fatal(err, r)
	}
}

// waitFor waits until something holds that goes on beside the test; the limit is only there to end a broken test.
func waitFor(t testing.TB, holds func() bool) {
	t.Helper()
	limit := clock.System()
	for end := limit.Now().Add(30 * time.Second); !holds(); {
		if limit.Now().After(end) {
			t.Fatal("waited in vain")
		}
		<-limit.After(5 * time.Millisecond)
	}
}
