package ui

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestStaticNegotiates(t *testing.T) {
	for _, c := range []struct{ name, path, accept, encoding, caching string }{
		{"brotli before gzip", Asset("app.css"), "gzip, deflate, br", "br", "public, max-age=31536000, immutable"},
		{"gzip", Asset("app.js"), "gzip", "gzip", "public, max-age=31536000, immutable"},
		{"plain", Asset("app.js"), "", "", "public, max-age=31536000, immutable"},
		{"refused by weight", Asset("app.js"), "br;q=0, gzip;q=0.0, identity", "", "public, max-age=31536000, immutable"},
		{"small weight", Asset("app.js"), "gzip; q=0.01", "gzip", "public, max-age=31536000, immutable"},
		{"without the hash", "/static/app.css", "br", "br", "no-cache"},
		{"with an old hash", "/static/app.css?v=000000000000", "br", "br", "no-cache"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := get(c.path, "Accept-Encoding", c.accept)
			if got.Code != http.StatusOK {
				t.Fatalf("answered %d", got.Code)
			}
			for header, want := range map[string]string{"Content-Encoding": c.encoding, "Cache-Control": c.caching, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"} {
				if is := got.Header().Get(header); is != want {
					t.Errorf("%s is %q, want %q", header, is, want)
				}
			}
			tag := got.Header().Get("ETag")
			if again := get(c.path, "Accept-Encoding", c.accept, "If-None-Match", tag); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
				t.Errorf("the same tag again: %d with %d bytes", again.Code, again.Body.Len())
			}
		})
	}
}

func TestStaticRefuses(t *testing.T) {
	for _, path := range []string{"/static/", "/static/nothing.css", "/static/app.css.br", "/static/../doc.go", "/static/%2e%2e/doc.go"} {
		if got := get(path); got.Code != http.StatusNotFound {
			t.Errorf("%s answered %d", path, got.Code)
		}
	}
	request := httptest.NewRequest(http.MethodPost, "/static/app.css", nil)
	got := httptest.NewRecorder()
	Static().ServeHTTP(got, request)
	if got.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST answered %d", got.Code)
	}
	if got := get("/sw.js"); got.Code != http.StatusNotFound {
		t.Errorf("a file outside /static/ answered %d", got.Code)
	}
}

func TestTypesAndForms(t *testing.T) {
	types := map[string]string{"app.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8", "icons.svg": "image/svg+xml"}
	for name, want := range types {
		if got := get(Asset(name)).Header().Get("Content-Type"); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for name, one := range assets {
		zipped, err := gzip.NewReader(bytes.NewReader(one.gzip))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if plain, err := io.ReadAll(zipped); err != nil || !bytes.Equal(plain, one.plain) {
			t.Errorf("%s.gz does not hold %s: %v", name, name, err)
		}
	}
}

// The first screen must come through a bad house network at once: styles and scripts together stay below their share of 60 kB.
func TestFirstScreenIsSmall(t *testing.T) {
	css, js := len(assets["app.css"].gzip), len(assets["app.js"].gzip)+len(assets["early.js"].gzip)
	icons := len(assets["icons.svg"].gzip)
	if css > 16_000 || js > 22_000 || css+js+icons > 40_000 {
		t.Errorf("gzipped: styles %d, scripts %d, icons %d bytes", css, js, icons)
	}
}

func TestUnfold(t *testing.T) {
	form := url.Values{"chart": {"c1"}, "place": {"hall"}, setField: {encodeSet([]Pair{{"place", "own room"}, {"state", "asleep & well"}})}}
	if err := Unfold(form); err != nil {
		t.Fatal(err)
	}
	if form.Get("place") != "own room" || form.Get("state") != "asleep & well" || form.Get("chart") != "c1" || form.Has(setField) {
		t.Errorf("unfolded to %v", form)
	}
	if err := Unfold(url.Values{setField: {"%zz"}}); err == nil {
		t.Error("a broken fold was taken")
	}
}

func TestAssetPanicsForUnknownName(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("did not panic")
		}
	}()
	Asset("nothing.css")
}

func TestAssetsAreAllAddressed(t *testing.T) {
	for _, address := range Assets() {
		if !strings.HasPrefix(address, "/static/") || get(address).Code != http.StatusOK {
			t.Errorf("%s cannot be fetched", address)
		}
	}
}

func get(path string, headers ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	got := httptest.NewRecorder()
	Static().ServeHTTP(got, request)
	return got
}
