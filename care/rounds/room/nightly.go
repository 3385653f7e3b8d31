package room

import (
	"context"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"milieu/care/rounds"
	"milieu/house/clients"
	"milieu/house/places"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// longestReport is how many days one report covers at most.
const longestReport = 31

// nightView is a stretch of rounds as it was: the strips with their true gaps, the table, the questions, the report.
type nightView struct {
	Unit      record.ID
	Name      string
	Report    Report
	Live      bool // the stretch is not over yet
	Day       time.Time
	Spans     []places.Span // of the shifts of that day, to choose from
	Current   int           // which of them; -1 for the whole day
	Strips    []ui.StripRow
	Axis      ui.Strip
	Letters   map[int]string // of a pattern by its index
	NameOf    map[record.ID]string
	Questions bool
}

// showNight is the rounds of a shift: GET /rounds/night?date=2026-11-19&shift=2. Without a date it is the shift under way.
func showNight(c *web.Ctx) error {
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	if unit.ID.IsZero() {
		return c.Show(ui.Page{Title: ui.T(c.Context(), "rounds.page.night_title")}, noUnit())
	}
	v, err := nightFor(c, unit)
	if err != nil {
		return err
	}
	if c.R.URL.Query().Get("as") == "csv" {
		return v.csv(c)
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "rounds.page.night_title")}, nightPage(v))
}

func nightFor(c *web.Ctx, unit web.Unit) (nightView, error) {
	v := nightView{Unit: unit.ID, Name: unit.Name, Current: -1, Questions: c.Scope.May(actionReport)}
	q := c.Read()
	house, err := places.HouseOf(q)
	if err != nil {
		return v, err
	}
	from, to, err := v.stretch(c, house)
	if err != nil {
		return v, err
	}
	if v.Live = to.After(c.Now); v.Live {
		to = c.Now
	}
	if v.Report, err = ReportOf(q, unit.ID, from, to); err != nil {
		return v, err
	}
	v.name(c)
	c.SawUnit(unit.ID, slices.Collect(maps.Keys(v.NameOf))...)
	v.draw(c.Context())
	return v, nil
}

// stretch reads which shift, day or span of days is asked for.
func (v *nightView) stretch(c *web.Ctx, house places.House) (from, to time.Time, err error) {
	zone := house.Location()
	form := c.R.URL.Query()
	day := places.ShiftAt(house.Shifts, zone, c.Now).From.In(zone)
	if text := form.Get("date"); text != "" {
		if day, err = time.ParseInLocation("2006-01-02", text, zone); err != nil {
			return from, to, fault.Wrap(fault.Invalid, err, "this is no date: write it as 2026-11-19")
		}
	}
	year, month, date := day.Date()
	v.Day = time.Date(year, month, date, 0, 0, 0, 0, zone)
	end := v.Day.AddDate(0, 0, 1)
	span := places.ShiftAt(house.Shifts, zone, v.Day)
	if span.From.Before(v.Day) {
		span = places.NextShift(house.Shifts, zone, span)
	}
	for len(v.Spans) < 12 && span.From.Before(end) && span.Until.After(span.From) {
		v.Spans = append(v.Spans, span)
		span = places.NextShift(house.Shifts, zone, span)
	}
	if text := form.Get("until"); text != "" {
		last, err := time.ParseInLocation("2006-01-02", text, zone)
		if err != nil || last.Before(v.Day) || last.Sub(v.Day) > longestReport*24*time.Hour {
			return from, to, fault.New(fault.Invalid, "choose a last day up to %d days after the first", longestReport)
		}
		return v.Day, last.AddDate(0, 0, 1), nil
	}
	if n, err := strconv.Atoi(form.Get("shift")); err == nil && n >= 0 && n < len(v.Spans) {
		v.Current = n
	} else if form.Get("shift") == "" && form.Get("date") == "" {
		for i, s := range v.Spans {
			if !c.Now.Before(s.From) && c.Now.Before(s.Until) {
				v.Current = i
			}
		}
	}
	if v.Current >= 0 {
		return v.Spans[v.Current].From, v.Spans[v.Current].Until, nil
	}
	return v.Day, end, nil
}

