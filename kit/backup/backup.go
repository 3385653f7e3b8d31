// Package backup keeps copies of the record elsewhere and brings them back.
//
// A backup is a base and the segments that follow it. A base is a consistent copy of everything that cannot be worked out again: the log,
// and what is kept beside it (credentials, sessions, drafts, the tray, files). A segment is a stretch of the log, shipped every few seconds,
// with every column of its entries: restored, the log has the same numbers, the same salts, the same root. What is kept beside the log is in
// the base only: a draft of the last hour comes back as it was when the base was made. Projections are in neither; the next start fills them.
//
// Bases are made again every day, and old pieces are taken away by a rule (Keep) that never shortens how far the backup reaches.
//
// Everything is sealed with age to the recipients given: whoever makes backups need not be able to read them. The names of the pieces say
// which entries they hold and how the tree's root begins; every other statement is inside the seal. A base made on one of the two databases
// can be restored on the other.
package backup

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Store is where the pieces of a backup lie.
type Store interface {
	// Put writes a piece whole or not at all.
	Put(name string, write func(io.Writer) error) error
	// List says what is there, pieces and whatever else.
	List() ([]Stored, error)
	// Open reads a piece.
	Open(name string) (io.ReadCloser, error)
	// Remove takes a piece away, or what a Put that was cut off has left. It refuses every other name; one that is gone already is no error.
	Remove(name string) error
}

// Stored is something in a store.
type Stored struct {
	Name string
	Made time.Time // when it was written there
}

// piece is the name of a base or segment, taken apart.
type piece struct {
	base     bool
	from, to int64  // seq of the first entry and the last; a base begins with 1
	root     string // the beginning of the tree's root at `to`, in hexadecimal
	made     time.Time
}

var nameForm = regexp.MustCompile(`^(base|segment)-([0-9]{19})-([0-9]{19})-([0-9a-f]{16})\.age$`)

func (p piece) String() string {
	what := "segment"
	if p.base {
		what = "base"
	}
	return fmt.Sprintf("%s-%019d-%019d-%s.age", what, p.from, p.to, p.root)
}

func parseName(name string) (p piece, ok bool) {
	m := nameForm.FindStringSubmatch(name)
	if m == nil {
		return p, false
	}
	from, err1 := strconv.ParseInt(m[2], 10, 64)
	to, err2 := strconv.ParseInt(m[3], 10, 64)
	return piece{base: m[1] == "base", from: from, to: to, root: m[4]}, err1 == nil && err2 == nil
}

func rootStart(h tlog.Hash) string { return fmt.Sprintf("%x", h[:8]) }

// pieces lists what a store holds in the order of restoring: by last entry.
func pieces(s Store) ([]piece, error) {
	stored, err := s.List()
	if err != nil {
		return nil, fmt.Errorf("listing the backup: %w", err)
	}
	return piecesOf(stored), nil
}

func piecesOf(stored []Stored) []piece {
	var out []piece
	for _, one := range stored {
		if p, ok := parseName(one.Name); ok {
			p.made = one.Made
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b piece) int { return cmp.Compare(a.to, b.to) })
	return out
}

// partial begins the names of pieces that are being written.
const partial = ".milieu-partial-"

// isPartial says that a name is one that Put gives to what is being written.
func isPartial(name string) bool {
	rest, ok := strings.CutPrefix(name, partial)
	return ok && rest != "" && strings.Trim(rest, "0123456789") == ""
}

// Dir is a store in a folder: another disk, a mounted share.
type Dir string

// Put implements Store. The piece is on disk before it has its name.
func (d Dir) Put(name string, write func(io.Writer) error) (err error) {
	if _, ok := parseName(name); !ok {
		return fmt.Errorf("writing to the backup: %q is no name of a piece", name)
	}
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return fmt.Errorf("making the backup's folder: %w", err)
	}
	f, err := os.CreateTemp(string(d), partial+"*")
	if err != nil {
		return fmt.Errorf("writing to the backup: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("writing %s: %w", name, err)
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), filepath.Join(string(d), name)); err != nil {
		return err
	}
	return syncDir(string(d))
}

func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// List implements Store.
func (d Dir) List() ([]Stored, error) {
	list, err := os.ReadDir(string(d))
	if err != nil {
		return nil, err
	}
	out := make([]Stored, 0, len(list))
	for _, e := range list {
		if !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // it has just got its name, or was taken away
		}
		if err != nil {
			return nil, err
		}
		out = append(out, Stored{e.Name(), info.ModTime()})
	}
	return out, nil
}

// Remove implements Store.
func (d Dir) Remove(name string) error {
	if _, ok := parseName(name); !ok && !isPartial(name) {
		return fmt.Errorf("removing from the backup: %q is no name of a piece", name)
	}
	path := filepath.Join(string(d), name)
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("removing from the backup: %s is no file", name)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing from the backup: %w", err)
	}
	return nil
}

// Open implements Store.
func (d Dir) Open(name string) (io.ReadCloser, error) {
	if _, ok := parseName(name); !ok {
		return nil, fmt.Errorf("reading the backup: %q is no name of a piece", name)
	}
	// What bears the name of a piece is one: no link to elsewhere, no pipe that never answers.
	if info, err := os.Lstat(filepath.Join(string(d), name)); err != nil || !info.Mode().IsRegular() {
		if err == nil {
			err = fmt.Errorf("%s is no file", name)
		}
		return nil, fmt.Errorf("reading the backup: %w", err)
	}
	return os.OpenInRoot(string(d), name)
}
