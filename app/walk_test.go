package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"milieu/kit/access"
	"milieu/kit/due"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/web"
)

// open to all: every route that needs no sign-in. A new one is added here on purpose, by somebody who has thought about it.
var openToAll = []string{
	"GET /healthz", "GET /sign-in", "POST /sign-in", "GET /sign-out", "POST /sign-out", "GET /welcome/{token}", "POST /welcome/{token}",
	"POST /sign-in/code", "POST /sign-in/setup", "GET /lock", "POST /lock", "POST /unlock", "GET /session", "POST /session/here",
	"GET /sw.js", "GET /device/lock", "GET /device/away",
	// A shared tablet before anybody is signed in: by its own cookie, or proven with what it was lent.
	"GET /device/people", "POST /device/change", "POST /device/resume", "POST /device/returned", "POST /device/standing",
	// Ceremonies of signing in, each bound to the browser that began it.
	"POST /passkey", "POST /passkey/ask", "POST /passkey/ask/confirm", "POST /welcome/{token}/passkey", "POST /welcome/{token}/passkey/ask",
	"GET /sign-in/organisation", "GET /sign-in/organisation/back", "POST /sign-in/organisation/ended", "GET /welcome/{token}/organisation",
}

// mostUnknown is the most that somebody who is not signed in may send: a form that waits for its writer to come back.
const mostUnknown = 1<<20 + 64<<10

var placeholder = regexp.MustCompile(`\{([a-z_]+)(\.\.\.)?\}`)

// ids are what the walk puts into paths: what a worker of the first unit may see, what belongs to another unit, and what is nowhere.
type ids struct{ own, foreign, nowhere []string }

func (w *town) ids() ids {
	w.t.Helper()
	text := func(list ...record.ID) (out []string) {
		for _, id := range list {
			out = append(out, id.String())
		}
		return out
	}
	return ids{
		own:     text(w.home.Client[0], w.home.Unit, w.home.Staff[access.Worker], w.home.Rooms[0].ID, w.home.Beds[0].ID, due.House),
		foreign: text(w.away.Client[0]),
		nowhere: append(text(record.NewID(begun)), "no-id", "..%2f..", "%00", "%ff%fe", strings.Repeat("9", 2000), "018F0000-0000-7000-8000-000000000001", "'%20OR%201=1--"),
	}
}

// paths fills a pattern's places: each value in every place, and with two places the first client beside each value.
func (w *town) paths(pattern string, values []string) []string {
	pattern = strings.TrimSuffix(pattern, "{$}")
	names := placeholder.FindAllString(pattern, -1)
	if len(names) == 0 {
		return []string{pattern}
	}
	var out []string
	for _, v := range values {
		out = append(out, placeholder.ReplaceAllLiteralString(pattern, v))
		if len(names) > 1 {
			first := strings.Replace(pattern, names[0], w.home.Client[0].String(), 1)
			out = append(out, placeholder.ReplaceAllLiteralString(first, v))
			unit := strings.Replace(pattern, names[0], w.home.Unit.String(), 1)
			out = append(out, placeholder.ReplaceAllLiteralString(unit, v))
		}
	}
	return out
}

// as is a route's call by a role: its cookies, or its token where a machine is asked.
func (w *town) as(r web.Route, role access.Role, path string) call {
	c := call{method: r.Method, path: path}
	if r.Token {
		c.token = w.token[role]
	} else {
		c.cookies = w.cookie[role]
	}
	if r.Method != http.MethodGet {
		c.kind = formType
	}
	return c
}

