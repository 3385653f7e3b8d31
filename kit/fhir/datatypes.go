package fhir

import "strings"

// Element carries what a primitive says beside its value, the "_birthDate" of
// a "birthDate".
type Element struct {
	Extension []Extension `json:"extension,omitempty"`
}

// Extension is an addition named by URL, with the value types in use here.
type Extension struct {
	URL                  string           `json:"url"`
	Extension            []Extension      `json:"extension,omitempty"`
	ValueString          string           `json:"valueString,omitempty"`
	ValueCode            string           `json:"valueCode,omitempty"`
	ValueBoolean         *bool            `json:"valueBoolean,omitempty"`
	ValueCoding          *Coding          `json:"valueCoding,omitempty"`
	ValueCodeableConcept *CodeableConcept `json:"valueCodeableConcept,omitempty"`
}

// Coding is a code from a system.
type Coding struct {
	System  string `json:"system,omitempty"`
	Code    string `json:"code,omitempty"`
	Display string `json:"display,omitempty"`
}

func (c *Coding) fromText(text string) { c.Code = text }

// CodeableConcept is a meaning as text, as codes, or both.
type CodeableConcept struct {
	Coding []Coding `json:"coding,omitempty"`
	Text   string   `json:"text,omitempty"`
}

// Older servers write a bare code where R4 has a CodeableConcept.
func (c *CodeableConcept) fromText(text string) { c.Coding = []Coding{{Code: text}} }

// Words is the text, or else the display of the first code that has one, or
// else the first code.
func (c *CodeableConcept) Words() string {
	if c == nil {
		return ""
	}
	if text := strings.TrimSpace(c.Text); text != "" {
		return text
	}
	for _, coding := range c.Coding {
		if display := strings.TrimSpace(coding.Display); display != "" {
			return display
		}
	}
	for _, coding := range c.Coding {
		if coding.Code != "" {
			return coding.Code
		}
	}
	return ""
}

// Identifier is a number or name somebody gave.
type Identifier struct {
	Use    string           `json:"use,omitempty"`
	Type   *CodeableConcept `json:"type,omitempty"`
	System string           `json:"system,omitempty"`
	Value  string           `json:"value,omitempty"`
	Period *Period          `json:"period,omitempty"`
}

// Period is a span with either end open.
type Period struct {
	Start DateTime `json:"start,omitempty"`
	End   DateTime `json:"end,omitempty"`
}

// HumanName is a person's name in one use.
type HumanName struct {
	Use    string   `json:"use,omitempty"`
	Text   string   `json:"text,omitempty"`
	Family string   `json:"family,omitempty"`
	Given  []string `json:"given,omitempty"`
	Prefix []string `json:"prefix,omitempty"`
	Suffix []string `json:"suffix,omitempty"`
	Period *Period  `json:"period,omitempty"`
}

func (n *HumanName) fromText(text string) { n.Text = text }

// ContactPoint is a telephone number, an e-mail address and the like.
type ContactPoint struct {
	System string  `json:"system,omitempty"`
	Value  string  `json:"value,omitempty"`
	Use    string  `json:"use,omitempty"`
	Rank   Decimal `json:"rank,omitempty"`
	Period *Period `json:"period,omitempty"`
}

// Address is a postal address.
type Address struct {
	Use        string   `json:"use,omitempty"`
	Type       string   `json:"type,omitempty"`
	Text       string   `json:"text,omitempty"`
	Line       []string `json:"line,omitempty"`
	City       string   `json:"city,omitempty"`
	District   string   `json:"district,omitempty"`
	State      string   `json:"state,omitempty"`
	PostalCode string   `json:"postalCode,omitempty"`
	Country    string   `json:"country,omitempty"`
	Period     *Period  `json:"period,omitempty"`
}

func (a *Address) fromText(text string) { a.Text = text }

// Reference points to another resource.
type Reference struct {
	Reference  string      `json:"reference,omitempty"`
	Type       string      `json:"type,omitempty"`
	Identifier *Identifier `json:"identifier,omitempty"`
	Display    string      `json:"display,omitempty"`
}

// Annotation is a note with its text.
type Annotation struct {
	Text string `json:"text"`
}

func (a *Annotation) fromText(text string) { a.Text = text }

// Quantity is a measured amount, as with an age at onset.
type Quantity struct {
	Value Decimal `json:"value,omitempty"`
	Unit  string  `json:"unit,omitempty"`
	Code  string  `json:"code,omitempty"`
}

// Range is a span of amounts.
type Range struct {
	Low  *Quantity `json:"low,omitempty"`
	High *Quantity `json:"high,omitempty"`
}
