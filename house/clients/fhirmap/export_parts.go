package fhirmap

import (
	"fmt"

	"milieu/kit/fhir"
)

func episodeResource(e Episode, subject *fhir.Reference) *fhir.EpisodeOfCare {
	episode := &fhir.EpisodeOfCare{
		Patient: subject, Status: episodeStatus(e, "active", "finished"), Period: period(e.Start, e.End),
		ManagingOrganization: shown(e.Provider),
	}
	if e.Type.Text != "" {
		episode.Type = []fhir.CodeableConcept{*concept(e.Type)}
	}
	// An episode of care names its reasons as conditions; these have no life
	// outside it, so they go inside.
	for i, reason := range e.Reasons {
		name := fmt.Sprintf("reason%d", i+1)
		condition := &fhir.Condition{
			Subject: subject, Code: &fhir.CodeableConcept{Text: reason},
			ClinicalStatus: statusConcept(systemProblemStatus, map[bool]string{true: "active", false: "inactive"}[e.Active]),
		}
		fhir.Name(condition, name)
		episode.Contained = append(episode.Contained, fhir.Contained{Resource: condition})
		episode.Diagnosis = append(episode.Diagnosis, fhir.EpisodeDiagnosis{Condition: &fhir.Reference{Reference: "#" + name}})
	}
	return episode
}

func encounterResource(e Episode, subject *fhir.Reference) *fhir.Encounter {
	class := e.Class
	if episodeKinds[class] != e.Kind || class == "INPATIENT" || class == "EMERGENCY" {
		class = map[string]string{KindInpatient: "IMP", KindEmergency: "EMER"}[e.Kind]
	}
	encounter := &fhir.Encounter{
		Subject: subject, Status: episodeStatus(e, "in-progress", "finished"), Period: period(e.Start, e.End),
		Class: &fhir.Coding{System: systemAct, Code: class}, ServiceProvider: shown(e.Provider),
	}
	if e.Type.Text != "" {
		encounter.Type = []fhir.CodeableConcept{*concept(e.Type)}
	}
	for _, reason := range e.Reasons {
		encounter.ReasonCode = append(encounter.ReasonCode, fhir.CodeableConcept{Text: reason})
	}
	if e.Location != "" {
		encounter.Location = []fhir.EncounterLocation{{Location: shown(e.Location)}}
	}
	if e.Disposition != "" {
		encounter.Hospitalization = &fhir.EncounterHospitalization{DischargeDisposition: &fhir.CodeableConcept{Text: e.Disposition}}
	}
	return encounter
}

// Required codes of encounter-status and episode-of-care-status in R4.
var encounterStatuses = map[string]bool{"arrived": true, "triaged": true, "in-progress": true, "onleave": true, "finished": true, "unknown": true}

func episodeStatus(e Episode, open, closed string) string {
	if e.Kind == KindEpisode && (e.Status == "active" || e.Status == "onhold" || e.Status == "finished") ||
		e.Kind != KindEpisode && encounterStatuses[e.Status] {
		return e.Status
	}
	if e.Active {
		return open
	}
	return closed
}

func shown(words string) *fhir.Reference {
	if words == "" {
		return nil
	}
	return &fhir.Reference{Display: words}
}

func concept(meaning Coded) *fhir.CodeableConcept {
	if meaning.Text == "" && len(meaning.Codes) == 0 {
		return nil
	}
	written := &fhir.CodeableConcept{Text: meaning.Text}
	for _, code := range meaning.Codes {
		written.Coding = append(written.Coding, fhir.Coding(code))
	}
	return written
}

func concepts(list []Coded) []fhir.CodeableConcept {
	var written []fhir.CodeableConcept
	for _, meaning := range list {
		if one := concept(meaning); one != nil {
			written = append(written, *one)
		}
	}
	return written
}

func statusConcept(system, code string) *fhir.CodeableConcept {
	if code == "" {
		return nil
	}
	return &fhir.CodeableConcept{Coding: []fhir.Coding{{System: system, Code: code}}}
}

func humanName(name Name) fhir.HumanName {
	written := fhir.HumanName{Use: name.Use, Family: name.Family, Given: name.Given, Prefix: name.Prefix, Suffix: name.Suffix}
	if name.Family == "" && len(name.Given) == 0 {
		written.Text = name.Full
	}
	return written
}

func points(list []Telecom) []fhir.ContactPoint {
	var written []fhir.ContactPoint
	for _, point := range list {
		written = append(written, fhir.ContactPoint{System: point.System, Value: point.Value, Use: point.Use, Period: period("", point.Until)})
	}
	return written
}

func addresses(list []Address) []fhir.Address {
	var written []fhir.Address
	for _, address := range list {
		written = append(written, fhir.Address{
			Use: address.Use, Text: address.Text, Line: address.Lines, City: address.City, District: address.District,
			State: address.State, PostalCode: address.PostalCode, Country: address.Country, Period: period("", address.Until),
		})
	}
	return written
}

func communications(list []Language) []fhir.PatientCommunication {
	var written []fhir.PatientCommunication
	for _, spoken := range list {
		one := fhir.PatientCommunication{Language: &fhir.CodeableConcept{Text: spoken.Text}}
		if spoken.Tag != "" {
			one.Language.Coding = []fhir.Coding{{System: systemLanguage, Code: spoken.Tag}}
		}
		if spoken.Preferred {
			one.Preferred = truth(true)
		}
		written = append(written, one)
	}
	return written
}

func period(from, until fhir.DateTime) *fhir.Period {
	if from == "" && until == "" {
		return nil
	}
	return &fhir.Period{Start: from, End: until}
}

func annotations(texts []string) []fhir.Annotation {
	var written []fhir.Annotation
	for _, text := range texts {
		written = append(written, fhir.Annotation{Text: text})
	}
	return written
}
