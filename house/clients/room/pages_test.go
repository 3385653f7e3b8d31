package room_test

import (
	"bytes"
	"html"
	"image"
	"image/png"
	"mime/multipart"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"milieu/boards/chart"
	"milieu/house/clients"
	clientsroom "milieu/house/clients/room"
	"milieu/house/places"
	placesroom "milieu/house/places/room"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/record"
	kitroom "milieu/kit/room"
	"milieu/kit/testkit"
	"milieu/kit/web"
)

var (
	cedar      = record.MustID("018f0000-0000-7000-8000-0000000000c1")
	birch      = record.MustID("018f0000-0000-7000-8000-0000000000c2")
	worker     = record.MustID("018f0000-0000-7000-8000-0000000000f1")
	stranger   = record.MustID("018f0000-0000-7000-8000-0000000000f2")
	supervisor = record.MustID("018f0000-0000-7000-8000-0000000000f3")
	nurse      = record.MustID("018f0000-0000-7000-8000-0000000000f4")
)

func staffed(id record.ID, name string, role access.Role, units ...record.ID) *access.Person {
	p := &access.Person{ID: id, Name: name, Role: role}
	for _, u := range units {
		p.Relations = append(p.Relations, access.Relation{Unit: u, What: access.Team, From: testkit.Start.AddDate(-1, 0, 0)})
	}
	return p
}

var people = map[record.ID]*access.Person{
	worker: staffed(worker, "Jo Ferrand", access.Worker, cedar), stranger: staffed(stranger, "Ola Brandt", access.Worker, birch),
	supervisor: staffed(supervisor, "Ines Corvo", access.Supervisor, cedar, birch), nurse: staffed(nurse, "Bashir Nuri", access.Nurse, cedar),
}

func open(t *testing.T) *testkit.House {
	t.Helper()
	policies := testkit.PolicyFor(t, "../../../app/policy")
	r := &clientsroom.Room{}
	def := r.Def()
	r.Take(def)
	staff := kitroom.Def{Name: "staff", Sources: []access.Source{{
		Person: func(_ db.Querier, id record.ID) (*access.Person, error) { return people[id], nil },
		All: func(db.Querier) (list, _ []record.ID, _ error) {
			for id := range people {
				list = append(list, id)
			}
			return list, nil, nil
		},
	}}, Hub: kitroom.Hub{UnitFor: func(c *web.Ctx) (web.Unit, error) {
		if c.Scope.Person == stranger {
			return web.Unit{ID: birch, Name: "Birch"}, nil
		}
		return web.Unit{ID: cedar, Name: "Cedar"}, nil
	}}}
	h := testkit.New(t, policies, placesroom.Def(), def, staff, chart.Def(r, []kitroom.Def{def}))
	h.Must(testkit.Program(), "places.unit_opened", cedar, &places.UnitOpened{Name: "Cedar", Kind: "ward"})
	h.Must(testkit.Program(), "places.unit_opened", birch, &places.UnitOpened{Name: "Birch", Kind: "ward"})
	return h
}

func bed(h *testkit.House, unit record.ID, name string) record.ID {
	r := h.Must(testkit.Program(), "places.room_added", unit, &places.RoomAdded{Name: name, Kind: "bedroom"})
	return h.Must(testkit.Program(), "places.bed_added", unit, &places.BedAdded{Room: r.ID, Name: "A"}).ID
}

func see(t *testing.T, b *testkit.Browser, path string, there, not []string) string {
	t.Helper()
	code, page := b.Page(path)
	if code != 200 {
		t.Fatalf("%s: %d %s", path, code, page)
	}
	t.Log(path)
	has(t, page, there, not)
	return page
}

func has(t *testing.T, page string, there, not []string) {
	t.Helper()
	for _, w := range there {
		if !strings.Contains(page, html.EscapeString(w)) && !strings.Contains(page, w) {
			t.Errorf("the page lacks %q", w)
		}
	}
	for _, w := range append(not, "⟦", " style=", "<script>alert") {
		if strings.Contains(page, w) {
			i := strings.Index(page, w)
			t.Errorf("the page has %q: %s", w, page[max(0, i-80):min(len(page), i+80)])
		}
	}
}

func send(t *testing.T, b *testkit.Browser, path string, pairs ...string) string {
	t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	code, page := b.Send(path, form)
	if code != 200 {
		t.Fatalf("%s: %d %s", path, code, page)
	}
	return page
}

