package web

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
)

// Site serves all routes.
type Site struct {
	Config
	Sessions *Sessions
	mux      *http.ServeMux
	csrf     *http.CrossOriginProtection
	memory   memory
	watched  watched
	notes    sync.Map // session → toast for the next page
	sames    sync.Map // language and name → what stands around every page, drawn
}

// New makes a site. It fails when a route names no action, or an action no policy speaks of.
func New(c Config) (*Site, error) {
	s := &Site{Config: c, mux: http.NewServeMux(), csrf: http.NewCrossOriginProtection()}
	s.Sessions = newSessions(c)
	s.memory.heard = c.Committer.Seq()
	if c.Hub != nil {
		c.Hub.Register(signalsView, signals)
	}
	for _, r := range append(s.own(), c.Routes...) {
		if (r.Action == "") == !r.Public {
			return nil, fmt.Errorf("route %s %s: name an action, or say that it is public", r.Method, r.Pattern)
		}
		s.mux.Handle(r.Method+" "+r.Pattern, s.route(r))
	}
	s.mux.Handle("GET /static/", ui.Static())
	s.mux.Handle("/", s.route(Route{Public: true, Handle: func(*Ctx) error { return notFound() }}))
	slices.SortStableFunc(s.Places, func(a, b Place) int { return a.Order - b.Order })
	return s, nil
}

