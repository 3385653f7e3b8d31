package room

import (
	"context"
	"net/url"
	"testing"

	"milieu/care/forms"
	"milieu/kit/record"
	"milieu/kit/web"
)

// A correction says the whole section again: what its page does not ask stays as it was.
func TestACorrectionKeepsWhatWasSigned(t *testing.T) {
	w := newWard(t)
	who, run := w.people[1], chartID("run", 1)
	f := forms.Current("rights_and_rules")
	for _, s := range f.Sections[:2] {
		b := &forms.Said{Run: run, Form: f.ID, Version: f.Version, Section: s.Code, Answers: map[string]string{}}
		for _, it := range s.Items {
			b.Answers[it.Code] = forms.WasRead
		}
		w.must(w.worker, forms.KindAnswered, who, b)
	}
	drawn := &record.Drawing{Lines: [][]int{{60, 140, 90, 70}, {230, 120, 300, 110}}}
	signed := w.must(w.worker, forms.KindAnswered, who, &forms.Said{Run: run, Form: f.ID, Version: f.Version, Section: "signed", Answers: map[string]string{"copy": "given"}, States: map[string]forms.State{"witness": forms.NotApplicable},
		Signatures: map[string]record.Signature{"person": {Name: "Person 1", Drawn: drawn}, "staff": {Name: "Jo Ferrand", Typed: true}}})
	w.must(w.worker, forms.KindFinished, who, &forms.Finished{Run: run, Form: f.ID})
	read := func() *forms.Run {
		all, err := Of(w.DB.Read(context.Background()), who)
		if err != nil {
			t.Fatal(err)
		}
		return forms.Runs(all)[0]
	}
	correct := func(answers url.Values) {
		t.Helper()
		r := read()
		v := &runView{person: &person{}, Run: r, Fix: &fixing{r.Said[0], r.Said[0].Body.(*forms.Said)}}
		sent := answers
		for _, p := range v.form(f.Section("signed")).Hidden {
			if p.Name != "then" {
				sent.Add(p.Name, p.Value)
			}
		}
		k, err := w.Committer.Kinds().Find(forms.KindAnswered)
		if err != nil {
			t.Fatal(err)
		}
		e, err := web.Decode(k, sent)
		if err != nil {
			t.Fatal(err)
		}
		body, err := k.Parse(e.Body)
		if err != nil {
			t.Fatal(err)
		}
		w.must(w.worker, forms.KindAnswered, who, body, func(o *record.Entry) {
			o.Amends, o.Amendment, o.Happened = r.Said[0].ID, record.Correction, r.Said[0].Happened
		})
	}
	correct(url.Values{"answers.copy": {"given_english"}, "states.witness": {"not_applicable"}})
	r := read()
	b := r.Said[0].Body.(*forms.Said)
	if missing := r.Missing(); len(missing) > 0 || len(b.Signatures) != 2 || len(b.Signatures["person"].Drawn.Lines) != 2 || b.First != signed.ID {
		t.Errorf("missing %v after a correction: %+v", missing, b)
	}
	correct(url.Values{})
	if missing := read().Missing(); len(missing) != 1 || missing[0].Code != "copy" {
		t.Errorf("a finished form does not say what it lacks: %v", missing)
	}
}
