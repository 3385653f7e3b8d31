package room_test

import (
	"testing"
	"time"

	houseaccess "milieu/house/access"
	"milieu/house/clients"
	"milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/testkit"
)

// A tie holds from when until when it says; for a few days after it the chart opens to finish what is left to write.
func TestTiesHoldTheirTime(t *testing.T) {
	for _, as := range []string{"care_team", "caseload"} {
		t.Run(as, func(t *testing.T) {
			h := open(t)
			what, _ := access.ParseTie(as)
			at := testkit.Start
			h.Must(testkit.As(nurse), "access.tied", rafi, tie(doctor, as, at.Add(time.Hour), at.Add(5*time.Hour)))
			for _, step := range []struct {
				at   time.Duration
				want access.Tie
			}{{0, 0}, {time.Hour, what}, {5*time.Hour - time.Second, what}, {5 * time.Hour, access.Past}, {5*time.Hour + 7*24*time.Hour - time.Second, access.Past}, {5*time.Hour + 7*24*time.Hour, 0}} {
				h.Clock.Set(at.Add(step.at))
				if got := sees(t, h, doctor, rafi); got != step.want {
					t.Errorf("after %v under %s, want %s", step.at, got, step.want)
				}
				if got := sees(t, h, therap, rafi); got != 0 {
					t.Errorf("somebody who is not tied sees under %s", got)
				}
			}
		})
	}
}

// What happened while a tie held is taken in later; what happened outside it is not.
func TestLateEntriesGoByTheTieThen(t *testing.T) {
	h := open(t)
	at := testkit.Start
	h.Must(testkit.As(nurse), "access.tied", rafi, tie(doctor, "care_team", at.Add(2*time.Hour), at.Add(4*time.Hour)))
	for _, c := range []struct {
		happened time.Duration
		want     bool
	}{{time.Hour, false}, {3 * time.Hour, true}, {4*time.Hour + 20*time.Minute, true}, {5 * time.Hour, false}} {
		h.Clock.Set(at.Add(6 * time.Hour))
		e := h.Entry("clients.allergy_noted", rafi, &clients.AllergyNoted{Substance: "Penicillin", Category: "medication", Severity: "mild"})
		e.Happened, e.Written = at.Add(c.happened), at.Add(c.happened)
		o := h.Committer.File(t.Context(), testkit.As(doctor), e)[0]
		if (o.Err == nil) != c.want {
			t.Errorf("happened after %v: %v", c.happened, o.Err)
		}
		if o.Err == nil && !o.Entry.HasMark(record.MarkRelationEnded) {
			t.Errorf("happened after %v: marks %v", c.happened, o.Entry.Marks)
		}
	}
}

func TestWhoMayTieWhom(t *testing.T) {
	h := open(t)
	none := time.Time{}
	for name, c := range map[string]struct {
		by   record.ID
		kind string
		body record.Body
		want bool
	}{
		"a nurse names a colleague":                    {nurse, "access.tied", tie(worker, "care_team", none, none), true},
		"a case manager gives a caseload":              {manager, "access.tied", tie(doctor, "caseload", none, none), true},
		"a supervisor anywhere":                        {boss, "access.tied", tie(therap, "care_team", none, none), true},
		"nobody ties themselves":                       {nurse, "access.tied", tie(nurse, "caseload", none, none), false},
		"a worker does not":                            {worker, "access.tied", tie(doctor, "care_team", none, none), false},
		"whoever is not of the unit does not":          {therap, "access.tied", tie(doctor, "care_team", none, none), false},
		"a client is of no care team":                  {nurse, "access.tied", tie(self, "care_team", none, none), false},
		"an administrator is of no care team":          {nurse, "access.tied", tie(admin, "care_team", none, none), false},
		"nobody whom nobody knows":                     {nurse, "access.tied", tie(rafi, "care_team", none, none), false},
		"the client's own account":                     {nurse, "access.let_in", letIn(self, "self"), true},
		"a colleague is not the client":                {nurse, "access.let_in", letIn(worker, "self"), false},
		"a relative is not the client":                 {nurse, "access.let_in", letIn(sister, "self"), false},
		"family":                                       {manager, "access.let_in", letIn(sister, "family"), true},
		"a client is not family":                       {manager, "access.let_in", letIn(self, "family"), false},
		"a guardian":                                   {boss, "access.let_in", letIn(sister, "guardian"), true},
		"a broken glass does not let others in either": {doctor, "access.tied", tie(therap, "care_team", none, none), false},
	} {
		if _, err := try(h, c.by, c.kind, rafi, c.body); (err == nil) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := try(h, boss, "access.let_in", odile, letIn(self, "self")); err == nil {
		t.Error("one account is of two people")
	}
}

// What ended a tie is not taken back by the one whose tie it was.
func TestNobodyBringsTheirOwnTieBack(t *testing.T) {
	h := open(t)
	e := h.Must(testkit.As(nurse), "access.tied", rafi, tie(manager, "caseload", time.Time{}, time.Time{}))
	h.Clock.Advance(time.Minute)
	end := h.Must(testkit.As(nurse), "access.untied", rafi, &houseaccess.Untied{Tie: e.ID})
	back := func(by record.ID) error {
		w := h.Entry("record.withdrawn", rafi, &record.Withdrawn{Reason: "by mistake"})
		w.Amends, w.Amendment = end.ID, record.InError
		return h.Committer.File(t.Context(), testkit.As(by), w)[0].Err
	}
	if back(manager) == nil {
		t.Error("they brought their own tie back")
	}
	h.Clock.Advance(8 * 24 * time.Hour)
	if err := back(boss); err != nil {
		t.Error(err)
	}
	list, err := houseaccess.TiesTo(h.DB.Read(t.Context()), manager)
	if err != nil || len(list) != 1 || !list[0].Holds(h.Clock.Now()) {
		t.Errorf("brought back by another: %+v, %v", list, err)
	}
}

// Ends and reviews count in the chart of what they speak of alone.
func TestNothingIsEndedFromAnotherChart(t *testing.T) {
	h := open(t)
	e := h.Must(testkit.As(boss), "access.tied", rafi, tie(doctor, "caseload", time.Time{}, time.Time{}))
	h.Clock.Advance(time.Minute)
	h.Must(testkit.As(boss), "access.untied", odile, &houseaccess.Untied{Tie: e.ID})
	if got := sees(t, h, doctor, rafi); got != access.Caseload {
		t.Errorf("under %s", got)
	}
}

// A tie follows the person when two charts turn out to be of one.
func TestTiesFollowMerges(t *testing.T) {
	onBoth(t, func(t *testing.T, h *testkit.House) {
		twin := chart(3)
		h.Must(testkit.Program(), "clients.registered", twin, &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: "R. Haddad"}}, Unit: cedar})
		h.Must(testkit.As(nurse), "access.tied", twin, tie(doctor, "caseload", time.Time{}, time.Time{}))
		if got := sees(t, h, doctor, rafi); got != 0 {
			t.Fatalf("before the merge: under %s", got)
		}
		h.Clock.Advance(time.Minute)
		merge := h.Must(testkit.As(boss), "clients.merged", twin, &clients.Merged{Into: rafi, Reason: "one person"})
		for _, c := range []record.ID{rafi, twin} {
			if got := sees(t, h, doctor, c); got != access.Caseload {
				t.Errorf("merged: under %s", got)
			}
		}
		h.Clock.Advance(time.Minute)
		h.Must(testkit.As(boss), "clients.unmerged", twin, &clients.Unmerged{Merge: merge.ID, From: rafi, Reason: "two people"})
		if got := sees(t, h, doctor, rafi); got != 0 {
			t.Errorf("separated: under %s", got)
		}
	})
}

