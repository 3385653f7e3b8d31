package view

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/record/proof"
)

// Config is what a view log is made of.
type Config struct {
	DB       *db.DB // its own: on PostgreSQL with connections of its own
	Clock    clock.Clock
	Log      *slog.Logger
	HeadFile string // beside the database; empty keeps none
	Second   string // path of the second place; empty has none
	Key      []byte // 32 bytes that seal the second place
	Size     int64  // of the second place in bytes; zero means DefaultSize
}

// How the log goes on.
const (
	queued    = 4096            // looks that may wait for a group
	groupMost = 1000            // rows of a group
	tryAgain  = time.Second     // how long after a failure the first place is tried again
	Busy      = 1 * time.Second // how long the first place may be locked by somebody else before the second takes over
)

// Log is the view log of a running house.
type Log struct {
	db     *db.DB
	clock  clock.Clock
	log    *slog.Logger
	head   *proof.HeadFile
	second *second
	filing sync.Mutex // held while rows are added; guards known
	known  *known
	queue  chan *Look
	done   chan struct{}
	folder chan struct{} // wakes the folding
	work   sync.WaitGroup
	ends   sync.Once
	seq    atomic.Int64
	failed time.Time // when the first place failed last; of the committer alone

	mu    sync.Mutex
	state State
}

// State says where the log is being kept.
type State struct {
	Place Place
	Since time.Time // when it came to be kept there
	Held  int64     // rows in the second place that are not in the first yet
	Room  int64     // bytes left in the second place; 0 where there is none
}

// Place is where looks are being logged.
type Place string

// The three places.
const (
	First  Place = "first"
	Second Place = "second"
	None   Place = "none" // looks cannot be logged
)

// Look is rows on their way into the log.
type Look struct {
	rows []Row
	done chan struct{}
	err  error
}

// Wait is until the rows are durable. An error says that they are in neither place. A nil look has nothing to wait for.
func (k *Look) Wait() error {
	if k == nil {
		return nil
	}
	<-k.done
	return k.err
}

// Open makes the tables, checks the head, takes in what the second place holds and starts the committer. proof.ErrBehind when the log lacks what
// was acknowledged. The database stays the caller's to close.
func Open(ctx context.Context, c Config) (*Log, error) {
	l := &Log{db: c.DB, clock: c.Clock, log: c.Log, known: newKnown(), queue: make(chan *Look, queued), done: make(chan struct{}), folder: make(chan struct{}, 1)}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	l.state = State{Place: First, Since: c.Clock.Now()}
	if err := Migrate(ctx, c.DB); err != nil {
		return nil, err
	}
	h, err := readHead(c.DB.Read(ctx), "")
	if err != nil {
		return nil, err
	}
	l.seq.Store(h.seq)
	if c.HeadFile != "" {
		l.head, err = proof.OpenHeadFile(c.HeadFile, "view log", h.seq, func(n int64) (tlog.Hash, error) { return Root(c.DB.Read(ctx), n) })
		if err != nil {
			return nil, err
		}
	}
	if c.Second != "" {
		if l.second, err = openSecond(c.Second, c.Key, c.Size); err != nil {
			return nil, errors.Join(fmt.Errorf("opening the second place of the view log: %w", err), l.closeFiles())
		}
		l.report(l.drain())
	}
	l.work.Go(l.run)
	l.work.Go(l.fold)
	l.wakeFold()
	return l, nil
}

// Close logs what is queued and ends the committer. Closing again does nothing.
func (l *Log) Close() (err error) {
	l.ends.Do(func() {
		l.queue <- nil
		l.work.Wait()
		err = l.closeFiles()
	})
	return err
}

func (l *Log) closeFiles() (err error) {
	if l.head != nil {
		err = l.head.Close()
	}
	if l.second != nil {
		err = errors.Join(err, l.second.close())
	}
	return err
}

// Seq is the place of the newest row this process knows of.
func (l *Log) Seq() int64 { return l.seq.Load() }

