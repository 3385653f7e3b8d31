package chart

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"milieu/house/clients/names"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// spine is one chart as it is searched: a short line for each entry, oldest first, and every different text once, folded. Most entries of a long
// chart say one of a few things, so that a search looks at few texts. It is read from the log along the chart's chain when somebody first looks
// for something in it, and carried on from where it ended after that: filing an entry costs nothing.
//
// It holds what everybody wrote. Who may see which of it is judged anew for each reader.
type spine struct {
	mu     sync.Mutex
	chart  record.ID
	locale string
	weight atomic.Int64 // bytes, about
	heard
}

// heard is what a spine has read so far.
type heard struct {
	head    int64 // the newest entry it has
	lines   []line
	texts   []string          // folded
	known   map[uint64]uint32 // texts by their kind and body
	authors index[record.ID]
	kinds   index[string]
	labels  index[string]
	size    int // bytes of texts
}

// line is one entry.
type line struct {
	seq      int64
	id       record.ID
	happened int64
	amends   record.ID
	author   uint32
	kind     uint32
	labels   uint32
	text     uint32
}

// index numbers values as they come.
type index[T comparable] struct {
	all []T
	at  map[T]uint32
}

func (x *index[T]) of(v T) uint32 {
	n, ok := x.at[v]
	if !ok {
		if x.at == nil {
			x.at = map[T]uint32{}
		}
		n = uint32(len(x.all)) //nolint:gosec // fewer authors and kinds than that
		x.at[v], x.all = n, append(x.all, v)
	}
	return n
}

var seed = maphash.MakeSeed()

const stretch = 4096 // entries read in one question

// extend reads what was filed since. An entry's words destroyed since are no longer to be found: then everything is read anew.
func (s *spine) extend(ctx context.Context, q db.Querier, kinds *record.Kinds) error {
	head, err := record.HeadOf(q, s.chart)
	if err != nil || head == s.head {
		return err
	}
	var fresh []*record.Entry
	for at := head; at > s.head; {
		list, next, err := record.Words(q, s.chart, at, stretch)
		if err != nil {
			return err
		}
		for _, e := range list {
			if e.Seq > s.head {
				fresh = append(fresh, e)
			}
		}
		at = next
	}
	if s.head > 0 && slices.ContainsFunc(fresh, func(e *record.Entry) bool { return e.Kind == "record.destroyed" }) {
		s.heard = heard{}
		return s.extend(ctx, q, kinds)
	}
	for _, e := range slices.Backward(fresh) {
		s.add(ctx, kinds, e)
	}
	s.head = head
	s.weight.Store(int64(len(s.lines)*bytesOfLine + s.size))
	return nil
}

const bytesOfLine = 72

func (s *spine) add(ctx context.Context, kinds *record.Kinds, e *record.Entry) {
	var h maphash.Hash
	h.SetSeed(seed)
	_, _ = h.WriteString(e.Kind)
	_ = h.WriteByte(0)
	_, _ = h.Write(e.Body)
	sum := h.Sum64()
	at, ok := s.known[sum]
	if !ok {
		t := names.Fold(saidIn(ctx, kinds, e))
		at = uint32(len(s.texts)) //nolint:gosec // fewer than entries in a chart
		if s.known == nil {
			s.known = map[uint64]uint32{}
		}
		s.known[sum], s.texts, s.size = at, append(s.texts, t), s.size+len(t)
	}
	s.lines = append(s.lines, line{e.Seq, e.ID, clock.Micros(e.Happened), e.Amends, s.authors.of(e.Author), s.kinds.of(e.Kind), s.labels.of(strings.Join(e.Labels, " ")), at})
}

// saidIn is everything that an entry says in words: its line, and what stands in its body.
func saidIn(ctx context.Context, kinds *record.Kinds, e *record.Entry) string {
	k, err := kinds.Find(e.Kind)
	if err != nil {
		return ""
	}
	b, err := kinds.Decode(e)
	if err != nil {
		return ""
	}
	return sayLine(ctx, k, e, b) + "\n" + strings.Join(wordsIn(ctx, e.Kind, b), "\n")
}

// entry is a line as far as seeing it is judged by.
func (s *spine) entry(l *line) *record.Entry {
	return &record.Entry{Seq: l.seq, ID: l.id, Chart: s.chart, Kind: s.kinds.all[l.kind], Happened: clock.FromMicros(l.happened), Author: s.authors.all[l.author], Amends: l.amends, Labels: strings.Fields(s.labels.all[l.labels])}
}

// shelf keeps the spines of the charts that were searched lately.
type shelf struct {
	mu   sync.Mutex
	kept []*spine // the one used last comes last
}

// mostWeight is how many bytes the shelf holds at most, the chart in hand apart.
const mostWeight = 24 << 20

// take gives the spine of a chart, a new one where there is none.
func (f *shelf) take(chart record.ID, locale string) *spine {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := slices.IndexFunc(f.kept, func(s *spine) bool { return s.chart == chart && s.locale == locale })
	s := &spine{chart: chart, locale: locale}
	if at >= 0 {
		s = f.kept[at]
		f.kept = slices.Delete(f.kept, at, at+1)
	}
	f.kept = append(f.kept, s)
	return s
}

// settle lets go of those used longest ago until what is kept is light enough.
func (f *shelf) settle() {
	f.mu.Lock()
	defer f.mu.Unlock()
	var sum int64
	for i, s := range slices.Backward(f.kept) {
		if sum += s.weight.Load(); sum > mostWeight && i < len(f.kept)-1 {
			f.kept = slices.Delete(f.kept, 0, i+1)
			return
		}
	}
}

// read gives a chart's spine up to the newest entry, to be used while nobody else changes it.
func (b *board) read(c *web.Ctx, chart record.ID, use func(*spine) error) error {
	s := b.spines.take(chart, ui.From(c.Context()).Locale)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.extend(c.Context(), c.Read(), c.Committer.Kinds()); err != nil {
		return fmt.Errorf("reading chart %s to search it: %w", chart, err)
	}
	b.spines.settle()
	return use(s)
}
