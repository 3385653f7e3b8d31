package device

import (
	"fmt"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
)

// LockScreenSet says what the locked screens of a house show.
type LockScreenSet struct {
	Names string `json:"names" enum:"shown|hidden"` // of those who may change in quickly
}

// Validate implements record.Body.
func (l *LockScreenSet) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(l.Names == "shown" || l.Names == "hidden", "names", "choose whether names are shown")
	return c.Err()
}

// Kinds are the entries about devices.
func Kinds() []record.Kind {
	return []record.Kind{{Name: "device.lock_screen_set", Version: 1, Chart: "house", Action: "device.lock_screen.set", Example: &LockScreenSet{Names: "hidden"},
		Line: func(_ *record.Entry, b record.Body) record.Line {
			if b.(*LockScreenSet).Names == "hidden" {
				return record.Line{Key: "device.lock_screen_hidden"}
			}
			return record.Line{Key: "device.lock_screen_shown"}
		}}}
}

// Projections are the tables of devices that are worked out from entries: each statement a row, the latest holds.
func Projections() []record.Projection {
	return []record.Projection{{
		Name: "device_lock_screen", Version: 1, Kinds: []string{"device.lock_screen_set"}, Tables: []string{"device_lock_screen_v1"},
		Schema: `CREATE TABLE IF NOT EXISTS device_lock_screen_v1 (happened INTEGER NOT NULL, id BLOB NOT NULL, names TEXT NOT NULL, PRIMARY KEY (happened, id)) WITHOUT ROWID;`,
		Put: func(tx db.Tx, e *record.Entry, b record.Body) error {
			return tx.Exec("INSERT INTO device_lock_screen_v1 (happened, id, names) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", clock.Micros(e.Happened), e.ID[:], b.(*LockScreenSet).Names)
		},
		Drop: func(tx db.Tx, e *record.Entry, _ record.Body) error {
			return tx.Exec("DELETE FROM device_lock_screen_v1 WHERE id = $1", e.ID[:])
		},
	}}
}

// namesHidden says whether the house keeps the names of its staff off locked screens.
func namesHidden(q db.Querier) (bool, error) {
	var names string
	err := q.QueryRow("SELECT names FROM device_lock_screen_v1 ORDER BY happened DESC, id DESC LIMIT 1").Scan(&names)
	if err == db.ErrNoRows {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading what locked screens show: %w", err)
	}
	return names == "hidden", nil
}

// lockScreenForm states anew what locked screens show.
func lockScreenForm() ui.EntryForm {
	return ui.EntryForm{Kind: "device.lock_screen_set", Chart: due.House.String(), Class: "stack", Hidden: []ui.Pair{{Name: "then", Value: "/device"}}}
}
