package room_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	houseaccess "milieu/house/access"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/testkit"
)

func TestWhatMayBeSetForOpenings(t *testing.T) {
	for _, one := range []struct {
		most, review int
		ok           bool
	}{{240, 24, true}, {15, 1, true}, {480, 72, true}, {14, 24, false}, {481, 24, false}, {240, 0, false}, {240, 73, false}, {-1, 24, false}, {0, 0, false}} {
		if err := (&houseaccess.GlassLimits{Most: one.most, Review: one.review}).Validate(nil); (err == nil) != one.ok {
			t.Errorf("%d minutes, %d hours: %v", one.most, one.review, err)
		}
	}
	for most, want := range map[int][]int{240: {30, 60, 120, 240}, 480: {30, 60, 120, 240, 480}, 60: {30, 60}, 45: {30, 45}, 15: {15}} {
		if got := (houseaccess.GlassLimits{Most: most}).Lengths(); !slices.Equal(got, want) {
			t.Errorf("of %d minutes %v are offered", most, got)
		}
	}
	if err := houseaccess.DefaultGlass.Validate(nil); err != nil {
		t.Errorf("the program's own: %v", err)
	}
}

// What held when a chart was opened counts for that opening, also where the limits are said later than they hold.
func TestTheHouseSetsTheLimitsOfOpenings(t *testing.T) {
	onBoth(t, func(t *testing.T, h *testkit.House) {
		late := func(g *record.Entry) time.Duration {
			t.Helper()
			w, err := due.Find(h.DB.Read(t.Context()), g.Chart, houseaccess.RuleReview, g.ID.String())
			if err != nil {
				t.Fatal(err)
			}
			return w.Late.Sub(g.Happened)
		}
		first := h.Must(testkit.As(doctor), "access.glass_broken", rafi, opened(240))
		if got := late(first); got != 24*time.Hour {
			t.Errorf("with nothing set it is late after %v", got)
		}
		if _, err := try(h, doctor, "access.glass_broken", rafi, opened(241)); err == nil {
			t.Error("with nothing set it opened for more than 240 minutes")
		}
		for _, who := range []record.ID{doctor, nurse, worker, boss} {
			if _, err := try(h, who, "access.glass_limits_set", due.House, &houseaccess.GlassLimits{Most: 480, Review: 72}); err == nil {
				t.Errorf("%s set the limits", who)
			}
		}
		h.Clock.Advance(time.Hour)
		h.Must(testkit.As(admin), "access.glass_limits_set", due.House, &houseaccess.GlassLimits{Most: 60, Review: 2})
		if got := late(first); got != 24*time.Hour {
			t.Errorf("set afterwards, it is late after %v", got)
		}
		if _, err := try(h, doctor, "access.glass_broken", rafi, opened(61)); err == nil {
			t.Error("opened for longer than the house allows")
		}
		second := h.Must(testkit.As(doctor), "access.glass_broken", rafi, opened(60))
		if got := late(second); got != 2*time.Hour {
			t.Errorf("late after %v", got)
		}
		// Said only now, and holding from before the first opening on.
		before := h.Entry("access.glass_limits_set", due.House, &houseaccess.GlassLimits{Most: 240, Review: 48})
		before.Happened = first.Happened.Add(-time.Minute)
		if o := h.Committer.File(t.Context(), testkit.Program(), before)[0]; o.Err != nil {
			t.Fatal(o.Err)
		}
		if one, two := late(first), late(second); one != 48*time.Hour || two != 2*time.Hour {
			t.Errorf("late after %v and %v", one, two)
		}
		w := h.Entry("record.withdrawn", due.House, &record.Withdrawn{Reason: "a slip"})
		w.Amends, w.Amendment = before.ID, record.InError
		if o := h.Committer.File(t.Context(), testkit.As(admin), w)[0]; o.Err != nil {
			t.Fatal(o.Err)
		}
		if got := late(first); got != 24*time.Hour {
			t.Errorf("taken back, it is late after %v", got)
		}
	})
}

// However long a review may take, those who review hear of an opening at once.
func TestThatItWasOpenedIsToldAtOnceWhateverTheLimit(t *testing.T) {
	for _, hours := range []int{1, 24, 72} {
		h := open(t)
		if err := h.Sweeper.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.Must(testkit.As(admin), "access.glass_limits_set", due.House, &houseaccess.GlassLimits{Most: 240, Review: hours})
		h.Must(testkit.As(doctor), "access.glass_broken", rafi, opened(30))
		sweep := func(when string, want int) {
			t.Helper()
			if n, err := h.Sweeper.Sweep(t.Context()); err != nil || n != want {
				t.Errorf("with %d hours, %s %d are told, %v", hours, when, n, err)
			}
		}
		sweep("at once", 1)
		sweep("again", 0)
		h.Clock.Advance(time.Duration(hours)*time.Hour - time.Minute)
		sweep("a minute before it is late", 0)
		h.Clock.Advance(2 * time.Minute)
		sweep("once it is late", 1)
	}
}

func TestThePageOfLimits(t *testing.T) {
	h := open(t)
	a := h.Browse(admin)
	_, page := a.Page("/access/limits")
	has(t, page, "240 min at most", "within 24 h", "the program&#39;s own, from 22 November 2026")
	if code, text := a.Send("/entries/access.glass_limits_set", form("chart", due.House.String(), "most", "500", "review", "24")); code != http.StatusUnprocessableEntity {
		t.Errorf("500 minutes: %d", code)
	} else {
		has(t, text, "15 to 480 minutes")
	}
	if code, text := a.Send("/entries/access.glass_limits_set", form("chart", due.House.String(), "most", "45", "review", "8")); code != http.StatusOK {
		t.Fatalf("setting: %d %s", code, text)
	}
	_, page = a.Page("/access/limits")
	has(t, page, "45 min at most", "within 8 h", "by Lena Marsh")
	d := h.Browse(doctor)
	_, page = d.Send("/access/break/"+rafi.String()+"/told", form("told", "Rafi Haddad", "told_birth", "1992-03-04"))
	has(t, page, `value="30"`, `value="45"`)
	hasNot(t, page, `value="60"`, `value="240"`)
	if code, text := d.Send("/access/break/"+rafi.String(), form("told", "Rafi Haddad", "told_birth", "1992-03-04", "reason", "danger", "words", "x", "minutes", "60")); code == http.StatusOK {
		t.Error("a form opened for longer than the house allows")
	} else {
		has(t, text, "1 to 45 minutes")
	}
	if code, _ := d.Page("/access/limits"); code != http.StatusForbidden {
		t.Errorf("a prescriber reads the page of limits: %d", code)
	}
	_, page = h.Browse(boss).Page("/access/glass")
	has(t, page, "45 min at most")
	hasNot(t, page, "/access/limits")
}
