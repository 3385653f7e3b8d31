package commit

import (
	"context"
	"fmt"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

// Pace keeps a replay beside a running server polite: small transactions with rests between them. The zero Pace does not rest.
type Pace struct {
	Chunk int
	Rest  time.Duration
	Clock clock.Clock
}

func (p Pace) rest(ctx context.Context) error {
	if p.Rest == 0 {
		return nil
	}
	select {
	case <-p.Clock.After(p.Rest):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Prepare fills the tables of new projection versions beside a running server of the older version; serving them later only has to catch
// up what was filed since. Killed anywhere, it goes on where it was.
func Prepare(ctx context.Context, d *db.DB, kinds *record.Kinds, ps []record.Projection, pace Pace, progress func(string, int64, int64)) error {
	k := &Committer{db: d, plan: newPlan(kinds, ps, nil), admission: record.Admission{Kinds: kinds}}
	if err := migrate(ctx, d); err != nil {
		return err
	}
	var behind []*record.Projection
	err := d.Write(ctx, func(tx db.Tx) error {
		at, err := readProjections(tx)
		if err != nil {
			return err
		}
		for i := range ps {
			s, ok := at[key(&ps[i])]
			if s.live {
				continue
			}
			behind = append(behind, &ps[i])
			if ok {
				continue
			}
			// Not live even on an empty log: only a server that follows it may call it so.
			if err := create(tx, d.Dialect, &ps[i], 1); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || len(behind) == 0 {
		return err
	}
	return k.replay(ctx, behind, pace, progress)
}

// Rebuild empties the projections' tables and what is derived, so that the next start works all of it out again from the log.
func Rebuild(ctx context.Context, d *db.DB, ps []record.Projection, derived []string) error {
	if err := migrate(ctx, d); err != nil {
		return err
	}
	return d.Write(ctx, func(tx db.Tx) error {
		for _, p := range ps {
			if err := tx.Exec(d.Dialect.DDL(p.Schema)); err != nil {
				return fmt.Errorf("rebuilding %s: %w", p.Name, err)
			}
			for _, t := range p.Tables {
				if err := tx.Exec("DELETE FROM " + t); err != nil {
					return fmt.Errorf("emptying %s: %w", t, err)
				}
			}
			if err := tx.Exec("DELETE FROM projection WHERE name = $1 AND version = $2", p.Name, p.Version); err != nil {
				return err
			}
			if err := tx.Exec("INSERT INTO projection (name, version, seq, live) VALUES ($1, $2, 0, 0)", p.Name, p.Version); err != nil {
				return err
			}
		}
		for _, t := range derived {
			if err := tx.Exec("DELETE FROM " + t); err != nil {
				return fmt.Errorf("emptying %s: %w", t, err)
			}
		}
		if err := tx.Exec("DELETE FROM projection WHERE name LIKE 'derived %'"); err != nil {
			return fmt.Errorf("noting what must be worked out anew: %w", err)
		}
		return nil
	})
}
