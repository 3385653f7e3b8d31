package clients

import (
	"context"
	"encoding/hex"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"milieu/house/clients/fhirmap"
	"milieu/kit/blob"
	"milieu/kit/db"
	"milieu/kit/record"
)

// planned gathers the entries that an import makes of one person: those that are not in the record yet.
type planned struct {
	chart   record.ID
	now     time.Time
	source  string
	blobs   *blob.Store
	q       db.Querier
	cites   []record.ID // the source of what is added next
	known   map[record.ID]bool
	entries []*record.Entry
}

// inText is the largest source that stands in its entry; a larger one is kept as a blob.
const inText = 40 << 10

func (p *planned) last(kind string) bool {
	return len(p.entries) > 0 && p.entries[len(p.entries)-1].Kind == kind
}

func (p *planned) add(kind string, id record.ID, happened time.Time, b record.Body) error {
	if p.known[id] {
		return nil
	}
	known, err := db.Exists(p.q, "SELECT 1 FROM entry WHERE id = $1", id)
	if err != nil || known {
		return err
	}
	p.known[id] = true
	raw, err := record.Canonical(b)
	if err != nil {
		return err
	}
	p.entries = append(p.entries, &record.Entry{ID: id, Chart: p.chart, Kind: kind, Version: 1, Happened: happened, Written: p.now, Cites: p.cites, Body: raw})
	return nil
}

func (p *planned) person(ctx context.Context, q db.Querier, from *fhirmap.Person, before *Client, unit record.ID) error {
	p.q, p.known = q, map[record.ID]bool{}
	if err := p.keep(ctx, from.Source); err != nil {
		return err
	}
	if err := p.identity(from, before, unit); err != nil {
		return err
	}
	for i := range from.Contacts {
		c := &from.Contacts[i]
		if err := p.fact(ctx, c.Source, "clients.contact_set", moment(p.now, c.From), contact(c, p.item(c.Source))); err != nil {
			return err
		}
	}
	for i := range from.Allergies {
		a := &from.Allergies[i]
		if err := p.fact(ctx, a.Source, "clients.allergy_noted", moment(p.now, a.Recorded, a.Onset), allergy(a, p.item(a.Source))); err != nil {
			return err
		}
	}
	for i := range from.Conditions {
		c := &from.Conditions[i]
		if err := p.fact(ctx, c.Source, "clients.diagnosis_noted", moment(p.now, c.Recorded, c.Onset), diagnosis(c, p.item(c.Source))); err != nil {
			return err
		}
	}
	for i := range from.Episodes {
		e := &from.Episodes[i]
		if err := p.fact(ctx, e.Source, "clients.episode_noted", moment(p.now, e.Start), elsewhere(e, p.item(e.Source))); err != nil {
			return err
		}
	}
	for i := range from.Flags {
		f := &from.Flags[i]
		if !f.Active {
			if err := p.keep(ctx, f.Source); err != nil {
				return err
			}
			continue
		}
		set := &PrecautionSet{Item: p.item(f.Source), Code: "other", Helps: cut(f.Meaning.Text, 500)}
		if err := p.fact(ctx, f.Source, "clients.precaution_set", moment(p.now, f.From), set); err != nil {
			return err
		}
	}
	return nil
}

// item names what a source speaks of, the same when it is sent again changed.
func (p *planned) item(s fhirmap.Source) Item {
	return Item{record.DeriveID("clients.import.item", p.chart.String(), s.Key)}
}

func (p *planned) fact(ctx context.Context, s fhirmap.Source, kind string, happened time.Time, b record.Body) error {
	if err := p.keep(ctx, s); err != nil {
		return err
	}
	if err := p.add(kind, record.ID(s.ID), happened, b); err != nil {
		return fmt.Errorf("planning %s: %w", s.Reference, err)
	}
	return nil
}

