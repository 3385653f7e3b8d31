package forms

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The answers that are codes of the engine's own.
const (
	Yes     = "yes"
	No      = "no"
	WasRead = "read"      // a statement: read to the person
	AsksOn  = "questions" // read, and the person has questions about it
	Done    = "done"      // a step
	Signed  = "signed"    // a signature, in conditions and counts
)

// Longest texts.
const (
	maxShort = 200
	maxLong  = 4000
)

// State is how an item stands. Only Answered holds an answer; none of the others is a no, and none is a zero.
type State string

// The states. Declined, Unknown, NotApplicable and NotAsked are said by whoever asks; Skipped follows from the form; Open is what nobody has come to yet.
const (
	Answered      State = "answered"
	Declined      State = "declined"
	Unknown       State = "unknown"
	NotApplicable State = "not_applicable"
	NotAsked      State = "not_asked"
	Skipped       State = "skipped"
	Open          State = "open"
)

// Saying are the states that somebody may say instead of an answer, in the order in which they are offered.
var Saying = []State{Declined, Unknown, NotApplicable, NotAsked}

// values are the answers that a type has by itself.
func (it *Item) values() []string {
	switch it.Type {
	case Statement:
		return []string{WasRead, AsksOn}
	case YesNo:
		return []string{Yes, No}
	case Step:
		return []string{Done}
	case Sign:
		return []string{Signed}
	}
	var out []string
	for _, c := range it.Choices {
		out = append(out, c.Code)
	}
	return out
}

// Fits says whether a value can be an answer to the item.
func (it *Item) Fits(value string) bool { return value != "" && it.valid(value) == "" }

// valid says what is wrong with a value; empty when nothing is.
func (it *Item) valid(value string) string {
	switch it.Type {
	case Number:
		n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		switch {
		case err != nil || n != n:
			return "write a number"
		case it.Min != nil && n < *it.Min || it.Max != nil && n > *it.Max:
			return "this number is out of range"
		}
	case Date:
		if _, err := time.Parse(time.DateOnly, value); err != nil {
			return "write a date"
		}
	case Short, Long:
		limit := maxLong
		if it.Type == Short {
			limit = maxShort
		}
		if utf8.RuneCountInString(value) > limit {
			return "shorter, please"
		}
	default:
		if !slices.Contains(it.values(), value) {
			return "choose from the list"
		}
	}
	return ""
}
