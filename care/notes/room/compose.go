package room

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"milieu/care/notes"
	"milieu/house/clients"
	"milieu/house/places"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// composer is a progress note being written.
type composer struct {
	Chart    record.ID
	Name     string
	Pronouns string
	Format   *notes.Format
	Formats  []*notes.Format
	Parts    []notes.Part // those that the writer's role writes under
	Span     span
	Spans    []span
	Hours    []hour
	Count    int
	Labels   []string
	Rules    notes.Rules
	Cosigns  bool // it will wait for a colleague
	Begun    record.ID
	Last     lastNote
	Writer   string

	// Of a correction: the note, its words, and what it cites.
	Corrects *record.Entry
	Was      *notes.Written
}

// span is a stretch of time that a note may cover.
type span struct {
	Name  string // as the address says it; empty: this shift
	Words string
	From  time.Time
	Until time.Time // zero: until the note is signed
}

// lastNote is the author's note of this person before: only to tell the writer how alike the new one is. It fills nothing in.
type lastNote struct {
	Text string `json:"text"`
	When string `json:"when"`
}

// showNew is a progress note to write: GET /clients/{chart}/notes/new.
func showNew(c *web.Ctx) error {
	chart, err := c.Chart("chart")
	if err != nil {
		return err
	}
	v, err := compose(c, chart, c.R.URL.Query().Get("format"), c.R.URL.Query().Get("since"))
	if err != nil {
		return err
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "notes.page.progress"), Scripts: scripts}, composePage(*v, words(c)))
}

func notHere() error { return fault.New(fault.NotFound, "there is nothing here that you may see") }

// compose reads what a note about somebody begins with: nothing clinical is filled in.
func compose(c *web.Ctx, chart record.ID, format, since string) (*composer, error) {
	q := c.Read()
	card, err := clients.CardOf(q, chart)
	if err == db.ErrNoRows {
		return nil, notHere()
	}
	if err != nil {
		return nil, err
	}
	v := &composer{Chart: card.ID, Name: card.Name, Pronouns: card.Pronouns, Writer: string(c.Scope.Role)}
	if err := v.choose(c, format); err != nil {
		return nil, err
	}
	if err := v.spans(c, since); err != nil {
		return nil, err
	}
	family, err := clients.Family(q, chart)
	if err != nil {
		return nil, err
	}
	until := v.Span.Until
	if until.IsZero() {
		until = c.Now
	}
	all, err := citables(c, family, v.Span.From, until)
	if err != nil {
		return nil, err
	}
	v.Hours, v.Count = byHour(c, all), len(all)
	if v.Rules, err = RulesOf(q, card.Unit, c.Now); err != nil {
		return nil, err
	}
	v.Cosigns = v.Rules.Asks(v.Writer) && v.Format.Carries == ""
	if v.Format.Carries == "" {
		v.Labels = labelsFor(c, chart)
	}
	begun, err := lines(q, "author = $1 AND what IN ($2, $3, $4)", c.Scope.Person[:], notes.KindBegun, notes.KindWritten, notes.KindDropped)
	if err != nil {
		return nil, err
	}
	for _, l := range open(begun) {
		if slices.Contains(family, l.Chart) && l.Format == v.Format.ID {
			v.Begun = l.ID
		}
	}
	return v, v.last(c, begun, family)
}

// choose takes the format asked for, or the first that the writer's role is offered.
func (v *composer) choose(c *web.Ctx, id string) error {
	set, err := formatsSet(c.Read())
	if err != nil {
		return err
	}
	for _, f := range notes.Choice(set) {
		if f.Offered(v.Writer) {
			v.Formats = append(v.Formats, f)
		}
	}
	for _, f := range v.Formats {
		if v.Format == nil || f.ID == id {
			v.Format = f
		}
	}
	if v.Format == nil {
		return fault.New(fault.Denied, "the house offers your role no format for notes")
	}
	if v.Format.ID != id && id != "" {
		return notHere()
	}
	for _, p := range v.Format.Parts {
		if p.For(v.Writer) {
			v.Parts = append(v.Parts, p)
		}
	}
	return nil
}

