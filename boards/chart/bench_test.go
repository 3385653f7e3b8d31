//go:build unix

package chart_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"milieu/care/rounds"
	"milieu/house/clients"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/testkit"
	"milieu/kit/testkit/pgtest"
)

// each measures f, in time and in the processor's own, which says the same on a busy machine.
func each(b *testing.B, f func()) {
	b.Helper()
	var spent time.Duration
	for b.Loop() {
		from := cpu(b)
		f()
		spent += cpu(b) - from
	}
	b.ReportMetric(float64(spent.Microseconds())/1000/float64(b.N), "cpu-ms/op")
}

// cpu is what this process has used so far, the browser's share of it among it.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// compressed is how many bytes of a page go over the line.
func compressed(b *testing.B, br *testkit.Browser, path string) int {
	b.Helper()
	req, err := http.NewRequest(http.MethodGet, br.URL+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "gzip")
	res, err := br.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	if err != nil {
		b.Fatal(err)
	}
	return int(n)
}

// onDatabase is a ward on the database of the bench: MILIEU_BENCH_POSTGRES=1 for PostgreSQL.
func onDatabase(b *testing.B) *ward {
	b.Helper()
	if os.Getenv("MILIEU_BENCH_POSTGRES") == "" {
		return newWard(b)
	}
	d, err := db.OpenPostgres(b.Context(), pgtest.Database(b))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close() })
	return furnish(testkit.Open(b, d, clock.NewFake(testkit.Start), testkit.PolicyFor(b, "../../app/policy"), defs()...))
}

// BenchmarkLongChart is a chart of 20,000 entries, most of them checks, every twentieth with a kilobyte of words. As many others as CHARTS says stand between
// its entries in the log.
func BenchmarkLongChart(b *testing.B) {
	w := onDatabase(b)
	var others []record.ID
	n, _ := strconv.Atoi(os.Getenv("CHARTS"))
	for i := range n {
		c := id("between", fmt.Sprint(i))
		w.must("clients.registered", c, &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: fmt.Sprint("Person ", i)}}, Unit: w.unit})
		others = append(others, c)
	}
	long := strings.Repeat("Sat by the window and read aloud to two others; laughed. ", 17)
	states := []string{"talking", "awake_quiet", "eating", "pacing", "asleep_breathing"}
	var batch []*record.Entry
	flush := func() {
		for _, o := range w.Committer.File(b.Context(), testkit.Program(), batch...) {
			if o.Err != nil {
				b.Fatal(o.Err)
			}
		}
		batch = batch[:0]
	}
	for i := range 20_000 {
		w.Clock.Advance(15 * time.Minute)
		for n, c := range append([]record.ID{w.rafi}, others...) {
			body := seen(states[(i+n)%len(states)], "")
			if i%20 == 0 {
				body.Words = fmt.Sprint("Note ", i, ". ", long)
			}
			if i == 1000 {
				body.Words = "Nobody else has ever said xylophone here."
			}
			batch = append(batch, w.Entry(rounds.KindChecked, c, body))
		}
		if len(batch) >= 400 {
			flush()
		}
	}
	flush()
	br := w.Browse(w.worker)
	at := "/clients/" + w.rafi.String()
	b.Run("first screen", func(b *testing.B) {
		each(b, func() { get(b, br, at) })
		b.ReportMetric(float64(compressed(b, br, at)), "B-compressed")
	})
	b.Run("search page, first time", func(b *testing.B) {
		var spent time.Duration
		for b.Loop() {
			b.StopTimer()
			br := testkit.Open(b, w.DB, w.Clock, testkit.PolicyFor(b, "../../app/policy"), defs()...).Browse(w.worker)
			b.StartTimer()
			from := cpu(b)
			get(b, br, at+"/find")
			spent += cpu(b) - from
		}
		b.ReportMetric(float64(spent.Microseconds())/1000/float64(b.N), "cpu-ms/op")
	})
	for name, words := range map[string]string{"one in 20,000": "xylophone", "one in twenty": "window laughed", "one in five": "asleep", "none": "zebra"} {
		b.Run("search/"+name, func(b *testing.B) {
			each(b, func() { send(b, br, at+"/find", "q", words) })
		})
	}
	b.Run("one room", func(b *testing.B) {
		each(b, func() { get(b, br, at+"?of=clients") })
	})
	b.Run("an entry", func(b *testing.B) {
		e, err := record.Latest(w.DB.Read(b.Context()), w.rafi, 0, 1, nil)
		if err != nil {
			b.Fatal(err)
		}
		each(b, func() { get(b, br, at+"/entries/"+e[0].ID.String()) })
	})
}
