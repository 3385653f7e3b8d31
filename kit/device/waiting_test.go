package device_test

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"milieu/kit/commit"
	"milieu/kit/db"
	"milieu/kit/device"
	"milieu/kit/record"
	"milieu/kit/testkit"
)

// has fails unless a page holds each of some texts, and none of those after "but not".
func has(t testing.TB, page string, texts ...string) {
	t.Helper()
	wanted := true
	for _, text := range texts {
		if text == "but not" {
			wanted = false
		} else if strings.Contains(page, text) != wanted {
			t.Errorf("the page holds %q: %v, want %v", text, !wanted, wanted)
		}
	}
}

func page(t testing.TB, b *testkit.Browser, path string) string {
	t.Helper()
	code, body := b.Page(path)
	if code != 200 {
		t.Fatalf("%s answers %d: %s", path, code, body)
	}
	return body
}

// door gives the address to which the page's first form about a refused or sealed entry posts.
func door(t testing.TB, page string) string {
	t.Helper()
	found := regexp.MustCompile(`action="(/waiting/[^"]+)"`).FindStringSubmatch(page)
	if found == nil {
		t.Fatal("the page offers nothing to do")
	}
	return found[1]
}

func do(t testing.TB, b *testkit.Browser, address, what, note string) (int, string) {
	t.Helper()
	return b.Send(address, url.Values{"do": {what}, "note": {note}})
}

func TestTheAuthorSeesWhatWasRefusedAndSendsItAgain(t *testing.T) {
	h, f := house(t)
	a, b := take(t, h, ana, 0), take(t, h, ben, 0)
	joined := f.people[ana].Relations
	f.people[ana].Relations = nil // the rota forgot her
	refused := a.write("heron by the window")
	h.Clock.Advance(time.Hour)
	want(t, b.deliver(refused), "[kept]")
	has(t, page(t, a.Browser, "/waiting"), "heron by the window", "Ana Ruiz may not do this here", "Send again", "but not", "data-again=", "Rafi Haddad")
	has(t, page(t, b.Browser, "/waiting"), "Everything of yours", "but not", "heron")
	address := door(t, page(t, a.Browser, "/waiting"))
	if code, _ := do(t, b.Browser, address, "again", ""); code != 404 {
		t.Errorf("another person's act on it is answered with %d", code)
	}
	if code, _ := do(t, a.Browser, address, "settle", "never mind"); code != 422 {
		t.Errorf("its author may put it aside: %d", code)
	}
	do(t, a.Browser, address, "again", "")
	has(t, page(t, a.Browser, "/waiting"), "heron by the window") // still refused, still here
	f.people[ana].Relations = joined
	h.Clock.Advance(time.Minute)
	do(t, a.Browser, address, "again", "")
	has(t, page(t, a.Browser, "/waiting"), "but not", "heron by the window")
	entries, texts := notes(t, h)
	want(t, texts, "[heron by the window]")
	want(t, entries[0].Happened, "2026-11-19 02:00:00 +0000 UTC")
	if code, _ := do(t, a.Browser, address, "again", ""); code != 404 {
		t.Errorf("what is filed can be sent again: %d", code)
	}
	want(t, strings.Count(h.Dump("tray_step"), "step="), "1") // refused again: noted
}

func TestAWrongClockIsPutRightWhenSentAgain(t *testing.T) {
	h, f := house(t)
	a := take(t, h, ana, -3*time.Hour)
	joined := f.people[ana].Relations
	f.people[ana].Relations = nil
	refused := a.write("heron")
	h.Clock.Advance(time.Hour)
	want(t, a.deliver(refused), "[kept]")
	want(t, a.deliver(refused), "[kept]")
	want(t, strings.Count(h.Dump("tray"), "reason="), "1")
	f.people[ana].Relations = joined
	do(t, a.Browser, door(t, page(t, a.Browser, "/waiting")), "again", "")
	entries, _ := notes(t, h)
	if len(entries) != 1 {
		t.Fatalf("%d entries", len(entries))
	}
	want(t, entries[0].Happened, "2026-11-19 02:00:00 +0000 UTC")
}

