package room

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"milieu/care/rounds"
	"milieu/house/clients"
	"milieu/house/places"
	placesroom "milieu/house/places/room"
	"milieu/house/staff"
	staffroom "milieu/house/staff/room"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/live"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/testkit"
	"milieu/kit/ui"
)

// pagesWard is a ward with its pages, and somebody of each role that matters signed in.
type pagesWard struct {
	*ward
	supervisor record.ID
}

func newPagesWard(t testing.TB, beds int) *pagesWard {
	t.Helper()
	people := room.Def{Name: "clients", Kinds: clients.Kinds(), Projections: clients.Projections(), Sources: []access.Source{clients.Source()}, Hub: room.Hub{NameOf: clients.NameOf}}
	defs := []room.Def{placesroom.Def(), staffroom.Def(), people, Def()}
	h := testkit.New(t, testkit.PolicyFor(t, "../../../app/policy", defs...), defs...)
	w := &pagesWard{&ward{House: h, unit: chartID("unit", 1), worker: chartID("staff", 1), nurse: chartID("staff", 2)}, chartID("staff", 3)}
	h.Clock.Set(testkit.Start.Add(-6 * time.Hour))
	w.must("places.house_set", due.House, &places.House{Name: "Alder House", Zone: "UTC", Language: "en", Shifts: places.DefaultHouse().Shifts})
	w.must("places.unit_opened", w.unit, &places.UnitOpened{Name: "Alder", Kind: "ward"})
	for person, who := range map[record.ID]staff.Details{
		w.worker: {Name: "Jo Ferrand", Role: access.Worker, SignIn: "jo"}, w.nurse: {Name: "Bashir Nuri", Role: access.Nurse, SignIn: "bashir"}, w.supervisor: {Name: "Ruth Amsel", Role: access.Supervisor, SignIn: "ruth"},
	} {
		w.must("staff.joined", person, &staff.Joined{Details: who})
		w.must("staff.assigned", person, &staff.Assignment{Unit: w.unit})
	}
	w.must("staff.shift_planned", w.nurse, &staff.ShiftPlanned{Unit: w.unit, From: testkit.Start.Add(-7 * time.Hour), Until: testkit.Start.Add(10 * time.Hour), InCharge: true})
	for i := range beds {
		r := w.must("places.room_added", w.unit, &places.RoomAdded{Name: fmt.Sprintf("Room %d", i+1), Kind: "bedroom"})
		b := w.must("places.bed_added", w.unit, &places.BedAdded{Room: r.ID, Name: "A"})
		chart := chartID("client", i)
		w.people = append(w.people, chart)
		w.must("clients.registered", chart, &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: fmt.Sprintf("Person %02d", i)}}, Unit: w.unit})
		w.must("clients.admitted", chart, &clients.Admitted{Unit: w.unit, Room: r.ID, Bed: b.ID})
	}
	h.Clock.Set(testkit.Start)
	return w
}

func (w *pagesWard) page(b *testkit.Browser, path string) string {
	w.T.Helper()
	code, body := b.Page(path)
	if code != 200 {
		w.T.Fatalf("GET %s: %d\n%s", path, code, body)
	}
	if i := strings.Index(body, "⟦"); i >= 0 {
		w.T.Errorf("GET %s: a word is missing: %.60s", path, body[i:])
	}
	return body
}

func (w *pagesWard) send(b *testkit.Browser, kind string, chart record.ID, fields string) string {
	w.T.Helper()
	form, err := url.ParseQuery(fields)
	if err != nil {
		w.T.Fatal(err)
	}
	form.Set("chart", chart.String())
	code, body := b.Send("/entries/"+kind, form)
	if code != 200 {
		w.T.Fatalf("filing %s: %d %s", kind, code, body)
	}
	return plainText(body)
}

var tags = regexp.MustCompile(`<[^>]*>|\s+`)

// plainText is what somebody who hears the page hears, more or less.
func plainText(html string) string {
	return strings.Join(strings.Fields(tags.ReplaceAllString(html, " ")), " ")
}

func wants(t *testing.T, body string, present ...string) {
	t.Helper()
	for _, p := range present {
		if !strings.Contains(body, p) {
			t.Errorf("%q is missing in:\n%.1500s", p, body)
		}
	}
}

func lacks(t *testing.T, body string, absent ...string) {
	t.Helper()
	for _, a := range absent {
		if strings.Contains(body, a) {
			t.Errorf("%q should not be there", a)
		}
	}
}

