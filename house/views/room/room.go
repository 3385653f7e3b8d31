// Package room is the working part of views: who looked at a chart in plain words, the search of the log, patterns for review, and the account of
// disclosures.
package room

import (
	"embed"
	"slices"
	"strings"
	"time"

	"milieu/house/clients"
	"milieu/house/places"
	"milieu/house/views"
	"milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// Def offers views.
func Def() room.Def {
	get := func(pattern, action string, h web.Handler) web.Route {
		return web.Route{Method: "GET", Pattern: pattern, Action: action, Handle: h}
	}
	return room.Def{
		Name: "views", Kinds: views.Kinds(), Projections: views.Projections(),
		Routes: []web.Route{
			get("/clients/{chart}/looks", views.ActionLooks, showLooks),
			get("/clients/{chart}/disclosures", views.ActionLooks, showDisclosures),
			get("/views", views.ActionSearch, showSearch),
			{Method: "POST", Pattern: "/views", Action: views.ActionSearch, Handle: findNamed},
			get("/views/patterns", views.ActionReview, showPatterns),
			get("/views/house", views.ActionHouse, showHouse),
		},
		Nav: []web.Place{
			{Key: "views.page.nav", Href: "/views", Icon: "eye", Action: views.ActionSearch, Desk: true, Order: 85},
			{Key: "views.page.house_nav", Href: "/views/house", Icon: "eye", Action: views.ActionHouse, Desk: true, Order: 86},
		},
		Asks:   []string{views.ActionDisclose, views.ActionWatch},
		Panels: []room.Panel{{Name: "views", Action: views.ActionLooks, Order: 95, Show: panel}},
	}
}

// words give people, units and charts their names, each read once a page.
type words struct {
	c      *web.Ctx
	units  map[record.ID]string
	charts map[record.ID]string
	roles  bool // roles instead of names
}

func wordsFor(c *web.Ctx, roles bool) (*words, error) {
	w := &words{c: c, units: map[record.ID]string{}, charts: map[record.ID]string{}, roles: roles}
	all, err := places.Units(c.Read())
	for _, u := range all {
		w.units[u.ID] = u.Name
	}
	return w, err
}

func (w *words) role(r string) string {
	if r == "" {
		return ui.T(w.c.Context(), "views.page.itself")
	}
	return ui.T(w.c.Context(), "web.role."+r)
}

// person is who looked: name, or the role alone.
func (w *words) person(id record.ID, role string) string {
	if w.roles {
		return w.role(role)
	}
	if p := w.c.Directory.Person(id); p != nil {
		return p.Name
	}
	return w.role(role)
}

func (w *words) client(id record.ID) string {
	if name, ok := w.charts[id]; ok {
		return name
	}
	w.charts[id] = clients.NameOf(w.c.Read(), id)
	return w.charts[id]
}

// why says the relation in words: "on shift on Cedar".
func (w *words) why(under string, unit record.ID) string {
	if _, known := access.ParseTie(under); !known {
		return ui.T(w.c.Context(), "views.under.none")
	}
	if name := w.units[unit]; name != "" && slices.Contains([]string{"shift", "team", "covering"}, under) {
		return ui.T(w.c.Context(), "views.under."+under+"_on", name)
	}
	return ui.T(w.c.Context(), "views.under."+under)
}

// day reads a date of the house's time zone; the zero time for none.
func day(c *web.Ctx, name string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, c.R.URL.Query().Get(name), ui.From(c.Context()).Zone)
	if err != nil || t.Year() < 2000 || t.Year() > 2200 {
		return time.Time{}
	}
	return t
}

// safe keeps a spreadsheet from taking words for a formula.
func safe(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(s)[0]) {
		return "'" + s
	}
	return s
}
