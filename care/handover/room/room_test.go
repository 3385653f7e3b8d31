package room

import (
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"milieu/care/handover"
	"milieu/care/rounds"
	roundsroom "milieu/care/rounds/room"
	"milieu/care/teamwork"
	teamworkroom "milieu/care/teamwork/room"
	"milieu/house/clients"
	clientsroom "milieu/house/clients/room"
	"milieu/house/places"
	placesroom "milieu/house/places/room"
	"milieu/house/staff"
	staffroom "milieu/house/staff/room"
	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/testkit"
	"milieu/kit/testkit/pgtest"
	"milieu/kit/ui"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// ward is a unit with people in it, and three who work there.
type ward struct {
	*testkit.House
	unit              record.ID
	jo, samir, bashir record.ID
	ruth              record.ID // oversees the house and is of no team
	people            []record.ID
}

func id(kind string, n int) record.ID { return record.DeriveID("test", kind, fmt.Sprint(n)) }

// at is a time of the test's Thursday; hours from 24 on are Friday's, below 0 Wednesday's.
func at(hour, minute int) time.Time {
	return testkit.Start.Truncate(24 * time.Hour).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}

func newWard(t testing.TB, beds int) *ward {
	t.Helper()
	rooms := rooms()
	return furnish(testkit.New(t, testkit.PolicyFor(t, "../../../app/policy", rooms...), rooms...), beds)
}

// rooms are those that have something to hand over, and the handover itself.
func rooms() []room.Def {
	people := &clientsroom.Room{}
	rooms := []room.Def{placesroom.Def(), staffroom.Def(), people.Def(), roundsroom.Def(), teamworkroom.Def()}
	return append(rooms, Def(rooms))
}

func furnish(h *testkit.House, beds int) *ward {
	w := &ward{House: h, unit: id("unit", 1), jo: id("staff", 1), samir: id("staff", 2), bashir: id("staff", 3), ruth: id("staff", 4)}
	h.Clock.Set(at(8, 30))
	w.file("places.house_set", due.House, &places.House{Name: "Alder House", Zone: "UTC", Language: "en", Shifts: []places.Shift{{Name: "Day", Start: "07:00", End: "15:00"}, {Name: "Evening", Start: "15:00", End: "23:00"}, {Name: "Night", Start: "23:00", End: "07:00"}}})
	w.file("places.unit_opened", w.unit, &places.UnitOpened{Name: "Alder", Kind: "ward"})
	for person, who := range map[record.ID]staff.Details{w.jo: {Name: "Jo Ferrand", Role: access.Worker, SignIn: "jo"}, w.samir: {Name: "Samir Oduya", Role: access.Worker, SignIn: "samir"}, w.bashir: {Name: "Bashir Nuri", Role: access.Nurse, SignIn: "bashir"}} {
		w.file("staff.joined", person, &staff.Joined{Details: who})
		w.file("staff.assigned", person, &staff.Assignment{Unit: w.unit})
	}
	w.file("staff.joined", w.ruth, &staff.Joined{Details: staff.Details{Name: "Ruth Amsel", Role: access.Supervisor, SignIn: "ruth"}})
	for i := range beds {
		r := w.file("places.room_added", w.unit, &places.RoomAdded{Name: fmt.Sprintf("Room %d", i+1), Kind: "bedroom"})
		chart := id("client", i)
		w.people = append(w.people, chart)
		w.file("clients.registered", chart, &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: fmt.Sprintf("Person %02d", i)}}, Unit: w.unit})
		w.file("clients.admitted", chart, &clients.Admitted{Unit: w.unit, Room: r.ID})
	}
	return w
}

func (w *ward) file(kind string, chart record.ID, b record.Body) *record.Entry {
	return w.Must(testkit.Program(), kind, chart, b)
}

// says files as somebody who works there.
func (w *ward) says(who record.ID, kind string, chart record.ID, b record.Body, labels ...string) *record.Entry {
	w.T.Helper()
	e := w.Entry(kind, chart, b)
	e.Labels = labels
	o := w.Committer.File(w.T.Context(), testkit.As(who), e)[0]
	if o.Err != nil {
		w.T.Fatalf("filing %s: %v", kind, o.Err)
	}
	return o.Entry
}

