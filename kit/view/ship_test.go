package view_test

import (
	"bytes"
	"strings"
	"testing"

	"milieu/kit/db"
	"milieu/kit/testkit/logtest"
	"milieu/kit/view"
)

// Pieces shipped one behind another give the same log again, on either database, and a piece that was changed or is of another log is refused.
func TestShippedAndRestored(t *testing.T) {
	logtest.Both(t, func(t *testing.T, fresh func(testing.TB) *db.DB) {
		d := fresh(t)
		l := open(t, view.Config{DB: d})
		var pieces []*bytes.Buffer
		last := int64(0)
		for n := range 3 {
			for i := range 40 {
				if err := l.Saw(look(n*40 + i)).Wait(); err != nil {
					t.Fatal(err)
				}
			}
			piece := &bytes.Buffer{}
			tree, err := view.Ship(d.Read(t.Context()), last, 0, piece)
			if err != nil || tree.N != last+40 {
				t.Fatal(tree, err)
			}
			pieces, last = append(pieces, piece), tree.N
		}
		back := logtest.SQLite(t, t.TempDir())
		if err := view.Restore(t.Context(), back, bytes.NewReader(pieces[0].Bytes())); err != nil {
			t.Fatal(err)
		}
		if err := view.Restore(t.Context(), back, bytes.NewReader(pieces[2].Bytes())); err == nil || !strings.Contains(err.Error(), "carry on") {
			t.Errorf("a piece too far on: %v", err)
		}
		changed := bytes.Clone(pieces[1].Bytes())
		changed[len(changed)-3] ^= 1
		if err := view.Restore(t.Context(), back, bytes.NewReader(changed)); err == nil {
			t.Error("a changed piece was taken in")
		}
		for _, p := range []int{1, 1, 2} { // one twice: it is there already
			if err := view.Restore(t.Context(), back, bytes.NewReader(pieces[p].Bytes())); err != nil {
				t.Fatal(err)
			}
		}
		want, _ := view.Head(d.Read(t.Context()))
		got, err := view.Head(back.Read(t.Context()))
		if err != nil || got != want {
			t.Errorf("%v, not %v: %v", got, want, err)
		}
		if n := whole(t, back); n != 120 {
			t.Errorf("%d rows", n)
		}
	})
}
