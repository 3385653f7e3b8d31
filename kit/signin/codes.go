package signin

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/web"
)

// One-time codes that change with time (RFC 6238): six digits, half a minute each, by HMAC-SHA-1, as every authenticator app has them.
const (
	codePeriod = 30 // seconds
	secretSize = 20 // bytes
	codeSlack  = 1  // steps that an app's clock may be off, each way
)

// Recovery codes: looked-up secrets of fifty bits, kept under a key that is not in the database, each good once.
const (
	recoveryCount = 10
	recoverySize  = 10 // letters of base32
)

// letters are those of recovery codes: none that looks like another on paper.
var letters = base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding)

// sealSecret seals a person's secret under the house's key; what is sealed for one person opens for no other.
func (r *Desk) sealSecret(person record.ID, secret []byte) []byte {
	nonce := make([]byte, r.seal.NonceSize())
	_, _ = rand.Read(nonce) // never fails: package rand ends the program instead
	return r.seal.Seal(nonce, nonce, secret, person[:])
}

func (r *Desk) openSecret(person record.ID, sealed []byte) ([]byte, error) {
	n := r.seal.NonceSize()
	if len(sealed) < n {
		return nil, fmt.Errorf("a kept secret is too short")
	}
	secret, err := r.seal.Open(nil, sealed[:n], sealed[n:], person[:])
	if err != nil {
		return nil, fmt.Errorf("a kept secret does not open with the house's key: %w", err)
	}
	return secret, nil
}

// hasCodes says whether a person has one-time codes set up.
func hasCodes(q db.Querier, person record.ID) (bool, error) {
	has, err := db.Exists(q, "SELECT 1 FROM one_time_code WHERE person = $1", person[:])
	if err != nil {
		return false, fmt.Errorf("reading one-time codes: %w", err)
	}
	return has, nil
}