func TestTheRoundScreenShowsEveryoneByNextDue(t *testing.T) {
	w := newPagesWard(t, 4)
	w.must(rounds.KindRaised, w.people[2], &rounds.LevelRaised{Order: rounds.Order{Level: rounds.Every15, Reason: "Awake and afraid"}})
	w.must(rounds.KindRaised, w.people[3], &rounds.LevelRaised{Order: rounds.Order{Level: rounds.LineOfSight, Reason: "Hurt himself"}})
	w.seen(w.people[0], "awake_quiet")
	w.seen(w.people[2], "pacing")
	w.must("clients.left", w.people[1], &clients.Left{Kind: "leave", Expected: w.Clock.Now().Add(5 * time.Hour)})
	w.Clock.Advance(16 * time.Minute)
	b := w.Browse(w.worker)
	body := w.page(b, "/rounds")
	text := plainText(body)
	wants(t, text, "1 late", "3 here, 1 out", "Every 15", "Hourly", "02:00, own room, pacing", "In sight", "Nobody has begun to watch")
	first, second := strings.Index(text, "Person 02"), strings.Index(text, "Person 00")
	if first < 0 || second < first {
		t.Errorf("the one who is late does not stand before the one who is not")
	}
	if out := strings.Index(text, "Person 01"); out < second {
		t.Errorf("who is out does not stand last")
	}
	if strings.Contains(body, `style="`) || strings.Contains(body, "<script>") {
		t.Error("inline style or script")
	}
}

func TestACheckIsTwoTouchesAndSaidBack(t *testing.T) {
	w := newPagesWard(t, 3)
	for _, p := range w.people {
		w.seen(p, "awake_quiet")
	}
	w.Clock.Advance(56 * time.Minute)
	b := w.Browse(w.worker)
	sheet := w.page(b, path(w.people[0], "check"))
	lacks(t, sheet, " checked")
	wants(t, sheet, `name="_set"`, "Asleep, breathing seen", `data-else="_seen=no /entries/rounds.not_seen"`, `data-hours="21-8"`)
	said := w.send(b, rounds.KindChecked, w.people[0], "place=own_room&state=awake_quiet&method=seen&level=general")
	wants(t, said, "Person 00 seen 02:56, own room, awake and quiet", "Undo", "Person 01", "Choose where and how")
	last := w.send(b, rounds.KindChecked, w.people[1], "place=own_room&state=asleep_breathing&method=seen")
	wants(t, last, "Person 01 seen 02:56, own room, asleep, breathing seen", "Person 02")
	done := w.send(b, rounds.KindChecked, w.people[2], "place=day_room&state=talking&method=seen")
	wants(t, done, "Person 02 seen 02:56, day room, talking", "Next is Person 0")
}

func TestBreathingNotSeenCallsHelpAndSaysWhoWasTold(t *testing.T) {
	w := newPagesWard(t, 2)
	w.must("staff.shift_started", w.nurse, &staff.ShiftStarted{Unit: w.unit})
	b := w.Browse(w.worker)
	said := w.send(b, rounds.KindChecked, w.people[0], "place=own_room&state=breathing_not_seen&method=seen")
	wants(t, said, "Help is called", "Help for Person 00: own room, Room 1", "Jo Ferrand called at 02:00", "It stands on every screen of this unit: Bashir Nuri")
	wants(t, plainText(w.page(b, "/rounds")), "1 needs help")
	win, ok := w.window(w.people[0], rounds.RuleHelp)
	if !ok {
		t.Fatal("no call for help is open")
	}
	w.send(b, rounds.KindHelpAnswered, w.people[0], "call="+win.Anchor.String()+"&outcome=breathing_well")
	if _, open := w.window(w.people[0], rounds.RuleHelp); open {
		t.Error("the call is still open")
	}
	wants(t, plainText(w.page(b, path(w.people[0], "help"))), "No call for help is open")
}

func TestNotSeenBeginsASearch(t *testing.T) {
	w := newPagesWard(t, 2)
	b := w.Browse(w.worker)
	said := w.send(b, rounds.KindNotSeen, w.people[0], "reason=absent")
	wants(t, said, "Person 00 not seen 02:00: away without leave", "A search begins. Bashir Nuri hears of it.")
	wants(t, plainText(w.page(b, path(w.people[0], "search"))), "Person 00 is not found", "Found: check now")
	seen := w.send(b, rounds.KindChecked, w.people[0], "place=outside&state=crying&method=seen")
	wants(t, seen, "Person 00 seen 02:00, outside, crying")
	if _, open := w.window(w.people[0], rounds.RuleSearch); open {
		t.Error("the search goes on though the person was seen")
	}
}