// guarded checks the headers that every answer carries.
func guarded(t *testing.T, what string, h http.Header) {
	t.Helper()
	csp := h.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe-inline") || strings.Contains(csp, "unsafe-eval") || !strings.Contains(csp, "frame-ancestors 'none'") {
		t.Errorf("%s: Content-Security-Policy %q", what, csp)
	}
	if !strings.Contains(csp, "require-trusted-types-for 'script'") || !strings.Contains(csp, "base-uri 'none'") || !strings.Contains(csp, "form-action 'self'") {
		t.Errorf("%s: Content-Security-Policy %q", what, csp)
	}
	if p := h.Get("Permissions-Policy"); !strings.Contains(p, "microphone=()") || !strings.Contains(p, "geolocation=()") || !strings.Contains(p, "camera=(self)") {
		t.Errorf("%s: Permissions-Policy %q", what, p)
	}
	// Nothing of a person stays behind in a browser's cache. The service worker's own script, which is the same for all, is asked for anew.
	if c := h.Get("Cache-Control"); !strings.Contains(c, "no-store") && (c != "no-cache" || what != "GET /sw.js") {
		t.Errorf("%s: Cache-Control %q", what, c)
	}
	for name, want := range map[string]string{"Cross-Origin-Embedder-Policy": "require-corp", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin"} {
		if h.Get(name) != want {
			t.Errorf("%s: %s is %q, not %q", what, name, h.Get(name), want)
		}
	}
}

// TestNothingIsOpenWithoutSigningIn walks every route without a session: nothing but what is listed answers.
func TestNothingIsOpenWithoutSigningIn(t *testing.T) {
	w := furnish(t, 2)
	values := w.ids()
	for _, r := range w.routes() {
		name := r.Method + " " + r.Pattern
		if r.Public != slices.Contains(openToAll, name) {
			t.Errorf("%s: public %v, but the reviewed list says otherwise", name, r.Public)
		}
		if r.Public && r.Method != http.MethodGet && (r.MaxBody == 0 || r.MaxBody > mostUnknown) {
			t.Errorf("%s takes in %d bytes from anybody", name, r.MaxBody)
		}
		for _, path := range w.paths(r.Pattern, append(slices.Clone(values.own[:2]), values.nowhere[0])) {
			for _, c := range []call{{method: r.Method, path: path}, {method: r.Method, path: path, token: "x"}, {method: r.Method, path: path, cookies: []*http.Cookie{{Name: "milieu", Value: "x"}}}} {
				out := w.do(c)
				guarded(t, name, out.Header())
				switch {
				case out.Code >= 500:
					t.Errorf("%s: %d %s", name, out.Code, out.Body)
				case r.Public:
				case r.Method == http.MethodGet && out.Code == http.StatusSeeOther && out.Header().Get("Location") == "/sign-in":
				case out.Code == http.StatusUnauthorized:
				default:
					t.Errorf("%s answers %d to somebody who is not signed in", name, out.Code)
				}
				if strings.Contains(out.Body.String(), w.home.Client[0].String()) && !strings.Contains(path, w.home.Client[0].String()) {
					t.Errorf("%s names a client to somebody who is not signed in", name)
				}
			}
		}
		if r.Token { // a session is no token
			if out := w.do(call{method: r.Method, path: w.paths(r.Pattern, values.own[:1])[0], cookies: w.cookie[access.Supervisor]}); out.Code != http.StatusUnauthorized {
				t.Errorf("%s takes a session for a token: %d", name, out.Code)
			}
		}
	}
	if out := w.do(call{method: "GET", path: "/"}); out.Code != http.StatusSeeOther && out.Code != http.StatusNotFound {
		t.Errorf("the first page signed out: %d", out.Code)
	}
}

