package chart

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"milieu/house/clients"
	clientsroom "milieu/house/clients/room"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

const (
	pageOf  = 60             // entries on a page of the timeline
	aheadOf = 12 * time.Hour // what opens later is no due of today
)

// silent are kinds that are no statements about anybody: what another system sent, kept for its bytes.
func silent(kind string) bool { return kind == "clients.imported" }

// timeline reads a page of the client's charts, newest first.
func (b *board) timeline(c *web.Ctx, v *view) error {
	before := seqOf(c.R.URL.Query().Get("before"))
	rooms := map[string]bool{}
	var all []*record.Entry
	if v.Only != "" {
		rooms[v.Only] = true
		found, err := b.filtered(c, v.Page, filter{Rooms: []string{v.Only}}, before)
		if err != nil {
			return err
		}
		all = found.Entries
	} else {
		for _, chart := range v.Charts() {
			sight, err := v.Sees(c, chart)
			if err != nil {
				return err
			}
			list, err := record.Latest(c.Read(), chart, before, pageOf+1, func(e *record.Entry) bool { return !silent(e.Kind) && sight.Sees(e) })
			if err := errors.Join(err, sight.Err()); err != nil {
				return err
			}
			all = append(all, list...)
		}
		slices.SortFunc(all, func(a, b *record.Entry) int { return cmp.Compare(b.Seq, a.Seq) })
	}
	if len(all) > pageOf {
		all = all[:pageOf]
		v.Earlier = path(v.ID) + "?before=" + strconv.FormatInt(all[len(all)-1].Seq, 10)
		if v.Only != "" {
			v.Earlier += "&of=" + v.Only
		}
	}
	for _, e := range all {
		rooms[roomOf(e.Kind)] = true
	}
	ctx := c.Context()
	v.Rooms = []ui.Segment{{Label: ui.T(ctx, "chart.of_all"), Href: path(v.ID), Current: v.Only == ""}}
	for _, name := range slices.Sorted(maps.Keys(rooms)) {
		if words := roomWords(ctx, name); words != "" {
			v.Rooms = append(v.Rooms, ui.Segment{Label: words, Href: path(v.ID) + "?of=" + name, Current: v.Only == name})
		}
	}
	var err error
	v.Days, err = b.days(c, v.Page, all, nil)
	return err
}

func roomOf(kind string) string {
	name, _, _ := strings.Cut(kind, ".")
	return name
}

// days puts entries under the days on which they happened, the latest first. What was said of an entry since stands under it, however much
// later it was said; an amendment of what is not among them stands for itself.
func (b *board) days(c *web.Ctx, p *clientsroom.Page, all []*record.Entry, looked []string) ([]ui.TimelineDay, error) {
	amends, err := b.amends(c, p, all)
	if err != nil {
		return nil, err
	}
	folded := map[record.ID]bool{}
	here := map[record.ID]bool{}
	for _, e := range all {
		here[e.ID] = true
	}
	for target, list := range amends {
		for _, a := range list {
			folded[a.ID] = folded[a.ID] || here[target]
		}
	}
	shown := slices.DeleteFunc(slices.Clone(all), func(e *record.Entry) bool { return folded[e.ID] })
	slices.SortStableFunc(shown, func(a, b *record.Entry) int { return b.Happened.Compare(a.Happened) })
	zone := ui.From(c.Context()).Zone
	var out []ui.TimelineDay
	var last string
	for _, e := range shown {
		if day := e.Happened.In(zone).Format(time.DateOnly); day != last {
			last = day
			out = append(out, ui.TimelineDay{Day: e.Happened})
		}
		item, err := b.item(c, p, e, amends, looked)
		if err != nil {
			return nil, err
		}
		at := &out[len(out)-1]
		at.Items = append(at.Items, item)
	}
	return out, nil
}

