package oidc

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

var start = time.Date(2026, 11, 19, 2, 0, 0, 0, time.UTC)

// liar is an organisation that says whatever a test wants it to. The one of web/test/organisation.test.mjs is a real one.
type liar struct {
	*httptest.Server
	t      testing.TB
	keys   map[string]*ecdsa.PrivateKey // published, by their IDs
	token  func() string                // the ID token that the next code is worth
	status int                          // of its answers; 0: 200
	asked  map[string]int               // how often each path was asked for
	form   url.Values                   // what came with the last code
}

func newLiar(t testing.TB) *liar {
	l := &liar{t: t, keys: map[string]*ecdsa.PrivateKey{"one": newKey(t)}, asked: map[string]int{}}
	l.Server = httptest.NewServer(l)
	t.Cleanup(l.Close)
	return l
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (l *liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.asked[r.URL.Path]++
	if l.status != 0 {
		w.WriteHeader(l.status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	var out any
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		out = map[string]any{"issuer": l.URL, "authorization_endpoint": l.URL + "/auth", "token_endpoint": l.URL + "/token", "jwks_uri": l.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"ES256", "none", "HS256"}, "end_session_endpoint": l.URL + "/end"}
	case "/keys":
		var set jose.JSONWebKeySet
		for id, key := range l.keys {
			set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.Public(), KeyID: id, Algorithm: "ES256", Use: "sig"})
		}
		out = set
	case "/token":
		_ = r.ParseForm()
		l.form = r.PostForm
		out = map[string]any{"access_token": "opaque", "token_type": "Bearer", "id_token": l.token()}
	default:
		w.WriteHeader(http.StatusNotFound)
	}
	_ = json.NewEncoder(w).Encode(out) // the test has its own way to notice
}

func (l *liar) signed(key any, alg jose.SignatureAlgorithm, id string, claims map[string]any) string {
	l.t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: id}}, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	body, _ := json.Marshal(claims)
	jws, err := signer.Sign(body)
	if err != nil {
		l.t.Fatal(err)
	}
	text, err := jws.CompactSerialize()
	if err != nil {
		l.t.Fatal(err)
	}
	return text
}

func (l *liar) good() map[string]any {
	at := start.Unix()
	return map[string]any{"iss": l.URL, "sub": "s-1", "aud": "milieu", "exp": at + 300, "iat": at, "nonce": "heron", "auth_time": at - 5, "acr": "urn:two", "amr": []string{"pwd", "otp"},
		"preferred_username": "jo.ferrand", "email": "jo@northfield.example", "email_verified": true}
}

func (l *liar) settings() *Settings {
	return &Settings{Name: "Northfield Trust", Issuer: l.URL, Client: "milieu", secret: "a secret of the house and the organisation"}
}

