package passkey

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/signin/doortest"
	"milieu/kit/testkit/logtest"
	"milieu/kit/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func open(t testing.TB) *doortest.House {
	t.Helper()
	return doortest.New(t, logtest.SQLite(t, t.TempDir()), Factor())
}

// ask asks for a ceremony at an address.
func ask(t testing.TB, b *doortest.Browser, path string) (ticket string, p publicKey) {
	t.Helper()
	a := b.Ask(path)
	var got struct {
		Ticket string    `json:"ticket"`
		Public publicKey `json:"publicKey"`
	}
	if err := json.Unmarshal([]byte(a.Body), &got); err != nil || a.Code != http.StatusOK || got.Ticket == "" {
		t.Fatalf("asking %s: %d %s (%v)", path, a.Code, a.Body, err)
	}
	return got.Ticket, got.Public
}

func filled(ticket string, credential []byte, more ...string) url.Values {
	out := url.Values{"ticket": {ticket}, "credential": {string(credential)}}
	for i := 0; i+1 < len(more); i += 2 {
		out.Set(more[i], more[i+1])
	}
	return out
}

func deviceFor(t testing.TB, h *doortest.House) *device { return newDevice(t, h.URL, "localhost") }

// enrol makes a passkey for somebody who has signed in.
func enrol(t testing.TB, b *doortest.Browser, d *device, name string) {
	t.Helper()
	text, p := ask(t, b, "/account/passkeys/ask")
	if a := b.Post("/account/passkeys", filled(text, d.make(p), "name", name)); a.Code != http.StatusSeeOther {
		t.Fatalf("making a passkey: %d %s", a.Code, a.Body)
	}
}

// signIn proves a key at the door.
func signIn(t testing.TB, b *doortest.Browser, d *device, more ...string) doortest.Answer {
	t.Helper()
	text, p := ask(t, b, "/passkey/ask")
	return b.Post("/passkey", filled(text, d.use(p), more...))
}

func (d *device) with(change func(*device)) *device {
	other := *d
	change(&other)
	return &other
}

// refused makes sure that an answer lets nobody in and says so.
func refused(t testing.TB, h *doortest.House, b *doortest.Browser, a doortest.Answer, words string) {
	t.Helper()
	if a.Code != http.StatusUnprocessableEntity || !strings.Contains(a.Body, words) {
		t.Errorf("answered %d, without %q:\n%s", a.Code, words, a.Body)
	}
	if in := b.Get("/account"); in.Code == http.StatusOK {
		t.Error("somebody is in")
	}
}

func TestWhatIsAskedOfAnAuthenticator(t *testing.T) {
	h := open(t)
	b := h.As(doortest.Jo)
	_, p := ask(t, b, "/account/passkeys/ask")
	if p.RP.ID != "localhost" || p.Selection.ResidentKey != "required" || p.Selection.UserVerification != "required" || len(p.Challenge) < 40 || len(p.Exclude) != 0 {
		t.Errorf("for a new one: %+v", p)
	}
	if strings.Contains(p.User.ID, doortest.Jo.String()) || len(p.User.ID) < 40 {
		t.Errorf("known by %q", p.User.ID)
	}
	d := deviceFor(t, h)
	enrol(t, b, d, "")
	_, next := ask(t, b, "/account/passkeys/ask")
	if len(next.Exclude) != 1 || next.Exclude[0].ID != b64(d.id) || next.User.ID != b64(d.handle) {
		t.Errorf("for a second one: %+v", next)
	}
	_, in := ask(t, h.Browser(), "/passkey/ask")
	if in.RPID != "localhost" || in.UserVerification != "required" || len(in.Allow) != 0 {
		t.Errorf("at the door: %+v", in)
	}
	_, again := ask(t, b, "/passkey/ask/confirm")
	if len(again.Allow) != 1 || again.Challenge == in.Challenge {
		t.Errorf("to confirm: %+v", again)
	}
}

