package db

import (
	"context"
	"database/sql"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Moving pages from the write-ahead log into the file is done beside the writer, on a connection of its own: within a commit it would hold
// that commit up for as long as it takes. Only the last few pages are moved while the writer waits: once all are, it begins the log afresh. The
// writer's own checkpoint stays as the bound of the log.
const (
	// writerCheckpoint is the log's length in pages (64 MB) at which the writer itself must make room.
	writerCheckpoint = 16_000
	// checkpointLong is from what length of the log on it is worth the writer's wait to begin it afresh: what is in it is gone through at the start
	// after a crash. checkpointTail is how many pages are few enough to move meanwhile; where more keep coming, the fourth pass does not wait for fewer.
	checkpointLong  = 6_000
	checkpointTail  = 300
	checkpointPause = 250 * time.Millisecond
	// checkpointAfter is how many commits are worth a checkpoint while more are coming; fewer are moved when the writer rests, or after so many
	// pauses: a commit may be large.
	checkpointAfter = 64
	checkpointWait  = 3
)

type checkpointer struct {
	db      *sql.DB
	file    *os.File    // the database, only to sync it; closed last, for closing it gives up SQLite's locks
	writing sync.Locker // held by whoever writes
	commits atomic.Int64
	stop    chan struct{}
	done    chan struct{}
}

func startCheckpointer(d *sql.DB, path string, writing sync.Locker) *checkpointer {
	file, _ := os.OpenFile(path, os.O_RDWR, 0) // without it the last sync takes longer, no more
	c := &checkpointer{db: d, file: file, writing: writing, stop: make(chan struct{}), done: make(chan struct{})}
	d.SetMaxOpenConns(1)
	go c.run()
	return c
}

func (c *checkpointer) run() {
	defer close(c.done)
	tick := time.NewTicker(checkpointPause)
	defer tick.Stop()
	var before int64
	waited := 0
	for {
		select {
		case <-c.stop:
			return
		case <-tick.C:
		}
		now := c.commits.Load()
		if waited++; now == 0 || now < checkpointAfter && now != before && waited < checkpointWait {
			before = now
			continue
		}
		before, waited = 0, 0
		c.commits.Add(-now)
		c.checkpoint()
	}
}

// checkpoint moves what lies in the log, again while much was added meanwhile. What fails is tried again at the next, and by the writer in the
// end: its errors are the ones that count.
func (c *checkpointer) checkpoint() {
	for pass := range 4 {
		length, left, err := c.move()
		if err != nil || length < checkpointLong {
			return
		}
		if c.file != nil && pass == 0 {
			_ = c.file.Sync() // so that little is left to sync while the writer waits
			continue
		}
		if left < checkpointTail {
			break
		}
	}
	c.writing.Lock()
	_, _, _ = c.move()
	c.writing.Unlock()
}

// move moves pages into the file and gives the log's length and how many of its pages are left to move.
func (c *checkpointer) move() (length, left int, err error) {
	var busy, moved int
	err = c.db.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &length, &moved)
	return length, length - moved, err
}

func (c *checkpointer) close() error {
	close(c.stop)
	<-c.done
	return c.db.Close()
}

func (c *checkpointer) closeFile() error {
	if c.file == nil {
		return nil
	}
	return c.file.Close()
}
