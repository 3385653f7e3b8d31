package room_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	houseaccess "milieu/house/access"
	"milieu/house/clients"
	"milieu/house/staff"
	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/record"
	"milieu/kit/testkit"
	"milieu/kit/testkit/pgtest"
)

func agreed(to record.ID) *houseaccess.ConsentGiven {
	return &houseaccess.ConsentGiven{What: access.Kin, To: to, How: "signed"}
}

// Family see what the client agrees to while the client agrees; taken back, it ends with the next request.
func TestConsentOfFamily(t *testing.T) {
	onBoth(t, func(t *testing.T, h *testkit.House) {
		h.Must(testkit.As(nurse), "access.let_in", rafi, letIn(sister, "family"))
		f := h.Browse(sister)
		if got := sees(t, h, sister, rafi); got != 0 {
			t.Errorf("without consent: under %s", got)
		}
		other := h.Must(testkit.As(nurse), "access.consent_given", rafi, agreed(self))
		if got := sees(t, h, sister, rafi); got != 0 {
			t.Errorf("with consent for another: under %s", got)
		}
		h.Clock.Advance(time.Minute)
		g := h.Must(testkit.As(nurse), "access.consent_given", rafi, agreed(sister))
		if _, page := f.Page("/mine"); !strings.Contains(page, "Rafi Haddad") {
			t.Error("with consent there is nothing")
		}
		h.Clock.Advance(time.Minute)
		h.Must(testkit.As(nurse), "access.consent_ended", rafi, &houseaccess.ConsentEnded{Consent: g.ID, Words: "Not any more"})
		if _, page := f.Page("/mine"); strings.Contains(page, "Rafi Haddad") {
			t.Error("taken back, it is still there")
		}
		_ = other
	})
}

func TestConsentOfAProgramme(t *testing.T) {
	h := open(t)
	see := func() bool {
		s, err := h.Directory.Scope(nurse, "test")
		if err != nil {
			t.Fatal(err)
		}
		return h.Directory.SeesEntry(s, access.Labelled{Entry: chart(9), Chart: rafi, Author: therap, Happened: testkit.Start.AddDate(0, -1, 0), Labels: []string{access.SubstanceUse}})
	}
	if see() {
		t.Error("without consent it is seen")
	}
	whole := houseaccess.ConsentGiven{What: access.SubstanceUse, Whom: "My treating providers", Covers: "All", Purpose: "Treatment", Until: testkit.Start.Add(time.Hour), How: "signed", ToldEnds: true}
	for name, spoil := range map[string]func(*houseaccess.ConsentGiven){
		"to whom": func(g *houseaccess.ConsentGiven) { g.Whom = "" }, "how much": func(g *houseaccess.ConsentGiven) { g.Covers = "" }, "for what": func(g *houseaccess.ConsentGiven) { g.Purpose = "" },
		"its end": func(g *houseaccess.ConsentGiven) { g.Until = time.Time{} }, "a signature": func(g *houseaccess.ConsentGiven) { g.How = "spoken" }, "the right to take it back": func(g *houseaccess.ConsentGiven) { g.ToldEnds = false },
	} {
		one := whole
		spoil(&one)
		if _, err := try(h, nurse, "access.consent_given", rafi, &one); err == nil {
			t.Errorf("without %s it was taken in", name)
		}
	}
	h.Must(testkit.As(nurse), "access.consent_given", rafi, &whole)
	if !see() {
		t.Error("with consent it is not seen")
	}
	h.Clock.Advance(time.Hour)
	if see() {
		t.Error("after its end it is seen")
	}
}

