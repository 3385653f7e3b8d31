package app_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocumentsSayWhatIsThere: the tests and files that the documents on security name are there. A promise whose test went away is none.
func TestDocumentsSayWhatIsThere(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			if err == nil {
				err = fs.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
			tests[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, doc := range []string{"security.md", "asvs.md"} {
		text, err := os.ReadFile(filepath.Join("..", "docs", doc))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(string(text), -1) {
			switch name := m[1]; {
			case regexp.MustCompile(`^(Test|Fuzz)[A-Z]\w*$`).MatchString(name):
				named++
				if !tests[name] {
					t.Errorf("docs/%s names %s, which is not there", doc, name)
				}
			case regexp.MustCompile(`^(app|kit|house|care|boards|web|scripts|docs)/[\w./*-]+$`).MatchString(name):
				named++
				if found, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(name))); err != nil || len(found) == 0 {
					t.Errorf("docs/%s names %s, which is not there", doc, name)
				}
			}
		}
	}
	if named < 60 {
		t.Errorf("only %d names were found", named)
	}
}
