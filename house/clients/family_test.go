package clients_test

import (
	"bytes"
	"context"
	"math/rand"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"milieu/house/clients"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/testkit"
)

// merges empties the tables, and puts and drops entries one after the other, as the committer would.
func merges(t interface{ Fatal(...any) }, h *testkit.House, steps []drawn, drop []bool) {
	p := clients.Projections()[0]
	err := h.DB.Write(context.Background(), func(tx db.Tx) error {
		for _, name := range p.Tables {
			if err := tx.Exec("DELETE FROM " + name); err != nil {
				return err
			}
		}
		for i, s := range steps {
			do := p.Put
			if drop[i] {
				do = p.Drop
			}
			if err := do(tx, s.entry, s.body); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// families works the families out again in another way: each chart steps to where its latest merge leads until it has been everywhere it
// can; where all those charts end is the one that goes on.
func families(charts []record.ID, standing []drawn) map[record.ID]record.ID {
	to := map[record.ID]record.ID{}
	for _, c := range charts {
		var last *drawn
		for i := range standing {
			d := &standing[i]
			m, ok := d.body.(*clients.Merged)
			if !ok || d.entry.Chart != c {
				continue
			}
			taken := slices.ContainsFunc(standing, func(o drawn) bool {
				u, ok := o.body.(*clients.Unmerged)
				return ok && o.entry.Chart == c && u.Merge == d.entry.ID
			})
			if taken {
				continue
			}
			if last == nil || d.entry.Happened.After(last.entry.Happened) || d.entry.Happened.Equal(last.entry.Happened) && bytes.Compare(d.entry.ID[:], last.entry.ID[:]) > 0 {
				last = d
				to[c] = m.Into
			}
		}
	}
	head := map[record.ID]record.ID{}
	for _, c := range charts {
		at := c
		for range charts { // after as many steps one is at the end, or in the ring
			if next, ok := to[at]; ok {
				at = next
			}
		}
		least := at
		for next, ok := to[at]; ok && next != at; next, ok = to[next] {
			if bytes.Compare(next[:], least[:]) < 0 {
				least = next
			}
		}
		head[c] = least
	}
	return head
}

// Chains, rings, merges taken back before and after they arrive, withdrawn ones: the same standing entries give the same family, asked of
// whichever chart, and one that a plain reading of the entries gives too.
func TestAFamilyIsTheSameInAnyOrder(t *testing.T) {
	h := house(t)
	charts := []record.ID{chart(1), chart(2), chart(3), chart(4), chart(5)}
	rapid.Check(t, func(rt *rapid.T) {
		var list []drawn
		for i, c := range charts {
			e := &record.Entry{ID: record.ID{0x03, 6: 0x70, 8: 0x80, 15: byte(i)}, Chart: c, Kind: "clients.registered", Version: 1, Happened: at(1, i), Written: at(1, i)}
			list = append(list, drawn{entry: e, body: named("Person " + string(rune('A'+i)))})
		}
		var made []drawn
		for i := range rapid.IntRange(1, 10).Draw(rt, "entries") {
			when := at(10, rapid.IntRange(0, 3).Draw(rt, "minute"))
			e := &record.Entry{ID: record.ID{0x02, 6: 0x70, 8: 0x80, 15: byte(i)}, Chart: rapid.SampledFrom(charts).Draw(rt, "chart"), Kind: "clients.merged", Version: 1, Happened: when, Written: when}
			d := drawn{entry: e, falls: rapid.IntRange(0, 4).Draw(rt, "falls") == 0}
			if len(made) > 0 && rapid.IntRange(0, 2).Draw(rt, "back") == 0 {
				m := rapid.SampledFrom(made).Draw(rt, "merge")
				e.Chart, e.Kind, d.body = m.entry.Chart, "clients.unmerged", &clients.Unmerged{Merge: m.entry.ID, From: m.body.(*clients.Merged).Into, Reason: "two people"}
			} else {
				others := slices.DeleteFunc(slices.Clone(charts), func(c record.ID) bool { return c == e.Chart })
				d.body = &clients.Merged{Into: rapid.SampledFrom(others).Draw(rt, "into"), Reason: "one person"}
				made = append(made, d)
			}
			list = append(list, d)
		}
		standing := slices.DeleteFunc(slices.Clone(list), func(d drawn) bool { return d.falls })
		want := families(charts, standing)
		order := rand.New(rand.NewSource(rapid.Int64().Draw(rt, "order")))
		var first [][]record.ID
		for round := range 2 {
			var steps []drawn
			var drop []bool
			for _, i := range order.Perm(len(list)) {
				steps, drop = append(steps, list[i]), append(drop, false)
			}
			for _, d := range list { // what is withdrawn, is so at some point after it came
				if d.falls {
					i := slices.IndexFunc(steps, func(s drawn) bool { return s.entry == d.entry })
					i += 1 + order.Intn(len(steps)-i)
					steps, drop = slices.Insert(steps, i, d), slices.Insert(drop, i, true)
				}
			}
			merges(rt, h, steps, drop)
			var all [][]record.ID
			for _, c := range charts {
				family, err := clients.Family(h.DB.Read(context.Background()), c)
				if err != nil {
					rt.Fatal(err)
				}
				if family[0] != want[c] {
					rt.Fatalf("%s goes on as %s, want %s", c, family[0], want[c])
				}
				for _, o := range charts {
					if together := want[o] == want[c]; slices.Contains(family, o) != together {
						rt.Fatalf("%s in the family of %s: %v, want %v", o, c, !together, together)
					}
				}
				card, err := clients.CardOf(h.DB.Read(context.Background()), c)
				if err != nil || card.ID != family[0] {
					rt.Fatalf("the card of %s is that of %s, want %s (%v)", c, card.ID, family[0], err)
				}
				all = append(all, family)
			}
			if round == 0 {
				first = all
			}
			for i := range all {
				if !slices.Equal(all[i], first[i]) {
					rt.Fatalf("another order, another family of %s: %v and %v", charts[i], all[i], first[i])
				}
				if j := slices.Index(charts, all[i][0]); !slices.Equal(all[i], all[j]) {
					rt.Fatalf("asked of %s and of %s: %v and %v", charts[i], charts[j], all[i], all[j])
				}
			}
		}
	})
}

// A merge is taken back by its name, also by a device whose clock is behind that of the one that merged.
func TestAMergeIsTakenBackByAClockThatIsBehind(t *testing.T) {
	onBoth(t, aMergeIsTakenBackByAClockThatIsBehind)
}

func aMergeIsTakenBackByAClockThatIsBehind(t *testing.T, h *testkit.House) {
	t.Helper()
	h.Clock.Set(at(12, 0))
	one, other := chart(1), chart(2)
	h.Must(testkit.Program(), "clients.registered", one, named("Rafi Haddad"))
	h.Must(testkit.Program(), "clients.registered", other, named("Rafi Hadad"))
	merge := h.Must(testkit.Program(), "clients.merged", other, &clients.Merged{Into: one, Reason: "one person"})
	back := h.Entry("clients.unmerged", other, &clients.Unmerged{Merge: merge.ID, From: one, Reason: "two people"})
	back.Happened = merge.Happened.Add(-2 * time.Minute)
	if o := h.Committer.File(context.Background(), testkit.Program(), back)[0]; o.Err != nil {
		t.Fatal(o.Err)
	}
	q := h.DB.Read(t.Context())
	if family, err := clients.Family(q, other); err != nil || len(family) != 1 {
		t.Errorf("still one family: %v, %v", family, err)
	}
	if left, err := clients.MergesOf(q, other); err != nil || len(left) != 0 {
		t.Errorf("still to be taken back: %v, %v", left, err)
	}
	if c := cardOf(t, h, other); c.ID != other || c.Name != "Rafi Hadad" {
		t.Errorf("separated again, and shown as %s", c.Name)
	}
}
