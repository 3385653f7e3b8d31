package web

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// How says by what a person showed who they are.
type How struct {
	Method string    // "password", "password+code", "passkey", "organisation", "pin", ByLink
	Quick  bool      // a short code of this device: what asks for a full factor asks for it still
	Half   bool      // Unlock: one of two factors, enough to come back and not to sign: what asks for a full factor asks for it still
	Until  time.Time // Start: the session's end, where that comes before its length is over; zero: it does not
	Keep   bool      // Start: the session that this browser had, another person's, is locked in place of ended
	Also   func(tx db.Tx) error
}

func (h How) level() Level {
	if h.Quick {
		return Quick
	}
	return Full
}

// shown is when a full factor was shown: now, or never.
func (h How) shown(now time.Time) int64 {
	if h.Quick || h.Half {
		return 0
	}
	return clock.Micros(now)
}

// also runs what must hold together with the session's change.
func (h How) also(tx db.Tx) error {
	if h.Also == nil {
		return nil
	}
	return h.Also(tx)
}

// Start signs a person in on this browser, with a fresh token whatever it had before: what the browser brought is never taken over.
func (s *Sessions) Start(c *Ctx, person record.ID, how How) error {
	scope, err := c.Directory.Scope(person, "")
	if err != nil {
		return err
	}
	limits, err := s.limitsOf(c.R.Context(), scope)
	if err != nil {
		return err
	}
	device := c.Device()
	token, now := NewToken(), s.clock.Now()
	old := s.brought(c)
	ses := Session{ID: record.NewID(now), Person: person, Device: device, Created: now, Seen: now, Until: now.Add(limits.Length), Level: how.level(), Method: how.Method,
		Agent: AgentOf(c.R.UserAgent()), key: HashOf(token)}
	if a := c.Address(); a.IsValid() {
		ses.Address = a.String()
	}
	if !how.Until.IsZero() && how.Until.Before(ses.Until) {
		ses.Until = how.Until
	}
	err = c.Committer.Upkeep(c.R.Context(), func(tx db.Tx) error {
		if err := how.also(tx); err != nil {
			return err
		}
		if err := leave(tx, old, how.Keep, now); err != nil {
			return err
		}
		if err := tx.Exec("DELETE FROM session WHERE until < $1", clock.Micros(now)); err != nil {
			return err
		}
		return tx.Exec("INSERT INTO session (token, id, person, device, created, seen, until, level, method, fresh, locked, agent, address) VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9, 0, $10, $11)",
			ses.key[:], ses.ID[:], person[:], device, clock.Micros(now), clock.Micros(ses.Until), string(ses.Level), ses.Method, how.shown(now), ses.Agent, ses.Address)
	})
	if err != nil {
		return fmt.Errorf("signing in: %w", err)
	}
	s.quit(old)
	if how.shown(now) != 0 {
		ses.Fresh = now
	}
	s.hand(c, &ses, token)
	c.Watch("signed in", "person", person, "method", how.Method, "quick", how.Quick)
	return nil
}

// brought is the key of the session whose cookie the browser sent; zero for none.
func (s *Sessions) brought(c *Ctx) (key [32]byte) {
	if ck, err := c.R.Cookie(c.CookieName(sessionCookie)); err == nil {
		key = HashOf(ck.Value)
	}
	return key
}

// leave ends or locks the session that a browser had.
func leave(tx db.Tx, key [32]byte, keep bool, now time.Time) error {
	switch {
	case key == [32]byte{}:
		return nil
	case keep:
		return tx.Exec("UPDATE session SET locked = $1 WHERE token = $2 AND locked = 0", clock.Micros(now), key[:])
	}
	return tx.Exec("DELETE FROM session WHERE token = $1", key[:])
}

// hand gives the browser a session's token, and the rest of this request its session.
func (s *Sessions) hand(c *Ctx, ses *Session, token string) {
	c.Session = ses
	s.setCookie(c, sessionCookie, token, ses.Until.Sub(s.clock.Now()))
	c.bring(sessionCookie, token)
}

