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

// Files are files of this machine; a folder stands for the JSON files in it. Links that lead out of the folder are refused, and what is no
// ordinary file: whoever may put something into the folder cannot have other files read, nor the import wait for ever.
func Files(paths ...string) ([]File, error) {
	var out []File
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, fmt.Errorf("looking at %s: %w", p, err)
		}
		if !info.IsDir() {
			out = append(out, File{filepath.Base(p), func() (io.ReadCloser, error) { return os.Open(p) }})
			continue
		}
		names, err := jsonIn(p)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			out = append(out, File{name, func() (io.ReadCloser, error) { return inside(p, name) }})
		}
	}
	return out, nil
}

// inside opens an ordinary file of a folder.
func inside(folder, name string) (io.ReadCloser, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("opening the folder %s: %w", folder, err)
	}
	defer root.Close()
	info, err := root.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("it is no ordinary file")
	}
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", filepath.Join(folder, name), err)
	}
	return root.Open(name)
}

func jsonIn(folder string) ([]string, error) {
	var names []string
	for _, ending := range []string{"*.json", "*.ndjson", "*.json.gz"} {
		found, err := filepath.Glob(filepath.Join(folder, ending))
		if err != nil {
			return nil, fmt.Errorf("listing %s: %w", folder, err)
		}
		for _, one := range found {
			names = append(names, filepath.Base(one))
		}
	}
	slices.Sort(names)
	return names, nil
}
