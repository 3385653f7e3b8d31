// Package fault names the few ways in which something asked of Milieu can fail, so that each is answered in one place with the right status and plain words.
package fault

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Kind says what sort of failure it is. Package web maps it to a status.
type Kind int

// The kinds of failure.
const (
	Internal    Kind = iota // a defect of ours; details stay in the log
	Invalid                 // what was sent is not right; Fields say where
	SignedOut               // no session, or it has ended
	Denied                  // this person may not do this
	NotFound                // no such thing, or not this person's to see: the two are never told apart
	Conflict                // the same ID with other content, or somebody was faster
	TooLarge                // over a stated limit
	TooMany                 // over a stated rate
	Unavailable             // try again: the database cannot be written just now
	Full                    // no space left
	Malformed               // what was sent cannot be read at all
	Locked                  // the session is locked: whoever sits there shows who they are first
	Unconfirmed             // this asks to be shown again who one is, not longer than some minutes ago
)

var names = [...]string{"internal", "invalid", "signed_out", "denied", "not_found", "conflict", "too_large", "too_many", "unavailable", "full", "malformed", "locked", "unconfirmed"}

// String is the stable word used in the machine interface.
func (k Kind) String() string { return names[k] }

// Field is one thing wrong with one field of a form or body.
type Field struct {
	Name string `json:"name"` // the JSON name of the field, with dots for what is inside another
	Text string `json:"text"` // plain words, or a message key that the pages translate
}

// Error is a failure with its kind, plain words for people and, for Invalid, the fields.
type Error struct {
	Kind   Kind
	Text   string
	Fields []Field
	Err    error // the cause, for the log only
}

// Error implements error.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Text)
	for i, f := range e.Fields {
		if i == 0 {
			b.WriteString(": ")
		} else {
			b.WriteString("; ")
		}
		b.WriteString(f.Name + ": " + f.Text)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Public is what a sender may be told: the text and the fields, never the cause.
func (e *Error) Public() string { return (&Error{Text: e.Text, Fields: e.Fields}).Error() }

// New makes an error of a kind with plain words.
func New(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Text: fmt.Sprintf(format, args...)}
}

// Wrap gives a cause a kind and plain words. A nil cause stays nil.
func Wrap(k Kind, err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: k, Text: fmt.Sprintf(format, args...), Err: err}
}

// Check collects what is wrong with fields; Err is nil when nothing is.
type Check struct{ fields []Field }

// Want notes text about the field unless ok.
func (c *Check) Want(ok bool, field, text string) {
	if !ok {
		c.fields = append(c.fields, Field{field, text})
	}
}

// Short wants a text of at most so many characters; a character may take four bytes.
func (c *Check) Short(text string, most int, field string) {
	c.Want(utf8.RuneCountInString(text) <= most, field, "shorter, please")
}

// Err is an Invalid error naming every field noted, or nil.
func (c *Check) Err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Text: "some answers need another look", Fields: c.fields}
}

// KindOf is the kind of an error; Internal for one that carries none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Of is the error as *Error; an error without a kind becomes Internal with words that give nothing away.
func Of(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Kind: Internal, Text: "something went wrong on our side; nothing you wrote was lost", Err: err}
}
