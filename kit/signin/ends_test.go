package signin_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/live"
	"milieu/kit/record"
	"milieu/kit/testkit"
	"milieu/kit/testkit/pgtest"
	"milieu/kit/web"
)

// stream opens a live stream in a session and gives a channel that is closed when it ends.
func (w *world) stream(srv *httptest.Server, session, bearer string) <-chan struct{} {
	w.t.Helper()
	req, err := http.NewRequest(http.MethodGet, srv.URL+"/live?topic=probe/me&topic=probe/"+id(unit).String(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
		req.URL.RawQuery = "unit=" + id(unit).String()
	} else {
		req.AddCookie(&http.Cookie{Name: "milieu", Value: session})
	}
	res, err := srv.Client().Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		w.t.Fatalf("the stream answered %d", res.StatusCode)
	}
	w.t.Cleanup(func() { _ = res.Body.Close() }) // it has ended, or ends now
	ended := make(chan struct{})
	lines := bufio.NewReader(res.Body)
	if _, err := lines.ReadString('\n'); err != nil {
		w.t.Fatal(err)
	}
	go func() {
		defer close(ended)
		for {
			if _, err := lines.ReadString('\n'); err != nil {
				return
			}
		}
	}()
	return ended
}

// gone waits for a stream's end, far longer than it may take.
func gone(t *testing.T, what string, ended <-chan struct{}) {
	t.Helper()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Errorf("%s: the stream goes on", what)
	}
}

// change files an entry by which the house reads a person again.
func (w *world) change(name string, do func()) {
	w.t.Helper()
	w.crew.mu.Lock()
	do()
	w.crew.mu.Unlock()
	w.Must(testkit.Program(), "service.down", id(name), &due.Down{From: w.Clock.Now().Add(-time.Minute), To: w.Clock.Now()})
}

// Streams end when their session does, or locks, by whatever hand (F19).
func TestStreamsEndWithTheirSession(t *testing.T) {
	w := newWorld(t)
	w.Hub.Register("probe", func(context.Context, live.Topic, []live.Signal) ([]byte, error) { return nil, nil })
	srv := httptest.NewServer(w.Site)
	t.Cleanup(srv.Close)
	in := func() (*browser, <-chan struct{}) {
		b := w.browser()
		b.signIn("ana", words).want(t, http.StatusSeeOther)
		return b, w.stream(srv, b.session(), "")
	}
	w.password("ana", words)
	other, stays := in()
	for what, end := range map[string]func(b *browser){
		"locked":     func(b *browser) { b.post("/lock", nil) },
		"signed out": func(b *browser) { b.post("/sign-out", nil) },
		"ended by its person": func(b *browser) {
			for _, path := range findAll(other.get("/account").body, "/account/sessions/") {
				other.post(path, nil)
			}
		},
	} {
		b, ended := in()
		end(b)
		gone(t, what, ended)
	}
	select {
	case <-stays:
		t.Error("another session's stream ended too")
	default:
	}
	w.Clock.Advance(15 * time.Minute)
	gone(t, "locked by itself", stays)
	_, tied := in()
	w.change("ana", func() { w.crew.people["ana"].Relations[0].Until = w.Clock.Now() })
	gone(t, "whose person is of the unit no longer", tied)
	w.change("ana", func() { w.crew.people["ana"].Relations[0].Until = time.Time{} })
	b, ended := in()
	token := w.token()
	machine := w.stream(srv, "", token)
	w.change("ana", func() { w.crew.people["ana"].Disabled = w.Clock.Now() })
	gone(t, "whose person is disabled", ended)
	if b.inside() != "" {
		t.Error("a disabled person is in")
	}
	all, err := web.Tokens(w.DB.Read(context.Background()), w.Clock.Now())
	if err != nil || len(all) != 1 {
		t.Fatalf("%d tokens, %v", len(all), err)
	}
	if _, err := web.RevokeToken(context.Background(), w.Committer, w.DB.Read(context.Background()), w.Clock.Now(), all[0].ID); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(time.Second)
	gone(t, "whose token is revoked", machine)
}

func (w *world) token() string {
	w.t.Helper()
	text, err := web.NewAPIToken(context.Background(), w.Committer, w.Clock, id("bot"), "test", time.Hour)
	if err != nil {
		w.t.Fatal(err)
	}
	return text
}

