package web

import (
	"context"
	"io"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/view"
)

// Saw says that the answer shows something of these people: of one chart, or of several together. It is written into the view log, and nothing
// of the answer leaves before it is there. A handler that calls Chart need not say it of that chart again. Charts of others than clients are
// passed over.
func (c *Ctx) Saw(charts ...record.ID) {
	if c.unseen() {
		return
	}
	charts = slices.DeleteFunc(slices.Clone(charts), func(id record.ID) bool { return c.Directory.KindOf(id) != "client" })
	switch len(charts) {
	case 0:
	case 1:
		unit := c.Directory.UnitOf(charts[0])
		r := view.Row{Chart: charts[0], Unit: unit, Under: c.under(charts[0], unit)}
		if r.Under == access.Glass.String() || r.Under == access.Emergency.String() {
			r.Glass = c.Directory.Glass(c.Scope, charts[0])
		}
		c.look(r)
	default:
		c.look(view.Row{Set: view.NewSet(charts...)})
	}
}

// SawUnit says that the answer shows a board of a unit with these people on it; with nobody named, everybody who is there.
func (c *Ctx) SawUnit(unit record.ID, charts ...record.ID) {
	if c.unseen() {
		return
	}
	people := view.NewSet(charts...)
	if people == nil {
		people = c.peopleOf(unit)
	}
	c.look(view.Row{Unit: unit, Set: people, Under: c.under(record.Zero, unit)})
}

// SawAll says that the answer shows something that no chart and no unit can be named for: signals of the whole house.
func (c *Ctx) SawAll() { c.look(view.Row{}) }

// Takes says, before anything is seen, how much of it the answer lets somebody take along: a range of days. It stands with the route in the view
// log, and must tell nothing of the person.
func (c *Ctx) Takes(what string) { c.taken = what }

// unseen says that there is nobody whose look could be logged, or no log.
func (c *Ctx) unseen() bool { return c.Scope == nil || c.Views == nil }

// Refused notes that a chart was asked for and not shown. One that is not there and one that is another's leave the same.
func (c *Ctx) Refused(chart record.ID) {
	if kind := c.Directory.KindOf(chart); kind == "client" || kind == "" {
		c.look(view.Row{Kind: view.Refused, Chart: chart})
	}
}

// refusedHere notes a refusal of the chart in the path, if there is one.
func (c *Ctx) refusedHere() {
	if id, err := record.ParseID(c.R.PathValue("chart")); err == nil {
		c.Refused(id)
	}
}

// look hands a row over to the log, once a request.
func (c *Ctx) look(r view.Row) {
	if c.unseen() {
		return
	}
	if r.Kind == "" {
		r.Kind = view.Seen
	}
	for i := range c.shown {
		if s := &c.shown[i]; s.Kind == r.Kind && s.Chart == r.Chart && s.Unit == r.Unit && s.Set.Same(r.Set) {
			return
		}
	}
	r.Route = c.R.Pattern
	if c.taken != "" {
		r.Route += " " + c.taken
	}
	r.Seat = view.Seat{Person: c.Scope.Person, Role: string(c.Scope.Role), Device: c.Scope.Device}
	if c.Session != nil {
		r.Session = c.Session.ID
	}
	if at := c.Address(); at.IsValid() {
		r.Address = at.String()
	}
	c.shown = append(c.shown, r)
	c.pending = append(c.pending, c.Views.Saw(r))
}

// under is the relation under which somebody sees a chart, or a unit where no chart is named.
func (c *Ctx) under(chart, unit record.ID) string {
	if c.unseen() {
		return ""
	}
	if !chart.IsZero() {
		return c.Directory.Under(c.Scope, chart).String()
	}
	return c.Directory.UnderUnit(c.Scope, unit).String()
}

// peopleOf is the set of clients on a unit, worked out once for all who look at it.
func (c *Ctx) peopleOf(unit record.ID) *view.Set {
	set, _ := Remember(c, unit, "people", func() (*view.Set, error) { // it cannot fail; who only waited reads for themselves
		return view.NewSet(c.Directory.ChartsIn(unit, "client")...), nil
	})
	return set
}

// attend keeps looking at who is on a unit while a stream is open: somebody who comes is seen as well.
func (c *Ctx) attend(unit record.ID) {
	c.SawUnit(unit)
	if !c.unseen() {
		c.attending = append(c.attending, unit)
	}
}

// gate holds an answer back until what it shows is in the view log.
type gate struct {
	http.ResponseWriter
	c     *Ctx
	vital bool  // of a route that opens even when the log cannot be written
	begun bool  // something of the answer has left
	err   error // why nothing leaves
}

// ready waits for the log. Answers that show nobody wait for nothing.
func (g *gate) ready() error {
	if g.begun {
		for _, unit := range g.c.attending {
			g.c.SawUnit(unit)
		}
	}
	for len(g.c.pending) > 0 && g.err == nil {
		err := g.c.pending[0].Wait()
		if g.c.pending = g.c.pending[1:]; err != nil && !g.vital {
			g.err = err
		}
	}
	g.begun = g.begun || g.err == nil
	return g.err
}

// WriteHeader implements http.ResponseWriter.
func (g *gate) WriteHeader(code int) {
	if g.ready() == nil {
		g.ResponseWriter.WriteHeader(code)
	}
}

// Write implements http.ResponseWriter.
func (g *gate) Write(b []byte) (int, error) {
	if err := g.ready(); err != nil {
		return 0, err
	}
	return g.ResponseWriter.Write(b)
}

// FlushError lets a stream flush, no sooner than it may write.
func (g *gate) FlushError() error {
	if err := g.ready(); err != nil {
		return err
	}
	return http.NewResponseController(g.ResponseWriter).Flush()
}

// Unwrap is for http.ResponseController: deadlines are the connection's.
func (g *gate) Unwrap() http.ResponseWriter { return g.ResponseWriter }

// answer ends a request: with an error's page, or with the words that nothing can be shown because it could not be logged.
func (s *Site) answer(c *Ctx, g *gate, err error) {
	if err != nil && g.err == nil {
		s.fail(c, err)
	}
	if !g.begun && g.ready() != nil {
		h := g.Header()
		for _, name := range []string{"Content-Type", "Content-Length", "Content-Encoding", "Content-Disposition", "ETag", "Last-Modified", "Location", "Milieu-Location", "Vary"} {
			h.Del(name)
		}
		c.W = g.ResponseWriter
		s.fail(c, g.err)
	}
}

// warned puts before a page that the log of who looked cannot be written, for those who have to do something about it.
func (c *Ctx) warned(content templ.Component) templ.Component {
	place := c.Views.State().Place
	if place == view.First || c.Scope == nil || !c.Scope.May("views.watch") {
		return content
	}
	words := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "<p><b>"+templ.EscapeString(ui.T(ctx, "web.views_"+string(place)))+"</b></p>")
		return err
	})
	notice := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return ui.Notice(ui.Bad).Render(templ.WithChildren(ctx, words), w)
	})
	return templ.Join(notice, content)
}
