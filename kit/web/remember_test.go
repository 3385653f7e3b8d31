package web_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a-h/templ"

	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/testkit"
	"milieu/kit/testkit/pgtest"
	"milieu/kit/ui"
	"milieu/kit/web"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

type seen struct {
	How string `json:"how"`
}

func (*seen) Validate(*record.Entry) error { return nil }

var (
	willow, alder   = id("unit", "willow"), id("unit", "alder")
	rafi, mina      = id("client", "rafi"), id("client", "mina") // of Willow and of Alder
	nell, nils, sue = id("staff", "nell"), id("staff", "nils"), id("staff", "sue")
	house           = id("house", "house")
)

func id(what, name string) record.ID { return record.DeriveID("remember", what, name) }

// pages is a room that counts how often its board is drawn. The board says how many entries there are, and who may report.
type pages struct {
	drawn   atomic.Int64
	failing atomic.Bool
}

func (p *pages) def() room.Def {
	from := testkit.Start.Add(-time.Hour)
	at := func(unit record.ID, n access.Role) access.Person {
		return access.Person{Role: n, Relations: []access.Relation{{Unit: unit, What: access.Team, From: from}}}
	}
	staff := map[record.ID]access.Person{nell: at(willow, access.Nurse), nils: at(willow, access.Nurse), sue: at(willow, access.Supervisor)}
	charts := map[record.ID]access.Chart{
		rafi: {Kind: "client", Stays: []access.Stay{{Unit: willow, From: from}}}, mina: {Kind: "client", Stays: []access.Stay{{Unit: alder, From: from}}}, house: {Kind: "house"},
	}
	kind := func(name string) record.Kind {
		return record.Kind{Name: name, Version: 1, Chart: "any", Action: "pages.say", Example: &seen{"well"}, Line: func(*record.Entry, record.Body) record.Line { return record.Line{Key: "record.withdrawn"} }}
	}
	return room.Def{
		Name:  "pages",
		Kinds: []record.Kind{kind("pages.seen"), kind("pages.moved")},
		Sources: []access.Source{{
			Kinds: []string{"pages.moved"},
			Person: func(_ db.Querier, id record.ID) (*access.Person, error) {
				s, ok := staff[id]
				if s.ID, s.Name = id, "Somebody"; !ok {
					return nil, nil
				}
				return &s, nil
			},
			Chart: func(_ db.Querier, id record.ID) (*access.Chart, error) {
				c, ok := charts[id]
				if c.ID = id; !ok {
					return nil, nil
				}
				return &c, nil
			},
			All: func(db.Querier) ([]record.ID, []record.ID, error) {
				return []record.ID{nell, nils, sue}, []record.ID{rafi, mina, house}, nil
			},
		}},
		Hub:    room.Hub{UnitFor: func(*web.Ctx) (web.Unit, error) { return web.Unit{ID: willow, Name: "Willow"}, nil }},
		Routes: []web.Route{{Method: "GET", Pattern: "/board/{unit}", Action: "pages.read", Handle: p.board}},
		Asks:   []string{"pages.report"},
	}
}

const policy = "nurse, supervisor may pages.read, pages.say on their unit\nsupervisor may pages.report on their unit"

func (p *pages) board(c *web.Ctx) error {
	unit, err := c.ID("unit")
	if err != nil {
		return err
	}
	part, err := c.Drawn(unit, "board", func(ctx context.Context, q db.Querier) (templ.Component, error) {
		p.drawn.Add(1)
		if p.failing.Swap(false) {
			return nil, context.Canceled
		}
		var n int
		err := q.QueryRow("SELECT count(*) FROM entry").Scan(&n)
		text := fmt.Sprintf("<p>entries=%d;</p>", n)
		if c.Scope.May("pages.report") {
			text += "<a>report</a>"
		}
		if ui.From(ctx).Reader != "" {
			text += "the drawing knows who looks on"
		}
		return templ.Raw(text), err
	})
	if err != nil {
		return err
	}
	return c.Show(ui.Page{Live: []string{"signals"}}, part)
}

func willowHouse(t *testing.T) (*testkit.House, *pages) {
	p := &pages{}
	return testkit.New(t, []string{policy}, p.def()), p
}

// look gives the board and how many entries it says there are.
func look(t *testing.T, b *testkit.Browser, unit record.ID) (body string, entries int) {
	t.Helper()
	code, body := b.Page("/board/" + unit.String())
	_, after, found := strings.Cut(body, "entries=")
	number, _, _ := strings.Cut(after, ";")
	entries, err := strconv.Atoi(number)
	if code != http.StatusOK || !found || err != nil || strings.Contains(body, "knows who") {
		t.Fatalf("%d %s", code, body)
	}
	return body, entries
}

func say(h *testkit.House, kind string, chart record.ID) *record.Entry {
	return h.Must(testkit.Program(), kind, chart, &seen{"well"})
}

func TestWhatIsDrawnStandsUntilAnEntryTouchesItsUnit(t *testing.T) {
	h, p := willowHouse(t)
	nurse, other := h.Browse(nell), h.Browse(nils)
	first := say(h, "pages.seen", rafi)
	for _, step := range []struct {
		name  string
		do    func()
		drawn int64 // how often more the board is drawn
	}{
		{"first", func() {}, 1},
		{"again", func() {}, 0},
		{"elsewhere", func() { say(h, "pages.seen", mina) }, 0},
		{"here", func() { say(h, "pages.seen", rafi) }, 1},
		{"of no client", func() { say(h, "pages.seen", house) }, 1},
		{"a move elsewhere", func() { say(h, "pages.moved", mina) }, 1},
		{"corrected", func() {
			e := h.Entry("pages.seen", rafi, &seen{"ill"})
			e.Amends, e.Amendment = first.ID, record.Correction
			if o := h.Committer.File(context.Background(), testkit.Program(), e)[0]; o.Err != nil {
				t.Fatal(o.Err)
			}
		}, 1},
		{"time goes on", func() { h.Clock.Advance(time.Second) }, 1},
		{"the clock is set back", func() { h.Clock.Set(h.Clock.Now().Add(-time.Hour)) }, 1},
	} {
		before := p.drawn.Load()
		step.do()
		for _, b := range []*testkit.Browser{nurse, other} {
			look(t, b, willow)
		}
		if n := p.drawn.Load() - before; n != step.drawn {
			t.Errorf("%s: drawn %d times, want %d", step.name, n, step.drawn)
		}
	}
}

