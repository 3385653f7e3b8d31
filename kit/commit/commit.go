// Package commit is the one committer, the same on SQLite and PostgreSQL: everything that is ever filed goes through it.
//
// It gathers what is queued, takes the log's lock, numbers, writes, lets the rooms project, extends the tree, commits once with a full
// sync, notes the new head beside the database and only then acknowledges. Nothing slow happens inside. When a group fails for a reason
// that lies in one of its submissions, the group is undone and tried again in halves, so that one bad submission takes no other with it.
package commit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"golang.org/x/mod/sumdb/tlog"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/record/proof"
)

// Config is what a committer is made of.
type Config struct {
	DB          *db.DB
	Kinds       *record.Kinds
	Judge       record.Judge
	Clock       clock.Clock
	Projections []record.Projection
	Derived     []record.Derived
	Guards      []record.Guard
	HeadFile    string // beside the database; empty keeps none (PostgreSQL, tests)
	Log         *slog.Logger
	// Progress hears how far a replay at the start has come. Nil is silent.
	Progress func(what string, done, total int64)
}

// Committer files entries.
type Committer struct {
	admission record.Admission
	db        *db.DB
	clock     clock.Clock
	log       *slog.Logger
	plan      plan
	head      *proof.HeadFile
	queue     chan *job
	done      chan struct{}
	closing   sync.Once
	seq       atomic.Int64
	groupMax  int
	process   string // tells this process from others on the same database
	after     []func([]*record.Entry)
	telling   sync.Mutex // held while those in after are told
	told      int64      // up to where they have been told
}

// job is one queued submission: entries that are filed together or not at all, or a piece of upkeep that needs the writer.
type job struct {
	entries []*record.Prepared
	then    func(*groupTx) error // further work in the transaction of the entries
	upkeep  func(db.Tx) error
	results []Outcome
	err     error
	ready   chan struct{}
}

// Status is what became of a submitted entry.
type Status string

// The four answers.
const (
	Accepted  Status = "accepted"
	Duplicate Status = "duplicate" // the same bytes were filed before
	Conflicts Status = "conflict"  // the ID was filed before with other bytes
	Rejected  Status = "rejected"
)

// Outcome answers one submitted entry.
type Outcome struct {
	ID     record.ID
	Status Status
	Entry  *record.Entry // as filed; nil when rejected
	Seq    int64
	Err    error
}

// Open makes the log's tables, checks the head, brings projections up to date and starts the committer. proof.ErrBehind when the database
// lacks what was acknowledged.
func Open(ctx context.Context, c Config) (*Committer, error) {
	k := &Committer{
		admission: record.Admission{Kinds: c.Kinds, Judge: c.Judge, Clock: c.Clock},
		db:        c.DB, clock: c.Clock, log: c.Log,
		queue: make(chan *job, 4096), done: make(chan struct{}), groupMax: 1000, process: record.NewID(c.Clock.Now()).String(),
	}
	if k.log == nil {
		k.log = slog.New(slog.DiscardHandler)
	}
	if err := migrate(ctx, c.DB); err != nil {
		return nil, err
	}
	var head logHead
	err := c.DB.Write(ctx, func(tx db.Tx) (err error) { head, err = readHead(tx, c.DB.Dialect); return err })
	if err != nil {
		return nil, fmt.Errorf("reading the head of the log: %w", err)
	}
	if c.HeadFile != "" {
		if k.head, err = proof.OpenHeadFile(c.HeadFile, "record", head.seq, func(n int64) (tlog.Hash, error) { return proof.Root(c.DB.Read(ctx), n) }); err != nil {
			return nil, err
		}
	}
	k.seq.Store(head.seq)
	k.told = head.seq
	k.plan = newPlan(c.Kinds, c.Projections, c.Derived, c.Guards...)
	if err := k.catchUp(ctx, c.Progress); err != nil {
		return nil, err
	}
	go k.run()
	return k, nil
}

