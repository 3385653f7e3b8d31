package fhir

import "encoding/json"

// Contained is a resource inside another, without life of its own. Resource is
// nil when its type is not read.
type Contained struct {
	Resource Resource
}

// MarshalJSON writes the resource itself.
func (c Contained) MarshalJSON() ([]byte, error) { return json.Marshal(c.Resource) }

// MarshalJSON writes the number as it was read.
func (d Decimal) MarshalJSON() ([]byte, error) {
	if !json.Valid([]byte(d)) {
		return json.Marshal(string(d))
	}
	return []byte(d), nil
}
