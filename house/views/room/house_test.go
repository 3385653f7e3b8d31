package room_test

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	chartboard "milieu/boards/chart"
	houseaccess "milieu/house/access"
	accessroom "milieu/house/access/room"
	"milieu/house/clients"
	clientsroom "milieu/house/clients/room"
	"milieu/house/places"
	placesroom "milieu/house/places/room"
	"milieu/house/staff"
	staffroom "milieu/house/staff/room"
	viewsroom "milieu/house/views/room"
	"milieu/kit/access"
	"milieu/kit/draft"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/testkit"
	"milieu/kit/testkit/pgtest"
	"milieu/kit/ui"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// The house of these tests: a unit with two clients, people who look, and people who ask who looked.
var (
	cedar = chart(0xc1)
	rafi  = chart(1)
	odile = chart(2)

	nurse  = chart(0xf0) // Bashir Haddad: of the client's surname
	worker = chart(0xf1)
	boss   = chart(0xf2) // supervisor
	coord  = chart(0xf3)
	audit  = chart(0xf4)
	self   = chart(0xf5) // Rafi's account
	therap = chart(0xf6)
)

// zone is the house's: its days are not those of UTC.
var zone = func() *time.Location {
	z, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	return z
}()

func chart(n byte) record.ID { return record.ID{0x01, 0x97, 6: 0x70, 8: 0x80, 14: 0xb0, 15: n} }

func open(t testing.TB) *testkit.House {
	t.Helper()
	people := &clientsroom.Room{}
	defs := []room.Def{placesroom.Def(), staffroom.Def(), people.Def(), accessroom.Def(), viewsroom.Def(), draft.Def()}
	defs = append(defs, chartboard.Def(people, defs)) // the page whose looks are looked at
	for _, d := range defs {
		people.Panels = append(people.Panels, d.Panels...)
	}
	h := testkit.New(t, testkit.PolicyFor(t, "../../../app/policy"), defs...)
	p := testkit.Program()
	h.Must(p, "places.house_set", due.House, &places.House{Name: "Alder House", Zone: "America/New_York", Language: "en", Shifts: places.DefaultHouse().Shifts})
	h.Must(p, "places.unit_opened", cedar, &places.UnitOpened{Name: "Cedar", Kind: "ward"})
	for _, one := range []struct {
		id   record.ID
		name string
		role access.Role
		unit record.ID
	}{{nurse, "Bashir Haddad", access.Nurse, cedar}, {worker, "Jo Ferrand", access.Worker, cedar}, {therap, "Henrik Vale", access.Clinician, cedar}, {boss, "Ruth Amsel", access.Supervisor, record.Zero},
		{coord, "Lena Marsh", access.Coordinator, record.Zero}, {audit, "=Ines Okafor", access.Auditor, record.Zero}, {self, "Rafi's account", access.Client, record.Zero}} {
		h.Must(p, "staff.joined", one.id, &staff.Joined{Details: staff.Details{Name: one.name, Role: one.role, SignIn: "x" + one.id.String()[30:]}})
		if !one.unit.IsZero() {
			h.Must(p, "staff.assigned", one.id, &staff.Assignment{Unit: one.unit})
		}
	}
	for id, name := range map[record.ID]string{rafi: "Rafi Haddad", odile: "Odile Brandt"} {
		h.Must(p, "clients.registered", id, &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: name}, Birth: clients.Birth{BirthDate: "1992-03-04"}}, Unit: cedar})
		h.Must(p, "clients.admitted", id, &clients.Admitted{Unit: cedar, From: "home"})
	}
	h.Must(p, "access.let_in", rafi, &houseaccess.LetIn{Span: houseaccess.Span{Person: self, Why: "his own"}, As: "self"})
	return h
}

// look opens a client's chart as somebody.
func look(t testing.TB, h *testkit.House, who, client record.ID) {
	t.Helper()
	page(t, h.Browse(who), "/clients/"+client.String())
}

func page(t testing.TB, b *testkit.Browser, path string) string {
	t.Helper()
	code, text := b.Page(path)
	if code != http.StatusOK {
		t.Fatalf("%s: %d %.300s", path, code, text)
	}
	if i := strings.Index(text, "⟦"); i >= 0 {
		t.Errorf("%s: a word is missing: %.60s", path, text[i:])
	}
	return text
}

func has(t testing.TB, page string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(page, p) {
			t.Errorf("the page says nothing of %q", p)
		}
	}
}

func hasNot(t testing.TB, page string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if strings.Contains(page, p) {
			t.Errorf("the page says %q", p)
		}
	}
}

func form(pairs ...string) url.Values {
	out := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		out.Add(pairs[i], pairs[i+1])
	}
	return out
}

func send(t testing.TB, b *testkit.Browser, kind string, want int, pairs ...string) string {
	t.Helper()
	code, text := b.Send("/entries/"+kind, form(pairs...))
	if code != want {
		t.Fatalf("%s: %d, not %d: %.300s", kind, code, want, text)
	}
	return text
}

func night(h *testkit.House, days int) { h.Clock.Advance(time.Duration(days) * 24 * time.Hour) }

func TestWords(t *testing.T) {
	for _, fault := range ui.CheckCatalogue(os.DirFS("."), "views.page.") {
		t.Error(fault)
	}
}
