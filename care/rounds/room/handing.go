package room

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"milieu/care/rounds"
	"milieu/house/places"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// handover is what the rounds of a shift hand over: how closely each person is watched and why, who called for help or was missed, and the true gaps.
// It speaks for all of the room's entries: nobody wants thirty checks read out.
func handover() []room.HandoverPart {
	return []room.HandoverPart{{Name: "rounds", Order: 10, Whole: true, Lines: handing}}
}

// before is how far before a shift its first gap may have begun; who was not seen for longer is asked for alone.
const before = 4 * time.Hour

func handing(c *web.Ctx, q db.Querier, s room.Span) (map[record.ID][]room.HandoverLine, error) {
	ctx := c.Context()
	terms, err := termsOfAll(q, &s)
	if err != nil {
		return nil, err
	}
	looks, err := looksOfAll(q, &s)
	if err != nil {
		return nil, err
	}
	calls, err := callsOfAll(q, &s)
	if err != nil {
		return nil, err
	}
	until := s.Until
	if c.Now.Before(until) {
		until = c.Now
	}
	down, err := downtime(q, s.From, until)
	if err != nil {
		return nil, err
	}
	out := map[record.ID][]room.HandoverLine{}
	for _, chart := range s.Charts {
		t, seen := terms[chart], looks[chart]
		if len(t.Stays) == 0 {
			continue
		}
		if seen, err = lead(q, &t, seen, s.From, until); err != nil {
			return nil, err
		}
		t.Seen = seen
		var lines []room.HandoverLine
		lines = append(lines, levelLines(ctx, &t, s.From, until)...)
		lines = append(lines, gapLine(ctx, t.Gaps(seen, down, s.From, until))...)
		lines = append(lines, seenLine(ctx, seen, s.From)...)
		for _, call := range calls[chart] {
			lines = append(lines, callLine(ctx, call))
		}
		out[chart] = lines
	}
	return out, nil
}

// lead begins the looks with the last that settles before a time. Where none is among them it is asked for alone: somebody who was out, or not seen
// for hours.
func lead(q db.Querier, t *rounds.Terms, looks []rounds.Look, from, until time.Time) ([]rounds.Look, error) {
	for i := len(looks) - 1; i >= 0; i-- {
		if looks[i].At.Before(from) && looks[i].Settles() {
			return looks[i:], nil
		}
	}
	return allBetween(q, t.Charts, from, until)
}

// levelLines are the level in force with its reason, and what else was ordered in the shift.
func levelLines(ctx context.Context, t *rounds.Terms, from, until time.Time) []room.HandoverLine {
	var out []room.HandoverLine
	now := t.InForce(until)
	if now != nil {
		l := rounds.LevelOf(now.Level)
		line := room.HandoverLine{Heading: room.Illness, Key: "rounds.level", At: now.Happened, Entry: now.ID, Text: ui.T(ctx, "rounds.page.hand_level", levelWords(ctx, l, nil), now.Reason)}
		if l.Rank >= rounds.LevelOf(rounds.Every15).Rank {
			line.State = ui.Now
		}
		out = append(out, line)
	}
	for i := range t.Orders {
		if o := &t.Orders[i]; !o.Happened.Before(from) && o.Happened.Before(until) && (now == nil || o.ID != now.ID) {
			out = append(out, room.HandoverLine{Heading: room.Illness, Key: "entry " + o.ID.String(), At: o.Happened, Entry: o.ID, Text: ui.T(ctx, "rounds.page.hand_set", levelWords(ctx, rounds.LevelOf(o.Level), nil), o.Reason)})
		}
	}
	for i := range t.Nights {
		n := &t.Nights[i]
		switch {
		case n.Happened.Before(from) || !n.Happened.Before(until):
		case n.End:
			out = append(out, room.HandoverLine{Heading: room.Situation, Key: "entry " + n.ID.String(), At: n.Happened, Entry: n.ID, Text: ui.T(ctx, "rounds.line.night_ended")})
		default:
			out = append(out, room.HandoverLine{Heading: room.Situation, Key: "entry " + n.ID.String(), At: n.Happened, Entry: n.ID, Text: ui.T(ctx, "rounds.line.night", n.Minutes, n.From, n.To)})
		}
	}
	return out
}

