package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Schema is what signing in keeps outside the record.
const Schema = `
CREATE TABLE IF NOT EXISTS credential (person BLOB NOT NULL PRIMARY KEY, hash TEXT NOT NULL, changed INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS session (token BLOB NOT NULL PRIMARY KEY, id BLOB NOT NULL, person BLOB NOT NULL, device TEXT NOT NULL, created INTEGER NOT NULL, seen INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS api_token (token BLOB NOT NULL PRIMARY KEY, person BLOB NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sign_in_link (token BLOB NOT NULL PRIMARY KEY, person BLOB NOT NULL, until INTEGER NOT NULL, many INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS guess (name BLOB NOT NULL PRIMARY KEY, failed INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
`

// Session is one signed-in browser.
type Session struct {
	ID      record.ID
	Person  record.ID
	Device  string
	Created time.Time
	Until   time.Time
}

// Limits of sessions, as data.
const (
	sessionLength = 12 * time.Hour // a shift
	cacheFor      = time.Second    // another process's sign-out is heard of within this
	sessionCookie = "milieu"
	deviceCookie  = "milieu_device"
	setupLength   = 72 * time.Hour
)

// Sessions signs people in and out. Tokens are kept as hashes only.
type Sessions struct {
	db    *db.DB
	clock clock.Clock
	cfg   Config
	mu    sync.Mutex
	cache map[[32]byte]cached
}

type cached struct {
	session Session
	at      time.Time
}

func newSessions(c Config) *Sessions {
	s := &Sessions{db: c.DB, clock: c.Clock, cfg: c, cache: map[[32]byte]cached{}}
	if c.Directory != nil {
		c.Directory.OnEnd(func(person record.ID) {
			s.forget(person)
			if c.Hub != nil {
				c.Hub.Cut(person)
			}
		})
	}
	return s
}

func newToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: package rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func hashOf(token string) [32]byte { return sha256.Sum256([]byte(token)) }

// forget drops what is remembered of a person's sessions, so that the next request asks the database.
func (s *Sessions) forget(person record.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, c := range s.cache {
		if c.session.Person == person {
			delete(s.cache, k)
		}
	}
}

// find fills in who is signed in, from the cookie.
func (s *Sessions) find(c *Ctx) error {
	device := ""
	if d, err := c.R.Cookie(c.CookieName(deviceCookie)); err == nil && len(d.Value) == 22 {
		device = d.Value
	}
	ck, err := c.R.Cookie(c.CookieName(sessionCookie))
	if err != nil {
		return fault.New(fault.SignedOut, "please sign in")
	}
	ses, err := s.look(c.R.Context(), hashOf(ck.Value), "SELECT id, person, device, created, until FROM session WHERE token = $1")
	if err != nil {
		return err
	}
	if device != "" {
		ses.Device = device
	}
	c.Session = &ses
	c.Scope, err = c.Directory.Scope(ses.Person, ses.Device)
	return err
}

// token fills in which machine asks, from its bearer token.
func (s *Sessions) token(c *Ctx) error {
	t, ok := strings.CutPrefix(c.R.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return fault.New(fault.SignedOut, "send a token: Authorization: Bearer …")
	}
	ses, err := s.look(c.R.Context(), hashOf(t), "SELECT person, person, name, created, until FROM api_token WHERE token = $1")
	if err != nil {
		return err
	}
	c.Scope, err = c.Directory.Scope(ses.Person, ses.Device)
	return err
}

func (s *Sessions) look(ctx context.Context, key [32]byte, query string) (Session, error) {
	now := s.clock.Now()
	s.mu.Lock()
	got, ok := s.cache[key]
	s.mu.Unlock()
	if !ok || now.Sub(got.at).Abs() > cacheFor {
		var created, until int64
		got = cached{at: now}
		err := s.db.Read(ctx).QueryRow(query, key[:]).Scan(&got.session.ID, &got.session.Person, &got.session.Device, &created, &until)
		if err == db.ErrNoRows {
			return Session{}, fault.New(fault.SignedOut, "please sign in")
		}
		if err != nil {
			return Session{}, fmt.Errorf("reading a session: %w", err)
		}
		got.session.Created, got.session.Until = clock.FromMicros(created), clock.FromMicros(until)
		s.mu.Lock()
		if len(s.cache) > 20_000 {
			clear(s.cache)
		}
		s.cache[key] = got
		s.mu.Unlock()
	}
	if now.After(got.session.Until) {
		return Session{}, fault.New(fault.SignedOut, "your session has ended; please sign in again")
	}
	return got.session, nil
}

