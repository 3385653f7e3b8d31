package commit_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"milieu/kit/clock"
	"milieu/kit/commit"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/testkit/logtest"
	"milieu/kit/testkit/pgtest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(killDir); dir != "" {
		writeUntilKilled(dir)
	}
	_ = flag.Set("rapid.checks", "12") // each draw opens a log several times; the command line may ask for more
	os.Exit(pgtest.Main(m))
}

// ward is one log under test.
type ward struct {
	t     testing.TB
	db    *db.DB
	clock *clock.Fake
	k     *commit.Committer
	cfg   commit.Config
}

func newWard(t testing.TB, d *db.DB, change ...func(*commit.Config)) *ward {
	t.Helper()
	c := clock.NewFake(logtest.Night)
	cfg := logtest.Config(t, d, c)
	for _, f := range change {
		f(&cfg)
	}
	return &ward{t, d, c, logtest.Open(t, cfg), cfg}
}

// file submits entries as the nurse and wants all accepted.
func (w *ward) file(entries ...*record.Entry) []commit.Outcome {
	w.t.Helper()
	out := w.k.File(context.Background(), logtest.Sender(), entries...)
	for _, o := range out {
		if o.Status != commit.Accepted {
			w.t.Fatalf("entry %s: %s, %v", o.ID, o.Status, o.Err)
		}
	}
	return out
}

// dump is the contents of tables as text, rows in order of all columns: two databases with equal dumps hold the same.
func dump(t testing.TB, q db.Querier) string {
	t.Helper()
	var b strings.Builder
	for _, query := range []string{
		"SELECT 'seen', chart, happened, id, place FROM ward_seen_v1 ORDER BY chart, happened, id",
		"SELECT 'due', chart, due, anchor, rule FROM due ORDER BY chart, rule, slot",
		"SELECT 'told', chart, rung, id, rule FROM due_told_v1 ORDER BY chart, rule, slot, anchor, rung, id",
	} {
		err := db.Each(q, query, nil, func(r db.Row) error {
			var what, last string
			var chart, id record.ID
			var n int64
			if err := r.Scan(&what, &chart, &n, &id, &last); err != nil {
				return err
			}
			_, err := fmt.Fprintln(&b, what, chart, n, id, last)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func count(t testing.TB, q db.Querier, query string, args ...any) int64 {
	t.Helper()
	var n int64
	if err := q.QueryRow(query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func read(d *db.DB) db.Querier { return d.Read(context.Background()) }
