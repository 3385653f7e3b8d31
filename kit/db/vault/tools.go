package vault

import (
	"fmt"
	"io/fs"

	"milieu/kit/db/vault/shim"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Files are the files that make up the database at path: itself, its page tokens, its
// write-ahead log, that log's index and its rollback journal. Copy, move or delete all
// of them (those that exist) or none, and only while the database is closed.
func Files(path string) []string {
	return []string{path, path + pagesSuffix, path + walSuffix, path + shmSuffix, path + journalSuffix}
}

// Check says, before SQLite is involved, why the database at path would not open: an
// error that wraps ErrWrongKey or ErrPlain, a Damage, or fs.ErrNotExist when there is
// no such file. An empty file is a database yet to be created.
func Check(path string, keys Keys) error {
	k, err := openTool(path, keys, Options{})
	if err != nil {
		return err
	}
	defer k.close()
	err = k.store.attach(k.t, &k.main.Base)
	k.v.mu.Lock()
	defer k.v.mu.Unlock()
	k.store.detach(k.t)
	return err
}

// tool reads a database's files without SQLite, through the VFS below.
type tool struct {
	t     *libc.TLS
	name  string
	v     *Vault
	store *store
	main  *shim.Extra
}

// openTool opens the main file for reading. It goes through SQLite's VFS because
// closing a descriptor of package os would drop the locks of this process.
func openTool(path string, keys Keys, o Options) (*tool, error) {
	name, err := Register(keys, o)
	if err != nil {
		return nil, err
	}
	v, err := vaultOf(name)
	if err != nil {
		return nil, err
	}
	k := &tool{t: libc.NewTLS(), name: name, v: v}
	full, err := v.vfs.FullPath(k.t, path)
	if err != nil {
		k.close()
		return nil, err
	}
	k.store = &store{v: v, path: full}
	var rc int32
	k.main, rc = v.vfs.OpenExtra(k.t, full, sqlite3.SQLITE_OPEN_MAIN_DB|sqlite3.SQLITE_OPEN_READONLY)
	if rc == sqlite3.SQLITE_OK {
		return k, nil
	}
	defer k.close()
	if exists, xrc := v.vfs.Exists(k.t, full); xrc == sqlite3.SQLITE_OK && !exists {
		return nil, fmt.Errorf("open %s: %w", path, fs.ErrNotExist)
	}
	return nil, ioError{"open " + path, rc}
}

func (k *tool) close() {
	if k.main != nil {
		k.main.Close(k.t)
	}
	k.t.Close()
	// Nothing is open through a VFS that was only used here.
	_ = Unregister(k.name)
}

// extra opens one of the files beside the database for reading; nil when it is absent.
func (k *tool) extra(suffix string) (*shim.Extra, error) {
	exists, rc := k.v.vfs.Exists(k.t, k.store.path+suffix)
	if rc == sqlite3.SQLITE_OK && !exists {
		return nil, nil
	}
	var e *shim.Extra
	if rc == sqlite3.SQLITE_OK {
		e, rc = k.v.vfs.OpenExtra(k.t, k.store.path+suffix, sqlite3.SQLITE_OPEN_WAL|sqlite3.SQLITE_OPEN_READONLY)
	}
	if rc != sqlite3.SQLITE_OK {
		return nil, ioError{"open " + k.store.path + suffix, rc}
	}
	return e, nil
}
