package rounds

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"milieu/kit/record"
)

// walk is a round of a worker through rooms, from a time on, with so long from each to the next.
func walk(who byte, at string, each time.Duration, rooms ...byte) []Placed {
	var out []Placed
	when := clockAt(at)
	for _, r := range rooms {
		out = append(out, Placed{Look{ID: record.DeriveID("walk", string(rune(who)), when.String(), string(rune(r))), Chart: id(r), Author: id(who), At: when, Written: when, Device: "phone", Seen: true, Place: "own_room", State: "asleep_breathing"}, unitA})
		when = when.Add(each)
	}
	return out
}

func codes(ps []Pattern) string {
	var out []string
	for _, p := range ps {
		out = append(out, p.Code)
	}
	return strings.Join(out, " ")
}

func TestPatterns(t *testing.T) {
	ordinary := slices.Concat(walk(1, "00:00", 25*time.Second, 2, 3, 4, 5, 6, 7), walk(1, "00:14", 20*time.Second, 4, 5, 6, 7, 2, 3), walk(1, "00:25", 31*time.Second, 7, 6, 5, 4, 3, 2))
	later := walk(1, "02:00", 15*time.Minute, 2, 2, 2, 2, 2, 2)
	for i := range later {
		later[i].Written = clockAt("03:40").Add(time.Duration(i) * 4 * time.Second)
	}
	lounge := walk(1, "00:00", 2*time.Second, 2, 3, 4, 5, 6, 7)
	for i := range lounge {
		lounge[i].Place = "day_room"
	}
	pacing := slices.Concat(walk(1, "00:00", time.Minute, 2, 3, 4), walk(1, "00:14", time.Minute, 4, 2, 3), walk(1, "00:31", time.Minute, 3, 2, 4), walk(1, "00:44", time.Minute, 2, 4, 3))
	for i := range pacing {
		pacing[i].State, pacing[i].Place = "awake_quiet", "hallway"
	}
	phones := walk(1, "00:00", 4*time.Second, 2, 3)
	phones[1].Device = "another"
	units := walk(1, "00:00", 4*time.Second, 2, 3)
	units[1].Unit = unitB
	same := slices.Concat(walk(1, "00:00", 30*time.Second, 2, 3, 4, 5, 6), walk(1, "00:13", 30*time.Second, 2, 3, 4, 5, 6), walk(1, "00:27", 30*time.Second, 2, 3, 4, 5, 6), walk(1, "00:38", 30*time.Second, 2, 3, 4, 5, 6))
	for name, c := range map[string]struct {
		looks []Placed
		want  string
	}{
		"an ordinary hour of a night":             {ordinary, ""},
		"three in one second":                     {walk(1, "00:00", 0, 2, 3, 4), "same_second"},
		"two in one second":                       {walk(1, "00:00", 0, 2, 3), ""},
		"seven in 41 seconds":                     {walk(1, "03:01", 6*time.Second, 2, 3, 4, 5, 6, 7, 8), "faster_than_walking"},
		"several at a glance in the day room":     {lounge, ""},
		"two workers at once":                     {slices.Concat(walk(1, "00:00", 0, 2, 3), walk(9, "00:00", 0, 4, 5)), ""},
		"two phones at once":                      {phones, "two_places"},
		"two units at once":                       {units, "two_places"},
		"the same way four times":                 {same, "same_order"},
		"the same way three times":                {same[:15], ""},
		"one answer for everybody awake":          {pacing, "same_codes"},
		"by the clock":                            {walk(1, "00:00", 15*time.Minute, 2, 2, 2, 2, 2, 2, 2, 2, 2), "even"},
		"irregular enough":                        {slices.Concat(walk(1, "00:00", 13*time.Minute, 2, 2, 2, 2), walk(1, "00:50", 15*time.Minute, 2, 2, 2, 2)), ""},
		"two hours written down in half a minute": {later, "written_together"},
	} {
		if got := codes(Patterns(c.looks, Worth)); got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
	p := Patterns(walk(1, "03:01", 6*time.Second, 2, 3, 4, 5, 6, 7, 8), Worth)[0]
	if p.N != 7 || len(p.Charts) != 7 || p.Who != id(1) || p.Spread != 36*time.Second || len(p.Looks) != 7 {
		t.Errorf("the evidence: %+v", p)
	}
	if Worth.Source == "" || Worth.Since == "" {
		t.Error("thresholds name their source and date")
	}
}

func TestPatternsDoNotDependOnTheOrderOfArrival(t *testing.T) {
	all := slices.Concat(walk(1, "03:01", 6*time.Second, 2, 3, 4, 5, 6, 7, 8), walk(9, "03:01", 0, 12, 13, 14), walk(1, "04:00", 15*time.Minute, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2))
	want := codes(Patterns(all, Worth))
	if want == "" {
		t.Fatal("nothing to compare")
	}
	rapid.Check(t, func(rt *rapid.T) {
		if got := codes(Patterns(rapid.Permutation(all).Draw(rt, "arrival"), Worth)); got != want {
			rt.Fatalf("%q, not %q", got, want)
		}
	})
}
