package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Cost of a password hash (argon2id): memory in KiB, passes, lanes. Two are computed at a time, so that a flood cannot take the memory.
const (
	argonMemory = 19 << 10
	argonTime   = 2
	argonLanes  = 1
	// MinPassword is the shortest password taken when it stands alone (NIST SP 800-63B-4).
	MinPassword = 15
	maxPassword = 1024
)

var hashing = make(chan struct{}, 2)

func argon(ctx context.Context, password string, salt []byte) ([]byte, error) {
	select {
	case hashing <- struct{}{}:
		defer func() { <-hashing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(norm.NFKC.String(password)), salt, argonTime, argonMemory, argonLanes, 32), nil
}

func hashPassword(ctx context.Context, password string) (string, error) {
	var salt [16]byte
	_, _ = rand.Read(salt[:]) // never fails: package rand ends the program instead
	sum, err := argon(ctx, password, salt[:])
	if err != nil {
		return "", err
	}
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", argonMemory, argonTime, argonLanes, b.EncodeToString(salt[:]), b.EncodeToString(sum)), nil
}

func checkPassword(ctx context.Context, password, hash string) (bool, error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 {
		return false, fmt.Errorf("a kept password hash is not well-formed")
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, fmt.Errorf("a kept password hash is not well-formed: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, fmt.Errorf("a kept password hash is not well-formed: %w", err)
	}
	got, err := argon(ctx, password, salt)
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1, err
}

// noHash is compared with when there is no such person: the answer takes as long.
const noHash = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// SetPassword keeps a person's password as a hash, and ends what was signed in before.
func SetPassword(ctx context.Context, w Writer, c clock.Clock, person record.ID, password string) error {
	var f fault.Check
	f.Want(utf8.RuneCountInString(password) >= MinPassword, "password", fmt.Sprintf("use at least %d characters; a few words are easy to remember", MinPassword))
	f.Want(len(password) <= maxPassword, "password", "shorter, please")
	if err := f.Err(); err != nil {
		return err
	}
	hash, err := hashPassword(ctx, password)
	if err != nil {
		return err
	}
	return w.Upkeep(ctx, func(tx db.Tx) error {
		if err := tx.Exec("DELETE FROM session WHERE person = $1", person[:]); err != nil {
			return err
		}
		return tx.Exec("INSERT INTO credential (person, hash, changed) VALUES ($1, $2, $3) ON CONFLICT (person) DO UPDATE SET hash = excluded.hash, changed = excluded.changed", person[:], hash, clock.Micros(c.Now()))
	})
}

// Guessing is slowed, never locked: after some failures for one name each further try waits, up to half a minute.
const (
	freeGuesses  = 5
	longestPause = 30 * time.Second
)

// check says whose password it is. Known and unknown names are answered alike, in time too.
func (s *Sessions) check(c *Ctx, name, password string) (record.ID, error) {
	wrong := fault.New(fault.Invalid, "the name or the password is not right")
	key := guessKey(name)
	var failed, at int64
	err := c.Read().QueryRow("SELECT failed, at FROM guess WHERE name = $1", key).Scan(&failed, &at)
	if err != nil && err != db.ErrNoRows {
		return record.Zero, fmt.Errorf("reading failed tries: %w", err)
	}
	if failed >= freeGuesses {
		pause := min(longestPause, time.Second<<min(failed-freeGuesses, 6))
		if next := clock.FromMicros(at).Add(pause); c.Now.Before(next) {
			return record.Zero, fault.New(fault.TooMany, "too many tries; wait %d seconds and try again", int(next.Sub(c.Now).Seconds())+1)
		}
	}
	person, hash := record.Zero, noHash
	if s.cfg.FindSignIn != nil {
		if id, ok := s.cfg.FindSignIn(c.Read(), name); ok {
			var h string
			if err := c.Read().QueryRow("SELECT hash FROM credential WHERE person = $1", id[:]).Scan(&h); err == nil {
				person, hash = id, h
			}
		}
	}
	ok, err := checkPassword(c.R.Context(), password, hash)
	if err != nil {
		return record.Zero, err
	}
	if ok && !person.IsZero() {
		if _, err := c.Directory.Scope(person, ""); err == nil {
			return person, c.Committer.Upkeep(c.R.Context(), func(tx db.Tx) error { return tx.Exec("DELETE FROM guess WHERE name = $1", key) })
		}
	}
	err = c.Committer.Upkeep(c.R.Context(), func(tx db.Tx) error {
		return tx.Exec("INSERT INTO guess (name, failed, at) VALUES ($1, 1, $2) ON CONFLICT (name) DO UPDATE SET failed = guess.failed + 1, at = excluded.at", key, clock.Micros(c.Now))
	})
	if err != nil {
		return record.Zero, err
	}
	return record.Zero, wrong
}

func guessKey(name string) []byte {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(name))))
	return sum[:]
}
