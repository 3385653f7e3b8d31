package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"sync"
	"time"

	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Schema is what sessions keep outside the record.
const Schema = `
CREATE TABLE IF NOT EXISTS session (token BLOB NOT NULL PRIMARY KEY, id BLOB NOT NULL, person BLOB NOT NULL, device TEXT NOT NULL, created INTEGER NOT NULL, seen INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
ALTER TABLE session ADD COLUMN IF NOT EXISTS level TEXT NOT NULL DEFAULT 'full';
ALTER TABLE session ADD COLUMN IF NOT EXISTS method TEXT NOT NULL DEFAULT 'password';
ALTER TABLE session ADD COLUMN IF NOT EXISTS fresh INTEGER NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN IF NOT EXISTS locked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN IF NOT EXISTS agent TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN IF NOT EXISTS address TEXT NOT NULL DEFAULT '';
CREATE INDEX IF NOT EXISTS session_person ON session (person);
CREATE INDEX IF NOT EXISTS session_id ON session (id);
` + TokenSchema

// Level is how surely a session knows whose it is.
type Level string

// The levels: by factors that stand alone, or by a short code that is good on one device for one shift.
const (
	Full  Level = "full"
	Quick Level = "quick"
)

// ByLink is the method of sessions that a link of a demonstration opened. They are nobody's: they ask for no ceremony and do not lock by
// themselves.
const ByLink = "link"

// Session is one signed-in browser.
type Session struct {
	ID      record.ID
	Person  record.ID
	Device  string // of the device's cookie
	Created time.Time
	Until   time.Time // its end, whatever happens in it
	Seen    time.Time // when a person last did something in it: a page opened, a form sent
	Fresh   time.Time // when a full factor was last shown; zero: never
	Locked  time.Time // since when it is locked; zero: it is open
	Level   Level
	Method  string // what opened it: "password", "passkey", …
	Agent   string // browser and system, in words
	Address string // where it was opened from

	key [32]byte // the token's hash
}

// Limits say how long sessions last.
type Limits struct {
	Idle   time.Duration // without anybody doing anything, before it locks
	Length time.Duration // at all
}

// DefaultLimits hold where the house has set none: a shift, and a quarter of an hour.
var DefaultLimits = Limits{Idle: 15 * time.Minute, Length: 12 * time.Hour}

// FreshFor is how long a full factor counts as just shown.
const FreshFor = 10 * time.Minute

const (
	cacheFor      = 800 * time.Millisecond // what another process does to a session is heard of within this
	seenEvery     = 30 * time.Second       // so often at most is written down that somebody is there
	backwards     = time.Minute            // a clock that stands further back than this behind a session's last use was set back
	sessionCookie = "milieu"
	deviceCookie  = "milieu_device"
)

// Sessions signs people in and out. Tokens are kept as hashes only.
type Sessions struct {
	db      *db.DB
	clock   clock.Clock
	cfg     Config
	mu      sync.Mutex
	cache   map[[32]byte]*cached
	streams streams
	tokens  tokens
}

type cached struct {
	session Session
	limits  Limits
	read    time.Time // when it was read
	written time.Time // Seen as the database has it
}

func newSessions(c Config) *Sessions {
	s := &Sessions{db: c.DB, clock: c.Clock, cfg: c, cache: map[[32]byte]*cached{}}
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

// NewToken draws a secret of 256 bits that can stand in addresses and cookies.
func NewToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: package rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// HashOf is how a token is kept: who reads the database cannot use it.
func HashOf(token string) [32]byte { return sha256.Sum256([]byte(token)) }

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

func (s *Sessions) forgetKey(key [32]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.cache, key)
}

// DeviceOf is the device's own cookie: random, and kept for a year and more. Empty when the browser has none.
func (c *Ctx) DeviceOf() string {
	if d, err := c.R.Cookie(c.CookieName(deviceCookie)); err == nil && len(d.Value) == 22 {
		return d.Value
	}
	return ""
}

