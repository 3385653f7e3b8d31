package notes

import (
	"strings"
	"time"

	"milieu/kit/fault"
	"milieu/kit/record"
)

// Limits of what may be written, in characters. A whole note fits in record.MaxBody besides.
const (
	maxQuick = 8_000
	maxPart  = 40_000
	maxParts = 12
	maxFiles = 10
	maxWords = 4_000
)

// Noted is a quick note: notes.noted.
type Noted struct {
	Text  string `json:"text" max:"8000"`
	After string `json:"after,omitempty" max:"500" doc:"why it is entered long after it happened"`
}

// WhyAfter implements record.AfterFact.
func (n *Noted) WhyAfter() string { return n.After }

// Validate implements record.Body.
func (n *Noted) Validate(e *record.Entry) error {
	var v fault.Check
	v.Want(strings.TrimSpace(n.Text) != "", "text", "write what you want to say")
	v.Short(n.Text, maxQuick, "text")
	v.Short(n.After, 500, "after")
	today(&v, e)
	return v.Err()
}

// Written is a progress note: notes.written. Filing it signs it.
type Written struct {
	Format  string            `json:"format" doc:"the format's name"`
	Version int               `json:"version" min:"1" doc:"of the format"`
	Parts   map[string]string `json:"parts" doc:"words by the code of the format's part"`
	From    time.Time         `json:"from" doc:"the time that the note covers, from"`
	Until   time.Time         `json:"until,omitzero" doc:"and until; left out: until it was signed"`
	Files   []File            `json:"files,omitempty" doc:"photos and files that belong to it"`
	Begun   record.ID         `json:"begun,omitzero" doc:"the begun note that it finishes"`
	// Likeness is what the writer's device found; it is told to readers and judges nothing.
	Likeness *int   `json:"likeness,omitempty" min:"0" max:"100" doc:"how much of it stands in the author's note before, in percent"`
	After    string `json:"after,omitempty" max:"500" doc:"why it is entered long after it happened"`
}

// File is a photo or file that belongs to a note. It was sent before the note was signed.
type File struct {
	Blob string `json:"blob" doc:"its address, as the house gave it"`
	Name string `json:"name,omitempty" max:"120"`
	Form string `json:"form" doc:"image/jpeg, application/pdf or text/plain"`
	Size int    `json:"size,omitzero" doc:"in bytes"`
}

// WhyAfter implements record.AfterFact.
func (w *Written) WhyAfter() string { return w.After }

// End is until when the note covers.
func (w *Written) End(e *record.Entry) time.Time {
	if w.Until.IsZero() {
		return e.Happened
	}
	return w.Until
}

// Text is all of the note's words, part by part as the format orders them; a nil format takes them in the order of their codes.
func (w *Written) Text(f *Format) string {
	var out []string
	for _, code := range f.order(w.Parts) {
		out = append(out, w.Parts[code])
	}
	return strings.Join(out, "\n")
}

// Validate implements record.Body. What it asks of the format's parts needs the house's own formats: package room guards it.
func (w *Written) Validate(e *record.Entry) error {
	var v fault.Check
	v.Want(code(w.Format), "format", "choose a format")
	v.Want(w.Version >= 1, "version", "say which version of the format")
	v.Want(len(w.Parts) > 0 && len(w.Parts) <= maxParts, "parts", "write under at least one heading")
	for name, text := range w.Parts {
		v.Want(code(name), "parts."+cut(name), "there is no such part")
		v.Want(strings.TrimSpace(text) != "", "parts."+cut(name), "write something, or leave the part out")
		v.Short(text, maxPart, "parts."+cut(name))
	}
	v.Want(!w.From.IsZero(), "from", "say from when the note covers")
	end := w.End(e)
	v.Want(!end.Before(w.From), "until", "it ends before it begins")
	v.Want(!end.After(e.Happened.Add(record.AheadLimit)), "until", "a note covers what has happened")
	if e.Amends.IsZero() {
		// A note about a time long past is a late entry, and says so by when it happened: the kit then asks for the reason and marks it.
		v.Want(e.Written.Sub(end) <= LateEntry() || !e.Happened.After(end.Add(record.LateWriting)), "happened", "this is about a time long past: say when it happened, and why it is entered late")
	}
	v.Want(len(w.Files) <= maxFiles, "files", "at most ten")
	for _, f := range w.Files {
		v.Want(f.Blob != "", "files", "this file was not sent")
		v.Short(f.Name, 120, "files")
	}
	v.Want(w.Likeness == nil || *w.Likeness >= 0 && *w.Likeness <= 100, "likeness", "0 to 100")
	v.Short(w.After, 500, "after")
	today(&v, e)
	return v.Err()
}

// today keeps what amends a note from being dated back: it happened when it was written.
func today(v *fault.Check, e *record.Entry) {
	v.Want(e.Amends.IsZero() || e.Written.Sub(e.Happened) <= record.LateWriting, "happened", "what is put to a note bears its own day: it cannot be dated back")
}

// Cosigned is a colleague's own words about a note: notes.cosigned.
type Cosigned struct {
	Note  record.ID `json:"note"`
	Words string    `json:"words,omitempty" max:"4000" doc:"what the colleague adds"`
}

// Validate implements record.Body.
func (s *Cosigned) Validate(e *record.Entry) error {
	var v fault.Check
	v.Want(!s.Note.IsZero(), "note", "say which note")
	v.Short(s.Words, maxWords, "words")
	v.Want(e.Written.Sub(e.Happened) <= record.LateWriting, "happened", "a co-signature bears its own day: it cannot be dated back")
	return v.Err()
}

// Begun says that somebody will finish a note later: notes.begun. Its words stay in the draft.
type Begun struct {
	Format string    `json:"format"`
	From   time.Time `json:"from,omitzero"`
	Until  time.Time `json:"until,omitzero"`
}

// Validate implements record.Body.
func (b *Begun) Validate(e *record.Entry) error {
	var v fault.Check
	v.Want(code(b.Format), "format", "choose a format")
	v.Want(b.Until.IsZero() || !b.Until.Before(b.From), "until", "it ends before it begins")
	today(&v, e)
	return v.Err()
}

// Dropped gives a begun note up: notes.dropped.
type Dropped struct {
	Begun  record.ID `json:"begun"`
	Reason string    `json:"reason" max:"500"`
}

// Validate implements record.Body.
func (d *Dropped) Validate(*record.Entry) error {
	var v fault.Check
	v.Want(!d.Begun.IsZero(), "begun", "say which note")
	v.Want(strings.TrimSpace(d.Reason) != "", "reason", "say why")
	v.Short(d.Reason, 500, "reason")
	return v.Err()
}

// code says that a text can be the name of a format or part: it stands in addresses and names of fields.
func code(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 40
}

// cut keeps a name short that is no name, for saying that it is none.
func cut(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "")
	}
	return s
}
