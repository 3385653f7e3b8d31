package room_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"milieu/house/places"
	"milieu/house/staff"
	"milieu/house/staff/credentials"
	"milieu/kit/access"
	"milieu/kit/commit"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/testkit"
)

// told sweeps until nothing more is told, and gives who was told of certificates since.
func told(t *testing.T, h *testkit.House) []string {
	t.Helper()
	var out []string
	h.Sweeper.Tell = func(w due.Window, r due.Rung) {
		if strings.HasPrefix(w.Rule, "staff.") {
			out = append(out, w.Key+" "+r.Tell)
		}
	}
	for {
		n, err := h.Sweeper.Sweep(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			slices.Sort(out)
			return out
		}
	}
}

func count(t *testing.T, h *testkit.House, kind string) (n int) {
	t.Helper()
	if err := h.DB.Read(context.Background()).QueryRow("SELECT count(*) FROM entry WHERE kind = $1", kind).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func dues(t *testing.T, h *testkit.House, person record.ID) []due.Window {
	t.Helper()
	out, err := due.Of(h.DB.Read(context.Background()), person)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A certificate that runs out: its holder hears at 60 and at 30 days, whoever answers for them with a week left and at the lapse, each in the
// morning of the day on the wall, across the change of the clocks; and a newer one ends it.
func TestWarningsBeforeACertificateLapses(t *testing.T) { onBoth(t, warnings) }

func warnings(t *testing.T, h *testkit.House) {
	boss := testkit.Program()
	h.Must(boss, "places.house_set", due.House, &places.House{Name: "Alder House", Zone: "Europe/Berlin", Language: "en", Shifts: places.DefaultHouse().Shifts})
	jo := colleague(h, "Jo", access.Worker)
	if err := h.Sweeper.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	h.Must(boss, credentials.KindRecorded, jo, &credentials.Recorded{What: "cpr_first_aid", Until: "2027-04-20", Vouched: "original"})
	h.Must(boss, credentials.KindRecorded, jo, &credentials.Recorded{What: "driver", Until: "2027-04-20"}) // nobody has looked at it: nothing is told of it
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2027, month, day, hour, minute, 0, 0, berlin)
	}
	for _, step := range []struct {
		at   time.Time
		want string
	}{
		{at(2, 20, 7, 59), "[]"}, {at(2, 20, 8, 0), "[cpr_first_aid owner]"}, // in winter: 60 days of 24 hours before the lapse, in summer, and nine hours
		{at(3, 22, 7, 59), "[]"}, {at(3, 22, 8, 0), "[cpr_first_aid owner]"},
		{at(4, 14, 8, 59), "[]"}, {at(4, 14, 9, 0), "[cpr_first_aid supervisor]"},
		{at(4, 20, 23, 59), "[]"}, {at(4, 21, 0, 0), "[cpr_first_aid supervisor]"}, {at(5, 30, 0, 0), "[]"},
	} {
		before := count(t, h, "due.lapsed")
		h.Clock.Set(step.at)
		if got := fmt.Sprint(told(t, h)); got != step.want {
			t.Errorf("%s: told %s, want %s", step.at, got, step.want)
		}
		if lapsed := count(t, h, "due.lapsed") - before; (lapsed == 1) != step.at.Equal(at(4, 21, 0, 0)) {
			t.Errorf("%s: %d lapsed", step.at, lapsed)
		}
	}
	if w := dues(t, h, jo); len(w) != 1 || w[0].At(h.Clock.Now()) != due.StateLate || w[0].Owner != jo {
		t.Fatalf("%+v", w)
	}
	newer := h.Must(boss, credentials.KindRecorded, jo, &credentials.Recorded{What: "cpr_first_aid", Until: "2029-04-20"})
	if w := dues(t, h, jo); len(w) != 1 || w[0].At(h.Clock.Now()) != due.StateLate {
		t.Fatalf("one that nobody has looked at settles nothing: %+v", w)
	}
	h.Must(boss, credentials.KindVerified, jo, &credentials.Verified{Credential: newer.ID, Vouched: "issuer"})
	if w := dues(t, h, jo); len(w) != 1 || w[0].At(h.Clock.Now()) != due.StateNext || !w[0].Late.Equal(time.Date(2029, 4, 21, 0, 0, 0, 0, berlin)) {
		t.Fatalf("a newer one settles it: %+v", w)
	}
	// The house moves: days begin when they begin there.
	h.Must(boss, "places.house_set", due.House, &places.House{Name: "Alder House", Zone: "Pacific/Auckland", Language: "en", Shifts: places.DefaultHouse().Shifts})
	auckland, err := time.LoadLocation("Pacific/Auckland")
	if err != nil {
		t.Fatal(err)
	}
	if w := dues(t, h, jo); len(w) != 1 || !w[0].Late.Equal(time.Date(2029, 4, 21, 0, 0, 0, 0, auckland)) {
		t.Fatalf("in another zone: %+v", w)
	}
	h.Must(boss, "staff.left", jo, &staff.Left{})
	if w := dues(t, h, jo); len(w) != 0 {
		t.Fatalf("somebody who left: %+v", w)
	}
	h.Must(boss, "staff.returned", jo, &staff.Returned{})
	h.Must(boss, credentials.KindEnded, jo, &credentials.Ended{Credential: newer.ID, Why: "not_renewed"})
	if w := dues(t, h, jo); len(w) != 1 || w[0].Late.After(h.Clock.Now()) {
		t.Fatalf("ended, the older one is what lapsed: %+v", w)
	}
}

