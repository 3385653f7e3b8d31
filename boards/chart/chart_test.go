package chart_test

import (
	"html"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"milieu/boards/chart"
	"milieu/care/rounds"
	roundsroom "milieu/care/rounds/room"
	"milieu/house/clients"
	clientsroom "milieu/house/clients/room"
	"milieu/house/places"
	placesroom "milieu/house/places/room"
	"milieu/house/staff"
	staffroom "milieu/house/staff/room"
	"milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/testkit"
	"milieu/kit/ui"
	"milieu/kit/view"
)

type ward struct {
	*testkit.House
	unit, other             record.ID
	worker, nurse, stranger record.ID
	rafi, amara, far        record.ID
}

func id(words ...string) record.ID {
	return record.DeriveID(append([]string{"chart test"}, words...)...)
}

func defs() []room.Def {
	people := &clientsroom.Room{}
	list := []room.Def{placesroom.Def(), staffroom.Def(), people.Def(), roundsroom.Def(), diary}
	list = append(list, chart.Def(people, list))
	for _, d := range list {
		people.Take(d)
	}
	return list
}

// written is what somebody keeps to themselves: a kind that may carry a label.
type written struct {
	Text string `json:"text"`
}

func (*written) Validate(*record.Entry) error { return nil }

var diary = room.Def{Name: "diary", Kinds: []record.Kind{{Name: "diary.written", Version: 1, Chart: "client", Action: "clients.flag", Labels: []string{access.Personal}, Example: &written{Text: "x"},
	Line: func(_ *record.Entry, b record.Body) record.Line {
		return record.Line{Key: "record.added", Args: []any{b.(*written).Text}}
	}}}}

func newWard(t testing.TB) *ward {
	t.Helper()
	return furnish(testkit.New(t, testkit.PolicyFor(t, "../../app/policy"), defs()...))
}

func furnish(h *testkit.House) *ward {
	w := &ward{House: h, unit: id("unit"), other: id("other unit"), worker: id("worker"), nurse: id("nurse"), stranger: id("stranger"), rafi: id("rafi"), amara: id("amara"), far: id("far")}
	h.Clock.Set(testkit.Start.Add(-48 * time.Hour))
	w.must("places.unit_opened", w.unit, &places.UnitOpened{Name: "Cedar", Kind: "ward"})
	w.must("places.unit_opened", w.other, &places.UnitOpened{Name: "Birch", Kind: "ward"})
	for who, unit := range map[record.ID]record.ID{w.worker: w.unit, w.nurse: w.unit, w.stranger: w.other} {
		role, name := access.Worker, map[record.ID]string{w.worker: "Jo Ferrand", w.nurse: "Bashir Nuri", w.stranger: "Ola Brandt"}[who]
		if who == w.nurse {
			role = access.Nurse
		}
		w.must("staff.joined", who, &staff.Joined{Details: staff.Details{Name: name, Role: role, SignIn: strings.Fields(strings.ToLower(name))[0]}})
		w.must("staff.assigned", who, &staff.Assignment{Unit: unit})
	}
	for chart, name := range map[record.ID]string{w.rafi: "Rafi Haddad", w.amara: "Amara Osei", w.far: "Ingrid Solberg"} {
		unit := w.unit
		if chart == w.far {
			unit = w.other
		}
		w.must("clients.registered", chart, &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: name}}, Unit: unit})
		w.must("clients.admitted", chart, &clients.Admitted{Unit: unit})
	}
	h.Clock.Set(testkit.Start)
	return w
}

func (w *ward) must(kind string, chart record.ID, b record.Body) *record.Entry {
	w.T.Helper()
	return w.Must(testkit.Program(), kind, chart, b)
}

func seen(state, words string) *rounds.Checked {
	place := "day_room"
	if state == "asleep_breathing" {
		place = "own_room"
	}
	return &rounds.Checked{Place: place, State: state, Method: rounds.MethodSeen, Words: words}
}

func get(t testing.TB, b *testkit.Browser, path string) string {
	t.Helper()
	code, page := b.Page(path)
	if code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, code, page)
	}
	return whole(t, path, page)
}