// TestEveryRouteByEveryRole walks every route as every role: no failure of ours, and nothing for a role without the action.
func TestEveryRouteByEveryRole(t *testing.T) {
	w := furnish(t, 2)
	values := w.ids()
	for _, r := range w.routes() {
		name := r.Method + " " + r.Pattern
		if r.Pattern == "/sign-out" {
			continue // ends the walk's own sessions
		}
		for _, role := range access.Roles {
			if role == access.Integration && !r.Token && !r.Either {
				continue // a machine has no session
			}
			some := values.own[:3]
			if role == access.Worker || role == access.Supervisor || role == access.Administrator {
				some = slices.Concat(values.own, values.foreign, values.nowhere)
			}
			if id := w.home.Staff[role]; !r.Token && !id.IsZero() && role != access.Integration {
				w.cookie[role] = w.signIn(id) // what was walked before may have ended or locked the session
			}
			for _, path := range w.paths(r.Pattern, some) {
				out := w.do(w.as(r, role, path))
				guarded(t, name, out.Header())
				if out.Code >= 500 {
					t.Errorf("%s as %s at %s: %d %s", name, role, path, out.Code, out.Body)
				}
				if !r.Public && !w.plan.Policy.Allows(role, r.Action) && out.Code != http.StatusForbidden && out.Code != http.StatusNotFound &&
					!(r.Pattern == "/{$}" && out.Code == http.StatusSeeOther) { // from the front door everybody is led to a place of their own
					t.Errorf("%s as %s, who may not %s: %d", name, role, r.Action, out.Code)
				}
			}
		}
	}
	w.quiet()
}

// quiet fails when the log tells of an error: what a person sends is never a failure of ours.
func (h *house) quiet() {
	h.t.Helper()
	for line := range strings.SplitSeq(h.log.String(), "\n") {
		if strings.HasPrefix(line, "level=ERROR") {
			h.t.Errorf("the log says: %.600s", line)
		}
	}
}

// TestForeignIsLikeAbsent: a client of another unit is answered like one that does not exist, on every route and for every kind.
func TestForeignIsLikeAbsent(t *testing.T) {
	w := furnish(t, 2)
	foreign, absent := w.away.Client[0].String(), record.NewID(begun).String()
	// What tells nothing: the address asked for, and the time of day.
	plain := func(out *httptest.ResponseRecorder, id string) string {
		return strings.ReplaceAll(out.Body.String(), id, "ID")
	}
	for _, r := range w.routes() {
		if r.Stream || r.Pattern == "/sign-out" || r.Pattern == "/entries/{kind}" {
			continue
		}
		if !strings.Contains(r.Pattern, "{") || strings.HasSuffix(r.Pattern, "/{$}") {
			continue
		}
		for _, role := range []access.Role{access.Worker, access.Nurse, access.Clinician, access.CaseManager} {
			there, nowhere := w.paths(r.Pattern, []string{foreign}), w.paths(r.Pattern, []string{absent})
			for i := range there {
				a := w.do(w.as(r, role, there[i]))
				saidA := w.toast(role)
				b := w.do(w.as(r, role, nowhere[i]))
				saidB := w.toast(role)
				if a.Code != b.Code || plain(a, foreign) != plain(b, absent) || saidA != saidB {
					t.Errorf("%s %s as %s: foreign %d, absent %d:\n%s", r.Method, there[i], role, a.Code, b.Code, differ(plain(a, foreign), plain(b, absent)))
				}
				if a.Code < 400 && r.Method == http.MethodGet {
					t.Errorf("%s %s as %s answers %d", r.Method, there[i], role, a.Code)
				}
			}
		}
	}
	before := w.Committer.Seq()
	for _, k := range w.Kinds.All() {
		for _, role := range []access.Role{access.Worker, access.Nurse} {
			a, b := w.try(k, role, w.away.Client[0]), w.try(k, role, record.NewID(begun))
			if a.Code != b.Code || a.Body.String() != b.Body.String() || a.Code < 400 {
				t.Errorf("filing %s as %s: foreign %d, absent %d:\n%.300s\n%.300s", k.Name, role, a.Code, b.Code, a.Body, b.Body)
			}
			x, y := w.tryAPI(k, role, w.away.Client[0]), w.tryAPI(k, role, record.NewID(begun))
			if x.Status != y.Status || x.Error != y.Error || x.Status == "accepted" {
				t.Errorf("filing %s by the machine interface as %s: foreign %+v, absent %+v", k.Name, role, x, y)
			}
		}
	}
	if got := w.Committer.Seq(); got != before {
		t.Errorf("%d entries were filed", got-before)
	}
	w.quiet()
}

