package room

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"milieu/care/notes"
	"milieu/care/rounds"
	roundsroom "milieu/care/rounds/room"
	"milieu/house/clients"
	clientsroom "milieu/house/clients/room"
	"milieu/house/places"
	placesroom "milieu/house/places/room"
	"milieu/house/staff"
	staffroom "milieu/house/staff/room"
	"milieu/kit/access"
	"milieu/kit/due"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/testkit"
)

// house is a unit with two people in it, and somebody of each role that matters.
type house struct {
	*testkit.House
	unit, other   record.ID
	jo, dana      record.ID // workers
	bashir, henny record.ID // nurse, clinician
	ruth          record.ID // supervisor
	rafi, mei     record.ID
}

func id(what string) record.ID { return record.DeriveID("notes test", what) }

func newHouse(t testing.TB) *house {
	t.Helper()
	people := &clientsroom.Room{}
	defs := []room.Def{placesroom.Def(), staffroom.Def(), people.Def(), roundsroom.Def(), Def()}
	for _, d := range defs {
		people.Take(d)
	}
	w := &house{House: testkit.New(t, testkit.PolicyFor(t, "../../../app/policy", defs...), defs...), unit: id("unit"), other: id("other"),
		jo: id("jo"), dana: id("dana"), bashir: id("bashir"), henny: id("henny"), ruth: id("ruth"), rafi: id("rafi"), mei: id("mei")}
	w.Clock.Set(testkit.Start.Add(-6 * time.Hour))
	w.must("places.house_set", due.House, &places.House{Name: "Alder House", Zone: "UTC", Language: "en", Shifts: places.DefaultHouse().Shifts})
	for unit, name := range map[record.ID]string{w.unit: "Alder", w.other: "Birch"} {
		w.must("places.unit_opened", unit, &places.UnitOpened{Name: name, Kind: "ward"})
	}
	for person, who := range map[record.ID]staff.Details{w.jo: {Name: "Jo Ferrand", Role: access.Worker}, w.dana: {Name: "Dana Whitlow", Role: access.Worker}, w.bashir: {Name: "Bashir Nuri", Role: access.Nurse},
		w.henny: {Name: "Henrik Vale", Role: access.Clinician}, w.ruth: {Name: "Ruth Amsel", Role: access.Supervisor}} {
		w.must("staff.joined", person, &staff.Joined{Details: who})
		w.must("staff.assigned", person, &staff.Assignment{Unit: w.unit})
	}
	for chart, name := range map[record.ID]string{w.rafi: "Rafi Haddad", w.mei: "Mei-Lin Tsay"} {
		w.must("clients.registered", chart, &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: name}}, Unit: w.unit})
		w.must("clients.admitted", chart, &clients.Admitted{Unit: w.unit})
	}
	w.must(notes.KindRules, w.unit, &notes.Rules{CosignRoles: []string{"worker"}, CosignHours: 24, LateHours: 12})
	w.Clock.Set(testkit.Start)
	return w
}

func (w *house) must(kind string, chart record.ID, b record.Body) *record.Entry {
	w.T.Helper()
	return w.Must(testkit.Program(), kind, chart, b)
}

// file sends an entry as somebody by the machine interface's door.
func (w *house) file(person record.ID, e *record.Entry) error {
	return w.Committer.File(w.T.Context(), record.Sender{Person: person, Via: record.ViaAPI}, e)[0].Err
}

func (w *house) signed(person record.ID, e *record.Entry) *record.Entry {
	w.T.Helper()
	if err := w.file(person, e); err != nil {
		w.T.Fatalf("%s by %s: %v", e.Kind, w.Directory.Person(person).Name, err)
	}
	return e
}

func (w *house) birp(chart record.ID, words string) *record.Entry {
	return w.Entry(notes.KindWritten, chart, &notes.Written{Format: "birp", Version: 1, From: w.Clock.Now().Add(-6 * time.Hour),
		Parts: map[string]string{"behaviour": words, "intervention": "Sat with him.", "response": "Slept."}})
}

// amending makes an entry an amendment of another.
func amending(e, target *record.Entry, how record.Amendment) *record.Entry {
	e.Amends, e.Amendment = target.ID, how
	return e
}

func (w *house) dues(rule string) []due.Window {
	w.T.Helper()
	all, err := due.Of(w.DB.Read(w.T.Context()), w.rafi, w.mei)
	if err != nil {
		w.T.Fatal(err)
	}
	var out []due.Window
	for _, d := range all {
		if d.Rule == rule {
			out = append(out, d)
		}
	}
	return out
}

func (w *house) page(person record.ID, path string) string {
	w.T.Helper()
	code, body := w.Browse(person).Page(path)
	if code != 200 {
		w.T.Fatalf("GET %s: %d\n%.400s", path, code, body)
	}
	if i := strings.Index(body, "⟦"); i >= 0 {
		w.T.Errorf("GET %s: a word is missing: %.60s", path, body[i:])
	}
	return body
}

