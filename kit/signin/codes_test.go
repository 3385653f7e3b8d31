package signin_test

import (
	"bytes"
	"encoding/base32"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"milieu/kit/access"
	"milieu/kit/due"
	"milieu/kit/signin"
	"milieu/kit/signin/ticket"
	"milieu/kit/testkit"
)

// app is an authenticator app that has read a page's secret.
type app struct {
	t      testing.TB
	secret string
}

func reads(t testing.TB, page string) *app {
	t.Helper()
	return &app{t, strings.ReplaceAll(find(t, secretIn, page), " ", "")}
}

func (a *app) at(when time.Time) string {
	a.t.Helper()
	code, err := totp.GenerateCode(a.secret, when)
	if err != nil {
		a.t.Fatal(err)
	}
	return code
}

// withCodes signs somebody in and sets codes up, and gives the app and the recovery codes.
func (w *world) withCodes(name string) (b *browser, phone *app, recovery []string) {
	w.t.Helper()
	w.password(name, words)
	b = w.browser()
	b.signIn(name, words)
	page := b.get("/account/codes").want(w.t, http.StatusOK).body
	phone = reads(w.t, page)
	form := url.Values{"ticket": {find(w.t, ticketIn, page)}}
	form.Set("code", "000000")
	b.post("/account/codes", form).want(w.t, http.StatusUnprocessableEntity, "does not fit")
	form.Set("code", phone.at(w.Clock.Now()))
	page = b.post("/account/codes", form).want(w.t, http.StatusOK, "Recovery codes").body
	for _, m := range codeIn.FindAllStringSubmatch(page, -1) {
		recovery = append(recovery, m[1])
	}
	if len(recovery) != 10 {
		w.t.Fatalf("%d recovery codes", len(recovery))
	}
	return b, phone, recovery
}

// first is the first step: the ticket of the second.
func (b *browser) first(name, password string) string {
	b.w.t.Helper()
	return find(b.w.t, ticketIn, b.signIn(name, password).want(b.w.t, http.StatusOK, "One more step").body)
}

func (b *browser) second(ticket, code string) answer {
	b.w.t.Helper()
	return b.post("/sign-in/code", url.Values{"ticket": {ticket}, "code": {code}})
}

func TestACodeIsGoodOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		_, phone, _ := w.withCodes("ana")
		b := w.browser()
		ticket := b.first("ana", words)
		if b.inside() != "" {
			t.Fatal("in with a password alone")
		}
		b.second(ticket, phone.at(w.Clock.Now())).want(t, http.StatusUnprocessableEntity) // the one that set it up
		w.Clock.Advance(30 * time.Second)
		code := phone.at(w.Clock.Now())
		b.second(ticket, code).want(t, http.StatusSeeOther)
		if b.inside() != "Ana Marsh" {
			t.Fatal("a right code lets nobody in")
		}
		again := w.browser()
		again.second(ticket, code).want(t, http.StatusUnprocessableEntity) // ticket and code, from another browser
		again.second(again.first("ana", words), code).want(t, http.StatusUnprocessableEntity)
		// The one before is not taken behind a later one; one step of slack each way is.
		w.Clock.Advance(2 * time.Minute)
		again.second(again.first("ana", words), phone.at(w.Clock.Now().Add(-time.Minute))).want(t, http.StatusUnprocessableEntity)
		again.second(again.first("ana", words), phone.at(w.Clock.Now().Add(30*time.Second))).want(t, http.StatusSeeOther)
		again.second(again.first("ana", words), phone.at(w.Clock.Now())).want(t, http.StatusUnprocessableEntity)
	})
}

// What travels with the browser is sealed under what follows from the house's key, and under nothing that lies in its database.
func TestTicketsFollowFromTheHousesKey(t *testing.T) {
	w := newWorld(t)
	w.withCodes("ana")
	w.Clock.Advance(time.Minute)
	text := w.browser().first("ana", words)
	for key, want := range map[string]bool{"k": true, "l": false} {
		box, err := ticket.NewBox(bytes.Repeat([]byte(key), 32))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := box.Open(w.Clock.Now(), "second step", text, &map[string]any{}); (err == nil) != want {
			t.Errorf("with the key of %s: %v", key, err)
		}
	}
}

func TestTheSameCodeAtTheSameInstant(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		_, phone, recovery := w.withCodes("ana")
		w.Clock.Advance(time.Minute)
		for name, code := range map[string]string{"of the app": phone.at(w.Clock.Now()), "for recovery": recovery[3]} {
			browsers := make([]*browser, 4)
			tickets := make([]string, len(browsers))
			for i := range browsers {
				browsers[i] = w.browserAt(w.Site, []string{"198.51.100.1", "203.0.113.1", "192.0.2.1", "233.252.0.1"}[i])
				tickets[i] = browsers[i].first("ana", words)
			}
			var all sync.WaitGroup
			for i := range browsers {
				all.Go(func() { browsers[i].second(tickets[i], code) })
			}
			all.Wait()
			in := 0
			for _, b := range browsers {
				if b.inside() != "" {
					in++
				}
			}
			if in != 1 {
				t.Errorf("one code %s let %d in", name, in)
			}
		}
	})
}

