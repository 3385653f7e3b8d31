package room

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"

	"milieu/house/clients"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	roomkit "milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// head is what stands at the top of every page of one client.
type head struct {
	*clients.Client
	Age   string
	Unit  string
	Tab   string
	May   func(action string) bool
	Ask   bool // nobody has asked about allergies yet
	None  bool // asked, and none known
	Allgs []string
	// Hidden are the entries of the client's charts that the reader may not see.
	Hidden clients.Hidden
	sight  map[record.ID]*access.Sight
	// Labels are those that entries of the client's charts carry.
	Labels     map[record.ID][]string
	mayRelabel bool
	tabs       []ui.Tab
	shapes     map[string]roomkit.Shape
}

// open reads the client of the page and makes sure that the person may see them. A merged chart's address leads to the one that goes on.
func (r *Room) open(c *web.Ctx, tab string) (*head, error) {
	id, err := c.Chart("chart")
	if err != nil {
		return nil, err
	}
	return r.openOf(c, id, tab)
}

// openOf is open for a chart that the reader is known to see.
func (r *Room) openOf(c *web.Ctx, id record.ID, tab string) (*head, error) {
	q := c.Read()
	client, err := clients.Of(q, id)
	if err == db.ErrNoRows {
		return nil, fault.New(fault.NotFound, "there is nothing here that you may see")
	}
	if err != nil {
		return nil, err
	}
	h := &head{Client: client, Tab: tab, May: func(action string) bool { return c.Directory.May(c.Scope, action, id) }}
	if years, ok := client.Identity.Age(c.Now); ok {
		h.Age = strconv.Itoa(years)
	}
	names, err := unitNames(c)
	if err != nil {
		return nil, err
	}
	if err := h.labelled(c); err != nil {
		return nil, err
	}
	h.Unit = names[client.Card.Unit]
	h.tabs, h.shapes = r.tabs(c, h), r.Shapes
	allergies, err := clients.Allergies(q, id)
	if err != nil {
		return nil, err
	}
	h.Ask = true
	for _, a := range allergies {
		if a.Ended == nil && !a.Says.Past {
			h.Ask = false
			h.None = h.None || a.Says.NoneKnown
		}
	}
	return h, nil
}

// labelled reads which entries carry labels, and which of them the reader may not see.
func (h *head) labelled(c *web.Ctx) error {
	for _, chart := range append([]record.ID{h.ID}, h.Merged...) {
		list, err := access.LabelsIn(c.Read(), chart)
		if err != nil {
			return err
		}
		for _, l := range list {
			if h.Labels == nil {
				h.Labels = map[record.ID][]string{}
			}
			h.Labels[l.Entry] = l.Labels
		}
	}
	var err error
	if h.Hidden, err = clients.HiddenFrom(c.Directory, c.Read(), c.Scope, h.ID); err != nil {
		return err
	}
	h.mayRelabel = c.Directory.May(c.Scope, "access.relabel", h.ID)
	return nil
}

// relabel is where the labels of an entry are changed; empty where the reader may not.
func (h *head) relabel(entry record.ID) string {
	if !h.mayRelabel {
		return ""
	}
	return path(h.ID, "/entries/", entry.String(), "/labels")
}

// facts are the labelled facts of the head.
func (h *head) facts(ctx context.Context) []ui.Fact {
	out := []ui.Fact{{Label: ui.T(ctx, "clients.page.where"), Text: whereWords(ctx, &h.Card), Detail: ui.T(ctx, "clients.page.since", ui.WhenText(ctx, h.Since))}}
	allergies := ui.Fact{Label: ui.T(ctx, "clients.page.allergies"), Text: strings.Join(h.Allergies, ", ")}
	switch {
	case len(h.Allergies) > 0:
		allergies.Value = ui.Icon("warn")
	case h.None:
		allergies.Text = ui.T(ctx, "clients.page.no_allergies")
	default:
		allergies.Text = ui.T(ctx, "clients.page.not_asked")
	}
	out = append(out, allergies)
	if h.Language != "" || h.Interpreter {
		f := ui.Fact{Label: ui.T(ctx, "clients.page.language"), Text: languageWords(h.Language)}
		if h.Interpreter {
			f.Detail = ui.T(ctx, "clients.page.interpreter."+h.Interpret)
		}
		out = append(out, f)
	}
	if h.Legality.Status != "" {
		f := ui.Fact{Label: ui.T(ctx, "clients.page.legal"), Text: legalWords(ctx, h.Legality.Status, h.Legality.Words)}
		if !h.Legality.Until.IsZero() {
			f.Detail = ui.T(ctx, "clients.page.ends", ui.WhenText(ctx, h.Legality.Until))
		}
		out = append(out, f)
	}
	return out
}

func legalWords(ctx context.Context, status, words string) string {
	if words != "" {
		return words
	}
	return ui.T(ctx, "clients.legal."+status)
}

