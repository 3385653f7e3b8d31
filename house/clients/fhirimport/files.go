package fhirimport

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// File is one file to import.
type File struct {
	Name string
	Open func() (io.ReadCloser, error)
}

// Files are files of this machine; a folder stands for the JSON files in it.
func Files(paths ...string) ([]File, error) {
	var out []File
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, fmt.Errorf("looking at %s: %w", p, err)
		}
		names := []string{p}
		if info.IsDir() {
			if names, err = jsonIn(p); err != nil {
				return nil, err
			}
		}
		for _, name := range names {
			out = append(out, File{filepath.Base(name), func() (io.ReadCloser, error) { return os.Open(name) }})
		}
	}
	return out, nil
}

func jsonIn(folder string) ([]string, error) {
	var names []string
	for _, ending := range []string{"*.json", "*.ndjson", "*.json.gz"} {
		found, err := filepath.Glob(filepath.Join(folder, ending))
		if err != nil {
			return nil, fmt.Errorf("listing %s: %w", folder, err)
		}
		names = append(names, found...)
	}
	slices.Sort(names)
	return names, nil
}
