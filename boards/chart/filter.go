package chart

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"milieu/house/clients/names"
	clientsroom "milieu/house/clients/room"
	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// filter is what somebody looks for in a chart. All of it must hold; what is empty holds for everything.
type filter struct {
	Rooms []string
	By    record.ID
	When  string // of spans
	From  string // days on the house's wall, of the span "range"
	Until string
	Text  string // the words as they were written
}

// spans are the times offered, the widest first.
var spans = []string{"", "shift", "today", "week", "range"}

// readFilter reads a filter from a form or an address. What is none of those offered is as if it were not there.
func readFilter(form url.Values) filter {
	f := filter{When: form.Get("when"), From: form.Get("from"), Until: form.Get("until"), Text: strings.TrimSpace(form.Get("q"))}
	for _, name := range form["of"] {
		if name != "" && !slices.Contains(f.Rooms, name) && len(f.Rooms) < 40 {
			f.Rooms = append(f.Rooms, name)
		}
	}
	if !slices.Contains(spans, f.When) {
		f.When = ""
	}
	if f.When != "range" {
		f.From, f.Until = "", ""
	}
	f.By, _ = record.ParseID(form.Get("by")) // anything else is nobody
	return f
}

// empty says that nothing is looked for.
func (f *filter) empty() bool {
	return len(f.Rooms) == 0 && f.By.IsZero() && f.When == "" && f.Text == ""
}

// address is the filter without its words, which stand in no address: they may say something of the client.
func (f *filter) address() string {
	q := url.Values{"of": f.Rooms}
	put := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	put("when", f.When)
	put("from", f.From)
	put("until", f.Until)
	if !f.By.IsZero() {
		put("by", f.By.String())
	}
	return q.Encode()
}

// span is the time looked at; zero ends are open.
func (f *filter) span(c *web.Ctx) (from, until time.Time, err error) {
	now := c.Now.In(ui.From(c.Context()).Zone)
	midnight := func(days int) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()+days, 0, 0, 0, 0, now.Location())
	}
	switch f.When {
	case "shift":
		unit, err := c.Unit()
		if err != nil || unit.From.IsZero() {
			return c.Now.Add(-8 * time.Hour), time.Time{}, err
		}
		return unit.From, time.Time{}, nil
	case "today":
		return midnight(0), time.Time{}, nil
	case "week":
		return midnight(-6), time.Time{}, nil
	case "range":
		from, until = days(f.From, f.Until, now.Location())
	}
	return from, until, nil
}

// days are the moments between which two days on the wall lie, the second wholly among them. A day that is none leaves its end open.
func days(first, last string, zone *time.Location) (from, until time.Time) {
	if t, err := time.ParseInLocation(time.DateOnly, first, zone); err == nil {
		from = t
	}
	if t, err := time.ParseInLocation(time.DateOnly, last, zone); err == nil {
		until = time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, zone)
	}
	return from, until
}

// found is what a filter leaves of a client's charts for one reader.
type found struct {
	Count   int             // of all
	Entries []*record.Entry // newest first, at most a page and one more
	Looked  []string        // folded words that were looked for
	Rooms   map[string]int  // of everything that the reader sees, by room
	Authors map[record.ID]int
}

// filtered gives a page of what a filter leaves, from before on.
func (b *board) filtered(c *web.Ctx, p *clientsroom.Page, f filter, before int64) (*found, error) {
	out := &found{Looked: lookedFor(f.Text), Rooms: map[string]int{}, Authors: map[record.ID]int{}}
	seqs, count, err := b.seqs(c, p, &f, out)
	if err != nil {
		return nil, err
	}
	out.Count = count
	if before > 0 {
		seqs = slices.DeleteFunc(seqs, func(seq int64) bool { return seq >= before })
	}
	out.Entries, err = record.Several(c.Read(), seqs[:min(len(seqs), pageOf+1)]...)
	return out, err
}

// lookedFor are the folded words of what somebody wrote. Nothing but signs finds nothing, rather than everything.
func lookedFor(written string) []string {
	words := strings.Fields(names.Fold(written))
	if written != "" && len(words) == 0 {
		return []string{"\x00"}
	}
	return words[:min(len(words), 32)]
}

