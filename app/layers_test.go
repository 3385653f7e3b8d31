package app_test

import (
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// layers are the floors of the house, from the top. A package may import its own floor's vocabulary and what lies below.
var layers = []string{"cmd", "app", "boards", "care/room", "care", "house/room", "house", "kit"}

func layer(pkg string) int {
	parts := strings.Split(pkg, "/")
	name := parts[0]
	if (name == "care" || name == "house") && len(parts) > 2 && parts[2] == "room" {
		name += "/room"
	}
	return slices.Index(layers, name)
}

// TestImportsPointDown reads every import of the program and fails when one points up, or into another room's working parts.
func TestImportsPointDown(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name := d.Name(); name == "node_modules" || name == "testdata" || name == ".git" || path == filepath.Join(root, "web") {
			return filepath.SkipDir
		}
		p, err := build.ImportDir(path, 0)
		if err != nil {
			return nil // no Go here
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		from := filepath.ToSlash(rel)
		at := layer(from)
		if at < 0 {
			t.Errorf("%s lies in no layer", from)
			return nil
		}
		seen++
		for _, imp := range p.Imports {
			to, ours := strings.CutPrefix(imp, "milieu/")
			if !ours {
				continue
			}
			below := layer(to)
			switch {
			case below < at:
				t.Errorf("%s imports %s: the arrow points up", from, to)
			case strings.HasSuffix(layers[below], "/room") && layers[at] != "app" && layers[at] != "boards" && roomOf(from) != roomOf(to):
				t.Errorf("%s imports the working parts of %s: only app and boards may", from, to)
			case layers[at] == "house" && below == at && order(from) < order(to):
				t.Errorf("%s imports %s: places, staff, clients, access in that order", from, to)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 20 {
		t.Fatalf("only %d packages were read", seen)
	}
}

// roomOf is the room a package belongs to: "care/rounds".
func roomOf(pkg string) string {
	parts := strings.Split(pkg, "/")
	return strings.Join(parts[:min(2, len(parts))], "/")
}

func order(pkg string) int {
	return slices.Index([]string{"house/places", "house/staff", "house/clients", "house/access"}, roomOf(pkg))
}

// TestEveryPackageSaysWhatItIs: exactly one package comment each.
func TestEveryPackageSaysWhatItIs(t *testing.T) {
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name := d.Name(); name == "node_modules" || name == "testdata" || name == ".git" {
			return filepath.SkipDir
		}
		files, err := filepath.Glob(filepath.Join(path, "*.go"))
		if err != nil {
			return err
		}
		comments, sources := 0, 0
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			sources++
			b, err := os.ReadFile(f)
			if err != nil {
				return err
			}
			text := string(b)
			at := strings.Index("\n"+text, "\npackage ")
			if at > 0 && strings.HasSuffix(strings.TrimRight(text[:at], " "), "\n") {
				head := strings.TrimSpace(text[:at])
				if i := strings.LastIndex(head, "\n\n"); i >= 0 {
					head = head[i+2:]
				}
				if strings.HasPrefix(head, "// Package ") || strings.HasPrefix(head, "// Command ") {
					comments++
				}
			}
		}
		if sources > 0 && comments != 1 {
			t.Errorf("%s has %d package comments", path, comments)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
