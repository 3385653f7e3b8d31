package app_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"milieu/house/clients"
	"milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/view"
)

// looked gives the rows that the view log has got since.
func (w *town) looked(since int64) []view.Row {
	w.t.Helper()
	var out []view.Row
	err := view.Each(w.ViewDB.Read(context.Background()), view.Query{}, func(r *view.Row) bool {
		if r.Seq > since {
			out = append(out, *r)
		}
		return r.Seq > since
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// known are the people of the town by what tells of them: their chart's ID, and the names on it.
func (w *town) known() map[string]record.ID {
	w.t.Helper()
	out := map[string]record.ID{}
	for _, c := range slices.Concat(w.home.Client, w.away.Client) {
		out[c.String()] = c
		card, err := clients.CardOf(w.DB.Read(context.Background()), c)
		if err != nil {
			w.t.Fatal(err)
		}
		if name := card.Name; strings.Contains(name, " ") {
			out[name] = c
		}
	}
	return out
}

// TestEveryLookIsLogged walks every page as everybody who may open it: whoever's chart or name it shows is in a row of the view log, and a chart
// that was refused, or is not there, has a row of its own kind.
func TestEveryLookIsLogged(t *testing.T) {
	w := furnish(t, 2)
	values := w.ids()
	people := w.known()
	shown, refused := map[string]bool{}, map[string]bool{}
	for _, r := range w.routes() {
		name := r.Method + " " + r.Pattern
		if r.Stream || r.Method != http.MethodGet || r.Pattern == "/sign-out" {
			continue
		}
		for _, role := range []access.Role{access.Worker, access.Nurse, access.CaseManager, access.Supervisor, access.Administrator} {
			for _, id := range slices.Concat(values.own[:3], values.foreign[:1], values.nowhere[:1]) {
				path := strings.NewReplacer("{topic}", "allergy", "{part}", "names").Replace(strings.TrimSuffix(r.Pattern, "{$}"))
				path = placeholder.ReplaceAllLiteralString(path, id)
				if r.Pattern == "/api/dues" {
					path += "?unit=" + w.home.Unit.String()
				}
				before := w.Views.Seq()
				out := w.do(w.as(r, role, path))
				rows := w.looked(before)
				if strings.Contains(r.Pattern, "{chart}") && out.Code >= 400 && out.Code < 500 {
					chart, _ := record.ParseID(id)
					kind := w.Directory.KindOf(chart)
					if (kind == "client" || kind == "") && !slices.ContainsFunc(rows, func(r view.Row) bool {
						return r.Kind == view.Refused && r.Chart == chart || r.Kind == view.Seen && r.Chart == chart
					}) {
						t.Errorf("%s as %s answers %d, and no row says that %s was refused", path, role, out.Code, kind)
					}
					refused[name] = true
				}
				if out.Code != http.StatusOK {
					continue
				}
				body := out.Body.String()
				for what, chart := range people {
					if !strings.Contains(body, what) {
						continue
					}
					shown[name] = true
					if !slices.ContainsFunc(rows, func(r view.Row) bool { return r.Kind == view.Seen && r.Of(chart) }) {
						t.Errorf("%s as %s shows %s, and no row says so: %v", path, role, what, rows)
						break
					}
				}
			}
		}
	}
	for _, must := range []string{"GET /{$}", "GET /rounds", "GET /wall", "GET /clients", "GET /clients/{chart}", "GET /api/charts/{chart}/entries", "GET /api/dues", "GET /rounds/paper", "GET /clients/{chart}/paper"} {
		if !shown[must] {
			t.Errorf("%s has shown nobody: the walk has missed it", must)
		}
	}
	if len(refused) < 20 {
		t.Errorf("only %d routes refused anything", len(refused))
	}
}

// TestNothingIsShownUnlogged: when nobody's look can be logged, pages that show people are closed in words, and those that lives hang on open.
func TestNothingIsShownUnlogged(t *testing.T) {
	w := furnish(t, 2)
	if err := w.Views.Close(); err != nil {
		t.Fatal(err)
	}
	chart := w.home.Client[0].String()
	for path, code := range map[string]int{
		"/": 503, "/clients": 503, "/wall": 503, "/clients/" + chart + "/about": 503, "/clients/" + chart + "/paper": 503, "/rounds/night": 503,
		"/rounds": 200, "/rounds/" + chart + "/check": 200, "/clients/" + chart: 200, "/clients/" + chart + "/health": 200,
		"/account": 200, "/staff": 200, "/units": 200,
	} {
		out := w.do(call{method: "GET", path: path, cookies: w.cookie[access.Nurse]})
		if out.Code != code {
			t.Errorf("%s: %d, not %d: %.300s", path, out.Code, code, out.Body)
		}
		if out.Code == 503 && strings.Contains(out.Body.String(), chart) && !strings.Contains(path, chart) {
			t.Errorf("%s says %.300s", path, out.Body)
		}
	}
	if out := w.do(call{method: "GET", path: "/api/charts/" + chart + "/entries", token: w.token[access.Nurse]}); out.Code != 503 || strings.Contains(out.Body.String(), "rounds.checked") {
		t.Errorf("the machine interface: %d %.300s", out.Code, out.Body)
	}
}
