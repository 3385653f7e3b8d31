package discharge

import (
	"math/rand/v2"
	"testing"
	"time"

	"milieu/care/belongings"
	"milieu/house/clients"
	"milieu/kit/fault"
	"milieu/kit/record"
)

var (
	berlin, _ = time.LoadLocation("Europe/Berlin")
	left      = time.Date(2026, 11, 20, 23, 30, 0, 0, berlin)
)

func filed(at time.Time, b record.Body) Filed {
	return Filed{ID: record.DeriveID("test", at.String()), At: at, Received: at, Body: b}
}

// Days are the house's, the day of discharge does not count, and the seventh after it does, also over a change of clocks and of the year.
func TestWithinSevenDays(t *testing.T) {
	for visit, want := range map[time.Time]When{
		left.Add(-24 * time.Hour):                       Before,
		left.Add(10 * time.Minute):                      SameDay,
		left.Add(40 * time.Minute):                      Within7, // ten past midnight
		time.Date(2026, 11, 27, 23, 59, 0, 0, berlin):   Within7,
		time.Date(2026, 11, 28, 0, 0, 0, 0, berlin):     Within30,
		time.Date(2026, 12, 20, 23, 0, 0, 0, berlin):    Within30,
		time.Date(2026, 12, 21, 0, 30, 0, 0, berlin):    Later,
		time.Date(2026, 11, 20, 22, 45, 0, 0, time.UTC): SameDay,
		time.Date(2026, 11, 20, 23, 15, 0, 0, time.UTC): Within7,
	} {
		if got := Within(visit, left, berlin); got != want {
			t.Errorf("%v is %s, want %s", visit, got, want)
		}
	}
	if got := Within(time.Date(2026, 11, 1, 9, 0, 0, 0, berlin), time.Date(2026, 10, 25, 1, 30, 0, 0, berlin), berlin); got != Within7 {
		t.Errorf("over a change of clocks: %s", got)
	}
	if got := Within(time.Date(2027, 1, 5, 9, 0, 0, 0, berlin), time.Date(2026, 12, 29, 9, 0, 0, 0, berlin), berlin); got != Within7 {
		t.Errorf("over the new year: %s", got)
	}
	if day := SeventhDay(left, berlin); day.Day() != 27 {
		t.Errorf("the seventh day is %v", day)
	}
}

// What finishes a discharge: every way out ends with something said, in any order of arrival.
func TestWhatIsSaid(t *testing.T) {
	came := filed(left.Add(-72*time.Hour), &clients.Admitted{})
	went := func(to string) Filed { return filed(left, &clients.DischargedTo{Destination: to}) }
	coat := filed(left.Add(-71*time.Hour), &belongings.TakenIn{Items: []belongings.Item{{What: "Coat", Count: 1, Kept: "locker"}}})
	visit := func(after time.Duration) Filed {
		return filed(left.Add(-time.Hour), &FollowUpBooked{What: "therapy", With: "x", At: left.Add(after)})
	}
	for name, test := range map[string]struct {
		entries          []Filed
		followUp, things bool
	}{
		"nothing said":        {[]Filed{came, coat, went("home")}, false, false},
		"booked":              {[]Filed{came, visit(48 * time.Hour), went("home")}, true, true},
		"booked for that day": {[]Filed{came, visit(10 * time.Minute), went("home")}, false, true},
		"declined":            {[]Filed{came, went("home"), filed(left.Add(time.Hour), &FollowUpDeclined{Words: "no"})}, true, true},
		"eloped":              {[]Filed{came, coat, went("unknown"), filed(left.Add(time.Minute), &NoneBooked{Reason: "left_without_notice"}), filed(left.Add(2*time.Minute), &BelongingsLeft{Reason: "in the store"})}, true, true},
		"died":                {[]Filed{came, coat, went("died")}, true, false},
		"given back":          {[]Filed{came, coat, filed(left.Add(-time.Minute), &belongings.GivenBack{Parts: []belongings.Part{{Item: belongings.Ref(coat.ID, 0), Count: 1}}}), went("home")}, false, true},
		"a stay before": {[]Filed{filed(left.Add(-1000*time.Hour), &clients.Admitted{}), filed(left.Add(-900*time.Hour), &NoneBooked{Reason: "hospital"}), filed(left.Add(-900*time.Hour+time.Minute), &clients.DischargedTo{Destination: "hospital"}),
			came, went("home")}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			for range 10 {
				rand.Shuffle(len(test.entries), func(i, j int) { test.entries[i], test.entries[j] = test.entries[j], test.entries[i] })
				s := Of(test.entries)
				if s.Left == nil || !s.Asks() {
					t.Fatal("the discharge is not seen")
				}
				if got := s.FollowUpSaid(s.Left.At, berlin); got != test.followUp {
					t.Fatalf("follow-up said: %v", got)
				}
				if got := s.ThingsSaid(); got != test.things {
					t.Fatalf("things said: %v", got)
				}
			}
		})
	}
	old := went("home")
	old.Received = old.At.Add(8 * 24 * time.Hour)
	if s := Of([]Filed{came, old}); s.Asks() {
		t.Error("a stay of long ago, entered now, asks for something")
	}
}

func TestBodies(t *testing.T) {
	for name, test := range map[string]struct {
		b   record.Body
		bad string
	}{
		"a plan":            {&Planned{Plan: "home"}, ""},
		"no plan":           {&Planned{Date: "2026-11-30"}, "plan"},
		"no such day":       {&Planned{Date: "2026-02-30", Plan: "x"}, "date"},
		"no such place":     {&Planned{Destination: "moon", Plan: "x"}, "destination"},
		"a visit":           {&FollowUpBooked{What: "therapy", With: "x", At: left}, ""},
		"a visit, no time":  {&FollowUpBooked{What: "therapy", With: "x"}, "at"},
		"a visit to nobody": {&FollowUpBooked{What: "therapy", At: left}, "with"},
		"no reason":         {&NoneBooked{}, "reason"},
		"another reason":    {&NoneBooked{Reason: "other"}, "words"},
		"declined":          {&FollowUpDeclined{}, "words"},
		"things":            {&BelongingsLeft{}, "reason"},
		"a bare summary":    {&SummaryWritten{}, "parts.why_here"},
		"no such part":      {&SummaryWritten{Parts: map[string]string{"why_here": "x", "what_happened": "x", "how_now": "x", "what_next": "x", "blame": "x"}}, "parts.blame"},
		"no copy":           {&CopyGiven{}, "how"},
		"a line of nobody":  {&HouseSet{Lines: []Line{{Number: "1"}}}, "lines.0.name"},
	} {
		err := test.b.Validate(&record.Entry{})
		if test.bad == "" && err != nil || test.bad != "" && (err == nil || fault.Of(err).Fields[0].Name != test.bad) {
			t.Errorf("%s: want %q refused, got %v", name, test.bad, err)
		}
	}
}
