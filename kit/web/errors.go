package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"milieu/kit/fault"
	"milieu/kit/ui"
)

// status maps what went wrong to HTTP, in this one place.
var status = map[fault.Kind]int{
	fault.Internal: http.StatusInternalServerError, fault.Invalid: http.StatusUnprocessableEntity, fault.SignedOut: http.StatusUnauthorized,
	fault.Denied: http.StatusForbidden, fault.NotFound: http.StatusNotFound, fault.Conflict: http.StatusConflict,
	fault.TooLarge: http.StatusRequestEntityTooLarge, fault.TooMany: http.StatusTooManyRequests,
	fault.Unavailable: http.StatusServiceUnavailable, fault.Full: http.StatusInsufficientStorage,
	fault.Malformed: http.StatusBadRequest, fault.Locked: http.StatusLocked, fault.Unconfirmed: http.StatusForbidden,
}

// StatusOf is the status that an error is answered with.
func StatusOf(err error) int { return status[fault.KindOf(err)] }

func notFound() error { return fault.New(fault.NotFound, "there is nothing here that you may see") }

// fail answers an error: as JSON to a machine, as a fragment to a script that swaps, as a page otherwise. Nothing of the cause leaves the log.
func (s *Site) fail(c *Ctx, err error) {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		err = fault.New(fault.TooLarge, "this is larger than can be taken in (%d kB at most)", large.Limit>>10)
	}
	f := fault.Of(err)
	if f.Kind == fault.Internal {
		s.Log.Error("a request failed", "method", c.R.Method, "route", c.R.Pattern, "error", err)
	}
	c.watchRefusal(f.Kind)
	code := status[f.Kind]
	if f.Kind == fault.TooMany || f.Kind == fault.Unavailable {
		c.W.Header().Set("Retry-After", "2")
	}
	if f.Kind == fault.Unconfirmed {
		c.W.Header().Set("Milieu-Confirm", "1")
	}
	switch {
	case wantsJSON(c.R):
		writeJSON(c.W, code, map[string]any{"error": map[string]any{"kind": f.Kind.String(), "text": f.Text, "fields": f.Fields}})
	case f.Kind == fault.SignedOut && c.R.Method == http.MethodGet && !c.Scripted():
		http.Redirect(c.W, c.R, "/sign-in", http.StatusSeeOther)
	case (f.Kind == fault.Locked || f.Kind == fault.Unconfirmed) && c.navigates() && s.Confirm != nil:
		if err := s.Confirm(c, f.Kind); err != nil {
			s.Log.Error("the page that asks who one is could not be drawn", "error", err)
		}
	case c.Scripted():
		s.log(c.scriptError(code, f))
	default:
		s.log(c.show(code, ui.Page{Title: ui.T(c.R.Context(), "web.error."+f.Kind.String())}, errorPage(f)))
	}
}

func (s *Site) log(err error) {
	if err != nil {
		s.Log.Error("an error page could not be drawn", "error", err)
	}
}

// scriptError tells a page's script what is wrong, in words that it puts beside the form, and beside each field when the fields are known; the
// form stays as it is.
func (c *Ctx) scriptError(code int, f *fault.Error) error {
	if len(f.Fields) > 0 {
		fields := make([]fault.Field, len(f.Fields))
		for i, one := range f.Fields {
			fields[i] = one
			if ui.Has(c.R.Context(), one.Text) {
				fields[i].Text = ui.T(c.R.Context(), one.Text)
			}
		}
		writeJSON(c.W, code, map[string]any{"text": f.Text, "fields": fields})
		return nil
	}
	return c.write(code, "text/plain; charset=utf-8", []byte(f.Public()))
}

func wantsJSON(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/") || r.Header.Get("Accept") == "application/json"
}

func writeJSON(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // whoever asked has gone
}
