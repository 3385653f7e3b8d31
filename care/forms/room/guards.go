package room

import (
	"slices"
	"strings"

	"milieu/care/forms"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Guards are what an entry may not do to a run, whoever sends it.
func Guards() []record.Guard {
	return []record.Guard{
		{Name: "forms run", Kinds: runKinds, Watch: watchRun},
		{Name: "forms critical", Kinds: []string{forms.KindAnswered}, Watch: watchCritical},
	}
}

// watchRun keeps a run whole: one form in one version, no answers after its end, and no end while something required is missing. An answer that
// calls for help is taken also after the end, which a phone without a network cannot know of.
func watchRun(q db.Querier, e *record.Entry, b record.Body) (func(db.Querier) error, error) {
	var id record.ID
	var form string
	version := 0
	switch b := b.(type) {
	case *forms.Begun:
		id, form, version = b.Run, b.Form, b.Version
	case *forms.Said:
		id, form, version = b.Run, b.Form, b.Version
	case *forms.Finished:
		id, form = b.Run, b.Form
	case *forms.Stopped:
		id, form = b.Run, b.Form
	case *forms.CriticalAnswered:
		return nil, answersSomething(q, e, b)
	default:
		return nil, nil // an amendment that takes an entry back
	}
	if f := forms.Current(form); len(f.Roles) > 0 && !slices.Contains(f.Roles, e.Role) {
		return nil, fault.New(fault.Denied, "this form is filled by others: %s", strings.Join(f.Roles, ", "))
	}
	said, err := Of(q, e.Chart)
	if err != nil {
		return nil, err
	}
	var r *forms.Run
	for _, one := range forms.Runs(said) {
		if one.ID == id {
			r = one
		}
	}
	_, ends := b.(*forms.Finished)
	switch _, stops := b.(*forms.Stopped); {
	case r == nil && (ends || stops):
		return nil, wrong("run", "nothing has been answered in this form yet")
	case r == nil:
		return nil, nil
	case r.Form.ID != form || version != 0 && r.Form.Version != version:
		return nil, wrong("run", "this is another form's")
	case !e.Amends.IsZero():
		return nil, nil // corrections are taken for ever
	case stops:
		return nil, nil // of two who end it apart from each other the first did
	case !ends && !r.Open() && e.Happened.After(r.Closed()) && !calls(e, b):
		return nil, wrong("run", "this form has been closed; correct the answer instead, or begin the form again")
	}
	if missing := r.Missing(); ends && len(missing) > 0 {
		var fields []fault.Field
		for _, it := range missing {
			fields = append(fields, fault.Field{Name: it.Code, Text: it.Text.In("en")})
		}
		return nil, &fault.Error{Kind: fault.Invalid, Text: "this is still to be asked: it may stay without an answer, but not unasked", Fields: fields}
	}
	return nil, nil
}

// calls says whether an answer is critical, by whatever rule of its form.
func calls(e *record.Entry, b record.Body) bool {
	put := &forms.Put{ID: e.ID, Chart: e.Chart, Happened: e.Happened, Body: b}
	return len(forms.Hits([]*forms.Put{put}, func(string, string, *forms.Put) bool { return true })) > 0
}

func wrong(field, text string) error {
	return &fault.Error{Kind: fault.Invalid, Text: text, Fields: []fault.Field{{Name: field, Text: text}}}
}

// answersSomething refuses a word on a critical answer that is not there.
func answersSomething(q db.Querier, e *record.Entry, b *forms.CriticalAnswered) error {
	said, err := Of(q, e.Chart)
	if err != nil {
		return err
	}
	for _, p := range said {
		if s, ok := p.Body.(*forms.Said); ok && (p.ID == b.Answer || s.First == b.Answer) {
			if it := forms.Find(s.Form, s.Version).Item(b.Item); it != nil && len(it.Critical) > 0 {
				return nil
			}
		}
	}
	return wrong("answer", "there is no such answer in this chart")
}

// watchCritical keeps a critical answer ringing until somebody has said what was done: it is not taken back or corrected away before.
func watchCritical(q db.Querier, e *record.Entry, _ record.Body) (func(db.Querier) error, error) {
	if e.Amends.IsZero() {
		return nil, nil
	}
	before, err := ringing(q, e.Chart)
	if err != nil || len(before) == 0 {
		return nil, err
	}
	return func(q db.Querier) error {
		after, err := ringing(q, e.Chart)
		if err != nil {
			return err
		}
		for _, h := range before {
			if !slices.ContainsFunc(after, func(o forms.Hit) bool { return o.Item.Code == h.Item.Code && o.First == h.First }) {
				return wrong("amends", "this answer has called for help: a licensed colleague first says what was done")
			}
		}
		return nil
	}, nil
}
