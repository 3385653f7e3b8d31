package rounds

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"milieu/kit/record"
)

func seen(n byte, at string) Look {
	return Look{ID: id(n), At: clockAt(at), Seen: true, State: "asleep_breathing", Place: "own_room"}
}

func notSeen(n byte, at, reason string) Look {
	return Look{ID: id(n), At: clockAt(at), Reason: reason}
}

func TestTheNextLook(t *testing.T) {
	stay := []Stay{here("20:00")}
	every30 := lowered(1, "21:00", Every30, "")
	for name, c := range map[string]struct {
		terms     Terms
		looks     []Look
		ask, late string
		anchor    byte
	}{
		"hourly, from the last sighting":                {Terms{Stays: stay}, []Look{seen(9, "02:00")}, "03:00", "03:00", 9},
		"over midnight":                                 {Terms{Stays: stay}, []Look{seen(9, "23:40")}, "00:40", "00:40", 9},
		"never seen: from the admission":                {Terms{Stays: stay}, nil, "21:00", "21:00", 0xe0},
		"of two at one instant the first by ID settles": {Terms{Stays: stay}, []Look{seen(9, "02:00"), seen(8, "02:00")}, "03:00", "03:00", 8},
		"a late arrival in between changes nothing":     {Terms{Stays: stay}, []Look{seen(9, "02:00"), seen(8, "01:30")}, "03:00", "03:00", 9},
		"raised in mid-interval, the new time ahead":    {Terms{Stays: stay, Orders: []Ordered{raised(1, "02:10", Every30)}}, []Look{seen(9, "02:00")}, "02:30", "02:30", 9},
		"raised in mid-interval, the new time past":     {Terms{Stays: stay, Orders: []Ordered{raised(1, "02:40", Every30)}}, []Look{seen(9, "02:00")}, "02:40", "02:45", 1},
		"raised just before it would be late":           {Terms{Stays: stay, Orders: []Ordered{raised(1, "02:58", Every30)}}, []Look{seen(9, "02:00")}, "02:58", "03:00", 1},
		"raised when it was late already":               {Terms{Stays: stay, Orders: []Ordered{raised(1, "03:10", Every30)}}, []Look{seen(9, "02:00")}, "03:00", "03:00", 9},
		"lowered in mid-interval":                       {Terms{Stays: stay, Orders: []Ordered{every30, lowered(2, "02:10", General, "")}}, []Look{seen(9, "02:00")}, "03:00", "03:00", 9},
		"lowered when it was late already":              {Terms{Stays: stay, Orders: []Ordered{every30, lowered(2, "02:40", General, "")}}, []Look{seen(9, "02:00")}, "02:30", "02:30", 9},
		"back from leave":                               {Terms{Stays: []Stay{here("20:00"), away(2, "22:00", "leave"), back(3, "01:00")}}, []Look{seen(9, "21:50")}, "02:00", "02:00", 3},
		"seen before the return was noted":              {Terms{Stays: []Stay{here("20:00"), away(2, "22:00", "leave")}}, []Look{seen(9, "01:50")}, "02:50", "02:50", 9},
		"from continuous watching to intervals":         {Terms{Stays: stay, Orders: []Ordered{raised(1, "22:00", ArmsLength), lowered(2, "01:00", Every30, "")}}, []Look{seen(9, "21:50")}, "01:30", "01:30", 2},
		"out with staff: asked again within the hour":   {Terms{Stays: stay, Orders: []Ordered{every30}}, []Look{notSeen(9, "02:00", "off_unit_with_staff")}, "03:00", "03:00", 9},
		"out with staff, moved rooms since":             {Terms{Stays: append([]Stay{{ID: id(4), Happened: clockAt("02:20"), Where: Here, Unit: unitA}}, stay...), Orders: []Ordered{every30}}, []Look{notSeen(9, "02:00", "off_unit_with_staff")}, "02:50", "02:50", 4},
		"answered in the bathroom: the time stands":     {Terms{Stays: stay, Orders: []Ordered{every30}}, []Look{seen(9, "02:00"), notSeen(8, "02:28", "bathroom_answered")}, "02:30", "02:30", 9},
		"a tag alone settles nothing":                   {Terms{Stays: stay, Orders: []Ordered{every30}}, []Look{seen(9, "02:00"), {ID: id(8), At: clockAt("02:20"), Method: MethodTag}}, "02:30", "02:30", 9},
		"the night lengthens":                           {Terms{Stays: stay, Orders: []Ordered{every30}, Nights: []Night{{ID: id(5), Happened: clockAt("21:30"), NightOrdered: NightOrdered{From: "23:00", To: "06:30", Minutes: 60, Reason: "x"}}}}, []Look{seen(9, "22:45")}, "23:45", "23:45", 9},
		"the night is over: the day's interval":         {Terms{Stays: stay, Orders: []Ordered{every30}, Nights: []Night{{ID: id(5), Happened: clockAt("21:30"), NightOrdered: NightOrdered{From: "23:00", To: "06:30", Minutes: 60, Reason: "x"}}}}, []Look{seen(9, "06:10")}, "06:40", "06:40", 9},
		"lowered for a visit that ends in between":      {Terms{Stays: stay, Orders: []Ordered{every30, lowered(2, "02:00", General, "02:20")}}, []Look{seen(9, "01:55")}, "02:25", "02:25", 9},
	} {
		c.terms.Sort()
		c.terms.Seen = c.looks
		n, ok := c.terms.Next(c.looks)
		if !ok {
			t.Errorf("%s: no look is asked for", name)
			continue
		}
		if !n.Ask.Equal(clockAt(c.ask)) || !n.Late.Equal(clockAt(c.late)) || n.Anchor != id(c.anchor) {
			t.Errorf("%s: asked for at %s, late at %s, from %x; not %s, %s, %x", name, n.Ask.Format("15:04"), n.Late.Format("15:04"), n.Anchor[15], c.ask, c.late, c.anchor)
		}
	}
}