func TestViewersWithOtherRightsShareNothing(t *testing.T) {
	h, p := willowHouse(t)
	for _, order := range [][]record.ID{{nell, sue, nils}, {sue, nell, nils}, {nils, sue, nell}} {
		say(h, "pages.seen", rafi)
		before := p.drawn.Load()
		for _, who := range order {
			if body, _ := look(t, h.Browse(who), willow); strings.Contains(body, "report") != (who == sue) {
				t.Errorf("%v: the wrong drawing for %v: %s", order, who, body)
			}
		}
		if n := p.drawn.Load() - before; n != 2 {
			t.Errorf("drawn %d times for two kinds of viewers", n)
		}
	}
	before := p.drawn.Load() // a unit that one does not see: whatever a page makes of that, it is shared with nobody
	look(t, h.Browse(nell), alder)
	look(t, h.Browse(nils), alder)
	if n := p.drawn.Load() - before; n != 2 {
		t.Errorf("drawn %d times for two who do not see the unit", n)
	}
}

// What stands around every page is drawn once for all, and yet goes by who reads: colours for the night, a lock, the marks on the places.
func TestWhatStandsAroundAPageGoesByWhoReads(t *testing.T) {
	p := &pages{}
	late := map[record.ID]int{}
	def := p.def()
	def.Nav = []web.Place{{Key: "ui.brand", Href: "/board/" + willow.String(), Icon: "shift", Action: "pages.read", Count: func(c *web.Ctx, _ record.ID) int { return late[c.Scope.Person] }}}
	h := testkit.New(t, []string{policy}, def)
	nurse, other := h.Browse(nell), h.Browse(nils)
	at, err := url.Parse(other.URL)
	if err != nil {
		t.Fatal(err)
	}
	other.Jar.SetCookies(at, append(other.Jar.Cookies(at), &http.Cookie{Name: "theme", Value: "dark"}))
	late[nell], late[nils] = 3, 4
	for range 2 {
		for b, want := range map[*testkit.Browser][2]string{nurse: {`data-theme-toggle aria-pressed="false"`, `</span>3</span>`}, other: {`data-theme-toggle aria-pressed="true"`, `</span>4</span>`}} {
			body, _ := look(t, b, willow)
			for _, text := range append(want[:], "data-lock-now", `id="messages"`) {
				if !strings.Contains(body, text) {
					t.Errorf("%s is missing in %s", text, body)
				}
			}
		}
	}
	_, gate := nurse.Page("/sign-out")
	res, err := http.Get(nurse.URL + "/nowhere")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	stranger, err := io.ReadAll(res.Body)
	if err != nil || strings.Contains(string(stranger), "data-lock-now") || strings.Contains(gate, "data-lock-now") {
		t.Errorf("a lock where nobody is signed in: %v %s", err, stranger)
	}
}

func TestAFailedDrawingIsNotKept(t *testing.T) {
	h, p := willowHouse(t)
	b := h.Browse(nell)
	p.failing.Store(true)
	if code, _ := b.Page("/board/" + willow.String()); code == http.StatusOK {
		t.Error("a failed drawing is shown")
	}
	look(t, b, willow)
}

// Whoever has filed something sees it at once, however many write and read beside them, and a page never says that it is as of an entry
// that it does not show.
func TestWhoFiledSeesItAtOnce(t *testing.T) {
	h, _ := willowHouse(t)
	var all sync.WaitGroup
	for i := range 6 {
		b := h.Browse([]record.ID{nell, nils, sue}[i%3])
		all.Go(func() {
			for range 25 {
				o := h.Committer.File(context.Background(), testkit.Program(), h.Entry("pages.seen", rafi, &seen{"well"}))[0]
				body, n := look(t, b, willow)
				if int64(n) < o.Seq {
					t.Errorf("entry %d is filed, the page shows %d", o.Seq, n)
				}
				_, after, _ := strings.Cut(body, `data-live-after="`)
				upTo, _, _ := strings.Cut(after, `"`)
				if asOf, err := strconv.Atoi(upTo); err != nil || asOf > n {
					t.Errorf("the page shows %d entries and says it is as of %q", n, upTo)
				}
			}
		})
	}
	all.Wait()
}

// Two processes on one PostgreSQL: what one has filed, the other shows at once, also before it was told.
func TestAnotherProcessShowsItAtOnce(t *testing.T) {
	d, err := db.OpenPostgres(context.Background(), pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("closing the database: %v", err)
		}
	})
	p := &pages{}
	one := testkit.Open(t, d, clock.NewFake(testkit.Start), []string{policy}, p.def())
	two := testkit.Open(t, d, clock.NewFake(testkit.Start), []string{policy}, p.def())
	b := two.Browse(nell)
	var shown []int
	for range 3 {
		say(one, "pages.seen", rafi)
		_, n := look(t, b, willow)
		shown = append(shown, n)
	}
	if !slices.Equal(shown, []int{1, 2, 3}) {
		t.Errorf("the other process shows %v", shown)
	}
}
