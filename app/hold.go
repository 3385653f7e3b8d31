package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"milieu/kit/db"
)

const lockName = "milieu.lock"

// errTaken says that another process has the lock.
var errTaken = errors.New("taken")

// hold takes the data folder for this process: whoever files into an SQLite database is alone with it, for two would not hear of each other
// and neither's screens would show what the other took in. It is the operating system's lock, which ends with the process however it ends.
// What only reads, or prepares and ships beside a running server, does not ask. On PostgreSQL several may file.
func (d *Data) hold() error {
	if d.lock != nil || d.DB.Dialect != db.SQLite {
		return nil
	}
	path := filepath.Join(d.Dir, lockName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("taking the data folder: %w", err)
	}
	if err := lock(f); err != nil {
		err = errors.Join(err, f.Close())
		if errors.Is(err, errTaken) {
			return fmt.Errorf("another Milieu is at work on %s: stop it first; verify, export, prepare and backup may run beside it", d.Dir)
		}
		return fmt.Errorf("taking the data folder: %w", err)
	}
	d.lock = f
	return nil
}
