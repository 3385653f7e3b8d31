package fhir

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Item is one resource as it was found.
type Item struct {
	// File, Line, Offset and Path tell the place, as in Problem.
	File   string
	Line   int
	Offset int64
	Path   string
	// FullURL is the entry's own address, if it has one.
	FullURL string
	// Type and ID name the resource.
	Type, ID string
	// Raw is the resource verbatim, in UTF-8.
	Raw      []byte
	Resource Resource
	Problems []Problem
}

// Name is "Patient/123", or "Patient" without an id.
func (i *Item) Name() string {
	if i.ID == "" {
		return clip(i.Type)
	}
	return clip(i.Type) + "/" + clip(i.ID)
}

// Lost tells whether part of the resource could not be read for what it means.
func (i *Item) Lost() bool {
	for _, problem := range i.Problems {
		if problem.Severity == Error {
			return true
		}
	}
	return false
}

// Report is what Read found besides the items.
type Report struct {
	// Bundles, and resources by type, of every type whether read or not.
	Bundles int
	Counts  map[string]int
	// Problems of the stream itself and of entries that are no resource. The
	// problems of a resource are with its Item.
	Problems []Problem
	// Unkept counts the problems beyond Limits.Problems.
	Unkept int
}

// Lost tells whether part of the stream could not be read for what it means.
func (r *Report) Lost() bool {
	return (&Item{Problems: r.Problems}).Lost()
}

// bundleTypes are those that carry resources to be taken as they stand. A
// history or a message says what happened to resources; a transaction's answer
// carries none.
var bundleTypes = map[string]bool{"collection": true, "transaction": true, "batch": true, "searchset": true}

// Read walks a stream: a bundle, a bare resource, several of either one after
// the other, or one a line (NDJSON, by the name's ending: .ndjson or .jsonl,
// also with .gz). visit is called for each resource of a type this package
// reads, in order. What visit got is provisional until Read returns without an
// error: a *RefusedError means that nothing of the stream may be used. An error
// of visit ends the reading and is returned as it is.
func Read(name string, r io.Reader, limits Limits, visit func(*Item) error) (*Report, error) {
	s := &stream{name: name, limits: limits.orDefaults(), visit: visit, report: &Report{Counts: map[string]int{}}}
	text, err := openText(r, s.limits)
	if err == nil {
		plain := strings.TrimSuffix(strings.ToLower(name), ".gz")
		if strings.HasSuffix(plain, ".ndjson") || strings.HasSuffix(plain, ".jsonl") {
			err = s.lines(text)
		} else {
			err = s.values(text, 1)
		}
	}
	if err == nil && s.report.Bundles == 0 && len(s.report.Counts) == 0 && !s.report.Lost() {
		err = s.refuse(ErrMalformed, 0, 1, "", "the file is empty")
	}
	var visited *visitError
	var refused *RefusedError
	var limit *limitError
	switch {
	case err == nil:
		return s.report, nil
	case errors.As(err, &visited):
		return s.report, visited.err
	case errors.As(err, &refused):
		return s.report, refused
	case errors.As(err, &limit):
		return s.report, s.refuse(ErrTooLarge, 0, 0, "", limit.reason)
	case errors.Is(err, ErrMalformed):
		return s.report, s.refuse(ErrMalformed, 0, 0, "", err.Error())
	}
	return s.report, s.refuse(err, 0, 0, "", "could not be read: "+err.Error())
}

type visitError struct{ err error }

func (e *visitError) Error() string { return e.err.Error() }

type stream struct {
	name    string
	limits  Limits
	visit   func(*Item) error
	report  *Report
	entries int

	shift  int64 // offset of the window's first byte in the whole stream
	window *window
	json   *jsontext.Decoder
}

// lines reads one resource a line. A line that cannot be read spoils only
// itself.
func (s *stream) lines(text *bufio.Reader) error {
	var offset int64
	for number := 1; ; number++ {
		line, length, err := readLine(text, s.limits.Resource)
		if err != nil && err != io.EOF {
			return err
		}
		if length > int64(len(line)) {
			s.problem(Problem{Line: number, Offset: offset, Severity: Error,
				Reason: fmt.Sprintf("the line is longer than %d bytes and was left out", s.limits.Resource)})
		} else if len(bytes.TrimSpace(line)) > 0 {
			s.shift = offset
			problem := s.values(bytes.NewReader(line), number)
			var refused *RefusedError
			if errors.As(problem, &refused) && s.entries <= s.limits.Entries {
				refused.Problem.Line = number
				s.problem(refused.Problem)
			} else if problem != nil {
				return problem
			}
		}
		offset += length
		if err == io.EOF {
			return nil
		}
	}
}

// readLine gives a line with its end, or its length alone when it is too long.
func readLine(text *bufio.Reader, most int) (line []byte, length int64, err error) {
	for {
		part, err := text.ReadSlice('\n')
		length += int64(len(part))
		if length <= int64(most) {
			line = append(line, part...)
		} else {
			line = nil
		}
		if err != bufio.ErrBufferFull {
			return line, length, err
		}
	}
}

