package backup

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/tlog"

	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/record/proof"
)

// Restorer brings a backup back.
type Restorer struct {
	Store      Store
	Identities []age.Identity
	// Schemas are the tables that the program keeps beside the log, in SQLite's words.
	Schemas []string
	// Progress hears how far it has come. Nil is silent.
	Progress func(what string, done int64)
}

// Restored says what came back.
type Restored struct {
	Tree tlog.Tree
	Made int64 // when the last piece was made, microseconds
}

// chains finds, for each piece of a list in order of their ends, the shortest way from a base to it: how many pieces that takes and which
// comes before. 0 where there is no way.
func chains(list []piece) (length, before []int) {
	length, before = make([]int, len(list)), make([]int, len(list))
	ends := map[int64]int{} // by last entry, the piece with the shortest way
	for i, p := range list {
		before[i] = -1
		if p.base {
			length[i] = 1
		} else if j, ok := ends[p.from-1]; ok {
			length[i], before[i] = length[j]+1, j
		}
		if j, ok := ends[p.to]; length[i] > 0 && (!ok || length[i] < length[j]) {
			ends[p.to] = i
		}
	}
	return length, before
}

// plan chooses the pieces that lead furthest, in the order of restoring.
func plan(list []piece) ([]piece, error) {
	length, before := chains(list)
	best := -1
	for i, n := range length {
		if n > 0 && (best < 0 || list[i].to > list[best].to || n < length[best]) {
			best = i
		}
	}
	if best < 0 {
		return nil, fmt.Errorf("there is no base to restore in this backup")
	}
	var out []piece
	for i := best; i >= 0; i = before[i] {
		out = append(out, list[i])
	}
	slices.Reverse(out)
	return out, nil
}

// Mark reads what the maker of the base that would be restored put into it; empty when it put in nothing.
func (r *Restorer) Mark() (string, error) {
	list, err := pieces(r.Store)
	if err != nil {
		return "", err
	}
	todo, err := plan(list)
	if err != nil {
		return "", err
	}
	f, err := r.Store.Open(todo[0].String())
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", todo[0], err)
	}
	defer f.Close()
	in, err := newReader(f, r.Identities)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", todo[0], err)
	}
	return in.header.Mark, nil
}

// Folder restores into a folder that does not exist yet, or is empty. Everything happens in a folder beside it, which takes its name once
// the whole log was restored and verified; after any failure nothing is there. open makes a database in the folder it is given.
func (r *Restorer) Folder(ctx context.Context, dir string, open func(dir string) (*db.DB, error)) (out Restored, err error) {
	if list, err := os.ReadDir(dir); err == nil && len(list) > 0 || err != nil && !os.IsNotExist(err) {
		return out, fmt.Errorf("restoring to %s: the folder must be empty, or not there", dir)
	}
	if err := os.MkdirAll(filepath.Dir(filepath.Clean(dir)), 0o700); err != nil {
		return out, fmt.Errorf("restoring to %s: %w", dir, err)
	}
	beside, err := os.MkdirTemp(filepath.Dir(filepath.Clean(dir)), ".restoring-")
	if err != nil {
		return out, fmt.Errorf("restoring to %s: %w", dir, err)
	}
	defer os.RemoveAll(beside)
	d, err := open(beside)
	if err != nil {
		return out, fmt.Errorf("restoring to %s: %w", dir, err)
	}
	out, err = r.Into(ctx, d)
	if e := d.Close(); err == nil && e != nil {
		err = fmt.Errorf("restoring to %s: %w", dir, e)
	}
	if err != nil {
		return out, err
	}
	if err := os.Remove(dir); err != nil && !os.IsNotExist(err) {
		return out, fmt.Errorf("restoring to %s: %w", dir, err)
	}
	if err := os.Rename(beside, dir); err != nil {
		return out, fmt.Errorf("restoring to %s: %w", dir, err)
	}
	return out, syncDir(filepath.Dir(filepath.Clean(dir)))
}