// stepOf gives the step in which a code is right, of those around now; false when it is none of them.
func stepOf(secret []byte, code string, now time.Time) (int64, bool) {
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
	code = strings.Join(strings.Fields(code), "")
	right, found := int64(0), false
	for step := now.Unix()/codePeriod - codeSlack; step <= now.Unix()/codePeriod+codeSlack; step++ {
		if step < 0 {
			continue
		}
		fits, err := hotp.ValidateCustom(code, uint64(step), text, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && fits && !found {
			right, found = step, true
		}
	}
	return right, found
}

// codeUse is a code that was right, to be used up in the transaction that lets its person in.
type codeUse struct {
	person   record.ID
	step     int64  // of a one-time code
	recovery []byte // else the hash of a recovery code
	attempt  *attempt
}

func (u *codeUse) method(first string) string {
	if u.recovery != nil {
		return first + "+recovery"
	}
	return first + "+code"
}

// up uses the code up. A code whose step was used already, or a recovery code that is gone, lets nobody in: also at the same instant.
func (u *codeUse) up(tx db.Tx, now time.Time) error {
	var err error
	var got record.ID
	if u.recovery != nil {
		err = tx.QueryRow("DELETE FROM recovery_code WHERE hash = $1 AND person = $2 RETURNING person", u.recovery, u.person[:]).Scan(&got)
	} else {
		err = tx.QueryRow("UPDATE one_time_code SET step = $1, used = $2 WHERE person = $3 AND step < $1 RETURNING person", u.step, clock.Micros(now), u.person[:]).Scan(&got)
	}
	if err == db.ErrNoRows {
		return wrongCode()
	}
	if err != nil {
		return fmt.Errorf("using a code up: %w", err)
	}
	if u.recovery != nil {
		if err := note(tx, u.person, now, "recovery_used", ""); err != nil {
			return err
		}
	}
	return u.attempt.right(tx)
}

func wrongCode() error {
	return fault.New(fault.Invalid, "the code is not right, or was used already; wait for the next one")
}

func refusedCode(c *web.Ctx, person record.ID) error {
	c.Watch("sign-in refused", "person", person, "method", "code")
	return wrongCode()
}

// codesOfPerson is what tries of codes are counted for.
func codesOfPerson(person record.ID) string { return "code " + person.String() }

// tryCode charges a try and judges a code: one of the app's, or a recovery code.
func (r *Desk) tryCode(c *web.Ctx, person record.ID, code string) (*codeUse, error) {
	a, err := charge(c, codesOfPerson(person))
	if err != nil {
		return nil, err
	}
	u := &codeUse{person: person, attempt: a}
	if plain := plainCode(code); len(plain) == recoverySize {
		u.recovery = r.recoveryHash(person, plain)
		there, err := db.Exists(c.Read(), "SELECT 1 FROM recovery_code WHERE hash = $1 AND person = $2", u.recovery, person[:])
		if err != nil {
			return nil, fmt.Errorf("reading recovery codes: %w", err)
		}
		if !there {
			return nil, refusedCode(c, person)
		}
		return u, nil
	}
	var sealed []byte
	var last int64
	err = c.Read().QueryRow("SELECT secret, step FROM one_time_code WHERE person = $1", person[:]).Scan(&sealed, &last)
	if err == db.ErrNoRows {
		return nil, refusedCode(c, person)
	}
	if err != nil {
		return nil, fmt.Errorf("reading a one-time code: %w", err)
	}
	secret, err := r.openSecret(person, sealed)
	if err != nil {
		return nil, err
	}
	step, right := stepOf(secret, code, c.Now)
	if !right || step <= last {
		return nil, refusedCode(c, person)
	}
	u.step = step
	return u, nil
}

// plainCode is a recovery code without what people write between its letters.
func plainCode(text string) string {
	return strings.ToLower(strings.NewReplacer("-", "", " ", "", "\t", "").Replace(strings.TrimSpace(text)))
}

func (r *Desk) recoveryHash(person record.ID, code string) []byte {
	mac := hmac.New(sha256.New, r.key)
	mac.Write([]byte("recovery code "))
	mac.Write(person[:])
	mac.Write([]byte(code))
	return mac.Sum(nil)
}

// newRecoveryCodes draws a person's ten codes in place of those they had, and gives them in groups of five: they are shown once.
func (r *Desk) newRecoveryCodes(tx db.Tx, person record.ID, now time.Time) ([]string, error) {
	if err := tx.Exec("DELETE FROM recovery_code WHERE person = $1", person[:]); err != nil {
		return nil, err
	}
	codes := make([]string, recoveryCount)
	for i := range codes {
		var b [7]byte
		_, _ = rand.Read(b[:]) // never fails: package rand ends the program instead
		code := letters.EncodeToString(b[:])[:recoverySize]
		if err := tx.Exec("INSERT INTO recovery_code (hash, person, made) VALUES ($1, $2, $3)", r.recoveryHash(person, code), person[:], clock.Micros(now)); err != nil {
			return nil, err
		}
		codes[i] = code[:5] + "-" + code[5:]
	}
	return slices.Clip(codes), nil
}

// recoveryLeft counts the recovery codes that a person has not used.
func recoveryLeft(q db.Querier, person record.ID) (n int64, err error) {
	err = q.QueryRow("SELECT count(*) FROM recovery_code WHERE person = $1", person[:]).Scan(&n)
	if err != nil {
		err = fmt.Errorf("counting recovery codes: %w", err)
	}
	return n, err
}

// keepCodes sets a person's one-time codes up, once they have shown that their app has the secret: the code they showed is used up.
func (r *Desk) keepCodes(tx db.Tx, person record.ID, secret []byte, step int64, now time.Time) error {
	return tx.Exec("INSERT INTO one_time_code (person, secret, step, made, used) VALUES ($1, $2, $3, $4, $4) ON CONFLICT (person) DO UPDATE SET secret = excluded.secret, step = excluded.step, made = excluded.made, used = excluded.used",
		person[:], r.sealSecret(person, secret), step, clock.Micros(now))
}

// secretText is a secret as people type it.
func secretText(secret []byte) string {
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
	var b strings.Builder
	for i := 0; i < len(text); i += 4 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(text[i:min(i+4, len(text))])
	}
	return b.String()
}

// secretLink is what an authenticator app reads from the picture.
func secretLink(secret []byte, house, name string) string {
	if house == "" {
		house = "Milieu"
	}
	q := url.Values{"secret": {strings.ReplaceAll(secretText(secret), " ", "")}, "issuer": {house}}
	return "otpauth://totp/" + url.PathEscape(house+":"+name) + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

// codesOf says whether a person has one-time codes, and when one was last used.
func codesOf(q db.Querier, person record.ID) (has bool, used time.Time, err error) {
	var micros int64
	switch err := q.QueryRow("SELECT used FROM one_time_code WHERE person = $1", person[:]).Scan(&micros); err {
	case nil:
		return true, clock.FromMicros(micros), nil
	case db.ErrNoRows:
		return false, time.Time{}, nil
	default:
		return false, time.Time{}, fmt.Errorf("reading one-time codes: %w", err)
	}
}

// fill draws random bytes.
func fill(b []byte) { _, _ = rand.Read(b) } // never fails: package rand ends the program instead
