package fhir

import (
	"fmt"
	"strings"
)

// Resource is one of the types this package reads.
type Resource interface {
	base() *Base
}

// Base is what every resource has.
type Base struct {
	ResourceType string      `json:"resourceType"`
	ID           string      `json:"id,omitempty"`
	Meta         *Meta       `json:"meta,omitempty"`
	Contained    []Contained `json:"contained,omitempty"`
	Text         *Narrative  `json:"text,omitempty"`
	Extension    []Extension `json:"extension,omitempty"`
}

func (b *Base) base() *Base { return b }

// Meta tells when a resource was last changed at its source, and tags.
type Meta struct {
	VersionID   string   `json:"versionId,omitempty"`
	LastUpdated DateTime `json:"lastUpdated,omitempty"`
	Profile     []string `json:"profile,omitempty"`
	Tag         []Coding `json:"tag,omitempty"`
}

// Narrative is the human-readable summary. Only its status is read: its markup
// is never shown.
type Narrative struct {
	Status string `json:"status,omitempty"`
}

// Patient is the person in care.
type Patient struct {
	Base
	Identifier       []Identifier           `json:"identifier,omitempty"`
	Active           *bool                  `json:"active,omitempty"`
	Name             []HumanName            `json:"name,omitempty"`
	Telecom          []ContactPoint         `json:"telecom,omitempty"`
	Gender           string                 `json:"gender,omitempty"`
	BirthDate        Date                   `json:"birthDate,omitempty"`
	BirthDateMore    *Element               `json:"_birthDate,omitempty"`
	DeceasedBoolean  *bool                  `json:"deceasedBoolean,omitempty"`
	DeceasedDateTime DateTime               `json:"deceasedDateTime,omitempty"`
	Address          []Address              `json:"address,omitempty"`
	MaritalStatus    *CodeableConcept       `json:"maritalStatus,omitempty"`
	Contact          []PatientContact       `json:"contact,omitempty"`
	Communication    []PatientCommunication `json:"communication,omitempty"`
	Link             []PatientLink          `json:"link,omitempty"`
}

// PatientContact is somebody to turn to, written in the patient itself.
type PatientContact struct {
	Relationship []CodeableConcept `json:"relationship,omitempty"`
	Name         *HumanName        `json:"name,omitempty"`
	Telecom      []ContactPoint    `json:"telecom,omitempty"`
	Address      *Address          `json:"address,omitempty"`
	Gender       string            `json:"gender,omitempty"`
	Organization *Reference        `json:"organization,omitempty"`
	Period       *Period           `json:"period,omitempty"`
}

// PatientCommunication is a language the person speaks.
type PatientCommunication struct {
	Extension []Extension      `json:"extension,omitempty"`
	Language  *CodeableConcept `json:"language,omitempty"`
	Preferred *bool            `json:"preferred,omitempty"`
}

// PatientLink ties two records of one person together.
type PatientLink struct {
	Other *Reference `json:"other,omitempty"`
	Type  string     `json:"type,omitempty"`
}

// RelatedPerson is somebody in the person's life.
type RelatedPerson struct {
	Base
	Identifier    []Identifier           `json:"identifier,omitempty"`
	Active        *bool                  `json:"active,omitempty"`
	Patient       *Reference             `json:"patient,omitempty"`
	Relationship  []CodeableConcept      `json:"relationship,omitempty"`
	Name          []HumanName            `json:"name,omitempty"`
	Telecom       []ContactPoint         `json:"telecom,omitempty"`
	Gender        string                 `json:"gender,omitempty"`
	Address       []Address              `json:"address,omitempty"`
	Period        *Period                `json:"period,omitempty"`
	Communication []PatientCommunication `json:"communication,omitempty"`
}

