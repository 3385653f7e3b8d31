package handover

import (
	"testing"
	"time"

	"milieu/care/teamwork"
	"milieu/house/places"
	"milieu/kit/record"
)

var three = []places.Shift{{Name: "Day", Start: "07:00", End: "15:00"}, {Name: "Evening", Start: "15:00", End: "23:00"}, {Name: "Night", Start: "23:00", End: "07:00"}}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// TestWhichHandover: across midnight, on the nights on which clocks change, and with shifts that overlap or leave gaps.
func TestWhichHandover(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	at := func(text string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", text, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	overlap := []places.Shift{{Name: "Day", Start: "06:45", End: "15:15"}, {Name: "Night", Start: "14:45", End: "07:00"}}
	gap := []places.Shift{{Name: "Centre", Start: "08:00", End: "16:00"}}
	for _, c := range []struct {
		what              string
		pattern           []places.Shift
		now               string
		from, change, out string
		hours             float64
	}{
		{"just after the change", three, "2026-11-19 15:08", "2026-11-19 07:00", "2026-11-19 15:00", "Day", 8},
		{"late in the shift it is still the last change", three, "2026-11-19 22:00", "2026-11-19 07:00", "2026-11-19 15:00", "Day", 8},
		{"the next opens before its change", three, "2026-11-19 22:20", "2026-11-19 15:00", "2026-11-19 23:00", "Evening", 8},
		{"a night across midnight, before it", three, "2026-11-19 23:59", "2026-11-19 15:00", "2026-11-19 23:00", "Evening", 8},
		{"and behind it", three, "2026-11-20 00:01", "2026-11-19 15:00", "2026-11-19 23:00", "Evening", 8},
		{"the night itself, handed over in the morning", three, "2026-11-20 06:30", "2026-11-19 23:00", "2026-11-20 07:00", "Night", 8},
		{"the night in which clocks go back is nine hours long", three, "2026-10-25 06:45", "2026-10-24 23:00", "2026-10-25 07:00", "Night", 9},
		{"the night in which they go forward is seven", three, "2026-03-29 06:45", "2026-03-28 23:00", "2026-03-29 07:00", "Night", 7},
		{"shifts that overlap change when the next begins", overlap, "2026-11-19 15:00", "2026-11-19 06:45", "2026-11-19 14:45", "Day", 8},
		{"a house that closes hands over from morning to morning", gap, "2026-11-19 09:00", "2026-11-18 08:00", "2026-11-19 08:00", "Centre", 24},
	} {
		now := at(c.now)
		s, ok := At(Changes(c.pattern, berlin, now, 2), now, 45*time.Minute)
		if !ok || !s.From.Equal(at(c.from)) || !s.Change.Equal(at(c.change)) || s.Out != c.out {
			t.Errorf("%s: %+v %t, want from %s to %s out of %s", c.what, s, ok, c.from, c.change, c.out)
		}
		if got := s.Change.Sub(s.From).Hours(); got != c.hours {
			t.Errorf("%s: %g hours, want %g", c.what, got, c.hours)
		}
	}
	if _, ok := At(Changes(nil, berlin, at("2026-11-19 15:08"), 2), at("2026-11-19 15:08"), time.Hour); ok {
		t.Error("a house without shifts hands over")
	}
}

// TestCarriedForward: what was asked for before the shift after had ended was handed over there; what began later, or was not asked for yet, was not.
func TestCarriedForward(t *testing.T) {
	utc := time.UTC
	at := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, utc) }
	now := at(19, 15)
	changes := Changes(three, utc, now, 21)
	s, ok := At(changes, now, 0)
	if !ok {
		t.Fatal("no handover")
	}
	for _, c := range []struct {
		what         string
		began, asked time.Time
		times        int
		first        time.Time
	}{
		{"new in this shift", at(19, 9), at(19, 12), 0, time.Time{}},
		{"from the night", at(19, 2), at(19, 9), 1, at(19, 7)},
		{"from Wednesday evening, through two changes", at(18, 18), at(18, 19), 2, at(18, 23)},
		{"set on Monday and asked for today: handed over once", at(16, 10), at(19, 12), 1, at(19, 7)},
		{"set on Monday and asked for this evening: not handed over before", at(16, 10), at(19, 20), 0, time.Time{}},
		{"late since a week", at(12, 10), at(12, 11), 21, at(12, 15)},
	} {
		times, first := Carried(changes, s, c.began, c.asked)
		if times != c.times || !first.Equal(c.first) {
			t.Errorf("%s: %d from %v, want %d from %v", c.what, times, first, c.times, c.first)
		}
	}
}

