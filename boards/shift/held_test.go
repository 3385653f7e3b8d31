package shift_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"milieu/boards/shift"
	roundsroom "milieu/care/rounds/room"
	houseaccess "milieu/house/access"
	accessroom "milieu/house/access/room"
	"milieu/house/places"
	"milieu/house/staff"
	"milieu/kit/access"
	"milieu/kit/due"
	"milieu/kit/live"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/testkit"
	"milieu/kit/web"
)

// glassHouse is a ward in which a prescriber of another unit has opened somebody's chart, and who may review it.
type glassHouse struct {
	*ward
	boss, second, nurse, doctor, admin record.ID
	glass                              *record.Entry
}

func newGlassHouse(t *testing.T) *glassHouse {
	t.Helper()
	g := &glassHouse{ward: newWard(t, 2, accessroom.Def())}
	join := func(name string, role access.Role, unit record.ID) record.ID {
		id := record.DeriveID("board", "staff", name)
		g.Must(testkit.Program(), "staff.joined", id, &staff.Joined{Details: staff.Details{Name: name, Role: role, SignIn: strings.ToLower(name[:3])}})
		if !unit.IsZero() {
			g.Must(testkit.Program(), "staff.assigned", id, &staff.Assignment{Unit: unit})
		}
		return id
	}
	elm := record.DeriveID("board", "unit", "elm")
	g.Must(testkit.Program(), "places.unit_opened", elm, &places.UnitOpened{Name: "Elm", Kind: "ward"})
	g.boss, g.second, g.admin = join("Ruth Amsel", access.Supervisor, record.Zero), join("Caspian Dorn", access.Supervisor, record.Zero), join("Lena Marsh", access.Administrator, record.Zero)
	g.nurse, g.doctor = join("Bashir Nuri", access.Nurse, g.unit), join("Priya Sandoval", access.Prescriber, elm)
	g.glass = g.Must(testkit.As(g.doctor), "access.glass_broken", g.people[1], &houseaccess.GlassBroken{Reason: "danger", Words: "Found unwell outside", Minutes: 60})
	return g
}

const opened = "A record was opened in an emergency"

// The look at a broken glass stands with those who may review it, on whatever unit they have before them, and leads there. On the board of the unit,
// in its figures, to machines and to whoever opened it, nothing of it is there.
func TestWhatIsHeldStandsWithThoseWhoSeeToIt(t *testing.T) {
	g := newGlassHouse(t)
	link := "/access/glass/" + g.glass.ID.String()
	for name, who := range map[string]record.ID{"a supervisor": g.boss, "another": g.second} {
		for _, path := range []string{"/", "/?whose=mine"} {
			page := get(t, g.Browse(who), path)
			for _, want := range []string{opened, "Person Number01", link, "Look at it"} {
				if !strings.Contains(page, want) {
					t.Errorf("%s at %s: %q is missing", name, path, want)
				}
			}
		}
	}
	for name, who := range map[string]record.ID{"a worker of the unit": g.worker, "a nurse of the unit": g.nurse, "who opened it": g.doctor} {
		for _, path := range []string{"/", "/?whose=mine"} {
			if page := get(t, g.Browse(who), path); strings.Contains(page, opened) || strings.Contains(page, "/access/glass") || strings.Contains(page, g.glass.ID.String()) {
				t.Errorf("%s at %s is shown it", name, path)
			}
		}
	}
	own := g.Must(testkit.As(g.boss), "access.glass_broken", g.people[0], &houseaccess.GlassBroken{Reason: "danger", Words: "Found unwell outside", Minutes: 60})
	if page := get(t, g.Browse(g.boss), "/"); strings.Contains(page, own.ID.String()) {
		t.Error("somebody is asked to look at their own")
	}
	if page := get(t, g.Browse(g.second), "/"); !strings.Contains(page, own.ID.String()) {
		t.Error("another supervisor is not asked to look at a supervisor's")
	}
	// Two days on it is late, and the unit's figures count only what is the unit's.
	before, err := due.CountLate(g.DB.Read(t.Context()), g.Clock.Now().Add(48*time.Hour), g.people...)
	if err != nil || before != 2 {
		t.Errorf("%d late on the unit, %v", before, err)
	}
	windows, err := due.Of(g.DB.Read(t.Context()), g.people...)
	for _, w := range windows {
		if w.Rule == houseaccess.RuleReview {
			t.Errorf("boards, machines and devices are given %s", w.Rule)
		}
	}
	if err != nil || len(windows) == 0 {
		t.Errorf("%d windows, %v", len(windows), err)
	}
	g.Must(testkit.As(g.second), "access.glass_reviewed", g.people[1], &houseaccess.GlassReviewed{Glass: g.glass.ID, Finding: "right"})
	if page := get(t, g.Browse(g.boss), "/"); strings.Contains(page, opened) {
		t.Error("looked at, it is still asked for")
	}
}

// Whoever sees every unit hears when what is held moves, and may listen for nothing else of the whole house.
func TestWhatIsHeldIsToldToThoseWhoSeeToIt(t *testing.T) {
	g := newGlassHouse(t)
	page := get(t, g.Browse(g.boss), "/")
	if !strings.Contains(page, web.HeldView+"%2Fhouse") {
		t.Error("a supervisor's board does not listen")
	}
	if page = get(t, g.Browse(g.nurse), "/"); strings.Contains(page, web.HeldView+"%2Fhouse") {
		t.Error("a nurse's board listens")
	}
	for name, one := range map[string]struct {
		who   record.ID
		topic string
	}{"a nurse": {g.nurse, "held/house"}, "a supervisor, for rows of all units": {g.boss, "shift/house"}, "an administrator, for rows of all units": {g.admin, "shift/house"}} {
		if code, _ := g.Browse(one.who).Page("/live?topic=" + one.topic); code != 404 {
			t.Errorf("%s is answered %d", name, code)
		}
	}
	view := shift.Def([]room.Def{roundsroom.Def(), accessroom.Def()}).Views[web.HeldView](g.Site)
	topic := live.Topic{View: web.HeldView, Viewer: "supervisor"}
	hear := func(what string, want bool) {
		t.Helper()
		out, err := view(context.Background(), topic, []live.Signal{{Chart: g.people[0], Kind: "rounds.checked"}})
		if len(out) > 0 || err != nil && !errors.Is(err, live.ErrAfresh) || (err != nil) != want {
			t.Errorf("%s: %q, %v", what, out, err)
		}
	}
	hear("at first", true)
	hear("when nothing moved", false)
	g.Must(testkit.As(g.doctor), "access.glass_broken", g.people[0], &houseaccess.GlassBroken{Reason: "danger", Words: "Found unwell outside", Minutes: 60})
	hear("another was opened", true)
	hear("when nothing moved", false)
	g.Must(testkit.As(g.boss), "access.glass_reviewed", g.people[1], &houseaccess.GlassReviewed{Glass: g.glass.ID, Finding: "right"})
	hear("one was looked at", true)
}
