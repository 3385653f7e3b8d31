package backup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"milieu/kit/db"
	"milieu/kit/record/proof"
)

// Limits of what is kept.
const (
	// BaseEvery is how old the newest base grows before another is made: what is kept beside the log comes back as it was in a base.
	BaseEvery = 24 * time.Hour
	// leastBases are kept however old they are: one that cannot be read must not be the only one.
	leastBases = 2
	// partialFor is how long a piece may take to be written. What is older was cut off.
	partialFor = 24 * time.Hour
)

// Keep says which pieces of a backup stay: every base of so many days, the newest two always, what is needed to restore as far as the backup
// reaches, and every segment that is younger than the oldest of these bases. The zero Keep takes nothing away.
type Keep struct{ Days int }

// Prune takes away what need not be kept, and says how many pieces that was. It touches only whole pieces of this very log, told by the root
// of its tree, and what a Put that was cut off has left: never a piece of another log, nor of one that this log has parted from, nor anything
// else in the folder. It may be cut off at any point: what is left can be restored as far as before.
func (m *Maker) Prune(ctx context.Context, keep Keep) (removed int, err error) {
	if keep.Days <= 0 {
		return 0, nil
	}
	stored, err := m.Store.List()
	if err != nil {
		return 0, fmt.Errorf("listing the backup: %w", err)
	}
	now := m.Clock.Now()
	is, err := m.own(ctx)
	if err != nil {
		return 0, err
	}
	var list []piece
	for _, p := range piecesOf(stored) {
		mine := !p.base && p.to <= is.head // of segments those are looked at closer that would go: there are many
		if p.base {
			if mine, err = is.piece(p); err != nil {
				return 0, err
			}
		}
		if mine {
			list = append(list, p)
		}
	}
	var names []string
	for _, p := range goes(list, now.AddDate(0, 0, -keep.Days)) {
		mine, err := is.piece(p)
		if err != nil {
			return 0, err
		}
		if mine {
			names = append(names, p.String())
		}
	}
	for _, one := range stored {
		if isPartial(one.Name) && one.Made.Before(now.Add(-partialFor)) {
			names = append(names, one.Name)
		}
	}
	var failed []error
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return removed, err
		}
		if err := m.Store.Remove(name); err != nil {
			failed = append(failed, err)
			continue
		}
		removed++
	}
	return removed, errors.Join(failed...)
}

// own tells the pieces of this very log.
type own struct {
	q    db.Querier
	head int64
}

func (m *Maker) own(ctx context.Context) (own, error) {
	q := m.DB.Read(ctx)
	head, err := proof.Head(q)
	return own{q, head.N}, err
}

func (o own) piece(p piece) (bool, error) {
	if p.to > o.head {
		return false, nil
	}
	root, err := proof.Root(o.q, p.to)
	return err == nil && rootStart(root) == p.root, err
}

// goes gives the pieces of one log, listed in order of their ends, that need not be kept: bases first, so that no base is left without the segments
// that it had.
func goes(list []piece, since time.Time) (out []piece) {
	best, err := plan(list)
	if err != nil {
		return nil // nothing can be restored from these: they are for a person to look at
	}
	oldest := best[0].to
	stays := map[string]bool{best[0].String(): true}
	bases := 0
	for i := len(list) - 1; i >= 0; i-- {
		p := list[i]
		if !p.base {
			continue
		}
		if bases++; bases <= leastBases || !p.made.Before(since) {
			stays[p.String()] = true
			oldest = min(oldest, p.to)
		}
	}
	for _, p := range list {
		if p.base && !stays[p.String()] {
			out = append(out, p)
		}
	}
	for _, p := range list {
		if !p.base && p.to <= oldest {
			out = append(out, p)
		}
	}
	return out
}

// newestBase is when the newest base of this log was made; zero when there is none.
func (m *Maker) newestBase(ctx context.Context) (made time.Time, err error) {
	list, err := pieces(m.Store)
	if err != nil {
		return made, err
	}
	is, err := m.own(ctx)
	for _, p := range list {
		if err != nil || !p.base || !p.made.After(made) {
			continue
		}
		var mine bool
		if mine, err = is.piece(p); mine {
			made = p.made
		}
	}
	return made, err
}

// Ship carries the backup on: by a base when there is none that this log carries on or the newest has grown old, else by what was filed since.
// It gives the last entry in the backup, and how many it has added; based says that it made a base.
func (m *Maker) Ship(ctx context.Context) (last, added int64, based bool, err error) {
	last, ok, err := m.Shipped(ctx)
	if err != nil {
		return 0, 0, false, err
	}
	made, err := m.newestBase(ctx)
	if err != nil {
		return 0, 0, false, err
	}
	if !ok || !m.Clock.Now().Before(made.Add(BaseEvery)) {
		n, err := m.Base(ctx)
		return n, n, true, err
	}
	to, err := m.Segment(ctx, last)
	return to, to - last, false, err
}
