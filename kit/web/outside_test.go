package web

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestAddress(t *testing.T) {
	near := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		proxies []netip.Prefix
		peer    string
		said    []string
		want    string
	}{
		{nil, "192.0.2.1:99", nil, "192.0.2.1"},
		{nil, "[::ffff:192.0.2.1]:99", nil, "192.0.2.1"},
		{nil, "[fe80::1%eth0]:99", nil, "fe80::1"},
		{nil, "10.0.0.1:99", []string{"203.0.113.7"}, "10.0.0.1"}, // nobody is believed
		{near, "192.0.2.1:99", []string{"203.0.113.7"}, "192.0.2.1"},
		{near, "10.0.0.1:99", []string{"203.0.113.7"}, "203.0.113.7"},
		{near, "[::ffff:10.0.0.1]:99", []string{"203.0.113.7"}, "203.0.113.7"},
		{near, "10.0.0.1:99", []string{"1.1.1.1, 203.0.113.7"}, "203.0.113.7"}, // who asks has written the first
		{near, "10.0.0.1:99", []string{"1.1.1.1", "203.0.113.7, 10.2.3.4"}, "203.0.113.7"},
		{near, "10.0.0.1:99", []string{"203.0.113.7:4711"}, "203.0.113.7"},
		{near, "[fd00::1]:99", []string{"[2001:db8::7]:4711"}, "2001:db8::7"},
		{near, "[fd00::1]:99", []string{"[2001:db8::7]"}, "2001:db8::7"},
		{near, "10.0.0.1:99", []string{"10.0.0.9"}, "10.0.0.9"}, // one of the proxies' own machines
		{near, "10.0.0.1:99", nil, "10.0.0.1"},
		{near, "10.0.0.1:99", []string{"unknown"}, "10.0.0.1"},
		{near, "10.0.0.1:99", []string{"203.0.113.7, <script>"}, "10.0.0.1"},
		{near, "10.0.0.1:99", []string{""}, "10.0.0.1"},
		{near, "pipe", []string{"203.0.113.7"}, "invalid IP"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		for _, one := range c.said {
			r.Header.Add("X-Forwarded-For", one)
		}
		if got := (Outside{Proxies: c.proxies}).address(r).String(); got != c.want {
			t.Errorf("%s with %q: %s, want %s", c.peer, c.said, got, c.want)
		}
	}
}

func TestOutside(t *testing.T) {
	near := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	site := &Site{mux: http.NewServeMux()}
	site.mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) {})
	for _, c := range []struct {
		name, peer, host, proto, path string
		outside                       Outside
		code                          int
		to                            string
	}{
		{"without anything", "192.0.2.1:9", "any", "", "/", Outside{}, 200, ""},
		{"the house's name", "192.0.2.1:9", "Milieu.test", "", "/", Outside{Origin: "https://milieu.test"}, 200, ""},
		{"another name", "192.0.2.1:9", "rebound.test", "", "/", Outside{Origin: "https://milieu.test"}, 421, ""},
		{"another port", "192.0.2.1:9", "milieu.test:81", "", "/", Outside{Origin: "https://milieu.test"}, 421, ""},
		{"no name", "192.0.2.1:9", "", "", "/", Outside{Origin: "https://milieu.test"}, 421, ""},
		{"health by address", "192.0.2.1:9", "192.0.2.9", "", "/healthz", Outside{Origin: "https://milieu.test"}, 200, ""},
		{"plain at the proxy", "10.0.0.1:9", "milieu.test", "http", "/a?b=%0d%0aX:y", Outside{Secure: true, Proxies: near}, 308, "https://milieu.test/a?b=%0d%0aX:y"},
		{"plain, two slashes", "10.0.0.1:9", "milieu.test", "http", "//elsewhere.test/", Outside{Secure: true, Proxies: near}, 308, "https://milieu.test//elsewhere.test/"},
		{"plain, says anybody", "192.0.2.1:9", "milieu.test", "http", "/", Outside{Secure: true, Proxies: near}, 200, ""},
		{"over TLS at the proxy", "10.0.0.1:9", "milieu.test", "https", "/", Outside{Secure: true, Proxies: near}, 200, ""},
	} {
		site.Outside = c.outside
		r := httptest.NewRequest(http.MethodGet, "http://x"+c.path, nil)
		r.RemoteAddr, r.Host = c.peer, c.host
		if c.proto != "" {
			r.Header.Set("X-Forwarded-Proto", c.proto)
		}
		out := httptest.NewRecorder()
		site.ServeHTTP(out, r)
		if out.Code != c.code || out.Header().Get("Location") != c.to {
			t.Errorf("%s: %d to %q", c.name, out.Code, out.Header().Get("Location"))
		}
		if strict := out.Header().Get("Strict-Transport-Security") != ""; strict != c.outside.Secure {
			t.Errorf("%s: browsers are told to keep to TLS: %v", c.name, strict)
		}
		if out.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: may be kept", c.name)
		}
	}
}
