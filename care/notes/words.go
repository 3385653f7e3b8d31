package notes

import (
	"slices"
	"strings"

	"milieu/kit/fault"
	"milieu/kit/record"
)

// Term is a word that a note is better without, and what can be written instead. It is offered as one writes, never more.
type Term struct {
	Code  string            `json:"code"`
	Forms map[string]string `json:"forms"`         // what is found, and what stands as well in its place; empty where no word does
	Write string            `json:"write"`         // what to write instead, in a few words
	Why   string            `json:"why"`           // in a few words
	From  string            `json:"from,omitzero"` // the source
}

var terms = readData[struct {
	Terms []Term `json:"terms"`
}]("words.en.json").Terms

// Terms are the program's own.
func Terms() []Term { return terms }

// HouseTerm is a term of the house's own.
type HouseTerm struct {
	Find    string `json:"find" max:"60" doc:"the word, or a few"`
	Instead string `json:"instead,omitempty" max:"120" doc:"what stands as well in its place"`
	Why     string `json:"why,omitempty" max:"200"`
}

// WordsSet are the house's own terms and those of the program's that it silences: notes.words_set, filed in the house's chart. It states all
// of them anew.
type WordsSet struct {
	Terms  []HouseTerm `json:"terms,omitempty"`
	Silent []string    `json:"silent,omitempty" doc:"codes of the program's own terms"`
}

// Validate implements record.Body.
func (s *WordsSet) Validate(*record.Entry) error {
	var v fault.Check
	v.Want(len(s.Terms) <= 200, "terms", "at most 200")
	for _, t := range s.Terms {
		v.Want(strings.TrimSpace(t.Find) != "", "terms", "say which word")
		v.Short(t.Find, 60, "terms")
		v.Short(t.Instead, 120, "terms")
		v.Short(t.Why, 200, "terms")
	}
	for _, code := range s.Silent {
		v.Want(slices.ContainsFunc(terms, func(t Term) bool { return t.Code == code }), "silent", "there is no such term")
	}
	return v.Err()
}

// Spoken are the terms that hold in a house.
func (s *WordsSet) Spoken() []Term {
	var out []Term
	for _, t := range terms {
		if !slices.Contains(s.Silent, t.Code) {
			out = append(out, t)
		}
	}
	for _, t := range s.Terms {
		find := strings.ToLower(strings.TrimSpace(t.Find))
		out = append(out, Term{Code: "house", Forms: map[string]string{find: t.Instead}, Write: t.Instead, Why: t.Why})
	}
	return out
}