func TestPasskeyOpens(t *testing.T) {
	logtest.Both(t, func(t *testing.T, database func(testing.TB) *db.DB) {
		h := doortest.New(t, database(t), Factor())
		d := deviceFor(t, h)
		d.synced = true
		enrol(t, h.As(doortest.Jo), d, "My phone")
		h.Clock.Advance(time.Hour)
		b := h.Browser()
		if a := signIn(t, b, d, "then", "/account/passkeys/new"); a.Code != http.StatusSeeOther || a.To != "/account/passkeys/new" {
			t.Fatalf("at the door: %d to %s %s", a.Code, a.To, a.Body)
		}
		if a := b.Get("/account"); a.Code != http.StatusOK || !strings.Contains(a.Body, "My phone") || !strings.Contains(a.Body, "shared between") || !strings.Contains(a.Body, "Jo Ferrand") {
			t.Errorf("the account: %d %s", a.Code, a.Body)
		}
		if a := b.Get("/account/passkeys/new"); a.Code != http.StatusOK { // it was a full factor, just now
			t.Errorf("a fresh factor: %d to %s", a.Code, a.To)
		}
		keys, err := Of(h.DB.Read(t.Context()), doortest.Jo)
		if err != nil || len(keys) != 1 || !keys[0].Used.Equal(h.Clock.Now()) || keys[0].data.Authenticator.SignCount != 1 {
			t.Errorf("kept: %+v, %v", keys, err)
		}
		if a := signIn(t, h.Browser(), d, "then", "https://elsewhere.example/"); a.To != "/" {
			t.Errorf("sent on to %q", a.To)
		}
	})
}

func TestWhatAPasskeyMustProve(t *testing.T) {
	h := open(t)
	d := deviceFor(t, h)
	enrol(t, h.As(doortest.Jo), d, "")
	kim := deviceFor(t, h)
	enrol(t, h.As(doortest.Kim), kim, "")
	for name, c := range map[string]struct {
		device *device
		words  string
	}{
		"whose finger it is":     {d.with(func(d *device) { d.unverified = true }), "could not prove"},
		"that somebody is there": {d.with(func(d *device) { d.absent = true }), "could not prove"},
		"this house's page":      {d.with(func(d *device) { d.origin = "http://elsewhere.localhost:80" }), "could not prove"},
		"this house's domain":    {d.with(func(d *device) { d.domain = "elsewhere.example" }), "could not prove"},
		"this ceremony":          {d.with(func(d *device) { d.challenge = b64(make([]byte, 32)) }), "could not prove"},
		"to be used, not made":   {d.with(func(d *device) { d.kind = "webauthn.create" }), "could not prove"},
		"to know the secret":     {d.with(func(d *device) { d.key = kim.key }), "could not prove"},
		"to be of one person":    {d.with(func(d *device) { d.handle = kim.handle }), "could not prove"},
		"to say whose it is":     {d.with(func(d *device) { d.handle = nil }), "could not prove"},
		"to be known here":       {deviceFor(t, h), "not known here"},
		"that it is the same":    {d.with(func(d *device) { d.synced = true }), "could not prove"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.device.handle == nil && name == "to be known here" {
				c.device.handle = d.handle
			}
			b := h.Browser()
			refused(t, h, b, signIn(t, b, c.device), c.words)
		})
	}
	b := h.Browser()
	text, _ := ask(t, b, "/passkey/ask")
	for _, credential := range []string{"", "{}", "null", "[]", `{"id":"x"}`, strings.Repeat("[", 10_000)} {
		refused(t, h, b, b.Post("/passkey", filled(text, []byte(credential))), "could not prove")
	}
	if a := signIn(t, h.Browser(), d); a.Code != http.StatusSeeOther {
		t.Errorf("the true key, after all that: %d", a.Code)
	}
}