func wants(t *testing.T, body string, present ...string) {
	t.Helper()
	for _, p := range present {
		if !strings.Contains(body, p) {
			t.Errorf("%q is missing in:\n%.1800s", p, body)
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

func TestAQuickNoteIsSaidBackByName(t *testing.T) {
	w := newHouse(t)
	wants(t, w.page(w.jo, "/notes"), "Rafi Haddad", "Mei-Lin Tsay", `name="chart" value="`+w.rafi.String()+`"`)
	wants(t, w.page(w.jo, chartPath(w.rafi, "/note")), "Rafi Haddad", `name="text"`)
	code, body := w.Browse(w.jo).Send("/entries/"+notes.KindNoted, url.Values{"chart": {w.rafi.String()}, "text": {"Asked for a walk.\r\n“It helps.”"}})
	if code != 200 {
		t.Fatalf("%d %s", code, body)
	}
	wants(t, body, "Rafi Haddad", "Asked for a walk.", "Undo")
	if code, body := w.Browse(w.jo).Send("/entries/"+notes.KindNoted, url.Values{"chart": {w.rafi.String()}, "text": {"  "}}); code != 422 {
		t.Errorf("nothing but spaces: %d %s", code, body)
	}
}

func TestTextStaysAsItWasWritten(t *testing.T) {
	w := newHouse(t)
	const text = "سَلْمَىٰ said: שָׁלוֹם, cafe\u0301 👩‍👩‍👧 \u202eend <script>alert(1)</script>"
	e := w.signed(w.jo, w.birp(w.rafi, text))
	kept, err := record.Find(w.DB.Read(t.Context()), e.ID)
	if err != nil {
		t.Fatal(err)
	}
	b, err := w.Kinds.Decode(kept)
	if err != nil || b.(*notes.Written).Parts["behaviour"] != text {
		t.Errorf("kept as %q (%v)", b.(*notes.Written).Parts["behaviour"], err)
	}
	body := w.page(w.dana, notePath(w.rafi, e.ID))
	wants(t, body, "سَلْمَىٰ said: שָׁלוֹם, cafe\u0301 👩‍👩‍👧 \u202eend &lt;script&gt;")
	lacks(t, body, "<script>alert")
	large := w.birp(w.rafi, strings.Repeat("ש", 39_000)) // 78 kB
	if err := w.file(w.jo, large); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("too large: %v", err)
	}
}

// TestASignedNoteIsLocked: whatever is tried against it by the machine interface, it stands, with a clear refusal; and nothing that was tried is lost.
func TestASignedNoteIsLocked(t *testing.T) {
	w := newHouse(t)
	note := w.signed(w.jo, w.birp(w.rafi, "First words."))
	w.Clock.Advance(time.Hour)
	correction := w.signed(w.jo, amending(w.birp(w.rafi, "Better words."), note, record.Correction))
	w.Clock.Advance(time.Hour)
	back := func(e *record.Entry, by time.Duration) *record.Entry {
		e.Happened = e.Happened.Add(-by)
		return e
	}
	older := func(e *record.Entry, by time.Duration) *record.Entry {
		e.Happened, e.Written = e.Happened.Add(-by), e.Written.Add(-by)
		return e
	}
	withdrawal := func() *record.Entry {
		return w.Entry("record.withdrawn", w.rafi, &record.Withdrawn{Reason: "I do not like it"})
	}
	for _, c := range []struct {
		what string
		who  record.ID
		e    *record.Entry
		kind fault.Kind
		says string
	}{
		{"a colleague corrects it", w.dana, amending(w.birp(w.rafi, "Mine."), note, record.Correction), fault.Denied, "only who wrote it"},
		{"the nurse corrects it", w.bashir, amending(w.birp(w.rafi, "Mine."), note, record.Correction), fault.Denied, "only who wrote it"},
		{"the supervisor corrects the correction", w.ruth, amending(w.birp(w.rafi, "Mine."), correction, record.Correction), fault.Denied, "only who wrote it"},
		{"a quick note stands in its place", w.jo, amending(w.Entry(notes.KindNoted, w.rafi, &notes.Noted{Text: "x"}), correction, record.Correction), fault.Invalid, "same kind"},
		{"a flag stands in its place", w.jo, amending(w.Entry("clients.flag_set", w.rafi, &clients.FlagSet{Text: "x"}), correction, record.Correction), fault.Invalid, "same kind"},
		{"the author's correction is dated back", w.jo, back(amending(w.birp(w.rafi, "Earlier."), correction, record.Correction), 30*time.Minute), fault.Invalid, "dated back"},
		{"it is older than the note", w.jo, older(amending(w.birp(w.rafi, "Earlier."), correction, record.Correction), 3*time.Hour), fault.Invalid, "dated back"},
		{"words older than the note are added", w.dana, older(amending(w.Entry("record.added", w.rafi, &record.Added{Text: "I said so"}), note, record.Addendum), 3*time.Hour), fault.Invalid, "dated back"},
		{"the nurse takes it back", w.bashir, amending(withdrawal(), note, record.InError), fault.Denied, "only who wrote it"},
		{"a colleague takes the correction back", w.dana, amending(withdrawal(), correction, record.InError), fault.Denied, ""},
		{"another progress note is put to it", w.dana, amending(w.birp(w.rafi, "More."), note, record.Addendum), fault.Invalid, "quick note"},
	} {
		err := w.file(c.who, c.e)
		if fault.KindOf(err) != c.kind || !strings.Contains(fmt.Sprint(err), c.says) {
			t.Errorf("%s: %v, want %v with %q", c.what, err, c.kind, c.says)
		}
		if tray := w.Dump("tray"); !strings.Contains(tray, "id=") && strings.Count(tray, "\n") == 0 {
			t.Errorf("%s: what was refused is not kept", c.what)
		}
	}
	body := w.page(w.dana, notePath(w.rafi, correction.ID))
	wants(t, body, "Better words.", "Corrected by Jo Ferrand", "First words.")
	wants(t, w.page(w.dana, notePath(w.rafi, note.ID)), "This note was corrected.", notePath(w.rafi, correction.ID))
	added := w.signed(w.bashir, amending(w.Entry("record.added", w.rafi, &record.Added{Text: "He slept until six."}), correction, record.Addendum))
	wants(t, w.page(w.dana, notePath(w.rafi, correction.ID)), "Added by Bashir Nuri", "He slept until six.")
	w.signed(w.jo, amending(withdrawal(), correction, record.InError))
	wants(t, w.page(w.dana, notePath(w.rafi, correction.ID)), "This note was taken back.", "Better words.")
	if err := w.file(w.dana, amending(withdrawal(), added, record.InError)); fault.KindOf(err) != fault.Denied {
		t.Errorf("a colleague takes back what the nurse added: %v", err)
	}
}

func TestAnAssessmentNeedsALicenceByEveryDoor(t *testing.T) {
	w := newHouse(t)
	dap := func() *record.Entry {
		return w.Entry(notes.KindWritten, w.rafi, &notes.Written{Format: "dap", Version: 1, From: w.Clock.Now().Add(-time.Hour), Parts: map[string]string{"data": "Ate well.", "assessment": "Better."}})
	}
	if err := w.file(w.jo, dap()); fault.KindOf(err) != fault.Invalid || fault.Of(err).Fields[0].Name != "parts.assessment" {
		t.Errorf("a worker assesses by the machine interface: %v", err)
	}
	form := url.Values{"chart": {w.rafi.String()}, "format": {"dap"}, "version": {"1"}, "from": {stamp(w.Clock.Now().Add(-time.Hour))}, "parts.data": {"Ate well."}, "parts.assessment": {"Better."}}
	if code, body := w.Browse(w.jo).Send("/entries/"+notes.KindWritten, form); code != 422 || !strings.Contains(body, "parts.assessment") {
		t.Errorf("a worker assesses by a form: %d %s", code, body)
	}
	w.signed(w.bashir, dap())
	lacks(t, w.page(w.jo, newPath(w.rafi)+"?format=dap"), "parts.assessment")
	wants(t, w.page(w.bashir, newPath(w.rafi)+"?format=dap"), "parts.assessment")
	lacks(t, w.page(w.jo, newPath(w.rafi)), "Psychotherapy")
	if code, _ := w.Browse(w.jo).Page(newPath(w.rafi) + "?format=session"); code != 404 {
		t.Errorf("a worker is offered the format of psychotherapy notes: %d", code)
	}
	if err := w.file(w.bashir, w.Entry(notes.KindWritten, w.rafi, &notes.Written{Format: "birp", Version: 7, From: w.Clock.Now().Add(-time.Hour), Parts: map[string]string{"behaviour": "x"}})); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a version that is not there: %v", err)
	}
}

func TestPsychotherapyNotesAreKeptApart(t *testing.T) {
	w := newHouse(t)
	session := w.Entry(notes.KindWritten, w.rafi, &notes.Written{Format: "session", Version: 1, From: w.Clock.Now().Add(-time.Hour), Parts: map[string]string{"session": "What was said about his father."}})
	session.Labels = []string{access.Psychotherapy}
	w.signed(w.henny, session)
	wants(t, w.page(w.henny, notePath(w.rafi, session.ID)), "What was said about his father.")
	for _, who := range []record.ID{w.jo, w.bashir, w.ruth} {
		if code, body := w.Browse(who).Page(notePath(w.rafi, session.ID)); code != 404 {
			t.Errorf("%s reads it: %d %.80s", w.Directory.Person(who).Name, code, body)
		}
	}
	if d := append(w.dues(notes.RuleCosign), w.dues(notes.RuleFinish)...); len(d) != 0 {
		t.Errorf("a board tells of it: %v", d)
	}
	if err := w.file(w.ruth, w.Entry(notes.KindCosigned, w.rafi, &notes.Cosigned{Note: session.ID})); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "no such note") {
		t.Errorf("it is co-signed: %v", err)
	}
	progress := w.signed(w.bashir, w.birp(w.rafi, "Ate well."))
	if err := w.file(w.henny, w.Entry("access.relabelled", w.rafi, &access.Relabelled{Entry: progress.ID, Add: []string{access.Psychotherapy}, Reason: "to hide it"})); err == nil {
		t.Error("a progress note became a psychotherapy note by a label")
	}
}

