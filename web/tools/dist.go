package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/andybalholm/brotli"
)

// write fills dist with each file as it is, as .br and as .gz, and removes what no source gives any more.
func write(dist string, files map[string][]byte) error {
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return fmt.Errorf("making %s: %w", dist, err)
	}
	stale, err := filepath.Glob(filepath.Join(dist, "*"))
	if err != nil {
		return err
	}
	for _, path := range stale {
		name := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), ".br"), ".gz")
		if _, kept := files[name]; !kept {
			if err := os.Remove(path); err != nil {
				return fmt.Errorf("removing a stale file: %w", err)
			}
		}
	}
	for _, name := range names(files) {
		packed, err := pack(files[name])
		if err != nil {
			return fmt.Errorf("compressing %s: %w", name, err)
		}
		for ending, content := range packed {
			if err := os.WriteFile(filepath.Join(dist, name+ending), content, 0o644); err != nil {
				return fmt.Errorf("writing %s: %w", name, err)
			}
		}
		fmt.Printf("%-14s %6d  gz %6d  br %6d\n", name, len(files[name]), len(packed[".gz"]), len(packed[".br"]))
	}
	return nil
}

func pack(content []byte) (map[string][]byte, error) {
	var gz, br bytes.Buffer
	zip, err := gzip.NewWriterLevel(&gz, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	for _, w := range []io.WriteCloser{zip, brotli.NewWriterLevel(&br, brotli.BestCompression)} {
		if _, err := w.Write(content); err != nil {
			return nil, err
		}
		if err := w.Close(); err != nil {
			return nil, err
		}
	}
	return map[string][]byte{"": content, ".gz": gz.Bytes(), ".br": br.Bytes()}, nil
}

// compare fails when dist differs from files in content, in any of its three forms. Compressed bytes themselves may differ between Go versions.
func compare(dist string, files map[string][]byte) error {
	there, err := filepath.Glob(filepath.Join(dist, "*"))
	if err != nil {
		return err
	}
	if len(there) != 3*len(files) {
		return fmt.Errorf("%s has %d files instead of %d: run go run -C web/tools .", dist, len(there), 3*len(files))
	}
	for _, name := range names(files) {
		for ending, unpack := range map[string]func(io.Reader) (io.Reader, error){
			"":    func(r io.Reader) (io.Reader, error) { return r, nil },
			".gz": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
			".br": func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
		} {
			committed, err := readWith(filepath.Join(dist, name+ending), unpack)
			if err != nil {
				return fmt.Errorf("checking %s%s: %w", name, ending, err)
			}
			if !bytes.Equal(committed, files[name]) {
				return fmt.Errorf("%s%s is stale: run go run -C web/tools .", name, ending)
			}
		}
	}
	return nil
}

func readWith(path string, unpack func(io.Reader) (io.Reader, error)) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	r, err := unpack(file)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func names(files map[string][]byte) []string {
	var list []string
	for name := range files {
		list = append(list, name)
	}
	sort.Strings(list)
	return list
}
