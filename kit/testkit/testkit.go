// Package testkit is a small house for tests: a real, encrypted SQLite, a committer, a directory, a site and a clock that moves when told.
package testkit

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"milieu/kit/clock"
	"milieu/kit/commit"
	"milieu/kit/db"
	"milieu/kit/db/vault"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/signin"
)

// Start is the time at which every test's clock starts: a Thursday night in autumn, 02:00 UTC.
var Start = time.Date(2026, 11, 19, 2, 0, 0, 0, time.UTC)

// House is a building with a clock that a test moves.
type House struct {
	*room.Building
	T     testing.TB
	Clock *clock.Fake
	Dir   string
}

// New opens a house with the given rooms. Policies are texts of policy files; the lines every house needs are there already. It closes with the test.
func New(t testing.TB, policies []string, defs ...room.Def) *House {
	t.Helper()
	dir := t.TempDir()
	keys, err := vault.NewKeys(vault.NewKey(1))
	if err != nil {
		t.Fatal(err)
	}
	vfs, err := vault.Register(keys, vault.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := db.OpenSQLite(context.Background(), db.SQLiteOptions{Path: filepath.Join(dir, "milieu.db"), VFS: vfs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("closing the database: %v", err)
		}
		if err := vault.Unregister(vfs); err != nil {
			t.Errorf("unregistering the vault: %v", err)
		}
	})
	h := Open(t, d, clock.NewFake(Start), policies, defs...)
	h.Dir = dir
	return h
}

// Open opens a house on a database that the test has opened: PostgreSQL, or one opened before.
func Open(t testing.TB, d *db.DB, c *clock.Fake, policies []string, defs ...room.Def) *House {
	t.Helper()
	if !slices.ContainsFunc(defs, func(d room.Def) bool { return d.Name == "signin" }) { // a test may bring a desk of its own, with more ways in
		defs = append(slices.Clone(defs), signin.Def(signin.Options{Key: bytes.Repeat([]byte("k"), 32)}))
	}
	b, err := room.Open(context.Background(), room.Options{DB: d, Clock: c, Defs: defs, Demo: true, Policies: append([]string{Policy}, policies...)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("closing the house: %v", err)
		}
	})
	return &House{Building: b, T: t, Clock: c}
}

// Policy is what the kit's own kinds and routes need.
const Policy = `
everyone may account.keep, entries.file, live.listen, api.file, api.read for themselves
everyone may see.client, see.place, see.staff, see.house for themselves
everyone may record.withdraw, record.add, due.take on their unit
supervisor, nurse may record.withdraw.others on their unit
supervisor, coordinator, administrator sees every unit
administrator may signin.limits, signin.tokens anywhere
`

// As is a sender for a person.
func As(person record.ID) record.Sender {
	return record.Sender{Person: person, Device: "test", Via: record.ViaAPI}
}

// Program is the sender that may file anything.
func Program() record.Sender {
	return record.Sender{Person: record.DeriveID("test", "program"), Role: "program", Via: record.ViaProgram}
}

// Entry makes an entry of a kind happening now, with the body as its JSON.
func (h *House) Entry(kind string, chart record.ID, b record.Body) *record.Entry {
	h.T.Helper()
	raw, err := record.Canonical(b)
	if err != nil {
		h.T.Fatal(err)
	}
	k, err := h.Kinds.Find(kind)
	if err != nil {
		h.T.Fatal(err)
	}
	now := h.Clock.Now()
	return &record.Entry{ID: record.NewID(now), Chart: chart, Kind: kind, Version: k.Version, Happened: now, Written: now, Body: raw}
}

// Must files one entry as the sender and fails the test when it is not accepted.
func (h *House) Must(s record.Sender, kind string, chart record.ID, b record.Body) *record.Entry {
	h.T.Helper()
	o := h.Committer.File(context.Background(), s, h.Entry(kind, chart, b))[0]
	if o.Status != commit.Accepted {
		h.T.Fatalf("filing %s: %s: %v", kind, o.Status, o.Err)
	}
	return o.Entry
}

// Browser is a signed-in browser against the house's site.
type Browser struct {
	*http.Client
	URL string
	t   testing.TB
}

// Browse starts a server for the test and signs a person in.
func (h *House) Browse(person record.ID) *Browser {
	h.T.Helper()
	srv := httptest.NewServer(h.Site)
	h.T.Cleanup(srv.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.T.Fatal(err)
	}
	b := &Browser{&http.Client{Jar: jar}, srv.URL, h.T}
	link, err := signin.NewLink(context.Background(), h.Committer, h.Clock, person, true)
	if err != nil {
		h.T.Fatal(err)
	}
	if code, body := b.Page(link); code != http.StatusOK && code != http.StatusNotFound {
		h.T.Fatalf("signing in: %d %s", code, body)
	}
	return b
}

// Page gets a page.
func (b *Browser) Page(path string) (int, string) {
	b.t.Helper()
	res, err := b.Get(b.URL + path)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.read(res)
}

// Send posts a form as a page's script does and gives the fragment that comes back.
func (b *Browser) Send(path string, form url.Values) (int, string) {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodPost, b.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Milieu-Fragment", "1")
	res, err := b.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.read(res)
}

func (b *Browser) read(res *http.Response) (int, string) {
	b.t.Helper()
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// Dump writes all rows of tables as text, sorted: two houses with the same entries must dump the same.
func (h *House) Dump(tables ...string) string {
	h.T.Helper()
	var out strings.Builder
	for _, table := range tables {
		rows, err := h.dump(table)
		if err != nil {
			h.T.Fatalf("reading %s: %v", table, err)
		}
		fmt.Fprintf(&out, "%s\n%s", table, rows)
	}
	return out.String()
}