// gapLine says how often nobody looked in time, and the longest time between two sightings, as it was.
func gapLine(ctx context.Context, gaps []rounds.Gap) []room.HandoverLine {
	n, longest := 0, rounds.Gap{}
	for _, g := range gaps {
		if !g.Late || g.Open { // an open one is a due, and stands among what is to be done
			continue
		}
		n++
		if g.To.Sub(g.From) > longest.To.Sub(longest.From) {
			longest = g
		}
	}
	if n == 0 {
		return nil
	}
	return []room.HandoverLine{{Heading: room.Illness, Key: "rounds.gaps", At: longest.To, Text: ui.T(ctx, "rounds.page.hand_gaps", n, ui.SpanText(ctx, longest.To.Sub(longest.From)))}}
}

// seenLine says how often somebody was seen and how often asleep: what the night was like.
func seenLine(ctx context.Context, looks []rounds.Look, from time.Time) []room.HandoverLine {
	seen, asleep := 0, 0
	var last rounds.Look
	for _, l := range looks {
		if l.At.Before(from) || !l.Seen {
			continue
		}
		seen, last = seen+1, l
		if rounds.StateOf(l.State).Asleep {
			asleep++
		}
	}
	if seen == 0 {
		return nil
	}
	key := "rounds.page.hand_seen"
	if asleep > 0 {
		key = "rounds.page.hand_slept"
	}
	return []room.HandoverLine{{Heading: room.Person, Key: "rounds.seen", At: last.At, Text: ui.T(ctx, key, seen, asleep, ui.T(ctx, "rounds.place."+last.Place), ui.T(ctx, "rounds.state."+last.State))}}
}

// callLine is a call for help, a search, or how one ended.
func callLine(ctx context.Context, c call) room.HandoverLine {
	l := room.HandoverLine{Heading: room.Illness, Key: "entry " + c.ID.String(), At: c.At, Entry: c.ID}
	switch c.What {
	case whatHelp:
		l.State, l.Text = ui.Late, ui.T(ctx, "rounds.line.help", ui.T(ctx, "rounds.help."+c.Code))
	case whatSearch:
		l.State, l.Text = ui.Late, ui.T(ctx, "rounds.line.not_seen", ui.T(ctx, "rounds.reason."+c.Code))
	case whatAnswered:
		l.Text = ui.T(ctx, "rounds.line.help_answered", ui.T(ctx, "rounds.outcome."+c.Code))
	default:
		l.Text = ui.T(ctx, "rounds.line.search_ended", ui.T(ctx, "rounds.outcome."+c.Code))
	}
	if c.Words != "" {
		l.Text += ". " + c.Words
	}
	return l
}

// each runs a statement for charts in pieces; the statement ends with "chart IN (" and takes the arguments before it.
func each(q db.Querier, query string, args []any, charts []record.ID, do func(db.Row) error) error {
	for part := range slices.Chunk(charts, 64) {
		all := slices.Clone(args)
		places := make([]string, len(part))
		for i := range part {
			all = append(all, part[i][:])
			places[i] = fmt.Sprintf("$%d", len(all))
		}
		if err := db.Each(q, query+strings.Join(places, ", ")+")", all, do); err != nil {
			return err
		}
	}
	return nil
}

