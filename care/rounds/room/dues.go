package room

import (
	"fmt"
	"slices"
	"time"

	"milieu/care/rounds"
	"milieu/house/clients"
	"milieu/house/places"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Ladders: who hears when a due has lapsed, after how long. They say whom to tell, not what is late: reports know no grace. The program's own
// proposal, held from 2026-11-01.
var (
	checkLadder       = []due.Rung{{After: 2 * time.Minute, Tell: "unit"}, {After: 5 * time.Minute, Tell: "in_charge"}, {After: 10 * time.Minute, Tell: "supervisor"}}
	reliefLadder      = []due.Rung{{After: 2 * time.Minute, Tell: "owner"}, {After: 5 * time.Minute, Tell: "unit"}, {After: 10 * time.Minute, Tell: "in_charge"}}
	searchLadder      = []due.Rung{{After: 0, Tell: "unit"}, {After: 5 * time.Minute, Tell: "in_charge"}, {After: 15 * time.Minute, Tell: "supervisor"}}
	helpLadder        = []due.Rung{{After: 0, Tell: "unit"}, {After: time.Minute, Tell: "in_charge"}, {After: 3 * time.Minute, Tell: "supervisor"}}
	reviewLadder      = []due.Rung{{After: 0, Tell: "in_charge"}, {After: time.Hour, Tell: "supervisor"}}
	environmentLadder = []due.Rung{{After: 15 * time.Minute, Tell: "unit"}, {After: time.Hour, Tell: "in_charge"}}
	hazardLadder      = []due.Rung{{After: 0, Tell: "in_charge"}, {After: 4 * time.Hour, Tell: "supervisor"}}
)

// hazardWithin is how long a hazard may stay before it is late: the program's own proposal, held from 2026-11-01.
const hazardWithin = time.Hour

// Rules are the room's dues.
func Rules() []due.Rule {
	terms := append(append([]string{}, stayKinds...), orderKinds...)
	people := append(append([]string{}, terms...), rounds.KindHouseRules)
	return []due.Rule{
		{Name: rounds.RuleCheck, Kinds: append(append([]string{}, people...), lookKinds...), Touches: touches, Windows: checkWindows, Ladder: checkLadder, TakenFor: 10 * time.Minute},
		{Name: rounds.RuleRelief, Kinds: append(append([]string{}, people...), rounds.KindRelieved), Touches: touches, Windows: reliefWindows, Ladder: reliefLadder, TakenFor: 10 * time.Minute},
		{Name: rounds.RuleReview, Kinds: people, Touches: touches, Windows: reviewWindows, Ladder: reviewLadder, TakenFor: time.Hour},
		{Name: rounds.RuleSearch, Kinds: append(append(append([]string{}, stayKinds...), lookKinds...), rounds.KindSearchEnded), Touches: touchesSearch, Windows: searchWindows, Ladder: searchLadder, TakenFor: 10 * time.Minute},
		{Name: rounds.RuleHelp, Kinds: []string{rounds.KindChecked, rounds.KindHelpCalled, rounds.KindHelpAnswered, "clients.merged", "clients.unmerged"}, Touches: touchesHelp, Windows: helpWindows, Ladder: helpLadder, TakenFor: 5 * time.Minute},
		{Name: rounds.RuleEnvironment, Kinds: []string{rounds.KindHouseRules, rounds.KindEnvironment, "places.unit_closed"}, Windows: environmentWindows, Ladder: environmentLadder, TakenFor: time.Hour},
		{Name: rounds.RuleHazard, Kinds: []string{rounds.KindHazard, rounds.KindHazardCleared}, Windows: hazardWindows, Ladder: hazardLadder, TakenFor: 4 * time.Hour},
	}
}

// touches says whose dues an entry moves: those of the person whose chart it is, under whatever chart they go on; of both charts when they are
// joined or parted; of everybody on a unit when the unit's rules change.
func touches(q db.Querier, e *record.Entry, b record.Body) ([]record.ID, error) {
	switch x := b.(type) {
	case *rounds.HouseRules:
		charts, err := everBetween(q, e.Chart, e.Happened)
		if err != nil {
			return nil, err
		}
		return onward(q, charts...)
	case *clients.Merged:
		return onward(q, e.Chart, x.Into) // taken back, it is in the table no more
	case *clients.Unmerged:
		return onward(q, e.Chart, x.From)
	}
	return onward(q, e.Chart)
}

// onward gives charts, and with each those under which its person goes on or ever did.
func onward(q db.Querier, charts ...record.ID) ([]record.ID, error) {
	var out []record.ID
	for _, chart := range charts {
		some, err := db.Remember(q, "rounds onward", chart, func(q db.Querier) ([]record.ID, error) { return follow(q, chart) })
		if err != nil {
			return nil, fmt.Errorf("following the merges of chart %s: %w", chart, err)
		}
		for _, c := range some {
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out, nil
}

// follow goes along a chart's merges, which may come in any order, those taken back among them.
func follow(q db.Querier, chart record.ID) ([]record.ID, error) {
	out := []record.ID{chart}
	for i := 0; i < len(out); i++ {
		next, err := clients.Family(q, out[i])
		if err != nil {
			return nil, err
		}
		next = next[:1]
		err = db.Each(q, `SELECT ref FROM rounds_term_v1 WHERE chart = $1 AND what = 'clients.merged'`, []any{out[i][:]}, func(r db.Row) error {
			var into record.ID
			err := r.Scan(&into)
			next = append(next, into)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, c := range next {
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out, nil
}

// everBetween gives the charts that were on a unit at a time or came to it later.
func everBetween(q db.Querier, unit record.ID, since time.Time) ([]record.ID, error) {
	out, err := record.IDs(q, `SELECT DISTINCT t.chart FROM rounds_term_v1 t WHERE t.unit = $1 AND NOT EXISTS (SELECT 1 FROM rounds_term_v1 d WHERE d.chart = t.chart AND d.happened > t.happened
AND d.happened <= $2 AND d.what IN ('clients.discharged', 'clients.transferred', 'clients.admitted', 'clients.merged'))`, unit[:], clock.Micros(since))
	if err != nil {
		return nil, fmt.Errorf("listing who was on unit %s: %w", unit, err)
	}
	slices.SortFunc(out, func(a, b record.ID) int { return slices.Compare(a[:], b[:]) })
	return out, nil
}

// withLooks reads the looks that count now, adds the sightings that may have ended a night order, and makes sightings known to the terms.
func withLooks(q db.Querier, t *rounds.Terms, read func(db.Querier, record.ID) ([]rounds.Look, error)) ([]rounds.Look, error) {
	seen, err := ofAll(q, t.Charts, ever, read)
	if err != nil {
		return nil, err
	}
	t.Seen = seen
	if len(t.Nights) > 0 && len(seen) > 0 {
		last := seen[len(seen)-1].At
		if t.Seen, err = allBetween(q, t.Charts, last.Add(-24*time.Hour), last.Add(time.Microsecond)); err != nil {
			return nil, err
		}
	}
	return seen, nil
}

// allBetween is Between for all of a person's charts.
func allBetween(q db.Querier, charts []record.ID, from, to time.Time) ([]rounds.Look, error) {
	return ofAll(q, charts, from, func(q db.Querier, chart record.ID) ([]rounds.Look, error) { return Between(q, chart, from, to) })
}

func checkWindows(q db.Querier, chart record.ID) ([]due.Window, error) {
	t, err := TermsOf(q, chart)
	if err != nil || len(t.Stays) == 0 {
		return nil, err
	}
	seen, err := withLooks(q, &t, recent)
	if err != nil {
		return nil, err
	}
	n, ok := t.Next(seen)
	if !ok {
		return nil, nil
	}
	data, err := n.Data().Pack()
	if err != nil {
		return nil, err
	}
	return []due.Window{{Chart: chart, Rule: rounds.RuleCheck, Anchor: n.Anchor, Opens: n.Opens, Due: n.Ask, Late: n.Late, Grace: grace(&n.Regime), Data: data}}, nil
}

// grace is how much longer the unit lets alerting wait.
func grace(r *rounds.Regime) time.Duration { return time.Duration(r.Rules.GraceMinutes) * time.Minute }

func reliefWindows(q db.Querier, chart record.ID) ([]due.Window, error) {
	t, err := TermsOf(q, chart)
	if err != nil || len(t.Stays) == 0 {
		return nil, err
	}
	watches, err := WatchesOf(q, t.Charts, t.Stays[0].Happened)
	if err != nil {
		return nil, err
	}
	r, ok := t.Relief(watches)
	if !ok {
		return nil, nil
	}
	d := rounds.Data{Unit: r.Regime.Unit, Level: r.Regime.Level.Code, Minutes: r.Regime.Rules.StintMinutes, At: r.Opens}
	w := due.Window{Chart: chart, Rule: rounds.RuleRelief, Anchor: r.Anchor, Opens: r.Opens, Due: r.Late, Late: r.Late, Grace: grace(&r.Regime)}
	if r.Watch != nil {
		d.By, w.Owner = r.Watch.To, r.Watch.To
	} else {
		w.Due = r.Opens // nobody has begun: at once
	}
	if w.Data, err = d.Pack(); err != nil {
		return nil, err
	}
	return []due.Window{w}, nil
}

func reviewWindows(q db.Querier, chart record.ID) ([]due.Window, error) {
	t, err := TermsOf(q, chart)
	if err != nil || len(t.Orders) == 0 {
		return nil, err
	}
	r, at, ok := t.Review()
	if !ok {
		return nil, nil
	}
	d := rounds.Data{Unit: r.Unit, Level: r.Order.Level, At: r.Order.Happened, Words: r.Order.Reason}
	data, err := d.Pack()
	if err != nil {
		return nil, err
	}
	return []due.Window{{Chart: chart, Rule: rounds.RuleReview, Anchor: r.Order.ID, Opens: r.Order.Happened, Due: at, Late: at, Data: data}}, nil
}

// call is one row of the table of calls.
type call struct {
	ID     record.ID
	Chart  record.ID
	What   string
	At     time.Time
	Author record.ID
	Code   string
	Place  string
	Words  string
	Ref    record.ID
}

// calls reads a chart's calls of two sorts: what opens and what closes.
func calls(q db.Querier, chart record.ID, opens, closes string) ([]call, error) {
	var out []call
	err := db.Each(q, "SELECT id, what, happened, author, code, place, words, ref FROM rounds_call_v1 WHERE chart = $1 AND what IN ($2, $3) ORDER BY happened, id", []any{chart[:], opens, closes}, func(r db.Row) error {
		c := call{Chart: chart}
		var happened int64
		err := r.Scan(&c.ID, &c.What, &happened, &c.Author, &c.Code, &c.Place, &c.Words, &c.Ref)
		c.At = clock.FromMicros(happened)
		out = append(out, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the calls of chart %s: %w", chart, err)
	}
	return out, nil
}

// callsOf reads the calls of all of a person's charts; none where the person goes on under another.
func callsOf(q db.Querier, chart record.ID, opens, closes string) ([]call, error) {
	family, err := clients.Family(q, chart)
	if err != nil || family[0] != chart {
		return nil, err
	}
	var out []call
	for _, c := range family {
		some, err := calls(q, c, opens, closes)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	if len(family) > 1 {
		slices.SortStableFunc(out, func(a, b call) int { return a.At.Compare(b.At) })
	}
	return out, nil
}

// unanswered are the calls that nothing closes.
func unanswered(list []call, opens string) []call {
	closed := map[record.ID]bool{}
	for _, c := range list {
		if c.What != opens {
			closed[c.Ref] = true
		}
	}
	var out []call
	for _, c := range list {
		if c.What == opens && !closed[c.ID] {
			out = append(out, c)
		}
	}
	return out
}

func window(chart record.ID, rule, key string, c call, late time.Time) (due.Window, error) {
	data, err := rounds.Data{At: c.At, Place: c.Place, Reason: c.Code, By: c.Author, Words: c.Words}.Pack()
	return due.Window{Chart: chart, Rule: rule, Key: key, Anchor: c.ID, Opens: c.At, Due: c.At, Late: late, Data: data}, err
}

func touchesHelp(q db.Querier, e *record.Entry, b record.Body) ([]record.ID, error) {
	if c, ok := b.(*rounds.Checked); ok && !rounds.StateOf(c.State).Help {
		return nil, nil
	}
	return touches(q, e, b)
}

func helpWindows(q db.Querier, chart record.ID) ([]due.Window, error) {
	list, err := callsOf(q, chart, whatHelp, whatAnswered)
	if err != nil {
		return nil, err
	}
	var out []due.Window
	for _, c := range unanswered(list, whatHelp) {
		if !c.Ref.IsZero() { // raised by a check: taken back together with it
			stands, err := db.Exists(q, "SELECT 1 FROM rounds_look_v2 WHERE chart = $1 AND happened = $2 AND id = $3", c.Chart[:], clock.Micros(c.At), c.Ref[:])
			if err != nil {
				return nil, err
			}
			if !stands {
				continue
			}
		}
		w, err := window(chart, rounds.RuleHelp, c.ID.String(), c, c.At)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

// touchesSearch spares the look that ends no search a working out: nearly every one.
func touchesSearch(q db.Querier, e *record.Entry, b record.Body) ([]record.ID, error) {
	if e.Kind == rounds.KindChecked || e.Kind == rounds.KindNotSeen && !rounds.ReasonOf(b.(*rounds.NotSeen).Reason).Search {
		searched, err := db.Remember(q, "rounds searched", e.Chart, func(q db.Querier) (bool, error) { return everSearched(q, e.Chart) })
		if err != nil || !searched {
			return nil, err
		}
	}
	return touches(q, e, b)
}

// everSearched says whether any of a person's charts tells of a search.
func everSearched(q db.Querier, chart record.ID) (bool, error) {
	family, err := clients.Family(q, chart)
	if err != nil {
		return false, err
	}
	for _, c := range family {
		yes, err := db.Exists(q, `SELECT 1 FROM rounds_call_v1 WHERE chart = $1 AND what = 'search' UNION ALL SELECT 1 FROM rounds_term_v1 WHERE chart = $1 AND what = 'clients.left' AND code = 'absent' LIMIT 1`, c[:])
		if err != nil || yes {
			return yes, err
		}
	}
	return false, nil
}

func searchWindows(q db.Querier, chart record.ID) ([]due.Window, error) {
	t, err := TermsOf(q, chart)
	if err != nil || len(t.Charts) == 0 {
		return nil, err
	}
	list, err := callsOf(q, chart, whatSearch, whatEnded)
	if err != nil {
		return nil, err
	}
	seen, err := ofAll(q, t.Charts, ever, recent)
	if err != nil {
		return nil, err
	}
	var searches []rounds.Search
	var ends []time.Time
	for _, c := range list {
		if c.What == whatSearch {
			searches = append(searches, rounds.Search{ID: c.ID, At: c.At, Reason: c.Code, Place: c.Place, By: c.Author})
		} else {
			ends = append(ends, c.At)
		}
	}
	s, ok := t.Missing(searches, ends, seen)
	if !ok {
		return nil, nil
	}
	w, err := window(chart, rounds.RuleSearch, "", call{ID: s.ID, At: s.At, Code: s.Reason, Place: s.Place, Author: s.By}, s.Late)
	return []due.Window{w}, err
}

func hazardWindows(q db.Querier, chart record.ID) ([]due.Window, error) {
	list, err := calls(q, chart, whatHazard, whatCleared)
	if err != nil {
		return nil, err
	}
	var out []due.Window
	for _, c := range unanswered(list, whatHazard) {
		w, err := window(chart, rounds.RuleHazard, c.ID.String(), c, c.At.Add(hazardWithin))
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

func environmentWindows(q db.Querier, chart record.ID) ([]due.Window, error) {
	rules, err := RulesOf(q, chart)
	if err != nil || len(rules) == 0 {
		return nil, err
	}
	if unit, err := places.UnitOf(q, chart); err == nil && !unit.Open {
		return nil, nil
	} else if err != nil && fault.KindOf(err) != fault.NotFound {
		return nil, err
	}
	var done []rounds.Walk
	err = db.Each(q, "SELECT id, happened FROM rounds_environment_v1 WHERE chart = $1 ORDER BY happened DESC, id LIMIT 1", []any{chart[:]}, func(r db.Row) error {
		var w rounds.Walk
		var happened int64
		err := r.Scan(&w.ID, &happened)
		w.At = clock.FromMicros(happened)
		done = append(done, w)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the last walk through unit %s: %w", chart, err)
	}
	anchor, opens, late, ok := rounds.NextWalk(rules, done)
	if !ok {
		return nil, nil
	}
	d := rounds.Data{Unit: chart}
	if len(done) > 0 {
		d.At = done[0].At
	}
	data, err := d.Pack()
	return []due.Window{{Chart: chart, Rule: rounds.RuleEnvironment, Anchor: anchor, Opens: opens, Due: late, Late: late, Data: data}}, err
}