// start signs a person in on this browser, with a fresh token whatever it had before.
func (s *Sessions) start(c *Ctx, person record.ID) error {
	if _, err := c.Directory.Scope(person, ""); err != nil {
		return err
	}
	device := ""
	if d, err := c.R.Cookie(c.CookieName(deviceCookie)); err == nil && len(d.Value) == 22 {
		device = d.Value
	} else {
		device = newToken()[:22]
	}
	token, now := newToken(), s.clock.Now()
	h := hashOf(token)
	until := now.Add(sessionLength)
	err := c.Committer.Upkeep(c.R.Context(), func(tx db.Tx) error {
		if ck, err := c.R.Cookie(c.CookieName(sessionCookie)); err == nil {
			old := hashOf(ck.Value)
			if err := tx.Exec("DELETE FROM session WHERE token = $1", old[:]); err != nil {
				return err
			}
		}
		if err := tx.Exec("DELETE FROM session WHERE until < $1", clock.Micros(now)); err != nil {
			return err
		}
		return tx.Exec("INSERT INTO session (token, id, person, device, created, seen, until) VALUES ($1, $2, $3, $4, $5, $5, $6)",
			h[:], record.NewID(now), person[:], device, clock.Micros(now), clock.Micros(until))
	})
	if err != nil {
		return fmt.Errorf("signing in: %w", err)
	}
	s.setCookie(c, sessionCookie, token, sessionLength)
	s.setCookie(c, deviceCookie, device, 400*24*time.Hour)
	return nil
}

func (s *Sessions) setCookie(c *Ctx, name, value string, age time.Duration) {
	http.SetCookie(c.W, &http.Cookie{Name: s.cfg.CookieName(name), Value: value, Path: "/", MaxAge: int(age / time.Second), HttpOnly: true, Secure: s.cfg.Secure, SameSite: http.SameSiteLaxMode})
}

// end signs this browser out.
func (s *Sessions) end(c *Ctx) error {
	ck, err := c.R.Cookie(c.CookieName(sessionCookie))
	if err == nil {
		h := hashOf(ck.Value)
		s.mu.Lock()
		delete(s.cache, h)
		s.mu.Unlock()
		err = c.Committer.Upkeep(c.R.Context(), func(tx db.Tx) error { return tx.Exec("DELETE FROM session WHERE token = $1", h[:]) })
		if err != nil {
			return fmt.Errorf("signing out: %w", err)
		}
	}
	if c.Session != nil && c.Hub != nil {
		c.Hub.Cut(c.Session.Person)
	}
	s.setCookie(c, sessionCookie, "", -time.Hour)
	return nil
}

// EndAll ends every session and token of a person, at once.
func (s *Sessions) EndAll(ctx context.Context, w Writer, person record.ID) error {
	err := w.Upkeep(ctx, func(tx db.Tx) error {
		if err := tx.Exec("DELETE FROM session WHERE person = $1", person[:]); err != nil {
			return err
		}
		return tx.Exec("DELETE FROM api_token WHERE person = $1", person[:])
	})
	s.forget(person)
	if s.cfg.Hub != nil {
		s.cfg.Hub.Cut(person)
	}
	return err
}

// Writer is the committer's upkeep.
type Writer interface {
	Upkeep(ctx context.Context, do func(db.Tx) error) error
}

// NewAPIToken makes a token for the machine interface. It is shown once and kept as a hash.
func NewAPIToken(ctx context.Context, w Writer, c clock.Clock, person record.ID, name string, length time.Duration) (string, error) {
	token, now := newToken(), c.Now()
	h := hashOf(token)
	err := w.Upkeep(ctx, func(tx db.Tx) error {
		return tx.Exec("INSERT INTO api_token (token, person, name, created, until) VALUES ($1, $2, $3, $4, $5)", h[:], person[:], name, clock.Micros(now), clock.Micros(now.Add(length)))
	})
	return token, err
}

// NewLink makes a link by which a person signs in: once to choose a password, or again and again in a demonstration.
func NewLink(ctx context.Context, w Writer, c clock.Clock, person record.ID, many bool) (path string, err error) {
	token, now := newToken(), c.Now()
	h := hashOf(token)
	n := 0
	if many {
		n = 1
	}
	err = w.Upkeep(ctx, func(tx db.Tx) error {
		return tx.Exec("INSERT INTO sign_in_link (token, person, until, many) VALUES ($1, $2, $3, $4)", h[:], person[:], clock.Micros(now.Add(setupLength)), n)
	})
	return "/welcome/" + token, err
}

// Invite makes the one-time link with which a person chooses a password.
func (s *Sessions) Invite(ctx context.Context, w Writer, person record.ID) (path string, err error) {
	return NewLink(ctx, w, s.clock, person, false)
}
