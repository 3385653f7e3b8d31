package room_test

import (
	"strings"
	"testing"
	"time"

	houseaccess "milieu/house/access"
	"milieu/house/clients"
	"milieu/kit/access"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/testkit"
)

func TestTheGlassClosesByItself(t *testing.T) {
	onBoth(t, func(t *testing.T, h *testkit.House) {
		if got := sees(t, h, doctor, rafi); got != 0 {
			t.Fatalf("before: under %s", got)
		}
		g := h.Must(testkit.As(doctor), "access.glass_broken", rafi, opened(60))
		if got := sees(t, h, doctor, rafi); got != access.Glass {
			t.Errorf("open: under %s", got)
		}
		if got := sees(t, h, doctor, odile); got != access.Team {
			t.Errorf("another: under %s", got)
		}
		e := h.Must(testkit.As(doctor), "clients.allergy_noted", rafi, &clients.AllergyNoted{Substance: "Penicillin", Category: "medication", Severity: "mild"})
		if !e.HasMark(record.MarkGlass) {
			t.Errorf("marks %v", e.Marks)
		}
		if _, err := try(h, doctor, "access.tied", rafi, tie(therap, "care_team", time.Time{}, time.Time{})); err == nil {
			t.Error("a broken glass lets others in")
		}
		h.Clock.Set(testkit.Start.Add(time.Hour - time.Second))
		if got := sees(t, h, doctor, rafi); got != access.Glass {
			t.Errorf("a second before: under %s", got)
		}
		h.Clock.Set(testkit.Start.Add(time.Hour))
		if got := sees(t, h, doctor, rafi); got != 0 {
			t.Errorf("over: under %s", got)
		}
		w, err := due.Find(h.DB.Read(t.Context()), rafi, houseaccess.RuleReview, g.ID.String())
		if err != nil || !w.Late.Equal(testkit.Start.Add(24*time.Hour)) {
			t.Errorf("its review is due %v, %v", w, err)
		}
	})
}

func TestTheGlassIsGivenBackAndLookedAt(t *testing.T) {
	h := open(t)
	if err := h.Sweeper.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	g := h.Must(testkit.As(doctor), "access.glass_broken", rafi, opened(240))
	if n, err := h.Sweeper.Sweep(t.Context()); err != nil || n != 1 {
		t.Errorf("at once %d are told, %v", n, err)
	}
	h.Clock.Advance(time.Minute)
	if _, err := try(h, doctor, "access.glass_reviewed", rafi, &houseaccess.GlassReviewed{Glass: g.ID, Finding: "right"}); err == nil {
		t.Error("a prescriber looks at it")
	}
	h.Must(testkit.As(doctor), "access.glass_returned", rafi, &houseaccess.GlassReturned{Glass: g.ID})
	if got := sees(t, h, doctor, rafi); got != 0 {
		t.Errorf("given back: under %s", got)
	}
	w := h.Entry("record.withdrawn", rafi, &record.Withdrawn{Reason: "never happened"})
	w.Amends, w.Amendment = g.ID, record.InError
	if o := h.Committer.File(t.Context(), testkit.As(boss), w)[0]; o.Err == nil {
		t.Error("that it was opened was taken back")
	}
	h.Must(testkit.As(boss), "access.glass_reviewed", rafi, &houseaccess.GlassReviewed{Glass: g.ID, Finding: "right"})
	if _, err := due.Find(h.DB.Read(t.Context()), rafi, houseaccess.RuleReview, g.ID.String()); err == nil {
		t.Error("looked at, it is still due")
	}
	mine := h.Must(testkit.As(boss), "access.glass_broken", rafi, opened(60))
	if _, err := try(h, boss, "access.glass_reviewed", rafi, &houseaccess.GlassReviewed{Glass: mine.ID, Finding: "right"}); err == nil {
		t.Error("somebody looks at their own")
	}
	h.Must(testkit.As(second), "access.glass_reviewed", rafi, &houseaccess.GlassReviewed{Glass: mine.ID, Finding: "wrong", Words: "No emergency"})
}

