package fhirmap

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"sort"
	"strings"

	"milieu/kit/fhir"
)

// UUID is a record ID.
type UUID [16]byte

// String is the usual form with hyphens.
func (u UUID) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[0:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// MarshalText writes the usual form.
func (u UUID) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// StableID derives a UUID of version 8 (RFC 9562) from names: the same parts in
// the same order give the same ID, and no other parts do (SHA-256 over the
// parts, each preceded by its length).
func StableID(parts ...string) [16]byte {
	sum := sha256.New()
	var length [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		sum.Write(length[:])
		sum.Write([]byte(part))
	}
	var id [16]byte
	copy(id[:], sum.Sum(nil))
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

// Kinds of identifier (HL7 table 0203) and systems whose values are shown
// masked, and are never what a person is recognised by.
var (
	sensitiveKinds   = map[string]bool{"SS": true, "SB": true, "DL": true, "PPN": true, "NI": true, "TAX": true, "BC": true, "CZ": true}
	sensitiveSystems = map[string]bool{
		"http://hl7.org/fhir/sid/us-ssn":      true,
		"urn:oid:2.16.840.1.113883.4.1":       true,
		"http://hl7.org/fhir/sid/us-medicare": true,
	}
)

// personKey names a patient across runs: by the record number its system gave,
// or another lasting number, or its address, or its id at the source, or at
// last by what it says. Of several numbers the first in order of system is
// taken, for servers do not keep the order.
func personKey(item *fhir.Item, source string) string {
	patient := item.Resource.(*fhir.Patient)
	var records, others []string
	for _, identifier := range patient.Identifier {
		mapped := mapIdentifier(identifier)
		if mapped.Value == "" || mapped.Sensitive() || mapped.Use == "old" || mapped.Use == "temp" {
			continue
		}
		switch {
		case mapped.Kind == "MR" && mapped.System != "":
			records = append(records, mapped.System+"|"+mapped.Value)
		case mapped.Kind == "MR" && source != "":
			records = append(records, source+"|"+mapped.Value)
		case mapped.System != "":
			others = append(others, mapped.System+"|"+mapped.Value)
		}
	}
	for _, keys := range [][]string{records, others} {
		if len(keys) > 0 {
			sort.Strings(keys)
			return keys[0]
		}
	}
	return placeKey(item, source)
}

// placeKey names a resource by where it lives.
func placeKey(item *fhir.Item, source string) string {
	switch {
	case strings.HasPrefix(item.FullURL, "http"):
		return item.FullURL
	case item.ID != "":
		return source + "|" + item.Type + "/" + item.ID
	case item.FullURL != "":
		return item.FullURL
	}
	fingerprint := fhir.Fingerprint(item.Raw)
	return "sha256:" + hex.EncodeToString(fingerprint[:])
}

// factKey names a resource about a person across runs.
func factKey(item *fhir.Item, person, source string) string {
	var numbers []string
	for _, identifier := range fhir.Identifiers(item.Resource) {
		if identifier.System != "" && identifier.Value != "" {
			numbers = append(numbers, identifier.System+"|"+identifier.Value)
		}
	}
	key := placeKey(item, source)
	if len(numbers) > 0 {
		sort.Strings(numbers)
		key = numbers[0]
	}
	return person + " " + item.Type + " " + key
}

// sourceOf describes where item came from. part tells apart several facts in
// one resource, and is empty for the resource itself.
func (c *Collector) sourceOf(item *fhir.Item, person, key, part string) Source {
	fingerprint := fhir.Fingerprint(item.Raw)
	return Source{
		File: item.File, Line: item.Line, Reference: item.Name(), FullURL: item.FullURL,
		Key: key + part, Fingerprint: fingerprint, SHA256: sha256.Sum256(item.Raw), Raw: item.Raw,
		ID: StableID(c.options.Namespace, person, item.Type, key+part, hex.EncodeToString(fingerprint[:])),
	}
}
