package signin

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"

	"milieu/kit/fault"
	"milieu/kit/web"
)

// held is a form that came while nobody knew surely who sent it. It waits in the page that asks, and goes on to where it was meant for.
type held struct {
	Path string
	Body string // as the browser wrote it
}

// The names under which a form waits in another.
const (
	heldPath = "held_path"
	heldBody = "held"
)

// hold takes the form of a request that cannot go on yet. Nil: there is none, or it brings files, which no page can carry along.
func hold(c *web.Ctx) *held {
	if c.R.Method != http.MethodPost || !strings.HasPrefix(c.R.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return nil
	}
	h := &held{Path: c.R.URL.RequestURI()}
	if c.R.PostForm != nil { // read already
		h.Body = c.R.PostForm.Encode()
		return h
	}
	raw, err := io.ReadAll(c.R.Body) // as long as the route lets it be
	if err != nil {
		return nil
	}
	h.Body = string(raw)
	return h
}

// heldIn finds the form that waits in this request's form.
func heldIn(c *web.Ctx) *held {
	if path := c.R.PostFormValue(heldPath); path != "" && web.OwnPath(path) {
		return &held{Path: path, Body: c.R.PostFormValue(heldBody)}
	}
	return nil
}

// goOn sends the form on, now with the session that it needs.
func (h *held) goOn(c *web.Ctx) error {
	to, err := url.ParseRequestURI(h.Path)
	if err != nil {
		return fault.Wrap(fault.Malformed, err, "the form could not be read")
	}
	on := c.R.Clone(c.Context())
	on.URL = to
	on.RequestURI = h.Path
	on.Form, on.PostForm, on.MultipartForm = nil, nil, nil
	on.Body = io.NopCloser(bytes.NewReader([]byte(h.Body)))
	on.ContentLength = int64(len(h.Body))
	on.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	c.Site.ServeHTTP(c.W, on)
	return nil
}
