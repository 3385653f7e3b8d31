package device_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"milieu/kit/commit"
	"milieu/kit/device"
	"milieu/kit/record"
	"milieu/kit/testkit"
)

func TestTakingTheShift(t *testing.T) {
	h, _ := house(t)
	p := take(t, h, ana, 0)
	want(t, p.lent.Pages, "[/walk /walk/sheet?of=1]")
	if p.lent.Reader != ana || len(p.lent.Public) != 65 || len(p.lent.Secret) != 32 || len(p.lent.Drafts) != 32 {
		t.Errorf("lent %+v", p.lent)
	}
	want(t, time.UnixMilli(p.lent.Until).UTC(), "2026-11-19 11:00:00 +0000 UTC") // the shift's end and four hours
	first := p.lent
	h.Clock.Advance(time.Hour)
	p.take()
	if p.lent.Grant != first.Grant || string(p.lent.Secret) != string(first.Secret) {
		t.Error("asked again, another grant was lent")
	}
	p.post("/device/return", nil, nil)
	p.take()
	if p.lent.Grant == first.Grant {
		t.Error("a grant that was given back was lent again")
	}
	if string(p.lent.Drafts) != string(first.Drafts) {
		t.Error("the key of drafts changed between two sign-ins of one person on one device")
	}
}

func TestWhatWaitedIsFiledOnce(t *testing.T) {
	h, _ := house(t)
	p := take(t, h, ana, 0)
	var items []item
	for i := range 6 {
		h.Clock.Advance(20 * time.Minute)
		items = append(items, p.write(fmt.Sprint("note ", i)))
	}
	h.Clock.Advance(4 * time.Hour)
	want(t, p.deliver(items...), "[accepted accepted accepted accepted accepted accepted]")
	entries, texts := notes(t, h)
	want(t, texts, "[note 0 note 1 note 2 note 3 note 4 note 5]")
	e := entries[0]
	want(t, e.Happened, "2026-11-19 02:20:00 +0000 UTC")
	want(t, e.Received, "2026-11-19 08:00:00 +0000 UTC")
	want(t, e.Marks, "[received_late]")
	if e.Author != ana || e.Role != "worker" {
		t.Errorf("the author is %s as %s", e.Author, e.Role)
	}
	// Each three times, shuffled, in parcels of every size.
	again := slices.Concat(items, items, items)
	random := rand.New(rand.NewPCG(1, 2))
	random.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
	for len(again) > 0 {
		n := 1 + random.IntN(len(again))
		for _, status := range p.deliver(again[:n]...) {
			want(t, status, "duplicate")
		}
		again = again[n:]
	}
	if entries, _ := notes(t, h); len(entries) != 6 {
		t.Errorf("%d entries, want 6", len(entries))
	}
}

func TestAClockThreeHoursWrongComesOutRight(t *testing.T) {
	for _, wrong := range []time.Duration{-3 * time.Hour, 3 * time.Hour} {
		h, _ := house(t)
		p := take(t, h, ana, wrong)
		h.Clock.Advance(time.Hour)
		during := p.write("during")
		h.Clock.Advance(2 * time.Hour)
		p.clock = 0 // the network is back, and the first thing it does is to put the clock right
		want(t, p.deliver(during), "[accepted]")
		p.clock = 500 * time.Millisecond
		want(t, p.deliver(during), "[duplicate]")
		entries, _ := notes(t, h)
		e := entries[0]
		want(t, e.Happened, "2026-11-19 03:00:00 +0000 UTC")
		want(t, time.Duration(e.Skew), fmt.Sprint(-wrong)) // what the device said is Happened less this
		want(t, e.Marks, "[clock_skewed received_late]")
	}
}

func TestAnotherPersonCarries(t *testing.T) {
	h, _ := house(t)
	a := take(t, h, ana, 0)
	written := a.write("by Ana")
	h.Clock.Advance(time.Hour)
	b := take(t, h, ben, 0)
	want(t, b.deliver(written), "[accepted]")
	entries, _ := notes(t, h)
	if entries[0].Author != ana || !entries[0].HasMark(record.MarkUnattended) {
		t.Errorf("author %s, marks %v", entries[0].Author, entries[0].Marks)
	}
}

