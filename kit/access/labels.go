package access

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// The labels that an entry may carry. A house defines more of its own, in its policies; they begin with "house-".
const (
	// SubstanceUse is what a substance-use programme wrote: 42 CFR Part 2.
	SubstanceUse = "substance-use"
	// Psychotherapy are notes that analyse what was said in counselling, kept apart (45 CFR 164.501): their author's, and after the author has
	// left a custodian's.
	Psychotherapy = "psychotherapy"
	// Personal is for its author alone: a journal, a note to oneself.
	Personal = "personal"
	// Review is of the review of an incident, which is no part of the clinical record.
	Review = "incident-review"
	// NotForFamily is what family and guardians are not to see.
	NotForFamily = "not-for-family"
)

// Labels are the labels that every house knows.
var Labels = []string{SubstanceUse, Psychotherapy, Personal, Review, NotForFamily}

func isHouseLabel(l string) bool { return strings.HasPrefix(l, "house-") }

// Bears says whether entries of a kind may carry a label: one that the kind lists, and the house's own where it lists any.
func Bears(k *record.Kind, label string) bool { return bears(k.Labels, label) }

func bears(labels []string, label string) bool {
	return slices.Contains(labels, label) || isHouseLabel(label) && len(labels) > 0
}

// Actions about entries with labels: seeing one, and putting one on.
const (
	SeeEntry    = "see.entry"
	LabelAction = "access.label"
)

// Relabelled says that an entry carries other labels than it was filed with: access.relabelled. It cites nothing and amends nothing: the entry
// stays as it was written, and who sees it changes.
type Relabelled struct {
	Entry  record.ID `json:"entry" doc:"the entry whose labels change"`
	Add    []string  `json:"add,omitempty" doc:"labels that it carries from now on"`
	Remove []string  `json:"remove,omitempty" doc:"labels that it carries no longer"`
	Reason string    `json:"reason" max:"500"`
}

// Validate implements record.Body.
func (r *Relabelled) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!r.Entry.IsZero(), "entry", "say which entry")
	c.Want(len(r.Add)+len(r.Remove) > 0, "add", "say which label to add or to remove")
	c.Want(len(r.Add)+len(r.Remove) <= 16, "add", "too many")
	c.Want(!slices.ContainsFunc(r.Add, func(l string) bool { return slices.Contains(r.Remove, l) }), "remove", "a label is added or removed, not both")
	c.Want(strings.TrimSpace(r.Reason) != "", "reason", "say why")
	c.Want(len(r.Reason) <= 2000, "reason", "shorter, please")
	return c.Err()
}

// Kinds is what access itself says in the record.
func Kinds() []record.Kind {
	return []record.Kind{{Name: "access.relabelled", Version: 1, Chart: "any", Action: "access.relabel", Withdraw: "access.relabel",
		Example: &Relabelled{Entry: record.MustID("01970000-0000-7000-8000-000000000001"), Add: []string{NotForFamily}, Reason: "told in confidence"},
		About:   func(b record.Body) record.ID { return b.(*Relabelled).Entry },
		Line:    func(*record.Entry, record.Body) record.Line { return record.Line{Key: "access.relabelled"} }}}
}

const labelSchema = `
CREATE TABLE IF NOT EXISTS access_label_v1 (entry BLOB NOT NULL, by_entry BLOB NOT NULL, chart BLOB NOT NULL, happened INTEGER NOT NULL, author BLOB NOT NULL, adds TEXT NOT NULL, removes TEXT NOT NULL, PRIMARY KEY (entry, by_entry)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS access_label_v1_chart ON access_label_v1 (chart);
`

// Projection keeps which entries carry labels: few do.
func Projection(kinds *record.Kinds) record.Projection {
	names := []string{"access.relabelled"}
	for _, k := range kinds.All() {
		if len(k.Labels) > 0 {
			names = append(names, k.Name)
		}
	}
	return record.Projection{Name: "access_label", Version: 1, Kinds: names, Schema: labelSchema, Tables: []string{"access_label_v1"},
		Put: func(tx db.Tx, e *record.Entry, b record.Body) error {
			of, adds, removes := e.ID, e.Labels, []string(nil)
			if r, ok := b.(*Relabelled); ok {
				of, adds, removes = r.Entry, r.Add, r.Remove
			} else if len(e.Labels) == 0 {
				return nil
			}
			return tx.Exec("INSERT INTO access_label_v1 (entry, by_entry, chart, happened, author, adds, removes) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (entry, by_entry) DO NOTHING",
				of[:], e.ID[:], e.Chart[:], clock.Micros(e.Happened), e.Author, strings.Join(adds, " "), strings.Join(removes, " "))
		},
		Drop: func(tx db.Tx, e *record.Entry, b record.Body) error {
			of := e.ID
			if r, ok := b.(*Relabelled); ok {
				of = r.Entry
			}
			return tx.Exec("DELETE FROM access_label_v1 WHERE entry = $1 AND by_entry = $2", of[:], e.ID[:])
		}}
}

