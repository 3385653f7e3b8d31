package ui

import (
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// Settles is what a row says to a device without a network: entries of these kinds in this chart settle it, and the intervals until it is
// due again, as the server drew them for the entries to come. The device then moves the row itself, by these and no rule of its own; without
// intervals a settled row goes.
func Settles(chart string, kinds []string, draws ...time.Duration) templ.Attributes {
	a := templ.Attributes{"data-chart": chart, "data-settled-by": strings.Join(kinds, " ")}
	if len(draws) > 0 {
		seconds := make([]string, len(draws))
		for i, d := range draws {
			seconds[i] = strconv.FormatInt(int64(d/time.Second), 10)
		}
		a["data-draws"] = strings.Join(seconds, ",")
	}
	return a
}