// values reads JSON values one after the other until the end.
func (s *stream) values(text io.Reader, line int) error {
	s.window = &window{r: text, limits: s.limits, line: line}
	s.json = jsontext.NewDecoder(s.window, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	for {
		s.window.forget(s.json.InputOffset())
		kind := s.json.PeekKind()
		if kind == 0 {
			_, err := s.json.ReadToken()
			if err == io.EOF && s.window.err == nil {
				return nil
			}
			return s.broken(err)
		}
		if kind != '{' {
			return s.refuseHere("a FHIR resource starts with {, but here stands " + kindName(kind))
		}
		if err := s.top(); err != nil {
			return err
		}
	}
}

// top reads one value: a bundle, whose entries are handed on as they come, or
// a bare resource, known as such only when no entries came.
func (s *stream) top() error {
	if _, err := s.json.ReadToken(); err != nil {
		return s.broken(err)
	}
	start := s.json.InputOffset() - 1
	line := s.window.lineAt(start)
	var resourceType, bundleType string
	streamed := false
	seen := map[string]bool{}
	for s.json.PeekKind() == '"' {
		token, err := s.json.ReadToken()
		if err != nil {
			return s.broken(err)
		}
		member := token.String()
		if member == "entry" || member == "type" || member == "resourceType" {
			if seen[member] && streamed {
				return s.refuseHere("the bundle gives “" + member + "” twice; it is unclear which one holds")
			}
			seen[member] = true
		}
		if member == "entry" && s.json.PeekKind() == '[' && (resourceType == "" || resourceType == "Bundle") {
			streamed = true
			if err := s.entryList(); err != nil {
				return err
			}
			continue
		}
		value, err := s.json.ReadValue()
		if err != nil {
			return s.broken(err)
		}
		if text, ok := plainText(value); ok {
			switch member {
			case "resourceType":
				resourceType = text
			case "type":
				bundleType = text
			}
		}
		if streamed {
			s.window.forget(s.json.InputOffset())
		}
	}
	if _, err := s.json.ReadToken(); err != nil {
		return s.broken(err)
	}
	if resourceType == "Bundle" {
		s.report.Bundles++
		if !bundleTypes[bundleType] {
			return s.refuseHere(fmt.Sprintf("the bundle's type is “%s”; collection, transaction, batch and searchset can be read", clip(bundleType)))
		}
		return nil
	}
	if streamed || resourceType == "" {
		return s.refuseHere("this JSON names no resourceType; it is not FHIR")
	}
	raw := bytes.Clone(s.window.between(start, s.json.InputOffset()))
	if s.entries++; s.entries > s.limits.Entries {
		return s.refuse(ErrTooLarge, start, line, "", fmt.Sprintf("more than %d resources; split the file", s.limits.Entries))
	}
	return s.resource(&Item{File: s.name, Line: line, Offset: start + s.shift, Path: clip(resourceType), Raw: raw})
}

func plainText(value jsontext.Value) (string, bool) {
	if value.Kind() != '"' {
		return "", false
	}
	text, err := jsontext.AppendUnquote(nil, value)
	return string(text), err == nil
}

// broken tells why the JSON cannot be followed any further.
func (s *stream) broken(err error) error {
	var limit *limitError
	if errors.As(s.window.err, &limit) || errors.As(err, &limit) {
		offset := s.json.InputOffset()
		return s.refuse(ErrTooLarge, offset, s.window.lineAt(offset), "", limit.reason)
	}
	var bad *jsontext.SyntacticError
	switch {
	case errors.Is(err, ErrMalformed):
		return err
	case errors.As(err, &bad):
		reason := "is not JSON here: " + bad.Err.Error()
		if errors.Is(err, io.ErrUnexpectedEOF) {
			reason = "ends in the middle; it was cut short"
		}
		return s.refuse(ErrMalformed, bad.ByteOffset, s.window.lineAt(bad.ByteOffset), fhirPath("", bad.JSONPointer), reason)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return s.refuse(ErrMalformed, s.json.InputOffset(), s.window.lineAt(s.json.InputOffset()), "", "ends in the middle; it was cut short")
	}
	return err
}

func (s *stream) refuseHere(reason string) error {
	offset := s.json.InputOffset()
	return s.refuse(ErrMalformed, offset, s.window.lineAt(offset), "", reason)
}

func (s *stream) refuse(cause error, offset int64, line int, path, reason string) error {
	if path = strings.TrimPrefix(path, "."); strings.HasPrefix(path, "entry") {
		path = "Bundle." + path
	}
	return &RefusedError{
		Problem: Problem{File: s.name, Line: line, Offset: offset + s.shift, Path: path, Severity: Error, Reason: reason},
		cause:   cause,
	}
}

func (s *stream) problem(p Problem) {
	p.File = s.name
	if len(s.report.Problems) >= s.limits.Problems {
		s.report.Unkept++
		return
	}
	s.report.Problems = append(s.report.Problems, p)
}