// find fills in who is signed in, from the cookie. A session that is locked is found without its Scope.
func (s *Sessions) find(c *Ctx, r Route) error {
	ck, err := c.R.Cookie(c.CookieName(sessionCookie))
	if err != nil {
		return fault.New(fault.SignedOut, "please sign in")
	}
	got, scope, err := s.judge(c.R.Context(), HashOf(ck.Value))
	if got == nil {
		return err
	}
	ses := got.session
	if device := c.DeviceOf(); device != "" {
		ses.Device = device
	}
	c.Session = &ses
	if err != nil {
		return err
	}
	c.limits = got.limits
	scope.Device = ses.Device
	c.Scope = scope
	if c.somebody(r) {
		s.touch(c.R.Context(), &ses)
	}
	return nil
}

// judge says whether a token opens anything now. A locked session is given with the error that says so; one that has ended is not given.
func (s *Sessions) judge(ctx context.Context, key [32]byte) (*cached, *access.Scope, error) {
	now := s.clock.Now()
	got, err := s.look(ctx, key, now)
	if err != nil {
		return nil, nil, err
	}
	ses := &got.session
	scope, err := s.cfg.Directory.Scope(ses.Person, ses.Device)
	if err != nil {
		return nil, nil, err
	}
	if got.limits == (Limits{}) {
		if got.limits, err = s.limitsOf(ctx, scope); err != nil {
			return nil, nil, err
		}
		s.keep(key, got)
	}
	end := ses.Until
	if most := ses.Created.Add(got.limits.Length); most.Before(end) {
		end = most
	}
	// A server's clock that was set back must not give sessions time that they had used up.
	if now.After(end) || ses.Method != ByLink && (now.Before(ses.Seen.Add(-backwards)) || now.Before(ses.Created.Add(-backwards))) {
		return nil, nil, fault.New(fault.SignedOut, "your session has ended; please sign in again")
	}
	if ses.Locked.IsZero() && ses.Method != ByLink && now.Sub(ses.Seen) >= got.limits.Idle {
		ses.Locked = ses.Seen.Add(got.limits.Idle)
	}
	if !ses.Locked.IsZero() {
		return &got, nil, fault.New(fault.Locked, "this is locked: show who you are")
	}
	return &got, scope, nil
}

func (s *Sessions) limitsOf(ctx context.Context, scope *access.Scope) (Limits, error) {
	if s.cfg.Limits == nil {
		return DefaultLimits, nil
	}
	return s.cfg.Limits(s.db.Read(ctx), scope)
}

const sessionColumns = "id, person, device, created, seen, until, level, method, fresh, locked, agent, address, token"

func scanSession(r db.Row) (Session, error) {
	var ses Session
	var created, seen, until, fresh, locked int64
	var level string
	var key []byte
	err := r.Scan(&ses.ID, &ses.Person, &ses.Device, &created, &seen, &until, &level, &ses.Method, &fresh, &locked, &ses.Agent, &ses.Address, &key)
	ses.Created, ses.Seen, ses.Until, ses.Level = clock.FromMicros(created), clock.FromMicros(seen), clock.FromMicros(until), Level(level)
	if fresh != 0 {
		ses.Fresh = clock.FromMicros(fresh)
	}
	if locked != 0 {
		ses.Locked = clock.FromMicros(locked)
	}
	copy(ses.key[:], key)
	return ses, err
}

// look reads a session, and remembers it for less than a second.
func (s *Sessions) look(ctx context.Context, key [32]byte, now time.Time) (cached, error) {
	s.mu.Lock()
	old := s.cache[key]
	if old != nil && now.Sub(old.read).Abs() <= cacheFor {
		defer s.mu.Unlock()
		return *old, nil
	}
	s.mu.Unlock()
	ses, err := scanSession(s.db.Read(ctx).QueryRow("SELECT "+sessionColumns+" FROM session WHERE token = $1", key[:]))
	if err == db.ErrNoRows {
		s.forgetKey(key)
		return cached{}, fault.New(fault.SignedOut, "please sign in")
	}
	if err != nil {
		return cached{}, fmt.Errorf("reading a session: %w", err)
	}
	got := cached{session: ses, read: now, written: ses.Seen}
	return s.keep(key, got), nil
}