func (v *nightView) name(c *web.Ctx) {
	v.NameOf = map[record.ID]string{}
	for _, t := range v.Report.Tracks {
		v.NameOf[t.Chart] = t.Name
	}
	for _, p := range v.Report.Patterns {
		for _, chart := range p.Charts {
			if v.NameOf[chart] == "" {
				v.NameOf[chart] = clients.NameOf(c.Read(), chart)
			}
		}
		if !p.Who.IsZero() {
			v.NameOf[p.Who] = nameOf(c.Directory, p.Who)
		}
	}
}

// mostLetters is how many questions are lettered; the rest stand in the table alone.
const mostLetters = 12

// draw makes the strips, with the letters of the questions where they arise.
func (v *nightView) draw(ctx context.Context) {
	v.Axis = axis(ctx, v.Report.From, v.Report.To)
	v.Letters = map[int]string{}
	one := map[record.ID]string{}
	if v.Questions {
		for i, p := range v.Report.Patterns {
			if i >= mostLetters {
				break
			}
			v.Letters[i] = string(rune('A' + i))
			if len(p.Charts) == 1 {
				one[p.Charts[0]] += v.Letters[i]
				continue
			}
			v.Axis.Flags = append(v.Axis.Flags, ui.Flag{At: p.From.Add(p.To.Sub(p.From) / 2), Letter: v.Letters[i]})
		}
	}
	for i := range v.Report.Tracks {
		t := &v.Report.Tracks[i]
		v.Strips = append(v.Strips, stripRow(ctx, t, v.Axis, one[t.Chart]))
	}
}