// tabs are the pages of one client: the chart's own, then those that other rooms bring.
func (r *Room) tabs(c *web.Ctx, h *head) []ui.Tab {
	ctx := c.Context()
	tabs := []ui.Tab{}
	for _, t := range []string{"", "about", "health", "contacts", "legal", "stays"} {
		name, to := t, path(h.ID)
		if t == "" {
			name = "timeline"
		} else {
			to += "/" + t
		}
		tabs = append(tabs, ui.Tab{Label: ui.T(ctx, "clients.page.tab."+name), Href: to, Current: h.Tab == name})
	}
	others := slices.Clone(r.Tabs)
	slices.SortStableFunc(others, func(a, b roomkit.Tab) int { return a.Order - b.Order })
	for _, t := range others {
		if h.May(t.Action) {
			tabs = append(tabs, ui.Tab{Label: ui.T(ctx, t.Key), Href: t.Href(h.ID), Current: h.Tab == t.Name})
		}
	}
	return tabs
}

// head is the top of another room's page of one client.
func (r *Room) head(c *web.Ctx, chart record.ID, tab string) (templ.Component, error) {
	h, err := r.openOf(c, chart, tab)
	if err != nil {
		return nil, err
	}
	return clientHead(h), nil
}

// steps of a timeline.
const timelinePage = 60

type chartView struct {
	*head
	Days    []ui.TimelineDay
	Rooms   []ui.Segment
	Earlier string
	Acts    []act
	Panels  []templ.Component
}

func (r *Room) showChart(c *web.Ctx) error {
	h, err := r.open(c, "timeline")
	if err != nil {
		return err
	}
	if h.ID.String() != c.R.PathValue("chart") {
		return c.Redirect(path(h.ID))
	}
	if c.ForDevice() {
		return h.showFirst(c)
	}
	v := chartView{head: h, Acts: r.acts(c.Context(), h)}
	if err := v.timeline(c); err != nil {
		return err
	}
	panels := slices.Clone(r.Panels)
	slices.SortStableFunc(panels, func(a, b roomkit.Panel) int { return a.Order - b.Order })
	for _, p := range panels {
		if !c.Scope.May(p.Action) {
			continue
		}
		shown, err := p.Show(c, c.Read(), h.ID)
		if err != nil {
			return fmt.Errorf("panel %s: %w", p.Name, err)
		}
		if shown != nil {
			v.Panels = append(v.Panels, shown)
		}
	}
	return c.Show(h.page(c), chartPage(v))
}

// timeline reads the latest entries of the client's charts, each with what amends it beneath it.
func (v *chartView) timeline(c *web.Ctx) error {
	form := c.R.URL.Query()
	before, _ := strconv.ParseInt(form.Get("before"), 10, 64) // anything else begins at the end
	only := form.Get("of")
	var all []*record.Entry
	rooms := map[string]bool{}
	for _, chart := range append([]record.ID{v.ID}, v.Merged...) {
		sight, err := v.sees(c, chart)
		if err != nil {
			return err
		}
		list, err := record.Latest(c.Read(), chart, before, timelinePage+1, func(e *record.Entry) bool {
			if !sight.Sees(e) {
				return false
			}
			name, _, _ := strings.Cut(e.Kind, ".")
			rooms[name] = true
			return e.Kind != "clients.imported" && (only == "" || name == only || name == "record")
		})
		if err := errors.Join(err, sight.Err()); err != nil {
			return err
		}
		all = append(all, list...)
	}
	slices.SortFunc(all, func(a, b *record.Entry) int { return int(b.Seq - a.Seq) })
	if len(all) > timelinePage {
		all = all[:timelinePage]
		v.Earlier = path(v.ID) + "?before=" + strconv.FormatInt(all[len(all)-1].Seq, 10)
		if only != "" {
			v.Earlier += "&of=" + only
		}
	}
	ctx := c.Context()
	v.Rooms = []ui.Segment{{Label: ui.T(ctx, "clients.page.of_all"), Href: path(v.ID), Current: only == ""}}
	for _, name := range slices.Sorted(keys(rooms)) {
		if key := "clients.page.of." + name; ui.Has(ctx, key) {
			v.Rooms = append(v.Rooms, ui.Segment{Label: ui.T(ctx, key), Href: path(v.ID) + "?of=" + name, Current: only == name})
		}
	}
	var err error
	v.Days, err = v.days(c, all)
	return err
}

// sees is what the reader may see of one of the client's charts.
func (h *head) sees(c *web.Ctx, chart record.ID) (*access.Sight, error) {
	if s := h.sight[chart]; s != nil {
		return s, nil
	}
	s, err := c.Directory.Sight(c.Read(), c.Scope, chart)
	if err != nil {
		return nil, err
	}
	if h.sight == nil {
		h.sight = map[record.ID]*access.Sight{}
	}
	h.sight[chart] = s
	return s, nil
}

