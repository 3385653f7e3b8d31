//go:build unix

package commit_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"milieu/kit/clock"
	"milieu/kit/commit"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/record/proof"
	"milieu/kit/testkit/logtest"
)

// How many entries lie in the log before the measurement: MILIEU_BENCH_ENTRIES, and on which database: MILIEU_BENCH_POSTGRES=1.
func prefilled(b *testing.B) (*db.DB, *commit.Committer, commit.Config) {
	b.Helper()
	var d *db.DB
	if os.Getenv("MILIEU_BENCH_POSTGRES") != "" {
		d = logtest.Postgres(b)
	} else {
		d = logtest.SQLite(b, b.TempDir())
	}
	cfg := logtest.Config(b, d, clock.System())
	k := logtest.Open(b, cfg)
	n, _ := strconv.Atoi(os.Getenv("MILIEU_BENCH_ENTRIES"))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := 0; i < n/8; i += 100 {
				k.File(context.Background(), logtest.Sender(), some(100)...)
			}
		})
	}
	wg.Wait()
	return d, k, cfg
}

var place atomic.Int64

const charts = 1000

// some gives entries of about 650 bytes over many charts.
func some(n int) []*record.Entry {
	now := clock.System().Now()
	out := make([]*record.Entry, n)
	for i := range out {
		at := int(place.Add(1))
		e := logtest.Sighting(logtest.Chart(at*7919%charts), now, words)
		out[i] = e
	}
	return out
}

const words = "Day room, by the window. Reading aloud to two others; laughed. Said that the new tablets make her hands shake in the morning and that she would rather have them at night; told that this will be passed on to the prescriber today. Ate half of supper. Wants to call her sister after eight."

func measure(b *testing.B, senders, batch int, file func(n int) error) {
	b.ReportAllocs()
	var wg sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(b.N))
	took := make([][]time.Duration, senders)
	c := clock.System()
	b.ResetTimer()
	spent := cpu(b)
	began := c.Now()
	for s := range senders {
		wg.Go(func() {
			for left.Add(-int64(batch)) > -int64(batch) {
				at := c.Now()
				if err := file(batch); err != nil {
					b.Error(err)
					return
				}
				took[s] = append(took[s], c.Now().Sub(at))
			}
		})
	}
	wg.Wait()
	all := slices.Sorted(slices.Values(slices.Concat(took...)))
	b.ReportMetric(float64((cpu(b)-spent).Microseconds())/float64(len(all)*batch), "cpu-µs/entry")
	b.ReportMetric(float64(len(all)*batch)/c.Now().Sub(began).Seconds(), "entries/s")
	b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
}

// cpu is what this process has used so far: unlike the clock it says the same on a busy machine.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkCommitter(b *testing.B) {
	d, k, cfg := prefilled(b)
	b.Run("bare", func(b *testing.B) {
		err := d.Write(b.Context(), func(tx db.Tx) error {
			return tx.Exec(d.Dialect.DDL("CREATE TABLE IF NOT EXISTS bare (seq INTEGER NOT NULL PRIMARY KEY, id BLOB NOT NULL UNIQUE, body BLOB NOT NULL)"))
		})
		if err != nil {
			b.Fatal(err)
		}
		body := make([]byte, 600)
		var seq int64
		if err := d.Read(b.Context()).QueryRow("SELECT COALESCE(MAX(seq), 0) FROM bare").Scan(&seq); err != nil {
			b.Fatal(err)
		}
		now := clock.System().Now()
		measure(b, 1, 1, func(int) error {
			return d.Write(context.Background(), func(tx db.Tx) error {
				seq++
				id := record.NewID(now)
				return tx.Exec("INSERT INTO bare (seq, id, body) VALUES ($1, $2, $3)", seq, id[:], body)
			})
		})
	})
	for _, c := range []struct{ senders, batch int }{{1, 1}, {64, 1}, {8, 100}} {
		b.Run(fmt.Sprintf("senders=%d/batch=%d", c.senders, c.batch), func(b *testing.B) {
			measure(b, c.senders, c.batch, func(n int) error {
				for _, o := range k.File(context.Background(), logtest.Sender(), some(n)...) {
					if o.Err != nil {
						return o.Err
					}
				}
				return nil
			})
		})
	}
	n := float64(k.Seq())
	each := func(name string, do func() error) {
		b.Run(name, func(b *testing.B) {
			// Once, however often the rest is measured: it goes through the whole log.
			c, spent := clock.System(), cpu(b)
			began := c.Now()
			if err := do(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(n/c.Now().Sub(began).Seconds(), "entries/s")
			b.ReportMetric(float64(c.Now().Sub(began).Milliseconds()), "ms")
			b.ReportMetric(float64((cpu(b)-spent).Microseconds())/n, "cpu-µs/entry")
		})
	}
	each("verify", func() error {
		r, err := proof.Verify(b.Context(), d, nil)
		if err == nil && len(r.Problems) > 0 {
			err = fmt.Errorf("%v", r.Problems[0])
		}
		return err
	})
	if err := k.Close(); err != nil {
		b.Fatal(err)
	}
	reopen := func() error {
		k, err := commit.Open(b.Context(), cfg)
		if err != nil {
			return err
		}
		return k.Close()
	}
	each("start", reopen)
	each("replay", func() error {
		if err := commit.Rebuild(b.Context(), d, cfg.Projections, due.Tables()); err != nil {
			return err
		}
		return reopen()
	})
}
