package room

import (
	"fmt"
	"math"
	"slices"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"milieu/care/rounds"
	"milieu/house/clients"
	"milieu/house/places"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

// TermsOf reads everything that says how often a person must be seen. Sightings are not in it. The lists are shared: nobody changes them.
func TermsOf(q db.Querier, chart record.ID) (rounds.Terms, error) {
	return db.Remember(q, "rounds terms", chart, func(q db.Querier) (rounds.Terms, error) { return termsOf(q, chart) })
}

func termsOf(q db.Querier, chart record.ID) (rounds.Terms, error) {
	var t rounds.Terms
	family, err := clients.Family(q, chart)
	if err != nil || family[0] != chart {
		return t, err
	}
	t.Charts = family
	for _, c := range family { // an order stays in force when two charts turn out to be one person's
		if err := addTerms(q, c, &t); err != nil {
			return t, err
		}
	}
	t.Sort()
	if len(t.Nights) > 0 {
		house, err := places.HouseOf(q)
		if err != nil {
			return t, err
		}
		t.Zone = house.Location()
	}
	return t, nil
}

// terms reads in one statement a chart's own terms and what the units of its stay fix.
const terms = `SELECT chart, happened, id, what, unit, room, code, until, body FROM rounds_term_v1 WHERE chart = $1
UNION ALL SELECT chart, happened, id, 'rounds.house_rules_set', NULL, NULL, '', 0, body FROM rounds_rules_v1 WHERE chart IN (SELECT unit FROM rounds_term_v1 WHERE chart = $1)`

func addTerms(q db.Querier, chart record.ID, t *rounds.Terms) error {
	err := db.Each(q, terms, []any{chart[:]}, func(r db.Row) error {
		var whose, id, unit, room record.ID
		var happened, until int64
		var what, code string
		var body []byte
		if err := r.Scan(&whose, &happened, &id, &what, &unit, &room, &code, &until, &body); err != nil {
			return err
		}
		at := clock.FromMicros(happened)
		switch what {
		case rounds.KindHouseRules:
			return addRules(t, rounds.Fixed{ID: id, Happened: at, Unit: whose}, body)
		case "clients.merged", "clients.unmerged":
			return nil // the family knows
		}
		return addTerm(t, id, at, what, unit, room, code, until, body)
	})
	if err != nil {
		return fmt.Errorf("reading the terms of chart %s: %w", chart, err)
	}
	return nil
}

func addRules(t *rounds.Terms, f rounds.Fixed, body []byte) error {
	if slices.ContainsFunc(t.Rules, func(had rounds.Fixed) bool { return had.ID == f.ID }) {
		return nil // two charts of one person, both on this unit
	}
	err := jsonv2.Unmarshal(body, &f.HouseRules)
	t.Rules = append(t.Rules, f)
	return err
}

func addTerm(t *rounds.Terms, id record.ID, at time.Time, what string, unit, room record.ID, code string, until int64, body []byte) error {
	stay := rounds.Stay{ID: id, Happened: at, Unit: unit, Room: room, Kind: code, Expected: clock.FromMicros(until)}
	switch what {
	case "clients.admitted", "clients.transferred":
		stay.Where = rounds.Here
	case "clients.returned":
		stay.Where, stay.Back = rounds.Here, true
	case "clients.left":
		stay.Where = rounds.Away
	case "clients.discharged":
		stay.Where = rounds.Gone
	case rounds.KindRaised:
		var b rounds.LevelRaised
		err := jsonv2.Unmarshal(body, &b)
		t.Orders = append(t.Orders, rounds.Ordered{ID: id, Happened: at, Raise: true, Order: b.Order})
		return err
	case rounds.KindLowered:
		var b rounds.LevelLowered
		err := jsonv2.Unmarshal(body, &b)
		t.Orders = append(t.Orders, rounds.Ordered{ID: id, Happened: at, Order: b.Order, Until: b.Until})
		return err
	case rounds.KindNight:
		var b rounds.NightOrdered
		err := jsonv2.Unmarshal(body, &b)
		t.Nights = append(t.Nights, rounds.Night{ID: id, Happened: at, NightOrdered: b})
		return err
	case rounds.KindNightEnded:
		t.Nights = append(t.Nights, rounds.Night{ID: id, Happened: at, End: true})
		return nil
	default:
		return fmt.Errorf("%q is no term", what)
	}
	t.Stays = append(t.Stays, stay)
	return nil
}

// RulesOf reads what a unit has fixed for its rounds over time, the oldest first.
func RulesOf(q db.Querier, unit record.ID) ([]rounds.Fixed, error) {
	var out []rounds.Fixed
	err := db.Each(q, "SELECT happened, id, body FROM rounds_rules_v1 WHERE chart = $1 ORDER BY happened, id", []any{unit[:]}, func(r db.Row) error {
		f := rounds.Fixed{Unit: unit}
		var happened int64
		var body []byte
		if err := r.Scan(&happened, &f.ID, &body); err != nil {
			return err
		}
		f.Happened = clock.FromMicros(happened)
		out = append(out, f)
		return jsonv2.Unmarshal(body, &out[len(out)-1].HouseRules)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the rules for rounds of unit %s: %w", unit, err)
	}
	return out, nil
}

// HouseRules are a unit's rules now, with the program's own in every place the unit has left open.
func HouseRules(q db.Querier, unit record.ID) (rounds.HouseRules, error) {
	rules, err := RulesOf(q, unit)
	if err != nil || len(rules) == 0 {
		return rounds.HouseRules{}.Filled(), err
	}
	return rules[len(rules)-1].Filled(), nil
}

const lookColumns = "SELECT id, happened, written, received, author, device, settles, state, reason, place, method, proof, declined, words, level, after, marks FROM rounds_look_v2 WHERE "

func scanLook(r db.Row, chart record.ID) (rounds.Look, error) {
	l := rounds.Look{Chart: chart}
	var happened, written, received, settles, marks int64
	err := r.Scan(&l.ID, &happened, &written, &received, &l.Author, &l.Device, &settles, &l.State, &l.Reason, &l.Place, &l.Method, &l.Proof, &l.Declined, &l.Words, &l.Level, &l.After, &marks)
	l.At, l.Written, l.Received = clock.FromMicros(happened), clock.FromMicros(written), clock.FromMicros(received)
	l.Seen, l.Later, l.Late = settles == settlesSeen, marks&markLater != 0, marks&markLate != 0
	return l, err
}

const sinceSettled = `chart = $1 AND happened >= COALESCE((SELECT happened FROM rounds_look_v2 WHERE chart = $1 AND settles > 0 ORDER BY happened DESC LIMIT 1), 0) ORDER BY happened, id`

// ofAll reads the looks of all of a person's charts, in order: from the last that settles before a time on. A look may come late to a chart
// that was merged away meanwhile, and counts no less.
func ofAll(q db.Querier, charts []record.ID, before time.Time, read func(db.Querier, record.ID) ([]rounds.Look, error)) ([]rounds.Look, error) {
	if len(charts) == 1 {
		return read(q, charts[0])
	}
	var all []rounds.Look
	for _, c := range charts {
		some, err := read(q, c)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	rounds.SortLooks(all)
	var from time.Time
	for i := range all {
		if l := &all[i]; l.Settles() && l.At.Before(before) {
			from = l.At
		}
	}
	return slices.DeleteFunc(all, func(l rounds.Look) bool { return l.At.Before(from) }), nil
}

// ever is later than any look.
var ever = clock.FromMicros(math.MaxInt64)

// Since gives a chart's last look that settles and all from then on, in order.
func Since(q db.Querier, chart record.ID) ([]rounds.Look, error) {
	return looks(q, chart, lookColumns+sinceSettled, chart[:])
}

// recent is what Since gives without the words: what the next look is worked out from, at every check. The list is shared: nobody changes it.
func recent(q db.Querier, chart record.ID) ([]rounds.Look, error) {
	if out, ok := db.Recall[[]rounds.Look](q, newest, chart); ok {
		return out, nil
	}
	var out []rounds.Look
	settled := false
	err := db.Each(q, "SELECT id, happened, author, settles, state, reason, place, method FROM rounds_look_v2 WHERE "+sinceSettled, []any{chart[:]}, func(r db.Row) error {
		l := rounds.Look{Chart: chart}
		var happened, settles int64
		err := r.Scan(&l.ID, &happened, &l.Author, &settles, &l.State, &l.Reason, &l.Place, &l.Method)
		l.At, l.Seen = clock.FromMicros(happened), settles == settlesSeen
		out, settled = append(out, l), settled || settles != settlesNot
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the newest looks of chart %s: %w", chart, err)
	}
	if settled {
		db.Keep(q, newest, chart, out)
	}
	return out, nil
}

// newest names what the committer keeps in its memory of a chart that was ever settled: what recent gives. Nearly every look settles and follows on
// those before it; then it is all that counts, and need not be read back.
const newest = "rounds newest looks"

// followLook keeps that memory true when a look is put, and forgets it where the table must be asked.
func followLook(tx db.Tx, e *record.Entry, b record.Body) {
	l, settles, _ := lookOf(e, b)
	had, ok := db.Recall[[]rounds.Look](tx, newest, l.Chart)
	switch {
	case !ok:
	case l.At.Before(had[0].At): // it came late, and changes nothing of what counts now
	case settles != settlesNot && l.At.After(had[len(had)-1].At):
		db.Keep(tx, newest, l.Chart, []rounds.Look{l})
	default:
		db.Forget(tx, newest, l.Chart)
	}
}

// Between gives a chart's looks from a time to another, and the last that settles before it.
func Between(q db.Querier, chart record.ID, from, to time.Time) ([]rounds.Look, error) {
	return looks(q, chart, lookColumns+`chart = $1 AND happened < $3 AND happened >= COALESCE((SELECT happened FROM rounds_look_v2 WHERE chart = $1 AND happened < $2 AND settles > 0 ORDER BY happened DESC LIMIT 1), $2)
ORDER BY happened, id`, chart[:], clock.Micros(from), clock.Micros(to))
}

func looks(q db.Querier, chart record.ID, query string, args ...any) ([]rounds.Look, error) {
	var out []rounds.Look
	err := db.Each(q, query, args, func(r db.Row) error {
		l, err := scanLook(r, chart)
		out = append(out, l)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the looks of chart %s: %w", chart, err)
	}
	return out, nil
}

// WatchesOf gives the stints of continuous watching of a person's charts since a time, and the one before it.
func WatchesOf(q db.Querier, charts []record.ID, since time.Time) ([]rounds.Watch, error) {
	var out []rounds.Watch
	for _, c := range charts {
		some, err := watchesOf(q, c, since)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	if len(charts) > 1 {
		slices.SortStableFunc(out, func(a, b rounds.Watch) int { return a.At.Compare(b.At) })
		for len(out) > 1 && out[1].At.Before(since) {
			out = out[1:]
		}
	}
	return out, nil
}

func watchesOf(q db.Querier, chart record.ID, since time.Time) ([]rounds.Watch, error) {
	var out []rounds.Watch
	err := db.Each(q, `SELECT id, happened, giver, taker FROM rounds_watch_v1 WHERE chart = $1
AND happened >= COALESCE((SELECT happened FROM rounds_watch_v1 WHERE chart = $1 AND happened < $2 ORDER BY happened DESC LIMIT 1), $2) ORDER BY happened, id`, []any{chart[:], clock.Micros(since)}, func(r db.Row) error {
		var w rounds.Watch
		var happened int64
		err := r.Scan(&w.ID, &happened, &w.From, &w.To)
		w.At = clock.FromMicros(happened)
		out = append(out, w)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading who watched chart %s: %w", chart, err)
	}
	return out, nil
}