// hostile is a text that has broken other programs; it must come back as it was written.
const hostile = `<script>alert(1)</script>"'&{{7*7}}` + "\u202e רפי 🐙"

func TestFromTheDoorToTheDoor(t *testing.T) {
	h := open(t)
	free := bed(h, cedar, "Room 1")
	bed(h, cedar, "Room 2")
	b, other := h.Browse(worker), h.Browse(stranger)
	see(t, b, "/clients", []string{"Nobody here", "Somebody new", "0 people"}, nil)
	see(t, b, "/clients/new", []string{"Who is coming?"}, []string{`action="/clients/register"`})
	see(t, b, "/clients/new?unknown=1", []string{`action="/clients/register"`}, nil)
	has(t, send(t, b, "/clients/new", "name", "Rafi Haddad", "birth_date", "1992-03-14"), []string{"No earlier record", `action="/clients/register"`, "Only the records of your own units", `value="Rafi Haddad"`, `value="1992-03-14"`}, nil)
	form := url.Values{"id": {record.NewID(testkit.Start).String()}, "used": {"Rafi Haddad"}, "pronouns": {"he/him"}, "birth_date": {"1992-03-14"}, "unit": {cedar.String()}}
	for range 2 { // a second touch begins no second chart
		if code, page := b.Send("/clients/register", form); code != 200 {
			t.Fatalf("%d %s", code, page)
		}
	}
	awaited, err := clients.Awaited(h.DB.Read(t.Context()), cedar)
	if err != nil || len(awaited) != 1 {
		t.Fatalf("registered: %+v %v", awaited, err)
	}
	at := "/clients/" + awaited[0].ID.String()
	see(t, b, at+"/admit", []string{"Admit Rafi Haddad", "Room 1, bed A", "Room 2, bed A"}, nil)
	send(t, b, at+"/admit", "unit", cedar.String(), "bed", free.String(), "from", "home")
	see(t, b, "/clients", []string{"1 person", "Rafi Haddad", "Room 1"}, nil)
	see(t, b, at+"/move", []string{"Room 2, bed A"}, []string{"Room 1, bed A"})
	// Who may not see gets nothing, without a trace.
	for _, page := range []string{"", "/about", "/health", "/contacts", "/legal", "/stays", "/admit", "/move", "/leave", "/paper", "/photo.jpg", "/set/flag", "/about/names"} {
		if code, text := other.Page(at + page); code != 404 || strings.Contains(text, "Rafi") {
			t.Errorf("%s is answered %d to another team", page, code)
		}
	}
	has(t, send(t, other, "/clients", "q", "Rafi"), []string{"0 people found"}, []string{"Rafi Haddad"})
	has(t, send(t, b, "/clients", "q", "Rafi"), []string{"1 person found", "Rafi Haddad", `value="Rafi"`}, nil)
	has(t, send(t, other, "/clients/new", "name", "Rafi Haddad", "birth_date", "1992-03-14"), []string{"No earlier record"}, nil)
	has(t, send(t, b, "/clients/new", "name", "Raffi Hadad", "birth_date", "1992-03-14"), []string{"1 earlier record", "Likely one person", "same birth date"}, nil)
	// What stands in an address is not looked for.
	see(t, b, "/clients?q=Rafi", []string{"1 person"}, []string{"person found", `value="Rafi"`})
	see(t, b, "/clients/new?name=Rafi+Haddad&birth_date=1992-03-14", []string{"Who is coming?"}, []string{"1 earlier record", "No earlier record", "Rafi Haddad", `value="1992`})

	chart := awaited[0].ID.String()
	send(t, b, "/entries/clients.flag_set", "chart", chart, "text", hostile, "then", at)
	send(t, b, "/entries/clients.allergy_noted", "chart", chart, "substance", hostile, "category", "food", "severity", "severe", "then", at)
	send(t, b, "/entries/clients.precaution_set", "chart", chart, "code", "fall", "helps", hostile, "then", at)
	send(t, b, "/entries/clients.contact_set", "chart", chart, "name", hostile, "phone", hostile, "next_of_kin", "yes", "then", at)
	send(t, b, "/entries/clients.described", "chart", chart, "part", "needs", "food", hostile, "own_words", hostile, "then", at)
	send(t, b, "/entries/clients.described", "chart", chart, "part", "speech", "language", "ar", "interpreter", "talks", "languages", "en", "then", at)
	card, err := clients.CardOf(h.DB.Read(t.Context()), awaited[0].ID)
	if err != nil || card.Helps[0] != hostile || card.Allergies[0] != hostile || card.Care[0].Helps != hostile {
		t.Errorf("not byte for byte: %+v", card)
	}
	shown := html.EscapeString(hostile)
	page := see(t, b, at, []string{"Rafi Haddad", "he/him", "34", "Arabic", "Interpreter for talks", "Room 1", "Falls", "Registered", "Admitted", "Jo Ferrand", "Leaves the unit"}, nil)
	if !strings.Contains(page, shown) {
		t.Error("what helps is not on the page")
	}
	for _, tab := range []string{"/about", "/health", "/contacts", "/legal", "/stays", "/paper", "/about/names", "/about/birth", "/about/numbers", "/about/speech", "/about/needs", "/about/reach",
		"/set/allergy", "/set/precaution", "/set/flag", "/set/contact", "/leave", "?of=clients", "?before=3"} {
		see(t, b, at+tab, []string{"Rafi Haddad"}, nil)
	}
	item := regexp.MustCompile(`/set/flag\?item=([0-9a-f-]{36})`).FindStringSubmatch(see(t, b, at+"/health", nil, nil))
	if item == nil {
		t.Fatal("what helps cannot be changed")
	}
	see(t, b, at+"/set/flag?item="+item[1], []string{`name="item"`}, nil)
	see(t, b, at+"/end/flag?item="+item[1], []string{"clients.flag_lifted"}, nil)
	if code, _ := b.Page(at + "/end/allergy?item=" + item[1]); code == 200 {
		t.Error("a worker may end an allergy, or end a flag as one")
	}
	if code, _ := b.Page(at + "/set/diagnosis"); code != 403 {
		t.Errorf("a worker is offered to diagnose: %d", code)
	}
	// Out and back in two touches each, and the end.
	send(t, b, "/entries/clients.left", "chart", chart, "away", "leave", "then", at)
	see(t, b, "/clients?show=out", []string{"On leave"}, nil)
	see(t, b, at, []string{"Is back"}, []string{"Leaves the unit"})
	send(t, b, "/entries/clients.returned", "chart", chart, "then", at)
	see(t, b, "/clients?show=out&sort=room", []string{"Nobody here"}, nil)
	n := h.Browse(nurse)
	send(t, n, "/entries/clients.legal_status_set", "chart", chart, "status", "hold", "words", "72-hour hold", "until", testkit.Start.AddDate(0, 0, 3).Format("2006-01-02T15:04:05Z07:00"), "then", at)
	see(t, n, at+"/legal", []string{"72-hour hold", "In force"}, nil)
	send(t, n, "/entries/clients.discharged", "chart", chart, "destination", "home", "then", "/clients")
	see(t, n, "/clients", []string{"Left lately", "Rafi Haddad"}, nil)
	see(t, n, at+"/stays", []string{"Discharged · Home"}, nil)
}

