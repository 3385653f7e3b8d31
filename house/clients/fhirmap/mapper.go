package fhirmap

import (
	"fmt"
	"slices"
	"strings"

	"milieu/kit/fhir"
)

// mapper describes one person.
type mapper struct {
	c        *Collector
	index    *fhir.Index
	key      string
	problems []fhir.Problem
}

func (m *mapper) note(item *fhir.Item, element string, severity fhir.Severity, format string, args ...any) {
	m.problems = append(m.problems, problemAt(item, element, severity, fmt.Sprintf(format, args...)))
}

// person describes what the Patient itself says.
func (m *mapper) person(item *fhir.Item) Person {
	patient := item.Resource.(*fhir.Patient)
	m.problems = append(m.problems, item.Problems...)
	person := Person{
		Source:     m.c.sourceOf(item, m.key, m.key, ""),
		Inactive:   patient.Active != nil && !*patient.Active,
		BirthDate:  patient.BirthDate,
		Deceased:   patient.DeceasedBoolean != nil && *patient.DeceasedBoolean || patient.DeceasedDateTime != "",
		DeceasedAt: patient.DeceasedDateTime,
		Telecom:    mapTelecom(patient.Telecom), Addresses: mapAddresses(patient.Address),
		MaritalStatus:  coded(patient.MaritalStatus),
		Pronouns:       coded(fhir.FindExtension(patient.Extension, fhir.Pronouns).Concept()),
		GenderIdentity: coded(fhir.FindExtension(patient.Extension, fhir.GenderIdentity, fhir.GenderIdentityCore, fhir.GenderIdentityOld).Concept()),
		BirthSex:       codeOf(fhir.FindExtension(patient.Extension, fhir.BirthSex).Concept()),
		Race:           heritage(patient.Extension, fhir.Race),
		Ethnicity:      heritage(patient.Extension, fhir.Ethnicity),
		Languages:      mapLanguages(patient.Communication),
		Interpreter:    interpreter(patient),
	}
	person.Gender = m.gender(item, patient.Gender)
	person.names(patient.Name, fromSynthea(patient))
	if person.Unnamed {
		m.note(item, "name", fhir.Warning, "no name was given")
	}
	if patient.BirthDate == "" && (patient.BirthDateMore == nil || fhir.FindExtension(patient.BirthDateMore.Extension, fhir.DataAbsentReason) == nil) {
		m.note(item, "birthDate", fhir.Warning, "no birth date was given")
	}
	if languages := patient.Communication; len(languages) > 1 && !slices.ContainsFunc(person.Languages, func(l Language) bool { return l.Preferred }) {
		m.note(item, "communication", fhir.Warning, "several languages, none said to be preferred")
	}
	for _, identifier := range patient.Identifier {
		if mapped := mapIdentifier(identifier); mapped.Value != "" {
			person.Identifiers = append(person.Identifiers, mapped)
		}
	}
	for number, link := range patient.Link {
		if link.Type == "replaced-by" {
			other := "another record"
			if link.Other != nil && link.Other.Reference != "" {
				other = "“" + short(link.Other.Reference) + "”"
			}
			m.note(item, fmt.Sprintf("link[%d]", number), fhir.Error, "this record was replaced by %s at its source; import that one", other)
		}
	}
	for number, contact := range patient.Contact {
		m.patientContact(&person, item, number, contact)
	}
	return person
}

// fact adds what one resource says about the person.
func (m *mapper) fact(person *Person, item *fhir.Item, key string) {
	source := m.c.sourceOf(item, m.key, key, "")
	before := len(m.problems)
	m.problems = append(m.problems, item.Problems...)
	var excluded string
	switch r := item.Resource.(type) {
	case *fhir.RelatedPerson:
		person.Contacts = append(person.Contacts, m.relatedPerson(item, r, source))
	case *fhir.AllergyIntolerance:
		excluded = m.allergy(person, item, r, source)
	case *fhir.Condition:
		excluded = m.condition(person, item, r, source)
	case *fhir.EpisodeOfCare:
		excluded = m.episodeOfCare(person, item, r, source)
	case *fhir.Encounter:
		excluded = m.encounter(person, item, r, source)
	case *fhir.Flag:
		excluded = m.flag(person, item, r, source)
	}
	if excluded == "" {
		return
	}
	// What is left out can lose nothing by being unreadable elsewhere.
	m.problems = m.problems[:before]
	if person.Excluded == nil {
		person.Excluded = map[string]int{}
	}
	person.Excluded[item.Type+" "+excluded]++
}

