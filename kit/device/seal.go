package device

import (
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"milieu/kit/record"
)

// protocol names the form of what is sealed; it is bound into every item.
const protocol = "milieu outbox 1"

const (
	encapsulated = 65 // bytes of an uncompressed P-256 point in front of the ciphertext
	macSize      = sha256.Size
)

// Item is one filled-in form as a device sealed it. Times are the device's own.
type Item struct {
	Path   string      `json:"path"`   // "/entries/rounds.checked"
	Fields [][2]string `json:"fields"` // as the form would have sent them: id, written, happened and the body's
	// Off is the server's clock less the device's, ms, as the device last measured it before sealing; nil: it never did.
	Off *int64 `json:"off,omitempty"`
	// From is the page that the form stood on, so that its author can be led back to it; empty: not known.
	From string `json:"from,omitempty"`
}

// What can be wrong with a sealed item. None says anything about what it holds.
var (
	errNoKey  = errors.New("sealed to a key this house does not have")
	errBroken = errors.New("changed or broken on the way")
	errForged = errors.New("not written under the grant it names")
)

func suite() (hpke.KEM, hpke.KDF, hpke.AEAD) {
	return hpke.DHKEM(ecdh.P256()), hpke.HKDFSHA256(), hpke.AES256GCM()
}

func aad(grant record.ID) []byte { return append([]byte(protocol), grant[:]...) }

// derive makes a key of 32 bytes for one purpose from a secret.
func derive(secret []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "milieu "+purpose, 32)
	if err != nil {
		panic("device: deriving a key: " + err.Error()) // only for lengths that HKDF cannot give
	}
	return key
}

func mac(secret []byte, grant record.ID, text []byte) []byte {
	h := hmac.New(sha256.New, derive(secret, "mac"))
	h.Write(aad(grant))
	h.Write(text)
	return h.Sum(nil)
}

// Seal seals an item as a device does. It is for programs that stand in for one: tests and the simulator.
func Seal(public []byte, grant record.ID, secret []byte, item Item) ([]byte, error) {
	kem, kdf, aead := suite()
	to, err := kem.NewPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("reading the server's public key: %w", err)
	}
	text, err := json.Marshal(item)
	if err != nil {
		return nil, fmt.Errorf("writing an item: %w", err)
	}
	enc, s, err := hpke.NewSender(to, kdf, aead, []byte(protocol))
	if err != nil {
		return nil, fmt.Errorf("sealing an item: %w", err)
	}
	sealed, err := s.Seal(aad(grant), append(mac(secret, grant, text), text...))
	return append(enc, sealed...), err
}

// unseal decrypts an item and checks that it was written under the grant's secret.
func unseal(private hpke.PrivateKey, grant record.ID, secret, sealed []byte) (item Item, text []byte, err error) {
	if len(sealed) < encapsulated {
		return item, nil, errBroken
	}
	_, kdf, aead := suite()
	r, err := hpke.NewRecipient(sealed[:encapsulated], private, kdf, aead, []byte(protocol))
	if err != nil {
		return item, nil, errBroken
	}
	plain, err := r.Open(aad(grant), sealed[encapsulated:])
	if err != nil || len(plain) < macSize {
		return item, nil, errBroken
	}
	text = plain[macSize:]
	if !hmac.Equal(plain[:macSize], mac(secret, grant, text)) {
		return item, nil, errForged
	}
	if err := json.Unmarshal(text, &item); err != nil {
		return item, nil, errBroken
	}
	return item, text, nil
}