func TestWhenNoLookIsAskedFor(t *testing.T) {
	for name, terms := range map[string]Terms{
		"nobody was admitted": {},
		"on leave":            {Stays: []Stay{here("20:00"), away(2, "22:00", "leave")}},
		"discharged":          {Stays: []Stay{here("20:00"), {ID: id(2), Happened: clockAt("22:00"), Where: Gone}}},
		"in sight":            {Stays: []Stay{here("20:00")}, Orders: []Ordered{raised(1, "22:00", LineOfSight)}},
	} {
		if n, ok := terms.Next([]Look{seen(9, "21:00")}); ok {
			t.Errorf("%s: a look is asked for at %s", name, n.Ask)
		}
	}
}

func TestLooksAreNeverAskedForBeyondTheOrderedTime(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		terms := anyTerms(rt)
		var looks []Look
		for i := range rapid.IntRange(0, 4).Draw(rt, "looks") {
			l := Look{ID: record.ID{6: 0x70, 8: 0x80, 14: rapid.Byte().Draw(rt, "salt"), 15: byte(0x90 + i)}, At: clockAt("12:00").Add(time.Duration(rapid.IntRange(0, 1800).Draw(rt, "at")) * time.Minute), Seen: true, State: rapid.SampledFrom(States).Draw(rt, "state").Code}
			looks = append(looks, l)
		}
		terms.Seen = looks
		terms.Sort()
		n, ok := terms.Next(looks)
		if !ok {
			return
		}
		if n.Ask.After(n.Late) || n.Ask.Before(n.Opens) {
			rt.Fatalf("opens %s, asked for %s, late %s", n.Opens, n.Ask, n.Late)
		}
		var longest time.Duration
		for _, s := range terms.Line(n.Opens, n.Late.Add(time.Microsecond)) {
			longest = max(longest, s.Every)
			if s.Mode != Intervals {
				rt.Fatalf("a look is open over a time of %s", s.Mode)
			}
		}
		if n.Late.Sub(n.Opens) > longest {
			rt.Fatalf("%s between %s and %s, where at most %s was ordered", n.Late.Sub(n.Opens), n.Opens, n.Late, longest)
		}
		// A raise never moves the time away.
		closer := terms
		closer.Orders = append(append([]Ordered{}, terms.Orders...), Ordered{ID: id(0xd0), Happened: later(terms.newest(), n.Opens), Raise: true, Order: Order{Level: Every15, Reason: "x"}})
		closer.Sort()
		if m, ok := closer.Next(looks); ok && n.Regime.Level.Rank < LevelOf(Every15).Rank && !n.Late.Before(closer.newest()) && m.Late.After(n.Late) {
			rt.Fatalf("raised, and late at %s instead of %s", m.Late, n.Late)
		}
	})
}

