package rounds

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// tell writes gaps as "02:00-02:40 late 10m0s".
func tell(gaps []Gap) string {
	var out []string
	for _, g := range gaps {
		if g.To.Sub(g.From) < time.Second {
			continue // the moment behind the last look of a test
		}
		s := g.From.Format("15:04") + "-" + g.To.Format("15:04")
		switch {
		case g.Missed:
			s += fmt.Sprint(" missed ", g.By.Truncate(time.Second))
		case g.Late:
			s += fmt.Sprint(" late ", g.By.Truncate(time.Second))
		}
		if g.Open {
			s += " open"
		}
		if g.Down > 0 {
			s += fmt.Sprint(" down ", g.Down)
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func TestGapsAreMeasuredFromSightingToSighting(t *testing.T) {
	stay := []Stay{here("20:00")}
	every15 := lowered(1, "20:30", Every15, "")
	every30 := lowered(1, "20:30", Every30, "")
	later := seen(8, "02:20")
	later.Later = true
	received := seen(8, "02:14")
	received.Late = true
	for name, c := range map[string]struct {
		terms    Terms
		looks    []Look
		down     []Stretch
		from, to string
		want     string
	}{
		"a tick in each quarter hides half an hour":                         {Terms{Stays: stay, Orders: []Ordered{every15}}, []Look{seen(7, "02:00"), seen(8, "02:29")}, nil, "02:00", "02:30", "02:00-02:29 late 14m0s, 02:29-02:30 open"},
		"exactly the interval is in time":                                   {Terms{Stays: stay, Orders: []Ordered{every15}}, []Look{seen(7, "02:00"), seen(8, "02:15")}, nil, "02:00", "02:20", "02:00-02:15, 02:15-02:20 open"},
		"missed is over twice":                                              {Terms{Stays: stay, Orders: []Ordered{every15}}, []Look{seen(7, "02:00"), seen(8, "02:31")}, nil, "02:00", "02:31", "02:00-02:31 missed 16m0s"},
		"exactly twice is late":                                             {Terms{Stays: stay, Orders: []Ordered{every15}}, []Look{seen(7, "02:00"), seen(8, "02:30")}, nil, "02:00", "02:31", "02:00-02:30 late 15m0s, 02:30-02:31 open"},
		"over midnight and the night's edge":                                {Terms{Stays: stay, Orders: []Ordered{every30}}, []Look{seen(7, "22:50"), seen(8, "23:10"), seen(9, "00:05")}, nil, "23:00", "00:10", "22:50-23:10, 23:10-00:05 late 25m0s, 00:05-00:10 open"},
		"written afterwards counts when it happened, and is told elsewhere": {Terms{Stays: stay, Orders: []Ordered{every15}}, []Look{seen(7, "02:00"), later}, nil, "02:00", "02:20", "02:00-02:20 late 5m0s"},
		"received late counts when it happened":                             {Terms{Stays: stay, Orders: []Ordered{every15}}, []Look{seen(7, "02:00"), received}, nil, "02:00", "02:20", "02:00-02:14, 02:14-02:20 open"},
		"two at the same instant are no gap":                                {Terms{Stays: stay, Orders: []Ordered{every15}}, []Look{seen(7, "02:00"), seen(8, "02:10"), seen(9, "02:10")}, nil, "02:00", "02:12", "02:00-02:10, 02:10-02:12 open"},
		"not seen is no sighting":                                           {Terms{Stays: stay, Orders: []Ordered{every15}}, []Look{seen(7, "02:00"), notSeen(6, "02:10", "bathroom_answered"), seen(8, "02:20")}, nil, "02:00", "02:20", "02:00-02:20 late 5m0s"},
		"raised in mid-interval":                                            {Terms{Stays: stay, Orders: []Ordered{raised(1, "02:40", Every15)}}, []Look{seen(7, "02:00"), seen(8, "02:50")}, nil, "02:00", "02:50", "02:00-02:50 late 5m0s"},
		"raised, and looked at at once":                                     {Terms{Stays: stay, Orders: []Ordered{raised(1, "02:40", Every15)}}, []Look{seen(7, "02:00"), seen(8, "02:44")}, nil, "02:00", "02:44", "02:00-02:44"},
		"lowered in mid-interval":                                           {Terms{Stays: stay, Orders: []Ordered{every15, lowered(2, "02:10", General, "")}}, []Look{seen(7, "02:00"), seen(8, "02:50")}, nil, "02:00", "02:50", "02:00-02:50"},
		"late before it was lowered stays late":                             {Terms{Stays: stay, Orders: []Ordered{every15, lowered(2, "02:20", General, "")}}, []Look{seen(7, "02:00"), seen(8, "02:25")}, nil, "02:00", "02:25", "02:00-02:25 late 10m0s"},
		"a leave is nobody's gap":                                           {Terms{Stays: append([]Stay{away(5, "02:10", "leave"), back(6, "05:00")}, stay...), Orders: []Ordered{every15}}, []Look{seen(7, "02:00"), seen(8, "05:10")}, nil, "02:00", "05:12", "02:00-02:10, 05:00-05:10, 05:10-05:12 open"},
		"late before they left":                                             {Terms{Stays: append([]Stay{away(5, "02:30", "hospital")}, stay...), Orders: []Ordered{every15}}, []Look{seen(7, "02:00")}, nil, "02:00", "05:00", "02:00-02:30 late 15m0s"},
		"out with staff":                                                    {Terms{Stays: stay, Orders: []Ordered{every15}}, []Look{seen(7, "02:00"), notSeen(6, "02:10", "off_unit_with_staff"), seen(8, "03:00")}, nil, "02:00", "03:00", "02:00-02:10, 02:10-03:00"},
		"out with staff and not asked again":                                {Terms{Stays: stay, Orders: []Ordered{every15}}, []Look{seen(7, "02:00"), notSeen(6, "02:10", "off_unit_with_staff"), seen(8, "03:20")}, nil, "02:00", "03:20", "02:00-02:10, 02:10-03:20 late 10m0s"},
		"watched without a break is no gap":                                 {Terms{Stays: stay, Orders: []Ordered{every15, raised(2, "02:10", LineOfSight), lowered(3, "04:00", Every15, "")}}, []Look{seen(7, "02:00"), seen(8, "04:12")}, nil, "02:00", "04:12", "02:00-02:10, 04:00-04:12"},
		"never seen since they came":                                        {Terms{Stays: stay, Orders: []Ordered{every30}}, nil, nil, "02:00", "03:00", "20:00-03:00 missed 6h25m0s open"},
		"admitted in the night":                                             {Terms{Stays: []Stay{here("01:00")}, Orders: []Ordered{raised(1, "01:00", Every15)}}, []Look{seen(8, "01:14")}, nil, "00:00", "01:20", "01:00-01:14, 01:14-01:20 open"},
		"the system was down":                                               {Terms{Stays: stay, Orders: []Ordered{every15}}, []Look{seen(7, "02:00"), seen(8, "03:05")}, []Stretch{{clockAt("02:10"), clockAt("03:00")}}, "02:00", "03:05", "02:00-03:05 late 5m0s down 50m0s"},
		"a restart gives nobody more time":                                  {Terms{Stays: stay, Orders: []Ordered{every15}}, []Look{seen(7, "02:00"), seen(8, "02:20")}, []Stretch{{clockAt("02:08"), clockAt("02:10")}}, "02:00", "02:20", "02:00-02:20 late 5m0s down 2m0s"},
	} {
		c.terms.Sort()
		SortLooks(c.looks)
		c.terms.Seen = c.looks
		if got := tell(c.terms.Gaps(c.looks, c.down, clockAt(c.from), clockAt(c.to).Add(time.Microsecond))); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}

func TestGapsOverClockChanges(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for name, at := range map[string]time.Time{"autumn": time.Date(2026, 10, 25, 2, 50, 0, 0, zone), "spring": time.Date(2026, 3, 29, 1, 50, 0, 0, zone)} {
		terms := Terms{Stays: []Stay{{ID: id(1), Happened: at.Add(-time.Hour), Where: Here, Unit: unitA}}, Zone: zone}
		looks := []Look{{ID: id(7), At: at, Seen: true}, {ID: id(8), At: at.Add(70 * time.Minute), Seen: true}}
		g := terms.Gaps(looks, nil, at, at.Add(70*time.Minute+1))
		if len(g) == 0 || g[0].By != 10*time.Minute {
			t.Errorf("%s: %s: seventy minutes are seventy minutes whatever the clock shows", name, tell(g))
		}
	}
}

func TestUncovered(t *testing.T) {
	terms := Terms{Stays: []Stay{here("20:00")}, Orders: []Ordered{raised(1, "22:00", ArmsLength), lowered(2, "05:00", Every15, "")}}
	for name, c := range map[string]struct {
		watches []Watch
		from    string
		want    time.Duration
	}{
		"nobody":               {nil, "21:00", 7 * time.Hour},
		"begun after ten":      {[]Watch{{ID: id(4), At: clockAt("22:10"), To: id(3)}}, "21:00", 10 * time.Minute},
		"begun before tonight": {[]Watch{{ID: id(4), At: clockAt("22:10"), To: id(3)}}, "23:00", 0},
	} {
		var got time.Duration
		for _, s := range terms.Uncovered(c.watches, clockAt(c.from), clockAt("06:00")) {
			got += s.To.Sub(s.From)
		}
		if got != c.want {
			t.Errorf("%s: %s uncovered, not %s", name, got, c.want)
		}
	}
}

func TestCounts(t *testing.T) {
	terms := Terms{Stays: []Stay{here("20:00")}, Orders: []Ordered{lowered(1, "20:30", Every15, "")}}
	looks := []Look{seen(2, "02:00"), seen(3, "02:14"), notSeen(4, "02:20", "no_answer"), seen(5, "02:40"), {ID: id(6), At: clockAt("02:41"), Method: MethodTag}, seen(7, "02:50")}
	looks[3].Later = true
	from, to := clockAt("02:00"), clockAt("03:00")
	c := CountLooks(looks, from, to, nil)
	c.Add(CountGaps(terms.Gaps(looks, nil, from, to), from, to))
	want := Counts{Seen: 4, NotSeen: 1, Tags: 1, Gaps: 3, Late: 1, Later: 1, Longest: 26 * time.Minute, Over: 11 * time.Minute}
	if c != want {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
	if got := c.InTime(); got < 0.66 || got > 0.67 {
		t.Errorf("%f in time", got)
	}
	if (Counts{}).InTime() != 1 {
		t.Error("nothing measured is nothing late")
	}
}

func TestGapsAddUpToTheTimeOnTheUnit(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		terms := anyTerms(rt)
		var looks []Look
		for i := range rapid.IntRange(0, 8).Draw(rt, "looks") {
			looks = append(looks, Look{ID: id(byte(0x90 + i)), At: clockAt("12:00").Add(time.Duration(rapid.IntRange(0, 1800).Draw(rt, "at")) * time.Minute), Seen: true, State: "talking"})
		}
		SortLooks(looks)
		terms.Seen = looks
		from, to := terms.Stays[0].Happened, clockAt("12:00").Add(30*time.Hour)
		var asked, measured time.Duration
		for _, s := range terms.Line(from, to) {
			if s.Mode == Intervals {
				asked += s.To.Sub(s.From)
			}
		}
		for _, g := range terms.Gaps(looks, nil, from, to) {
			measured += g.To.Sub(g.From)
			if g.Late != g.To.After(g.Limit) || g.Missed && !g.Late {
				rt.Fatalf("%s", tell([]Gap{g}))
			}
		}
		if asked != measured {
			rt.Fatalf("looks were asked for over %s, gaps measure %s", asked, measured)
		}
	})
}
