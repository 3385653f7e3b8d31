package rounds

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"milieu/kit/record"
)

// clockAt is a time of the night of the tests: "23:40" lies before midnight, "02:10" after it.
func clockAt(s string) time.Time {
	d, ok := clockTime(s)
	if !ok {
		panic(s)
	}
	day := time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC)
	if d >= 12*time.Hour {
		day = day.AddDate(0, 0, -1)
	}
	return day.Add(d)
}

func raised(n byte, at, level string) Ordered {
	return Ordered{ID: id(n), Happened: clockAt(at), Raise: true, Order: Order{Level: level, Reason: "x"}}
}

func lowered(n byte, at, level, until string) Ordered {
	o := Ordered{ID: id(n), Happened: clockAt(at), Order: Order{Level: level, Reason: "x"}}
	if until != "" {
		o.Until = clockAt(until)
	}
	return o
}

func here(at string) Stay {
	return Stay{ID: id(0xe0), Happened: clockAt(at), Where: Here, Unit: unitA}
}

func away(n byte, at, kind string) Stay {
	return Stay{ID: id(n), Happened: clockAt(at), Where: Away, Kind: kind}
}

func back(n byte, at string) Stay {
	return Stay{ID: id(n), Happened: clockAt(at), Where: Here, Back: true}
}

func TestTheOrderInForce(t *testing.T) {
	for name, c := range map[string]struct {
		orders []Ordered
		at     string
		want   string // level and the order's number
	}{
		"none":                                    {nil, "02:00", ""},
		"raised":                                  {[]Ordered{raised(1, "01:00", Every15)}, "02:00", "every_15 1"},
		"not before it happened":                  {[]Ordered{raised(1, "01:00", Every15)}, "00:59", ""},
		"at its very moment":                      {[]Ordered{raised(1, "01:00", Every15)}, "01:00", "every_15 1"},
		"a raise never lowers":                    {[]Ordered{raised(1, "01:00", LineOfSight), raised(2, "01:30", Every30)}, "02:00", "line_of_sight 1"},
		"of two alike the later":                  {[]Ordered{raised(1, "01:00", Every15), raised(2, "01:30", Every15)}, "02:00", "every_15 2"},
		"a lowering replaces all before it":       {[]Ordered{raised(1, "00:00", ArmsLength), raised(2, "00:30", Every15), lowered(3, "01:00", Every30, "")}, "02:00", "every_30 3"},
		"raised again after it":                   {[]Ordered{lowered(1, "01:00", General, ""), raised(2, "01:30", Every15)}, "02:00", "every_15 2"},
		"a raise below the lowering":              {[]Ordered{lowered(1, "01:00", Every30, ""), raised(2, "01:30", Every30)}, "02:00", "every_30 1"},
		"lowered for a visit":                     {[]Ordered{raised(1, "00:00", Every15), lowered(2, "01:00", General, "03:00")}, "02:59", "general 2"},
		"the visit is over":                       {[]Ordered{raised(1, "00:00", Every15), lowered(2, "01:00", General, "03:00")}, "03:00", "every_15 1"},
		"lowered twice, the second for a visit":   {[]Ordered{raised(1, "00:00", ArmsLength), lowered(2, "00:30", Every15, ""), lowered(3, "01:00", General, "02:00")}, "04:00", "every_15 2"},
		"raised during the visit, and it is over": {[]Ordered{raised(1, "00:00", Every30), lowered(2, "01:00", General, "03:00"), raised(3, "02:00", Every15)}, "03:30", "every_15 3"},
		"two at the same instant: by their IDs":   {[]Ordered{raised(2, "01:00", Every15), lowered(1, "01:00", General, "")}, "02:00", "every_15 2"},
	} {
		terms := Terms{Orders: c.orders, Stays: []Stay{here("12:00")}}
		terms.Sort()
		got := ""
		if o := terms.InForce(clockAt(c.at)); o != nil {
			got = fmt.Sprint(o.Level, " ", o.ID[15])
		}
		if got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
}

func TestNoTimeAloneLowersAnybody(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		terms := anyTerms(rt)
		from := clockAt("12:00")
		for at := from; at.Before(from.Add(30 * time.Hour)); at = at.Add(7 * time.Minute) {
			a, b := terms.At(at), terms.At(at.Add(7*time.Minute))
			if a.Mode == None || b.Mode == None || a.Unit != b.Unit || said(&terms, at, at.Add(7*time.Minute)) {
				continue
			}
			if b.Level.Rank < a.Level.Rank {
				rt.Fatalf("from %s to %s the level fell from %s to %s and nobody had said so", at, at.Add(7*time.Minute), a.Level.Code, b.Level.Code)
			}
		}
	})
}

