package testkit

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"milieu/kit/access"
	"milieu/kit/access/sentence"
	"milieu/kit/room"
)

// PolicyFor reads the program's policies, for a house of some of its rooms.
func PolicyFor(t testing.TB, dir string, _ ...room.Def) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"*.cedarschema", "*.cedar"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("no policy files in %s: %v", dir, err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, string(text))
		}
	}
	return out
}

var declared = regexp.MustCompile(`"([a-z._]+)"`)

// policyFiles makes files of texts: the program's own as they are, sentences as the policies that they mean. A house of sentences alone gets the
// kit's too.
func policyFiles(texts []string) ([]access.File, error) {
	var own []access.File
	var sentences []string
	known := map[string]bool{}
	for _, text := range texts {
		switch {
		case strings.Contains(text, "entity Role"):
			own = append(own, access.File{Name: "program.cedarschema", Text: text})
			for _, m := range declared.FindAllStringSubmatch(text, -1) {
				known[m[1]] = true
			}
		case strings.Contains(text, "@id(") || strings.HasPrefix(text, "//"):
			own = append(own, access.File{Name: "program.cedar", Text: text})
		default:
			sentences = append(sentences, text)
		}
	}
	if own == nil {
		sentences = append([]string{Policy}, sentences...)
	}
	files, err := sentence.Policies(sentences...)
	if err != nil || own == nil {
		return files, err
	}
	for line := range strings.Lines(files[0].Text) {
		if m := declared.FindStringSubmatch(line); m != nil && strings.HasPrefix(line, "action") && !known[m[1]] {
			own[0].Text += line
		}
	}
	return append(own, files[1]), nil
}
