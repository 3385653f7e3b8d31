package record

import (
	"crypto/rand"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"sync/atomic"
	"time"
)

// ID names an entry, a chart or a person for ever: a UUID, version 7 where it is minted (its first 48 bits are milliseconds), version 8
// where it is derived from something else. It is sixteen bytes in the database and the usual 36 characters in text.
type ID [16]byte

// Zero is no ID.
var Zero ID

var sequence atomic.Uint32

// NewID mints an ID for something happening at now. IDs minted by one process in the same millisecond stay in order.
func NewID(now time.Time) ID {
	var id ID
	binary.BigEndian.PutUint64(id[:8], uint64(now.UnixMilli())<<16)
	binary.BigEndian.PutUint16(id[6:8], uint16(sequence.Add(1)&0x0fff)|0x7000)
	_, _ = rand.Read(id[8:]) // never fails: package rand ends the program instead
	id[8] = id[8]&0x3f | 0x80
	return id
}

// DeriveID gives the same ID for the same parts, always: what one entry gives rise to can be filed twice without doubling.
func DeriveID(parts ...string) ID {
	h := sha256.New()
	for _, p := range parts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	var id ID
	copy(id[:], h.Sum(nil))
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

// ParseID reads the 36-character text form.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return id, fmt.Errorf("%q is not an ID", cut(s, 40))
	}
	var packed [32]byte
	n := 0
	for i := range len(s) {
		if s[i] != '-' {
			if n == 32 {
				return id, fmt.Errorf("%q is not an ID", s)
			}
			packed[n] = s[i]
			n++
		}
	}
	if n != 32 {
		return id, fmt.Errorf("%q is not an ID", s)
	}
	if _, err := hex.Decode(id[:], packed[:]); err != nil {
		return Zero, fmt.Errorf("%q is not an ID", s)
	}
	return id, nil
}

// MustID is ParseID for constants.
func MustID(s string) ID {
	id, err := ParseID(s)
	if err != nil {
		panic(err)
	}
	return id
}

// IsZero says that there is no ID.
func (id ID) IsZero() bool { return id == Zero }

// String is the 36-character text form; empty for no ID.
func (id ID) String() string {
	if id == Zero {
		return ""
	}
	b, _ := id.AppendText(make([]byte, 0, 36))
	return string(b)
}

// AppendText implements encoding.TextAppender.
func (id ID) AppendText(b []byte) ([]byte, error) {
	if id == Zero {
		return b, nil
	}
	for i, c := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b = append(b, '-')
		}
		b = append(b, "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
	}
	return b, nil
}

// MarshalText implements encoding.TextMarshaler.
func (id ID) MarshalText() ([]byte, error) { return id.AppendText(nil) }

// UnmarshalText implements encoding.TextUnmarshaler. Empty text is no ID.
func (id *ID) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*id = Zero
		return nil
	}
	*id, err = ParseID(string(b))
	return err
}

// Value implements driver.Valuer: sixteen bytes, or NULL.
func (id ID) Value() (driver.Value, error) {
	if id == Zero {
		return nil, nil
	}
	return id[:], nil
}

// Scan implements sql.Scanner.
func (id *ID) Scan(v any) error {
	switch b := v.(type) {
	case nil:
		*id = Zero
		return nil
	case []byte:
		if len(b) == 16 {
			copy(id[:], b)
			return nil
		}
	}
	return fmt.Errorf("scanning an ID from %T", v)
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n] + "…"
}
