package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"milieu/house/clients"
	"milieu/house/clients/fhirmap"
	"milieu/kit/db"
	"milieu/kit/fhir"
	"milieu/kit/record"
)

// exportPeople writes each client as a FHIR bundle: who they are, contacts, allergies, conditions, stays.
func exportPeople(ctx context.Context, data *Data, dir string) (n int, err error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return 0, err
	}
	q := data.DB.Read(ctx)
	_, charts, err := clients.Source().All(q)
	if err != nil {
		return 0, fmt.Errorf("listing the clients: %w", err)
	}
	for _, chart := range charts {
		if ctx.Err() != nil {
			return n, ctx.Err()
		}
		p, err := personOf(q, chart)
		if errors.Is(err, db.ErrNoRows) {
			continue // merged into another chart, which is written
		}
		if err != nil {
			return n, fmt.Errorf("reading client %s: %w", chart, err)
		}
		b, err := jsonv2.Marshal(fhirmap.PatientBundle(*p), jsontext.WithIndent(" "))
		if err != nil {
			return n, fmt.Errorf("writing client %s: %w", chart, err)
		}
		if err := os.WriteFile(filepath.Join(dir, chart.String()+".json"), b, 0o600); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// personOf is a client in the neutral words from which FHIR is written. db.ErrNoRows when the chart is merged into another.
func personOf(q db.Querier, chart record.ID) (*fhirmap.Person, error) {
	c, err := clients.Of(q, chart)
	if err != nil {
		return nil, err
	}
	if c.ID != chart {
		return nil, db.ErrNoRows
	}
	id := c.Identity
	p := &fhirmap.Person{Source: source("Patient", chart), Legal: fhirmap.Name{Full: id.Legal, Family: id.Family, Use: "official"},
		BirthDate: fhir.Date(id.BirthDate), Gender: id.PaperSex, GenderIdentity: fhirmap.Coded{Text: id.Gender}, Pronouns: fhirmap.Coded{Text: id.Pronouns}, Unnamed: id.Anonymous}
	if id.Given != "" {
		p.Legal.Given = []string{id.Given}
	}
	if id.Used != "" && id.Used != id.Legal {
		p.Preferred = &fhirmap.Name{Full: id.Used, Use: "usual"}
	}
	for _, n := range id.Previous {
		p.Former = append(p.Former, fhirmap.Name{Full: n, Use: "old"})
	}
	for _, n := range id.Identifiers {
		p.Identifiers = append(p.Identifiers, fhirmap.Identifier{System: n.System, Kind: n.Kind, Value: n.Value})
	}
	if id.RecordNumber != "" {
		p.Identifiers = append(p.Identifiers, fhirmap.Identifier{Kind: "MR", Value: id.RecordNumber})
	}
	if id.Language != "" {
		p.Languages = []fhirmap.Language{{Tag: id.Language, Preferred: true}}
	}
	for system, value := range map[string]string{"phone": id.Phone, "email": id.Email} {
		if value != "" {
			p.Telecom = append(p.Telecom, fhirmap.Telecom{System: system, Value: value})
		}
	}
	if id.Address != "" {
		p.Addresses = []fhirmap.Address{{Text: id.Address}}
	}
	return p, addFacts(q, chart, p)
}

func source(kind string, id record.ID) fhirmap.Source {
	return fhirmap.Source{Key: kind + "/" + id.String(), ID: fhirmap.UUID(id), Reference: kind + "/" + id.String()}
}

func addFacts(q db.Querier, chart record.ID, p *fhirmap.Person) error {
	contacts, err := clients.Contacts(q, chart, nil)
	if err != nil {
		return err
	}
	for _, h := range contacts {
		c := fhirmap.Contact{Source: source("RelatedPerson", h.Item), Name: fhirmap.Name{Full: h.Says.Name}, NextOfKin: h.Says.NextOfKin,
			Emergency: h.Says.Emergency, Guardian: h.Says.Guardian, Agent: h.Says.Agent, Organization: h.Says.Organization, Inactive: h.Says.Past || h.Ended != nil}
		if h.Says.Relationship != "" {
			c.Relationship = []fhirmap.Coded{{Text: h.Says.Relationship}}
		}
		if h.Says.Phone != "" {
			c.Telecom = []fhirmap.Telecom{{System: "phone", Value: h.Says.Phone}}
		}
		p.Contacts = append(p.Contacts, c)
	}
	allergies, err := clients.Allergies(q, chart)
	if err != nil {
		return err
	}
	for _, h := range allergies {
		p.Allergies = append(p.Allergies, fhirmap.Allergy{Source: source("AllergyIntolerance", h.Item), NoneKnown: h.Says.NoneKnown,
			Substance: coded(h.Says.Substance, h.Says.System, h.Says.Code), Active: !h.Says.Past && h.Ended == nil})
	}
	diagnoses, err := clients.Diagnoses(q, chart, nil)
	if err != nil {
		return err
	}
	for _, h := range diagnoses {
		p.Conditions = append(p.Conditions, fhirmap.Condition{Source: source("Condition", h.Item), Meaning: coded(h.Says.Text, h.Says.System, h.Says.Code), Active: !h.Says.Past && h.Ended == nil})
	}
	stays, err := clients.Episodes(q, chart)
	if err != nil {
		return err
	}
	for _, s := range stays {
		e := fhirmap.Episode{Source: source("EpisodeOfCare", s.ID), Kind: fhirmap.KindEpisode, Status: "active", Active: s.Until.IsZero(), Start: fhir.DateTime(s.From.Format(time.RFC3339))}
		if !e.Active {
			e.Status, e.End = "finished", fhir.DateTime(s.Until.Format(time.RFC3339))
		}
		p.Episodes = append(p.Episodes, e)
	}
	return nil
}

func coded(text, system, code string) fhirmap.Coded {
	c := fhirmap.Coded{Text: text}
	if code != "" {
		c.Codes = []fhirmap.Code{{System: system, Code: code}}
	}
	return c
}
