package app_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"

	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/live"
	"milieu/kit/record"
)

// leaf is one place in a body that takes a value: its JSON path, with "0" for the first of a list.
type leaf struct {
	path []string
	typ  reflect.Type
}

func (l leaf) String() string { return strings.Join(l.path, ".") }

var (
	timeType = reflect.TypeFor[time.Time]()
	idType   = reflect.TypeFor[record.ID]()
)

// leaves lists every place of a body's struct.
func leaves(t reflect.Type, at []string) []leaf {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == timeType || t == idType:
	case t.Kind() == reflect.Struct:
		var out []leaf
		for f := range t.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			switch {
			case f.Anonymous && name == "":
				out = append(out, leaves(f.Type, at)...)
			case name != "" && name != "-" && f.IsExported():
				out = append(out, leaves(f.Type, append(slices.Clone(at), name))...)
			}
		}
		return out
	case t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
		return leaves(t.Elem(), append(slices.Clone(at), "0"))
	case t.Kind() == reflect.Map:
		return leaves(t.Elem(), append(slices.Clone(at), "doors"))
	}
	return []leaf{{slices.Clone(at), t}}
}

const hole = "\x01hole\x01"

// holed is a kind's example as JSON with one place cut out.
func holed(t testing.TB, k *record.Kind, l leaf) string {
	t.Helper()
	raw, err := record.Canonical(k.Example)
	if err != nil {
		t.Fatal(err)
	}
	var body any
	if err := json.Unmarshal(raw, &body); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(put(body, l.path, hole))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func put(at any, path []string, v any) any {
	if len(path) == 0 {
		return v
	}
	if path[0] == "0" {
		list, _ := at.([]any)
		if len(list) == 0 {
			list = []any{nil}
		}
		list[0] = put(list[0], path[1:], v)
		return list
	}
	m, _ := at.(map[string]any)
	if m == nil {
		m = map[string]any{}
	}
	m[path[0]] = put(m[path[0]], path[1:], v)
	return m
}

// filled puts raw JSON into the place that was cut out.
func filled(body, raw string) string {
	quoted, _ := json.Marshal(hole)
	return strings.Replace(body, string(quoted), raw, 1)
}

// brokenJSON is what no field should take, and what only some may.
var brokenJSON = []string{
	`"\ud800"`, `"\udc00x"`, `"\u0000"`, "\"a\x00b\"", "\"\xff\xfe\"", "\"\xed\xa0\x80\"", `"\u202e\u2066gnp.exe"`, `""`, `" "`, `null`, `true`, `[]`, `{}`, `{"a":1,"a":2}`, `[[[[[[[[1]]]]]]]]`,
	`1e999`, `-1`, `9223372036854775808`, `0.1`, `"0001-01-01T00:00:00Z"`, `"9999-12-31T23:59:59.999999999Z"`, `"10000-01-01T00:00:00Z"`, `"2026-02-30"`, `"00000000-0000-0000-0000-000000000000"`,
	`"ffffffff-ffff-ffff-ffff-ffffffffffff"`, `"` + strings.Repeat("A", 70_000) + `"`, `"` + strings.Repeat("\\u0301", 3000) + `"`, strings.Repeat("[", 12_000) + strings.Repeat("]", 12_000), `"unfinished`, `}`, `,`,
}

var brokenText = []string{
	"\xff\xfe", "\xed\xa0\x80", "a\x00b", "\u202e\u2066gnp.exe", " ", "-1", "9223372036854775808", "1e999", "NaN", "0.1", "true", "2026-02-30", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z",
	"ffffffff-ffff-ffff-ffff-ffffffffffff", `{"a":{"b":[1,2]}}`, `[[[[1`, strings.Repeat("A", 70_000), strings.Repeat("\u0301", 3000), strings.Repeat("[", 12_000), "\r\n\r\n", "%zz",
}

// filers are the roles that file in these tests, the one that may most first.
var filers = []access.Role{access.Supervisor, access.Nurse, access.Administrator, access.Clinician, access.Prescriber, access.Worker, access.CaseManager, access.Coordinator, access.Integration}

// filer is who may file a kind here, and in which chart: never one of those who carry the tests on.
func (w *town) filer(k *record.Kind, api bool) (access.Role, record.ID) {
	chart := map[string]record.ID{"client": w.home.Client[1], "staff": w.home.Floor[len(w.home.Floor)-1], "place": w.home.Unit, "house": due.House, "any": w.home.Client[1]}[k.Chart]
	for _, role := range filers {
		if api && !w.plan.Policy.Allows(role, "api.file") || !api && role == access.Integration {
			continue
		}
		switch ties := w.plan.Policy.Ties(role, k.Action, "", false); {
		case ties.Has(access.Team | access.House):
			return role, chart
		case ties.Has(access.Self):
			return role, w.home.Staff[role]
		}
	}
	return access.Worker, chart
}

// lastly sorts kinds so that what ends a stay, a job or a place comes when nothing else needs it.
func lastly(kinds []*record.Kind) []*record.Kind {
	ends := func(k *record.Kind) int {
		for _, word := range []string{"left", "closed", "discharged", "merged", "unassigned"} {
			if strings.Contains(k.Name, word) {
				return 1
			}
		}
		return 0
	}
	out := slices.Clone(kinds)
	slices.SortStableFunc(out, func(a, b *record.Kind) int { return ends(a) - ends(b) })
	return out
}

// emptyTray makes room: a broken machine's tray has a limit, which is under test elsewhere.
func (h *house) emptyTray() {
	h.t.Helper()
	if err := h.Committer.Upkeep(context.Background(), func(tx db.Tx) error { return tx.Exec("DELETE FROM tray") }); err != nil {
		h.t.Fatal(err)
	}
}

// TestBrokenValuesInEveryField sends what is malformed, truncated, out of range and oversized in every field of every kind, by the machine
// interface and by the form: a clear refusal or an entry, never a failure, and nothing half done.
func TestBrokenValuesInEveryField(t *testing.T) {
	t.Parallel()
	w := furnish(t, 2)
	taken, sent := 0, 0
	for _, k := range lastly(w.Kinds.All()) {
		w.clock.Advance(time.Second)
		role, chart := w.filer(k, true)
		places := leaves(k.Type(), nil)
		for _, raw := range brokenJSON {
			var items []string
			for _, l := range places {
				e := dress(&record.Entry{ID: record.NewID(w.clock.Now()), Chart: chart, Kind: k.Name, Version: k.Version, Happened: w.clock.Now(), Written: w.clock.Now(), Body: json.RawMessage(`"` + "BODY" + `"`)}, record.NewID(begun))
				one, err := json.Marshal(machine(e))
				if err != nil {
					t.Fatal(err)
				}
				items = append(items, strings.Replace(string(one), `"BODY"`, filled(holed(t, k, l), raw), 1))
			}
			before := w.Committer.Seq()
			out := w.do(call{method: http.MethodPost, path: "/api/entries", token: w.token[role], body: "[" + strings.Join(items, ",") + "]", kind: "application/json"})
			sent += len(items)
			if out.Code >= 500 {
				t.Errorf("%s with %.30q: %d %.300s", k.Name, raw, out.Code, out.Body)
			}
			n := w.accepted(out.Body.Bytes())
			if filed := w.Committer.Seq() - before; filed < int64(n) || n == 0 && filed != 0 {
				t.Errorf("%s with %.30q: %d said to be accepted, %d filed", k.Name, raw, n, filed)
			}
			taken += n
		}
		w.emptyTray()
		role, chart = w.filer(k, false)
		for i, l := range places {
			for j, v := range brokenText {
				if (i+j)%repeat(4, 1) != 0 {
					continue // each value somewhere in each kind; all of them everywhere in the long form
				}
				form := url.Values{"id": {record.NewID(w.clock.Now()).String()}, "chart": {chart.String()}}
				var body map[string]any
				raw, _ := record.Canonical(k.Example)
				if err := json.Unmarshal(raw, &body); err != nil {
					t.Fatal(err)
				}
				fields(form, "", k.Type(), body)
				form.Set(strings.TrimSuffix(l.String(), ".0"), v)
				before := w.Committer.Seq()
				out := w.post("/entries/"+k.Name, form, w.cookie[role])
				sent++
				if filed := w.Committer.Seq() - before; out.Code >= 500 || out.Code >= 400 && filed != 0 || out.Code < 300 && filed == 0 {
					t.Errorf("%s with %s=%.30q: %d and %d filed: %.300s", k.Name, l, v, out.Code, filed, out.Body)
				}
			}
		}
	}
	t.Logf("%d sent, %d of them taken as they are by the machine interface", sent, taken)
	w.quiet()
	w.replay("after broken values")
}

func (h *house) accepted(answer []byte) int {
	var list []apiAnswer
	_ = json.Unmarshal(answer, &list) // an error is no list
	n := 0
	for _, a := range list {
		if a.Status == "accepted" {
			n++
		}
	}
	return n
}

// hostile are texts that would run, break out or be obeyed somewhere if they were not only text. Each carries a mark to look for.
var hostile = []string{
	`"'><xq9 onxq9=1><script>xq9()</script><img src=xq9 onerror=xq9()></textarea></title></template><!--{{xq9}}${xq9}<% xq9 %>=HYPERLINK("xq9")'); DROP TABLE entry;--`,
	`javascript:xq9()`,
	`"><xq9>`,
	`' onxq9='`,
	"=1+xq9|cmd\u2028xq9\u202e\u0007",
	`{0}{1}{name}⟦xq9⟧`,
}

// TestHostileTextStaysText fills every text of every kind with hostile strings, draws every page that might show them, and reads them back.
func TestHostileTextStaysText(t *testing.T) {
	t.Parallel()
	w := furnish(t, 2)
	planted := map[string]string{} // entry → body as sent
	placed := 0
	before := w.Committer.Seq()
	for _, k := range lastly(w.Kinds.All()) {
		if strings.HasSuffix(k.Name, ".discharged") || strings.HasSuffix(k.Name, "unit_closed") || k.Own {
			continue // nobody would be left to be shown
		}
		for _, l := range leaves(k.Type(), nil) {
			if l.typ.Kind() != reflect.String {
				continue
			}
			w.clock.Advance(time.Second)
			taken := false
			for _, v := range hostile {
				raw, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				id, body, ok := w.plant(k, filled(holed(t, k, l), string(raw)))
				if !ok {
					continue
				}
				taken = true
				planted[id] = body
			}
			if taken {
				placed++
			}
		}
	}
	if placed < 40 {
		t.Errorf("only %d texts took something hostile", placed)
	}
	t.Logf("%d texts in %d entries", placed, len(planted))
	w.readBack(planted)
	w.sayBack()
	for _, chart := range w.home.Client {
		e := &record.Entry{ID: record.NewID(w.clock.Now()), Chart: chart, Kind: "clients.described", Version: 1, Happened: w.clock.Now(), Written: w.clock.Now(), Body: json.RawMessage(`{"part":"names","used":"=1+xq9|cmd"}`)}
		if o := w.Committer.File(context.Background(), due.Program(), e)[0]; o.Err != nil {
			t.Errorf("nobody is called by a formula: %v", o.Err)
		}
	}
	w.drawAll()
	w.drawLive(before)
	w.quiet()
}

// plant files a body by the machine interface, or by the program where no machine may.
func (w *town) plant(k *record.Kind, body string) (id, sent string, ok bool) {
	w.t.Helper()
	_, chart := w.filer(k, false)
	e := dress(&record.Entry{ID: record.NewID(w.clock.Now()), Chart: chart, Kind: k.Name, Version: k.Version, Happened: w.clock.Now(), Written: w.clock.Now(), Body: json.RawMessage(body)}, record.NewID(begun))
	o := w.Committer.File(context.Background(), record.Sender{Person: w.home.Staff[access.Supervisor], Role: "supervisor", Device: "test", Via: record.ViaProgram}, e)[0]
	return e.ID.String(), body, o.Err == nil
}

// readBack reads every chart through the machine interface and compares what was planted, byte for byte.
func (w *town) readBack(planted map[string]string) {
	w.t.Helper()
	found := 0
	for _, chart := range []record.ID{w.home.Client[1], w.home.Floor[len(w.home.Floor)-1], w.home.Unit, due.House, w.home.Staff[access.Supervisor]} {
		for after := int64(0); ; {
			out := w.do(call{method: http.MethodGet, path: fmt.Sprintf("/api/charts/%s/entries?after=%d", chart, after), token: w.token[access.Supervisor]})
			var list []struct {
				Seq  int64           `json:"seq"`
				ID   string          `json:"id"`
				Body json.RawMessage `json:"body"`
			}
			if err := json.Unmarshal(out.Body.Bytes(), &list); err != nil {
				w.t.Fatalf("reading chart %s: %d %v", chart, out.Code, err)
			}
			if len(list) == 0 {
				break
			}
			for _, e := range list {
				after = e.Seq
				want, ok := planted[e.ID]
				if !ok {
					continue
				}
				found++
				var a, b any
				if json.Unmarshal([]byte(want), &a) != nil || json.Unmarshal(e.Body, &b) != nil || !within(a, b) {
					w.t.Errorf("sent %s\ngot  %s", want, e.Body)
				}
			}
		}
	}
	if found < len(planted)*9/10 {
		w.t.Errorf("%d of %d planted entries were read back", found, len(planted))
	}
}

// within says that everything in a stands in b: b may have more, the defaults.
func within(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		m, _ := b.(map[string]any)
		for k, v := range a {
			if !within(v, m[k]) && !reflect.ValueOf(&v).Elem().IsZero() {
				return false
			}
		}
		return true
	case []any:
		list, _ := b.([]any)
		return len(list) == len(a) && !slices.ContainsFunc(a, func(v any) bool {
			return !within(v, list[slices.IndexFunc(a, func(o any) bool { return reflect.DeepEqual(o, v) })])
		})
	case string:
		if s, ok := b.(string); ok {
			return s == a
		}
		return a == ""
	case nil:
		return true
	case float64:
		return a == 0 || reflect.DeepEqual(a, b)
	case bool:
		return !a || a == b
	}
	return reflect.DeepEqual(a, b)
}

