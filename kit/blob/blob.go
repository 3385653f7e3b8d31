// Package blob keeps photos and files in the same database as the record, so that one backup holds everything.
//
// A blob is named by a keyed hash (HMAC-SHA-256) of its content: the same file is kept once, and a name tells nothing about what is in it,
// not even to somebody who has the same file. Content is kept in chunks of 64 kB. An entry refers to a blob by its address; a blob that no
// entry refers to is nobody's statement and may be removed.
package blob

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
)

// Schema is the store's tables. They are no projection: blobs are kept beside the record.
const Schema = `
CREATE TABLE IF NOT EXISTS blob_key (one INTEGER PRIMARY KEY, secret BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS blob (address BLOB NOT NULL PRIMARY KEY, kind TEXT NOT NULL, size INTEGER NOT NULL, kept INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blob_chunk (address BLOB NOT NULL, part INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (address, part));
`

const (
	chunk = 64 << 10
	// Max is the largest blob in bytes.
	Max = 32 << 20
)

// Address names a blob.
type Address [sha256.Size]byte

// String is the address as entries carry it: 64 hexadecimal digits.
func (a Address) String() string { return hex.EncodeToString(a[:]) }

// Parse reads an address.
func Parse(text string) (a Address, err error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(a) {
		return a, fault.New(fault.NotFound, "there is no such file")
	}
	copy(a[:], raw)
	return a, nil
}

// Blob is a kept file.
type Blob struct {
	Address Address
	Kind    string // media type, as found in the content
	Data    []byte
}

// Writer runs do in a write transaction: the committer's Upkeep, or db.DB's Write.
type Writer func(ctx context.Context, do func(db.Tx) error) error

// Store keeps blobs.
type Store struct {
	Write Writer
	Clock clock.Clock
}

// Put keeps data and gives its address. What is kept already is not written again.
func (s *Store) Put(ctx context.Context, kind string, data []byte) (a Address, err error) {
	if len(data) > Max {
		return a, fault.New(fault.TooLarge, "the file is larger than %d MB", Max>>20)
	}
	err = s.Write(ctx, func(tx db.Tx) error {
		secret, err := secretOf(tx)
		if err != nil {
			return err
		}
		mac := hmac.New(sha256.New, secret)
		mac.Write(data)
		copy(a[:], mac.Sum(nil))
		known, err := db.Exists(tx, "SELECT 1 FROM blob WHERE address = $1", a[:])
		if err != nil || known {
			return err
		}
		if err := tx.Exec("INSERT INTO blob (address, kind, size, kept) VALUES ($1, $2, $3, $4)", a[:], kind, len(data), clock.Micros(s.Clock.Now())); err != nil {
			return err
		}
		for part, from := 0, 0; from < len(data); part, from = part+1, from+chunk {
			if err := tx.Exec("INSERT INTO blob_chunk (address, part, data) VALUES ($1, $2, $3)", a[:], part, data[from:min(from+chunk, len(data))]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return a, fmt.Errorf("keeping a file of %d bytes: %w", len(data), err)
	}
	return a, nil
}

// secretOf is the key of the addresses, made at the first use. It lies in the encrypted database beside the blobs.
func secretOf(tx db.Tx) ([]byte, error) {
	var secret []byte
	err := tx.QueryRow("SELECT secret FROM blob_key WHERE one = 1").Scan(&secret)
	if err != db.ErrNoRows {
		return secret, err
	}
	secret = make([]byte, 32)
	_, _ = rand.Read(secret) // never fails: package rand ends the program instead
	return secret, tx.Exec("INSERT INTO blob_key (one, secret) VALUES (1, $1)", secret)
}

// Get reads a blob. One that is not there is fault.NotFound.
func Get(q db.Querier, a Address) (*Blob, error) {
	b := &Blob{Address: a}
	var size int64
	err := q.QueryRow("SELECT kind, size FROM blob WHERE address = $1", a[:]).Scan(&b.Kind, &size)
	if err == db.ErrNoRows {
		return nil, fault.New(fault.NotFound, "there is no such file")
	}
	if err != nil {
		return nil, fmt.Errorf("reading file %s: %w", a, err)
	}
	b.Data = make([]byte, 0, size)
	err = db.Each(q, "SELECT data FROM blob_chunk WHERE address = $1 ORDER BY part", []any{a[:]}, func(r db.Row) error {
		var data []byte
		err := r.Scan(&data)
		b.Data = append(b.Data, data...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading file %s: %w", a, err)
	}
	if int64(len(b.Data)) != size {
		return nil, fmt.Errorf("file %s has %d bytes and should have %d", a, len(b.Data), size)
	}
	return b, nil
}
