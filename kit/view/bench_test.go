package view_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/testkit/logtest"
	"milieu/kit/view"
)

// BenchmarkSearch measures searches of a long log, by default of 200,000 rows: MILIEU_VIEWS=5000000 for the figure that is promised. A house of
// twenty units with fifty people each and three hundred who work there; every fourth row is a board of a unit.
func BenchmarkSearch(b *testing.B) {
	n := 200_000
	if s := os.Getenv("MILIEU_VIEWS"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	d, err := db.OpenSQLite(context.Background(), db.SQLiteOptions{Path: b.TempDir() + "/views.db", VFS: logtest.VFS(b)})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	c := clock.NewFake(logtest.Night)
	l, err := view.Open(b.Context(), view.Config{DB: d, Clock: c})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	boards := make([]*view.Set, 20)
	for u := range boards {
		var charts []record.ID
		for i := range 50 {
			charts = append(charts, chart(u*50+i))
		}
		boards[u] = view.NewSet(charts...)
	}
	people, charts, units := make([]record.ID, 300), make([]record.ID, 1000), make([]record.ID, 20)
	for i := range people {
		people[i] = person(i)
	}
	for i := range charts {
		charts[i] = chart(i)
	}
	for i := range units {
		units[i] = unit(i)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for done := 0; done < n; {
		rows := make([]view.Row, 1000)
		for i := range rows {
			who := r.IntN(300)
			at := who % 20
			rows[i] = view.Row{Seat: view.Seat{Person: people[who], Role: "nurse", Session: people[who], Device: "phone", Address: "192.0.2.1"}, Route: "GET /clients/{chart}", Unit: units[at], Under: "shift"}
			if r.IntN(4) == 0 {
				rows[i].Route, rows[i].Set = "GET /rounds", boards[at]
			} else {
				rows[i].Chart = charts[at*50+r.IntN(50)]
			}
			if r.IntN(1000) == 0 {
				rows[i].Under = "glass"
			}
		}
		if err := l.Saw(rows...).Wait(); err != nil {
			b.Fatal(err)
		}
		done += len(rows)
		c.Advance(time.Minute)
	}
	q := d.Read(b.Context())
	for {
		var folded int64
		if err := q.QueryRow("SELECT folded FROM view_head").Scan(&folded); err != nil {
			b.Fatal(err)
		}
		if l.Seq()-folded < view.Span {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	half := logtest.Night.Add(c.Now().Sub(logtest.Night) / 2)
	for name, ask := range map[string]view.Query{
		"newest": {}, "chart": {Chart: charts[333]}, "person": {Person: people[7]}, "unit": {Unit: units[3]}, "relation": {Under: "glass"}, "time": {From: half, Until: half.Add(time.Hour)},
		"chart and person": {Chart: charts[347], Person: people[7]}, "chart, person of another unit": {Chart: charts[1], Person: people[7]},
		"person and relation": {Person: people[7], Under: "glass"}, "nobody": {Person: person(9999)}, "everything of a chart": {Chart: charts[333], Limit: 1 << 30},
	} {
		b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
			for b.Loop() {
				if _, _, err := view.Search(q, ask); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