func TestCustodians(t *testing.T) {
	h := open(t)
	note := access.Labelled{Entry: chart(9), Chart: rafi, Author: therap, Happened: testkit.Start, Labels: []string{access.Psychotherapy}}
	see := func(who record.ID) bool {
		s, err := h.Directory.Scope(who, "test")
		if err != nil {
			t.Fatal(err)
		}
		return h.Directory.SeesEntry(s, note)
	}
	name := &houseaccess.CustodianNamed{Custodian: doctor, Why: "goes on with the same people"}
	if _, err := try(h, boss, "access.custodian_named", therap, name); err == nil {
		t.Error("a custodian for somebody who works here")
	}
	h.Clock.Advance(time.Minute)
	h.Must(testkit.Program(), "staff.left", therap, &staff.Left{})
	if _, err := try(h, boss, "access.custodian_named", therap, &houseaccess.CustodianNamed{Custodian: nurse, Why: "asked"}); err == nil {
		t.Error("a nurse keeps psychotherapy notes")
	}
	h.Must(testkit.As(boss), "access.custodian_named", therap, name)
	if !see(doctor) || see(boss) {
		t.Errorf("the custodian sees %v, the supervisor %v", see(doctor), see(boss))
	}
	third := chart(0xfa)
	h.Must(testkit.Program(), "staff.joined", third, &staff.Joined{Details: staff.Details{Name: "Aino", Role: access.Clinician}})
	h.Clock.Advance(time.Minute)
	h.Must(testkit.As(boss), "access.custodian_named", therap, &houseaccess.CustodianNamed{Custodian: third, Why: "instead"})
	if see(doctor) || !see(third) {
		t.Errorf("after another was named: the first sees %v, the second %v", see(doctor), see(third))
	}
	_, page := h.Browse(boss).Page("/access/custodians")
	has(t, page, "Henrik Vale", "kept by Aino")
}

// Two programs on one database: what one is told to end, the other ends too.
func TestTwoProgramsHearOfAnEnd(t *testing.T) {
	url, c := pgtest.Database(t), clock.NewFake(testkit.Start)
	one := onPostgres(t, url, c, true)
	other := onPostgres(t, url, c, false)
	ctx, stop := context.WithCancel(context.Background())
	var follows sync.WaitGroup
	follows.Go(func() { other.Committer.Follow(ctx) })
	defer func() { stop(); follows.Wait() }()
	e := one.Must(testkit.As(boss), "access.tied", rafi, tie(doctor, "caseload", time.Time{}, time.Time{}))
	c.Advance(time.Minute)
	waitFor(t, func() bool { return sees(t, other, doctor, rafi) == access.Caseload })
	one.Must(testkit.As(boss), "access.untied", rafi, &houseaccess.Untied{Tie: e.ID})
	c.Advance(8 * 24 * time.Hour) // past the days in which what is left may be written
	waitFor(t, func() bool { return sees(t, other, doctor, rafi) == 0 })
}

// What carries a label that the reader may not see leaves no trace in any page or answer of the chart.
func TestLabelledContactsAreAbsent(t *testing.T) {
	plain, with := open(t), open(t)
	for _, h := range []*testkit.House{plain, with} {
		h.Must(testkit.As(nurse), "clients.contact_set", rafi, &clients.ContactSet{Name: "Samir Haddad", Relationship: "brother"})
	}
	e := with.Entry("clients.diagnosis_noted", rafi, &clients.DiagnosisNoted{Text: "Opioid use disorder", By: "Dr Raad"})
	e.Labels = []string{access.SubstanceUse}
	if o := with.Committer.File(t.Context(), testkit.As(manager), e)[0]; o.Err != nil {
		t.Fatal(o.Err)
	}
	with.Clock.Advance(time.Second)
	end := with.Entry("clients.diagnosis_ended", rafi, &clients.Ended{Item: e.ID, Reason: "no longer so"})
	if o := with.Committer.File(t.Context(), testkit.As(manager), end)[0]; o.Err != nil {
		t.Fatal(o.Err)
	}
	plain.Clock.Advance(time.Second)
	a, b := plain.Browse(boss), with.Browse(boss)
	for _, path := range []string{"", "/health", "/contacts", "/stays", "/about", "/let-in"} {
		_, x := a.Page("/clients/" + rafi.String() + path)
		_, y := b.Page("/clients/" + rafi.String() + path)
		hasNot(t, y, "Opioid", e.ID.String(), "diagnosis ended")
		if x, y := settled(x), settled(y); x != y {
			t.Errorf("%s tells: %s", path, firstDifference(x, y))
		}
	}
	if code, _ := b.Page("/clients/" + rafi.String() + "/entries/" + e.ID.String()); code != 404 {
		t.Errorf("the entry itself: %d", code)
	}
	if _, page := with.Browse(manager).Page("/clients/" + rafi.String() + "/health"); !strings.Contains(page, "Opioid") {
		t.Error("its author does not see it")
	}
}
