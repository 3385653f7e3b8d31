// Package access is who is let in to one person's record, and on whose word: the care team and caseload, somebody's own account and those of
// family and guardians, what the person has agreed to, who keeps what a colleague who left had written, and the glass that is broken in an
// emergency.
//
// Everything but custody is said in the client's own chart. What begins something is named by its entry; what ends it names that entry, and the
// earliest end holds. Nobody lets themselves in, but by breaking the glass.
package access

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	jsonv2 "github.com/go-json-experiment/json"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// fits wants a text to be no longer than so many characters.
func fits(c *fault.Check, field, text string, most int) {
	c.Want(utf8.RuneCountInString(text) <= most, field, fmt.Sprintf("at most %d characters", most))
}

func said(text string) bool { return strings.TrimSpace(text) != "" }

// fact is one standing entry, as the projection keeps it.
type fact struct {
	chart, root, id record.ID
	happened        time.Time
	author          record.ID
	kind            string
	body            []byte
}

const factColumns = "chart, root, id, happened, author, kind, body"

// facts reads the facts of one topic, root by root in the order in which they happened.
func facts(q db.Querier, topic, where string, args ...any) ([]fact, error) {
	var out []fact
	args = append(args, topic)
	err := db.Each(q, "SELECT "+factColumns+" FROM access_fact_v1 WHERE "+where+fmt.Sprintf(" AND topic = $%d ORDER BY chart, root, happened, id", len(args)), args, func(r db.Row) error {
		var f fact
		var at int64
		err := r.Scan(&f.chart, &f.root, &f.id, &at, &f.author, &f.kind, &f.body)
		f.happened = clock.FromMicros(at)
		out = append(out, f)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading what is said of %s: %w", topic, err)
	}
	return out, nil
}

// thread is what began something, with what was said of it since.
type thread struct {
	fact
	ended time.Time // the earliest end; zero: none was said
	ends  []fact
}

// threads puts ends and reviews under what they speak of. What speaks of something that is not there, or is no longer, says nothing yet.
func threads(list []fact, begins ...string) []thread {
	var out []thread
	later := map[record.ID][]fact{}
	for _, f := range list {
		if slices.Contains(begins, f.kind) {
			out = append(out, thread{fact: f})
		} else {
			later[f.root] = append(later[f.root], f)
		}
	}
	for i := range out { // nothing said in another chart speaks of this one's
		out[i].ends = slices.DeleteFunc(later[out[i].root], func(f fact) bool { return f.chart != out[i].chart })
	}
	slices.SortStableFunc(out, func(a, b thread) int { return a.happened.Compare(b.happened) })
	return out
}

// endedBy notes the earliest end among what was said since.
func (t *thread) endedBy(kind string) {
	for _, f := range t.ends {
		if f.kind == kind && (t.ended.IsZero() || f.happened.Before(t.ended)) {
			t.ended = f.happened
		}
	}
}

func read[B any](f fact) (b B, err error) {
	if err = jsonv2.Unmarshal(f.body, &b); err != nil {
		err = fmt.Errorf("reading entry %s: %w", f.id, err)
	}
	return b, err
}

// earlier is the earlier of two ends, where a zero one is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// holds says whether a span that may have no end holds at t.
func holds(from, until, t time.Time) bool {
	return !t.Before(from) && (until.IsZero() || t.Before(until))
}