// Recorded three weeks before it lapses: one warning, not three; and after a night without the program the lapse is told once.
func TestWarningsThatPassedAreNotCaughtUp(t *testing.T) {
	h := open(t)
	jo := colleague(h, "Jo", access.Worker)
	if err := h.Sweeper.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	h.Must(testkit.Program(), credentials.KindRecorded, jo, &credentials.Recorded{What: "driver", Until: "2026-12-10", Vouched: "register"})
	if got := fmt.Sprint(told(t, h)); got != "[driver owner]" {
		t.Errorf("told %s", got)
	}
	h.Clock.Set(time.Date(2026, 12, 20, 0, 0, 0, 0, time.UTC))
	if got := fmt.Sprint(told(t, h)); got != "[driver supervisor]" || count(t, h, "due.lapsed") != 1 {
		t.Errorf("told %s, %d lapsed", got, count(t, h, "due.lapsed"))
	}
}

func TestWhatIsRequiredAndMissingIsDue(t *testing.T) { onBoth(t, requiredAndMissing) }

func requiredAndMissing(t *testing.T, h *testkit.House) {
	boss := testkit.Program()
	jo, kim, ann := colleague(h, "Jo", access.Worker), colleague(h, "Kim", access.Worker), colleague(h, "Ann", access.Nurse)
	if err := h.Sweeper.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	h.Must(boss, "staff.assigned", jo, &staff.Assignment{Unit: cedar})
	h.Must(boss, credentials.KindRequired, due.House, &credentials.RequirementSet{What: "medication_aide", Roles: []access.Role{access.Worker}, Units: []record.ID{cedar}, Actions: []string{"medication.assist"},
		From: "2026-12-01", Accepted: ann, Basis: "house policy 12"})
	if w := dues(t, h, jo); len(w) != 1 || !w[0].Late.Equal(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)) {
		t.Fatalf("of the unit's team: %+v", w)
	}
	if len(dues(t, h, kim))+len(dues(t, h, ann)) != 0 {
		t.Error("asked of somebody whom it does not concern")
	}
	h.Must(boss, "staff.assigned", kim, &staff.Assignment{Unit: cedar})
	if len(dues(t, h, kim)) != 1 {
		t.Error("not asked of somebody new in the team")
	}
	h.Clock.Set(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
	if got := fmt.Sprint(told(t, h)); got != "[medication_aide owner medication_aide owner]" {
		t.Errorf("told %s", got)
	}
	h.Clock.Set(time.Date(2026, 12, 8, 0, 0, 0, 0, time.UTC))
	if got := fmt.Sprint(told(t, h)); got != "[medication_aide supervisor medication_aide supervisor]" {
		t.Errorf("told %s", got)
	}
	bars := func(who record.ID, t0 time.Time) (out []string) {
		list, err := credentials.Bars(h.DB.Read(context.Background()), who, access.Worker)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range list {
			if !t0.Before(b.From) && (b.Until.IsZero() || t0.Before(b.Until)) {
				out = append(out, b.Action+": "+b.Why)
			}
		}
		return out
	}
	if got := fmt.Sprint(bars(jo, h.Clock.Now())); got != "[medication.assist: this needs a certificate that you have not got here: Medication aide certificate; ask Ann]" {
		t.Errorf("barred: %s", got)
	}
	h.Must(boss, credentials.KindRecorded, jo, &credentials.Recorded{What: "medication_aide", From: "2026-12-05", Until: "2027-03-04", Vouched: "original"})
	if got := bars(jo, h.Clock.Now()); got != nil {
		t.Errorf("with a certificate barred: %s", got)
	}
	if got := bars(jo, time.Date(2026, 12, 3, 0, 0, 0, 0, time.UTC)); len(got) != 1 {
		t.Errorf("before it began: %s", got)
	}
	if got := fmt.Sprint(bars(jo, time.Date(2027, 3, 5, 0, 0, 0, 0, time.UTC))); !strings.Contains(got, "lapsed on 5 Mar 2027") {
		t.Errorf("after it lapsed: %s", got)
	}
	if w := dues(t, h, jo); len(w) != 1 || w[0].Rule != credentials.RuleLapsing {
		t.Errorf("%+v", w)
	}
	h.Must(boss, credentials.KindLifted, due.House, &credentials.RequirementLifted{What: "medication_aide"})
	if got := bars(kim, h.Clock.Now()); got != nil || len(dues(t, h, kim)) != 0 {
		t.Errorf("lifted, and still: %s", got)
	}
	if got := bars(kim, time.Date(2026, 12, 3, 0, 0, 0, 0, time.UTC)); len(got) != 1 {
		t.Errorf("what held then holds for then: %s", got)
	}
}

