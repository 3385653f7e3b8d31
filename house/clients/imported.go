package clients

import (
	"milieu/kit/blob"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Imported keeps what another system said, byte for byte: in Text when it fits, else as a blob.
type Imported struct {
	System      string `json:"system,omitempty" doc:"whose it is"`
	File        string `json:"file,omitempty" max:"400"`
	Line        int    `json:"line,omitempty"`
	Reference   string `json:"reference,omitempty" doc:"Patient/123" max:"400"`
	Key         string `json:"key" doc:"stays the same when it is sent again" max:"1000"`
	Fingerprint string `json:"fingerprint" doc:"changes when what is said changes" max:"64"`
	SHA256      string `json:"sha256" doc:"of the bytes" max:"64"`
	Text        string `json:"text,omitempty" max:"60000"`
	Blob        string `json:"blob,omitempty" doc:"address in the blob store, where the text is large" max:"64"`
}

// Validate implements record.Body.
func (i *Imported) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(i.Key != "", "key", "a source needs its key")
	c.Want((i.Text == "") != (i.Blob == ""), "text", "either the text or its blob")
	c.Want(i.Blob == "" || blobForm.MatchString(i.Blob), "blob", "this is no blob")
	fits(&c, i)
	return c.Err()
}

// Bytes are the source as it was sent.
func (i *Imported) Bytes(q db.Querier) ([]byte, error) {
	if i.Blob == "" {
		return []byte(i.Text), nil
	}
	a, err := blob.Parse(i.Blob)
	if err != nil {
		return nil, err
	}
	b, err := blob.Get(q, a)
	if err != nil {
		return nil, err
	}
	return b.Data, nil
}
