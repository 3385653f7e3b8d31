package blob_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"path/filepath"
	"testing"
	"time"

	"milieu/kit/blob"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
)

func store(t *testing.T) (*blob.Store, *db.DB) {
	t.Helper()
	d, err := db.OpenSQLite(t.Context(), db.SQLiteOptions{Path: filepath.Join(t.TempDir(), "blobs.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Write(t.Context(), func(tx db.Tx) error { return tx.Exec(d.Dialect.DDL(blob.Schema)) }); err != nil {
		t.Fatal(err)
	}
	return &blob.Store{Write: d.Write, Clock: clock.NewFake(time.Date(2026, 11, 19, 2, 0, 0, 0, time.UTC))}, d
}

func TestKeptAndGivenBack(t *testing.T) {
	s, d := store(t)
	for _, size := range []int{0, 1, 64<<10 - 1, 64 << 10, 64<<10 + 1, 300_000} {
		data := bytes.Repeat([]byte{7, 0, 255}, size/3+1)[:size]
		a, err := s.Put(t.Context(), "application/octet-stream", data)
		if err != nil {
			t.Fatal(err)
		}
		again, err := s.Put(t.Context(), "application/octet-stream", data)
		if err != nil || again != a {
			t.Errorf("the same %d bytes have two addresses, %v", size, err)
		}
		b, err := blob.Get(d.Read(t.Context()), a)
		if err != nil || !bytes.Equal(b.Data, data) || b.Kind != "application/octet-stream" {
			t.Errorf("%d bytes came back as %d: %v", size, len(b.Data), err)
		}
		if parsed, err := blob.Parse(a.String()); err != nil || parsed != a {
			t.Errorf("address %s is not read back: %v", a, err)
		}
	}
	var n int
	if err := d.Read(t.Context()).QueryRow("SELECT count(*) FROM blob_chunk").Scan(&n); err != nil || n != 1+1+1+2+5 {
		t.Errorf("%d chunks, %v", n, err)
	}
	if _, err := blob.Get(d.Read(t.Context()), blob.Address{1}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a blob that is not there: %v", err)
	}
	if _, err := s.Put(t.Context(), "x", make([]byte, blob.Max+1)); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("too large: %v", err)
	}
	for _, text := range []string{"", "zz", "00", "../../etc"} {
		if _, err := blob.Parse(text); err == nil {
			t.Errorf("%q is no address", text)
		}
	}
	if err := d.Write(t.Context(), func(tx db.Tx) error { return tx.Exec("DELETE FROM blob_chunk WHERE part = 4") }); err != nil {
		t.Fatal(err)
	}
	a, _ := s.Put(t.Context(), "application/octet-stream", bytes.Repeat([]byte{7, 0, 255}, 100_000))
	if _, err := blob.Get(d.Read(t.Context()), a); err == nil {
		t.Error("a lost chunk goes unnoticed")
	}
}

// picture has one red corner, top left.
func picture(w, h int) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{20, 20, 200, 255}
			if x < w/2 && y < h/2 {
				c = color.RGBA{250, 10, 10, 255}
			}
			p.SetRGBA(x, y, c)
		}
	}
	return p
}

// held is a JPEG with EXIF data that gives an orientation and a secret place.
func held(t *testing.T, turn byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture(80, 40), nil); err != nil {
		t.Fatal(err)
	}
	exif := append([]byte("Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00"), turn, 0, 0)
	exif = append(exif, []byte("GPS 52.5200 N 13.4050 E")...)
	part := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(exif)+2))
	return append(append(append([]byte{0xff, 0xd8}, part...), exif...), b.Bytes()[2:]...)
}

