package room

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"milieu/care/handover"
	"milieu/house/clients"
	"milieu/house/places"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// back is how many days of changes are looked at to say how often something was carried forward.
const back = 21

// sheet is the handover of one unit at one change of shifts. It is compiled once for all who may see the same, and changed by nobody.
type sheet struct {
	handover.Span
	Unit    web.Unit
	Rules   handover.Rules
	People  []*person // by name; the unit itself last, where it has anything to hand over
	Entries int       // from how many entries it was compiled
	Given   []handover.Said
	Taken   []handover.Said // of the unit
	called  map[record.ID]*person
}

// person is one person's part, or the unit's.
type person struct {
	clients.Card
	IsUnit bool
	State  ui.State // how closely to look: late, now, or next for steady
	Mark   string   // how closely they are watched, in words
	Pips   int
	Lines  []room.HandoverLine // what is told, in the order of headings and time
	Items  []item              // what is open
	Words  []handover.Said     // by the outgoing
	Ahead  []handover.Said     // words that wait already for the change after this one
	Taken  []handover.Said     // by the incoming
}

// item is one open thing that somebody accepts.
type item struct {
	Key    string
	Text   string
	Sub    string
	Href   string
	State  ui.State
	At     time.Time
	Due    handover.Due
	Status handover.Status
	Times  int       // at how many changes before it was handed over
	First  time.Time // and at which first
}

// Open counts what nobody has accepted.
func (p *person) open() int {
	n := 0
	for i := range p.Items {
		if !p.Items[i].Status.Accepted() {
			n++
		}
	}
	return n
}

// late names the items that are late and that nobody has accepted.
func (p *person) late() (out []string) {
	for i := range p.Items {
		if it := &p.Items[i]; it.State == ui.Late && !it.Status.Accepted() {
			out = append(out, it.Text)
		}
	}
	return out
}

func (p *person) taken() bool { return len(p.Taken) > 0 }

// people counts those taken over and all.
func (s *sheet) progress() (taken, all int) {
	for _, p := range s.People {
		if p.IsUnit {
			continue
		}
		all++
		if p.taken() {
			taken++
		}
	}
	return taken, all
}

// current is the handover that people work on now. ok is false where there is none.
func (h *handovers) current(c *web.Ctx, unit web.Unit) (*sheet, bool, error) {
	house, err := places.HouseOf(c.Read())
	if err != nil {
		return nil, false, err
	}
	rules, err := rulesNow(c.Read(), unit.ID)
	if err != nil {
		return nil, false, err
	}
	changes := handover.Changes(house.Shifts, house.Location(), c.Now, back)
	span, ok := handover.At(changes, c.Now, rules.Lead())
	if !ok {
		return nil, false, nil
	}
	s, err := h.compiled(c, unit, rules, changes, span)
	return s, err == nil, err
}

// compiled gives the sheet of a change, remembered for all who may see the same. Where entries carry labels, each reader has their own.
func (h *handovers) compiled(c *web.Ctx, unit web.Unit, rules handover.Rules, changes []places.Span, span handover.Span) (*sheet, error) {
	charts, merged, err := h.people(c, unit.ID)
	if err != nil {
		return nil, err
	}
	s := room.Span{Unit: unit.ID, Charts: charts, Merged: merged, From: span.From, Until: span.Change}
	sights, err := c.Directory.Sights(c.Read(), c.Scope, append(s.All(), unit.ID)...)
	if err != nil {
		return nil, err
	}
	s.Sees = sights.Sees
	what := "handover " + span.Change.UTC().Format(time.RFC3339)
	if !sights.Whole() {
		what += " " + c.Scope.Person.String()
	}
	out, err := web.Remember(c, unit.ID, what, func() (*sheet, error) { return h.compile(c, unit, rules, changes, span, s) })
	if err == nil {
		err = sights.Err()
	}
	return out, err
}

// people are the charts of everybody on a unit, and those merged into them.
func (h *handovers) people(c *web.Ctx, unit record.ID) ([]record.ID, map[record.ID]record.ID, error) {
	cards, err := clients.Cards(c.Read(), unit)
	if err != nil {
		return nil, nil, err
	}
	charts := make([]record.ID, len(cards))
	for i := range cards {
		charts[i] = cards[i].ID
	}
	merged, err := clients.Families(c.Read(), charts...)
	return charts, merged, err
}

