package db

import (
	"context"
	"database/sql"
	"sync/atomic"
	"time"
)

// Moving pages from the write-ahead log into the file is done beside the writer, on a connection of its own: within a commit it would hold
// that commit up for as long as it takes. The writer's own checkpoint stays as the bound of the log, and finds little left to do.
const (
	// writerCheckpoint is the log's length in pages (64 MB) at which the writer itself must make room.
	writerCheckpoint = 16_000
	checkpointPause  = 250 * time.Millisecond
	// checkpointAfter is how many commits are worth a checkpoint while more are coming; fewer are moved when the writer rests.
	checkpointAfter = 64
)

type checkpointer struct {
	db      *sql.DB
	commits atomic.Int64
	stop    chan struct{}
	done    chan struct{}
}

func startCheckpointer(d *sql.DB) *checkpointer {
	c := &checkpointer{db: d, stop: make(chan struct{}), done: make(chan struct{})}
	d.SetMaxOpenConns(1)
	go c.run()
	return c
}

func (c *checkpointer) run() {
	defer close(c.done)
	tick := time.NewTicker(checkpointPause)
	defer tick.Stop()
	var before int64
	for {
		select {
		case <-c.stop:
			return
		case <-tick.C:
		}
		now := c.commits.Load()
		if now == 0 || now < checkpointAfter && now != before {
			before = now
			continue
		}
		before = 0
		c.commits.Add(-now)
		// What fails here is tried again at the next, and by the writer in the end: its errors are the ones that count.
		_, _ = c.db.ExecContext(context.Background(), "PRAGMA wal_checkpoint(PASSIVE)")
	}
}

func (c *checkpointer) close() error {
	close(c.stop)
	<-c.done
	return c.db.Close()
}
