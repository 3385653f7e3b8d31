package passkey

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/signin/ticket"
)

// Schema is where passkeys are. A handle is what authenticators know a person by: random, so that it says nothing.
const Schema = `
CREATE TABLE IF NOT EXISTS passkey (id BLOB NOT NULL PRIMARY KEY, person BLOB NOT NULL, name TEXT NOT NULL, data BLOB NOT NULL, uses BIGINT NOT NULL, made BIGINT NOT NULL, used BIGINT NOT NULL, suspect BIGINT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS passkey_person ON passkey (person);
CREATE TABLE IF NOT EXISTS passkey_handle (person BLOB NOT NULL PRIMARY KEY, handle BLOB NOT NULL) WITHOUT ROWID;
` + ticket.Schema

// Limits, as data.
const (
	MaxKeys = 12 // of one person
	MaxName = 40 // characters of a key's name
)

// Key is one passkey of a person.
type Key struct {
	ID      []byte // as its authenticator made it
	Person  record.ID
	Name    string
	Made    time.Time
	Used    time.Time // zero: never since it was made
	Suspect time.Time // when its counter went back, as it does when there is a copy of it; zero: never
	Synced  bool      // kept by an account that shares it between devices
	data    webauthn.Credential
}

// Of gives a person's passkeys, the oldest first.
func Of(q db.Querier, person record.ID) ([]Key, error) {
	var out []Key
	err := db.Each(q, "SELECT id, person, name, data, made, used, suspect FROM passkey WHERE person = $1 ORDER BY made, id", []any{person[:]}, func(r db.Row) error {
		k, err := scan(r)
		out = append(out, k)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading passkeys: %w", err)
	}
	return out, nil
}

// find gives the passkey of an ID; db.ErrNoRows when there is none.
func find(q db.Querier, id []byte) (Key, error) {
	return scan(q.QueryRow("SELECT id, person, name, data, made, used, suspect FROM passkey WHERE id = $1", id))
}

func scan(r db.Row) (k Key, err error) {
	var raw []byte
	var made, used, suspect int64
	if err := r.Scan(&k.ID, &k.Person, &k.Name, &raw, &made, &used, &suspect); err != nil {
		return k, err
	}
	if err := json.Unmarshal(raw, &k.data); err != nil {
		return k, fmt.Errorf("reading a passkey: %w", err)
	}
	k.Made, k.Used, k.Suspect = clock.FromMicros(made), clock.FromMicros(used), clock.FromMicros(suspect)
	k.Synced = k.data.Flags.BackupEligible
	return k, nil
}

// handleOf gives what authenticators know a person by; a fresh one, not yet kept, when the person has none.
func handleOf(q db.Querier, person record.ID) ([]byte, error) {
	var handle []byte
	err := q.QueryRow("SELECT handle FROM passkey_handle WHERE person = $1", person[:]).Scan(&handle)
	if err == db.ErrNoRows {
		handle = make([]byte, 32)
		_, _ = rand.Read(handle) // never fails: package rand ends the program instead
		return handle, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading what passkeys call a person: %w", err)
	}
	return handle, nil
}

// insert keeps a new passkey. Of two made at once the second goes by the handle of the first, and must be made again.
func insert(tx db.Tx, k *Key, handle []byte, now time.Time) error {
	var kept []byte
	err := tx.QueryRow("INSERT INTO passkey_handle (person, handle) VALUES ($1, $2) ON CONFLICT (person) DO UPDATE SET person = excluded.person RETURNING handle", k.Person[:], handle).Scan(&kept)
	if err != nil {
		return fmt.Errorf("keeping a passkey: %w", err)
	}
	if string(kept) != string(handle) {
		return fault.New(fault.Conflict, "another passkey of yours was made at the same moment; please make this one again")
	}
	var others int64
	if err := tx.QueryRow("SELECT count(*) FROM passkey WHERE person = $1", k.Person[:]).Scan(&others); err != nil {
		return fmt.Errorf("counting passkeys: %w", err)
	}
	if others >= MaxKeys {
		return fault.New(fault.TooMany, "you have %d passkeys already; remove one that you no longer use", others)
	}
	raw, err := json.Marshal(k.data)
	if err != nil {
		return fmt.Errorf("writing a passkey: %w", err)
	}
	var id []byte
	err = tx.QueryRow("INSERT INTO passkey (id, person, name, data, uses, made, used, suspect) VALUES ($1, $2, $3, $4, $5, $6, 0, 0) ON CONFLICT (id) DO NOTHING RETURNING id",
		k.ID, k.Person[:], k.Name, raw, int64(k.data.Authenticator.SignCount), clock.Micros(now)).Scan(&id)
	if err == db.ErrNoRows {
		return fault.New(fault.Conflict, "this passkey is in use already")
	}
	if err != nil {
		return fmt.Errorf("keeping a passkey: %w", err)
	}
	return nil
}

// used notes that a passkey was used, and what its authenticator said of itself. False: meanwhile it was removed, used by somebody else, or
// became suspect.
func used(tx db.Tx, before *Key, after *webauthn.Credential, now time.Time) (bool, error) {
	raw, err := json.Marshal(after)
	if err != nil {
		return false, fmt.Errorf("writing a passkey: %w", err)
	}
	var id []byte
	err = tx.QueryRow("UPDATE passkey SET data = $1, uses = $2, used = $3 WHERE id = $4 AND uses = $5 AND suspect = 0 RETURNING id",
		raw, int64(after.Authenticator.SignCount), clock.Micros(now), before.ID, int64(before.data.Authenticator.SignCount)).Scan(&id)
	if err == db.ErrNoRows {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("noting that a passkey was used: %w", err)
	}
	return true, nil
}

// suspected closes a passkey whose counter went back until its owner removes it.
func suspected(tx db.Tx, id []byte, now time.Time) error {
	return tx.Exec("UPDATE passkey SET suspect = $1 WHERE id = $2 AND suspect = 0", clock.Micros(now), id)
}

// Forget removes all passkeys of a person: their account is given back by a new invitation.
func Forget(tx db.Tx, person record.ID) error {
	if err := tx.Exec("DELETE FROM passkey WHERE person = $1", person[:]); err != nil {
		return fmt.Errorf("forgetting passkeys: %w", err)
	}
	return tx.Exec("DELETE FROM passkey_handle WHERE person = $1", person[:])
}