var tags = regexp.MustCompile(`<[^>]*>|\s+`)

// page is what somebody who hears the page hears, more or less.
func (w *ward) page(who record.ID, path string) string {
	w.T.Helper()
	code, body := w.Browse(who).Page(path)
	if code != 200 {
		w.T.Fatalf("GET %s: %d\n%s", path, code, body)
	}
	if i := strings.Index(body, "⟦"); i >= 0 {
		w.T.Errorf("GET %s: a word is missing: %.60s", path, body[i:])
	}
	if strings.Contains(body, `style="`) || strings.Contains(body, "<script>") {
		w.T.Errorf("GET %s: inline style or script", path)
	}
	return strings.Join(strings.Fields(tags.ReplaceAllString(body, " ")), " ")
}

func wants(t *testing.T, body string, present ...string) {
	t.Helper()
	for _, p := range present {
		if !strings.Contains(body, p) {
			t.Errorf("%q is missing in:\n%.3000s", p, body)
		}
	}
}

func lacks(t *testing.T, body string, absent ...string) {
	t.Helper()
	for _, a := range absent {
		if strings.Contains(body, a) {
			t.Errorf("%q should not be there in:\n%.3000s", a, body)
		}
	}
}

// TestAShiftIsHandedOver: what the shift wrote stands there by itself, the outgoing add words, the incoming accept and take over; what is not done is
// carried forward over the next changes until it is done.
func TestAShiftIsHandedOver(t *testing.T) {
	w := newWard(t, 3)
	rafi := w.people[0]
	w.Clock.Set(at(9, 0))
	w.says(w.bashir, rounds.KindRaised, rafi, &rounds.LevelRaised{Order: rounds.Order{Level: rounds.Every15, Reason: "Says the nights are very hard"}})
	task := w.says(w.jo, teamwork.KindTaskSet, rafi, &teamwork.TaskSet{What: "Call the sleep clinic", Until: at(16, 0)})
	w.says(w.jo, teamwork.KindTaskSet, rafi, &teamwork.TaskSet{What: "Buy a lamp", Until: at(70, 0)})
	w.says(w.jo, rounds.KindChecked, rafi, &rounds.Checked{Place: "day_room", State: "talking", Method: rounds.MethodSeen})
	w.Clock.Set(at(10, 0))
	w.says(w.jo, rounds.KindChecked, rafi, &rounds.Checked{Place: "day_room", State: "talking", Method: rounds.MethodSeen})
	w.says(w.bashir, "clients.allergy_noted", rafi, &clients.AllergyNoted{Substance: "Penicillin"})
	w.Clock.Set(at(14, 50))
	w.says(w.jo, handover.KindWords, rafi, &handover.WordsAdded{Change: at(15, 0), Heading: "situation", Text: "If the lamp is on after one, then knock"})
	w.says(w.bashir, handover.KindWords, rafi, &handover.WordsAdded{Change: at(15, 0), Heading: "situation", Text: "His brother comes at five"})
	w.Clock.Set(at(15, 8))
	text := w.page(w.samir, "/handover/"+rafi.String())
	wants(t, text, "Handover, Day to Evening", "0 of 3 taken over", "Watch closely", "Every 15: Says the nights are very hard", "Allergy: Penicillin", "1 look came late; the longest time without was 1 h", "Seen 2 times, last: day room, talking",
		"Call the sleep clinic", "If the lamp is on after one, then knock", "Jo Ferrand, 14:50", "His brother comes at five", "Bashir Nuri, 14:50")
	lacks(t, text, "Buy a lamp", "Carried forward")

	b := w.Browse(w.samir)
	accept := url.Values{"chart": {rafi.String()}, "change": {at(15, 0).Format(time.RFC3339)}, "key": {"teamwork.task " + task.ID.String()}, "rule": {"teamwork.task"}, "slot": {task.ID.String()}, "anchor": {task.ID.String()}}
	code, body := b.Send("/entries/"+handover.KindAccepted, accept)
	if code != 200 || !strings.Contains(body, "Accepted by Samir") || strings.Contains(body, "record.withdrawn") {
		t.Fatalf("accepting: %d %s", code, body)
	}
	window, err := due.Find(w.DB.Read(t.Context()), rafi, teamwork.RuleTask, task.ID.String())
	if err != nil || window.Owner != w.samir {
		t.Errorf("the task is owned by %v (%v), want Samir", window.Owner, err)
	}
	w.says(w.samir, handover.KindTaken, rafi, &handover.Taken{Change: at(15, 0), Synthesis: "I call the clinic and knock after one"})
	wants(t, w.page(w.jo, "/handover/"+rafi.String()), "1 of 3 taken over", "Accepted by Samir", "Taken over by Samir Oduya, 15:08", "I call the clinic and knock after one")

	w.Clock.Set(at(22, 50)) // not done: the night hears of it
	wants(t, w.page(w.bashir, "/handover/"+rafi.String()), "Handover, Evening to Night", "0 of 3 taken over", "Carried forward once, from 15:00", "6 h late")
	lacks(t, w.page(w.bashir, "/handover/"+rafi.String()), "Accepted by", "If the lamp")
	wants(t, w.page(w.bashir, "/handover/brief"), "Call the sleep clinic") // what is late is said first
	w.says(w.bashir, handover.KindPassed, rafi, &handover.Passed{Change: at(23, 0), Key: "teamwork.task " + task.ID.String(), Owner: teamwork.OwnedBy(w.jo), Why: "The clinic opens at nine", Due: handover.Due{Rule: "teamwork.task", Slot: task.ID.String(), Anchor: task.ID}})
	wants(t, w.page(w.bashir, "/handover/"+rafi.String()), "Passed on by Bashir Nuri to Jo Ferrand. The clinic opens at nine")
	w.Clock.Set(at(31, 5)) // across midnight, to the day
	wants(t, w.page(w.jo, "/handover/"+rafi.String()), "Handover, Night to Day", "Carried forward 2 times, from Thu 19 Nov 15:00")
	w.says(w.jo, teamwork.KindTaskDone, rafi, &teamwork.TaskDone{Task: task.ID, Outcome: "Booked"})
	lacks(t, w.page(w.jo, "/handover/"+rafi.String()), "Call the sleep clinic")
}