// Labelled is an entry with the labels that it carries now.
type Labelled struct {
	Entry    record.ID
	Chart    record.ID
	Author   record.ID
	Happened time.Time
	Labels   []string // empty: none any more
}

// LabelsIn gives the entries of a chart that carry labels, or once did.
func LabelsIn(q db.Querier, chart record.ID) ([]Labelled, error) {
	type said struct {
		entry, by, author record.ID
		at                int64
		adds, removes     string
	}
	var list []said
	err := db.Each(q, "SELECT entry, by_entry, happened, author, adds, removes FROM access_label_v1 WHERE chart = $1", []any{chart[:]}, func(r db.Row) error {
		var s said
		err := r.Scan(&s.entry, &s.by, &s.at, &s.author, &s.adds, &s.removes)
		list = append(list, s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the labels of %s: %w", chart, err)
	}
	slices.SortFunc(list, func(a, b said) int {
		switch {
		case a.entry != b.entry:
			return bytes.Compare(a.entry[:], b.entry[:])
		case (a.by == a.entry) != (b.by == b.entry):
			if a.by == a.entry {
				return -1
			}
			return 1
		case a.at != b.at:
			if a.at < b.at {
				return -1
			}
			return 1
		}
		return bytes.Compare(a.by[:], b.by[:])
	})
	var out []Labelled
	for _, s := range list {
		if len(out) == 0 || out[len(out)-1].Entry != s.entry {
			one := Labelled{Entry: s.entry, Chart: chart, Author: s.author, Happened: clock.FromMicros(s.at)}
			if s.by != s.entry { // filed without any: who wrote it, and when, stands in the record
				e, err := record.Find(q, s.entry)
				if err == db.ErrNoRows || err == nil && e.Chart != chart {
					continue // not here yet, or of another chart, where this says nothing
				}
				if err != nil {
					return nil, fmt.Errorf("reading a relabelled entry: %w", err)
				}
				one.Author, one.Happened, one.Labels = e.Author, e.Happened, slices.Clone(e.Labels)
			}
			out = append(out, one)
		}
		o := &out[len(out)-1]
		removes := strings.Fields(s.removes)
		o.Labels = slices.DeleteFunc(o.Labels, func(l string) bool { return slices.Contains(removes, l) })
		for _, l := range strings.Fields(s.adds) {
			if !slices.Contains(o.Labels, l) {
				o.Labels = append(o.Labels, l)
			}
		}
	}
	return out, nil
}

// Hidden gives the entries standing in charts that the scope's person may not see because of their labels: rooms leave them out of what they
// read from their tables, out of lists, counts and numbers, as if they were not there.
func (d *Directory) Hidden(q db.Querier, s *Scope, charts ...record.ID) (map[record.ID]bool, error) {
	var out map[record.ID]bool
	for _, chart := range charts {
		list, err := LabelsIn(q, chart)
		if err != nil {
			return nil, err
		}
		for _, l := range d.unseen(s, list) {
			if out == nil {
				out = map[record.ID]bool{}
			}
			out[l.Entry] = true
		}
	}
	return out, nil
}

// unseen keeps those that the scope's person may not see.
func (d *Directory) unseen(s *Scope, list []Labelled) []Labelled {
	return slices.DeleteFunc(slices.Clone(list), func(l Labelled) bool { return len(l.Labels) == 0 || d.SeesEntry(s, l) })
}

// Sight judges the entries of one chart as they stand in the log: those taken back among them, what amends a hidden entry, what changes its
// labels.
type Sight struct {
	d      *Directory
	q      db.Querier
	s      *Scope
	chart  record.ID
	labels map[record.ID][]string
	from   map[record.ID]bool // what hidden entries were made of
	err    error
}

// Sight makes ready to go through a chart's entries.
func (d *Directory) Sight(q db.Querier, s *Scope, chart record.ID) (*Sight, error) {
	list, err := LabelsIn(q, chart)
	out := &Sight{d: d, q: q, s: s, chart: chart, labels: map[record.ID][]string{}}
	for _, l := range list {
		out.labels[l.Entry] = l.Labels
	}
	if err != nil {
		return out, err
	}
	for _, l := range d.unseen(s, list) {
		e, err := record.Find(q, l.Entry)
		if err != nil {
			return out, fmt.Errorf("reading a hidden entry: %w", err)
		}
		for _, id := range e.Cites {
			if out.from == nil {
				out.from = map[record.ID]bool{}
			}
			out.from[id] = true
		}
	}
	return out, nil
}

// Whole says that nothing of the chart carries a label that could hide it: every entry is seen.
func (v *Sight) Whole() bool { return len(v.labels) == 0 }

// Sees says whether an entry may be shown. Err tells afterwards whether anything could not be read; what could not be is not shown.
func (v *Sight) Sees(e *record.Entry) bool { return v.sees(e, 0) }

// Err is what could not be read.
func (v *Sight) Err() error { return v.err }

// Labels gives the labels that an entry of the chart carries now, if it carries any.
func (v *Sight) Labels(entry record.ID) []string { return v.labels[entry] }

// Of gives the labels that an entry carries now.
func (v *Sight) Of(e *record.Entry) []string {
	if l, ok := v.labels[e.ID]; ok {
		return l
	}
	return e.Labels
}

func (v *Sight) sees(e *record.Entry, depth int) bool {
	if l := v.Of(e); len(l) > 0 && !v.d.SeesEntry(v.s, Labelled{e.ID, e.Chart, e.Author, e.Happened, l}) {
		return false
	}
	if depth > 64 { // a ring of amendments
		return true
	}
	if !e.Amends.IsZero() && !v.seesID(e.Amends, depth+1) {
		return false
	}
	k := v.d.kind(e.Kind)
	if k == nil || len(e.Body) == 0 {
		return true
	}
	if k.Source && v.from[e.ID] {
		return false
	}
	if k.About == nil {
		return true
	}
	b, err := v.d.kinds.Decode(e)
	if err != nil {
		v.err = fmt.Errorf("reading what an entry speaks of: %w", err)
		return false
	}
	about := k.About(b)
	return about.IsZero() || about == e.ID || v.seesID(about, depth+1)
}

// seesID judges an entry that another speaks of. One that is not here, or of another chart, hides nothing.
func (v *Sight) seesID(id record.ID, depth int) bool {
	e, err := record.Find(v.q, id)
	if err == db.ErrNoRows || err == nil && e.Chart != v.chart {
		return true
	}
	if err != nil {
		v.err = fmt.Errorf("reading what an entry speaks of: %w", err)
		return false
	}
	return v.sees(e, depth)
}

// Shown is an entry as a scope's person may see it: without the citations that they may not see, and numbered among the entries that they see.
func (v *Sight) Shown(e *record.Entry, number int64) *record.Entry {
	out := *e
	out.Number = number
	out.Labels = v.Of(e)
	out.Cites = slices.DeleteFunc(slices.Clone(e.Cites), func(id record.ID) bool {
		cited, err := record.Find(v.q, id)
		if err == db.ErrNoRows {
			return false
		}
		if err != nil {
			v.err = fmt.Errorf("reading a cited entry: %w", err)
			return true
		}
		if cited.Chart == v.chart {
			return !v.Sees(cited)
		}
		other, err := v.d.Sight(v.q, v.s, cited.Chart)
		return err != nil || v.d.Sees(v.s, cited.Chart) != nil || !other.Sees(cited)
	})
	return &out
}

// SeesEntry says whether a scope's person may see an entry with its labels, in a chart that they see.
func (d *Directory) SeesEntry(s *Scope, l Labelled) bool {
	c := d.chartOf(l.Chart)
	p := s.who
	if c == nil || p == nil {
		return false
	}
	ties, _ := d.ties(p, c, s.Now, 0)
	if l.Author == p.ID {
		ties |= Author
	}
	for i := range p.Relations {
		r := &p.Relations[i]
		switch {
		case !r.Holds(s.Now):
		case r.What == Custodian && r.Via == l.Author:
			ties |= Custodian
		case r.What.Has(Shift|Team|Covering) && !r.Unit.IsZero() && r.Unit == c.Now(l.Happened):
			ties |= Programme
		}
	}
	return d.policy.May(s.Role, SeeEntry, ties, l.Labels, func(label string) bool { return d.agrees(p, c, label, s.Now) })
}

// mayLabel judges the labels that a sender puts on an entry.
func (d *Directory) mayLabel(p *Person, k *record.Kind, e *record.Entry) error {
	labels, may := e.Labels, k.Labels
	if k.Name == "access.relabelled" {
		body, err := k.Parse(e.Body)
		if err != nil {
			return err
		}
		r := body.(*Relabelled)
		labels, may = slices.Concat(e.Labels, r.Add, r.Remove), d.policy.LabelNames()
		if err := d.mayRelabel(p, e, r); err != nil {
			return err
		}
	}
	if len(labels) == 0 { // as nearly all
		return nil
	}
	c := d.chartOf(e.Chart)
	ties := d.tied(p, c, e) | Author
	for _, l := range labels {
		switch {
		case !d.policy.KnowsLabel(l):
			return &fault.Error{Kind: fault.Invalid, Text: "there is no such label", Fields: []fault.Field{{Name: "labels", Text: "this house knows no label " + l}}}
		case !bears(may, l):
			return &fault.Error{Kind: fault.Invalid, Text: "this cannot carry that label", Fields: []fault.Field{{Name: "labels", Text: "everybody who cares for the person needs to see this"}}}
		case !ties.Has(d.policy.Ties(p.Role, LabelAction, l, c != nil && d.agrees(p, c, l, e.Happened))):
			return fault.New(fault.Denied, "%s may not put the label %s on anything here", p.Name, l)
		}
	}
	return nil
}

// mayRelabel judges a change of labels by the entry that it is about. It must be there, and be seen by whoever changes it: a change that waited on
// a device comes after what it speaks of. Labels come on only where the entry's kind carries them; its kind's own label never comes off, and that
// of psychotherapy by its author alone.
func (d *Directory) mayRelabel(p *Person, e *record.Entry, r *Relabelled) error {
	none := &fault.Error{Kind: fault.Invalid, Text: "there is no such entry here", Fields: []fault.Field{{Name: "entry", Text: "there is no such entry here"}}}
	q := d.db.Read(context.Background())
	target, err := record.Find(q, r.Entry)
	if err == db.ErrNoRows || err == nil && target.Chart != e.Chart {
		return none
	}
	if err != nil {
		return fmt.Errorf("looking for the entry whose labels change: %w", err)
	}
	s, err := d.Scope(p.ID, "")
	if err != nil {
		return err
	}
	sight, err := d.Sight(q, s, e.Chart)
	if err != nil {
		return err
	}
	if !sight.Sees(target) {
		return none
	}
	k := d.kind(target.Kind)
	if k == nil {
		return none
	}
	for _, l := range r.Add {
		if !Bears(k, l) {
			return &fault.Error{Kind: fault.Invalid, Text: "this cannot carry that label", Fields: []fault.Field{{Name: "add", Text: "everybody who cares for the person needs to see this"}}}
		}
	}
	for _, l := range r.Remove {
		if l == k.Label || l == Psychotherapy && target.Author != p.ID {
			return &fault.Error{Kind: fault.Denied, Text: "this label stays"}
		}
	}
	return sight.Err()
}

// MayLabel says whether a scope's person may put a label on something in a chart, or take it off, as far as the policies say.
func (d *Directory) MayLabel(s *Scope, chart record.ID, label string) bool {
	c := d.chartOf(chart)
	if c == nil || s.who == nil || !s.May(LabelAction) {
		return false
	}
	ties, _ := d.ties(s.who, c, s.Now, 0)
	return (ties | Author).Has(d.policy.Ties(s.Role, LabelAction, label, d.agrees(s.who, c, label, s.Now)))
}

// Labels implements record.Judge: what an entry carries besides what its sender put on: its kind's own label, what the programme of the unit puts
// on, and what an entry that it amends carries.
func (d *Directory) Labels(k *record.Kind, e *record.Entry) ([]string, error) {
	out := slices.Clone(e.Labels)
	if k.Label != "" {
		out = append(out, k.Label)
	}
	if len(k.Labels) > 0 {
		d.mu.RLock()
		if c := d.charts[e.Chart]; c != nil {
			if unit := d.charts[c.Now(e.Happened)]; unit != nil {
				for _, l := range unit.Labels {
					if slices.Contains(k.Labels, l) {
						out = append(out, l)
					}
				}
			}
		}
		d.mu.RUnlock()
		if !e.Amends.IsZero() {
			target, err := d.target(e)
			if err != nil { // an amendment must not come out without the labels of what it amends
				return nil, err
			}
			if target != nil && target.Chart == e.Chart {
				out = append(out, target.Labels...)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