// keep remembers what was read. That somebody was there a moment ago, which is not written down yet, is not forgotten.
func (s *Sessions) keep(key [32]byte, got cached) cached {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.cache[key]; old != nil && old.session.Seen.After(got.session.Seen) {
		got.session.Seen = old.session.Seen
	}
	if len(s.cache) > 20_000 {
		clear(s.cache)
	}
	s.cache[key] = &got
	return got
}

// touch notes that a person did something. It is written down now and then; that it cannot be written holds nobody up.
func (s *Sessions) touch(ctx context.Context, ses *Session) {
	now := s.clock.Now()
	ses.Seen = now
	s.mu.Lock()
	c := s.cache[ses.key]
	write := false
	if c != nil {
		c.session.Seen = now
		if every := min(seenEvery, c.limits.Idle/4); now.Sub(c.written) >= every {
			c.written, write = now, true
		}
	}
	s.mu.Unlock()
	if !write || s.cfg.Committer == nil {
		return
	}
	short, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	err := s.cfg.Committer.Upkeep(short, func(tx db.Tx) error {
		return tx.Exec("UPDATE session SET seen = $1 WHERE token = $2 AND seen < $1", clock.Micros(now), ses.key[:])
	})
	if err != nil {
		s.cfg.Log.Warn("that somebody is there could not be written down", "error", err)
	}
}

// somebody says that a request is a person's doing: a page opened, a form sent, a part of a page asked for by a touch. What scripts ask for by
// themselves, what streams, and what a device takes along, is not.
func (c *Ctx) somebody(r Route) bool {
	if r.Quiet || r.Stream || r.Token || c.ForDevice() {
		return false
	}
	if c.R.Header.Get("Milieu-Touched") == "1" || c.navigates() {
		return true
	}
	return c.R.Method == http.MethodPost && c.Scripted()
}

// navigates says that a browser asks for a page or sends a form by itself, and no script of ours. Browsers that do not say so are told by
// what they want to have: our scripts ask for exactly one type.
func (c *Ctx) navigates() bool {
	switch c.R.Header.Get("Sec-Fetch-Mode") {
	case "navigate":
		return true
	case "":
		want := c.R.Header.Get("Accept")
		return !c.Scripted() && want != "text/html" && want != "application/json" && want != "text/event-stream"
	}
	return false
}

// Fresh says that whoever asks has shown a full factor within FreshFor. Machines show nothing, and in a demonstration there is nobody to show it.
func (c *Ctx) Fresh() bool {
	if c.Session == nil || c.Session.Method == ByLink {
		return true
	}
	age := c.Now.Sub(c.Session.Fresh)
	return c.Session.Level == Full && !c.Session.Fresh.IsZero() && age <= FreshFor && age >= -backwards
}

// Limits are those of the session that asks.
func (c *Ctx) Limits() Limits { return c.limits }

func unconfirmed() error {
	return fault.New(fault.Unconfirmed, "show once more that it is you: this signs, or gives access")
}

func (s *Sessions) setCookie(c *Ctx, name, value string, age time.Duration) {
	http.SetCookie(c.W, &http.Cookie{Name: s.cfg.CookieName(name), Value: value, Path: "/", MaxAge: int(age / time.Second), HttpOnly: true, Secure: s.cfg.Secure, SameSite: http.SameSiteLaxMode})
}

// Writer is the committer's upkeep.
type Writer interface {
	Upkeep(ctx context.Context, do func(db.Tx) error) error
}
