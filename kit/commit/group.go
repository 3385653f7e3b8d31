package commit

import (
	"bytes"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// logHead is the one row that says how far the log has come; locking it is the log's lock.
type logHead struct {
	seq, received int64
	frontier      record.Frontier
	root          [32]byte
}

func readHead(q db.Querier, d db.Dialect) (h logHead, err error) {
	var frontier, root []byte
	err = q.QueryRow("SELECT seq, received, frontier, root FROM log_head WHERE one = 1"+d.ForUpdate()).Scan(&h.seq, &h.received, &frontier, &root)
	if err != nil {
		return h, fmt.Errorf("reading the head of the log: %w", err)
	}
	h.frontier = record.UnpackHashes(frontier)
	copy(h.root[:], root)
	return h, nil
}

type chartHead struct {
	number, seq int64
	dirty       bool
}

type touch struct {
	derived int
	chart   record.ID
}

type known struct {
	seq    int64
	digest []byte
}

// groupTx is the transaction of one group.
type groupTx struct {
	db.Tx
	k       *Committer
	head    logHead
	charts  map[record.ID]*chartHead
	known   map[record.ID]known
	amended map[record.ID]bool
	touched map[touch]bool
	order   [][]record.ID // for each derivation, the charts touched
	filed   []*record.Entry
}

// look finds what the group needs to know beforehand: which IDs are filed already, which are amended already, how far each chart has come.
func (g *groupTx) look(group []*job) error {
	g.known, g.amended = map[record.ID]known{}, map[record.ID]bool{}
	var ids, charts [][]byte
	for _, j := range group {
		for _, p := range j.entries {
			e := p.Entry
			ids = append(ids, e.ID[:])
			if g.charts[e.Chart] == nil {
				g.charts[e.Chart] = &chartHead{}
				charts = append(charts, e.Chart[:])
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	err := g.among(ids, charts, func(r db.Row) error {
		var what, a, b int64
		var key record.ID
		var digest []byte
		if err := r.Scan(&what, &key, &a, &b, &digest); err != nil {
			return err
		}
		switch what {
		case 1:
			g.known[key] = known{a, digest}
		case 2:
			g.amended[key] = true
		case 3:
			g.charts[key].number, g.charts[key].seq = a, b
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("looking for what was filed before: %w", err)
	}
	return nil
}

const (
	lookKnown   = "SELECT 1, id, seq, 0, digest FROM entry WHERE id"
	lookAmended = "SELECT 2, target, 0, 0, NULL FROM amend WHERE target"
	lookCharts  = "SELECT 3, chart, number, seq, NULL FROM chart_head WHERE chart"
	lookAll     = lookKnown + " = ANY($1) UNION ALL " + lookAmended + " = ANY($1) UNION ALL " + lookCharts + " = ANY($2)"
)

// among looks all of them up: in one round trip on PostgreSQL, by one prepared look-up each on SQLite.
func (g *groupTx) among(ids, charts [][]byte, scan func(db.Row) error) error {
	if g.k.db.Dialect == db.Postgres {
		return db.Each(g, lookAll, []any{ids, charts}, scan)
	}
	for _, look := range []struct {
		query string
		keys  [][]byte
	}{{lookKnown + " = $1", ids}, {lookAmended + " = $1 LIMIT 1", ids}, {lookCharts + " = $1", charts}} {
		for _, key := range look.keys {
			if err := scan(g.QueryRow(look.query, key)); err != nil && err != db.ErrNoRows {
				return err
			}
		}
	}
	return nil
}

// file files one submission. It writes nothing when any of its entries is in conflict.
func (g *groupTx) file(j *job, received time.Time) error {
	j.err = nil
	j.results = j.results[:0]
	if j.upkeep != nil {
		if err := j.upkeep(g); err != nil {
			return ownError{err}
		}
		return nil
	}
	for _, p := range j.entries {
		if n, ok := g.known[p.Entry.ID]; ok && n.digest != nil && !bytes.Equal(n.digest, p.Digest[:]) {
			j.fail(nil)
			for i := range j.results {
				j.results[i] = Outcome{ID: j.entries[i].Entry.ID, Status: Conflicts, Seq: g.known[j.entries[i].Entry.ID].seq,
					Err: errConflict()}
			}
			return nil
		}
	}
	for _, p := range j.entries {
		err := g.sameChart(p.Entry)
		if err == nil {
			err = g.stillFree(p)
		}
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				return err
			}
			j.fail(err)
			return nil
		}
	}
	for _, p := range j.entries {
		o, err := g.fileOne(p, received)
		if err != nil {
			return err
		}
		j.results = append(j.results, o)
	}
	if j.then != nil {
		return j.then(g)
	}
	return nil
}

func errConflict() error {
	return fault.New(fault.Conflict, "this entry was filed before with other content; both are kept")
}

// maxAmendments bounds how often one entry is amended: each amendment is judged against all others.
const maxAmendments = 200

// sameChart refuses an amendment of an entry in another chart, and one too many.
func (g *groupTx) sameChart(e *record.Entry) error {
	if e.Amends.IsZero() {
		return nil
	}
	if _, again := g.known[e.ID]; again {
		return nil
	}
	var times int64
	if err := g.QueryRow("SELECT COUNT(*) FROM amend WHERE target = $1", e.Amends[:]).Scan(&times); err != nil {
		return fmt.Errorf("counting the amendments of %s: %w", e.Amends, err)
	}
	if times >= maxAmendments {
		return &fault.Error{Kind: fault.Invalid, Text: "this entry has been amended too often", Fields: []fault.Field{{Name: "amends", Text: "write a new entry instead"}}}
	}
	var chart record.ID
	err := g.QueryRow("SELECT chart FROM entry WHERE id = $1", e.Amends[:]).Scan(&chart)
	if err != nil && err != db.ErrNoRows {
		return fmt.Errorf("looking for amended entry %s: %w", e.Amends, err)
	}
	if err == nil && chart != e.Chart {
		return &fault.Error{Kind: fault.Invalid, Text: "the amended entry is not in this chart", Fields: []fault.Field{{Name: "amends", Text: "no such entry in this chart"}}}
	}
	return nil
}

func (g *groupTx) fileOne(p *record.Prepared, received time.Time) (Outcome, error) {
	e := p.Entry
	if n, ok := g.known[e.ID]; ok {
		stored, err := record.At(g, n.seq)
		if err == nil && stored.Author != e.Author { // its digest is destroyed with its body
			return Outcome{ID: e.ID, Status: Conflicts, Seq: n.seq, Err: errConflict()}, nil
		}
		return Outcome{ID: e.ID, Status: Duplicate, Seq: n.seq, Entry: stored}, err
	}
	h := g.charts[e.Chart]
	prev := h.seq
	h.number++
	g.head.seq++
	h.seq, h.dirty = g.head.seq, true
	e.Seq, e.Number, e.Received = g.head.seq, h.number, received
	var done []tlog.Hash
	g.head.frontier, done = g.head.frontier.Append(e.Seq-1, record.Leaf(e, p.Commitment))
	if err := record.Insert(g, p, prev, record.PackHashes(done)); err != nil {
		return Outcome{}, err
	}
	g.known[e.ID] = known{e.Seq, p.Digest[:]}
	g.filed = append(g.filed, e)
	return Outcome{ID: e.ID, Status: Accepted, Seq: e.Seq, Entry: e}, g.apply(p)
}

// apply lets the projections have the entry, and whatever its amendment raises or fells.
func (g *groupTx) apply(p *record.Prepared) error {
	e, b := p.Entry, p.Body
	amends := !e.Amends.IsZero()
	if amends {
		if err := record.Amend(g, e); err != nil {
			return err
		}
		g.amended[e.Amends] = true
	}
	if !amends && !g.amended[e.ID] {
		if !p.Guarded || !g.k.plan.guarded[e.Kind] {
			return g.put(e, b)
		}
		return g.watched(p, []string{e.Kind}, func() error { return g.put(e, b) })
	}
	family, err := record.ReadFamily(g, g.k.Kinds(), e.Chart, e.ID)
	if err != nil {
		return err
	}
	return g.watched(p, family.Kinds(), func() error {
		for _, c := range family.Changes(e.ID) {
			if err := g.change(c); err != nil {
				return err
			}
		}
		if !family.Stands(e.ID) {
			return nil
		}
		return g.put(e, b)
	})
}

func (g *groupTx) put(e *record.Entry, b record.Body) error {
	for _, i := range g.k.plan.projections[e.Kind] {
		p := &g.k.plan.all[i]
		if err := p.Put(g.Tx, e, b); err != nil {
			return fmt.Errorf("projecting %s into %s: %w", e.Kind, p.Name, err)
		}
		if p.Follow != nil {
			p.Follow(g.Tx, e, b)
		}
	}
	return g.touch(e, b)
}

func (g *groupTx) change(c record.Change) error {
	e, err := record.Find(g, c.ID)
	if err != nil {
		return fmt.Errorf("reading amended entry %s: %w", c.ID, err)
	}
	if g.k.plan.projections[e.Kind] == nil && g.k.plan.derived[e.Kind] == nil {
		return nil
	}
	b, err := g.k.Kinds().Decode(e)
	if err == record.ErrDestroyed {
		return nil
	}
	if err != nil {
		return err
	}
	if c.Stands {
		return g.put(e, b)
	}
	for _, i := range g.k.plan.projections[e.Kind] {
		if err := g.k.plan.all[i].Drop(g.Tx, e, b); err != nil {
			return fmt.Errorf("dropping %s from %s: %w", e.Kind, g.k.plan.all[i].Name, err)
		}
	}
	return g.touch(e, b)
}

func (g *groupTx) touch(e *record.Entry, b record.Body) error {
	for _, i := range g.k.plan.derived[e.Kind] {
		d := &g.k.plan.works[i]
		charts := []record.ID{e.Chart}
		if d.Touches != nil {
			var err error
			if charts, err = d.Touches(g, e, b); err != nil {
				return fmt.Errorf("finding what %s touches for %s: %w", e.Kind, d.Name, err)
			}
		}
		for _, c := range charts {
			t := touch{i, c}
			if !g.touched[t] {
				g.touched[t] = true
				g.order[i] = append(g.order[i], c)
			}
		}
	}
	return nil
}

// workOut works one derivation out for some charts. Charts do not depend on each other; derivations may, and so come one after another.
func workOut(tx db.Tx, w *record.Derived, charts []record.ID) error {
	return db.Gather(tx, len(charts), func(i int, tx db.Tx) error {
		if err := w.Of(tx, charts[i]); err != nil {
			return fmt.Errorf("working out %s of chart %s: %w", w.Name, charts[i], err)
		}
		return nil
	})
}

// finish works out what was touched and writes the heads.
func (g *groupTx) finish(received time.Time, head *logHead) error {
	for i, charts := range g.order {
		if err := workOut(g.Tx, &g.k.plan.works[i], charts); err != nil {
			return err
		}
	}
	if len(g.filed) == 0 {
		return nil
	}
	for id, h := range g.charts {
		if !h.dirty {
			continue
		}
		if err := g.Exec("INSERT INTO chart_head (chart, number, seq) VALUES ($1, $2, $3) ON CONFLICT (chart) DO UPDATE SET number = excluded.number, seq = excluded.seq", id[:], h.number, h.seq); err != nil {
			return err
		}
	}
	root := g.head.frontier.Root()
	g.head.root = root
	if err := g.Exec("UPDATE log_head SET seq = $1, received = $2, frontier = $3, root = $4 WHERE one = 1", g.head.seq, clock.Micros(received), g.head.frontier.Pack(), root[:]); err != nil {
		return err
	}
	*head = g.head
	db.RememberAsOf(g.Tx, head.seq)
	return g.k.announce(g.Tx, g.filed)
}
