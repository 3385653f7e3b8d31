package signin

import (
	"fmt"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/web"
)

// accounts says how everybody stands to signing in: each table is read once, however many people there are.
func (r *Desk) accounts(q db.Querier, now time.Time) (map[record.ID]web.Account, error) {
	out := map[record.ID]web.Account{}
	mark := func(query string, how func(*web.Account)) error {
		return db.Each(q, query, nil, func(row db.Row) error {
			var person record.ID
			if err := row.Scan(&person); err != nil {
				return err
			}
			a := out[person]
			how(&a)
			out[person] = a
			return nil
		})
	}
	strong := func(a *web.Account) { a.Set, a.Second = true, true }
	err := mark("SELECT person FROM credential", func(a *web.Account) { a.Set = true })
	if err == nil {
		err = mark("SELECT person FROM one_time_code", func(a *web.Account) { a.Second = true })
	}
	for _, f := range r.factors {
		if err == nil && f.Everybody != "" {
			err = mark(f.Everybody, strong)
		}
	}
	if err == nil {
		err = db.Each(q, "SELECT person, COUNT(*), MAX(seen) FROM session WHERE until > $1 GROUP BY person", []any{clock.Micros(now)}, func(row db.Row) error {
			var person record.ID
			var open, seen int64
			if err := row.Scan(&person, &open, &seen); err != nil {
				return err
			}
			a := out[person]
			a.Open, a.Seen = int(open), clock.FromMicros(seen)
			out[person] = a
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("reading how people sign in: %w", err)
	}
	return out, nil
}