// Close files what is queued and ends the committer. The database stays open. What is submitted meanwhile or later is refused.
func (k *Committer) Close() error {
	k.closing.Do(func() { k.queue <- nil })
	<-k.done
	if k.head != nil {
		return k.head.Close()
	}
	return nil
}

// Seq is the place of the newest entry this process knows of.
func (k *Committer) Seq() int64 { return k.seq.Load() }

// Kinds is every kind there is.
func (k *Committer) Kinds() *record.Kinds { return k.admission.Kinds }

// After registers a function that hears what was filed, in order, once it is durable and before its sender is answered: what the sender
// asks next already knows of it. It must be quick. Call before filing begins.
func (k *Committer) After(f func([]*record.Entry)) { k.after = append(k.after, f) }

// File submits entries, each for itself, and waits until all are durable or refused. What an admitted person's entry is refused for is in
// its outcome; it is kept in the tray when the sender is a machine or an outbox. A context that ends stops what is not queued yet; what is
// queued is waited for.
func (k *Committer) File(ctx context.Context, s record.Sender, entries ...*record.Entry) []Outcome {
	jobs := make([]*job, len(entries))
	out := make([]Outcome, len(entries))
	var sent []record.Entry
	if s.Via == record.ViaAPI || s.Via == record.ViaOutbox {
		sent = make([]record.Entry, len(entries))
	}
	for i, e := range entries {
		if sent != nil {
			sent[i] = *e
		}
		j, err := k.admit(ctx, s, e)
		if err == nil {
			err = k.enqueue(ctx, j)
		}
		if err != nil {
			out[i] = Outcome{ID: e.ID, Status: Rejected, Err: err}
			continue
		}
		jobs[i] = j
	}
	for i, j := range jobs {
		if j != nil {
			k.wait(j)
			out[i] = j.results[0]
		}
	}
	if sent != nil {
		k.keepRefused(ctx, s, sent, out)
	}
	return out
}

// Together submits entries that are filed all or none, and gives the outcome of each. An error means none was filed.
func (k *Committer) Together(ctx context.Context, s record.Sender, entries ...*record.Entry) ([]Outcome, error) {
	all := &job{ready: make(chan struct{})}
	for _, e := range entries {
		j, err := k.admit(ctx, s, e)
		if err != nil {
			return nil, err
		}
		all.entries = append(all.entries, j.entries...)
	}
	if err := twice(all.entries); err != nil {
		return nil, err
	}
	if err := k.enqueue(ctx, all); err != nil {
		return nil, err
	}
	k.wait(all)
	for _, o := range all.results {
		if o.Err != nil {
			return all.results, o.Err
		}
	}
	return all.results, nil
}

// twice refuses a submission that says one ID twice.
func twice(entries []*record.Prepared) error {
	seen := make(map[record.ID]bool, len(entries))
	for _, p := range entries {
		if seen[p.Entry.ID] {
			return fault.New(fault.Invalid, "two of the entries have the same ID")
		}
		seen[p.Entry.ID] = true
	}
	return nil
}

// Upkeep runs do in the writer's transaction, in turn with what is filed: for sessions, drafts, the tray and the like. It runs again when
// what it shared its transaction with had to be undone, so it changes nothing outside the database but what it sets afresh each time.
func (k *Committer) Upkeep(ctx context.Context, do func(db.Tx) error) error {
	j := &job{upkeep: do, ready: make(chan struct{})}
	if err := k.enqueue(ctx, j); err != nil {
		return err
	}
	k.wait(j)
	return j.err
}

func (k *Committer) admit(ctx context.Context, s record.Sender, e *record.Entry) (*job, error) {
	p, err := k.admission.Admit(ctx, s, e)
	if err != nil {
		return nil, err
	}
	j := &job{ready: make(chan struct{})}
	j.add(p)
	return j, nil
}

func (j *job) add(p *record.Prepared) {
	j.entries = append(j.entries, p)
	for _, r := range p.Raised {
		j.add(r)
	}
}

