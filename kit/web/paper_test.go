package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"pgregory.net/rapid"

	"milieu/kit/ui"
)

// However a page is put together of its own text and of drawings made before, what a browser unpacks is the page.
func TestAPageUnpacksToItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.StringMatching(`(<li class="due">[a-z é]{0,40}</li>)*`), rapid.Map(rapid.IntRange(short-1, short+1), func(n int) string { return strings.Repeat("x", n) }))
		var p paper
		var want bytes.Buffer
		var drawn []*drawing
		for range rapid.IntRange(0, 6).Draw(t, "parts") {
			plain := []byte(text.Draw(t, "text"))
			switch rapid.IntRange(0, 2).Draw(t, "how") {
			case 0:
				_, _ = p.Write(plain)
			case 1:
				var packed bytes.Buffer
				pack(&packed, plain)
				drawn = append(drawn, &drawing{plain, packed.Bytes()})
				p.put(drawn[len(drawn)-1])
			default: // the same again
				if plain = nil; len(drawn) > 0 {
					again := drawn[rapid.IntRange(0, len(drawn)-1).Draw(t, "again")]
					p.put(again)
					plain = again.plain
				}
			}
			want.Write(plain)
		}
		var out bytes.Buffer
		p.pack(&out)
		z, err := gzip.NewReader(&out)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(z)
		if err != nil || !bytes.Equal(got, want.Bytes()) || p.size() != want.Len() {
			t.Fatalf("unpacked to %q: %v; want %q", got, err, want.Bytes())
		}
		if out.Len() > 0 {
			t.Fatalf("%d bytes stand behind the page", out.Len())
		}
	})
}

// A drawing within other parts of a page stands in its place, also where no page takes it as it is.
func TestADrawingStandsInItsPlace(t *testing.T) {
	const text = "<p>drawn</p>"
	d := &drawing{plain: []byte(text)}
	draw := func(w io.Writer, part templ.Component) {
		t.Helper()
		inner := templ.Join(templ.Raw("<main>"), part, templ.Raw("</main>"), part)
		if err := ui.Card(false).Render(templ.WithChildren(context.Background(), inner), w); err != nil {
			t.Fatal(err)
		}
	}
	var p paper
	var want, plain, onPaper bytes.Buffer
	draw(&want, templ.Raw(text))
	draw(&plain, d)
	draw(&p, d)
	p.each(func(text, _ []byte) { onPaper.Write(text) })
	if plain.String() != want.String() || onPaper.String() != want.String() {
		t.Errorf("%q and %q, want %q", &plain, &onPaper, &want)
	}
	if len(p.parts) != 2 {
		t.Errorf("%d drawings are taken as they are, not 2", len(p.parts))
	}
}
