package device

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"milieu/kit/ui"
	"milieu/kit/web"
)

// worker is the service worker with the list of public files it keeps in front: when any of them changes, so do its bytes, and the browser
// takes the new ones in.
var worker = sync.OnceValues(func() (script []byte, tag string) {
	files := ui.Assets()
	slices.Sort(files)
	sum := sha256.New()
	for _, f := range files {
		sum.Write([]byte(f + "\n"))
	}
	list, err := json.Marshal(map[string]any{"version": hex.EncodeToString(sum.Sum(nil)[:6]), "files": files})
	if err != nil {
		panic("device: listing the public files: " + err.Error()) // strings can always be written
	}
	script = fmt.Appendf(nil, "self.milieuFiles=%s;\n%s", list, ui.Content("sw.js"))
	whole := sha256.Sum256(script)
	return script, `"` + hex.EncodeToString(whole[:8]) + `"`
})

func serveWorker(c *web.Ctx) error {
	script, tag := worker()
	h := c.W.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	h.Set("Service-Worker-Allowed", "/")
	h.Set("ETag", tag)
	if c.R.Header.Get("If-None-Match") == tag {
		c.W.WriteHeader(http.StatusNotModified)
		return nil
	}
	_, _ = c.W.Write(script) // whoever asked has gone
	return nil
}
