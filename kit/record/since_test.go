package record_test

import (
	"testing"
	"time"

	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/testkit"
)

func TestHowFarTheLogWasAtATime(t *testing.T) {
	h := testkit.New(t, nil)
	ask := func(at time.Time) int64 {
		t.Helper()
		seq, err := record.Before(h.DB.Read(t.Context()), at)
		if err != nil {
			t.Fatal(err)
		}
		return seq
	}
	if got := ask(h.Clock.Now()); got != 0 {
		t.Errorf("in an empty log: %d", got)
	}
	begun := h.Clock.Now()
	for i := range 7 {
		at := h.Clock.Now()
		h.Must(testkit.Program(), "service.down", due.House, &due.Down{From: at.Add(-time.Hour), To: at})
		h.Clock.Set(begun.Add(time.Duration(i+1) * time.Minute))
	}
	for i := range 9 { // entry n came n-1 minutes after the beginning
		at := begun.Add(time.Duration(i-1) * time.Minute)
		if got, want := ask(at), int64(min(max(i-1, 0), 7)); got != want {
			t.Errorf("%d minutes after the beginning: %d, want %d", i-1, got, want)
		}
		if got, want := ask(at.Add(time.Second)), int64(min(max(i, 0), 7)); got != want {
			t.Errorf("a second later: %d, want %d", got, want)
		}
	}
}
