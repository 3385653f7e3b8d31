package fhirmap

import (
	"fmt"
	"strings"

	"milieu/kit/fhir"
)

// Code systems written on export.
const (
	systemIdentifierType = "http://terminology.hl7.org/CodeSystem/v2-0203"
	systemContactRole    = "http://terminology.hl7.org/CodeSystem/v2-0131"
	systemRole           = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
	systemAct            = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
	systemLanguage       = "urn:ietf:bcp:47"
	systemAllergyStatus  = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
	systemAllergyVerify  = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
	systemProblemStatus  = "http://terminology.hl7.org/CodeSystem/condition-clinical"
	systemProblemVerify  = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
)

// PatientBundle describes a client as a FHIR R4 collection: the Patient, a
// RelatedPerson for each contact, allergies, conditions, flags, an
// EpisodeOfCare or an Encounter for each episode. What it writes, a Collector
// reads back to the same description, but for the sources.
func PatientBundle(p Person) *fhir.Bundle {
	w := &writer{bundle: &fhir.Bundle{Type: "collection"}}
	w.patient = w.address(p.Source, "Patient", 0)
	w.add(w.patient, patientResource(p))
	subject := &fhir.Reference{Reference: w.patient}
	for i, contact := range p.Contacts {
		w.add(w.address(contact.Source, "RelatedPerson", i), relatedPersonResource(contact, subject))
	}
	for i, allergy := range p.Allergies {
		w.add(w.address(allergy.Source, "AllergyIntolerance", i), allergyResource(allergy, subject))
	}
	for i, condition := range p.Conditions {
		w.add(w.address(condition.Source, "Condition", i), conditionResource(condition, subject))
	}
	for i, episode := range p.Episodes {
		if episode.Kind == KindEpisode {
			w.add(w.address(episode.Source, "EpisodeOfCare", i), episodeResource(episode, subject))
		} else {
			w.add(w.address(episode.Source, "Encounter", i), encounterResource(episode, subject))
		}
	}
	for i, flag := range p.Flags {
		w.add(w.address(flag.Source, "Flag", i), flagResource(flag, subject))
	}
	return w.bundle
}

type writer struct {
	bundle  *fhir.Bundle
	patient string
}

// address gives a resource an address of its own, lasting when its source is.
func (w *writer) address(source Source, kind string, number int) string {
	id := source.ID
	if id == (UUID{}) {
		id = StableID(w.patient, kind, fmt.Sprint(number), source.Key)
	}
	return "urn:uuid:" + id.String()
}

func (w *writer) add(url string, resource fhir.Resource) {
	fhir.Name(resource, strings.TrimPrefix(url, "urn:uuid:"))
	w.bundle.Entries = append(w.bundle.Entries, fhir.Entry{FullURL: url, Resource: resource})
}

func patientResource(p Person) *fhir.Patient {
	patient := &fhir.Patient{
		Gender: p.Gender, BirthDate: p.BirthDate, MaritalStatus: concept(p.MaritalStatus),
		Telecom: points(p.Telecom), Address: addresses(p.Addresses), Communication: communications(p.Languages),
	}
	if p.Inactive {
		patient.Active = truth(false)
	}
	if p.DeceasedAt != "" {
		patient.DeceasedDateTime = p.DeceasedAt
	} else if p.Deceased {
		patient.DeceasedBoolean = truth(true)
	}
	if !p.Unnamed {
		patient.Name = append(patient.Name, humanName(p.Legal))
	}
	if p.Preferred != nil {
		patient.Name = append(patient.Name, humanName(*p.Preferred))
	}
	for _, former := range p.Former {
		name := humanName(former)
		if name.Use != "maiden" {
			name.Use = "old"
		}
		patient.Name = append(patient.Name, name)
	}
	for _, identifier := range p.Identifiers {
		written := fhir.Identifier{Use: identifier.Use, System: identifier.System, Value: identifier.Value}
		if identifier.Kind != "" || identifier.KindText != "" {
			written.Type = &fhir.CodeableConcept{Text: identifier.KindText}
			if identifier.Kind != "" {
				written.Type.Coding = []fhir.Coding{{System: systemIdentifierType, Code: identifier.Kind}}
			}
		}
		patient.Identifier = append(patient.Identifier, written)
	}
	nested := func(url string, meaning Coded) {
		if meaning.Text != "" {
			patient.Extension = append(patient.Extension, fhir.Extension{URL: url, Extension: []fhir.Extension{{URL: "value", ValueCodeableConcept: concept(meaning)}}})
		}
	}
	nested(fhir.Pronouns, p.Pronouns)
	nested(fhir.GenderIdentity, p.GenderIdentity)
	for _, said := range []struct {
		url   string
		words []string
	}{{fhir.Race, p.Race}, {fhir.Ethnicity, p.Ethnicity}} {
		if len(said.words) > 0 {
			patient.Extension = append(patient.Extension, fhir.Extension{URL: said.url, Extension: []fhir.Extension{{URL: "text", ValueString: strings.Join(said.words, ", ")}}})
		}
	}
	if p.BirthSex != "" {
		patient.Extension = append(patient.Extension, fhir.Extension{URL: fhir.BirthSex, ValueCode: p.BirthSex})
	}
	if p.Interpreter != nil {
		patient.Extension = append(patient.Extension, fhir.Extension{URL: fhir.InterpreterRequired, ValueBoolean: p.Interpreter})
	}
	return patient
}