func TestCeremonyIsOnesOwnAndOnce(t *testing.T) {
	h := open(t)
	d := deviceFor(t, h)
	jo := h.As(doortest.Jo)
	enrol(t, jo, d, "")
	t.Run("twice", func(t *testing.T) {
		b := h.Browser()
		text, p := ask(t, b, "/passkey/ask")
		signed := d.use(p)
		if a := b.Post("/passkey", filled(text, signed)); a.Code != http.StatusSeeOther {
			t.Fatalf("the first time: %d", a.Code)
		}
		b.Post("/sign-out", nil)
		d.count++
		if a := b.Post("/passkey", filled(text, signed)); a.Code != http.StatusUnprocessableEntity {
			t.Errorf("the same answer: %d to %s", a.Code, a.To)
		}
		refused(t, h, b, b.Post("/passkey", filled(text, d.sign(p))), "begin again")
	})
	t.Run("too late", func(t *testing.T) {
		b := h.Browser()
		text, p := ask(t, b, "/passkey/ask")
		h.Clock.Advance(life)
		refused(t, h, b, b.Post("/passkey", filled(text, d.use(p))), "took too long")
	})
	t.Run("in another browser", func(t *testing.T) {
		text, p := ask(t, h.Browser(), "/passkey/ask")
		b := h.Browser()
		refused(t, h, b, b.Post("/passkey", filled(text, d.use(p))), "another window")
		ask(t, b, "/passkey/ask")
		refused(t, h, b, b.Post("/passkey", filled(text, d.use(p))), "another window")
	})
	t.Run("for another purpose", func(t *testing.T) {
		text, p := ask(t, jo, "/passkey/ask/confirm")
		if a := jo.Post("/passkey", filled(text, d.use(p), "place", "sign-in")); a.Code != http.StatusUnprocessableEntity {
			t.Errorf("a confirmation at the door: %d", a.Code)
		}
		text, p = ask(t, jo, "/passkey/ask")
		if a := jo.Post("/passkey", filled(text, d.use(p), "place", "confirm")); a.Code != http.StatusUnprocessableEntity {
			t.Errorf("a sign-in to confirm: %d", a.Code)
		}
		text, p = ask(t, jo, "/account/passkeys/ask")
		if a := jo.Post("/passkey", filled(text, d.use(p))); a.Code != http.StatusUnprocessableEntity {
			t.Errorf("a new key's at the door: %d", a.Code)
		}
	})
	t.Run("many at the same instant", func(t *testing.T) {
		b := h.Browser()
		text, p := ask(t, b, "/passkey/ask")
		signed := d.use(p)
		codes := make([]int, 6)
		var all sync.WaitGroup
		for i := range codes {
			all.Go(func() { codes[i] = b.Post("/passkey", filled(text, signed)).Code })
		}
		all.Wait()
		in := 0
		for _, code := range codes {
			if code == http.StatusSeeOther {
				in++
			} else if code != http.StatusUnprocessableEntity {
				t.Errorf("answered %d", code)
			}
		}
		if in != 1 {
			t.Errorf("%d times in", in)
		}
	})
}

func TestCopiedPasskeyIsClosed(t *testing.T) {
	h := open(t)
	d := deviceFor(t, h)
	enrol(t, h.As(doortest.Jo), d, "My key")
	d.count = 40
	if a := signIn(t, h.Browser(), d); a.Code != http.StatusSeeOther {
		t.Fatalf("at first: %d", a.Code)
	}
	copied := d.with(func(d *device) { d.count = 12 })
	b := h.Browser()
	refused(t, h, b, signIn(t, b, copied), "as if there were a copy")
	b = h.Browser()
	refused(t, h, b, signIn(t, b, d), "as if there were a copy") // nobody can tell which of the two is the true one
	jo := h.As(doortest.Jo)
	if a := jo.Get("/account"); !strings.Contains(a.Body, "“My key” was closed") {
		t.Errorf("the account says nothing of it:\n%s", a.Body)
	}
	// A key that never counts is no copy of itself.
	still := deviceFor(t, h)
	enrol(t, jo, still, "")
	for range 3 {
		still.count = 0
		text, p := ask(t, h.Browser(), "/passkey/ask")
		_, _ = text, p
		b := h.Browser()
		text, p = ask(t, b, "/passkey/ask")
		if a := b.Post("/passkey", filled(text, still.sign(p))); a.Code != http.StatusSeeOther {
			t.Fatalf("a key that does not count: %d %s", a.Code, a.Body)
		}
	}
}