func TestRecoveryCodes(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mine, _, recovery := w.withCodes("ana")
		b := w.browser()
		b.second(b.first("ana", words), strings.ToUpper(strings.ReplaceAll(recovery[0], "-", " "))).want(t, http.StatusSeeOther)
		if b.inside() == "" {
			t.Fatal("a recovery code lets nobody in")
		}
		b.get("/account").want(t, http.StatusOK, "9 recovery codes are left", "A recovery code was used")
		again := w.browser()
		again.second(again.first("ana", words), recovery[0]).want(t, http.StatusUnprocessableEntity)
		w.password("ben", words)
		other := w.browser()
		other.signIn("ben", words)
		// New ones end the old ones.
		page := mine.post("/account/recovery", nil).want(t, http.StatusOK).body
		fresh := find(t, codeIn, page)
		last := w.browserAt(w.Site, "192.0.2.44")
		last.second(last.first("ana", words), recovery[1]).want(t, http.StatusUnprocessableEntity)
		last.second(last.first("ana", words), fresh).want(t, http.StatusSeeOther)
	})
}

// What is kept of codes opens nothing without the house's key, and for nobody else.
func TestSecretsAreSealed(t *testing.T) {
	w := newWorld(t)
	_, phone, recovery := w.withCodes("ana")
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(phone.secret)
	if err != nil {
		t.Fatal(err)
	}
	dump := w.Dump("one_time_code", "recovery_code", "credential", "session", "sign_in_link")
	for _, secret := range []string{hexOf(raw), phone.secret, hexOf([]byte(recovery[0])), recovery[0], words, hexOf([]byte(words))} {
		if strings.Contains(dump, secret) {
			t.Errorf("a secret stands in the tables: %s", secret)
		}
	}
}

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	var out strings.Builder
	for _, c := range b {
		out.WriteByte(digits[c>>4])
		out.WriteByte(digits[c&15])
	}
	return out.String()
}

func TestCodesBesideAShortPassword(t *testing.T) {
	w := newWorld(t)
	mine, phone, _ := w.withCodes("ana")
	mine.post("/account/password", url.Values{"password": {"seven"}}).want(t, http.StatusUnprocessableEntity, "at least 8")
	mine.post("/account/password", url.Values{"password": {"ten herons"}}).want(t, http.StatusSeeOther)
	mine.post("/account/codes/drop", nil).want(t, http.StatusUnprocessableEntity)
	w.Clock.Advance(time.Minute)
	b := w.browser()
	b.second(b.first("ana", "ten herons"), phone.at(w.Clock.Now())).want(t, http.StatusSeeOther)
	w.Clock.Advance(11 * time.Minute)
	// What signs asks for both; a locked screen for one.
	b.post("/sign", url.Values{"what": {"x"}}).want(t, http.StatusForbidden, "Code")
	b.post("/confirm", url.Values{"password": {"ten herons"}}).want(t, http.StatusUnprocessableEntity)
	w.Clock.Advance(30 * time.Second)
	b.post("/confirm", url.Values{"password": {"ten herons"}, "code": {phone.at(w.Clock.Now())}}).want(t, http.StatusSeeOther)
	b.post("/lock", nil)
	b.post("/unlock", url.Values{"password": {"ten herons"}}).want(t, http.StatusSeeOther)
	b.post("/sign", url.Values{"what": {"x"}}).want(t, http.StatusForbidden)
}

func TestAHouseMayAskForMoreThanAPassword(t *testing.T) {
	w := newWorld(t)
	w.password("ben", words)
	w.Must(testkit.Program(), "signin.limits_set", due.House, &signin.LimitsSet{Role: access.Worker, Idle: 15, Length: 720, Second: true})
	b := w.browser()
	page := b.signIn("ben", words).want(t, http.StatusOK, "asks for more than a password").body
	if b.inside() != "" {
		t.Fatal("in with a password alone")
	}
	phone := reads(t, page)
	form := url.Values{"ticket": {find(t, ticketIn, page)}, "code": {"12"}}
	page = b.post("/sign-in/setup", form).want(t, http.StatusUnprocessableEntity).body
	if reads(t, page).secret != phone.secret {
		t.Error("another secret after a slip of the finger")
	}
	form.Set("ticket", find(t, ticketIn, page))
	form.Set("code", phone.at(w.Clock.Now()))
	stolen := w.browser()
	stolen.post("/sign-in/setup", form).want(t, http.StatusUnprocessableEntity)
	b.post("/sign-in/setup", form).want(t, http.StatusOK, "Recovery codes")
	if b.inside() != "Ben Marsh" {
		t.Error("not in after setting codes up")
	}
	b.post("/sign-in/setup", form).want(t, http.StatusUnprocessableEntity)
	b.post("/account/codes/drop", nil).want(t, http.StatusUnprocessableEntity, "asks for codes")
	w.Clock.Advance(time.Minute)
	again := w.browser()
	again.second(again.first("ben", words), phone.at(w.Clock.Now())).want(t, http.StatusSeeOther)
}

// A factor of another package that shows only one of two is asked for the other.
func TestOneOfTwoFactors(t *testing.T) {
	w := newWorld(t)
	_, phone, _ := w.withCodes("ana")
	w.Clock.Advance(time.Minute)
	b := w.browser()
	page := b.post("/prove/ana", nil).want(t, http.StatusOK, "One more step").body
	if b.inside() != "" {
		t.Fatal("in by one of two")
	}
	b.second(find(t, ticketIn, page), phone.at(w.Clock.Now())).want(t, http.StatusSeeOther)
	if b.inside() != "Ana Marsh" {
		t.Error("not in by both")
	}
	w.browser().post("/prove/ana", url.Values{"second": {"yes"}}).want(t, http.StatusSeeOther)
	w.browser().post("/prove/ben", nil).want(t, http.StatusSeeOther)
	w.Must(testkit.Program(), "signin.limits_set", due.House, &signin.LimitsSet{Idle: 15, Length: 720, Second: true})
	w.browser().post("/prove/ben", nil).want(t, http.StatusOK, "asks for more")
	w.browser().post("/prove/ben", url.Values{"second": {"yes"}}).want(t, http.StatusSeeOther)
}
