package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/live"
	"milieu/kit/record"
)

// hidden is somebody of the other unit whom nobody of the first may see, by a name that nobody else has.
type hidden struct{ chart, entry, unit record.ID }

const hiddenName = "Quillonia"

func (w *town) hide() hidden {
	w.t.Helper()
	h := hidden{chart: record.NewID(begun), unit: w.away.Unit}
	for _, one := range [][2]string{{"clients.registered", fmt.Sprintf(`{"used":%q,"unit":%q}`, hiddenName, h.unit)}, {"clients.admitted", fmt.Sprintf(`{"unit":%q}`, h.unit)}} {
		now := w.clock.Now()
		e := &record.Entry{ID: record.NewID(now), Chart: h.chart, Kind: one[0], Version: 1, Happened: now, Written: now, Body: json.RawMessage(one[1])}
		if o := w.Committer.File(context.Background(), due.Program(), e)[0]; o.Err != nil {
			w.t.Fatal(o.Err)
		}
		h.entry = e.ID
	}
	return h
}

// told is an answer without the ID that was sent, and without what differs at every answer.
func told(out *httptest.ResponseRecorder, id string) string {
	return fmt.Sprint(out.Code, out.Header().Get("Location"), strings.ReplaceAll(out.Body.String(), id, "ID"))
}

var minted = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)

// TestForeignIDsInBodies (F17): a body that names a client or an entry that one may not see is answered like one that names nobody, in every
// field of every kind; and what is filed shows nothing of them.
func TestForeignIDsInBodies(t *testing.T) {
	t.Parallel()
	w := furnish(t, 2)
	secret := w.hide()
	nobody := record.NewID(begun).String()
	tried, filed := 0, 0
	for _, k := range lastly(w.Kinds.All()) {
		if k.Own {
			continue
		}
		for _, role := range []access.Role{access.Worker, access.Nurse} {
			_, chart := w.filer(k, false)
			if w.plan.Policy.Ties(role, k.Action, "", false) == access.Self {
				chart = w.home.Staff[role]
			}
			for _, l := range leaves(k.Type(), nil) {
				if l.typ != idType && l.typ.Kind() != reflect.String {
					continue
				}
				send := func(id string) *httptest.ResponseRecorder {
					form := url.Values{"id": {record.NewID(w.clock.Now()).String()}, "chart": {chart.String()}}
					var body map[string]any
					raw, _ := record.Canonical(k.Example) // every example is tried elsewhere
					if err := json.Unmarshal(raw, &body); err != nil {
						t.Fatal(err)
					}
					fields(form, "", k.Type(), body)
					form.Set(strings.TrimSuffix(l.String(), ".0"), id)
					if k.Name == "record.withdrawn" || k.Name == "record.moved" || k.Name == "record.added" {
						form.Set("amends", record.NewID(begun).String())
						form.Set("amendment", map[string]string{"record.withdrawn": "entered_in_error", "record.moved": "wrong_chart", "record.added": "addendum"}[k.Name])
					}
					return w.post("/entries/"+k.Name, form, w.cookie[role])
				}
				absent := send(nobody)
				want := minted.ReplaceAllString(told(absent, nobody), "ID")
				for _, id := range []string{secret.chart.String(), secret.entry.String()} {
					tried++
					out := send(id)
					if out.Code < 400 {
						filed++
					}
					if got := minted.ReplaceAllString(told(out, id), "ID"); got != want {
						t.Errorf("%s as %s with %s: hidden %.200s\nabsent %.200s", k.Name, role, l, got, want)
					}
				}
			}
		}
	}
	t.Logf("%d tried, %d of them filed, for they name nobody to anybody", tried, filed)
	w.shows(hiddenName)
	w.quiet()
}