// What one process ends is dead in another within a second (F19).
func TestEndedInAnotherProcess(t *testing.T) {
	c := newCrew()
	address := pgtest.Database(t)
	now := clock.NewFake(testkit.Start)
	one := &world{testkit.Open(t, postgres(t, address), now, nil, c.def(), c.sign()), c, t}
	two := &world{testkit.Open(t, postgres(t, address), now, nil, c.def(), c.sign()), c, t}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); two.Committer.Follow(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	one.password("ana", words)
	for what, end := range map[string]func(b *browser){
		"signed out": func(b *browser) { b.post("/sign-out", nil) },
		"locked":     func(b *browser) { b.post("/lock", nil) },
		"raised": func(b *browser) {
			now.Advance(11 * time.Minute)
			b.get("/")
			b.post("/confirm", url.Values{"password": {words}}).want(t, http.StatusSeeOther)
		},
	} {
		here := one.browser()
		here.signIn("ana", words).want(t, http.StatusSeeOther)
		there := two.browserAt(two.Site, "203.0.113.7")
		there.keep(here.session())
		if there.inside() != "Ana Marsh" {
			t.Fatalf("%s: a session of one process is not one of the other's", what)
		}
		end(here)
		now.Advance(time.Second)
		if there.inside() != "" {
			t.Errorf("%s in one process, and alive in the other a second later", what)
		}
	}
	here := one.browser()
	here.signIn("ana", words)
	there := two.browserAt(two.Site, "203.0.113.7")
	there.keep(here.session())
	there.inside()
	one.change("ana", func() { c.people["ana"].Disabled = now.Now() })
	for deadline := time.After(20 * time.Second); there.inside() != ""; {
		select {
		case <-deadline:
			t.Fatal("a person disabled in one process is alive in the other")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// What one process hears of somebody being there keeps the session open in the other.
func TestOpenInTwoProcesses(t *testing.T) {
	c := newCrew()
	address := pgtest.Database(t)
	now := clock.NewFake(testkit.Start)
	one := &world{testkit.Open(t, postgres(t, address), now, nil, c.def(), c.sign()), c, t}
	two := &world{testkit.Open(t, postgres(t, address), now, nil, c.def(), c.sign()), c, t}
	one.password("ana", words)
	here := one.browser()
	here.signIn("ana", words)
	there := two.browserAt(two.Site, "203.0.113.7")
	there.keep(here.session())
	for range 6 {
		now.Advance(10 * time.Minute)
		if here.inside() == "" {
			t.Fatal("locked although somebody was there")
		}
		now.Advance(4 * time.Minute)
		if there.inside() == "" {
			t.Fatal("locked in the other process although somebody was there")
		}
	}
}

// The tables of the program before this room grow, and what stands in them goes on: sessions, passwords, tokens, links.
func TestOlderTablesGrow(t *testing.T) {
	for _, open := range []func() *db.DB{
		func() *db.DB {
			d, err := db.OpenSQLite(context.Background(), db.SQLiteOptions{Path: t.TempDir() + "/old.db"})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = d.Close() }) // the folder goes with the test
			return d
		},
		func() *db.DB { return postgres(t, pgtest.Database(t)) },
	} {
		d := open()
		now := clock.Micros(testkit.Start)
		token, bearer, link := web.HashOf("an old session's token"), web.HashOf("an old machine's token"), web.HashOf("an-old-link")
		ana, bot := id("ana"), id("bot")
		err := d.Write(context.Background(), func(tx db.Tx) error {
			for _, table := range []string{
				"CREATE TABLE credential (person BLOB NOT NULL PRIMARY KEY, hash TEXT NOT NULL, changed INTEGER NOT NULL) WITHOUT ROWID",
				"CREATE TABLE session (token BLOB NOT NULL PRIMARY KEY, id BLOB NOT NULL, person BLOB NOT NULL, device TEXT NOT NULL, created INTEGER NOT NULL, seen INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID",
				"CREATE TABLE api_token (token BLOB NOT NULL PRIMARY KEY, person BLOB NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID",
				"CREATE TABLE sign_in_link (token BLOB NOT NULL PRIMARY KEY, person BLOB NOT NULL, until INTEGER NOT NULL, many INTEGER NOT NULL) WITHOUT ROWID",
				"CREATE TABLE guess (name BLOB NOT NULL PRIMARY KEY, failed INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID",
			} {
				if err := tx.Exec(d.Dialect.DDL(table)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		err = d.Write(context.Background(), func(tx db.Tx) error {
			sid := record.NewID(testkit.Start)
			if err := tx.Exec("INSERT INTO session (token, id, person, device, created, seen, until) VALUES ($1, $2, $3, 'd', $4, $4, $5)", token[:], sid[:], ana[:], now, now+int64(time.Hour/time.Microsecond)); err != nil {
				return err
			}
			if err := tx.Exec("INSERT INTO api_token (token, person, name, created, until) VALUES ($1, $2, 'old', $3, $4)", bearer[:], bot[:], now, now+int64(time.Hour/time.Microsecond)); err != nil {
				return err
			}
			return tx.Exec("INSERT INTO sign_in_link (token, person, until, many) VALUES ($1, $2, $3, 0)", link[:], ana[:], now+int64(time.Hour/time.Microsecond))
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // a second start finds them grown
			c := newCrew()
			w := &world{testkit.Open(t, d, clock.NewFake(testkit.Start.Add(time.Minute)), nil, c.def(), c.sign()), c, t}
			b := w.browser()
			b.keep("an old session's token")
			if b.inside() != "Ana Marsh" {
				t.Error("an older session does not open")
			}
			b.get("/welcome/an-old-link").want(t, http.StatusOK)
			b.get("/api/kinds", "Authorization", "Bearer an old machine's token").want(t, http.StatusOK)
		}
	}
}

// Tokens go no further than they were made for, and say when they were last used.
func TestTokens(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.password("ada", words)
		w.password("ana", words)
		admin, nurse, machine := w.browser(), w.browser(), w.browser()
		nurse.signIn("ana", words)
		nurse.get("/tokens").want(t, http.StatusForbidden)
		admin.signIn("ada", words)
		admin.get("/tokens").want(t, http.StatusOK, "Tokens for programs", "Bot Marsh")
		form := url.Values{"person": {id("bot").String()}, "name": {"Pharmacy"}, "days": {"30"}, "actions": {"api.read", "record.add"}}
		for field, bad := range map[string]string{"person": id("ana").String(), "days": "400", "name": " ", "actions": "places.house.set"} {
			wrong := url.Values{}
			for k, v := range form {
				wrong[k] = v
			}
			wrong.Set(field, bad)
			admin.post("/tokens", wrong).want(t, http.StatusUnprocessableEntity)
		}
		page := admin.post("/tokens", form).want(t, http.StatusOK, "milieu_").body
		at := strings.Index(page, web.TokenPrefix)
		token := page[at : at+len(web.TokenPrefix)+43]
		admin.get("/tokens").want(t, http.StatusOK, "Never used", "Pharmacy")
		bearer := "Bearer " + token
		machine.get("/api/kinds", "Authorization", bearer).want(t, http.StatusOK)
		machine.post("/api/entries", nil, "Authorization", bearer).want(t, http.StatusForbidden)
		if again := admin.get("/tokens").want(t, http.StatusOK).body; strings.Contains(again, token) || strings.Contains(again, "Never used") {
			t.Error("the token is shown again, or not known to be used")
		}
		revoke := findAll(admin.get("/tokens").body, "/tokens/")
		if len(revoke) != 1 {
			t.Fatalf("no way to revoke in %v", revoke)
		}
		nurse.post(revoke[0], nil).want(t, http.StatusForbidden)
		admin.post(revoke[0], nil).want(t, http.StatusSeeOther)
		w.Clock.Advance(time.Second)
		machine.get("/api/kinds", "Authorization", bearer).want(t, http.StatusUnauthorized)
		short := w.token()
		w.Clock.Advance(time.Hour + time.Second)
		machine.get("/api/kinds", "Authorization", "Bearer "+short).want(t, http.StatusUnauthorized)
	})
}

// Whatever address a form brings to go on to, the browser stays in this house.
func TestNoWayLeadsElsewhere(t *testing.T) {
	w := newWorld(t)
	w.password("ana", words)
	for _, to := range []string{"//evil.example", "https://evil.example/", `/\evil.example`, "/\t/evil.example", "javascript:alert(1)", "\n//evil.example"} {
		b := w.browser()
		b.signIn("ana", words)
		b.post("/lock", url.Values{"then": {to}})
		form := url.Values{"password": {words}, "then": {to}}
		if a := b.post("/unlock", form); a.to != "/" {
			t.Errorf("unlocking leads to %q by %q", a.to, to)
		}
		w.Clock.Advance(11 * time.Minute)
		b.get("/")
		if a := b.get("/confirm?then=" + url.QueryEscape(to)); strings.Contains(a.body, "evil") || strings.Contains(a.body, "alert(1)") {
			t.Errorf("the page that confirms names %q", to)
		}
		form.Set("held_path", to)
		form.Set("held", "a=b")
		if a := b.post("/confirm", form); a.to != "/" {
			t.Errorf("confirming leads to %q by %q: %d", a.to, to, a.code)
		}
	}
	// A form that waits for itself comes to an end.
	b := w.browser()
	b.signIn("ana", words)
	nested := "password=" + url.QueryEscape(words)
	for range 5 {
		nested = url.Values{"password": {words}, "held_path": {"/confirm"}, "held": {nested}}.Encode()
	}
	b.post("/confirm", url.Values{"password": {words}, "held_path": {"/confirm"}, "held": {nested}}).want(t, http.StatusSeeOther)
	// Nobody's form goes on under another's name.
	w.password("ben", words)
	w.Clock.Advance(15 * time.Minute)
	held := url.Values{"name": {"ben"}, "password": {words}, "held_path": {"/sign"}, "held": {"what=ana's"}}
	if a := b.post("/sign-in", held); a.code != http.StatusSeeOther || strings.Contains(a.body, "signed") {
		t.Errorf("a form that waited for one person went on as another's: %d %s", a.code, a.body)
	}
}
