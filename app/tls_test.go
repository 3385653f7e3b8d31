package app_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"milieu/kit/clock"
)

// TestOverTLS serves a house with a certificate of its own, as a process, and asks it as browsers and as those do who mean ill.
func TestOverTLS(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	first, h := demo(t, dir)
	first.kill()
	address, plain := free(t), free(t)
	p := start(t, "serve", "--data", dir, "--addr", address, "--tls", "self", "--redirect", plain)
	for line := ""; !strings.HasPrefix(line, "Milieu is at"); line = p.line() {
		if strings.HasPrefix(line, "Milieu is at http:") {
			t.Fatal(line)
		}
	}
	raw, err := os.ReadFile(filepath.Join(dir, "house-ca.pem"))
	roots := x509.NewCertPool()
	if err != nil || !roots.AppendCertsFromPEM(raw) {
		t.Fatalf("no authority: %v", err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client := &http.Client{Timeout: 20 * time.Second, Jar: jar, CheckRedirect: stay, Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots}}}
	t.Cleanup(client.CloseIdleConnections)
	get := func(c *http.Client, at string) *http.Response {
		t.Helper()
		res, err := c.Get(at)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
	link, err := url.Parse(h.SignIn["worker"])
	if err != nil {
		t.Fatal(err)
	}
	res := get(client, "https://"+address+link.Path)
	if res.ProtoMajor != 2 || !strings.Contains(res.Header.Get("Strict-Transport-Security"), "max-age=31536000") || res.StatusCode != http.StatusSeeOther {
		t.Errorf("signing in: %d over %s, %q", res.StatusCode, res.Proto, res.Header.Get("Strict-Transport-Security"))
	}
	signed := 0
	for _, c := range res.Cookies() {
		if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite == http.SameSiteNoneMode {
			t.Errorf("cookie %+v", c)
		}
		signed++
	}
	if res := get(client, "https://"+address+"/account"); signed < 2 || res.StatusCode != http.StatusOK {
		t.Errorf("%d cookies, then %d", signed, res.StatusCode)
	}
	if res := get(client, "http://"+plain+"/clients?q=a"); res.StatusCode != http.StatusPermanentRedirect || res.Header.Get("Location") != "https://"+address+"/clients?q=a" {
		t.Errorf("without TLS: %d to %s", res.StatusCode, res.Header.Get("Location"))
	}
	if res, err := client.Post("http://"+plain+"/sign-in", formType, strings.NewReader("name=a&password=b")); err != nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("a password without TLS: %v %v", res, err)
	} else {
		res.Body.Close()
	}
	if res := get(&http.Client{CheckRedirect: stay}, "http://"+address+"/sign-in"); res.StatusCode != http.StatusBadRequest {
		t.Errorf("without TLS at the port with TLS: %d", res.StatusCode)
	}
	old := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS12} //nolint:gosec // an old client is what is tried
	if conn, err := tls.Dial("tcp", address, old); err == nil {
		conn.Close()
		t.Error("TLS 1.2 is taken")
	}
	if conn, err := tls.Dial("tcp", address, nil); err == nil {
		conn.Close()
		t.Error("somebody trusts the certificate who has not installed the authority")
	}
	slowOverTLS(t, address, &tls.Config{RootCAs: roots})
	if res := get(client, "https://"+address+"/account"); res.StatusCode != http.StatusOK {
		t.Errorf("after all that: %d", res.StatusCode)
	}
	if strings.Contains(p.errs.String(), "handshake") {
		t.Errorf("who breaks off fills the log: %s", p.errs)
	}
}

// slowOverTLS (F13): who never finishes a handshake, a head or a body is cut within ten seconds, over HTTP/2 too; two more are for a busy machine.
func slowOverTLS(t *testing.T, address string, trust *tls.Config) {
	t.Helper()
	dial := func(protocol string) net.Conn {
		if protocol == "" {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			return conn
		}
		with := trust.Clone()
		with.NextProtos = []string{protocol}
		conn, err := tls.Dial("tcp", address, with)
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	frames := func(conn net.Conn, ended bool) []byte {
		var out, head bytes.Buffer
		out.WriteString(http2.ClientPreface)
		f := http2.NewFramer(&out, conn)
		enc := hpack.NewEncoder(&head)
		for _, one := range [][2]string{{":method", "POST"}, {":scheme", "https"}, {":authority", address}, {":path", "/sign-in"}, {"content-type", formType}} {
			_ = enc.WriteField(hpack.HeaderField{Name: one[0], Value: one[1]}) // a buffer takes everything
		}
		_ = f.WriteSettings()
		_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: head.Bytes(), EndHeaders: ended})
		return out.Bytes()
	}
	var all sync.WaitGroup
	for name, conn := range map[string]net.Conn{"a handshake without end": dial(""), "a head without end": dial("http/1.1"), "a head over HTTP/2 without end": dial("h2")} {
		all.Go(func() {
			defer conn.Close()
			hello := []byte("\x16\x03\x01\x02\x00\x01")
			if strings.Contains(name, "head") {
				hello = []byte("GET / HTTP/1.1\r\nHost: milieu.test\r\nX-")
			}
			if strings.Contains(name, "HTTP/2") {
				hello = frames(conn, false)
			}
			if _, err := conn.Write(hello); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			since := clock.Deadline(0)
			_ = conn.SetReadDeadline(clock.Deadline(40 * time.Second))
			_, _ = io.Copy(io.Discard, conn) // until it is cut
			took := clock.Deadline(0).Sub(since).Round(time.Second)
			t.Logf("%s is cut after %s", name, took)
			if took > 12*time.Second {
				t.Errorf("%s was held for %s", name, took)
			}
		})
	}
	// Over HTTP/2 a body without end ends its own request, not the connection of whoever says that they are there.
	conn := dial("h2")
	all.Go(func() {
		defer conn.Close()
		if _, err := conn.Write(frames(conn, true)); err != nil {
			t.Errorf("a body over HTTP/2: %v", err)
		}
		since := clock.Deadline(0)
		_ = conn.SetReadDeadline(clock.Deadline(40 * time.Second))
		in := http2.NewFramer(conn, conn)
		for {
			frame, err := in.ReadFrame()
			if err != nil {
				t.Errorf("a body over HTTP/2 without end: %v after %s", err, clock.Deadline(0).Sub(since))
				return
			}
			if ping, ok := frame.(*http2.PingFrame); ok && !ping.IsAck() {
				_ = in.WritePing(true, ping.Data) // the next read says whether it arrived
			}
			if h := frame.Header(); h.StreamID == 1 {
				t.Logf("a body over HTTP/2 without end is answered (%v) after %s", h.Type, clock.Deadline(0).Sub(since).Round(time.Second))
				return
			}
		}
	})
	all.Wait()
}