func TestCorrectedUnderItsOwnID(t *testing.T) {
	h, _ := house(t)
	a := take(t, h, ana, 0)
	at := a.now().Format(time.RFC3339Nano)
	id := "019a0000-0000-7000-8000-000000000001"
	fields := [][2]string{{"id", id}, {"chart", client.String()}, {"written", at}, {"happened", at}, {"note", ""}}
	for _, from := range []string{"//elsewhere.example/", "https://elsewhere.example/"} { // only pages of ours are led to
		bad := a.seal(device.Item{Path: "/entries/walk.seen", Fields: fields, From: from})
		want(t, a.deliver(bad), "[kept]")
		has(t, page(t, a.Browser, "/waiting"), "but not", "elsewhere.example", "data-again=")
	}
	want(t, a.deliver(a.seal(device.Item{Path: "/entries/walk.seen", Fields: fields, From: "/walk/sheet?of=1"})), "[kept]")
	has(t, page(t, a.Browser, "/waiting"), `href="/walk/sheet?of=1"`, "data-again=", "id="+id)
	h.Clock.Advance(time.Minute)
	if code, body := a.Send("/entries/walk.seen", url.Values{"id": {id}, "chart": {client.String()}, "happened": {at}, "note": {"seen well"}}); code != 200 {
		t.Fatalf("%d %s", code, body)
	}
	has(t, page(t, a.Browser, "/waiting"), "Everything of yours", "but not", id)
}

func TestGivenToASupervisor(t *testing.T) {
	h, _ := house(t)
	a, s, m := take(t, h, ana, 0), take(t, h, sue, 0), take(t, h, adam, 0)
	refused := a.write("heron by the window", [2]string{"nothing", "such a field"})
	h.Clock.Advance(time.Hour)
	want(t, a.deliver(refused), "[kept]")
	if code, _ := a.Page("/waiting/house"); code != 403 {
		t.Errorf("a worker opens the supervisors' page: %d", code)
	}
	address := door(t, page(t, a.Browser, "/waiting"))
	for _, other := range []*phone{s, m} { // who and when, and nothing else
		has(t, page(t, other.Browser, "/waiting/house"), "Ana Ruiz: one since", "but not", "heron", "Rafi", "field")
		if code, _ := do(t, other.Browser, address, "settle", "looked at"); code != 404 {
			t.Errorf("%d", code)
		}
	}
	do(t, a.Browser, address, "hand", "")
	has(t, page(t, a.Browser, "/waiting"), "With a supervisor", "heron by the window")
	has(t, page(t, m.Browser, "/waiting/house"), "Ana Ruiz: one since", "but not", "heron", "Rafi")
	has(t, page(t, s.Browser, "/waiting/house"), "heron by the window", "Rafi Haddad", "Written by Ana Ruiz", "but not", "one since")
	if code, _ := do(t, s.Browser, address, "settle", " "); code != 422 {
		t.Errorf("put aside without a word: %d", code)
	}
	do(t, s.Browser, address, "settle", "written on paper in the chart")
	has(t, page(t, s.Browser, "/waiting/house"), "but not", "heron by the window")
	has(t, h.Dump("tray", "tray_step"), fmt.Sprintf("%x", "heron by the window"), "written on paper in the chart", "handed", "settled") // nothing is ever gone
}

func TestWhoseAccountHasEndedIsLookedAfter(t *testing.T) {
	h, f := house(t)
	a, s := take(t, h, ana, 0), take(t, h, sue, 0)
	f.people[ana].Disabled = h.Clock.Now()
	h.Clock.Advance(time.Minute)
	after := a.write("heron after she left")
	want(t, s.deliver(after), "[kept]")
	has(t, page(t, s.Browser, "/waiting/house"), "heron after she left", "Written by Ana Ruiz")
}