func TestAmendmentsStandBeneathWhatTheyAmend(t *testing.T) {
	h := open(t)
	b := h.Browse(worker)
	chart := record.ID{1, 6: 0x70, 8: 0x80, 15: 9}
	h.Must(testkit.As(worker), "clients.registered", chart, &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: "Amara Osei"}}, Unit: cedar})
	e := h.Must(testkit.As(worker), "clients.flag_set", chart, &clients.FlagSet{Text: "Likes tea at night"})
	send(t, b, "/entries/record.withdrawn", "chart", chart.String(), "amends", e.ID.String(), "amendment", "entered_in_error", "reason", "meant for the neighbour")
	page := see(t, b, "/clients/"+chart.String(), []string{"<del>What helps: Likes tea at night</del>", "meant for the neighbour", "entered in error"}, nil)
	if strings.Contains(page, `class="help"`) {
		t.Error("withdrawn and still shown as what helps")
	}
}

func TestOnePersonTwoCharts(t *testing.T) {
	h := open(t)
	one, two := record.ID{1, 6: 0x70, 8: 0x80, 15: 1}, record.ID{1, 6: 0x70, 8: 0x80, 15: 2}
	h.Must(testkit.Program(), "clients.registered", one, &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: "Rafi Haddad"}, Birth: clients.Birth{BirthDate: "1992-03-14"}}, Unit: cedar})
	h.Must(testkit.Program(), "clients.registered", two, &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: "Rafael Hadad"}, Birth: clients.Birth{BirthDate: "1992-03-14"}}, Unit: birch})
	b := h.Browse(supervisor)
	at := "/clients/" + one.String()
	see(t, b, at+"/merge", []string{"1 earlier record", "Rafael Hadad"}, nil)
	see(t, b, at+"/merge?q=rafael", []string{"Rafael Hadad"}, nil)
	has(t, send(t, b, at+"/merge", "q", "rafael"), []string{"Rafael Hadad", "/merge?with="}, []string{"1 earlier record"})
	if code, _ := h.Browse(worker).Page(at + "/merge"); code != 403 {
		t.Errorf("a worker merges: %d", code)
	}
	send(t, b, "/entries/clients.merged", "chart", two.String(), "into", one.String(), "reason", "he told us", "then", at)
	see(t, b, "/clients/"+two.String(), []string{"Rafi Haddad", "Another chart of the same person was merged"}, []string{"<h1 class=\"pii\">Rafael"})
	page := see(t, b, at+"/stays", []string{"Separate again"}, nil)
	merge := regexp.MustCompile(`name="merge" value="([0-9a-f-]{36})"`).FindStringSubmatch(page)
	send(t, b, "/entries/clients.unmerged", "chart", two.String(), "merge", merge[1], "from", one.String(), "reason", "two people", "then", "/clients")
	see(t, b, "/clients/"+two.String(), []string{"Rafael Hadad"}, nil)
}