func relatedPersonResource(c Contact, subject *fhir.Reference) *fhir.RelatedPerson {
	related := &fhir.RelatedPerson{
		Patient: subject, Gender: c.Gender, Telecom: points(c.Telecom), Address: addresses(c.Addresses),
		Communication: communications(c.Languages), Period: period(c.From, c.Until),
	}
	if c.Inactive {
		related.Active = truth(false)
	}
	if c.Name.Full != "" {
		related.Name = []fhir.HumanName{humanName(c.Name)}
	}
	related.Relationship = concepts(c.Relationship)
	// The roles, unless the relationship's own words already say them.
	var said Contact
	said.relate(related.Relationship)
	for _, held := range []struct {
		holds, said bool
		system      string
		code, words string
	}{
		{c.NextOfKin, said.NextOfKin, systemContactRole, "N", "next of kin"},
		{c.Emergency, said.Emergency, systemContactRole, "C", "emergency contact"},
		{c.Guardian, said.Guardian, systemRole, "GUARD", "guardian"},
		{c.Agent, said.Agent, systemRole, "POWATT", "power of attorney"},
	} {
		if held.holds && !held.said {
			related.Relationship = append(related.Relationship, fhir.CodeableConcept{
				Coding: []fhir.Coding{{System: held.system, Code: held.code}}, Text: held.words,
			})
		}
	}
	return related
}

func allergyResource(a Allergy, subject *fhir.Reference) *fhir.AllergyIntolerance {
	status := a.Status
	if status == "" {
		status = map[bool]string{true: "active", false: "inactive"}[a.Active]
	}
	allergy := &fhir.AllergyIntolerance{
		Patient: subject, Type: a.Kind, Category: a.Categories, Criticality: a.Criticality, Code: concept(a.Substance),
		ClinicalStatus: statusConcept(systemAllergyStatus, status), VerificationStatus: statusConcept(systemAllergyVerify, a.Verified),
		OnsetDateTime: a.Onset, RecordedDate: a.Recorded, Note: annotations(a.Notes),
	}
	if a.Onset == "" {
		allergy.OnsetString = a.OnsetText
	}
	for _, reaction := range a.Reactions {
		allergy.Reaction = append(allergy.Reaction, fhir.AllergyReaction{
			Substance: concept(reaction.Substance), Manifestation: concepts(reaction.Manifestation),
			Severity: reaction.Severity, Description: reaction.Description, Onset: reaction.Onset,
		})
	}
	return allergy
}

func conditionResource(c Condition, subject *fhir.Reference) *fhir.Condition {
	status := c.Status
	if status == "" || status == "unknown" {
		status = map[bool]string{true: "active", false: "inactive"}[c.Active]
	}
	condition := &fhir.Condition{
		Subject: subject, Code: concept(c.Meaning), Category: concepts(c.Categories), Severity: concept(c.Severity),
		ClinicalStatus: statusConcept(systemProblemStatus, status), VerificationStatus: statusConcept(systemProblemVerify, c.Verified),
		OnsetDateTime: c.Onset, AbatementDateTime: c.Abatement, RecordedDate: c.Recorded, Note: annotations(c.Notes),
	}
	if c.Onset == "" {
		condition.OnsetString = c.OnsetText
	}
	if c.Abatement == "" {
		condition.AbatementString = c.AbatementText
	}
	return condition
}

func flagResource(f Flag, subject *fhir.Reference) *fhir.Flag {
	return &fhir.Flag{
		Subject: subject, Code: concept(f.Meaning), Category: concepts(f.Categories), Period: period(f.From, f.Until),
		Status: map[bool]string{true: "active", false: "inactive"}[f.Active],
	}
}
