package passkey

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"
)

// device is an authenticator made of software: it signs what a real one would, and tells lies where a test sets them.
type device struct {
	t      testing.TB
	origin string
	domain string
	key    *ecdsa.PrivateKey
	id     []byte
	handle []byte
	count  uint32
	synced bool
	// lies
	unverified bool   // it did not make sure whose finger it is
	absent     bool   // nobody touched it
	kind       string // of the ceremony, in place of the true one
	challenge  string // in place of the one that was asked
}

func newDevice(t testing.TB, origin, domain string) *device {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	_, _ = rand.Read(id)
	return &device{t: t, origin: origin, domain: domain, key: key, id: id}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// A few shapes of CBOR (RFC 8949): what an attestation needs.

func head(major byte, n int) []byte {
	switch {
	case n < 24:
		return []byte{major<<5 | byte(n)}
	case n < 256:
		return []byte{major<<5 | 24, byte(n)}
	default:
		return []byte{major<<5 | 25, byte(n >> 8), byte(n)}
	}
}

func number(n int) []byte {
	if n < 0 {
		return head(1, -n-1)
	}
	return head(0, n)
}

func raw(b []byte) []byte  { return append(head(2, len(b)), b...) }
func word(s string) []byte { return append(head(3, len(s)), s...) }

func pairs(n int, parts ...[]byte) []byte {
	out := head(5, n)
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func (d *device) flags() byte {
	var f byte
	if !d.absent {
		f |= 1
	}
	if !d.unverified {
		f |= 4
	}
	if d.synced {
		f |= 8 | 16
	}
	return f
}

func (d *device) data(flags byte) []byte {
	sum := sha256.Sum256([]byte(d.domain))
	return binary.BigEndian.AppendUint32(append(sum[:], flags), d.count)
}

func (d *device) client(kind, challenge string) []byte {
	if d.kind != "" {
		kind = d.kind
	}
	if d.challenge != "" {
		challenge = d.challenge
	}
	out, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": d.origin, "crossOrigin": false})
	if err != nil {
		d.t.Fatal(err)
	}
	return out
}

type publicKey struct {
	Challenge string `json:"challenge"`
	RPID      string `json:"rpId"`
	RP        struct {
		ID, Name string
	} `json:"rp"`
	User             struct{ ID, Name string }                      `json:"user"`
	Allow            []struct{ ID string }                          `json:"allowCredentials"`
	Exclude          []struct{ ID string }                          `json:"excludeCredentials"`
	Selection        struct{ ResidentKey, UserVerification string } `json:"authenticatorSelection"`
	UserVerification string                                         `json:"userVerification"`
}

// make answers a request to make a key.
func (d *device) make(p publicKey) json.RawMessage {
	handle, err := base64.RawURLEncoding.DecodeString(p.User.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	d.handle = handle
	x, y := make([]byte, 32), make([]byte, 32)
	d.key.X.FillBytes(x)
	d.key.Y.FillBytes(y)
	cose := pairs(5, number(1), number(2), number(3), number(-7), number(-1), number(1), number(-2), raw(x), number(-3), raw(y))
	auth := append(d.data(d.flags()|64), make([]byte, 16)...)
	auth = append(binary.BigEndian.AppendUint16(auth, uint16(len(d.id))), d.id...)
	auth = append(auth, cose...)
	object := pairs(3, word("fmt"), word("none"), word("attStmt"), pairs(0), word("authData"), raw(auth))
	return d.answer(map[string]any{"clientDataJSON": b64(d.client("webauthn.create", p.Challenge)), "attestationObject": b64(object), "transports": []string{"internal"}})
}

// use answers a request to prove itself.
func (d *device) use(p publicKey) json.RawMessage {
	d.count++
	return d.sign(p)
}

func (d *device) sign(p publicKey) json.RawMessage {
	auth, client := d.data(d.flags()), d.client("webauthn.get", p.Challenge)
	sum := sha256.Sum256(client)
	whole := sha256.Sum256(append(append([]byte{}, auth...), sum[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, d.key, whole[:])
	if err != nil {
		d.t.Fatal(err)
	}
	return d.answer(map[string]any{"clientDataJSON": b64(client), "authenticatorData": b64(auth), "signature": b64(sig), "userHandle": b64(d.handle)})
}

func (d *device) answer(response map[string]any) json.RawMessage {
	out, err := json.Marshal(map[string]any{"id": b64(d.id), "rawId": b64(d.id), "type": "public-key", "response": response,
		"clientExtensionResults": map[string]any{}, "authenticatorAttachment": "platform"})
	if err != nil {
		d.t.Fatal(err)
	}
	return out
}
