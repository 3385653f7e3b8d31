package blob

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	_ "image/png" // photos come as PNG too
	"sync"

	"milieu/kit/fault"
)

// Limits of a photo as it comes in, and of what is kept of it.
const (
	MaxPhoto  = 12 << 20   // bytes
	maxPixels = 50_000_000 // of a JPEG; a PNG needs more memory for each
	maxPNG    = 12_000_000
	maxSide   = 12_000
	keptSide  = 720 // pixels of the longer side
)

var unpacking sync.Mutex

// Photo makes of a JPEG or PNG what is kept: upright, at most 720 pixels wide or high, and drawn anew, so that nothing of the file but its
// picture is left: no place, no time, no camera, nothing hidden behind the end. An image whose header promises more pixels than a photo has
// is refused before it is unpacked, and one is unpacked at a time.
func Photo(data []byte) (jpegData []byte, err error) {
	if len(data) > MaxPhoto {
		return nil, fault.New(fault.TooLarge, "the photo is larger than %d MB", MaxPhoto>>20)
	}
	head, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "this is no photo that can be read: JPEG and PNG can")
	}
	if head.Width < 1 || head.Height < 1 || head.Width > maxSide || head.Height > maxSide || head.Width*head.Height > maxPixels || format != "jpeg" && head.Width*head.Height > maxPNG {
		return nil, fault.New(fault.TooLarge, "the photo has %d × %d pixels: that is too many", head.Width, head.Height)
	}
	unpacking.Lock()
	defer unpacking.Unlock()
	picture, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the photo is damaged: it cannot be read to its end")
	}
	turn := 1
	if format == "jpeg" {
		turn = orientation(data)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, upright(shrink(picture), turn), &jpeg.Options{Quality: 84}); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the photo cannot be kept")
	}
	return out.Bytes(), nil
}

// shrink averages blocks of pixels onto white paper, so that the longer side has keptSide pixels.
func shrink(from image.Image) *image.RGBA {
	b := from.Bounds()
	w, h := b.Dx(), b.Dy()
	if long := max(w, h); long > keptSide {
		w, h = max(1, w*keptSide/long), max(1, h*keptSide/long)
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		y0, y1 := b.Min.Y+y*b.Dy()/h, b.Min.Y+max((y+1)*b.Dy()/h, y*b.Dy()/h+1)
		for x := range w {
			x0, x1 := b.Min.X+x*b.Dx()/w, b.Min.X+max((x+1)*b.Dx()/w, x*b.Dx()/w+1)
			var r, g, bl, n uint64
			for j := y0; j < y1; j++ {
				for i := x0; i < x1; i++ {
					cr, cg, cb, ca := from.At(i, j).RGBA()
					white := uint64(0xffff - ca)
					r, g, bl, n = r+uint64(cr)+white, g+uint64(cg)+white, bl+uint64(cb)+white, n+1
				}
			}
			out.SetRGBA(x, y, color.RGBA{uint8(r / n >> 8), uint8(g / n >> 8), uint8(bl / n >> 8), 0xff})
		}
	}
	return out
}

// upright turns and mirrors a picture as the camera says it was held (EXIF orientation 1 to 8).
func upright(p *image.RGBA, turn int) *image.RGBA {
	if turn < 2 || turn > 8 {
		return p
	}
	w, h := p.Rect.Dx(), p.Rect.Dy()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if turn >= 5 {
		out = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			i, j := x, y
			switch turn {
			case 2:
				i = w - 1 - x
			case 3:
				i, j = w-1-x, h-1-y
			case 4:
				j = h - 1 - y
			case 5:
				i, j = y, x
			case 6:
				i, j = h-1-y, x
			case 7:
				i, j = h-1-y, w-1-x
			case 8:
				i, j = y, w-1-x
			}
			out.SetRGBA(i, j, p.RGBAAt(x, y))
		}
	}
	return out
}

// orientation finds how the camera was held in a JPEG's EXIF data (CIPA DC-008, tag 0x0112); 1 when it does not say.
func orientation(data []byte) int {
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		marker, size := data[at+1], int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == 0xda || size < 2 || at+2+size > len(data) {
			return 1
		}
		if part := data[at+4 : at+2+size]; marker == 0xe1 && bytes.HasPrefix(part, []byte("Exif\x00\x00")) {
			return exifTurn(part[6:])
		}
		at += 2 + size
	}
	return 1
}

func exifTurn(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if tiff[0] == 'M' {
		order = binary.BigEndian
	}
	first := int64(order.Uint32(tiff[4:]))
	if first+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[first+2:]
	for i := range int(order.Uint16(tiff[first:])) {
		if (i+1)*12 > len(entries) {
			return 1
		}
		if one := entries[i*12:]; order.Uint16(one) == 0x0112 {
			return int(order.Uint16(one[8:]))
		}
	}
	return 1
}
