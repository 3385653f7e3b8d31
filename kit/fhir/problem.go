package fhir

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Severity says whether meaning was lost.
type Severity int

const (
	// Warning: read in the only way that makes sense; worth a look.
	Warning Severity = iota
	// Error: something that is there could not be read for what it means.
	Error
)

// String is "warning" or "error".
func (s Severity) String() string {
	if s == Error {
		return "error"
	}
	return "warning"
}

// MarshalText writes the severity as its word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Problem is one thing wrong with what was read, with its place.
type Problem struct {
	// File is the name given to Read.
	File string `json:"file,omitempty"`
	// Line counts from 1. Offset counts bytes from 0, after decompression and
	// conversion to UTF-8.
	Line   int   `json:"line,omitempty"`
	Offset int64 `json:"offset,omitempty"`
	// Path is FHIRPath-like: Bundle.entry[12].resource.birthDate.
	Path string `json:"path,omitempty"`
	// Resource is "Patient/123", or "Patient" when it has no id.
	Resource string   `json:"resource,omitempty"`
	Severity Severity `json:"severity"`
	// Reason is in plain words, and quotes at most a short piece of the source.
	Reason string `json:"reason"`
}

// String is one line for a terminal or a log of the import.
func (p Problem) String() string {
	var text strings.Builder
	if p.File != "" {
		text.WriteString(p.File + ": ")
	}
	if p.Line > 0 {
		fmt.Fprintf(&text, "line %d: ", p.Line)
	}
	text.WriteString(p.Severity.String() + ": ")
	if p.Resource != "" {
		text.WriteString(p.Resource + ": ")
	}
	if p.Path != "" {
		text.WriteString(p.Path + ": ")
	}
	return text.String() + p.Reason
}

var (
	// ErrTooLarge: a limit was passed. Over HTTP it answers 413.
	ErrTooLarge = errors.New("larger than is accepted")
	// ErrMalformed: not JSON, cut short, or not something that carries people.
	// Over HTTP it answers 400.
	ErrMalformed = errors.New("not readable as FHIR")
)

// RefusedError says why nothing of a file may be used. It unwraps to
// ErrTooLarge, ErrMalformed or the reader's own error.
type RefusedError struct {
	Problem Problem
	cause   error
}

func (e *RefusedError) Error() string { return e.Problem.String() }

// Unwrap gives the kind of refusal.
func (e *RefusedError) Unwrap() error { return e.cause }

// limitError is what the readers under the decoder return when a limit is passed.
type limitError struct{ reason string }

func (e *limitError) Error() string { return e.reason }
func (e *limitError) Unwrap() error { return ErrTooLarge }

// fhirPath turns a JSON pointer below root ("/contact/0/name") into a path as
// people in the field write it ("Patient.contact[0].name"). No element of FHIR
// is named by digits, so digits are positions.
func fhirPath(root string, pointer jsontext.Pointer) string {
	var path strings.Builder
	path.WriteString(root)
	for token := range pointer.Tokens() {
		if _, err := strconv.Atoi(token); err == nil {
			path.WriteString("[" + token + "]")
		} else {
			path.WriteString("." + clip(token))
		}
	}
	return path.String()
}

// clip shortens a piece of the source for a message and makes it one line.
func clip(text string) string {
	const most = 80
	text = strings.ToValidUTF8(text, "\uFFFD")
	runes := []rune(text[:min(len(text), 4*most)])
	for i, r := range runes {
		if r < ' ' || r == 0x7f {
			runes[i] = '\uFFFD'
		}
	}
	if len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return string(runes)
}
