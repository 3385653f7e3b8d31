package census

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"milieu/house/clients"
	"milieu/kit/ui"
)

// link is the board with some of its choices made otherwise.
func (v *view) link(unit, sort string) string {
	q := url.Values{}
	if unit != "" {
		q.Set("unit", unit)
	}
	if sort != sorts[0] {
		q.Set("sort", sort)
	}
	if len(q) == 0 {
		return "/census"
	}
	return "/census?" + q.Encode()
}

func (v *view) segments(ctx context.Context) []ui.Segment {
	out := []ui.Segment{{Label: ui.T(ctx, "census.all"), Href: v.link("all", sorts[0]), Current: v.Unit.IsZero()}}
	for _, u := range v.Units {
		out = append(out, ui.Segment{Label: u.Name, Href: v.link(u.ID.String(), sorts[0]), Current: v.Unit == u.ID})
	}
	return out
}

func (v *view) tally(ctx context.Context) []ui.Count {
	n := v.total()
	waiting := len(n.Without)
	for _, u := range v.Counts {
		waiting += u.Awaited
	}
	var out []ui.Count
	for _, one := range []struct {
		key string
		n   int
	}{{"here", n.Here}, {"leave", n.Leave}, {"hospital", n.Hospital}, {"absent", n.Absent}, {"free", n.Free}, {"waiting", waiting}} {
		out = append(out, ui.Count{Value: strconv.Itoa(one.n), Label: ui.T(ctx, "census.count."+one.key)})
	}
	return out
}

// unitTable is a line for each unit.
func (v *view) unitTable(ctx context.Context) ui.TableData {
	t := ui.TableData{Caption: ui.T(ctx, "census.by_unit"), Columns: []ui.Column{{Title: ui.T(ctx, "census.unit")}}}
	for _, key := range []string{"beds", "here", "leave", "hospital", "absent", "free", "waiting"} {
		t.Columns = append(t.Columns, ui.Column{Title: ui.T(ctx, "census.count."+key), Number: true})
	}
	for _, u := range v.Counts {
		cells := []ui.Cell{{Text: u.Name, Href: v.link(u.ID.String(), sorts[0])}}
		for _, n := range []int{len(u.Census.Beds), u.Here, u.Leave, u.Hospital, u.Absent, u.Free, len(u.Without) + u.Awaited} {
			cells = append(cells, ui.Cell{Text: strconv.Itoa(n)})
		}
		t.Rows = append(t.Rows, ui.TableRow{Cells: cells})
	}
	return t
}

// bedTable is a line for each bed, and for everybody without one.
func (v *view) bedTable(ctx context.Context) ui.TableData {
	t := ui.TableData{Caption: ui.T(ctx, "census.beds")}
	for _, one := range []struct{ key, sort string }{{"room", "room"}, {"person", "name"}, {"where", "where"}, {"since", "since"}} {
		c := ui.Column{Title: ui.T(ctx, "census."+one.key), SortHref: v.link(v.Unit.String(), one.sort)}
		if v.Sort == one.sort {
			c.Sorted = 1
		}
		t.Columns = append(t.Columns, c)
	}
	for _, b := range v.Beds {
		place := ui.Joined(" · ", b.Room, b.Bed)
		if b.Room == "" {
			place = ui.T(ctx, "census.no_bed")
		}
		if b.Card == nil {
			t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{{Text: place}, {Component: quiet(ui.T(ctx, "census.free"))}, {}, {}}})
			continue
		}
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{{Text: place}, {Text: b.Card.Name, Href: "/clients/" + b.Card.ID.String(), PII: true}, {Component: whereState(ctx, b.Card)}, {Text: ui.DayText(ctx, b.Card.Admitted)}}})
	}
	return t
}

// whereState is where somebody is, and until when: shape and word before colour.
func whereState(ctx context.Context, c *clients.Card) templ.Component {
	words := ui.T(ctx, "census.where."+string(c.Where))
	if !c.Expected.IsZero() {
		words = ui.T(ctx, "census.back", words, ui.WhenText(ctx, c.Expected))
	}
	switch c.Where {
	case clients.Here:
		return quiet(words)
	case clients.Absent:
		return ui.StateWord(ui.Late, words)
	}
	return ui.StateWord(ui.Off, words)
}

func (v *view) without() []clients.Card { return v.total().Without }

