package room

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"milieu/care/teamwork"
	"milieu/house/clients"
	clientsroom "milieu/house/clients/room"
	"milieu/house/places"
	placesroom "milieu/house/places/room"
	"milieu/house/staff"
	staffroom "milieu/house/staff/room"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/testkit"
	"milieu/kit/testkit/pgtest"
	"milieu/kit/ui"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// ward is a unit with two clients, a worker and a nurse, and a screen on its wall; and a supervisor of the house, who is of no unit.
type ward struct {
	*testkit.House
	unit, jo, bashir, ruth, rafi, mina record.ID
}

func id(n int) record.ID { return record.DeriveID("teamwork", fmt.Sprint(n)) }

// at is a time of the test's Thursday; hours from 24 on are Friday's.
func at(hour, minute int) time.Time {
	return testkit.Start.Truncate(24 * time.Hour).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}

func rooms() []room.Def {
	people := &clientsroom.Room{}
	return []room.Def{placesroom.Def(), staffroom.Def(), people.Def(), Def()}
}

func newWard(t testing.TB) *ward {
	t.Helper()
	return furnish(testkit.New(t, testkit.PolicyFor(t, "../../../app/policy", rooms()...), rooms()...))
}

func furnish(h *testkit.House) *ward {
	w := &ward{House: h, unit: id(1), jo: id(2), bashir: id(3), ruth: id(4), rafi: id(5), mina: id(6)}
	h.Clock.Set(at(8, 30))
	w.file("places.house_set", due.House, &places.House{Name: "Alder House", Zone: "UTC", Language: "en", Shifts: places.DefaultHouse().Shifts})
	w.file("places.unit_opened", w.unit, &places.UnitOpened{Name: "Alder", Kind: "ward"})
	for person, who := range map[record.ID]staff.Details{w.jo: {Name: "Jo Ferrand", Role: access.Worker, SignIn: "jo"}, w.bashir: {Name: "Bashir Nuri", Role: access.Nurse, SignIn: "bashir"},
		id(7): {Name: "Wall by the office", Role: access.Screen, SignIn: "wall"}} {
		w.file("staff.joined", person, &staff.Joined{Details: who})
		w.file("staff.assigned", person, &staff.Assignment{Unit: w.unit})
	}
	w.file("staff.joined", w.ruth, &staff.Joined{Details: staff.Details{Name: "Ruth Amsel", Role: access.Supervisor, SignIn: "ruth"}})
	for chart, name := range map[record.ID]string{w.rafi: "Rafi Holt", w.mina: "Mina Orchard"} {
		w.file("clients.registered", chart, &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: name}}, Unit: w.unit})
		w.file("clients.admitted", chart, &clients.Admitted{Unit: w.unit})
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
	_, body, _ = strings.Cut(body, `id="main"`)
	body, _, _ = strings.Cut(body, "</main>")
	return strings.Join(strings.Fields(tags.ReplaceAllString(body, " ")), " ")
}

func (w *ward) expect(who record.ID, path string, present, absent []string) {
	w.T.Helper()
	body := w.page(who, path)
	for _, p := range present {
		if !strings.Contains(body, p) {
			w.T.Errorf("%s: %q is missing in:\n%.2000s", path, p, body)
		}
	}
	for _, a := range absent {
		if strings.Contains(body, a) {
			w.T.Errorf("%s: %q stands in:\n%.2000s", path, a, body)
		}
	}
}

// windows are the open dues of a chart in short: whose each is, and when it is late.
func (w *ward) windows(chart record.ID) string {
	w.T.Helper()
	list, err := due.Of(w.DB.Read(w.T.Context()), chart)
	if err != nil {
		w.T.Fatal(err)
	}
	names := map[record.ID]string{w.jo: "jo", w.bashir: "bashir", record.Zero: ""}
	var out []string
	for _, one := range list {
		out = append(out, fmt.Sprintf("%s %s%s late %s", one.Rule, names[one.Owner], one.Role, one.Late.Format("15:04")))
	}
	return strings.Join(out, "; ")
}

