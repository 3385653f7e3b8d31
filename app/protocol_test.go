package app_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"milieu/kit/access"
	"milieu/kit/clock"
)

// TestOneRequestIsOne: what two servers could read in two ways is refused or ends the connection, so that nobody hides a request in another's
// (request smuggling), behind whatever proxy.
func TestOneRequestIsOne(t *testing.T) {
	t.Parallel()
	w := furnish(t, 2)
	address := w.served()
	const hiddenOne = "GET /healthz?hidden HTTP/1.1\r\nHost: milieu.test\r\n\r\n"
	for name, sent := range map[string]string{
		"two lengths":             "POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 52\r\n\r\n" + hiddenOne,
		"a list of lengths":       "POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 52\r\n\r\n" + hiddenOne,
		"a length with a sign":    "POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: +52\r\n\r\n" + hiddenOne,
		"a length in hexadecimal": "POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 0x34\r\n\r\n" + hiddenOne,
		"a coding and a length":   "POST /sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + hiddenOne,
		"an unknown coding":       "POST /sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n" + hiddenOne,
		"a coding in disguise":    "POST /sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + hiddenOne,
		"two codings":             "POST /sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + hiddenOne,
		"a coding of HTTP/1.0":    "POST /sign-in HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hiddenOne,
		"a folded line":           "GET /healthz HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\nContent-Length\r\n : 52\r\n\r\n" + hiddenOne,
		"a space before a colon":  "GET /healthz HTTP/1.1\r\nHost : a\r\n\r\n" + hiddenOne,
		"two hosts":               "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + hiddenOne,
		"no host":                 "GET /healthz HTTP/1.1\r\n\r\n" + hiddenOne,
		"a host with a space":     "GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n" + hiddenOne,
		"a null in a line":        "GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n" + hiddenOne,
		"a bare return":           "GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\rContent-Length: 52\r\n\r\n" + hiddenOne,
		"a chunk without a size":  "POST /sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n;x\r\n\r\n" + hiddenOne,
		"a chunk with a sign":     "POST /sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n" + hiddenOne,
	} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(clock.Deadline(15 * time.Second))
		_, _ = io.WriteString(conn, sent) // refused while it is being sent, perhaps
		in := bufio.NewReader(conn)
		first, err := http.ReadResponse(in, nil)
		if err != nil {
			conn.Close()
			continue // cut without a word
		}
		_, _ = io.Copy(io.Discard, first.Body)
		if first.StatusCode < 400 {
			t.Errorf("%s: answered %d", name, first.StatusCode)
		}
		if second, err := http.ReadResponse(in, nil); err == nil {
			t.Errorf("%s: after %d the hidden request is answered %d", name, first.StatusCode, second.StatusCode)
		}
		conn.Close()
	}
	for _, line := range []string{"TRACE /healthz", "CONNECT milieu.test:443", "TRACK /", "DEBUG /", "PROPFIND /"} {
		if res := raw(t, address, line+" HTTP/1.1\nHost: milieu.test\nCookie: milieu=secret\n", nil); res != nil {
			body, _ := io.ReadAll(res.Body)
			if res.StatusCode < 400 || strings.Contains(string(body), "secret") {
				t.Errorf("%s: %d %s", line, res.StatusCode, body)
			}
		}
	}
	// No header makes a request another one than it is.
	before := w.Committer.Seq()
	for _, head := range []string{"X-HTTP-Method-Override: POST", "X-Method-Override: DELETE", "X-Original-URL: /account", "X-Rewrite-URL: /account", "X-Forwarded-Host: elsewhere.test", "Forwarded: host=elsewhere.test;proto=https", "X-Forwarded-For: 127.0.0.1", "X-Remote-User: admin", "X-User: admin"} {
		name, value, _ := strings.Cut(head, ": ")
		out := w.do(call{method: http.MethodGet, path: "/sign-in?_method=POST", head: map[string]string{name: value}})
		if out.Code != http.StatusOK || strings.Contains(out.Body.String(), "elsewhere") {
			t.Errorf("%s: %d", head, out.Code)
		}
		if out := w.do(call{method: http.MethodGet, path: "/account", head: map[string]string{name: value}}); out.Code != http.StatusSeeOther {
			t.Errorf("%s: an account without signing in: %d", head, out.Code)
		}
	}
	if w.Committer.Seq() != before {
		t.Error("something was filed")
	}
}

