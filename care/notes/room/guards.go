package room

import (
	"slices"
	"strings"

	"milieu/care/notes"
	"milieu/house/clients"
	"milieu/kit/access"
	"milieu/kit/blob"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Guards hold a signed note still, whatever door an entry comes by.
func Guards() []record.Guard {
	return []record.Guard{
		{Name: "notes.locked", Kinds: append([]string{"record.added"}, said...), Watch: locked},
		{Name: "notes.format", Kinds: []string{notes.KindWritten}, Watch: asFormat},
		{Name: "notes.cosign", Kinds: []string{notes.KindCosigned}, Watch: byAnother},
		{Name: "notes.dropped", Kinds: []string{notes.KindDropped}, Watch: ownBegun},
		{Name: "notes.apart", Kinds: []string{"access.relabelled"}, Watch: apart},
	}
}

func isNote(kind string) bool { return slices.Contains(said, kind) }

// locked lets an author alone correct or take back what they wrote, brings back nothing against their word, and keeps what is put to a note from
// being older than the note. Whoever may write adds. Out of a wrong chart a note is taken by those who may take back for others: there it is
// two people's harm, and it stays readable where it was.
func locked(q db.Querier, e *record.Entry, _ record.Body) (func(db.Querier) error, error) {
	if e.Amends.IsZero() {
		return nil, nil
	}
	target, err := record.Find(q, e.Amends)
	if err == db.ErrNoRows {
		return nil, nil // it may still be on a device; the kit gives force over one's own alone
	}
	if err != nil {
		return nil, err
	}
	if e.Kind == "record.added" && !isNote(target.Kind) {
		return nil, nil
	}
	if e.Written.Before(target.Written.Add(-record.AheadLimit)) || e.Written.Sub(e.Happened) > record.LateWriting {
		return nil, &fault.Error{Kind: fault.Invalid, Text: "what is put to a note bears its own day", Fields: []fault.Field{{Name: "happened", Text: "it cannot be dated back"}}}
	}
	switch {
	case e.Amendment == record.Addendum && e.Kind != notes.KindWritten:
		return nil, nil
	case e.Amendment == record.Addendum:
		return nil, fault.New(fault.Invalid, "further words are put to a note as a quick note or as words, not as another progress note")
	case e.Amendment == record.WrongChart:
		return nil, nil
	case target.Author != e.Author:
		return nil, fault.New(fault.Denied, "a signed note stays as it is: only who wrote it corrects it or takes it back; you may add your own words")
	case e.Amendment == record.Correction && e.Kind != target.Kind:
		return nil, fault.New(fault.Invalid, "a note is corrected by a note of the same kind")
	}
	return nil, nil
}

// asFormat judges a progress note by its format, the role it was written in, and what was sent with it. It is not asked about a note that is being
// taken away or brought back: what was right when it was signed stays.
func asFormat(q db.Querier, e *record.Entry, b record.Body) (func(db.Querier) error, error) {
	w, ok := b.(*notes.Written)
	if !ok {
		return nil, nil
	}
	set, err := formatsSet(q)
	if err != nil {
		return nil, err
	}
	f := notes.FormatOf(set, w.Format, w.Version)
	if f == nil {
		return nil, &fault.Error{Kind: fault.Invalid, Text: "there is no such format", Fields: []fault.Field{{Name: "format", Text: "the house has no format of this name and version"}}}
	}
	if err := f.Check(w, e.Role, e.Labels); err != nil {
		return nil, err
	}
	family, err := clients.Family(q, e.Chart)
	if err != nil {
		return nil, err
	}
	return nil, sentBefore(q, w.Files, family)
}

// sentBefore makes sure that a note's files are files that were sent for this person, and are what it says.
func sentBefore(q db.Querier, files []notes.File, family []record.ID) error {
	for _, f := range files {
		address, err := blob.Parse(f.Blob)
		sent := false
		for _, chart := range family {
			if err != nil || sent {
				break
			}
			sent, err = db.Exists(q, "SELECT 1 FROM notes_file WHERE address = $1 AND chart = $2 AND form = $3 AND size = $4", address[:], chart[:], f.Form, f.Size)
		}
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		if !sent {
			return &fault.Error{Kind: fault.Invalid, Text: "a file was not sent", Fields: []fault.Field{{Name: "files", Text: "send the file for this person first"}}}
		}
	}
	return nil
}

func noNote(field string) error {
	return &fault.Error{Kind: fault.Invalid, Text: "there is no such note here", Fields: []fault.Field{{Name: field, Text: "there is no such note here"}}}
}

// byAnother refuses a co-signature of one's own note, of what is no note of this chart, and of words that have been corrected since.
func byAnother(q db.Querier, e *record.Entry, b record.Body) (func(db.Querier) error, error) {
	s, ok := b.(*notes.Cosigned)
	if !ok {
		return nil, nil
	}
	note, err := record.Find(q, s.Note)
	if err == db.ErrNoRows || err == nil && (note.Chart != e.Chart || note.Kind != notes.KindWritten && note.Kind != notes.KindNoted) {
		return nil, noNote("note")
	}
	if err != nil {
		return nil, err
	}
	labels, err := labelsNow(q, note)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(labels, closed) {
		return nil, noNote("note")
	}
	if note.Author == e.Author {
		return nil, &fault.Error{Kind: fault.Invalid, Text: "nobody co-signs their own note", Fields: []fault.Field{{Name: "note", Text: "a colleague co-signs it"}}}
	}
	stands, err := db.Exists(q, "SELECT 1 FROM notes_said_v1 WHERE chart = $1 AND id = $2", note.Chart[:], note.ID[:])
	if err == nil && !stands {
		err = &fault.Error{Kind: fault.Invalid, Text: "this note has changed", Fields: []fault.Field{{Name: "note", Text: "it has been corrected or taken back since: read it again first"}}}
	}
	return nil, err
}

// ownBegun lets an author give up what they began, and a supervisor what somebody else did.
func ownBegun(q db.Querier, e *record.Entry, b record.Body) (func(db.Querier) error, error) {
	d, ok := b.(*notes.Dropped)
	if !ok {
		return nil, nil
	}
	begun, err := record.Find(q, d.Begun)
	if err == db.ErrNoRows || err == nil && (begun.Kind != notes.KindBegun || begun.Chart != e.Chart) {
		return nil, noNote("begun")
	}
	if err == nil && begun.Author != e.Author && access.Role(e.Role) != access.Supervisor {
		err = &fault.Error{Kind: fault.Invalid, Text: "this note is somebody else's to finish", Fields: []fault.Field{{Name: "begun", Text: "its author or a supervisor gives it up"}}}
	}
	return nil, err
}

// apart keeps the label of psychotherapy notes off every other note.
func apart(q db.Querier, _ *record.Entry, b record.Body) (func(db.Querier) error, error) {
	r, ok := b.(*access.Relabelled)
	if !ok || !slices.Contains(r.Add, access.Psychotherapy) {
		return nil, nil
	}
	target, err := record.Find(q, r.Entry)
	if err != nil || target.Kind != notes.KindWritten {
		return nil, nil //nolint:nilerr // what is not here was refused before
	}
	if !strings.Contains(" "+strings.Join(target.Labels, " ")+" ", " "+access.Psychotherapy+" ") {
		return nil, fault.New(fault.Invalid, "a psychotherapy note is written as one: a progress note does not become one by a label")
	}
	return nil, nil
}

// closed are the labels of notes that are nobody's to co-sign and no board's to show.
func closed(label string) bool {
	return label == access.Personal || label == access.Psychotherapy || label == access.Review
}

// labelsNow gives the labels that an entry carries now.
func labelsNow(q db.Querier, e *record.Entry) ([]string, error) {
	list, err := access.LabelsIn(q, e.Chart)
	if err != nil {
		return nil, err
	}
	for _, l := range list {
		if l.Entry == e.ID {
			return l.Labels, nil
		}
	}
	return e.Labels, nil
}
