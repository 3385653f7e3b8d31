package fhir

import "strings"

// Addresses of the extensions that are read or written, from the FHIR
// extensions pack and US Core (8 and 9, and older ones still in use).
const (
	InterpreterRequired = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"
	InterpreterNeeded   = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-interpreter-needed"
	Pronouns            = "http://hl7.org/fhir/StructureDefinition/individual-pronouns"
	GenderIdentity      = "http://hl7.org/fhir/StructureDefinition/individual-genderIdentity"
	GenderIdentityCore  = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-genderIdentity"
	GenderIdentityOld   = "http://hl7.org/fhir/StructureDefinition/patient-genderIdentity"
	BirthSex            = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
	Race                = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"
	Ethnicity           = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity"
	DataAbsentReason    = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
)

// FindExtension gives the first extension with one of the addresses, or nil.
func FindExtension(extensions []Extension, urls ...string) *Extension {
	for _, url := range urls {
		for i := range extensions {
			if extensions[i].URL == url {
				return &extensions[i]
			}
		}
	}
	return nil
}

// Concept is the extension's value as a concept, whether it was given as one,
// as a coding, a code or a text, directly or in a nested "value".
func (e *Extension) Concept() *CodeableConcept {
	switch {
	case e == nil:
		return nil
	case e.ValueCodeableConcept != nil:
		return e.ValueCodeableConcept
	case e.ValueCoding != nil:
		return &CodeableConcept{Coding: []Coding{*e.ValueCoding}}
	case e.ValueCode != "":
		return &CodeableConcept{Coding: []Coding{{Code: e.ValueCode}}}
	case strings.TrimSpace(e.ValueString) != "":
		return &CodeableConcept{Text: e.ValueString}
	}
	if nested := FindExtension(e.Extension, "value"); nested != nil && len(nested.Extension) == 0 {
		return nested.Concept()
	}
	return nil
}