func TestACosignatureAddsAndRewritesNothing(t *testing.T) {
	w := newHouse(t)
	note := w.signed(w.jo, w.birp(w.rafi, "First words."))
	d := w.dues(notes.RuleCosign)
	if len(d) != 1 || d[0].Anchor != note.ID || !d[0].Late.Equal(note.Happened.Add(24*time.Hour)) {
		t.Fatalf("dues: %+v", d)
	}
	wants(t, w.page(w.dana, notePath(w.rafi, note.ID)), "Waits for a co-signature", "First words.")
	lacks(t, w.page(w.dana, notePath(w.rafi, note.ID)), notes.KindCosigned)
	wants(t, w.page(w.bashir, "/notes"), notePath(w.rafi, note.ID))
	sign := func(by record.ID, of record.ID, words string) error {
		w.Clock.Advance(time.Minute)
		return w.file(by, w.Entry(notes.KindCosigned, w.rafi, &notes.Cosigned{Note: of, Words: words}))
	}
	if err := sign(w.dana, note.ID, ""); fault.KindOf(err) != fault.Denied {
		t.Errorf("a worker co-signs: %v", err)
	}
	if err := sign(w.bashir, id("nothing"), ""); fault.KindOf(err) != fault.Invalid {
		t.Errorf("nothing is co-signed: %v", err)
	}
	own := w.signed(w.bashir, w.birp(w.rafi, "The nurse's own."))
	if len(w.dues(notes.RuleCosign)) != 1 {
		t.Error("a nurse's note waits, though the house did not ask")
	}
	if err := sign(w.bashir, own.ID, ""); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "their own") {
		t.Errorf("one's own note is co-signed: %v", err)
	}
	if err := sign(w.bashir, note.ID, "Seen with Jo."); err != nil {
		t.Fatal(err)
	}
	if len(w.dues(notes.RuleCosign)) != 0 {
		t.Error("it still waits")
	}
	body := w.page(w.dana, notePath(w.rafi, note.ID))
	wants(t, body, "Co-signed by Bashir Nuri", "Seen with Jo.", "First words.")
	lacks(t, body, "Waits for a co-signature")
	w.Clock.Advance(time.Hour)
	correction := w.signed(w.jo, amending(w.birp(w.rafi, "Better words."), note, record.Correction))
	if d := w.dues(notes.RuleCosign); len(d) != 1 || d[0].Anchor != correction.ID {
		t.Errorf("corrected words are taken for co-signed: %+v", d)
	}
	wants(t, w.page(w.dana, notePath(w.rafi, correction.ID)), "Before the note was corrected.", "Waits for a co-signature")
	if err := sign(w.ruth, note.ID, ""); fault.KindOf(err) != fault.Invalid {
		t.Errorf("words that do not stand any more are co-signed: %v", err)
	}
	// What the house asks for from tomorrow on changes nothing about today.
	w.Clock.Advance(time.Hour)
	w.must(notes.KindRules, w.unit, &notes.Rules{CosignRoles: []string{"nurse"}})
	if d := w.dues(notes.RuleCosign); len(d) != 1 || d[0].Anchor != correction.ID {
		t.Errorf("after new rules: %+v", d)
	}
}

