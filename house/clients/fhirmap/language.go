package fhirmap

import (
	"strings"

	"golang.org/x/text/language"

	"milieu/kit/fhir"
)

// Language is the tag to speak and write to the person in: the preferred one,
// or else the first.
func (p *Person) Language() Language {
	for _, spoken := range p.Languages {
		if spoken.Preferred {
			return spoken
		}
	}
	if len(p.Languages) > 0 {
		return p.Languages[0]
	}
	return Language{}
}

func mapLanguages(communications []fhir.PatientCommunication) []Language {
	var list []Language
	for _, communication := range communications {
		if communication.Language == nil {
			continue
		}
		spoken := Language{Tag: languageTag(communication.Language), Text: communication.Language.Words()}
		spoken.Preferred = communication.Preferred != nil && *communication.Preferred
		if spoken.Tag != "" || spoken.Text != "" {
			list = append(list, spoken)
		}
	}
	return list
}

// languageTag finds the first code that is a language tag (BCP 47, or ISO 639
// in two or three letters) and gives its usual form.
func languageTag(concept *fhir.CodeableConcept) string {
	for _, coding := range concept.Coding {
		if code := strings.TrimSpace(coding.Code); len(code) >= 2 && len(code) <= 35 {
			if tag, err := language.Parse(code); err == nil && tag != language.Und {
				return tag.String()
			}
		}
	}
	return ""
}

// interpreter reads the need for one, which servers put on the patient or on
// the language.
func interpreter(patient *fhir.Patient) *bool {
	places := [][]fhir.Extension{patient.Extension}
	for _, communication := range patient.Communication {
		places = append(places, communication.Extension)
	}
	for _, extensions := range places {
		found := fhir.FindExtension(extensions, fhir.InterpreterRequired, fhir.InterpreterNeeded)
		if found == nil {
			continue
		}
		if found.ValueBoolean != nil {
			return found.ValueBoolean
		}
		// SNOMED CT, as bound by US Core.
		switch codeOf(found.Concept()) {
		case snomedYes:
			return truth(true)
		case snomedNo:
			return truth(false)
		}
	}
	return nil
}

const (
	snomedYes = "373066001"
	snomedNo  = "373067005"
)

func truth(value bool) *bool { return &value }
