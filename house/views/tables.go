package views

import (
	"encoding/json"
	"fmt"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
)

// Projections are the tables: one row for each standing statement.
func Projections() []record.Projection {
	return []record.Projection{{
		Name: "views_said", Version: 1, Kinds: []string{KindDisclosed, KindReviewed, KindHouse}, Tables: []string{"views_said_v1"},
		Schema: `CREATE TABLE IF NOT EXISTS views_said_v1 (chart BLOB NOT NULL, kind TEXT NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL, author BLOB NOT NULL, body BLOB NOT NULL,
	PRIMARY KEY (chart, kind, happened, id)) WITHOUT ROWID;`,
		Put: func(tx db.Tx, e *record.Entry, _ record.Body) error {
			return tx.Exec("INSERT INTO views_said_v1 (chart, kind, happened, id, author, body) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
				e.Chart[:], e.Kind, clock.Micros(e.Happened), e.ID[:], e.Author[:], []byte(e.Body))
		},
		Drop: func(tx db.Tx, e *record.Entry, _ record.Body) error {
			return tx.Exec("DELETE FROM views_said_v1 WHERE chart = $1 AND kind = $2 AND happened = $3 AND id = $4", e.Chart[:], e.Kind, clock.Micros(e.Happened), e.ID[:])
		},
	}}
}

// Said is a standing statement with who made it and when it happened.
type Said[B any] struct {
	ID     record.ID
	At     time.Time
	Author record.ID
	Says   B
}

func said[B any](q db.Querier, chart record.ID, kind string, from time.Time, limit int) (out []Said[B], err error) {
	err = db.Each(q, "SELECT id, happened, author, body FROM views_said_v1 WHERE chart = $1 AND kind = $2 AND happened >= $3 ORDER BY happened DESC, id DESC LIMIT $4",
		[]any{chart[:], kind, clock.Micros(from), limit}, func(r db.Row) error {
			var s Said[B]
			var at int64
			var body []byte
			if err := r.Scan(&s.ID, &at, &s.Author, &body); err != nil {
				return err
			}
			s.At = clock.FromMicros(at)
			if err := json.Unmarshal(body, &s.Says); err != nil {
				return fmt.Errorf("reading %s: %w", s.ID, err)
			}
			out = append(out, s)
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("reading what was said with %s: %w", kind, err)
	}
	return out, nil
}

// Disclosures are those of a client since a time, the latest first.
func Disclosures(q db.Querier, chart record.ID, since time.Time) ([]Said[Disclosed], error) {
	return said[Disclosed](q, chart, KindDisclosed, since, 1000)
}

// Reviews are what was looked into since a time, the latest first.
func Reviews(q db.Querier, since time.Time) ([]Said[Reviewed], error) {
	return said[Reviewed](q, due.House, KindReviewed, since, 10_000)
}

// HouseOf is what the house has decided; its zero value when it has not.
func HouseOf(q db.Querier) (House, error) {
	all, err := said[House](q, due.House, KindHouse, time.Time{}, 1)
	if err != nil || len(all) == 0 {
		return House{}, err
	}
	return all[0].Says, nil
}