// State says where looks are being logged now.
func (l *Log) State() State {
	if l == nil {
		return State{Place: First}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state
}

// Ready is how many bytes the second place can still take in; 0 where there is none, or it is still being made.
func (l *Log) Ready() int64 { return l.second.room() }

// Saw hands rows over to be logged, and does not wait for it: that is for the answer's first byte to do. A nil log logs nothing.
func (l *Log) Saw(rows ...Row) *Look {
	if l == nil || len(rows) == 0 {
		return nil
	}
	k := &Look{rows: rows, done: make(chan struct{})}
	for i := range rows {
		if rows[i].Kind == "" {
			rows[i].Kind = Seen
		}
	}
	select {
	case <-l.done:
	default:
		select {
		case l.queue <- k:
			return k
		case <-l.done:
		}
	}
	k.err = unavailable(errors.New("the view log is closed"))
	close(k.done)
	return k
}

func unavailable(err error) error {
	return fault.Wrap(fault.Unavailable, err, "who looks at a chart is written down, and that is not possible just now: so nothing is shown. Try again in a moment")
}

// run gathers groups and logs them until Close. While the second place holds something it is tried to be moved, looks or none.
func (l *Log) run() {
	defer close(l.done)
	group := make([]*Look, 0, 64)
	for {
		var again <-chan time.Time
		if l.second != nil && l.second.held() > 0 || !l.failed.IsZero() {
			again = l.clock.After(tryAgain)
		}
		select {
		case <-again:
			l.report(l.drain())
			continue
		case k := <-l.queue:
			group = append(group[:0], k)
		}
		for n := 0; n < groupMost && group[len(group)-1] != nil; n++ {
			select {
			case k := <-l.queue:
				group = append(group, k)
				continue
			default:
			}
			break
		}
		last := group[len(group)-1] == nil
		if last {
			group = group[:len(group)-1]
		}
		if len(group) > 0 {
			l.settle(group)
		}
		if last {
			l.refuseRest()
			return
		}
	}
}

// refuseRest answers what was queued as the log closed.
func (l *Log) refuseRest() {
	for {
		select {
		case k := <-l.queue:
			if k != nil {
				k.err = unavailable(errors.New("the view log is closed"))
				close(k.done)
			}
		default:
			return
		}
	}
}

// settle logs a group in the first place, or else in the second.
func (l *Log) settle(group []*Look) {
	now, n := l.clock.Now(), 0
	for _, k := range group {
		n += len(k.rows)
	}
	rows := make([]*Row, 0, n)
	for _, k := range group {
		for i := range k.rows {
			k.rows[i].At = now
			_, _ = rand.Read(k.rows[i].salt[:]) // never fails: package rand ends the program instead
			rows = append(rows, &k.rows[i])
		}
	}
	mark := record.NewID(now)
	err := l.drain() // in order: what the second place holds comes first
	if err == nil {
		err = l.file(rows, mark)
	}
	if err != nil {
		first := err
		if err = l.second.add(now, rows, mark); err != nil {
			err = unavailable(errors.Join(first, err))
		}
		l.lost(first, err)
	} else {
		l.report(nil)
	}
	for _, k := range group {
		k.err = err
		close(k.done)
	}
}

// file logs rows in the first place, in one transaction.
func (l *Log) file(rows []*Row, mark record.ID) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("logging views panicked: %v", p)
		}
	}()
	l.filing.Lock()
	defer l.filing.Unlock()
	var a *appending
	err = l.write(func(tx db.Tx) error {
		if a, err = begin(tx, l.db.Dialect, l.known); err != nil {
			return err
		}
		for _, r := range rows {
			if err := a.add(r); err != nil {
				return err
			}
		}
		return a.finish(mark[:])
	})
	if err != nil {
		return err
	}
	l.durable(a)
	return nil
}

func (l *Log) write(do func(db.Tx) error) error {
	return l.db.Write(context.Background(), func(tx db.Tx) error {
		if l.db.Dialect == db.Postgres {
			if err := tx.Exec("SET LOCAL lock_timeout = '2s'"); err != nil {
				return err
			}
		}
		return do(tx)
	})
}

