package app_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"milieu/kit/access"
)

// FuzzAPIEntries throws anything at the machine interface's one door: never a failure, and what it says it filed is what it filed.
func FuzzAPIEntries(f *testing.F) {
	w := furnish(f, 2)
	for _, k := range w.Kinds.All() {
		_, chart := w.filer(k, true)
		b, err := json.Marshal([]any{machine(sample(f, k, chart, w.clock.Now()))})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`[{"id":"\ud800","body":{}}]`))
	f.Add([]byte(`[[[[[[`))
	f.Fuzz(func(t *testing.T, body []byte) {
		w.t = t
		before := w.Committer.Seq()
		out := w.do(call{method: http.MethodPost, path: "/api/entries", token: w.token[access.Integration], body: string(body), kind: "application/json"})
		if out.Code >= 500 {
			t.Fatalf("%d %s", out.Code, out.Body)
		}
		if n := int64(w.accepted(out.Body.Bytes())); w.Committer.Seq()-before < n {
			t.Fatalf("%d said to be accepted, %d filed", n, w.Committer.Seq()-before)
		}
		if w.Committer.Seq()%50 == 0 || out.Code == http.StatusTooManyRequests {
			w.emptyTray()
		}
	})
}

// FuzzForm throws any form at the door by which every page files.
func FuzzForm(f *testing.F) {
	w := furnish(f, 2)
	for _, k := range w.Kinds.All() {
		_, chart := w.filer(k, false)
		form := url.Values{"chart": {chart.String()}}
		e := sample(f, k, chart, w.clock.Now())
		var body map[string]any
		if err := json.Unmarshal(e.Body, &body); err != nil {
			f.Fatal(err)
		}
		fields(form, "", k.Type(), body)
		f.Add(k.Name, form.Encode())
	}
	f.Add("rounds.checked", "_set=%25zz&chart=")
	f.Add("places.house_set", "shifts=1&shifts.0.name=a&shifts.0=b")
	names := make([]string, 0, len(w.Kinds.All()))
	for _, k := range w.Kinds.All() {
		names = append(names, k.Name)
	}
	f.Fuzz(func(t *testing.T, kind, body string) {
		w.t = t
		if !slices.Contains(names, kind) {
			kind = url.PathEscape(kind)
		}
		before := w.Committer.Seq()
		out := w.do(call{method: http.MethodPost, path: "/entries/" + kind, cookies: w.cookie[access.Supervisor], body: body, kind: formType, script: true})
		if out.Code >= 500 || out.Code >= 400 && w.Committer.Seq() != before {
			t.Fatalf("%d, %d filed: %s", out.Code, w.Committer.Seq()-before, out.Body)
		}
	})
}

// FuzzQuery throws any query at any page.
func FuzzQuery(f *testing.F) {
	w := furnish(f, 2)
	var paths []string
	for _, r := range w.routes() {
		if r.Method == http.MethodGet && !r.Stream && r.Pattern != "/sign-out" {
			paths = append(paths, w.paths(r.Pattern, w.ids().own[:2])...)
		}
	}
	for i := range paths {
		f.Add(uint16(i), "unit="+w.home.Unit.String()+"&q=a&from=2026-11-19&to=2026-11-20&after=1&limit=2")
	}
	f.Fuzz(func(t *testing.T, at uint16, query string) {
		w.t = t
		if strings.ContainsAny(query, " \r\n") || !utf8.ValidString(query) || strings.Contains(query, "#") {
			query = url.QueryEscape(query)
		}
		if _, err := url.ParseRequestURI("/?" + query); err != nil {
			return // net/http answers it without us
		}
		path := paths[int(at)%len(paths)] + "?" + query
		out := w.do(call{method: http.MethodGet, path: path, cookies: w.cookie[access.Supervisor], token: w.token[access.Supervisor]})
		if out.Code >= 500 {
			t.Fatalf("%s: %d %s", path, out.Code, out.Body)
		}
	})
}