// drawAll draws every page there is, as those who see most, and looks for hostile text that came alive.
func (w *town) drawAll() {
	w.t.Helper()
	values := []string{w.home.Client[1].String(), w.home.Client[0].String(), w.home.Unit.String(), w.home.Floor[len(w.home.Floor)-1].String(), w.home.Rooms[0].ID.String()}
	shown, sheets := 0, 0
	for _, r := range w.routes() {
		if r.Method != http.MethodGet || r.Stream || r.Pattern == "/sign-out" || r.Token {
			continue
		}
		for _, role := range []access.Role{access.Supervisor, access.Nurse, access.Administrator, access.Auditor} {
			if w.home.Staff[role].IsZero() {
				continue
			}
			w.cookie[role] = w.signIn(w.home.Staff[role]) // what was drawn before may have ended or locked the session
			for _, path := range w.paths(r.Pattern, values) {
				out := w.do(w.as(r, role, path))
				if out.Code >= 500 {
					w.t.Errorf("%s as %s: %d", path, role, out.Code)
				}
				kind := out.Header().Get("Content-Type")
				switch {
				case strings.Contains(kind, "html"):
					shown += w.inert(role, path, out.Body.String())
				case strings.Contains(kind, "javascript"), strings.Contains(kind, "svg"), strings.Contains(kind, "xml"):
					if strings.Contains(out.Body.String(), "xq9") {
						w.t.Errorf("%s as %s: hostile text in %s", path, role, kind)
					}
				}
				for _, sheet := range []string{"?as=csv", "?format=csv", "?export=csv"} {
					if out := w.do(w.as(r, role, path+sheet)); strings.HasPrefix(out.Header().Get("Content-Type"), "text/csv") {
						sheets += w.noFormula(role, path+sheet, out)
					}
				}
			}
		}
	}
	if sheets == 0 {
		w.t.Error("no hostile text was seen in any sheet")
	}
	if shown < 20 {
		w.t.Errorf("hostile text was seen only %d times on all pages: the test looks at the wrong ones", shown)
	}
	w.t.Logf("hostile text was shown %d times", shown)
}

