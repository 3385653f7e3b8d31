package testkit

import (
	"context"
	"testing"

	"milieu/kit/commit"
	"milieu/kit/due"
	"milieu/kit/record"
)

func TestAHouseFilesAndNumbers(t *testing.T) {
	h := New(t, nil)
	for i := range int64(3) {
		e := h.Must(Program(), "service.down", due.House, &due.Down{From: Start.Add(-10), To: Start})
		if e.Number != i+1 || e.Seq != i+1 {
			t.Fatalf("entry %d has number %d and seq %d", i+1, e.Number, e.Seq)
		}
	}
	e := h.Entry("service.down", due.House, &due.Down{From: Start.Add(-10), To: Start})
	first := h.Committer.File(context.Background(), Program(), e)[0]
	again := *e
	second := h.Committer.File(context.Background(), Program(), &again)[0]
	if first.Status != commit.Accepted || second.Status != commit.Duplicate || second.Seq != first.Seq {
		t.Fatalf("first %+v, second %+v", first, second)
	}
	entries, err := record.Chart(h.DB.Read(context.Background()), due.House, 0, 10)
	if err != nil || len(entries) != 4 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
}
