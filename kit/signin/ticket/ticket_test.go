package ticket

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var start = time.Date(2026, 11, 19, 2, 0, 0, 0, time.UTC)

type state struct{ Word string }

type plain struct{ *db.DB }

func (p plain) Upkeep(ctx context.Context, do func(db.Tx) error) error { return p.Write(ctx, do) }

func onBoth(t *testing.T, do func(t *testing.T, h House)) {
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
			do(t, House{DB: d, Write: plain{d}, Now: start})
		})
	}
}

func TestTicketIsOpenedOnlyAsItWasSealed(t *testing.T) {
	onBoth(t, func(t *testing.T, h House) {
		var b, other Box
		ctx := t.Context()
		text, err := b.Seal(ctx, h, "sign in", start.Add(time.Minute), state{"heron"})
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := base64.RawURLEncoding.DecodeString(text)
		raw[len(raw)-1] ^= 1
		late := h
		late.Now = start.Add(time.Minute)
		for name, try := range map[string]func() (Ticket, error){
			"another purpose": func() (Ticket, error) { return b.Open(ctx, h, "confirm", text, &state{}) },
			"changed": func() (Ticket, error) {
				return b.Open(ctx, h, "sign in", base64.RawURLEncoding.EncodeToString(raw), &state{})
			},
			"cut":      func() (Ticket, error) { return b.Open(ctx, h, "sign in", text[:20], &state{}) },
			"empty":    func() (Ticket, error) { return b.Open(ctx, h, "sign in", "", &state{}) },
			"too late": func() (Ticket, error) { return b.Open(ctx, late, "sign in", text, &state{}) },
		} {
			if _, err := try(); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		var got state
		if _, err := other.Open(ctx, h, "sign in", text, &got); err != nil || got.Word != "heron" { // another process of the house
			t.Errorf("opened %q: %v", got.Word, err)
		}
		if _, err := b.Seal(ctx, h, "sign in", start, state{string(make([]byte, MaxText))}); err == nil {
			t.Error("a ticket that fits into no cookie was sealed")
		}
	})
}

func TestTicketIsUsedOnceAlsoByManyAtTheSameInstant(t *testing.T) {
	onBoth(t, func(t *testing.T, h House) {
		var b Box
		ctx := t.Context()
		text, err := b.Seal(ctx, h, "sign in", start.Add(time.Minute), state{"heron"})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() {
				one, err := b.Open(ctx, h, "sign in", text, &state{})
				if err == nil {
					err = h.Write.Upkeep(ctx, func(tx db.Tx) error { return Use(tx, one, h.Now) })
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
		next, _ := b.Seal(ctx, h, "sign in", start.Add(time.Hour), state{})
		one, err := b.Open(ctx, h, "sign in", next, &state{})
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Write.Upkeep(ctx, func(tx db.Tx) error { return Use(tx, one, start.Add(5*time.Minute)) }); err != nil {
			t.Fatal(err)
		}
		var kept int
		if err := h.DB.Read(ctx).QueryRow("SELECT count(*) FROM ticket_used").Scan(&kept); err != nil || kept != 1 {
			t.Errorf("%d tickets kept: %v", kept, err)
		}
	})
}
