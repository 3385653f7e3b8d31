package draft_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/draft"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/testkit"
)

var ana, ben = record.DeriveID("draft", "ana"), record.DeriveID("draft", "ben")

func people() room.Def {
	return room.Def{Name: "people", Sources: []access.Source{{
		Person: func(_ db.Querier, id record.ID) (*access.Person, error) {
			return &access.Person{ID: id, Name: "Somebody", Role: access.Worker}, nil
		},
		All: func(db.Querier) (people, charts []record.ID, err error) { return []record.ID{ana, ben}, nil, nil },
	}}}
}

func ask(t *testing.T, b *testkit.Browser, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, b.URL+path, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	res, err := b.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, strings.TrimSpace(string(text))
}

func TestADraftIsItsWritersAlone(t *testing.T) {
	h := testkit.New(t, []string{"everyone may draft.keep for themselves"}, people(), draft.Def())
	a, b := h.Browse(ana), h.Browse(ben)
	const path = "/drafts/rounds.checked%20abc"
	for _, step := range []struct {
		who                *testkit.Browser
		method, path, body string
		code               int
		answer             string
	}{
		{a, "GET", "/drafts", "", 200, "{}"},
		{a, "PUT", path, `[["note","half a wo"]]`, 204, ""},
		{a, "PUT", path, `[["note","half a word"],["note","two"]]`, 204, ""},
		{a, "GET", "/drafts", "", 200, `{"rounds.checked abc":[["note","half a word"],["note","two"]]}`},
		{b, "GET", "/drafts", "", 200, "{}"},
		{b, "DELETE", path, "", 204, ""},
		{a, "GET", "/drafts", "", 200, `{"rounds.checked abc":[["note","half a word"],["note","two"]]}`},
		{a, "DELETE", path, "", 204, ""},
		{a, "DELETE", path, "", 204, ""},
		{a, "GET", "/drafts", "", 200, "{}"},
	} {
		code, answer := ask(t, step.who, step.method, step.path, step.body)
		if code != step.code || answer != step.answer {
			t.Errorf("%s %s %s: %d %s, want %d %s", step.method, step.path, step.body, code, answer, step.code, step.answer)
		}
	}
	for name, bad := range map[string][2]string{
		"no fields": {path, "[]"}, "no list": {path, `{"a":1}`}, "broken": {path, "["}, "a long name": {"/drafts/" + strings.Repeat("x", 201), `[["a","b"]]`},
		"large": {path, `[["a","` + strings.Repeat("x", 70_000) + `"]]`},
	} {
		if code, answer := ask(t, a, "PUT", bad[0], bad[1]); code < 400 || code >= 500 {
			t.Errorf("%s: %d %s", name, code, answer)
		}
	}
}

func TestDraftsEnd(t *testing.T) {
	h := testkit.New(t, []string{"everyone may draft.keep for themselves"}, people(), draft.Def())
	ctx := context.Background()
	one := draft.Fields{{"note", "x"}}
	for i := range draft.MaxDrafts {
		if _, err := draft.Put(ctx, h.Committer, ana, fmt.Sprint("draft ", i), one, "", h.Clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := draft.Put(ctx, h.Committer, ana, "one more", one, "", h.Clock.Now()); fault.KindOf(err) != fault.TooMany {
		t.Errorf("one too many: %v", err)
	}
	if _, err := draft.Put(ctx, h.Committer, ana, "draft 7", one, "", h.Clock.Now()); err != nil {
		t.Errorf("one that is there already: %v", err)
	}
	h.Clock.Advance(draft.Keep + time.Second)
	if got, err := draft.Of(h.DB.Read(ctx), ana, h.Clock.Now()); err != nil || len(got) != 0 {
		t.Errorf("after thirty days: %d, %v", len(got), err)
	}
	if _, err := draft.Put(ctx, h.Committer, ana, "one more", one, "", h.Clock.Now()); err != nil {
		t.Errorf("room again after thirty days: %v", err)
	}
	if rows := strings.Count(h.Dump("draft"), "name="); rows != 1 {
		t.Errorf("%d drafts are stored, want 1", rows)
	}
}

// TestTwoDevicesWriteOneDraft: the later words stand under the name, and what another device had written is kept beside them and given back, unless
// the writer has seen it or the words are the same.
func TestTwoDevicesWriteOneDraft(t *testing.T) {
	h := testkit.New(t, []string{"everyone may draft.keep for themselves"}, people(), draft.Def())
	by := func(device, at, words string) draft.Fields {
		return draft.Fields{{"_kept", at}, {"text", words}, {"_by", device}}
	}
	for _, step := range []struct {
		what   string
		fields draft.Fields
		seen   string
		other  string // the words given back
	}{
		{"the phone begins", by("phone", "1", "she said"), "", ""},
		{"the phone goes on", by("phone", "2", "she said yes"), "", ""},
		{"the desk has other words", by("desk", "3", "at the desk"), "", "she said yes"},
		{"the desk goes on", by("desk", "4", "at the desk, later"), "2", ""},
		{"the phone goes on without having looked", by("phone", "5", "she said yes, twice"), "", "at the desk, later"},
		{"the desk has seen the phone's words", by("desk", "6", "both"), "5", ""},
		{"the phone has the same words", by("phone", "7", "both"), "", ""},
		{"a page that names no device", draft.Fields{{"text", "plain"}}, "", "both"},
		{"after one that named none", by("phone", "8", "again"), "", ""},
	} {
		other, err := draft.Put(t.Context(), h.Committer, ana, "a note", step.fields, step.seen, h.Clock.Now())
		if err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
		words := ""
		for _, pair := range other {
			if pair[0] == "text" {
				words = pair[1]
			}
		}
		if words != step.other {
			t.Errorf("%s: given back %q, want %q", step.what, words, step.other)
		}
		all, err := draft.Of(h.DB.Read(t.Context()), ana, h.Clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		if beside := fmt.Sprint(all["other a note"]); step.other != "" && !strings.Contains(beside, step.other) {
			t.Errorf("%s: beside it stands %s", step.what, beside)
		}
	}
	if err := draft.Drop(t.Context(), h.Committer, ana, "a note"); err != nil {
		t.Fatal(err)
	}
	if all, err := draft.Of(h.DB.Read(t.Context()), ana, h.Clock.Now()); err != nil || len(all) != 0 {
		t.Errorf("signed, and still there: %v, %v", all, err)
	}
}
