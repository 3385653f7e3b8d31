package ui

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTimesAsPeopleSayThem(t *testing.T) {
	ctx := testContext(t)
	minutes := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	for _, c := range []struct{ name, got, want string }{
		{"clock in the house's zone", ClockText(ctx, noon), "13:52"},
		{"today", WhenText(ctx, minutes(60)), "14:52"},
		{"this week", WhenText(ctx, minutes(3*24*60)), "Sun 13:52"},
		{"after midnight here, not in UTC", WhenText(ctx, minutes(10*60+30)), "Fri 00:22"},
		{"last week", WhenText(ctx, minutes(-8*24*60)), "Wed 11 Nov 13:52"},
		{"yesterday", WhenText(ctx, minutes(-24*60)), "Wed 18 Nov 13:52"},
		{"another year", DayText(ctx, noon.AddDate(1, 0, 0)), "Fri 19 Nov 2027"},
		{"birth", DateText(ctx, time.Date(1992, 2, 3, 0, 0, 0, 0, time.UTC)), "3 Feb 1992"},
		{"exact", ExactText(ctx, noon), "Thu 19 Nov 13:52:00 CET"},
		{"stamp", Stamp(ctx, noon), "2026-11-19T13:52:00+01:00"},
		{"just now", AgoText(ctx, noon.Add(-59*time.Second)), "just now"},
		{"ago", AgoText(ctx, minutes(-9)), "9 min ago"},
		{"hours ago", AgoText(ctx, minutes(-65)), "1 h 5 min ago"},
		{"many hours ago", AgoText(ctx, minutes(-6*60-5)), "6 h ago"},
		{"a day ago", AgoText(ctx, minutes(-24*60)), "1 day ago"},
		{"in half a minute", DueText(ctx, noon.Add(30*time.Second)), "due in 1 min"},
		{"due", DueText(ctx, minutes(4)), "due in 4 min"},
		{"due now", DueText(ctx, noon), "due now"},
		{"a second late", DueText(ctx, noon.Add(-time.Second)), "under 1 min late"},
		{"late", InText(ctx, minutes(-6)), "6 min late"},
		{"in an hour", InText(ctx, minutes(60)), "in 1 h"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

// What is late is never said to be still to come, and the other way round, at any distance.
func TestLateIsNeverRoundedAway(t *testing.T) {
	ctx := testContext(t)
	rapid.Check(t, func(t *rapid.T) {
		away := time.Duration(rapid.Int64Range(-int64(100*time.Hour), int64(100*time.Hour)).Draw(t, "away"))
		text := InText(ctx, noon.Add(away))
		if late := len(text) > 5 && text[len(text)-5:] == " late"; late != (away < 0) {
			t.Fatalf("%v away reads %q", away, text)
		}
		ring := RingOf(ctx, noon.Add(-time.Hour), noon.Add(away-time.Minute), noon.Add(away))
		if (ring.State == Late) != (away < 0) {
			t.Fatalf("%v away has a ring that is %s", away, ring.State)
		}
	})
}

// Rows sort by text as their times do.
func TestOrderFollowsTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := time.UnixMilli(rapid.Int64Range(0, 1<<46).Draw(t, "a"))
		b := time.UnixMilli(rapid.Int64Range(0, 1<<46).Draw(t, "b"))
		if a.Before(b) != (Order(a, "x") < Order(b, "x")) && !a.Equal(b) {
			t.Fatalf("%v and %v are in the wrong order", a, b)
		}
	})
}

// Wherever a moment lies, its mark stays inside the strip, and later moments never stand before earlier ones.
func TestStripKeepsOrderAndBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Strip{From: noon, To: noon.Add(time.Duration(rapid.IntRange(1, 48*60).Draw(t, "minutes")) * time.Minute)}
		minute := rapid.IntRange(-5000, 5000)
		early := noon.Add(time.Duration(minute.Draw(t, "early")) * time.Minute)
		late := early.Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "further")) * time.Minute)
		a, b := s.share(early), s.share(late)
		if a < 0 || b > 1 || a > b {
			t.Fatalf("%v stands at %v, %v at %v", early, a, late, b)
		}
	})
}

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{"Rafi Haddad": "RH", "Mei-Lin Tsay": "MT", "Anna Maria de la Cruz": "AC", "Ana": "A", "": "", " Émile  Zola ": "ÉZ", "无名": "无"} {
		if got := Initials(name); got != want {
			t.Errorf("Initials(%q) = %q, want %q", name, got, want)
		}
	}
}
