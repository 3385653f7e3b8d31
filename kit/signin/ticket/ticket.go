// Package ticket seals what a browser must bring back soon and only once: the state of a sign-in that is under way. The browser keeps the
// ticket and can neither read nor change it; the house keeps only which tickets have been used. So whoever asks for tickets without end makes
// the house write nothing, and no other process needs to have heard of a ticket to take it in. The key follows from the house's own and lies in
// no database: whoever reads one, or a copy of it, can neither open a ticket nor write one.
package ticket

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
)

// Schema is which tickets have been used. Where an older program kept a key in the database, it goes.
const Schema = `
DROP TABLE IF EXISTS ticket_key;
CREATE TABLE IF NOT EXISTS ticket_used (id BLOB NOT NULL PRIMARY KEY, until BIGINT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ticket_used_until ON ticket_used (until);
`

// MaxText is how long a ticket's text may be: it must fit into a cookie.
const MaxText = 3800

// Box seals and opens the tickets of one house.
type Box struct{ aead cipher.AEAD }

// NewBox makes the box of whoever holds a key. Every process of a house makes the same from the same key.
func NewBox(key []byte) (*Box, error) {
	own, err := hkdf.Key(sha256.New, key, nil, "milieu tickets", chacha20poly1305.KeySize)
	if err != nil {
		return nil, fmt.Errorf("deriving the key of tickets: %w", err)
	}
	aead, err := chacha20poly1305.NewX(own)
	if err != nil {
		return nil, fmt.Errorf("making the box of tickets: %w", err)
	}
	return &Box{aead}, nil
}

// Ticket is one that was opened: genuine, for this purpose, and in time. Whether it was used before is asked by Use.
type Ticket struct {
	ID    []byte // 24 random bytes
	Until time.Time
}

// Seal writes a ticket for one purpose that holds until a time. What it carries is written as JSON.
func (b *Box) Seal(purpose string, until time.Time, carries any) (string, error) {
	body, err := json.Marshal(carries)
	if err != nil {
		return "", fmt.Errorf("writing a ticket: %w", err)
	}
	plain := append(binary.BigEndian.AppendUint64(nil, uint64(clock.Micros(until))), body...)
	nonce := make([]byte, b.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails: package rand ends the program instead
	text := base64.RawURLEncoding.EncodeToString(b.aead.Seal(nonce, nonce, plain, []byte(purpose)))
	if len(text) > MaxText {
		return "", fmt.Errorf("a ticket of %d characters does not fit into a cookie", len(text))
	}
	return text, nil
}

// Open reads a ticket of this purpose into carries, if its time is not over now. fault.Invalid says that it is none of ours or too old, in words for the person.
func (b *Box) Open(now time.Time, purpose, text string, carries any) (Ticket, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) < b.aead.NonceSize() {
		return Ticket{}, stale(errors.New("not written by a Box"))
	}
	nonce := raw[:b.aead.NonceSize()]
	plain, err := b.aead.Open(nil, nonce, raw[b.aead.NonceSize():], []byte(purpose))
	if err != nil || len(plain) < 8 {
		return Ticket{}, stale(fmt.Errorf("opening a ticket: %w", err))
	}
	t := Ticket{ID: nonce, Until: clock.FromMicros(int64(binary.BigEndian.Uint64(plain)))}
	if !now.Before(t.Until) {
		return Ticket{}, stale(fmt.Errorf("the ticket ended at %s", t.Until))
	}
	if err := json.Unmarshal(plain[8:], carries); err != nil {
		return Ticket{}, fmt.Errorf("reading a ticket: %w", err)
	}
	return t, nil
}

// Use uses a ticket up within a transaction: of two that bring the same ticket one fails, also at the same instant and in two processes.
func Use(tx db.Tx, t Ticket, now time.Time) error {
	if err := tx.Exec("DELETE FROM ticket_used WHERE until < $1", clock.Micros(now.Add(-time.Minute))); err != nil {
		return fmt.Errorf("forgetting old tickets: %w", err)
	}
	var until int64
	switch err := tx.QueryRow("INSERT INTO ticket_used (id, until) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING RETURNING until", t.ID, clock.Micros(t.Until)).Scan(&until); err {
	case nil:
		return nil
	case db.ErrNoRows:
		return stale(errors.New("the ticket was used before"))
	default:
		return fmt.Errorf("using a ticket: %w", err)
	}
}

func stale(cause error) error {
	return fault.Wrap(fault.Invalid, cause, "that took too long, or was begun in another window; please begin again")
}
