package app_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// unsafe are the ways by which a page could let text become more than text, or need more than the site's own scripts and styles.
var unsafe = map[string]*regexp.Regexp{
	"templ.SafeURL lets javascript: links through: use templ.URL": regexp.MustCompile(`\btempl\.SafeURL\(`),
	"raw HTML": regexp.MustCompile(`\btempl\.(Raw|UnsafeCSS|SafeCSS|JSUnsafeFuncCall|SafeScript)\b`),
	"an inline handler, which the site's policy refuses": regexp.MustCompile(`<[^>]*\son[a-z]+=`),
	"an inline style, which the site's policy refuses":   regexp.MustCompile(`<[^>]*\sstyle=`),
	"an inline script, which the site's policy refuses":  regexp.MustCompile(`<script>`),
}

// TestPagesKeepTextText reads every template of the program.
func TestPagesKeepTextText(t *testing.T) {
	templates(t, func(path, text string) {
		for n, line := range strings.Split(text, "\n") {
			for what, form := range unsafe {
				if form.MatchString(line) {
					t.Errorf("%s:%d: %s: %s", path, n+1, what, strings.TrimSpace(line))
				}
			}
		}
	})
}

var (
	wholeForm = regexp.MustCompile(`(?s)<form\b.*?</form>`)
	posted    = regexp.MustCompile(`\smethod="post"`)
	component = regexp.MustCompile(`@[A-Za-z.]+\(?`)
	tag       = regexp.MustCompile(`<(?:input|textarea|select)\b[^>]*`)
	shut      = regexp.MustCompile(`\stype="(?:hidden|checkbox|radio|submit)"`)
	dated     = regexp.MustCompile(`^@ui\.Input\(.*\bType: "date"`)
)

// closed are the parts of a form in which nobody writes a word: what is chosen, and what is pressed.
var closed = []string{"@ui.Chips(", "@ui.CheckBox(", "@ui.Button("}

// wordsInAddresses are the forms whose words may stand in an address, and why.
var wordsInAddresses = map[string]string{
	"house/staff/room/list.templ": "names of colleagues, which everybody who works here reads, and of no client; the list is sorted, turned over and linked together with them",
}

// TestNoWordsInAddresses reads every template: a form that is sent as an address has no field for free words. An address stays behind in a
// browser's history and in the logs of whatever stands between, so names, birth dates and what is looked for go in the body of a request.
func TestNoWordsInAddresses(t *testing.T) {
	forms, met := 0, map[string]bool{}
	templates(t, func(path, text string) {
		whole := wholeForm.FindAllString(text, -1)
		if n := strings.Count(text, "<form"); n != len(whole) {
			t.Errorf("%s: %d forms, of which %d could be read", path, n, len(whole))
		}
		for _, form := range whole {
			forms++
			if opening, _, _ := strings.Cut(form, ">\n"); posted.MatchString(opening) {
				continue
			}
			for _, field := range openFields(form) {
				if name := strings.TrimPrefix(filepath.ToSlash(path), "../"); wordsInAddresses[name] != "" {
					met[name] = true
				} else {
					t.Errorf("%s: a form that is sent as an address has a field for words, or a part that nobody has judged: %s", path, field)
				}
			}
		}
	})
	if forms < 10 {
		t.Errorf("only %d forms were found", forms)
	}
	for name := range wordsInAddresses {
		if !met[name] {
			t.Errorf("%s needs no exception any more", name)
		}
	}
}

// openFields are a form's fields that are not known to be closed. A day is harmless in a filter of days, and is no birth date: those are written.
func openFields(form string) (out []string) {
	for line := range strings.Lines(form) {
		line = strings.TrimSpace(line)
		if part := component.FindString(line); part != "" && !slices.Contains(closed, part) && !dated.MatchString(line) {
			out = append(out, line)
		}
		for _, t := range tag.FindAllString(line, -1) {
			if !shut.MatchString(t) {
				out = append(out, line)
			}
		}
	}
	return out
}

// templates reads every template of the program.
func templates(t *testing.T, read func(path, text string)) {
	t.Helper()
	seen := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			if err == nil {
				err = filepath.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, ".templ") {
			return nil
		}
		seen++
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read(path, string(b))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 10 {
		t.Errorf("only %d templates were found", seen)
	}
}