// said says whether an order, stay or rule lies after from and not after to.
func said(t *Terms, from, to time.Time) bool {
	in := func(at time.Time) bool { return at.After(from) && !at.After(to) }
	for _, o := range t.Orders {
		if in(o.Happened) {
			return true
		}
	}
	for _, s := range t.Stays {
		if in(s.Happened) {
			return true
		}
	}
	return false
}

// anyTerms draws a day and a half of orders, nights and stays.
func anyTerms(rt *rapid.T) Terms {
	n := byte(0)
	moment := func(label string) (record.ID, time.Time) {
		n++
		return id(n), clockAt("12:00").Add(time.Duration(rapid.IntRange(0, 30*60).Draw(rt, label)) * time.Minute)
	}
	t := Terms{Stays: []Stay{{ID: id(0xe0), Happened: clockAt("12:00").Add(-time.Hour), Where: Here, Unit: unitA}}, Zone: time.UTC}
	for range rapid.IntRange(0, 5).Draw(rt, "orders") {
		o := Ordered{Raise: rapid.Bool().Draw(rt, "raise"), Order: Order{Level: rapid.SampledFrom(Levels).Draw(rt, "level").Code, Reason: "x"}}
		o.ID, o.Happened = moment("ordered")
		if !o.Raise && rapid.Bool().Draw(rt, "for a while") {
			o.Until = o.Happened.Add(time.Duration(rapid.IntRange(1, 300).Draw(rt, "while")) * time.Minute)
		}
		t.Orders = append(t.Orders, o)
	}
	for range rapid.IntRange(0, 2).Draw(rt, "nights") {
		night := Night{End: rapid.IntRange(0, 3).Draw(rt, "end") == 0, NightOrdered: NightOrdered{From: "23:00", To: "06:30", Minutes: rapid.IntRange(15, 120).Draw(rt, "minutes"), Reason: "x"}}
		night.ID, night.Happened = moment("night")
		t.Nights = append(t.Nights, night)
	}
	if rapid.Bool().Draw(rt, "leave") {
		s := Stay{Where: Away, Kind: "leave"}
		s.ID, s.Happened = moment("left")
		r := Stay{Where: Here, Back: true, ID: id(0xee), Happened: s.Happened.Add(time.Duration(rapid.IntRange(1, 600).Draw(rt, "out")) * time.Minute)}
		t.Stays = append(t.Stays, s, r)
	}
	t.Sort()
	return t
}

func TestTheNight(t *testing.T) {
	order := Night{ID: id(1), Happened: clockAt("20:00"), NightOrdered: NightOrdered{From: "23:00", To: "06:30", Minutes: 60, Reason: "x"}}
	level := lowered(2, "19:00", Every30, "")
	ended := Night{ID: id(3), Happened: clockAt("01:00"), End: true}
	short := order
	short.Until = clockAt("02:00")
	seen := func(at, state string) Look { return Look{ID: id(7), At: clockAt(at), Seen: true, State: state} }
	for name, c := range map[string]struct {
		nights []Night
		orders []Ordered
		seen   []Look
		at     string
		want   time.Duration
	}{
		"by day":                            {[]Night{order}, []Ordered{level}, nil, "22:59", 30 * time.Minute},
		"from its hour":                     {[]Night{order}, []Ordered{level}, nil, "23:00", time.Hour},
		"over midnight":                     {[]Night{order}, []Ordered{level}, nil, "00:00", time.Hour},
		"until its hour":                    {[]Night{order}, []Ordered{level}, nil, "06:30", 30 * time.Minute},
		"ended":                             {[]Night{order, ended}, []Ordered{level}, nil, "02:00", 30 * time.Minute},
		"its own end":                       {[]Night{short}, []Ordered{level}, nil, "02:00", 30 * time.Minute},
		"a raise ends it at once":           {[]Night{order}, []Ordered{level, raised(4, "01:00", Every30)}, nil, "01:00", 30 * time.Minute},
		"never at the irregular level":      {[]Night{order}, []Ordered{lowered(2, "19:00", Every15, "")}, nil, "02:00", 15 * time.Minute},
		"asleep goes on":                    {[]Night{order}, []Ordered{level}, []Look{seen("01:00", "asleep_breathing")}, "02:00", time.Hour},
		"distress ends it for the night":    {[]Night{order}, []Ordered{level}, []Look{seen("01:00", "distressed")}, "02:00", 30 * time.Minute},
		"not distress before the night":     {[]Night{order}, []Ordered{level}, []Look{seen("22:00", "distressed")}, "02:00", time.Hour},
		"not distress that comes afterward": {[]Night{order}, []Ordered{level}, []Look{seen("03:00", "distressed")}, "02:00", time.Hour},
	} {
		terms := Terms{Orders: c.orders, Nights: c.nights, Stays: []Stay{here("12:00")}, Seen: c.seen, Zone: time.UTC}
		terms.Sort()
		if got := terms.At(clockAt(c.at)).Every; got != c.want {
			t.Errorf("%s: %s, not %s", name, got, c.want)
		}
	}
	stop := NightOrdered{Stop: []string{"pacing"}}
	if !stop.stops("pacing") || stop.stops("crying") || !stop.stops("breathing_not_seen") {
		t.Error("an order's own list is what ends it, and what calls help always does")
	}
}

