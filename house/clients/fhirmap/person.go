package fhirmap

import (
	"crypto/sha256"
	"encoding/hex"

	"milieu/kit/fhir"
)

// Person describes a client as the sources have them. Dates are texts as
// written, with the precision they had.
type Person struct {
	Source Source `json:"source"`
	// Legal is the name on papers, Preferred what the person is called, Former
	// the names they had. Unnamed means that no name was given at all.
	Legal     Name   `json:"legal,omitzero"`
	Preferred *Name  `json:"preferred,omitempty"`
	Former    []Name `json:"former,omitempty"`
	Unnamed   bool   `json:"unnamed,omitempty"`
	// Inactive is said by the source: the record is no longer in use there.
	Inactive bool `json:"inactive,omitempty"`

	BirthDate fhir.Date `json:"birth_date,omitempty"`
	// Gender is the administrative one: male, female, other, unknown, or empty.
	Gender         string        `json:"gender,omitempty"`
	GenderIdentity Coded         `json:"gender_identity,omitzero"`
	Pronouns       Coded         `json:"pronouns,omitzero"`
	BirthSex       string        `json:"birth_sex,omitempty"`
	Race           []string      `json:"race,omitempty"`
	Ethnicity      []string      `json:"ethnicity,omitempty"`
	MaritalStatus  Coded         `json:"marital_status,omitzero"`
	Deceased       bool          `json:"deceased,omitempty"`
	DeceasedAt     fhir.DateTime `json:"deceased_at,omitempty"`

	Languages []Language `json:"languages,omitempty"`
	// Interpreter is nil when nothing was said.
	Interpreter *bool `json:"interpreter,omitempty"`

	Identifiers []Identifier `json:"identifiers,omitempty"`
	Telecom     []Telecom    `json:"telecom,omitempty"`
	Addresses   []Address    `json:"addresses,omitempty"`
	Contacts    []Contact    `json:"contacts,omitempty"`
	Allergies   []Allergy    `json:"allergies,omitempty"`
	Conditions  []Condition  `json:"conditions,omitempty"`
	Episodes    []Episode    `json:"episodes,omitempty"`
	Flags       []Flag       `json:"flags,omitempty"`

	// Excluded counts what was rightly left out, by type and reason:
	// "AllergyIntolerance refuted", "Encounter AMB".
	Excluded map[string]int `json:"excluded,omitempty"`
	// Warnings are worth a look; nothing was lost.
	Warnings []fhir.Problem `json:"warnings,omitempty"`
}

// Hash is a SHA-256.
type Hash [sha256.Size]byte

// MarshalText writes the hash in hexadecimal.
func (h Hash) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h[:])), nil }

// Source says where a fact came from and makes it recognisable.
type Source struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	// Reference is "Patient/123"; FullURL the entry's address.
	Reference string `json:"reference,omitempty"`
	FullURL   string `json:"full_url,omitempty"`
	// Key stays the same when the fact is sent again, changed or not.
	Key string `json:"key"`
	// ID is StableID of the namespace, the person's key, the fact's key and its
	// fingerprint: the record ID of the entry that states this fact.
	ID UUID `json:"id"`
	// Fingerprint changes when what is said changes; layout, meta and narrative
	// do not count. SHA256 is that of Raw.
	Fingerprint Hash `json:"fingerprint"`
	SHA256      Hash `json:"sha256"`
	// Raw is the resource verbatim. It is shared: do not write to it.
	Raw []byte `json:"-"`
}

// Name is a name as a whole and in its parts.
type Name struct {
	// Full is the name as one says it, without prefixes and suffixes.
	Full   string   `json:"full,omitempty"`
	Given  []string `json:"given,omitempty"`
	Family string   `json:"family,omitempty"`
	Prefix []string `json:"prefix,omitempty"`
	Suffix []string `json:"suffix,omitempty"`
	// Use is the source's word: official, usual, nickname, old, maiden, …
	Use string `json:"use,omitempty"`
}

// Code is a code from a system.
type Code struct {
	System  string `json:"system,omitempty"`
	Code    string `json:"code,omitempty"`
	Display string `json:"display,omitempty"`
}

// Coded is a meaning in words, with the codes it came with.
type Coded struct {
	Text  string `json:"text,omitempty"`
	Codes []Code `json:"codes,omitempty"`
}

// Language is one the person speaks. Tag is BCP 47, empty when it could not be
// told from what was written.
type Language struct {
	Tag       string `json:"tag,omitempty"`
	Text      string `json:"text,omitempty"`
	Preferred bool   `json:"preferred,omitempty"`
}

// Identifier is a number somebody gave the person. Kind is the code of HL7
// table 0203 (MR, SS, DL, PPN, …).
type Identifier struct {
	Kind     string `json:"kind,omitempty"`
	KindText string `json:"kind_text,omitempty"`
	System   string `json:"system,omitempty"`
	Value    string `json:"value"`
	Use      string `json:"use,omitempty"`
}

// Sensitive tells whether pages show the number masked only.
func (i Identifier) Sensitive() bool {
	return sensitiveKinds[i.Kind] || sensitiveSystems[i.System]
}

// Masked is the value as pages show it: of a sensitive one no more than the
// last four characters, and never more than half.
func (i Identifier) Masked() string {
	if !i.Sensitive() {
		return i.Value
	}
	runes := []rune(i.Value)
	shown := min(4, len(runes)/2)
	return "••••" + string(runes[len(runes)-shown:])
}

