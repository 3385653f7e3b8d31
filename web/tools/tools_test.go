package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestColours(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"white":         {"oklch(1 0 0)", "#ffffff"},
		"black":         {"oklch(0 0 0)", "#000000"},
		"red":           {"oklch(.62796 .25768 29.234)", "#ff0000"},
		"blue":          {"oklch(.45201 .31321 264.052)", "#0000ff"},
		"half clear":    {"oklch(1 0 0 / .5)", "#ffffff80"},
		"inside a list": {"0 0 0 1px oklch(0 0 0 / .1), x", "0 0 0 1px #0000001a, x"},
	} {
		got, err := plainColours(c.in)
		if err != nil || got != c.want {
			t.Errorf("%s: %s gives %s, %v; want %s", name, c.in, got, err, c.want)
		}
	}
	if _, err := plainColours("oklch(from var(--x) l c h)"); err == nil {
		t.Error("a colour that was not understood went through")
	}
}

// A colour outside sRGB keeps its hue: a very strong green must not turn yellow.
func TestColoursOutsideTheScreen(t *testing.T) {
	if got := hexColour(.7, .4, 145, 1); got[1:3] != "00" && got[1:3] > "20" {
		t.Errorf("a green beyond the screen became %s", got)
	}
}

func TestThemes(t *testing.T) {
	css, err := expandThemes(":root {\n  --a: light-dark(red, blue); /* x; */\n  --b: 1px;\n  --c: 0 0 light-dark(rgb(1, 2, 3), #000), 1px light-dark(a, b);\n}\nrest {}")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"--a: red;", "--a: blue;", "--c: 0 0 rgb(1, 2, 3), 1px a;", "--c: 0 0 #000, 1px b;", "rest {}", "prefers-color-scheme: dark", `[data-theme="dark"], .dark`} {
		if !strings.Contains(css, want) {
			t.Errorf("%q is missing in:\n%s", want, css)
		}
	}
	if strings.Count(css, "--b: 1px") != 1 || strings.Contains(css, "light-dark") {
		t.Errorf("not as plain as it should be:\n%s", css)
	}
	for _, wrong := range []string{"body {}", ":root {\n --a: light-dark(red);\n}", ":root {\n --a: light-dark(red, blue;\n}"} {
		if _, err := expandThemes(wrong); err == nil {
			t.Errorf("%q went through", wrong)
		}
	}
}

func TestCheckNoticesWhatIsStale(t *testing.T) {
	dist := t.TempDir()
	files := map[string][]byte{"app.css": []byte("a{color:red}")}
	if err := write(dist, files); err != nil {
		t.Fatal(err)
	}
	if err := compare(dist, files); err != nil {
		t.Errorf("fresh, but %v", err)
	}
	if err := compare(dist, map[string][]byte{"app.css": []byte("a{color:blue}")}); err == nil {
		t.Error("a changed source went unnoticed")
	}
	if err := os.WriteFile(filepath.Join(dist, "app.css.br"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := compare(dist, files); err == nil {
		t.Error("a broken compressed form went unnoticed")
	}
	if err := write(dist, map[string][]byte{"other.css": []byte("b{}")}); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dist, "app.css*")); len(left) != 0 {
		t.Errorf("%v were left behind", left)
	}
}

func TestCommittedFilesAreFresh(t *testing.T) {
	if err := run("..", "../../kit/ui/dist", true); err != nil {
		t.Error(err)
	}
}