// toast takes what the next page would say back to somebody.
func (w *town) toast(role access.Role) string {
	out := w.do(call{method: http.MethodGet, path: "/account", cookies: w.cookie[role]})
	_, rest, _ := strings.Cut(out.Body.String(), `id="toasts"`)
	said, _, _ := strings.Cut(rest, "<script")
	return said
}

// TestBeginningTellsNothing: a beginning aimed at a chart that one may not see is answered like one that would put somebody on a unit of others, and
// whatever is wrong with it is told alike. Only where everything is right does the free ID take the chart that begins with it.
func TestBeginningTellsNothing(t *testing.T) {
	w := furnish(t, 2)
	register := func(chart, unit record.ID, name string) *record.Entry {
		raw := fmt.Appendf(nil, `{"used":%q,"unit":%q}`, name, unit)
		return &record.Entry{ID: record.NewID(w.clock.Now()), Chart: chart, Kind: "clients.registered", Version: 1, Happened: w.clock.Now(), Written: w.clock.Now(), Body: raw}
	}
	// Somebody of the other unit who left the house long ago: nobody's unit now, and still nobody's of the first.
	gone := record.NewID(begun)
	for i, body := range []string{fmt.Sprintf(`{"used":"Lou","unit":%q}`, w.away.Unit), fmt.Sprintf(`{"unit":%q}`, w.away.Unit), `{"destination":"home"}`} {
		at := begun.Add(time.Duration(i-60) * 24 * time.Hour)
		e := &record.Entry{ID: record.NewID(at), Chart: gone, Kind: []string{"clients.registered", "clients.admitted", "clients.discharged"}[i], Version: 1, Happened: at, Written: at, Body: json.RawMessage(body)}
		if o := w.Committer.File(context.Background(), due.Program(), e)[0]; o.Err != nil {
			t.Fatal(o.Err)
		}
	}
	if unit := w.Directory.UnitOf(gone); !unit.IsZero() || !w.Directory.Knows(gone) {
		t.Fatalf("who was discharged is on unit %s", unit)
	}
	byForm := func(e *record.Entry, role access.Role) (int, string) {
		var body map[string]any
		if err := json.Unmarshal(e.Body, &body); err != nil {
			t.Fatal(err)
		}
		form := url.Values{"id": {e.ID.String()}, "chart": {e.Chart.String()}}
		fields(form, "", w.kind(e.Kind).Type(), body)
		out := w.post("/entries/"+e.Kind, form, w.cookie[role])
		return out.Code, out.Body.String()
	}
	byMachine := func(e *record.Entry, role access.Role) (int, string) {
		got := w.send(e, role)
		return len(got.Status), got.Status + " " + got.Error.Kind + " " + got.Error.Text
	}
	// The outbox has no sight of its own to ask: what it carries is judged by admission alone.
	byOutbox := func(e *record.Entry, role access.Role) (int, string) {
		o := w.Committer.File(context.Background(), record.Sender{Person: w.home.Staff[role], Device: "phone", Via: record.ViaOutbox}, e)[0]
		return int(fault.KindOf(o.Err)), fmt.Sprint(o.Status, o.Err)
	}
	for door, file := range map[string]func(*record.Entry, access.Role) (int, string){"form": byForm, "machine": byMachine, "outbox": byOutbox} {
		for _, role := range []access.Role{access.Worker, access.Nurse, access.Clinician} {
			for _, hidden := range []record.ID{w.away.Client[0], gone} {
				before := w.Committer.Seq()
				here, nowhere, empty := w.home.Unit, w.away.Unit, ""
				code, told := file(register(hidden, here, "Sol"), role)
				if other, words := file(register(record.NewID(begun), nowhere, "Sol"), role); code != other || told != words {
					t.Errorf("%s as %s: a hidden chart %d %s, a unit of others %d %s", door, role, code, told, other, words)
				}
				code, told = file(register(hidden, here, empty), role)
				if other, words := file(register(record.NewID(begun), here, empty), role); code != other || told != words {
					t.Errorf("%s as %s, without a name: hidden %d %s, free %d %s", door, role, code, told, other, words)
				}
				// No other kind begins a chart.
				for _, kind := range []string{"clients.described", "clients.admitted", "clients.flag_set", "rounds.checked"} {
					e := sample(t, w.kind(kind), record.NewID(begun), w.clock.Now())
					f := sample(t, w.kind(kind), hidden, w.clock.Now())
					if kind == "clients.admitted" {
						e.Body = fmt.Appendf(nil, `{"unit":%q}`, w.home.Unit)
						f.Body = e.Body
					}
					code, told := file(f, role)
					if other, words := file(e, role); code != other || told != words {
						t.Errorf("%s as %s, %s: hidden %d %s, absent %d %s", door, role, kind, code, told, other, words)
					}
				}
				if n := w.Committer.Seq() - before; n != 0 {
					t.Errorf("%s as %s: %d entries were filed", door, role, n)
				}
			}
			free := record.NewID(begun)
			e := register(free, w.home.Unit, "Sol")
			again := *e
			if code, told := file(e, role); w.Directory.UnitOf(free) != w.home.Unit {
				t.Errorf("%s as %s, beginning a chart: %d %s", door, role, code, told)
			}
			before := w.Committer.Seq()
			if _, told := file(&again, role); w.Committer.Seq() != before || strings.Contains(told, "rejected") {
				t.Errorf("%s as %s, sent again: %s", door, role, told)
			}
		}
	}
	w.quiet()
}

