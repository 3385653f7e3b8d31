package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"milieu/kit/access"
	"milieu/kit/due"
	"milieu/kit/signin"
	"milieu/kit/testkit"
)

func TestSigningInAndOut(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.password("ana", words)
		b := w.browser()
		if a := b.signIn("ana", "seven calm herons"); a.code != http.StatusUnprocessableEntity || b.inside() != "" {
			t.Fatalf("a wrong password answered %d", a.code)
		}
		a := b.signIn("ana", words)
		a.want(t, http.StatusSeeOther)
		if b.inside() != "Ana Marsh" {
			t.Fatal("the right password lets nobody in")
		}
		before := b.session()
		b.post("/sign-out", nil).want(t, http.StatusSeeOther)
		if b.inside() != "" {
			t.Error("still in after signing out")
		}
		b.keep(before)
		if b.inside() != "" {
			t.Error("the token opens after signing out")
		}
	})
}

// Known and unknown names cost the same work and are answered in the same words.
func TestUnknownNamesAreAnsweredAlike(t *testing.T) {
	w := newWorld(t)
	w.password("ana", words)
	var texts []string
	for _, name := range []string{"ana", "ben", "nobody", strings.Repeat("x", 300)} {
		b := w.browserAt(w.Site, "198.51.100.9")
		a := b.signIn(name, "not the right words")
		texts = append(texts, strings.ReplaceAll(strip(a.body), name, "NAME"))
		if a.code != http.StatusUnprocessableEntity || a.header.Get("Set-Cookie") == "" {
			t.Errorf("%s: %d, cookies %q", name, a.code, a.header.Get("Set-Cookie"))
		}
	}
	for i := range texts {
		if texts[i] != texts[0] {
			t.Errorf("answers differ:\n%s\n%s", texts[0], texts[i])
		}
	}
}

func TestATokenIsNewAtEachRise(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.password("ana", words)
		b := w.browser()
		b.keep("planted-by-somebody-else-0123456789abcdefghi") // fixation
		b.signIn("ana", words).want(t, http.StatusSeeOther)
		first := b.session()
		if strings.HasPrefix(first, "planted") {
			t.Fatal("the browser's own token was taken over")
		}
		w.Clock.Advance(11 * time.Minute)
		b.get("/").want(t, http.StatusOK)
		a := b.post("/sign", url.Values{"what": {"an order & a “note”"}})
		a.want(t, http.StatusForbidden, "Is it still you?", "goes on by itself")
		form := url.Values{"password": {words}, "then": {"/"}, "held_path": {"/sign"}, "held": {url.Values{"what": {"an order & a “note”"}}.Encode()}}
		wrong := url.Values{"password": {"no"}, "then": {"/"}, "held_path": {"/sign"}, "held": {form.Get("held")}}
		b.post("/confirm", wrong).want(t, http.StatusUnprocessableEntity, "held_path", "an+order")
		b.post("/confirm", form).want(t, http.StatusOK, "signed an order & a “note”")
		second := b.session()
		if second == first {
			t.Error("the token is the same after a rise")
		}
		other := w.browser()
		other.keep(first)
		if other.inside() != "" {
			t.Error("the old token opens after a rise")
		}
		b.post("/sign", url.Values{"what": {"again"}}).want(t, http.StatusOK, "signed again")
		if b.inside() != "Ana Marsh" {
			t.Error("the new token does not open")
		}
	})
}

func TestASessionLocksAndAPollDoesNotKeepItOpen(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.password("ana", words)
		b := w.browser()
		b.signIn("ana", words)
		for range 14 { // a page that polls, each minute, in every way a script asks
			w.Clock.Advance(time.Minute)
			b.get("/poll", "Accept", "application/json").want(t, http.StatusOK)
			b.get("/", "Accept", "text/html", "Sec-Fetch-Mode", "cors").want(t, http.StatusOK)
			b.get("/", "Milieu-Fragment", "1").want(t, http.StatusOK)
			b.get("/session", "Sec-Fetch-Mode", "cors").want(t, http.StatusOK)
		}
		w.Clock.Advance(time.Minute)
		if a := b.get("/", "Sec-Fetch-Mode", "navigate"); a.code != http.StatusSeeOther || a.to != "/lock?then=%2F" {
			t.Fatalf("after a quarter of an hour: %d to %q", a.code, a.to)
		}
		for _, ask := range []answer{b.get("/", "Milieu-Fragment", "1"), b.get("/poll", "Accept", "application/json"), b.get("/live?topic=x/me", "Accept", "text/event-stream"), b.get("/account", "Sec-Fetch-Mode", "cors")} {
			if ask.code != http.StatusLocked {
				t.Errorf("a locked session answered %d: %.200s", ask.code, strip(ask.body))
			}
		}
		b.get("/lock").want(t, http.StatusOK, "Ana Marsh is signed in here")
		b.get("/session").want(t, http.StatusOK, `"locked":true`)
		// A form that comes to a locked session waits and goes on.
		held := b.post("/sign", url.Values{"what": {"the night"}})
		held.want(t, http.StatusForbidden, "held_path", "what=the+night")
		b.post("/unlock", url.Values{"password": {"wrong"}}).want(t, http.StatusUnprocessableEntity, "Still locked")
		locked := b.session()
		b.post("/unlock", url.Values{"password": {words}, "held_path": {"/sign"}, "held": {"what=the+night"}}).want(t, http.StatusOK, "signed the night")
		if b.session() == locked || b.inside() != "Ana Marsh" {
			t.Error("not unlocked with a new token")
		}
		// Touching, sending and opening keep it open, to the end of the shift and no longer.
		for range 60 {
			w.Clock.Advance(14 * time.Minute)
			b.post("/session/here", nil, "Milieu-Touched", "1", "Sec-Fetch-Mode", "cors")
		}
		if b.inside() != "" {
			t.Error("a session outlived twelve hours")
		}
	})
}

