package chart

import (
	"context"
	"io"
	"time"

	"github.com/a-h/templ"

	"milieu/kit/ui"
)

// paperName is the name on paper: the legal one, where it is known.
func (s *sheet) paperName() string {
	if s.Legal != "" {
		return s.Legal
	}
	return s.Name
}

// facts are what the head of the paper says beside the name: whose it is, and who made it when.
func (s *sheet) facts(ctx context.Context) []ui.Fact {
	var out []ui.Fact
	add := func(key, text string) {
		if text != "" {
			out = append(out, ui.Fact{Label: ui.T(ctx, key), Text: text})
		}
	}
	if s.Legal != "" && s.Legal != s.Name {
		add("chart.paper_called", s.Name)
	}
	add("chart.paper_born", s.Identity.BirthDate)
	add("chart.paper_number", s.Identity.RecordNumber)
	add("chart.paper_unit", ui.Joined(" · ", s.House, s.Unit))
	add("chart.paper_made", ui.Joined(" · ", s.By, ui.ExactText(ctx, ui.From(ctx).Now)))
	return out
}

// days are the entries by the day on which they happened, the earliest first.
func (s *sheet) days(ctx context.Context) [][]paperEntry {
	zone := ui.From(ctx).Zone
	var out [][]paperEntry
	var last string
	for _, e := range s.Entries {
		if day := e.At.In(zone).Format(time.DateOnly); day != last {
			last = day
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], e)
	}
	return out
}

// styleOfSheet is the style as it stands in the file: exactly the bytes that the file's policy names.
func styleOfSheet() templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "<style>"+sheetStyle+"</style>")
		return err
	})
}
