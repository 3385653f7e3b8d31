package ui

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

//go:embed dist
var distFiles embed.FS

// asset is one file of dist in its three forms.
type asset struct {
	plain, gzip, brotli []byte
	hash, kind          string
}

var assets = readAssets()

func readAssets() map[string]asset {
	found := map[string]asset{}
	entries, err := fs.ReadDir(distFiles, "dist")
	if err != nil {
		panic(fmt.Sprintf("ui: reading the embedded files: %v", err))
	}
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasSuffix(name, ".gz") || strings.HasSuffix(name, ".br") {
			continue
		}
		one := asset{plain: embedded(name), gzip: embedded(name + ".gz"), brotli: embedded(name + ".br"), kind: contentType(name)}
		sum := sha256.Sum256(one.plain)
		one.hash = hex.EncodeToString(sum[:6])
		found[name] = one
	}
	return found
}

func embedded(name string) []byte {
	data, err := distFiles.ReadFile("dist/" + name)
	if err != nil {
		panic(fmt.Sprintf("ui: reading the embedded file %s: %v", name, err))
	}
	return data
}

func contentType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json", ".webmanifest":
		return "application/json"
	default:
		return mime.TypeByExtension(path.Ext(name))
	}
}

// Asset is the address of an embedded file, with its content's hash, as "/static/app.css?v=0a1b2c3d4e5f". It panics for a name that is
// not there: pages name assets in code.
func Asset(name string) string {
	one, ok := assets[name]
	if !ok {
		panic("ui: no asset called " + name)
	}
	return "/static/" + name + "?v=" + one.hash
}

// Assets are the addresses of all embedded files: what a device keeps to draw pages without a network.
func Assets() []string {
	var list []string
	for name := range assets {
		list = append(list, Asset(name))
	}
	return list
}

// Content is an embedded file's bytes. It panics for a name that is not there, as Asset does.
func Content(name string) []byte {
	one, ok := assets[name]
	if !ok {
		panic("ui: no asset called " + name)
	}
	return one.plain
}

// Static serves the embedded files under /static/, compressed as the browser allows. An address with the right hash may be kept for ever.
func Static() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		one, ok := assets[strings.TrimPrefix(r.URL.Path, "/static/")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		caching := "no-cache"
		if r.URL.Query().Get("v") == one.hash {
			caching = "public, max-age=31536000, immutable"
		}
		serve(w, r, one, caching)
	})
}

func serve(w http.ResponseWriter, r *http.Request, one asset, caching string) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	body, encoding := one.plain, ""
	switch {
	case accepts(r, "br") && len(one.brotli) < len(one.plain):
		body, encoding = one.brotli, "br"
	case accepts(r, "gzip") && len(one.gzip) < len(one.plain):
		body, encoding = one.gzip, "gzip"
	}
	tag := `"` + one.hash + encoding + `"`
	header := w.Header()
	header.Set("Content-Type", one.kind)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", caching)
	header.Set("Vary", "Accept-Encoding")
	header.Set("ETag", tag)
	if strings.Contains(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if encoding != "" {
		header.Set("Content-Encoding", encoding)
	}
	header.Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // the reader went away: nobody is left to tell
	}
}

// accepts reads Accept-Encoding; a coding with q=0 is refused.
func accepts(r *http.Request, coding string) bool {
	for _, part := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(name) != coding {
			continue
		}
		weight := strings.ReplaceAll(quality, " ", "")
		return !strings.HasPrefix(weight, "q=0") || strings.HasPrefix(weight, "q=0.") && strings.Trim(weight[4:], "0") != ""
	}
	return false
}
