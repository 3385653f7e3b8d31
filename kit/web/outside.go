package web

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Outside is how the site is reached: over TLS or not, through which proxies, and under which address people type.
type Outside struct {
	Secure  bool           // reached over TLS alone: cookies and browsers keep to it
	Origin  string         // "https://milieu.example.org" as people type it; empty when nobody said
	Proxies []netip.Prefix // who may say for whom they ask; nobody else is believed
}

// CookieName is the name under which a cookie of ours is kept. Over TLS it has the prefix by which browsers make sure that the cookie was set
// by this very host, over TLS and for all of it (RFC 6265bis): another machine of the same domain can put none in its place.
func (o Outside) CookieName(name string) string {
	if o.Secure {
		return "__Host-" + name
	}
	return name
}

// Address is where the request comes from: the other end of the connection, or who a trusted proxy says it asks for. It is the zero address
// when the connection has none, as in a test.
func (c *Ctx) Address() netip.Addr { return c.Outside.address(c.R) }

func (o Outside) address(r *http.Request) netip.Addr {
	from := peer(r)
	if !o.trusts(from) {
		return from
	}
	// Each proxy adds who asked it at the end: from there back, the first that is no proxy of ours is who asks. What stands before it anybody
	// can have written.
	said := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, one := range slices.Backward(said) {
		next, ok := readAddress(one)
		if !ok {
			return from
		}
		if from = next; !o.trusts(from) {
			return from
		}
	}
	return from
}

// peer is the other end of the connection.
func peer(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap().WithZone("")
}

// readAddress reads an address as proxies write it: alone, in brackets, with a port.
func readAddress(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	if at, err := netip.ParseAddrPort(text); err == nil {
		return at.Addr().Unmap().WithZone(""), true
	}
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return addr.Unmap().WithZone(""), err == nil
}

func (o Outside) trusts(a netip.Addr) bool {
	return a.IsValid() && slices.ContainsFunc(o.Proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// plain says that a request came to a proxy of ours without TLS: it is sent on to the same address with it.
func (o Outside) plain(r *http.Request) bool {
	return o.Secure && r.Header.Get("X-Forwarded-Proto") == "http" && o.trusts(peer(r))
}

// foreign says that the site was asked for under a name that is not its own: by a page of another name that was made to point here (DNS
// rebinding), or to have a link made of a forged name. Health is asked for by address.
func (o Outside) foreign(r *http.Request) bool {
	_, host, known := strings.Cut(o.Origin, "://")
	return known && !strings.EqualFold(host, r.Host) && r.URL.Path != "/healthz"
}

// headers are what every answer says to the browser, errors among them. What a route answers is nobody's to keep: the few things that may be
// kept say so themselves.
func (o Outside) headers(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", permissions)
	h.Set("Cache-Control", "no-store")
	if o.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
}

const (
	// policy lets pages have what the site itself serves, and no script or style that stands in a page. Texts become markup only where our own
	// script says so (trusted types).
	policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types milieu"
	// permissions leave a page the camera, for codes on doors and photos, and the keys people sign in with.
	permissions = "accelerometer=(), autoplay=(), browsing-topics=(), camera=(self), display-capture=(), encrypted-media=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-create=(self), publickey-credentials-get=(self), screen-wake-lock=(self), serial=(), usb=(), window-management=(), xr-spatial-tracking=()"
)