// compile reads a whole unit, a few statements for each room that has something to say.
func (h *handovers) compile(c *web.Ctx, unit web.Unit, rules handover.Rules, changes []places.Span, span handover.Span, s room.Span) (*sheet, error) {
	q := c.Read()
	out := &sheet{Span: span, Unit: unit, Rules: rules, called: map[record.ID]*person{}}
	cards, err := clients.Cards(q, unit.ID)
	if err != nil {
		return nil, err
	}
	for i := range cards {
		p := &person{Card: cards[i], State: ui.Next}
		out.People = append(out.People, p)
		out.called[p.ID] = p
	}
	own := &person{Card: clients.Card{ID: unit.ID, Name: unit.Name}, IsUnit: true, State: ui.Next}
	out.called[unit.ID] = own
	told := map[record.ID]bool{}
	for _, part := range h.parts {
		lines, err := part.Lines(c, q, s)
		if err != nil {
			return nil, fmt.Errorf("handover of %s: %w", part.Name, err)
		}
		for chart, list := range lines {
			if p := out.called[s.Root(chart)]; p != nil {
				for _, l := range list {
					told[l.Entry] = true
					p.tell(c.Context(), l, changes, span)
				}
			}
		}
	}
	if err := h.facts(c, q, s, out, told); err != nil {
		return nil, err
	}
	if err := h.dues(c, q, s, out, changes); err != nil {
		return nil, err
	}
	if err := out.said(q, s); err != nil {
		return nil, err
	}
	delete(told, record.Zero)
	out.Entries = len(told)
	for _, p := range out.called {
		p.order()
	}
	if len(own.Lines)+len(own.Items)+len(own.Words) > 0 {
		out.People = append(out.People, own)
	}
	return out, nil
}

// tell takes a room's line in: as something told, or as an item where something is to be done.
func (p *person) tell(ctx context.Context, l room.HandoverLine, changes []places.Span, span handover.Span) {
	if l.Heading == room.Illness && rank(l.State) > rank(p.State) {
		p.State = l.State
	}
	if !l.Open {
		p.Lines = append(p.Lines, l)
		return
	}
	it := item{Key: l.Key, Text: l.Text, Href: l.Href, State: cmp.Or(l.State, ui.Next), At: l.At, Sub: ui.T(ctx, "handover.page.since", ui.WhenText(ctx, l.At))}
	it.Times, it.First = handover.Carried(changes, span, l.At, l.At)
	p.Items = append(p.Items, it)
}

func rank(s ui.State) int {
	switch s {
	case ui.Late:
		return 2
	case ui.Now:
		return 1
	}
	return 0
}

// facts are the entries that say themselves what happened: notes, contacts, forms, whatever rooms there are.
func (h *handovers) facts(c *web.Ctx, q db.Querier, s room.Span, out *sheet, told map[record.ID]bool) error {
	all := s.All()
	for part := range slices.Chunk(all, 64) {
		args := []any{clock.Micros(s.From), clock.Micros(s.Until)}
		for i := range part {
			args = append(args, part[i][:])
		}
		var found []*record.Entry
		err := db.Each(q, "SELECT "+factColumns+" FROM handover_fact_v1 f JOIN entry e ON e.id = f.id WHERE f.happened >= $1 AND f.happened < $2 AND f.chart IN ("+db.Places(3, len(part))+") ORDER BY f.happened, f.id", args, func(r db.Row) error {
			e, err := record.ScanEntry(r)
			found = append(found, e)
			return err
		})
		if err != nil {
			return fmt.Errorf("reading the facts of the shift: %w", err)
		}
		for _, e := range found {
			p := out.called[s.Root(e.Chart)]
			if p == nil || told[e.ID] || !s.Sees(e.Chart, e.ID) {
				continue
			}
			told[e.ID] = true
			p.Lines = append(p.Lines, room.HandoverLine{Heading: room.Person, Key: "entry " + e.ID.String(), At: e.Happened, Text: lineOf(c, e), Entry: e.ID, Href: "/clients/" + e.Chart.String() + "/entries/" + e.ID.String()})
		}
	}
	return nil
}

var factColumns = "e." + strings.ReplaceAll(record.Columns, ", ", ", e.")

// lineOf says an entry in words, beginning with a capital.
func lineOf(c *web.Ctx, e *record.Entry) string {
	k, err := c.Committer.Kinds().Find(e.Kind)
	if err != nil {
		return e.Kind
	}
	b, err := c.Committer.Kinds().Decode(e)
	if err != nil {
		return ui.T(c.Context(), "handover.page.destroyed")
	}
	return ui.Line(c.Context(), k.Line(e, b))
}

