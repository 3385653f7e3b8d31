package app

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"

	"milieu/house/places"
	"milieu/kit/backup"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/db/vault"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/view"
)

// backupSeal seals and opens backups with a passphrase of 256 bits that follows from the house's seed: the recovery sheet opens a backup
// too. Such a passphrase needs no stretching, so the work factor is the least.
func (k *Keys) backupSeal() (age.Recipient, age.Identity, error) {
	pass := base64.RawStdEncoding.EncodeToString(k.Derive("backup", 32))
	r, err := age.NewScryptRecipient(pass)
	if err != nil {
		return nil, nil, fmt.Errorf("making the backup's seal: %w", err)
	}
	r.SetWorkFactor(1)
	i, err := age.NewScryptIdentity(pass)
	return r, i, err
}

func (d *Data) maker(dest string, c clock.Clock, s *std) (*backup.Maker, error) {
	if err := os.MkdirAll(dest, 0o700); err != nil {
		return nil, fmt.Errorf("making the backup's folder: %w", err)
	}
	plan, err := d.plan()
	if err != nil {
		return nil, err
	}
	seal, _, err := d.Keys.backupSeal()
	if err != nil {
		return nil, err
	}
	m := &backup.Maker{DB: d.DB, Store: backup.Dir(dest), Recipients: []age.Recipient{seal}, Disposable: due.Tables(), Mark: d.Settings.Made, Clock: c, Log: s.log}
	for _, p := range plan.Projections {
		m.Disposable = append(m.Disposable, p.Tables...)
	}
	m.Disposable = append(m.Disposable, "projection")
	m.Disposable = append(m.Disposable, view.Tables()...) // the view log has pieces of its own
	return m, nil
}

type backupCmd struct {
	dataFlags
	Dest string `arg:"" type:"path" help:"The folder that holds the backup: a new base is put there, or what was filed since the last."`
	Base bool   `help:"Make a new base, whatever there is. Without it one is made when there is none, or when the newest is a day old."`
	keepFlag
}

// keepFlag says how long old pieces of a backup stay.
type keepFlag struct {
	Keep int `name:"backup-keep" default:"30" placeholder:"DAYS" help:"How many days a base of the backup stays, with all that follows it; the newest two stay always. 0 takes nothing away."`
}

func (k keepFlag) rule() backup.Keep { return backup.Keep{Days: k.Keep} }

// Run makes a base, or ships what was filed since, and takes away what need not be kept.
func (c *backupCmd) Run(ctx context.Context, s *std) error {
	data, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer data.Close()
	m, err := data.maker(c.Dest, clock.System(), s)
	if err != nil {
		return err
	}
	last, added, based := int64(0), int64(0), c.Base
	if c.Base {
		last, err = m.Base(ctx)
	} else {
		last, added, based, err = m.Ship(ctx)
	}
	if err != nil {
		return err
	}
	if based {
		fmt.Fprintf(s.out, "A base of %d entries is in %s.\n", last, c.Dest)
	} else {
		fmt.Fprintf(s.out, "The backup in %s reaches to entry %d; %d were added.\n", c.Dest, last, added)
	}
	if err := data.shipViews(ctx, c.Dest); err != nil {
		return err
	}
	gone, err := m.Prune(ctx, c.rule())
	if gone > 0 {
		fmt.Fprintf(s.out, "%d old pieces were taken away.\n", gone)
	}
	return err
}

type restoreCmd struct {
	Data     string `required:"" type:"path" placeholder:"DIR" help:"The new data folder; it must not exist yet."`
	Key      string `required:"" type:"existingfile" placeholder:"FILE" help:"The key file of the house. If it is lost, write it anew first: milieu init --recover."`
	Database string `placeholder:"URL" help:"Restore into an empty PostgreSQL database."`
	Source   string `arg:"" type:"existingdir" help:"The folder that holds the backup."`
}