func TestPhotoStandsUprightAndSaysNothingElse(t *testing.T) {
	corner := map[byte]image.Point{1: {0, 0}, 2: {1, 0}, 3: {1, 1}, 4: {0, 1}, 5: {0, 0}, 6: {1, 0}, 7: {1, 1}, 8: {0, 1}, 0: {0, 0}, 99: {0, 0}}
	for turn, want := range corner {
		out, err := blob.Photo(held(t, turn))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(out, []byte("GPS")) || bytes.Contains(out, []byte("Exif")) {
			t.Error("the place is still in it")
		}
		p, err := jpeg.Decode(bytes.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		w, h := p.Bounds().Dx(), p.Bounds().Dy()
		if tall := turn >= 5 && turn <= 8; tall != (h > w) {
			t.Errorf("orientation %d: %d × %d", turn, w, h)
		}
		for _, at := range []image.Point{{0, 0}, {1, 0}, {0, 1}, {1, 1}} {
			r, _, b, _ := p.At(w/4+at.X*w/2, h/4+at.Y*h/2).RGBA()
			if red := r > b; red != (at == want) {
				t.Errorf("orientation %d: the red corner is not where it belongs (%v)", turn, at)
			}
		}
	}
}

// TestPhotoSaysNothingElse: whatever a camera, an editor or somebody who hides something has put beside the picture is gone, and what is kept
// is a JPEG whatever its name or kind was said to be.
func TestPhotoSaysNothingElse(t *testing.T) {
	const secret = "Elm Street 7, 52.5200 N"
	var plain, drawn bytes.Buffer
	if err := jpeg.Encode(&plain, picture(40, 20), nil); err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(&drawn, picture(40, 20)); err != nil {
		t.Fatal(err)
	}
	// segment puts one more part behind the beginning of a JPEG; chunk one behind the head of a PNG.
	segment := func(marker byte, text string) []byte {
		part := append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(text)+2)), text...)
		return append(append([]byte{0xff, 0xd8}, part...), plain.Bytes()[2:]...)
	}
	chunk := func(kind, text string) []byte {
		body := append([]byte(kind), text...)
		part := binary.BigEndian.AppendUint32(append(binary.BigEndian.AppendUint32(nil, uint32(len(text))), body...), crc32.ChecksumIEEE(body))
		const head = 8 + 25
		return append(append(bytes.Clone(drawn.Bytes()[:head]), part...), drawn.Bytes()[head:]...)
	}
	for name, data := range map[string][]byte{
		"EXIF":               segment(0xe1, "Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x00"+secret),
		"XMP":                segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00<x>"+secret+"</x>"),
		"ICC":                segment(0xe2, "ICC_PROFILE\x00\x01\x01"+secret),
		"IPTC":               segment(0xed, "Photoshop 3.0\x008BIM"+secret),
		"a comment":          segment(0xfe, secret),
		"an unknown part":    segment(0xeb, secret),
		"behind the end":     append(bytes.Clone(plain.Bytes()), "PK\x03\x04"+secret...),
		"a thumbnail":        segment(0xe0, "JFXX\x00\x10"+secret),
		"PNG text":           chunk("tEXt", "Location\x00"+secret),
		"PNG longer text":    chunk("iTXt", "Location\x00\x00\x00\x00\x00"+secret),
		"PNG EXIF":           chunk("eXIf", "MM\x00\x2a\x00\x00\x00\x08"+secret),
		"PNG of its own":     chunk("prIv", secret),
		"behind a PNG's end": append(bytes.Clone(drawn.Bytes()), "<script>"+secret...),
	} {
		if !bytes.Contains(data, []byte(secret)) {
			t.Fatalf("%s: the test hides nothing", name)
		}
		out, err := blob.Photo(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if bytes.Contains(out, []byte("Elm")) || !bytes.HasPrefix(out, []byte{0xff, 0xd8, 0xff, 0xdb}) || !bytes.HasSuffix(out, []byte{0xff, 0xd9}) {
			t.Errorf("%s: more than the picture is kept: %x …", name, out[:20])
		}
	}
	for name, data := range map[string]string{
		"WebP": "RIFF\x24\x00\x00\x00WEBPVP8 ", "GIF": "GIF89a\x01\x00\x01\x00", "SVG": `<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`, "HEIC": "\x00\x00\x00\x18ftypheic", "PDF": "%PDF-1.7",
		"a page": "<!doctype html><script>1</script>", "a zip": "PK\x03\x04", "a JPEG in name only": "\xff\xd8\xff<script>1</script>",
	} {
		if _, err := blob.Photo([]byte(data)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s is taken for a photo: %v", name, err)
		}
	}
}

func TestPhotoLimits(t *testing.T) {
	var large, odd bytes.Buffer
	if err := png.Encode(&large, picture(2000, 1000)); err != nil {
		t.Fatal(err)
	}
	out, err := blob.Photo(large.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if c, _ := jpeg.DecodeConfig(bytes.NewReader(out)); c.Width != 720 || c.Height != 360 {
		t.Errorf("kept as %d × %d", c.Width, c.Height)
	}
	if err := png.Encode(&odd, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	if _, err := blob.Photo(odd.Bytes()); err != nil {
		t.Errorf("one pixel: %v", err)
	}
	// A header that promises a picture of four billion pixels.
	bomb := bytes.Clone(large.Bytes())
	binary.BigEndian.PutUint32(bomb[16:], 65_000)
	binary.BigEndian.PutUint32(bomb[20:], 65_000)
	for name, one := range map[string]struct {
		data []byte
		want fault.Kind
	}{
		"bomb": {bomb, fault.Invalid}, "text": {[]byte("GIF89a not a photo"), fault.Invalid}, "empty": {nil, fault.Invalid},
		"cut": {large.Bytes()[:large.Len()/2], fault.Invalid}, "enormous": {make([]byte, blob.MaxPhoto+1), fault.TooLarge},
		"script": {[]byte("<svg onload=alert(1)>"), fault.Invalid},
	} {
		if _, err := blob.Photo(one.data); fault.KindOf(err) != one.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	var wide bytes.Buffer
	if err := png.Encode(&wide, image.NewGray(image.Rect(0, 0, 12_001, 1))); err != nil {
		t.Fatal(err)
	}
	if _, err := blob.Photo(wide.Bytes()); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("wide: %v", err)
	}
}

func FuzzPhoto(f *testing.F) {
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x10Exif\x00\x00MM\x00\x2a\x00\x00\x00\xff"))
	var small bytes.Buffer
	_ = png.Encode(&small, picture(3, 3))
	f.Add(small.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		if out, err := blob.Photo(data); err == nil && len(out) == 0 {
			t.Error("a photo of nothing")
		}
	})
}
