package ui

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func TestSayingThings(t *testing.T) {
	Register(fstest.MapFS{
		"words/en.json": {Data: []byte(`{"test.plain": "Seen {0} by {1}", "test.named": "{who} at {place}", "test.count": {"one": "{0} check", "other": "{0} checks"}, "test.named_count": {"one": "one of {n}", "other": "{n} of them"}}`)},
		"words/fr.json": {Data: []byte(`{"test.count": {"one": "{0} ronde", "other": "{0} rondes"}}`)},
	}, "words")
	english, french := testContext(t), With(context.Background(), Env{Locale: "fr-CA"})
	for _, c := range []struct {
		ctx  context.Context
		key  string
		args []any
		want string
	}{
		{english, "test.plain", []any{"02:47", "Jo"}, "Seen 02:47 by Jo"},
		{english, "test.plain", []any{"{1}", "Jo"}, "Seen {1} by Jo"},
		{english, "test.plain", nil, "Seen {0} by {1}"},
		{english, "test.named", []any{Args{"who": "Rafi", "place": "day room"}}, "Rafi at day room"},
		{english, "test.count", []any{1}, "1 check"},
		{english, "test.count", []any{0}, "0 checks"},
		{english, "test.named_count", []any{Args{"n": 1}}, "one of 1"},
		{french, "test.count", []any{0}, "0 ronde"},
		{french, "test.count", []any{2}, "2 rondes"},
		{french, "test.plain", []any{"a", "b"}, "Seen a by b"},
		{english, "test.missing", nil, "⟦test.missing⟧"},
	} {
		if got := T(c.ctx, c.key, c.args...); got != c.want {
			t.Errorf("T(%q, %v) = %q, want %q", c.key, c.args, got, c.want)
		}
	}
}

func TestRegisterRefusesMistakes(t *testing.T) {
	for name, files := range map[string]fstest.MapFS{
		"nothing there":  {},
		"not JSON":       {"m/en.json": {Data: []byte(`{`)}},
		"not a text":     {"m/en.json": {Data: []byte(`{"test.number": 3}`)}},
		"no other":       {"m/en.json": {Data: []byte(`{"test.forms": {"one": "x"}}`)}},
		"already spoken": {"m/en.json": {Data: []byte(`{"ui.skip": "x"}`)}},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("was taken without complaint")
				}
			}()
			Register(files, "m")
		})
	}
}

func TestOwnCatalogueIsComplete(t *testing.T) {
	for _, prefix := range []string{"ui.", "date."} {
		for _, fault := range CheckCatalogue(os.DirFS("."), prefix) {
			t.Error(fault)
		}
	}
}

// The scripts' words are written in web/src as say("key"); each must be in this package's catalogue or in that of the package that brings the
// script, and none of this package's may be left over.
func TestScriptWordsAreComplete(t *testing.T) {
	known := map[string]bool{}
	catalogues, err := filepath.Glob("../*/messages/en.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range catalogues {
		texts, err := readMessages(os.DirFS(".."), strings.TrimPrefix(filepath.ToSlash(name), "../"))
		if err != nil {
			t.Fatal(err)
		}
		for key := range texts {
			known[key] = true
		}
	}
	const sources = "../../web/src"
	entries, err := os.ReadDir(sources)
	if err != nil {
		t.Fatalf("reading the scripts: %v", err)
	}
	said := regexp.MustCompile(`say\((?:late \? "(\w+)" : long \? "(\w+)" : "(\w+)"|"(\w+)"(\s*\+)?)`)
	used, text := map[string]bool{}, ""
	for _, entry := range entries {
		data, err := os.ReadFile(sources + "/" + entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		text += string(data)
	}
	for _, hit := range said.FindAllStringSubmatch(text, -1) {
		for _, key := range hit[1:5] {
			if key == "" {
				continue
			}
			used[key] = true
			if hit[5] == "" && !known["js."+key] {
				t.Errorf("the scripts say %q, which the catalogue lacks", key)
			}
		}
	}
	var spoken map[string]any
	if err := json.Unmarshal(scriptMessages(testContext(t)), &spoken); err != nil || len(spoken) == 0 {
		t.Fatalf("what scripts are handed cannot be read: %v", err)
	}
	for key := range spoken {
		beginning, _, _ := strings.Cut(key, "_")
		relative := key == "due" || key == "due_now" || key == "in" || key == "in_now" // said by the kind of a time element
		if !used[key] && !used[beginning+"_"] && !relative {
			t.Errorf("no script says %q", key)
		}
	}
}

func TestCheckCatalogueFindsFaults(t *testing.T) {
	faults := strings.Join(CheckCatalogue(fstest.MapFS{
		"page.templ":    {Data: []byte(`<p style="x">{ ui.T(ctx, "ui.no_such") } @ui.Icon("nosuch")</p>`)},
		"page_templ.go": {Data: []byte(`ui.T(ctx, "ui.generated")`)},
		"rules.go":      {Data: []byte(`ui.T(ctx, "date.weekday."+day); ui.T(r.Context(), "date.day")`)},
	}, "date."), "\n")
	for _, want := range []string{`no "ui.no_such"`, `no icon "nosuch"`, "inline style", `nothing says "date.month.1"`} {
		if !strings.Contains(faults, want) {
			t.Errorf("no fault says %s in:\n%s", want, faults)
		}
	}
	for _, not := range []string{"ui.generated", `"date.weekday.1"`, `says "date.day"`} {
		if strings.Contains(faults, not) {
			t.Errorf("wrongly found %s in:\n%s", not, faults)
		}
	}
}

func TestEveryLanguageIsWhole(t *testing.T) {
	for _, fault := range CheckLanguages() {
		if !strings.HasPrefix(fault, `fr: `) { // the test's own French has one word
			t.Error(fault)
		}
	}
}