func TestConfirmingAndUnlocking(t *testing.T) {
	h := open(t)
	d, kim := deviceFor(t, h), deviceFor(t, h)
	enrol(t, h.As(doortest.Jo), d, "")
	enrol(t, h.As(doortest.Kim), kim, "")
	b := h.Browser()
	signIn(t, b, d)
	h.Clock.Advance(11 * time.Minute)
	asked := b.Post("/signs", url.Values{"words": {"seen & heard"}})
	if asked.Code != http.StatusForbidden || !strings.Contains(asked.Body, `data-passkey="use"`) || !strings.Contains(asked.Body, "/signs") {
		t.Fatalf("signing later: %d %s", asked.Code, asked.Body)
	}
	text, p := ask(t, b, "/passkey/ask/confirm")
	stolen := kim.use(p)
	if a := b.Post("/passkey", filled(text, stolen, "place", "confirm")); a.Code != http.StatusUnprocessableEntity {
		t.Errorf("confirmed by somebody else's: %d", a.Code)
	}
	text, p = ask(t, b, "/passkey/ask/confirm")
	if a := b.Post("/passkey", filled(text, d.use(p), "place", "confirm", "then", "/", "held_path", "/signs", "held", "words=seen+%26+heard")); a.Code != http.StatusOK || a.Body != "signed: seen & heard" {
		t.Errorf("the form that waited: %d %s", a.Code, a.Body)
	}
	h.Clock.Advance(16 * time.Minute)
	if a := b.Get("/account"); a.Code != http.StatusSeeOther || !strings.HasPrefix(a.To, "/lock") {
		t.Fatalf("after a quarter of an hour: %d to %s", a.Code, a.To)
	}
	if a := signIn(t, b, d, "place", "lock", "then", "/account"); a.Code != http.StatusSeeOther || a.To != "/account" {
		t.Errorf("unlocked: %d to %s %s", a.Code, a.To, a.Body)
	}
	h.Clock.Advance(16 * time.Minute)
	if a := signIn(t, b, kim, "place", "lock", "then", "/account"); a.Code != http.StatusSeeOther || a.To != "/" {
		t.Errorf("taken over: %d to %s %s", a.Code, a.To, a.Body)
	}
	if a := b.Get("/account"); !strings.Contains(a.Body, "Kim Adeyemi") || strings.Contains(a.Body, "Jo Ferrand") {
		t.Error("it is not Kim's now")
	}
	if a := h.Browser().Ask("/passkey/ask/confirm"); a.Code != http.StatusUnauthorized {
		t.Errorf("confirming as nobody: %d", a.Code)
	}
}