// TestTwoAtOnce: two accept one item and take one person without knowing of each other; both stand, both are named.
func TestTwoAtOnce(t *testing.T) {
	w := newWard(t, 1)
	rafi := w.people[0]
	w.Clock.Set(at(9, 0))
	task := w.says(w.jo, teamwork.KindTaskSet, rafi, &teamwork.TaskSet{What: "Call the sleep clinic", Until: at(16, 0)})
	w.Clock.Set(at(15, 8))
	body := &handover.Accepted{Change: at(15, 0), Key: "teamwork.task " + task.ID.String(), Due: handover.Due{Rule: "teamwork.task", Slot: task.ID.String(), Anchor: task.ID}}
	w.says(w.samir, handover.KindAccepted, rafi, body)
	w.Clock.Set(at(15, 9))
	w.says(w.bashir, handover.KindAccepted, rafi, body)
	w.says(w.samir, handover.KindTaken, rafi, &handover.Taken{Change: at(15, 0), Synthesis: "Mine"})
	w.says(w.bashir, handover.KindTaken, rafi, &handover.Taken{Change: at(15, 0), Synthesis: "Also mine"})
	wants(t, w.page(w.jo, "/handover"), "Accepted by Samir and Bashir", "Taken over by Samir Oduya", "Taken over by Bashir Nuri", "1 of 1 taken over")
}