func send(t testing.TB, b *testkit.Browser, path string, pairs ...string) string {
	t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	code, page := b.Send(path, form)
	if code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, code, page)
	}
	return whole(t, path, page)
}

func whole(t testing.TB, path, page string) string {
	t.Helper()
	if i := strings.Index(page, "⟦"); i >= 0 {
		t.Errorf("%s: a word is missing: %.60s", path, page[i:])
	}
	return page
}

func has(t testing.TB, page string, there []string, not ...string) {
	t.Helper()
	for _, one := range there {
		if !strings.Contains(page, html.EscapeString(one)) && !strings.Contains(page, one) {
			t.Errorf("%q is missing", one)
		}
	}
	for _, one := range not {
		if i := strings.Index(page, one); i >= 0 {
			t.Errorf("%q is there: %s", one, page[max(0, i-80):min(len(page), i+80)])
		}
	}
}

// found is the part of a page that shows what was found.
func found(page string) string {
	_, part, _ := strings.Cut(page, `id="found"`)
	return part
}

const hostile = `<script>alert(1)</script>"'&{{7*7}}` + "\u202e רפי 🐙"

func TestFindsWhatPeopleSee(t *testing.T) {
	w := newWard(t)
	w.Must(testkit.As(w.worker), rounds.KindChecked, w.rafi, seen("asleep_breathing", ""))
	w.Clock.Advance(time.Hour)
	w.Must(testkit.As(w.nurse), rounds.KindChecked, w.rafi, seen("talking", "Señora Núñez rang; he laughed about the café. "+hostile))
	w.Clock.Advance(time.Hour)
	w.must("clients.flag_set", w.rafi, &clients.FlagSet{Text: "Likes tea at night"})
	b := w.Browse(w.worker)
	at := "/clients/" + w.rafi.String() + "/find"
	for _, one := range []struct {
		words      string
		there, not string
	}{
		{"asleep", "sleep", "talking"},                 // a code, by the words that people see
		{"NUNEZ cafe", "Señora ", "asleep"},            // folded; all words; in the body and not in the line
		{"nunez asleep", "", "Núñez"},                  // not each in another entry
		{"bashir", "Bashir Nuri", "asleep, breathing"}, // who wrote it
		{"tea", "Likes", "Núñez"},
		{"...", "", "Seen"},
		{"alert(1)", "&lt;script&gt;", "<script>alert"},
	} {
		part := found(send(t, b, at, "q", one.words))
		if one.there == "" {
			has(t, part, []string{"Nothing found"}, one.not)
		} else {
			has(t, part, []string{one.there}, one.not, "Nothing found")
		}
	}
	has(t, found(send(t, b, at, "q", "nunez SLEEP")), nil, `<mark class="found">`)
	has(t, found(send(t, b, at, "q", "laughed cafe")), []string{`<mark class="found">laughed</mark>`, `<mark class="found">café</mark>`})
	part := found(get(t, b, at+"?of=clients&by="+testkit.Program().Person.String()))
	has(t, part, []string{"Likes tea"}, "asleep")
	part = found(get(t, b, at+"?when=range&from=2026-11-18&until=2026-11-18"))
	has(t, part, []string{"Nothing found"})
	if page := get(t, b, at+"?q=asleep"); strings.Contains(page, `value="asleep"`) || strings.Contains(found(page), "breathing") {
		t.Error("words are taken from the address")
	}
}

