package commit

import (
	"context"
	"fmt"
	"time"

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
	return tx.Exec("SELECT pg_notify($1, $2)", channel, fmt.Sprintf("%s %d", k.process, filed[len(filed)-1].Seq))
}

// tell hands what was filed to those registered with After: every entry once and in order of the log, those of other processes among them.
func (k *Committer) tell(filed []*record.Entry) {
	k.telling.Lock()
	defer k.telling.Unlock()
	if err := k.tellUntil(filed[0].Seq - 1); err != nil {
		k.log.Error("reading what was filed elsewhere", "error", err)
	}
	for len(filed) > 0 && filed[0].Seq <= k.told {
		filed = filed[1:]
	}
	k.hand(filed)
}

// tellUntil hands on what lies between what was told and seq. Usually nothing does.
func (k *Committer) tellUntil(seq int64) error {
	for k.told < seq {
		entries, err := record.Range(k.db.Read(context.Background()), k.told+1, int(min(seq-k.told, 1000)))
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			return nil
		}
		k.hand(entries)
	}
	return nil
}

func (k *Committer) hand(entries []*record.Entry) {
	if len(entries) == 0 {
		return
	}
	k.told = entries[len(entries)-1].Seq
	for _, f := range k.after {
		func() {
			defer func() {
				if p := recover(); p != nil { // the entries are durable: whoever failed to hear must not end the committer
					k.log.Error("what was filed could not be handed on", "panic", fmt.Sprint(p))
				}
			}()
			f(entries)
		}()
	}
}

// Follow hears what other processes file on the same PostgreSQL database, until ctx ends, and hands it to those registered with After. A
// lost connection is taken up again and what was missed is read. On SQLite it only waits.
func (k *Committer) Follow(ctx context.Context) {
	if k.db.Dialect != db.Postgres {
		<-ctx.Done()
		return
	}
	for ctx.Err() == nil {
		err := k.db.Listen(ctx, channel, func(payload string) {
			var who string
			var seq int64
			if n, _ := fmt.Sscan(payload, &who, &seq); n == 2 && who == k.process {
				return
			}
			if err := k.hear(ctx, seq); err != nil {
				k.log.Error("reading what another process filed", "error", err)
			}
		})
		if ctx.Err() == nil {
			k.log.Warn("lost the line to other processes; taking it up again", "error", err)
			select {
			case <-k.clock.After(time.Second):
			case <-ctx.Done():
			}
		}
	}
}

// Head is the place of the newest entry in the database, whichever process filed it.
func (k *Committer) Head(ctx context.Context) (seq int64, err error) {
	if err := k.db.Read(ctx).QueryRow("SELECT seq FROM log_head WHERE one = 1").Scan(&seq); err != nil {
		return 0, fmt.Errorf("asking how far the log has come: %w", err)
	}
	return seq, nil
}

// hear hands on what was filed elsewhere up to seq; 0 means whatever there is, as after a lost line.
func (k *Committer) hear(ctx context.Context, seq int64) error {
	if seq == 0 {
		var err error
		if seq, err = k.Head(ctx); err != nil {
			return err
		}
	}
	for at := k.seq.Load(); at < seq && !k.seq.CompareAndSwap(at, seq); at = k.seq.Load() {
	}
	k.telling.Lock()
	defer k.telling.Unlock()
	return k.tellUntil(seq)
}