// keep files a source byte for byte and cites it in what follows.
func (p *planned) keep(ctx context.Context, s fhirmap.Source) error {
	sum := hex.EncodeToString(s.SHA256[:])
	id := record.DeriveID("clients.imported", p.chart.String(), s.Reference, sum)
	p.cites = nil
	i := &Imported{System: p.source, File: cut(s.File, 400), Line: s.Line, Reference: cut(s.Reference, 400), Key: cut(s.Key, 1000), Fingerprint: hex.EncodeToString(s.Fingerprint[:]), SHA256: sum}
	text := string(s.Raw)
	if len(text) <= inText && utf8.ValidString(text) && !strings.Contains(text, "\x00") && !strings.Contains(text, `\u0000`) {
		i.Text = text
	} else if known, err := db.Exists(p.q, "SELECT 1 FROM entry WHERE id = $1", id); err != nil {
		return err
	} else if !known && !p.known[id] {
		address, err := p.blobs.Put(ctx, "application/fhir+json", s.Raw)
		if err != nil {
			return err
		}
		i.Blob = address.String()
	}
	if err := p.add("clients.imported", id, p.now, i); err != nil {
		return err
	}
	p.cites = []record.ID{id}
	return nil
}

// identity registers somebody new, and states anew what the source has changed of somebody known. What people here call the person, and the
// words they use, are never taken back by an import.
func (p *planned) identity(from *fhirmap.Person, before *Client, unit record.ID) error {
	id := identityOf(from)
	at := record.ID(from.Source.ID)
	if before == nil {
		return p.add("clients.registered", at, p.now, &Registered{Identity: id, Unit: unit})
	}
	known, err := db.Exists(p.q, "SELECT 1 FROM entry WHERE id = $1", at)
	if err != nil || known {
		return err
	}
	if known, err = db.Exists(p.q, "SELECT 1 FROM entry WHERE id = $1", record.DeriveID("clients.import.seen", at.String(), PartNames)); err != nil || known {
		return err
	}
	now := before.Identity
	if from.Preferred == nil || now.Used != "" {
		id.Used = now.Used
	}
	if now.Pronouns != "" {
		id.Pronouns = now.Pronouns
	}
	id.Script, id.Anonymous, id.Alias = now.Script, now.Anonymous, now.Alias
	id.Gender = orElse(now.Gender, id.Gender)
	id.Safe, id.Reads, id.Mode, id.Needs, id.RecordNumber = now.Safe, now.Reads, now.Mode, now.Needs, now.RecordNumber
	for _, part := range Parts {
		old, fresh := now.only(part), id.only(part)
		if part != PartNames && (reflect.DeepEqual(old, fresh) || reflect.DeepEqual(fresh, Identity{})) {
			continue
		}
		// The names are stated even when they are the same: their entry says that this version of the source was taken in.
		if err := p.add("clients.described", record.DeriveID("clients.import.seen", at.String(), part), p.now, &Described{Part: part, Identity: fresh}); err != nil {
			return err
		}
	}
	return nil
}

func identityOf(from *fhirmap.Person) (id Identity) {
	id.Legal, id.Given, id.Family = cut(from.Legal.Full, usual), cut(strings.Join(from.Legal.Given, " "), usual), cut(from.Legal.Family, usual)
	if from.Preferred != nil {
		id.Used = cut(from.Preferred.Full, usual)
	}
	for _, n := range from.Former {
		id.Previous = append(id.Previous, cut(n.Full, usual))
	}
	id.Previous = id.Previous[:min(len(id.Previous), 40)]
	if id.Name() == "" {
		tail := []rune(from.Source.Key)
		id.Anonymous, id.Alias = true, "No name, "+string(tail[max(0, len(tail)-6):])
	}
	id.Pronouns = cut(from.Pronouns.Text, 60)
	id.BirthDate, id.PaperSex, id.Gender = string(from.BirthDate), from.Gender, cut(from.GenderIdentity.Text, 100)
	for _, n := range from.Identifiers[:min(len(from.Identifiers), 40)] {
		id.Identifiers = append(id.Identifiers, Identifier{System: cut(n.System, usual), Kind: cut(n.Kind, 40), Value: cut(n.Value, usual)})
	}
	for _, h := range append(append([]string(nil), from.Race...), from.Ethnicity...) {
		id.Heritage = append(id.Heritage, cut(h, usual))
	}
	if spoken := from.Language(); spoken.Tag != "" || spoken.Text != "" {
		id.Language = cut(orElse(spoken.Tag, spoken.Text), 60)
		for _, l := range from.Languages {
			if tag := cut(orElse(l.Tag, l.Text), 60); tag != id.Language {
				id.Languages = append(id.Languages, tag)
			}
		}
	}
	if from.Interpreter != nil && *from.Interpreter {
		id.Interpreter = "talks"
	} else if from.Interpreter != nil {
		id.Interpreter = "no"
	}
	id.Phone, id.Email = telecom(from.Telecom)
	id.Address = address(from.Addresses)
	return id
}

