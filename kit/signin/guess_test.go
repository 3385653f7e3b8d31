package signin_test

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"milieu/kit/fault"
	"milieu/kit/signin"
)

// Whoever guesses is slowed; the owner, on a device of theirs, is not.
func TestGuessersSlowNobodyButThemselves(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.password("ana", words)
		own := w.browser()
		own.signIn("ana", words)
		own.post("/sign-out", nil)
		for block := range 3 {
			thief := w.browserAt(w.Site, []string{"198.51.100.3", "192.0.2.80", "203.0.113.9"}[block]) // the last of them in the owner's own building
			for i := range 5 {
				thief.signIn("ana", strings.Repeat("guess ", i+3)).want(t, http.StatusUnprocessableEntity)
			}
			thief.signIn("ana", words).want(t, http.StatusTooManyRequests, "too many tries")
			elsewhere := w.browserAt(w.Site, thief.from.String()) // a fresh cookie is no fresh budget
			elsewhere.signIn("ana", words).want(t, http.StatusTooManyRequests)
		}
		own.signIn("ana", words).want(t, http.StatusSeeOther)
		if own.inside() == "" {
			t.Error("the owner is locked out on their own device")
		}
		fresh := w.browserAt(w.Site, "233.252.0.4")
		fresh.signIn("ana", words).want(t, http.StatusSeeOther)
		w.Clock.Advance(2 * time.Second)
		near := w.browserAt(w.Site, "198.51.100.200")
		near.signIn("ana", words).want(t, http.StatusSeeOther)
	})
}

// Many tries at the same instant count as many.
func TestABurstIsCounted(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.password("ana", words)
		var all sync.WaitGroup
		var mu sync.Mutex
		judged := 0
		for range 20 {
			b := w.browserAt(w.Site, "198.51.100.3")
			all.Go(func() {
				if b.signIn("ana", "not these words at all").code == http.StatusUnprocessableEntity {
					mu.Lock()
					judged++
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if judged > 5 {
			t.Errorf("%d of a burst were judged", judged)
		}
	})
}

// A stolen device has a budget too, and loses its standing.
func TestAKnownDeviceIsNotFreeToGuess(t *testing.T) {
	w := newWorld(t)
	w.password("ana", words)
	b := w.browser()
	b.signIn("ana", words)
	b.post("/sign-out", nil)
	tries := 0
	for range 100 {
		if b.signIn("ana", "not these words at all").code == http.StatusUnprocessableEntity {
			tries++
		}
		w.Clock.Advance(10 * time.Second)
	}
	if tries > 5+40 {
		t.Errorf("%d tries in a thousand seconds", tries)
	}
}

func TestCodesCannotBeGuessed(t *testing.T) {
	w := newWorld(t)
	w.withCodes("ana")
	b := w.browserAt(w.Site, "198.51.100.3")
	ticket := b.first("ana", words)
	for range 5 {
		b.second(ticket, "123456").want(t, http.StatusUnprocessableEntity)
	}
	b.second(ticket, "123456").want(t, http.StatusTooManyRequests)
	b.second(b.first("ana", words), "123456").want(t, http.StatusTooManyRequests)
}

func TestPauses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 1<<40).Draw(t, "failed")
		a, b := signin.Pause(n, 5, time.Minute), signin.Pause(n+1, 5, time.Minute)
		if a > b || b > time.Minute || a < 0 || n < 5 && a != 0 || n >= 5 && a < time.Second {
			t.Fatalf("after %d: %s, then %s", n, a, b)
		}
	})
	for address, want := range map[string]string{"203.0.113.7": "203.0.113.0/24", "2001:db8:1:2ff::1": "2001:db8:1:200::/56"} {
		if got := signin.BlockOf(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is of %s", address, got)
		}
	}
}

// The work is the same whoever's name it is: one hash a try, none for a try that has to wait.
func TestUnknownNamesCostTheSame(t *testing.T) {
	w := newWorld(t)
	w.password("ana", words)
	for _, name := range []string{"ana", "ben", "nobody"} {
		b := w.browserAt(w.Site, "198.51.100.9")
		before := w.crew.desk.Hashes().Count()
		b.signIn(name, "not the right words")
		if n := w.crew.desk.Hashes().Count() - before; n != 1 {
			t.Errorf("%s cost %d hashes", name, n)
		}
		for range 9 {
			b.signIn(name, "not the right words")
		}
		if n := w.crew.desk.Hashes().Count() - before; n != 5 {
			t.Errorf("ten tries for %s cost %d hashes", name, n)
		}
	}
}

