package device_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/device"
	"milieu/kit/draft"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/testkit"
	"milieu/kit/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// TestOnPostgreSQL walks through every statement of the package on the other database.
func TestOnPostgreSQL(t *testing.T) {
	ctx := context.Background()
	d, err := db.OpenPostgres(ctx, pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	w := walk(newFolk())
	h := testkit.Open(t, d, clock.NewFake(testkit.Start), []string{policy, "everyone may draft.keep for themselves"}, w, draft.Def(), device.Def([]room.Def{w}))
	a := take(t, h, ana, time.Hour)
	one, two := a.write("one"), a.write("two")
	broken := one
	broken.Sealed = one.Sealed[:80]
	h.Clock.Advance(6 * time.Minute)
	if quiet, err := device.Silent(d.Read(ctx), unit, h.Clock.Now()); err != nil || len(quiet) != 1 {
		t.Errorf("silent: %+v, %v", quiet, err)
	}
	b := take(t, h, ben, 0)
	want(t, b.deliver(one, two, one, broken), "[accepted accepted duplicate unread]")
	want(t, a.deliver(one, a.write("")), "[duplicate kept]")
	a.post("/device/heard", nil, nil)
	a.post("/device/return", nil, nil)
	if quiet, err := device.Silent(d.Read(ctx), unit, h.Clock.Now()); err != nil || len(quiet) != 0 {
		t.Errorf("silent at the end: %+v, %v", quiet, err)
	}
	entries, texts := notes(t, h)
	want(t, texts, "[one two]")
	want(t, entries[0].Happened, "2026-11-19 02:00:00 +0000 UTC")
	for range 2 {
		if _, err := draft.Put(ctx, h.Committer, ana, "x", draft.Fields{{"note", "y"}}, "", h.Clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := draft.Of(d.Read(ctx), ana, h.Clock.Now()); err != nil || fmt.Sprint(got) != "map[x:[[note y]]]" {
		t.Errorf("drafts %v, %v", got, err)
	}
	if err := draft.Drop(ctx, h.Committer, ana, "x"); err != nil {
		t.Error(err)
	}
	tablet := shared(t, h)
	for range 5 {
		tablet.change(ben.String(), "pin", "135791")
	}
	want(t, tablet.faces(), "Ana")
	_, out := tablet.change("", "badge", "QQQQ-1234-XYZ")
	want(t, out.Left, "1")
	code, _ := tablet.change(ana.String(), "pin", anasPIN)
	want(t, code, "200")
	want(t, tablet.who(), ana.String())
	tablet.take()
	tablet.Send("/sign-out", nil)
	var over struct{ Over []record.ID }
	want(t, tablet.post("/device/standing", map[string]any{"grants": []record.ID{tablet.lent.Grant}, "ended": []record.ID{ben}}, &over), "200")
	want(t, len(over.Over), "1")
}

// TestTwoDevicesEightHours is F9 with F10 in it: two devices, one fast and one slow, 500 entries each, every parcel delivered twice, once
// without an answer, parcels of the two in turns.
func TestTwoDevicesEightHours(t *testing.T) {
	h, _ := house(t)
	phones := []*phone{take(t, h, ana, 40*time.Minute), take(t, h, ben, -3*time.Hour)}
	const each = 500
	var items [2][]item
	for i := range each {
		h.Clock.Advance(time.Minute - 2*time.Second)
		for n, p := range phones {
			items[n] = append(items[n], p.write(fmt.Sprintf("%d/%03d", n, i)))
		}
	}
	parcels := [2][][]item{slices.Collect(slices.Chunk(items[0], 100)), slices.Collect(slices.Chunk(items[1], 100))}
	for i := range parcels[0] {
		for n, p := range phones {
			p.deliver(parcels[n][i]...) // nobody hears the answer
			h.Clock.Advance(700 * time.Millisecond)
			for _, status := range p.deliver(parcels[n][i]...) {
				want(t, status, "duplicate")
			}
		}
	}
	entries, texts := notes(t, h)
	if len(entries) != 2*each {
		t.Fatalf("%d entries, want %d", len(entries), 2*each)
	}
	slices.Sort(texts)
	if n := len(slices.Compact(texts)); n != 2*each {
		t.Errorf("%d different notes, want %d", n, 2*each)
	}
	for i, e := range entries {
		minute := i/200*100 + i%100 // the two phones' parcels of a hundred, in turns
		right := testkit.Start.Add(time.Duration(minute+1) * (time.Minute - 2*time.Second))
		if off := e.Happened.Sub(right); off.Abs() > 2*time.Millisecond {
			t.Fatalf("entry %d happened %v off", i, off)
		}
		if said := e.Happened.Add(-time.Duration(e.Skew)).Sub(right); said != phones[i/100%2].clock {
			t.Fatalf("entry %d: the device is kept as having said %v off, want %v", i, said, phones[i/100%2].clock)
		}
	}
}
