package signin

import (
	"fmt"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

// happened is something about a person's ways in that they should know of.
type happened struct {
	At   time.Time
	What string // a key of the catalogue: signin.happened_…
	More string
	Told bool // they have seen it
}

const keepNotes = 400 * 24 * time.Hour

// Note tells a person, when they next sign in and on their own page, what happened to their ways in. What is the end of a key of the
// catalogue, signin.happened_…; More is its argument.
func Note(tx db.Tx, person record.ID, now time.Time, what, more string) error {
	return note(tx, person, now, what, more)
}

func note(tx db.Tx, person record.ID, now time.Time, what, more string) error {
	if err := tx.Exec("DELETE FROM sign_in_note WHERE at < $1", clock.Micros(now.Add(-keepNotes))); err != nil {
		return err
	}
	id := record.NewID(now)
	if err := tx.Exec("INSERT INTO sign_in_note (id, person, at, what, more, told) VALUES ($1, $2, $3, $4, $5, 0)", id[:], person[:], clock.Micros(now), what, more); err != nil {
		return fmt.Errorf("noting what happened to a person's ways in: %w", err)
	}
	return nil
}

// notes gives what happened lately, the latest first.
func notes(q db.Querier, person record.ID, limit int) (out []happened, err error) {
	err = db.Each(q, "SELECT at, what, more, told FROM sign_in_note WHERE person = $1 ORDER BY at DESC, id DESC LIMIT $2", []any{person[:], limit}, func(r db.Row) error {
		var h happened
		var at, told int64
		err := r.Scan(&at, &h.What, &h.More, &told)
		h.At, h.Told = clock.FromMicros(at), told != 0
		out = append(out, h)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading what happened to a person's ways in: %w", err)
	}
	return out, nil
}

// untold counts what a person has not seen yet.
func untold(q db.Querier, person record.ID) (n int64, err error) {
	err = q.QueryRow("SELECT count(*) FROM sign_in_note WHERE person = $1 AND told = 0", person[:]).Scan(&n)
	return n, err
}

func saw(tx db.Tx, person record.ID) error {
	return tx.Exec("UPDATE sign_in_note SET told = 1 WHERE person = $1 AND told = 0", person[:])
}