// durable takes note of a commit.
func (l *Log) durable(a *appending) {
	a.committed()
	before := l.seq.Swap(a.head.seq)
	if l.head != nil {
		if err := l.head.Write(a.head.seq, tlog.Hash(a.head.root)); err != nil {
			l.log.Error("the head file of the view log could not be written", "error", err)
		}
	}
	if before/Span != a.head.seq/Span {
		l.wakeFold()
	}
}

// drain moves what the second place holds into the first, in order. Nil when nothing is held any more. Shortly after a failure it does not try.
func (l *Log) drain() error {
	now := l.clock.Now()
	if !l.failed.IsZero() && now.Sub(l.failed).Abs() < tryAgain {
		return errStillFailing
	}
	if l.second == nil || l.second.held() == 0 {
		return nil
	}
	for {
		frames := l.second.next(groupMost)
		if len(frames) == 0 {
			break
		}
		if err := l.move(frames); err != nil {
			return err
		}
	}
	if err := l.second.begin(); err != nil {
		l.log.Error("the second place of the view log could not be emptied: it goes on behind what it holds", "error", err)
	}
	return nil
}

var errStillFailing = errors.New("the first place failed a moment ago")

// move moves frames of the second place into the first, once: how far it has come stands in the same transaction.
func (l *Log) move(frames []frame) error {
	l.filing.Lock()
	defer l.filing.Unlock()
	var a *appending
	last := frames[len(frames)-1].number
	err := l.write(func(tx db.Tx) (err error) {
		if a, err = begin(tx, l.db.Dialect, l.known); err != nil {
			return err
		}
		var generation, moved int64
		err = tx.QueryRow("SELECT generation, frames FROM view_moved WHERE second = $1", l.second.id[:]).Scan(&generation, &moved)
		if err != nil && err != db.ErrNoRows {
			return err
		}
		if generation != l.second.generation {
			moved = 0
		}
		mark := a.head.mark
		for _, f := range frames {
			// A commit that failed may yet have come to be durable: then the log's last group is the first that the second place took in.
			if f.number <= moved || string(f.mark[:]) == string(mark) {
				continue
			}
			for i := range f.rows {
				if err := a.add(&f.rows[i]); err != nil {
					return err
				}
			}
			a.head.mark = f.mark[:]
		}
		if err := tx.Exec("INSERT INTO view_moved (second, generation, frames) VALUES ($1, $2, $3) ON CONFLICT (second) DO UPDATE SET generation = excluded.generation, frames = excluded.frames",
			l.second.id[:], l.second.generation, last); err != nil {
			return err
		}
		return a.finish(a.head.mark)
	})
	if err != nil {
		return err
	}
	l.second.moved(last)
	l.durable(a)
	return nil
}

// lost notes a failure of the first place, and of the second too when err is not nil.
func (l *Log) lost(first, err error) {
	if !errors.Is(first, errStillFailing) {
		l.failed = l.clock.Now()
	}
	place := Second
	if err != nil {
		place = None
	}
	l.change(place, errors.Join(first, err))
}

// report notes what came of trying the first place.
func (l *Log) report(err error) {
	switch {
	case err == nil:
		l.failed = time.Time{}
		l.change(First, nil)
	case errors.Is(err, errStillFailing):
	case l.second.room() == 0:
		l.failed = l.clock.Now()
		l.change(None, err)
	default:
		l.failed = l.clock.Now()
		l.change(Second, err)
	}
}

// change notes where the log is kept now, and tells the program's log once.
func (l *Log) change(to Place, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.state
	if before.Place != to {
		l.state.Place, l.state.Since = to, l.clock.Now()
	}
	l.state.Held, l.state.Room = l.second.held(), l.second.room()
	switch {
	case before.Place == to:
	case to == First:
		l.log.Info("the view log is written in its first place again")
	case to == Second:
		l.log.Error("the view log cannot be written: its second place has taken over", "error", err)
	default:
		l.log.Error("the view log cannot be written in either place: reading is refused", "error", err)
	}
}
