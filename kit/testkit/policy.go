package testkit

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/web"
)

// PolicyFor reads the policy files of a folder and keeps what the given rooms use, so that a test may open some of the rooms alone. Actions that
// no file grants fail the house's start, as they do outside tests.
func PolicyFor(t testing.TB, dir string, defs ...room.Def) []string {
	t.Helper()
	used := map[string]bool{}
	for _, d := range defs {
		kinds, err := record.NewKinds(d.Kinds)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range append(access.Actions(kinds), web.Actions(d.Routes, d.Nav)...) {
			used[a] = true
		}
		for _, p := range d.Panels {
			used[p.Action] = true
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no policy files in %s: %v", dir, err)
	}
	var out []string
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			out = append(out, keep(strings.TrimSpace(line), used)...)
		}
	}
	return []string{strings.Join(out, "\n")}
}

// keep gives a policy line with the actions that are used; none of it when none is.
func keep(line string, used map[string]bool) []string {
	who, what, ok := strings.Cut(line, " may ")
	if strings.HasPrefix(line, "#") || !ok {
		return nil
	}
	for _, reach := range []string{" on their unit", " of newcomers", " anywhere", " for themselves"} {
		list, found := strings.CutSuffix(what, reach)
		if !found {
			continue
		}
		actions := strings.Split(strings.ReplaceAll(list, " ", ""), ",")
		actions = slices.DeleteFunc(actions, func(a string) bool { return !used[a] || strings.Contains(Policy, a) })
		if len(actions) > 0 {
			return []string{who + " may " + strings.Join(actions, ", ") + reach}
		}
	}
	return nil
}
