package forms

import "slices"

// Known is a fact that was told in some run: what, in which form, by whom and when.
type Known struct {
	Answer
	Item *Item
	Form *Form
}

// Offer is what a run may take over for one of its items.
type Offer struct {
	Known
	For *Item
}

// Knowledge is the latest answer to each fact, over all runs of a person. What was declined or not asked is no knowledge, and does not hide what
// was told before; what was written down of the wrong person is none of theirs.
func Knowledge(runs []*Run) map[string]Known {
	out := map[string]Known{}
	for _, r := range runs {
		if r.Wrong {
			continue
		}
		for si := range r.Form.Sections {
			for i := range r.Form.Sections[si].Items {
				it := &r.Form.Sections[si].Items[i]
				if it.Fact == "" {
					continue
				}
				for _, a := range r.said(it) {
					if a.State != Answered {
						continue
					}
					if before, ok := out[it.Fact]; !ok || later(a.Put, before.Put) < 0 {
						out[it.Fact] = Known{Answer: a, Item: it, Form: r.Form}
					}
				}
			}
		}
	}
	return out
}

// Offers are the items of a section that nobody has said anything about yet and whose fact was told before. Only what fits the item is offered.
func (r *Run) Offers(s *Section, known map[string]Known) (out []Offer) {
	for i := range s.Items {
		it := &s.Items[i]
		k, ok := known[it.Fact]
		if !ok || it.Fact == "" || r.Status(it).State != Open {
			continue
		}
		single := it.Type != Several && len(k.Values) != 1
		if single || it.Type == Sign || slices.ContainsFunc(k.Values, func(v string) bool { return !it.Fits(v) }) {
			continue
		}
		out = append(out, Offer{Known: k, For: it})
	}
	return out
}