// TestItemsOfTwo: two acceptances are both's, a passing on gives the item back, and an acceptance takes it again, in whatever order they arrive.
func TestItemsOfTwo(t *testing.T) {
	jo, samir := record.ID{15: 1}, record.ID{15: 2}
	at := time.Date(2026, 11, 19, 15, 0, 0, 0, time.UTC)
	say := func(n byte, minute int, who record.ID, kind string) Said {
		return Said{ID: record.ID{14: n}, Happened: at.Add(time.Duration(minute) * time.Minute), Author: who, Kind: kind, Key: "task", Owner: teamwork.OwnedBy(jo)}
	}
	both := []Said{say(2, 2, samir, KindAccepted), say(1, 1, jo, KindAccepted)}
	InOrder(both)
	if got := Statuses(both)["task"]; len(got.By) != 2 || got.By[0] != jo || got.By[1] != samir {
		t.Errorf("two accepted: %+v", got)
	}
	passed := append(both, say(3, 3, samir, KindPassed))
	InOrder(passed)
	if got := Statuses(passed)["task"]; got.Accepted() || got.Passed == nil || got.Passed.Author != samir {
		t.Errorf("passed on: %+v", got)
	}
	again := append(passed, say(4, 4, jo, KindAccepted))
	InOrder(again)
	if got := Statuses(again)["task"]; len(got.By) != 1 || got.By[0] != jo || got.Passed != nil {
		t.Errorf("accepted again: %+v", got)
	}
	if got := Statuses(nil)["task"]; got.Accepted() {
		t.Errorf("nobody said anything: %+v", got)
	}
}

func TestRulesFilled(t *testing.T) {
	r := Rules{LeadMinutes: 10, SayBack: SayAll}.Filled()
	if r.Lead() != 10*time.Minute || r.Late() != 30*time.Minute || len(r.Print) != len(Headings) || !r.Asks(false) {
		t.Errorf("filled: %+v", r)
	}
	if d := Default(); !d.Asks(true) || d.Asks(false) {
		t.Error("by default those watched closely are said back, and no others")
	}
	for _, bad := range []Rules{{LeadMinutes: -1}, {LateMinutes: 241}, {SayBack: "some"}, {Print: []string{"gossip"}}} {
		if bad.Validate(nil) == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

// TestOfAChangeNear: nobody says something of a change of shifts that is out of reach, in which no clock could be followed.
func TestOfAChangeNear(t *testing.T) {
	now := time.Date(2026, 11, 19, 14, 40, 0, 0, time.UTC)
	e := &record.Entry{Happened: now}
	for what, c := range map[string]struct {
		change time.Time
		good   bool
	}{
		"soon": {now.Add(20 * time.Minute), true}, "brought late": {now.Add(-6 * 24 * time.Hour), true},
		"none": {time.Time{}, false}, "of another year": {now.AddDate(1, 0, 0), false}, "past what calendars hold": {time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), false},
	} {
		for _, b := range []record.Body{&WordsAdded{Change: c.change, Heading: "person", Text: "Slept"}, &Given{Change: c.change}, &Accepted{Change: c.change, Key: "x"}, &Passed{Change: c.change, Key: "x"}, &Taken{Change: c.change}} {
			if err := b.Validate(e); (err == nil) != c.good {
				t.Errorf("%s: %T: %v", what, b, err)
			}
		}
	}
}