// A medical emergency opens what a programme wrote; nothing opens what is closed for good.
func TestWhatTheGlassOpens(t *testing.T) {
	h := open(t)
	s := func(who record.ID) *access.Scope {
		out, err := h.Directory.Scope(who, "test")
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	see := func(who record.ID, label string) bool {
		return h.Directory.SeesEntry(s(who), access.Labelled{Entry: chart(9), Chart: rafi, Author: worker, Happened: testkit.Start, Labels: []string{label}})
	}
	h.Must(testkit.As(doctor), "access.glass_broken", rafi, opened(60))
	if see(doctor, access.SubstanceUse) {
		t.Error("an emergency that is no medical one opens what a programme wrote")
	}
	bad := opened(60)
	bad.Programme = true
	if _, err := try(h, therap, "access.glass_broken", rafi, bad); err == nil {
		t.Error("a medical emergency without its record")
	}
	whole := &houseaccess.GlassBroken{Reason: "medical_emergency", Words: "Unconscious", Minutes: 60, Programme: true, Personnel: "Dr Raad, emergency", Facility: "Harbour Hospital", Nature: "Overdose"}
	h.Must(testkit.As(therap), "access.glass_broken", rafi, whole)
	if got := sees(t, h, therap, rafi); got != access.Emergency {
		t.Errorf("under %s", got)
	}
	if !see(therap, access.SubstanceUse) {
		t.Error("a medical emergency, recorded, does not open what a programme wrote")
	}
	for _, closed := range []string{access.Psychotherapy, access.Personal, access.Review} {
		if see(therap, closed) || see(doctor, closed) {
			t.Errorf("a broken glass opens %s", closed)
		}
	}
}

func TestPagesOfTheGlass(t *testing.T) {
	h := open(t)
	d := h.Browse(doctor)
	// Nor does a device that was without a network: nobody showed there who they are.
	waited := record.Sender{Person: doctor, Device: "phone", Via: record.ViaOutbox}
	if o := h.Committer.File(t.Context(), waited, h.Entry("access.glass_broken", rafi, opened(60)))[0]; o.Err == nil {
		t.Error("opened from an outbox")
	}
	// An address alone opens nothing and tells nothing: a client, and nobody.
	for _, path := range []string{"/access/break/" + rafi.String(), "/access/break/" + chart(77).String(), "/access/break/" + nurse.String()} {
		if code, page := d.Page(path); code != 404 {
			t.Errorf("%s: %d", path, code)
		} else {
			hasNot(t, page, "Rafi", "emergency")
		}
	}
	if code, _ := d.Page("/access/break/" + rafi.String() + "?told=Rafi+Haddad&told_birth=1992-03-04"); code != 404 {
		t.Errorf("told of by the address: %d", code)
	}
	if code, page := d.Send("/access/break/"+rafi.String()+"/told", form("told", "Somebody Else")); code != 404 || strings.Contains(page, "Rafi") {
		t.Errorf("told of somebody else: %d", code)
	}
	if code, _ := d.Send("/access/break/"+rafi.String(), form("reason", "danger", "words", "x", "minutes", "60")); code != 404 {
		t.Errorf("opening by an address alone: %d", code)
	}
	_, page := d.Send("/clients/new", form("name", "Rafi Haddad", "birth_date", "1992-03-04"))
	has(t, page, "Open in an emergency", "/access/break/"+rafi.String()+"/told")
	_, page = h.Browse(worker).Send("/clients/new", form("name", "Odile Brandt", "birth_date", "1992-03-04"))
	hasNot(t, page, "/access/break/")
	code, page := d.Send("/access/break/"+rafi.String()+"/told", form("told", "Rafi Haddad", "told_birth", "1992-03-04"))
	has(t, page, "Open the record of Rafi Haddad in an emergency", "A supervisor hears of it at once")
	if code != 200 {
		t.Fatalf("found: %d", code)
	}
	sent := form("told", "Rafi Haddad", "told_birth", "1992-03-04", "reason", "arrival", "words", "He is at our door", "minutes", "60")
	if code, text := d.Send("/access/break/"+rafi.String(), sent); code != 200 {
		t.Fatalf("opening: %d %s", code, text)
	}
	_, page = d.Page("/clients/" + rafi.String())
	has(t, page, "Opened in an emergency.", "Give it back", "You see this because you opened it in an emergency, until")
	_, page = d.Page("/clients/" + rafi.String() + "/health")
	has(t, page, "Opened in an emergency.")
	list, err := houseaccess.GlassOf(h.DB.Read(t.Context()), rafi)
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	b := h.Browse(boss)
	_, page = b.Page("/access/glass")
	has(t, page, "Rafi Haddad", "Priya Sandoval", "Open now")
	_, page = b.Page("/access/glass/" + list[0].Root.String())
	has(t, page, "He is at our door", "/clients/{chart}/health", "End it now")
	if n := strings.Count(page, "/clients/{chart}<"); n < 1 {
		t.Errorf("%d looks at the chart itself", n)
	}
	if code, text := b.Send("/entries/access.glass_reviewed", form("chart", rafi.String(), "glass", list[0].Root.String(), "finding", "right")); code != 200 {
		t.Fatalf("looking at it: %d %s", code, text)
	}
	_, page = b.Page("/access/glass/" + list[0].Root.String())
	has(t, page, "It was right")
	h.Clock.Advance(time.Hour)
	_, page = b.Page("/access/glass")
	has(t, page, "It was right")
	if code, page := d.Page("/access/glass"); code != 403 {
		t.Errorf("a prescriber lists what was opened: %d", code)
	} else {
		has(t, page, "It needs a supervisor or programme coordinator.")
	}
}
