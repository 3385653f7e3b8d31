package room_test

import (
	"regexp"
	"testing"
	"time"

	"milieu/kit/clock"
)

// waitFor waits until something has come about in another program, which hears by itself; how long that takes is not looked at.
func waitFor(t testing.TB, come func() bool) {
	t.Helper()
	tick := clock.System()
	for range 500 {
		if come() {
			return
		}
		<-tick.After(20 * time.Millisecond)
	}
	t.Fatal("it never came about")
}

var (
	ids   = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	after = regexp.MustCompile(`data-live-after="\d+"`)
)

// settled is a page without what differs between any two houses: the IDs of entries, and the newest entry of the whole house.
func settled(page string) string {
	return after.ReplaceAllString(ids.ReplaceAllString(page, "ID"), "AFTER")
}

func firstDifference(a, b string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "…" + a[max(0, i-60):min(len(a), i+60)] + "… and …" + b[max(0, i-60):min(len(b), i+60)]
		}
	}
	return "one is longer"
}
