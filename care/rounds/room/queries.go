package room

import (
	"fmt"
	"slices"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"milieu/care/rounds"
	"milieu/house/clients"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
)

// Row is one person on the round screen.
type Row struct {
	clients.Card
	Mode   rounds.Mode
	Level  rounds.Level
	Window *due.Window // the open look, or the relief under continuous watching; nil when out
	Data   rounds.Data // of Window
	Search *due.Window // somebody is looking for them
	Help   *due.Window // help was called
	// Down is set where the time of the open look ran out while the system did not run: "system down", not "missed".
	Down *rounds.Stretch
}

// Rows gives everybody on a unit as the round screen shows them: help first, then who is missing, then by next due, then watched without a
// break, then out.
func Rows(q db.Querier, unit record.ID) ([]Row, error) {
	cards, err := clients.Cards(q, unit)
	if err != nil {
		return nil, err
	}
	rules, err := HouseRules(q, unit)
	if err != nil {
		return nil, err
	}
	charts := make([]record.ID, len(cards))
	rows := make([]Row, len(cards))
	at := make(map[record.ID]*Row, len(cards))
	for i, c := range cards {
		charts[i], rows[i].Card, at[c.ID] = c.ID, c, &rows[i]
	}
	windows, err := due.Of(q, charts...)
	if err != nil {
		return nil, err
	}
	for i := range windows {
		w := &windows[i]
		if err := at[w.Chart].take(w, rules); err != nil {
			return nil, err
		}
	}
	if err := markDown(q, rows); err != nil {
		return nil, err
	}
	for i := range rows {
		if rows[i].Mode == "" {
			if err := rows[i].without(q); err != nil {
				return nil, err
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b Row) int {
		if c := a.rank() - b.rank(); c != 0 {
			return c
		}
		if a.Window != nil && b.Window != nil {
			return a.Window.Due.Compare(b.Window.Due)
		}
		return 0
	})
	return rows, nil
}

// markDown finds the open looks whose time ran out while the system did not run.
func markDown(q db.Querier, rows []Row) error {
	var first, last time.Time
	for i := range rows {
		if w := rows[i].Window; w != nil {
			if first.IsZero() || w.Late.Before(first) {
				first = w.Late
			}
			if w.Late.After(last) {
				last = w.Late
			}
		}
	}
	if first.IsZero() {
		return nil
	}
	down, err := downtime(q, first, last.Add(time.Microsecond))
	for i := range rows {
		for k := range down {
			if w := rows[i].Window; w != nil && !w.Late.Before(down[k].From) && w.Late.Before(down[k].To) {
				rows[i].Down = &down[k]
			}
		}
	}
	return err
}

// take puts a window where it belongs in the row.
func (r *Row) take(w *due.Window, rules rounds.HouseRules) (err error) {
	switch w.Rule {
	case rounds.RuleCheck:
		r.Mode = rounds.Intervals
	case rounds.RuleRelief:
		if r.Mode == rounds.Intervals { // the watch lies ahead: until then the looks count
			return nil
		}
		r.Mode = rounds.Continuous
	case rounds.RuleSearch:
		r.Search = w
		return nil
	case rounds.RuleHelp:
		if r.Help == nil || w.Opens.Before(r.Help.Opens) {
			r.Help = w
		}
		return nil
	default:
		return nil
	}
	r.Window = w
	r.Data, err = rounds.ParseData(w.Data)
	r.Level = rules.Level(r.Data.Level)
	return err
}

// without fills in the row of somebody for whom no look is open: away, or on a unit without rounds.
func (r *Row) without(q db.Querier) error {
	t, err := TermsOf(q, r.ID)
	if err != nil {
		return err
	}
	last := t.Now()
	r.Mode, r.Level = last.Mode, last.Level
	return nil
}

func (r *Row) rank() int {
	switch {
	case r.Help != nil:
		return 0
	case r.Search != nil:
		return 1
	case r.Mode == rounds.Intervals:
		return 2
	case r.Mode == rounds.Continuous:
		return 3
	}
	return 4
}

// Person is everything the check sheet and the level's page need of one person.
type Person struct {
	Regime  rounds.Regime // as of the newest statement
	Next    *rounds.Next  // the open look; nil when none is asked for
	Relief  *rounds.Relief
	Terms   rounds.Terms
	Looks   []rounds.Look // since the last that settles
	Windows []due.Window  // all of the person's open dues of this room
}

// PersonOf reads one person's rounds.
func PersonOf(q db.Querier, chart record.ID) (Person, error) {
	var p Person
	var err error
	if p.Terms, err = TermsOf(q, chart); err != nil {
		return p, err
	}
	if p.Looks, err = withLooks(q, &p.Terms, Since); err != nil {
		return p, err
	}
	p.Regime = p.Terms.Now()
	if n, ok := p.Terms.Next(p.Looks); ok {
		p.Next = &n
	}
	if p.Regime.Mode == rounds.Continuous {
		watches, err := WatchesOf(q, p.Terms.Charts, p.Terms.Stays[0].Happened)
		if err != nil {
			return p, err
		}
		if r, ok := p.Terms.Relief(watches); ok {
			p.Relief = &r
		}
	}
	all, err := due.Of(q, chart)
	for _, w := range all {
		if len(w.Rule) > len("rounds.") && w.Rule[:len("rounds.")] == "rounds." {
			p.Windows = append(p.Windows, w)
		}
	}
	return p, err
}

// Track is one person's part of a strip or report: what was ordered, what was seen, and the time between.
type Track struct {
	Chart     record.ID
	Name      string
	Line      []rounds.Segment // of the unit asked for; what lies between was elsewhere
	Looks     []rounds.Look
	Gaps      []rounds.Gap
	Watches   []rounds.Watch
	Uncovered []rounds.Stretch // continuous watching that nobody had taken
	Counts    rounds.Counts
}

// Tracks gives everybody who was on a unit between two times, in order of name, with the time between sightings as it was.
func Tracks(q db.Querier, unit record.ID, from, to time.Time) ([]Track, error) {
	ever, err := everBetween(q, unit, from)
	if err != nil {
		return nil, err
	}
	var charts []record.ID
	for _, chart := range ever { // under the chart that goes on
		family, err := clients.Family(q, chart)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(charts, family[0]) {
			charts = append(charts, family[0])
		}
	}
	down, err := downtime(q, from, to)
	if err != nil {
		return nil, err
	}
	var out []Track
	for _, chart := range charts {
		t, err := track(q, chart, unit, down, from, to)
		if err != nil {
			return nil, err
		}
		if len(t.Line) > 0 {
			t.Name = clients.NameOf(q, chart)
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(a, b Track) int {
		if a.Name != b.Name {
			if a.Name < b.Name {
				return -1
			}
			return 1
		}
		return 0
	})
	return out, nil
}

func downtime(q db.Querier, from, to time.Time) ([]rounds.Stretch, error) {
	list, err := due.Downtime(q, from, to)
	if err != nil {
		return nil, fmt.Errorf("reading when the system did not run: %w", err)
	}
	var out []rounds.Stretch
	for _, d := range list {
		out = append(out, rounds.Stretch{From: d.From, To: d.To})
	}
	return out, nil
}

// TrackOf gives one person's track, on whichever units they were.
func TrackOf(q db.Querier, chart record.ID, from, to time.Time) (Track, error) {
	down, err := downtime(q, from, to)
	if err != nil {
		return Track{}, err
	}
	t, err := track(q, chart, record.Zero, down, from, to)
	t.Name = clients.NameOf(q, chart)
	return t, err
}

func track(q db.Querier, chart, unit record.ID, down []rounds.Stretch, from, to time.Time) (Track, error) {
	t := Track{Chart: chart}
	terms, err := TermsOf(q, chart)
	if err != nil {
		return t, err
	}
	all, err := allBetween(q, terms.Charts, from, to)
	if err != nil {
		return t, err
	}
	terms.Seen = all
	for _, s := range terms.Line(from, to) {
		if s.Mode != rounds.None && (unit.IsZero() || s.Unit == unit) {
			t.Line = append(t.Line, s)
		}
	}
	if len(t.Line) == 0 {
		return t, nil
	}
	for _, g := range terms.Gaps(all, down, from, to) {
		if unit.IsZero() || g.Regime.Unit == unit {
			t.Gaps = append(t.Gaps, g)
		}
	}
	for _, l := range all {
		if !l.At.Before(from) && t.on(l.At) {
			t.Looks = append(t.Looks, l)
		}
	}
	if slices.ContainsFunc(t.Line, func(s rounds.Segment) bool { return s.Mode == rounds.Continuous }) {
		watches, err := WatchesOf(q, terms.Charts, terms.Stays[0].Happened)
		if err != nil {
			return t, err
		}
		t.Uncovered = terms.Uncovered(watches, from, to)
		for i, w := range watches {
			if w.At.Before(to) && (!w.At.Before(from) || i+1 == len(watches) || watches[i+1].At.After(from)) {
				t.Watches = append(t.Watches, w)
			}
		}
	}
	t.Counts = rounds.CountLooks(t.Looks, from, to, nil)
	t.Counts.Add(rounds.CountGaps(t.Gaps, from, to))
	return t, nil
}

// on says whether the track's line covers a moment.
func (t *Track) on(at time.Time) bool {
	for i := range t.Line {
		if !at.Before(t.Line[i].From) && !at.After(t.Line[i].To) {
			return true
		}
	}
	return false
}

// Hazard is something dangerous that somebody must put right.
type Hazard struct {
	ID     record.ID
	At     time.Time
	By     record.ID
	What   string
	Place  string
	Words  string
	Found  record.ID
	Done   string // what was done; empty while it is open
	DoneAt time.Time
	DoneBy record.ID
}

// Hazards gives a unit's hazards reported since a time and all that are open, the newest first.
func Hazards(q db.Querier, unit record.ID, since time.Time) ([]Hazard, error) {
	list, err := calls(q, unit, whatHazard, whatCleared)
	if err != nil {
		return nil, err
	}
	var out []Hazard
	for _, c := range list {
		if c.What == whatHazard {
			out = append(out, Hazard{ID: c.ID, At: c.At, By: c.Author, What: c.Code, Place: c.Place, Words: c.Words, Found: c.Ref})
		}
	}
	for _, c := range list {
		for i := range out {
			if h := &out[i]; c.What == whatCleared && c.Ref == h.ID && h.Done == "" {
				h.Done, h.DoneAt, h.DoneBy = c.Words, c.At, c.Author
			}
		}
	}
	out = slices.DeleteFunc(out, func(h Hazard) bool { return h.Done != "" && h.At.Before(since) })
	slices.Reverse(out)
	return out, nil
}

// Walk is an environmental round as filed.
type Walk struct {
	ID record.ID
	At time.Time
	By record.ID
	rounds.EnvironmentDone
}

// Walks gives a unit's newest environmental rounds, at most limit.
func Walks(q db.Querier, unit record.ID, limit int) ([]Walk, error) {
	var out []Walk
	err := db.Each(q, "SELECT id, happened, author, body FROM rounds_environment_v1 WHERE chart = $1 ORDER BY happened DESC, id LIMIT $2", []any{unit[:], limit}, func(r db.Row) error {
		var w Walk
		var happened int64
		var body []byte
		if err := r.Scan(&w.ID, &happened, &w.By, &body); err != nil {
			return err
		}
		w.At = clock.FromMicros(happened)
		out = append(out, w)
		return jsonv2.Unmarshal(body, &out[len(out)-1].EnvironmentDone)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the walks through unit %s: %w", unit, err)
	}
	return out, nil
}
