package oidc

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"milieu/kit/access"
)

// SecretVariable is the environment variable that holds the client secret where no file does.
const SecretVariable = "MILIEU_ORGANISATION_SECRET"

// Settings say which organisation's accounts open this house, read from a small JSON file. They hold no secret themselves.
type Settings struct {
	Name       string   `json:"name"`                  // as people call it: "Northfield Trust"
	Issuer     string   `json:"issuer"`                // "https://login.northfield.example/"
	Client     string   `json:"client"`                // this house, as the organisation knows it
	SecretFile string   `json:"secret_file,omitempty"` // beside the settings where the path is relative; without one SecretVariable is read
	Scopes     []string `json:"scopes,omitempty"`      // beside openid, as the claim below needs them
	// Claim must hold the person's sign-in name when an account is tied to them; empty: any account may be tied. An e-mail address counts only
	// when the organisation has verified it.
	Claim string `json:"claim,omitempty"`
	// Silent lets in whoever the organisation remembers in this browser, without asking them again: not for tablets that several people share.
	Silent bool `json:"silent,omitempty"`
	// SecondFactor lists what the organisation says of a sign-in (acr or amr) that this house trusts as a second factor; empty: none.
	SecondFactor struct {
		ACR []string `json:"acr,omitempty"`
		AMR []string `json:"amr,omitempty"`
	} `json:"second_factor"`
	// Required lists the roles that sign in through the organisation and, while it answers, by no way of their own. Until an account is tied
	// to them their own ways stay open, and so they do for showing again who one is.
	Required []access.Role `json:"required,omitempty"`

	secret string
}

// Load reads the settings and the secret. An error names the field.
func Load(path string) (*Settings, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the organisation's settings: %w", err)
	}
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.DisallowUnknownFields()
	s := &Settings{}
	if err := dec.Decode(s); err != nil {
		return nil, fmt.Errorf("reading the organisation's settings in %s: %w", path, err)
	}
	s.secret = os.Getenv(SecretVariable)
	if s.SecretFile != "" {
		at := s.SecretFile
		if !filepath.IsAbs(at) {
			at = filepath.Join(filepath.Dir(path), at)
		}
		secret, err := os.ReadFile(at)
		if err != nil {
			return nil, fmt.Errorf("reading the organisation's secret: %w", err)
		}
		s.secret = strings.TrimSpace(string(secret))
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("the organisation's settings in %s: %w", path, err)
	}
	return s, nil
}

func (s *Settings) check() error {
	u, err := url.Parse(s.Issuer)
	switch {
	case strings.TrimSpace(s.Name) == "":
		return errors.New("name: say what people call the organisation")
	case err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("issuer: %q is no address", s.Issuer)
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return errors.New("issuer: begins with https://")
	case s.Client == "":
		return errors.New("client: say as what the organisation knows this house")
	case s.secret == "":
		return fmt.Errorf("secret_file: the secret is in no file and not in %s", SecretVariable)
	}
	for _, r := range s.Required {
		if !slices.Contains(access.Roles, r) {
			return fmt.Errorf("required: there is no role %q", r)
		}
	}
	return nil
}

// loopback tells whether a host is this machine.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback() || host == "localhost"
}