// TestForeignIDsAroundBodies (F17): what an entry cites or is filed under.
func TestForeignIDsAroundBodies(t *testing.T) {
	t.Parallel()
	w := furnish(t, 2)
	secret := w.hide()
	k := w.kind("clients.flag_set")
	for _, role := range []access.Role{access.Worker, access.Nurse} {
		e := sample(t, k, w.home.Client[0], w.clock.Now())
		e.Cites = []record.ID{secret.entry}
		f := sample(t, k, w.home.Client[0], w.clock.Now())
		f.Cites = []record.ID{record.NewID(begun)}
		if a, b := w.send(e, role), w.send(f, role); a.Status != b.Status || a.Error != b.Error {
			t.Errorf("citing as %s: hidden %+v, absent %+v", role, a, b)
		}
		// To amend what is in a chart one may not see is refused, whatever chart is said; nothing there changes.
		before := w.Committer.Seq()
		for _, chart := range []record.ID{w.home.Client[0], secret.chart} {
			for _, kind := range []string{"record.withdrawn", "record.moved", "record.added", "clients.registered"} {
				e := sample(t, w.kind(kind), chart, w.clock.Now())
				e.Amends, e.Amendment = secret.entry, map[string]record.Amendment{"record.withdrawn": record.InError, "record.moved": record.WrongChart, "record.added": record.Addendum}[kind]
				if e.Amendment == "" {
					e.Amendment = record.Correction
				}
				if got := w.send(e, role); got.Status == "accepted" {
					t.Errorf("%s as %s changes an entry of a chart that they may not see: %+v", kind, role, got)
				}
			}
		}
		if w.Committer.Seq() != before {
			t.Errorf("as %s: something was filed", role)
		}
	}
	w.shows(hiddenName)
}