func (k *Committer) enqueue(ctx context.Context, j *job) error {
	select {
	case <-k.done:
		return errClosed()
	default:
	}
	select {
	case k.queue <- j:
		return nil
	case <-ctx.Done():
		return fault.Wrap(fault.Unavailable, ctx.Err(), "the record is busy: nothing was saved, try again in a moment")
	case <-k.done:
		return errClosed()
	}
}

func errClosed() error {
	return fault.New(fault.Unavailable, "the record is closed: nothing was saved")
}

// wait is for a queued job's end. One that was queued as the committer closed is told so.
func (k *Committer) wait(j *job) {
	select {
	case <-j.ready:
	case <-k.done:
		select {
		case <-j.ready:
		default:
			j.fail(errClosed())
		}
	}
}

// run gathers groups and files them until Close.
func (k *Committer) run() {
	defer close(k.done)
	group := make([]*job, 0, k.groupMax)
	for first := range k.queue {
		if first == nil {
			break
		}
		group = append(group[:0], first)
		n, last := max(1, len(first.entries)), false
		for n < k.groupMax && !last {
			select {
			case j := <-k.queue:
				if j == nil {
					last = true
					break
				}
				group = append(group, j)
				n += max(1, len(j.entries))
				continue
			default:
			}
			break
		}
		k.settle(group)
		if last {
			break
		}
	}
}

func (j *job) fail(err error) {
	j.err = err
	j.results = j.results[:0]
	for _, p := range j.entries {
		j.results = append(j.results, Outcome{ID: p.Entry.ID, Status: Rejected, Err: err})
	}
}

// ownError is one whose cause lies in a submission, whatever its kind: only that submission hears of it.
type ownError struct{ error }

func (o ownError) Unwrap() error { return o.error }

// settle files a group; when that fails for a reason of one submission, each half, until the one is found.
func (k *Committer) settle(group []*job) {
	filed, err := k.fileGroup(group)
	own, isOwn := errors.AsType[ownError](err)
	if isOwn {
		err = own.error
	}
	switch kind := fault.KindOf(err); {
	case err == nil:
	case len(group) == 1 || !isOwn && (kind == fault.Full || kind == fault.Unavailable):
		for _, j := range group {
			j.fail(err)
		}
		if !isOwn {
			k.log.Error("filing failed", "submissions", len(group), "kind", kind.String(), "error", err)
		}
	default:
		k.settle(group[:len(group)/2])
		k.settle(group[len(group)/2:])
		return
	}
	if len(filed) > 0 {
		k.tell(filed)
	}
	for _, j := range group {
		close(j.ready)
	}
}

// fileGroup files a group in one transaction. On an error nothing of it is left.
func (k *Committer) fileGroup(group []*job) (filed []*record.Entry, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.New(fault.Internal, "something went wrong on our side; nothing was saved")
			k.log.Error("a room panicked while applying", "panic", fmt.Sprint(p))
		}
	}()
	var head logHead
	err = k.db.Write(context.Background(), func(tx db.Tx) error {
		if head, err = readHead(tx, k.db.Dialect); err != nil {
			return err
		}
		if err := k.remember(tx, head.seq); err != nil {
			return err
		}
		g := &groupTx{Tx: tx, k: k, head: head, charts: map[record.ID]*chartHead{}, touched: map[touch]bool{}, order: make([][]record.ID, len(k.plan.works))}
		if err := g.look(group); err != nil {
			return err
		}
		received := k.clock.Now()
		if last := clock.FromMicros(head.received); received.Before(last) {
			received = last // the order of the log is the order of receipt, whatever a clock says
		}
		for _, j := range group {
			if err := g.file(j, received); err != nil {
				return err
			}
		}
		filed = g.filed
		return g.finish(received, &head)
	})
	if err != nil {
		return nil, err
	}
	if len(filed) > 0 {
		k.seq.Store(head.seq)
		if k.head != nil {
			if err := k.head.Write(head.seq, tlog.Hash(head.root)); err != nil {
				k.log.Error("the head file could not be written", "error", err)
			}
		}
	}
	return filed, nil
}