func TestOthersAndLabelledAreNotThere(t *testing.T) {
	w := newWard(t)
	e := w.Entry("diary.written", w.rafi, &written{Text: "Sedative dependence"})
	e.Labels = []string{access.Personal}
	if o := w.Committer.File(t.Context(), testkit.As(w.nurse), e)[0]; o.Err != nil {
		t.Fatal(o.Err)
	}
	w.Must(testkit.As(w.worker), rounds.KindChecked, w.rafi, seen("talking", "slept badly"))
	at := "/clients/" + w.rafi.String()
	nurse, worker, stranger := w.Browse(w.nurse), w.Browse(w.worker), w.Browse(w.stranger)
	has(t, found(send(t, nurse, at+"/find", "q", "sedative")), []string{"dependence", "1 entry"})
	has(t, send(t, worker, at+"/find", "q", "sedative"), []string{"Nothing found"}, "dependence", "Bashir Nuri", e.ID.String())
	has(t, get(t, worker, at+"/find"), []string{"3 entries in this chart"}, "Bashir Nuri")
	has(t, get(t, nurse, at+"/find"), []string{"4 entries in this chart", "Bashir Nuri"})
	for _, text := range []string{get(t, worker, at), send(t, worker, at+"/copy", "from", "2026-11-01", "until", "2026-11-30", "to", "file")} {
		has(t, text, []string{"Seen: day room, talking"}, "dependence", "Bashir Nuri", e.ID.String())
	}
	if code, _ := worker.Page(at + "/entries/" + e.ID.String()); code != http.StatusNotFound {
		t.Errorf("what is hidden has a page: %d", code)
	}
	for _, page := range []string{"", "/find", "/copy", "/entries/" + e.ID.String(), "/entries/" + e.ID.String() + "/move"} {
		if code, text := stranger.Page(at + page); code != http.StatusNotFound || strings.Contains(text, "Rafi") {
			t.Errorf("%s is answered %d to another team", page, code)
		}
	}
	// An entry of somebody else's chart is not to be reached through one's own.
	far := w.must("clients.flag_set", w.far, &clients.FlagSet{Text: "Far away"})
	if code, text := worker.Page(at + "/entries/" + far.ID.String()); code != http.StatusNotFound || strings.Contains(text, "Far away") {
		t.Errorf("an entry of another chart: %d", code)
	}
}

func TestWhatWasSaidSinceStandsUnderIt(t *testing.T) {
	w := newWard(t)
	first := w.Must(testkit.As(w.worker), rounds.KindChecked, w.rafi, seen("talking", "Sang in the kitchen"))
	for range 70 {
		w.Clock.Advance(15 * time.Minute)
		w.Must(testkit.As(w.worker), rounds.KindChecked, w.rafi, seen("eating", ""))
	}
	b := w.Browse(w.worker)
	entry := "/clients/" + w.rafi.String() + "/entries/" + first.ID.String()
	has(t, get(t, b, entry), []string{"Add to this", "Take back", "Wrong chart", "Happened", "Written", "Received", "at once"})
	send(t, b, "/entries/record.withdrawn", "chart", w.rafi.String(), "amends", first.ID.String(), "amendment", "entered_in_error", "reason", "it was the neighbour", "then", entry)
	page := get(t, b, entry)
	has(t, page, []string{"<del>", "it was the neighbour", "Said of it since"}, "Take back")
	newest := get(t, b, "/clients/"+w.rafi.String())
	has(t, newest, []string{"What it speaks of", entry}) // the taking back is of today, what it speaks of is not on this page
	_, rest, ok := strings.Cut(newest, "?before=")
	if !ok {
		t.Fatal("there is no earlier page")
	}
	seq, _, _ := strings.Cut(rest, `"`)
	has(t, get(t, b, "/clients/"+w.rafi.String()+"?before="+seq), []string{"<del>", "entered in error"})
}

func TestWrongChart(t *testing.T) {
	w := newWard(t)
	e := w.Must(testkit.As(w.worker), rounds.KindChecked, w.rafi, seen("talking", "Asked for her mother"))
	w.Clock.Advance(3 * time.Hour)
	b := w.Browse(w.worker)
	entry := "/clients/" + w.rafi.String() + "/entries/" + e.ID.String()
	page := get(t, b, entry+"/move")
	has(t, page, []string{"Amara Osei"}, "Ingrid Solberg", `value="`+w.rafi.String())
	if code, page := b.Send(entry+"/move", url.Values{"to": {w.amara.String()}}); code != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d %s", code, page)
	}
	if code, _ := b.Send(entry+"/move", url.Values{"to": {w.far.String()}, "reason": {"x"}}); code != http.StatusNotFound {
		t.Errorf("into a chart that the reader does not see: %d", code)
	}
	page = send(t, b, entry+"/move", "to", w.amara.String(), "reason", "I mixed them up")
	has(t, page, []string{"Moved out", "I mixed them up", "Filed again", "In the chart of Amara Osei"})
	there := get(t, b, "/clients/"+w.amara.String())
	has(t, there, []string{"Seen: day room, talking", "In another chart"}, "Rafi")
	if code, _ := b.Send(entry+"/move", url.Values{"to": {w.amara.String()}, "reason": {"again"}}); code != http.StatusForbidden {
		t.Errorf("moved twice: %d", code)
	}
	// Who sees only one of the two charts hears nothing of the other.
	if code, _ := w.Browse(w.stranger).Page(entry); code != http.StatusNotFound {
		t.Errorf("another team reads it: %d", code)
	}
}

