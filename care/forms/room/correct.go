package room

import (
	"encoding/json"
	"maps"
	"slices"

	"milieu/care/forms"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// fixing is an entry that is being corrected.
type fixing struct {
	*forms.Put
	*forms.Said
}

// showCorrect is one answered section to put right: GET /clients/{chart}/forms/{form}/{run}/correct/{entry}.
func showCorrect(c *web.Ctx) error {
	v, err := runOf(c)
	if err != nil {
		return err
	}
	entry, err := c.ID("entry")
	if err != nil {
		return err
	}
	for _, p := range v.Run.Said {
		if p.ID == entry {
			v.Fix = &fixing{p, p.Body.(*forms.Said)}
		}
	}
	if v.Fix == nil {
		return nothing()
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "forms.page.correct")}, correctPage(v))
}

// corrects makes of a section's form the correction of an entry: it states anew all that the entry said, with what is not asked again as it was.
func (v *runView) corrects(f *ui.EntryForm) {
	add := func(name, value string) { f.Hidden = append(f.Hidden, ui.Pair{Name: name, Value: value}) }
	first := v.Fix.First
	if first.IsZero() {
		first = v.Fix.ID
	}
	f.Chart = v.Fix.Chart.String() // an amendment stands in the chart of what it amends
	f.Draft = ""
	f.Keep = ui.Nothing
	add("amends", v.Fix.ID.String())
	add("amendment", string(record.Correction))
	add("first", first.String())
	add("happened", v.Fix.Happened.Format("2006-01-02T15:04:05.999999Z07:00"))
	for _, code := range slices.Sorted(maps.Keys(v.Fix.Taken)) {
		add("cites", v.Fix.Taken[code].String())
		add("taken."+code, v.Fix.Taken[code].String())
	}
	for _, code := range slices.Sorted(maps.Keys(v.Fix.Signatures)) {
		name, s := "signatures."+code, v.Fix.Signatures[code]
		add(name+".name", s.Name)
		if s.Typed {
			add(name+".typed", "true")
		}
		if raw, err := json.Marshal(s.Drawn); s.Drawn != nil && err == nil { // numbers: they can be written
			add(name+".drawn", string(raw))
		}
	}
}

// fixed are the items that the entry being corrected speaks of, and those of them that stay as they are: a signature is never another's to correct.
func (v *runView) fixed(s *forms.Section) (out, kept []forms.Status) {
	for i := range s.Items {
		it := &s.Items[i]
		switch a := forms.In(v.Fix.Said, it); {
		case a == nil:
		case a.Signature != nil:
			a.Put = v.Fix.Put
			kept = append(kept, forms.Status{Item: it, State: a.State, Now: a})
		default:
			out = append(out, forms.Status{Item: it, State: forms.Open})
		}
	}
	return out, kept
}

// fixes is what is being corrected; blank where nothing is.
func (v *runView) fixes() *forms.Said {
	if v.Fix != nil {
		return v.Fix.Said
	}
	return &forms.Said{}
}