// waiting are those who wait for a bed, then those who are expected.
func (v *view) waiting(ctx context.Context) []ui.Person {
	var out []ui.Person
	for _, c := range v.without() {
		out = append(out, ui.Person{Name: c.Name, Href: "/clients/" + c.ID.String(), Line: ui.T(ctx, "census.waits", ui.WhenText(ctx, c.Admitted)), NoAvatar: true})
	}
	for _, c := range v.Awaited {
		out = append(out, ui.Person{Name: c.Name, Href: "/clients/" + c.ID.String(), Line: ui.T(ctx, "census.expected", ui.WhenText(ctx, c.Since)), NoAvatar: true})
	}
	return out
}

func (v *view) weekTable(ctx context.Context) ui.TableData {
	t := ui.TableData{Caption: ui.T(ctx, "census.weeks"), Columns: []ui.Column{{Title: ui.T(ctx, "census.week_of")}}}
	for _, key := range []string{"mean", "full", "admitted", "discharged", "nights", "median"} {
		t.Columns = append(t.Columns, ui.Column{Title: ui.T(ctx, "census.week."+key), Number: true})
	}
	for _, w := range slices.Backward(v.Weeks) {
		full, long := "–", "–"
		if v.Places > 0 {
			full = fmt.Sprintf("%.0f %%", 100*w.Mean/float64(v.Places))
		}
		if w.Median > 0 {
			long = ui.T(ctx, "census.days", fmt.Sprintf("%.1f", w.Median))
		}
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{{Text: ui.DayText(ctx, w.From)}, {Text: fmt.Sprintf("%.1f", w.Mean)}, {Text: full}, {Text: strconv.Itoa(w.Admitted)}, {Text: strconv.Itoa(w.Discharged)}, {Text: strconv.Itoa(w.Away)}, {Text: long}}})
	}
	return t
}

func (v *view) dayTable(ctx context.Context) ui.TableData {
	t := ui.TableData{Caption: ui.T(ctx, "census.by_day"), Columns: []ui.Column{{Title: ui.T(ctx, "census.day")}}}
	for _, key := range []string{"in", "away", "admitted", "discharged"} {
		t.Columns = append(t.Columns, ui.Column{Title: ui.T(ctx, "census.day_of."+key), Number: true})
	}
	for _, d := range slices.Backward(v.Days) {
		t.Rows = append(t.Rows, ui.TableRow{Cells: []ui.Cell{{Text: ui.DayText(ctx, d.At)}, {Text: strconv.Itoa(d.In)}, {Text: strconv.Itoa(d.Away)}, {Text: strconv.Itoa(d.Admitted)}, {Text: strconv.Itoa(d.Discharged)}}})
	}
	return t
}

// The plot's own size; it is stretched to the page.
const (
	plotWidth  = 560
	plotHeight = 120
)

// plot is the days laid out.
type plot struct {
	bars  []bar
	width string
	beds  string // at which height
	days  []day
	top   int
}

type bar struct{ x, y, height, away string }

func plotOf(days []day, beds int) plot {
	p := plot{days: days, top: max(beds, 1)}
	for _, d := range days {
		p.top = max(p.top, d.In)
	}
	step := float64(plotWidth) / float64(max(len(days), 1))
	scale := float64(plotHeight-8) / float64(p.top)
	num := func(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }
	p.width, p.beds = num(step-2), num(plotHeight-scale*float64(beds))
	for i, d := range days {
		b := bar{x: num(step*float64(i) + 1), y: num(plotHeight - scale*float64(d.In)), height: num(scale * float64(d.In))}
		if d.Away > 0 {
			b.away = num(scale * float64(d.Away))
		}
		p.bars = append(p.bars, b)
	}
	return p
}

func (p *plot) box() string { return fmt.Sprintf("0 0 %d %d", plotWidth, plotHeight) }

// label says what the plot shows, for those who hear the page.
func (p *plot) label(ctx context.Context) string {
	if len(p.days) == 0 {
		return ""
	}
	low, high := p.days[0].In, p.days[0].In
	for _, d := range p.days {
		low, high = min(low, d.In), max(high, d.In)
	}
	return ui.T(ctx, "census.plot", ui.Args{"low": low, "high": high, "now": p.days[len(p.days)-1].In, "from": ui.DayText(ctx, p.days[0].At)})
}

// marks are the days under the plot: the first of every second week, and today.
func (p *plot) marks(ctx context.Context) []string {
	var out []string
	for i := 0; i < len(p.days); i += 14 {
		out = append(out, ui.DayText(ctx, p.days[i].At.Add(12*time.Hour)))
	}
	return append(out, ui.T(ctx, "census.now"))
}
