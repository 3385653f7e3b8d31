package forms

import (
	"maps"
	"slices"
	"strings"

	"milieu/kit/fault"
	"milieu/kit/record"
)

// Begun is a form begun for somebody: forms.begun. A run may be begun twice by devices that did not know of each other: it is one run.
type Begun struct {
	Run     record.ID `json:"run" doc:"the run: what all entries of one filling of the form name"`
	Form    string    `json:"form" doc:"id of the form"`
	Version int       `json:"version" doc:"of the form"`
}

// Validate implements record.Body.
func (b *Begun) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!b.Run.IsZero(), "run", "say which run")
	c.Want(Find(b.Form, b.Version) != nil, "form", "there is no such form")
	return c.Err()
}

// Said is what was answered in one section, all of it or a part: forms.answered.
type Said struct {
	Run        record.ID                   `json:"run" doc:"which run of the form"`
	Form       string                      `json:"form" doc:"id of the form"`
	Version    int                         `json:"version" doc:"of the form"`
	Section    string                      `json:"section" doc:"code of the section"`
	Answers    map[string]string           `json:"answers,omitempty" doc:"by item: the answer, for all types but several and signature"`
	Chosen     map[string][]string         `json:"chosen,omitempty" doc:"by item of the type several: the answers"`
	Signatures map[string]record.Signature `json:"signatures,omitempty" doc:"by item of the type signature"`
	States     map[string]State            `json:"states,omitempty" doc:"by item without an answer: declined, unknown, not_applicable or not_asked"`
	Taken      map[string]record.ID        `json:"taken,omitempty" doc:"by item taken over from what was told before: the entry, which is cited"`
	Language   string                      `json:"language,omitempty" doc:"in which it was asked and read: a code such as en, or other"`
	Spoken     string                      `json:"spoken,omitempty" doc:"which other language" max:"100"`
	Mode       string                      `json:"mode,omitempty" doc:"how it was interpreted: in_person, by_phone, by_video, colleague, relative, declined"`
	Name       string                      `json:"name,omitempty" doc:"name or number of the interpreter" max:"100"`
	First      record.ID                   `json:"first,omitzero" doc:"of a correction: the entry in which it was answered first"`
}

// Modes are the ways in which an interpreter takes part; declined is an offer that the person did not want.
var Modes = []string{"in_person", "by_phone", "by_video", "colleague", "relative", "declined"}

