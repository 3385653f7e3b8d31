package shift_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"milieu/boards/shift"
	"milieu/boards/wall"
	contactsroom "milieu/care/contacts/room"
	dischargeroom "milieu/care/discharge/room"
	"milieu/care/rounds"
	roundsroom "milieu/care/rounds/room"
	"milieu/care/teamwork"
	teamworkroom "milieu/care/teamwork/room"
	"milieu/house/clients"
	"milieu/house/places"
	placesroom "milieu/house/places/room"
	"milieu/house/staff"
	staffroom "milieu/house/staff/room"
	"milieu/kit/access"
	"milieu/kit/device"
	"milieu/kit/due"
	"milieu/kit/live"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/testkit"
	"milieu/kit/ui"
)

type ward struct {
	*testkit.House
	unit   record.ID
	worker record.ID
	people []record.ID
}

func newWard(t testing.TB, beds int, more ...room.Def) *ward {
	t.Helper()
	people := room.Def{Name: "clients", Kinds: clients.Kinds(), Projections: clients.Projections(), Sources: []access.Source{clients.Source()}, Hub: room.Hub{NameOf: clients.NameOf}}
	defs := append([]room.Def{placesroom.Def(), staffroom.Def(), people, roundsroom.Def(), contactsroom.Def(), dischargeroom.Def(), teamworkroom.Def()}, more...)
	defs = append(defs, shift.Def(defs), wall.Def(), device.Def(nil))
	h := testkit.New(t, testkit.PolicyFor(t, "../../app/policy", defs...), defs...)
	id := func(what string, n int) record.ID { return record.DeriveID("board", what, fmt.Sprint(n)) }
	w := &ward{House: h, unit: id("unit", 1), worker: id("staff", 1)}
	h.Clock.Set(testkit.Start.Add(-time.Hour))
	must := func(kind string, chart record.ID, b record.Body) *record.Entry {
		return h.Must(testkit.Program(), kind, chart, b)
	}
	must("places.house_set", due.House, &places.House{Name: "Alder House", Zone: "UTC", Language: "en", Shifts: places.DefaultHouse().Shifts})
	must("places.unit_opened", w.unit, &places.UnitOpened{Name: "Alder", Kind: "ward"})
	must("staff.joined", w.worker, &staff.Joined{Details: staff.Details{Name: "Jo Ferrand", Role: access.Worker, SignIn: "jo"}})
	must("staff.assigned", w.worker, &staff.Assignment{Unit: w.unit})
	for i := range beds {
		r := must("places.room_added", w.unit, &places.RoomAdded{Name: fmt.Sprintf("Room %d", i+1), Kind: "bedroom"})
		b := must("places.bed_added", w.unit, &places.BedAdded{Room: r.ID, Name: "A"})
		w.people = append(w.people, id("client", i))
		must("clients.registered", w.people[i], &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: fmt.Sprintf("Person Number%02d", i)}}, Unit: w.unit})
		must("clients.admitted", w.people[i], &clients.Admitted{Unit: w.unit, Room: r.ID, Bed: b.ID})
	}
	h.Clock.Set(testkit.Start.Add(-5 * time.Minute))
	for i, p := range w.people {
		if i > 0 {
			must(rounds.KindChecked, p, &rounds.Checked{Place: "bathroom", State: "crying", Method: rounds.MethodSeen})
		}
	}
	h.Clock.Set(testkit.Start.Add(2 * time.Minute))
	return w
}

func get(t *testing.T, b *testkit.Browser, path string) string {
	t.Helper()
	code, body := b.Page(path)
	if code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, code, body)
	}
	if i := strings.Index(body, "⟦"); i >= 0 {
		t.Errorf("%s: a word is missing: %.60s", path, body[i:])
	}
	return body
}

func TestTheBoardShowsLateNowAndNext(t *testing.T) {
	w := newWard(t, 3)
	b := w.Browse(w.worker)
	body := get(t, b, "/")
	for _, want := range []string{"1 late", "Person Number00", "Safety check, hourly", `href="/rounds/` + w.people[0].String() + `/check"`, `data-list="dues-late"`, `data-list="dues-next"`, `id="late-count"`} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if late, next := strings.Index(body, w.people[0].String()), strings.Index(body, w.people[1].String()); late < 0 || next < late {
		t.Error("what is late does not stand first")
	}
	w.Must(testkit.Program(), rounds.KindRaised, w.people[1], &rounds.LevelRaised{Order: rounds.Order{Level: rounds.LineOfSight, Reason: "Hurt herself"}})
	w.Must(testkit.As(w.worker), rounds.KindRelieved, w.people[1], &rounds.Relieved{To: w.worker, Accepted: true})
	mine := get(t, b, "/?whose=mine")
	if !strings.Contains(mine, "Relief: In sight") || strings.Contains(mine, "Safety check") {
		t.Error("mine shows not just what is mine")
	}
}

