package signin

import (
	"crypto/sha256"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/web"
)

// Guessing is slowed, never locked. A try is charged before it is judged and given back when it was right.
const (
	freeTries     = 5                // without any pause
	longestPause  = 15 * time.Minute // between tries for one name from one block of addresses
	devicePause   = 30 * time.Second // between tries on a device that its person has used before
	deviceTries   = 50               // wrong ones in a row: the device counts as strange again
	tiredTries    = 100              // for one name from strange devices everywhere, within a day: then every block has one free try (800-63B-4, 3.2.2)
	forgetTries   = 24 * time.Hour
	forgetFew     = time.Hour // fewer than are free
	keepDevice    = 400 * 24 * time.Hour
	tiredInterval = 10 * time.Minute
)

// attempt is one try that has been charged.
type attempt struct {
	device, block, all []byte // keys of its budgets
	known              bool   // the device is one that this person has used before
}

// subjectOf is what tries are counted for: a sign-in name, whoever's or nobody's.
func subjectOf(name string) string { return "name " + strings.ToLower(strings.TrimSpace(name)) }

func budget(parts ...string) []byte {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return sum[:]
}

// blockOf is the block of addresses that one household or building shares.
func blockOf(a netip.Addr) string {
	bits := 24
	if a.Is6() {
		bits = 56
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return "nowhere"
	}
	return p.String()
}

// charge counts a try for a subject and says whether it may be made now. fault.TooMany says how long to wait; such a try is not counted, so
// that whoever keeps trying does not make the wait longer for the next.
func charge(c *web.Ctx, subject string) (*attempt, error) {
	device := c.DeviceOf()
	a := &attempt{device: budget("device", subject, device), block: budget("block", subject, blockOf(c.Address())), all: budget("all", subject)}
	var wait time.Duration
	err := c.Committer.Upkeep(c.Context(), func(tx db.Tx) error {
		wait, a.known = 0, false
		// A flood of names leaves rows of few tries, which are of no use for long.
		if err := tx.Exec("DELETE FROM guess WHERE at < $1 AND (failed < $2 OR at < $3)", clock.Micros(c.Now.Add(-forgetFew)), freeTries, clock.Micros(c.Now.Add(-forgetTries))); err != nil {
			return err
		}
		if device != "" {
			known, err := db.Exists(tx, "SELECT 1 FROM known_device WHERE key = $1 AND at > $2", a.device, clock.Micros(c.Now.Add(-keepDevice)))
			if err != nil {
				return err
			}
			failed, at, err := spent(tx, a.device)
			if err != nil {
				return err
			}
			if a.known = known && failed < deviceTries; a.known {
				if wait = left(c.Now, at, pause(failed, freeTries, devicePause)); wait > 0 {
					return nil
				}
				return spend(tx, a.device, c.Now)
			}
		}
		all, _, err := spent(tx, a.all)
		if err != nil {
			return err
		}
		failed, at, err := spent(tx, a.block)
		if err != nil {
			return err
		}
		pausing := pause(failed, freeTries, longestPause)
		if all >= tiredTries && failed > 0 {
			pausing = max(pausing, tiredInterval)
		}
		if wait = left(c.Now, at, pausing); wait > 0 {
			return nil
		}
		if err := spend(tx, a.all, c.Now); err != nil {
			return err
		}
		return spend(tx, a.block, c.Now)
	})
	if err != nil {
		return nil, fmt.Errorf("counting a try: %w", err)
	}
	if wait > 0 {
		return nil, fault.New(fault.TooMany, "too many tries; wait %s and try again", waiting(wait))
	}
	return a, nil
}

// isKnown says whether the device is one on which the subject has signed in before.
func isKnown(c *web.Ctx, subject string) (bool, error) {
	device := c.DeviceOf()
	if device == "" {
		return false, nil
	}
	known, err := db.Exists(c.Read(), "SELECT 1 FROM known_device WHERE key = $1 AND at > $2", budget("device", subject, device), clock.Micros(c.Now.Add(-keepDevice)))
	if err != nil {
		return false, fmt.Errorf("reading known devices: %w", err)
	}
	return known, nil
}

// waiting says a pause in words.
func waiting(d time.Duration) string {
	if d > 90*time.Second {
		return fmt.Sprintf("%d minutes", int(d.Minutes())+1)
	}
	return fmt.Sprintf("%d seconds", int(d.Seconds())+1)
}

// pause is how long to wait after so many failed tries.
func pause(failed int64, free int64, longest time.Duration) time.Duration {
	if failed < free {
		return 0
	}
	return min(longest, time.Second<<min(failed-free, 20))
}

// left is what is left of a pause that began at a time. A clock that was set back makes it no longer than it was.
func left(now, at time.Time, pause time.Duration) time.Duration {
	if at.After(now.Add(time.Minute)) {
		return 0
	}
	return min(pause, at.Add(pause).Sub(now))
}

func spent(tx db.Tx, key []byte) (failed int64, at time.Time, err error) {
	var micros int64
	err = tx.QueryRow("SELECT failed, at FROM guess WHERE name = $1", key).Scan(&failed, &micros)
	if err == db.ErrNoRows {
		err = nil
	}
	return failed, clock.FromMicros(micros), err
}

func spend(tx db.Tx, key []byte, now time.Time) error {
	return tx.Exec("INSERT INTO guess (name, failed, at) VALUES ($1, 1, $2) ON CONFLICT (name) DO UPDATE SET failed = guess.failed + 1, at = excluded.at", key, clock.Micros(now))
}

// right gives a try back that was right, and remembers the device as the person's.
func (a *attempt) right(tx db.Tx) error {
	spentOn := a.block
	if a.known {
		spentOn = a.device
	}
	if err := tx.Exec("DELETE FROM guess WHERE name = $1", spentOn); err != nil {
		return err
	}
	if !a.known {
		if err := tx.Exec("UPDATE guess SET failed = failed - 1 WHERE name = $1 AND failed > 0", a.all); err != nil {
			return err
		}
	}
	return nil
}

// remember notes that somebody has signed in on a device: its tries for this subject have a budget of their own from now on.
func remember(tx db.Tx, subject, device string, now time.Time) error {
	if device == "" {
		return nil
	}
	if err := tx.Exec("DELETE FROM known_device WHERE at < $1", clock.Micros(now.Add(-keepDevice))); err != nil {
		return err
	}
	key := budget("device", subject, device)
	if err := tx.Exec("DELETE FROM guess WHERE name = $1", key); err != nil {
		return err
	}
	return tx.Exec("INSERT INTO known_device (key, at) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET at = excluded.at", key, clock.Micros(now))
}
