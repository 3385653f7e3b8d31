package commit

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// maxTray bounds what one author's tray holds open, so that a broken machine cannot fill the disk.
const maxTray = 5000

// Kept is one submission that could not be admitted.
type Kept struct {
	ID       record.ID
	Digest   []byte
	Author   record.ID
	Chart    record.ID
	Kind     string
	Received time.Time
	Reason   string // in plain words
	Raw      []byte // as it was submitted
}

// KeepInTray keeps a refused submission for its author. The same again is kept once. A submission without an ID gets one from its content.
func (k *Committer) KeepInTray(ctx context.Context, author record.ID, e *record.Entry, raw []byte, reason string) error {
	sum := sha256.Sum256(raw)
	var id, chart record.ID
	kind := ""
	if e != nil {
		id, chart, kind = e.ID, e.Chart, e.Kind
	}
	if id.IsZero() {
		id = record.DeriveID("tray", string(sum[:]))
	}
	return k.Upkeep(ctx, func(tx db.Tx) error {
		var open int64
		if err := tx.QueryRow("SELECT count(*) FROM tray WHERE author = $1 AND done = 0", author[:]).Scan(&open); err != nil {
			return fmt.Errorf("counting the tray: %w", err)
		}
		if open >= maxTray {
			return fault.New(fault.TooMany, "the tray of refused entries is full; look through it first")
		}
		return tx.Exec("INSERT INTO tray (id, digest, author, chart, kind, received, reason, entry, done) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0) ON CONFLICT (id, digest) DO NOTHING",
			id[:], sum[:], author[:], chart, kind, clock.Micros(k.clock.Now()), reason, raw)
	})
}

// Tray lists what an author's tray holds open, oldest first, at most limit.
func Tray(q db.Querier, author record.ID, limit int) ([]Kept, error) {
	var out []Kept
	err := db.Each(q, "SELECT id, digest, author, chart, kind, received, reason, entry FROM tray WHERE author = $1 AND done = 0 ORDER BY received, id LIMIT $2", []any{author[:], limit}, func(r db.Row) error {
		var t Kept
		var at int64
		err := r.Scan(&t.ID, &t.Digest, &t.Author, &t.Chart, &t.Kind, &at, &t.Reason, &t.Raw)
		t.Received = clock.FromMicros(at)
		out = append(out, t)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the tray: %w", err)
	}
	return out, nil
}

// DoneInTray takes one out of an author's tray; it stays in the database.
func (k *Committer) DoneInTray(ctx context.Context, author, id record.ID, digest []byte) error {
	return k.Upkeep(ctx, func(tx db.Tx) error {
		return tx.Exec("UPDATE tray SET done = 1 WHERE author = $1 AND id = $2 AND digest = $3", author[:], id[:], digest)
	})
}
