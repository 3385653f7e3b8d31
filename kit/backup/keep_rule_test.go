package backup

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever was shipped, by one maker or by two that did not know of each other: after a pruning the backup reaches as far as before, from every
// base that stays as from all together, wherever it was cut off; and what the rule promises is there.
func TestPruningShortensNothing(t *testing.T) {
	night := time.Date(2026, 11, 21, 22, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		var list []piece
		at, head := night.Add(-60*24*time.Hour), int64(0)
		last := []int64{0, 0} // how far each of two makers has shipped
		for range rapid.IntRange(1, 40).Draw(t, "pieces") {
			at = at.Add(time.Duration(rapid.IntRange(0, 72).Draw(t, "hours")) * time.Hour)
			head += int64(rapid.IntRange(0, 3).Draw(t, "filed"))
			who := rapid.IntRange(0, 1).Draw(t, "maker")
			switch {
			case head == 0:
				continue
			case last[who] == 0 || rapid.IntRange(0, 4).Draw(t, "base") == 0:
				list = append(list, piece{base: true, from: 1, to: head, root: "00", made: at})
				last[who] = head
			case head > last[who]:
				list = append(list, piece{from: last[who] + 1, to: head, root: "00", made: at})
				last[who] = head
			}
		}
		if len(list) == 0 {
			return
		}
		if rapid.Bool().Draw(t, "a base is lost") {
			list = slices.Delete(list, 0, 1)
		}
		slices.SortStableFunc(list, func(a, b piece) int { return int(a.to - b.to) })
		list = slices.CompactFunc(list, func(a, b piece) bool { return a.String() == b.String() })
		days := rapid.IntRange(1, 40).Draw(t, "days")
		since := at.AddDate(0, 0, -days)
		gone := goes(list, since)

		reach := func(list []piece, from *piece) int64 {
			if from != nil { // as if it were the only base
				list = slices.DeleteFunc(slices.Clone(list), func(p piece) bool { return p.base && p != *from })
			}
			way, err := plan(list)
			if err != nil {
				return 0
			}
			return way[len(way)-1].to
		}
		left := slices.Clone(list)
		for _, p := range gone { // cut off anywhere between
			left = slices.DeleteFunc(left, func(o piece) bool { return o == p })
			if got, want := reach(left, nil), reach(list, nil); got != want {
				t.Fatalf("it reached to %d and reaches to %d without %s", want, got, p)
			}
		}
		bases := 0
		for _, p := range slices.Backward(list) {
			if !p.base {
				continue
			}
			if bases++; bases <= leastBases || !p.made.Before(since) {
				if slices.Contains(gone, p) {
					t.Fatalf("%s, made %s, is taken away", p, p.made)
				}
			}
			if !slices.Contains(gone, p) && reach(left, &p) != reach(list, &p) {
				t.Fatalf("from %s it reached to %d and reaches to %d", p, reach(list, &p), reach(left, &p))
			}
		}
		if again := goes(left, since); len(again) != 0 {
			t.Fatalf("once more takes away %v", again)
		}
	})
}
