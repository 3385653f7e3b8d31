package db_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/testkit/logtest"
	"milieu/kit/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

const schema = `CREATE TABLE IF NOT EXISTS bed (id BLOB NOT NULL PRIMARY KEY, room INTEGER NOT NULL, weight REAL, name TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS bed_room ON bed (room);`

func bed(n int) record.ID { return record.DeriveID("bed", fmt.Sprint(n)) }

func beds(t *testing.T, d *db.DB, n int) {
	t.Helper()
	err := d.Write(t.Context(), func(tx db.Tx) error {
		if err := tx.Exec(d.Dialect.DDL(schema)); err != nil {
			return err
		}
		for i := range n {
			id := bed(i)
			if err := tx.Exec("INSERT INTO bed (id, room, weight, name) VALUES ($1, $2, $3, $4)", id[:], i%3, float64(i)/2, fmt.Sprint("bed ", i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSeam(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		ctx := t.Context()
		d := open(t)
		beds(t, d, 9)
		q := d.Read(ctx)
		var none int64
		if err := q.QueryRow("SELECT room FROM bed WHERE name = $1", "no such").Scan(&none); !errors.Is(err, db.ErrNoRows) {
			t.Errorf("no row: %v", err)
		}
		if yes, err := db.Exists(q, "SELECT 1 FROM bed WHERE room = $1", 2); err != nil || !yes {
			t.Error(yes, err)
		}

		// Within a transaction a statement may be run again while its own rows are read, and what was written is seen.
		err := d.Write(ctx, func(tx db.Tx) error {
			const inRoom = "SELECT id, name FROM bed WHERE room = $1 ORDER BY name"
			type pair struct{ a, b string }
			var pairs []pair
			var outer []string
			err := db.Each(tx, inRoom, []any{0}, func(r db.Row) error {
				var id record.ID
				var name string
				err := r.Scan(&id, &name)
				outer = append(outer, name)
				return err
			})
			if err != nil {
				return err
			}
			for _, a := range outer {
				if err := db.Each(tx, inRoom, []any{1}, func(r db.Row) error {
					var id record.ID
					var b string
					err := r.Scan(&id, &b)
					pairs = append(pairs, pair{a, b})
					return err
				}); err != nil {
					return err
				}
			}
			if len(pairs) != 9 || pairs[8] != (pair{"bed 6", "bed 7"}) {
				t.Errorf("%v", pairs)
			}
			if err := tx.Exec("UPDATE bed SET name = $2 WHERE id = $1", record.ID(bed(0)), "changed"); err != nil {
				return err
			}
			var name string
			if err := tx.QueryRow("SELECT name FROM bed WHERE id = $1", bed(0)).Scan(&name); err != nil || name != "changed" {
				t.Errorf("%q, %v", name, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}

		// An error, a panic with rows left open, a broken statement: nothing of it stays, and writing goes on.
		mine := errors.New("mine")
		for _, spoil := range []func(tx db.Tx) error{
			func(db.Tx) error { return mine },
			func(tx db.Tx) error { return tx.Exec("INSERT INTO nowhere (a) VALUES (1)") },
			func(tx db.Tx) error { return tx.Exec("INSERT INTO bed (id, room, name) VALUES ($1, 1, NULL)", bed(1)) },
			func(tx db.Tx) error {
				rows, err := tx.Query("SELECT name FROM bed")
				if err != nil {
					return err
				}
				rows.Next()
				panic(mine)
			},
		} {
			err := func() (err error) {
				defer func() {
					if p := recover(); p != nil {
						err = p.(error)
					}
				}()
				return d.Write(ctx, func(tx db.Tx) error {
					if err := tx.Exec("DELETE FROM bed"); err != nil {
						return err
					}
					return spoil(tx)
				})
			}()
			if err == nil {
				t.Fatal("no error")
			}
			var n int64
			if err := d.Read(ctx).QueryRow("SELECT COUNT(*) FROM bed").Scan(&n); err != nil || n != 9 {
				t.Fatalf("%d beds, %v", n, err)
			}
		}

		// A snapshot does not see what is committed after it began.
		err = d.Snapshot(ctx, func(q db.Querier) error {
			count := func() (n int64) {
				if err := q.QueryRow("SELECT COUNT(*) FROM bed").Scan(&n); err != nil {
					t.Error(err)
				}
				return n
			}
			before := count()
			if err := d.Write(ctx, func(tx db.Tx) error { return tx.Exec("DELETE FROM bed WHERE room = 1") }); err != nil {
				return err
			}
			if after := count(); after != before || before != 9 {
				t.Errorf("%d, then %d", before, after)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}

		ended, end := context.WithCancel(ctx)
		end()
		if err := d.Write(ended, func(db.Tx) error { t.Error("ran"); return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("after its context ended: %v", err)
		}
	})
}

// A statement may be run again while its own rows are being read.
func TestNestedRows(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		beds(t, d, 6)
		for range 2 { // the second time with statements prepared
			err := d.Write(t.Context(), func(tx db.Tx) error {
				const inRoom = "SELECT name FROM bed WHERE room = $1 ORDER BY name"
				var got []string
				err := db.Each(tx, inRoom, []any{0}, func(r db.Row) error {
					var outer, inner string
					if err := r.Scan(&outer); err != nil {
						return err
					}
					err := tx.QueryRow(inRoom, 1).Scan(&inner)
					got = append(got, outer+" "+inner)
					return err
				})
				if strings.Join(got, ",") != "bed 0 bed 1,bed 3 bed 1" {
					t.Errorf("%v", got)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Killed under way, PostgreSQL's loss is told as "try again", and the next transaction after its return succeeds.
func TestPostgresGoesAndComesBack(t *testing.T) {
	s := pgtest.Own(t)
	url, err := s.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d, err := db.OpenPostgres(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	beds(t, d, 3)
	err = d.Write(t.Context(), func(tx db.Tx) error {
		if err := s.Kill(); err != nil {
			t.Fatal(err)
		}
		return tx.Exec("DELETE FROM bed")
	})
	if fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("killed in a transaction: %v", err)
	}
	if err := d.Write(t.Context(), func(tx db.Tx) error { return tx.Exec("DELETE FROM bed") }); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("while it is away: %v", err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	var n int64
	for try := 0; ; try++ { // dead connections of the pool are found one by one
		err := d.Write(t.Context(), func(tx db.Tx) error { return tx.QueryRow("SELECT COUNT(*) FROM bed").Scan(&n) })
		if err == nil {
			break
		}
		if try == 20 {
			t.Fatal(err)
		}
	}
	if n != 3 {
		t.Fatalf("%d beds", n)
	}
}

func TestDatabaseClock(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		c, err := d.Clock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		a := c.Now()
		<-c.After(2 * time.Millisecond)
		if b := c.Now(); !b.After(a) {
			t.Errorf("%s, then %s", a, b)
		}
	})
}

// Gathered, each goes its own way to its end with its own answers; an error ends all, a panic is the caller's.
func TestGather(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		beds(t, d, 300)
		names := make([]string, 300)
		err := d.Write(t.Context(), func(tx db.Tx) error {
			return db.Gather(tx, len(names), func(i int, tx db.Tx) error {
				id := bed(i)
				for range i % 4 { // some ask often, some not at all
					if err := tx.Exec("UPDATE bed SET name = name || 'x' WHERE id = $1", id[:]); err != nil {
						return err
					}
					if err := tx.QueryRow("SELECT name FROM bed WHERE id = $1", id[:]).Scan(&names[i]); err != nil {
						return err
					}
				}
				return tx.Exec("UPDATE bed SET weight = 7 WHERE id = $1", id[:])
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range names {
			want := ""
			if i%4 > 0 {
				want = fmt.Sprint("bed ", i) + strings.Repeat("x", i%4)
			}
			if got != want {
				t.Errorf("bed %d is %q, want %q", i, got, want)
			}
		}
		mine := errors.New("mine")
		for says, spoil := range map[string]func(tx db.Tx) error{
			"an error":           func(db.Tx) error { return mine },
			"a panic":            func(db.Tx) error { panic(mine) },
			"a broken query":     func(tx db.Tx) error { return tx.QueryRow("SELECT nothing FROM nowhere").Scan() },
			"a broken statement": func(tx db.Tx) error { return tx.Exec("UPDATE nowhere SET a = 1") },
		} {
			err := func() (err error) {
				defer func() {
					if p := recover(); p != nil {
						err = p.(error)
					}
				}()
				return d.Write(t.Context(), func(tx db.Tx) error {
					return db.Gather(tx, 9, func(i int, tx db.Tx) error {
						id := bed(i)
						if err := tx.Exec("DELETE FROM bed WHERE id = $1", id[:]); err != nil {
							return err
						}
						var n int64
						if err := tx.QueryRow("SELECT COUNT(*) FROM bed").Scan(&n); err != nil {
							return err
						}
						if i == 5 {
							return spoil(tx)
						}
						return tx.QueryRow("SELECT COUNT(*) FROM bed").Scan(&n)
					})
				})
			}()
			if err == nil {
				t.Errorf("%s: no error", says)
			}
			var n int64
			if err := d.Read(t.Context()).QueryRow("SELECT COUNT(*) FROM bed WHERE weight = 7").Scan(&n); err != nil || n != 300 {
				t.Errorf("%s: %d beds, %v", says, n, err)
			}
		}
	})
}

// A table of an older program gets a column, and the index that stands on it, however often its schema is made.
func TestMigrateAddsAColumnBeforeItsIndex(t *testing.T) {
	const grown = `CREATE TABLE IF NOT EXISTS bed (id BLOB NOT NULL PRIMARY KEY, room INTEGER NOT NULL, weight REAL, name TEXT NOT NULL, held INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
ALTER TABLE bed ADD COLUMN IF NOT EXISTS held INTEGER NOT NULL DEFAULT 0;
CREATE INDEX IF NOT EXISTS bed_held ON bed (room) WHERE held = 1;
`
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		beds(t, d, 3)
		for range 2 {
			if err := d.Write(t.Context(), func(tx db.Tx) error { return db.Migrate(tx, d.Dialect, grown) }); err != nil {
				t.Fatal(err)
			}
		}
		var n int
		if err := d.Read(t.Context()).QueryRow("SELECT count(*) FROM bed WHERE held = 0").Scan(&n); err != nil || n != 3 {
			t.Errorf("%d beds of before: %v", n, err)
		}
	})
}