func TestInvitationIsUsedUpByAPasskey(t *testing.T) {
	h := open(t)
	old := deviceFor(t, h)
	enrol(t, h.As(doortest.Jo), old, "")
	link := h.Invite("jo")
	b := h.Browser()
	refused(t, h, b, signIn(t, b, old), "not known here") // what was before has ended
	if a := b.Get(link); a.Code != http.StatusOK || !strings.Contains(a.Body, `data-passkey="make"`) {
		t.Fatalf("the invitation: %d %s", a.Code, a.Body)
	}
	// Two who hold the same link: the first is in, the second finds it used, and has no key.
	other := h.Browser()
	first, second := deviceFor(t, h), deviceFor(t, h)
	text, p := ask(t, b, link+"/passkey/ask")
	late, q := ask(t, other, link+"/passkey/ask")
	if a := b.Post(link+"/passkey", filled(text, first.make(p))); a.Code != http.StatusSeeOther || a.To != "/" {
		t.Fatalf("made: %d to %s %s", a.Code, a.To, a.Body)
	}
	if a := other.Post(link+"/passkey", filled(late, second.make(q))); a.Code != http.StatusNotFound {
		t.Errorf("made under a used link: %d", a.Code)
	}
	if a := other.Ask(link + "/passkey/ask"); a.Code != http.StatusNotFound {
		t.Errorf("asked under a used link: %d", a.Code)
	}
	keys, err := Of(h.DB.Read(t.Context()), doortest.Jo)
	if err != nil || len(keys) != 1 || string(keys[0].ID) != string(first.id) {
		t.Errorf("kept: %d, %v", len(keys), err)
	}
	if a := b.Get("/account"); !strings.Contains(a.Body, "Jo Ferrand") {
		t.Error("not in")
	}
	// The ceremony of one invitation makes no key under another.
	kim := h.Invite("kim")
	text, p = ask(t, other, kim+"/passkey/ask")
	again := h.Invite("jo")
	if a := other.Post(again+"/passkey", filled(text, second.make(p))); a.Code != http.StatusUnprocessableEntity {
		t.Errorf("made under another link: %d", a.Code)
	}
}

func TestWaysInAreKeptAndNamed(t *testing.T) {
	logtest.Both(t, func(t *testing.T, database func(testing.TB) *db.DB) {
		keptAndNamed(t, doortest.New(t, database(t), Factor()))
	})
}

func keptAndNamed(t *testing.T, h *doortest.House) {
	t.Helper()
	jo := h.As(doortest.Jo)
	first, second := deviceFor(t, h), deviceFor(t, h)
	enrol(t, jo, first, "  My\n phone ")
	path := "/account/passkeys/" + pathOf(first.id)
	if a := jo.Post(path+"/remove", nil); a.Code != http.StatusConflict || !strings.Contains(a.Body, "only way in") {
		t.Errorf("the last one removed: %d", a.Code)
	}
	enrol(t, jo, second, "Key on my ring")
	if a := jo.Post("/account/passkeys/"+pathOf(second.id)+"/name", url.Values{"name": {strings.Repeat("x", MaxName+1)}}); a.Code != http.StatusUnprocessableEntity {
		t.Errorf("a name without end: %d", a.Code)
	}
	if a := jo.Post("/account/passkeys/"+pathOf(second.id)+"/name", url.Values{"name": {`<b>"ring"`}}); a.Code != http.StatusSeeOther {
		t.Errorf("named: %d", a.Code)
	}
	if a := jo.Get("/account"); !strings.Contains(a.Body, "&lt;b&gt;&#34;ring&#34;") || !strings.Contains(a.Body, "My phone") {
		t.Errorf("the names:\n%s", a.Body)
	}
	kim := h.As(doortest.Kim)
	for _, a := range []doortest.Answer{kim.Get(path), kim.Post(path+"/remove", nil), kim.Post(path+"/name", url.Values{"name": {"mine"}}), kim.Get("/account/passkeys/none")} {
		if a.Code != http.StatusNotFound {
			t.Errorf("somebody else's: %d", a.Code)
		}
	}
	// A key that is in use already is nobody else's, and the same one not made twice.
	text, p := ask(t, kim, "/account/passkeys/ask")
	theirs := second.with(func(*device) {})
	if a := kim.Post("/account/passkeys", filled(text, theirs.make(p))); a.Code != http.StatusUnprocessableEntity {
		t.Errorf("another's key made one's own: %d", a.Code)
	}
	// Two browsers remove the last two at the same instant: one stays.
	other := h.As(doortest.Jo)
	codes := make([]int, 2)
	var both sync.WaitGroup
	both.Go(func() { codes[0] = jo.Post(path+"/remove", nil).Code })
	both.Go(func() { codes[1] = other.Post("/account/passkeys/"+pathOf(second.id)+"/remove", nil).Code })
	both.Wait()
	if codes[0]+codes[1] != http.StatusSeeOther+http.StatusConflict {
		t.Errorf("both removed: %v", codes)
	}
	if keys, err := Of(h.DB.Read(t.Context()), doortest.Jo); err != nil || len(keys) != 1 {
		t.Errorf("%d left: %v", len(keys), err)
	}
}

