package passkey

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"milieu/kit/web"
)

// place is the address that a house's passkeys hold for. Browsers tie a passkey to a domain and use it only over TLS, or on the machine itself
// under the name localhost; a bare number is no domain.
type place struct {
	domain string
	origin string
	name   string // of the house
}

// Why there are no passkeys at the address of a request: keys of the catalogue.
const (
	whyNumber  = "passkey.why_number"  // the house is reached by a bare number
	whyPlain   = "passkey.why_plain"   // without TLS
	whyUnknown = "passkey.why_unknown" // nobody told the program the house's address
)

// here says which passkeys hold where the request was made; otherwise why none do, and at which address they would, if any is known.
func here(c *web.Ctx) (at *place, why, instead string) {
	name := ""
	if c.House != nil {
		name = c.House().Name
	}
	if name == "" {
		name = "Milieu"
	}
	return placeOf(c.Outside.Origin, c.R.Host, c.Secure || c.R.TLS != nil, name)
}

// placeOf works from the address that the house was told it has. Without one only this machine itself is certain: what else a request says
// about where it was sent, anybody can have written.
func placeOf(origin, host string, secure bool, name string) (at *place, why, instead string) {
	known := origin != ""
	if !known {
		scheme := "http"
		if secure {
			scheme = "https"
		}
		origin = scheme + "://" + host
	}
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" {
		return nil, whyUnknown, ""
	}
	domain := strings.ToLower(u.Hostname())
	local := domain == "localhost" || strings.HasSuffix(domain, ".localhost")
	if ip, err := netip.ParseAddr(domain); err == nil {
		if ip.IsLoopback() {
			instead = u.Scheme + "://" + net.JoinHostPort("localhost", u.Port())
			if u.Port() == "" {
				instead = u.Scheme + "://localhost"
			}
		}
		return nil, whyNumber, instead
	}
	switch {
	case !known && !local:
		return nil, whyUnknown, ""
	case u.Scheme != "https" && !local:
		return nil, whyPlain, ""
	}
	return &place{domain: domain, origin: u.Scheme + "://" + strings.ToLower(u.Host), name: name}, "", ""
}

// party is the house as authenticators see it.
func (p *place) party() (*webauthn.WebAuthn, error) {
	yes := true
	w, err := webauthn.New(&webauthn.Config{
		RPID: p.domain, RPDisplayName: p.name, RPOrigins: []string{p.origin},
		AttestationPreference: protocol.PreferNoAttestation,
		// A passkey stands alone: its authenticator finds it without a name, and has made sure whose finger it is.
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: &yes, ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired},
		Timeouts: webauthn.TimeoutsConfig{
			Login:        webauthn.TimeoutConfig{Timeout: life, TimeoutUVD: life},
			Registration: webauthn.TimeoutConfig{Timeout: life, TimeoutUVD: life}},
	})
	if err != nil {
		return nil, fmt.Errorf("preparing passkeys for %s: %w", p.origin, err)
	}
	return w, nil
}
