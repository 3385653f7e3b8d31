package fhir

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
)

// endless gives start once, and then more over and over.
type endless struct {
	start, more []byte
	at          int
}

func (e *endless) Read(p []byte) (int, error) {
	if len(e.start) > 0 {
		n := copy(p, e.start)
		e.start = e.start[n:]
		return n, nil
	}
	n := copy(p, e.more[e.at:])
	e.at = (e.at + n) % len(e.more)
	return n, nil
}

func TestNothingTooLargeIsTakenIn(t *testing.T) {
	var bomb bytes.Buffer
	// Members of gzip may follow each other: 1 GiB of blanks in about 1 MB.
	member := zipped(t, strings.Repeat(" ", 1<<20))
	for range 1024 {
		bomb.WriteString(member)
	}
	big := strings.Repeat("x", 2<<20)
	for _, c := range []struct {
		name   string
		body   io.Reader
		limits Limits
		reason string
	}{
		{"lists 200,000 deep", strings.NewReader(`{"resourceType":"Patient","x":` + strings.Repeat("[", 200_000)), WebLimits, "nested deeper than 64"},
		{"objects without end", &endless{more: []byte(`{"a":`)}, WebLimits, "nested deeper than 64"},
		{"blanks without end", &endless{start: []byte(`{`), more: []byte(" ")}, WebLimits, "one resource is larger"},
		{"a text without end", &endless{start: []byte(`{"resourceType":"`), more: []byte("x")}, WebLimits, "one resource is larger"},
		{"a body without end", &endless{start: []byte(`{"resourceType":"Bundle","type":"collection","entry":[{}`), more: []byte(",{    }")}, WebLimits, "more than 5000 entries"},
		{"resources without end", &endless{more: []byte(ana + "\n")}, WebLimits, "more than 5000 resources"},
		{"a large body", &endless{start: []byte(`{"resourceType":"Bundle","type":"collection","entry":[{}`), more: []byte("," + entry(`{"resourceType":"Binary","data":"`+big[:500_000]+`"}`))}, WebLimits, "the file is larger than 16777216 bytes"},
		{"gzip of 1 GB", bytes.NewReader(bomb.Bytes()), ImportLimits, "unpacks to more than 200 times"},
		{"gzip of 1 GB, from outside", bytes.NewReader(bomb.Bytes()), WebLimits, "larger"},
		{"10,000 entries", strings.NewReader(bundle("transaction", strings.Repeat(entry(ana)+",", 9_999)+entry(ana))), WebLimits, "more than 5000 entries"},
		{"one large entry", strings.NewReader(bundle("collection", entry(`{"resourceType":"Binary","data":"`+big+`"}`))), WebLimits, "one resource is larger than 1048576 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Read("x.json", c.body, c.limits, func(*Item) error { return nil })
			runtime.ReadMemStats(&after)
			if !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), c.reason) {
				t.Errorf("refused with %v, want %q", err, c.reason)
			}
			// Allocated in all, which is more than was ever held at once.
			if taken := int64(after.TotalAlloc - before.TotalAlloc); taken > 300<<20 {
				t.Errorf("allocated %d MB", taken>>20)
			}
			if held := int64(after.HeapSys) - int64(before.HeapSys); held > 100<<20 {
				t.Errorf("memory grew by %d MB", held>>20)
			}
		})
	}
}

func TestOneLargeThingSpoilsOnlyItself(t *testing.T) {
	long := strings.Repeat("x", 20<<10)
	f := read("x.json", bundle("collection", entry(`{"resourceType":"Patient","id":"2","name":[{"text":"`+long+`"}]}`), entry(ana)), WebLimits)
	if f.err != nil || !strings.Contains(f.problems(), "Patient/2: Bundle.entry[0].resource.name[0].text: the text is longer than 16384 bytes") || f.items[1].Lost() {
		t.Errorf("long text: %v %s", f.err, f.problems())
	}
	f = read("x.json", bundle("collection", entry(`{"resourceType":"Patient","id":"2","name":[`+strings.Repeat("{},", 6_000)+`{}]}`), entry(ana)), WebLimits)
	if f.err != nil || !strings.Contains(f.problems(), "more than 5000 elements in one resource") || f.items[1].Lost() {
		t.Errorf("many elements: %v %s", f.err, f.problems())
	}
	f = read("x.ndjson", `{"resourceType":"Binary","data":"`+strings.Repeat(long, 100)+"\"}\n"+ana, WebLimits)
	if f.err != nil || f.names() != "Patient/1" || !strings.Contains(f.problems(), "line 1: error: the line is longer than 1048576 bytes") || f.items[0].Line != 2 {
		t.Errorf("long line: %v %q %s", f.err, f.names(), f.problems())
	}
	f = read("x.json", bundle("collection", strings.Repeat("7,", 2_000)+"7"), WebLimits)
	if len(f.report.Problems) != 1_000 || f.report.Unkept != 1_001 {
		t.Errorf("%d problems kept, %d counted", len(f.report.Problems), f.report.Unkept)
	}
}
