package vault

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"milieu/kit/db/vault/faultvfs"
)

// trials is how often a random trial runs: few times in an ordinary test, many with
// MILIEU_TRIALS set.
func trials(quick, long int) int {
	if os.Getenv("MILIEU_TRIALS") != "" {
		return long
	}
	return quick
}

var inFull = []string{walFull, "synchronous(full)"}

// powerCut goes on from the folder from ("" for none), with so many rows acknowledged,
// and writes on a fault disk until the power goes. It says how many rows are
// acknowledged then, and gives the folder with what the disk holds.
func powerCut(t testing.TB, seed uint64, settings []string, operations int, from string, before int) (acknowledged int, folder string) {
	t.Helper()
	disk, err := faultvfs.New(seed)
	if err != nil {
		t.Fatal(err)
	}
	vfs, err := Register(testKeys(t, 1), Options{Base: disk.Name()})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(seed, 7))
	disk.CutAfter(operations)
	path := filepath.Join(t.TempDir(), "a.db")
	if from != "" {
		copyDatabase(t, filepath.Join(from, "a.db"), path)
	}
	db, err := sql.Open("sqlite", DSN(path, vfs, append([]string{"wal_autocheckpoint(12)", "cache_size(8)"}, settings...)...))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	acknowledged = before + writeUntilCut(t, db, disk, r, func(err error) error { return Explain(vfs, path, err) })
	db.Close()
	for _, d := range Damages(vfs) {
		t.Errorf("seed %d, before the cut: %v", seed, d)
	}
	if err := Unregister(vfs); err != nil {
		t.Fatal(err)
	}
	folder = t.TempDir()
	if err := disk.PowerCut(folder); err != nil {
		t.Fatal(err)
	}
	if err := disk.Close(); err != nil {
		t.Fatal(err)
	}
	return acknowledged, folder
}

