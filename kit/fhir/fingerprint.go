package fhir

import (
	"bytes"
	"crypto/sha256"

	"github.com/go-json-experiment/json/jsontext"
)

// Fingerprint is the SHA-256 of what a resource says, whichever way it is laid
// out: members in order, no white space (RFC 8785, numbers kept as written),
// and without meta and the narrative, which servers renew at each export.
// Text that cannot be brought into that form is hashed as it is.
func Fingerprint(raw []byte) [sha256.Size]byte {
	var said bytes.Buffer
	d := jsontext.NewDecoder(bytes.NewReader(raw))
	if token, err := d.ReadToken(); err != nil || token.Kind() != '{' {
		return sha256.Sum256(raw)
	}
	said.WriteByte('{')
	for d.PeekKind() == '"' {
		name, err := d.ReadValue()
		if err != nil {
			return sha256.Sum256(raw)
		}
		name = name.Clone()
		value, err := d.ReadValue()
		if err != nil {
			return sha256.Sum256(raw)
		}
		if text, _ := plainText(name); text == "meta" || text == "text" {
			continue
		}
		if said.Len() > 1 {
			said.WriteByte(',')
		}
		said.Write(name)
		said.WriteByte(':')
		said.Write(value)
	}
	said.WriteByte('}')
	canonical := jsontext.Value(said.Bytes())
	if err := canonical.Canonicalize(jsontext.CanonicalizeRawInts(false), jsontext.CanonicalizeRawFloats(false)); err != nil {
		return sha256.Sum256(raw)
	}
	return sha256.Sum256(canonical)
}