// Run brings a backup back, verifies all of it, and only then puts the folder in place.
func (c *restoreCmd) Run(ctx context.Context, s *std) error {
	keys, err := LoadKeys(c.Key)
	if err != nil {
		return err
	}
	plan, err := (&Data{}).plan()
	if err != nil {
		return err
	}
	_, opens, err := keys.backupSeal()
	if err != nil {
		return err
	}
	key, err := filepath.Abs(c.Key)
	if err != nil {
		return err
	}
	told := s.progress()
	r := &backup.Restorer{Store: backup.Dir(c.Source), Identities: []age.Identity{opens}, Schemas: append([]string{record.Schema}, plan.Schemas...),
		Progress: func(what string, done int64) { told(what, done, 0) }}
	made, err := r.Mark()
	if err != nil {
		return err
	}
	if made != madeForDemo && made != madeForSimulation {
		made = madeForHouse // a backup that says nothing is taken for a house's: nothing is ever simulated in it
	}
	var out backup.Restored
	if c.Database != "" {
		kept, secret, err := withoutPassword(c.Database)
		if err != nil {
			return err
		}
		d, err := db.OpenPostgres(ctx, c.Database)
		if err != nil {
			return err
		}
		if out, err = r.Into(ctx, d); err != nil {
			return errors.Join(err, d.Close())
		}
		if err := d.Close(); err != nil {
			return err
		}
		if err := writeSettings(c.Data, settings{Key: key, Made: made, Database: kept}); err != nil {
			return err
		}
		if secret {
			fmt.Fprintln(s.out, passwordAdvice)
		}
	} else {
		vaultKeys, err := keys.sealing()
		if err != nil {
			return err
		}
		vfs, err := vault.Register(vaultKeys, vault.Options{})
		if err != nil {
			return err
		}
		out, err = r.Folder(ctx, c.Data, func(dir string) (*db.DB, error) {
			if err := writeSettings(dir, settings{Key: key, Made: made}); err != nil {
				return nil, err
			}
			return db.OpenSQLite(ctx, db.SQLiteOptions{Path: filepath.Join(dir, databaseFile), VFS: vfs})
		})
		if err = errors.Join(err, vault.Unregister(vfs)); err != nil {
			return err
		}
	}
	data, err := OpenData(ctx, c.Data, c.Key, c.Database, s.log)
	if err != nil {
		return err
	}
	views, err := data.restoreViews(ctx, c.Source)
	if err = errors.Join(err, data.Close()); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "Restored %d views of who looked.\n", views)
	fmt.Fprintf(s.out, "Restored %d entries, root %s; the newest piece was made %s. Everything is as it was filed.\nServe it: milieu serve --data %s\n",
		out.Tree.N, out.Tree.Hash, clock.FromMicros(out.Made).Format(time.RFC3339), c.Data)
	return nil
}

// ship keeps a backup going while the house is served, and signs a checkpoint into it at the end of each shift.
func (r *running) ship(ctx context.Context, d *Data, dest string, keep backup.Keep, s *std) error {
	m, err := d.maker(dest, r.Clock, s)
	if err != nil {
		return err
	}
	go m.Run(ctx, keep, func(_ int64, err error) {
		if err != nil {
			s.log.Error("the backup falls behind", "error", err)
		}
	})
	go func() { // once a minute, and as the house closes
		for {
			if err := d.shipViews(context.WithoutCancel(ctx), dest); err != nil {
				s.log.Error("the backup of the view log falls behind", "error", err)
			}
			if ctx.Err() != nil {
				return
			}
			select {
			case <-ctx.Done():
			case <-r.Clock.After(time.Minute):
			}
		}
	}()
	go func() {
		for {
			end := r.shiftEnd(ctx)
			select {
			case <-ctx.Done():
				return
			case <-r.Clock.After(end.Sub(r.Clock.Now())):
			}
			if err := d.checkpoint(ctx, filepath.Join(dest, "checkpoints")); err != nil {
				s.log.Error("a checkpoint could not be signed", "error", err)
			}
		}
	}()
	return nil
}

// shiftEnd is when the shift under way ends, by the house's pattern; in an hour when that is not known.
func (r *running) shiftEnd(ctx context.Context) time.Time {
	now := r.Clock.Now()
	house, err := places.HouseOf(r.DB.Read(ctx))
	if err != nil {
		return now.Add(time.Hour)
	}
	if end := places.ShiftAt(house.Shifts, house.Location(), now).Until; end.After(now) {
		return end
	}
	return now.Add(time.Hour)
}