func telecom(list []fhirmap.Telecom) (phone, email string) {
	for _, t := range list {
		switch {
		case t.Until != "":
		case t.System == "email" && email == "":
			email = cut(t.Value, usual)
		case t.System != "email" && t.System != "url" && t.System != "fax" && phone == "":
			phone = cut(t.Value, 60)
		}
	}
	return phone, email
}

func address(list []fhirmap.Address) string {
	for _, a := range list {
		if a.Until != "" {
			continue
		}
		lines := append([]string(nil), a.Lines...)
		if len(lines) == 0 && a.Text != "" {
			return cut(a.Text, 1000)
		}
		for _, more := range []string{strings.TrimSpace(a.PostalCode + " " + a.City), a.District, a.State, a.Country} {
			if more != "" {
				lines = append(lines, more)
			}
		}
		return cut(strings.Join(lines, "\n"), 1000)
	}
	return ""
}

func contact(c *fhirmap.Contact, item Item) *ContactSet {
	s := &ContactSet{Item: item, Name: cut(c.Name.Full, usual), Organization: cut(c.Organization, usual), NextOfKin: c.NextOfKin, Emergency: c.Emergency, Guardian: c.Guardian, Agent: c.Agent,
		Past: c.Inactive || c.Until != ""}
	var words []string
	for _, r := range c.Relationship {
		words = append(words, r.Text)
	}
	s.Relationship = cut(strings.Join(words, ", "), usual)
	s.Phone, s.Email = telecom(c.Telecom)
	s.Address = address(c.Addresses)
	if len(c.Languages) > 0 {
		s.Language = cut(orElse(c.Languages[0].Tag, c.Languages[0].Text), 60)
	}
	if s.Name == "" && s.Organization == "" {
		s.Name = orElse(s.Phone, s.Email)
	}
	return s
}

func allergy(a *fhirmap.Allergy, item Item) *AllergyNoted {
	n := &AllergyNoted{Item: item, NoneKnown: a.NoneKnown, Substance: cut(a.Substance.Text, usual), Past: !a.Active, Since: cut(orElse(string(a.Onset), a.OnsetText), 60)}
	if len(a.Substance.Codes) > 0 {
		n.System, n.Code = cut(a.Substance.Codes[0].System, usual), cut(a.Substance.Codes[0].Code, 60)
	}
	for _, category := range a.Categories {
		if one(category, "food", "medication", "environment") {
			n.Category = category
			break
		}
	}
	var words []string
	worst := 0
	for _, r := range a.Reactions {
		for _, m := range r.Manifestation {
			words = append(words, m.Text)
		}
		if r.Description != "" {
			words = append(words, r.Description)
		}
		for i, severity := range []string{"mild", "moderate", "severe"} {
			if r.Severity == severity && i+1 > worst {
				worst, n.Severity = i+1, severity
			}
		}
	}
	n.Reaction = cut(strings.Join(append(words, a.Notes...), "; "), 1000)
	return n
}

func diagnosis(c *fhirmap.Condition, item Item) *DiagnosisNoted {
	d := &DiagnosisNoted{Item: item, Text: cut(orElse(c.Meaning.Text, strings.Join(c.Notes, "; ")), 500), Since: cut(orElse(string(c.Onset), c.OnsetText), 60),
		Until: cut(orElse(string(c.Abatement), c.AbatementText), 60), Past: !c.Active, Note: cut(strings.Join(c.Notes, "\n"), 4000)}
	if len(c.Meaning.Codes) > 0 {
		d.System, d.Code = cut(c.Meaning.Codes[0].System, usual), cut(c.Meaning.Codes[0].Code, 60)
	}
	return d
}

func elsewhere(e *fhirmap.Episode, item Item) *EpisodeNoted {
	return &EpisodeNoted{Item: item, Class: cut(e.Kind, 60), Place: cut(orElse(e.Location, e.Provider), usual), What: cut(e.Type.Text, usual), From: string(e.Start), Until: string(e.End),
		Open: e.Active, Reason: cut(strings.Join(e.Reasons, "; "), 2000), Went: cut(e.Disposition, usual)}
}

// cut shortens a text to what a field holds; the source keeps the whole.
func cut(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}