// axis is an empty strip of a stretch, with its nights.
func axis(ctx context.Context, from, to time.Time) ui.Strip {
	s := ui.Strip{From: from, To: to}
	zone := ui.From(ctx).Zone
	for day := from.In(zone).AddDate(0, 0, -1); day.Before(to); day = day.AddDate(0, 0, 1) {
		y, m, d := day.Date()
		out, light := time.Date(y, m, d, 23, 0, 0, 0, zone), time.Date(y, m, d+1, 7, 0, 0, 0, zone)
		if light.After(from) && out.Before(to) {
			s.Nights = append(s.Nights, ui.Span{From: latest(out, from), To: soonest(light, to)})
		}
	}
	return s
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func soonest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// stripRow draws one person's stretch: each sighting at its minute, each late gap as long as it was.
func stripRow(ctx context.Context, t *Track, a ui.Strip, letter string) ui.StripRow {
	s := a
	for i := range t.Looks {
		if l := &t.Looks[i]; l.Seen {
			state := rounds.StateOf(l.State)
			s.Seen = append(s.Seen, ui.Sighting{At: l.At, Asleep: state.Asleep, Upset: state.Upset, Later: l.Later})
		}
	}
	for _, g := range t.Gaps {
		if g.Late {
			s.Spans = append(s.Spans, ui.StripSpan{Kind: ui.Gap, Span: ui.Span{From: latest(g.From, a.From), To: g.To}, Text: gapText(ctx, &g)})
		}
	}
	for _, seg := range t.Line {
		span := ui.Span{From: seg.From, To: seg.To}
		switch seg.Mode {
		case rounds.Continuous:
			s.Spans = append(s.Spans, ui.StripSpan{Kind: ui.Watched, Span: span})
		case rounds.Out:
			s.Spans = append(s.Spans, ui.StripSpan{Kind: ui.Away, Span: span, Text: ui.T(ctx, "rounds.page.out."+awayWord(awayKind(&seg.Regime)))})
		}
	}
	for _, u := range t.Uncovered {
		s.Spans = append(s.Spans, ui.StripSpan{Kind: ui.Gap, Span: ui.Span{From: latest(u.From, a.From), To: u.To}, Text: ui.SpanText(ctx, u.To.Sub(u.From))})
	}
	last := t.Line[len(t.Line)-1]
	row := ui.StripRow{ID: "strip-" + t.Chart.String(), Name: t.Name, Href: path(t.Chart, "orders"), Pips: last.Level.Pips, Level: regimeWords(ctx, last.Regime), Letter: letter, Summary: summary(ctx, t)}
	if t.Counts.Late > 0 {
		row.State = ui.Late
		row.Detail = worst(ctx, t)
	}
	s.Label = t.Name + ": " + row.Summary
	if row.Detail != "" {
		s.Label += ", " + row.Detail
	}
	row.Strip = s
	return row
}

func awayKind(r *rounds.Regime) string {
	if r.Away == nil {
		return ""
	}
	return r.Away.Kind
}

func summary(ctx context.Context, t *Track) string {
	if t.Counts.Late > 0 {
		return ui.T(ctx, "rounds.page.sum_late", t.Counts.Late)
	}
	if t.Counts.Gaps == 0 {
		switch last := t.Line[len(t.Line)-1]; {
		case t.Counts.Seen > 0:
		case last.Mode == rounds.Continuous:
			return ui.T(ctx, "rounds.level_short."+last.Level.Code)
		case last.Mode == rounds.Out:
			return ui.T(ctx, "rounds.page.out")
		}
		return ui.T(ctx, "rounds.page.sum_seen", t.Counts.Seen)
	}
	return ui.T(ctx, "rounds.page.sum_longest", t.Counts.Seen, ui.SpanText(ctx, t.Counts.Longest))
}

// worst is the longest late gap, with its true ends.
func worst(ctx context.Context, t *Track) string {
	var g *rounds.Gap
	for i := range t.Gaps {
		if one := &t.Gaps[i]; one.Late && (g == nil || one.To.Sub(one.From) > g.To.Sub(g.From)) {
			g = one
		}
	}
	if g == nil {
		return ""
	}
	if g.Open {
		return ui.T(ctx, "rounds.page.since", ui.ClockText(ctx, g.From))
	}
	return ui.ClockText(ctx, g.From) + "–" + ui.ClockText(ctx, g.To)
}

// lateGaps are all late gaps, the longest first: the table behind the drawing.
func (v *nightView) lateGaps(ctx context.Context) ui.TableData {
	t := ui.TableData{Caption: ui.T(ctx, "rounds.page.late_gaps"), Columns: []ui.Column{{Title: ui.T(ctx, "rounds.page.who")}, {Title: ui.T(ctx, "rounds.page.from")}, {Title: ui.T(ctx, "rounds.page.to")}, {Title: ui.T(ctx, "rounds.page.ordered"), Number: true}, {Title: ui.T(ctx, "rounds.page.gap"), Number: true}, {Title: ui.T(ctx, "rounds.page.remark")}}}
	type line struct {
		name string
		gap  rounds.Gap
	}
	var lines []line
	for _, track := range v.Report.Tracks {
		for _, g := range track.Gaps {
			if g.Late {
				lines = append(lines, line{track.Name, g})
			}
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return int(b.gap.To.Sub(b.gap.From) - a.gap.To.Sub(a.gap.From)) })
	for _, l := range lines {
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{{Text: l.name, PII: true}, {Text: ui.WhenText(ctx, l.gap.From)}, {Text: gapEnd(ctx, l.gap)},
			{Text: ui.SpanText(ctx, l.gap.Regime.Every)}, {Text: gapText(ctx, &l.gap)}, {Text: remark(ctx, l.gap)}}})
	}
	return t
}

// gapText is how long a gap was; with its seconds where only they are over what was ordered.
func gapText(ctx context.Context, g *rounds.Gap) string {
	d := g.To.Sub(g.From)
	if g.By < time.Minute && d < time.Hour+time.Minute {
		return ui.T(ctx, "rounds.page.min_sec", int(d/time.Minute), int(d%time.Minute/time.Second))
	}
	return ui.SpanText(ctx, d)
}

func gapEnd(ctx context.Context, g rounds.Gap) string {
	if g.Open {
		return ui.T(ctx, "rounds.page.still")
	}
	return ui.WhenText(ctx, g.To)
}

func remark(ctx context.Context, g rounds.Gap) string {
	var parts []string
	if g.Missed {
		parts = append(parts, ui.T(ctx, "rounds.page.missed"))
	}
	if g.Down > 0 {
		parts = append(parts, ui.T(ctx, "rounds.page.down_for", ui.SpanText(ctx, g.Down)))
	}
	if g.Last != nil && g.Last.Later {
		parts = append(parts, ui.T(ctx, "rounds.page.said_after"))
	}
	return join(parts, ", ")
}

