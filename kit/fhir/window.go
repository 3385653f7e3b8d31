package fhir

import (
	"bytes"
	"fmt"
	"io"
)

// window passes bytes to the JSON decoder and keeps those of the value being
// read, so that a resource can be handed over verbatim and a place can be told
// as a line. It also ends the stream when nesting or one value grows past its
// limit, before the decoder has spent memory on it.
type window struct {
	r      io.Reader
	limits Limits

	kept []byte
	base int64 // offset of kept[0]
	line int   // line of kept[0]
	err  error // the limit that was passed, if any

	depth          int
	inText, escape bool
}

func (w *window) Read(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.r.Read(p)
	for _, b := range p[:n] {
		switch {
		case w.escape:
			w.escape = false
		case w.inText:
			w.escape = b == '\\'
			w.inText = b != '"'
		case b == '"':
			w.inText = true
		case b == '{' || b == '[':
			if w.depth++; w.depth > w.limits.Depth {
				w.err = &limitError{fmt.Sprintf("objects and lists are nested deeper than %d", w.limits.Depth)}
				return 0, w.err
			}
		case b == '}' || b == ']':
			w.depth--
		}
	}
	w.kept = append(w.kept, p[:n]...)
	if len(w.kept) > w.limits.Resource+(128<<10) {
		w.err = &limitError{fmt.Sprintf("one resource is larger than %d bytes", w.limits.Resource)}
		return 0, w.err
	}
	return n, err
}

// forget drops what lies before offset.
func (w *window) forget(offset int64) {
	n := w.index(offset)
	w.line += bytes.Count(w.kept[:n], []byte{'\n'})
	w.base += int64(n)
	w.kept = append(w.kept[:0], w.kept[n:]...)
}

// between gives the kept bytes from one offset to another; they are valid
// until the next read.
func (w *window) between(from, to int64) []byte { return w.kept[w.index(from):w.index(to)] }

// lineAt is the line of an offset, counted from 1.
func (w *window) lineAt(offset int64) int {
	return w.line + bytes.Count(w.kept[:w.index(offset)], []byte{'\n'})
}

func (w *window) index(offset int64) int {
	return int(max(0, min(offset-w.base, int64(len(w.kept)))))
}
