package vault

import (
	"crypto/rand"
	"errors"
	"fmt"

	"milieu/kit/db/vault/shim"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// errNoIdentity says that nothing in the -pages file tells whose it is.
var errNoIdentity = errors.New("no identity")

func newIdentity() (id identity) {
	rand.Read(id[:])
	return id
}

// An identity slot: magic and identity in clear, then a sealed body whose first byte
// holds the flags.
const identityClear = len(pagesMagic) + len(identity{})

func identityPlace(id identity, slot int) place { return place{kindIdentity, uint64(slot), id} }

func (s *store) putIdentity(t *libc.TLS, side *shim.Extra, slot int, sealed bool) int32 {
	var unit [PageSize]byte
	var plain [bodySize - identityClear]byte
	copy(unit[:], pagesMagic)
	copy(unit[len(pagesMagic):], s.id[:])
	if sealed {
		plain[0] = sealedFlag
	}
	s.v.sealer.seal(&s.desk, unit[identityClear:], plain[:], identityPlace(s.id, slot), 0)
	return side.WriteAt(t, unit[:], int64(slot)*PageSize)
}

// found is what the identity slots say.
type found struct {
	id     identity
	sealed bool
	notice *Damage // one slot is spoilt, the other sound
}

// readIdentity finds the database's identity and, by opening what it finds, that one
// of the keys fits. main may be nil.
func readIdentity(t *libc.TLS, s *sealer, side *shim.Extra, main *shim.Base, path string) (found, error) {
	var f found
	var d desk
	ok, spoilt, missing := false, 0, false
	var candidates []identity
	for slot := range 2 {
		unit := make([]byte, PageSize)
		rc := side.ReadAt(t, unit, int64(slot)*PageSize)
		if rc != sqlite3.SQLITE_OK && rc != sqlite3.SQLITE_IOERR_SHORT_READ {
			return f, ioError{"read " + path + pagesSuffix, rc}
		}
		if allZero(unit) {
			continue
		}
		id := identity(unit[len(pagesMagic):identityClear])
		candidates = append(candidates, id)
		body, err := s.open(&d, unit[identityClear:], identityPlace(id, slot))
		if err != nil || string(unit[:len(pagesMagic)]) != pagesMagic {
			spoilt++
			missing = missing || errors.Is(err, errNoEpoch)
			continue
		}
		// Where a crash left the slots apart, the flag that was set counts.
		f.id, f.sealed, ok = id, f.sealed || body[0]&sealedFlag != 0, true
	}
	if ok {
		if spoilt > 0 {
			f.notice = &Damage{File: path + pagesSuffix, Fault: Altered, Notice: true,
				Detail: "one of its two identity slots cannot be read"}
		}
		return f, nil
	}
	if _, opens := identityOfPages(t, s, main, candidates); opens {
		return f, Damage{File: path + pagesSuffix, Fault: Altered, Detail: "its identity cannot be read, though the key fits the database"}
	}
	if len(candidates) == 0 && main == nil {
		return f, errNoIdentity
	}
	if size, _ := sizeOf(t, main); size == 0 && spoilt < 2 {
		return f, errNoIdentity
	}
	if missing {
		return f, fmt.Errorf("open %s: %w (it was sealed with a key of another epoch)", path, ErrWrongKey)
	}
	return f, fmt.Errorf("open %s: %w", path, ErrWrongKey)
}

func sizeOf(t *libc.TLS, b *shim.Base) (int64, int32) {
	if b == nil {
		return 0, sqlite3.SQLITE_OK
	}
	return b.Size(t)
}

// identityOfPages tries the keys on the first pages of the database itself, under the
// identity in page 1 and any other candidates.
func identityOfPages(t *libc.TLS, s *sealer, main *shim.Base, candidates []identity) (identity, bool) {
	if main == nil {
		return identity{}, false
	}
	var d desk
	mem := shim.Alloc(t, PageSize)
	defer shim.Free(t, mem)
	raw := shim.Bytes(mem, PageSize)
	if main.Read(t, mem, PageSize, 0) == sqlite3.SQLITE_OK {
		candidates = append(candidates, identity(raw[:16]))
	}
	for page := uint32(1); page <= 8; page++ {
		for _, id := range candidates {
			if main.Read(t, mem, PageSize, int64(page-1)*PageSize) != sqlite3.SQLITE_OK {
				return identity{}, false
			}
			if page == 1 {
				copy(raw, id[:])
			}
			if openPage(s, &d, raw, page, id) == nil {
				return id, true
			}
		}
	}
	return identity{}, false
}

// explainMissingPages says why a database without its -pages file is not opened.
func (s *store) explainMissingPages(t *libc.TLS, main *shim.Base) error {
	mem := shim.Alloc(t, PageSize)
	defer shim.Free(t, mem)
	rc := main.Read(t, mem, PageSize, 0)
	if rc != sqlite3.SQLITE_OK && rc != sqlite3.SQLITE_IOERR_SHORT_READ {
		return ioError{"read " + s.path, rc}
	}
	if string(shim.Bytes(mem, len(sqliteMagic))) == sqliteMagic {
		return fmt.Errorf("open %s: %w", s.path, ErrPlain)
	}
	if _, opens := identityOfPages(t, s.v.sealer, main, nil); !opens {
		return fmt.Errorf("open %s: %w", s.path, ErrWrongKey)
	}
	return Damage{File: s.sidePath(), Fault: Missing, Detail: "without it stale pages cannot be told; the rescue command can still read the database"}
}
