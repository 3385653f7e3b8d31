package oidc

import (
	"crypto/subtle"
	"fmt"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/signin/ticket"
)

// Schema is which account of the organisation is whose. A person has one, an account is one person's.
const Schema = `
CREATE TABLE IF NOT EXISTS organisation_account (issuer TEXT NOT NULL, subject TEXT NOT NULL, person BLOB NOT NULL, called TEXT NOT NULL, made BIGINT NOT NULL, used BIGINT NOT NULL, PRIMARY KEY (issuer, subject)) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS organisation_account_person ON organisation_account (person, issuer);
` + ticket.Schema

// Account is an account of the organisation that is tied to a person.
type Account struct {
	Issuer, Subject string
	Called          string // what it was called when it was last used
	Made, Used      time.Time
}

// Of gives the accounts tied to a person.
func Of(q db.Querier, person record.ID) ([]Account, error) {
	var out []Account
	err := db.Each(q, "SELECT issuer, subject, called, made, used FROM organisation_account WHERE person = $1 ORDER BY issuer", []any{person[:]}, func(r db.Row) error {
		var a Account
		var made, used int64
		if err := r.Scan(&a.Issuer, &a.Subject, &a.Called, &made, &used); err != nil {
			return err
		}
		a.Made, a.Used = clock.FromMicros(made), clock.FromMicros(used)
		out = append(out, a)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the accounts of an organisation: %w", err)
	}
	return out, nil
}

// whose gives the person of an account; false when it is tied to nobody.
func whose(q db.Querier, issuer, subject string) (person record.ID, ok bool, err error) {
	err = q.QueryRow("SELECT person FROM organisation_account WHERE issuer = $1 AND subject = $2", issuer, subject).Scan(&person)
	if err == db.ErrNoRows {
		return person, false, nil
	}
	if err != nil {
		return person, false, fmt.Errorf("reading whose an account is: %w", err)
	}
	return person, true, nil
}

// tie makes an account a person's. fault.Conflict when it is somebody else's, or the person has another.
func tie(tx db.Tx, who *identity, person record.ID, now time.Time) error {
	if before, ok, err := whose(tx, who.Issuer, who.Subject); err != nil || ok {
		if err == nil && before != person {
			err = fault.New(fault.Conflict, "that account belongs to somebody else here")
		}
		return err
	}
	var subject string
	err := tx.QueryRow("INSERT INTO organisation_account (issuer, subject, person, called, made, used) VALUES ($1, $2, $3, $4, $5, 0) ON CONFLICT DO NOTHING RETURNING subject",
		who.Issuer, who.Subject, person[:], who.Called, clock.Micros(now)).Scan(&subject)
	if err == db.ErrNoRows {
		return fault.New(fault.Conflict, "you sign in with another account of theirs already; remove that one first")
	}
	if err != nil {
		return fmt.Errorf("tying an account to a person: %w", err)
	}
	return nil
}

// touched notes that an account was used, and what it is called now.
func touched(tx db.Tx, who *identity, now time.Time) error {
	return tx.Exec("UPDATE organisation_account SET used = $1, called = $2 WHERE issuer = $3 AND subject = $4", clock.Micros(now), who.Called, who.Issuer, who.Subject)
}

// Forget unties all accounts of a person.
func Forget(tx db.Tx, person record.ID) error {
	return tx.Exec("DELETE FROM organisation_account WHERE person = $1", person[:])
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