// dues are what is open and asked for before the next shift ends, or late, as their rules' faces say it.
func (h *handovers) dues(c *web.Ctx, q db.Querier, s room.Span, out *sheet, changes []places.Span) error {
	ctx := c.Context()
	windows, err := due.Of(q, append(slices.Clone(s.Charts), s.Unit)...)
	if err != nil {
		return err
	}
	for i := range windows {
		w := &windows[i]
		p, face := out.called[w.Chart], h.faces[w.Rule]
		if p == nil || face.Show == nil {
			continue
		}
		shown := face.Show(ctx, *w)
		if shown.Mark != "" && p.Mark == "" {
			p.Mark, p.Pips = shown.Mark, pips(shown.Rank)
		}
		state := w.At(c.Now)
		if strings.HasPrefix(w.Rule, "handover.") || w.Opens.After(c.Now) || state != due.StateLate && (face.Routine || w.Due.After(out.Next)) || !s.Sees(w.Chart, w.Anchor) {
			continue
		}
		it := item{Key: dueKey(w), Text: shown.What, Sub: ui.Joined(", ", ui.DueText(ctx, w.Due), ui.WhenText(ctx, w.Due), shown.Last), Href: shown.Href, State: ui.State(state), At: w.Due, Due: handover.Due{Rule: w.Rule, Slot: w.Key, Anchor: w.Anchor}}
		it.Times, it.First = handover.Carried(changes, out.Span, w.Opens, w.Due)
		p.Items = append(p.Items, it)
	}
	return nil
}

func dueKey(w *due.Window) string { return strings.TrimSpace(w.Rule + " " + w.Key) }

// pips are the bars that a level shows: how closely somebody is watched, at most four.
func pips(rank int) int { return min(max(rank, 0), 4) }

// said puts what people said at this change where it belongs.
func (s *sheet) said(q db.Querier, span room.Span) error {
	list, err := saidAt(q, s.Change, append(span.All(), span.Unit))
	if err != nil {
		return err
	}
	ahead, err := saidAt(q, s.Next, append(span.All(), span.Unit))
	if err != nil {
		return err
	}
	for _, one := range ahead {
		if p := s.called[span.Root(one.Chart)]; p != nil && one.Kind == handover.KindWords && span.Sees(one.Chart, one.ID) {
			p.Ahead = append(p.Ahead, one)
		}
	}
	items := map[record.ID][]handover.Said{}
	for _, one := range list {
		if !span.Sees(one.Chart, one.ID) {
			continue
		}
		p := s.called[span.Root(one.Chart)]
		if p == nil {
			continue
		}
		switch one.Kind {
		case handover.KindWords:
			p.Words = append(p.Words, one)
		case handover.KindGiven:
			s.Given = append(s.Given, one)
		case handover.KindTaken:
			if p.IsUnit {
				s.Taken = append(s.Taken, one)
			} else {
				p.Taken = append(p.Taken, one)
			}
		default:
			items[p.ID] = append(items[p.ID], one)
		}
	}
	for id, list := range items {
		p, now := s.called[id], handover.Statuses(list)
		for i := range p.Items {
			p.Items[i].Status = now[p.Items[i].Key]
		}
	}
	return nil
}

// order puts lines under their headings by time, and what is open by urgency: late first, then by when it is asked for.
func (p *person) order() {
	slices.SortStableFunc(p.Lines, func(a, b room.HandoverLine) int {
		return cmp.Or(slices.Index(handover.Headings, a.Heading)-slices.Index(handover.Headings, b.Heading), a.At.Compare(b.At), strings.Compare(a.Key, b.Key))
	})
	slices.SortStableFunc(p.Items, func(a, b item) int {
		return cmp.Or(rank(b.State)-rank(a.State), a.At.Compare(b.At), strings.Compare(a.Key, b.Key))
	})
}

// of gives the lines under one heading.
func (p *person) of(heading string) []room.HandoverLine {
	var out []room.HandoverLine
	for _, l := range p.Lines {
		if l.Heading == heading {
			out = append(out, l)
		}
	}
	return out
}

func (p *person) words(heading string) []handover.Said {
	var out []handover.Said
	for _, w := range p.Words {
		if w.Heading == heading {
			out = append(out, w)
		}
	}
	return out
}