func keys(m map[string]bool) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// days puts entries under the days on which they happened, the latest first; amendments stand under what they amend.
func (h *head) days(c *web.Ctx, all []*record.Entry) ([]ui.TimelineDay, error) {
	ctx := c.Context()
	amends := map[record.ID][]*record.Entry{}
	byID := map[record.ID]bool{}
	for _, e := range all {
		byID[e.ID] = true
	}
	var shown []*record.Entry
	for _, e := range all {
		if byID[e.Amends] {
			amends[e.Amends] = append(amends[e.Amends], e)
			continue
		}
		shown = append(shown, e)
	}
	slices.SortStableFunc(shown, func(a, b *record.Entry) int { return b.Happened.Compare(a.Happened) })
	zone := ui.From(ctx).Zone
	var out []ui.TimelineDay
	var last string
	for _, e := range shown {
		day := e.Happened.In(zone).Format(time.DateOnly)
		if day != last {
			last = day
			out = append(out, ui.TimelineDay{Day: e.Happened})
		}
		at := &out[len(out)-1]
		item, err := h.item(c, e, amends)
		if err != nil {
			return nil, err
		}
		at.Items = append(at.Items, item)
	}
	return out, nil
}

func (h *head) item(c *web.Ctx, e *record.Entry, amends map[record.ID][]*record.Entry) (ui.TimelineItem, error) {
	ctx := c.Context()
	t := ui.TimelineItem{ID: "entry-" + e.ID.String(), At: e.Happened, Icon: icon(e.Kind), By: author(c, e), Href: path(e.Chart, "/entries/", e.ID.String())}
	if err := h.shape(c, &t, e); err != nil {
		return t, err
	}
	words := lineOf(c, e)
	for _, a := range amends[e.ID] {
		by := ui.T(ctx, "clients.page.amended."+string(a.Amendment), ui.WhenText(ctx, a.Written), author(c, a))
		m := ui.Amend{Title: by}
		switch a.Amendment {
		case record.InError, record.WrongChart:
			m.Was = words
		case record.Correction:
			m.Was, m.Is = words, lineOf(c, a)
		default:
			m.Text = lineOf(c, a)
		}
		if reason := reasonOf(c, a); reason != "" {
			m.Text = joined(m.Text, reason)
		}
		t.Amends = append(t.Amends, m)
		for _, again := range amends[a.ID] { // what amends the amendment
			t.Amends = append(t.Amends, ui.Amend{Title: ui.T(ctx, "clients.page.amended."+string(again.Amendment), ui.WhenText(ctx, again.Written), author(c, again)), Text: reasonOf(c, again)})
		}
	}
	t.Title = words
	for _, mark := range e.Marks {
		if key := "clients.page.mark." + mark; ui.Has(ctx, key) {
			t.Badges = append(t.Badges, ui.Badge(ui.Note, "clock", ui.T(ctx, key)))
		}
	}
	shown := e
	if s := h.sight[e.Chart]; s != nil {
		shown = s.Shown(e, 0)
	}
	for _, l := range shown.Labels {
		t.Badges = append(t.Badges, ui.Badge(ui.Note, "tag", labelWords(ctx, l)))
	}
	for _, id := range shown.Cites {
		t.Cites = append(t.Cites, ui.Cite{Label: ui.T(ctx, "clients.page.cited"), Href: path(e.Chart, "/entries/", id.String())})
	}
	return t, nil
}

// shape gives an entry the look that its room has for it.
func (h *head) shape(c *web.Ctx, t *ui.TimelineItem, e *record.Entry) error {
	s, ok := h.shapes[e.Kind]
	if !ok {
		name, _, _ := strings.Cut(e.Kind, ".")
		if s, ok = h.shapes[name]; !ok {
			return nil
		}
	}
	if s.Icon != "" {
		t.Icon = s.Icon
	}
	if s.Href != nil {
		t.Href = s.Href(e)
	}
	if s.Body == nil {
		return nil
	}
	b, err := c.Committer.Kinds().Decode(e)
	if err != nil {
		return nil //nolint:nilerr // what was destroyed has its line, and nothing under it
	}
	t.Body, err = s.Body(c, e, b)
	if err != nil {
		return fmt.Errorf("drawing entry %s: %w", e.ID, err)
	}
	return nil
}

// lineOf says an entry in words, beginning with a capital. What was destroyed, or is of a kind no longer known, says so.
func lineOf(c *web.Ctx, e *record.Entry) string {
	k, err := c.Committer.Kinds().Find(e.Kind)
	if err != nil {
		return e.Kind
	}
	b, err := c.Committer.Kinds().Decode(e)
	if err != nil {
		return ui.T(c.Context(), "clients.page.destroyed")
	}
	line := k.Line(e, b)
	words := strings.TrimSpace(ui.T(c.Context(), line.Key, line.Args...))
	r, n := utf8.DecodeRuneInString(words)
	return string(unicode.ToUpper(r)) + words[n:]
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

func author(c *web.Ctx, e *record.Entry) string {
	ctx := c.Context()
	role := e.Role
	if key := "web.role." + e.Role; ui.Has(ctx, key) {
		role = ui.T(ctx, key)
	}
	if p := c.Directory.Person(e.Author); p != nil {
		return ui.T(ctx, "clients.page.by", p.Name, role)
	}
	return ui.T(ctx, "clients.page.by_program")
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
	name, _, _ := strings.Cut(kind, ".")
	if i := icons[name]; i != "" {
		return i
	}
	return "person"
}
