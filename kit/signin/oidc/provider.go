package oidc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Limits of what is asked of the organisation, as data.
const (
	patience    = 8 * time.Second  // for one answer
	answerSize  = 1 << 20          // bytes of one answer
	readAgain   = time.Hour        // its metadata
	restAfter   = 10 * time.Second // not asked again so soon after it failed
	heardLately = 30 * time.Second // an answer no older says that it answers
)

// errAway says that the organisation does not answer, or not with what it should.
var errAway = errors.New("the organisation's sign-in does not answer")

// provider is the organisation's side: asked for its addresses when they are needed, never when the program starts.
type provider struct {
	settings *Settings
	client   *http.Client

	mu     sync.Mutex
	known  *metadata
	read   time.Time // when known was read
	failed time.Time // when reading it last failed; zero: it did not
	cause  error
}

// metadata is what the organisation publishes about its sign-in.
type metadata struct {
	*goidc.Provider
	Issuers bool   `json:"authorization_response_iss_parameter_supported"` // it says with each answer who gives it (RFC 9207)
	End     string `json:"end_session_endpoint"`
}

func newProvider(s *Settings) *provider {
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.ResponseHeaderTimeout = patience
	return &provider{settings: s, client: &http.Client{
		Transport: narrow{base}, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("it sent us elsewhere, where we do not follow")
		},
	}}
}

// narrow reads only so much of an answer.
type narrow struct{ http.RoundTripper }

func (n narrow) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && !loopback(r.URL.Hostname()) {
		return nil, fmt.Errorf("%s is asked over TLS or not at all", r.URL.Host)
	}
	res, err := n.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, answerSize), res.Body}
	}
	return res, err
}

// ask gives the organisation's addresses and keys: as read within the hour, or as they were before when it does not answer now.
func (p *provider) ask(ctx context.Context, now time.Time) (*metadata, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known != nil && now.Sub(p.read) < readAgain {
		return p.known, nil
	}
	if p.failed.IsZero() || now.Sub(p.failed) >= restAfter {
		p.refresh(ctx, now)
	}
	if p.known == nil {
		return nil, fmt.Errorf("%w: %w", errAway, p.cause)
	}
	return p.known, nil
}

// refresh reads the metadata; what was known before stays when that fails.
func (p *provider) refresh(ctx context.Context, now time.Time) {
	got, err := goidc.NewProvider(goidc.ClientContext(ctx, p.client), p.settings.Issuer)
	next := &metadata{Provider: got}
	if err == nil {
		err = got.Claims(next)
	}
	if err != nil {
		p.failed, p.cause = now, err
		return
	}
	p.known, p.read, p.failed, p.cause = next, now, time.Time{}, nil
}

// answers tells whether the organisation answers now, or did a moment ago.
func (p *provider) answers(ctx context.Context, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known != nil && p.failed.IsZero() && now.Sub(p.read) < heardLately {
		return true
	}
	if p.failed.IsZero() || now.Sub(p.failed) >= restAfter {
		p.refresh(ctx, now)
	}
	return p.failed.IsZero()
}

func (p *provider) config(m *metadata, redirect string) *oauth2.Config {
	return &oauth2.Config{ClientID: p.settings.Client, ClientSecret: p.settings.secret, Endpoint: m.Endpoint(), RedirectURL: redirect,
		Scopes: append([]string{goidc.ScopeOpenID}, p.settings.Scopes...)}
}

// identity is who the organisation says has signed in. It is all that is kept of its tokens.
type identity struct {
	Issuer  string    `json:"issuer"`
	Subject string    `json:"subject"`
	Called  string    `json:"called,omitempty"`  // what the account is called, to show to its owner
	SignIn  string    `json:"sign_in,omitempty"` // what the settings' claim holds
	Second  bool      `json:"second,omitempty"`  // a second factor this house trusts was used there
	Proved  time.Time `json:"proved,omitzero"`   // when the person proved themselves there; zero: not said
	Session string    `json:"session,omitempty"` // of theirs, so that they can end it here too
}

// exchange gives a code for who signed in. Tokens do not leave this function.
func (p *provider) exchange(ctx context.Context, m *metadata, code, redirect, verifier, nonce string, now time.Time) (identity, error) {
	ctx = goidc.ClientContext(ctx, p.client)
	tokens, err := p.config(m, redirect).Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return identity{}, p.sorted(fmt.Errorf("giving the code for who signed in: %w", err))
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return identity{}, errors.New("the organisation did not say who signed in")
	}
	return p.verify(ctx, m, raw, nonce, tokens.AccessToken, now)
}

