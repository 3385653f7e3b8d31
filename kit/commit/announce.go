package commit

import (
	"context"
	"fmt"
	"sync"

	"milieu/kit/db"
	"milieu/kit/record"
)

// channel is where PostgreSQL processes tell each other what was filed.
const channel = "milieu_filed"

// announce tells other processes, within the transaction, which entries it files.
func (k *Committer) announce(tx db.Tx, filed []*record.Entry) error {
	if k.db.Dialect != db.Postgres || len(filed) == 0 {
		return nil
	}
	return tx.Exec("SELECT pg_notify($1, $2)", channel, fmt.Sprintf("%s %d %d", k.process, filed[0].Seq, filed[len(filed)-1].Seq))
}

// Follow hears what other processes file on the same PostgreSQL database, until ctx ends, and hands it to those registered with After. A
// lost connection is taken up again and what was missed is read. On SQLite it only waits.
func (k *Committer) Follow(ctx context.Context) {
	if k.db.Dialect != db.Postgres {
		<-ctx.Done()
		return
	}
	var mu sync.Mutex
	for ctx.Err() == nil {
		err := k.db.Listen(ctx, channel, func(payload string) {
			var who string
			var from, to int64
			if n, _ := fmt.Sscan(payload, &who, &from, &to); n != 3 || who == k.process {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			entries, err := record.Range(k.db.Read(ctx), from, int(to-from+1))
			if err != nil {
				k.log.Error("reading what another process filed", "error", err)
				return
			}
			if k.seq.Load() < to {
				k.seq.Store(to)
			}
			for _, f := range k.after {
				f(entries)
			}
		})
		if ctx.Err() == nil {
			k.log.Warn("lost the line to other processes; taking it up again", "error", err)
			<-k.clock.After(1e9)
		}
	}
}