// seqs goes through the client's charts and gives the places of what a filter leaves, newest first. What the reader may not see is passed over as
// if it were not there, in the counts too. seen, where it is given, learns what there is.
func (b *board) seqs(c *web.Ctx, p *clientsroom.Page, f *filter, seen *found) (seqs []int64, count int, err error) {
	from, until, err := f.span(c)
	if err != nil {
		return nil, 0, err
	}
	for _, chart := range p.Charts() {
		sight, err := p.Sees(c, chart)
		if err != nil {
			return nil, 0, err
		}
		err = b.read(c, chart, func(s *spine) error {
			sees := s.sees(c, sight)
			matches := s.matching(c, f, clock.Micros(from), clock.Micros(until))
			rooms, authors := make([]int, len(s.kinds.all)), make([]int, len(s.authors.all))
			for i := range s.lines {
				l := &s.lines[i]
				if silent(s.kinds.all[l.kind]) || !sees(l) {
					continue
				}
				rooms[l.kind]++
				authors[l.author]++
				if matches(l) {
					seqs = append(seqs, l.seq)
				}
			}
			seen.learn(s, rooms, authors)
			return sight.Err()
		})
		if err != nil {
			return nil, 0, err
		}
	}
	slices.SortFunc(seqs, func(a, b int64) int { return cmp.Compare(b, a) })
	return seqs, len(seqs), nil
}

// learn adds up what there is in one chart.
func (f *found) learn(s *spine, rooms, authors []int) {
	if f == nil {
		return
	}
	for i, n := range rooms {
		if n > 0 {
			f.Rooms[roomOf(s.kinds.all[i])] += n
		}
	}
	for i, n := range authors {
		if n > 0 {
			f.Authors[s.authors.all[i]] += n
		}
	}
}

// sees judges lines for one reader. Few entries need more than their labels for that.
func (s *spine) sees(c *web.Ctx, sight *access.Sight) func(*line) bool {
	if sight.Whole() {
		return func(*line) bool { return true }
	}
	deep := make([]bool, len(s.kinds.all)) // kinds that speak of others, or are what others were made of
	for i, name := range s.kinds.all {
		k, err := c.Committer.Kinds().Find(name)
		deep[i] = err != nil || k.About != nil || k.Source
	}
	return func(l *line) bool {
		e := s.entry(l)
		if deep[l.kind] {
			whole, err := record.Find(c.Read(), l.id)
			if err != nil {
				return false
			}
			e = whole
		}
		return sight.Sees(e)
	}
}

// matching judges lines by a filter. Each different text and each author is looked at once.
func (s *spine) matching(c *web.Ctx, f *filter, from, until int64) func(*line) bool {
	looked := lookedFor(f.Text)
	wanted := make([]bool, len(s.kinds.all))
	for i, name := range s.kinds.all {
		wanted[i] = len(f.Rooms) == 0 || slices.Contains(f.Rooms, roomOf(name))
	}
	in := func(folded string) (mask uint64) {
		for i, w := range looked {
			if strings.Contains(folded, w) {
				mask |= 1 << i
			}
		}
		return mask
	}
	whole := uint64(1)<<len(looked) - 1
	var said, wrote []uint64
	if len(looked) > 0 {
		said, wrote = make([]uint64, len(s.texts)), make([]uint64, len(s.authors.all))
		for i, t := range s.texts {
			said[i] = in(t)
		}
		for i, id := range s.authors.all {
			if p := c.Directory.Person(id); p != nil {
				wrote[i] = in(names.Fold(p.Name))
			}
		}
	}
	return func(l *line) bool {
		return wanted[l.kind] && (f.By.IsZero() || s.authors.all[l.author] == f.By) && (from == 0 || l.happened >= from) && (until == 0 || l.happened < until) &&
			(len(looked) == 0 || said[l.text]|wrote[l.author] == whole)
	}
}

// form are the filter's fields as a form carries them on.
func (f *filter) form(before int64) []ui.Pair {
	var out []ui.Pair
	for _, r := range f.Rooms {
		out = append(out, ui.Pair{Name: "of", Value: r})
	}
	for _, pair := range []ui.Pair{{Name: "q", Value: f.Text}, {Name: "when", Value: f.When}, {Name: "from", Value: f.From}, {Name: "until", Value: f.Until}} {
		if pair.Value != "" {
			out = append(out, pair)
		}
	}
	if !f.By.IsZero() {
		out = append(out, ui.Pair{Name: "by", Value: f.By.String()})
	}
	return append(out, ui.Pair{Name: "before", Value: strconv.FormatInt(before, 10)})
}
