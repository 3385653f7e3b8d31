package load

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"milieu/kit/db"
	"milieu/kit/db/vault"
)

// Bare commits one row at a time, durably, in a database of its own on the same encrypted driver: what a plain program would reach. The
// committer is compared with it.
func Bare(ctx context.Context, o Options) (r Result, err error) {
	r.What = "bare one-row commits"
	dir, err := os.MkdirTemp("", "milieu-bare-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	keys, err := vault.NewKeys(vault.NewKey(1))
	if err != nil {
		return r, err
	}
	vfs, err := vault.Register(keys, vault.Options{})
	if err != nil {
		return r, err
	}
	d, err := db.OpenSQLite(ctx, db.SQLiteOptions{Path: filepath.Join(dir, "bare.db"), VFS: vfs})
	if err != nil {
		return r, err
	}
	defer d.Close()
	if err := d.Write(ctx, func(tx db.Tx) error {
		return tx.Exec("CREATE TABLE entry (seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, body BLOB NOT NULL)")
	}); err != nil {
		return r, err
	}
	body := make([]byte, 600)
	o.Conns = 1
	var seq int64
	err = r.measure(ctx, o, func() (time.Duration, error) {
		at := o.Clock.Now()
		seq++
		err := d.Write(ctx, func(tx db.Tx) error {
			return tx.Exec("INSERT INTO entry (seq, id, body) VALUES ($1, $2, $3)", seq, fmt.Appendf(nil, "%016x", seq), body)
		})
		return o.Clock.Now().Sub(at), err
	})
	return r, err
}