func TestABegunNoteIsItsAuthorsToFinish(t *testing.T) {
	w := newHouse(t)
	begun := w.signed(w.jo, w.Entry(notes.KindBegun, w.rafi, &notes.Begun{Format: "birp"}))
	d := w.dues(notes.RuleFinish)
	if len(d) != 1 || d[0].Owner != w.jo || !d[0].Late.Equal(begun.Happened.Add(12*time.Hour)) {
		t.Fatalf("dues: %+v", d)
	}
	wants(t, w.page(w.jo, "/notes"), newPath(w.rafi)+"?format=birp")
	lacks(t, w.page(w.dana, "/notes"), newPath(w.rafi)+"?format=birp")
	wants(t, w.page(w.jo, newPath(w.rafi)), `name="begun" value="`+begun.ID.String()+`"`)
	drop := func(by record.ID) error {
		return w.file(by, w.Entry(notes.KindDropped, w.rafi, &notes.Dropped{Begun: begun.ID, Reason: "told elsewhere"}))
	}
	if err := drop(w.dana); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a colleague gives it up: %v", err)
	}
	finish := func(by record.ID) {
		e := w.birp(w.rafi, "Words.")
		b, err := w.Kinds.Decode(e)
		if err != nil {
			t.Fatal(err)
		}
		b.(*notes.Written).Begun = begun.ID
		if e.Body, err = record.Canonical(b); err != nil {
			t.Fatal(err)
		}
		w.signed(by, e)
	}
	finish(w.dana)
	if len(w.dues(notes.RuleFinish)) != 1 {
		t.Error("a colleague's note finishes somebody else's")
	}
	finish(w.jo)
	if len(w.dues(notes.RuleFinish)) != 0 {
		t.Error("a finished note is still to be finished")
	}
	begun = w.signed(w.jo, w.Entry(notes.KindBegun, w.rafi, &notes.Begun{Format: "free"}))
	if err := drop(w.ruth); err != nil || len(w.dues(notes.RuleFinish)) != 0 {
		t.Errorf("a supervisor gives it up: %v", err)
	}
	private := w.Entry(notes.KindBegun, w.rafi, &notes.Begun{Format: "free"})
	private.Labels = []string{access.Personal}
	w.signed(w.jo, private)
	if len(w.dues(notes.RuleFinish)) != 0 {
		t.Error("a board tells of a personal note")
	}
}

