package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"milieu/house/places"
	"milieu/house/staff"
	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/signin"
)

type initCmd struct {
	Data     string `required:"" type:"path" placeholder:"DIR" help:"The data folder to make."`
	Key      string `type:"path" placeholder:"FILE" help:"Where to keep the key: outside the data folder. Without it: beside the user's settings."`
	Database string `placeholder:"URL" help:"A PostgreSQL database instead of the SQLite file: postgres://…"`
	Name     string `help:"The house's name."`
	Zone     string `default:"UTC" help:"The house's time zone, as America/New_York."`
	Admin    string `help:"The name of the first administrator."`
	SignIn   string `name:"sign-in" help:"The administrator's sign-in name."`
	Sheet    string `type:"path" placeholder:"FILE" help:"Where to write the recovery sheet to print."`
	Recover  bool   `help:"Write the key file anew from a recovery sheet, typed on standard input."`
}

// Run makes the data folder and does not finish before the recovery sheet was typed back.
func (c *initCmd) Run(ctx context.Context, s *std) error {
	in := bufio.NewReader(s.in)
	if c.Recover {
		return c.recover(s, in)
	}
	key, err := c.keyPath()
	if err != nil {
		return err
	}
	for _, q := range []struct {
		to   *string
		text string
	}{{&c.Name, "The house's name:"}, {&c.Admin, "Your name:"}, {&c.SignIn, "The name you want to sign in with:"}} {
		for *q.to == "" {
			fmt.Fprint(s.out, q.text+" ")
			line, err := in.ReadString('\n')
			*q.to = strings.TrimSpace(line)
			if err != nil && *q.to == "" {
				return fmt.Errorf("asking for %q: %w", q.text, err)
			}
		}
	}
	if _, err := time.LoadLocation(c.Zone); err != nil {
		return fmt.Errorf("%q is no time zone: %w", c.Zone, err)
	}
	kept, secret := "", false
	if c.Database != "" {
		if kept, secret, err = withoutPassword(c.Database); err != nil {
			return err
		}
	}
	keys := NewKeys()
	if err := c.sheet(s, in, keys); err != nil {
		return err
	}
	if err := CreateData(c.Data, key, madeForHouse, keys); err != nil {
		return err
	}
	if kept != "" {
		if err := writeSettings(c.Data, settings{Key: key, Made: madeForHouse, Database: kept}); err != nil {
			return err
		}
	}
	if secret {
		fmt.Fprintln(s.out, passwordAdvice)
	}
	data, err := OpenData(ctx, c.Data, "", c.Database, s.log)
	if err != nil {
		return err
	}
	defer data.Close()
	h, err := data.Build(ctx, clock.System(), s.log, nil)
	if err != nil {
		return err
	}
	link, err := c.furnish(ctx, h)
	if err != nil {
		return errors.Join(err, h.Close())
	}
	fmt.Fprintf(s.out, "\nThe house is made. The key is in %s; keep it out of every copy of the data.\nStart it:   milieu serve --data %s\nThen open:  http://127.0.0.1:8080%s   (once, within three days: choose your password)\n", key, c.Data, link)
	return h.Close()
}

// keyPath is where the key is kept: never inside the data folder, so that a copy of the data gives nothing away.
func (c *initCmd) keyPath() (string, error) {
	data, err := filepath.Abs(c.Data)
	if err != nil {
		return "", err
	}
	key := c.Key
	if key == "" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return "", fmt.Errorf("finding a place for the key: %w; say where with --key", err)
		}
		key = filepath.Join(dir, "milieu", filepath.Base(data)+".key")
	}
	if key, err = filepath.Abs(key); err != nil {
		return "", err
	}
	if rel, err := filepath.Rel(data, key); err == nil && !strings.HasPrefix(rel, "..") {
		return "", fmt.Errorf("the key %s lies inside the data folder: keep it elsewhere, with --key", key)
	}
	if exists(key) {
		return "", fmt.Errorf("there is a key at %s already; it is not replaced: choose another place with --key", key)
	}
	return key, nil
}

