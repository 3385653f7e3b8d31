package app_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"milieu/app"
	"milieu/app/ward"
	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/signin"
	"milieu/kit/web"
)

// begun is when every house of these tests begins: a Thursday night in autumn, 02:00 UTC.
var begun = time.Date(2026, 11, 19, 2, 0, 0, 0, time.UTC)

// repeat is how often long trials repeat: the short number unless MILIEU_TRIALS asks for the long form.
func repeat(short, long int) int {
	if os.Getenv("MILIEU_TRIALS") != "" {
		return long
	}
	return short
}

// house is the whole program on an empty encrypted database, with its policies as they ship and a clock that a test moves.
type house struct {
	*room.Building
	t     testing.TB
	clock *clock.Fake
	log   *logged
	plan  *room.Plan
}

// logged keeps the log's text for a test to look into.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func thePlan(t testing.TB) *room.Plan {
	t.Helper()
	policies, err := app.Policies()
	if err != nil {
		t.Fatal(err)
	}
	plan, err := room.NewPlan(app.Rooms(nil), policies, nil)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func open(t testing.TB) *house {
	t.Helper()
	return openOn(t, "")
}

// openOn opens the house on a PostgreSQL database; on an encrypted file of its own where no address is given.
func openOn(t testing.TB, database string) *house {
	t.Helper()
	dir := t.TempDir()
	h := &house{t: t, clock: clock.NewFake(begun), log: &logged{}, plan: thePlan(t)}
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if err := app.CreateData(dir, "test.key", "demo", app.NewKeys()); err != nil {
		t.Fatal(err)
	}
	data, err := app.OpenData(context.Background(), dir, "", database, log)
	if err != nil {
		t.Fatal(err)
	}
	if h.Building, err = data.Build(context.Background(), h.clock, log, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Errorf("closing the house: %v", err)
		}
		if err := data.Close(); err != nil {
			t.Errorf("closing the data: %v", err)
		}
	})
	return h
}

// town is a house with two units, people in both, and somebody of each role who works on the first.
type town struct {
	*house
	home, away *ward.Ward
	cookie     map[access.Role][]*http.Cookie
	token      map[access.Role]string
}

func furnish(t testing.TB, beds int) *town {
	t.Helper()
	return furnishIn(open(t), beds)
}

func furnishIn(h *house, beds int) *town {
	t := h.t
	t.Helper()
	w := &town{house: h, cookie: map[access.Role][]*http.Cookie{}, token: map[access.Role]string{}}
	ctx := context.Background()
	for i, o := range []ward.Options{{House: "Alder House", Zone: "America/New_York", Unit: "Cedar", Beds: beds, Seed: 1}, {Zone: "America/New_York", Unit: "Birch", Beds: beds, Seed: 2}} {
		one, err := ward.Furnish(ctx, w.Building, o)
		if err == nil {
			err = one.MoveInMadeUp(ctx, beds)
		}
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			w.home = one
		} else {
			w.away = one
		}
	}
	w.clock.Advance(10 * time.Minute)
	if err := w.home.Run(ctx, w.clock.Now().Add(20*time.Minute)); err != nil {
		t.Fatal(err)
	}
	for role, id := range w.home.Staff {
		token, err := web.NewAPIToken(ctx, w.Committer, w.Clock, id, "test", 48*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		w.token[role] = token
		if role != access.Integration {
			w.cookie[role] = w.signIn(id)
		}
	}
	return w
}

// signIn gives the cookies of a fresh session.
func (h *house) signIn(person record.ID) []*http.Cookie {
	h.t.Helper()
	link, err := signin.NewLink(context.Background(), h.Committer, h.Clock, person, true)
	if err != nil {
		h.t.Fatal(err)
	}
	out := httptest.NewRecorder()
	h.Site.ServeHTTP(out, httptest.NewRequest(http.MethodGet, link, nil))
	if out.Code != http.StatusSeeOther {
		h.t.Fatalf("signing in by a link: %d", out.Code)
	}
	return out.Result().Cookies()
}