// AllergyIntolerance is what somebody reacts to.
type AllergyIntolerance struct {
	Base
	Identifier         []Identifier      `json:"identifier,omitempty"`
	ClinicalStatus     *CodeableConcept  `json:"clinicalStatus,omitempty"`
	VerificationStatus *CodeableConcept  `json:"verificationStatus,omitempty"`
	Type               string            `json:"type,omitempty"`
	Category           []string          `json:"category,omitempty"`
	Criticality        string            `json:"criticality,omitempty"`
	Code               *CodeableConcept  `json:"code,omitempty"`
	Patient            *Reference        `json:"patient,omitempty"`
	OnsetDateTime      DateTime          `json:"onsetDateTime,omitempty"`
	OnsetString        string            `json:"onsetString,omitempty"`
	RecordedDate       DateTime          `json:"recordedDate,omitempty"`
	LastOccurrence     DateTime          `json:"lastOccurrence,omitempty"`
	Note               []Annotation      `json:"note,omitempty"`
	Reaction           []AllergyReaction `json:"reaction,omitempty"`
}

// AllergyReaction is one time it happened.
type AllergyReaction struct {
	Substance     *CodeableConcept  `json:"substance,omitempty"`
	Manifestation []CodeableConcept `json:"manifestation,omitempty"`
	Description   string            `json:"description,omitempty"`
	Onset         DateTime          `json:"onset,omitempty"`
	Severity      string            `json:"severity,omitempty"`
}

// Condition is a diagnosis, problem or concern.
type Condition struct {
	Base
	Identifier         []Identifier      `json:"identifier,omitempty"`
	ClinicalStatus     *CodeableConcept  `json:"clinicalStatus,omitempty"`
	VerificationStatus *CodeableConcept  `json:"verificationStatus,omitempty"`
	Category           []CodeableConcept `json:"category,omitempty"`
	Severity           *CodeableConcept  `json:"severity,omitempty"`
	Code               *CodeableConcept  `json:"code,omitempty"`
	Subject            *Reference        `json:"subject,omitempty"`
	OnsetDateTime      DateTime          `json:"onsetDateTime,omitempty"`
	OnsetAge           *Quantity         `json:"onsetAge,omitempty"`
	OnsetPeriod        *Period           `json:"onsetPeriod,omitempty"`
	OnsetRange         *Range            `json:"onsetRange,omitempty"`
	OnsetString        string            `json:"onsetString,omitempty"`
	AbatementDateTime  DateTime          `json:"abatementDateTime,omitempty"`
	AbatementAge       *Quantity         `json:"abatementAge,omitempty"`
	AbatementPeriod    *Period           `json:"abatementPeriod,omitempty"`
	AbatementRange     *Range            `json:"abatementRange,omitempty"`
	AbatementString    string            `json:"abatementString,omitempty"`
	AbatementBoolean   *bool             `json:"abatementBoolean,omitempty"`
	RecordedDate       DateTime          `json:"recordedDate,omitempty"`
	Note               []Annotation      `json:"note,omitempty"`
}

// EpisodeOfCare is the time an organisation is responsible for somebody.
type EpisodeOfCare struct {
	Base
	Identifier           []Identifier       `json:"identifier,omitempty"`
	Status               string             `json:"status,omitempty"`
	Type                 []CodeableConcept  `json:"type,omitempty"`
	Diagnosis            []EpisodeDiagnosis `json:"diagnosis,omitempty"`
	Patient              *Reference         `json:"patient,omitempty"`
	ManagingOrganization *Reference         `json:"managingOrganization,omitempty"`
	Period               *Period            `json:"period,omitempty"`
}

// EpisodeDiagnosis names what an episode is about.
type EpisodeDiagnosis struct {
	Condition *Reference `json:"condition,omitempty"`
}

// Encounter is a visit or a stay.
type Encounter struct {
	Base
	Identifier      []Identifier              `json:"identifier,omitempty"`
	Status          string                    `json:"status,omitempty"`
	Class           *Coding                   `json:"class,omitempty"`
	Type            []CodeableConcept         `json:"type,omitempty"`
	Subject         *Reference                `json:"subject,omitempty"`
	Period          *Period                   `json:"period,omitempty"`
	ReasonCode      []CodeableConcept         `json:"reasonCode,omitempty"`
	ReasonReference []Reference               `json:"reasonReference,omitempty"`
	Diagnosis       []EpisodeDiagnosis        `json:"diagnosis,omitempty"`
	Hospitalization *EncounterHospitalization `json:"hospitalization,omitempty"`
	Location        []EncounterLocation       `json:"location,omitempty"`
	ServiceProvider *Reference                `json:"serviceProvider,omitempty"`
}