func TestTheBoardHearsWhatIsDone(t *testing.T) {
	w := newWard(t, 2)
	makeView := shift.Def([]room.Def{roundsroom.Def()}).Views["shift"]
	out, err := makeView(w.Site)(context.Background(), live.Topic{View: "shift", Of: w.unit}, []live.Signal{{Chart: w.people[0], Unit: w.unit, Kind: rounds.KindChecked}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`id="due-` + w.people[0].String() + `-rounds.check"`, `data-sweep="due-` + w.people[0].String() + `-"`, `id="late-count"`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is missing in %s", want, out)
		}
	}
	if strings.Contains(string(out), w.people[1].String()) {
		t.Error("a row came that nothing happened to")
	}
}

func TestTheWallSaysNothingThatAVisitorMayNotRead(t *testing.T) {
	w := newWard(t, 3)
	empty := w.Must(testkit.Program(), "places.room_added", w.unit, &places.RoomAdded{Name: "Room 9", Kind: "bedroom"})
	w.Must(testkit.Program(), "places.bed_added", w.unit, &places.BedAdded{Room: empty.ID, Name: "A"})
	body := get(t, w.Browse(w.worker), "/wall")
	for _, want := range []string{"Person N.", "On the unit", "1 late", "01:55"} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing", want)
		}
	}
	// A check asked for early looks like any other until it is within five minutes of being late; whoever is hidden has initials.
	if n := strings.Count(body, `data-state="now"`); n != 0 {
		t.Errorf("%d rows say that a check is asked for", n)
	}
	for _, want := range []string{`<span class="wall-short">P. N.</span>`, "data-privacy", "data-stale", "<span>Free</span>"} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing", want)
		}
	}
	for _, never := range []string{"Number01", "crying", "bathroom", "Bathroom", "asleep", "02:55", "data-due-at"} {
		if strings.Contains(body, never) {
			t.Errorf("%q stands on the wall", never)
		}
	}
}

func TestWords(t *testing.T) {
	for _, fault := range ui.CheckCatalogue(os.DirFS("."), "shift.") {
		t.Error(fault)
	}
	for _, fault := range ui.CheckCatalogue(os.DirFS("../wall"), "wall.") {
		t.Error(fault)
	}
}

// BenchmarkShiftBoard asks for the board of 48 people: each time a second later, so that it is drawn anew, and again within the second.
func BenchmarkShiftBoard(b *testing.B) {
	w := newWard(b, 48)
	br := w.Browse(w.worker)
	for name, step := range map[string]time.Duration{"anew": time.Second, "again": 0} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w.Clock.Advance(step)
				if code, _ := br.Page("/"); code != http.StatusOK {
					b.Fatal(code)
				}
			}
		})
	}
}

// What colleagues wrote stands above the board until it is read, for those it was written to.
func TestUnreadMessagesAreCounted(t *testing.T) {
	w := newWard(t, 1)
	nurse := record.DeriveID("board", "staff", "2")
	w.Must(testkit.Program(), "staff.joined", nurse, &staff.Joined{Details: staff.Details{Name: "Bashir Nuri", Role: access.Nurse, SignIn: "bashir"}})
	w.Must(testkit.Program(), "staff.assigned", nurse, &staff.Assignment{Unit: w.unit})
	jo, bashir := w.Browse(w.worker), w.Browse(nurse)
	expect := func(when string, b *testkit.Browser, wants string) {
		t.Helper()
		_, body, _ := strings.Cut(get(t, b, "/"), `id="news"`)
		body, _, _ = strings.Cut(body, "</div>")
		got := strings.Join(regexp.MustCompile(`\d+ (new messages?|urgent)`).FindAllString(body, -1), ", ")
		if got != wants {
			t.Errorf("%s: %q, want %q", when, got, wants)
		}
	}
	expect("nothing was written", jo, "")
	send := func(chart record.ID, m *teamwork.MessageSent) *record.Entry {
		t.Helper()
		m.Unit = w.unit
		return w.Must(testkit.As(w.worker), teamwork.KindMessage, chart, m)
	}
	all := send(w.unit, &teamwork.MessageSent{Text: "The lift is out of order"})
	send(w.people[0], &teamwork.MessageSent{Text: "Please come", To: teamwork.OwnedBy(nurse), Urgent: true})
	send(w.unit, &teamwork.MessageSent{Text: "Who is on call?", To: teamwork.Owner(access.Supervisor)})
	expect("one's own", jo, "")
	expect("to everybody and to oneself", bashir, "2 new messages, 1 urgent")
	w.Must(testkit.As(nurse), teamwork.KindRead, w.unit, &teamwork.MessageRead{Message: all.ID})
	expect("one is read", bashir, "1 new message, 1 urgent")
	w.Clock.Advance(15 * 24 * time.Hour)
	expect("long ago", bashir, "")
}