func TestWhatARoleMayNotDoIsNotOffered(t *testing.T) {
	w := newPagesWard(t, 1)
	w.must(rounds.KindRaised, w.people[0], &rounds.LevelRaised{Order: rounds.Order{Level: rounds.Every15, Reason: "Afraid"}})
	worker, nurse := w.Browse(w.worker), w.Browse(w.nurse)
	sheet := w.page(worker, path(w.people[0], "level"))
	lacks(t, sheet, `value="general"`, `value="every_30"`)
	wants(t, sheet, `value="line_of_sight"`, `value="arms_length"`)
	wants(t, w.page(nurse, path(w.people[0], "level")), `value="general"`, "level=general /entries/rounds.level_lowered")
	orders := w.page(worker, path(w.people[0], "orders"))
	lacks(t, orders, "order-night", "lower-while")
	wants(t, w.page(nurse, path(w.people[0], "orders")), "order-night", "lower-while", "Afraid")
	if code, _ := worker.Page("/rounds/rules"); code != 403 {
		t.Errorf("a worker gets the rules' page: %d", code)
	}
	lacks(t, w.page(worker, "/rounds/night"), "By who looked")
	code, _ := worker.Send("/entries/"+rounds.KindLowered, url.Values{"chart": {w.people[0].String()}, "level": {"general"}, "reason": {"I think so"}})
	if code != 403 {
		t.Errorf("a worker lowers a level: %d", code)
	}
}

func TestAWalkFindsHazardsThatAreCleared(t *testing.T) {
	w := newPagesWard(t, 2)
	b := w.Browse(w.worker)
	wants(t, plainText(w.page(b, "/rounds/environment")), "By the record 2 are here and 0 are out", "Nothing to tie to")
	w.send(b, rounds.KindEnvironment, w.unit, "checklist=environment&version=1&answers.ligature=hazard&words.ligature=Rail+in+room+4&places.ligature=own_room&answers.doors=fine&head_count=2&temperature=21.5")
	wants(t, plainText(w.page(b, "/rounds/hazards")), "1 open hazard", "Something to tie to, own room", "Rail in room 4", "Reported by Jo Ferrand")
	list, err := Hazards(w.DB.Read(context.Background()), w.unit, time.Time{})
	if err != nil || len(list) != 1 {
		t.Fatalf("%d hazards, %v", len(list), err)
	}
	w.send(b, rounds.KindHazardCleared, w.unit, "hazard="+list[0].ID.String()+"&done=Rail+taken+down")
	wants(t, plainText(w.page(b, "/rounds/hazards")), "No hazard is open", "Rail taken down. Jo Ferrand")
}

func TestTheWatchPassesToWhoTakesIt(t *testing.T) {
	w := newPagesWard(t, 1)
	w.must(rounds.KindRaised, w.people[0], &rounds.LevelRaised{Order: rounds.Order{Level: rounds.ArmsLength, Reason: "Hurt herself"}})
	first, second := w.Browse(w.worker), w.Browse(w.nurse)
	w.send(first, rounds.KindRelieved, w.people[0], "to="+w.worker.String()+"&accepted=yes")
	w.Clock.Advance(50 * time.Minute)
	wants(t, plainText(w.page(first, path(w.people[0], "relief"))), "Jo Ferrand has watched for 50 min. Relief at 03:00.", "You are watching")
	sheet := w.page(second, path(w.people[0], "relief"))
	wants(t, sheet, "I watch from now", `name="from" value="`+w.worker.String())
	w.send(second, rounds.KindRelieved, w.people[0], "from="+w.worker.String()+"&to="+w.nurse.String()+"&accepted=yes&state=talking")
	wants(t, plainText(w.page(first, "/rounds")), "Bashir Nuri since 02:50, relief at 03:50")
}

func TestTheNightAsItWas(t *testing.T) {
	w := newPagesWard(t, 2)
	w.seen(w.people[0], "asleep_breathing")
	w.Clock.Advance(95 * time.Minute)
	w.seen(w.people[0], "asleep_breathing")
	w.Clock.Advance(time.Minute)
	b := w.Browse(w.supervisor)
	text := plainText(w.page(b, "/rounds/night"))
	wants(t, text, "within the ordered time", "Person 00", "1 h 35 min", "By who looked", "Longer than ordered")
	code, body := b.Page("/rounds/night?as=csv")
	if code != 200 || !strings.HasPrefix(body, "person,chart,from,to") || !strings.Contains(body, "Person 00,") || !strings.Contains(body, ",95.0,60.0,yes,") {
		t.Errorf("%d %s", code, body)
	}
	for _, wrong := range []string{"?date=tomorrow", "?date=2026-11-19&until=2020-01-01"} {
		if code, _ := b.Page("/rounds/night" + wrong); code != 422 {
			t.Errorf("%s: %d", wrong, code)
		}
	}
}