var citeBox = regexp.MustCompile(`name="cites" value="([^"]*)"`)

func TestTheComposerOffersTheDayAsItStands(t *testing.T) {
	w := newHouse(t)
	look := func(by record.ID, state string) *record.Entry {
		return w.signed(by, w.Entry(rounds.KindChecked, w.rafi, &rounds.Checked{Place: "own_room", State: state, Method: rounds.MethodSeen}))
	}
	wrong := look(w.jo, "pacing")
	w.Clock.Advance(time.Minute)
	seen := look(w.jo, "talking")
	w.Clock.Advance(time.Minute)
	mine := w.Entry(notes.KindNoted, w.rafi, &notes.Noted{Text: "For me alone."})
	mine.Labels = []string{access.Personal}
	w.signed(w.jo, mine)
	w.signed(w.bashir, w.Entry(rounds.KindRaised, w.rafi, &rounds.LevelRaised{Order: rounds.Order{Level: rounds.Every15, Reason: "Afraid at night"}}))
	w.signed(w.jo, amending(w.Entry("record.withdrawn", w.rafi, &record.Withdrawn{Reason: "wrong person"}), wrong, record.InError))
	w.signed(w.dana, w.Entry(rounds.KindChecked, w.mei, &rounds.Checked{Place: "day_room", State: "eating", Method: rounds.MethodSeen}))
	offered := func(by record.ID) int { return len(citeBox.FindAllString(w.page(by, newPath(w.rafi)), -1)) }
	if n := offered(w.jo); n != 4 {
		t.Errorf("the author is offered %d entries, want the admission, the look, the level and their own note", n)
	}
	if n := offered(w.dana); n != 3 {
		t.Errorf("a colleague is offered %d entries, want three", n)
	}
	body := w.page(w.dana, newPath(w.rafi))
	lacks(t, body, "For me alone.", "Seen: own room, pacing", "day room, eating", "Afraid at night")
	wants(t, body, "Seen: own room, talking", entryPath(w.rafi, seen.ID))
	note := w.birp(w.rafi, "Talked a while.")
	note.Cites = []record.ID{seen.ID, wrong.ID, mine.ID}
	w.signed(w.jo, note)
	read := w.page(w.dana, notePath(w.rafi, note.ID))
	wants(t, read, "Seen: own room, talking", "pacing (taken back since)")
	lacks(t, read, "For me alone.")
	w.Clock.Advance(time.Minute)
	w.signed(w.jo, amending(w.Entry(rounds.KindChecked, w.rafi, &rounds.Checked{Place: "kitchen", State: "talking", Method: rounds.MethodSeen}), seen, record.Correction))
	wants(t, w.page(w.dana, notePath(w.rafi, note.ID)), "kitchen, talking (corrected since)")
	// The shift before is one touch away, and nothing of an earlier note is filled in.
	w.Clock.Advance(8 * time.Hour)
	if n := offered(w.jo); n != 0 {
		t.Errorf("a new shift begins with %d entries", n)
	}
	if n := len(citeBox.FindAllString(w.page(w.jo, newPath(w.rafi)+"?since=before"), -1)); n == 0 {
		t.Error("the shift before offers nothing")
	}
	empty := regexp.MustCompile(`<textarea[^>]*name="parts\.[a-z]+"[^>]*></textarea>`)
	if n := len(empty.FindAllString(w.page(w.jo, newPath(w.rafi)), -1)); n != 4 {
		t.Errorf("of four parts %d are empty", n)
	}
}

