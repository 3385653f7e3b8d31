package commit

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"
	"unicode/utf8"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// TrayLimit is how many unresolved submissions are kept for one author. A broken machine is told to stop rather than filling the disk.
const TrayLimit = 2000

// Kept is a submission that could not be filed, kept with the reason until somebody has looked at it.
type Kept struct {
	ID       record.ID // of the entry as it was sent
	Digest   [32]byte  // tells several contents sent under one ID apart
	Author   record.ID
	Received time.Time
	Reason   string
	Done     bool
	Entry    *record.Entry // as it was sent
	Text     string        // the body, when it is not even JSON
}

// wire is how a kept submission is stored.
type wire struct {
	Entry *record.Entry `json:"entry"`
	Text  string        `json:"text,omitempty"`
}

// keepRefused puts into the tray what a machine or an outbox sent and what could not be filed. Where sending again may help, nothing is kept.
func (k *Committer) keepRefused(ctx context.Context, s record.Sender, sent []record.Entry, out []Outcome) {
	var at []int
	for i, o := range out {
		switch fault.KindOf(o.Err) {
		case fault.Unavailable, fault.Full, fault.TooMany:
			continue
		}
		if o.Err != nil {
			at = append(at, i)
		}
	}
	if len(at) == 0 {
		return
	}
	rows := make([]trayRow, len(at))
	for n, i := range at {
		var err error
		if rows[n], err = k.trayRow(s.Person, &sent[i], out[i].Err); err != nil {
			k.notKept(out, at, err)
			return
		}
	}
	// Even when the sender has hung up: it may never come back.
	if err := k.keep(context.WithoutCancel(ctx), rows); err != nil {
		k.notKept(out, at, err)
	}
}

// notKept tells the sender that what was refused is not in the tray either: it must not forget it.
func (k *Committer) notKept(out []Outcome, at []int, err error) {
	for _, i := range at {
		out[i].Err = err
	}
	k.log.Error("keeping refused submissions", "error", err)
}

// trayRow is a row of the tray.
type trayRow struct {
	id, author, chart record.ID
	digest            [32]byte
	kind, reason      string
	text              []byte
}

// Keep puts a submission into its author's tray. The same again is kept once. fault.TooMany when the tray is full.
func (k *Committer) Keep(ctx context.Context, author record.ID, e *record.Entry, reason error) error {
	row, err := k.trayRow(author, e, reason)
	if err != nil {
		return err
	}
	return k.keep(ctx, []trayRow{row})
}

func (k *Committer) trayRow(author record.ID, e *record.Entry, reason error) (trayRow, error) {
	w := wire{Entry: e}
	if !jsontext.Value(e.Body).IsValid() {
		plain := *e
		plain.Body = nil
		w = wire{&plain, printable(e.Body)}
	}
	text, err := jsonv2.Marshal(w, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return trayRow{}, fmt.Errorf("keeping submission %s: %w", e.ID, err)
	}
	kind := []rune(printable([]byte(e.Kind)))
	return trayRow{e.ID, author, e.Chart, sha256.Sum256(text), string(kind[:min(len(kind), 60)]), fault.Of(reason).Public(), text}, nil
}

func (k *Committer) keep(ctx context.Context, rows []trayRow) error {
	return k.Upkeep(ctx, func(tx db.Tx) error {
		for _, r := range rows {
			again, err := db.Exists(tx, "SELECT 1 FROM tray WHERE id = $1 AND digest = $2", r.id[:], r.digest[:])
			if err != nil {
				return err
			}
			if again {
				continue
			}
			var n int64
			if err := tx.QueryRow("SELECT COUNT(*) FROM tray WHERE author = $1 AND done = 0", r.author[:]).Scan(&n); err != nil {
				return err
			}
			if n >= TrayLimit {
				return fault.New(fault.TooMany, "%d refused entries wait in this author's tray; nothing more is taken until somebody has looked at them", n)
			}
			err = tx.Exec("INSERT INTO tray (id, digest, author, chart, kind, received, reason, entry, done) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)",
				r.id[:], r.digest[:], r.author[:], r.chart, r.kind, clock.Micros(k.clock.Now()), r.reason, r.text)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func printable(b []byte) string {
	out := make([]rune, 0, len(b))
	for _, r := range string(b) {
		if r == 0 {
			r = utf8.RuneError
		}
		out = append(out, r)
	}
	return string(out)
}

// Tray lists what waits in the trays, oldest first, at most limit: one author's, or everybody's for the zero ID.
func Tray(q db.Querier, author record.ID, limit int) ([]Kept, error) {
	query, args := "SELECT id, digest, author, received, reason, done, entry FROM tray WHERE done = 0 ORDER BY received, id LIMIT $1", []any{limit}
	if !author.IsZero() {
		query, args = "SELECT id, digest, author, received, reason, done, entry FROM tray WHERE author = $2 AND done = 0 ORDER BY received, id LIMIT $1", []any{limit, author[:]}
	}
	var out []Kept
	err := db.Each(q, query, args, func(r db.Row) error {
		var k Kept
		var received, done int64
		var digest, text []byte
		if err := r.Scan(&k.ID, &digest, &k.Author, &received, &k.Reason, &done, &text); err != nil {
			return err
		}
		copy(k.Digest[:], digest)
		var w wire
		if err := jsonv2.Unmarshal(text, &w); err != nil {
			return fmt.Errorf("reading kept submission %s: %w", k.ID, err)
		}
		k.Received, k.Done, k.Entry, k.Text = clock.FromMicros(received), done == 1, w.Entry, w.Text
		out = append(out, k)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the tray: %w", err)
	}
	return out, nil
}

// Resolve notes that somebody has dealt with a kept submission. It stays, and no longer waits. fault.NotFound when there is none.
func (k *Committer) Resolve(ctx context.Context, id record.ID, digest [32]byte) error {
	return k.Upkeep(ctx, func(tx db.Tx) error {
		found, err := db.Exists(tx, "SELECT 1 FROM tray WHERE id = $1 AND digest = $2", id[:], digest[:])
		if err != nil {
			return err
		}
		if !found {
			return fault.New(fault.NotFound, "there is no such submission in the tray")
		}
		return tx.Exec("UPDATE tray SET done = 1 WHERE id = $1 AND digest = $2", id[:], digest[:])
	})
}
