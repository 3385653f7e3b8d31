package proof_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"milieu/kit/clock"
	"milieu/kit/commit"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/record/proof"
	"milieu/kit/testkit/logtest"
	"milieu/kit/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// grow files n entries over a few charts, some of them amendments, one destroyed.
func grow(t testing.TB, k *commit.Committer, n int) []*record.Entry {
	t.Helper()
	var all []*record.Entry
	for i := range n {
		e := logtest.Sighting(logtest.Chart(i%7), logtest.Night.Add(-time.Duration(i)*time.Second), fmt.Sprintf("place %d", i))
		if i%10 == 9 {
			e = logtest.Amending(logtest.Entry("record.withdrawn", all[i-7].Chart, logtest.Night, &record.Withdrawn{Reason: "not so"}), all[i-7].ID, record.InError)
		}
		all = append(all, e)
	}
	for _, o := range k.File(context.Background(), logtest.Sender(), all...) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
	}
	return all
}

func start(t testing.TB, d *db.DB) *commit.Committer {
	return logtest.Open(t, logtest.Config(t, d, clock.NewFake(logtest.Night)))
}

func verify(t testing.TB, d *db.DB) *proof.Report {
	t.Helper()
	r, err := proof.Verify(context.Background(), d, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func whole(t testing.TB, d *db.DB) *proof.Report {
	t.Helper()
	r := verify(t, d)
	for _, p := range r.Problems {
		t.Error(p)
	}
	return r
}

func TestEveryEntryIsProven(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		k := start(t, d)
		all := grow(t, k, 70)
		q := d.Read(t.Context())
		report := whole(t, d)
		head, err := proof.Head(q)
		if err != nil || report.Tree != head || head.N != 70 {
			t.Fatal(head, report.Tree, err)
		}
		for size := int64(1); size <= head.N; size += 3 {
			root, err := proof.Root(q, size)
			if err != nil {
				t.Fatal(err)
			}
			p, err := proof.Consistency(q, size, head.N)
			if err != nil {
				t.Fatal(err)
			}
			if err := tlog.CheckTree(p, head.N, head.Hash, size, root); err != nil {
				t.Fatalf("%d → %d: %v", size, head.N, err)
			}
			for seq := int64(1); seq <= size; seq += 5 {
				e, err := record.At(q, seq)
				if err != nil {
					t.Fatal(err)
				}
				var commitment []byte
				if err := q.QueryRow("SELECT commitment FROM entry WHERE seq = $1", seq).Scan(&commitment); err != nil {
					t.Fatal(err)
				}
				p, err := proof.Inclusion(q, size, seq)
				if err != nil {
					t.Fatal(err)
				}
				leaf := record.Leaf(e, [32]byte(commitment))
				if err := tlog.CheckRecord(p, size, root, seq-1, leaf); err != nil {
					t.Fatalf("entry %d in %d: %v", seq, size, err)
				}
				e.Role = "somebody else"
				if tlog.CheckRecord(p, size, root, seq-1, record.Leaf(e, [32]byte(commitment))) == nil {
					t.Fatalf("entry %d in %d: proven with another role", seq, size)
				}
			}
		}
		// A destroyed body leaves the proof as it was.
		if _, err := k.Destroy(t.Context(), logtest.Sender(), all[0].Chart, "test-1-year", all[0].ID); err != nil {
			t.Fatal(err)
		}
		whole(t, d)
		if err := proof.Against(q, head); err != nil {
			t.Fatal(err)
		}
	})
}

func TestDamageIsNamed(t *testing.T) {
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		grow(t, start(t, d), 60)
		whole(t, d)
		for _, c := range []struct {
			says, sql string
			seq       int64
		}{
			{"another body", "UPDATE entry SET body = (SELECT body FROM entry WHERE seq = 4) WHERE seq = 12", 12},
			{"another author", "UPDATE entry SET author = (SELECT id FROM entry WHERE seq = 4) WHERE seq = 13", 13},
			{"another time of happening", "UPDATE entry SET happened = happened - 60000000 WHERE seq = 17", 17},
			{"another time of receipt", "UPDATE entry SET received = received + 1 WHERE seq = 18", 18},
			{"a mark taken off", "UPDATE entry SET marks = 'entered_after' WHERE seq = 21", 21},
			{"another chart", "UPDATE entry SET chart = (SELECT chart FROM entry WHERE seq = 4) WHERE seq = 22", 22},
			{"another role", "UPDATE entry SET role = 'prescriber' WHERE seq = 23", 23},
			{"another kind", "UPDATE entry SET kind = 'ward.ordered' WHERE seq = 24", 24},
			{"another label", "UPDATE entry SET labels = 'personal' WHERE seq = 25", 25},
			{"another device", "UPDATE entry SET device = 'phone' WHERE seq = 26", 26},
			{"an amendment turned", "UPDATE entry SET amendment = 'addendum' WHERE seq = 30", 30},
			{"salt lost", "UPDATE entry SET salt = NULL WHERE seq = 31", 31},
			{"body emptied", "UPDATE entry SET body = NULL WHERE seq = 32", 32},
			{"body and salt emptied", "UPDATE entry SET body = NULL, salt = NULL, digest = NULL WHERE seq = 33", 33},
			{"another commitment", "UPDATE entry SET commitment = (SELECT commitment FROM entry WHERE seq = 4) WHERE seq = 34", 34},
			{"another number", "UPDATE entry SET number = number + 1 WHERE seq = 35", 35},
			{"another predecessor", "UPDATE entry SET prev = prev - 1 WHERE seq = 36", 36},
			{"another leaf in the tree", "UPDATE entry SET tree = (SELECT tree FROM entry WHERE seq = 5) WHERE seq = 37", 37},
			{"no tree", "UPDATE entry SET tree = (SELECT digest FROM entry WHERE 1 = 0 UNION SELECT salt FROM entry WHERE seq = 5) WHERE seq = 40", 40},
			{"an entry taken out", "DELETE FROM entry WHERE seq = 41", 41},
			{"the end cut off", "DELETE FROM entry WHERE seq > 57", 58},
			{"the time of another entry", "UPDATE entry SET happened = (SELECT happened FROM entry WHERE seq = 46) WHERE seq = 45", 45},
			{"the log's head", "UPDATE log_head SET seq = 59, root = (SELECT tree FROM entry WHERE seq = 5)", 0},
			{"a chart's head", "UPDATE chart_head SET number = number + 1 WHERE seq = 60", 60},
			{"a chart's head lost", "DELETE FROM chart_head WHERE seq = 60", 0},
			{"an amendment lost", "DELETE FROM amend WHERE id = (SELECT id FROM entry WHERE seq = 50)", 50},
			{"an amendment invented", "INSERT INTO amend (target, id, chart, amendment, written) SELECT id, chart, chart, 'entered_in_error', 0 FROM entry WHERE seq = 9", 0},
		} {
			t.Run(c.says, func(t *testing.T) {
				keep := snapshot(t, d)
				if err := d.Write(t.Context(), func(tx db.Tx) error { return tx.Exec(c.sql) }); err != nil {
					t.Fatal(err)
				}
				r := verify(t, d)
				if len(r.Problems) == 0 {
					t.Fatal("not noticed")
				}
				named := false
				for _, p := range r.Problems {
					named = named || p.Seq == c.seq
					if p.Text == "it is not as it was filed" && p.Seq != c.seq {
						t.Errorf("blames %s", p)
					}
				}
				if !named {
					t.Errorf("entry %d is not named: %v", c.seq, r.Problems)
				}
				keep()
				whole(t, d)
			})
		}
	})
}

