package ui

import (
	"testing"
	"time"
)

func TestWordsOfAStripStandApart(t *testing.T) {
	from := time.Date(2026, 11, 19, 23, 0, 0, 0, time.UTC)
	at := func(minute int) time.Time { return from.Add(time.Duration(minute) * time.Minute) }
	gap := func(a, b int, text string) StripSpan {
		return StripSpan{Kind: Gap, Span: Span{From: at(a), To: at(b)}, Text: text}
	}
	strip := func(spans ...StripSpan) Strip { return Strip{From: from, To: at(480), Spans: spans} }
	for name, c := range map[string]struct {
		strip Strip
		want  []string
	}{
		"far apart":            {strip(gap(10, 30, "20 min"), gap(200, 230, "30 min")), []string{"20 min", "30 min"}},
		"one behind the other": {strip(gap(10, 41, "31 min"), gap(41, 71, "30 min")), []string{"31 min"}},
		"the longer is later":  {strip(gap(10, 28, "18 min"), gap(30, 60, "30 min")), []string{"30 min"}},
		"without words":        {strip(gap(10, 30, "")), nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.strip.words()
			if len(got) != len(c.want) {
				t.Fatalf("%d words are drawn, want %v", len(got), c.want)
			}
			for i, w := range c.want {
				if got[i].Text != w {
					t.Errorf("word %d is %q, want %q", i, got[i].Text, w)
				}
			}
		})
	}
}