// sheet shows the recovery sheet and has it typed back: a key that exists once is a key that gets lost.
func (c *initCmd) sheet(s *std, in *bufio.Reader, keys *Keys) error {
	text := "Recovery sheet of " + c.Name + "\nWithout this key nobody can read the record: not you, not us. Print it, and keep it in two safe places away from the computer.\n\n" + keys.Text()
	if c.Sheet != "" {
		if err := os.WriteFile(c.Sheet, []byte(text), 0o600); err != nil {
			return fmt.Errorf("writing the recovery sheet: %w", err)
		}
		fmt.Fprintf(s.out, "The recovery sheet is in %s. Print it, then delete the file.\n", c.Sheet)
	} else {
		fmt.Fprintln(s.out, "\n"+text)
	}
	fmt.Fprintln(s.out, "Type the lines that begin with “database” and “seed” from the paper, and end with an empty line:")
	typed, err := readUntilEmpty(in)
	if err != nil {
		return fmt.Errorf("reading the sheet back: %w", err)
	}
	back, err := ParseKeys(typed)
	if err != nil {
		return fmt.Errorf("the sheet was not typed back as it stands: %w; nothing was made", err)
	}
	if back.Text() != keys.Text() {
		return errors.New("what was typed is another key than the one on the sheet; nothing was made")
	}
	return nil
}

func readUntilEmpty(in *bufio.Reader) (string, error) {
	var b strings.Builder
	for {
		line, err := in.ReadString('\n')
		if strings.TrimSpace(line) == "" && b.Len() > 0 || err != nil {
			b.WriteString(line)
			if b.Len() == 0 {
				return "", err
			}
			return b.String(), nil
		}
		b.WriteString(line)
	}
}

func (c *initCmd) recover(s *std, in *bufio.Reader) error {
	if c.Key == "" {
		return errors.New("say with --key where to write the key file")
	}
	fmt.Fprintln(s.out, "Type the lines of the recovery sheet, and end with an empty line:")
	typed, err := readUntilEmpty(in)
	if err != nil {
		return fmt.Errorf("reading the sheet: %w", err)
	}
	keys, err := ParseKeys(typed)
	if err != nil {
		return err
	}
	if err := keys.Save(c.Key); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "The key is in %s.\n", c.Key)
	return nil
}

// furnish files the house and its first administrator.
func (c *initCmd) furnish(ctx context.Context, h *room.Building) (link string, err error) {
	house := places.DefaultHouse()
	house.Name, house.Zone = c.Name, c.Zone
	if err := file(ctx, h, due.Program(), "places.house_set", due.House, &house); err != nil {
		return "", err
	}
	admin := record.NewID(h.Clock.Now())
	err = file(ctx, h, due.Program(), "staff.joined", admin, &staff.Joined{Details: staff.Details{Name: c.Admin, Role: access.Administrator, SignIn: c.SignIn}})
	if err != nil {
		return "", err
	}
	return signin.NewLink(ctx, h.Committer, h.Clock, admin, false)
}

// file files one entry happening now.
func file(ctx context.Context, h *room.Building, s record.Sender, kind string, chart record.ID, b record.Body) error {
	e, err := entry(h, kind, chart, b, h.Clock.Now())
	if err != nil {
		return err
	}
	if o := h.Committer.File(ctx, s, e)[0]; o.Err != nil {
		return fmt.Errorf("filing %s: %w", kind, o.Err)
	}
	return nil
}

func entry(h *room.Building, kind string, chart record.ID, b record.Body, at time.Time) (*record.Entry, error) {
	raw, err := record.Canonical(b)
	if err != nil {
		return nil, err
	}
	k, err := h.Kinds.Find(kind)
	if err != nil {
		return nil, err
	}
	return &record.Entry{ID: record.NewID(at), Chart: chart, Kind: kind, Version: k.Version, Happened: at, Written: at, Body: raw}, nil
}
