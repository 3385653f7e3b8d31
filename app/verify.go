package app

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/sumdb/note"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/db/vault"
	"milieu/kit/record/proof"
	"milieu/kit/room"
)

// signerName stands on every checkpoint.
const signerName = "milieu"

// signer signs checkpoints of the record with the key that follows from the house's seed; verifier knows its signature.
func (k *Keys) signer() (note.Signer, note.Verifier, error) { return k.signerAs(signerName) }

// signerAs signs checkpoints of one of the house's logs, by its name.
func (k *Keys) signerAs(name string) (note.Signer, note.Verifier, error) {
	const ed25519Algorithm = 1
	private := k.Signer()
	public := append([]byte{ed25519Algorithm}, private.Public().(ed25519.PublicKey)...)
	sum := sha256.Sum256(append([]byte(name+"\n"), public...))
	hash := binary.BigEndian.Uint32(sum[:])
	s, err := note.NewSigner(fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", name, hash, base64.StdEncoding.EncodeToString(append([]byte{ed25519Algorithm}, private.Seed()...))))
	if err != nil {
		return nil, nil, fmt.Errorf("making the checkpoint key: %w", err)
	}
	v, err := note.NewVerifier(fmt.Sprintf("%s+%08x+%s", name, hash, base64.StdEncoding.EncodeToString(public)))
	return s, v, err
}

type verifyCmd struct {
	dataFlags
	Checkpoint string `type:"path" placeholder:"FILE" help:"A checkpoint kept elsewhere: prove that its record is part of today's."`
	Sign       string `type:"path" placeholder:"FILE" help:"Write a checkpoint of the record as it stands, to be kept elsewhere."`
}

// Run proves the record, and fails when anything is not as it was filed.
func (c *verifyCmd) Run(ctx context.Context, s *std) error {
	data, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer data.Close()
	sign, verifier, err := data.Keys.signer()
	if err != nil {
		return err
	}
	cl := clock.System()
	begun := cl.Now()
	told := s.progress()
	report, err := proof.Verify(ctx, data.DB, func(done, total int64) { told("verify", done, total) })
	if err != nil {
		return fmt.Errorf("verifying: %w", err)
	}
	took := cl.Now().Sub(begun)
	fmt.Fprintf(s.out, "%d entries, root %s, in %s\n", report.Tree.N, report.Tree.Hash, took.Round(time.Millisecond))
	for _, p := range report.Problems {
		fmt.Fprintln(s.out, "NOT AS FILED:", p)
	}
	views, err := data.verifyViews(ctx, s)
	if err != nil {
		return err
	}
	if n := len(report.Problems) + report.More + views; n > 0 {
		return fmt.Errorf("%d things are not as they were filed", n)
	}
	q := data.DB.Read(ctx)
	if c.Checkpoint != "" {
		if err := against(q, c.Checkpoint, verifier, s); err != nil {
			return err
		}
	}
	if path := c.Checkpoint + ".views"; c.Checkpoint != "" && exists(path) {
		if err := data.againstViews(ctx, path, s); err != nil {
			return err
		}
	}
	if c.Sign != "" {
		views, _, err := data.signViews(ctx)
		if err == nil {
			err = os.WriteFile(c.Sign+".views", views, 0o600)
		}
		if err != nil {
			return fmt.Errorf("writing the checkpoint of the view log: %w", err)
		}
		text, err := proof.Sign(q, sign)
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.Sign, text, 0o600); err != nil {
			return fmt.Errorf("writing the checkpoint: %w", err)
		}
	}
	if err := data.wholePages(s); err != nil {
		return err
	}
	fmt.Fprintln(s.out, "Everything is as it was filed.")
	return nil
}

// wholePages reads every page of an SQLite file: the entries do not touch them all. It closes the database for that, so it comes last; beside a
// running server it is left out, and said so.
func (d *Data) wholePages(s *std) error {
	if d.DB.Dialect != db.SQLite {
		return nil
	}
	if err := d.hold(); err != nil {
		fmt.Fprintln(s.out, "Another Milieu is at work here: the pages beside the entries are checked when it is stopped.")
		return nil
	}
	held := d.lock
	d.lock = nil
	defer held.Close()
	if err := d.Close(); err != nil {
		return fmt.Errorf("closing the database to read its pages: %w", err)
	}
	keys, err := d.Keys.sealing()
	if err != nil {
		return err
	}
	r, err := vault.Verify(filepath.Join(d.Dir, databaseFile), keys)
	if err != nil {
		return fmt.Errorf("reading the database's pages: %w", err)
	}
	views, err := vault.Verify(filepath.Join(d.Dir, room.ViewFile), keys)
	if err != nil {
		return fmt.Errorf("reading the view log's pages: %w", err)
	}
	r.Damages = append(r.Damages, views.Damages...)
	r.Pages += views.Pages
	for _, one := range r.Damages {
		if !one.Notice {
			fmt.Fprintln(s.out, "DAMAGED:", one.Error())
		}
	}
	if !r.Sound() {
		return errors.New("pages of the database are damaged: restore a backup, or save what can be read with `milieu db decrypt --rescue`")
	}
	fmt.Fprintf(s.out, "%d pages, all whole\n", r.Pages)
	return nil
}

func against(q db.Querier, path string, v note.Verifier, s *std) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading the checkpoint: %w", err)
	}
	tree, err := proof.Open(text, v)
	if err != nil {
		return fmt.Errorf("the checkpoint %s: %w", path, err)
	}
	if err := proof.Against(q, tree); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "The %d entries of the checkpoint are the beginning of today's record.\n", tree.N)
	return nil
}

// checkpoint writes a signed checkpoint into a folder, named by the log's length.
func (d *Data) checkpoint(ctx context.Context, dir string) error {
	sign, _, err := d.Keys.signer()
	if err != nil {
		return err
	}
	text, err := proof.Sign(d.DB.Read(ctx), sign)
	if err != nil {
		return err
	}
	head, err := proof.Head(d.DB.Read(ctx))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	views, rows, err := d.signViews(ctx)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, fmt.Sprintf("checkpoint-views-%012d.txt", rows)), views, 0o600)
	}
	if err != nil {
		return err
	}
	err = os.WriteFile(filepath.Join(dir, fmt.Sprintf("checkpoint-%012d.txt", head.N)), text, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	return err
}
