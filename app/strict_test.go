package app_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
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
		for n, line := range strings.Split(string(b), "\n") {
			for what, form := range unsafe {
				if form.MatchString(line) {
					t.Errorf("%s:%d: %s: %s", path, n+1, what, strings.TrimSpace(line))
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 10 {
		t.Errorf("only %d templates were found", seen)
	}
}
