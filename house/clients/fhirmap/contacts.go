package fhirmap

import (
	"fmt"
	"strings"

	"milieu/kit/fhir"
)

// role is what a relationship code says beyond kinship.
type role int

const (
	nextOfKin role = iota
	emergency
	guardian
	agent
)

// roles by code, from HL7 tables 0131 and 0063 and from v3 RoleCode and
// RoleClass, the sets FHIR binds contact relationships to.
var roles = map[string]role{
	"N": nextOfKin, "NOK": nextOfKin,
	"C": emergency, "ECON": emergency,
	"GUARD": guardian, "GRD": guardian, "GUADLTM": guardian,
	"POWATT": agent, "HPOWATT": agent, "DPOWATT": agent, "SPOWATT": agent,
}

// kinship names common relationship codes that servers send without words.
var kinship = map[string]string{
	"MTH": "mother", "FTH": "father", "PRN": "parent", "SPS": "spouse", "HUSB": "husband", "WIFE": "wife",
	"DOMPART": "domestic partner", "CHILD": "child", "SON": "son", "DAU": "daughter", "SIB": "sibling",
	"BRO": "brother", "SIS": "sister", "GRPRN": "grandparent", "FRND": "friend", "FAMMEMB": "family member",
	"N": "next of kin", "NOK": "next of kin", "C": "emergency contact", "ECON": "emergency contact",
	"GUARD": "guardian", "GRD": "guardian", "HPOWATT": "healthcare power of attorney", "POWATT": "power of attorney",
}

func (c *Contact) relate(relationships []fhir.CodeableConcept) {
	c.Relationship = codedList(relationships)
	for i, relationship := range relationships {
		for _, coding := range relationship.Coding {
			if held, ok := roles[coding.Code]; ok {
				c.hold(held)
			}
		}
		words := strings.ToLower(strings.ReplaceAll(relationship.Words(), "-", " "))
		for phrase, held := range map[string]role{
			"next of kin": nextOfKin, "emergency contact": emergency, "guardian": guardian, "power of attorney": agent,
		} {
			if strings.Contains(words, phrase) {
				c.hold(held)
			}
		}
		if i < len(c.Relationship) {
			if plain, ok := kinship[c.Relationship[i].Text]; ok {
				c.Relationship[i].Text = plain
			}
		}
	}
}

func (c *Contact) hold(held role) {
	switch held {
	case nextOfKin:
		c.NextOfKin = true
	case emergency:
		c.Emergency = true
	case guardian:
		c.Guardian = true
	case agent:
		c.Agent = true
	}
}

// patientContact adds somebody written in the patient itself. Such a contact
// has no id; its place in the list is its key.
func (m *mapper) patientContact(person *Person, item *fhir.Item, number int, source fhir.PatientContact) {
	contact := Contact{
		Source:  m.c.sourceOf(item, m.key, m.key, fmt.Sprintf(" contact[%d]", number)),
		Telecom: mapTelecom(source.Telecom),
		Gender:  m.gender(item, source.Gender),
	}
	contact.relate(source.Relationship)
	if source.Name != nil {
		contact.Name = mapName(*source.Name, person.syntheaSource())
	}
	if source.Address != nil {
		contact.Addresses = mapAddresses([]fhir.Address{*source.Address})
	}
	contact.Organization = m.nameOf(item, source.Organization, "Organization")
	contact.during(source.Period)
	if contact.Name.Full == "" && contact.Organization == "" && len(contact.Telecom) == 0 {
		m.note(item, fmt.Sprintf("contact[%d]", number), fhir.Warning, "a contact without name, organisation or number")
		return
	}
	person.Contacts = append(person.Contacts, contact)
}

func (m *mapper) relatedPerson(item *fhir.Item, source *fhir.RelatedPerson, from Source) Contact {
	contact := Contact{
		Source: from, Telecom: mapTelecom(source.Telecom), Addresses: mapAddresses(source.Address),
		Gender: m.gender(item, source.Gender), Inactive: source.Active != nil && !*source.Active,
		Languages: mapLanguages(source.Communication),
	}
	contact.relate(source.Relationship)
	var named Person
	named.names(source.Name, false)
	contact.Name = named.Legal
	contact.during(source.Period)
	if contact.Name.Full == "" && len(contact.Telecom) == 0 {
		m.note(item, "", fhir.Warning, "a related person without name or number")
	}
	return contact
}

func (c *Contact) during(period *fhir.Period) {
	if period != nil {
		c.From, c.Until = period.Start, period.End
	}
}

func (p *Person) syntheaSource() bool {
	for _, identifier := range p.Identifiers {
		if identifier.System == "https://github.com/synthetichealth/synthea" {
			return true
		}
	}
	return false
}
