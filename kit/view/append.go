package view

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/record/proof"
)

// Schema is the log's tables. A row keeps the hashes that its leaf completes, as the record's entries do.
const Schema = `
CREATE TABLE IF NOT EXISTS view_head (one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, at INTEGER NOT NULL, frontier BLOB NOT NULL, root BLOB NOT NULL, once INTEGER NOT NULL, folded INTEGER NOT NULL, mark BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS view (seq INTEGER NOT NULL PRIMARY KEY, at INTEGER NOT NULL, body BLOB, tree BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS view_once (id INTEGER NOT NULL PRIMARY KEY, digest BLOB NOT NULL, body BLOB NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS view_once_digest ON view_once (digest);
CREATE TABLE IF NOT EXISTS view_find (segment INTEGER NOT NULL, key BLOB NOT NULL, rows BLOB NOT NULL, PRIMARY KEY (segment, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS view_used (once INTEGER NOT NULL PRIMARY KEY, segment INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS view_moved (second BLOB NOT NULL PRIMARY KEY, generation INTEGER NOT NULL, frames INTEGER NOT NULL) WITHOUT ROWID;
`

// head says how far the log has come; locking its row is the log's lock.
type head struct {
	seq, at  int64
	frontier record.Frontier
	root     [32]byte
	once     int64  // the newest number given to something stored once
	folded   int64  // up to which row the index reaches
	mark     []byte // of the newest group
}

func readHead(q db.Querier, lock string) (h head, err error) {
	var frontier, root []byte
	err = q.QueryRow("SELECT seq, at, frontier, root, once, folded, mark FROM view_head WHERE one = 1"+lock).Scan(&h.seq, &h.at, &frontier, &root, &h.once, &h.folded, &h.mark)
	if err != nil {
		return h, fmt.Errorf("reading the head of the view log: %w", err)
	}
	h.frontier = record.UnpackHashes(frontier)
	copy(h.root[:], root)
	return h, nil
}

// Migrate makes the tables where there are none.
func Migrate(ctx context.Context, d *db.DB) error {
	empty := record.Frontier(nil).Root()
	return d.Write(ctx, func(tx db.Tx) error {
		if err := tx.Exec(d.Dialect.DDL(Schema)); err != nil {
			return fmt.Errorf("making the view log's tables: %w", err)
		}
		// An index that does not say yet where seats and sets were used last is made anew.
		for _, redo := range []string{"DELETE FROM view_find WHERE NOT EXISTS (SELECT 1 FROM view_used)", "UPDATE view_head SET folded = 0 WHERE folded > 0 AND NOT EXISTS (SELECT 1 FROM view_used)"} {
			if err := tx.Exec(redo); err != nil {
				return fmt.Errorf("beginning the view log's index anew: %w", err)
			}
		}
		return tx.Exec("INSERT INTO view_head (one, seq, at, frontier, root, once, folded, mark) VALUES (1, 0, 0, $1, $2, 0, 0, $1) ON CONFLICT (one) DO NOTHING", []byte{}, empty[:])
	})
}

// Head is the size and root of the view log as it stands.
func Head(q db.Querier) (tlog.Tree, error) {
	h, err := readHead(q, "")
	return tlog.Tree{N: h.seq, Hash: h.root}, err
}

// Root is the root of the tree over the first size rows.
func Root(q db.Querier, size int64) (tlog.Hash, error) {
	if size == 0 {
		return record.Frontier(nil).Root(), nil
	}
	return tlog.TreeHash(size, proof.HashesIn(q, "view"))
}

// known remembers under which numbers seats and sets are stored.
type known struct {
	seats map[Seat]once
	sets  map[[32]byte]int64
}

const mostKnown = 20_000

func newKnown() *known { return &known{map[Seat]once{}, map[[32]byte]int64{}} }

// appending adds rows in one transaction. What it learned of seats and sets is for all only once that is committed.
type appending struct {
	tx      db.Tx
	head    head
	known   *known
	learned *known
}

func begin(tx db.Tx, d db.Dialect, k *known) (*appending, error) {
	h, err := readHead(tx, d.ForUpdate())
	return &appending{tx: tx, head: h, known: k, learned: newKnown()}, err
}

// add appends one row, at its own time or later.
func (a *appending) add(r *Row) error {
	r.Seq = a.head.seq + 1
	if us := clock.Micros(r.At); us < a.head.at {
		r.At = clock.FromMicros(a.head.at) // the order of the log is the order of time, whatever a clock says
	}
	seat, err := a.seat(r.Seat)
	if err != nil {
		return err
	}
	set, err := a.set(r.Set)
	if err != nil {
		return err
	}
	return a.put(r.Seq, r.At, r.leaf(seat.digest), r.body(seat.id, set))
}

func (a *appending) put(seq int64, at time.Time, leaf tlog.Hash, body []byte) error {
	var done []tlog.Hash
	a.head.frontier, done = a.head.frontier.Append(seq-1, leaf)
	a.head.seq, a.head.at = seq, clock.Micros(at)
	return a.tx.Exec("INSERT INTO view (seq, at, body, tree) VALUES ($1, $2, $3, $4)", seq, a.head.at, body, record.PackHashes(done))
}

func (a *appending) seat(s Seat) (once, error) {
	if o, ok := a.known.seats[s]; ok {
		return o, nil
	}
	if o, ok := a.learned.seats[s]; ok {
		return o, nil
	}
	body := s.body()
	o := once{digest: sha256.Sum256(body)}
	var err error
	o.id, err = a.store(o.digest, body)
	a.learned.seats[s] = o
	return o, err
}

func (a *appending) set(s *Set) (int64, error) {
	if s == nil {
		return 0, nil
	}
	if id, ok := a.known.sets[s.digest]; ok {
		return id, nil
	}
	if id, ok := a.learned.sets[s.digest]; ok {
		return id, nil
	}
	id, err := a.store(s.digest, s.body())
	a.learned.sets[s.digest] = id
	return id, err
}

func (a *appending) store(digest [32]byte, body []byte) (id int64, err error) {
	err = a.tx.QueryRow("SELECT id FROM view_once WHERE digest = $1", digest[:]).Scan(&id)
	if err != db.ErrNoRows {
		return id, err
	}
	a.head.once++
	return a.head.once, a.tx.Exec("INSERT INTO view_once (id, digest, body) VALUES ($1, $2, $3)", a.head.once, digest[:], body)
}

// finish writes the head.
func (a *appending) finish(mark []byte) error {
	a.head.root = a.head.frontier.Root()
	a.head.mark = mark
	return a.tx.Exec("UPDATE view_head SET seq = $1, at = $2, frontier = $3, root = $4, once = $5, mark = $6 WHERE one = 1",
		a.head.seq, a.head.at, a.head.frontier.Pack(), a.head.root[:], a.head.once, mark)
}

// committed keeps what was learned.
func (a *appending) committed() {
	if len(a.known.seats)+len(a.known.sets) > mostKnown {
		clear(a.known.seats)
		clear(a.known.sets)
	}
	for s, o := range a.learned.seats {
		a.known.seats[s] = o
	}
	for d, id := range a.learned.sets {
		a.known.sets[d] = id
	}
}

// Tables are the log's own, for those who copy a database in another way.
func Tables() []string {
	return []string{"view", "view_head", "view_once", "view_find", "view_used", "view_moved"}
}
