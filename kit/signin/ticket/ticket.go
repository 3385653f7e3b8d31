// Package ticket seals what a browser must bring back soon and only once: the state of a sign-in that is under way. The browser keeps the
// ticket and can neither read nor change it; the house keeps only which tickets have been used. So whoever asks for tickets without end makes
// the house write nothing, and no other process needs to have heard of a ticket to take it in.
package ticket

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
)

// Schema is where the key of tickets is, and which tickets have been used.
const Schema = `
CREATE TABLE IF NOT EXISTS ticket_key (number BIGINT NOT NULL PRIMARY KEY, secret BLOB NOT NULL, made BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS ticket_used (id BLOB NOT NULL PRIMARY KEY, until BIGINT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ticket_used_until ON ticket_used (until);
`

// MaxText is how long a ticket's text may be: it must fit into a cookie.
const MaxText = 3800

// Box seals and opens the tickets of one house. The zero Box is ready to use.
type Box struct {
	mu   sync.Mutex
	aead cipher.AEAD
}

// Ticket is one that was opened: genuine, for this purpose, and in time. Whether it was used before is asked by Use.
type Ticket struct {
	ID    []byte // 24 random bytes
	Until time.Time
}

// Writer is the committer's upkeep.
type Writer interface {
	Upkeep(ctx context.Context, do func(db.Tx) error) error
}

// House is what a Box needs of the house it works for.
type House struct {
	DB    *db.DB
	Write Writer
	Now   time.Time
}

// Seal writes a ticket for one purpose that holds until a time. What it carries is written as JSON.
func (b *Box) Seal(ctx context.Context, h House, purpose string, until time.Time, carries any) (string, error) {
	aead, err := b.key(ctx, h)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(carries)
	if err != nil {
		return "", fmt.Errorf("writing a ticket: %w", err)
	}
	plain := append(binary.BigEndian.AppendUint64(nil, uint64(clock.Micros(until))), body...)
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails: package rand ends the program instead
	text := base64.RawURLEncoding.EncodeToString(aead.Seal(nonce, nonce, plain, []byte(purpose)))
	if len(text) > MaxText {
		return "", fmt.Errorf("a ticket of %d characters does not fit into a cookie", len(text))
	}
	return text, nil
}

// Open reads a ticket of this purpose into carries. fault.Invalid says that it is none of ours or too old, in words for the person.
func (b *Box) Open(ctx context.Context, h House, purpose, text string, carries any) (Ticket, error) {
	aead, err := b.key(ctx, h)
	if err != nil {
		return Ticket{}, err
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) < aead.NonceSize() {
		return Ticket{}, stale(errors.New("not written by a Box"))
	}
	nonce := raw[:aead.NonceSize()]
	plain, err := aead.Open(nil, nonce, raw[aead.NonceSize():], []byte(purpose))
	if err != nil || len(plain) < 8 {
		return Ticket{}, stale(fmt.Errorf("opening a ticket: %w", err))
	}
	t := Ticket{ID: nonce, Until: clock.FromMicros(int64(binary.BigEndian.Uint64(plain)))}
	if !h.Now.Before(t.Until) {
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

// key gives the house's key for tickets, and makes it at the first use.
func (b *Box) key(ctx context.Context, h House) (cipher.AEAD, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.aead != nil {
		return b.aead, nil
	}
	const read = "SELECT secret FROM ticket_key WHERE number = 1"
	var secret []byte
	err := h.DB.Read(ctx).QueryRow(read).Scan(&secret)
	if err == db.ErrNoRows {
		fresh := make([]byte, chacha20poly1305.KeySize)
		_, _ = rand.Read(fresh) // never fails: package rand ends the program instead
		err = h.Write.Upkeep(ctx, func(tx db.Tx) error {
			if err := tx.Exec("INSERT INTO ticket_key (number, secret, made) VALUES (1, $1, $2) ON CONFLICT (number) DO NOTHING", fresh, clock.Micros(h.Now)); err != nil {
				return err
			}
			return tx.QueryRow(read).Scan(&secret) // another process may have been faster
		})
	}
	if err != nil {
		return nil, fmt.Errorf("reading the key of tickets: %w", err)
	}
	b.aead, err = chacha20poly1305.NewX(secret)
	if err != nil {
		return nil, fmt.Errorf("reading the key of tickets: %w", err)
	}
	return b.aead, nil
}
