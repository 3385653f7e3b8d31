package room_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"milieu/house/staff"
	"milieu/kit/access"
	"milieu/kit/commit"
	"milieu/kit/record"
	"milieu/kit/testkit"
)

func TestStandingInForAColleague(t *testing.T) { onBoth(t, standingIn) }

func standingIn(t *testing.T, h *testkit.House) {
	boss := testkit.Program()
	jo, kim, lee := colleague(h, "Jo", access.Worker), colleague(h, "Kim", access.Peer), colleague(h, "Lee", access.Nurse)
	now := h.Clock.Now()
	h.Must(boss, "staff.assigned", jo, &staff.Assignment{Unit: cedar})
	h.Must(boss, "staff.shift_planned", jo, &staff.ShiftPlanned{Unit: elm, From: now.Add(48 * time.Hour), Until: now.Add(56 * time.Hour)})
	cover := func(who, whom record.ID, from, until time.Duration) *record.Entry {
		return h.Must(boss, "staff.covering", who, &staff.Covering{For: whom, From: now.Add(from), Until: now.Add(until), Reason: "holiday"})
	}
	sees := func(what string, who record.ID, want ...record.ID) {
		t.Helper()
		if got := units(t, h, who); !slices.Equal(got, want) {
			t.Errorf("%s: sees %v, want %v", what, got, want)
		}
	}
	kims := cover(kim, jo, time.Hour, 72*time.Hour)
	cover(lee, kim, 0, 72*time.Hour)
	sees("before it begins", kim)
	h.Clock.Set(now.Add(2 * time.Hour))
	sees("who stands in", kim, cedar)
	sees("what somebody has by standing in is not passed on", lee)
	if s, err := h.Directory.Scope(kim, ""); err != nil || s.Role != access.Peer {
		t.Errorf("it gives a role: %+v, %v", s, err)
	}
	h.Clock.Set(now.Add(50 * time.Hour))
	sees("while the colleague is planned elsewhere", kim, cedar, elm)
	// What holds of the colleague holds of who stands in, at once.
	h.Must(boss, "staff.unassigned", jo, &staff.Unassignment{Unit: cedar})
	sees("off the colleague's team", kim, elm)
	h.Must(boss, "staff.assigned", jo, &staff.Assignment{Unit: cedar})
	h.Must(boss, "staff.covering_ended", kim, &staff.CoveringEnded{Covering: kims.ID, Reason: "back early"})
	sees("ended before its time", kim)
	list, err := staff.CoversFor(h.DB.Read(context.Background()), jo)
	if err != nil || len(list) != 1 || !list[0].Ended || list[0].Person != kim || !list[0].Until.Equal(h.Clock.Now()) {
		t.Errorf("%+v, %v", list, err)
	}
	// A word that ends it, taken back, lets it go on; a correction that shortens it ends it where it says.
	ended := h.Must(boss, "staff.covering_ended", lee, &staff.CoveringEnded{Covering: record.NewID(now)})
	if ended == nil {
		t.Error("an end without a beginning is kept for the beginning that may come")
	}
	again := cover(lee, jo, 40*time.Hour, 72*time.Hour)
	sees("another stands in", lee, cedar, elm)
	short := h.Entry("staff.covering", lee, &staff.Covering{For: jo, From: now.Add(40 * time.Hour), Until: now.Add(49 * time.Hour), Reason: "holiday"})
	short.Amends, short.Amendment = again.ID, record.Correction
	if o := h.Committer.File(context.Background(), boss, short)[0]; o.Status != commit.Accepted {
		t.Fatal(o.Err)
	}
	sees("corrected to an earlier end", lee)
}

func TestCoverIsArrangedByAnother(t *testing.T) {
	h := open(t)
	sam, ada, jo := colleague(h, "Sam", access.Supervisor), colleague(h, "Ada", access.Administrator), colleague(h, "Jo", access.Worker)
	now := h.Clock.Now()
	cover := func(of, until time.Duration) *staff.Covering {
		return &staff.Covering{For: jo, From: now.Add(of), Until: now.Add(until), Reason: "sick"}
	}
	file := func(who record.ID, e *record.Entry, want string) {
		t.Helper()
		o := h.Committer.File(context.Background(), testkit.As(who), e)[0]
		if want == "" && o.Status != commit.Accepted || want != "" && (o.Err == nil || !strings.Contains(o.Err.Error(), want)) {
			t.Errorf("%s: %v, want %q", e.Kind, o.Err, want)
		}
	}
	file(sam, h.Entry("staff.covering", sam, cover(0, time.Hour)), "nobody arranges their own cover")
	file(jo, h.Entry("staff.covering", jo, &staff.Covering{For: sam, From: now, Until: now.Add(time.Hour), Reason: "sick"}), "may not do this")
	file(ada, h.Entry("staff.covering", sam, &staff.Covering{For: sam, From: now, Until: now.Add(time.Hour), Reason: "sick"}), "stands in for themselves")
	file(ada, h.Entry("staff.covering", sam, &staff.Covering{For: jo, From: now, Until: now.AddDate(0, 4, 0), Reason: "sick"}), "three months")
	file(ada, h.Entry("staff.covering", sam, &staff.Covering{For: record.NewID(now), From: now, Until: now.Add(time.Hour), Reason: "sick"}), "people who work here")
	given := h.Entry("staff.covering", sam, cover(0, 3*time.Hour))
	file(ada, given, "")
	longer := h.Entry("staff.covering", sam, cover(0, 5*time.Hour))
	longer.Amends, longer.Amendment = given.ID, record.Correction
	file(sam, longer, "nobody arranges their own cover")
	done := h.Entry("staff.covering_ended", sam, &staff.CoveringEnded{Covering: given.ID})
	file(sam, done, "")
	h.Clock.Advance(time.Minute)
	back := h.Entry("record.withdrawn", sam, &record.Withdrawn{Reason: "again"})
	back.Amends, back.Amendment = done.ID, record.InError
	file(sam, back, "nobody arranges their own cover")
}
