package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/db/vault"
	"milieu/kit/room"
	"milieu/kit/signin/oidc"
	"milieu/kit/web"
)

// settings is the small file in a data folder that says how to open it. It holds no secret.
type settings struct {
	Key      string `json:"key"`                // path of the key file; relative paths start at the data folder
	Database string `json:"database,omitempty"` // a PostgreSQL URL without password, where that is used
	Made     string `json:"made_for"`           // "house", "demo" or "simulation": what is made up may be simulated, a house never
}

const (
	settingsFile = "milieu.json"
	databaseFile = "milieu.db"
	headName     = "milieu.head"
)

// Data is an opened data folder.
type Data struct {
	Dir      string
	Keys     *Keys
	DB       *db.DB
	Settings settings
	Outside  web.Outside // how the site that is built on it is reached
	// Organisation is the one whose accounts open the house; nil for none.
	Organisation *oidc.Settings
	vfs          string
	lock         *os.File // while this process files into the folder
	second       *os.File // the lock on this process's second place of the view log, on PostgreSQL
}

// credential is where systemd puts secrets handed to a service.
const credential = "CREDENTIALS_DIRECTORY"

func (s settings) keyPath(dir, flag string) string {
	switch path := os.Getenv(credential); {
	case flag != "":
		return flag
	case path != "":
		if p := filepath.Join(path, "milieu-key"); exists(p) {
			return p
		}
	}
	if filepath.IsAbs(s.Key) {
		return s.Key
	}
	return filepath.Join(dir, s.Key)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// CreateData makes a new data folder with its settings and key.
func CreateData(dir, keyPath, madeFor string, k *Keys) error {
	if exists(filepath.Join(dir, settingsFile)) {
		return fmt.Errorf("%s is a data folder already", dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the data folder: %w", err)
	}
	at := keyPath
	if !filepath.IsAbs(at) {
		at = filepath.Join(dir, keyPath)
	}
	if err := k.Save(at); err != nil {
		return err
	}
	return writeSettings(dir, settings{Key: keyPath, Made: madeFor})
}

func writeSettings(dir string, s settings) error {
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the data folder: %w", err)
	}
	return os.WriteFile(filepath.Join(dir, settingsFile), append(b, '\n'), 0o600)
}

// OpenData opens a data folder and its database. keyFlag and databaseFlag overrule the settings.
func OpenData(ctx context.Context, dir, keyFlag, databaseFlag string, log *slog.Logger) (*Data, error) {
	d := &Data{Dir: dir}
	b, err := os.ReadFile(filepath.Join(dir, settingsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is no data folder of Milieu: make one with `milieu init --data %s`, or try `milieu demo`", dir, dir)
	}
	if err == nil {
		err = json.Unmarshal(b, &d.Settings)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the settings of %s: %w", dir, err)
	}
	if d.Keys, err = LoadKeys(d.Settings.keyPath(dir, keyFlag)); err != nil {
		return nil, fmt.Errorf("%w; say where the key is with --key, or write it anew from the recovery sheet with `milieu init --recover`", err)
	}
	if databaseFlag == "" {
		databaseFlag = d.Settings.Database
	}
	if databaseFlag != "" {
		d.DB, err = db.OpenPostgres(ctx, databaseFlag)
		return d, err
	}
	keys, err := d.Keys.sealing()
	if err != nil {
		return nil, err
	}
	d.vfs, err = vault.Register(keys, vault.Options{Report: func(m vault.Damage) {
		log.Error("the database is damaged", "damage", m.Error(), "got_round", m.Notice)
	}})
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, databaseFile)
	d.DB, err = db.OpenSQLite(ctx, db.SQLiteOptions{Path: path, VFS: d.vfs})
	if err != nil {
		return nil, vault.Explain(d.vfs, path, err)
	}
	return d, nil
}

// Build wires the rooms together on the data, which it takes for this process alone where that is an SQLite file.
func (d *Data) Build(ctx context.Context, c clock.Clock, log *slog.Logger, progress func(string, int64, int64)) (*room.Building, error) {
	if err := d.hold(); err != nil {
		return nil, err
	}
	head := ""
	if d.DB.Dialect == db.SQLite {
		head = filepath.Join(d.Dir, headName)
	}
	policies, err := Policies()
	if err != nil {
		return nil, err
	}
	views, err := d.viewOptions()
	if err != nil {
		return nil, err
	}
	own, err := HousePolicies(d.Dir)
	if err != nil {
		return nil, err
	}
	return room.Open(ctx, room.Options{Views: views, DB: d.DB, Clock: c, Log: log, Defs: Rooms(d), Policies: policies, HousePolicies: own, HeadFile: head, Outside: d.Outside, Demo: d.Settings.Made == madeForDemo || d.Settings.Made == madeForSimulation, Progress: progress})
}

// Close closes the database.
func (d *Data) Close() error {
	err := d.DB.Close()
	if d.vfs != "" {
		err = errors.Join(err, vault.Unregister(d.vfs))
	}
	for _, f := range []*os.File{d.lock, d.second} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	return err
}
