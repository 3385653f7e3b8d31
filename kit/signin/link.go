package signin

import (
	"context"
	"fmt"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/web"
)

// linkLength is how long an invitation is good for.
const linkLength = 72 * time.Hour

// NewLink makes a link by which a person signs in: once, to choose factors, or again and again in a demonstration. It is kept as a hash.
func NewLink(ctx context.Context, w web.Writer, c clock.Clock, person record.ID, many bool) (path string, err error) {
	token, now := web.NewToken(), c.Now()
	err = w.Upkeep(ctx, func(tx db.Tx) error { return putLink(tx, token, person, now, many) })
	if err != nil {
		return "", fmt.Errorf("making a link: %w", err)
	}
	return "/welcome/" + token, nil
}

func putLink(tx db.Tx, token string, person record.ID, now time.Time, many bool) error {
	h := web.HashOf(token)
	n := 0
	if many {
		n = 1
	} else if err := tx.Exec("DELETE FROM sign_in_link WHERE (person = $1 AND many = 0) OR until < $2", person[:], clock.Micros(now)); err != nil {
		return err
	}
	return tx.Exec("INSERT INTO sign_in_link (token, person, until, many) VALUES ($1, $2, $3, $4)", h[:], person[:], clock.Micros(now.Add(linkLength)), n)
}

// link is a way in that was given to somebody.
type link struct {
	person record.ID
	many   bool
}

// findLink reads a link. fault.NotFound when there is none, or it has been used or is too old.
func findLink(c *web.Ctx, token string) (link, error) {
	h := web.HashOf(token)
	var l link
	var until, n int64
	err := c.Read().QueryRow("SELECT person, until, many FROM sign_in_link WHERE token = $1", h[:]).Scan(&l.person, &until, &n)
	if err == nil && c.Now.Before(clock.FromMicros(until)) && c.Now.After(clock.FromMicros(until).Add(-linkLength-time.Minute)) && (n == 0 || c.Demo) {
		l.many = n == 1
		return l, nil
	}
	if err != nil && err != db.ErrNoRows {
		return l, fmt.Errorf("reading a link: %w", err)
	}
	return l, gone()
}

// Invited gives whose invitation a token is. fault.NotFound when it is none, or has been used or is too old.
func Invited(c *web.Ctx, token string) (record.ID, error) {
	l, err := findLink(c, token)
	if err == nil && l.many {
		err = gone()
	}
	return l.person, err
}

// gone is what is said of a link that does not work, whyever.
func gone() error {
	return fault.New(fault.NotFound, "this link does not work any more; ask for another")
}

// useLink uses a link up. Of two at the same instant the second finds it gone.
func useLink(tx db.Tx, token string, person record.ID, now time.Time) error {
	h := web.HashOf(token)
	var whose record.ID
	err := tx.QueryRow("DELETE FROM sign_in_link WHERE token = $1 AND person = $2 AND many = 0 AND until >= $3 RETURNING person", h[:], person[:], clock.Micros(now)).Scan(&whose)
	if err == db.ErrNoRows {
		return gone()
	}
	return err
}