// EncounterHospitalization tells how a stay ended.
type EncounterHospitalization struct {
	DischargeDisposition *CodeableConcept `json:"dischargeDisposition,omitempty"`
}

// EncounterLocation is where the person was.
type EncounterLocation struct {
	Location *Reference `json:"location,omitempty"`
	Status   string     `json:"status,omitempty"`
}

// Flag is a warning put on somebody's record.
type Flag struct {
	Base
	Identifier []Identifier      `json:"identifier,omitempty"`
	Status     string            `json:"status,omitempty"`
	Category   []CodeableConcept `json:"category,omitempty"`
	Code       *CodeableConcept  `json:"code,omitempty"`
	Subject    *Reference        `json:"subject,omitempty"`
	Period     *Period           `json:"period,omitempty"`
}

// Organization is read for its name.
type Organization struct {
	Base
	Identifier []Identifier `json:"identifier,omitempty"`
	Name       string       `json:"name,omitempty"`
}

// Location is read for its name.
type Location struct {
	Base
	Identifier  []Identifier `json:"identifier,omitempty"`
	Name        string       `json:"name,omitempty"`
	Description string       `json:"description,omitempty"`
}

// Practitioner is read for the name.
type Practitioner struct {
	Base
	Identifier []Identifier `json:"identifier,omitempty"`
	Name       []HumanName  `json:"name,omitempty"`
}

// OperationOutcome is what a server says beside its answer.
type OperationOutcome struct {
	Base
	Issue []OutcomeIssue `json:"issue,omitempty"`
}

// OutcomeIssue is one remark of a server.
type OutcomeIssue struct {
	Severity    string           `json:"severity,omitempty"`
	Details     *CodeableConcept `json:"details,omitempty"`
	Diagnostics string           `json:"diagnostics,omitempty"`
}

// newResource gives an empty resource of a type that is read, or nil.
func newResource(name string) Resource {
	switch name {
	case "Patient":
		return new(Patient)
	case "RelatedPerson":
		return new(RelatedPerson)
	case "AllergyIntolerance":
		return new(AllergyIntolerance)
	case "Condition":
		return new(Condition)
	case "EpisodeOfCare":
		return new(EpisodeOfCare)
	case "Encounter":
		return new(Encounter)
	case "Flag":
		return new(Flag)
	case "Organization":
		return new(Organization)
	case "Location":
		return new(Location)
	case "Practitioner":
		return new(Practitioner)
	case "OperationOutcome":
		return new(OperationOutcome)
	}
	return nil
}

// Identifiers are those a resource carries.
func Identifiers(r Resource) []Identifier {
	switch r := r.(type) {
	case *Patient:
		return r.Identifier
	case *RelatedPerson:
		return r.Identifier
	case *AllergyIntolerance:
		return r.Identifier
	case *Condition:
		return r.Identifier
	case *EpisodeOfCare:
		return r.Identifier
	case *Encounter:
		return r.Identifier
	case *Flag:
		return r.Identifier
	case *Organization:
		return r.Identifier
	case *Location:
		return r.Identifier
	case *Practitioner:
		return r.Identifier
	}
	return nil
}

// MetaOf gives what a resource says of its version, or nil.
func MetaOf(r Resource) *Meta { return r.base().Meta }

// ExtensionsOf gives a resource's own extensions.
func ExtensionsOf(r Resource) []Extension { return r.base().Extension }

// Name gives a resource that is to be written its type and its id.
func Name(r Resource, id string) {
	base := r.base()
	base.ID = id
	base.ResourceType = strings.TrimPrefix(fmt.Sprintf("%T", r), "*fhir.")
}