// TestNothingLeadsElsewhere: no parameter of any route makes the site send a browser to another one, or say a header that it did not mean to.
func TestNothingLeadsElsewhere(t *testing.T) {
	t.Parallel()
	w := furnish(t, 2)
	bad := []string{"//elsewhere.test", "/\\elsewhere.test", "https://elsewhere.test/", "https:elsewhere.test", "javascript:alert(1)", "/\t/elsewhere.test", "\\\\elsewhere.test", "/%09/elsewhere.test", "//elsewhere.test%2f..",
		"/a\r\nSet-Cookie: stolen=1", "/a\nLocation: //elsewhere.test", "data:text/html,x", "/..//elsewhere.test", "http:///elsewhere.test", "/@elsewhere.test", "//milieu.test@elsewhere.test", "\x00//elsewhere.test"}
	var names []string
	for _, n := range append(named(t), "then", "next", "back", "return", "to", "url", "redirect", "r", "continue", "goto") {
		if n != "unit" && n != "chart" {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	leads := func(to string) bool {
		if to == "" || strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") && !strings.HasPrefix(to, "/\\") && !strings.ContainsAny(to, "\r\n\t") {
			return false
		}
		at, err := url.Parse(to)
		return err != nil || at.Host != "milieu.test"
	}
	tried := 0
	for _, r := range w.routes() {
		if r.Stream || r.Token {
			continue
		}
		role := access.Supervisor
		if r.Action != "" && w.plan.Policy.Reach(role, r.Action) == "" {
			role = access.Administrator
		}
		cookies := w.signIn(w.home.Staff[role]) // some routes end the session
		path := w.paths(r.Pattern, w.ids().own[:1])[0]
		for _, v := range bad {
			values := url.Values{}
			for _, n := range names {
				values.Set(n, v)
			}
			for _, script := range []bool{false, true} {
				c := call{method: r.Method, path: path + "?" + values.Encode(), cookies: cookies, script: script}
				if r.Method != http.MethodGet {
					c.body, c.kind = values.Encode(), formType
				}
				out := w.do(c)
				tried++
				for _, header := range []string{"Location", "Milieu-Location", "Content-Location", "Refresh", "Link"} {
					if to := out.Header().Get(header); leads(to) {
						t.Errorf("%s %s with %q: %s %q", r.Method, r.Pattern, v, header, to)
					}
				}
				for _, one := range out.Result().Cookies() {
					if one.Name == "stolen" {
						t.Errorf("%s %s with %q sets a cookie", r.Method, r.Pattern, v)
					}
				}
			}
		}
	}
	t.Logf("%d tried", tried)
	// Where a form says the way on, and is right, the way is taken; where it is bad, the beginning is.
	for then, want := range map[string]string{"/clients?q=a": "/clients?q=a", "//elsewhere.test": "/", "/\\elsewhere.test": "/", "https://elsewhere.test": "/", "": "/"} {
		k := w.kind("rounds.checked")
		e := sample(t, k, w.home.Client[0], w.clock.Now())
		form := url.Values{"id": {e.ID.String()}, "chart": {e.Chart.String()}, "then": {then}, "place": {"own_room"}, "state": {"asleep_breathing"}, "method": {"seen"}}
		out := w.do(call{method: http.MethodPost, path: "/entries/rounds.checked", body: form.Encode(), kind: formType, cookies: w.signIn(w.home.Staff[access.Nurse])})
		if out.Code != http.StatusSeeOther || out.Header().Get("Location") != want {
			t.Errorf("on to %q: %d %s", then, out.Code, out.Header().Get("Location"))
		}
	}
	w.quiet()
}