// spans offers this shift and what came before it.
func (v *composer) spans(c *web.Ctx, since string) error {
	house, err := places.HouseOf(c.Read())
	if err != nil {
		return err
	}
	ctx, zone := c.Context(), house.Location()
	now := places.ShiftAt(house.Shifts, zone, c.Now)
	before := places.ShiftAt(house.Shifts, zone, now.From.Add(-time.Minute))
	v.Spans = []span{
		{Words: ui.T(ctx, "notes.page.this_shift"), From: now.From},
		{Name: "before", Words: ui.T(ctx, "notes.page.shift_before"), From: before.From, Until: before.Until},
		{Name: "day", Words: ui.T(ctx, "notes.page.last_day"), From: c.Now.Add(-24 * time.Hour).Truncate(time.Minute)},
	}
	i := slices.IndexFunc(v.Spans, func(s span) bool { return s.Name == since })
	if i < 0 {
		return notHere()
	}
	v.Span = v.Spans[i]
	return nil
}

// last finds the author's note of this person before.
func (v *composer) last(c *web.Ctx, own []line, family []record.ID) error {
	for i := len(own) - 1; i >= 0; i-- {
		l := &own[i]
		if l.What != notes.KindWritten || !slices.Contains(family, l.Chart) {
			continue
		}
		e, err := record.Find(c.Read(), l.ID)
		if err != nil {
			return err
		}
		if b, err := c.Committer.Kinds().Decode(e); err == nil {
			w := b.(*notes.Written)
			v.Last = lastNote{Text: w.Text(notes.FindFormat(w.Format, w.Version)), When: ui.WhenText(c.Context(), e.Happened)}
		}
		return nil
	}
	return nil
}

// form is the note's form. Its draft is named by person and format, so that a change of format loses no words.
func (v *composer) form() ui.EntryForm {
	f := ui.EntryForm{ID: "note", Kind: notes.KindWritten, Chart: v.Chart.String(), Class: "cols cols-aside", Draft: notes.KindWritten + " " + v.Chart.String() + " " + v.Format.ID,
		Attrs: templAttrs(v), Hidden: []ui.Pair{{Name: "format", Value: v.Format.ID}, {Name: "version", Value: strconv.Itoa(v.Format.Version)}, {Name: "from", Value: stamp(v.Span.From)}}}
	if !v.Span.Until.IsZero() {
		f.Hidden = append(f.Hidden, ui.Pair{Name: "until", Value: stamp(v.Span.Until)})
	}
	if !v.Begun.IsZero() {
		f.Hidden = append(f.Hidden, ui.Pair{Name: "begun", Value: v.Begun.String()})
	}
	if v.Format.Carries != "" {
		f.Hidden = append(f.Hidden, ui.Pair{Name: "labels", Value: v.Format.Carries})
	}
	if v.Corrects != nil {
		f.Draft += " " + v.Corrects.ID.String()
		f.Hidden = append(f.Hidden, ui.Pair{Name: "amends", Value: v.Corrects.ID.String()}, ui.Pair{Name: "amendment", Value: string(record.Correction)})
		for _, l := range v.Corrects.Labels {
			if l != v.Format.Carries && slices.Contains(notes.Labels(), l) {
				f.Hidden = append(f.Hidden, ui.Pair{Name: "labels", Value: l})
			}
		}
		for i, file := range v.Was.Files {
			at := "files." + strconv.Itoa(i) + "."
			f.Hidden = append(f.Hidden, ui.Pair{Name: at + "blob", Value: file.Blob}, ui.Pair{Name: at + "form", Value: file.Form}, ui.Pair{Name: at + "size", Value: strconv.Itoa(file.Size)})
			if file.Name != "" {
				f.Hidden = append(f.Hidden, ui.Pair{Name: at + "name", Value: file.Name})
			}
		}
	}
	var needs []string
	for _, code := range v.Format.Needed(v.Writer) {
		needs = append(needs, "parts."+code)
	}
	f.Needs = strings.Join(needs, ",")
	return f
}

