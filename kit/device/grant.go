package device

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/web"
)

// Lengths of a grant, as data.
const (
	overtime  = 4 * time.Hour        // an entry may be written this long after the planned end of the shift
	unplanned = 14 * time.Hour       // the length of a grant where no shift is planned
	changing  = time.Hour            // before the end of a shift, whoever signs in is taken to come for the next
	keepGrant = 400 * 24 * time.Hour // a phone found in a drawer is still read
)

// Grant is what a device was lent: leave to write in one person's name, there, for one shift.
type Grant struct {
	ID     record.ID
	Person record.ID
	Device string
	Unit   record.ID // zero: none
	Made   time.Time
	Until  time.Time // entries that Happened later go to the tray
	Secret []byte
	Skew   time.Duration // server's clock less the device's when it was made
	Pack   bool          // the shift's pages were taken along: its silence is worth knowing of
	Ended  time.Time     // signed out on that device; zero: not yet
}

const grantColumns = "id, person, device, unit, made, until, secret, skew, pack, ended"

func scanGrant(r db.Row) (*Grant, error) {
	g := &Grant{}
	var made, until, skew, pack, ended int64
	if err := r.Scan(&g.ID, &g.Person, &g.Device, &g.Unit, &made, &until, &g.Secret, &skew, &pack, &ended); err != nil {
		return nil, err
	}
	g.Made, g.Until, g.Ended = clock.FromMicros(made), clock.FromMicros(until), clock.FromMicros(ended)
	g.Skew, g.Pack = time.Duration(skew)*time.Microsecond, pack == 1
	return g, nil
}

// findGrant gives a grant by its ID; nil when there is none.
func findGrant(q db.Querier, id record.ID) (*Grant, error) {
	g, err := scanGrant(q.QueryRow("SELECT "+grantColumns+" FROM device_grant WHERE id = $1", id[:]))
	if err == db.ErrNoRows {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading grant %s: %w", id, err)
	}
	return g, nil
}

// open gives the grant a person still holds on a device for a unit; nil when there is none.
func open(q db.Querier, person record.ID, device string, unit record.ID, now time.Time) (*Grant, error) {
	g, err := scanGrant(q.QueryRow("SELECT "+grantColumns+" FROM device_grant WHERE device = $1 AND person = $2 AND until > $3 AND ended = 0 ORDER BY made DESC LIMIT 1",
		device, person[:], clock.Micros(now.Add(time.Hour))))
	if err == db.ErrNoRows {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the grants of a device: %w", err)
	}
	if g.Unit != unit {
		return nil, nil
	}
	return g, nil
}

// lend makes a grant, and forgets those long past.
func lend(ctx context.Context, w web.Writer, g *Grant) error {
	g.Secret = make([]byte, 32)
	_, _ = rand.Read(g.Secret) // never fails: package rand ends the program instead
	g.ID = record.NewID(g.Made)
	return w.Upkeep(ctx, func(tx db.Tx) error {
		if err := tx.Exec("DELETE FROM device_grant WHERE until < $1", clock.Micros(g.Made.Add(-keepGrant))); err != nil {
			return err
		}
		return tx.Exec("INSERT INTO device_grant ("+grantColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)", g.ID[:], g.Person[:], g.Device, g.Unit,
			clock.Micros(g.Made), clock.Micros(g.Until), g.Secret, int64(g.Skew/time.Microsecond), flag(g.Pack))
	})
}

// packed notes that the shift's pages went along.
func packed(ctx context.Context, w web.Writer, id record.ID) error {
	return w.Upkeep(ctx, func(tx db.Tx) error {
		return tx.Exec("UPDATE device_grant SET pack = 1 WHERE id = $1", id[:])
	})
}

// giveBack ends what a person holds on a device, quick codes too. What was written under it is still taken in.
func giveBack(ctx context.Context, w web.Writer, person record.ID, device string, now time.Time) error {
	return w.Upkeep(ctx, func(tx db.Tx) error { return takeBack(tx, person, device, now) })
}

// takeBack is giveBack within a transaction: what the end of a session runs.
func takeBack(tx db.Tx, person record.ID, device string, now time.Time) error {
	if err := dropQuick(tx, device, person); err != nil {
		return err
	}
	return tx.Exec("UPDATE device_grant SET ended = $1 WHERE device = $2 AND person = $3 AND ended = 0", clock.Micros(now), device, person[:])
}

func flag(on bool) int {
	if on {
		return 1
	}
	return 0
}