func TestNightsOfClockChanges(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	order := Night{ID: id(1), NightOrdered: NightOrdered{From: "23:00", To: "06:30", Minutes: 60, Reason: "x"}}
	for name, c := range map[string]struct {
		evening time.Time
		hours   time.Duration
	}{
		"autumn, an hour twice":   {time.Date(2026, 10, 31, 22, 0, 0, 0, zone), 8*time.Hour + 30*time.Minute},
		"spring, an hour missing": {time.Date(2026, 3, 7, 22, 0, 0, 0, zone), 6*time.Hour + 30*time.Minute},
		"any other night":         {time.Date(2026, 11, 18, 22, 0, 0, 0, zone), 7*time.Hour + 30*time.Minute},
	} {
		order.Happened = c.evening
		terms := Terms{Orders: []Ordered{{ID: id(2), Happened: c.evening, Order: Order{Level: Every30, Reason: "x"}}}, Nights: []Night{order}, Stays: []Stay{{ID: id(3), Happened: c.evening.Add(-time.Hour), Where: Here, Unit: unitA}}, Zone: zone}
		var protected time.Duration
		for _, s := range terms.Line(c.evening, c.evening.Add(14*time.Hour)) {
			if s.Night {
				protected += s.To.Sub(s.From)
			}
		}
		if protected != c.hours {
			t.Errorf("%s: %s of protected sleep, not %s", name, protected, c.hours)
		}
	}
}

func TestWhereSomebodyIs(t *testing.T) {
	stays := []Stay{here("12:00"), away(1, "22:00", "leave"), back(2, "01:00"), {ID: id(3), Happened: clockAt("03:00"), Where: Here, Unit: unitB}, {ID: id(4), Happened: clockAt("05:00"), Where: Gone}}
	for at, want := range map[string]struct {
		mode Mode
		unit record.ID
	}{"21:00": {Intervals, unitA}, "23:00": {Out, unitA}, "02:00": {Intervals, unitA}, "04:00": {Intervals, unitB}, "06:00": {None, record.Zero}} {
		terms := Terms{Stays: stays}
		if r := terms.At(clockAt(at)); r.Mode != want.mode || r.Unit != want.unit {
			t.Errorf("at %s: %s on %s", at, r.Mode, r.Unit)
		}
	}
	met := Terms{Stays: stays, Seen: []Look{{ID: id(9), At: clockAt("23:30"), Seen: true, State: "talking"}}}
	if r := met.At(clockAt("23:40")); r.Mode != Intervals {
		t.Error("whoever was seen on the round is not on leave")
	}
	off := Terms{Stays: stays, Rules: []Fixed{{ID: id(7), Happened: clockAt("12:00"), Unit: unitB, HouseRules: HouseRules{Off: true}}}}
	if r := off.At(clockAt("04:00")); r.Mode != None {
		t.Errorf("a unit without rounds asks for %s", r.Mode)
	}
}

func TestAHouseMayWatchEverybodyMoreClosely(t *testing.T) {
	rules := []Fixed{{ID: id(7), Happened: clockAt("12:00"), Unit: unitA, HouseRules: HouseRules{DefaultLevel: Every30}}}
	terms := Terms{Stays: []Stay{here("12:00")}, Rules: rules}
	if r := terms.At(clockAt("13:00")); r.Level.Code != Every30 || r.Order != nil {
		t.Errorf("without an order the house's own level holds, not %s", r.Level.Code)
	}
	terms.Orders = []Ordered{raised(1, "13:00", General)}
	if r := terms.At(clockAt("14:00")); r.Level.Code != Every30 {
		t.Errorf("a raise to less than the house's own level gives %s", r.Level.Code)
	}
	terms.Orders = []Ordered{lowered(1, "13:00", General, "")}
	if r := terms.At(clockAt("14:00")); r.Level.Code != General || r.Every != time.Hour {
		t.Errorf("an order by a role that may gives %s", r.Level.Code)
	}
	terms.Rules = append(terms.Rules, Fixed{ID: id(8), Happened: clockAt("15:00"), Unit: unitA, HouseRules: HouseRules{GeneralMinutes: 45}})
	if r := terms.At(clockAt("16:00")); r.Every != 45*time.Minute {
		t.Errorf("the house's own minutes are 45, not %s", r.Every)
	}
}
