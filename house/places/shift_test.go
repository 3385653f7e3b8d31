package places

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"

	"milieu/kit/ui"
)

var twelve = []Shift{{"Day", "07:00", "19:00"}, {"Night", "19:00", "07:00"}}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := zoneOf(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestShiftAt(t *testing.T) {
	eight := []Shift{{"Early", "06:30", "14:30"}, {"Late", "14:00", "22:00"}, {"Night", "22:00", "06:30"}}
	office := []Shift{{"Day", "08:00", "17:00"}}
	turn := []Shift{{"Short", "02:30", "12:00"}, {"Long", "12:00", "02:30"}}
	for _, c := range []struct {
		name, zone  string
		pattern     []Shift
		at          string // RFC 3339
		want        string
		from, until string
	}{
		{"by day", "America/New_York", twelve, "2026-11-19T12:00:00-05:00", "Day", "2026-11-19T07:00:00-05:00", "2026-11-19T19:00:00-05:00"},
		{"before midnight", "America/New_York", twelve, "2026-11-19T23:59:59-05:00", "Night", "2026-11-19T19:00:00-05:00", "2026-11-20T07:00:00-05:00"},
		{"at midnight", "America/New_York", twelve, "2026-11-20T00:00:00-05:00", "Night", "2026-11-19T19:00:00-05:00", "2026-11-20T07:00:00-05:00"},
		{"the start belongs to it", "America/New_York", twelve, "2026-11-20T07:00:00-05:00", "Day", "2026-11-20T07:00:00-05:00", "2026-11-20T19:00:00-05:00"},
		{"the end does not", "America/New_York", twelve, "2026-11-20T06:59:59-05:00", "Night", "2026-11-19T19:00:00-05:00", "2026-11-20T07:00:00-05:00"},
		{"clocks go forward in the night: eleven hours", "America/New_York", twelve, "2026-03-08T03:30:00-04:00", "Night", "2026-03-07T19:00:00-05:00", "2026-03-08T07:00:00-04:00"},
		{"clocks go back in the night: thirteen hours, first half past one", "America/New_York", twelve, "2026-11-01T01:30:00-04:00", "Night", "2026-10-31T19:00:00-04:00", "2026-11-01T07:00:00-05:00"},
		{"and second half past one", "America/New_York", twelve, "2026-11-01T01:30:00-05:00", "Night", "2026-10-31T19:00:00-04:00", "2026-11-01T07:00:00-05:00"},
		{"a start that never comes is when clocks went forward", "America/New_York", turn, "2026-03-08T03:10:00-04:00", "Short", "2026-03-08T03:00:00-04:00", "2026-03-08T12:00:00-04:00"},
		{"and the shift before ends then", "America/New_York", turn, "2026-03-08T01:59:59-05:00", "Long", "2026-03-07T12:00:00-05:00", "2026-03-08T03:00:00-04:00"},
		{"a start that comes twice", "Europe/Berlin", turn, "2026-10-25T02:45:00+01:00", "Short", "2026-10-25T02:30:00+02:00", "2026-10-25T12:00:00+01:00"},
		{"half-hour summer time", "Australia/Lord_Howe", twelve, "2026-10-04T03:00:00+11:00", "Night", "2026-10-03T19:00:00+10:30", "2026-10-04T07:00:00+11:00"},
		{"midnight that never comes", "Africa/Cairo", []Shift{{"First", "00:00", "12:00"}, {"Second", "12:00", "00:00"}}, "2026-04-24T01:00:00+03:00", "First", "2026-04-24T01:00:00+03:00", "2026-04-24T12:00:00+03:00"},
		{"overlap: the one that began last", "UTC", eight, "2026-11-19T14:10:00Z", "Late", "2026-11-19T14:00:00Z", "2026-11-19T22:00:00Z"},
		{"between shifts", "UTC", office, "2026-11-19T20:00:00Z", "", "2026-11-19T17:00:00Z", "2026-11-20T08:00:00Z"},
		{"before the day's first", "UTC", office, "2026-11-19T03:00:00Z", "", "2026-11-18T17:00:00Z", "2026-11-19T08:00:00Z"},
		{"a whole day", "UTC", []Shift{{"On call", "08:00", "08:00"}}, "2026-11-19T07:00:00Z", "On call", "2026-11-18T08:00:00Z", "2026-11-19T08:00:00Z"},
	} {
		got := ShiftAt(c.pattern, zone(t, c.zone), moment(t, c.at))
		if got.Name != c.want || !got.From.Equal(moment(t, c.from)) || !got.Until.Equal(moment(t, c.until)) {
			t.Errorf("%s: %q from %s until %s, want %q from %s until %s", c.name, got.Name, got.From, got.Until, c.want, c.from, c.until)
		}
	}
}

func moment(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// Whatever the zone and the time, two twelve-hour shifts cover every moment once, and follow each other without a gap.
func TestShiftsFollowEachOther(t *testing.T) {
	zones := []string{"UTC", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kathmandu", "Pacific/Apia", "America/Sao_Paulo"}
	rapid.Check(t, func(t *rapid.T) {
		z, err := zoneOf(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		start := rapid.IntRange(0, 23).Draw(t, "hour")
		first := time.Date(2000, 1, 1, start, rapid.SampledFrom([]int{0, 15, 30}).Draw(t, "minute"), 0, 0, time.UTC)
		a, b := first.Format("15:04"), first.Add(12*time.Hour).Format("15:04")
		pattern := []Shift{{"A", a, b}, {"B", b, a}}
		at := time.Unix(rapid.Int64Range(1_000_000_000, 1_900_000_000).Draw(t, "at"), 0).UTC()
		now := ShiftAt(pattern, z, at)
		if now.Name == "" || now.From.After(at) || !now.Until.After(at) {
			t.Fatalf("at %s: %+v", at, now)
		}
		if next := ShiftAt(pattern, z, now.Until); !next.From.Equal(now.Until) || next.Name == now.Name {
			t.Fatalf("%+v is followed by %+v", now, next)
		}
		if next := NextShift(pattern, z, now); !next.From.Equal(now.Until) {
			t.Fatalf("after %+v comes %+v", now, next)
		}
		if hours := now.Until.Sub(now.From); hours < 9*time.Hour || hours > 37*time.Hour {
			t.Fatalf("%+v lasts %s", now, hours)
		}
	})
}

func TestWordsAndDays(t *testing.T) {
	z := zone(t, "America/New_York")
	at := moment(t, "2026-11-20T02:00:00-05:00")
	ctx := ui.With(context.Background(), ui.Env{Zone: z, Now: at})
	if got := ShiftAt(twelve, z, at).Words(ctx); got != "Night shift, Thu 19 Nov" {
		t.Errorf("said %q", got)
	}
	if got := (Span{}).Words(ctx); got != "Between shifts" {
		t.Errorf("said %q", got)
	}
	day := ShiftsOn(twelve, z, at)
	if len(day) != 2 || day[0].Name != "Day" || !day[0].From.Equal(moment(t, "2026-11-20T07:00:00-05:00")) || day[1].Name != "Night" {
		t.Errorf("the shifts of the day are %+v", day)
	}
}

func TestNatural(t *testing.T) {
	in := []string{"", "A", "Room 1", "Room 2", "Room 02b", "Room 9", "Room 10", "Room 10a", "Room 11", "b"}
	for i := range in {
		for j := range in {
			got := Natural(in[i], in[j])
			if (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("Natural(%q, %q) = %d", in[i], in[j], got)
			}
		}
	}
}

func TestHouseIsJudged(t *testing.T) {
	good := House{Name: "Alder House", Zone: "America/New_York", Language: "en", Shifts: twelve}
	for _, c := range []struct {
		name string
		edit func(*House)
		ok   bool
	}{
		{"as it should be", func(*House) {}, true},
		{"no name", func(h *House) { h.Name = " " }, false},
		{"two lines", func(h *House) { h.Name = "a\nb" }, false},
		{"no zone", func(h *House) { h.Zone = "" }, false},
		{"the machine's zone", func(h *House) { h.Zone = "Local" }, false},
		{"a zone from outside", func(h *House) { h.Zone = "../etc/passwd" }, false},
		{"no language", func(h *House) { h.Language = "!" }, false},
		{"no shifts", func(h *House) { h.Shifts = nil }, false},
		{"two of a name", func(h *House) { h.Shifts = []Shift{{"Day", "07:00", "19:00"}, {"day", "19:00", "07:00"}} }, false},
		{"no time", func(h *House) { h.Shifts = []Shift{{"Day", "7", "19:00"}} }, false},
		{"24:00", func(h *House) { h.Shifts = []Shift{{"Day", "07:00", "24:00"}} }, false},
		{"seconds", func(h *House) { h.Shifts = []Shift{{"Day", "07:00:00", "19:00"}} }, false},
	} {
		h := good
		h.Shifts = append([]Shift{}, twelve...)
		c.edit(&h)
		if err := h.Validate(nil); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if d := DefaultHouse(); d.Location() != time.UTC {
		t.Error("the default house is not at UTC")
	}
}
