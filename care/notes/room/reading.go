package room

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/a-h/templ"
	jsonv2 "github.com/go-json-experiment/json"

	"milieu/care/notes"
	"milieu/house/clients"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// note is a note as a page shows it.
type note struct {
	Entry   *record.Entry
	Body    record.Body
	Format  *notes.Format // of a progress note; nil when nobody knows it any more
	Stands  bool
	Newer   record.ID // the words in its place
	Cited   []citable // what it cites, as it stands now
	Signed  []signed  // colleagues' words
	Waits   bool      // for a co-signature
	Amended []amended // what came after: words added, corrections, that it was taken back
	Labels  []string
	Chart   record.ID // that goes on
	author  string
}

// signed is a colleague's co-signature.
type signed struct {
	At     time.Time
	By     string
	Words  string
	Before bool // of the words before a correction
}

// amended is something that was put to a note after it was signed.
type amended struct {
	Entry *record.Entry
	What  record.Amendment
	By    string
	Text  string
	Old   []part // of a correction: the words before it
}

// part is a heading and the words under it.
type part struct{ Label, Text string }

// noteOf reads the note in the path, as far as the reader may see it.
func noteOf(c *web.Ctx) (*note, error) {
	chart, err := c.Chart("chart")
	if err != nil {
		return nil, err
	}
	id, err := c.ID("note")
	if err != nil {
		return nil, err
	}
	family, err := clients.Family(c.Read(), chart)
	if err != nil {
		return nil, err
	}
	e, err := record.Find(c.Read(), id)
	if err == db.ErrNoRows || err == nil && (!slices.Contains(family, e.Chart) || e.Kind != notes.KindWritten && e.Kind != notes.KindNoted) {
		return nil, notHere()
	}
	if err != nil {
		return nil, err
	}
	n, err := readNote(c, e)
	if n != nil {
		n.Chart = family[0]
	}
	return n, err
}

// readNote puts together what there is to a note.
func readNote(c *web.Ctx, e *record.Entry) (*note, error) {
	q, kinds := c.Read(), c.Committer.Kinds()
	sight, err := c.Directory.Sight(q, c.Scope, e.Chart)
	if err != nil {
		return nil, err
	}
	if !sight.Sees(e) {
		return nil, errors.Join(sight.Err(), notHere())
	}
	n := &note{Entry: e, Labels: sight.Of(e), Chart: e.Chart, author: nameOf(c.Directory, e.Author)}
	if n.Body, err = kinds.Decode(e); err != nil {
		return nil, err
	}
	if err := n.format(q); err != nil {
		return nil, err
	}
	if err := n.amendments(c, sight); err != nil {
		return nil, err
	}
	for _, id := range sight.Shown(e, 0).Cites {
		if o, ok, err := cited(c, id); err != nil {
			return nil, err
		} else if ok {
			n.Cited = append(n.Cited, o)
		}
	}
	slices.SortStableFunc(n.Cited, func(a, b citable) int { return a.At.Compare(b.At) })
	return n, n.signatures(c, sight)
}

func (n *note) format(q db.Querier) error {
	w, ok := n.Body.(*notes.Written)
	if !ok {
		return nil
	}
	set, err := formatsSet(q)
	n.Format = notes.FormatOf(set, w.Format, w.Version)
	return err
}

// amendments reads what was put to the note, and whether it stands.
func (n *note) amendments(c *web.Ctx, sight *access.Sight) error {
	q := c.Read()
	f, err := record.ReadFamily(q, c.Committer.Kinds(), n.Entry.Chart, n.Entry.ID)
	if err != nil {
		return err
	}
	if n.Stands = f.Stands(n.Entry.ID); !n.Stands {
		now, err := wording(q, f, n.Entry)
		if err != nil {
			return err
		}
		if now != nil {
			n.Newer = now.ID
		}
	}
	for _, id := range f.Known() {
		e, err := record.Find(q, id)
		if err != nil {
			return err
		}
		if e.ID == n.Entry.ID || e.Amends.IsZero() || !sight.Sees(e) {
			continue
		}
		a := amended{Entry: e, What: e.Amendment, By: nameOf(c.Directory, e.Author)}
		b, err := c.Committer.Kinds().Decode(e)
		if err != nil && err != record.ErrDestroyed {
			return err
		}
		switch b := b.(type) {
		case *record.Added:
			a.Text = b.Text
		case *record.Withdrawn:
			a.Text = b.Reason
		case *record.Moved:
			a.Text = b.Reason
		case *notes.Noted:
			a.Text = b.Text
		}
		if e.Amendment == record.Correction {
			if a.Old, err = n.before(c, e); err != nil {
				return err
			}
			a.Text = ""
		}
		n.Amended = append(n.Amended, a)
	}
	if !n.Entry.Amends.IsZero() && n.Entry.Amendment == record.Correction { // this one is a correction itself
		old, err := n.before(c, n.Entry)
		if err != nil {
			return err
		}
		n.Amended = append(n.Amended, amended{Entry: n.Entry, What: record.Correction, By: nameOf(c.Directory, n.Entry.Author), Old: old})
	}
	slices.SortStableFunc(n.Amended, func(a, b amended) int { return a.Entry.Written.Compare(b.Entry.Written) })
	return nil
}