// sorted tells an organisation that does not answer from one that says no.
func (p *provider) sorted(err error) error {
	var said *oauth2.RetrieveError
	var never *url.Error
	if errors.As(err, &said) && said.Response.StatusCode >= 500 || errors.As(err, &never) {
		return fmt.Errorf("%w: %w", errAway, err)
	}
	return err
}

// algorithms are the signatures that are taken: those of a key of the organisation's own, so neither "none" nor one made with the shared secret.
var algorithms = []string{goidc.RS256, goidc.RS384, goidc.RS512, goidc.PS256, goidc.PS384, goidc.PS512, goidc.ES256, goidc.ES384, goidc.ES512, goidc.EdDSA}

const (
	skew  = time.Minute      // how far the organisation's clock may be from ours
	fresh = 10 * time.Minute // how old what it says may be
)

func (p *provider) verifier(m *metadata, now time.Time) *goidc.IDTokenVerifier {
	return m.Verifier(&goidc.Config{ClientID: p.settings.Client, SupportedSigningAlgs: algorithms, Now: func() time.Time { return now.Add(-skew) }})
}

// claims are those we read beside what the library checks.
type claims struct {
	Party     string         `json:"azp"`
	Name      string         `json:"name"`
	Preferred string         `json:"preferred_username"`
	Email     string         `json:"email"`
	Verified  any            `json:"email_verified"`
	ACR       string         `json:"acr"`
	AMR       []string       `json:"amr"`
	Proved    float64        `json:"auth_time"` // seconds
	Session   string         `json:"sid"`
	Before    *float64       `json:"nbf"`
	Rest      map[string]any `json:"-"`
}

// verify reads an ID token: signed by a key the organisation publishes, issued by it, for this house, in time, and for the sign-in that this
// browser began.
func (p *provider) verify(ctx context.Context, m *metadata, raw, nonce, access string, now time.Time) (identity, error) {
	token, err := p.verifier(m, now).Verify(ctx, raw)
	if err != nil {
		return identity{}, p.sorted(err)
	}
	var c claims
	if err := token.Claims(&c); err != nil {
		return identity{}, fmt.Errorf("reading who signed in: %w", err)
	}
	if err := token.Claims(&c.Rest); err != nil {
		return identity{}, fmt.Errorf("reading who signed in: %w", err)
	}
	switch {
	case nonce == "" || !same(token.Nonce, nonce):
		return identity{}, errors.New("the answer is to another question: the nonce differs")
	case c.Party != "" && c.Party != p.settings.Client, len(token.Audience) > 1 && c.Party == "":
		return identity{}, fmt.Errorf("the answer is for another party, %q", c.Party)
	case token.IssuedAt.After(now.Add(skew)) || token.IssuedAt.Before(now.Add(-fresh)):
		return identity{}, fmt.Errorf("the answer was written at %s and it is %s", token.IssuedAt, now)
	case c.Before != nil && time.Unix(int64(*c.Before), 0).After(now.Add(skew)):
		return identity{}, errors.New("the answer holds only later")
	case token.Subject == "" || len(token.Subject) > 255:
		return identity{}, errors.New("the answer names nobody")
	}
	if token.AccessTokenHash != "" {
		if err := token.VerifyAccessToken(access); err != nil {
			return identity{}, fmt.Errorf("comparing the tokens: %w", err)
		}
	}
	who := identity{Issuer: token.Issuer, Subject: token.Subject, Called: called(&c), SignIn: c.signIn(p.settings.Claim), Second: p.settings.trusts(&c), Session: c.Session}
	if c.Proved > 0 {
		who.Proved = time.Unix(int64(c.Proved), 0).UTC()
	}
	return who, nil
}

// called is what an account is called, so that its owner recognises it.
func called(c *claims) string {
	for _, one := range []string{c.Preferred, c.Email, c.Name} {
		if one != "" && len(one) <= 200 {
			return one
		}
	}
	return ""
}

// signIn is what a claim holds as a sign-in name. An address that nobody verified is what its owner chose to write.
func (c *claims) signIn(claim string) string {
	if claim == "email" && c.Verified != true && c.Verified != "true" {
		return ""
	}
	text, _ := c.Rest[claim].(string)
	return text
}

// trusts tells whether the organisation says that a second factor was used, in a way this house trusts.
func (s *Settings) trusts(c *claims) bool {
	return c.ACR != "" && slices.Contains(s.SecondFactor.ACR, c.ACR) ||
		slices.ContainsFunc(c.AMR, func(one string) bool { return slices.Contains(s.SecondFactor.AMR, one) })
}