// genders are the administrative ones, and the short forms some servers write.
var genders = map[string]string{
	"male": "male", "female": "female", "other": "other", "unknown": "unknown",
	"m": "male", "f": "female", "o": "other", "u": "unknown",
}

func (m *mapper) gender(item *fhir.Item, text string) string {
	if text == "" {
		return ""
	}
	known := genders[strings.ToLower(strings.TrimSpace(text))]
	switch {
	case known == "":
		m.note(item, "gender", fhir.Warning, "“%s” is not an administrative gender of FHIR; it is left open, to be asked", short(text))
	case known != text:
		m.note(item, "gender", fhir.Warning, "“%s” is read as %s", short(text), known)
	}
	return known
}

func coded(concept *fhir.CodeableConcept) Coded {
	if concept == nil {
		return Coded{}
	}
	meaning := Coded{Text: concept.Words()}
	for _, coding := range concept.Coding {
		if coding != (fhir.Coding{}) {
			meaning.Codes = append(meaning.Codes, Code(coding))
		}
	}
	return meaning
}

func codedList(concepts []fhir.CodeableConcept) []Coded {
	var list []Coded
	for i := range concepts {
		if meaning := coded(&concepts[i]); meaning.Text != "" {
			list = append(list, meaning)
		}
	}
	return list
}

func codeOf(concept *fhir.CodeableConcept) string {
	if concept == nil {
		return ""
	}
	for _, coding := range concept.Coding {
		if coding.Code != "" {
			return coding.Code
		}
	}
	return concept.Text
}

// heritage gives US Core race or ethnicity as words: the text, or else the
// names of the categories.
func heritage(extensions []fhir.Extension, url string) []string {
	found := fhir.FindExtension(extensions, url)
	if found == nil {
		return nil
	}
	if text := fhir.FindExtension(found.Extension, "text"); text != nil && strings.TrimSpace(text.ValueString) != "" {
		return []string{text.ValueString}
	}
	var words []string
	for i := range found.Extension {
		if part := found.Extension[i].Concept().Words(); part != "" {
			words = append(words, part)
		}
	}
	return words
}

func mapIdentifier(identifier fhir.Identifier) Identifier {
	mapped := Identifier{System: identifier.System, Value: strings.TrimSpace(identifier.Value), Use: identifier.Use}
	if identifier.Type == nil {
		if sensitiveSystems[identifier.System] {
			mapped.Kind = "SS"
		}
		return mapped
	}
	mapped.KindText = identifier.Type.Words()
	for _, coding := range identifier.Type.Coding {
		if coding.System == "" || strings.Contains(coding.System, "0203") {
			mapped.Kind = coding.Code
			break
		}
	}
	return mapped
}

func mapTelecom(points []fhir.ContactPoint) []Telecom {
	var list []Telecom
	for _, point := range points {
		if strings.TrimSpace(point.Value) == "" {
			continue
		}
		mapped := Telecom{System: point.System, Value: strings.TrimSpace(point.Value), Use: point.Use}
		if point.Period != nil {
			mapped.Until = point.Period.End
		}
		list = append(list, mapped)
	}
	return list
}

func mapAddresses(addresses []fhir.Address) []Address {
	var list []Address
	for _, address := range addresses {
		mapped := Address{
			Use: address.Use, Text: address.Text, Lines: address.Line, City: address.City, District: address.District,
			State: address.State, PostalCode: address.PostalCode, Country: address.Country,
		}
		if mapped.Text == "" && mapped.Lines == nil && mapped.City == "" && mapped.State == "" && mapped.PostalCode == "" && mapped.District == "" && mapped.Country == "" {
			continue
		}
		if address.Period != nil {
			mapped.Until = address.Period.End
		}
		list = append(list, mapped)
	}
	return list
}

func notes(annotations []fhir.Annotation) []string {
	var list []string
	for _, annotation := range annotations {
		if strings.TrimSpace(annotation.Text) != "" {
			list = append(list, annotation.Text)
		}
	}
	return list
}
