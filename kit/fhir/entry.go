package fhir

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// entryList hands on the entries of a bundle one by one.
func (s *stream) entryList() error {
	if _, err := s.json.ReadToken(); err != nil {
		return s.broken(err)
	}
	for number := 0; ; number++ {
		s.window.forget(s.json.InputOffset())
		kind := s.json.PeekKind()
		if kind == ']' {
			_, err := s.json.ReadToken()
			return err
		}
		value, err := s.json.ReadValue()
		if err != nil {
			return s.broken(err)
		}
		end := s.json.InputOffset()
		start := end - int64(len(value))
		line := s.window.lineAt(start)
		if s.entries++; s.entries > s.limits.Entries {
			return s.refuse(ErrTooLarge, start, line, "Bundle.entry", fmt.Sprintf("more than %d entries; split the file", s.limits.Entries))
		}
		path := fmt.Sprintf("Bundle.entry[%d]", number)
		if kind != '{' {
			s.problem(Problem{Line: line, Offset: start + s.shift, Path: path, Severity: Error, Reason: "an entry is an object, not " + kindName(kind)})
			continue
		}
		if err := s.entry(bytes.Clone(value), path, start+s.shift, line); err != nil {
			return err
		}
	}
}

// entryParts are the members of an entry that matter here.
type entryParts struct {
	fullURL, method, url string
	resource             jsontext.Value
	resourceAt           int64
}

func (s *stream) entry(raw []byte, path string, offset int64, line int) error {
	parts, twice := splitEntry(raw)
	at := Problem{Line: line, Offset: offset, Path: path, Severity: Error}
	if twice != "" {
		at.Path, at.Reason = path+"."+twice, "the same element is given twice; it is unclear which one holds"
		s.problem(at)
		return nil
	}
	switch strings.ToUpper(parts.method) {
	case "DELETE", "PATCH":
		at.Path, at.Reason = path+".request", fmt.Sprintf("asks to %s %s, which an import does not do", strings.ToLower(parts.method), clip(parts.url))
		s.problem(at)
		return nil
	case "GET", "HEAD":
		at.Path, at.Severity, at.Reason = path+".request", Warning, "asks for something instead of bringing it; left out"
		s.problem(at)
		return nil
	}
	if parts.resource == nil {
		at.Severity, at.Reason = Warning, "the entry carries no resource"
		s.problem(at)
		return nil
	}
	if parts.resource.Kind() != '{' {
		at.Path, at.Reason = path+".resource", "a resource is an object, not "+kindName(parts.resource.Kind())
		s.problem(at)
		return nil
	}
	before := bytes.Count(raw[:parts.resourceAt], []byte{'\n'})
	return s.resource(&Item{
		File: s.name, Line: line + before, Offset: offset + parts.resourceAt, Path: path + ".resource",
		FullURL: parts.fullURL, Raw: parts.resource,
	})
}

// splitEntry takes an entry apart; twice names a member that stood there two
// times.
func splitEntry(raw []byte) (parts entryParts, twice string) {
	d := jsontext.NewDecoder(bytes.NewReader(raw), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	_, _ = d.ReadToken()
	seen := map[string]bool{}
	for d.PeekKind() == '"' {
		token, err := d.ReadToken()
		if err != nil {
			break
		}
		name := token.String()
		value, err := d.ReadValue()
		if err != nil {
			break
		}
		switch name {
		case "fullUrl", "resource", "request":
			if seen[name] {
				return parts, name
			}
			seen[name] = true
		}
		switch name {
		case "fullUrl":
			parts.fullURL, _ = plainText(value)
		case "resource":
			if value.Kind() != 'n' {
				parts.resource = bytes.Clone(value)
				parts.resourceAt = d.InputOffset() - int64(len(value))
			}
		case "request":
			parts.method, parts.url = memberText(value, "method"), memberText(value, "url")
		}
	}
	return parts, ""
}

func memberText(object jsontext.Value, name string) string {
	d := jsontext.NewDecoder(bytes.NewReader(object), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if token, err := d.ReadToken(); err != nil || token.Kind() != '{' {
		return ""
	}
	for d.PeekKind() == '"' {
		token, err := d.ReadToken()
		if err != nil {
			return ""
		}
		found := token.String() == name
		value, err := d.ReadValue()
		if err != nil {
			return ""
		}
		if found {
			text, _ := plainText(value)
			return text
		}
	}
	return ""
}

// resource counts, decodes and hands on one resource.
func (s *stream) resource(item *Item) error {
	item.Type, item.ID = typeAndID(item.Raw)
	if item.Type == "" {
		s.problem(Problem{Line: item.Line, Offset: item.Offset, Path: item.Path, Severity: Error, Reason: "names no resourceType"})
		return nil
	}
	if len(item.Type) > 64 || !isName(item.Type) {
		s.problem(Problem{Line: item.Line, Offset: item.Offset, Path: item.Path, Severity: Error,
			Reason: fmt.Sprintf("“%s” is no type of FHIR", clip(item.Type))})
		return nil
	}
	if len(s.report.Counts) < 1000 || s.report.Counts[item.Type] > 0 {
		s.report.Counts[item.Type]++
	}
	var complaints []complaint
	item.Resource, complaints = decodeResource(item.Raw, s.limits)
	if item.Resource == nil {
		return nil
	}
	kept := map[Severity]int{}
	for _, c := range complaints {
		if kept[c.severity]++; kept[c.severity] > 50 {
			continue
		}
		inside := max(0, min(int(c.offset), len(item.Raw)))
		item.Problems = append(item.Problems, Problem{
			File: s.name, Line: item.Line + bytes.Count(item.Raw[:inside], []byte{'\n'}), Offset: item.Offset + int64(inside),
			Path: fhirPath(item.Path, c.pointer), Resource: item.Name(), Severity: c.severity, Reason: c.reason,
		})
	}
	if outcome, ok := item.Resource.(*OperationOutcome); ok {
		s.outcome(item, outcome)
		return nil
	}
	if err := s.visit(item); err != nil {
		return &visitError{err}
	}
	return nil
}

// outcome passes on what the server remarked. An answer that is known to be
// incomplete must not look complete.
func (s *stream) outcome(item *Item, outcome *OperationOutcome) {
	for _, issue := range outcome.Issue {
		severity := Warning
		if issue.Severity == "fatal" || issue.Severity == "error" {
			severity = Error
		}
		words := strings.TrimSpace(issue.Details.Words() + " " + issue.Diagnostics)
		s.problem(Problem{Line: item.Line, Offset: item.Offset, Path: item.Path, Resource: item.Name(), Severity: severity,
			Reason: "the server that made this file remarked: " + clip(words)})
	}
}

func isName(text string) bool {
	for _, r := range text {
		if (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return true
}