// noFormula reads a sheet as a spreadsheet does and counts the cells with hostile text: none begins as a formula does, and the file is kept and
// not shown.
func (w *town) noFormula(role access.Role, path string, out *httptest.ResponseRecorder) (seen int) {
	w.t.Helper()
	if !strings.HasPrefix(out.Header().Get("Content-Disposition"), "attachment") {
		w.t.Errorf("%s as %s is shown in the browser", path, role)
	}
	rows, err := csv.NewReader(out.Body).ReadAll()
	if err != nil {
		w.t.Errorf("%s as %s: %v", path, role, err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if strings.Contains(cell, "xq9") {
				seen++
			}
			if first, _ := utf8.DecodeRuneInString(cell); strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
				w.t.Errorf("%s as %s: the cell %q is a formula", path, role, cell)
			}
		}
	}
	return seen
}

// sayBack files hostile text by every field of every form, and reads what is said back: the line and its undo, and what is wrong with it.
func (w *town) sayBack() {
	w.t.Helper()
	said, refused := 0, 0
	for _, k := range lastly(w.Kinds.All()) {
		if k.Own || strings.HasSuffix(k.Name, ".discharged") || strings.HasSuffix(k.Name, "unit_closed") {
			continue
		}
		role, chart := w.filer(k, false)
		for i, l := range leaves(k.Type(), nil) {
			if l.typ.Kind() != reflect.String {
				continue
			}
			form := url.Values{"id": {record.NewID(w.clock.Now()).String()}, "chart": {chart.String()}}
			var body map[string]any
			raw, _ := record.Canonical(k.Example) // every example is tried elsewhere
			if err := json.Unmarshal(raw, &body); err != nil {
				w.t.Fatal(err)
			}
			fields(form, "", k.Type(), body)
			form.Set(strings.TrimSuffix(l.String(), ".0"), hostile[i%len(hostile)])
			for _, c := range []call{{script: true}, {}} { // to a script, and to a browser without one
				c.method, c.path, c.body, c.kind, c.cookies = http.MethodPost, "/entries/"+k.Name, form.Encode(), formType, w.cookie[role]
				out := w.do(c)
				if out.Code >= 500 {
					w.t.Errorf("%s with hostile %s: %d", k.Name, l, out.Code)
				}
				if strings.Contains(out.Header().Get("Content-Type"), "html") {
					n := w.inert(role, "what is said back of "+k.Name, out.Body.String())
					if said += n; out.Code >= 400 {
						refused += n
					}
				}
				form.Set("id", record.NewID(w.clock.Now()).String())
			}
		}
	}
	if said < 20 {
		w.t.Errorf("hostile text was said back only %d times", said)
	}
	w.t.Logf("hostile text was said back %d times, %d of them in a refusal", said, refused)
}

