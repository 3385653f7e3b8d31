package fhir

import (
	"testing"
	"time"
)

func TestPrecisionOfDates(t *testing.T) {
	zone := time.FixedZone("house", -5*3600)
	for text, want := range map[string]struct {
		precision Precision
		start     string
	}{
		"1975":                           {Year, "1975-01-01T05:00:00Z"},
		"1975-09":                        {Month, "1975-09-01T05:00:00Z"},
		"1975-09-11":                     {Day, "1975-09-11T05:00:00Z"},
		"2024-02-29":                     {Day, "2024-02-29T05:00:00Z"},
		"2023-02-29":                     {Unknown, ""},
		"2020-01-02T10:00:00+01:00":      {Moment, "2020-01-02T09:00:00Z"},
		"2020-01-02T10:00:00.123456789Z": {Moment, "2020-01-02T10:00:00.123456789Z"},
		"2020-01-02T10:00Z":              {Moment, "2020-01-02T10:00:00Z"},
		"2016-12-31T23:59:60Z":           {Moment, "2016-12-31T23:59:59Z"},
		"2020-01-02T10:00:00":            {Local, "2020-01-02T15:00:00Z"},
		"2020-01-02T25:00:00Z":           {Unknown, ""},
		"2020-01-02 10:00:00Z":           {Unknown, ""},
		"0000":                           {Unknown, ""},
		"75":                             {Unknown, ""},
		"":                               {Unknown, ""},
		"yesterday!":                     {Unknown, ""},
		"20200102":                       {Unknown, ""},
	} {
		date := DateTime(text)
		if got := date.Precision(); got != want.precision {
			t.Errorf("%q: precision %d, want %d", text, got, want.precision)
		}
		start := ""
		if at := date.Start(zone); !at.IsZero() {
			start = at.UTC().Format(time.RFC3339Nano)
		}
		if start != want.start {
			t.Errorf("%q: starts %s, want %s", text, start, want.start)
		}
	}
}