// A task goes from hand to hand, and is everybody's to see until it is done.
func TestATaskGoesFromHandToHand(t *testing.T) {
	w := newWard(t)
	task := w.says(w.jo, teamwork.KindTaskSet, w.rafi, &teamwork.TaskSet{What: "Call the sleep clinic", Until: at(11, 0), Words: "They open at nine"})
	path := taskPath(w.rafi, task.ID)
	steps := []struct {
		what    string
		step    func()
		windows string
		list    string // on the page of tasks
	}{
		{"set", func() {}, "teamwork.task  late 11:00", "Whoever is here, asked by"},
		{"taken on", func() { w.says(w.bashir, teamwork.KindTaskTaken, w.rafi, &teamwork.TaskTaken{Task: task.ID}) }, "teamwork.task bashir late 11:00", "asked by"},
		{"passed to a role", func() {
			w.says(w.bashir, teamwork.KindTaskPassed, w.rafi, &teamwork.TaskPassed{Task: task.ID, Owner: teamwork.Owner(access.Prescriber), Why: "It is about the dose"})
		}, "teamwork.task prescriber late 11:00", "Prescriber, asked by"},
		{"late", func() { w.Clock.Set(at(11, 1)) }, "teamwork.task prescriber late 11:00", "Late"},
		{"done", func() {
			w.says(w.jo, teamwork.KindTaskDone, w.rafi, &teamwork.TaskDone{Task: task.ID, Outcome: "Friday at ten"})
		}, "", "Friday at ten"},
		{"dropped after it was done", func() {
			w.says(w.bashir, teamwork.KindTaskDropped, w.rafi, &teamwork.TaskDropped{Task: task.ID, Reason: "Twice"})
		}, "", "Friday at ten"},
	}
	for _, s := range steps {
		s.step()
		if got := w.windows(w.rafi); got != s.windows {
			t.Errorf("%s: %q, want %q", s.what, got, s.windows)
		}
		w.expect(w.bashir, "/tasks", []string{"Rafi Holt", "Call the sleep clinic", s.list}, nil)
		w.Clock.Advance(time.Minute)
	}
	w.expect(w.bashir, path, []string{"They open at nine", "It is about the dose", "Friday at ten", "Twice"}, nil)
	w.expect(w.jo, "/tasks?whose=mine", []string{"Friday at ten"}, nil)
	w.Clock.Set(at(23, 30)) // another shift: what was done before it is no news
	w.expect(w.jo, "/tasks", nil, []string{"Call the sleep clinic"})
}

// What carries a label says on boards only that there is something, and nothing at all to who may not see it.
func TestALabelledTask(t *testing.T) {
	w := newWard(t)
	task := w.says(w.jo, teamwork.KindTaskSet, w.rafi, &teamwork.TaskSet{What: "Call the programme", Until: at(11, 0)}, access.SubstanceUse)
	list, err := due.Of(w.DB.Read(t.Context()), w.rafi)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d dues, %v", len(list), err)
	}
	ctx := ui.With(t.Context(), ui.Env{Locale: "en", Zone: time.UTC, Now: w.Clock.Now()})
	shown := faceTask(ctx, list[0])
	if strings.Contains(string(list[0].Data), "programme") || strings.Contains(shown.What, "programme") || shown.What == "" || shown.File != nil {
		t.Errorf("a board says %+v of a labelled task, from %s", shown, list[0].Data)
	}
	w.expect(w.jo, "/tasks", []string{"Call the programme"}, nil)
	w.expect(w.ruth, "/tasks", nil, []string{"Call the programme", "Rafi Holt"})
	if code, _ := w.Browse(w.ruth).Page(taskPath(w.rafi, task.ID)); code != 404 {
		t.Errorf("the task's own page answers %d", code)
	}
}

// A task in a chart that was merged away stands with the person, and comes back when the merge is taken back.
func TestATaskOfAMergedChart(t *testing.T) {
	w := newWard(t)
	w.says(w.jo, teamwork.KindTaskSet, w.rafi, &teamwork.TaskSet{What: "Find the blue coat", Until: at(11, 0)})
	w.Clock.Advance(time.Second)
	merge := w.file("clients.merged", w.rafi, &clients.Merged{Into: w.mina, Reason: "The same person"})
	if got, old := w.windows(w.mina), w.windows(w.rafi); got != "teamwork.task  late 11:00" || old != "" {
		t.Errorf("merged: %q with the person, %q with the old chart", got, old)
	}
	w.expect(w.bashir, "/tasks", []string{"Mina Orchard", "Find the blue coat"}, nil)
	w.Clock.Advance(time.Second)
	w.file("clients.unmerged", w.rafi, &clients.Unmerged{Merge: merge.ID, From: w.mina, Reason: "They are two"})
	if got, old := w.windows(w.mina), w.windows(w.rafi); got != "" || old != "teamwork.task  late 11:00" {
		t.Errorf("taken back: %q with one, %q with the other", got, old)
	}
}