// Telecom is a way to reach somebody. System is phone, sms, email, fax, …
type Telecom struct {
	System string `json:"system,omitempty"`
	Value  string `json:"value"`
	Use    string `json:"use,omitempty"`
	// Until is set when the source says it no longer holds.
	Until fhir.DateTime `json:"until,omitempty"`
}

// Address is a postal address.
type Address struct {
	Use        string        `json:"use,omitempty"`
	Text       string        `json:"text,omitempty"`
	Lines      []string      `json:"lines,omitempty"`
	City       string        `json:"city,omitempty"`
	District   string        `json:"district,omitempty"`
	State      string        `json:"state,omitempty"`
	PostalCode string        `json:"postal_code,omitempty"`
	Country    string        `json:"country,omitempty"`
	Until      fhir.DateTime `json:"until,omitempty"`
}

// Contact is somebody in the person's life. Whether they may be told anything
// is a matter of consent, not of this description.
type Contact struct {
	Source       Source    `json:"source"`
	Name         Name      `json:"name,omitzero"`
	Relationship []Coded   `json:"relationship,omitempty"`
	NextOfKin    bool      `json:"next_of_kin,omitempty"`
	Emergency    bool      `json:"emergency,omitempty"`
	Guardian     bool      `json:"guardian,omitempty"`
	Agent        bool      `json:"agent,omitempty"` // holds a power of attorney
	Gender       string    `json:"gender,omitempty"`
	Telecom      []Telecom `json:"telecom,omitempty"`
	Addresses    []Address `json:"addresses,omitempty"`
	Organization string    `json:"organization,omitempty"`
	Inactive     bool      `json:"inactive,omitempty"`

	Languages []Language    `json:"languages,omitempty"`
	From      fhir.DateTime `json:"from,omitempty"`
	Until     fhir.DateTime `json:"until,omitempty"`
}

// Allergy is what somebody reacts to, or the statement that nothing is known
// (NoneKnown), which is not the same as silence.
type Allergy struct {
	Source      Source        `json:"source"`
	Substance   Coded         `json:"substance"`
	NoneKnown   bool          `json:"none_known,omitempty"`
	Active      bool          `json:"active"`
	Status      string        `json:"status,omitempty"`       // active, inactive, resolved
	Verified    string        `json:"verification,omitempty"` // confirmed, unconfirmed, …
	Kind        string        `json:"kind,omitempty"`         // allergy, intolerance
	Categories  []string      `json:"categories,omitempty"`   // food, medication, …
	Criticality string        `json:"criticality,omitempty"`  // low, high, unable-to-assess
	Reactions   []Reaction    `json:"reactions,omitempty"`
	Notes       []string      `json:"notes,omitempty"`
	Onset       fhir.DateTime `json:"onset,omitempty"`
	OnsetText   string        `json:"onset_text,omitempty"`
	Recorded    fhir.DateTime `json:"recorded,omitempty"`
}

// Reaction is what happened. Severity is mild, moderate or severe.
type Reaction struct {
	Substance     Coded         `json:"substance,omitzero"`
	Manifestation []Coded       `json:"manifestation,omitempty"`
	Severity      string        `json:"severity,omitempty"`
	Description   string        `json:"description,omitempty"`
	Onset         fhir.DateTime `json:"onset,omitempty"`
}

// Condition is a diagnosis, problem or concern.
type Condition struct {
	Source        Source        `json:"source"`
	Meaning       Coded         `json:"meaning"`
	Active        bool          `json:"active"`
	Status        string        `json:"status,omitempty"` // active, recurrence, relapse, inactive, remission, resolved
	Verified      string        `json:"verification,omitempty"`
	Categories    []Coded       `json:"categories,omitempty"`
	Severity      Coded         `json:"severity,omitzero"`
	Onset         fhir.DateTime `json:"onset,omitempty"`
	OnsetText     string        `json:"onset_text,omitempty"`
	Abatement     fhir.DateTime `json:"abatement,omitempty"`
	AbatementText string        `json:"abatement_text,omitempty"`
	Recorded      fhir.DateTime `json:"recorded,omitempty"`
	Notes         []string      `json:"notes,omitempty"`
}

// Kinds of episode.
const (
	KindEpisode   = "episode"   // an EpisodeOfCare
	KindInpatient = "inpatient" // a stay
	KindEmergency = "emergency" // an emergency visit
)

// Episode is a time in somebody's care.
type Episode struct {
	Source      Source        `json:"source"`
	Kind        string        `json:"kind"`
	Class       string        `json:"class,omitempty"`
	Status      string        `json:"status,omitempty"`
	Active      bool          `json:"active"`
	Type        Coded         `json:"type,omitzero"`
	Start       fhir.DateTime `json:"start,omitempty"`
	End         fhir.DateTime `json:"end,omitempty"`
	Reasons     []string      `json:"reasons,omitempty"`
	Location    string        `json:"location,omitempty"`
	Provider    string        `json:"provider,omitempty"`
	Disposition string        `json:"disposition,omitempty"`
}

// Flag is a warning another system put on the person.
type Flag struct {
	Source     Source        `json:"source"`
	Meaning    Coded         `json:"meaning"`
	Active     bool          `json:"active"`
	Categories []Coded       `json:"categories,omitempty"`
	From       fhir.DateTime `json:"from,omitempty"`
	Until      fhir.DateTime `json:"until,omitempty"`
}
