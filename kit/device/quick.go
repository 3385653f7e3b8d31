package device

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"time"

	"golang.org/x/crypto/argon2"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/web"
)

// Cost of the hash of a quick code (argon2id): memory in KiB and passes, as for passwords. Few are computed at a time.
const (
	quickMemory = 19 << 10
	quickPasses = 2
)

var quickTurns = make(chan struct{}, 2)

// mostScans is how many badges nobody knows may be read on a device in a row before there is a pause.
const (
	mostScans = 5
	scanPause = time.Minute
)

// QuickCode is one short way of a person to come back on one device, until their shift is over.
type QuickCode struct {
	Person record.ID
	Way    string
	Until  time.Time
	salt   []byte
	sum    []byte
}

func hashCode(ctx context.Context, code string, salt []byte) ([]byte, error) {
	select {
	case quickTurns <- struct{}{}:
		defer func() { <-quickTurns }()
		return argon2.IDKey([]byte(code), salt, quickPasses, quickMemory, 1, 32), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (q QuickCode) fits(ctx context.Context, code string) (bool, error) {
	sum, err := hashCode(ctx, code, q.salt)
	return err == nil && subtle.ConstantTimeCompare(sum, q.sum) == 1, err
}

// quickOn gives the codes that are good on a device now.
func quickOn(q db.Querier, device string, now time.Time) (out []QuickCode, err error) {
	err = db.Each(q, "SELECT person, way, salt, sum, until FROM device_quick WHERE device = $1 AND until > $2 ORDER BY made, person, way", []any{device, clock.Micros(now)}, func(r db.Row) error {
		var c QuickCode
		var until int64
		err := r.Scan(&c.Person, &c.Way, &c.salt, &c.sum, &until)
		c.Until = clock.FromMicros(until)
		out = append(out, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the quick codes of a device: %w", err)
	}
	return out, nil
}

// keepQuick keeps a code in place of the one before, and forgets what is over.
func keepQuick(ctx context.Context, w web.Writer, device string, c QuickCode, code string, now time.Time) error {
	c.salt = make([]byte, 16)
	_, _ = rand.Read(c.salt) // never fails: package rand ends the program instead
	sum, err := hashCode(ctx, code, c.salt)
	if err != nil {
		return err
	}
	return w.Upkeep(ctx, func(tx db.Tx) error {
		if err := tx.Exec("DELETE FROM device_quick WHERE until < $1", clock.Micros(now)); err != nil {
			return err
		}
		if err := tx.Exec("UPDATE device_quick SET failed = 0 WHERE device = $1 AND person = $2", device, c.Person[:]); err != nil {
			return err
		}
		return tx.Exec(`INSERT INTO device_quick (device, person, way, salt, sum, made, until, failed) VALUES ($1, $2, $3, $4, $5, $6, $7, 0)
ON CONFLICT (device, person, way) DO UPDATE SET salt = excluded.salt, sum = excluded.sum, made = excluded.made, until = excluded.until, failed = 0`,
			device, c.Person[:], c.Way, c.salt, sum, clock.Micros(now), clock.Micros(c.Until))
	})
}

// claimTry counts a try of a person on a device before it is judged, so that many at the same instant count as many. left is how many remain
// after it; none is false when there was nothing to try.
func claimTry(ctx context.Context, w web.Writer, device string, person record.ID, now time.Time) (left int, some bool, err error) {
	err = w.Upkeep(ctx, func(tx db.Tx) error {
		var failed, most int64
		most = int64(pins.Tries)
		err := tx.QueryRow("SELECT COALESCE(max(failed), -1) FROM device_quick WHERE device = $1 AND person = $2 AND until > $3", device, person[:], clock.Micros(now)).Scan(&failed)
		if err != nil {
			return err
		}
		if some = failed >= 0 && failed < most; !some {
			return nil
		}
		left = int(most - failed - 1)
		return tx.Exec("UPDATE device_quick SET failed = $1 WHERE device = $2 AND person = $3", failed+1, device, person[:])
	})
	if err != nil {
		return 0, false, fmt.Errorf("counting a try: %w", err)
	}
	return left, some, nil
}

// forgiveTries notes that the right code was given.
func forgiveTries(tx db.Tx, device string, person record.ID) error {
	if err := tx.Exec("DELETE FROM device_scan WHERE device = $1", device); err != nil {
		return err
	}
	return tx.Exec("UPDATE device_quick SET failed = 0 WHERE device = $1 AND person = $2", device, person[:])
}

// endQuick ends coming back quickly for a person on a device, and nowhere else.
func endQuick(ctx context.Context, w web.Writer, device string, person record.ID) error {
	return w.Upkeep(ctx, func(tx db.Tx) error { return dropQuick(tx, device, person) })
}

func dropQuick(tx db.Tx, device string, person record.ID) error {
	return tx.Exec("DELETE FROM device_quick WHERE device = $1 AND person = $2", device, person[:])
}

// claimScan counts a badge read without anybody picked. Nobody's own tries are used up by it; wait says how long until the next.
func claimScan(ctx context.Context, w web.Writer, device string, now time.Time) (wait time.Duration, err error) {
	err = w.Upkeep(ctx, func(tx db.Tx) error {
		wait = 0
		var failed, at int64
		err := tx.QueryRow("SELECT failed, at FROM device_scan WHERE device = $1", device).Scan(&failed, &at)
		if err != nil && err != db.ErrNoRows {
			return err
		}
		if failed >= mostScans {
			if wait = min(scanPause, clock.FromMicros(at).Add(scanPause).Sub(now)); wait > 0 {
				return nil
			}
		}
		return tx.Exec("INSERT INTO device_scan (device, failed, at) VALUES ($1, 1, $2) ON CONFLICT (device) DO UPDATE SET failed = device_scan.failed + 1, at = excluded.at", device, clock.Micros(now))
	})
	if err != nil {
		return 0, fmt.Errorf("counting a badge: %w", err)
	}
	return max(wait, 0), nil
}