func (w *town) kind(name string) *record.Kind {
	w.t.Helper()
	k, err := w.Kinds.Find(name)
	if err != nil {
		w.t.Fatal(err)
	}
	return k
}

// differ shows where two texts part.
func differ(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return a[max(0, i-80):min(len(a), i+200)] + "\n" + b[max(0, i-80):min(len(b), i+200)]
}

// try files a kind's example into a chart by a page's form.
func (w *town) try(k *record.Kind, role access.Role, chart record.ID) *httptest.ResponseRecorder {
	return w.tryEntry(k, sample(w.t, k, chart, w.clock.Now()), role)
}

// tryEntry files an entry by a page's form.
func (w *town) tryEntry(k *record.Kind, e *record.Entry, role access.Role) *httptest.ResponseRecorder {
	form := url.Values{"id": {e.ID.String()}, "chart": {e.Chart.String()}}
	var body map[string]any
	if err := json.Unmarshal(e.Body, &body); err != nil {
		w.t.Fatal(err)
	}
	fields(form, "", k.Type(), body)
	return w.post("/entries/"+k.Name, form, w.cookie[role])
}

type apiAnswer struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Seq    int64  `json:"seq"`
	Error  struct {
		Kind string `json:"kind"`
		Text string `json:"text"`
	} `json:"error"`
}

// machine is how the machine interface wants an entry.
func machine(e *record.Entry) map[string]any {
	m := map[string]any{"id": e.ID, "chart": e.Chart, "kind": e.Kind, "version": e.Version, "happened": e.Happened, "written": e.Written, "body": e.Body}
	if !e.Amends.IsZero() {
		m["amends"], m["amendment"] = e.Amends, e.Amendment
	}
	if len(e.Cites) > 0 {
		m["cites"] = e.Cites
	}
	return m
}

func (w *town) tryAPI(k *record.Kind, role access.Role, chart record.ID) apiAnswer {
	w.t.Helper()
	return w.send(sample(w.t, k, chart, w.clock.Now()), role)
}

// send files an entry by the machine interface.
func (w *town) send(e *record.Entry, role access.Role) apiAnswer {
	w.t.Helper()
	raw, err := json.Marshal([]any{machine(e)})
	if err != nil {
		w.t.Fatal(err)
	}
	out := w.do(call{method: "POST", path: "/api/entries", token: w.token[role], body: string(raw), kind: "application/json"})
	var got []apiAnswer
	if err := json.Unmarshal(out.Body.Bytes(), &got); err != nil || len(got) != 1 {
		w.t.Fatalf("filing %s: %d %s", e.Kind, out.Code, out.Body)
	}
	return got[0]
}