// snapshot copies the tables that a case damages and gives what puts them back.
func snapshot(t testing.TB, d *db.DB) func() {
	t.Helper()
	tables := []string{"entry", "log_head", "chart_head", "amend"}
	run := func(format string) {
		t.Helper()
		err := d.Write(context.Background(), func(tx db.Tx) error {
			for _, name := range tables {
				for _, s := range strings.Split(strings.ReplaceAll(format, "NAME", name), "|") {
					if err := tx.Exec(s); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	run("CREATE TABLE kept_NAME AS SELECT * FROM NAME")
	return func() { run("DELETE FROM NAME|INSERT INTO NAME SELECT * FROM kept_NAME|DROP TABLE kept_NAME") }
}

func TestCheckpoints(t *testing.T) {
	secret, public, err := note.GenerateKey(rand.Reader, "milieu.test")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	logtest.Both(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		k := start(t, d)
		q := d.Read(t.Context())
		empty, err := proof.Sign(q, signer)
		if err != nil {
			t.Fatal(err)
		}
		grow(t, k, 33)
		signed, err := proof.Sign(q, signer)
		if err != nil {
			t.Fatal(err)
		}
		grow(t, k, 30)
		for _, c := range [][]byte{empty, signed} {
			tree, err := proof.Open(c, verifier)
			if err != nil {
				t.Fatal(err)
			}
			if err := proof.Against(q, tree); err != nil {
				t.Fatal(err)
			}
		}
		tree, _ := proof.Open(signed, verifier)

		forged := []byte(strings.Replace(string(signed), "\n33\n", "\n32\n", 1))
		if _, err := proof.Open(forged, verifier); err == nil {
			t.Error("a forged checkpoint was opened")
		}
		if _, err := proof.Open(signed[:len(signed)-5], verifier); err == nil {
			t.Error("a cut checkpoint was opened")
		}

		// Rolled back: the whole file is an older one.
		var forkedErr *proof.ErrForked
		newer := tlog.Tree{N: 64, Hash: tree.Hash}
		if err := proof.Against(q, newer); !errors.As(err, &forkedErr) || !strings.Contains(err.Error(), "missing") {
			t.Errorf("rolled back: %v", err)
		}

		// A forger with the keys of the house changes an early entry and works the whole tree out anew: the database agrees with itself.
		rework(t, d, 5)
		whole(t, d)
		if err := proof.Against(q, tree); !errors.As(err, &forkedErr) || !strings.Contains(err.Error(), "changed") {
			t.Errorf("reworked: %v", err)
		}
	})
}

// rework changes the role of one entry and every hash that follows from it.
func rework(t *testing.T, d *db.DB, seq int64) {
	t.Helper()
	err := d.Write(t.Context(), func(tx db.Tx) error {
		if err := tx.Exec("UPDATE entry SET role = 'supervisor' WHERE seq = $1", seq); err != nil {
			return err
		}
		entries, err := record.Range(tx, 1, 1000)
		if err != nil {
			return err
		}
		var f record.Frontier
		for _, e := range entries {
			var commitment []byte
			if err := tx.QueryRow("SELECT commitment FROM entry WHERE seq = $1", e.Seq).Scan(&commitment); err != nil {
				return err
			}
			var done []tlog.Hash
			f, done = f.Append(e.Seq-1, record.Leaf(e, [32]byte(commitment)))
			if err := tx.Exec("UPDATE entry SET tree = $1 WHERE seq = $2", record.PackHashes(done), e.Seq); err != nil {
				return err
			}
		}
		root := f.Root()
		return tx.Exec("UPDATE log_head SET frontier = $1, root = $2", f.Pack(), root[:])
	})
	if err != nil {
		t.Fatal(err)
	}
}
