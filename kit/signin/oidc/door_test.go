package oidc

import (
	"crypto/sha256"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/signin/doortest"
	"milieu/kit/testkit/logtest"
	"milieu/kit/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// trust is a house and the organisation around it.
type trust struct {
	*doortest.House
	l *liar
	s *Settings
}

func opened(t *testing.T, d *db.DB, change func(*Settings)) *trust {
	t.Helper()
	l := newLiar(t)
	s := l.settings()
	if change != nil {
		change(s)
	}
	return &trust{doortest.New(t, d, Factor(s)), l, s}
}

// out sets out from an address and gives where the browser is sent.
func (h *trust) out(t *testing.T, b *doortest.Browser, path string) url.Values {
	t.Helper()
	a := b.Get(path)
	u, err := url.Parse(a.To)
	if err != nil || a.Code != http.StatusSeeOther || !strings.HasPrefix(a.To, h.l.URL+"/auth?") {
		t.Fatalf("setting out from %s: %d to %s %s", path, a.Code, a.To, a.Body)
	}
	return u.Query()
}

// signs has the organisation say who signed in, in answer to a trip.
func (h *trust) signs(q url.Values, subject string, change map[string]any) {
	at := h.Clock.Now().Unix()
	claims := h.l.good()
	claims["sub"], claims["nonce"], claims["iat"], claims["exp"], claims["auth_time"] = subject, q.Get("nonce"), at, at+300, at
	for name, value := range change {
		claims[name] = value
	}
	h.l.token = func() string { return h.l.signed(h.l.keys["one"], jose.ES256, "one", claims) }
}

func back(q url.Values, more ...string) string {
	answer := url.Values{"state": {q.Get("state")}, "code": {"a-code"}}
	for i := 0; i+1 < len(more); i += 2 {
		answer.Set(more[i], more[i+1])
	}
	return backPath + "?" + answer.Encode()
}

// trip goes there and back.
func (h *trust) trip(t *testing.T, b *doortest.Browser, path, subject string, change map[string]any) doortest.Answer {
	t.Helper()
	q := h.out(t, b, path)
	h.signs(q, subject, change)
	return b.Get(back(q))
}

func (h *trust) tied(t *testing.T, person record.ID, subject string) {
	t.Helper()
	b := h.As(person)
	if a := h.trip(t, b, "/account/organisation/begin", subject, nil); a.Code != http.StatusSeeOther || a.To != "/account" {
		t.Fatalf("tying: %d to %s %s", a.Code, a.To, a.Body)
	}
}

func in(b *doortest.Browser) bool { return b.Get("/account").Code == http.StatusOK }

func TestSigningInThroughTheOrganisation(t *testing.T) {
	logtest.Both(t, func(t *testing.T, database func(testing.TB) *db.DB) {
		h := opened(t, database(t), nil)
		h.tied(t, doortest.Jo, "s-jo")
		b := h.Browser()
		if a := b.Get("/sign-in"); !strings.Contains(a.Body, "Sign in with Northfield Trust") {
			t.Errorf("the door says nothing of it: %s", a.Body)
		}
		q := h.out(t, b, "/sign-in/organisation?place=sign-in&then=%2Faccount")
		for name, want := range map[string]string{"response_type": "code", "client_id": "milieu", "scope": "openid", "code_challenge_method": "S256", "redirect_uri": h.URL + backPath, "prompt": "login", "max_age": "0"} {
			if q.Get(name) != want {
				t.Errorf("%s is %q, want %q", name, q.Get(name), want)
			}
		}
		if len(q.Get("state")) < 32 || len(q.Get("nonce")) < 32 || q.Get("state") == q.Get("nonce") {
			t.Errorf("state %q, nonce %q", q.Get("state"), q.Get("nonce"))
		}
		h.signs(q, "s-jo", nil)
		if a := b.Get(back(q)); a.Code != http.StatusSeeOther || a.To != "/account" {
			t.Fatalf("back: %d to %s %s", a.Code, a.To, a.Body)
		}
		sum := sha256.Sum256([]byte(h.l.form.Get("code_verifier")))
		if b64(sum[:]) != q.Get("code_challenge") || h.l.form.Get("redirect_uri") != h.URL+backPath {
			t.Errorf("the code went with %v", h.l.form)
		}
		if a := b.Get("/account"); !strings.Contains(a.Body, "Jo Ferrand") || !strings.Contains(a.Body, "Northfield Trust") {
			t.Errorf("in as: %s", a.Body)
		}
		for table, columns := range map[string]string{"organisation_account": "issuer || subject || called", "sign_in_note": "what || more"} {
			if err := db.Each(h.DB.Read(t.Context()), "SELECT "+columns+" FROM "+table, nil, func(r db.Row) error {
				var text string
				err := r.Scan(&text)
				if strings.Contains(text, "opaque") || strings.Contains(text, "eyJ") {
					t.Errorf("a token is kept in %s", table)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if a := h.trip(t, h.Browser(), "/sign-in/organisation?then=%2F%2Felsewhere.example", "s-jo", nil); a.To != "/" {
			t.Errorf("sent on to %q", a.To)
		}
	})
}

func open(t *testing.T, change func(*Settings)) *trust {
	t.Helper()
	h := opened(t, logtest.SQLite(t, t.TempDir()), change)
	return h
}

func TestTripIsOnesOwnAndOnce(t *testing.T) {
	h := open(t, nil)
	h.tied(t, doortest.Jo, "s-jo")
	refused := func(t *testing.T, b *doortest.Browser, a doortest.Answer, words string) {
		t.Helper()
		if a.Code < 400 || !strings.Contains(a.Body, words) {
			t.Errorf("%d to %q: %s", a.Code, a.To, a.Body)
		}
		if in(b) {
			t.Error("somebody is in")
		}
	}
	t.Run("in another browser", func(t *testing.T) {
		q := h.out(t, h.Browser(), "/sign-in/organisation")
		h.signs(q, "s-jo", nil)
		b := h.Browser()
		refused(t, b, b.Get(back(q)), "another window")
	})
	t.Run("with another state", func(t *testing.T) {
		b := h.Browser()
		q := h.out(t, b, "/sign-in/organisation")
		h.signs(q, "s-jo", nil)
		other := h.out(t, b, "/sign-in/organisation")
		refused(t, b, b.Get(back(q, "state", q.Get("state")[:8]+other.Get("state")[8:])), "another window")
		refused(t, b, b.Get(back(q, "state", "")), "another window")
		refused(t, b, b.Get(backPath), "another window")
		refused(t, b, b.Get(back(q, "state", "../../x;y=z, \r\n")), "another window")
	})
	t.Run("twice", func(t *testing.T) {
		b := h.Browser()
		q := h.out(t, b, "/sign-in/organisation")
		h.signs(q, "s-jo", nil)
		if a := b.Get(back(q)); a.Code != http.StatusSeeOther {
			t.Fatalf("the first time: %d", a.Code)
		}
		b.Post("/sign-out", nil)
		refused(t, b, b.Get(back(q)), "another window")
	})
	t.Run("twice, with the cookie kept", func(t *testing.T) {
		b := h.Browser()
		q := h.out(t, b, "/sign-in/organisation")
		h.signs(q, "s-jo", nil)
		u, _ := url.Parse(h.URL)
		kept := b.Jar.Cookies(u)
		if a := b.Get(back(q)); a.Code != http.StatusSeeOther {
			t.Fatalf("the first time: %d", a.Code)
		}
		b.Post("/sign-out", nil)
		b.Jar.SetCookies(u, kept)
		refused(t, b, b.Get(back(q)), "another window")
	})
	t.Run("too late", func(t *testing.T) {
		b := h.Browser()
		q := h.out(t, b, "/sign-in/organisation")
		h.Clock.Advance(life)
		h.signs(q, "s-jo", nil)
		refused(t, b, b.Get(back(q)), "another window")
	})
	t.Run("with an answer of another organisation", func(t *testing.T) {
		b := h.Browser()
		q := h.out(t, b, "/sign-in/organisation")
		h.signs(q, "s-jo", nil)
		refused(t, b, b.Get(back(q, "iss", "https://elsewhere.example")), "could not be trusted")
	})
	t.Run("with another nonce", func(t *testing.T) {
		b := h.Browser()
		q := h.out(t, b, "/sign-in/organisation")
		h.signs(q, "s-jo", map[string]any{"nonce": "another"})
		refused(t, b, b.Get(back(q)), "could not be trusted")
	})
	t.Run("of somebody who was not asked", func(t *testing.T) {
		b := h.Browser()
		refused(t, b, h.trip(t, b, "/sign-in/organisation", "s-jo", map[string]any{"auth_time": h.Clock.Now().Add(-time.Hour).Unix()}), "could not be trusted")
	})
	t.Run("without a code", func(t *testing.T) {
		b := h.Browser()
		q := h.out(t, b, "/sign-in/organisation")
		refused(t, b, b.Get(back(q, "code", "")), "could not be trusted")
	})
	t.Run("when the organisation says no", func(t *testing.T) {
		for said, words := range map[string]string{"access_denied": "not signed in there", "login_required": "not signed in there", "server_error": "could not sign you in", "<script>": "could not sign you in"} {
			b := h.Browser()
			q := h.out(t, b, "/sign-in/organisation")
			a := b.Get(back(q, "error", said, "error_description", "<script>alert(1)</script>"))
			refused(t, b, a, words)
			if strings.Contains(a.Body, "alert(1)") {
				t.Error("its words are on the page")
			}
		}
	})
}

func TestAccountIsTiedOnlyByItsOwner(t *testing.T) {
	h := open(t, nil)
	b := h.Browser()
	a := h.trip(t, b, "/sign-in/organisation", "s-new", nil)
	if a.Code != http.StatusOK || !strings.Contains(a.Body, "nobody’s here yet") || in(b) {
		t.Fatalf("an unknown account: %d %s", a.Code, a.Body)
	}
	if a := b.Get("/account/organisation/tie"); a.Code != http.StatusSeeOther || !strings.HasPrefix(a.To, "/sign-in") {
		t.Errorf("tied by nobody: %d to %s", a.Code, a.To)
	}
	// In the same browser its owner signs in by a way of their own, and says that it is theirs.
	jo := h.As(doortest.Jo)
	a = h.trip(t, jo, "/sign-in/organisation", "s-new", nil)
	if !strings.Contains(a.Body, "nobody’s here yet") {
		t.Fatalf("again: %s", a.Body)
	}
	if a := jo.Get("/account/organisation/tie"); a.Code != http.StatusOK || !strings.Contains(a.Body, "jo.ferrand") || !strings.Contains(a.Body, "Jo Ferrand") {
		t.Errorf("what is asked: %d %s", a.Code, a.Body)
	}
	if a := jo.Post("/account/organisation/tie", nil); a.Code != http.StatusSeeOther {
		t.Fatalf("tied: %d %s", a.Code, a.Body)
	}
	if a := jo.Post("/account/organisation/tie", nil); a.Code == http.StatusSeeOther {
		t.Error("tied twice by one trip")
	}
	if a := h.trip(t, b, "/sign-in/organisation", "s-new", nil); a.Code != http.StatusSeeOther || !in(b) {
		t.Errorf("then it opens: %d %s", a.Code, a.Body)
	}
	// It is nobody else's, and its owner has no second one.
	kim := h.As(doortest.Kim)
	if a := h.trip(t, kim, "/account/organisation/begin", "s-new", nil); a.Code != http.StatusConflict {
		t.Errorf("another's account: %d", a.Code)
	}
	if a := h.trip(t, jo, "/account/organisation/begin", "s-second", nil); a.Code != http.StatusConflict {
		t.Errorf("a second account: %d", a.Code)
	}
	// What was begun in one session is not ended in another.
	q := h.out(t, kim, "/account/organisation/begin")
	h.signs(q, "s-kim", nil)
	kim.Post("/sign-out", nil)
	if a := kim.Get(back(q)); a.Code != http.StatusUnprocessableEntity {
		t.Errorf("tied after signing out: %d to %s", a.Code, a.To)
	}
	// The only way in stays; with an invitation all is begun anew.
	if a := jo.Post("/account/organisation/untie", nil); a.Code != http.StatusConflict || !strings.Contains(a.Body, "only way in") {
		t.Errorf("the last way in: %d", a.Code)
	}
	h.Invite("jo")
	if a := h.trip(t, h.Browser(), "/sign-in/organisation", "s-new", nil); a.Code != http.StatusOK {
		t.Errorf("after an invitation: %d to %s", a.Code, a.To)
	}
}

func TestSignInNameOfTheAccountMustBeThePersons(t *testing.T) {
	h := open(t, func(s *Settings) { s.Claim = "email" })
	for _, c := range []struct {
		claims map[string]any
		code   int
	}{
		{map[string]any{"email": "kim"}, http.StatusConflict},
		{map[string]any{"email": "jo", "email_verified": false}, http.StatusConflict},
		{map[string]any{"email": ""}, http.StatusConflict},
		{map[string]any{"email": "jo"}, http.StatusSeeOther},
	} {
		if a := h.trip(t, h.As(doortest.Jo), "/account/organisation/begin", "s-jo", c.claims); a.Code != c.code {
			t.Errorf("%v: %d", c.claims, a.Code)
		}
	}
	b := h.Browser() // and the name alone opens nothing
	if a := h.trip(t, b, "/sign-in/organisation", "s-other", map[string]any{"email": "kim"}); a.Code != http.StatusOK || in(b) {
		t.Errorf("by its name: %d to %s", a.Code, a.To)
	}
}

func TestInvitationIsUsedUpByAnAccount(t *testing.T) {
	h := open(t, nil)
	link := h.Invite("jo")
	b, other := h.Browser(), h.Browser()
	q := h.out(t, other, link+"/organisation")
	if a := h.trip(t, b, link+"/organisation", "s-jo", nil); a.Code != http.StatusSeeOther || !in(b) {
		t.Fatalf("with an invitation: %d %s", a.Code, a.Body)
	}
	h.signs(q, "s-thief", nil)
	if a := other.Get(back(q)); a.Code != http.StatusNotFound || in(other) {
		t.Errorf("the same one, used: %d to %s", a.Code, a.To)
	}
	if all, err := Of(h.DB.Read(t.Context()), doortest.Jo); err != nil || len(all) != 1 || all[0].Subject != "s-jo" {
		t.Errorf("tied: %+v %v", all, err)
	}
	if a := h.trip(t, h.Browser(), h.Invite("kim")+"/organisation", "s-jo", nil); a.Code != http.StatusConflict {
		t.Errorf("with another's account: %d", a.Code)
	}
}

func TestConfirmingThroughTheOrganisation(t *testing.T) {
	h := open(t, func(s *Settings) { s.Silent = true })
	h.tied(t, doortest.Jo, "s-jo")
	h.tied(t, doortest.Kim, "s-kim")
	b := h.Browser()
	if a := h.trip(t, b, "/sign-in/organisation", "s-jo", map[string]any{"auth_time": h.Clock.Now().Add(-3 * time.Hour).Unix()}); a.Code != http.StatusSeeOther {
		t.Fatalf("silently: %d %s", a.Code, a.Body)
	}
	h.Clock.Advance(11 * time.Minute)
	if a := b.Get("/account/organisation/untie"); a.Code != http.StatusSeeOther || !strings.HasPrefix(a.To, "/confirm") {
		t.Fatalf("later: %d to %s", a.Code, a.To)
	}
	const confirm = "/sign-in/organisation?place=confirm&then=%2Faccount%2Forganisation%2Funtie"
	if q := h.out(t, b, confirm); q.Get("prompt") != "login" {
		t.Error("nobody is asked again")
	}
	if a := h.trip(t, b, confirm, "s-jo", map[string]any{"auth_time": h.Clock.Now().Add(-5 * time.Minute).Unix()}); a.Code != http.StatusUnprocessableEntity {
		t.Errorf("confirmed by what it remembers: %d to %s", a.Code, a.To)
	}
	if a := h.trip(t, b, confirm, "s-kim", nil); a.Code != http.StatusUnprocessableEntity {
		t.Errorf("confirmed by somebody else: %d to %s", a.Code, a.To)
	}
	if a := h.trip(t, b, confirm, "s-jo", nil); a.Code != http.StatusSeeOther || a.To != "/account/organisation/untie" {
		t.Errorf("confirmed: %d to %s %s", a.Code, a.To, a.Body)
	}
	if a := b.Get("/account/organisation/untie"); a.Code != http.StatusOK {
		t.Errorf("then: %d to %s", a.Code, a.To)
	}
}

func TestRolesThatMustSignInThroughTheOrganisation(t *testing.T) {
	h := open(t, func(s *Settings) { s.Required = []access.Role{access.Nurse} })
	password := func() doortest.Answer {
		return h.Browser().Post("/sign-in", url.Values{"name": {"kim"}, "password": {"seven herons by a quiet weir"}})
	}
	b := h.Browser()
	if a := b.Post(h.Invite("kim"), url.Values{"password": {"seven herons by a quiet weir"}}); a.Code != http.StatusSeeOther {
		t.Fatalf("a password: %d %s", a.Code, a.Body)
	}
	if a := password(); a.Code != http.StatusSeeOther {
		t.Errorf("before an account is tied: %d %s", a.Code, a.Body)
	}
	if a := h.trip(t, b, "/account/organisation/begin", "s-kim", nil); a.Code != http.StatusSeeOther {
		t.Fatalf("tying: %d %s", a.Code, a.Body)
	}
	if a := password(); a.Code != http.StatusUnprocessableEntity || !strings.Contains(a.Body, "In your role you sign in with Northfield Trust") {
		t.Errorf("then: %d %s", a.Code, a.Body)
	}
	// Whoever is in shows again who they are by a way of their own: a form that waits goes on no trip.
	in := h.Browser()
	if a := h.trip(t, in, "/sign-in/organisation", "s-kim", nil); a.Code != http.StatusSeeOther {
		t.Fatalf("through it: %d %s", a.Code, a.Body)
	}
	h.Clock.Advance(11 * time.Minute)
	if a := in.Post("/signs", url.Values{"words": {"seen"}}); a.Code != http.StatusForbidden || strings.Contains(a.Body, "/sign-in/organisation") {
		t.Errorf("signing: %d %s", a.Code, a.Body)
	}
	if a := in.Post("/confirm", url.Values{"password": {"seven herons by a quiet weir"}, "held_path": {"/signs"}, "held": {"words=seen"}}); a.Body != "signed: seen" {
		t.Errorf("confirmed: %d %s", a.Code, a.Body)
	}
	// The organisation does not answer: people are in care here, so their own ways open.
	h.l.status = http.StatusBadGateway
	h.Clock.Advance(heardLately)
	if a := password(); a.Code != http.StatusSeeOther {
		t.Errorf("while it does not answer: %d %s", a.Code, a.Body)
	}
}

func TestOrganisationAwayIsSaidInWords(t *testing.T) {
	h := open(t, nil)
	h.l.status = http.StatusBadGateway
	b := h.Browser()
	a := b.Get("/sign-in/organisation")
	if a.Code != http.StatusServiceUnavailable || !strings.Contains(a.Body, "does not answer just now") || !strings.Contains(a.Body, "/sign-in") {
		t.Errorf("setting out: %d %s", a.Code, a.Body)
	}
	if a := b.Get("/sign-in"); a.Code != http.StatusOK {
		t.Errorf("the door: %d", a.Code)
	}
}

func TestSigningOutThereFromHere(t *testing.T) {
	h := open(t, nil)
	h.tied(t, doortest.Jo, "s-jo")
	b := h.Browser()
	if a := b.Get("/sign-in"); strings.Contains(a.Body, "Sign out there too") {
		t.Error("offered to somebody who was never there")
	}
	h.trip(t, b, "/sign-in/organisation", "s-jo", nil)
	b.Post("/sign-out", nil)
	if a := b.Get("/sign-in"); !strings.Contains(a.Body, "Sign out there too") {
		t.Errorf("not offered: %s", a.Body)
	}
	want := h.l.URL + "/end?" + url.Values{"client_id": {"milieu"}, "post_logout_redirect_uri": {h.URL + "/sign-in"}}.Encode()
	if a := b.Get("/sign-in/organisation/leave"); a.Code != http.StatusSeeOther || a.To != want {
		t.Errorf("sent to %q, want %q", a.To, want)
	}
	if a := b.Get("/sign-in"); strings.Contains(a.Body, "Sign out there too") {
		t.Error("offered again")
	}
}

func TestSigningOutThereEndsWhatItOpenedHere(t *testing.T) {
	h := open(t, nil)
	h.tied(t, doortest.Jo, "s-jo")
	h.tied(t, doortest.Kim, "s-kim")
	own, b, kim := h.As(doortest.Jo), h.Browser(), h.Browser()
	h.trip(t, b, "/sign-in/organisation", "s-jo", nil)
	h.trip(t, kim, "/sign-in/organisation", "s-kim", nil)
	at := h.Clock.Now().Unix()
	message := func(change map[string]any) url.Values {
		claims := map[string]any{"iss": h.l.URL, "sub": "s-jo", "aud": "milieu", "iat": at, "exp": at + 120, "jti": "one", "events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}}
		for name, value := range change {
			if value == nil {
				delete(claims, name)
			} else {
				claims[name] = value
			}
		}
		return url.Values{"logout_token": {h.l.signed(h.l.keys["one"], jose.ES256, "one", claims)}}
	}
	for name, m := range map[string]url.Values{"nothing": nil, "no event": message(map[string]any{"events": nil}), "an ID token": message(map[string]any{"nonce": "x"}), "for another": message(map[string]any{"aud": "another"}),
		"old": message(map[string]any{"iat": at - 3600}), "nobody": message(map[string]any{"sub": nil, "sid": "x"}), "of another": message(map[string]any{"iss": "https://elsewhere.example"})} {
		if a := h.Browser().Post("/sign-in/organisation/ended", m); a.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", name, a.Code)
		}
	}
	if !in(b) {
		t.Fatal("ended too early")
	}
	if a := h.Browser().Post("/sign-in/organisation/ended", message(map[string]any{"sub": "s-unknown"})); a.Code >= 500 {
		t.Errorf("of somebody unknown: %d", a.Code)
	}
	if a := h.Browser().Post("/sign-in/organisation/ended", message(nil)); a.Code != http.StatusOK {
		t.Errorf("told: %d %s", a.Code, a.Body)
	}
	h.Clock.Advance(time.Second)
	if in(b) || !in(own) || !in(kim) {
		t.Errorf("in: by it %v, by another way %v, somebody else %v", in(b), in(own), in(kim))
	}
}