// Validate implements record.Body: against the form, in the version that was filled.
func (s *Said) Validate(e *record.Entry) error {
	var c fault.Check
	c.Want(!s.Run.IsZero(), "run", "say which run")
	f := Find(s.Form, s.Version)
	if f == nil {
		c.Want(false, "form", "there is no such form")
		return c.Err()
	}
	section := f.Section(s.Section)
	if section == nil {
		c.Want(false, "section", "the form has no such section")
		return c.Err()
	}
	item := func(field, code string, fits func(*Item) bool) *Item {
		it := section.Item(code)
		if it == nil || !fits(it) {
			c.Want(false, field+"."+code, "this section asks no such thing")
			return nil
		}
		return it
	}
	for _, code := range slices.Sorted(maps.Keys(s.Answers)) {
		if it := item("answers", code, func(it *Item) bool { return it.Type != Several && it.Type != Sign }); it != nil {
			wrong := it.valid(s.Answers[code])
			c.Want(wrong == "" && strings.TrimSpace(s.Answers[code]) != "", "answers."+code, orElse(wrong, "there is nothing in it"))
		}
	}
	for _, code := range slices.Sorted(maps.Keys(s.Chosen)) {
		if it := item("chosen", code, func(it *Item) bool { return it.Type == Several }); it != nil {
			list := s.Chosen[code]
			c.Want(len(list) > 0 && len(list) <= len(it.Choices) && !slices.ContainsFunc(list, func(v string) bool { return it.valid(v) != "" }), "chosen."+code, "choose from the list")
			alone := slices.ContainsFunc(it.Choices, func(o Choice) bool { return o.Alone && slices.Contains(list, o.Code) })
			c.Want(!alone || len(list) == 1, "chosen."+code, "none of these, or some of them: not both")
		}
	}
	for _, code := range slices.Sorted(maps.Keys(s.Signatures)) {
		if it := item("signatures", code, func(it *Item) bool { return it.Type == Sign }); it != nil {
			signature := s.Signatures[code]
			signature.Check(&c, "signatures."+code)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(s.States)) {
		if it := item("states", code, func(*Item) bool { return true }); it != nil {
			c.Want(slices.Contains(Saying, s.States[code]), "states."+code, "choose from the list")
			_, answered := s.values(it)
			c.Want(!answered, "states."+code, "an answer, or why there is none: not both")
		}
	}
	for _, code := range slices.Sorted(maps.Keys(s.Taken)) {
		if it := item("taken", code, func(it *Item) bool { return it.Fact != "" }); it != nil {
			_, answered := s.values(it)
			c.Want(answered && slices.Contains(e.Cites, s.Taken[code]), "taken."+code, "what is taken over is answered, and cited")
		}
	}
	c.Want(len(s.Answers)+len(s.Chosen)+len(s.Signatures)+len(s.States) > 0, "section", "nothing has been answered yet")
	c.Want(s.Language == "" || s.Language == "other" || slices.Contains(f.Languages(), s.Language), "language", "choose from the list")
	c.Want(s.Language != "other" || strings.TrimSpace(s.Spoken) != "", "spoken", "say which language")
	c.Want(s.Mode == "" || slices.Contains(Modes, s.Mode), "mode", "choose from the list")
	c.Want(s.First.IsZero() || e.Amendment == record.Correction, "first", "only a correction has been answered before")
	c.Short(s.Spoken, 100, "spoken")
	c.Short(s.Name, 100, "name")
	return c.Err()
}

// values are what was answered to an item; a signature counts as Signed.
func (s *Said) values(it *Item) ([]string, bool) {
	if list := s.Chosen[it.Code]; len(list) > 0 {
		return list, true
	}
	if _, ok := s.Signatures[it.Code]; ok {
		return []string{Signed}, true
	}
	v, ok := s.Answers[it.Code]
	return []string{v}, ok
}

// Finished closes a run: forms.finished. What was answered before and arrives after still counts.
type Finished struct {
	Run  record.ID `json:"run"`
	Form string    `json:"form" doc:"id of the form"`
}

// Validate implements record.Body.
func (f *Finished) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!f.Run.IsZero(), "run", "say which run")
	c.Want(Current(f.Form) != nil, "form", "there is no such form")
	return c.Err()
}

// Stopped ends a run that will not be finished: forms.stopped.
type Stopped struct {
	Run    record.ID `json:"run"`
	Form   string    `json:"form" doc:"id of the form"`
	Reason string    `json:"reason" doc:"begun_twice, wrong_person, left or other"`
	Words  string    `json:"words,omitempty" doc:"which other reason" max:"500"`
}

// WrongPerson is the reason of a run whose answers were another person's.
const WrongPerson = "wrong_person"

// Reasons are why a form may be stopped.
var Reasons = []string{"begun_twice", WrongPerson, "left", "other"}

// Validate implements record.Body.
func (s *Stopped) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!s.Run.IsZero(), "run", "say which run")
	c.Want(Current(s.Form) != nil, "form", "there is no such form")
	c.Want(slices.Contains(Reasons, s.Reason), "reason", "say why")
	c.Want(s.Reason != "other" || strings.TrimSpace(s.Words) != "", "words", "say why in a few words")
	c.Short(s.Words, 500, "words")
	return c.Err()
}

// CriticalAnswered says what was done about a critical answer: forms.critical_answered.
type CriticalAnswered struct {
	Answer record.ID `json:"answer" doc:"the entry with the critical answer"`
	Item   string    `json:"item" doc:"which of its items"`
	Done   string    `json:"done" doc:"stayed, level_raised, assessed, called_help or other"`
	Words  string    `json:"words" doc:"what was done, in words" max:"2000"`
}

// Dones are what may be done about a critical answer.
var Dones = []string{"stayed", "level_raised", "assessed", "called_help", "other"}

// Validate implements record.Body.
func (a *CriticalAnswered) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!a.Answer.IsZero(), "answer", "say which answer")
	c.Want(a.Item != "" && len(a.Item) <= 100, "item", "say which item")
	c.Want(slices.Contains(Dones, a.Done), "done", "say what was done")
	c.Want(strings.TrimSpace(a.Words) != "", "words", "say it in a few words")
	c.Short(a.Words, 2000, "words")
	return c.Err()
}

func orElse(text, otherwise string) string {
	if text != "" {
		return text
	}
	return otherwise
}
