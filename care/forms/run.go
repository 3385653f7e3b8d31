package forms

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"milieu/kit/record"
)

// Put is one standing entry of a run, as the tables keep it.
type Put struct {
	ID       record.ID
	Chart    record.ID
	Happened time.Time
	Author   record.ID
	Body     record.Body
}

func later(a, b *Put) int {
	if n := b.Happened.Compare(a.Happened); n != 0 {
		return n
	}
	return slices.Compare(b.ID[:], a.ID[:])
}

// Run is one filling of a form, worked out from its entries.
type Run struct {
	ID       record.ID
	Form     *Form
	First    *Put // what began it: the earliest entry that names it
	Last     *Put
	Finished *Put
	Stopped  *Put
	Wrong    bool   // somebody said that its answers were another person's
	Said     []*Put // answered sections, the latest first
}

// Open says that it can still be worked on.
func (r *Run) Open() bool { return r.Finished == nil && r.Stopped == nil }

// Closed is when it was finished or stopped; zero while it is open.
func (r *Run) Closed() time.Time {
	switch {
	case r.Finished != nil:
		return r.Finished.Happened
	case r.Stopped != nil:
		return r.Stopped.Happened
	}
	return time.Time{}
}

// Runs works out every run from the entries of all of a person's charts, the latest begun first. The order of arrival does not matter. Entries
// of a form that this program does not know are left out.
func Runs(puts []*Put) []*Run {
	puts = slices.Clone(puts)
	slices.SortFunc(puts, func(a, b *Put) int { return later(b, a) })
	var out []*Run
	find := func(id record.ID, form string, version int, p *Put) *Run {
		for _, r := range out {
			if r.ID == id {
				r.Last = p
				return r
			}
		}
		f := Find(form, version)
		if f == nil {
			return &Run{}
		}
		r := &Run{ID: id, Form: f, First: p, Last: p}
		out = append(out, r)
		return r
	}
	for _, p := range puts {
		switch b := p.Body.(type) {
		case *Begun:
			find(b.Run, b.Form, b.Version, p)
		case *Said:
			r := find(b.Run, b.Form, b.Version, p)
			r.Said = slices.Insert(r.Said, 0, p)
		case *Finished:
			if r := find(b.Run, b.Form, newest(b.Form), p); r.Finished == nil {
				r.Finished = p
			}
		case *Stopped:
			r := find(b.Run, b.Form, newest(b.Form), p)
			if r.Wrong = r.Wrong || b.Reason == WrongPerson; r.Stopped == nil {
				r.Stopped = p
			}
		}
	}
	slices.SortFunc(out, func(a, b *Run) int { return later(a.First, b.First) })
	return out
}

func newest(form string) int {
	if f := Current(form); f != nil {
		return f.Version
	}
	return 0
}

// Answer is one thing said about an item.
type Answer struct {
	*Put
	Values    []string
	State     State
	Signature *record.Signature
	Taken     record.ID // the entry it was taken over from
}

// Status is how an item of a run stands.
type Status struct {
	Item  *Item
	State State
	Now   *Answer  // what shows; nil while Open
	Also  []Answer // what else was said, the latest first
}

// Done says that nothing more is to be asked here.
func (s *Status) Done() bool { return s.State != Open && s.State != NotAsked && s.State != Skipped }

// said is everything that was said about an item, the latest first.
func (r *Run) said(it *Item) (out []Answer) {
	for _, p := range r.Said {
		if a := In(p.Body.(*Said), it); a != nil {
			a.Put = p
			out = append(out, *a)
		}
	}
	return out
}

// In is what a section answered says about one of its items; nil when it says nothing.
func In(b *Said, it *Item) *Answer {
	a := &Answer{Taken: b.Taken[it.Code]}
	values, ok := b.values(it)
	switch {
	case ok:
		a.Values, a.State = values, Answered
		if s, signed := b.Signatures[it.Code]; signed {
			a.Signature = &s
		}
	case b.States[it.Code] != "":
		a.State = b.States[it.Code]
	default:
		return nil
	}
	return a
}

// Status works out how an item stands: the latest that was said shows, unless the form's own logic does not ask for it.
func (r *Run) Status(it *Item) Status {
	s := Status{Item: it, State: Open}
	said := r.said(it)
	if len(said) > 0 {
		s.Now, s.State, s.Also = &said[0], said[0].State, said[1:]
	}
	if !r.asks(it) {
		s.State, s.Now, s.Also = Skipped, nil, said
	}
	return s
}

// asks says whether an item's condition holds.
func (r *Run) asks(it *Item) bool {
	if it.When == "" {
		return true
	}
	code, value, _ := strings.Cut(it.When, "=")
	on := r.Form.Item(code)
	if on == nil {
		return false
	}
	s := r.Status(on)
	return s.State == Answered && slices.Contains(s.Now.Values, value)
}

// Progress counts the items that are asked, and those of them that are done.
func (r *Run) Progress() (done, asked int) {
	for i := range r.Form.Sections {
		d, a := r.ProgressIn(&r.Form.Sections[i])
		done, asked = done+d, asked+a
	}
	return done, asked
}

// ProgressIn counts those of one section.
func (r *Run) ProgressIn(s *Section) (done, asked int) {
	for i := range s.Items {
		st := r.Status(&s.Items[i])
		if st.State == Skipped {
			continue
		}
		asked++
		if st.Done() {
			done++
		}
	}
	return done, asked
}

// Missing are the required items that are still to be asked. An answer declined is not missing.
func (r *Run) Missing() (out []*Item) {
	for i := range r.Form.Sections {
		for j := range r.Form.Sections[i].Items {
			it := &r.Form.Sections[i].Items[j]
			if st := r.Status(it); it.Required && st.State != Skipped && !st.Done() {
				out = append(out, it)
			}
		}
	}
	return out
}

// Heard is how a run was spoken: the languages and interpreters, each once, the first first.
func (r *Run) Heard() (out []*Said) {
	for _, p := range slices.Backward(r.Said) {
		b := p.Body.(*Said)
		same := func(o *Said) bool {
			return o.Language == b.Language && o.Spoken == b.Spoken && o.Mode == b.Mode && o.Name == b.Name
		}
		if cmp.Or(b.Language, b.Mode) != "" && !slices.ContainsFunc(out, same) {
			out = append(out, b)
		}
	}
	return out
}

// RunID is the run that comes next of a form in a chart: the same on every device that knows the same, so that two people who begin it apart
// from each other work on one. After is what it follows: the run before it, or the admission.
func RunID(chart record.ID, form string, after record.ID) record.ID {
	return record.DeriveID("forms.run", chart.String(), form, after.String())
}

// ahead is how long before an admission a form may have been begun for it: people come, and are asked in.
const ahead = 24 * time.Hour

// Of gives the runs of a form, or of every form, that belong to a stay, the latest first. A zero time is no stay: then all of them.
func Of(runs []*Run, form string, admitted time.Time) (out []*Run) {
	for _, r := range runs {
		if (form == "" || r.Form.ID == form) && (admitted.IsZero() || !r.First.Happened.Before(admitted.Add(-ahead))) {
			out = append(out, r)
		}
	}
	return out
}

// Next is the run in which a form is filled now: the open one, or one that nobody has begun yet.
func Next(runs []*Run, form string, chart, episode record.ID, admitted time.Time) *Run {
	after := episode
	mine := Of(runs, form, admitted)
	for _, r := range mine {
		if r.Open() {
			return r
		}
	}
	if len(mine) > 0 {
		after = mine[0].ID
	}
	return &Run{ID: RunID(chart, form, after), Form: Current(form)}
}