// bring puts a cookie into this request as if the browser had brought it: what goes on within the request, as a form that had to wait for a
// factor, goes on with what the browser has just been given.
func (c *Ctx) bring(name, value string) {
	rest := c.R.Cookies()
	c.R.Header.Del("Cookie")
	for _, ck := range rest {
		if ck.Name != c.CookieName(name) {
			c.R.AddCookie(ck)
		}
	}
	c.R.AddCookie(&http.Cookie{Name: c.CookieName(name), Value: value})
}

// Device is the device's own cookie; a browser that has none is given one.
func (c *Ctx) Device() string {
	device := c.DeviceOf()
	if device == "" {
		device = NewToken()[:22]
		c.bring(deviceCookie, device)
	}
	c.Sessions.setCookie(c, deviceCookie, device, 400*24*time.Hour)
	return device
}

// Raise notes that the person of this open session has shown a full factor again. The token is a new one, for it now opens more.
func (s *Sessions) Raise(c *Ctx, how How) error {
	if c.Session == nil || !c.Session.Locked.IsZero() || how.Quick || how.Half {
		return fault.New(fault.SignedOut, "please sign in")
	}
	return s.rotate(c, c.Session, how)
}

// Unlock opens this browser's locked session for the person whose it is, with a new token.
func (s *Sessions) Unlock(c *Ctx, how How) error {
	if c.Session == nil {
		return fault.New(fault.SignedOut, "please sign in")
	}
	return s.rotate(c, c.Session, how)
}

// Resume comes back to a session of this device that was kept when another person took the device over. It must not have ended meanwhile. The
// session that the browser has now is locked in its place.
func (s *Sessions) Resume(c *Ctx, id record.ID, how How) error {
	ses, err := scanSession(c.Read().QueryRow("SELECT "+sessionColumns+" FROM session WHERE id = $1 AND device = $2", id[:], c.DeviceOf()))
	if err == db.ErrNoRows {
		return fault.New(fault.SignedOut, "that session has ended; please sign in")
	}
	if err != nil {
		return fmt.Errorf("reading a session: %w", err)
	}
	how.Keep = true
	if _, _, err := s.judge(c.R.Context(), ses.key); err != nil && fault.KindOf(err) != fault.Locked {
		return err
	}
	return s.rotate(c, &ses, how)
}

func (s *Sessions) rotate(c *Ctx, ses *Session, how How) error {
	if _, err := c.Directory.Scope(ses.Person, ""); err != nil {
		return err
	}
	token, now := NewToken(), s.clock.Now()
	fresh := *ses
	fresh.key, fresh.Level, fresh.Seen, fresh.Locked, fresh.Fresh = HashOf(token), how.level(), now, time.Time{}, time.Time{}
	if how.Half {
		fresh.Level = ses.Level
	}
	if how.shown(now) != 0 {
		fresh.Fresh, fresh.Method = now, how.Method
	}
	old := s.brought(c)
	err := c.Committer.Upkeep(c.R.Context(), func(tx db.Tx) error {
		there, err := db.Exists(tx, "SELECT 1 FROM session WHERE token = $1", ses.key[:])
		if err != nil {
			return err
		}
		if !there {
			return fault.New(fault.SignedOut, "your session has ended; please sign in again")
		}
		if err := how.also(tx); err != nil {
			return err
		}
		if old != ses.key {
			if err := leave(tx, old, how.Keep, now); err != nil {
				return err
			}
		}
		return tx.Exec("UPDATE session SET token = $1, level = $2, method = $3, seen = $4, fresh = $5, locked = 0 WHERE token = $6",
			fresh.key[:], string(fresh.Level), fresh.Method, clock.Micros(now), how.shown(now), ses.key[:])
	})
	if err != nil {
		return fmt.Errorf("renewing a session: %w", err)
	}
	s.quit(ses.key)
	s.quit(old)
	s.hand(c, &fresh, token)
	c.Watch("opened again", "person", ses.Person, "method", how.Method, "quick", how.Quick, "half", how.Half)
	return nil
}

// quit forgets a session that is gone or changed, and ends its streams.
func (s *Sessions) quit(key [32]byte) {
	s.forgetKey(key)
	s.streams.cut(key)
}

