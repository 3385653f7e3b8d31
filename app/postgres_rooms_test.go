package app_test

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"milieu/kit/access"
	"milieu/kit/testkit/pgtest"
)

// TestOnPostgres: entries of every kind give every room's tables the same rows on both databases, and the same again when they are worked out
// afresh; and what a nurse and a supervisor open in a shift opens.
func TestOnPostgres(t *testing.T) {
	server := pgtest.Own(t)
	fresh := func() *house {
		t.Helper()
		url, err := server.Database(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return openOn(t, url)
	}
	t.Run("the same rows", func(t *testing.T) {
		one, another := open(t), fresh()
		entries := history(t, one.Kinds, rand.New(rand.NewPCG(11, 11)))
		one.file(entries, func() int { return 200 })
		another.file(entries, func() int { return 200 })
		same(t, "PostgreSQL", one.dump(), another.dump())
		another.replay("a replay on PostgreSQL")
	})
	t.Run("the pages", func(t *testing.T) {
		w := furnishIn(fresh(), 3)
		chart := "/clients/" + w.home.Client[0].String()
		for _, role := range []access.Role{access.Nurse, access.Supervisor} {
			for _, path := range []string{"/", "/rounds", "/clients", chart, chart + "/about", chart + "/note", chart + "/notes/new", chart + "/forms", chart + "/belongings", chart + "/discharge",
				chart + "/moved", "/notes", "/contacts", "/handover", "/tasks", "/messages", "/meetings", "/census", "/wall"} {
				out := w.do(call{method: http.MethodGet, path: path, cookies: w.cookie[role]})
				if out.Code != http.StatusOK {
					t.Errorf("%s for a %s: %d %.300s", path, role, out.Code, out.Body)
				}
			}
		}
		if said := w.log.String(); strings.Contains(said, "level=ERROR") {
			t.Errorf("the log says %s", said)
		}
	})
}