// Actions is every action that routes and places name.
func Actions(routes []Route, places []Place) []string {
	var out []string
	for _, r := range append((&Site{}).own(), routes...) {
		if r.Action != "" {
			out = append(out, r.Action)
		}
	}
	for _, p := range places {
		if p.Action != "" {
			out = append(out, p.Action)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// All is every route, the site's own among them, for `milieu routes`.
func All(routes []Route) []Route { return append((&Site{}).own(), routes...) }

// ServeHTTP implements http.Handler.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.headers(w.Header())
	if r.ProtoMajor == 1 && len(r.TransferEncoding) > 0 {
		// A proxy may have gone by a length that stood beside the coding; what follows on this connection is not read (RFC 9112, 6.1).
		w.Header().Set("Connection", "close")
	}
	switch {
	case s.foreign(r):
		http.Error(w, "this house is at "+s.Origin, http.StatusMisdirectedRequest)
		return
	case s.plain(r):
		http.Redirect(w, r, "https://"+r.Host+r.URL.RequestURI(), http.StatusPermanentRedirect)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// Who sends or takes in more slowly than this is cut, so that nobody holds a place for ever.
const (
	headTime   = 5 * time.Second  // for a request's head
	bodyTime   = 10 * time.Second // for its body
	answerTime = 60 * time.Second // for its answer
	quietTime  = 4 * time.Second  // of a connection that carries several requests
)

// Server gives the web server for a site, with its limits.
func Server(h http.Handler) *http.Server {
	// A route sets the time for its own body; bodyTime here is for what is answered before any route, as a static file is.
	// Over HTTP/2 no time can be set for a head: who says nothing for a while is asked whether they are there, and cannot answer within one. So
	// a head without end is cut after both times together.
	return &http.Server{Handler: h, ReadHeaderTimeout: headTime, ReadTimeout: bodyTime, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: 100, SendPingTimeout: quietTime, PingTimeout: headTime}}
}

func (s *Site) route(r Route) http.Handler {
	limit := r.MaxBody
	if limit == 0 {
		limit = 1 << 20
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		g := &gate{ResponseWriter: w, vital: r.Vital}
		c := &Ctx{Site: s, W: g, R: req, Now: s.Clock.Now(), after: s.memory.heardOf()}
		g.c = c
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler { //nolint:errorlint // the sentinel of net/http is compared as it documents
					panic(p)
				}
				s.Log.Error("a handler panicked", "route", r.Pattern, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				s.answer(c, g, fault.New(fault.Internal, "something went wrong on our side; nothing you wrote was lost"))
			}
		}()
		out := http.NewResponseController(w)
		_ = out.SetReadDeadline(clock.Deadline(bodyTime)) // only a recorder in a test does not know deadlines
		_ = out.SetWriteDeadline(clock.Deadline(answerTime))
		req.Body = http.MaxBytesReader(w, req.Body, limit)
		if err := s.admit(c, r); err != nil {
			if to := c.landing(r); to != "" {
				_ = c.Redirect(to) // writing a redirect fails only when the browser has gone
				return
			}
			s.answer(c, g, err)
			return
		}
		if req.ContentLength > limit { // said beforehand: not a byte of it is read
			s.fail(c, &http.MaxBytesError{Limit: limit})
			return
		}
		if r.Stream { // only once it is known who listens
			_ = out.SetReadDeadline(time.Time{})
			_ = out.SetWriteDeadline(time.Time{})
		}
		err := r.Handle(c)
		if r.Stream { // the server still reads on in a body that nobody wanted
			_ = out.SetReadDeadline(clock.Deadline(headTime))
			_ = out.SetWriteDeadline(clock.Deadline(answerTime))
		}
		s.answer(c, g, err)
	})
}

// admit finds out who asks and whether they may.
func (s *Site) admit(c *Ctx, r Route) error {
	machine := r.Token || r.Either && c.R.Header.Get("Authorization") != ""
	if !machine {
		if err := s.csrf.Check(c.R); err != nil {
			return fault.Wrap(fault.Denied, err, "this came from another site and was not taken in")
		}
	}
	var err error
	switch {
	case machine:
		err = s.Sessions.token(c)
	default:
		err = s.Sessions.find(c, r)
	}
	if err != nil && !r.Public {
		return err
	}
	house := House{Zone: time.UTC, Locale: "en"}
	if s.House != nil {
		house = s.House()
	}
	env := ui.Env{Locale: house.Locale, Zone: house.Zone, Now: c.Now}
	if c.Scope != nil && c.Session != nil {
		env.Reader, env.Takes = c.Scope.Person.String(), c.Scope.May("device.take")
	}
	if t, err := c.R.Cookie("theme"); err == nil && (t.Value == "dark" || t.Value == "light") {
		env.Theme = t.Value
	}
	c.R = c.R.WithContext(ui.With(c.R.Context(), env))
	if !r.Public && !c.Scope.May(r.Action) {
		c.refusedHere()
		return c.Denied(r.Action)
	}
	if r.Fresh && !c.Fresh() {
		return unconfirmed()
	}
	return nil
}

// show draws a page in the shell, compressed where the browser can.
func (c *Ctx) show(status int, p ui.Page, content templ.Component) error {
	if err := c.furnish(&p); err != nil {
		return err
	}
	content, err := c.reasoned(content)
	if err != nil {
		return err
	}
	return c.draw(status, ui.Shell(p), c.warned(content))
}

// Gate draws a page with nothing around it.
func (c *Ctx) Gate(status int, p ui.Page, content templ.Component) error {
	p.Same = c.same
	return c.draw(status, ui.Gate(p), content)
}

// furnish puts what every page shows around it: the house, the unit, the places to go.
func (c *Ctx) furnish(p *ui.Page) error {
	if c.Scope == nil {
		return nil
	}
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	p.After = c.after
	if c.Session != nil && c.Session.Method != ByLink {
		p.Idle = c.limits.Idle
	}
	if p.Where == "" {
		p.Where, p.Detail = unit.Name, unit.Shift
	}
	if err := c.places(p, unit.ID); err != nil {
		return err
	}
	p.Same = c.same
	if c.Session != nil {
		p.Foot = append(p.Foot, ui.Link{Label: ui.T(c.Context(), "web.account", c.Scope.Name), Href: "/account"}, ui.Link{Label: ui.T(c.Context(), "web.sign_out"), Href: "/sign-out"})
		if t, ok := c.notes.LoadAndDelete(c.Session.ID); ok && p.Toast == nil {
			toast := t.(ui.Toast)
			p.Toast = &toast
		}
	}
	return nil
}

// places puts the places to go on a page, drawn once for all who may go to the same and for as long as the marks on them say the same.
func (c *Ctx) places(p *ui.Page, unit record.ID) (err error) {
	current := c.placeOf(c.R.URL.Path)
	what, counts := current, make([]int, len(c.Places))
	for i, place := range c.Places {
		if place.Count != nil && c.Scope.May(place.Action) {
			counts[i] = place.Count(c, unit)
			what += " " + strconv.Itoa(counts[i])
		}
	}
	nav := func(ctx context.Context) (out []ui.NavItem) {
		for i, place := range c.Places {
			if !c.Scope.May(place.Action) {
				continue
			}
			item := ui.NavItem{Label: ui.T(ctx, place.Key), Href: place.Href, Icon: place.Icon, Desk: place.Desk, Current: place.Href == current}
			if place.Count != nil {
				item.Count, item.CountID = counts[i], "late-count"
			}
			out = append(out, item)
		}
		return out
	}
	for i, draw := range []func([]ui.NavItem) templ.Component{ui.RailPlaces, ui.MorePlaces} {
		p.Drawn[i], err = c.Drawn(record.Zero, "places "+strconv.Itoa(i)+" "+what, func(ctx context.Context, _ db.Querier) (templ.Component, error) { return draw(nav(ctx)), nil })
		if err != nil {
			return err
		}
	}
	if c.Session == nil { // nothing stands at the foot: whether there is more to open goes by the places
		p.Nav = nav(c.Context())
	}
	return nil
}

// landing is where somebody begins whose role has nothing at the site's own beginning: at the first place that it has. Empty elsewhere.
func (c *Ctx) landing(r Route) string {
	if r.Pattern != "/{$}" || c.Scope == nil || c.Scope.May(r.Action) {
		return ""
	}
	for _, place := range c.Places {
		if place.Href != "/" && c.Scope.May(place.Action) {
			return place.Href
		}
	}
	return ""
}

// placeOf is the address of the place that a page belongs to: of those above it the nearest.
func (c *Ctx) placeOf(path string) string {
	nearest, of := "", ""
	for _, place := range c.Places {
		for _, at := range append([]string{place.Href}, place.Also...) {
			within := path == at || at != "/" && strings.HasPrefix(path, at+"/")
			if within && len(at) > len(nearest) && c.Scope.May(place.Action) {
				nearest, of = at, place.Href
			}
		}
	}
	return of
}

// Say puts what was said back onto the next page that this session draws.
func (c *Ctx) Say(t ui.Toast) {
	if c.Session != nil {
		c.notes.Store(c.Session.ID, t)
	}
}
