package room_test

import (
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"milieu/house/places"
	"milieu/house/staff"
	"milieu/kit/access"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/testkit"
	"milieu/kit/ui"
)

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
		t.Log(page[max(0, strings.Index(page, "<main")):])
		t.FailNow()
	}
}

func see(t *testing.T, b *testkit.Browser, path string, there, not []string) string {
	t.Helper()
	code, page := b.Page(path)
	if code != 200 {
		t.Fatalf("%s: %d %s", path, code, page)
	}
	wants(t, page, there, not)
	return page
}

func send(t *testing.T, b *testkit.Browser, path string, form url.Values) string {
	t.Helper()
	code, page := b.Send(path, form)
	if code != 200 {
		t.Fatalf("%s: %d %s", path, code, page)
	}
	return page
}

func TestAColleagueIsAdded(t *testing.T) {
	h := open(t)
	b := h.Browse(colleague(h, "Ada", access.Administrator))
	see(t, b, "/staff", []string{"Ada", "1 person", "Add a colleague", "aria-sort=\"ascending\""}, nil)
	see(t, b, "/staff/new", []string{`action="/staff"`, "Mental health worker", `name="sign_in"`}, nil)

	form := url.Values{"id": {record.NewID(testkit.Start).String()}, "name": {"Jo <i>"}, "role": {"worker"}, "sign_in": {"ADA"}}
	code, page := b.Send("/staff", form)
	if code != 422 || !strings.Contains(page, "Ada signs in with this name already") {
		t.Fatalf("a name that is taken: %d %s", code, page)
	}
	form.Set("sign_in", "jo")
	for range 2 { // a second touch adds nobody
		send(t, b, "/staff", form)
	}
	page = see(t, b, "/staff?sort=role", []string{"Jo &lt;i&gt;", "2 people"}, []string{"Jo <i>"})
	jo := regexp.MustCompile(`/staff/[0-9a-f-]{36}">Jo`).FindString(page)
	jo = strings.TrimSuffix(jo, `">Jo`)
	chart := strings.TrimPrefix(jo, "/staff/")
	see(t, b, "/staff?q=JO+worker", []string{"1 person"}, []string{">Ada<"})
	see(t, b, "/staff?q=zzz", []string{"Nobody found"}, nil)

	send(t, b, "/entries/staff.assigned", url.Values{"chart": {chart}, "unit": {cedar.String()}, "then": {jo}})
	see(t, b, jo, []string{"Cedar", "Take off", "Added to the team", "Not on shift", "End this account"}, []string{"In no team"})

	page = send(t, b, jo+"/invite", nil)
	link := regexp.MustCompile(`/welcome/[\w-]+`).FindString(page)
	wants(t, page, []string{"Sign-in link for Jo", "Sign-in name: jo", `value="http://127.0.0.1`}, nil)
	if link == "" {
		t.Fatal("no link")
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	guest := *b
	client := *b.Client
	client.Jar = jar
	guest.Client = &client
	see(t, &guest, link, []string{"Jo &lt;i&gt;", `name="password"`}, nil)
	_, _ = guest.Send(link, url.Values{"password": {"seven blue herons at dawn"}}) // no room answers at / in this house
	see(t, &guest, "/units", []string{"Cedar"}, []string{"Elm", "Open a unit"})

	send(t, b, jo, url.Values{"name": {"Jo Ferreira"}, "pronouns": {"she, her"}, "role": {"nurse"}, "sign_in": {"jo"}})
	if code, _ := guest.Page("/units"); code != 200 { // a changed role starts a new session, or the old one knows the new role
		t.Logf("after the role changed: %d", code)
	}
	see(t, b, jo, []string{"Jo Ferreira", "she, her", "Details saved"}, nil)
	send(t, b, "/entries/staff.left", url.Values{"chart": {chart}, "reason": {"moved"}, "then": {jo}})
	see(t, b, jo, []string{"Left Thu 19 Nov", "Open this account again"}, []string{"End this account", "Make a link"})
	if code, page := guest.Page("/units"); code == 200 && strings.Contains(page, "Cedar") {
		t.Error("who left is still signed in")
	}
	see(t, b, "/staff?left=1", []string{"Jo Ferreira"}, []string{">Ada<"})

	ada := record.DeriveID("test", "staff", "Ada")
	code, page = b.Send("/staff/"+ada.String(), url.Values{"name": {"Ada"}, "role": {"worker"}, "sign_in": {"ada"}})
	if code != 422 || !strings.Contains(page, "ask another administrator") {
		t.Errorf("one's own role: %d %s", code, page)
	}
}

func TestAWorkerSeesColleaguesAndNoAccounts(t *testing.T) {
	h := open(t)
	jo, dana, far := colleague(h, "Jo", access.Worker), colleague(h, "Dana", access.Worker), colleague(h, "Far", access.Worker)
	for who, unit := range map[record.ID]record.ID{jo: cedar, dana: cedar, far: elm} {
		h.Must(testkit.Program(), "staff.assigned", who, &staff.Assignment{Unit: unit})
	}
	b := h.Browse(jo)
	see(t, b, "/staff", []string{"Dana"}, []string{"Far", "Add a colleague", "Sign-in name"})
	see(t, b, "/staff/"+dana.String(), []string{"Dana", "Cedar"}, []string{"Make a link", "End this account", ">Take off<", "Add to a team"})
	for path, want := range map[string]int{"/staff/" + far.String(): 404, "/staff/new": 403, "/staff/" + cedar.String(): 404} {
		if code, _ := b.Page(path); code != want {
			t.Errorf("%s: %d, want %d", path, code, want)
		}
	}
	for path, form := range map[string]url.Values{"/staff": {"name": {"X"}, "role": {"nurse"}}, "/staff/" + dana.String() + "/invite": {}, "/staff/" + dana.String(): {"name": {"X"}, "role": {"nurse"}}} {
		if code, _ := b.Send(path, form); code != 403 {
			t.Errorf("%s: %d", path, code)
		}
	}
}

func TestAShiftFromRotaToEnd(t *testing.T) {
	h := open(t)
	h.Must(testkit.Program(), "places.house_set", due.House, &places.House{Name: "Alder House", Zone: "America/New_York", Language: "en", Shifts: places.DefaultHouse().Shifts})
	sup, jo := colleague(h, "Sup", access.Supervisor), colleague(h, "Jo", access.Worker)
	h.Must(testkit.Program(), "staff.assigned", jo, &staff.Assignment{Unit: cedar})
	boss, b := h.Browse(sup), h.Browse(jo)

	see(t, b, "/my-shift", []string{"Start my shift", "Start on Cedar", "Night shift, Wed 18 Nov"}, []string{"Elm"})
	page := see(t, boss, "/rota?unit="+cedar.String(), []string{"Rota of Cedar", "Nobody is planned yet", "Jo, Mental health worker", "Night, Wed 18 Nov", "Day, Thu 19 Nov", "Night, Thu 19 Nov", `value="19:00"`}, nil)
	at := "/rota?" + url.Values{"unit": {cedar.String()}, "from": {"2026-11-19T00:00:00Z"}}.Encode()
	if !strings.Contains(page, strings.ReplaceAll(at, "&", "&amp;")) {
		t.Errorf("the rota does not lead to %s", at)
	}
	plan := url.Values{"chart": {jo.String()}, "unit": {cedar.String()}, "from": {"2026-11-18T19:00:00-05:00"}, "until": {"2026-11-19T07:00:00-05:00"}, "task": {"Rooms 1–7"}, "then": {at}}
	send(t, boss, "/entries/staff.shift_planned", plan)
	page = see(t, boss, at, []string{"Rooms 1–7", "Not started yet", "Everybody of the team is planned", "Put in charge", "19:00", "07:00"}, nil)
	amends := regexp.MustCompile(`name="amends" value="([^"]+)"`).FindStringSubmatch(page)[1]
	fix := url.Values{"chart": plan["chart"], "unit": plan["unit"], "from": plan["from"], "until": plan["until"], "task": plan["task"], "in_charge": {"yes"}, "amends": {amends}, "amendment": {"correction"}, "then": {at}}
	send(t, boss, "/entries/staff.shift_planned", fix)
	page = see(t, boss, at, []string{"In charge", "Not in charge"}, []string{"Put in charge"})
	see(t, boss, at+"&all=1", []string{"Sup, Supervisor"}, nil)

	see(t, b, "/my-shift", []string{"Cedar", "Rooms 1–7", "In charge", "Start my shift"}, []string{"Put in charge"})
	send(t, b, "/entries/staff.shift_started", url.Values{"chart": {jo.String()}, "unit": {cedar.String()}, "task": {"Rooms 1–7"}, "then": {"/my-shift"}})
	see(t, b, "/my-shift", []string{"On shift: Cedar", "Shift started", "End my shift", "until"}, nil)
	see(t, boss, at, []string{"Here since 21:00"}, []string{"Not started yet"})
	h.Clock.Advance(time.Hour)
	send(t, b, "/entries/staff.shift_ended", url.Values{"chart": {jo.String()}, "then": {"/my-shift"}})
	see(t, b, "/my-shift", []string{"Start my shift", "Shift ended"}, nil)

	strike := url.Values{"chart": {jo.String()}, "amends": {regexp.MustCompile(`name="amends" value="([^"]+)"`).FindStringSubmatch(page)[1]}, "amendment": {"entered_in_error"}, "reason": {"off"}, "then": {at}}
	send(t, boss, "/entries/record.withdrawn", strike)
	see(t, boss, at, []string{"Nobody is planned yet"}, nil)
	if code, page := b.Send("/entries/staff.shift_planned", plan); code != 403 {
		t.Errorf("a worker plans: %d %s", code, page)
	}
}

func TestTheUnitOneWorksOn(t *testing.T) {
	h := open(t)
	jo, sup, audit := colleague(h, "Jo", access.Worker), colleague(h, "Sup", access.Supervisor), colleague(h, "Audit", access.Auditor)
	top := func(b *testkit.Browser, path, want string) {
		t.Helper()
		_, page := b.Page(path)
		if got := regexp.MustCompile(`top-where"><b>([^<]*)`).FindStringSubmatch(page)[1]; got != want {
			t.Errorf("%s speaks of %q, want %q", path, got, want)
		}
	}
	b := h.Browse(jo)
	top(b, "/my-shift", "The house")
	see(t, b, "/unit", []string{"No unit is yours yet"}, nil)
	h.Must(testkit.Program(), "staff.assigned", jo, &staff.Assignment{Unit: elm})
	h.Clock.Advance(time.Minute)
	h.Must(testkit.Program(), "staff.assigned", jo, &staff.Assignment{Unit: cedar})
	top(b, "/my-shift", "Elm")
	top(b, "/my-shift?unit="+cedar.String(), "Cedar")
	h.Must(testkit.As(jo), "staff.shift_started", jo, &staff.ShiftStarted{Unit: cedar})
	top(b, "/my-shift", "Cedar")
	h.Clock.Advance(time.Minute)
	send(t, b, "/unit", url.Values{"unit": {elm.String()}})
	top(b, "/my-shift", "Elm")
	h.Clock.Advance(time.Minute)
	h.Must(testkit.As(jo), "staff.shift_started", jo, &staff.ShiftStarted{Unit: cedar})
	top(b, "/my-shift", "Cedar")
	h.Must(testkit.Program(), "staff.unassigned", jo, &staff.Unassignment{Unit: cedar})
	h.Clock.Advance(17 * time.Hour)
	b = h.Browse(jo)
	top(b, "/my-shift", "Elm")
	top(b, "/my-shift?unit="+cedar.String(), "Elm")
	if code, _ := b.Send("/unit", url.Values{"unit": {cedar.String()}}); code != 404 {
		t.Errorf("chose a unit that is not theirs: %d", code)
	}
	top(h.Browse(sup), "/staff", "Cedar")
	top(h.Browse(audit), "/staff", "The house")
}

func TestWords(t *testing.T) {
	for _, fault := range ui.CheckCatalogue(os.DirFS(".."), "staff.") {
		t.Error(fault)
	}
}
