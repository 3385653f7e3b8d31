package app

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	roundsroom "milieu/care/rounds/room"
	"milieu/house/places"
)

// packEvery is how often the downtime packs are written.
const packEvery = 30 * time.Minute

// downtimeCode opens downtime packs: 26 letters and digits that follow from the house's seed, kept on paper in the office.
func (k *Keys) downtimeCode() string {
	code := base32Lower.EncodeToString(k.Derive("downtime", 16))
	var groups []string
	for len(code) > 0 {
		n := min(4, len(code))
		groups = append(groups, code[:n])
		code = code[n:]
	}
	return strings.Join(groups, " ")
}

// plainCode is a code as typed, in the one form that seals.
func plainCode(code string) string {
	return strings.ToUpper(strings.Join(strings.Fields(strings.ReplaceAll(code, "-", " ")), ""))
}

// pack writes a sealed page for each unit into a folder, every half hour, until ctx ends. The old one stays until the new one is whole.
func (r *running) pack(ctx context.Context, keys *Keys, dir string, s *std) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the folder for downtime packs: %w", err)
	}
	if err := r.packOnce(ctx, keys, dir); err != nil {
		return err
	}
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-r.Clock.After(packEvery):
			}
			if err := r.packOnce(ctx, keys, dir); err != nil && ctx.Err() == nil {
				s.log.Error("the downtime packs could not be written", "error", err)
			}
		}
	}()
	return nil
}

func (r *running) packOnce(ctx context.Context, keys *Keys, dir string) error {
	q := r.DB.Read(ctx)
	units, err := places.Units(q)
	if err != nil {
		return fmt.Errorf("listing the units: %w", err)
	}
	for _, u := range units {
		page, err := roundsroom.DowntimePack(ctx, q, u.ID, r.Clock.Now())
		if err != nil {
			return fmt.Errorf("writing the downtime pack of %s: %w", u.Name, err)
		}
		if err := seal(filepath.Join(dir, u.ID.String()+".html.age"), page, keys); err != nil {
			return err
		}
	}
	return nil
}

func seal(path string, page []byte, keys *Keys) (err error) {
	to, err := age.NewScryptRecipient(plainCode(keys.downtimeCode()))
	if err != nil {
		return fmt.Errorf("sealing a downtime pack: %w", err)
	}
	to.SetWorkFactor(1) // the code holds 128 bits already
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	if err == nil {
		_, err = w.Write(page)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return fmt.Errorf("sealing a downtime pack: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".pack-*")
	if err != nil {
		return fmt.Errorf("writing a downtime pack: %w", err)
	}
	_, err = f.Write(sealed.Bytes())
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing a downtime pack: %w", err), os.Remove(f.Name()))
	}
	return nil
}

type downtimeCmd struct {
	Code downtimeCodeCmd `cmd:"" help:"Print the code that opens downtime packs: keep it on paper in the office."`
	Open downtimeOpenCmd `cmd:"" help:"Open a downtime pack with the code, typed on standard input, to print it."`
}

type downtimeCodeCmd struct {
	Key string `required:"" type:"existingfile" placeholder:"FILE" help:"The key file."`
}

// Run prints the code.
func (c *downtimeCodeCmd) Run(s *std) error {
	k, err := LoadKeys(c.Key)
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, k.downtimeCode())
	return nil
}

type downtimeOpenCmd struct {
	Pack string `arg:"" type:"existingfile" help:"The sealed pack of a unit."`
	Out  string `arg:"" type:"path" help:"The page to write: open it in any browser, print it, delete it."`
}

// Run opens a pack. It needs neither the server nor the key.
func (c *downtimeOpenCmd) Run(s *std) error {
	fmt.Fprint(s.out, "The house's downtime code: ")
	typed, err := bufio.NewReader(s.in).ReadString('\n')
	if err != nil && typed == "" {
		return fmt.Errorf("reading the code: %w", err)
	}
	id, err := age.NewScryptIdentity(plainCode(typed))
	if err != nil {
		return err
	}
	f, err := os.Open(c.Pack)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := age.Decrypt(f, id)
	if err != nil {
		return fmt.Errorf("this code does not open the pack: %w", err)
	}
	page, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("the pack is damaged: %w", err)
	}
	if err := os.WriteFile(c.Out, page, 0o600); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s is ready to print. It holds names: delete it when you are done.\n", c.Out)
	return nil
}
