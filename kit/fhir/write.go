package fhir

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Bundle is a set of resources to be written.
type Bundle struct {
	Type    string
	Entries []Entry
}

// Entry is one resource of a bundle with its address.
type Entry struct {
	FullURL  string   `json:"fullUrl,omitempty"`
	Resource Resource `json:"resource"`
}

// MarshalJSON writes the bundle. Elements stand in the order of the standard,
// so the same bundle gives the same bytes.
func (b *Bundle) MarshalJSON() ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(struct {
		ResourceType string  `json:"resourceType"`
		Type         string  `json:"type"`
		Entry        []Entry `json:"entry,omitempty"`
	}{"Bundle", b.Type, b.Entries})
	if err != nil {
		return nil, fmt.Errorf("write the FHIR bundle: %w", err)
	}
	return bytes.TrimSuffix(text.Bytes(), []byte{'\n'}), nil
}
