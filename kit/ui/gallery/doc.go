// Package gallery shows every component of kit/ui with invented people, alone and composed into the pages they were made for: the place to
// look before drawing something new, and what the checks for contrast, accessibility and pictures look at.
//
//	go run ./kit/ui/gallery/show
package gallery

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"milieu/kit/ui"
)

// Moment is when the gallery's shift takes place: every page of it is drawn as of then.
var Moment = time.Date(2026, time.November, 19, 13, 52, 0, 0, time.FixedZone("CET", 3600))

// Pages are the gallery's pages by their path.
func Pages() map[string]templ.Component {
	return map[string]templ.Component{
		"/":        Kit(),
		"/shift":   Shift(),
		"/round":   Round(),
		"/strips":  Strips(),
		"/wall":    Wall(),
		"/chart":   Chart(),
		"/form":    Form(),
		"/states":  States(),
		"/sign-in": SignIn(),
	}
}

// Handler serves the pages and the static files, under the policy that real pages have. Zone is the house's; theme as in ui.Env.
func Handler(zone *time.Location) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /static/", ui.Static())
	// The pages ask for a service worker; this one looks after nothing, for nobody is signed in here.
	mux.HandleFunc("GET /sw.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	})
	for path, page := range Pages() {
		pattern := "GET " + path
		if path == "/" {
			pattern += "{$}"
		}
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			env := ui.Env{Zone: zone, Now: Moment, Theme: r.URL.Query().Get("theme"), Locale: r.URL.Query().Get("locale")}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
			shown := page
			if r.Header.Get("Milieu-Fragment") != "" && path == "/round" {
				shown = roundSheet()
			}
			if err := shown.Render(ui.With(r.Context(), env), w); err != nil {
				panic(http.ErrAbortHandler) // the reader went away
			}
		})
	}
	return mux
}