// TestANoteThatWaitedOnADevice: signed without a network within the author's shift, received when the shift was long over: filed, and marked.
func TestANoteThatWaitedOnADevice(t *testing.T) {
	w := newHouse(t)
	agency := id("agency") // of no team: here for one shift
	w.must("staff.joined", agency, &staff.Joined{Details: staff.Details{Name: "Marisol Quist", Role: access.Worker}})
	w.must("staff.shift_planned", agency, &staff.ShiftPlanned{Unit: w.unit, From: w.Clock.Now(), Until: w.Clock.Now().Add(2 * time.Hour)})
	w.must("staff.shift_started", agency, &staff.ShiftStarted{Unit: w.unit})
	w.Clock.Advance(time.Hour)
	note := w.birp(w.rafi, "Written in the garden.")
	w.Clock.Advance(time.Hour)
	w.must("staff.shift_ended", agency, &staff.ShiftEnded{})
	w.Clock.Advance(9 * 24 * time.Hour)
	o := w.Committer.File(t.Context(), record.Sender{Person: agency, Via: record.ViaOutbox, Carried: true}, note)[0]
	if o.Err != nil {
		t.Fatal(o.Err)
	}
	for _, mark := range []string{record.MarkReceivedLate, record.MarkRelationEnded, record.MarkUnattended} {
		if !o.Entry.HasMark(mark) {
			t.Errorf("it is not marked %s: %v", mark, o.Entry.Marks)
		}
	}
	wants(t, w.page(w.jo, notePath(w.rafi, note.ID)), "Written in the garden.", "Waited on a device", "Arrived after the author’s shift had ended")
	after := w.birp(w.rafi, "Written at home.")
	if err := w.file(agency, after); fault.KindOf(err) != fault.Denied {
		t.Errorf("a note of today by somebody who left long ago: %v", err)
	}
}

func TestALateEntrySaysSo(t *testing.T) {
	w := newHouse(t)
	e := w.birp(w.rafi, "Two days ago.")
	e.Body = []byte(strings.ReplaceAll(string(e.Body), `"from":"`, `"after":"The bus was leaving","from":"`))
	e.Happened = e.Happened.Add(-48 * time.Hour)
	b, err := w.Kinds.Decode(e)
	if err != nil {
		t.Fatal(err)
	}
	b.(*notes.Written).From = e.Happened.Add(-time.Hour)
	if e.Body, err = record.Canonical(b); err != nil {
		t.Fatal(err)
	}
	// It happened before she came: judged by then, it is refused; within her time it is filed.
	if err := w.file(w.jo, e); fault.KindOf(err) != fault.Denied {
		t.Errorf("about a time before the author worked here: %v", err)
	}
	w.Clock.Advance(48 * time.Hour)
	e.ID, e.Happened, e.Written = record.NewID(w.Clock.Now()), testkit.Start, w.Clock.Now()
	b.(*notes.Written).From = testkit.Start.Add(-time.Hour)
	if e.Body, err = record.Canonical(b); err != nil {
		t.Fatal(err)
	}
	w.signed(w.jo, e)
	wants(t, w.page(w.dana, notePath(w.rafi, e.ID)), "Late entry", "The bus was leaving")
}

// upload sends a file for a note and gives what the note carries of it.
func (w *house) upload(by record.ID, name string, data []byte) (int, notes.File, string) {
	w.T.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(data)
	}
	if err != nil || form.Close() != nil {
		w.T.Fatal(err)
	}
	b := w.Browse(by)
	req, err := http.NewRequest("POST", b.URL+chartPath(w.rafi, "/notes/files"), &body)
	if err != nil {
		w.T.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Milieu-Fragment", "1")
	res, err := b.Do(req)
	if err != nil {
		w.T.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		w.T.Fatal(err)
	}
	var f notes.File
	if res.StatusCode == 200 {
		if err := json.Unmarshal(answer, &f); err != nil {
			w.T.Fatal(err)
		}
	}
	return res.StatusCode, f, string(answer)
}