// TestOneOfTwoCharts: what was written in a chart that turned out to be the same person's stands under the chart that goes on.
func TestOneOfTwoCharts(t *testing.T) {
	w := newWard(t, 2)
	w.Clock.Set(at(9, 0))
	task := w.says(w.jo, teamwork.KindTaskSet, w.people[1], &teamwork.TaskSet{What: "Call the sleep clinic", Until: at(16, 0)})
	w.says(w.jo, rounds.KindRaised, w.people[1], &rounds.LevelRaised{Order: rounds.Order{Level: rounds.Every15, Reason: "Says the nights are very hard"}})
	w.says(w.jo, handover.KindWords, w.people[1], &handover.WordsAdded{Change: at(15, 0), Heading: "person", Text: "Cooked for two"})
	w.says(w.jo, handover.KindAccepted, w.people[1], &handover.Accepted{Change: at(15, 0), Key: "teamwork.task " + task.ID.String()})
	w.Clock.Set(at(10, 0))
	w.file("clients.merged", w.people[1], &clients.Merged{Into: w.people[0], Reason: "He told us both names"})
	w.Clock.Set(at(15, 8))
	text := w.page(w.samir, "/handover/"+w.people[0].String())
	wants(t, text, "0 of 1 taken over", "Every 15: Says the nights are very hard", "Call the sleep clinic", "Accepted by Jo", "Cooked for two")
	if open, err := due.Of(w.DB.Read(t.Context()), w.people[1]); err != nil || len(open) > 0 {
		t.Errorf("the merged chart still has %d dues (%v)", len(open), err)
	}
}

// TestWhatMayNotBeSeen: what carries a label is handed over to those alone who may see it; nothing on the page tells of it.
func TestWhatMayNotBeSeen(t *testing.T) {
	w := newWard(t, 1)
	rafi := w.people[0]
	w.Clock.Set(at(9, 0))
	before := w.page(w.ruth, "/handover/brief")
	wants(t, before, "Person 00")
	task := w.says(w.jo, teamwork.KindTaskSet, rafi, &teamwork.TaskSet{What: "Ask the programme about the dose", Until: at(16, 0)}, access.SubstanceUse)
	w.says(w.jo, handover.KindWords, rafi, &handover.WordsAdded{Change: at(7, 0), Heading: "person", Text: "Went to the programme"}, access.SubstanceUse)
	w.says(w.jo, teamwork.KindMeeting, rafi, &teamwork.MeetingHeld{Sort: "case", Words: "Spoke of the dose"}, access.SubstanceUse)
	if after := w.page(w.ruth, "/handover/brief"); after != before {
		t.Errorf("the brief tells of what is hidden:\n%s\n%s", before, after)
	}
	lacks(t, w.page(w.ruth, "/handover/"+rafi.String()), "programme", "dose")
	lacks(t, w.page(w.ruth, "/tasks"), "programme", "dose")
	lacks(t, w.page(w.ruth, "/meetings"), "dose")
	wants(t, w.page(w.jo, "/tasks"), "Ask the programme about the dose")
	wants(t, w.page(w.jo, "/tasks/"+rafi.String()+"/"+task.ID.String()), "Ask the programme about the dose")
	if code, _ := w.Browse(w.ruth).Page("/tasks/" + rafi.String() + "/" + task.ID.String()); code != 404 {
		t.Errorf("a hidden task is answered with %d", code)
	}
	window, err := due.Find(w.DB.Read(t.Context()), rafi, teamwork.RuleTask, task.ID.String())
	if err != nil || strings.Contains(string(window.Data), "dose") {
		t.Errorf("the due for all boards holds %s (%v)", window.Data, err)
	}
}

