package room_test

import (
	"context"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	chartboard "milieu/boards/chart"
	houseaccess "milieu/house/access"
	accessroom "milieu/house/access/room"
	"milieu/house/clients"
	clientsroom "milieu/house/clients/room"
	"milieu/house/places"
	placesroom "milieu/house/places/room"
	"milieu/house/staff"
	staffroom "milieu/house/staff/room"
	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/commit"
	"milieu/kit/db"
	"milieu/kit/draft"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/testkit"
	"milieu/kit/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// The house of these tests: two units, a client in each, and people.
var (
	cedar = chart(0xc1)
	elm   = chart(0xc2)
	rafi  = chart(1) // on Cedar
	odile = chart(2) // on Elm

	boss    = chart(0xf0) // supervisor
	second  = chart(0xf1) // another
	nurse   = chart(0xf2) // of Cedar
	manager = chart(0xf3) // case manager of Cedar
	worker  = chart(0xf4) // of Cedar
	doctor  = chart(0xf5) // prescriber of Elm
	therap  = chart(0xf6) // clinician of Elm
	self    = chart(0xf7) // an account for a client
	sister  = chart(0xf8) // an account for family
	admin   = chart(0xf9)
)

func chart(n byte) record.ID {
	return record.ID{0x01, 0x97, 6: 0x70, 8: 0x80, 14: 0xa0, 15: n}
}

func defs() []room.Def {
	people := &clientsroom.Room{Faces: map[string]room.Face{}}
	list := []room.Def{placesroom.Def(), staffroom.Def(), people.Def(), accessroom.Def(), draft.Def()}
	for _, d := range list {
		people.Take(d)
	}
	return append(list, chartboard.Def(people, list))
}

func open(t testing.TB) *testkit.House {
	t.Helper()
	return furnish(testkit.New(t, testkit.PolicyFor(t, "../../../app/policy"), defs()...))
}

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, do func(*testing.T, *testkit.House)) {
	t.Run("SQLite", func(t *testing.T) { do(t, open(t)) })
	t.Run("PostgreSQL", func(t *testing.T) { do(t, onPostgres(t, pgtest.Database(t), clock.NewFake(testkit.Start), true)) })
}

func onPostgres(t *testing.T, url string, c *clock.Fake, empty bool) *testkit.House {
	t.Helper()
	d, err := db.OpenPostgres(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("closing the database: %v", err)
		}
	})
	h := testkit.Open(t, d, c, testkit.PolicyFor(t, "../../../app/policy"), defs()...)
	if empty {
		furnish(h)
	}
	return h
}

func furnish(h *testkit.House) *testkit.House {
	p := testkit.Program()
	h.Must(p, "places.unit_opened", cedar, &places.UnitOpened{Name: "Cedar", Kind: "ward"})
	h.Must(p, "places.unit_opened", elm, &places.UnitOpened{Name: "Elm", Kind: "ward"})
	for _, one := range []struct {
		id   record.ID
		name string
		role access.Role
		unit record.ID
	}{{admin, "Lena Marsh", access.Administrator, record.Zero}, {boss, "Ruth Amsel", access.Supervisor, record.Zero}, {second, "Caspian Dorn", access.Supervisor, record.Zero}, {nurse, "Bashir Nuri", access.Nurse, cedar},
		{manager, "Ines Okafor", access.CaseManager, cedar}, {worker, "Jo Ferrand", access.Worker, cedar}, {doctor, "Priya Sandoval", access.Prescriber, elm},
		{therap, "Henrik Vale", access.Clinician, elm}, {self, "Rafi's account", access.Client, record.Zero}, {sister, "Samira Haddad", access.Relative, record.Zero}} {
		h.Must(p, "staff.joined", one.id, &staff.Joined{Details: staff.Details{Name: one.name, Role: one.role, SignIn: "x" + one.id.String()[30:]}})
		if !one.unit.IsZero() {
			h.Must(p, "staff.assigned", one.id, &staff.Assignment{Unit: one.unit})
		}
	}
	for id, unit := range map[record.ID]record.ID{rafi: cedar, odile: elm} {
		name := map[record.ID]string{rafi: "Rafi Haddad", odile: "Odile Brandt"}[id]
		h.Must(p, "clients.registered", id, &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: name}, Birth: clients.Birth{BirthDate: "1992-03-04"}}, Unit: unit})
		h.Must(p, "clients.admitted", id, &clients.Admitted{Unit: unit, From: "home"})
	}
	return h
}

// try files one entry as somebody, by the machine's door, which asks no page.
func try(h *testkit.House, who record.ID, kind string, chart record.ID, b record.Body) (*record.Entry, error) {
	o := h.Committer.File(context.Background(), testkit.As(who), h.Entry(kind, chart, b))[0]
	if o.Status != commit.Accepted {
		return nil, o.Err
	}
	return o.Entry, nil
}

func sees(t testing.TB, h *testkit.House, who, chart record.ID) access.Tie {
	t.Helper()
	s, err := h.Directory.Scope(who, "test")
	if err != nil {
		t.Fatal(err)
	}
	return h.Directory.Under(s, chart).Tie
}

func tie(who record.ID, as string, from, until time.Time) *houseaccess.Tied {
	return &houseaccess.Tied{Span: houseaccess.Span{Person: who, From: from, Until: until, Why: "key worker"}, As: as}
}

func letIn(who record.ID, as string) *houseaccess.LetIn {
	return &houseaccess.LetIn{Span: houseaccess.Span{Person: who, Why: "sister"}, As: as}
}

func opened(minutes int) *houseaccess.GlassBroken {
	return &houseaccess.GlassBroken{Reason: "danger", Words: "Found unwell outside", Minutes: minutes}
}

func has(t testing.TB, page string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(page, p) {
			t.Errorf("the page says nothing of %q", p)
		}
	}
}

func hasNot(t testing.TB, page string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if strings.Contains(page, p) {
			t.Errorf("the page says %q", p)
		}
	}
}

func form(pairs ...string) url.Values {
	out := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}
