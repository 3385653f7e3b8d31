// Package fhirimport makes clients of what other systems send: files of FHIR resources become registrations, contacts, allergies, diagnoses and
// stays, each citing its source, which is kept byte for byte. Package fhirmap reads the resources; this package plans the entries that are not
// in the record yet and files them, a person at a time.
package fhirimport
