package signin_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/signin"
	"milieu/kit/testkit"
	"milieu/kit/testkit/pgtest"
	"milieu/kit/web"
)

func TestMain(m *testing.M) {
	signin.Cheap()
	os.Exit(pgtest.Main(m))
}

const (
	words   = "seven calm herons wade"
	unit    = "cedar"
	address = "http://house.example"
)

// crew are the people of a test's house; what changes of them changes at once.
type crew struct {
	mu     sync.Mutex
	people map[string]*access.Person
	desk   *signin.Desk
}

func id(name string) record.ID { return record.DeriveID("signin", name) }

func newCrew() *crew {
	c := &crew{people: map[string]*access.Person{}}
	for name, role := range map[string]access.Role{"ana": access.Nurse, "ben": access.Worker, "ada": access.Administrator, "bot": access.Integration, "tv": access.Screen} {
		c.people[name] = &access.Person{ID: id(name), Name: strings.ToUpper(name[:1]) + name[1:] + " Marsh", Role: role,
			Relations: []access.Relation{{Unit: id(unit), What: access.Team, From: testkit.Start.Add(-time.Hour)}}}
	}
	return c
}

// factor lets the test meet the desk.
func (c *crew) factor() signin.Factor {
	return signin.Factor{Name: "test", Order: 99, Join: func(d *signin.Desk) { c.desk = d }, Routes: []web.Route{
		{Method: "POST", Pattern: "/prove/{who}", Public: true, Handle: func(r *web.Ctx) error {
			return c.desk.Proved(r, signin.At{Place: signin.AtSignIn}, id(r.R.PathValue("who")), web.How{Method: "test"}, r.R.PostFormValue("second") != "")
		}}}}
}

// sign is signing in, with a desk that the test meets.
func (c *crew) sign() room.Def {
	return signin.Def(signin.Options{Key: bytes.Repeat([]byte("k"), 32), Factors: []signin.Factor{c.factor()}})
}

func (c *crew) def() room.Def {
	return room.Def{Name: "people", Sources: []access.Source{{
		Kinds: []string{"service.down"}, // anything filed reads people again
		Person: func(_ db.Querier, who record.ID) (*access.Person, error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			for _, p := range c.people {
				if p.ID == who {
					copied := *p
					copied.Relations = slices.Clone(p.Relations)
					return &copied, nil
				}
			}
			return nil, nil
		},
		Chart: func(_ db.Querier, chart record.ID) (*access.Chart, error) {
			kind := map[record.ID]string{due.House: "house", id(unit): "place"}[chart]
			if kind == "" {
				return nil, nil
			}
			return &access.Chart{ID: chart, Kind: kind, Stays: []access.Stay{{Unit: chart}}}, nil
		},
		All: func(db.Querier) (people, charts []record.ID, err error) {
			for name := range c.people {
				people = append(people, id(name))
			}
			return people, []record.ID{due.House, id(unit)}, nil
		},
	}}, Hub: room.Hub{
		House: func(db.Querier) (web.House, error) {
			return web.House{Name: "Alder House", Zone: time.UTC, Locale: "en"}, nil
		},
		FindSignIn: func(_ db.Querier, name string) (record.ID, bool) { _, ok := c.people[name]; return id(name), ok },
		SignInName: func(_ db.Querier, who record.ID) string {
			for name := range c.people {
				if id(name) == who {
					return name
				}
			}
			return ""
		},
		NameOf: func(_ db.Querier, chart record.ID) string {
			if chart == id(unit) {
				return "Cedar"
			}
			return ""
		},
	}, Routes: []web.Route{
		{Method: "GET", Pattern: "/{$}", Action: "account.keep", Handle: func(c *web.Ctx) error { _, err := io.WriteString(c.W, "in as "+c.Scope.Name); return err }},
		{Method: "POST", Pattern: "/sign", Action: "account.keep", Fresh: true, Handle: func(c *web.Ctx) error {
			_, err := io.WriteString(c.W, "signed "+c.R.PostFormValue("what"))
			return err
		}},
		{Method: "GET", Pattern: "/poll", Action: "account.keep", Quiet: true, Handle: func(c *web.Ctx) error { _, err := io.WriteString(c.W, "polled"); return err }},
	}}
}

// world is a house, its crew, and a way to come to it from any address.
type world struct {
	*testkit.House
	crew *crew
	t    testing.TB
}

func newWorld(t testing.TB) *world {
	t.Helper()
	c := newCrew()
	return &world{testkit.New(t, nil, c.def(), c.sign()), c, t}
}

