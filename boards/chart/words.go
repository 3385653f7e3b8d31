package chart

import (
	"context"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"

	"milieu/house/clients/names"
	"milieu/kit/record"
	"milieu/kit/ui"
)

// wordsIn are the texts in a body as people see them: what somebody wrote, and the words for codes. A code that has none stands for itself where
// it is a single word, which somebody may have written.
func wordsIn(ctx context.Context, kind string, b record.Body) []string {
	var out []string
	gather(reflect.ValueOf(b), "", 0, func(field, s string) {
		if key := roomOf(kind) + "." + field + "." + s; isCode(s) && ui.Has(ctx, key) {
			s = ui.T(ctx, key)
		} else if isCode(s) && strings.Contains(s, "_") {
			return
		}
		out = append(out, s)
	})
	return out
}

func isCode(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' })
}

// gather gives every text of a value with the name of the field that it stands in.
func gather(v reflect.Value, field string, depth int, give func(field, s string)) {
	if depth > 8 {
		return
	}
	switch v.Kind() {
	case reflect.String:
		if s := v.String(); s != "" {
			give(field, s)
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			gather(v.Elem(), field, depth+1, give)
		}
	case reflect.Slice:
		for i := range v.Len() {
			gather(v.Index(i), field, depth+1, give)
		}
	case reflect.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, k := range keys {
			gather(v.MapIndex(k), field, depth+1, give)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() {
				continue
			}
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" {
				name = field
			}
			gather(v.Field(i), name, depth+1, give)
		}
	}
}

// piece is a stretch of a text, found or not.
type piece struct {
	Text  string
	Found bool
}

// pieces cuts a text where one of its words holds what was looked for; words are compared folded, and marked whole.
func pieces(s string, looked []string) []piece {
	var out []piece
	put := func(s string, found bool) {
		if n := len(out); n > 0 && out[n-1].Found == found {
			out[n-1].Text += s
		} else if s != "" {
			out = append(out, piece{s, found})
		}
	}
	for s != "" {
		n := strings.IndexFunc(s, func(r rune) bool { return !partOfWord(r) })
		if n < 0 {
			n = len(s)
		}
		if n == 0 { // between words
			n = strings.IndexFunc(s, partOfWord)
			if n < 0 {
				n = len(s)
			}
			put(s[:n], false)
		} else {
			folded := names.Fold(s[:n])
			put(s[:n], slices.ContainsFunc(looked, func(w string) bool { return strings.Contains(folded, w) }))
		}
		s = s[n:]
	}
	return out
}

func partOfWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r) || r == '\'' || r == '’'
}

// marked draws a text with what was looked for marked.
func marked(s string, looked []string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		for _, p := range pieces(s, looked) {
			text := templ.EscapeString(p.Text)
			if p.Found {
				text = `<mark class="found">` + text + "</mark>"
			}
			if _, err := io.WriteString(w, text); err != nil {
				return err
			}
		}
		return nil
	})
}

// around is how many letters stand on either side of what was found.
const around = 90

// snippet is where in an entry's body a word was found that its line does not hold: the words around the first, cut at spaces.
func snippet(ctx context.Context, e *record.Entry, b record.Body, looked []string) string {
	if b == nil {
		return ""
	}
	for _, s := range wordsIn(ctx, e.Kind, b) {
		at := 0
		for _, p := range pieces(s, looked) {
			if p.Found {
				return cut(s, at)
			}
			at += len(p.Text)
		}
	}
	return ""
}

// cut gives the words around a place in a text.
func cut(s string, at int) string {
	from, until := 0, len(s)
	if at > around {
		from = at - around
		if i := strings.IndexFunc(s[from:], unicode.IsSpace); i >= 0 && from+i < at {
			from += i
		}
	}
	if until-at > 2*around {
		until = at + 2*around
		if i := strings.LastIndexFunc(s[at:until], unicode.IsSpace); i > 0 {
			until = at + i
		}
	}
	for from > 0 && !utf8.RuneStart(s[from]) {
		from--
	}
	for until < len(s) && !utf8.RuneStart(s[until]) {
		until++
	}
	out := strings.TrimSpace(s[from:until])
	if from > 0 {
		out = "… " + out
	}
	if until < len(s) {
		out += " …"
	}
	return out
}
