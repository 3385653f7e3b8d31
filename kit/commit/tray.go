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
	Handed   bool          // its author gave it to a supervisor
	Known    bool          // the record has an entry of this ID, with other content
	Entry    *record.Entry // as it was sent; Skew is what its times were to be moved by
	Text     string        // the body, when it is not even JSON
}

// Step is something done about a kept submission. Each is noted with who did it and when, and nothing takes the submission itself away.
type Step string

// The steps.
const (
	StepAgain   Step = "again"   // sent again, and refused again
	StepHanded  Step = "handed"  // given to a supervisor as a note
	StepSettled Step = "settled" // dealt with in another way, which the note says; it waits no longer
)

// Stands of a kept submission, in the column done.
const (
	withAuthor = iota
	settled
	handed
)

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
		if s.Skew.Abs() >= record.SkewLimit {
			sent[i].Skew = record.Offset(s.Skew)
		}
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

// Hand puts a submission into its author's tray and gives it to a supervisor at once.
func (k *Committer) Hand(ctx context.Context, author record.ID, e *record.Entry, reason error) error {
	row, err := k.trayRow(author, e, reason)
	if err != nil {
		return err
	}
	if err := k.keep(ctx, []trayRow{row}); err != nil {
		return err
	}
	return k.Step(ctx, row.id, row.digest, author, StepHanded, "")
}

func (k *Committer) trayRow(author record.ID, e *record.Entry, reason error) (trayRow, error) {
	w := wire{Entry: e}
	if !jsontext.Value(e.Body).IsValid() {
		plain := *e
		plain.Body = nil
		w = wire{&plain, printable(e.Body)}
	}
	// The same form measured twice against a wrong clock is one submission: how wrong is not part of what tells them apart.
	skew := w.Entry.Skew
	bare := *w.Entry
	bare.Skew = 0
	text, err := jsonv2.Marshal(wire{&bare, w.Text}, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return trayRow{}, fmt.Errorf("keeping submission %s: %w", e.ID, err)
	}
	digest := sha256.Sum256(text)
	if skew != 0 {
		if text, err = jsonv2.Marshal(w, jsontext.AllowInvalidUTF8(true)); err != nil {
			return trayRow{}, fmt.Errorf("keeping submission %s: %w", e.ID, err)
		}
	}
	kind := []rune(printable([]byte(e.Kind)))
	return trayRow{e.ID, author, e.Chart, digest, string(kind[:min(len(kind), 60)]), fault.Of(reason).Public(), text}, nil
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

// trayColumns are read by scanKept. The last says whether the record has the ID.
const trayColumns = "t.id, t.digest, t.author, t.received, t.reason, t.done, t.entry, CASE WHEN EXISTS (SELECT 1 FROM entry e WHERE e.id = t.id) THEN 1 ELSE 0 END"

// waits picks what somebody must still look at. What was refused and is in the record since, by its own author and under its own ID, was sent
// again or put right, and waits no longer.
const waits = "t.done <> 1 AND NOT EXISTS (SELECT 1 FROM entry e WHERE e.id = t.id AND e.author = t.author AND e.received > t.received)"

// Tray lists what waits in the trays, oldest first, at most limit: one author's, or everybody's for the zero ID.
func Tray(q db.Querier, author record.ID, limit int) ([]Kept, error) {
	query, args := "SELECT "+trayColumns+" FROM tray t WHERE "+waits+" ORDER BY t.received, t.id LIMIT $1", []any{limit}
	if !author.IsZero() {
		query, args = "SELECT "+trayColumns+" FROM tray t WHERE t.author = $2 AND "+waits+" ORDER BY t.received, t.id LIMIT $1", []any{limit, author[:]}
	}
	var out []Kept
	err := db.Each(q, query, args, func(r db.Row) error {
		k, err := scanKept(r)
		out = append(out, k)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the tray: %w", err)
	}
	return out, nil
}

// TrayItem gives one submission that still waits. fault.NotFound when there is none, or it waits no longer.
func TrayItem(q db.Querier, id record.ID, digest [32]byte) (Kept, error) {
	k, err := scanKept(q.QueryRow("SELECT "+trayColumns+" FROM tray t WHERE t.id = $1 AND t.digest = $2 AND "+waits, id[:], digest[:]))
	if err == db.ErrNoRows {
		return k, errNotKept()
	}
	if err != nil {
		return k, fmt.Errorf("reading the tray: %w", err)
	}
	return k, nil
}

// errNotKept says no more than what is said of another's: whether there is such a submission is its author's to know.
func errNotKept() error { return fault.New(fault.NotFound, "there is nothing here that you may see") }

func scanKept(r db.Row) (Kept, error) {
	var k Kept
	var received, done, known int64
	var digest, text []byte
	if err := r.Scan(&k.ID, &digest, &k.Author, &received, &k.Reason, &done, &text, &known); err != nil {
		return k, err
	}
	copy(k.Digest[:], digest)
	var w wire
	if err := jsonv2.Unmarshal(text, &w); err != nil {
		return k, fmt.Errorf("reading kept submission %s: %w", k.ID, err)
	}
	k.Received, k.Done, k.Handed, k.Known, k.Entry, k.Text = clock.FromMicros(received), done == settled, done == handed, known == 1, w.Entry, w.Text
	return k, nil
}

// Step notes what somebody did about a kept submission, in their words: for StepAgain the new reason. It stays for ever, whatever was done.
// fault.NotFound when there is no such submission.
func (k *Committer) Step(ctx context.Context, id record.ID, digest [32]byte, by record.ID, step Step, note string) error {
	return k.Upkeep(ctx, func(tx db.Tx) error {
		found, err := db.Exists(tx, "SELECT 1 FROM tray WHERE id = $1 AND digest = $2", id[:], digest[:])
		if err != nil {
			return err
		}
		if !found {
			return errNotKept()
		}
		err = tx.Exec("INSERT INTO tray_step (id, digest, at, person, step, note) VALUES ($1, $2, $3, $4, $5, $6)",
			id[:], digest[:], clock.Micros(k.clock.Now()), by[:], string(step), note)
		if err != nil {
			return err
		}
		switch step {
		case StepAgain:
			return tx.Exec("UPDATE tray SET reason = $3 WHERE id = $1 AND digest = $2", id[:], digest[:], note)
		case StepHanded:
			return tx.Exec("UPDATE tray SET done = $3 WHERE id = $1 AND digest = $2 AND done = 0", id[:], digest[:], handed)
		}
		return tx.Exec("UPDATE tray SET done = $3 WHERE id = $1 AND digest = $2", id[:], digest[:], settled)
	})
}
