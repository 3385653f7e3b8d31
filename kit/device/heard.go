package device

import (
	"context"
	"fmt"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/web"
)

const (
	noteEvery = 30 * time.Second // a device heard from again within this is not written down again
	// SilentAfter is how long a device that carries a shift may be quiet before it is shown as not heard from. An open page says hello every minute.
	SilentAfter = 5 * time.Minute
)

// Quiet is a device that carries a shift and has not been heard from.
type Quiet struct {
	Device string
	Person record.ID // who took the shift to it
	Since  time.Time // last heard
}

// Silent gives the devices that carry a unit's shift now and have been quiet for longer than SilentAfter, the longest silence first. What is
// due from the people who carry them may have been done and wait there: it is "not heard since", not "missed".
func Silent(q db.Querier, unit record.ID, now time.Time) ([]Quiet, error) {
	var out []Quiet
	err := db.Each(q, `SELECT g.device, g.person, CASE WHEN h.at > g.made THEN h.at ELSE g.made END FROM (
	SELECT device, person, max(made) AS made FROM device_grant WHERE unit = $1 AND until > $2 AND pack = 1 AND ended = 0 GROUP BY device, person) g
LEFT JOIN device_heard h ON h.device = g.device ORDER BY 3, 1`, []any{unit[:], clock.Micros(now)}, func(r db.Row) error {
		var s Quiet
		var at int64
		if err := r.Scan(&s.Device, &s.Person, &at); err != nil {
			return err
		}
		s.Since = clock.FromMicros(at)
		if now.Sub(s.Since) > SilentAfter {
			out = append(out, s)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for silent devices: %w", err)
	}
	return out, nil
}

// hear notes that a person's device was heard from, at most every noteEvery.
func (d *devices) hear(c *web.Ctx, unit record.ID) error {
	device := c.Scope.Device
	if device == "" {
		return nil
	}
	d.mu.Lock()
	last, known := d.heard[device]
	if known && last.person == c.Scope.Person && c.Now.Sub(last.at).Abs() < noteEvery {
		d.mu.Unlock()
		return nil
	}
	if len(d.heard) > 10_000 {
		clear(d.heard)
	}
	d.heard[device] = lastHeard{c.Now, c.Scope.Person}
	d.mu.Unlock()
	return note(context.WithoutCancel(c.Context()), c.Committer, device, c.Scope.Person, unit, c.Now)
}

func note(ctx context.Context, w web.Writer, device string, person, unit record.ID, at time.Time) error {
	return w.Upkeep(ctx, func(tx db.Tx) error {
		return tx.Exec(`INSERT INTO device_heard (device, person, unit, at) VALUES ($1, $2, $3, $4)
ON CONFLICT (device) DO UPDATE SET person = excluded.person, unit = COALESCE(excluded.unit, device_heard.unit), at = excluded.at`, device, person[:], unit, clock.Micros(at))
	})
}
