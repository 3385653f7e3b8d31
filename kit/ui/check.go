package ui

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"sort"
	"strings"
)

var (
	keyUsed     = regexp.MustCompile(`(?:\bui\.)?\bT\(\s*\w+(?:\.Context\(\))?,\s*"([a-z][\w.]*)"(\s*\+)?`)
	keyNamed    = regexp.MustCompile(`"([a-z]+(?:\.[a-z0-9_]+)+)"`)
	iconUsed    = regexp.MustCompile(`\bIcon(?:\(|:\s*|\s*=\s*)"([a-z]+)"`)
	commentLine = regexp.MustCompile(`(?m)^\s*//.*$`)
	inlineMark  = regexp.MustCompile(`\sstyle=|\son[a-z]+=["{]|<script>|<style`)
)

// CheckCatalogue reads a package's templates and Go files and says what is wrong with its words: keys that the catalogue lacks, registered keys
// beginning with prefix that nothing uses, icons that the sprite lacks, inline styles and scripts, which the content security policy forbids. A
// key built at run time counts as used when its constant beginning is, as in T(ctx, "rounds.state."+code). Call it in a test:
//
//	for _, fault := range ui.CheckCatalogue(os.DirFS("."), "rounds.") { t.Error(fault) }
func CheckCatalogue(files fs.FS, prefix string) []string {
	sources, err := readSources(files)
	if err != nil {
		return []string{err.Error()}
	}
	var faults []string
	used, beginnings := map[string]bool{}, []string{}
	for name, text := range sources {
		for _, hit := range keyUsed.FindAllStringSubmatch(text, -1) {
			if hit[2] != "" {
				beginnings = append(beginnings, hit[1])
			} else if _, _, ok := lookup("en", hit[1]); !ok {
				faults = append(faults, fmt.Sprintf("%s: the catalogue has no %q", name, hit[1]))
			}
		}
		for _, hit := range keyNamed.FindAllStringSubmatch(text, -1) {
			used[hit[1]] = true // a key may be kept in a table and said later
		}
		for _, hit := range iconUsed.FindAllStringSubmatch(text, -1) {
			if !HasIcon(hit[1]) {
				faults = append(faults, fmt.Sprintf("%s: the sprite has no icon %q", name, hit[1]))
			}
		}
		if strings.HasSuffix(name, ".templ") {
			if found := inlineMark.FindString(text); found != "" {
				faults = append(faults, fmt.Sprintf("%s: inline style or script: %s", name, strings.TrimSpace(found)))
			}
		}
	}
	faults = append(faults, unused(prefix, used, beginnings)...)
	sort.Strings(faults)
	return faults
}

func unused(prefix string, used map[string]bool, beginnings []string) []string {
	catalogue.RLock()
	defer catalogue.RUnlock()
	var faults []string
next:
	for key := range catalogue.locales["en"] {
		if !strings.HasPrefix(key, prefix) || used[key] {
			continue
		}
		for _, beginning := range beginnings {
			if strings.HasPrefix(key, beginning) {
				continue next
			}
		}
		faults = append(faults, fmt.Sprintf("nothing says %q", key))
	}
	return faults
}

// readSources returns the templates and the hand-written Go files, tests apart.
func readSources(files fs.FS) (map[string]string, error) {
	sources := map[string]string{}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		written := path.Ext(name) == ".templ" || path.Ext(name) == ".go"
		if !written || strings.HasSuffix(name, "_templ.go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		data, err := fs.ReadFile(files, name)
		sources[name] = commentLine.ReplaceAllString(string(data), "")
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the sources to check: %w", err)
	}
	return sources, nil
}

// HasIcon tells whether the sprite has an icon.
func HasIcon(name string) bool {
	return strings.Contains(string(assets["icons.svg"].plain), `id="`+name+`"`)
}

// CheckLanguages says what a language lacks beside English, and which of its messages have other places to fill in than the English ones.
func CheckLanguages() []string {
	catalogue.RLock()
	defer catalogue.RUnlock()
	var faults []string
	for locale, texts := range catalogue.locales {
		for key, english := range catalogue.locales["en"] {
			text, ok := texts[key]
			if !ok {
				faults = append(faults, fmt.Sprintf("%s: %q is not translated", locale, key))
			} else if places(text["other"]) != places(english["other"]) {
				faults = append(faults, fmt.Sprintf("%s: %q has the places %s instead of %s", locale, key, places(text["other"]), places(english["other"])))
			}
		}
	}
	sort.Strings(faults)
	return faults
}

var place = regexp.MustCompile(`\{\w+\}`)

func places(text string) string {
	found := place.FindAllString(text, -1)
	sort.Strings(found)
	return strings.Join(found, "")
}
