package vault

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"milieu/kit/db/vault/shim"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Options of a registration; the zero value is right for a running program.
type Options struct {
	// Base is the name of the VFS to build on, "" for SQLite's own.
	Base string
	// Report is called with every damage as it is met, from whichever goroutine met
	// it, in the middle of a database call: it must be quick and must not use the
	// database.
	Report func(Damage)
}

// Vault is one registered VFS with its keys.
type Vault struct {
	vfs    *shim.VFS
	sealer *sealer
	tell   func(Damage)

	mu       sync.Mutex
	stores   map[string]*store
	failures map[string]error // by database path: why it was last refused
	damages  []Damage
}

// damagesKept bounds what Damages remembers.
const damagesKept = 1000

var (
	counter atomic.Uint64
	vaults  sync.Map // VFS name → *Vault
)

// Register makes a SQLite VFS that seals with keys, and gives the name to put in a
// connection string (see DSN). Several may exist at once, with different keys.
func Register(keys Keys, o Options) (string, error) {
	s, err := newSealer(keys)
	if err != nil {
		return "", fmt.Errorf("register a vault: %w", err)
	}
	v := &Vault{sealer: s, tell: o.Report, stores: map[string]*store{}, failures: map[string]error{}}
	name := fmt.Sprintf("vault-%d", counter.Add(1))
	if v.vfs, err = shim.Register(name, o.Base, v); err != nil {
		return "", fmt.Errorf("register a vault: %w", err)
	}
	vaults.Store(name, v)
	return name, nil
}

// Unregister takes the VFS away once every database opened through it is closed.
func Unregister(vfsName string) error {
	v, err := vaultOf(vfsName)
	if err != nil {
		return err
	}
	if err := v.vfs.Unregister(); err != nil {
		return err
	}
	vaults.Delete(vfsName)
	return nil
}

func vaultOf(vfsName string) (*Vault, error) {
	v, ok := vaults.Load(vfsName)
	if !ok {
		return nil, fmt.Errorf("there is no vault %q", vfsName)
	}
	return v.(*Vault), nil
}

// Open is called by SQLite through the shim.
func (v *Vault) Open(t *libc.TLS, name string, base *shim.Base, flags int32) (shim.File, int32, int32) {
	var suffix string
	switch {
	case flags&sqlite3.SQLITE_OPEN_MAIN_DB != 0:
	case flags&sqlite3.SQLITE_OPEN_WAL != 0:
		suffix = walSuffix
	case flags&sqlite3.SQLITE_OPEN_MAIN_JOURNAL != 0:
		suffix = journalSuffix
	default:
		// Temporary files would be written in clear: temp_store=memory keeps SQLite
		// from wanting any.
		return nil, 0, sqlite3.SQLITE_CANTOPEN
	}
	path, ok := strings.CutSuffix(name, suffix)
	if !ok || name == "" {
		return nil, 0, sqlite3.SQLITE_CANTOPEN
	}
	held, rc := base.Open(t, flags)
	if rc != sqlite3.SQLITE_OK {
		return nil, 0, rc
	}
	s := v.store(path)
	f, err := s.openFile(t, base, suffix)
	if err != nil {
		v.refuse(path, err)
		v.release(t, s)
		base.Close(t)
		return nil, 0, codeOf(err)
	}
	return f, held, sqlite3.SQLITE_OK
}

func (s *store) openFile(t *libc.TLS, base *shim.Base, suffix string) (shim.File, error) {
	f := sealedFile{base: base, s: s, scratch: shim.Alloc(t, frameSize)}
	f.raw = shim.Bytes(f.scratch, frameSize)
	switch suffix {
	case walSuffix:
		return &logFile{sealedFile: f}, nil
	case journalSuffix:
		return &journalFile{sealedFile: f}, nil
	}
	if err := s.attach(t, base); err != nil {
		shim.Free(t, f.scratch)
		return nil, err
	}
	s.v.forgive(s.path)
	return &pagesFile{sealedFile: f}, nil
}

// Delete is called by SQLite through the shim.
func (v *Vault) Delete(t *libc.TLS, name string, syncDir bool) int32 {
	if path, ok := strings.CutSuffix(name, walSuffix); ok {
		v.mu.Lock()
		s := v.stores[path]
		v.mu.Unlock()
		if s != nil {
			if rc := s.clearMark(t); rc != sqlite3.SQLITE_OK {
				return rc
			}
		}
	}
	return v.vfs.Delete(t, name, syncDir)
}

func (v *Vault) store(path string) *store {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.stores[path]
	if s == nil {
		s = &store{v: v, path: path}
		v.stores[path] = s
	}
	s.refs++
	return s
}

func (v *Vault) release(t *libc.TLS, s *store) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if s.refs--; s.refs == 0 {
		s.detach(t)
		delete(v.stores, s.path)
	}
}

func (v *Vault) sizeOfFile(t *libc.TLS, path string) (int64, int32) {
	ok, rc := v.vfs.Exists(t, path)
	if rc != sqlite3.SQLITE_OK || !ok {
		return 0, rc
	}
	f, rc := v.vfs.OpenExtra(t, path, sqlite3.SQLITE_OPEN_WAL|sqlite3.SQLITE_OPEN_READONLY)
	if rc != sqlite3.SQLITE_OK {
		return 0, rc
	}
	defer f.Close(t)
	return f.Size(t)
}

// report keeps and tells a damage of the database at path.
func (v *Vault) report(path string, d Damage) {
	v.mu.Lock()
	if !d.Notice {
		v.failures[path] = d
	}
	if len(v.damages) < damagesKept {
		v.damages = append(v.damages, d)
	}
	v.mu.Unlock()
	if v.tell != nil {
		v.tell(d)
	}
}

// refuse keeps why something failed and gives SQLite's code for it.
func (v *Vault) refuse(path string, err error) int32 {
	if d, ok := err.(Damage); ok {
		v.report(path, d)
	} else if err != nil {
		v.mu.Lock()
		v.failures[path] = err
		v.mu.Unlock()
	}
	return codeOf(err)
}

func (v *Vault) forgive(path string) {
	v.mu.Lock()
	delete(v.failures, path)
	v.mu.Unlock()
}

// Damages are the damages met so far through the VFS, at most a thousand.
func Damages(vfsName string) []Damage {
	v, err := vaultOf(vfsName)
	if err != nil {
		return nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]Damage(nil), v.damages...)
}

// Explain gives an error of the database at path its cause when the vault refused
// something there, for SQLite itself can only say "disk I/O error" or "file is not a
// database": the answer then wraps ErrWrongKey, ErrPlain, ErrRefused or a Damage as
// well as err. Other errors come back unchanged.
func Explain(vfsName, path string, err error) error {
	if err == nil {
		return nil
	}
	v, verr := vaultOf(vfsName)
	if verr != nil {
		return err
	}
	t := libc.NewTLS()
	defer t.Close()
	full, ferr := v.vfs.FullPath(t, path)
	if ferr != nil {
		return err
	}
	v.mu.Lock()
	cause := v.failures[full]
	v.mu.Unlock()
	if cause == nil || !concerns(err) {
		return err
	}
	return fmt.Errorf("%w (%w)", cause, err)
}

// concerns says whether an error has a code that the vault gives, or SQLite after it.
func concerns(err error) bool {
	for e := err; e != nil; {
		if c, ok := e.(interface{ Code() int }); ok {
			switch c.Code() & 0xff {
			case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_CORRUPT:
				return true
			}
			return false
		}
		u, ok := e.(interface{ Unwrap() error })
		if !ok {
			return false
		}
		e = u.Unwrap()
	}
	return false
}
