// Package logtest is a small ward and a log to file it into, for tests of the kit itself: a few kinds, a projection, a due.
package logtest

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"milieu/kit/clock"
	"milieu/kit/commit"
	"milieu/kit/db"
	"milieu/kit/db/vault"
	"milieu/kit/due"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/testkit/pgtest"
)

// Night is when every test of the ward begins.
var Night = time.Date(2026, 11, 21, 22, 0, 0, 0, time.UTC)

// Nurse files what tests file.
var Nurse = record.DeriveID("test", "nurse")

// Chart gives the n-th client's chart.
func Chart(n int) record.ID {
	return record.DeriveID("test", "chart", string(rune('a'+n%26)), time.Duration(n).String())
}

// Seen is a sighting.
type Seen struct {
	Place string `json:"place"`
	State string `json:"state,omitempty"`
}

// Validate implements record.Body.
func (s *Seen) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(s.Place != "", "place", "say where")
	return c.Err()
}

// Ordered asks for sightings every so many minutes. Taking one back asks for more than having written it.
type Ordered struct {
	Minutes int `json:"minutes"`
}

// Validate implements record.Body.
func (o *Ordered) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(o.Minutes > 0, "minutes", "say how often")
	return c.Err()
}

// Kinds are the ward's kinds with those of the record and of dues.
func Kinds(t testing.TB) *record.Kinds {
	t.Helper()
	line := func(*record.Entry, record.Body) record.Line { return record.Line{Key: "ward.line"} }
	ks, err := record.NewKinds(record.OwnKinds(), due.Kinds(), []record.Kind{
		{Name: "ward.seen", Version: 1, Chart: "client", Action: "ward.see", Example: &Seen{Place: "day room"}, Line: line,
			Labels: []string{"incident-review", "not-for-family", "personal", "psychotherapy", "substance-use"}},
		{Name: "ward.ordered", Version: 1, Chart: "client", Action: "ward.order", Withdraw: "ward.lower", Example: &Ordered{Minutes: 15}, Line: line},
	})
	if err != nil {
		t.Fatal(err)
	}
	return ks
}

// Sightings is the ward's projection.
func Sightings() record.Projection {
	return record.Projection{
		Name: "ward_seen", Version: 1, Kinds: []string{"ward.seen"}, Tables: []string{"ward_seen_v1"},
		Schema: `CREATE TABLE IF NOT EXISTS ward_seen_v1 (chart BLOB NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL, place TEXT NOT NULL, PRIMARY KEY (chart, happened, id)) WITHOUT ROWID;`,
		Put: func(tx db.Tx, e *record.Entry, b record.Body) error {
			return tx.Exec("INSERT INTO ward_seen_v1 (chart, happened, id, place) VALUES ($1, $2, $3, $4) ON CONFLICT (chart, happened, id) DO NOTHING",
				e.Chart[:], clock.Micros(e.Happened), e.ID[:], b.(*Seen).Place)
		},
		Drop: func(tx db.Tx, e *record.Entry, _ record.Body) error {
			return tx.Exec("DELETE FROM ward_seen_v1 WHERE chart = $1 AND happened = $2 AND id = $3", e.Chart[:], clock.Micros(e.Happened), e.ID[:])
		},
	}
}

// Every is how often somebody must be seen.
const Every = 30 * time.Minute

// Check is the ward's due: seen again half an hour after the last sighting.
func Check() due.Rule {
	return due.Rule{
		Name: "ward.check", Kinds: []string{"ward.seen"}, TakenFor: 10 * time.Minute,
		Ladder: []due.Rung{{After: 2 * time.Minute, Tell: "unit"}, {After: 5 * time.Minute, Tell: "in_charge"}, {After: 15 * time.Minute, Tell: "supervisor"}},
		Windows: func(q db.Querier, chart record.ID) ([]due.Window, error) {
			var last int64
			var id record.ID
			err := q.QueryRow("SELECT happened, id FROM ward_seen_v1 WHERE chart = $1 ORDER BY happened DESC, id LIMIT 1", chart[:]).Scan(&last, &id)
			if err == db.ErrNoRows {
				return nil, nil
			}
			if err != nil {
				return nil, err
			}
			at := clock.FromMicros(last)
			return []due.Window{{Chart: chart, Rule: "ward.check", Anchor: id, Opens: at, Due: at.Add(Every), Late: at.Add(Every), Role: "worker"}}, nil
		},
	}
}

// Anyone lets everybody file everything.
type Anyone struct{}

// Knows implements record.Judge.
func (Anyone) Knows(record.ID) bool { return true }

// Labels implements record.Judge.
func (Anyone) Labels(_ *record.Kind, e *record.Entry) ([]string, error) { return e.Labels, nil }

// MayFile implements record.Judge.
func (Anyone) MayFile(_ context.Context, s record.Sender, _ *record.Kind, _ *record.Entry) (string, []string, error) {
	if s.Role == "" {
		s.Role = "nurse"
	}
	return s.Role, nil, nil
}

// Config is a committer's configuration for the ward.
func Config(t testing.TB, d *db.DB, c clock.Clock) commit.Config {
	check := Check()
	return commit.Config{
		DB: d, Kinds: Kinds(t), Judge: Anyone{}, Clock: c,
		Projections: append(due.Projections(), Sightings()),
		Derived:     []record.Derived{check.Derived(), due.TakenDerived()},
	}
}

// Open starts a committer and ends it with the test.
func Open(t testing.TB, cfg commit.Config) *commit.Committer {
	t.Helper()
	ctx := context.Background()
	if err := due.Migrate(ctx, cfg.DB); err != nil {
		t.Fatal(err)
	}
	k, err := commit.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	return k
}

// Keys are the key of every test's encrypted database.
func Keys(t testing.TB) vault.Keys {
	t.Helper()
	keys, err := vault.OneKey([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// SQLite opens an encrypted database in a folder.
func SQLite(t testing.TB, dir string) *db.DB {
	t.Helper()
	d, err := db.OpenSQLite(context.Background(), db.SQLiteOptions{Path: filepath.Join(dir, "milieu.db"), VFS: VFS(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// Postgres opens a fresh database. The package's TestMain calls pgtest.Main.
func Postgres(t testing.TB) *db.DB {
	t.Helper()
	d, err := db.OpenPostgres(context.Background(), pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// Both runs a test on each of the two databases.
func Both(t *testing.T, test func(t *testing.T, open func(testing.TB) *db.DB)) {
	t.Run("SQLite", func(t *testing.T) {
		test(t, func(t testing.TB) *db.DB { return SQLite(t, t.TempDir()) })
	})
	t.Run("PostgreSQL", func(t *testing.T) { test(t, Postgres) })
}

// Sender is the nurse at a page.
func Sender() record.Sender { return record.Sender{Person: Nurse, Via: record.ViaPage, Device: "desk"} }

// Sighting is an entry of the ward at a time.
func Sighting(chart record.ID, at time.Time, place string) *record.Entry {
	return Entry("ward.seen", chart, at, &Seen{Place: place})
}

// Entry is an entry of any kind at a time.
func Entry(kind string, chart record.ID, at time.Time, b record.Body) *record.Entry {
	raw, err := jsonv2.Marshal(b)
	if err != nil {
		panic(err)
	}
	return &record.Entry{ID: record.NewID(at), Chart: chart, Kind: kind, Version: 1, Happened: at, Written: at, Body: raw}
}

// Amending makes an entry an amendment.
func Amending(e *record.Entry, target record.ID, what record.Amendment) *record.Entry {
	e.Amends, e.Amendment = target, what
	return e
}
