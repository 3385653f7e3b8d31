package web

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// TokenSchema is where the tokens of the machine interface are.
const TokenSchema = `
CREATE TABLE IF NOT EXISTS api_token (token BLOB NOT NULL PRIMARY KEY, person BLOB NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
ALTER TABLE api_token ADD COLUMN IF NOT EXISTS actions TEXT NOT NULL DEFAULT '';
ALTER TABLE api_token ADD COLUMN IF NOT EXISTS units TEXT NOT NULL DEFAULT '';
ALTER TABLE api_token ADD COLUMN IF NOT EXISTS used INTEGER NOT NULL DEFAULT 0;
ALTER TABLE api_token ADD COLUMN IF NOT EXISTS made_by BLOB;
`

// TokenPrefix begins every token of the machine interface, so that scanners for lost secrets know one when they see it.
const TokenPrefix = "milieu_"

// usedEvery is how often at most it is written down that a token is used.
const usedEvery = time.Minute

// Token lets a machine act as a person, and no further than the token goes.
type Token struct {
	ID      record.ID // of the token, for people; it opens nothing
	Person  record.ID
	Name    string
	Actions []string    // empty: whatever the person may
	Units   []record.ID // empty: wherever the person may
	Created time.Time
	Until   time.Time
	Used    time.Time // within a minute; zero: never
	By      record.ID // who made it; zero: the command line
	key     [32]byte
}

// tokens remembers which tokens are good, for less than a second.
type tokens struct {
	mu    sync.Mutex
	cache map[[32]byte]rememberedToken
}

type rememberedToken struct {
	Token
	read time.Time
}

const tokenColumns = "token, person, name, created, until, actions, units, used, COALESCE(made_by, person)"

func scanToken(r db.Row) (Token, error) {
	var t Token
	var key []byte
	var created, until, used int64
	var actions, units string
	if err := r.Scan(&key, &t.Person, &t.Name, &created, &until, &actions, &units, &used, &t.By); err != nil {
		return t, err
	}
	copy(t.key[:], key)
	copy(t.ID[:], key)
	if t.By == t.Person {
		t.By = record.Zero
	}
	t.Created, t.Until, t.Actions = clock.FromMicros(created), clock.FromMicros(until), strings.Fields(actions)
	if used != 0 {
		t.Used = clock.FromMicros(used)
	}
	for text := range strings.FieldsSeq(units) {
		id, err := record.ParseID(text)
		if err != nil {
			return t, fmt.Errorf("reading a token's units: %w", err)
		}
		t.Units = append(t.Units, id)
	}
	return t, nil
}

// token fills in which machine asks, from its bearer token.
func (s *Sessions) token(c *Ctx) error {
	text, ok := strings.CutPrefix(c.R.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return fault.New(fault.SignedOut, "send a token: Authorization: Bearer …")
	}
	t, err := s.judgeToken(c.R.Context(), HashOf(text))
	if err != nil {
		return err
	}
	scope, err := c.Directory.Scope(t.Person, t.Name)
	if err != nil {
		return err
	}
	scope.Narrow(t.Actions, t.Units)
	c.Scope = scope
	c.Token = &t
	if c.Now.Sub(t.Used) >= usedEvery {
		s.usedToken(c, t)
	}
	return nil
}

func (s *Sessions) judgeToken(ctx context.Context, key [32]byte) (Token, error) {
	now := s.clock.Now()
	s.tokens.mu.Lock()
	got, ok := s.tokens.cache[key]
	s.tokens.mu.Unlock()
	if !ok || now.Sub(got.read).Abs() > cacheFor {
		t, err := scanToken(s.db.Read(ctx).QueryRow("SELECT "+tokenColumns+" FROM api_token WHERE token = $1", key[:]))
		if err == db.ErrNoRows {
			return t, fault.New(fault.SignedOut, "this token is not known, or has been revoked")
		}
		if err != nil {
			return t, fmt.Errorf("reading a token: %w", err)
		}
		if got.Used.After(t.Used) {
			t.Used = got.Used
		}
		got = rememberedToken{t, now}
		s.rememberToken(got)
	}
	if now.After(got.Until) || now.Before(got.Created.Add(-backwards)) {
		return Token{}, fault.New(fault.SignedOut, "this token has ended")
	}
	return got.Token, nil
}

func (s *Sessions) rememberToken(t rememberedToken) {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	if s.tokens.cache == nil || len(s.tokens.cache) > 20_000 {
		s.tokens.cache = map[[32]byte]rememberedToken{}
	}
	s.tokens.cache[t.key] = t
}

// usedToken writes down that a token is in use. That it cannot be written holds nobody up.
func (s *Sessions) usedToken(c *Ctx, t Token) {
	t.Used = c.Now
	s.rememberToken(rememberedToken{t, c.Now})
	short, cancel := context.WithTimeout(c.R.Context(), time.Second)
	defer cancel()
	err := s.cfg.Committer.Upkeep(short, func(tx db.Tx) error {
		return tx.Exec("UPDATE api_token SET used = $1 WHERE token = $2", clock.Micros(c.Now), t.key[:])
	})
	if err != nil {
		s.cfg.Log.Warn("that a token is in use could not be written down", "error", err)
	}
}

// MakeToken makes a token for the machine interface and gives its text, which is shown once: it is kept as a hash.
func MakeToken(ctx context.Context, w Writer, now time.Time, t Token) (text string, err error) {
	text = TokenPrefix + NewToken()
	key := HashOf(text)
	units := make([]string, len(t.Units))
	for i, u := range t.Units {
		units[i] = u.String()
	}
	var by any
	if !t.By.IsZero() {
		by = t.By[:]
	}
	err = w.Upkeep(ctx, func(tx db.Tx) error {
		return tx.Exec("INSERT INTO api_token (token, person, name, created, until, actions, units, made_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
			key[:], t.Person[:], t.Name, clock.Micros(now), clock.Micros(t.Until), strings.Join(t.Actions, " "), strings.Join(units, " "), by)
	})
	if err != nil {
		return "", fmt.Errorf("keeping a token: %w", err)
	}
	return text, nil
}

// NewAPIToken makes a token that may whatever its person may.
func NewAPIToken(ctx context.Context, w Writer, c clock.Clock, person record.ID, name string, length time.Duration) (string, error) {
	now := c.Now()
	return MakeToken(ctx, w, now, Token{Person: person, Name: name, Until: now.Add(length)})
}

// Tokens lists all tokens that have not ended, by person and name.
func Tokens(q db.Querier, now time.Time) (out []Token, err error) {
	err = db.Each(q, "SELECT "+tokenColumns+" FROM api_token WHERE until > $1 ORDER BY person, name, created", []any{clock.Micros(now)}, func(r db.Row) error {
		t, err := scanToken(r)
		out = append(out, t)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the tokens: %w", err)
	}
	return out, nil
}

// RevokeToken ends a token. fault.NotFound when there is none of that ID.
func RevokeToken(ctx context.Context, w Writer, q db.Querier, now time.Time, id record.ID) (Token, error) {
	all, err := Tokens(q, now)
	if err != nil {
		return Token{}, err
	}
	i := slices.IndexFunc(all, func(t Token) bool { return t.ID == id })
	if i < 0 {
		return Token{}, fault.New(fault.NotFound, "there is no such token")
	}
	err = w.Upkeep(ctx, func(tx db.Tx) error { return tx.Exec("DELETE FROM api_token WHERE token = $1", all[i].key[:]) })
	return all[i], err
}
