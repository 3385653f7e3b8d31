// Package doortest is a house with two people before its door, for tests of the ways in.
package doortest

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/signin"
	"milieu/kit/testkit"
	"milieu/kit/web"
)

// The people: two who work on a unit. Their sign-in names are "jo" and "kim".
var (
	Jo  = record.DeriveID("door", "jo")
	Kim = record.DeriveID("door", "kim")
)

var names = map[string]record.ID{"jo": Jo, "kim": Kim}

func people() access.Source {
	all := map[record.ID]*access.Person{Jo: {ID: Jo, Name: "Jo Ferrand", Role: access.Worker}, Kim: {ID: Kim, Name: "Kim Adeyemi", Role: access.Nurse}}
	return access.Source{
		Kinds:  []string{"door.changed"},
		Person: func(_ db.Querier, id record.ID) (*access.Person, error) { return all[id], nil },
		Chart:  func(db.Querier, record.ID) (*access.Chart, error) { return nil, nil },
		All:    func(db.Querier) (people, charts []record.ID, err error) { return []record.ID{Jo, Kim}, nil, nil },
	}
}

// House is the house, its server, and what somebody who invites does.
type House struct {
	*testkit.House
	URL string // http://localhost:…
}

// New opens the house on a database, with these ways in beside the password.
func New(t testing.TB, d *db.DB, factors ...signin.Factor) *House {
	t.Helper()
	c := clock.NewFake(testkit.Start)
	desk := signin.Def(signin.Options{Key: []byte(strings.Repeat("k", 32)), Factors: factors})
	invite := desk.Hub.Invite
	door := room.Def{Name: "door", Sources: []access.Source{people()}, Hub: room.Hub{
		FindSignIn: func(_ db.Querier, name string) (record.ID, bool) { id, ok := names[name]; return id, ok },
	}, Routes: []web.Route{
		{Method: "GET", Pattern: "/{$}", Action: "account.keep", Handle: func(c *web.Ctx) error { return c.Go("/account") }},
		{Method: "POST", Pattern: "/invite/{who}", Action: "account.keep", Handle: func(c *web.Ctx) error {
			path, err := invite(c, names[c.R.PathValue("who")])
			if err == nil {
				_, err = io.WriteString(c.W, path)
			}
			return err
		}},
		{Method: "POST", Pattern: "/signs", Action: "account.keep", Fresh: true, Handle: func(c *web.Ctx) error {
			_, err := io.WriteString(c.W, "signed: "+c.R.PostFormValue("words"))
			return err
		}},
	}}
	h := testkit.Open(t, d, c, []string{"administrator may signin.limits, signin.tokens anywhere"}, door, desk)
	srv := httptest.NewServer(h.Site)
	t.Cleanup(srv.Close)
	return &House{h, strings.Replace(srv.URL, "127.0.0.1", "localhost", 1)}
}

// Browser keeps cookies and follows nothing by itself.
type Browser struct {
	*http.Client
	URL string
	t   testing.TB
}

// Browser opens a browser that nobody has signed in with.
func (h *House) Browser() *Browser {
	h.T.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.T.Fatal(err)
	}
	return &Browser{&http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, h.URL, h.T}
}

// As opens a browser in which somebody has just shown who they are.
func (h *House) As(person record.ID) *Browser {
	h.T.Helper()
	b := h.Browser()
	link, err := signin.NewLink(context.Background(), h.Committer, h.Clock, person, true)
	if err != nil {
		h.T.Fatal(err)
	}
	if a := b.Get(link); a.Code != http.StatusSeeOther {
		h.T.Fatalf("signing in: %d %s", a.Code, a.Body)
	}
	return b
}

// Invite ends what somebody signed in with and gives the link for beginning anew.
func (h *House) Invite(who string) string {
	h.T.Helper()
	a := h.As(Kim).Post("/invite/"+who, nil)
	if a.Code != http.StatusOK {
		h.T.Fatalf("inviting: %d %s", a.Code, a.Body)
	}
	return a.Body
}

// Answer is what came back.
type Answer struct {
	Code int
	To   string // where it sends the browser on
	Body string
}

// Get asks for a page.
func (b *Browser) Get(path string) Answer {
	b.t.Helper()
	if !strings.Contains(path, "://") {
		path = b.URL + path
	}
	return b.do(http.MethodGet, path, "", "")
}

// Post sends a form.
func (b *Browser) Post(path string, form url.Values) Answer {
	b.t.Helper()
	return b.do(http.MethodPost, b.URL+path, form.Encode(), "")
}

// Ask asks as a page's script does.
func (b *Browser) Ask(path string) Answer {
	b.t.Helper()
	return b.do(http.MethodPost, b.URL+path, "", "application/json")
}

func (b *Browser) do(method, address, body, accept string) Answer {
	b.t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == http.MethodPost && accept == "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	res, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return Answer{res.StatusCode, res.Header.Get("Location"), string(text)}
}