// drawLive draws every live view of the unit for everything that was planted.
func (w *town) drawLive(since int64) {
	w.t.Helper()
	var changed []live.Signal
	for i, chart := range append(slices.Clone(w.home.Client), w.home.Unit) {
		changed = append(changed, live.Signal{Seq: since + int64(i), Chart: chart, Unit: w.home.Unit, Kind: "rounds.checked"})
	}
	for _, d := range w.Defs {
		for name, build := range d.Views {
			b, err := build(w.Site)(context.Background(), live.Topic{View: name, Of: w.home.Unit, Viewer: string(access.Nurse)}, changed)
			if err != nil && !errors.Is(err, live.ErrAfresh) {
				w.t.Errorf("live view %s: %v", name, err)
			}
			w.inert(access.Nurse, "live view "+name, string(b))
		}
	}
}

// inert reads a page as a browser does and counts the marks that stand as text; one that became an element, an attribute, a script or an
// address is an error.
func (w *town) inert(role access.Role, path, page string) (shown int) {
	w.t.Helper()
	bad := func(what string) { w.t.Errorf("%s as %s: hostile text became %s", path, role, what) }
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return shown
		case html.TextToken:
			shown += strings.Count(string(z.Raw()), "xq9")
		case html.CommentToken:
			if strings.Contains(string(z.Raw()), "xq9") {
				bad("a comment")
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			tok := z.Token()
			if tok.Data == "xq9" {
				bad("an element")
			}
			for _, a := range tok.Attr {
				v := strings.ToLower(strings.TrimLeft(a.Val, " \t\r\n\x00"))
				switch {
				case strings.Contains(a.Key, "xq9"), strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "srcdoc":
					bad("the attribute " + a.Key + " of " + tok.Data)
				case slices.Contains([]string{"href", "src", "action", "formaction", "data", "poster", "xlink:href", "hx-get", "hx-post"}, a.Key) &&
					(strings.HasPrefix(v, "javascript:") || strings.HasPrefix(v, "data:text") || strings.HasPrefix(v, "vbscript:") || strings.HasPrefix(v, "//")):
					bad("the address " + a.Val)
				case strings.Contains(a.Val, "xq9"):
					shown++
				}
			}
			if tok.Data == "script" && tok.Type == html.StartTagToken {
				if z.Next() == html.TextToken && strings.Contains(string(z.Raw()), "<") && strings.Contains(string(z.Raw()), "xq9") {
					bad("a part of a script")
				}
			}
		}
	}
}
