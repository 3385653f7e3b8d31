package forms

import (
	"slices"

	"milieu/kit/record"
)

// Hit is a critical answer: on its own item, whatever else of the form is there.
type Hit struct {
	Answer *Put
	Form   *Form
	Item   *Item
	Rule   *Critical
	First  record.ID // the entry in which it was answered first
}

// Hits are the critical answers among what was said that ring: rules that are pending ring only where accepted says so.
func Hits(puts []*Put, accepted func(form string, rule string, at *Put) bool) (out []Hit) {
	for _, p := range puts {
		b, ok := p.Body.(*Said)
		if !ok {
			continue
		}
		f := Find(b.Form, b.Version)
		if f == nil {
			continue
		}
		section := f.Section(b.Section)
		for i := range section.Items {
			it := &section.Items[i]
			values, _ := b.values(it)
			for j := range it.Critical {
				rule := &it.Critical[j]
				if !slices.ContainsFunc(values, func(v string) bool { return slices.Contains(rule.Values, v) }) || rule.Pending && !accepted(f.ID, rule.Code, p) {
					continue
				}
				h := Hit{Answer: p, Form: f, Item: it, Rule: rule, First: p.ID}
				if !b.First.IsZero() {
					h.First = b.First
				}
				out = append(out, h)
				break
			}
		}
	}
	return out
}

// Unsettled leaves out the hits about which somebody has said what was done.
func Unsettled(hits []Hit, puts []*Put) []Hit {
	return slices.DeleteFunc(slices.Clone(hits), func(h Hit) bool { return h.Settled(puts) != nil })
}

// Settled is what was done about the hit; nil while nothing was said.
func (h *Hit) Settled(puts []*Put) *Put {
	for _, p := range puts {
		if a, ok := p.Body.(*CriticalAnswered); ok && a.Item == h.Item.Code && (a.Answer == h.Answer.ID || a.Answer == h.First) {
			return p
		}
	}
	return nil
}

// Unsaid is a question with a critical rule to which somebody had no answer: that is not a no.
type Unsaid struct {
	Status
	Run *Run
}

// UnsaidIn gives those of some runs.
func UnsaidIn(runs []*Run) (out []Unsaid) {
	for _, r := range runs {
		if r.Wrong {
			continue // they are another person's
		}
		for si := range r.Form.Sections {
			for i := range r.Form.Sections[si].Items {
				it := &r.Form.Sections[si].Items[i]
				if st := r.Status(it); len(it.Critical) > 0 && (st.State == Declined || st.State == Unknown) {
					out = append(out, Unsaid{st, r})
				}
			}
		}
	}
	return out
}

// Pending are all rules of today's forms that wait to be accepted, with their form and item.
func Pending() (out []Hit) {
	for _, f := range Forms() {
		for si := range f.Sections {
			for i := range f.Sections[si].Items {
				it := &f.Sections[si].Items[i]
				for j := range it.Critical {
					if it.Critical[j].Pending {
						out = append(out, Hit{Form: f, Item: it, Rule: &it.Critical[j]})
					}
				}
			}
		}
	}
	return out
}
