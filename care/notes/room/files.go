package room

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"milieu/care/notes"
	"milieu/kit/blob"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/web"
)

// What a file of a note may be. A picture is drawn anew, so that nothing of the file but the picture is left: no place, no time, no camera.
const (
	formPicture = "image/jpeg"
	formPDF     = "application/pdf"
	formText    = "text/plain"
)

// Limits of a file that is no picture, and of what one person sends in a day.
const (
	maxFile  = 8 << 20
	maxDaily = 200
)

// takeFile keeps a file for a note that is being written: POST /clients/{chart}/notes/files. It answers with what the note carries of it.
func takeFile(c *web.Ctx) error {
	chart, err := c.Chart("chart")
	if err != nil {
		return err
	}
	// More memory than the request may have: no part of a file ever lies in a temporary file, where it would be readable.
	if err := c.R.ParseMultipartForm(blob.MaxPhoto + 1<<20); err != nil {
		return fault.Wrap(fault.Invalid, err, "the file did not arrive whole: send it again")
	}
	defer c.R.MultipartForm.RemoveAll() //nolint:errcheck // what fits in memory leaves no file behind
	file, head, err := c.R.FormFile("file")
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "choose a photo or a file first")
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, blob.MaxPhoto+1))
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the file did not arrive whole: send it again")
	}
	form, data, err := taken(data)
	if err != nil {
		return err
	}
	var today int
	if err := c.Read().QueryRow("SELECT count(*) FROM notes_file WHERE author = $1 AND kept > $2", c.Scope.Person[:], clock.Micros(c.Now.AddDate(0, 0, -1))).Scan(&today); err != nil {
		return fmt.Errorf("counting files: %w", err)
	}
	if today >= maxDaily {
		return fault.New(fault.TooMany, "you have sent %d files since yesterday: that is as many as fit in a day", today)
	}
	store := blob.Store{Write: c.Committer.Upkeep, Clock: c.Clock}
	address, err := store.Put(c.Context(), form, data)
	if err != nil {
		return err
	}
	err = c.Committer.Upkeep(c.Context(), func(tx db.Tx) error {
		return tx.Exec("INSERT INTO notes_file (address, chart, author, form, size, kept) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
			address[:], chart[:], c.Scope.Person[:], form, len(data), clock.Micros(c.Now))
	})
	if err != nil {
		return err
	}
	c.W.Header().Set("Content-Type", "application/json")
	c.W.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(c.W).Encode(notes.File{Blob: address.String(), Name: fileName(head.Filename), Form: form, Size: len(data)})
}

// taken says what a file is by what is in it, whatever it is called, and gives what is kept of it.
func taken(data []byte) (form string, kept []byte, err error) {
	if len(data) > blob.MaxPhoto {
		return "", nil, fault.New(fault.TooLarge, "the file is larger than %d MB", blob.MaxPhoto>>20)
	}
	switch kind := http.DetectContentType(data); {
	case kind == "image/jpeg" || kind == "image/png":
		kept, err = blob.Photo(data)
		return formPicture, kept, err
	case len(data) > maxFile:
		return "", nil, fault.New(fault.TooLarge, "the file is larger than %d MB", maxFile>>20)
	case kind == formPDF:
		return formPDF, data, nil
	case kind == "text/plain; charset=utf-8" && utf8.Valid(data) && !bytes.ContainsRune(data, 0):
		return formText, data, nil
	}
	return "", nil, fault.New(fault.Invalid, "this file cannot be kept: photos as JPEG or PNG, PDF and plain text can")
}

// fileName keeps of a file's name what a reader needs.
func fileName(sent string) string {
	name := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || strings.ContainsRune(`"\/<>:*?|`, r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, path.Base(strings.ReplaceAll(strings.ToValidUTF8(sent, ""), `\`, "/")))
	if runes := []rune(name); len(runes) > 80 {
		name = string(runes[len(runes)-80:])
	}
	return strings.Trim(name, ". ")
}

// showFile gives a file of a note back, to who may see the note: as what it is, to be kept and never run.
func showFile(c *web.Ctx) error {
	n, err := noteOf(c)
	if err != nil {
		return err
	}
	for _, f := range n.files() {
		if f.Blob != c.R.PathValue("file") {
			continue
		}
		address, err := blob.Parse(f.Blob)
		if err != nil {
			return err
		}
		b, err := blob.Get(c.Read(), address)
		if err != nil {
			return err
		}
		h := c.W.Header()
		h.Set("Content-Type", b.Kind)
		if b.Kind == formText {
			h.Set("Content-Type", "text/plain; charset=utf-8")
		}
		h.Set("Content-Length", fmt.Sprint(len(b.Data)))
		h.Set("Cache-Control", "private, no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
		if b.Kind != formPicture {
			h.Set("Content-Disposition", `attachment; filename="note`+ending(b.Kind)+`"`)
		}
		c.W.WriteHeader(http.StatusOK)
		_, _ = c.W.Write(b.Data) // whoever asked has gone
		return nil
	}
	return notHere()
}

func ending(form string) string {
	if form == formPDF {
		return ".pdf"
	}
	return ".txt"
}

// sizeWords say how large a file is.
func sizeWords(size int) string {
	if size < 1<<20 {
		return fmt.Sprintf("%d kB", max(1, (size+512)>>10))
	}
	return fmt.Sprintf("%.1f MB", float64(size)/(1<<20))
}