// TestTheUnitIsAskedFor: once its rules are set, each change is asked for, taking it over settles it, and a change that nobody took stays late.
func TestTheUnitIsAskedFor(t *testing.T) {
	w := newWard(t, 1)
	find := func(rule string) (due.Window, bool) {
		t.Helper()
		open, err := due.Of(w.DB.Read(t.Context()), w.unit)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range open {
			if one.Rule == rule {
				return one, true
			}
		}
		return due.Window{}, false
	}
	if _, ok := find(handover.RuleTake); ok {
		t.Error("a unit without rules is asked for its handover")
	}
	w.Clock.Set(at(9, 0))
	w.file(handover.KindRules, w.unit, &handover.Rules{LeadMinutes: 20, LateMinutes: 10})
	take, _ := find(handover.RuleTake)
	give, _ := find(handover.RuleGive)
	if !take.Opens.Equal(at(14, 40)) || !take.Due.Equal(at(15, 0)) || !take.Late.Equal(at(15, 10)) || !give.Late.Equal(at(15, 0)) {
		t.Errorf("asked for: %+v and %+v", take, give)
	}
	w.Clock.Set(at(14, 50))
	w.says(w.jo, handover.KindGiven, w.unit, &handover.Given{Change: at(15, 0)})
	w.Clock.Set(at(15, 5))
	w.says(w.samir, handover.KindTaken, w.people[0], &handover.Taken{Change: at(15, 0)})
	if take, _ = find(handover.RuleTake); !take.Due.Equal(at(15, 0)) {
		t.Errorf("one person taken over settles the unit: %v", take.Due)
	}
	w.says(w.samir, handover.KindTaken, w.unit, &handover.Taken{Change: at(15, 0)})
	if take, _ = find(handover.RuleTake); !take.Due.Equal(at(23, 0)) {
		t.Errorf("after taking the unit over the next is %v", take.Due)
	}
	w.Clock.Set(at(31, 0)) // nobody took the night's change; the morning's settles both
	if take, _ = find(handover.RuleTake); take.At(w.Clock.Now()) != due.StateLate {
		t.Error("a change that nobody took is not late")
	}
	w.says(w.samir, handover.KindTaken, w.unit, &handover.Taken{Change: at(31, 0)})
	if take, _ = find(handover.RuleTake); !take.Due.Equal(at(39, 0)) {
		t.Errorf("the next is %v", take.Due)
	}
	w.file(handover.KindRules, w.unit, &handover.Rules{Off: true})
	if _, ok := find(handover.RuleTake); ok {
		t.Error("a unit that does not hand over is asked")
	}
}

// TestMessagesKeepToThoseWhoSee: a message about a client is read by those alone who see the client, one to a person by them, with a receipt.
func TestMessagesKeepToThoseWhoSee(t *testing.T) {
	w := newWard(t, 1)
	rafi, other := w.people[0], id("unit", 2)
	w.file("places.unit_opened", other, &places.UnitOpened{Name: "Birch", Kind: "ward"})
	w.Clock.Set(at(9, 0))
	about := w.says(w.jo, teamwork.KindMessage, rafi, &teamwork.MessageSent{Text: "His brother called", To: teamwork.OwnedBy(w.samir), Unit: w.unit})
	w.says(w.jo, teamwork.KindMessage, w.unit, &teamwork.MessageSent{Text: "Who has the radio?", Unit: w.unit})
	w.says(w.jo, teamwork.KindMessage, w.unit, &teamwork.MessageSent{Text: "Please look at the list", To: "nurse", Unit: w.unit})
	wants(t, w.page(w.samir, "/messages"), "2 new messages", "His brother called", "Jo Ferrand to you", "Person 00", "Who has the radio?")
	lacks(t, w.page(w.samir, "/messages"), "Please look at the list")
	lacks(t, w.page(w.bashir, "/messages"), "His brother called")
	wants(t, w.page(w.bashir, "/messages"), "Please look at the list")
	own, err := due.Of(w.DB.Read(t.Context()), w.samir)
	if err != nil || len(own) != 1 || strings.Contains(string(own[0].Data), "brother") {
		t.Errorf("dues of the recipient: %+v (%v)", own, err)
	}
	w.says(w.samir, teamwork.KindRead, rafi, &teamwork.MessageRead{Message: about.ID})
	wants(t, w.page(w.samir, "/messages"), "1 new message")
	wants(t, w.page(w.jo, "/messages"), "Read by Samir Oduya, 09:00")
	if own, _ = due.Of(w.DB.Read(t.Context()), w.samir); len(own) != 0 {
		t.Error("a message that was read is still due")
	}
	w.Clock.Set(at(10, 0))
	w.file("clients.transferred", rafi, &clients.Transferred{Unit: other})
	w.Clock.Set(at(10, 0).AddDate(0, 0, 9)) // when nothing is left to finish
	w.says(w.jo, teamwork.KindMessage, w.unit, &teamwork.MessageSent{Text: "Still here", Unit: w.unit})
	lacks(t, w.page(w.samir, "/messages"), "His brother called", "Person 00")
}