func TestCopy(t *testing.T) {
	w := newWard(t)
	w.Must(testkit.As(w.worker), rounds.KindChecked, w.rafi, seen("talking", hostile))
	w.Clock.Advance(24 * time.Hour)
	w.Must(testkit.As(w.worker), rounds.KindChecked, w.rafi, seen("pacing", ""))
	b := w.Browse(w.worker)
	at := "/clients/" + w.rafi.String() + "/copy"
	get(t, b, at)
	if code, page := b.Send(at, url.Values{"from": {"2026-11-20"}, "until": {"2026-11-19"}}); code != http.StatusUnprocessableEntity || !strings.Contains(page, "Choose the first and the last day") {
		t.Errorf("the last day before the first: %d", code)
	}
	res, err := b.PostForm(b.URL+at, url.Values{"from": {"2026-11-19"}, "until": {"2026-11-19"}, "to": {"file"}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	name := res.Header.Get("Content-Disposition")
	if name != `attachment; filename="chart-2026-11-19-2026-11-19.html"` {
		t.Errorf("it is called %s", name)
	}
	page := send(t, b, at, "from", "2026-11-19", "until", "2026-11-19", "to", "file")
	has(t, page, []string{"default-src &#39;none&#39;; style-src &#39;sha256-", "Rafi Haddad", "Seen: day room, talking", hostile, "Jo Ferrand", "1 entry"}, "pacing", "<script>alert", "/static/", "42 CFR")
	has(t, send(t, b, at, "from", "2026-11-19", "until", "2026-11-20", "to", "page", "of", "rounds"), []string{"pacing", "2 entries", "data-print"}, "Admitted")
	var routes []string
	if err := view.Each(w.ViewDB.Read(t.Context()), view.Query{Chart: w.rafi}, func(r *view.Row) bool { routes = append(routes, r.Route); return true }); err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(routes, "\n"); !strings.Contains(all, "POST /clients/{chart}/copy 2026-11-19/2026-11-20") {
		t.Errorf("which days were taken is not in the view log:\n%s", all)
	}
}

func TestRoomsGiveTheirEntriesAShape(t *testing.T) {
	people := &clientsroom.Room{}
	list := []room.Def{placesroom.Def(), staffroom.Def(), people.Def(), roundsroom.Def(), {Name: "tea",
		Acts:   []room.Act{{Key: "chart.add", Icon: "plus", Action: "clients.read", Order: 5, Href: func(c record.ID) string { return "/tea/" + c.String() }}},
		Tabs:   []room.Tab{{Name: "tea", Key: "chart.copy", Action: "clients.read", Href: func(c record.ID) string { return "/tea/" + c.String() }}},
		Shapes: map[string]room.Shape{"rounds": {Icon: "pill", Href: func(e *record.Entry) string { return "/tea/of/" + e.ID.String() }}},
	}}
	for _, d := range append(list, chart.Def(people, list)) {
		people.Take(d)
	}
	w := furnish(testkit.New(t, testkit.PolicyFor(t, "../../app/policy"), append(list, chart.Def(people, list))...))
	e := w.Must(testkit.As(w.worker), rounds.KindChecked, w.rafi, seen("talking", ""))
	has(t, get(t, w.Browse(w.worker), "/clients/"+w.rafi.String()), []string{"/tea/" + w.rafi.String(), "/tea/of/" + e.ID.String(), "#pill", "acts-more"})
}

func TestWords(t *testing.T) {
	for _, fault := range ui.CheckCatalogue(os.DirFS("."), "chart.") {
		t.Error(fault)
	}
}
