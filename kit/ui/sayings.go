package ui

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"milieu/kit/record"
)

// Line says an entry's line in words, beginning with a capital.
func Line(ctx context.Context, l record.Line) string {
	return Capital(strings.TrimSpace(T(ctx, l.Key, l.Args...)))
}

// Capital begins a text with a capital.
func Capital(s string) string {
	if s == "" {
		return s
	}
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// Joined puts the parts that say something one behind another. The parts stay as they are: they may be many readers'.
func Joined(by string, parts ...string) string {
	said := make([]string, 0, len(parts))
	for _, part := range parts {
		if part != "" {
			said = append(said, part)
		}
	}
	return strings.Join(said, by)
}
