package record

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func name(n string) ID { return DeriveID("entry", n) }

// family reads "c2 corrects e at 5 by kim unseen" lines; an entry nobody mentions as amending is plain.
func family(t *testing.T, lines string) *Family {
	t.Helper()
	f := &Family{members: map[ID]*member{}, guarded: func(kind string) bool { return kind == "guarded" }}
	what := map[string]Amendment{"corrects": Correction, "withdraws": InError, "moves": WrongChart, "adds": Addendum}
	for line := range strings.SplitSeq(lines, ";") {
		w := strings.Fields(line)
		m := &member{id: name(w[0]), author: name("kim"), known: true}
		for i := 1; i < len(w); i++ {
			switch w[i] {
			case "at":
				i++
				if _, err := fmt.Sscan(w[i], &m.written); err != nil {
					t.Fatal(err)
				}
			case "by":
				i++
				m.author = name(w[i])
			case "unseen":
				m.unseen = true
			case "leave":
				m.unseen, m.own = true, true
			case "guarded":
				m.kind = "guarded"
			default:
				m.what, m.target = what[w[i]], name(w[i+1])
				i++
			}
		}
		f.members[m.id] = m
	}
	for _, m := range slices.Collect(maps.Values(f.members)) {
		if !m.target.IsZero() && f.members[m.target] == nil {
			f.members[m.target] = &member{id: m.target}
		}
	}
	return f
}

func TestStands(t *testing.T) {
	for _, c := range []struct{ says, family, stands string }{
		{"an entry by itself", "e", "e"},
		{"withdrawn", "e; w withdraws e", "w"},
		{"in the wrong chart", "e; w moves e", "w"},
		{"a withdrawal withdrawn", "e; w withdraws e; v withdraws w", "e v"},
		{"and that withdrawn too", "e; w withdraws e; v withdraws w; u withdraws v", "w u"},
		{"corrected", "e; c corrects e", "c"},
		{"a correction corrected", "e; c corrects e; d corrects c", "d"},
		{"a correction withdrawn gives way to the original", "e; c corrects e; w withdraws c", "e w"},
		{"a corrected correction's last wording withdrawn", "e; c corrects e; d corrects c; w withdraws d", "c w"},
		{"withdrawing a correction withdraws what corrected it", "e; c corrects e; d corrects c; w withdraws c", "e w"},
		{"withdrawing the original withdraws every wording", "e; c corrects e; w withdraws e", "w"},
		{"of rivals the one written last", "e; c corrects e at 5; d corrects e at 7", "d"},
		{"rivals written at once: the higher ID", "e; c corrects e at 5; d corrects e at 5", map[bool]string{true: "d", false: "c"}[string(idOf("d")) > string(idOf("c"))]},
		{"the last of rivals withdrawn", "e; c corrects e at 5; d corrects e at 7; w withdraws d", "c w"},
		{"a rival's own later wording", "e; c corrects e at 5; d corrects e at 7; b corrects c at 9", "b"},
		{"further words fell nothing", "e; a adds e", "e a"},
		{"further words outlive their entry", "e; a adds e; w withdraws e", "a w"},
		{"amended before it came", "c corrects e", "c"},
		{"withdrawn before it came", "w withdraws e", "w"},
		{"a forged ring of two", "a withdraws b; b withdraws a", "a b"},
		{"a forged ring of three with a tail", "a corrects b; b corrects c; c corrects a; d corrects a", "b c d"},
		{"an entry over itself by a ring of corrections", "a corrects b; b corrects a", "a b"},
		{"unseen, over another's entry", "e by lee; w withdraws e by kim unseen", "e w"},
		{"unseen, over one's own", "e by kim; w withdraws e by kim unseen", "w"},
		{"unseen, over one's own that asks for more", "e by kim guarded; w withdraws e by kim unseen", "e w"},
		{"unseen, with every leave, over one's own that asks for more", "e by kim guarded; w withdraws e by kim leave", "w"},
		{"unseen, with every leave, over another's", "e by lee; w withdraws e by kim leave", "e w"},
		{"seen, over one that asks for more: judged at the door", "e by kim guarded; w withdraws e by lee", "w"},
	} {
		f := family(t, c.family)
		var got []string
		for line := range strings.SplitSeq(c.family, ";") {
			if n := strings.Fields(line)[0]; f.Stands(name(n)) {
				got = append(got, n)
			}
		}
		want := strings.Fields(c.stands)
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s (%s): %v stand, want %v", c.says, c.family, got, want)
		}
	}
}

func idOf(n string) []byte { id := name(n); return id[:] }

// Whatever the order in which a family's members arrive, the changes told one by one lead to what stands in the whole.
func TestChangesLeadToTheWhole(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 9).Draw(rt, "n")
		all := make([]*member, n)
		for i := range all {
			m := &member{id: name(fmt.Sprint(i)), author: name(rapid.SampledFrom([]string{"kim", "lee"}).Draw(rt, "author")), known: true,
				written: int64(rapid.IntRange(0, 3).Draw(rt, "written")), unseen: rapid.Bool().Draw(rt, "unseen"), kind: rapid.SampledFrom([]string{"", "guarded"}).Draw(rt, "kind")}
			if to := rapid.IntRange(-1, n-1).Draw(rt, "target"); to >= 0 && to != i {
				m.target, m.what = name(fmt.Sprint(to)), rapid.SampledFrom([]Amendment{Correction, Addendum, InError, WrongChart}).Draw(rt, "what")
			}
			all[i] = m
		}
		whole := map[ID]bool{}
		for round := range 2 {
			order := rapid.Permutation(all).Draw(rt, "order")
			f := &Family{members: map[ID]*member{}, guarded: func(kind string) bool { return kind == "guarded" }}
			stands := map[ID]bool{}
			for _, m := range order {
				f.members[m.id], f.now = m, nil
				if !m.target.IsZero() && f.members[m.target] == nil {
					f.members[m.target] = &member{id: m.target}
				}
				for _, c := range f.Changes(m.id) {
					stands[c.ID] = c.Stands
				}
				stands[m.id] = f.Stands(m.id)
			}
			for _, m := range all {
				if stands[m.id] != f.Stands(m.id) {
					rt.Fatalf("%s: told %v, stands %v", m.id, stands[m.id], f.Stands(m.id))
				}
				if round > 0 && whole[m.id] != stands[m.id] {
					rt.Fatalf("%s: the order of arrival matters", m.id)
				}
			}
			whole = stands
		}
	})
}
