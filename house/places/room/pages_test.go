package room_test

import (
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"milieu/house/places"
	placesroom "milieu/house/places/room"
	"milieu/house/staff"
	staffroom "milieu/house/staff/room"
	"milieu/kit/access"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/testkit"
	"milieu/kit/ui"
)

func policies(t testing.TB) []string { return testkit.PolicyFor(t, "../../../app/policy") }

func colleague(h *testkit.House, name string, role access.Role) record.ID {
	person := record.DeriveID("test", "staff", name)
	h.Must(testkit.Program(), "staff.joined", person, &staff.Joined{Details: staff.Details{Name: name, Role: role, SignIn: strings.ToLower(name)}})
	return person
}

func wants(t *testing.T, page string, there, not []string) {
	t.Helper()
	for _, w := range there {
		if !strings.Contains(page, w) {
			t.Errorf("the page lacks %q", w)
		}
	}
	for _, w := range append(not, "⟦", "style=", "<script>") {
		if strings.Contains(page, w) {
			t.Errorf("the page has %q", w)
		}
	}
	if t.Failed() {
		t.Log(page)
	}
}

var unitLink = regexp.MustCompile(`/units/[0-9a-f-]{36}`)

func TestAnAdministratorBuildsTheHouse(t *testing.T) {
	h := testkit.New(t, policies(t), placesroom.Def(), staffroom.Def())
	b := h.Browse(colleague(h, "Ada", access.Administrator))

	code, page := b.Page("/units")
	if code != 200 {
		t.Fatal(code, page)
	}
	wants(t, page, []string{"No unit yet", "Open a unit", "House settings", "Night shift, Wed 18 Nov"}, nil)

	form := url.Values{"chart": {due.House.String()}, "name": {"Alder House"}, "zone": {"America/New_York"}, "language": {"en"}, "then": {"/house"}}
	for name, value := range map[string]string{"0.name": "Day", "0.start": "07:00", "0.end": "19:00", "1.name": "Night", "1.start": "19:00", "1.end": "07:00", "2.name": "", "2.start": "", "2.end": ""} {
		form.Set("shifts."+name, value)
	}
	if code, page = b.Send("/entries/places.house_set", form); code != 200 {
		t.Fatal(code, page)
	}
	_, page = b.Page("/house")
	wants(t, page, []string{"Alder House", `name="shifts.1.start"`, `name="shifts.3.name"`, "House settings saved", "Night shift", "English"}, []string{`name="shifts.4.name"`})

	form.Set("shifts.1.start", "nineteen")
	code, page = b.Send("/entries/places.house_set", form)
	if code != 422 || !strings.Contains(page, "write a time such as") {
		t.Errorf("a wrong time: %d %s", code, page)
	}

	open := url.Values{"id": {record.NewID(testkit.Start).String()}, "name": {"Cedar <b>&"}, "type": {"ward"}}
	for range 2 { // a second touch opens no second unit
		if code, page = b.Send("/units", open); code != 200 {
			t.Fatal(code, page)
		}
	}
	_, page = b.Page("/units")
	wants(t, page, []string{"Cedar &lt;b&gt;&amp;", "Ward"}, []string{"No unit yet", "Cedar <b>"})
	links := unitLink.FindAllString(page, -1)
	if len(links) != 1 {
		t.Fatalf("%d units", len(links))
	}
	unit := links[0]
	chart := strings.TrimPrefix(unit, "/units/")
	code, page = b.Send("/units", url.Values{"name": {""}, "type": {"castle"}})
	if code != 422 || !strings.Contains(page, "choose what kind of unit it is") {
		t.Errorf("a castle: %d %s", code, page)
	}

	_, page = b.Page(unit)
	wants(t, page, []string{"No rooms yet", "Add a room", "Close this unit"}, nil)
	room := record.NewID(testkit.Start)
	if code, page = b.Send("/entries/places.room_added", url.Values{"id": {room.String()}, "chart": {chart}, "name": {"Room 4"}, "type": {"bedroom"}, "then": {unit}}); code != 200 {
		t.Fatal(code, page)
	}
	at := unit + "/rooms/" + room.String()
	if code, page = b.Send("/entries/places.bed_added", url.Values{"chart": {chart}, "room": {room.String()}, "name": {"A"}, "then": {at}}); code != 200 {
		t.Fatal(code, page)
	}
	_, page = b.Page(at)
	wants(t, page, []string{"Bed A", "1 bed", "Make a code", "Take this room out of use"}, []string{"Remove the code"})
	_, page = b.Send(at+"/code", nil)
	wants(t, page, []string{"Code for Room 4", "not shown again"}, nil)
	made := regexp.MustCompile(`[0-9A-Z]{4}-[0-9A-Z]{4}</h2>`).FindString(page)
	made = strings.TrimSuffix(made, "</h2>")
	got, err := places.RoomOfCode(h.DB.Read(t.Context()), record.MustID(chart), made, h.Clock.Now())
	if err != nil || got != room {
		t.Errorf("the code %q is room %s, %v", made, got, err)
	}
	_, page = b.Page(unit)
	wants(t, page, []string{"Room 4", "Bedroom", "Has one"}, []string{made})
	if code, _ = b.Page(unit + "/rooms/" + cedar.String()); code != 404 {
		t.Errorf("a room that is not: %d", code)
	}
}

func TestOthersSeeOnlyTheirUnits(t *testing.T) {
	h := testkit.New(t, policies(t), placesroom.Def(), staffroom.Def())
	h.Must(testkit.Program(), "places.unit_opened", cedar, &places.UnitOpened{Name: "Cedar", Kind: "ward"})
	h.Must(testkit.Program(), "places.unit_opened", elm, &places.UnitOpened{Name: "Elm", Kind: "ward"})
	jo := colleague(h, "Jo", access.Worker)
	h.Must(testkit.Program(), "staff.assigned", jo, &staff.Assignment{Unit: cedar})
	b := h.Browse(jo)
	_, page := b.Page("/units")
	wants(t, page, []string{"Cedar"}, []string{"Elm", "Open a unit", "House settings"})
	_, page = b.Page("/units/" + cedar.String())
	wants(t, page, []string{"Cedar"}, []string{"Add a room", "Close this unit"})
	for path, want := range map[string]int{"/units/" + elm.String(): 404, "/house": 403, "/units/nonsense": 404} {
		if code, _ := b.Page(path); code != want {
			t.Errorf("%s: %d, want %d", path, code, want)
		}
	}
	if code, _ := b.Send("/units", url.Values{"name": {"Oak"}, "type": {"ward"}}); code != 403 {
		t.Errorf("a worker opens a unit: %d", code)
	}
	if code, _ := b.Send("/entries/places.room_added", url.Values{"chart": {cedar.String()}, "name": {"Cellar"}, "type": {"other"}}); code != 403 {
		t.Errorf("a worker adds a room: %d", code)
	}
}

func TestWords(t *testing.T) {
	for _, fault := range ui.CheckCatalogue(os.DirFS(".."), "places.") {
		t.Error(fault)
	}
}
