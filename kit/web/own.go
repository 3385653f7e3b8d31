package web

import (
	"embed"
	"net/http"
	"strings"

	"milieu/kit/clock"
	"milieu/kit/db"
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
		{Method: "GET", Pattern: "/sign-in", Public: true, Handle: showSignIn},
		{Method: "POST", Pattern: "/sign-in", Public: true, MaxBody: 8 << 10, Handle: signIn},
		{Method: "GET", Pattern: "/sign-out", Public: true, Handle: showSignOut},
		{Method: "POST", Pattern: "/sign-out", Public: true, MaxBody: 8 << 10, Handle: signOut},
		{Method: "GET", Pattern: "/welcome/{token}", Public: true, Handle: welcome},
		{Method: "POST", Pattern: "/welcome/{token}", Public: true, MaxBody: 8 << 10, Handle: welcomed},
		{Method: "GET", Pattern: "/account", Action: "account.keep", Handle: func(c *Ctx) error { return c.account("", false) }},
		{Method: "POST", Pattern: "/account", Action: "account.keep", MaxBody: 8 << 10, Handle: changePassword},
		{Method: "POST", Pattern: "/entries/{kind}", Action: "entries.file", MaxBody: 256 << 10, Handle: fileForm},
		{Method: "GET", Pattern: "/live", Action: "live.listen", Either: true, Stream: true, Handle: listen},
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

func showSignIn(c *Ctx) error {
	if c.Scope != nil {
		return c.Redirect("/")
	}
	return c.signInPage(http.StatusOK, "", "")
}

func (c *Ctx) signInPage(code int, name, wrong string) error {
	house := ""
	if c.House != nil {
		house = c.House().Name
	}
	return c.Gate(code, ui.Page{Title: ui.T(c.Context(), "web.sign_in")}, signInPage(house, name, wrong))
}

func signIn(c *Ctx) error {
	if err := c.R.ParseForm(); err != nil {
		return formError(err)
	}
	name := c.R.PostForm.Get("name")
	person, err := c.Sessions.check(c, name, c.R.PostForm.Get("password"))
	if f := fault.Of(err); err != nil && (f.Kind == fault.Invalid || f.Kind == fault.TooMany) {
		return c.signInPage(status[f.Kind], name, f.Text)
	}
	if err != nil {
		return err
	}
	if err := c.Sessions.start(c, person); err != nil {
		return err
	}
	return c.Redirect("/")
}

func showSignOut(c *Ctx) error {
	if c.Scope == nil {
		return c.Redirect("/sign-in")
	}
	return c.Gate(http.StatusOK, ui.Page{Title: ui.T(c.Context(), "web.sign_out")}, signOutPage(c.Scope.Name))
}

func signOut(c *Ctx) error {
	if err := c.Sessions.end(c); err != nil {
		return err
	}
	c.W.Header().Set("Clear-Site-Data", `"cache"`)
	return c.Redirect("/sign-in")
}

// linkPerson gives whose link it is, and whether it may be used again and again.
func (c *Ctx) linkPerson() (person record.ID, many bool, err error) {
	h := hashOf(c.R.PathValue("token"))
	var until, n int64
	err = c.Read().QueryRow("SELECT person, until, many FROM sign_in_link WHERE token = $1", h[:]).Scan(&person, &until, &n)
	if err == db.ErrNoRows || err == nil && c.Now.After(clock.FromMicros(until)) {
		return person, false, notFound()
	}
	return person, n == 1, err
}

func welcome(c *Ctx) error {
	person, many, err := c.linkPerson()
	if err != nil {
		return err
	}
	if many {
		if err := c.Sessions.start(c, person); err != nil {
			return err
		}
		return c.Redirect("/")
	}
	return c.welcomePage(http.StatusOK, person, "")
}

func (c *Ctx) welcomePage(code int, person record.ID, wrong string) error {
	scope, err := c.Directory.Scope(person, "")
	if err != nil {
		return notFound()
	}
	return c.Gate(code, ui.Page{Title: ui.T(c.Context(), "web.sign_in")}, welcomePage(scope.Name, c.R.URL.Path, wrong))
}

// welcomed takes the chosen password in and uses the link up.
func welcomed(c *Ctx) error {
	person, many, err := c.linkPerson()
	if err != nil || many {
		return notFound()
	}
	if err := c.R.ParseForm(); err != nil {
		return formError(err)
	}
	err = SetPassword(c.Context(), c.Committer, c.Clock, person, c.R.PostForm.Get("password"))
	if f := fault.Of(err); err != nil && f.Kind == fault.Invalid {
		return c.welcomePage(status[f.Kind], person, f.Fields[0].Text)
	}
	if err != nil {
		return err
	}
	h := hashOf(c.R.PathValue("token"))
	if err := c.Committer.Upkeep(c.Context(), func(tx db.Tx) error { return tx.Exec("DELETE FROM sign_in_link WHERE token = $1", h[:]) }); err != nil {
		return err
	}
	if err := c.Sessions.start(c, person); err != nil {
		return err
	}
	return c.Redirect("/")
}

func (c *Ctx) account(wrong string, changed bool) error {
	code := http.StatusOK
	if wrong != "" {
		code = http.StatusUnprocessableEntity
	}
	return c.show(code, ui.Page{Title: c.Scope.Name}, accountPage(c.Scope.Name, string(c.Scope.Role), wrong, changed))
}

func changePassword(c *Ctx) error {
	if err := c.R.ParseForm(); err != nil {
		return formError(err)
	}
	var hash string
	err := c.Read().QueryRow("SELECT hash FROM credential WHERE person = $1", c.Scope.Person[:]).Scan(&hash)
	if err != nil && err != db.ErrNoRows {
		return err
	}
	if err == nil {
		ok, err := checkPassword(c.Context(), c.R.PostForm.Get("old"), hash)
		if err != nil {
			return err
		}
		if !ok {
			return c.account(ui.T(c.Context(), "web.old_wrong"), false)
		}
	}
	err = SetPassword(c.Context(), c.Committer, c.Clock, c.Scope.Person, c.R.PostForm.Get("password"))
	if f := fault.Of(err); err != nil && f.Kind == fault.Invalid {
		return c.account(f.Fields[0].Text, false)
	}
	if err != nil {
		return err
	}
	c.Sessions.forget(c.Scope.Person)
	if err := c.Sessions.start(c, c.Scope.Person); err != nil {
		return err
	}
	return c.account("", true)
}

// listen opens the stream of a page: topics "view/unit", "view/chart" or "view/me", each only of what the person may see.
func listen(c *Ctx) error {
	if c.Session == nil {
		return apiLive(c)
	}
	var keys []live.Topic
	for _, t := range c.R.URL.Query()["topic"] {
		view, of, _ := strings.Cut(t, "/")
		key := live.Topic{View: view, Viewer: c.Scope.Viewer()}
		if of == "me" {
			key.Of = c.Scope.Person
		} else {
			id, err := record.ParseID(of)
			if err != nil || !c.Scope.Sees(id) && c.Directory.Sees(c.Scope, id) != nil {
				if err == nil {
					c.refused(id)
				}
				return notFound()
			}
			key.Of = id
			if c.Directory.KindOf(id) == "client" {
				c.Saw(id)
			} else if c.Scope.Sees(id) {
				c.attend(id)
			}
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 || len(keys) > 8 {
		return fault.New(fault.Invalid, "say what to listen to: ?topic=view/unit")
	}
	return c.Hub.Serve(c.W, c.R, c.Scope.Person, keys...)
}
