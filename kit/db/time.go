package db

import (
	"context"
	"fmt"
	"time"

	"milieu/kit/clock"
)

// Clock is the clock that a running server goes by. On PostgreSQL, where several nodes share a database, it is the database's clock as it
// was when asked, carried on by this machine's monotonic clock: nodes whose own clocks differ agree. On SQLite it is the machine's.
func (d *DB) Clock(ctx context.Context) (*clock.Steady, error) {
	here := clock.System()
	if d.Dialect != Postgres {
		return here, nil
	}
	began := here.Now()
	var us int64
	if err := d.read.QueryRowContext(ctx, "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint").Scan(&us); err != nil {
		return nil, fmt.Errorf("asking the database's clock: %w", err)
	}
	asked := here.Now()
	there := clock.FromMicros(us).Add(asked.Sub(began) / 2) // the answer was half as long under way as the question and answer together
	since := func() time.Duration { return here.Now().Sub(asked) }
	return clock.NewSteady(func() time.Time { return there.Add(since()) }, since), nil
}
