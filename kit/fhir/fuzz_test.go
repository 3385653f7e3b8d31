package fhir

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzRead holds what must be true of any bytes at all: no panic, an error of
// a kind the caller can answer with, places inside the file, resources whose
// bytes are theirs, and the same answer twice.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/synthea/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("no sample people", err)
	}
	for _, file := range files[:2] {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, false)
	}
	for _, seed := range []string{
		bundle("collection", entry(ana), entry(milk)), ana + "\n" + milk, "\xff\xfe{\x00}\x00", "\x1f\x8b", `{"entry":[{"resource":`,
		`{"resourceType":"Patient","name":[{"given":null}],"contained":[{"resourceType":"Patient","contained":[{}]}]}`,
		`{"resourceType":"Condition","onsetAge":{"value":1e999},"code":"x","modifierExtension":[1]}`,
		"{\"resourceType\":\"C\\ndition\",\"id\":\"\\u0000\"}",
		`{"resourceType":"Patient","resourceType":"Condition","birthDate":[["1970"]]}`,
	} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	limits := Limits{File: 1 << 20, Resource: 64 << 10, Entries: 200, Values: 2_000, String: 4 << 10, Problems: 50}
	f.Fuzz(func(t *testing.T, text []byte, lines bool) {
		name := "x.json"
		if lines {
			name = "x.ndjson"
		}
		once := func() (items []*Item, report *Report, err error) {
			report, err = Read(name, bytes.NewReader(text), limits, func(item *Item) error {
				items = append(items, item)
				return nil
			})
			return items, report, err
		}
		items, report, err := once()
		if err != nil {
			var refused *RefusedError
			if !errors.As(err, &refused) {
				t.Fatalf("an error without a place: %v", err)
			}
			if !errors.Is(err, ErrTooLarge) && !errors.Is(err, ErrMalformed) {
				t.Fatalf("an error of no kind: %v", err)
			}
		}
		problems := report.Problems
		for _, item := range items {
			if item.Resource == nil || item.Type == "" || item.Line < 1 {
				t.Fatalf("an item without its parts: %+v", item)
			}
			if !item.Lost() && !json.Valid(item.Raw) {
				t.Fatalf("bytes that are no JSON: %q", item.Raw)
			}
			Fingerprint(item.Raw)
			if _, err := json.Marshal(item.Resource); err != nil {
				t.Fatalf("cannot be written again: %v", err)
			}
			problems = append(problems, item.Problems...)
		}
		for _, problem := range problems {
			if problem.Reason == "" || problem.Line < 1 || problem.Offset < 0 || strings.ContainsAny(problem.String(), "\n\x00\x1b") {
				t.Fatalf("a problem that cannot be shown: %q", problem.String())
			}
		}
		again, _, twice := once()
		if len(again) != len(items) || (twice == nil) != (err == nil) {
			t.Fatalf("another answer the second time: %d and %d items, %v and %v", len(items), len(again), err, twice)
		}
	})
}
