// Package record is the heart of Milieu: entries, their kinds, how one is admitted and applied, amendments, and the log's tree.
//
// People write entries; everything else is worked out from entries. An entry is admitted (may this sender say this now, and is it well said?)
// before the writer sees it, and applied inside the writer's transaction: numbered, written, put into the rooms' projections. Replay applies
// again and never admits. Projections hold the entries that stand; an entry stands unless one that stands withdraws or corrects it.
package record

import "milieu/kit/db"

// Projection is a room's disposable table (or few): worked out from entries, in the transaction that files them.
//
// Put and Drop touch only the projection's own tables, and the order in which entries arrive must not matter: the same set of standing
// entries gives the same tables. A change of shape is a new Version with new table names.
type Projection struct {
	Name    string // room_what: "rounds_check"
	Version int
	Kinds   []string
	Schema  string // CREATE TABLE IF NOT EXISTS …, statements ended by semicolons
	Tables  []string
	Put     func(tx db.Tx, e *Entry, b Body) error // the entry stands
	Drop    func(tx db.Tx, e *Entry, b Body) error // it stood, and no longer does
	// Follow keeps true what the room keeps in the committer's memory (db.Keep): it hears every entry that was put, by this process or, before
	// anything else is filed, by another. Nil where nothing is kept.
	Follow func(tx db.Tx, e *Entry, b Body)
}

// Derived is what the kit keeps for a chart and can work out afresh at any time from the projections alone: its dues, its unit.
type Derived struct {
	Name    string
	Version int      // raised when Of gives other answers than before: every chart is then worked out anew at the next start
	Kinds   []string // an entry of these kinds touches its chart
	// Touches names further charts that an entry touches. Nil means the entry's own chart.
	Touches func(q db.Querier, e *Entry, b Body) ([]ID, error)
	// Of works it out for one chart and writes it. It must be a pure function of the projections.
	Of func(tx db.Tx, chart ID) error
}

// Schema is the log's own tables: the only ones that migrate, besides what people keep outside the record.
const Schema = `
CREATE TABLE IF NOT EXISTS log_head (
	one INTEGER PRIMARY KEY, seq INTEGER NOT NULL, received INTEGER NOT NULL, frontier BLOB NOT NULL, root BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS chart_head (
	chart BLOB NOT NULL PRIMARY KEY, number INTEGER NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entry (
	seq INTEGER NOT NULL PRIMARY KEY, id BLOB NOT NULL UNIQUE, chart BLOB NOT NULL, number INTEGER NOT NULL, prev INTEGER NOT NULL,
	kind TEXT NOT NULL, version INTEGER NOT NULL, happened INTEGER NOT NULL, written INTEGER NOT NULL, received INTEGER NOT NULL, skew INTEGER NOT NULL,
	author BLOB NOT NULL, role TEXT NOT NULL, device TEXT NOT NULL, amends BLOB, amendment TEXT NOT NULL, cites BLOB, labels TEXT NOT NULL, marks TEXT NOT NULL,
	digest BLOB, salt BLOB, commitment BLOB NOT NULL, body BLOB, tree BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS amend (
	target BLOB NOT NULL, id BLOB NOT NULL, chart BLOB NOT NULL, amendment TEXT NOT NULL, written INTEGER NOT NULL, PRIMARY KEY (target, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS projection (
	name TEXT NOT NULL, version INTEGER NOT NULL, seq INTEGER NOT NULL, live INTEGER NOT NULL, PRIMARY KEY (name, version)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tray (
	id BLOB NOT NULL, digest BLOB NOT NULL, author BLOB NOT NULL, chart BLOB, kind TEXT NOT NULL, received INTEGER NOT NULL,
	reason TEXT NOT NULL, entry BLOB NOT NULL, done INTEGER NOT NULL, PRIMARY KEY (id, digest)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tray_author ON tray (author, done, received);
CREATE TABLE IF NOT EXISTS tray_step (
	id BLOB NOT NULL, digest BLOB NOT NULL, at INTEGER NOT NULL, person BLOB NOT NULL, step TEXT NOT NULL, note TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS tray_step_of ON tray_step (id, digest, at);
`