// TestNothingIsTakenFromAnotherSite: whatever changes something is refused when another site's page sent it.
func TestNothingIsTakenFromAnotherSite(t *testing.T) {
	w := furnish(t, 2)
	before := w.Committer.Seq()
	for _, r := range w.routes() {
		if r.Method == http.MethodGet || r.Token {
			continue
		}
		for _, head := range []map[string]string{{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://elsewhere.test"}, {"Origin": "null"}} {
			for _, path := range w.paths(r.Pattern, w.ids().own[:2]) {
				c := w.as(r, access.Supervisor, path)
				c.head = head
				if out := w.do(c); out.Code != http.StatusForbidden {
					t.Errorf("%s %s with %v: %d", r.Method, path, head, out.Code)
				}
			}
		}
	}
	if w.Committer.Seq() != before {
		t.Error("something was filed")
	}
}

// TestQueriesNeverFail sends hostile values in every parameter a page or the machine interface might read.
func TestQueriesNeverFail(t *testing.T) {
	w := furnish(t, 2)
	names := []string{"sort", "order", "dir", "filter", "q", "search", "name", "date", "day", "from", "to", "at", "after", "before", "limit", "offset", "page", "unit", "chart", "id",
		"kind", "shift", "person", "view", "tab", "topic", "state", "level", "theme", "then", "set", "all", "month", "week", "year", "room", "bed", "merge", "with", "part", "n", "step", "back", "night", "hours"}
	values := append([]string{"", "-1", "99999999999999999999", "1e9", "'; DROP TABLE entry; --", "\" OR 1=1 --", "id DESC; SELECT 1", "(SELECT 1)", "%", "\x00", "\xff\xfe", "\u202egnp.exe",
		"2026-02-30", "0000-00-00", "9999-12-31T23:59:59Z", "-292277022399-01-01", "<script>xq9</script>", "../../etc/passwd", "//elsewhere.test", strings.Repeat("A", 9000), strings.Repeat("(", 500)}, w.ids().own[0], w.ids().own[1], w.ids().foreign[0])
	for _, r := range w.routes() {
		if r.Method != http.MethodGet || r.Pattern == "/sign-out" {
			continue
		}
		role := access.Supervisor
		if r.Action != "" && !w.plan.Policy.Allows(role, r.Action) {
			role = access.Administrator
		}
		path := w.paths(r.Pattern, w.ids().own[:2])
		for i, v := range values {
			query := url.Values{}
			for _, n := range names {
				query.Set(n, v)
			}
			if r.Stream { // a recorder would listen for ever to a topic that exists
				query.Del("topic")
				query.Del("unit")
			}
			out := w.do(w.as(r, role, path[i%len(path)]+"?"+query.Encode()))
			if out.Code >= 500 {
				t.Errorf("%s with %q: %d %.300s", r.Pattern, v, out.Code, out.Body)
			}
			if strings.Contains(out.Body.String(), "<script>xq9") {
				t.Errorf("%s gives a parameter back unescaped", r.Pattern)
			}
			if to := out.Header().Get("Location"); strings.HasPrefix(to, "//") || strings.Contains(to, "elsewhere") && !strings.HasPrefix(to, "/") {
				t.Errorf("%s leads to %s", r.Pattern, to)
			}
		}
		for i, raw := range []string{"%zz", "a;b", "=&=&", "q=%", strings.Repeat("a=1&", 3000), "q[]=1&q[x]=2"} {
			if out := w.do(w.as(r, role, path[i%len(path)]+"?"+raw)); out.Code >= 500 {
				t.Errorf("%s with %.40q: %d", r.Pattern, raw, out.Code)
			}
		}
	}
	w.quiet()
	var n int64
	if err := w.DB.Read(context.Background()).QueryRow("SELECT COUNT(*) FROM entry").Scan(&n); err != nil || n != w.Committer.Seq() {
		t.Errorf("%d entries of %d: %v", n, w.Committer.Seq(), err)
	}
}