func TestALockIsTheSessions(t *testing.T) {
	w := newWorld(t)
	w.password("ana", words)
	a, b := w.browser(), w.browser()
	a.signIn("ana", words)
	b.signIn("ana", words)
	tab := w.browser() // another tab of the same browser
	tab.keep(a.session())
	a.post("/lock", url.Values{"then": {"/account"}}).want(t, http.StatusSeeOther)
	if a.inside()+tab.inside() != "" || b.inside() == "" {
		t.Errorf("after locking one session: %q, %q, %q", a.inside(), tab.inside(), b.inside())
	}
	if got := a.get("/lock?then=//evil.example").want(t, http.StatusOK).body; strings.Contains(got, "evil") {
		t.Error("the lock leads elsewhere")
	}
}

// A clock that is set forward or back gives nobody more time (F8).
func TestNoClockLengthensASession(t *testing.T) {
	for name, move := range map[string]func(w *world){
		"forward": func(w *world) { w.Clock.Advance(12 * time.Hour) },
		"back":    func(w *world) { w.Clock.Set(testkit.Start.AddDate(-2, 0, 0)) },
		"to and fro": func(w *world) {
			w.Clock.Advance(11 * time.Hour)
			w.Clock.Set(testkit.Start.Add(-time.Hour))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.password("ana", words)
			b := w.browser()
			b.signIn("ana", words)
			move(w)
			if b.inside() != "" {
				t.Error("still in")
			}
		})
	}
}

func TestOnesOwnSessions(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.password("ana", words)
		w.password("ben", words)
		a, b, ben := w.browser(), w.browser(), w.browser()
		a.post("/sign-in", url.Values{"name": {"ana"}, "password": {words}}, "User-Agent", "Mozilla/5.0 (Linux; Android 15) Chrome/140")
		b.signIn("ana", words)
		ben.signIn("ben", words)
		page := b.get("/account").want(t, http.StatusOK, "Chrome · Android", "(here)", "203.0.113.7").body
		ends := findAll(page, "/account/sessions/")
		if len(ends) != 1 {
			t.Fatalf("ends for %v", ends)
		}
		ben.post(ends[0], nil) // another person's session is not theirs to end
		if a.inside() == "" {
			t.Fatal("somebody ended another's session")
		}
		b.post(ends[0], nil).want(t, http.StatusSeeOther)
		if a.inside() != "" || b.inside() == "" {
			t.Error("ended the wrong one")
		}
		a.signIn("ana", words)
		b.post("/account/sessions", nil).want(t, http.StatusSeeOther)
		if a.inside() != "" || b.inside() == "" || ben.inside() == "" {
			t.Error("ending all others ended others, or not all")
		}
	})
}

func findAll(page, prefix string) (out []string) {
	for _, part := range strings.Split(page, `action="`)[1:] {
		if path, _, _ := strings.Cut(part, `"`); strings.HasPrefix(path, prefix) {
			out = append(out, path)
		}
	}
	return out
}

func TestLimitsOfTheHouse(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"ana", "ben"} {
		w.password(name, words)
	}
	set := func(l signin.LimitsSet) {
		w.Clock.Advance(time.Second)
		w.Must(testkit.Program(), "signin.limits_set", due.House, &l)
	}
	set(signin.LimitsSet{Idle: 20, Length: 600})
	set(signin.LimitsSet{Role: access.Nurse, Idle: 5, Length: 300})
	set(signin.LimitsSet{Unit: id(unit), Idle: 10, Length: 720})
	set(signin.LimitsSet{Role: access.Nurse, Idle: 4, Length: 300}) // the later one of two
	idle := func(name string, after time.Duration) bool {
		b := w.browser()
		b.signIn(name, words)
		w.Clock.Advance(after)
		return b.inside() == ""
	}
	for _, c := range []struct {
		name   string
		after  time.Duration
		locked bool
	}{{"ana", 9 * time.Minute, false}, {"ana", 10 * time.Minute, true}, {"ben", 9 * time.Minute, false}, {"ben", 10 * time.Minute, true}} {
		if got := idle(c.name, c.after); got != c.locked {
			t.Errorf("%s after %s: locked %v", c.name, c.after, got)
		}
	}
	set(signin.LimitsSet{Role: access.Nurse, Unit: id(unit), Idle: 2, Length: 300})
	if !idle("ana", 2*time.Minute) || idle("ben", 2*time.Minute) {
		t.Error("the most particular limit does not hold")
	}
	set(signin.LimitsSet{Idle: 1, Length: 60, Second: true})
	w.password("tv", words)
	if idle("tv", 89*24*time.Hour) || !idle("tv", 91*24*time.Hour) {
		t.Error("a screen on a wall does not stay for ninety days, or stays for ever")
	}
	for _, bad := range []signin.LimitsSet{{Role: access.Screen, Idle: 5, Length: 100}, {Idle: 0, Length: 720}, {Idle: 61, Length: 720}, {Idle: 5, Length: 14}, {Idle: 5, Length: 1441}, {Role: "wizard", Idle: 5, Length: 100}} {
		if bad.Validate(nil) == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}