func TestTooManyPasskeys(t *testing.T) {
	h := open(t)
	jo := h.As(doortest.Jo)
	text, p := ask(t, jo, "/account/passkeys/ask")
	for range MaxKeys {
		enrol(t, jo, deviceFor(t, h), "")
	}
	if a := jo.Post("/account/passkeys", filled(text, deviceFor(t, h).make(p))); a.Code != http.StatusUnprocessableEntity {
		t.Errorf("one more: %d", a.Code)
	}
	if a := jo.Ask("/account/passkeys/ask"); a.Code != http.StatusTooManyRequests {
		t.Errorf("asked for one more: %d", a.Code)
	}
}

func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		origin, host   string
		secure         bool
		domain, at     string
		why, elsewhere string
	}{
		{"https://milieu.example.org", "milieu.example.org", true, "milieu.example.org", "https://milieu.example.org", "", ""},
		{"https://Milieu.Example.org:8443", "x", true, "milieu.example.org", "https://milieu.example.org:8443", "", ""},
		{"http://milieu.example.org", "milieu.example.org", false, "", "", whyPlain, ""},
		{"http://localhost:8080", "localhost:8080", false, "localhost", "http://localhost:8080", "", ""},
		{"https://192.0.2.7", "192.0.2.7", true, "", "", whyNumber, ""},
		{"", "localhost:8080", false, "localhost", "http://localhost:8080", "", ""},
		{"", "ward.localhost:8080", false, "ward.localhost", "http://ward.localhost:8080", "", ""},
		{"", "127.0.0.1:8080", false, "", "", whyNumber, "http://localhost:8080"},
		{"", "127.0.0.1", false, "", "", whyNumber, "http://localhost"},
		{"", "[::1]:8080", true, "", "", whyNumber, "https://localhost:8080"},
		{"", "192.0.2.7:8080", false, "", "", whyNumber, ""},
		{"", "milieu.example.org", true, "", "", whyUnknown, ""}, // as anybody can write
		{"", "localhost.example.org", true, "", "", whyUnknown, ""},
		{"", "", false, "", "", whyUnknown, ""},
		{"", "a b", false, "", "", whyUnknown, ""},
	} {
		got, why, elsewhere := placeOf(c.origin, c.host, c.secure, "Alder House")
		if why != c.why || elsewhere != c.elsewhere || (got == nil) != (c.domain == "") || got != nil && (got.domain != c.domain || got.origin != c.at) {
			t.Errorf("%q asked for as %q: %+v, %q, %q", c.origin, c.host, got, why, elsewhere)
		}
		if got != nil {
			if _, err := got.party(); err != nil {
				t.Errorf("%q: %v", c.origin, err)
			}
		}
	}
}

func TestForgettingTakesAllOfAPersonsKeys(t *testing.T) {
	h := open(t)
	d := deviceFor(t, h)
	enrol(t, h.As(doortest.Jo), d, "")
	enrol(t, h.As(doortest.Kim), deviceFor(t, h), "")
	if err := h.Committer.Upkeep(t.Context(), func(tx db.Tx) error { return Forget(tx, doortest.Jo) }); err != nil {
		t.Fatal(err)
	}
	for person, want := range map[record.ID]bool{doortest.Jo: false, doortest.Kim: true} {
		if got, err := has(h.DB.Read(t.Context()), person); err != nil || got != want {
			t.Errorf("%s has one: %v, %v", person, got, err)
		}
	}
}