func TestPagesOfTies(t *testing.T) {
	h := open(t)
	b := h.Browse(nurse)
	_, page := b.Page("/clients/" + rafi.String())
	has(t, page, "You see this because you are of the team of Cedar.", "Who cares for them")
	code, page := b.Page("/clients/" + rafi.String() + "/let-in")
	has(t, page, "Add to the care team", "Nobody yet.")
	if code != 200 {
		t.Fatalf("who is let in: %d", code)
	}
	_, page = b.Page("/clients/" + rafi.String() + "/let-in/care_team")
	has(t, page, "Priya Sandoval", "Jo Ferrand")
	hasNot(t, page, "Bashir Nuri · ", "Lena Marsh", "Samira Haddad")
	_, page = b.Send("/clients/"+rafi.String()+"/let-in/care_team", form("q", "henrik"))
	has(t, page, "Henrik Vale")
	hasNot(t, page, "Priya Sandoval")
	_, page = b.Page("/clients/" + rafi.String() + "/let-in/family")
	has(t, page, "Samira Haddad")
	hasNot(t, page, "Priya")
	if code, _ := b.Page("/clients/" + rafi.String() + "/let-in/friend"); code != 404 {
		t.Errorf("an unknown tie: %d", code)
	}
	if code, text := b.Send("/entries/access.tied", form("chart", rafi.String(), "person", doctor.String(), "as", "caseload", "why", "aftercare")); code != 200 {
		t.Fatalf("tying: %d %s", code, text)
	}
	_, page = b.Page("/clients/" + rafi.String() + "/let-in")
	has(t, page, "Priya Sandoval", "aftercare", "Caseload")

	d := h.Browse(doctor)
	_, page = d.Page("/caseload")
	has(t, page, "Rafi Haddad", "1 person of mine")
	_, page = d.Page("/clients")
	has(t, page, "Yours, wherever they are", "Rafi Haddad")
	_, page = d.Send("/clients", form("q", "haddad"))
	has(t, page, "Rafi Haddad")
	_, page = d.Page("/clients/" + rafi.String())
	has(t, page, "the person is on your caseload")
	if code, page := d.Page("/clients/" + rafi.String() + "/let-in/care_team"); code != 403 {
		t.Errorf("a prescriber offers to tie: %d", code)
	} else {
		has(t, page, "It needs a nurse, case manager, supervisor or programme coordinator.")
	}
	_, page = h.Browse(therap).Send("/clients", form("q", "haddad"))
	hasNot(t, page, "Rafi Haddad")
}

func TestGuestsHaveOnePage(t *testing.T) {
	h := open(t)
	c := h.Browse(self)
	_, page := c.Page("/mine")
	has(t, page, "Nobody&#39;s record is open to you")
	h.Must(testkit.As(nurse), "access.let_in", rafi, letIn(self, "self"))
	_, page = c.Page("/mine")
	has(t, page, "Rafi Haddad", "This is your own record.", "Sign out")
	hasNot(t, page, "Odile")
	f := h.Browse(sister)
	h.Must(testkit.As(nurse), "access.let_in", rafi, letIn(sister, "family"))
	_, page = f.Page("/mine")
	hasNot(t, page, "Rafi Haddad") // until he agrees
	for _, path := range []string{"/clients", "/caseload", "/clients/" + rafi.String(), "/clients/" + rafi.String() + "/let-in", "/access/glass", "/staff"} {
		if code, page := f.Page(path); code != 403 && code != 404 {
			t.Errorf("%s answers %d to family", path, code)
		} else {
			hasNot(t, page, "Rafi Haddad")
		}
	}
}
