package clients_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"milieu/house/clients"
	"milieu/house/clients/match"
	"milieu/house/places"
	"milieu/kit/commit"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/testkit"
)

func cardOf(t *testing.T, h *testkit.House, id record.ID) clients.Card {
	t.Helper()
	c, err := clients.CardOf(h.DB.Read(t.Context()), id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s step) file(t *testing.T, h *testkit.House) commit.Outcome {
	t.Helper()
	e := h.Entry(s.kind, s.chart, s.body)
	if !s.at.IsZero() {
		e.Happened = s.at
	}
	return h.Committer.File(context.Background(), testkit.As(s.who), e)[0]
}

type step struct {
	kind  string
	chart record.ID
	body  record.Body
	who   record.ID
	at    time.Time
}

func TestAnEpisodeOfCare(t *testing.T) { onBoth(t, anEpisodeOfCare) }

func anEpisodeOfCare(t *testing.T, h *testkit.House) {
	t.Helper()
	h.Clock.Set(at(12, 0))
	room1, bed1 := bed(h, cedar, "Room 1")
	rafi := chart(1)
	ok := func(s step) record.ID {
		t.Helper()
		o := s.file(t, h)
		if o.Status != commit.Accepted {
			t.Fatalf("%s: %v", s.kind, o.Err)
		}
		return o.ID
	}
	no := func(s step) {
		t.Helper()
		if o := s.file(t, h); o.Status == commit.Accepted {
			t.Fatalf("%s by %s was accepted", s.kind, s.who)
		}
	}
	ok(step{kind: "clients.registered", chart: rafi, body: named("Rafi Haddad"), who: worker})
	no(step{kind: "clients.registered", chart: rafi, body: named("Somebody Else"), who: stranger}) // another unit's chart is no newcomer's
	no(step{kind: "clients.admitted", chart: rafi, body: &clients.Admitted{Unit: birch}, who: stranger})
	if c := cardOf(t, h, rafi); c.Where != clients.Expected || c.In() {
		t.Errorf("registered and not admitted: %s", c.Where)
	}
	ok(step{kind: "clients.admitted", chart: rafi, body: &clients.Admitted{Unit: cedar, Room: room1, Bed: bed1}, who: worker})
	if c := cardOf(t, h, rafi); c.Where != clients.Here || c.Room != "Room 1" || c.Bed != "A" || !c.In() || c.Initials != "RH" {
		t.Errorf("admitted: %+v", c)
	}
	no(step{kind: "clients.flag_set", chart: rafi, body: &clients.FlagSet{Text: "x"}, who: stranger})
	flag := ok(step{kind: "clients.flag_set", chart: rafi, body: &clients.FlagSet{Text: "Quiet for half an hour\nafter visits <b>"}, who: worker})
	ok(step{kind: "clients.precaution_set", chart: rafi, body: &clients.PrecautionSet{Code: "fall", Helps: "Light on at night"}, who: worker})
	ok(step{kind: "clients.allergy_noted", chart: rafi, body: &clients.AllergyNoted{Substance: "Penicillin"}, who: worker})
	c := cardOf(t, h, rafi)
	if len(c.Helps) != 1 || c.Helps[0] != "Quiet for half an hour\nafter visits <b>" || c.Precautions[0] != "fall" || c.Care[0].Helps != "Light on at night" || c.Allergies[0] != "Penicillin" {
		t.Errorf("what helps: %+v", c)
	}
	ok(step{kind: "clients.flag_lifted", chart: rafi, body: &clients.Ended{Item: flag}, who: worker})
	if c := cardOf(t, h, rafi); len(c.Helps) != 0 {
		t.Errorf("lifted and still there: %v", c.Helps)
	}
	// Leave over midnight, told late: what happened later holds, not what arrived later.
	h.Clock.Set(at(22, 0))
	ok(step{kind: "clients.left", chart: rafi, body: &clients.Left{Kind: "leave", Expected: at(30, 0), With: "his sister"}, who: worker})
	ws, err := due.Of(h.DB.Read(t.Context()), rafi)
	if err != nil || len(ws) != 1 || ws[0].Rule != "clients.return" || !ws[0].Late.Equal(at(30, 0)) {
		t.Fatalf("dues on leave: %+v %v", ws, err)
	}
	h.Clock.Set(at(32, 0))
	if s := ws[0].At(h.Clock.Now()); s != due.StateLate {
		t.Errorf("two hours over: %s", s)
	}
	ok(step{kind: "clients.returned", chart: rafi, body: &clients.Returned{}, who: worker, at: at(31, 0)})
	ok(step{kind: "clients.left", chart: rafi, body: &clients.Left{Kind: "hospital"}, who: worker, at: at(23, 0)}) // written down only now
	if c := cardOf(t, h, rafi); c.Where != clients.Here || !c.Since.Equal(at(31, 0)) {
		t.Errorf("back since %s at %s", c.Since, c.Where)
	}
	if ws, _ := due.Of(h.DB.Read(t.Context()), rafi); len(ws) != 0 {
		t.Errorf("still expected back: %+v", ws)
	}
	// The end, and who sees it afterwards.
	ok(step{kind: "clients.discharged", chart: rafi, body: &clients.DischargedTo{Destination: "home"}, who: supervisor})
	if list, _ := clients.Cards(h.DB.Read(t.Context()), cedar); len(list) != 0 {
		t.Errorf("discharged and listed: %v", list)
	}
	if list, _ := clients.Former(h.DB.Read(t.Context()), cedar, h.Clock.Now()); len(list) != 1 {
		t.Errorf("nobody left lately")
	}
	if h.Directory.Sees(scope(t, h, worker), rafi) != nil || h.Directory.Sees(scope(t, h, stranger), rafi) == nil {
		t.Error("the day after: the team sees the chart, another team does not")
	}
	h.Clock.Advance(clients.SightAfter)
	if h.Directory.Sees(scope(t, h, worker), rafi) == nil {
		t.Error("a month later the team still sees the chart")
	}
	ok(step{kind: "clients.admitted", chart: rafi, body: &clients.Admitted{Unit: birch}, who: stranger}) // nobody's now: back, in another unit
	if h.Directory.Sees(scope(t, h, stranger), rafi) != nil || h.Directory.Sees(scope(t, h, worker), rafi) == nil {
		t.Error("the new team sees the chart, the old one does not")
	}
	episodes, err := clients.Episodes(h.DB.Read(t.Context()), rafi)
	if err != nil || len(episodes) != 2 || episodes[0].Until.IsZero() || !episodes[1].Until.IsZero() {
		t.Errorf("episodes: %+v %v", episodes, err)
	}
}

func TestTwoInOneBedIsShownNotRefused(t *testing.T) { onBoth(t, twoInOneBedIsShownNotRefused) }

func twoInOneBedIsShownNotRefused(t *testing.T, h *testkit.House) {
	t.Helper()
	roomID, bedID := bed(h, cedar, "Room 1")
	bed(h, cedar, "Room 2")
	for n := byte(1); n <= 3; n++ {
		h.Must(testkit.Program(), "clients.registered", chart(n), named("Client "+string('A'+rune(n))))
		a := &clients.Admitted{Unit: cedar, Room: roomID, Bed: bedID}
		if n == 3 {
			a = &clients.Admitted{Unit: cedar}
		}
		h.Must(testkit.Program(), "clients.admitted", chart(n), a)
	}
	c, err := clients.CensusOf(h.DB.Read(t.Context()), cedar)
	if err != nil {
		t.Fatal(err)
	}
	if c.Here != 3 || c.Conflicts != 1 || c.Free != 1 || len(c.Without) != 1 || len(c.Beds) != 2 {
		t.Errorf("census: %+v", c)
	}
}

func TestMergeAndUnmerge(t *testing.T) { onBoth(t, mergeAndUnmerge) }

func mergeAndUnmerge(t *testing.T, h *testkit.House) {
	t.Helper()
	h.Clock.Set(at(12, 0))
	old, young := chart(1), chart(2)
	file := func(kind string, chart record.ID, b record.Body) record.ID {
		h.Clock.Advance(time.Minute)
		return h.Must(testkit.Program(), kind, chart, b).ID
	}
	file("clients.registered", old, named("Rafi Haddad"))
	file("clients.allergy_noted", old, &clients.AllergyNoted{Substance: "Penicillin"})
	file("clients.registered", young, &clients.Registered{Identity: clients.Identity{Names: clients.Names{Anonymous: true, Alias: "Red Coat"}}, Unit: birch})
	file("clients.admitted", young, &clients.Admitted{Unit: birch})
	before := h.Dump(tables[1:5]...)

	merge := file("clients.merged", young, &clients.Merged{Into: old, Reason: "he told us"})
	c := cardOf(t, h, young)
	if c.ID != old || c.Name != "Rafi Haddad" || c.Where != clients.Here || c.Unit != birch || len(c.Allergies) != 1 {
		t.Errorf("merged: %+v", c)
	}
	if list, _ := clients.Cards(h.DB.Read(t.Context()), birch); len(list) != 1 || list[0].ID != old {
		t.Errorf("listed once, under the chart that goes on: %+v", list)
	}
	if clients.NameOf(h.DB.Read(t.Context()), young) != "Rafi Haddad" {
		t.Error("the merged chart goes by the other name")
	}
	for _, id := range []record.ID{old, young} {
		if h.Directory.Sees(scope(t, h, stranger), id) != nil {
			t.Errorf("where the person is, both charts are seen")
		}
	}
	if found, _ := match.Search(h.DB.Read(t.Context()), scope(t, h, stranger), "red coat"); len(found) != 1 || found[0].ID != old {
		t.Errorf("found by the old alias: %+v", found)
	}
	chartOf, err := record.Chart(h.DB.Read(t.Context()), old, 0, 100)
	if err != nil || chartOf[len(chartOf)-1].Kind != "clients.joined" {
		t.Errorf("the chart that goes on does not say that another was joined: %v", err)
	}
	file("clients.unmerged", young, &clients.Unmerged{Merge: merge, From: old, Reason: "two people"})
	if after := h.Dump(tables[1:5]...); after != before {
		t.Errorf("separated again, and not as before:\n%s\n--- now\n%s", before, after)
	}
	if h.Directory.Sees(scope(t, h, stranger), old) == nil || h.Directory.Sees(scope(t, h, stranger), young) != nil {
		t.Error("separated again: each team sees its own")
	}
	// Taking a merge back as an error separates as well.
	merge = file("clients.merged", young, &clients.Merged{Into: old, Reason: "again"})
	e := h.Entry("record.withdrawn", young, &record.Withdrawn{Reason: "wrong person"})
	e.Amends, e.Amendment = merge, record.InError
	if o := h.Committer.File(context.Background(), testkit.Program(), e)[0]; o.Status != commit.Accepted {
		t.Fatal(o.Err)
	}
	if after := h.Dump(tables[1:5]...); after != before {
		t.Errorf("withdrawn, and not as before")
	}
	if h.Directory.Sees(scope(t, h, stranger), old) == nil {
		t.Error("withdrawn: the other team still sees the old chart")
	}
}

func TestLegalStatusAsksBeforeItEnds(t *testing.T) { onBoth(t, legalStatusAsksBeforeItEnds) }

func legalStatusAsksBeforeItEnds(t *testing.T, h *testkit.House) {
	t.Helper()
	// Across the end of daylight saving in New York: 72 hours are 72 hours.
	start := time.Date(2026, 10, 31, 22, 0, 0, 0, time.UTC)
	h.Clock.Set(start)
	rafi := chart(1)
	h.Must(testkit.Program(), "clients.registered", rafi, named("Rafi Haddad"))
	h.Must(testkit.Program(), "clients.admitted", rafi, &clients.Admitted{Unit: cedar})
	h.Must(testkit.Program(), "clients.legal_status_set", rafi, &clients.LegalStatusSet{Status: "hold", Words: "72-hour hold", Until: start.Add(72 * time.Hour)})
	ws, err := due.Of(h.DB.Read(t.Context()), rafi)
	if err != nil || len(ws) != 1 {
		t.Fatalf("dues: %v %v", ws, err)
	}
	if w := ws[0]; !w.Due.Equal(start.Add(48*time.Hour)) || !w.Late.Equal(start.Add(64*time.Hour)) || !strings.Contains(string(w.Data), "72-hour hold") {
		t.Errorf("due %s, late %s", w.Due, w.Late)
	}
	h.Clock.Advance(50 * time.Hour)
	h.Must(testkit.Program(), "clients.legal_status_set", rafi, &clients.LegalStatusSet{Status: "voluntary"})
	if ws, _ := due.Of(h.DB.Read(t.Context()), rafi); len(ws) != 0 {
		t.Errorf("voluntary and still due: %+v", ws)
	}
}

func TestNotices(t *testing.T) {
	from := at(8, 0)
	for _, one := range []struct {
		length    time.Duration
		notice    int
		due, late time.Duration // before the end
	}{
		{6 * time.Hour, 0, 6 * time.Hour, 2 * time.Hour}, {24 * time.Hour, 0, 6 * time.Hour, 2 * time.Hour}, {72 * time.Hour, 0, 24 * time.Hour, 8 * time.Hour},
		{90 * 24 * time.Hour, 0, 7 * 24 * time.Hour, 48 * time.Hour}, {72 * time.Hour, 12, 12 * time.Hour, 6 * time.Hour}, {time.Hour, 0, time.Hour, time.Hour},
	} {
		l := &clients.LegalStatusSet{Until: from.Add(one.length), NoticeHours: one.notice}
		due, late, ok := l.Clock(from)
		if !ok || !due.Equal(l.Until.Add(-one.due)) || !late.Equal(l.Until.Add(-one.late)) || due.Before(from) {
			t.Errorf("%s with %d h: due %s, late %s before the end", one.length, one.notice, l.Until.Sub(due), l.Until.Sub(late))
		}
	}
	if _, _, ok := (&clients.LegalStatusSet{}).Clock(from); ok {
		t.Error("a status without an end has no clock")
	}
}

// Nobody is put where there is nothing: they would be on no board. Closed since is another matter, and taking an entry back is always heard.
func TestNobodyIsPutWhereThereIsNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, h *testkit.House) {
		h.Clock.Set(at(12, 0))
		room1, bed1 := bed(h, cedar, "Room 1")
		room2, bed2 := bed(h, birch, "Room 2")
		nowhere := record.DeriveID("test", "nowhere")
		for i, c := range []struct {
			b     clients.Admitted
			field string
		}{
			{clients.Admitted{Unit: cedar, Room: nowhere}, "room"},
			{clients.Admitted{Unit: cedar, Bed: nowhere}, "bed"},
			{clients.Admitted{Unit: cedar, Room: room2}, "room"},
			{clients.Admitted{Unit: cedar, Room: room1, Bed: bed2}, "bed"},
			{clients.Admitted{Unit: cedar, Room: room1, Bed: bed1}, ""},
			{clients.Admitted{Unit: cedar}, ""},
		} {
			who := chart(byte(40 + i))
			h.Must(testkit.Program(), "clients.registered", who, named("Somebody"))
			o := step{kind: "clients.admitted", chart: who, body: &c.b, who: supervisor}.file(t, h)
			if c.field == "" && o.Status != commit.Accepted || c.field != "" && (o.Status != commit.Rejected || !strings.Contains(o.Err.Error(), c.field+":")) {
				t.Errorf("%+v: %s, %v", c.b, o.Status, o.Err)
			}
		}
		who := chart(44)
		h.Must(testkit.Program(), "places.bed_closed", cedar, &places.BedClosed{Bed: bed1})
		h.Clock.Advance(time.Minute)
		in := h.Entry("clients.transferred", who, &clients.Transferred{Unit: cedar, Room: room1, Bed: bed1})
		if o := h.Committer.File(t.Context(), testkit.As(supervisor), in)[0]; o.Status != commit.Accepted {
			t.Errorf("a bed that was closed since: %v", o.Err)
		}
	})
}