func TestNobodyWritesInAnothersName(t *testing.T) {
	h, _ := house(t)
	a, b := take(t, h, ana, 0), take(t, h, ben, 0)
	good := a.write("by Ana")
	forged := b.write("by Ben, as if by Ana")
	forged.Grant = a.lent.Grant
	guessed := *b
	guessed.lent.Grant = a.lent.Grant // sealed as Ana's, with Ben's secret
	relabelled := good
	relabelled.Grant = b.lent.Grant
	unknown := good
	unknown.Grant = record.DeriveID("nobody")
	other := good
	other.Key = 99
	broken := good
	broken.Sealed = slices.Clone(good.Sealed)
	broken.Sealed[len(broken.Sealed)-1] ^= 1
	want(t, b.deliver(forged, guessed.write("by Ben, under Ana's grant"), relabelled, unknown, other, broken, item{N: 9}), "[unread unread unread unread unread unread unread]")
	if entries, _ := notes(t, h); len(entries) != 0 {
		t.Fatalf("%d entries were filed", len(entries))
	}
	apart := h.Dump("device_unread")
	if n := strings.Count(apart, "carrier="); n != 7 {
		t.Errorf("%d items were set apart, want 7:\n%s", n, apart)
	}
	want(t, b.deliver(good), "[accepted]")
}

func TestWhatCannotBeFiledWaitsInItsAuthorsTray(t *testing.T) {
	h, f := house(t)
	p := take(t, h, ana, 0)
	good := p.write("before she left")
	empty := p.write("")
	strange := p.seal(device.Item{Path: "/entries/walk.unheard", Fields: [][2]string{{"note", "x"}}})
	door := p.seal(device.Item{Path: "/account", Fields: [][2]string{{"password", "x"}}})
	doubled := p.write("as it was", [2]string{"nothing", "such a field"})
	h.Clock.Advance(30 * time.Minute)
	f.people[ana].Disabled = h.Clock.Now()
	h.Clock.Advance(30 * time.Minute)
	after := p.write("after she left")
	h.Clock.Advance(24 * time.Hour)
	late := p.write("long after the shift")
	b := take(t, h, ben, 0)
	want(t, b.deliver(good, empty, strange, door, doubled, after, late), "[accepted kept kept kept kept kept kept]")
	want(t, b.deliver(after, late), "[kept kept]")
	kept, err := commit.Tray(h.DB.Read(context.Background()), ana, 20)
	if err != nil {
		t.Fatal(err)
	}
	if len(kept) != 6 {
		t.Errorf("%d in the tray, want 6", len(kept))
	}
	_, texts := notes(t, h)
	want(t, texts, "[before she left]")
}

func TestAConflictKeepsBoth(t *testing.T) {
	h, _ := house(t)
	p := take(t, h, ana, 0)
	id := [2]string{"id", record.NewID(testkit.Start).String()}
	at := p.now().Format(time.RFC3339Nano)
	form := func(note string) item {
		return p.seal(device.Item{Path: "/entries/walk.seen", Fields: [][2]string{id, {"chart", client.String()}, {"written", at}, {"happened", at}, {"note", note}}})
	}
	want(t, p.deliver(form("one"), form("another")), "[accepted kept]")
	kept, err := commit.Tray(h.DB.Read(context.Background()), ana, 20)
	if err != nil || len(kept) != 1 {
		t.Errorf("%d in the tray, %v", len(kept), err)
	}
}

func TestANightOfFiveHundred(t *testing.T) {
	h, _ := house(t)
	p := take(t, h, ana, 0)
	items := make([]item, 500)
	for i := range items {
		h.Clock.Advance(30 * time.Second)
		items[i] = p.write(fmt.Sprint(i))
	}
	for parcel := range slices.Chunk(items, 100) {
		for _, status := range p.deliver(parcel...) {
			want(t, status, "accepted")
		}
	}
	_, texts := notes(t, h)
	if len(texts) != 500 || texts[0] != "0" || texts[499] != "499" {
		t.Errorf("%d notes from %q to %q", len(texts), texts[0], texts[len(texts)-1])
	}
}

func TestHostileDeliveries(t *testing.T) {
	h, _ := house(t)
	p := take(t, h, ana, 0)
	for name, body := range map[string]any{
		"no object":      []int{1},
		"wrong types":    map[string]any{"items": "x"},
		"too many":       map[string]any{"items": make([]item, 201)},
		"a broken grant": map[string]any{"items": []map[string]any{{"n": 1, "grant": "x"}}},
	} {
		if code := p.post("/outbox", body, nil); code < 400 || code >= 500 {
			t.Errorf("%s: answered with %d", name, code)
		}
	}
	stranger := *p
	stranger.Browser = &testkit.Browser{Client: p.Client, URL: p.URL}
	jarless := *p.Client
	jarless.Jar = nil
	stranger.Browser.Client = &jarless
	if code := stranger.post("/outbox", map[string]any{"items": []item{p.write("x")}}, nil); code != 401 {
		t.Errorf("signed out, the outbox was answered with %d", code)
	}
}
