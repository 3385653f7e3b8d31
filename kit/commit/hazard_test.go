package commit_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/testkit/logtest"
	"milieu/kit/testkit/pgtest"
)

// Writers that number by a sequence commit in another order than they number: a reader that asks for what is behind the last number it saw
// misses an entry for ever. This shows that the hazard is real on the database the tests use; the next test, that ours has none.
func TestNaiveNumberingLosesEntriesToReaders(t *testing.T) {
	ctx, url := t.Context(), pgtest.Database(t)
	connect := func() *pgx.Conn {
		c, err := pgx.Connect(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close(context.WithoutCancel(ctx)) })
		return c
	}
	slow, quick, reader := connect(), connect(), connect()
	exec := func(c *pgx.Conn, query string) {
		if _, err := c.Exec(ctx, query); err != nil {
			t.Fatal(err)
		}
	}
	var last int64
	var seen []int64
	poll := func() {
		rows, err := reader.Query(ctx, "SELECT seq FROM naive WHERE seq > $1 ORDER BY seq", last)
		if err != nil {
			t.Fatal(err)
		}
		got, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			t.Fatal(err)
		}
		for _, seq := range got {
			seen, last = append(seen, seq), seq
		}
	}
	exec(reader, "CREATE TABLE naive (seq BIGSERIAL PRIMARY KEY, body TEXT)")
	exec(slow, "BEGIN; INSERT INTO naive (body) VALUES ('first')")
	exec(quick, "INSERT INTO naive (body) VALUES ('second')")
	poll()
	exec(slow, "COMMIT")
	poll()
	if !slices.Equal(seen, []int64{2}) {
		t.Fatalf("the hazard does not show here any more: the reader saw %v", seen)
	}
}

// Two processes file as fast as they can while a reader polls behind the last number it saw: it sees every number, in order.
func TestReadersMissNothing(t *testing.T) {
	url := pgtest.Database(t)
	const each = 200
	var writers sync.WaitGroup
	var first *db.DB
	for p := range 2 {
		d, err := db.OpenPostgres(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		if first == nil {
			first = d
		}
		w := newWard(t, d)
		for range 4 {
			writers.Go(func() {
				for i := range each / 4 {
					if o := w.k.File(context.Background(), logtest.Sender(), logtest.Sighting(logtest.Chart(i%3+p), logtest.Night, "x"))[0]; o.Err != nil {
						t.Error(o.Err)
					}
				}
			})
		}
	}
	var last int64
	polls := 0
	for ; last < 2*each && !t.Failed(); polls++ {
		entries, err := record.Range(read(first), last+1, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.Seq != last+1 {
				t.Fatalf("after %d the reader saw %d", last, e.Seq)
			}
			last = e.Seq
		}
	}
	writers.Wait()
	if polls < 5 {
		t.Fatalf("only %d polls: nothing was shown", polls)
	}
}
