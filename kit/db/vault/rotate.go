package vault

import (
	"context"
	"database/sql"
	"fmt"

	sqlite3 "modernc.org/sqlite/lib"

	_ "modernc.org/sqlite" // the database/sql driver "sqlite"
)

// rotateBatch is how many pages are sealed again in one transaction.
const rotateBatch = 500

// Rotate seals everything of the database at path with the current key of keys, which
// must hold the older ones too. It goes through ordinary transactions, so a crash leaves
// a database of both epochs that opens with keys, and calling it again finishes. Other
// connections may be open if their vault has the new key as well. It returns how many
// pages were sealed again; afterwards no part of any file needs an older key.
func Rotate(ctx context.Context, path string, keys Keys, o Options) (int, error) {
	if err := Check(path, keys); err != nil {
		return 0, fmt.Errorf("rotate the key of %s: %w", path, err)
	}
	k, err := openTool(path, keys, o)
	if err != nil {
		return 0, fmt.Errorf("rotate the key of %s: %w", path, err)
	}
	defer k.close()
	n, err := k.rotate(ctx)
	if err != nil {
		return n, fmt.Errorf("rotate the key of %s: %w", path, Explain(k.name, path, err))
	}
	return n, nil
}

func (k *tool) rotate(ctx context.Context) (int, error) {
	db, err := sql.Open("sqlite", DSN(k.store.path, k.name, "synchronous(full)"))
	if err != nil {
		return 0, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if err := db.PingContext(ctx); err != nil {
		return 0, err
	}
	total := 0
	for {
		if err := emptyLog(ctx, db); err != nil {
			return total, err
		}
		old, err := k.oldPages()
		if err != nil || len(old) == 0 {
			if err == nil {
				err = k.resealRest()
			}
			return total, err
		}
		for len(old) > 0 {
			n := min(len(old), rotateBatch)
			if err := sealAgain(ctx, db, old[:n]); err != nil {
				return total, err
			}
			total += n
			old = old[n:]
		}
	}
}

// emptyLog moves everything into the main file.
func emptyLog(ctx context.Context, db *sql.DB) error {
	var busy, frames, done int
	if err := db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &done); err != nil {
		return err
	}
	if busy != 0 {
		return fmt.Errorf("the write-ahead log could not be emptied: another connection is reading")
	}
	return nil
}

// sealAgain has SQLite write the pages unchanged.
func sealAgain(ctx context.Context, db *sql.DB, pages []uint32) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for _, p := range pages {
		if _, err := tx.ExecContext(ctx, "UPDATE sqlite_dbpage SET data = data WHERE pgno = $1", p); err != nil {
			tx.Rollback()
			return fmt.Errorf("page %d: %w", p, err)
		}
	}
	return tx.Commit()
}

// oldPages are the pages of the main file sealed with an older key.
func (k *tool) oldPages() ([]uint32, error) {
	size, rc := k.main.Size(k.t)
	if rc != sqlite3.SQLITE_OK {
		return nil, ioError{"measure " + k.store.path, rc}
	}
	var old []uint32
	unit := make([]byte, PageSize)
	for page := uint32(1); page <= uint32(size/PageSize); page++ {
		if rc := k.main.ReadAt(k.t, unit, int64(page-1)*PageSize); rc != sqlite3.SQLITE_OK {
			return nil, ioError{fmt.Sprintf("read page %d", page), rc}
		}
		if !allZero(unit) && readTrailer(unit).epoch != k.v.sealer.current {
			old = append(old, page)
		}
	}
	return old, nil
}

// resealRest seals the -pages file again: the tokens, the marks and the identity.
func (k *tool) resealRest() error {
	s := k.v.store(k.store.path) // the one the open connection uses
	defer k.v.release(k.t, s)
	if !s.known.Load() {
		return nil // nothing was ever written
	}
	s.mu.Lock()
	size, rc := s.side.Size(k.t)
	if rc != sqlite3.SQLITE_OK {
		s.mu.Unlock()
		return ioError{"measure " + s.sidePath(), rc}
	}
	for b := uint32(0); blockOffset(b, 0) < size; b++ {
		block, err := s.loadBlock(k.t, b)
		if err != nil {
			s.mu.Unlock()
			return err
		}
		if block.changed == nil {
			block.changed = map[int]bool{}
		}
		block.changed[0] = true
	}
	rc = s.flushLocked(k.t, &k.main.Base, true)
	s.mu.Unlock()
	for slot := 0; slot < 2 && rc == sqlite3.SQLITE_OK; slot++ {
		s.mu.Lock()
		if rc = s.putIdentity(k.t, s.side, slot, s.sealed); rc == sqlite3.SQLITE_OK {
			rc = s.side.Sync(k.t, sqlite3.SQLITE_SYNC_NORMAL)
		}
		s.mu.Unlock()
		if rc == sqlite3.SQLITE_OK {
			rc = s.putMark(k.t, mark{}, true)
		}
	}
	if rc != sqlite3.SQLITE_OK {
		return ioError{"seal " + s.sidePath() + " again", rc}
	}
	return nil
}
