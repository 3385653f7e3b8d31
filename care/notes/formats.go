package notes

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"milieu/kit/fault"
	"milieu/kit/record"
)

//go:embed data/*.json
var data embed.FS

// Format is how a progress note is laid out: headings to write under.
type Format struct {
	ID      string   `json:"format" max:"40" doc:"its name: small letters"`
	Version int      `json:"version" min:"1" doc:"raised with every change: a note keeps the version it was written in"`
	Label   string   `json:"label" max:"40"`
	Source  string   `json:"source,omitempty" max:"300"`
	Since   string   `json:"since,omitempty" max:"40" doc:"date from which this version holds"`
	Roles   []string `json:"roles,omitempty" doc:"who writes in it; empty: whoever writes notes"`
	Carries string   `json:"carries,omitempty" doc:"a label that goes with this format alone"`
	Parts   []Part   `json:"parts"`
}

// Part is one heading of a format.
type Part struct {
	Code     string `json:"code" max:"40"`
	Label    string `json:"label" max:"60"`
	Help     string `json:"help,omitempty" max:"200" doc:"what belongs there, in a few words"`
	Required bool   `json:"required,omitzero"`
	Licensed bool   `json:"licensed,omitzero" doc:"for roles with a licence alone"`
	Fresh    bool   `json:"fresh,omitzero" doc:"where fresh words are asked for when a note is much like the one before"`
}

// Licensed are the roles with a licence, to whom an assessment belongs: project field notes 6, as of 2026-11-01.
var Licensed = []string{"nurse", "clinician", "prescriber"}

// IsLicensed says whether a role has a licence.
func IsLicensed(role string) bool { return slices.Contains(Licensed, role) }

var formats = readData[struct {
	Formats []*Format `json:"formats"`
}]("formats.json").Formats

// readData reads an embedded file. One that cannot be read is a mistake in the program, seen at its first start.
func readData[T any](name string) (out T) {
	raw, err := data.ReadFile("data/" + name)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		panic(fmt.Sprintf("notes: %s cannot be read: %v", name, err))
	}
	return out
}

// Formats are the program's own, in the order in which they are offered.
func Formats() []*Format { return formats }

// FindFormat is the program's own format of that name and version; nil when there is none.
func FindFormat(id string, version int) *Format {
	for _, f := range formats {
		if f.ID == id && f.Version == version {
			return f
		}
	}
	return nil
}

// Offered says whether a role writes in the format.
func (f *Format) Offered(role string) bool {
	return (len(f.Roles) == 0 || slices.Contains(f.Roles, role)) && slices.ContainsFunc(f.Parts, func(p Part) bool { return p.For(role) })
}

// For says whether a role writes under the part.
func (p *Part) For(role string) bool { return !p.Licensed || IsLicensed(role) }

// Needed are the codes of the parts without which a role's note is not finished.
func (f *Format) Needed(role string) []string {
	var out []string
	for i := range f.Parts {
		if p := &f.Parts[i]; p.Required && p.For(role) {
			out = append(out, p.Code)
		}
	}
	return out
}

// Part finds a part; nil when there is none.
func (f *Format) Part(code string) *Part {
	if f == nil {
		return nil
	}
	for i := range f.Parts {
		if f.Parts[i].Code == code {
			return &f.Parts[i]
		}
	}
	return nil
}

// order gives the codes of what was written: as the format orders its parts, then what the format does not know.
func (f *Format) order(parts map[string]string) []string {
	var out []string
	if f != nil {
		for _, p := range f.Parts {
			if _, ok := parts[p.Code]; ok {
				out = append(out, p.Code)
			}
		}
	}
	for _, code := range slices.Sorted(maps.Keys(parts)) {
		if f.Part(code) == nil {
			out = append(out, code)
		}
	}
	return out
}

// Order is order for readers.
func (f *Format) Order(parts map[string]string) []string { return f.order(parts) }

// Check says what in a note by somebody in a role is not as the format asks. labels are those that the note carries.
func (f *Format) Check(w *Written, role string, labels []string) error {
	var v fault.Check
	v.Want(f.Offered(role), "format", "your role does not write in this format")
	for code := range w.Parts {
		switch p := f.Part(code); {
		case p == nil:
			v.Want(false, "parts."+cut(code), "this format has no such part")
		case !p.For(role):
			v.Want(false, "parts."+code, "this part is for roles with a licence")
		}
	}
	for _, code := range f.Needed(role) {
		v.Want(w.Parts[code] != "", "parts."+code, "this part is needed")
	}
	for _, own := range apart {
		if carried := slices.Contains(labels, own); carried != (f.Carries == own) {
			v.Want(false, "labels", "a psychotherapy note is kept apart: it has a format of its own, and no other note carries its label")
		}
	}
	return v.Err()
}

// apart are the labels that go with a format of their own.
var apart = []string{"psychotherapy"}

// FormatSet adds a format of the house's own, changes it, or takes one out of those offered: notes.format_set, filed in the house's chart.
type FormatSet struct {
	Format
	Off bool `json:"off,omitzero" doc:"no longer offered; notes written in it stay as they are"`
}

// Validate implements record.Body.
func (s *FormatSet) Validate(*record.Entry) error {
	var v fault.Check
	v.Want(code(s.ID), "format", "a name of small letters and digits")
	v.Want(s.Version >= 1 && s.Version < 10_000, "version", "1 or more")
	v.Want(s.Label != "", "label", "say what it is called")
	v.Short(s.Label, 40, "label")
	v.Short(s.Source, 300, "source")
	v.Short(s.Since, 40, "since")
	own := FindFormat(s.ID, s.Version)
	v.Want(own == nil || s.Off, "format", "the program has a format of this name: choose another")
	v.Want(s.Carries == "", "carries", "labels go with the program's own formats alone")
	v.Want(len(s.Roles) <= 12, "roles", "too many")
	v.Want(len(s.Parts) <= maxParts && (len(s.Parts) > 0 || s.Off), "parts", "one to twelve")
	seen := map[string]bool{}
	for _, p := range s.Parts {
		v.Want(code(p.Code) && !seen[p.Code], "parts", "each part has a name of its own, of small letters and digits")
		v.Want(p.Label != "", "parts", "say what each part is called")
		v.Short(p.Label, 60, "parts")
		v.Short(p.Help, 200, "parts")
		seen[p.Code] = true
	}
	return v.Err()
}

// Choice are the formats of a house: the program's own and its own, the newest version of each, without those that it no longer offers.
func Choice(set []FormatSet) []*Format {
	latest := map[string]FormatSet{}
	var order []string
	for _, f := range formats {
		latest[f.ID] = FormatSet{Format: *f}
		order = append(order, f.ID)
	}
	for _, s := range set { // in order of time
		had, ok := latest[s.ID]
		if !ok {
			order = append(order, s.ID)
		}
		if s.Off {
			had.Off = true
			latest[s.ID] = had
			continue
		}
		if FindFormat(s.ID, 1) == nil && (!ok || s.Version >= had.Version) {
			latest[s.ID] = s
		}
	}
	var out []*Format
	for _, id := range order {
		if f := latest[id]; !f.Off && len(f.Parts) > 0 {
			out = append(out, &f.Format)
		}
	}
	return out
}

// FormatOf finds the format that a note was written in: the program's own, else what the house set last under that name and version.
func FormatOf(set []FormatSet, id string, version int) *Format {
	if f := FindFormat(id, version); f != nil {
		return f
	}
	for i := len(set) - 1; i >= 0; i-- {
		if s := &set[i]; s.ID == id && s.Version == version && !s.Off {
			return &s.Format
		}
	}
	return nil
}