func share(x float64) string { return strconv.FormatFloat(x*100, 'f', 1, 64) + " %" }

func (v *nightView) tally(ctx context.Context) []ui.Count {
	t := v.Report.Total
	return []ui.Count{{Value: strconv.Itoa(t.Seen), Label: ui.T(ctx, "rounds.page.sightings")}, {Value: share(t.InTime()), Label: ui.T(ctx, "rounds.page.in_time")}, {Value: strconv.Itoa(t.Late), Label: ui.T(ctx, "rounds.page.late")},
		{Value: strconv.Itoa(t.Missed), Label: ui.T(ctx, "rounds.page.of_them_missed")}, {Value: strconv.Itoa(t.Later), Label: ui.T(ctx, "rounds.page.written_later")}}
}

// counts is a row of figures of the report.
func counts(ctx context.Context, c rounds.Counts) []ui.Cell {
	longest, within := "–", "–"
	if c.Gaps > 0 {
		longest, within = ui.SpanText(ctx, c.Longest), share(c.InTime())
	}
	return []ui.Cell{{Text: strconv.Itoa(c.Seen)}, {Text: strconv.Itoa(c.NotSeen)}, {Text: within}, {Text: strconv.Itoa(c.Late)}, {Text: strconv.Itoa(c.Missed)}, {Text: strconv.Itoa(c.Later)}, {Text: longest}}
}

func countColumns(ctx context.Context, first string) []ui.Column {
	out := []ui.Column{{Title: first}}
	for _, key := range []string{"rounds.page.sightings", "rounds.page.not_seen_n", "rounds.page.in_time", "rounds.page.late", "rounds.page.missed_n", "rounds.page.written_later", "rounds.page.longest"} {
		out = append(out, ui.Column{Title: ui.T(ctx, key), Number: true})
	}
	return out
}

func (v *nightView) byPerson(ctx context.Context) ui.TableData {
	t := ui.TableData{Caption: ui.T(ctx, "rounds.page.by_person"), Columns: countColumns(ctx, ui.T(ctx, "rounds.page.who"))}
	for _, track := range v.Report.Tracks {
		t.Rows = append(t.Rows, ui.TableRow{Cells: append([]ui.Cell{{Text: track.Name, PII: true, Href: path(track.Chart, "orders")}}, counts(ctx, track.Counts)...)})
	}
	return t
}

func (v *nightView) byShift(ctx context.Context) ui.TableData {
	t := ui.TableData{Caption: ui.T(ctx, "rounds.page.by_shift"), Columns: countColumns(ctx, ui.T(ctx, "rounds.page.shift"))}
	for _, s := range v.Report.Shifts {
		t.Rows = append(t.Rows, ui.TableRow{Cells: append([]ui.Cell{{Text: s.Words(ctx)}}, counts(ctx, s.Counts)...)})
	}
	return t
}

// byWorker has no lateness in it: a late gap has no single owner.
func (v *nightView) byWorker(ctx context.Context) ui.TableData {
	t := ui.TableData{Caption: ui.T(ctx, "rounds.page.by_worker"), Columns: []ui.Column{{Title: ui.T(ctx, "rounds.page.who")}, {Title: ui.T(ctx, "rounds.page.sightings"), Number: true}, {Title: ui.T(ctx, "rounds.page.people_n"), Number: true}, {Title: ui.T(ctx, "rounds.page.not_seen_n"), Number: true}, {Title: ui.T(ctx, "rounds.page.written_later"), Number: true}, {Title: ui.T(ctx, "rounds.page.received_late"), Number: true}}}
	for _, w := range v.Report.Workers {
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{{Text: w.Name}, {Text: strconv.Itoa(w.Seen)}, {Text: strconv.Itoa(w.People)}, {Text: strconv.Itoa(w.NotSeen)}, {Text: strconv.Itoa(w.Later)}, {Text: strconv.Itoa(w.ReceivedLate)}}})
	}
	return t
}

