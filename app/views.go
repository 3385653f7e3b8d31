package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"milieu/kit/db"
	"milieu/kit/room"
	"milieu/kit/view"
)

const (
	viewHeadName = "views.head"
	secondName   = "views.second"
)

// viewOptions say where the view log keeps its head and its second place: in the data folder, whatever the database.
func (d *Data) viewOptions() (room.ViewOptions, error) {
	o := room.ViewOptions{Key: d.Keys.Derive("second place of the view log", 32), Second: filepath.Join(d.Dir, secondName)}
	if d.DB.Dialect == db.SQLite {
		o.HeadFile = filepath.Join(d.Dir, viewHeadName)
		return o, nil
	}
	// Several processes may serve one PostgreSQL database from one folder: each takes a second place of its own, and what one left is moved
	// by whoever takes it next.
	for n := 1; d.second == nil; n++ {
		if n > 1 {
			o.Second = filepath.Join(d.Dir, fmt.Sprintf("%s-%d", secondName, n))
		}
		f, err := os.OpenFile(o.Second+".lock", os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return o, fmt.Errorf("taking a second place for the view log: %w", err)
		}
		err = lock(f)
		if err == nil {
			d.second = f
			break
		}
		if err = errors.Join(err, f.Close()); !errors.Is(err, errTaken) || n == 64 {
			return o, fmt.Errorf("taking a second place for the view log: %w", err)
		}
	}
	return o, nil
}

// views opens the view log's database to read it beside whatever else goes on.
func (d *Data) views(ctx context.Context) (*db.DB, error) {
	v, err := d.DB.Beside(ctx, room.ViewFile, view.Busy)
	if err != nil {
		return nil, fmt.Errorf("opening the view log: %w", err)
	}
	return v, nil
}