// named are the names under which the program's own text reads parameters of queries and forms: a new one is walked without being listed.
func named(t *testing.T) []string {
	t.Helper()
	reads := regexp.MustCompile(`(?:Query\(\)|[fF]orm|FormValue|PathValue)(?:\.Get\(|\(|\[)"([a-z_]+)"`)
	found := map[string]bool{}
	for _, root := range []string{"../kit", "../house", "../care", "../boards"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range reads.FindAllStringSubmatch(string(text), -1) {
				found[m[1]] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// TestForeignIDsInParameters (F17): every parameter of every page and form that takes an ID answers for a hidden client, entry or unit as for none.
func TestForeignIDsInParameters(t *testing.T) {
	t.Parallel()
	w := furnish(t, 2)
	secret := w.hide()
	nobody := record.NewID(begun).String()
	names := named(t)
	if len(names) < 30 {
		t.Fatalf("only %d parameters were found: %v", len(names), names)
	}
	own := []string{w.home.Client[0].String(), w.home.Unit.String()}
	tried := 0
	for _, r := range w.routes() {
		if r.Stream || r.Public || strings.HasPrefix(r.Pattern, "/entries/") || r.Pattern == "/drafts/{name}" || strings.HasPrefix(r.Pattern, "/account") {
			continue // what is streamed is tried by TestForeignLive; entries by their bodies; drafts and accounts by TestOthersOwn
		}
		for _, role := range []access.Role{access.Worker, access.Nurse} {
			for _, path := range w.paths(r.Pattern, own) {
				// All names at once, and a few together where there is one address: one wrong name may hide another.
				sets := [][]string{names}
				if !strings.Contains(r.Pattern, "{") && role == access.Nurse {
					sets = slices.AppendSeq(sets, slices.Chunk(names, 4))
				}
				for _, set := range sets {
					ask := func(id string) *httptest.ResponseRecorder {
						c := w.as(r, role, path)
						values := url.Values{}
						for _, n := range set {
							values.Set(n, id)
							if n == "topic" {
								values.Set(n, "rounds/"+id)
							}
						}
						if r.Method == http.MethodGet {
							c.path += "?" + values.Encode()
						} else {
							c.body = values.Encode()
						}
						out := w.do(c)
						if r.Method != http.MethodGet {
							out.Body.WriteString(w.toast(role))
						}
						return out
					}
					want := minted.ReplaceAllString(told(ask(nobody), nobody), "ID")
					for _, id := range []string{secret.chart.String(), secret.entry.String(), secret.unit.String()} {
						tried++
						out := ask(id)
						if strings.Contains(out.Body.String(), hiddenName) {
							t.Errorf("%s %s as %s with %v: the hidden client is named", r.Method, path, role, set)
						}
						if got := minted.ReplaceAllString(told(out, id), "ID"); got != want {
							t.Errorf("%s %s as %s with %v=%s:\n%s", r.Method, path, role, set, id, differ(want, got))
						}
					}
				}
			}
		}
	}
	t.Logf("%d tried with %d parameters", tried, len(names))
	w.quiet()
}

// TestForeignLive (F17): nobody listens to a unit or chart that they may not see, under any view.
func TestForeignLive(t *testing.T) {
	t.Parallel()
	w := furnish(t, 2)
	secret := w.hide()
	views := []string{"signals", "none"}
	for _, d := range w.Defs {
		views = append(views, slices.Sorted(maps.Keys(d.Views))...)
	}
	for _, view := range views {
		for _, role := range []access.Role{access.Worker, access.Nurse} {
			for _, of := range []string{secret.chart.String(), secret.unit.String(), secret.entry.String(), w.home.Staff[access.Administrator].String(), record.NewID(begun).String(), "", "..", "*", "me/" + secret.unit.String()} {
				ctx, stop := context.WithTimeout(context.Background(), 200*time.Millisecond)
				out := w.within(ctx, call{method: http.MethodGet, path: "/live?topic=" + url.QueryEscape(view+"/"+of), cookies: w.cookie[role]})
				stop()
				if out.Code == http.StatusOK {
					t.Errorf("%s listens to %s of %s", role, view, of)
				}
			}
		}
	}
	if out := w.do(call{method: http.MethodGet, path: "/live?unit=" + secret.unit.String(), token: w.token[access.Worker]}); out.Code == http.StatusOK {
		t.Error("a machine listens to a unit that is not its own")
	}
}

// TestOthersOwn (F17): what one person has begun, or has waiting, another can neither see nor touch, whatever it is called.
func TestOthersOwn(t *testing.T) {
	t.Parallel()
	w := furnish(t, 2)
	put := func(role access.Role, text string) int {
		return w.do(call{method: http.MethodPut, path: "/drafts/handover", cookies: w.cookie[role], kind: "application/json", body: `[["words","` + text + `"]]`}).Code
	}
	if a, b := put(access.Nurse, "the nurse's words"), put(access.Worker, "the worker's words"); a >= 300 || b >= 300 {
		t.Fatal(a, b)
	}
	seen := func(role access.Role) string {
		return w.do(call{method: http.MethodGet, path: "/drafts", cookies: w.cookie[role]}).Body.String()
	}
	if a, b := seen(access.Nurse), seen(access.Worker); strings.Contains(a, "worker's") || strings.Contains(b, "nurse's") || !strings.Contains(a, "nurse's") {
		t.Errorf("drafts: %s | %s", a, b)
	}
	w.do(call{method: http.MethodDelete, path: "/drafts/handover", cookies: w.cookie[access.Worker]})
	if !strings.Contains(seen(access.Nurse), "nurse's") {
		t.Error("one person drops another's draft")
	}
	// A session's own name is no secret to its person, and of no use to another.
	for _, role := range []access.Role{access.Nurse, access.Supervisor, access.Administrator} {
		var session record.ID
		person := w.home.Staff[role]
		if err := w.DB.Read(t.Context()).QueryRow("SELECT id FROM session WHERE person = $1", person[:]).Scan(&session); err != nil {
			t.Fatal(err)
		}
		a := w.post("/account/sessions/"+session.String(), url.Values{}, w.cookie[access.Worker])
		b := w.post("/account/sessions/"+record.NewID(begun).String(), url.Values{}, w.cookie[access.Worker])
		if a.Code != b.Code || a.Body.String() != b.Body.String() {
			t.Errorf("another's session answers %d, none %d", a.Code, b.Code)
		}
		w.clock.Advance(2 * time.Second)
		if out := w.do(call{method: http.MethodGet, path: "/account", cookies: w.cookie[role]}); out.Code != http.StatusOK {
			t.Errorf("a worker ends the session of a %s: %d", role, out.Code)
		}
	}
	// What was refused waits with its author: another unit's client is no chart of the nurse's.
	e := sample(t, w.kind("rounds.checked"), w.away.Client[0], w.clock.Now())
	if got := w.send(e, access.Nurse); got.Status == "accepted" {
		t.Fatal("filed on another unit")
	}
	type note struct {
		id     record.ID
		digest []byte
	}
	var notes []note
	err := db.Each(w.DB.Read(t.Context()), "SELECT id, digest FROM tray", nil, func(r db.Row) error {
		var n note
		defer func() { notes = append(notes, n) }()
		return r.Scan(&n.id, &n.digest)
	})
	if err != nil || len(notes) == 0 {
		t.Fatalf("%d notes wait: %v", len(notes), err)
	}
	for _, n := range notes {
		path := fmt.Sprintf("/waiting/%s/%x", n.id, n.digest)
		absent := fmt.Sprintf("/waiting/%s/%x", record.NewID(begun), n.digest)
		for _, do := range []string{"drop", "give", "again", "done", "resolve"} {
			form := url.Values{"do": {do}, "note": {"no"}}
			a, b := w.post(path, form, w.cookie[access.Worker]), w.post(absent, form, w.cookie[access.Worker])
			if a.Code < 400 || a.Code != b.Code || a.Body.String() != b.Body.String() {
				t.Errorf("%s of another's note: %d %s, of none: %d %s", do, a.Code, a.Body, b.Code, b.Body)
			}
		}
	}
	if out := w.do(call{method: http.MethodGet, path: "/waiting", cookies: w.cookie[access.Worker]}); strings.Contains(out.Body.String(), notes[0].id.String()) {
		t.Error("another's note is shown")
	}
}

// within is do with a context that may end.
func (h *house) within(ctx context.Context, c call) *httptest.ResponseRecorder {
	req := httptest.NewRequest(c.method, "http://milieu.test"+c.path, nil).WithContext(ctx)
	for _, one := range c.cookies {
		req.AddCookie(one)
	}
	out := httptest.NewRecorder()
	h.Site.ServeHTTP(out, req)
	return out
}

// shows fails when a page, a live view or the machine interface shows a text to those who work on the first unit.
func (w *town) shows(text string) {
	w.t.Helper()
	for _, r := range w.routes() {
		if r.Method != http.MethodGet || r.Stream || r.Pattern == "/sign-out" {
			continue
		}
		for _, role := range []access.Role{access.Worker, access.Nurse} {
			for _, path := range w.paths(r.Pattern, []string{w.home.Client[0].String(), w.home.Client[1].String(), w.home.Unit.String(), w.home.Staff[role].String()}) {
				if out := w.do(w.as(r, role, path)); strings.Contains(out.Body.String(), text) {
					w.t.Errorf("%s as %s shows %q", path, role, text)
				}
			}
		}
	}
	for _, d := range w.Defs {
		for name, build := range d.Views {
			changed := []live.Signal{{Seq: w.Committer.Seq(), Chart: w.home.Client[0], Unit: w.home.Unit, Kind: "rounds.checked"}}
			b, _ := build(w.Site)(context.Background(), live.Topic{View: name, Of: w.home.Unit, Viewer: string(access.Nurse)}, changed) // drawn or not: it must not show
			if strings.Contains(string(b), text) {
				w.t.Errorf("live view %s shows %q", name, text)
			}
		}
	}
}
