package web

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"
	templruntime "github.com/a-h/templ/runtime"

	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/ui"
)

// drawing is a part of a page, drawn and compressed once for many. Its compressed form looks back at nothing before it and ends at a whole
// byte, so that it can stand anywhere in a compressed page.
type drawing struct{ plain, packed []byte }

// Drawn gives a part of a page that is the same for all who may see the same of a unit: it is drawn once, as Remember says. What it shows
// depends on the record, the time and the viewer's word alone: the context that draw gets knows nothing of the person, and what else it
// goes by belongs into what. draw reads what it shows itself: what was read before an entry was heard of must not be drawn behind it.
func (c *Ctx) Drawn(unit record.ID, what string, draw func(ctx context.Context, q db.Querier) (templ.Component, error)) (templ.Component, error) {
	env := ui.From(c.Context())
	return Remember(c, unit, "drawn "+env.Locale+" "+what, func() (templ.Component, error) {
		ctx := ui.With(context.Background(), ui.Env{Locale: env.Locale, Zone: env.Zone, Now: c.Now}) // it goes on for the others when this reader leaves
		part, err := draw(ctx, c.DB.Read(ctx))
		if err != nil {
			return nil, err
		}
		d, err := drawn(ctx, part)
		if err != nil {
			return nil, err
		}
		return d, nil
	})
}

// same gives a part that is the same on every page in one language, whoever reads it and whatever the record says: drawn once and for good.
func (c *Ctx) same(name string, part templ.Component) templ.Component {
	locale := ui.From(c.Context()).Locale
	if d, ok := c.sames.Load(locale + " " + name); ok {
		return d.(*drawing)
	}
	d, err := drawn(ui.With(context.Background(), ui.Env{Locale: locale}), part)
	if err != nil {
		return part // its own drawing will say so
	}
	c.sames.Store(locale+" "+name, d)
	return d
}

func drawn(ctx context.Context, part templ.Component) (*drawing, error) {
	var plain, packed bytes.Buffer
	if err := part.Render(ctx, &plain); err != nil {
		return nil, err
	}
	pack(&packed, plain.Bytes())
	return &drawing{plain.Bytes(), bytes.Clone(packed.Bytes())}, nil
}

// Render implements templ.Component. On a page it is put in as it is.
func (d *drawing) Render(_ context.Context, w io.Writer) error {
	if buffer, ok := w.(*templruntime.Buffer); ok {
		if p, ok := buffer.Underlying.(*paper); ok {
			if err := buffer.Flush(); err != nil {
				return err
			}
			p.put(d)
			return nil
		}
	}
	_, err := w.Write(d.plain)
	return err
}

// paper is what a page is drawn on: parts of its own with drawings between them.
type paper struct {
	own   []byte
	parts []part
	out   bytes.Buffer // the page as it is sent
}

// part is a drawing, and where in the page's own text it stands.
type part struct {
	at    int
	drawn *drawing
}

// Write implements io.Writer.
func (p *paper) Write(b []byte) (int, error) {
	p.own = append(p.own, b...)
	return len(b), nil
}

func (p *paper) put(d *drawing) { p.parts = append(p.parts, part{len(p.own), d}) }

// each goes through the page from its beginning, in plain and, for drawings, packed form.
func (p *paper) each(do func(plain, packed []byte)) {
	from := 0
	for _, one := range p.parts {
		do(p.own[from:one.at], nil)
		do(one.drawn.plain, one.drawn.packed)
		from = one.at
	}
	do(p.own[from:], nil)
}

func (p *paper) size() int {
	n := len(p.own)
	for _, one := range p.parts {
		n += len(one.drawn.plain)
	}
	return n
}

var (
	papers  = sync.Pool{New: func() any { return &paper{} }}
	packers = sync.Pool{New: func() any { z, _ := flate.NewWriter(io.Discard, flate.BestSpeed); return z }} // the level is one there is
)

// draw draws a frame around its content and sends it off.
func (c *Ctx) draw(status int, frame, content templ.Component) error {
	p := papers.Get().(*paper)
	defer func() {
		clear(p.parts) // a drawing is not held on to
		p.own, p.parts = p.own[:0], p.parts[:0]
		papers.Put(p)
	}()
	if err := frame.Render(templ.WithChildren(c.Context(), content), p); err != nil {
		return fmt.Errorf("drawing %s: %w", c.R.Pattern, err) // not the address: it may hold a link that signs somebody in
	}
	c.W.Header().Set("Cache-Control", "no-store")
	return c.send(status, "text/html; charset=utf-8", p)
}

// write sends what was put together elsewhere.
func (c *Ctx) write(status int, kind string, b []byte) error {
	return c.send(status, kind, &paper{own: b})
}

// send writes a page, compressed where the browser can and it is worth it.
func (c *Ctx) send(status int, kind string, p *paper) error {
	const worth = 1400 // bytes: what goes out in one packet anyhow
	h := c.W.Header()
	h.Set("Content-Type", kind)
	h.Add("Vary", "Accept-Encoding")
	out := &p.out
	out.Reset()
	if p.size() < worth || !strings.Contains(c.R.Header.Get("Accept-Encoding"), "gzip") {
		p.each(func(plain, _ []byte) { out.Write(plain) })
	} else {
		h.Set("Content-Encoding", "gzip")
		p.pack(out)
	}
	h.Set("Content-Length", strconv.Itoa(out.Len()))
	c.W.WriteHeader(status)
	_, _ = c.W.Write(out.Bytes()) // it fails when the reader has left: nobody is left to tell
	return nil
}

// pack writes the page as gzip (RFC 1952). Its parts are runs of deflate blocks (RFC 1951), none of which is marked as the last; an empty
// block that is ends them.
func (p *paper) pack(out *bytes.Buffer) {
	out.Write([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255}) // deflate, no flags, no time, packed fast, no system
	sum, size := uint32(0), uint32(0)
	p.each(func(plain, packed []byte) {
		sum, size = crc32.Update(sum, crc32.IEEETable, plain), size+uint32(len(plain)) //nolint:gosec // the size modulo 2^32 is what the format asks for
		switch {
		case packed != nil:
			out.Write(packed)
		case len(plain) <= short:
			store(out, plain)
		default:
			pack(out, plain)
		}
	})
	out.Write([]byte{1, 0, 0, 0xff, 0xff})
	out.Write(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, sum), size))
}

// short is up to how many bytes of a page's own text stand as they are: between drawings there is little of it, and working out a code for each
// bit took longer than all else that was done for a page.
const short = 640

// store puts a text in as it is, in a block of its own, where a whole byte begins.
func store(out *bytes.Buffer, plain []byte) {
	if n := uint16(len(plain)); n > 0 { //nolint:gosec // short
		out.Write([]byte{0, byte(n), byte(n >> 8), ^byte(n), ^byte(n >> 8)}) //nolint:gosec // two bytes of n
		out.Write(plain)
	}
}

// pack compresses a text so that it can stand before and behind others: to a whole byte, without a last block.
func pack(out *bytes.Buffer, plain []byte) {
	z := packers.Get().(*flate.Writer)
	defer packers.Put(z)
	z.Reset(out)
	_, _ = z.Write(plain) // a buffer takes everything
	_ = z.Flush()
}
