package signin_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"milieu/kit/room"
	"milieu/kit/signin"
	"milieu/kit/testkit"
	"milieu/kit/web"
)

func (w *world) link(name string) string {
	w.t.Helper()
	link, err := signin.NewLink(context.Background(), w.Committer, w.Clock, id(name), false)
	if err != nil {
		w.t.Fatal(err)
	}
	return link
}

func TestAnInvitationWorksOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		link := w.link("ana")
		b := w.browser()
		b.get(link).want(t, http.StatusOK, "Welcome, Ana Marsh")
		b.get(link).want(t, http.StatusOK) // looking is not using
		for password, why := range map[string]string{"too short": "at least 15", "passwordpassword1": "tried first", "ana marsh alder house": "tried first", strings.Repeat("x", 1025): "shorter"} {
			b.post(link, url.Values{"password": {password}}).want(t, http.StatusUnprocessableEntity, why)
		}
		b.post(link, url.Values{"password": {words}}).want(t, http.StatusSeeOther)
		if b.inside() != "Ana Marsh" {
			t.Fatal("not in after choosing a password")
		}
		other := w.browser()
		other.get(link).want(t, http.StatusNotFound)
		other.post(link, url.Values{"password": {"some other words there"}}).want(t, http.StatusNotFound)
		late := w.link("ben")
		w.Clock.Advance(72*time.Hour + time.Second)
		other.get(late).want(t, http.StatusNotFound)
	})
}

func TestAnInvitationForTwoAtTheSameInstant(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		link := w.link("ana")
		browsers := []*browser{w.browser(), w.browser(), w.browser()}
		var all sync.WaitGroup
		for i, b := range browsers {
			all.Go(func() { b.post(link, url.Values{"password": {words + strings.Repeat("!", i+1)}}) })
		}
		all.Wait()
		in := 0
		for _, b := range browsers {
			if b.inside() != "" {
				in++
			}
		}
		if in != 1 {
			t.Errorf("one link let %d in", in)
		}
	})
}

func TestCodesWithTheInvitation(t *testing.T) {
	w := newWorld(t)
	link, b := w.link("ana"), w.browser()
	page := b.get(link).body
	phone := reads(t, page)
	form := url.Values{"ticket": {find(t, ticketIn, page)}, "password": {"ten herons"}, "code": {phone.at(w.Clock.Now())}}
	b.post(link, form).want(t, http.StatusOK, "Recovery codes")
	if b.inside() == "" {
		t.Fatal("not in")
	}
	w.Clock.Advance(time.Minute)
	again := w.browser()
	again.second(again.first("ana", "ten herons"), phone.at(w.Clock.Now())).want(t, http.StatusSeeOther)
}

// invites is a room whose page invites, as the pages of colleagues do.
func invites() room.Def {
	return room.Def{Name: "invites", Routes: []web.Route{{Method: "POST", Pattern: "/invite/{who}", Action: "signin.tokens", Handle: func(c *web.Ctx) error {
		who, err := c.ID("who")
		if err != nil {
			return err
		}
		path, err := c.Invite(c, who)
		if err != nil {
			return err
		}
		_, err = c.W.Write([]byte(path))
		return err
	}}}}
}

// Whoever is invited anew loses what they signed in with, at once, and is told.
func TestInvitedAnew(t *testing.T) {
	crew := newCrew()
	w := &world{testkit.New(t, nil, crew.def(), invites(), crew.sign()), crew, t}
	old, _, _ := w.withCodes("ana")
	w.password("ada", words)
	admin := w.browser()
	admin.signIn("ada", words)
	link := admin.post("/invite/"+id("ana").String(), nil).want(t, http.StatusOK).body
	if old.inside() != "" {
		t.Error("a session outlived the invitation")
	}
	w.Clock.Advance(time.Minute)
	b := w.browser()
	b.signIn("ana", words).want(t, http.StatusUnprocessableEntity)
	b.get(link).want(t, http.StatusOK)
	b.post(link, url.Values{"password": {"other words for the door"}}).want(t, http.StatusSeeOther)
	b.signIn("ana", "other words for the door").want(t, http.StatusSeeOther) // no code: the app's secret is gone
	b.get("/account").want(t, http.StatusOK, "Ada Marsh gave you a new link")
	second := admin.post("/invite/"+id("ana").String(), nil).body
	third := admin.post("/invite/"+id("ana").String(), nil).body
	b.get(second).want(t, http.StatusNotFound)
	b.get(third).want(t, http.StatusOK)
}

// A link that signs in again and again is for demonstrations: elsewhere it opens nothing.
func TestNoLinkForAlwaysOutsideADemonstration(t *testing.T) {
	w := newWorld(t)
	link, err := signin.NewLink(context.Background(), w.Committer, w.Clock, id("ana"), true)
	if err != nil {
		t.Fatal(err)
	}
	b := w.browser()
	b.get(link).want(t, http.StatusSeeOther)
	if b.inside() == "" {
		t.Fatal("a demonstration's link opens nothing")
	}
	w.Site.Demo = false
	b = w.browser()
	b.get(link).want(t, http.StatusNotFound)
	if b.inside() != "" {
		t.Error("in by a demonstration's link")
	}
}