func TestDrawsStayInTheirRange(t *testing.T) {
	level := LevelOf(Every15)
	different := map[time.Duration]bool{}
	rapid.Check(t, func(rt *rapid.T) {
		var anchor record.ID
		copy(anchor[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(rt, "anchor"))
		for i, d := range Draws(anchor, level, level.Every, 5) {
			if d < level.DrawFrom || d > level.DrawTo {
				rt.Fatalf("draw %d is %s", i, d)
			}
			if d != Draw(anchor, i, level, level.Every) {
				rt.Fatal("a draw is the same wherever it is worked out")
			}
			different[d] = true
		}
		if d := Draw(anchor, 0, level, 10*time.Minute); d > 10*time.Minute {
			rt.Fatalf("a draw of %s lies beyond the ordered interval", d)
		}
	})
	if len(different) < 100 {
		t.Errorf("only %d different draws: that is no chance", len(different))
	}
	if d := Draw(id(1), 0, LevelOf(Every30), 30*time.Minute); d != 30*time.Minute {
		t.Errorf("every 30 is asked for after %s", d)
	}
}

func TestDrawsAreSpreadEvenly(t *testing.T) {
	level := LevelOf(Every15)
	var low, high int
	for i := range 4000 {
		if d := Draw(record.DeriveID("draw", string(rune(i))), 0, level, level.Every); d < (level.DrawFrom+level.DrawTo)/2 {
			low++
		} else {
			high++
		}
	}
	if low < 1800 || high < 1800 {
		t.Errorf("%d draws early, %d late", low, high)
	}
}

func TestRelief(t *testing.T) {
	watch := func(n byte, at string, to byte) Watch { return Watch{ID: id(n), At: clockAt(at), To: id(to)} }
	one := raised(1, "22:00", ArmsLength)
	for name, c := range map[string]struct {
		orders  []Ordered
		stays   []Stay
		watches []Watch
		late    string
		by      byte
	}{
		"nobody has begun":                     {[]Ordered{one}, nil, nil, "22:05", 0},
		"the stint runs":                       {[]Ordered{one}, nil, []Watch{watch(5, "22:02", 0x20)}, "23:02", 0x20},
		"relieved over midnight":               {[]Ordered{one}, nil, []Watch{watch(5, "22:02", 0x20), watch(6, "23:30", 0x21)}, "00:30", 0x21},
		"a watch of an earlier order":          {[]Ordered{raised(2, "20:30", LineOfSight), lowered(3, "21:00", General, ""), one}, nil, []Watch{watch(5, "20:35", 0x20)}, "22:05", 0},
		"closer still, the same stint goes on": {[]Ordered{raised(2, "21:30", LineOfSight), one}, nil, []Watch{watch(5, "21:35", 0x20)}, "22:35", 0x20},
		"back from hospital":                   {[]Ordered{one}, []Stay{away(7, "23:00", "hospital"), back(8, "01:00")}, []Watch{watch(5, "22:02", 0x20)}, "01:05", 0},
		"when the visit is over":               {[]Ordered{one, lowered(4, "00:00", General, "02:00")}, nil, []Watch{watch(5, "22:02", 0x20)}, "02:05", 0},
	} {
		terms := Terms{Orders: c.orders, Stays: append([]Stay{here("20:00")}, c.stays...)}
		terms.Sort()
		r, ok := terms.Relief(c.watches)
		if !ok || !r.Late.Equal(clockAt(c.late)) || (r.Watch != nil) != (c.by != 0) || r.Watch != nil && r.Watch.To != id(c.by) {
			t.Errorf("%s: %v, late %s, %+v", name, ok, r.Late.Format("15:04"), r.Watch)
		}
	}
	for name, terms := range map[string]Terms{
		"at intervals": {Stays: []Stay{here("20:00")}},
		"lowered":      {Stays: []Stay{here("20:00")}, Orders: []Ordered{one, lowered(4, "23:00", Every15, "")}},
		"on leave":     {Stays: []Stay{here("20:00"), away(7, "23:00", "leave")}, Orders: []Ordered{one}},
	} {
		if r, ok := terms.Relief(nil); ok {
			t.Errorf("%s: a relief at %s", name, r.Late)
		}
	}
}

func TestReviewsAndSearches(t *testing.T) {
	o := raised(1, "22:00", Every15)
	o.Review, o.Limit = clockAt("06:00"), clockAt("04:00")
	terms := Terms{Stays: []Stay{here("20:00")}, Orders: []Ordered{o}}
	if _, at, ok := terms.Review(); !ok || !at.Equal(clockAt("04:00")) {
		t.Errorf("the order's own limit comes first: %v %s", ok, at)
	}
	if r := terms.At(clockAt("05:00")); r.Level.Code != Every15 {
		t.Errorf("past its limit the level is %s: time lowers nobody", r.Level.Code)
	}
	plain := Terms{Stays: []Stay{here("20:00")}, Orders: []Ordered{raised(1, "22:00", Every15)}}
	if _, _, ok := plain.Review(); ok {
		t.Error("an order that names no review asks for none")
	}
	search := []Search{{ID: id(4), At: clockAt("02:00"), Reason: "not_in_room"}, {ID: id(5), At: clockAt("02:02"), Reason: "no_answer"}}
	s, ok := plain.Missing(search, nil, []Look{seen(9, "01:00")})
	if !ok || s.ID != id(4) || !s.Late.Equal(clockAt("02:02")) {
		t.Errorf("the first search stays, the soonest time holds: %v %+v", ok, s)
	}
	for name, c := range map[string]struct {
		ends  []time.Time
		looks []Look
		stays []Stay
	}{
		"seen":               {nil, []Look{seen(9, "02:05")}, nil},
		"answered for":       {nil, []Look{notSeen(9, "02:05", "hospital")}, nil},
		"ended":              {[]time.Time{clockAt("02:30")}, nil, nil},
		"back":               {nil, nil, []Stay{back(7, "03:00")}},
		"noted as on leave":  {nil, nil, []Stay{away(7, "02:10", "leave")}},
		"the answer came in": {nil, []Look{seen(9, "02:05"), seen(8, "01:00")}, nil},
	} {
		terms := Terms{Stays: append([]Stay{here("20:00")}, c.stays...)}
		if s, ok := terms.Missing(search, c.ends, c.looks); ok {
			t.Errorf("%s: the search of %s is open", name, s.At)
		}
	}
	absent := Terms{Stays: []Stay{here("20:00"), away(7, "02:10", "absent")}}
	if s, ok := absent.Missing(nil, nil, nil); !ok || s.ID != id(7) {
		t.Error("whoever is noted as absent is searched for")
	}
}

func TestTheWalkThroughTheUnit(t *testing.T) {
	rules := []Fixed{{ID: id(1), Happened: clockAt("20:00"), HouseRules: HouseRules{EnvironmentMinutes: 240}}}
	if a, _, late, ok := NextWalk(rules, nil); !ok || a != id(1) || !late.Equal(clockAt("00:00")) {
		t.Errorf("from the rule: %v %s", ok, late)
	}
	if a, _, late, ok := NextWalk(rules, []Walk{{id(2), clockAt("22:00")}}); !ok || a != id(2) || !late.Equal(clockAt("02:00")) {
		t.Errorf("from the last walk: %v %s", ok, late)
	}
	if _, _, _, ok := NextWalk(append(rules, Fixed{ID: id(3), Happened: clockAt("23:00")}), nil); ok {
		t.Error("a unit that asks for none is asked for none")
	}
}