func TestPhoto(t *testing.T) {
	h := open(t)
	chart := record.ID{1, 6: 0x70, 8: 0x80, 15: 9}
	h.Must(testkit.Program(), "clients.registered", chart, &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: "Amara Osei"}}, Unit: cedar})
	b, other := h.Browse(worker), h.Browse(stranger)
	at := "/clients/" + chart.String()
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 90, 60))); err != nil {
		t.Fatal(err)
	}
	post := func(b *testkit.Browser, photo []byte, consent string) int {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		part, err := w.CreateFormFile("photo", "../../x.png")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write(photo)
		_ = w.WriteField("consent", consent)
		_ = w.Close()
		res, err := b.Post(b.URL+at+"/photo", w.FormDataContentType(), &body)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	if code := post(b, picture.Bytes(), ""); code != 422 {
		t.Errorf("without consent: %d", code)
	}
	if code := post(b, []byte("<svg onload=alert(1)>"), "Amara"); code != 422 {
		t.Errorf("no photo: %d", code)
	}
	if code := post(other, picture.Bytes(), "Amara"); code != 404 {
		t.Errorf("by another team: %d", code)
	}
	if code := post(b, picture.Bytes(), "Amara herself"); code != 200 {
		t.Errorf("a photo: %d", code)
	}
	see(t, b, at+"/about", []string{"/photo.jpg?v=", "Remove the photo"}, nil)
	if code, data := b.Page(at + "/photo.jpg"); code != 200 || !strings.HasPrefix(data, "\xff\xd8") {
		t.Errorf("the photo: %d", code)
	}
	if code, _ := other.Page(at + "/photo.jpg"); code != 404 {
		t.Errorf("the photo to another team: %d", code)
	}
	send(t, b, "/entries/clients.photo_removed", "chart", chart.String(), "then", at)
	if code, _ := b.Page(at + "/photo.jpg"); code != 404 {
		t.Errorf("removed: %d", code)
	}
}

// "None known" goes off the page once an allergy was noted after it, and stands beside one that was noted before.
func TestNoneKnownIsOvertaken(t *testing.T) {
	h := open(t)
	b := h.Browse(worker)
	for _, first := range []bool{true, false} {
		chart := record.NewID(h.Clock.Now())
		h.Must(testkit.Program(), "clients.registered", chart, &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: "Amara Osei"}}, Unit: cedar})
		said := []*clients.AllergyNoted{{NoneKnown: true}, {Substance: "Penicillin"}}
		if !first {
			said[0], said[1] = said[1], said[0]
		}
		for _, one := range said {
			h.Clock.Advance(1e9)
			h.Must(testkit.Program(), "clients.allergy_noted", chart, one)
		}
		page := see(t, b, "/clients/"+chart.String()+"/health", []string{"Penicillin"}, nil)
		if strings.Contains(page, "None known") == first {
			t.Errorf("none known said first: %v, and on the page: %v", first, !first)
		}
	}
}