// before gives the words that a correction stands in the place of.
func (n *note) before(c *web.Ctx, correction *record.Entry) ([]part, error) {
	e, err := record.Find(c.Read(), correction.Amends)
	if err == db.ErrNoRows {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	old := &note{Entry: e}
	if old.Body, err = c.Committer.Kinds().Decode(e); err != nil {
		return nil, nil //nolint:nilerr // destroyed: there are no words any more
	}
	if err := old.format(c.Read()); err != nil {
		return nil, err
	}
	return old.Parts(), nil
}

// Parts are the note's words under their headings.
func (n *note) Parts() []part {
	switch b := n.Body.(type) {
	case *notes.Noted:
		return []part{{Text: b.Text}}
	case *notes.Written:
		var out []part
		for _, code := range n.Format.Order(b.Parts) {
			label := code
			if p := n.Format.Part(code); p != nil {
				label = p.Label
			}
			out = append(out, part{label, b.Parts[code]})
		}
		return out
	}
	return nil
}

// signatures reads who has co-signed, and whether anybody is waited for.
func (n *note) signatures(c *web.Ctx, sight *access.Sight) error {
	all, err := lines(c.Read(), "chart = $1 AND what = $2", n.Entry.Chart[:], notes.KindCosigned)
	if err != nil {
		return err
	}
	earlier := []record.ID{n.Entry.ID}
	for _, a := range n.Amended {
		if a.What == record.Correction {
			earlier = append(earlier, a.Entry.Amends)
		}
	}
	for _, l := range all {
		if !slices.Contains(earlier, l.Ref) {
			continue
		}
		e, err := record.Find(c.Read(), l.ID)
		if err != nil {
			return err
		}
		b, err := c.Committer.Kinds().Decode(e)
		if err != nil || !sight.Sees(e) {
			continue
		}
		n.Signed = append(n.Signed, signed{At: e.Happened, By: nameOf(c.Directory, e.Author), Words: b.(*notes.Cosigned).Words, Before: l.Ref != n.Entry.ID})
	}
	n.Waits, err = waits(c.Read(), n.Entry, n.Labels, n.Stands && !slices.ContainsFunc(n.Signed, func(s signed) bool { return !s.Before }))
	return errors.Join(err, sight.Err())
}

// waits says whether a note that nobody has co-signed waits for it, by the rules of the unit that the person is on.
func waits(q db.Querier, e *record.Entry, labels []string, unsigned bool) (bool, error) {
	if !unsigned || e.Kind != notes.KindWritten || slices.ContainsFunc(labels, closed) {
		return false, nil
	}
	family, err := clients.Family(q, e.Chart)
	if err != nil {
		return false, err
	}
	unit, err := unitOf(q, family[0])
	if err != nil {
		return false, err
	}
	rules, err := RulesOf(q, unit, e.Happened)
	return rules.Asks(e.Role), err
}

// noteView is the page of one note.
type noteView struct {
	*note
	Head    templ.Component
	Cosign  bool // offered to the reader
	Correct bool
	Add     bool
	Undo    bool
}

// showNote is one note whole, to read, print, co-sign and put words to: GET /clients/{chart}/notes/{note}.
func showNote(c *web.Ctx) error {
	n, err := noteOf(c)
	if err != nil {
		return err
	}
	v := noteView{note: n}
	if v.Head, err = c.Head(c, n.Chart, "timeline"); err != nil {
		return err
	}
	may := func(action string) bool { return n.Stands && c.Directory.May(c.Scope, action, n.Entry.Chart) }
	own := n.Entry.Author == c.Scope.Person
	v.Cosign = !own && may(notes.ActionCosign) && !slices.ContainsFunc(n.Labels, closed)
	_, progress := n.Body.(*notes.Written)
	v.Correct = own && may(notes.ActionWrite) && progress && (n.Format != nil)
	v.Add, v.Undo = may("record.add"), own && may("record.withdraw")
	return c.Show(ui.Page{Title: v.title(c.Context()), Scripts: scripts}, readPage(v, words(c)))
}

func (n *note) title(ctx context.Context) string {
	switch {
	case n.Format != nil:
		return ui.T(ctx, "notes.line.written", n.Format.Label)
	case n.Entry.Kind == notes.KindWritten:
		return ui.T(ctx, "notes.line.written_other")
	}
	return ui.T(ctx, "notes.page.quick")
}

// spanWords say which time a progress note covers.
func (n *note) spanWords(ctx context.Context) string {
	if w, ok := n.Body.(*notes.Written); ok {
		return ui.T(ctx, "notes.page.from_until", ui.WhenText(ctx, w.From), ui.WhenText(ctx, w.End(n.Entry)))
	}
	return ""
}

// late gives the reason of a late entry; empty when it is none.
func (n *note) late() string {
	if why, ok := n.Body.(record.AfterFact); ok && n.Entry.HasMark(record.MarkEnteredAfter) {
		return why.WhyAfter()
	}
	return ""
}

// files are what belongs to the note.
func (n *note) files() []notes.File {
	if w, ok := n.Body.(*notes.Written); ok {
		return w.Files
	}
	return nil
}

func (n *note) likeness() *int {
	if w, ok := n.Body.(*notes.Written); ok {
		return w.Likeness
	}
	return nil
}

func parseData(raw []byte) (d Data) {
	_ = jsonv2.Unmarshal(raw, &d) // our own; without it a line has only its name
	return d
}

// by is who signed the note, acting as what.
func (n *note) by(ctx context.Context) string {
	return ui.T(ctx, "notes.page.by", n.author, ui.T(ctx, "web.role."+n.Entry.Role))
}

// badges say how the note stands, in a word or two each.
func (n *note) badges(ctx context.Context) []templ.Component {
	var out []templ.Component
	if n.Waits {
		out = append(out, ui.Badge(ui.Soon, "pen", ui.T(ctx, "notes.page.waits")))
	}
	for _, mark := range n.Entry.Marks {
		if key := "notes.mark." + mark; ui.Has(ctx, key) {
			out = append(out, ui.Badge(ui.Note, "clock", ui.T(ctx, key, ui.ExactText(ctx, n.Entry.Received))))
		}
	}
	for _, l := range n.Labels {
		if key := "notes.label." + l; ui.Has(ctx, key) {
			out = append(out, ui.Badge(ui.Note, "tag", ui.T(ctx, key)))
		} else {
			out = append(out, ui.Badge(ui.Note, "tag", l))
		}
	}
	if l := n.likeness(); l != nil {
		out = append(out, ui.Badge(ui.Quiet, "file", ui.T(ctx, "notes.page.alike", *l)))
	}
	return out
}

// words say what is cited as it stands now.
func (o *citable) words(ctx context.Context) string {
	switch {
	case o.Gone:
		return ui.T(ctx, "notes.page.cited_gone", o.Line)
	case o.Corrected:
		return ui.T(ctx, "notes.page.cited_corrected", o.Line)
	}
	return o.Line
}

func (v *noteView) then(more ...ui.Pair) []ui.Pair {
	return append(more, ui.Pair{Name: "then", Value: notePath(v.Entry.Chart, v.Entry.ID)})
}

func (v *noteView) amending(how record.Amendment) []ui.Pair {
	out := v.then(ui.Pair{Name: "amends", Value: v.Entry.ID.String()}, ui.Pair{Name: "amendment", Value: string(how)})
	if how == record.Correction {
		for _, l := range v.Entry.Labels {
			if slices.Contains(notes.Labels(), l) {
				out = append(out, ui.Pair{Name: "labels", Value: l})
			}
		}
	}
	return out
}

// correctHere says that the note is a quick one of the reader's own, which is corrected where it stands.
func (v *noteView) correctHere() bool {
	_, quick := v.Body.(*notes.Noted)
	return quick && v.Undo
}

// title says which stretch of time is offered to be cited.
func (s span) title(ctx context.Context) string {
	if s.Words == "" {
		return ui.T(ctx, "notes.page.cited")
	}
	return ui.T(ctx, "notes.page.facts_of", s.Words)
}
