package census

import (
	"testing"
	"time"

	"milieu/house/clients"
	"milieu/kit/record"
)

var (
	cedar = record.MustID("018f0000-0000-7000-8000-0000000000c1")
	birch = record.MustID("018f0000-0000-7000-8000-0000000000c2")
	noon  = time.Date(2026, 11, 19, 12, 0, 0, 0, time.UTC) // a Thursday
)

func moved(at time.Time, b record.Body) clients.Fact { return clients.Fact{Happened: at, Body: b} }

// days before noon.
func ago(days int) time.Time { return noon.AddDate(0, 0, -days) }

func TestDaysAreCountedAtTheirEnd(t *testing.T) {
	all := []clients.Movement{
		{Spans: clients.Spans([]clients.Fact{moved(ago(20), &clients.Admitted{Unit: cedar}), moved(ago(3), &clients.Left{Kind: "leave"}), moved(ago(1), &clients.Returned{})})},
		{Spans: clients.Spans([]clients.Fact{moved(ago(10), &clients.Admitted{Unit: cedar}), moved(ago(2), &clients.DischargedTo{Destination: "home"})})},
		{Spans: clients.Spans([]clients.Fact{moved(ago(5), &clients.Admitted{Unit: birch}), moved(noon.Add(-time.Hour), &clients.Transferred{Unit: cedar})})},
		{Spans: clients.Spans([]clients.Fact{moved(noon.Add(-2*time.Hour), &clients.Admitted{Unit: cedar}), moved(noon.Add(-time.Hour), &clients.DischargedTo{Destination: "family"})})}, // came and went between two midnights
		{Spans: clients.Spans([]clients.Fact{moved(ago(4), &clients.Returned{}), moved(ago(4), &clients.Left{Kind: "leave"})})},                                                          // never admitted
	}
	days := midnights(noon, time.UTC)
	if len(days) != 56 || !days[55].Equal(noon.Truncate(24*time.Hour)) {
		t.Fatalf("%d days, the last %s", len(days), days[55])
	}
	got := daily(all, []record.ID{cedar}, days, noon)
	for _, want := range []struct {
		ago, in, away, admitted, discharged int
	}{{21, 0, 0, 0, 0}, {20, 1, 0, 1, 0}, {10, 2, 0, 1, 0}, {4, 2, 0, 0, 0}, {3, 2, 1, 0, 0}, {2, 1, 1, 0, 1}, {1, 1, 0, 0, 0}, {0, 2, 0, 1, 1}} {
		d := got[55-want.ago]
		if d.In != want.in || d.Away != want.away || d.Admitted != want.admitted || d.Discharged != want.discharged {
			t.Errorf("%d days ago: %+v, not %+v", want.ago, d, want)
		}
	}
	both := daily(all, []record.ID{cedar, birch}, days, noon)
	if both[55].In != 2 || both[54].In != 2 {
		t.Errorf("of both units: %d, %d", both[54].In, both[55].In)
	}
	weeks := weekly(all, []record.ID{cedar}, got, noon)
	last := weeks[len(weeks)-1]
	if len(weeks) != 8 || last.Discharged != 2 || last.Away != 2 || last.Median < 4 || last.Median > 4.1 {
		t.Errorf("the last week: %+v", last) // eight days, and one hour
	}
	changes := today(all, []record.ID{cedar}, days[55], noon)
	if len(changes) != 3 || changes[2].What != "admitted" {
		t.Errorf("today: %+v", changes)
	}
	if out := today(all, []record.ID{birch}, days[55], noon); len(out) != 1 || out[0].What != "moved_out" || out[0].To != cedar {
		t.Errorf("today in the other unit: %+v", out)
	}
}

func TestMedian(t *testing.T) {
	for _, one := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{1, 2, 3, 10}, 2.5}} {
		if got := median(one.values); got != one.want {
			t.Errorf("%v: %v", one.values, got)
		}
	}
}