// termsOfAll is TermsOf for everybody of a unit, in three statements.
func termsOfAll(q db.Querier, s *room.Span) (map[record.ID]rounds.Terms, error) {
	of := map[record.ID]*rounds.Terms{}
	for _, chart := range s.Charts {
		of[chart] = &rounds.Terms{Charts: []record.ID{chart}}
	}
	for chart, root := range s.Merged {
		of[root].Charts = append(of[root].Charts, chart)
	}
	nights := false
	err := each(q, "SELECT chart, happened, id, what, unit, room, code, until, body FROM rounds_term_v1 WHERE chart IN (", nil, s.All(), func(r db.Row) error {
		var whose, id, unit, room record.ID
		var happened, until int64
		var what, code string
		var body []byte
		if err := r.Scan(&whose, &happened, &id, &what, &unit, &room, &code, &until, &body); err != nil {
			return err
		}
		if what == "clients.merged" || what == "clients.unmerged" {
			return nil
		}
		nights = nights || what == rounds.KindNight
		return addTerm(of[s.Root(whose)], id, clock.FromMicros(happened), what, unit, room, code, until, body)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the terms of a unit: %w", err)
	}
	err = db.Each(q, "SELECT chart, happened, id, body FROM rounds_rules_v1", nil, func(r db.Row) error {
		var f rounds.Fixed
		var happened int64
		var body []byte
		if err := r.Scan(&f.Unit, &happened, &f.ID, &body); err != nil {
			return err
		}
		f.Happened = clock.FromMicros(happened)
		for _, t := range of {
			if slices.ContainsFunc(t.Stays, func(st rounds.Stay) bool { return st.Unit == f.Unit }) {
				if err := addRules(t, f, body); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the rules of units: %w", err)
	}
	var zone *time.Location
	if nights {
		house, err := places.HouseOf(q)
		if err != nil {
			return nil, err
		}
		zone = house.Location()
	}
	out := map[record.ID]rounds.Terms{}
	for chart, t := range of {
		t.Sort()
		t.Zone = zone
		out[chart] = *t
	}
	return out, nil
}

// charted is a row whose first column is the chart that it is of.
type charted struct {
	db.Row
	chart *record.ID
}

// Scan implements db.Row.
func (r charted) Scan(dest ...any) error { return r.Row.Scan(append([]any{r.chart}, dest...)...) }

// looksOfAll gives the looks of everybody of a unit in a shift and some hours before it, in order.
func looksOfAll(q db.Querier, s *room.Span) (map[record.ID][]rounds.Look, error) {
	out := map[record.ID][]rounds.Look{}
	err := each(q, strings.Replace(lookColumns, "SELECT ", "SELECT chart, ", 1)+"happened >= $1 AND happened < $2 AND chart IN (", []any{clock.Micros(s.From.Add(-before)), clock.Micros(s.Until)}, s.All(), func(r db.Row) error {
		var chart record.ID
		l, err := scanLook(charted{r, &chart}, record.Zero)
		l.Chart = chart
		out[s.Root(chart)] = append(out[s.Root(chart)], l)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the looks of a unit: %w", err)
	}
	for _, list := range out {
		rounds.SortLooks(list)
	}
	return out, nil
}

// callsOfAll gives the calls for help and searches of everybody of a unit in a shift, and how they ended, in order.
func callsOfAll(q db.Querier, s *room.Span) (map[record.ID][]call, error) {
	out := map[record.ID][]call{}
	err := each(q, "SELECT chart, what, happened, id, author, code, place, words, ref FROM rounds_call_v1 WHERE happened >= $1 AND happened < $2 AND chart IN (", []any{clock.Micros(s.From), clock.Micros(s.Until)}, s.All(), func(r db.Row) error {
		var c call
		var happened int64
		err := r.Scan(&c.Chart, &c.What, &happened, &c.ID, &c.Author, &c.Code, &c.Place, &c.Words, &c.Ref)
		c.At = clock.FromMicros(happened)
		out[s.Root(c.Chart)] = append(out[s.Root(c.Chart)], c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the calls of a unit: %w", err)
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b call) int { return a.At.Compare(b.At) })
	}
	return out, nil
}