func TestTheDowntimePackStandsAlone(t *testing.T) {
	w := newPagesWard(t, 2)
	w.must(rounds.KindRaised, w.people[0], &rounds.LevelRaised{Order: rounds.Order{Level: rounds.Every15, Reason: "Afraid", Precautions: []string{"No belts"}}})
	w.must("clients.contact_set", w.people[0], &clients.ContactSet{Name: "Mei Long", Relationship: "mother", Phone: "555-0104"})
	html, err := DowntimePack(context.Background(), w.DB.Read(context.Background()), w.unit, w.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	wants(t, string(html), "Person 00", "Every 15", "No belts", "Mei Long, mother, 555-0104", "Who looked", "Alder", "Room 1")
	lacks(t, string(html), "<script", "src=", "href=\"/static", "⟦")
	wants(t, plainText(w.page(w.Browse(w.worker), "/rounds/paper")), "Enter from paper", "Person 01")
	wants(t, w.page(w.Browse(w.worker), path(w.people[0], "check")+"?from=paper"), `name="after" value="From paper"`, "data-moment=\"happened\"")
}

func TestTheHouseFixesItsRules(t *testing.T) {
	w := newPagesWard(t, 1)
	b := w.Browse(w.supervisor)
	wants(t, w.page(b, "/rounds/rules"), `name="whole.0.from"`, `name="general_minutes"`)
	w.send(b, rounds.KindHouseRules, w.unit, "default_level=every_30&general_minutes=45&presence=required&whole.0.from=22&whole.0.until=6&whole.0.place=own_room&whole.0.state=asleep_breathing&whole.1.from=&whole.1.place=&places=hallway&places=own_room")
	sheet := w.page(w.Browse(w.worker), path(w.people[0], "check"))
	wants(t, sheet, `name="proof"`, `value="tag_seen"`, "No code to read", `data-hours="22-6"`)
	lacks(t, sheet, `data-hours="21-8"`)
	if hall, own := strings.Index(sheet, `name="place" value="hallway"`), strings.Index(sheet, `name="place" value="own_room"`); hall < 0 || own < hall {
		t.Error("the chips do not stand in the house's order")
	}
	wants(t, sheet, `name="place" value="elsewhere"`) // what was left out stands behind
}

func TestAScreenHearsOfEachChange(t *testing.T) {
	w := newPagesWard(t, 6)
	view := liveRound(w.Site)
	topic := live.Topic{View: "round", Of: w.unit, Viewer: "worker"}
	w.seen(w.people[0], "talking")
	draw := func(charts ...record.ID) string {
		var changed []live.Signal
		for _, c := range charts {
			changed = append(changed, live.Signal{Chart: c, Unit: w.unit, Kind: rounds.KindChecked})
		}
		out, err := view(context.Background(), topic, changed)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	one := draw(w.people[0])
	wants(t, one, `id="`+rowID(w.people[0])+`"`, "own room, talking", `data-settled-by="rounds.checked"`)
	lacks(t, one, rowID(w.people[1]))
	if all := draw(w.people...); strings.Count(all, "<li") != 6 {
		t.Errorf("six changed, %d rows came", strings.Count(all, "<li"))
	}
	w.must("clients.discharged", w.people[0], &clients.DischargedTo{Destination: "home"})
	wants(t, draw(w.people[0]), `<template id="`+rowID(w.people[0])+`" data-remove>`)
}

func TestWordsOfThePages(t *testing.T) {
	for _, fault := range ui.CheckCatalogue(os.DirFS("."), "rounds.page.") {
		t.Error(fault)
	}
}

// asked counts the questions put to the database.
type asked struct {
	db.Querier
	n int
}

func (a *asked) Query(query string, args ...any) (db.Rows, error) {
	a.n++
	return a.Querier.Query(query, args...)
}

func (a *asked) QueryRow(query string, args ...any) db.Row {
	a.n++
	return a.Querier.QueryRow(query, args...)
}

func TestTheRoundAsksFewQuestions(t *testing.T) {
	w := newPagesWard(t, 12)
	for _, p := range w.people {
		w.seen(p, "talking")
	}
	q := &asked{Querier: w.DB.Read(context.Background())}
	if _, err := Rows(q, w.unit); err != nil {
		t.Fatal(err)
	}
	if q.n > 5 { // people, rooms, rules, dues, and when the system was down
		t.Errorf("%d questions for one screen", q.n)
	}
}

// BenchmarkRoundPage draws the round of 48 people for one request.
func BenchmarkRoundPage(b *testing.B) {
	w := newPagesWard(b, 48)
	for i, p := range w.people {
		if i%3 == 0 {
			w.must(rounds.KindRaised, p, &rounds.LevelRaised{Order: rounds.Order{Level: rounds.Every15, Reason: "Afraid"}})
		}
		w.seen(p, "awake_quiet")
	}
	br := w.Browse(w.worker)
	for name, step := range map[string]time.Duration{"anew": time.Second, "again": 0} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w.Clock.Advance(step)
				if code, _ := br.Page("/rounds"); code != 200 {
					b.Fatal(code)
				}
			}
		})
	}
}