// A message to somebody is theirs to read, the urgent one within minutes, and no due says what is in it.
func TestAMessageIsDue(t *testing.T) {
	w := newWard(t)
	calm := w.says(w.jo, teamwork.KindMessage, w.bashir, &teamwork.MessageSent{Text: "The radio is in the drawer", To: teamwork.OwnedBy(w.bashir), Unit: w.unit})
	w.says(w.jo, teamwork.KindMessage, w.rafi, &teamwork.MessageSent{Text: "Please come to Rafi", To: teamwork.OwnedBy(w.bashir), Unit: w.unit, Urgent: true})
	w.says(w.jo, teamwork.KindMessage, w.unit, &teamwork.MessageSent{Text: "Soup today", Unit: w.unit})
	if got, want := w.windows(w.bashir), "teamwork.message bashir late 08:40; teamwork.message bashir late 20:30"; got != want && got != "teamwork.message bashir late 20:30; teamwork.message bashir late 08:40" {
		t.Errorf("%q, want %q", got, want)
	}
	list, _ := due.Of(w.DB.Read(t.Context()), w.bashir)
	for _, one := range list {
		if strings.Contains(string(one.Data), "Rafi") || strings.Contains(string(one.Data), "drawer") {
			t.Errorf("a due says %s", one.Data)
		}
	}
	w.expect(w.bashir, "/messages", []string{"3 new messages", "Please come to Rafi", "Urgent", "Soup today"}, nil)
	w.says(w.bashir, teamwork.KindRead, w.bashir, &teamwork.MessageRead{Message: calm.ID})
	if got := w.windows(w.bashir); got != "teamwork.message bashir late 08:40" {
		t.Errorf("one is read: %q", got)
	}
	w.file("staff.left", w.bashir, &staff.Left{})
	if got := w.windows(w.bashir); got != "" {
		t.Errorf("who has left is asked: %q", got)
	}
	w.Clock.Advance(time.Second)
	w.file("staff.returned", w.bashir, &staff.Returned{})
	if got := w.windows(w.bashir); got != "teamwork.message bashir late 08:40" {
		t.Errorf("who has come back is not: %q", got)
	}
}

// A meeting's page follows what it decided.
func TestAMeetingIsFollowed(t *testing.T) {
	w := newWard(t)
	meeting := w.says(w.ruth, teamwork.KindMeeting, w.unit, &teamwork.MeetingHeld{Sort: "huddle", With: []record.ID{w.jo, w.bashir}, About: []record.ID{w.rafi}, Words: "A quiet start",
		Decisions: []teamwork.Decision{{What: "Walk with Rafi", Owner: teamwork.OwnedBy(w.jo), Until: at(16, 0), About: w.rafi}, {What: "Water the plants", Until: at(18, 0)}}})
	if got := w.windows(w.rafi); got != "teamwork.task jo late 16:00" {
		t.Errorf("in the chart: %q", got)
	}
	w.expect(w.jo, "/meetings", []string{"Huddle", "Jo Ferrand", "Bashir Nuri", "Rafi Holt", "A quiet start", "Walk with Rafi", "Water the plants"}, []string{"Along the harbour"})
	w.says(w.jo, teamwork.KindTaskDone, w.rafi, &teamwork.TaskDone{Task: record.DeriveID(teamwork.KindTaskSet, meeting.ID.String(), "0"), Outcome: "Along the harbour"})
	w.expect(w.jo, "/meetings", []string{"Along the harbour"}, nil)
}

// Who may be asked: colleagues of the unit by name and roles, and no screen on a wall.
func TestWhoMayBeAsked(t *testing.T) {
	w := newWard(t)
	w.expect(w.jo, "/tasks/new?for="+w.rafi.String(), []string{"Bashir Nuri", "Prescriber", "Rafi Holt"}, []string{"Wall by the office"})
	w.expect(w.jo, "/messages/new", []string{"Bashir Nuri", "Nurse"}, []string{"Wall by the office"})
	w.expect(w.jo, "/meetings/new", []string{"Rafi Holt", "Mina Orchard"}, []string{"Wall by the office"})
}

// TestOnPostgres walks the pages, with something on each of them, on the other database.
func TestOnPostgres(t *testing.T) {
	d, err := db.OpenPostgres(t.Context(), pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() }) // the server goes with the test
	w := furnish(testkit.Open(t, d, newWard(t).Clock, testkit.PolicyFor(t, "../../../app/policy", rooms()...), rooms()...))
	task := w.says(w.jo, teamwork.KindTaskSet, w.rafi, &teamwork.TaskSet{What: "Call the sleep clinic", Until: at(11, 0)})
	w.says(w.jo, teamwork.KindMessage, w.unit, &teamwork.MessageSent{Text: "Soup today", Unit: w.unit})
	w.says(w.ruth, teamwork.KindMeeting, w.unit, &teamwork.MeetingHeld{Sort: "team", Words: "A quiet start"})
	for path, want := range map[string]string{"/tasks": "Call the sleep clinic", taskPath(w.rafi, task.ID): "Jo Ferrand", "/messages": "1 new message", "/meetings": "A quiet start", "/tasks/new": "Alder", "/messages/new": "Jo Ferrand", "/meetings/new": "Rafi Holt"} {
		w.expect(w.bashir, path, []string{want}, nil)
	}
}

func TestEveryWordIsThere(t *testing.T) {
	for _, fault := range ui.CheckCatalogue(os.DirFS("."), "teamwork.page.") {
		t.Error(fault)
	}
}
