package ui

import (
	"context"
	"strconv"
	"time"
)

// Strip is a stretch of time drawn to scale: each sighting at its real minute, gaps as long as they were.
type Strip struct {
	Label  string // read instead of the drawing: "Amara Osei: late, 18 minutes from 02:29 to 02:47"
	From   time.Time
	To     time.Time
	Nights []Span // lights out
	Seen   []Sighting
	Spans  []StripSpan
	Flags  []Flag
}

// Span is a stretch of time.
type Span struct{ From, To time.Time }

// Sighting is one person seen once.
type Sighting struct {
	At     time.Time
	Asleep bool // drawn lower
	Upset  bool // drawn with a dot above
	Later  bool // entered afterwards: drawn hollow
}

// SpanKind is what a stretch of a strip means.
type SpanKind string

// Gap: nobody saw the person in the ordered time. Away: on leave, in hospital. Watched: kept in sight. Down: the system was down.
const (
	Gap     SpanKind = "gap"
	Away    SpanKind = "off"
	Watched SpanKind = "eyes"
	Down    SpanKind = "down"
)

// StripSpan is a stretch with a meaning and perhaps a word: "18 min", "on leave".
type StripSpan struct {
	Kind SpanKind
	Span
	Text string
}

// Flag points at one moment with a letter that is explained beside the strip.
type Flag struct {
	At     time.Time
	Letter string
}

// Geometry of a strip, in its own pixels; the width is the page's.
const (
	stripTop, stripBase           = 4, 48
	awakeTop, asleepTop, upsetTop = 22, 34, 16
)

// at is where a moment stands, in hundredths of the width; moments outside stand at the edge.
func (s Strip) at(t time.Time) string {
	return percent(s.share(t))
}

func (s Strip) share(t time.Time) float64 {
	whole := s.To.Sub(s.From)
	if whole <= 0 {
		return 0
	}
	return min(max(float64(t.Sub(s.From))/float64(whole), 0), 1)
}

// wordApart is how far apart the middles of two words stand at least, as a share of the width, so that they can be read on a desk's strip.
const wordApart = 0.14

// words are the spans whose words are drawn. Of those too close together the longest stretch keeps its word; all are in the table.
func (s Strip) words() []StripSpan {
	var out []StripSpan
	for _, span := range s.Spans {
		if span.Text == "" {
			continue
		}
		if n := len(out); n > 0 && s.centre(span.Span)-s.centre(out[n-1].Span) < wordApart {
			if span.To.Sub(span.From) > out[n-1].To.Sub(out[n-1].From) {
				out[n-1] = span
			}
			continue
		}
		out = append(out, span)
	}
	return out
}

func (s Strip) centre(span Span) float64 { return (s.share(span.From) + s.share(span.To)) / 2 }

func (s Strip) width(span Span) string {
	return percent(max(s.share(span.To)-s.share(span.From), 0))
}

func (s Strip) middle(span Span) string {
	return percent(s.centre(span))
}

func percent(share float64) string {
	return decimal(share*100) + "%"
}

// hours are the whole hours inside the strip, by the house's clock, every second one when there are many.
func (s Strip) hours(ctx context.Context) []time.Time {
	zone := From(ctx).Zone
	step := time.Hour
	for s.To.Sub(s.From) > 12*step {
		step *= 2
	}
	first := s.From.In(zone).Truncate(time.Hour)
	if first.Before(s.From) {
		first = first.Add(time.Hour)
	}
	var list []time.Time
	for t := first; !t.After(s.To); t = t.Add(step) {
		list = append(list, t)
	}
	return list
}

func hourText(ctx context.Context, t time.Time) string {
	hour := t.In(From(ctx).Zone).Hour()
	if hour < 10 {
		return "0" + strconv.Itoa(hour)
	}
	return strconv.Itoa(hour)
}

// anchor keeps the first and last hour's figures inside the drawing.
func (s Strip) anchor(t time.Time) string {
	switch share := s.share(t); {
	case share < 0.02:
		return "start"
	case share > 0.98:
		return "end"
	default:
		return "middle"
	}
}

// flagged tells whether a flag's letter stands where the hour's figures would.
func (s Strip) flagged(hour time.Time) bool {
	const room = 0.025 // of the width: two figures and a letter
	for _, flag := range s.Flags {
		if apart := s.share(flag.At) - s.share(hour); apart > -room && apart < room {
			return true
		}
	}
	return false
}