func TestSealedItemsThatCannotBeOpened(t *testing.T) {
	h, _ := house(t)
	a, b, s := take(t, h, ana, 0), take(t, h, ben, 0), take(t, h, sue, 0)
	broken, strange := a.write("heron"), a.write("egret")
	broken.Sealed = append([]byte{}, broken.Sealed...)
	broken.Sealed[len(broken.Sealed)-1] ^= 1
	strange.Grant = b.lent.Grant // as if Ben had written it
	forgotten := a.write("stork")
	h.Clock.Advance(time.Hour)
	want(t, b.deliver(broken, strange), "[unread unread]")
	// The grant is gone, as after restoring an older backup.
	elsewhere := record.DeriveID("elsewhere")
	rename := func(from, to record.ID) {
		t.Helper()
		err := h.Committer.Upkeep(context.Background(), func(tx db.Tx) error {
			return tx.Exec("UPDATE device_grant SET id = $2 WHERE id = $1", from[:], to[:])
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	has(t, page(t, s.Browser, "/waiting/house"), "Ana Ruiz", "Ben Oduya", "but not", "Not known whose")
	rename(forgotten.Grant, elsewhere)
	want(t, b.deliver(forgotten), "[unread]")
	body := page(t, s.Browser, "/waiting/house")
	has(t, body, "changed or broken on the way", "keys that this house does not have", "Ben Oduya", "Not known whose", "but not", "heron", "egret", "stork", "Rafi")
	if n := strings.Count(body, "/waiting/house/"); n != 6 {
		t.Errorf("%d forms, want 6", n)
	}
	unread, err := device.ListUnread(h.DB.Read(context.Background()), 10)
	if err != nil || len(unread) != 3 {
		t.Fatal(len(unread), err)
	}
	rename(elsewhere, forgotten.Grant)
	for _, u := range unread {
		do(t, s.Browser, "/waiting/house/"+u.ID.String(), "again", "")
	}
	_, texts := notes(t, h)
	want(t, texts, "[stork]")
	left, err := device.ListUnread(h.DB.Read(context.Background()), 10)
	if err != nil || len(left) != 2 {
		t.Fatal(len(left), err)
	}
	if code, _ := do(t, s.Browser, "/waiting/house/"+left[0].ID.String(), "settle", ""); code != 422 {
		t.Errorf("put aside without a word: %d", code)
	}
	do(t, s.Browser, "/waiting/house/"+left[0].ID.String(), "settle", "asked Ana, she wrote it anew")
	if left, _ = device.ListUnread(h.DB.Read(context.Background()), 10); len(left) != 1 {
		t.Errorf("%d left", len(left))
	}
	if n := strings.Count(h.Dump("device_unread"), "carrier="); n != 3 {
		t.Errorf("%d items are kept, want all 3", n)
	}
}

func TestWhatOnlyTheDeviceCanReadIsHandedOver(t *testing.T) {
	h, _ := house(t)
	a, s := take(t, h, ana, 0), take(t, h, sue, 0)
	at := a.now().Format(time.RFC3339Nano)
	item := device.Item{Path: "/entries/walk.seen", Fields: [][2]string{{"id", "019a0000-0000-7000-8000-000000000002"}, {"chart", client.String()}, {"written", at}, {"happened", at}, {"note", "heron"}}}
	for range 2 { // a second touch
		if code := a.post("/waiting/note", item, nil); code != 200 {
			t.Fatal(code)
		}
	}
	has(t, page(t, s.Browser, "/waiting/house"), "heron", "Rafi Haddad", "Ana Ruiz")
	kept, err := commit.Tray(h.DB.Read(context.Background()), ana, 10)
	if err != nil || len(kept) != 1 || !kept[0].Handed {
		t.Fatal(len(kept), err)
	}
	do(t, s.Browser, door(t, page(t, s.Browser, "/waiting/house")), "settle", "read")
	if code := a.post("/waiting/note", device.Item{Path: "/nonsense", Fields: [][2]string{{"what", "stork"}}}, nil); code != 200 {
		t.Error("what is no form is not kept")
	}
	if kept, _ = commit.Tray(h.DB.Read(context.Background()), ana, 10); len(kept) != 1 || !strings.Contains(string(kept[0].Entry.Body), "stork") {
		t.Errorf("%+v", kept)
	}
}
