package vault

import (
	"errors"
	"fmt"
	"path/filepath"
)

// Errors that Check, Explain, Decrypt and Rotate wrap.
var (
	// ErrWrongKey says that none of the keys opens the database.
	ErrWrongKey = errors.New("this key does not open this database")
	// ErrPlain says that the file is an ordinary, unencrypted SQLite database.
	ErrPlain = errors.New("this is an unencrypted SQLite database, not a sealed one")
	// ErrDamaged is wrapped by every Damage.
	ErrDamaged = errors.New("damaged")
	// ErrRefused says that SQLite asked for something the vault never does.
	ErrRefused = errors.New("refused by the vault")
)

// Fault is what is wrong with a piece of a database.
type Fault string

// The faults told apart.
const (
	Altered Fault = "altered" // the content does not match its seal
	Zeroed  Fault = "zeroed"  // only zeros where content was
	Stale   Fault = "stale"   // sound once, but an older version than the one last written
	Missing Fault = "missing" // the file ends before it, or is not there
)

// Damage names a piece of a database that cannot be trusted. Nothing of the piece has
// been given to SQLite.
type Damage struct {
	// File is the path of the damaged file: the database, its -wal, -journal or -pages.
	File string
	// Page is the database page, from 1; 0 when the piece is not a page.
	Page uint32
	// Frame is the place in the write-ahead log, from 1; 0 when the piece is not a frame.
	Frame uint32
	// Fault says what is wrong with the piece.
	Fault Fault
	// Detail adds what is known, in words.
	Detail string
	// Notice marks damage that was got round: the same content was found elsewhere.
	Notice bool
}

// Error names the file and the piece.
func (d Damage) Error() string {
	what := filepath.Base(d.File)
	switch {
	case d.Page != 0:
		what = fmt.Sprintf("page %d of %s", d.Page, what)
	case d.Frame != 0:
		what = fmt.Sprintf("frame %d of %s", d.Frame, what)
	}
	s := fmt.Sprintf("%s is damaged (%s)", what, d.Fault)
	if d.Detail != "" {
		s += ": " + d.Detail
	}
	return s
}

// Is makes errors.Is(err, ErrDamaged) true.
func (d Damage) Is(target error) bool { return target == ErrDamaged }