func TestPhotosAndFiles(t *testing.T) {
	w := newHouse(t)
	var photo bytes.Buffer
	if err := png.Encode(&photo, image.NewGray(image.Rect(0, 0, 40, 20))); err != nil {
		t.Fatal(err)
	}
	bomb := bytes.Clone(photo.Bytes())
	copy(bomb[16:24], []byte{0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff})
	var files []notes.File
	for name, c := range map[string]struct {
		data []byte
		code int
		form string
	}{
		"a photo.png": {photo.Bytes(), 200, "image/jpeg"}, "../../letter.pdf": {[]byte("%PDF-1.7\nx"), 200, "application/pdf"}, "words.txt": {[]byte("plain words, ünïcode"), 200, "text/plain"},
		"bomb.png": {bomb, 422, ""}, "page.html": {[]byte("<!doctype html><script>1</script>"), 422, ""}, "drawing.svg": {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), 200, "text/plain"},
		"program.exe": {[]byte("MZ\x90\x00\x03"), 422, ""}, "photo.jpg": {[]byte("<?php 1"), 200, "text/plain"}, "moving.gif": {[]byte("GIF89a....."), 422, ""}, "large.txt": {bytes.Repeat([]byte("x"), 9<<20), 413, ""},
	} {
		code, f, answer := w.upload(w.jo, name, c.data)
		if code != c.code && !(c.code == 422 && code == 413) || f.Form != c.form || strings.ContainsAny(f.Name, `/\`) {
			t.Errorf("%s: %d %+v %.100s, want %d %s", name, code, f, answer, c.code, c.form)
		}
		if code == 200 {
			files = append(files, f)
		}
	}
	e := w.Entry(notes.KindWritten, w.rafi, &notes.Written{Format: "free", Version: 1, From: w.Clock.Now().Add(-time.Hour), Parts: map[string]string{"text": "See the photo."}, Files: files})
	w.signed(w.jo, e)
	for _, f := range files {
		b := w.Browse(w.dana)
		res, err := b.Get(b.URL + notePath(w.rafi, e.ID) + "/files/" + f.Blob)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		h := res.Header
		if res.StatusCode != 200 || !strings.HasPrefix(h.Get("Content-Type"), f.Form) || h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") ||
			(f.Form != "image/jpeg") != strings.HasPrefix(h.Get("Content-Disposition"), "attachment") {
			t.Errorf("%s comes as %d %v", f.Form, res.StatusCode, h)
		}
	}
	foreign := w.Entry(notes.KindWritten, w.mei, &notes.Written{Format: "free", Version: 1, From: w.Clock.Now().Add(-time.Hour), Parts: map[string]string{"text": "x"}, Files: files[:1]})
	if err := w.file(w.jo, foreign); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a file of somebody else's chart: %v", err)
	}
	other := w.signed(w.jo, w.birp(w.rafi, "No files."))
	if code, _ := w.Browse(w.dana).Page(notePath(w.rafi, other.ID) + "/files/" + files[0].Blob); code != 404 {
		t.Errorf("a file of another note: %d", code)
	}
}

func TestWhatAHouseSets(t *testing.T) {
	w := newHouse(t)
	w.must(notes.KindFormat, due.House, &notes.FormatSet{Format: notes.Format{ID: "home", Version: 1, Label: "Home visit", Parts: []notes.Part{{Code: "home", Label: "At home", Required: true}, {Code: "view", Label: "My view", Licensed: true}}}})
	w.must(notes.KindFormat, due.House, &notes.FormatSet{Format: notes.Format{ID: "pie", Version: 1, Label: "PIE"}, Off: true})
	w.must(notes.KindWords, due.House, &notes.WordsSet{Terms: []notes.HouseTerm{{Find: "ward", Instead: "unit"}}, Silent: []string{"claims"}})
	body := w.page(w.jo, newPath(w.rafi)+"?format=home")
	wants(t, body, "Home visit", "At home", `"ward":"unit"`)
	lacks(t, body, ">PIE<", "My view", `"claims"`)
	home := func(parts map[string]string) error {
		return w.file(w.jo, w.Entry(notes.KindWritten, w.rafi, &notes.Written{Format: "home", Version: 1, From: w.Clock.Now().Add(-time.Hour), Parts: parts}))
	}
	if err := home(map[string]string{"home": "Tidy."}); err != nil {
		t.Error(err)
	}
	if err := home(map[string]string{"home": "Tidy.", "view": "Well."}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a part for roles with a licence: %v", err)
	}
	wants(t, w.page(w.ruth, "/notes/rules"), "Home visit", `value="ward"`)
	if code, _ := w.Browse(w.jo).Page("/notes/rules"); code != 403 {
		t.Errorf("a worker sets up notes: %d", code)
	}
}

// BenchmarkComposer opens a progress note about somebody with 300 entries of this shift to cite.
func BenchmarkComposer(b *testing.B) {
	w := newHouse(b)
	for i := range 300 {
		e := w.Entry(rounds.KindChecked, w.rafi, &rounds.Checked{Place: "own_room", State: []string{"talking", "awake_quiet", "eating"}[i%3], Method: rounds.MethodSeen})
		if err := w.file(w.jo, e); err != nil {
			b.Fatal(err)
		}
		w.Clock.Advance(2 * time.Second)
	}
	who := w.Browse(w.jo)
	b.ReportAllocs()
	for b.Loop() {
		if code, body := who.Page(newPath(w.rafi)); code != 200 || len(citeBox.FindAllString(body, -1)) < 300 {
			b.Fatalf("%d, %d entries", code, len(citeBox.FindAllString(body, -1)))
		}
	}
}

func TestAfterAMergeNothingIsLost(t *testing.T) {
	w := newHouse(t)
	note := w.signed(w.jo, w.birp(w.mei, "Under her other chart."))
	begun := w.signed(w.jo, w.Entry(notes.KindBegun, w.mei, &notes.Begun{Format: "birp"}))
	look := w.signed(w.jo, w.Entry(rounds.KindChecked, w.mei, &rounds.Checked{Place: "kitchen", State: "talking", Method: rounds.MethodSeen}))
	merge := w.must("clients.merged", w.mei, &clients.Merged{Into: w.rafi, Reason: "one person"})
	for rule, anchor := range map[string]record.ID{notes.RuleCosign: note.ID, notes.RuleFinish: begun.ID} {
		if d := w.dues(rule); len(d) != 1 || d[0].Chart != w.rafi || d[0].Anchor != anchor {
			t.Errorf("%s after the merge: %+v", rule, d)
		}
	}
	wants(t, w.page(w.dana, notePath(w.rafi, note.ID)), "Under her other chart.")
	wants(t, w.page(w.jo, newPath(w.rafi)), look.ID.String(), `name="begun" value="`+begun.ID.String()+`"`)
	w.must("clients.unmerged", w.mei, &clients.Unmerged{Merge: merge.ID, From: w.rafi, Reason: "two people after all"})
	if d := w.dues(notes.RuleCosign); len(d) != 1 || d[0].Chart != w.mei {
		t.Errorf("parted again: %+v", d)
	}
	lacks(t, w.page(w.jo, newPath(w.rafi)), look.ID.String())
}

// TestWhatAProgrammeWroteStaysThere: on a unit that is a substance-use programme its board shows what waits there; another unit's shows nothing of it.
func TestWhatAProgrammeWroteStaysThere(t *testing.T) {
	w := newHouse(t)
	w.must("places.unit_changed", w.unit, &places.UnitChanged{Name: "Alder", Kind: "ward", Programme: true})
	w.Clock.Advance(time.Minute)
	note := w.signed(w.jo, w.birp(w.rafi, "In the programme."))
	if len(note.Labels) != 1 || note.Labels[0] != access.SubstanceUse {
		t.Fatalf("labels: %v", note.Labels)
	}
	if len(w.dues(notes.RuleCosign)) != 1 {
		t.Error("the programme's own board does not show what waits")
	}
	w.Clock.Advance(time.Minute)
	w.must("clients.transferred", w.rafi, &clients.Transferred{Unit: w.other, Reason: "better there"})
	if d := w.dues(notes.RuleCosign); len(d) != 0 {
		t.Errorf("another unit's board tells of the programme: %+v", d)
	}
}

func TestWhatTheHouseAsksOfSigning(t *testing.T) {
	w := newHouse(t)
	asks := fresh()[notes.KindWritten]
	for _, want := range []bool{false, true, false} {
		w.must(notes.KindRules, w.unit, &notes.Rules{Fresh: want})
		w.Clock.Advance(time.Second)
		s, err := w.Directory.Scope(w.jo, "")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := asks(w.DB.Read(t.Context()), s); err != nil || got != want {
			t.Errorf("asks for a fresh factor: %v, %v, want %v", got, err, want)
		}
	}
}

func TestTheBoardLeadsThereInOneTouch(t *testing.T) {
	w := newHouse(t)
	w.signed(w.jo, w.Entry(notes.KindBegun, w.rafi, &notes.Begun{Format: "birp"}))
	note := w.signed(w.jo, w.birp(w.mei, "Words."))
	faces := Def().Faces
	for rule, want := range map[string]string{notes.RuleFinish: newPath(w.rafi) + "?format=birp", notes.RuleCosign: notePath(w.mei, note.ID)} {
		d := w.dues(rule)
		if len(d) != 1 {
			t.Fatalf("%s: %d dues", rule, len(d))
		}
		if s := faces[rule].Show(t.Context(), d[0]); s.Href != want || s.Act == "" || s.What == "" {
			t.Errorf("%s leads to %+v, want %s", rule, s, want)
		}
	}
}