// call is one request against the site, without a network.
type call struct {
	method, path string
	cookies      []*http.Cookie
	token        string
	body         string
	kind         string // content type
	head         map[string]string
	script       bool
}

func (h *house) do(c call) *httptest.ResponseRecorder {
	target := c.path
	req, err := http.NewRequest(c.method, "http://milieu.test"+target, strings.NewReader(c.body))
	if err != nil {
		h.t.Fatalf("%s %q: %v", c.method, c.path, err)
	}
	req.RequestURI, req.RemoteAddr = target, "192.0.2.1:1234"
	for _, one := range c.cookies {
		req.AddCookie(one)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.kind != "" {
		req.Header.Set("Content-Type", c.kind)
	}
	if c.script {
		req.Header.Set("Milieu-Fragment", "1")
	}
	for k, v := range c.head {
		req.Header.Set(k, v)
	}
	out := httptest.NewRecorder()
	h.Site.ServeHTTP(out, req)
	return out
}

const formType = "application/x-www-form-urlencoded"

// post sends a form as a page's script does.
func (h *house) post(path string, form url.Values, cookies []*http.Cookie) *httptest.ResponseRecorder {
	return h.do(call{method: http.MethodPost, path: path, cookies: cookies, body: form.Encode(), kind: formType, script: true})
}

// tables are all tables that are worked out from entries.
func (h *house) tables() []string {
	out := due.Tables()
	for _, p := range h.plan.Projections {
		out = append(out, p.Tables...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// dump writes every table that is worked out, row by row, sorted: the same entries give the same text.
func (h *house) dump() map[string]string {
	h.t.Helper()
	out := map[string]string{}
	for _, table := range h.tables() {
		text, err := rowsOf(h.DB.Read(context.Background()), table)
		if err != nil {
			h.t.Fatalf("reading %s: %v", table, err)
		}
		out[table] = text
	}
	return out
}

func rowsOf(q db.Querier, table string) (string, error) {
	rows, err := q.Query("SELECT * FROM " + table)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	columns, err := rows.(interface{ Columns() ([]string, error) }).Columns()
	if err != nil {
		return "", err
	}
	var lines []string
	for rows.Next() {
		values, dest := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			dest[i] = &values[i]
		}
		if err := rows.Scan(dest...); err != nil {
			return "", err
		}
		var cells []string
		for i, v := range values {
			if table == "due" && columns[i] == "alert" || columns[i] == "seq" {
				continue // when the sweeper looks again, and what it told are entries; where in the log an entry came to lie
			}
			if b, ok := v.([]byte); ok && !printable(b) {
				v = fmt.Sprintf("%x", b)
			} else if ok {
				v = string(b)
			}
			cells = append(cells, fmt.Sprintf("%s=%v", columns[i], v))
		}
		lines = append(lines, strings.Join(cells, " "))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n"), rows.Err()
}

func printable(b []byte) bool {
	return !bytes.ContainsFunc(b, func(r rune) bool { return r < ' ' || r == '\uFFFD' })
}

// same compares two dumps and shows the first rows that differ of each table.
func same(t testing.TB, what string, want, got map[string]string) {
	t.Helper()
	for _, table := range slices.Sorted(maps.Keys(want)) {
		if want[table] == got[table] {
			continue
		}
		a, b := strings.Split(want[table], "\n"), strings.Split(got[table], "\n")
		missing, extra := without(a, b), without(b, a)
		t.Errorf("%s: %s differs: %d rows and %d rows\n  only before: %s\n  only after:  %s", what, table, len(a), len(b),
			strings.Join(missing[:min(3, len(missing))], "\n               "), strings.Join(extra[:min(3, len(extra))], "\n               "))
	}
}

func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// routes are all routes there are.
func (h *house) routes() []web.Route { return web.All(h.plan.Routes) }