// onBoth runs a test on each database.
func onBoth(t *testing.T, run func(t *testing.T, w *world)) {
	t.Run("SQLite", func(t *testing.T) { run(t, newWorld(t)) })
	t.Run("PostgreSQL", func(t *testing.T) {
		c := newCrew()
		run(t, &world{testkit.Open(t, postgres(t, pgtest.Database(t)), clock.NewFake(testkit.Start), nil, c.def(), c.sign()), c, t})
	})
}

func postgres(t testing.TB, url string) *db.DB {
	t.Helper()
	d, err := db.OpenPostgres(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() }) // the server goes with the test
	return d
}

// password gives somebody a password without a page.
func (w *world) password(name, password string) {
	w.t.Helper()
	if err := signin.SetPassword(context.Background(), w.Committer, w.Clock, id(name), password); err != nil {
		w.t.Fatal(err)
	}
}

// browser is one browser at one address.
type browser struct {
	*http.Client
	w    *world
	from netip.Addr
	site http.Handler
}

func (w *world) browser() *browser { return w.browserAt(w.Site, "203.0.113.7") }

func (w *world) browserAt(site http.Handler, from string) *browser {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	b := &browser{w: w, from: netip.MustParseAddr(from), site: site}
	b.Client = &http.Client{Jar: jar, Transport: b, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return b
}

// RoundTrip hands a request to the site as a server does that heard it from the browser's address.
func (b *browser) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	in.RemoteAddr = netip.AddrPortFrom(b.from, 40000).String()
	in.RequestURI = r.URL.RequestURI()
	in.Host = r.URL.Host
	if in.Body == nil {
		in.Body = http.NoBody
	}
	out := httptest.NewRecorder()
	b.site.ServeHTTP(out, in)
	return out.Result(), nil
}

type answer struct {
	code   int
	body   string
	to     string
	header http.Header
}

func (b *browser) do(method, path string, form url.Values, header ...string) answer {
	b.w.t.Helper()
	req, err := http.NewRequest(method, address+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.w.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := b.Do(req)
	if err != nil {
		b.w.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return answer{res.StatusCode, string(body), res.Header.Get("Location"), res.Header}
}

func (b *browser) get(path string, header ...string) answer {
	b.w.t.Helper()
	return b.do(http.MethodGet, path, nil, header...)
}

func (b *browser) post(path string, form url.Values, header ...string) answer {
	b.w.t.Helper()
	return b.do(http.MethodPost, path, form, header...)
}

func (b *browser) signIn(name, password string) answer {
	b.w.t.Helper()
	return b.post("/sign-in", url.Values{"name": {name}, "password": {password}})
}

// inside says who is let in; empty for nobody.
func (b *browser) inside() string {
	b.w.t.Helper()
	a := b.get("/")
	who, _ := strings.CutPrefix(a.body, "in as ")
	if a.code != http.StatusOK {
		return ""
	}
	return who
}

// session is the browser's session cookie.
func (b *browser) session() string {
	u, err := url.Parse(address)
	if err != nil {
		b.w.t.Fatal(err)
	}
	for _, ck := range b.Jar.Cookies(u) {
		if ck.Name == "milieu" {
			return ck.Value
		}
	}
	return ""
}

// keep puts a session cookie into the browser, as somebody does who has got hold of one.
func (b *browser) keep(session string) {
	u, err := url.Parse(address)
	if err != nil {
		b.w.t.Fatal(err)
	}
	b.Jar.SetCookies(u, []*http.Cookie{{Name: "milieu", Value: session, Path: "/"}})
}

var (
	ticketIn = regexp.MustCompile(`name="ticket" value="([^"]+)"`)
	secretIn = regexp.MustCompile(`<code>([A-Z2-7 ]{30,})</code>`)
	codeIn   = regexp.MustCompile(`<code>([a-z2-9]{5}-[a-z2-9]{5})</code>`)
)

func find(t testing.TB, re *regexp.Regexp, text string) string {
	t.Helper()
	m := re.FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("%s is not in %.600s", re, text)
	}
	return m[len(m)-1]
}

// trusts fails unless the answer is as wanted.
func (a answer) want(t testing.TB, code int, parts ...string) answer {
	t.Helper()
	if a.code != code {
		t.Fatalf("answered %d (to %s), want %d: %.900s", a.code, a.to, code, strip(a.body))
	}
	for _, part := range parts {
		if !strings.Contains(a.body, part) {
			t.Fatalf("%q is not in %.900s", part, strip(a.body))
		}
	}
	return a
}

var tags = regexp.MustCompile(`(?s)<script.*?</script>|<[^>]+>`)

func strip(html string) string {
	return string(bytes.Join(bytes.Fields([]byte(tags.ReplaceAllString(html, " "))), []byte(" ")))
}
