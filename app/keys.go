package app

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"milieu/kit/db/vault"
)

// Keys is everything secret that the program needs, kept in one small text file outside the data: the database's keys by epoch, and a seed
// from which the other keys follow.
type Keys struct {
	Vault []vault.Key // the current one first
	Seed  [32]byte
}

// NewKeys draws fresh keys.
func NewKeys() *Keys {
	k := &Keys{Vault: []vault.Key{vault.NewKey(1)}}
	_, _ = rand.Read(k.Seed[:]) // never fails: package rand ends the program instead
	return k
}

// Derive gives a key of n bytes for one purpose, always the same.
func (k *Keys) Derive(purpose string, n int) []byte {
	out, err := hkdf.Key(sha256.New, k.Seed[:], nil, "milieu "+purpose, n)
	if err != nil {
		panic(fmt.Sprintf("deriving %d bytes: %v", n, err)) // only a length that SHA-256 cannot give
	}
	return out
}

// sealing is the database's keys as the vault takes them.
func (k *Keys) sealing() (vault.Keys, error) {
	out, err := vault.NewKeys(k.Vault[0], k.Vault[1:]...)
	if err != nil {
		return out, fmt.Errorf("reading the database's keys: %w", err)
	}
	return out, nil
}

// Signer is the key with which checkpoints are signed.
func (k *Keys) Signer() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(k.Derive("checkpoints", ed25519.SeedSize))
}

const keyHeader = "milieu key file, version 1"

var base32Lower = base32.StdEncoding.WithPadding(base32.NoPadding)

// Text writes the keys as lines that can be printed and typed: a name, groups of four letters, and a check for each line.
func (k *Keys) Text() string {
	var b strings.Builder
	b.WriteString(keyHeader + "\n")
	line := func(name string, secret []byte) {
		s := base32Lower.EncodeToString(secret)
		b.WriteString(name)
		for len(s) > 0 {
			n := min(4, len(s))
			b.WriteString(" " + s[:n])
			s = s[n:]
		}
		fmt.Fprintf(&b, " /%04x\n", crc32.ChecksumIEEE(append([]byte(name), secret...))&0xffff)
	}
	for _, v := range k.Vault {
		line("database-"+strconv.Itoa(int(v.Epoch)), v.Secret[:])
	}
	line("seed", k.Seed[:])
	return b.String()
}

// ParseKeys reads what Text wrote, from a file or as somebody typed it from the recovery sheet. An error names the line.
func ParseKeys(text string) (*Keys, error) {
	k := &Keys{}
	seed := false
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "milieu ") || strings.HasPrefix(line, "#") {
			continue
		}
		name, rest, _ := strings.Cut(line, " ")
		code, check, ok := strings.Cut(rest, "/")
		if !ok {
			return nil, fmt.Errorf("line %d of the key has no check at its end", n+1)
		}
		secret, err := base32Lower.DecodeString(strings.ToUpper(strings.ReplaceAll(code, " ", "")))
		if err != nil || fmt.Sprintf("%04x", crc32.ChecksumIEEE(append([]byte(name), secret...))&0xffff) != strings.TrimSpace(check) || len(secret) != 32 {
			return nil, fmt.Errorf("line %d of the key (%s) has a letter that is not right", n+1, name)
		}
		switch epoch, isKey := strings.CutPrefix(name, "database-"); {
		case isKey:
			e, err := strconv.ParseUint(epoch, 10, 16)
			if err != nil {
				return nil, fmt.Errorf("line %d of the key: %q is no number", n+1, epoch)
			}
			v := vault.Key{Epoch: uint16(e)}
			copy(v.Secret[:], secret)
			k.Vault = append(k.Vault, v)
		case name == "seed":
			copy(k.Seed[:], secret)
			seed = true
		default:
			return nil, fmt.Errorf("line %d of the key begins with %q, which is not known", n+1, name)
		}
	}
	if len(k.Vault) == 0 || !seed {
		return nil, errors.New("the key is not whole: it needs a line for the database and one for the seed")
	}
	return k, nil
}

// LoadKeys reads a key file.
func LoadKeys(path string) (*Keys, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the key: %w", err)
	}
	if !bytes.HasPrefix(b, []byte(keyHeader)) {
		return nil, fmt.Errorf("%s is no key file of Milieu", path)
	}
	return ParseKeys(string(b))
}

// Save writes the key file for its owner's eyes only. It never replaces one.
func (k *Keys) Save(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("keeping the key: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("keeping the key: %w", err)
	}
	_, err = f.WriteString(k.Text())
	return errors.Join(err, f.Sync(), f.Close())
}