// Lock locks the session that asks. Its streams end; it answers again once its person has shown who they are.
func (s *Sessions) Lock(c *Ctx) error {
	if c.Session == nil {
		return fault.New(fault.SignedOut, "please sign in")
	}
	now := s.clock.Now()
	err := c.Committer.Upkeep(c.R.Context(), func(tx db.Tx) error { return leave(tx, c.Session.key, true, now) })
	if err != nil {
		return fmt.Errorf("locking a session: %w", err)
	}
	s.quit(c.Session.key)
	c.Watch("locked")
	if c.Session.Locked.IsZero() {
		c.Session.Locked = now
	}
	c.Scope = nil
	return nil
}

// List gives a person's sessions that have not ended, the latest first.
func (s *Sessions) List(q db.Querier, person record.ID) ([]Session, error) {
	return s.list(q, "SELECT "+sessionColumns+" FROM session WHERE person = $1 AND until > $2 ORDER BY seen DESC, id", person[:], clock.Micros(s.clock.Now()))
}

// OnDevice gives the sessions of a device that have not ended, whoever's: those that were locked when another person took it over among them.
func (s *Sessions) OnDevice(q db.Querier, device string) ([]Session, error) {
	return s.list(q, "SELECT "+sessionColumns+" FROM session WHERE device = $1 AND until > $2 ORDER BY seen DESC, id", device, clock.Micros(s.clock.Now()))
}

func (s *Sessions) list(q db.Querier, query string, args ...any) (out []Session, err error) {
	err = db.Each(q, query, args, func(r db.Row) error {
		ses, err := scanSession(r)
		out = append(out, ses)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading sessions: %w", err)
	}
	return out, nil
}

// End ends one session of a person. One that is gone already is no error.
func (s *Sessions) End(ctx context.Context, person, id record.ID) error {
	return s.end(ctx, func(ses *Session) bool { return ses.ID == id }, person)
}

// EndOthers ends every session of the person of this request but the one that asks.
func (s *Sessions) EndOthers(c *Ctx) error {
	if c.Session == nil {
		return fault.New(fault.SignedOut, "please sign in")
	}
	mine := c.Session.ID
	return s.end(c.Context(), func(ses *Session) bool { return ses.ID != mine }, c.Session.Person)
}

// EndAll ends every session of a person, at once.
func (s *Sessions) EndAll(ctx context.Context, person record.ID) error {
	err := s.end(ctx, func(*Session) bool { return true }, person)
	s.forget(person)
	if s.cfg.Hub != nil {
		s.cfg.Hub.Cut(person)
	}
	return err
}

func (s *Sessions) end(ctx context.Context, which func(*Session) bool, person record.ID) error {
	var ended [][32]byte
	err := s.cfg.Committer.Upkeep(ctx, func(tx db.Tx) error {
		ended = nil
		all, err := s.list(tx, "SELECT "+sessionColumns+" FROM session WHERE person = $1", person[:])
		if err != nil {
			return err
		}
		for i := range all {
			if !which(&all[i]) {
				continue
			}
			if err := tx.Exec("DELETE FROM session WHERE token = $1", all[i].key[:]); err != nil {
				return err
			}
			if err := s.ended(tx, &all[i]); err != nil {
				return err
			}
			ended = append(ended, all[i].key)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("ending sessions: %w", err)
	}
	for _, key := range ended {
		s.quit(key)
	}
	if s.cfg.Log != nil {
		s.cfg.Log.Info("security", "at", s.clock.Now(), "what", "sessions ended", "person", person, "sessions", len(ended))
	}
	return nil
}

// ended lets rooms take back what they gave to a session that somebody ended: what was lent to its device.
func (s *Sessions) ended(tx db.Tx, ses *Session) error {
	for _, f := range s.cfg.Ended {
		if err := f(tx, ses.Person, ses.Device, s.clock.Now()); err != nil {
			return err
		}
	}
	return nil
}

// SignOut ends this browser's session, locked or open.
func (s *Sessions) SignOut(c *Ctx) error {
	if key := s.brought(c); key != [32]byte{} {
		if err := c.Committer.Upkeep(c.R.Context(), func(tx db.Tx) error {
			if err := leave(tx, key, false, c.Now); err != nil || c.Session == nil {
				return err
			}
			return s.ended(tx, c.Session)
		}); err != nil {
			return fmt.Errorf("signing out: %w", err)
		}
		s.quit(key)
		c.Watch("signed out")
	}
	s.setCookie(c, sessionCookie, "", -time.Hour)
	return nil
}
