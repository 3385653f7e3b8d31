package ticket

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var start = time.Date(2026, 11, 19, 2, 0, 0, 0, time.UTC)

type state struct{ Word string }

var key = bytes.Repeat([]byte("k"), 32)

func newBox(t *testing.T, key []byte) *Box {
	t.Helper()
	b, err := NewBox(key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func onBoth(t *testing.T, do func(t *testing.T, d *db.DB)) {
	open := map[string]func(t *testing.T) (*db.DB, error){
		"SQLite": func(t *testing.T) (*db.DB, error) {
			return db.OpenSQLite(t.Context(), db.SQLiteOptions{Path: filepath.Join(t.TempDir(), "t.db")})
		},
		"PostgreSQL": func(t *testing.T) (*db.DB, error) { return db.OpenPostgres(t.Context(), pgtest.Database(t)) },
	}
	for name, one := range open {
		t.Run(name, func(t *testing.T) {
			d, err := one(t)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = d.Close() })
			for range 2 { // a second start finds what is there
				if err := d.Write(t.Context(), func(tx db.Tx) error { return tx.Exec(d.Dialect.DDL(Schema)) }); err != nil {
					t.Fatal(err)
				}
			}
			do(t, d)
		})
	}
}

func TestTicketIsOpenedOnlyAsItWasSealed(t *testing.T) {
	b := newBox(t, key)
	text, err := b.Seal("sign in", start.Add(time.Minute), state{"heron"})
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := base64.RawURLEncoding.DecodeString(text)
	raw[len(raw)-1] ^= 1
	for name, try := range map[string]func() (Ticket, error){
		"another purpose": func() (Ticket, error) { return b.Open(start, "confirm", text, &state{}) },
		"another house": func() (Ticket, error) {
			return newBox(t, bytes.Repeat([]byte("l"), 32)).Open(start, "sign in", text, &state{})
		},
		"changed": func() (Ticket, error) {
			return b.Open(start, "sign in", base64.RawURLEncoding.EncodeToString(raw), &state{})
		},
		"cut":      func() (Ticket, error) { return b.Open(start, "sign in", text[:20], &state{}) },
		"empty":    func() (Ticket, error) { return b.Open(start, "sign in", "", &state{}) },
		"too late": func() (Ticket, error) { return b.Open(start.Add(time.Minute), "sign in", text, &state{}) },
	} {
		if _, err := try(); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	var got state
	if _, err := newBox(t, key).Open(start, "sign in", text, &got); err != nil || got.Word != "heron" { // another process of the house
		t.Errorf("opened %q: %v", got.Word, err)
	}
	if _, err := b.Seal("sign in", start, state{string(make([]byte, MaxText))}); err == nil {
		t.Error("a ticket that fits into no cookie was sealed")
	}
}

// An older program kept the key in the database. It is taken out, and a ticket that was sealed with it is one that cannot be opened: the person
// begins again.
func TestNothingInTheDatabaseOpensATicket(t *testing.T) {
	onBoth(t, func(t *testing.T, d *db.DB) {
		old := bytes.Repeat([]byte("o"), chacha20poly1305.KeySize)
		err := d.Write(t.Context(), func(tx db.Tx) error {
			if err := tx.Exec(d.Dialect.DDL("CREATE TABLE ticket_key (number BIGINT NOT NULL PRIMARY KEY, secret BLOB NOT NULL, made BIGINT NOT NULL);")); err != nil {
				return err
			}
			if err := tx.Exec("INSERT INTO ticket_key (number, secret, made) VALUES (1, $1, 0)", old); err != nil {
				return err
			}
			return tx.Exec(d.Dialect.DDL(Schema))
		})
		if err != nil {
			t.Fatal(err)
		}
		var left int
		if err := d.Read(t.Context()).QueryRow("SELECT count(*) FROM ticket_key").Scan(&left); err == nil {
			t.Errorf("the table of keys is there still, with %d", left)
		}
		aead, err := chacha20poly1305.NewX(old)
		if err != nil {
			t.Fatal(err)
		}
		text, err := (&Box{aead}).Seal("sign in", start.Add(time.Minute), state{"heron"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := newBox(t, key).Open(start, "sign in", text, &state{}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a ticket of before: %v", err)
		}
	})
}

func TestTicketIsUsedOnceAlsoByManyAtTheSameInstant(t *testing.T) {
	onBoth(t, func(t *testing.T, d *db.DB) {
		b := newBox(t, key)
		text, err := b.Seal("sign in", start.Add(time.Minute), state{"heron"})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() {
				one, err := b.Open(start, "sign in", text, &state{})
				if err == nil {
					err = d.Write(t.Context(), func(tx db.Tx) error { return Use(tx, one, start) })
				}
				errs[i] = err
			})
		}
		wg.Wait()
		good := 0
		for _, err := range errs {
			if err == nil {
				good++
			} else if fault.KindOf(err) != fault.Invalid {
				t.Errorf("refused with %v", err)
			}
		}
		if good != 1 {
			t.Errorf("used %d times", good)
		}
		// What is long over is forgotten, so that the table stays small.
		next, _ := b.Seal("sign in", start.Add(time.Hour), state{})
		one, err := b.Open(start, "sign in", next, &state{})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Write(t.Context(), func(tx db.Tx) error { return Use(tx, one, start.Add(5*time.Minute)) }); err != nil {
			t.Fatal(err)
		}
		var kept int
		if err := d.Read(t.Context()).QueryRow("SELECT count(*) FROM ticket_used").Scan(&kept); err != nil || kept != 1 {
			t.Errorf("%d tickets kept: %v", kept, err)
		}
	})
}