func TestNobodyVouchesForTheirOwn(t *testing.T) {
	h := open(t)
	ada, sam, jo := colleague(h, "Ada", access.Administrator), colleague(h, "Sam", access.Supervisor), colleague(h, "Jo", access.Worker)
	const refused = "nobody vouches for their own"
	file := func(who record.ID, e *record.Entry, want string) *record.Entry {
		t.Helper()
		o := h.Committer.File(context.Background(), testkit.As(who), e)[0]
		if want == "" && o.Status != commit.Accepted || want != "" && (o.Err == nil || !strings.Contains(o.Err.Error(), want)) {
			t.Errorf("%s: %v, want %q", e.Kind, o.Err, want)
		}
		h.Clock.Advance(time.Minute)
		return e
	}
	amend := func(e *record.Entry, of record.ID, how record.Amendment) *record.Entry {
		e.Amends, e.Amendment = of, how
		return e
	}
	licence := func(until, vouched string) *credentials.Recorded {
		return &credentials.Recorded{What: "licence", Until: until, Vouched: vouched}
	}
	file(sam, h.Entry(credentials.KindRecorded, sam, licence("2027-01-01", "original")), refused)
	file(jo, h.Entry(credentials.KindRecorded, sam, licence("2027-01-01", "")), "may not")
	own := file(sam, h.Entry(credentials.KindRecorded, sam, licence("2027-01-01", "")), "")
	file(sam, h.Entry(credentials.KindVerified, sam, &credentials.Verified{Credential: own.ID, Vouched: "original"}), refused)
	file(jo, h.Entry(credentials.KindVerified, jo, &credentials.Verified{Credential: own.ID, Vouched: "original"}), "may not")
	file(ada, h.Entry(credentials.KindVerified, sam, &credentials.Verified{Credential: own.ID, Vouched: "original"}), "")
	file(sam, amend(h.Entry(credentials.KindRecorded, sam, licence("2029-01-01", "")), own.ID, record.Correction), refused)
	file(sam, amend(h.Entry(credentials.KindRecorded, sam, licence("2026-12-24", "")), own.ID, record.Correction), "")
	end := file(ada, h.Entry(credentials.KindEnded, sam, &credentials.Ended{Credential: own.ID, Why: "suspended"}), "")
	file(sam, amend(h.Entry("record.withdrawn", sam, &record.Withdrawn{Reason: "a mistake"}), end.ID, record.InError), refused)
	file(ada, amend(h.Entry("record.withdrawn", sam, &record.Withdrawn{Reason: "a mistake"}), end.ID, record.InError), "")
	// A requirement that keeps anybody from looking in is refused, whoever sets it.
	file(ada, h.Entry(credentials.KindRequired, due.House, &credentials.RequirementSet{What: "driver", Roles: []access.Role{access.Worker}, Actions: []string{"rounds.check"}, Accepted: ada, Basis: "x"}), "no certificate may keep anybody from")
}