// amends gives what amends the entries, and what amends that, as far as the reader may see it.
func (b *board) amends(c *web.Ctx, p *clientsroom.Page, all []*record.Entry) (map[record.ID][]*record.Entry, error) {
	out := map[record.ID][]*record.Entry{}
	byChart := map[record.ID][]record.ID{}
	for _, e := range all {
		byChart[e.Chart] = append(byChart[e.Chart], e.ID)
	}
	for chart, ids := range byChart {
		sight, err := p.Sees(c, chart)
		if err != nil {
			return nil, err
		}
		for depth := 0; len(ids) > 0 && depth < 8; depth++ { // a ring of amendments, which only a forger makes, ends here
			found, err := record.AmendsOf(c.Read(), chart, ids...)
			if err != nil {
				return nil, err
			}
			ids = nil
			for target, list := range found {
				if out[target] != nil {
					continue
				}
				for _, a := range list {
					if sight.Sees(a) {
						out[target] = append(out[target], a)
						ids = append(ids, a.ID)
					}
				}
			}
			if err := sight.Err(); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// item is one entry as the timeline shows it. looked are folded words to mark.
func (b *board) item(c *web.Ctx, p *clientsroom.Page, e *record.Entry, amends map[record.ID][]*record.Entry, looked []string) (ui.TimelineItem, error) {
	ctx := c.Context()
	body, _ := c.Committer.Kinds().Decode(e) // what was destroyed, or is of a kind no longer known, says so in its line
	t := ui.TimelineItem{ID: "entry-" + e.ID.String(), At: e.Happened, Icon: icon(e.Kind), By: authorWords(c, e), Href: path(p.ID, "/entries/", e.ID.String()), Title: lineOf(c, e)}
	if err := b.shape(c, &t, e, body); err != nil {
		return t, err
	}
	if len(looked) > 0 {
		t.Marked = marked(t.Title, looked)
		if found := snippet(ctx, e, body, looked); found != "" {
			t.Body = foundIn(found, looked)
		}
	}
	for _, a := range amends[e.ID] {
		t.Amends = append(t.Amends, amendment(c, a, t.Title))
		for _, again := range amends[a.ID] { // what amends the amendment
			t.Amends = append(t.Amends, ui.Amend{Title: amendedBy(c, again), Text: reasonOf(c, again)})
		}
	}
	for _, words := range markWords(ctx, e) {
		t.Badges = append(t.Badges, ui.Badge(ui.Note, "clock", words))
	}
	sight, err := p.Sees(c, e.Chart)
	if err != nil {
		return t, err
	}
	shown := sight.Shown(e, 0)
	for _, l := range shown.Labels {
		t.Badges = append(t.Badges, ui.Badge(ui.Note, "tag", clients.LabelWords(ctx, l)))
	}
	if t.Cites, err = b.cites(c, p, shown.Cites); err != nil {
		return t, err
	}
	if !e.Amends.IsZero() {
		t.Cites = append(t.Cites, ui.Cite{Label: ui.T(ctx, "chart.amends"), Href: path(p.ID, "/entries/", e.Amends.String())})
	}
	return t, sight.Err()
}

// shape gives an entry the look that its room has for it.
func (b *board) shape(c *web.Ctx, t *ui.TimelineItem, e *record.Entry, body record.Body) error {
	s, ok := b.people.Shapes[e.Kind]
	if !ok {
		if s, ok = b.people.Shapes[roomOf(e.Kind)]; !ok {
			return nil
		}
	}
	if s.Icon != "" {
		t.Icon = s.Icon
	}
	if s.Href != nil {
		t.Href = s.Href(e)
	}
	if s.Body == nil || body == nil {
		return nil
	}
	var err error
	if t.Body, err = s.Body(c, e, body); err != nil {
		return fmt.Errorf("drawing entry %s: %w", e.ID, err)
	}
	return nil
}

// amendment is what was said of an entry since: the old words stay readable.
func amendment(c *web.Ctx, a *record.Entry, words string) ui.Amend {
	m := ui.Amend{Title: amendedBy(c, a)}
	switch a.Amendment {
	case record.InError, record.WrongChart:
		m.Was = words
	case record.Correction:
		m.Was, m.Is = words, lineOf(c, a)
	default:
		m.Text = lineOf(c, a)
	}
	m.Text = ui.Joined(" · ", m.Text, reasonOf(c, a))
	return m
}

func amendedBy(c *web.Ctx, a *record.Entry) string {
	return ui.T(c.Context(), "chart.amended."+string(a.Amendment), ui.WhenText(c.Context(), a.Written), authorWords(c, a))
}

// lineOf says an entry in words, beginning with a capital. What was destroyed, or is of a kind no longer known, says so.
func lineOf(c *web.Ctx, e *record.Entry) string {
	k, err := c.Committer.Kinds().Find(e.Kind)
	if err != nil {
		return e.Kind
	}
	b, err := c.Committer.Kinds().Decode(e)
	if err != nil {
		return ui.T(c.Context(), "chart.destroyed")
	}
	return sayLine(c.Context(), k, e, b)
}

func sayLine(ctx context.Context, k *record.Kind, e *record.Entry, b record.Body) string {
	return ui.Line(ctx, k.Line(e, b))
}

func reasonOf(c *web.Ctx, e *record.Entry) string {
	b, err := c.Committer.Kinds().Decode(e)
	if err != nil {
		return ""
	}
	switch b := b.(type) {
	case *record.Withdrawn:
		return b.Reason
	case *record.Moved:
		return b.Reason
	}
	return ""
}

// markWords are what admission noted about an entry: that it came late, that a clock was wrong.
func markWords(ctx context.Context, e *record.Entry) []string {
	var out []string
	for _, mark := range e.Marks {
		if ui.Has(ctx, "chart.mark."+mark) {
			out = append(out, ui.T(ctx, "chart.mark."+mark))
		}
	}
	return out
}

// authorWords is who wrote an entry, as what.
func authorWords(c *web.Ctx, e *record.Entry) string {
	ctx := c.Context()
	if p := c.Directory.Person(e.Author); p != nil {
		return ui.T(ctx, "chart.by", p.Name, roleWords(ctx, e.Role))
	}
	return ui.T(ctx, "chart.by_program")
}

func roleWords(ctx context.Context, role string) string {
	if key := "web.role." + role; ui.Has(ctx, key) {
		return ui.T(ctx, key)
	}
	return role
}

var icons = map[string]string{"rounds": "round", "due": "clock", "record": "undo", "service": "info"}

func icon(kind string) string {
	switch kind {
	case "clients.allergy_noted":
		return "warn"
	case "clients.legal_status_set":
		return "law"
	case "clients.admitted", "clients.transferred":
		return "bed"
	case "clients.left", "clients.returned", "clients.discharged":
		return "door"
	case "clients.flag_set":
		return "helps"
	case "clients.precaution_set":
		return "shield"
	}
	if i := icons[roomOf(kind)]; i != "" {
		return i
	}
	return "person"
}
