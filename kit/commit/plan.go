package commit

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"milieu/kit/db"
	"milieu/kit/record"
)

// plan says, for each kind, which projections and derivations an entry of it concerns.
type plan struct {
	kinds       *record.Kinds
	all         []record.Projection
	works       []record.Derived
	projections map[string][]int
	tables      map[string]bool // of the projections
	derived     map[string][]int
	guards      []record.Guard
	guarded     map[string]bool // kinds that guards are asked about
}

func newPlan(kinds *record.Kinds, ps []record.Projection, ds []record.Derived, gs ...record.Guard) plan {
	p := plan{kinds: kinds, all: ps, works: ds, guards: gs, projections: map[string][]int{}, tables: map[string]bool{}, derived: map[string][]int{}, guarded: map[string]bool{}}
	for _, g := range gs {
		for _, k := range g.Kinds {
			p.guarded[k] = true
		}
	}
	for i := range ps {
		for _, t := range ps[i].Tables {
			p.tables[t] = true
		}
		for _, k := range ps[i].Kinds {
			p.projections[k] = append(p.projections[k], i)
		}
	}
	for i := range ds {
		for _, k := range ds[i].Kinds {
			p.derived[k] = append(p.derived[k], i)
		}
	}
	return p
}

// migrate makes the log's own tables. They have one version so far.
func migrate(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, func(tx db.Tx) error {
		if err := tx.Exec(d.Dialect.DDL(record.Schema)); err != nil {
			return fmt.Errorf("making the log's tables: %w", err)
		}
		root := record.Frontier(nil).Root()
		return tx.Exec("INSERT INTO log_head (one, seq, received, frontier, root) VALUES (1, 0, 0, $1, $2) ON CONFLICT (one) DO NOTHING", []byte{}, root[:])
	})
}

// chunk is how many entries a replay applies in one transaction: enough that a page which many of them touch is written once for all.
const chunk = 10_000

