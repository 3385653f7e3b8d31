package signin

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/web"
)

// Lengths of passwords, in characters (NIST SP 800-63B-4, 2025, 3.1.1.2): fifteen where a password stands alone, eight beside a second
// factor. A long one is taken whole, up to maxPassword bytes. There are no other rules, and no expiry.
const (
	MinPassword       = 15
	MinPasswordBeside = 8
	maxPassword       = 1024
)

// judgePassword says what is wrong with a password that somebody chooses. Own are words that everybody could guess for them: their names, the
// house's name.
func judgePassword(password string, least int, own ...string) error {
	var f fault.Check
	long := utf8.RuneCountInString(norm.NFKC.String(password)) >= least
	f.Want(long, "password", fmt.Sprintf("use at least %d characters; a few words are easy to remember", least))
	f.Want(len(password) <= maxPassword, "password", fmt.Sprintf("shorter, please: %d bytes at most", maxPassword))
	if long {
		f.Want(!common(password, own...), "password", "this is one of those that are tried first; choose words that belong together only for you")
	}
	return f.Err()
}

// folded is a password as guessers try it: without regard to case, spaces and punctuation around it.
func folded(text string) string {
	return strings.ToLower(strings.Join(strings.Fields(norm.NFKC.String(text)), ""))
}

// common says whether a password is among those tried first: on the list, or nothing but one's own words, some repeated pattern, or a row of
// the keyboard.
func common(password string, own ...string) bool {
	text := folded(password)
	bare := strings.TrimRight(strings.TrimLeft(text, "0123456789!?.#@$*-_"), "0123456789!?.#@$*-_")
	for _, candidate := range []string{text, bare} {
		if candidate != "" && listed(candidate) {
			return true
		}
	}
	rest := text
	for _, word := range append(own, "milieu") {
		for _, part := range append([]string{word}, strings.Fields(word)...) {
			if w := folded(part); utf8.RuneCountInString(w) >= 3 {
				rest = strings.ReplaceAll(rest, w, "")
			}
		}
	}
	if rest != text && utf8.RuneCountInString(rest) < 6 {
		return true
	}
	return pattern(text)
}

// pattern says that a text is one short piece over and over, or a row: aaaaaaaa, abcabcabc, 12345678, qwertyuiop.
func pattern(text string) bool {
	r := []rune(text)
	for n := 1; n <= len(r)/2; n++ {
		same := true
		for i := n; i < len(r) && same; i++ {
			same = r[i] == r[i-n]
		}
		if same {
			return true
		}
	}
	steps := 0
	for i := 1; i < len(r); i++ {
		if d := r[i] - r[i-1]; d == 1 || d == -1 || strings.Contains(rows, string(r[i-1:i+1])) {
			steps++
		}
	}
	return len(r) > 1 && steps >= len(r)-2
}

// rows of keyboards.
const rows = "qwertyuiopasdfghjklzxcvbnm1234567890 qwertzuiop azertyuiop"

// putPassword keeps a password's hash. Beside says that it is too short to stand alone.
func putPassword(tx db.Tx, person record.ID, hash string, beside bool, now time.Time) error {
	n := 0
	if beside {
		n = 1
	}
	return tx.Exec("INSERT INTO credential (person, hash, changed, beside) VALUES ($1, $2, $3, $4) ON CONFLICT (person) DO UPDATE SET hash = excluded.hash, changed = excluded.changed, beside = excluded.beside",
		person[:], hash, clock.Micros(now), n)
}

// hashOf gives a person's password hash; noHash when there is none.
func hashOf(q db.Querier, person record.ID) (hash string, has bool, err error) {
	err = q.QueryRow("SELECT hash FROM credential WHERE person = $1", person[:]).Scan(&hash)
	if err == db.ErrNoRows {
		return noHash, false, nil
	}
	if err != nil {
		return noHash, false, fmt.Errorf("reading a password's hash: %w", err)
	}
	return hash, true, nil
}

// SetPassword keeps a person's password as a hash, and ends what was signed in before. It is for programs that make people up; a person
// chooses theirs on a page.
func SetPassword(ctx context.Context, w web.Writer, c clock.Clock, person record.ID, password string) error {
	if err := judgePassword(password, MinPassword); err != nil {
		return err
	}
	var h hasher
	hash, err := h.make(ctx, password, true)
	if err != nil {
		return err
	}
	return w.Upkeep(ctx, func(tx db.Tx) error {
		if err := tx.Exec("DELETE FROM session WHERE person = $1", person[:]); err != nil {
			return err
		}
		return putPassword(tx, person, hash, false, c.Now())
	})
}

// passwordOf says whether a person has a password, and since when.
func passwordOf(q db.Querier, person record.ID) (has bool, changed time.Time, err error) {
	var micros int64
	switch err := q.QueryRow("SELECT changed FROM credential WHERE person = $1", person[:]).Scan(&micros); err {
	case nil:
		return true, clock.FromMicros(micros), nil
	case db.ErrNoRows:
		return false, time.Time{}, nil
	default:
		return false, time.Time{}, fmt.Errorf("reading a password: %w", err)
	}
}
