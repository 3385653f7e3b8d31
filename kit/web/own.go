package web

import (
	"embed"
	"net/http"
	"strings"

	"milieu/kit/clock"
	"milieu/kit/fault"
	"milieu/kit/live"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/view"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// own are the site's own routes.
func (s *Site) own() []Route {
	return append([]Route{
		{Method: "GET", Pattern: "/healthz", Public: true, Handle: healthz},
		{Method: "POST", Pattern: "/entries/{kind}", Action: "entries.file", MaxBody: 256 << 10, Handle: fileForm},
		{Method: "GET", Pattern: "/live", Action: "live.listen", Either: true, Stream: true, Vital: true, Handle: listen},
	}, apiRoutes()...)
}

// healthz says that the program answers and the database can be read, and how far the log is. Nothing personal.
func healthz(c *Ctx) error {
	var seq int64
	if err := c.Read().QueryRow("SELECT seq FROM log_head WHERE one = 1").Scan(&seq); err != nil {
		return fault.Wrap(fault.Unavailable, err, "the database cannot be read")
	}
	body := map[string]any{"status": "ok", "seq": seq, "database": c.DB.Dialect.String()}
	if views := c.Views.State(); views.Place != view.First {
		body["status"], body["view_log"], body["view_log_waiting"] = "degraded", views.Place, views.Held
	}
	if s, ok := c.Clock.(*clock.Steady); ok {
		body["clock_step_seconds"] = int(s.Step().Seconds())
	}
	writeJSON(c.W, http.StatusOK, body)
	return nil
}

// HeldView is the live view of what is held from most people. It alone may be asked of the whole house, by those who see every unit: it draws
// nothing, and only tells them to look again.
const HeldView = "held"

// listen opens the stream of a page: topics "view/unit", "view/chart", "view/me" and "held/house", each only of what the person may see.
func listen(c *Ctx) error {
	if c.Session == nil {
		return apiLive(c)
	}
	var keys []live.Topic
	for _, t := range c.R.URL.Query()["topic"] {
		view, of, _ := strings.Cut(t, "/")
		key := live.Topic{View: view, Viewer: c.Scope.Viewer()}
		switch {
		case of == "me":
			key.Of = c.Scope.Person
		case t == HeldView+"/house" && c.Scope.All: // of nothing in particular
		default:
			id, err := record.ParseID(of)
			if err != nil || !c.Scope.Sees(id) && c.Directory.Sees(c.Scope, id) != nil {
				if err == nil {
					c.Refused(id)
				}
				return notFound()
			}
			key.Of = id
			if c.Saw(id); c.Scope.Sees(id) {
				c.attend(id)
			}
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 || len(keys) > 8 {
		return fault.New(fault.Invalid, "say what to listen to: ?topic=view/unit")
	}
	of := make([]record.ID, len(keys))
	for i := range keys {
		of[i] = keys[i].Of
	}
	ctx, done := c.Sessions.watch(c, of...)
	defer done()
	return c.Hub.Serve(c.W, c.R.WithContext(ctx), c.Scope.Person, keys...)
}
