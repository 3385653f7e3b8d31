// Package room is the working part of notes: the tables that keep who wrote what when, the guards that hold a signed note still, the dues of
// notes begun and of those that wait for a colleague, and the pages.
package room

import (
	"milieu/care/notes"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

// said are the kinds that stand in a client's chart.
var said = []string{notes.KindNoted, notes.KindWritten, notes.KindCosigned, notes.KindBegun, notes.KindDropped}

// fixed are the kinds by which a house sets notes up.
var fixed = []string{notes.KindRules, notes.KindFormat, notes.KindWords}

// Projections are the room's tables: a row for each standing statement. The words stay in the entry.
func Projections() []record.Projection {
	return []record.Projection{{
		Name: "notes_said", Version: 1, Kinds: said, Tables: []string{"notes_said_v1"},
		Schema: `CREATE TABLE IF NOT EXISTS notes_said_v1 (chart BLOB NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL, what TEXT NOT NULL, author BLOB NOT NULL, role TEXT NOT NULL,
	format TEXT NOT NULL, ref BLOB, since INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (chart, happened, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS notes_said_author_v1 ON notes_said_v1 (author, what);`,
		Put: putSaid,
		Drop: func(tx db.Tx, e *record.Entry, _ record.Body) error {
			return tx.Exec("DELETE FROM notes_said_v1 WHERE chart = $1 AND happened = $2 AND id = $3", e.Chart[:], clock.Micros(e.Happened), e.ID[:])
		},
	}, {
		Name: "notes_fixed", Version: 1, Kinds: fixed, Tables: []string{"notes_fixed_v1"},
		Schema: `CREATE TABLE IF NOT EXISTS notes_fixed_v1 (chart BLOB NOT NULL, what TEXT NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY (chart, what, happened, id)) WITHOUT ROWID;`,
		Put: func(tx db.Tx, e *record.Entry, b record.Body) error {
			raw, err := record.Canonical(b)
			if err != nil {
				return err
			}
			return tx.Exec("INSERT INTO notes_fixed_v1 (chart, what, happened, id, body) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
				e.Chart[:], e.Kind, clock.Micros(e.Happened), e.ID[:], []byte(raw))
		},
		Drop: func(tx db.Tx, e *record.Entry, _ record.Body) error {
			return tx.Exec("DELETE FROM notes_fixed_v1 WHERE chart = $1 AND what = $2 AND happened = $3 AND id = $4", e.Chart[:], e.Kind, clock.Micros(e.Happened), e.ID[:])
		},
	}}
}

func putSaid(tx db.Tx, e *record.Entry, b record.Body) error {
	var format string
	var ref record.ID
	var since, until int64
	switch x := b.(type) {
	case *notes.Written:
		format, ref, since, until = x.Format, x.Begun, clock.Micros(x.From), clock.Micros(x.End(e))
	case *notes.Cosigned:
		ref = x.Note
	case *notes.Begun:
		format, since, until = x.Format, clock.Micros(x.From), clock.Micros(x.Until)
	case *notes.Dropped:
		ref = x.Begun
	}
	return tx.Exec("INSERT INTO notes_said_v1 (chart, happened, id, what, author, role, format, ref, since, until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
		e.Chart[:], clock.Micros(e.Happened), e.ID[:], e.Kind, e.Author[:], e.Role, format, ref, since, until)
}

// Schema is what is kept of files that were sent before the note that they belong to was signed. It is no projection.
const Schema = `
CREATE TABLE IF NOT EXISTS notes_file (address BLOB NOT NULL, chart BLOB NOT NULL, author BLOB NOT NULL, form TEXT NOT NULL, size INTEGER NOT NULL, kept INTEGER NOT NULL, PRIMARY KEY (address, chart)) WITHOUT ROWID;
`