func writeUntilCut(t testing.TB, db *sql.DB, disk *faultvfs.Disk, r *rand.Rand, explain func(error) error) (acknowledged int) {
	t.Helper()
	try := func(query string, args ...any) bool {
		_, err := db.Exec(query, args...)
		if err != nil && !disk.IsCut() {
			t.Fatalf("%s: %v", query, explain(err))
		}
		return err == nil
	}
	if !try("CREATE TABLE IF NOT EXISTS entry(id INTEGER PRIMARY KEY, body TEXT) STRICT") {
		return 0
	}
	for {
		rows := 1
		if r.IntN(8) == 0 {
			rows = 1 + r.IntN(60) // larger than the cache: spills
		}
		if !try(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < $1)
			INSERT INTO entry(body) SELECT hex(randomblob($2)) FROM n`, rows, 1+r.IntN(900)) {
			return acknowledged
		}
		acknowledged += rows
		ok := true
		switch r.IntN(40) {
		case 0:
			ok = try("PRAGMA wal_checkpoint(TRUNCATE)")
		case 1:
			ok = try("PRAGMA wal_checkpoint(RESTART)")
		case 2:
			ok = try("UPDATE entry SET body = body || 'x' WHERE id % 5 = 0")
		case 3:
			tx, err := db.Begin()
			if err == nil {
				_, err = tx.Exec("UPDATE entry SET body = 'rolled back'")
				tx.Rollback()
			}
			ok = err == nil
		case 4:
			ok = try("VACUUM")
		}
		if !ok {
			return acknowledged
		}
	}
}

// rowsAfter opens what a power cut left and counts the rows without gaps. It opens it
// three times, first only to look: each time finds what recovery left the time before.
func rowsAfter(t testing.TB, folder string) (rows int, err error) {
	t.Helper()
	path := filepath.Join(folder, "a.db")
	vfs, err := Register(testKeys(t, 1), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := Unregister(vfs); err != nil {
			t.Error(err)
		}
	}()
	if err := look(path, vfs); err != nil {
		return 0, Explain(vfs, path, err)
	}
	if rows, err = inspect(path, vfs); err != nil {
		return 0, Explain(vfs, path, err)
	}
	again, err := inspect(path, vfs)
	if err == nil && again != rows+1 {
		err = fmt.Errorf("%d rows, then %d", rows, again)
	}
	for _, d := range Damages(vfs) {
		if !d.Notice {
			return 0, d
		}
	}
	return rows, Explain(vfs, path, err)
}

// look only reads, and leaves the journal mode as it is.
func look(path, vfs string) error {
	db, err := sql.Open("sqlite", DSN(path, vfs))
	if err != nil {
		return err
	}
	defer db.Close()
	return db.QueryRow("SELECT count(*) FROM sqlite_schema").Scan(new(int))
}

// inspect counts the rows, and adds one to show that writing goes on.
func inspect(path, vfs string) (int, error) {
	db, err := sql.Open("sqlite", DSN(path, vfs, inFull...))
	if err != nil {
		return 0, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE IF NOT EXISTS entry(id INTEGER PRIMARY KEY, body TEXT) STRICT"); err != nil {
		return 0, err
	}
	var check string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&check); err != nil || check != "ok" {
		return 0, fmt.Errorf("integrity check: %s %w", check, err)
	}
	var rows, last int
	if err := db.QueryRow("SELECT count(*), coalesce(max(id), 0) FROM entry WHERE body <> 'rolled back'").Scan(&rows, &last); err != nil {
		return 0, err
	}
	if rows != last {
		return 0, fmt.Errorf("%d rows, the last is number %d", rows, last)
	}
	for _, q := range []string{"INSERT INTO entry(body) VALUES('after')", "PRAGMA wal_checkpoint(TRUNCATE)", "SELECT count(data) FROM sqlite_dbpage"} {
		if _, err := db.Exec(q); err != nil {
			return 0, fmt.Errorf("%s: %w", q, err)
		}
	}
	return rows, nil
}

// F2: with synchronous=FULL a power cut loses nothing that was acknowledged.
func TestPowerCutLosesNothingAcknowledged(t *testing.T) {
	total := 0
	for seed := range uint64(trials(40, 1500)) {
		r := rand.New(rand.NewPCG(seed, 1))
		acknowledged, folder := powerCut(t, seed, inFull, r.IntN(1200), "", 0)
		rows, err := rowsAfter(t, folder)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if rows < acknowledged {
			t.Fatalf("seed %d: %d of %d acknowledged rows were lost", seed, acknowledged-rows, acknowledged)
		}
		total += acknowledged
	}
	t.Logf("%d acknowledged rows, none lost", total)
	if total == 0 {
		t.Error("nothing was written")
	}
}

// The same harness must be able to see a loss: NORMAL does not sync each commit.
func TestPowerCutHarnessSeesLosses(t *testing.T) {
	lost := 0
	for seed := range uint64(trials(25, 100)) {
		acknowledged, folder := powerCut(t, seed, []string{walFull, "synchronous(normal)"}, 150+int(seed)*7, "", 0)
		rows, err := rowsAfter(t, folder)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		lost += max(acknowledged-rows, 0)
	}
	t.Logf("%d acknowledged rows lost with synchronous=NORMAL", lost)
	if lost == 0 {
		t.Error("no loss with synchronous=NORMAL: the harness proves nothing")
	}
}

// The power goes again and again, also while the database recovers from the last time.
func TestPowerCutAfterPowerCut(t *testing.T) {
	for seed := range uint64(trials(8, 200)) {
		r := rand.New(rand.NewPCG(seed, 2))
		folder, acknowledged := "", 0
		for round := range 5 {
			operations := r.IntN(400)
			if round%2 == 1 {
				operations = r.IntN(12) // during recovery
			}
			acknowledged, folder = powerCut(t, seed*10+uint64(round), inFull, operations, folder, acknowledged)
			twin := t.TempDir()
			copyDatabase(t, filepath.Join(folder, "a.db"), filepath.Join(twin, "a.db"))
			rows, err := rowsAfter(t, twin)
			if err != nil || rows < acknowledged {
				t.Fatalf("seed %d, round %d: %d rows, %d acknowledged: %v", seed, round, rows, acknowledged, err)
			}
			acknowledged = rows
		}
	}
}

// At whatever operation its creation is cut short, a database opens afterwards.
func TestPowerCutAtCreation(t *testing.T) {
	for n := range 40 {
		for seed := range uint64(trials(2, 20)) {
			acknowledged, folder := powerCut(t, uint64(n)*1000+seed, inFull, n, "", 0)
			if rows, err := rowsAfter(t, folder); err != nil || rows < acknowledged {
				t.Fatalf("cut after %d operations, seed %d: %d rows of %d: %v", n, seed, rows, acknowledged, err)
			}
			// Without EXTRA a deleted journal may be back and undo the last commit,
			// or the whole creation: that loses rows and must not look like damage.
			_, folder = powerCut(t, uint64(n)*1000+seed, []string{"journal_mode(delete)", "synchronous(full)"}, n, "", 0)
			if _, err := rowsAfter(t, folder); err != nil {
				t.Fatalf("cut after %d operations with a rollback journal, seed %d: %v", n, seed, err)
			}
		}
	}
}

// Rollback-journal mode is only there to create a database, but it holds by itself too.
// (With EXTRA: otherwise SQLite does not sync the folder after deleting the journal.)
func TestPowerCutWithARollbackJournal(t *testing.T) {
	for seed := range uint64(trials(20, 500)) {
		r := rand.New(rand.NewPCG(seed, 4))
		acknowledged, folder := powerCut(t, seed, []string{"journal_mode(delete)", "synchronous(extra)"}, r.IntN(500), "", 0)
		if rows, err := rowsAfter(t, folder); err != nil || rows < acknowledged {
			t.Fatalf("seed %d: %d rows of %d: %v", seed, rows, acknowledged, err)
		}
	}
}