func templAttrs(v *composer) map[string]any {
	return map[string]any{"data-note": true, "data-limit": strconv.Itoa(v.Rules.Likeness), "data-room": strconv.Itoa(record.MaxBody)}
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// later is the form by which a note is left to be finished.
func (v *composer) later() ui.EntryForm {
	f := ui.EntryForm{ID: "note-later", Kind: notes.KindBegun, Chart: v.Chart.String(), Keep: ui.Nothing,
		Hidden: []ui.Pair{{Name: "format", Value: v.Format.ID}, {Name: "from", Value: stamp(v.Span.From)}, {Name: "then", Value: "/notes"}}}
	if !v.Span.Until.IsZero() {
		f.Hidden = append(f.Hidden, ui.Pair{Name: "until", Value: stamp(v.Span.Until)})
	}
	if v.Format.Carries != "" {
		f.Hidden = append(f.Hidden, ui.Pair{Name: "labels", Value: access.Personal}) // that there is one is nobody else's to know
	}
	return f
}

// link is the composer's own address in another format or for another span.
func (v *composer) link(format string, s span) string {
	to := newPath(v.Chart) + "?format=" + format
	if s.Name != "" {
		to += "&since=" + s.Name
	}
	return to
}

func (v *composer) formats() []ui.Segment {
	var out []ui.Segment
	for _, f := range v.Formats {
		out = append(out, ui.Segment{Label: f.Label, Href: v.link(f.ID, v.Span), Current: f == v.Format})
	}
	return out
}

func (v *composer) times() []ui.Segment {
	var out []ui.Segment
	for _, s := range v.Spans {
		out = append(out, ui.Segment{Label: s.Words, Href: v.link(v.Format.ID, s), Current: s.Name == v.Span.Name})
	}
	return out
}

// covers says which time the note is about.
func (v *composer) covers(ctx context.Context) string {
	if v.Span.Until.IsZero() {
		return ui.T(ctx, "notes.page.from", ui.WhenText(ctx, v.Span.From))
	}
	return ui.T(ctx, "notes.page.from_until", ui.WhenText(ctx, v.Span.From), ui.WhenText(ctx, v.Span.Until))
}

// text is what a correction begins with: the note's own words.
func (v *composer) text(code string) string {
	if v.Was == nil {
		return ""
	}
	return v.Was.Parts[code]
}

// cites says whether a correction begins with a citation, as the note had it.
func (v *composer) cites(id record.ID) bool {
	return v.Corrects != nil && slices.Contains(v.Corrects.Cites, id)
}

// showCorrect is a correction of one's own progress note: GET /clients/{chart}/notes/{note}/correct.
func showCorrect(c *web.Ctx) error {
	n, err := noteOf(c)
	if err != nil {
		return err
	}
	w, ok := n.Body.(*notes.Written)
	if !ok || n.Entry.Author != c.Scope.Person || !n.Stands {
		return notHere()
	}
	v, err := compose(c, n.Entry.Chart, "", "")
	if err != nil {
		return err
	}
	set, err := formatsSet(c.Read())
	if err != nil {
		return err
	}
	f := notes.FormatOf(set, w.Format, w.Version)
	if f == nil {
		return notHere()
	}
	v.Chart, v.Format, v.Formats, v.Parts, v.Corrects, v.Was, v.Begun, v.Last = n.Entry.Chart, f, nil, nil, n.Entry, w, w.Begun, lastNote{}
	for _, p := range f.Parts {
		if p.For(v.Writer) {
			v.Parts = append(v.Parts, p)
		}
	}
	v.Spans, v.Span = nil, span{From: w.From, Until: w.End(n.Entry)}
	all := slices.Clone(n.Cited) // what it cites stays to be cited, and taken off
	slices.Reverse(all)
	v.Hours, v.Count, v.Labels = byHour(c, all), len(all), nil
	return c.Show(ui.Page{Title: ui.T(c.Context(), "notes.page.correct"), Scripts: scripts}, composePage(*v, words(c)))
}