// catchUp makes the tables of projections that are new, and replays into those that do not stand at the head of the log. Projections of
// an older program are left where they are and marked as standing still.
func (k *Committer) catchUp(ctx context.Context, progress func(string, int64, int64)) error {
	var behind []*record.Projection
	var stale []*record.Derived
	err := k.db.Write(ctx, func(tx db.Tx) error {
		if _, err := readHead(tx, k.db.Dialect); err != nil { // the log's lock: processes that start together take turns
			return err
		}
		at, err := readProjections(tx)
		if err != nil {
			return err
		}
		behind, stale = nil, nil
		mine := map[string]bool{}
		for i := range k.plan.all {
			p := &k.plan.all[i]
			mine[key(p)] = true
			state, ok := at[key(p)]
			if !ok {
				if err := create(tx, k.db.Dialect, p, k.seq.Load()); err != nil {
					return err
				}
			}
			if !state.live && k.seq.Load() > 0 {
				behind = append(behind, p)
			}
		}
		for i := range k.plan.works {
			w := &k.plan.works[i]
			mine[worksKey(w)] = true
			if state := at[worksKey(w)]; (len(behind) > 0 || !state.live) && k.seq.Load() > 0 {
				stale = append(stale, w)
			}
			if err := setWorks(tx, w, !(len(behind) > 0) && at[worksKey(w)].live || k.seq.Load() == 0); err != nil {
				return err
			}
		}
		for name, s := range at { // another version of the program followed these; from here on nobody does
			if s.live && !mine[name] {
				if err := tx.Exec("UPDATE projection SET live = 0, seq = $1 WHERE name = $2 AND version = $3", k.seq.Load(), s.name, s.version); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(behind) > 0 {
		if err := k.replay(ctx, behind, Pace{}, progress); err != nil {
			return err
		}
	}
	err = k.db.Write(ctx, func(tx db.Tx) error {
		for i := range k.plan.all {
			if err := tx.Exec("UPDATE projection SET live = 1 WHERE name = $1 AND version = $2", k.plan.all[i].Name, k.plan.all[i].Version); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || len(stale) == 0 {
		return err
	}
	return k.derive(ctx, stale, progress)
}

// worksKey is how a derivation is noted among the projections: it too must be worked out anew when it is new, or when what it is worked out
// from was filled anew.
func worksKey(w *record.Derived) string { return fmt.Sprintf("%s/%d", worksName(w), w.Version) }

func worksName(w *record.Derived) string { return "derived " + w.Name }

func setWorks(tx db.Tx, w *record.Derived, live bool) error {
	n := 0
	if live {
		n = 1
	}
	return tx.Exec("INSERT INTO projection (name, version, seq, live) VALUES ($1, $2, 0, $3) ON CONFLICT (name, version) DO UPDATE SET live = excluded.live", worksName(w), w.Version, n)
}

func key(p *record.Projection) string { return fmt.Sprintf("%s/%d", p.Name, p.Version) }

type projectionState struct {
	name    string
	version int
	seq     int64
	live    bool
}

func readProjections(q db.Querier) (map[string]projectionState, error) {
	out := map[string]projectionState{}
	err := db.Each(q, "SELECT name, version, seq, live FROM projection", nil, func(r db.Row) error {
		var s projectionState
		var live int64
		if err := r.Scan(&s.name, &s.version, &s.seq, &live); err != nil {
			return err
		}
		s.live = live == 1
		out[fmt.Sprintf("%s/%d", s.name, s.version)] = s
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the state of the projections: %w", err)
	}
	return out, nil
}

func create(tx db.Tx, d db.Dialect, p *record.Projection, head int64) error {
	if err := tx.Exec(d.DDL(p.Schema)); err != nil {
		return fmt.Errorf("making the tables of %s version %d: %w", p.Name, p.Version, err)
	}
	live := 0
	if head == 0 {
		live = 1
	}
	return tx.Exec("INSERT INTO projection (name, version, seq, live) VALUES ($1, $2, 0, $3)", p.Name, p.Version, live)
}

// replay brings projections from where each stands to the head of the log, those that stand together in one pass. What is done is noted in
// each chunk's own transaction: killed anywhere, it goes on from there.
func (k *Committer) replay(ctx context.Context, ps []*record.Projection, pace Pace, progress func(string, int64, int64)) error {
	size := chunk
	if pace.Chunk > 0 {
		size = pace.Chunk
	}
	for ctx.Err() == nil {
		var head int64
		q := k.db.Read(ctx)
		if err := q.QueryRow("SELECT seq FROM log_head WHERE one = 1").Scan(&head); err != nil {
			return fmt.Errorf("reading the head of the log: %w", err)
		}
		states, err := readProjections(q)
		if err != nil {
			return err
		}
		last, until := slices.MinFunc(ps, func(a, b *record.Projection) int { return cmp.Compare(states[key(a)].seq, states[key(b)].seq) }), head
		at := states[key(last)].seq
		var now []*record.Projection
		for _, p := range ps {
			if s := states[key(p)].seq; s == at {
				now = append(now, p)
			} else {
				until = min(until, s)
			}
		}
		if progress != nil {
			progress("replay", at, head)
		}
		if at >= head {
			return nil
		}
		if err := k.replayChunk(ctx, q, now, at, until, size); err != nil {
			return err
		}
		if err := pace.rest(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// readKinds reads the next entries of certain kinds between two seqs, and every amendment. Other kinds are passed over inside the database.
func readKinds(q db.Querier, after, until int64, limit int, kinds []string) ([]*record.Entry, error) {
	marks := make([]string, len(kinds))
	args := []any{after, until, limit}
	for i, name := range kinds {
		marks[i] = fmt.Sprintf("$%d", i+4)
		args = append(args, name)
	}
	out := make([]*record.Entry, 0, limit)
	err := db.Each(q, "SELECT "+record.Columns+" FROM entry WHERE seq > $1 AND seq <= $2 AND (kind IN ("+strings.Join(marks, ", ")+") OR amends IS NOT NULL) ORDER BY seq LIMIT $3", args, func(r db.Row) error {
		e, err := record.ScanEntry(r)
		out = append(out, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the log behind entry %d: %w", after, err)
	}
	return out, nil
}

// replayChunk applies the entries of one stretch of the log, as they stand now, to those projections. What an amendment of the stretch
// reaches is judged anew wherever it lies: a server may have filed it after its target was replayed.
func (k *Committer) replayChunk(ctx context.Context, q db.Querier, ps []*record.Projection, at, until int64, size int) error {
	r := replaying{k: k, wants: map[string][]*record.Projection{}}
	for _, p := range ps {
		for _, name := range p.Kinds {
			r.wants[name] = append(r.wants[name], p)
		}
	}
	entries, err := readKinds(q, at, until, size, slices.Sorted(maps.Keys(r.wants)))
	if err != nil {
		return err
	}
	if len(entries) == size { // more may lie within: go as far as was read
		until = entries[size-1].Seq
	}
	bodies := make([]record.Body, len(entries))
	for i, e := range entries {
		if r.wants[e.Kind] == nil {
			continue
		}
		if bodies[i], err = k.Kinds().Decode(e); err != nil && err != record.ErrDestroyed {
			return err
		}
	}
	return k.db.Write(ctx, func(tx db.Tx) error {
		if _, err := readHead(tx, k.db.Dialect); err != nil { // the log's lock: nothing is filed meanwhile by another process
			return err
		}
		amended, err := amendedBetween(tx, at, until)
		if err != nil {
			return err
		}
		for i, e := range entries {
			switch {
			case amended[e.ID] || !e.Amends.IsZero():
				err = r.family(tx, e)
			case bodies[i] != nil:
				err = r.put(tx, e, bodies[i])
			}
			if err != nil {
				return err
			}
		}
		for _, p := range ps {
			if err := tx.Exec("UPDATE projection SET seq = $1 WHERE name = $2 AND version = $3", until, p.Name, p.Version); err != nil {
				return err
			}
		}
		return nil
	})
}

// amendedBetween finds the entries of a stretch of the log that anything amends.
func amendedBetween(q db.Querier, after, until int64) (map[record.ID]bool, error) {
	out := map[record.ID]bool{}
	err := db.Each(q, "SELECT e.id FROM entry e CROSS JOIN amend a WHERE a.target = e.id AND e.seq > $1 AND e.seq <= $2", []any{after, until}, func(r db.Row) error {
		var id record.ID
		err := r.Scan(&id)
		out[id] = true
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking for amended entries behind %d: %w", after, err)
	}
	return out, nil
}

// replaying is a replay into some projections.
type replaying struct {
	k     *Committer
	wants map[string][]*record.Projection
}

func (r replaying) put(tx db.Tx, e *record.Entry, b record.Body) error {
	for _, p := range r.wants[e.Kind] {
		if err := p.Put(tx, e, b); err != nil {
			return fmt.Errorf("replaying entry %d into %s: %w", e.Seq, p.Name, err)
		}
	}
	return nil
}

// family puts or drops every entry that is tied to e by amendments, as it stands now.
func (r replaying) family(tx db.Tx, e *record.Entry) error {
	f, err := record.ReadFamily(tx, r.k.Kinds(), e.Chart, e.ID)
	if err != nil {
		return err
	}
	for _, id := range f.Known() {
		member, err := record.Find(tx, id)
		if err != nil {
			return fmt.Errorf("replaying the family of entry %d: %w", e.Seq, err)
		}
		if r.wants[member.Kind] == nil {
			continue
		}
		b, err := r.k.Kinds().Decode(member)
		if err == record.ErrDestroyed {
			continue
		}
		if err != nil {
			return err
		}
		if f.Stands(id) {
			err = r.put(tx, member, b)
		} else {
			err = r.drop(tx, member, b)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r replaying) drop(tx db.Tx, e *record.Entry, b record.Body) error {
	for _, p := range r.wants[e.Kind] {
		if err := p.Drop(tx, e, b); err != nil {
			return fmt.Errorf("replaying: dropping entry %d from %s: %w", e.Seq, p.Name, err)
		}
	}
	return nil
}

// derive works out certain derivations for every chart.
func (k *Committer) derive(ctx context.Context, works []*record.Derived, progress func(string, int64, int64)) error {
	var charts []record.ID
	err := db.Each(k.db.Read(ctx), "SELECT chart FROM chart_head", nil, func(r db.Row) error {
		var id record.ID
		err := r.Scan(&id)
		charts = append(charts, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("listing the charts: %w", err)
	}
	for i := 0; i <= len(charts); i += 500 {
		if progress != nil {
			progress("dues", int64(i), int64(len(charts)))
		}
		err := k.db.Write(ctx, func(tx db.Tx) error {
			if _, err := readHead(tx, k.db.Dialect); err != nil {
				return err
			}
			for _, w := range works {
				if err := workOut(tx, w, charts[i:min(i+500, len(charts))]); err != nil {
					return err
				}
			}
			if i+500 <= len(charts) {
				return nil
			}
			for _, w := range works {
				if err := setWorks(tx, w, true); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
