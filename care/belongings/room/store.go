// Package room is the working part of belongings: the table of what was taken in and what became of it, and the pages on which things come in, go
// back, are counted and photographed.
package room

import (
	"fmt"

	jsonv2 "github.com/go-json-experiment/json"

	"milieu/care/belongings"
	"milieu/house/clients"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

// kinds are the room's kinds, which one table keeps: what is here is worked out from all of them when it is asked for, so that the order in which
// they arrive cannot matter.
var kinds = []string{belongings.KindTakenIn, belongings.KindGivenBack, belongings.KindDisposed, belongings.KindCounted, belongings.KindPhotographed}

// Projections are the room's table.
func Projections() []record.Projection {
	return []record.Projection{{
		Name: "belongings_said", Version: 1, Kinds: kinds, Tables: []string{"belongings_said_v1"},
		Schema: `CREATE TABLE IF NOT EXISTS belongings_said_v1 (chart BLOB NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL, author BLOB NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL,
	PRIMARY KEY (chart, happened, id)) WITHOUT ROWID;`,
		Put: func(tx db.Tx, e *record.Entry, b record.Body) error {
			raw, err := record.Canonical(b)
			if err != nil {
				return err
			}
			return tx.Exec("INSERT INTO belongings_said_v1 (chart, happened, id, author, kind, body) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
				e.Chart[:], clock.Micros(e.Happened), e.ID[:], e.Author[:], e.Kind, []byte(raw))
		},
		Drop: func(tx db.Tx, e *record.Entry, _ record.Body) error {
			return tx.Exec("DELETE FROM belongings_said_v1 WHERE chart = $1 AND happened = $2 AND id = $3", e.Chart[:], clock.Micros(e.Happened), e.ID[:])
		},
	}}
}

// Things gives the things of a person, over all of their charts.
func Things(q db.Querier, chart record.ID) ([]belongings.Thing, error) {
	filed, err := Filed(q, chart)
	return belongings.Of(filed), err
}

// Filed gives what was said of a person's things, over all of their charts.
func Filed(q db.Querier, chart record.ID) ([]belongings.Filed, error) {
	family, err := clients.Family(q, chart)
	if err != nil {
		return nil, err
	}
	var out []belongings.Filed
	for _, c := range family {
		err := db.Each(q, "SELECT happened, id, author, kind, body FROM belongings_said_v1 WHERE chart = $1 ORDER BY happened, id", []any{c[:]}, func(r db.Row) error {
			f := belongings.Filed{Chart: c}
			var happened int64
			var kind string
			var body []byte
			if err := r.Scan(&happened, &f.ID, &f.By, &kind, &body); err != nil {
				return err
			}
			f.At, f.Body = clock.FromMicros(happened), newBody(kind)
			out = append(out, f)
			return jsonv2.Unmarshal(body, f.Body)
		})
		if err != nil {
			return nil, fmt.Errorf("reading the belongings of chart %s: %w", c, err)
		}
	}
	return out, nil
}

func newBody(kind string) record.Body {
	switch kind {
	case belongings.KindTakenIn:
		return &belongings.TakenIn{}
	case belongings.KindGivenBack:
		return &belongings.GivenBack{}
	case belongings.KindDisposed:
		return &belongings.Disposed{}
	case belongings.KindCounted:
		return &belongings.Counted{}
	}
	return &belongings.Photographed{}
}

// currency is the one in which money of this person was last taken in; the first on the list where none was.
func currency(things []belongings.Thing) string {
	for i := len(things) - 1; i >= 0; i-- {
		if v := things[i].Item.Value; v != nil {
			return v.Currency
		}
	}
	return belongings.Currencies[0]
}
