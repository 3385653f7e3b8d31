package vault

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"
)

// benchDatabases opens an ordinary and a sealed database.
func benchDatabases(b *testing.B, synchronous string, run func(b *testing.B, db *sql.DB)) {
	for _, sealed := range []bool{false, true} {
		name, vfs := "plain", ""
		if sealed {
			name = "sealed"
		}
		b.Run(name+"/"+synchronous, func(b *testing.B) {
			if sealed {
				vfs = register(b, testKeys(b, 1), Options{})
			}
			dsn := DSN(filepath.Join(b.TempDir(), "a.db"), vfs, walFull, "synchronous("+synchronous+")", "cache_size(-2000)")
			if !sealed {
				dsn = strings.Replace(dsn, "vfs=&", "", 1)
			}
			db, err := sql.Open("sqlite", dsn)
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			db.SetMaxOpenConns(1)
			exec(b, db, "CREATE TABLE entry(id INTEGER PRIMARY KEY, chart INTEGER, body TEXT) STRICT")
			exec(b, db, "CREATE INDEX entry_chart ON entry(chart)")
			run(b, db)
		})
	}
}

func insertMany(b *testing.B, db *sql.DB, rows int) {
	exec(b, db, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < $1)
		INSERT INTO entry(chart, body) SELECT abs(random()) % 1000, hex(randomblob(300)) FROM n`, rows)
}

// BenchmarkCommit is one row of about 650 bytes a transaction.
func BenchmarkCommit(b *testing.B) {
	for _, synchronous := range []string{"normal", "full"} {
		benchDatabases(b, synchronous, func(b *testing.B, db *sql.DB) {
			st, err := db.Prepare("INSERT INTO entry(chart, body) VALUES($1, $2)")
			if err != nil {
				b.Fatal(err)
			}
			defer st.Close()
			body := string(make([]byte, 600))
			i := 0
			for b.Loop() {
				i++
				if _, err := st.Exec(i*7919%1000, body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkBatch is 1,000 rows a transaction.
func BenchmarkBatch(b *testing.B) {
	benchDatabases(b, "full", func(b *testing.B, db *sql.DB) {
		for b.Loop() {
			insertMany(b, db, 1000)
		}
	})
}

// BenchmarkRead reads random rows of a database larger than the cache.
func BenchmarkRead(b *testing.B) {
	benchDatabases(b, "full", func(b *testing.B, db *sql.DB) {
		insertMany(b, db, 50_000)
		exec(b, db, "PRAGMA wal_checkpoint(TRUNCATE)")
		st, err := db.Prepare("SELECT body FROM entry WHERE id = $1")
		if err != nil {
			b.Fatal(err)
		}
		defer st.Close()
		i := 0
		for b.Loop() {
			i++
			var body string
			if err := st.QueryRow(1 + i*7919%50_000).Scan(&body); err != nil {
				b.Fatal(err)
			}
		}
	})
}
