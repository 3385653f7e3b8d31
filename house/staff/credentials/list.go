package credentials

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Sort is one sort of certificate or licence. Its name in words is the message "staff.credential." and its code.
type Sort struct {
	Code     string `json:"code"`
	Months   int    `json:"months"`   // how long one is usually valid; a hint, never a rule. 0: it differs
	Numbered bool   `json:"numbered"` // it has a number that matters
}

// Other is the sort that says in words what it is.
const Other = "other"

//go:embed data/credentials.json
var sortsFile []byte

//go:embed data/never.json
var neverFile []byte

var (
	sorts = read[struct {
		Kinds []Sort `json:"kinds"`
	}](sortsFile).Kinds
	never = read[struct {
		Actions    []string `json:"actions"`
		Beginnings []string `json:"beginnings"`
	}](neverFile)
)

// read reads a file that is part of the program; one that cannot be read is a defect found by the first test.
func read[T any](file []byte) (out T) {
	if err := json.Unmarshal(file, &out); err != nil {
		panic("credentials: " + err.Error())
	}
	return out
}

// Sorts lists the sorts in the order in which they are offered.
func Sorts() []Sort { return slices.Clone(sorts) }

// SortOf gives a sort by its code; ok is false for a code that is none.
func SortOf(code string) (Sort, bool) {
	i := slices.IndexFunc(sorts, func(s Sort) bool { return s.Code == code })
	if i < 0 {
		return Sort{}, false
	}
	return sorts[i], true
}

// NeverBarred says whether an action may not hang on any certificate: looking in on people, calling for help, telling what happened, and what
// keeps the house running.
func NeverBarred(action string) bool {
	return slices.Contains(never.Actions, action) || slices.ContainsFunc(never.Beginnings, func(b string) bool { return strings.HasPrefix(action, b) })
}

// Key is what certificates of one sort have in common: the code, and for those said in words the words, however they are cased.
func Key(what, name string) string {
	if what != Other {
		return what
	}
	return Other + ":" + strings.Join(strings.Fields(cases.Fold().String(norm.NFKC.String(name))), " ")
}
