package fhirimport

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"milieu/house/clients"
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

func (p *planned) person(ctx context.Context, q db.Querier, from *fhirmap.Person, before *clients.Client, unit record.ID) error {
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
		set := &clients.PrecautionSet{Item: p.item(f.Source), Code: "other", Helps: cut(f.Meaning.Text, 500)}
		if err := p.fact(ctx, f.Source, "clients.precaution_set", moment(p.now, f.From), set); err != nil {
			return err
		}
	}
	return nil
}

// item names what a source speaks of, the same when it is sent again changed.
func (p *planned) item(s fhirmap.Source) clients.Item {
	return clients.Item{Item: record.DeriveID("clients.import.item", p.chart.String(), s.Key)}
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
	i := &clients.Imported{System: p.source, File: cut(s.File, 400), Line: s.Line, Reference: cut(s.Reference, 400), Key: cut(s.Key, 1000), Fingerprint: hex.EncodeToString(s.Fingerprint[:]), SHA256: sum}
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
func (p *planned) identity(from *fhirmap.Person, before *clients.Client, unit record.ID) error {
	id := identityOf(from)
	at := record.ID(from.Source.ID)
	if before == nil {
		return p.add("clients.registered", at, p.now, &clients.Registered{Identity: id, Unit: unit})
	}
	known, err := db.Exists(p.q, "SELECT 1 FROM entry WHERE id = $1", at)
	if err != nil || known {
		return err
	}
	if known, err = db.Exists(p.q, "SELECT 1 FROM entry WHERE id = $1", record.DeriveID("clients.import.seen", at.String(), clients.PartNames)); err != nil || known {
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
	id.Gender = cmp.Or(now.Gender, id.Gender)
	id.Safe, id.Reads, id.Mode, id.Needs, id.RecordNumber = now.Safe, now.Reads, now.Mode, now.Needs, now.RecordNumber
	for _, part := range clients.Parts {
		old, fresh := now.Only(part), id.Only(part)
		if part != clients.PartNames && (reflect.DeepEqual(old, fresh) || reflect.DeepEqual(fresh, clients.Identity{})) {
			continue
		}
		// The names are stated even when they are the same: their entry says that this version of the source was taken in.
		if err := p.add("clients.described", record.DeriveID("clients.import.seen", at.String(), part), p.now, &clients.Described{Part: part, Identity: fresh}); err != nil {
			return err
		}
	}
	return nil
}