func TestWhatAnOrganisationSaysIsTakenOnlyWhenItHolds(t *testing.T) {
	l := newLiar(t)
	with := func(change map[string]any) func() string {
		return func() string {
			claims := l.good()
			for name, value := range change {
				if value == nil {
					delete(claims, name)
				} else {
					claims[name] = value
				}
			}
			return l.signed(l.keys["one"], jose.ES256, "one", claims)
		}
	}
	at := start.Unix()
	for _, c := range []struct {
		name  string
		token func() string
		good  bool
	}{
		{"as it should be", with(nil), true},
		{"another nonce", with(map[string]any{"nonce": "stork"}), false},
		{"no nonce", with(map[string]any{"nonce": nil}), false},
		{"over since five minutes", with(map[string]any{"exp": at - 300}), false},
		{"over since half a minute, as its clock goes", with(map[string]any{"exp": at - 30}), true},
		{"of next hour", with(map[string]any{"iat": at + 3600}), false},
		{"of an hour ago", with(map[string]any{"iat": at - 3600}), false},
		{"not yet good", with(map[string]any{"nbf": at + 120}), false},
		{"of another organisation", with(map[string]any{"iss": "https://elsewhere.example"}), false},
		{"for another house", with(map[string]any{"aud": "another"}), false},
		{"for two houses, without saying for which", with(map[string]any{"aud": []string{"milieu", "another"}}), false},
		{"for two houses, ours", with(map[string]any{"aud": []string{"milieu", "another"}, "azp": "milieu"}), true},
		{"for two houses, the other", with(map[string]any{"aud": []string{"milieu", "another"}, "azp": "another"}), false},
		{"of nobody", with(map[string]any{"sub": ""}), false},
		{"of a name without end", with(map[string]any{"sub": strings.Repeat("s", 300)}), false},
		{"with another token's sum", with(map[string]any{"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}), false},
		{"signed by another key under the same name", func() string { return l.signed(newKey(t), jose.ES256, "one", l.good()) }, false},
		{"signed by a key that is not published", func() string { return l.signed(newKey(t), jose.ES256, "two", l.good()) }, false},
		{"signed with the shared secret", func() string { return l.signed([]byte(l.settings().secret), jose.HS256, "one", l.good()) }, false},
		{"signed by nobody", func() string { return unsigned(l.good()) }, false},
		{"no token at all", func() string { return "" }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			l.token = c.token
			p := newProvider(l.settings())
			m, err := p.ask(t.Context(), start)
			if err != nil {
				t.Fatal(err)
			}
			who, err := p.exchange(t.Context(), m, "code", "http://localhost/back", "verifier", "heron", start)
			if (err == nil) != c.good {
				t.Fatalf("%+v: %v", who, err)
			}
			if errors.Is(err, errAway) {
				t.Errorf("taken for an organisation that does not answer: %v", err)
			}
			if c.good && (who.Subject != "s-1" || who.Issuer != l.URL || who.Called != "jo.ferrand" || !who.Proved.Equal(start.Add(-5*time.Second))) {
				t.Errorf("who: %+v", who)
			}
			if got := l.form.Get("code_verifier"); got != "verifier" {
				t.Errorf("the code went without its verifier: %q", got)
			}
		})
	}
}

// unsigned is a token with the algorithm "none".
func unsigned(claims map[string]any) string {
	body, _ := json.Marshal(claims)
	return b64([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + b64(body) + "."
}

func TestSecondFactorAndSignInNameAreReadAsTheHouseWants(t *testing.T) {
	for _, c := range []struct {
		name     string
		claim    string
		acr, amr []string
		change   map[string]any
		second   bool
		signIn   string
	}{
		{"nothing is trusted by itself", "", nil, nil, nil, false, ""},
		{"an acr that is trusted", "", []string{"urn:two"}, nil, nil, true, ""},
		{"another acr", "", []string{"urn:three"}, nil, nil, false, ""},
		{"an amr that is trusted", "", nil, []string{"otp"}, nil, true, ""},
		{"another amr", "", nil, []string{"hwk"}, nil, false, ""},
		{"an empty acr is nothing", "", []string{""}, nil, map[string]any{"acr": ""}, false, ""},
		{"a claim", "preferred_username", nil, nil, nil, false, "jo.ferrand"},
		{"a claim that is not there", "upn", nil, nil, nil, false, ""},
		{"a claim that is no text", "amr", nil, nil, nil, false, ""},
		{"an address that is verified", "email", nil, nil, nil, false, "jo@northfield.example"},
		{"an address that is not", "email", nil, nil, map[string]any{"email_verified": false}, false, ""},
		{"an address of which nothing is said", "email", nil, nil, map[string]any{"email_verified": nil}, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLiar(t)
			s := l.settings()
			s.Claim, s.SecondFactor.ACR, s.SecondFactor.AMR = c.claim, c.acr, c.amr
			claims := l.good()
			for name, value := range c.change {
				claims[name] = value
			}
			l.token = func() string { return l.signed(l.keys["one"], jose.ES256, "one", claims) }
			p := newProvider(s)
			m, err := p.ask(t.Context(), start)
			if err != nil {
				t.Fatal(err)
			}
			who, err := p.exchange(t.Context(), m, "code", "http://localhost/back", "verifier", "heron", start)
			if err != nil || who.Second != c.second || who.SignIn != c.signIn {
				t.Errorf("%+v: %v", who, err)
			}
		})
	}
}

func TestKeysOfTheOrganisationChange(t *testing.T) {
	l := newLiar(t)
	p := newProvider(l.settings())
	in := func(id string) error {
		l.token = func() string { return l.signed(l.keys[id], jose.ES256, id, l.good()) }
		m, err := p.ask(t.Context(), start)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.exchange(t.Context(), m, "code", "http://localhost/back", "verifier", "heron", start)
		return err
	}
	if err := in("one"); err != nil {
		t.Fatal(err)
	}
	l.keys["two"] = newKey(t)
	if err := in("two"); err != nil {
		t.Errorf("a new key: %v", err)
	}
	before := l.asked["/keys"]
	if err := in("two"); err != nil || l.asked["/keys"] != before {
		t.Errorf("a known key was asked for again: %v", err)
	}
	old := l.keys["one"]
	delete(l.keys, "one")
	l.keys["three"] = newKey(t)
	if err := in("three"); err != nil { // with which the set is read again
		t.Error(err)
	}
	l.keys["one"] = old
	l.token = func() string { return l.signed(old, jose.ES256, "one", l.good()) }
	delete(l.keys, "one")
	m, _ := p.ask(t.Context(), start)
	if _, err := p.exchange(t.Context(), m, "code", "http://localhost/back", "verifier", "heron", start); err == nil {
		t.Error("a key that was withdrawn is still good")
	}
}

func TestOrganisationThatDoesNotAnswer(t *testing.T) {
	l := newLiar(t)
	now := start
	p := newProvider(l.settings())
	l.status = http.StatusBadGateway
	for range 3 {
		if _, err := p.ask(t.Context(), now); !errors.Is(err, errAway) {
			t.Fatalf("asked: %v", err)
		}
	}
	if n := l.asked["/.well-known/openid-configuration"]; n != 1 {
		t.Errorf("asked %d times within seconds", n)
	}
	l.status = 0
	now = now.Add(restAfter)
	m, err := p.ask(t.Context(), now)
	if err != nil {
		t.Fatalf("it is back: %v", err)
	}
	l.status = http.StatusBadGateway
	if _, err := p.exchange(t.Context(), m, "code", "http://localhost/back", "verifier", "heron", now); !errors.Is(err, errAway) {
		t.Errorf("a code that nobody takes: %v", err)
	}
	l.status = http.StatusBadRequest
	if _, err := p.exchange(t.Context(), m, "code", "http://localhost/back", "verifier", "heron", now); err == nil || errors.Is(err, errAway) {
		t.Errorf("a code that is not taken: %v", err)
	}
	now = now.Add(2 * readAgain)
	if _, err := p.ask(t.Context(), now); err != nil { // what was known before serves on
		t.Errorf("an hour later: %v", err)
	}
	l.Close()
	now = now.Add(2 * readAgain)
	if _, err := p.ask(t.Context(), now); err != nil {
		t.Errorf("gone: %v", err)
	}
	if _, err := newProvider(l.settings()).ask(t.Context(), now); !errors.Is(err, errAway) {
		t.Errorf("gone before it was ever asked: %v", err)
	}
}

func TestOrganisationThatSendsElsewhereOrWithoutEnd(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://192.0.2.1/", http.StatusFound)
		},
		"another name": func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte(`{"issuer":"https://elsewhere.example"}`))
		},
		"without end": func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte(`{"issuer":"` + strings.Repeat("x", 2*answerSize) + `"}`))
		},
		"no JSON": func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("<html>")) },
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(answer)
			defer s.Close()
			if _, err := newProvider(&Settings{Issuer: s.URL}).ask(t.Context(), start); !errors.Is(err, errAway) {
				t.Errorf("asked: %v", err)
			}
		})
	}
	if _, err := newProvider(&Settings{Issuer: "http://organisation.example"}).ask(context.Background(), start); !errors.Is(err, errAway) {
		t.Errorf("asked without TLS: %v", err)
	}
}