// title says when, and whose looks or whose sleep a question is about.
func (v *nightView) title(ctx context.Context, p rounds.Pattern) string {
	who := v.NameOf[p.Who]
	if who == "" && len(p.Charts) > 0 {
		who = v.NameOf[p.Charts[0]]
	}
	return ui.T(ctx, "rounds.page.ask_title", who, ui.ClockText(ctx, p.From))
}

// question puts a pattern in words: what stands in the record, and what a person might say to it. Nobody is accused of anything.
func (v *nightView) question(ctx context.Context, p rounds.Pattern) string {
	return ui.T(ctx, "rounds.pattern."+p.Code, p.N, seconds(ctx, p.Spread))
}

func seconds(ctx context.Context, d time.Duration) string {
	if d < time.Minute {
		return ui.T(ctx, "rounds.page.seconds", int(d.Seconds()))
	}
	return ui.SpanText(ctx, d)
}

// evidence is every look that a question rests on, with its three times.
func (v *nightView) evidence(ctx context.Context, p rounds.Pattern) ui.TableData {
	t := ui.TableData{Caption: ui.T(ctx, "rounds.page.evidence"), Columns: []ui.Column{{Title: ui.T(ctx, "rounds.page.who")}, {Title: ui.T(ctx, "rounds.page.seen_at")}, {Title: ui.T(ctx, "rounds.page.written_at")}, {Title: ui.T(ctx, "rounds.page.as_what")}}}
	for _, track := range v.Report.Tracks {
		for _, l := range track.Looks {
			if slices.Contains(p.Looks, l.ID) {
				t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{{Text: track.Name, PII: true}, {Text: exact(ctx, l.At)}, {Text: exact(ctx, l.Written)}, {Text: ui.T(ctx, "rounds.place."+l.Place) + ", " + ui.T(ctx, "rounds.state."+l.State)}}})
			}
		}
	}
	slices.SortStableFunc(t.Rows, func(a, b ui.TableRow) int {
		if a.Cells[1].Text < b.Cells[1].Text {
			return -1
		}
		return 1
	})
	return t
}

func exact(ctx context.Context, t time.Time) string {
	return t.In(ui.From(ctx).Zone).Format("15:04:05")
}

func (v *nightView) href(day time.Time, shift int) string {
	out := "/rounds/night?date=" + day.Format("2006-01-02")
	if shift >= 0 {
		out += "&shift=" + strconv.Itoa(shift)
	}
	return out
}

func (v *nightView) shifts(ctx context.Context) []ui.Segment {
	out := []ui.Segment{{Label: ui.T(ctx, "rounds.page.whole_day"), Href: v.href(v.Day, -1), Current: v.Current < 0}}
	for i, s := range v.Spans {
		out = append(out, ui.Segment{Label: s.Name, Href: v.href(v.Day, i), Current: i == v.Current})
	}
	return out
}

// csv writes the report for a spreadsheet, a line for each measured gap.
func (v *nightView) csv(c *web.Ctx) error {
	c.W.Header().Set("Content-Type", "text/csv; charset=utf-8")
	c.W.Header().Set("Cache-Control", "no-store")
	c.W.Header().Set("Content-Disposition", `attachment; filename="rounds-`+v.Report.From.Format("2006-01-02")+`.csv"`)
	w := csv.NewWriter(c.W)
	lines := [][]string{{"person", "chart", "from", "to", "minutes", "ordered_minutes", "late", "missed", "open", "system_down_minutes", "level", "entered_afterwards"}}
	for _, t := range v.Report.Tracks {
		for _, g := range t.Gaps {
			later := g.Last != nil && g.Last.Later
			lines = append(lines, []string{safe(t.Name), t.Chart.String(), g.From.Format(time.RFC3339), g.To.Format(time.RFC3339), decimals(g.To.Sub(g.From)), decimals(g.Regime.Every), yes(g.Late), yes(g.Missed), yes(g.Open), decimals(g.Down), g.Regime.Level.Code, yes(later)})
		}
	}
	if err := w.WriteAll(lines); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// safe keeps a spreadsheet from reading a name as a formula.
func safe(s string) string {
	if first, _ := utf8.DecodeRuneInString(s); strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + s
	}
	return s
}

func decimals(d time.Duration) string { return strconv.FormatFloat(d.Minutes(), 'f', 1, 64) }

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