// Into restores into an empty database, and verifies all of it. After a failure its tables are taken away again.
func (r *Restorer) Into(ctx context.Context, d *db.DB) (out Restored, err error) {
	list, err := pieces(r.Store)
	if err != nil {
		return out, err
	}
	todo, err := plan(list)
	if err != nil {
		return out, err
	}
	m := Maker{DB: d}
	if there, err := m.tables(d.Read(ctx)); err != nil || len(there) > 0 {
		if err == nil {
			err = fmt.Errorf("the database to restore into is not empty: it has the table %s", there[0])
		}
		return out, err
	}
	defer func() {
		if err != nil {
			r.undo(d)
		}
	}()
	err = d.Write(ctx, func(tx db.Tx) error {
		for _, s := range append([]string{record.Schema}, r.Schemas...) {
			if err := db.Migrate(tx, d.Dialect, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("making the tables: %w", err)
	}
	for _, p := range todo {
		if out.Made, err = r.piece(ctx, d, p); err != nil {
			return out, fmt.Errorf("restoring %s: %w", p, err)
		}
	}
	if err := destroyAgain(ctx, d); err != nil {
		return out, err
	}
	report, err := proof.Verify(ctx, d, func(done, _ int64) { r.tell("verify", done) })
	if err != nil {
		return out, fmt.Errorf("verifying what was restored: %w", err)
	}
	if len(report.Problems) > 0 {
		return out, fmt.Errorf("what was restored is not whole: %s", report.Problems[0])
	}
	out.Tree = report.Tree
	return out, nil
}

func (r *Restorer) tell(what string, done int64) {
	if r.Progress != nil {
		r.Progress(what, done)
	}
}

func (r *Restorer) undo(d *db.DB) {
	ctx := context.Background()
	names, err := (&Maker{DB: d}).tables(d.Read(ctx))
	if err != nil {
		return
	}
	_ = d.Write(ctx, func(tx db.Tx) error { // the first error is the one that counts
		for _, name := range append(names, notKept...) {
			if err := tx.Exec("DROP TABLE IF EXISTS " + name); err != nil {
				return err
			}
		}
		return nil
	})
}

const chunk = 1000

func (r *Restorer) piece(ctx context.Context, d *db.DB, p piece) (made int64, err error) {
	f, err := r.Store.Open(p.String())
	if err != nil {
		return 0, err
	}
	defer f.Close()
	in, err := newReader(f, r.Identities)
	if err != nil {
		return 0, err
	}
	h := in.header
	if h.Base != p.base || h.From != p.from || h.To != p.to || len(h.Root) != tlog.HashSize || len(h.Before) != tlog.HashSize {
		return 0, fmt.Errorf("it is another piece under this name")
	}
	head, err := proof.Head(d.Read(ctx))
	switch {
	case p.base:
	case err != nil:
		return 0, err
	case head.N != h.From-1 || !bytes.Equal(head.Hash[:], h.Before):
		return 0, fmt.Errorf("it does not carry on what comes before it: it belongs to another log")
	}
	for done := false; !done; {
		if done, err = r.rows(ctx, d, in, p.base); err != nil {
			return 0, err
		}
		r.tell(p.String(), in.rows)
	}
	if head, err = proof.Head(d.Read(ctx)); err != nil {
		return 0, err
	}
	if head.N != h.To || !bytes.Equal(head.Hash[:], h.Root) {
		return 0, fmt.Errorf("it does not hold the entries that it says it holds")
	}
	return h.Made, nil
}

// rows takes in a thousand rows in one transaction, and says whether it has come to the end.
func (r *Restorer) rows(ctx context.Context, d *db.DB, in *reader, base bool) (done bool, err error) {
	err = d.Write(ctx, func(tx db.Tx) error {
		known := map[string]string{}
		g := &growing{tx: tx, columns: map[string]int{}}
		for range chunk {
			values, err := in.next()
			if err != nil {
				return err
			}
			if values == nil {
				done = true
				break
			}
			if !base && in.table != entryTable {
				return fmt.Errorf("a segment holds entries, and not table %q", in.table)
			}
			insert := known[in.table]
			if insert == "" {
				if insert, err = insertInto(tx, d.Dialect, in.table, in.columns); err != nil {
					return err
				}
				known[in.table] = insert
				if in.table == "log_head" {
					if err := tx.Exec("DELETE FROM log_head"); err != nil {
						return err
					}
				}
			}
			if err := tx.Exec(insert, values...); err != nil {
				return err
			}
			if !base {
				if err := g.add(in.columns, values); err != nil {
					return err
				}
			}
		}
		return g.finish()
	})
	return done, err
}

// insertInto makes the statement for a table. Both names and columns are ones that this program knows: nothing of an archive becomes SQL.
func insertInto(q db.Querier, d db.Dialect, table string, columns []string) (string, error) {
	query := "SELECT name FROM pragma_table_info($1)"
	if d == db.Postgres {
		query = "SELECT column_name::text FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1"
	}
	var mine []string
	err := db.Each(q, query, []any{table}, func(r db.Row) error {
		var c string
		err := r.Scan(&c)
		mine = append(mine, c)
		return err
	})
	if err != nil {
		return "", err
	}
	if len(mine) == 0 || len(mine) != len(columns) || !slices.Equal(slices.Sorted(slices.Values(mine)), slices.Sorted(slices.Values(columns))) {
		return "", fmt.Errorf("this program has no table %q with these columns: restore with the version that made the backup", table)
	}
	marks := make([]string, len(columns))
	for i := range marks {
		marks[i] = fmt.Sprintf("$%d", i+1)
	}
	return "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES (" + strings.Join(marks, ", ") + ")", nil
}

// growing carries the heads on as entries of a segment are taken in.
type growing struct {
	tx       db.Tx
	begun    bool
	frontier record.Frontier
	seq      int64
	received int64
	columns  map[string]int
}

func (g *growing) add(columns []string, values []any) error {
	if !g.begun {
		g.begun = true
		var frontier []byte
		if err := g.tx.QueryRow("SELECT seq, frontier FROM log_head WHERE one = 1").Scan(&g.seq, &frontier); err != nil {
			return err
		}
		g.frontier = record.UnpackHashes(frontier)
		for i, c := range columns {
			g.columns[c] = i
		}
	}
	seq, _ := values[g.columns["seq"]].(int64)
	number, _ := values[g.columns["number"]].(int64)
	tree, _ := values[g.columns["tree"]].([]byte)
	chart, _ := values[g.columns["chart"]].([]byte)
	hashes := record.UnpackHashes(tree)
	if seq != g.seq+1 || len(hashes) == 0 || len(chart) != 16 {
		return fmt.Errorf("entry %d does not follow entry %d", seq, g.seq)
	}
	g.seq = seq
	g.received, _ = values[g.columns["received"]].(int64)
	g.frontier, _ = g.frontier.Append(seq-1, hashes[0])
	if err := g.tx.Exec("INSERT INTO chart_head (chart, number, seq) VALUES ($1, $2, $3) ON CONFLICT (chart) DO UPDATE SET number = excluded.number, seq = excluded.seq", chart, number, seq); err != nil {
		return err
	}
	if values[g.columns["amends"]] == nil {
		return nil
	}
	return g.tx.Exec("INSERT INTO amend (target, id, chart, amendment, written) VALUES ($1, $2, $3, $4, $5)",
		values[g.columns["amends"]], values[g.columns["id"]], chart, values[g.columns["amendment"]], values[g.columns["written"]])
}

func (g *growing) finish() error {
	if !g.begun {
		return nil
	}
	root := g.frontier.Root()
	return g.tx.Exec("UPDATE log_head SET seq = $1, received = $2, frontier = $3, root = $4 WHERE one = 1", g.seq, g.received, g.frontier.Pack(), root[:])
}

// destroyAgain destroys the bodies whose destruction is in the log: an older piece may still have held them.
func destroyAgain(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, func(tx db.Tx) error {
		var gone []record.ID
		err := db.Each(tx, "SELECT "+record.Columns+" FROM entry WHERE kind = 'record.destroyed'", nil, func(r db.Row) error {
			e, err := record.ScanEntry(r)
			if err == nil {
				gone = append(gone, e.Cites...)
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("looking for what was destroyed: %w", err)
		}
		for _, id := range gone {
			if err := tx.Exec("UPDATE entry SET body = NULL, salt = NULL, digest = NULL WHERE id = $1", id[:]); err != nil {
				return fmt.Errorf("destroying %s again: %w", id, err)
			}
		}
		return nil
	})
}