// TestOnPostgres walks the pages with something on each of them on the other database.
func TestOnPostgres(t *testing.T) {
	d, err := db.OpenPostgres(t.Context(), pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	rooms := rooms()
	w := furnish(testkit.Open(t, d, clock.NewFake(testkit.Start), testkit.PolicyFor(t, "../../../app/policy", rooms...), rooms...), 3)
	rafi := w.people[0]
	w.Clock.Set(at(9, 0))
	task := w.says(w.jo, teamwork.KindTaskSet, rafi, &teamwork.TaskSet{What: "Call the sleep clinic", Until: at(16, 0)})
	w.says(w.jo, teamwork.KindMessage, rafi, &teamwork.MessageSent{Text: "His brother called", To: teamwork.OwnedBy(w.samir), Unit: w.unit})
	w.says(w.bashir, teamwork.KindMeeting, w.unit, &teamwork.MeetingHeld{Sort: "huddle", Words: "A quiet day", Decisions: []teamwork.Decision{{What: "Walk the garden", Until: at(14, 0), About: rafi}}})
	w.says(w.bashir, rounds.KindRaised, rafi, &rounds.LevelRaised{Order: rounds.Order{Level: rounds.Every15, Reason: "Says the nights are very hard"}})
	w.file("clients.merged", w.people[2], &clients.Merged{Into: w.people[1], Reason: "He told us both names"})
	w.Clock.Set(at(15, 8))
	w.says(w.samir, handover.KindAccepted, rafi, &handover.Accepted{Change: at(15, 0), Key: "teamwork.task " + task.ID.String(), Due: handover.Due{Rule: "teamwork.task", Slot: task.ID.String(), Anchor: task.ID}})
	wants(t, w.page(w.samir, "/handover/"+rafi.String()), "Every 15: Says the nights are very hard", "Accepted by Samir", "Walk the garden")
	wants(t, w.page(w.samir, "/tasks"), "Call the sleep clinic")
	wants(t, w.page(w.samir, "/messages"), "His brother called")
	wants(t, w.page(w.samir, "/meetings"), "A quiet day")
}

func TestEveryWordIsThere(t *testing.T) {
	for _, fault := range ui.CheckCatalogue(os.DirFS("."), "handover.page.") {
		t.Error(fault)
	}
}

// TestWordsAreForTheChangeToCome: words written in the middle of a shift wait for its end, and are seen to wait; those of whoever stays a little after the
// change are still for the change.
func TestWordsAreForTheChangeToCome(t *testing.T) {
	w := newWard(t, 1)
	rafi := w.people[0]
	form := func() string {
		t.Helper()
		_, body := w.Browse(w.jo).Page("/handover/" + rafi.String())
		_, after, _ := strings.Cut(body, `id="add-words"`)
		_, after, _ = strings.Cut(after, `name="change" value="`)
		value, _, _ := strings.Cut(after, `"`)
		return value
	}
	for _, one := range []struct{ now, change time.Time }{{at(11, 0), at(15, 0)}, {at(14, 30), at(15, 0)}, {at(15, 10), at(15, 0)}, {at(15, 31), at(23, 0)}} {
		w.Clock.Set(one.now)
		got, err := time.Parse(time.RFC3339, form())
		if err != nil || !got.Equal(one.change) {
			t.Errorf("words of %s are for %s, want %s (%v)", one.now, got, one.change, err)
		}
	}
	w.says(w.jo, handover.KindWords, rafi, &handover.WordsAdded{Change: at(23, 0), Heading: "situation", Text: "If he paces, then walk along"})
	wants(t, w.page(w.bashir, "/handover/"+rafi.String()), "For the shift that begins 23:00:", "If he paces, then walk along")
	w.Clock.Set(at(22, 50))
	wants(t, w.page(w.bashir, "/handover/"+rafi.String()), "Handover, Evening to Night", "If he paces, then walk along")
}
