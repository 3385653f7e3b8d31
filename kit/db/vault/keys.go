package vault

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
)

// KeySize is the length of a key's secret in bytes.
const KeySize = 32

// Key is one generation of a database's key. The epoch stands in clear beside
// everything the key sealed, so that the right key is chosen without trying.
type Key struct {
	Epoch  uint16
	Secret [KeySize]byte
}

// NewKey draws a secret for the epoch.
func NewKey(epoch uint16) Key {
	k := Key{Epoch: epoch}
	rand.Read(k.Secret[:])
	return k
}

// Keys are the key that seals from now on and the older ones that may still be
// needed to read. The zero value opens nothing.
type Keys struct {
	current Key
	older   []Key
}

// NewKeys puts the current key before the older ones. Epochs must differ, and a
// secret of zeros is taken for a mistake.
func NewKeys(current Key, older ...Key) (Keys, error) {
	seen := map[uint16]bool{}
	for _, k := range append([]Key{current}, older...) {
		if seen[k.Epoch] {
			return Keys{}, fmt.Errorf("vault keys: epoch %d is there twice", k.Epoch)
		}
		seen[k.Epoch] = true
		if k.Secret == ([KeySize]byte{}) {
			return Keys{}, fmt.Errorf("vault keys: the key of epoch %d is all zeros", k.Epoch)
		}
	}
	return Keys{current: current, older: slices.Clone(older)}, nil
}

// OneKey is the usual case: a single secret, epoch 1.
func OneKey(secret []byte) (Keys, error) {
	if len(secret) != KeySize {
		return Keys{}, fmt.Errorf("vault keys: a secret has %d bytes, not %d", KeySize, len(secret))
	}
	k := Key{Epoch: 1}
	copy(k.Secret[:], secret)
	return NewKeys(k)
}

// Current is the epoch that seals.
func (k Keys) Current() uint16 { return k.current.Epoch }

func (k Keys) check() error {
	if k.current.Secret == ([KeySize]byte{}) {
		return errors.New("vault keys: there is no key")
	}
	return nil
}

func (k Keys) all() []Key { return append([]Key{k.current}, k.older...) }

// A key must not reach a log by any of the ways values are printed.

func (k Key) String() string             { return fmt.Sprintf("key of epoch %d", k.Epoch) }
func (k Key) GoString() string           { return k.String() }
func (k Key) Format(f fmt.State, _ rune) { fmt.Fprint(f, k.String()) }
func (k Key) LogValue() slog.Value       { return slog.StringValue(k.String()) }
func (k Key) MarshalText() ([]byte, error) {
	return nil, errors.New("vault keys: a key is not written as text")
}

func (k Keys) String() string             { return fmt.Sprintf("keys, current epoch %d", k.current.Epoch) }
func (k Keys) GoString() string           { return k.String() }
func (k Keys) Format(f fmt.State, _ rune) { fmt.Fprint(f, k.String()) }
func (k Keys) LogValue() slog.Value       { return slog.StringValue(k.String()) }
