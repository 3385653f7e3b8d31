package fhir

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// openText gives the UTF-8 text inside r, whatever wraps it: gzip (also twice
// is not undone: one layer), a byte order mark, UTF-16 in either order.
func openText(r io.Reader, limits Limits) (*bufio.Reader, error) {
	counted := &counter{r: r}
	outer := bufio.NewReaderSize(counted, 32<<10)
	var inner io.Reader = outer
	if magic, _ := outer.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(outer)
		if err != nil {
			return nil, counted.blame(err)
		}
		inner = &swellGuard{r: unzipped, packed: counted}
	}
	inner = &sizeGuard{r: inner, left: limits.File, most: limits.File}

	text := bufio.NewReaderSize(inner, 64<<10)
	start, _ := text.Peek(4)
	switch {
	case bytes.HasPrefix(start, []byte{0xef, 0xbb, 0xbf}):
		_, err := text.Discard(3)
		return text, err
	case bytes.HasPrefix(start, []byte{0xfe, 0xff}), bytes.HasPrefix(start, []byte{0xff, 0xfe}):
		return utf16(text, unicode.BigEndian, unicode.ExpectBOM), nil
	case len(start) >= 2 && start[0] == 0 && start[1] != 0:
		return utf16(text, unicode.BigEndian, unicode.IgnoreBOM), nil
	case len(start) >= 2 && start[0] != 0 && start[1] == 0:
		return utf16(text, unicode.LittleEndian, unicode.IgnoreBOM), nil
	}
	return text, nil
}

func utf16(r io.Reader, order unicode.Endianness, mark unicode.BOMPolicy) *bufio.Reader {
	return bufio.NewReaderSize(transform.NewReader(r, unicode.UTF16(order, mark).NewDecoder()), 64<<10)
}

type counter struct {
	r     io.Reader
	count int64
	err   error
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.count += int64(n)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

// blame tells a damaged file from a reader that failed.
func (c *counter) blame(err error) error {
	if err == nil || err == io.EOF || c.err != nil {
		return err
	}
	return fmt.Errorf("the gzip file is damaged or cut short (%v): %w", err, ErrMalformed)
}

// sizeGuard ends the stream with a limitError once more than most bytes came.
type sizeGuard struct {
	r          io.Reader
	left, most int64
}

func (g *sizeGuard) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	g.left -= int64(n)
	if g.left < 0 {
		return 0, &limitError{fmt.Sprintf("the file is larger than %d bytes; split it", g.most)}
	}
	return n, err
}

// swellGuard refuses gzip that unpacks to far more than records do.
type swellGuard struct {
	r      io.Reader
	packed *counter
	out    int64
}

func (g *swellGuard) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	g.out += int64(n)
	if g.out > gzipFree && g.out/gzipRatio > g.packed.count {
		return 0, &limitError{fmt.Sprintf("the gzip file unpacks to more than %d times its size", gzipRatio)}
	}
	return n, g.packed.blame(err)
}
