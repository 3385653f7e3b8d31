package places

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

// A room's code proves that a device was at that place when it was typed or scanned, and nothing about who was seen there. It is eight
// letters and digits without those that are mistaken for one another, so that it can be read off a card in the dark.
const (
	codeLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // Crockford's base 32
	codeLength  = 8
)

// NewCode makes a code out of eight random bytes, as "7KQ2-M9XD".
func NewCode(random [codeLength]byte) string {
	var b strings.Builder
	for i, r := range random {
		if i == codeLength/2 {
			b.WriteByte('-')
		}
		b.WriteByte(codeLetters[r&31])
	}
	return b.String()
}

var misread = strings.NewReplacer("O", "0", "I", "1", "L", "1", "-", "", " ", "", "\u00a0", "")

// CodeDigest is what the record keeps of a code. It is the same however the code was typed: small or large letters, with or without the dash.
func CodeDigest(unit record.ID, code string) string {
	sum := sha256.Sum256([]byte("milieu room code " + unit.String() + " " + misread.Replace(strings.ToUpper(code))))
	return hex.EncodeToString(sum[:])
}

func digest(text string) bool {
	raw, err := hex.DecodeString(text)
	return err == nil && len(raw) == sha256.Size && text == strings.ToLower(text)
}

// RoomOfCode finds the room of the unit that carried the code at a time. The zero ID: none did.
func RoomOfCode(q db.Querier, unit record.ID, code string, at time.Time) (record.ID, error) {
	wanted := CodeDigest(unit, code)
	var found, last record.ID
	fits := false
	settle := func() {
		if fits {
			found = last
		}
	}
	err := db.Each(q, "SELECT room, digest FROM places_code_v1 WHERE unit = $1 AND happened <= $2 ORDER BY room, happened, id", []any{unit[:], clock.Micros(at)}, func(r db.Row) error {
		var room record.ID
		var digest string
		if err := r.Scan(&room, &digest); err != nil {
			return err
		}
		if room != last {
			settle()
		}
		last, fits = room, digest == wanted
		return nil
	})
	if err != nil {
		return record.Zero, fmt.Errorf("reading the room codes of unit %s: %w", unit, err)
	}
	settle()
	return found, nil
}
