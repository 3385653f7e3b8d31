package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"filippo.io/age"

	"milieu/kit/db"
	"milieu/kit/record/proof"
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
	if err := view.Migrate(ctx, v); err != nil { // data that an older program made has none yet
		return nil, errors.Join(err, v.Close())
	}
	return v, nil
}

// viewPiece is the name of a piece of the view log in a backup: behind which row it begins, and with which it ends.
var viewPiece = regexp.MustCompile(`^views-([0-9]{19})-([0-9]{19})\.age$`)

// pieceRows is how many rows a piece holds before the next is begun: until then it is written anew, whole, with what came since.
const pieceRows = 50_000

type viewPieceName struct {
	name        string
	after, upto int64
}

// viewPieces lists the pieces of a backup in order; of two that begin alike, the longer.
func viewPieces(dir string) (out []viewPieceName, err error) {
	list, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range list {
		m := viewPiece.FindStringSubmatch(e.Name())
		if m == nil || !e.Type().IsRegular() {
			continue
		}
		after, _ := strconv.ParseInt(m[1], 10, 64) // nineteen digits, and if they are too great the piece carries on nothing
		upto, _ := strconv.ParseInt(m[2], 10, 64)
		if n := len(out); n > 0 && out[n-1].after == after {
			out[n-1] = viewPieceName{e.Name(), after, upto}
			continue
		}
		out = append(out, viewPieceName{e.Name(), after, upto})
	}
	return out, err
}

// shipViews brings the view log's part of a backup up to date.
func (d *Data) shipViews(ctx context.Context, dest string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("shipping the view log: %w", err)
		}
	}()
	v, err := d.views(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	q := v.Read(ctx)
	head, err := view.Head(q)
	if err != nil {
		return err
	}
	dir := filepath.Join(dest, "views")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	pieces, err := viewPieces(dir)
	if err != nil {
		return err
	}
	after, old := int64(0), ""
	if n := len(pieces); n > 0 {
		last := pieces[n-1]
		if after = last.upto; last.upto-last.after < pieceRows {
			after, old = last.after, last.name
		}
		if last.upto == head.N {
			return d.emptyViews(q, dir)
		}
		if last.upto > head.N {
			return fmt.Errorf("the backup reaches to row %d and the log to %d: it is of another log; ship to another folder", last.upto, head.N)
		}
	}
	name, err := d.shipPiece(q, dir, after, 0)
	if err != nil {
		return err
	}
	if old != "" && old != name {
		if err := os.Remove(filepath.Join(dir, old)); err != nil {
			return err
		}
	}
	return d.emptyViews(q, dir)
}

// shipPiece seals the rows behind one, up to another or the newest, into a piece, and gives its name.
func (d *Data) shipPiece(q db.Querier, dir string, after, upto int64) (name string, err error) {
	seal, _, err := d.Keys.backupSeal()
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp(dir, ".partial-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(f.Name()) }() // it is gone when it has got its name
	w, err := age.Encrypt(f, seal)
	if err != nil {
		return "", errors.Join(err, f.Close())
	}
	tree, err := view.Ship(q, after, upto, w)
	if err = errors.Join(err, w.Close(), f.Sync(), f.Close()); err != nil {
		return "", err
	}
	name = fmt.Sprintf("views-%019d-%019d.age", after, tree.N)
	return name, os.Rename(f.Name(), filepath.Join(dir, name))
}

// emptyViews writes pieces anew that were shipped before the retention of their first rows ended: a backup keeps no look longer than the house.
func (d *Data) emptyViews(q db.Querier, dir string) error {
	gone, at, err := view.LastEnded(q)
	if err != nil || gone == 0 {
		return err
	}
	pieces, err := viewPieces(dir)
	for _, p := range pieces {
		if p.after >= gone {
			break
		}
		info, err := os.Stat(filepath.Join(dir, p.name))
		if err != nil {
			return err
		}
		if info.ModTime().After(at) {
			continue
		}
		if _, err := d.shipPiece(q, dir, p.after, p.upto); err != nil {
			return err
		}
	}
	return err
}

// restoreViews brings the view log back from a backup, piece by piece, and proves it.
func (d *Data) restoreViews(ctx context.Context, source string) (rows int64, err error) {
	dir := filepath.Join(source, "views")
	pieces, err := viewPieces(dir)
	if err != nil {
		return 0, err
	}
	_, opens, err := d.Keys.backupSeal()
	if err != nil {
		return 0, err
	}
	v, err := d.views(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	for _, p := range pieces {
		f, err := os.Open(filepath.Join(dir, p.name))
		if err != nil {
			return 0, err
		}
		in, err := age.Decrypt(f, opens)
		if err == nil {
			err = view.Restore(ctx, v, in)
		}
		if err = errors.Join(err, f.Close()); err != nil {
			return 0, fmt.Errorf("restoring %s: %w", p.name, err)
		}
	}
	r, err := view.Verify(ctx, v, nil)
	if err != nil {
		return 0, err
	}
	if len(r.Problems) > 0 {
		return 0, fmt.Errorf("the view log that was restored is not whole: %s", r.Problems[0])
	}
	return r.Tree.N, nil
}

// verifyViews proves the view log, and gives how many things in it are not as they were written.
func (d *Data) verifyViews(ctx context.Context, s *std) (wrong int, err error) {
	v, err := d.views(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	told := s.progress()
	r, err := view.Verify(ctx, v, func(done, total int64) { told("verify views", done, total) })
	if err != nil {
		return 0, fmt.Errorf("verifying the view log: %w", err)
	}
	fmt.Fprintf(s.out, "%d views, root %s\n", r.Tree.N, r.Tree.Hash)
	for _, p := range r.Problems {
		fmt.Fprintln(s.out, "NOT AS WRITTEN:", p)
	}
	return len(r.Problems) + r.More, nil
}

// viewsName stands on every checkpoint of the view log.
const viewsName = signerName + ".views"

// signViews gives a signed checkpoint of the view log and its length.
func (d *Data) signViews(ctx context.Context) (text []byte, rows int64, err error) {
	sign, _, err := d.Keys.signerAs(viewsName)
	if err != nil {
		return nil, 0, err
	}
	v, err := d.views(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	tree, err := view.Head(v.Read(ctx))
	if err != nil {
		return nil, 0, err
	}
	text, err = proof.SignTree(tree, sign)
	return text, tree.N, err
}

// againstViews proves that the view log carries on the one of a checkpoint.
func (d *Data) againstViews(ctx context.Context, path string, s *std) (err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading the checkpoint: %w", err)
	}
	_, verifier, err := d.Keys.signerAs(viewsName)
	if err != nil {
		return err
	}
	tree, err := proof.Open(text, verifier)
	if err != nil {
		return fmt.Errorf("the checkpoint %s: %w", path, err)
	}
	v, err := d.views(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	if err := view.Against(v.Read(ctx), tree); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "The %d views of the checkpoint are the beginning of today's view log.\n", tree.N)
	return nil
}