func TestHashesWaitInTurn(t *testing.T) {
	var h signin.Hasher
	ctx := context.Background()
	for range signin.HashesAtOnce {
		if err := h.Enter(ctx, false); err != nil {
			t.Fatal(err)
		}
	}
	var strange, known sync.WaitGroup
	var mu sync.Mutex
	var order []string
	wait := func(group *sync.WaitGroup, name string, isKnown bool) {
		group.Go(func() {
			if err := h.Enter(ctx, isKnown); err != nil {
				name = fault.KindOf(err).String()
			}
			mu.Lock()
			order = append(order, name)
			mu.Unlock()
		})
	}
	for range signin.HashesQueued + 5 {
		wait(&strange, "strange", false)
	}
	refused := func() (n int) {
		mu.Lock()
		defer mu.Unlock()
		for _, o := range order {
			if o == "unavailable" {
				n++
			}
		}
		return n
	}
	for refused() < 5 { // those for whom the queue has no room are told at once
		time.Sleep(time.Millisecond)
	}
	wait(&known, "known", true)
	known.Wait() // its turn does not come, so it is told within a second
	strange.Wait()
	if got := refused(); got != signin.HashesQueued+6 {
		t.Errorf("%d were told to come again", got)
	}
	for range signin.HashesAtOnce {
		h.Leave()
	}
	if err := h.Enter(ctx, false); err != nil {
		t.Errorf("nobody computes, and there is no place: %v", err)
	}
}

// Those on a device of theirs go before a queue of strangers.
func TestKnownDevicesGoFirst(t *testing.T) {
	var h signin.Hasher
	ctx := context.Background()
	for range signin.HashesAtOnce {
		_ = h.Enter(ctx, false) // there is room
	}
	turns := make(chan string, 3)
	var all sync.WaitGroup
	join := func(name string, known bool, queued int) {
		all.Go(func() {
			if h.Enter(ctx, known) == nil {
				turns <- name
			}
		})
		for h.Waiting() < queued {
			time.Sleep(time.Millisecond)
		}
	}
	join("strange", false, 1)
	join("known", true, 2)
	h.Leave()
	if first := <-turns; first != "known" {
		t.Errorf("%s went first", first)
	}
	h.Leave()
	all.Wait()
}

func TestHashes(t *testing.T) {
	var h signin.Hasher
	ctx := context.Background()
	hash, err := h.Make(ctx, "ﬁsh \u0065\u0301 and a bike")
	if err != nil {
		t.Fatal(err)
	}
	for secret, want := range map[string]bool{"ﬁsh \u0065\u0301 and a bike": true, "fish \u00e9 and a bike": true, "fish e and a bike": false, "": false} {
		if fits, old, err := h.Check(ctx, secret, hash); fits != want || old || err != nil {
			t.Errorf("%q: %v, old %v, %v", secret, fits, old, err)
		}
	}
	long := strings.Repeat("x", 1000)
	if hash, err = h.Make(ctx, long+"a"); err != nil {
		t.Fatal(err)
	}
	if fits, _, err := h.Check(ctx, long+"b", hash); fits || err != nil {
		t.Errorf("a long password is cut: %v, %v", fits, err)
	}
	for _, bad := range []string{"", "$argon2id$v=19$m=64,t=1,p=1$$$$", "$argon2i$v=19$m=64,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=99999999,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=64,t=0,p=1$AAAA$AAAA", "$argon2id$v=19$m=64,t=1,p=1$*$AAAA"} {
		if fits, _, err := h.Check(ctx, "x", bad); fits || err == nil {
			t.Errorf("%q is taken for a hash", bad)
		}
	}
}

// A hash that was made for less is made anew at the next sign-in.
func TestHashesAreMadeAnew(t *testing.T) {
	w := newWorld(t)
	w.password("ana", words)
	before := w.Dump("credential")
	if !strings.Contains(before, "m=64,t=1") {
		t.Fatalf("not as expected: %s", before)
	}
	defer signin.Dearer()()
	b := w.browser()
	b.signIn("ana", words).want(t, http.StatusSeeOther)
	if after := w.Dump("credential"); !strings.Contains(after, "m=128,t=2") {
		t.Errorf("still %s", after)
	}
	b.post("/sign-out", url.Values{})
	b.signIn("ana", words).want(t, http.StatusSeeOther)
}

func TestPasswords(t *testing.T) {
	for password, want := range map[string]string{
		"seven calm herons wade":                "",
		"aaaaaaaaaaaaaaaa":                      "tried first",
		"abcabcabcabcabcabc":                    "tried first",
		"1234567890123456":                      "tried first",
		"qwertyuiopasdfghjkl":                   "tried first",
		"Password1234567890":                    "tried first",
		"!!iloveyou!!1234567890":                "tried first",
		"Alder House Ana Marsh":                 "tried first",
		"alderhouse2026!":                       "tried first",
		"correct horse battery staple":          "tried first",
		"fourteen chars":                        "at least 15",
		"ﬁfteen chars ok":                       "", // one sign that is two letters
		"日本語のとても長いあいことばです":                      "",
		strings.Repeat("a b c d e f g ", 80):    "shorter",
		"x" + strings.Repeat("y", 20) + "zebra": "",
	} {
		err := signin.JudgePassword(password, signin.MinPassword, "Alder House", "Ana Marsh", "ana")
		switch {
		case want == "" && err != nil:
			t.Errorf("%q is refused: %v", password, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: %v, want %q", password, err, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) { // no rules about what is in it, and no long one is refused for its length
		p := rapid.StringOfN(rapid.RuneFrom([]rune("abcdefghijklmnopqrstuvwxyz ABCXYZ0123456789äßλж漢🦩")), 24, 64, -1).Draw(t, "password")
		if err := signin.JudgePassword(p, signin.MinPassword); err != nil && !strings.Contains(err.Error(), "tried first") {
			t.Fatalf("%q: %v", p, err)
		}
	})
}
