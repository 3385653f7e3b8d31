package room

import (
	"net/url"
	"strings"

	"milieu/house/clients"
	"milieu/house/clients/match"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// mergeView is two charts side by side.
type mergeView struct {
	*head
	Query string
	Found []match.Found
	Alike []alike
	Other *clients.Client // chosen
	Rows  []sideBySide
	Both  bool // both are in care now: two boards follow two charts
}

type sideBySide struct{ Label, One, Other string }

func (r *Room) showMerge(c *web.Ctx) error {
	h, err := r.open(c, "about")
	if err != nil {
		return err
	}
	v := mergeView{head: h, Query: c.Words("q")}
	if with := c.R.URL.Query().Get("with"); with != "" {
		return v.compare(c, with)
	}
	if v.Query != "" {
		if v.Found, err = match.Search(c.Read(), c.Scope, v.Query); err != nil {
			return err
		}
		for i := range v.Found {
			c.Saw(v.Found[i].ID)
		}
	} else {
		who := match.Candidate{Names: h.Identity.Names, Birth: h.Identity.BirthDate, Numbers: h.Identity.Numbers, Phone: h.Identity.Phone, Chart: h.ID}
		all, err := lookAlike(c, who)
		if err != nil {
			return err
		}
		for _, a := range all {
			if a.Seen {
				v.Alike = append(v.Alike, a)
			}
		}
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "clients.page.chart")}, mergePage(v))
}

func (v *mergeView) compare(c *web.Ctx, with string) error {
	other, err := record.ParseID(with)
	if err != nil {
		return notHere()
	}
	if err := c.See(other); err != nil {
		return err
	}
	if v.Other, err = clients.Of(c.Read(), other); err != nil {
		return notHere()
	}
	if v.Other.ID == v.ID {
		return fault.New(fault.Invalid, "these are one chart already")
	}
	names, err := unitNames(c)
	if err != nil {
		return err
	}
	ctx := c.Context()
	v.Both = v.In() && v.Other.In()
	row := func(key string, of func(*clients.Client) string) {
		v.Rows = append(v.Rows, sideBySide{ui.T(ctx, key), of(v.Client), of(v.Other)})
	}
	row("clients.page.name", func(o *clients.Client) string { return o.Name })
	row("clients.field.legal", func(o *clients.Client) string { return o.Legal })
	row("clients.field.birth_date", func(o *clients.Client) string { return o.Identity.BirthDate })
	row("clients.field.phone", func(o *clients.Client) string { return o.Identity.Phone })
	row("clients.field.numbers", func(o *clients.Client) string {
		out := []string{o.Identity.RecordNumber}
		for _, n := range o.Identity.Identifiers {
			out = append(out, n.Shown())
		}
		return ui.Joined(" · ", out...)
	})
	row("clients.page.where", func(o *clients.Client) string { return ui.Joined(" · ", names[o.Card.Unit], whereWords(ctx, &o.Card)) })
	row("clients.page.allergies", func(o *clients.Client) string { return strings.Join(o.Allergies, ", ") })
	row("clients.page.registered", func(o *clients.Client) string { return ui.DayText(ctx, o.Registered) })
	return c.Show(ui.Page{Title: ui.T(c.Context(), "clients.page.chart")}, comparePage(*v))
}

func mergeLink(chart, with record.ID) string {
	return path(chart, "/merge?", url.Values{"with": {with.String()}}.Encode())
}

func (r *Room) showLeave(c *web.Ctx) error {
	h, err := r.open(c, "stays")
	if err != nil {
		return err
	}
	if h.Where != clients.Here {
		return c.Redirect(path(h.ID))
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "clients.page.chart")}, leavePage(h))
}

// showPaper is the one page that shows the legal name: for legal papers, on paper.
func (r *Room) showPaper(c *web.Ctx) error {
	h, err := r.open(c, "about")
	if err != nil {
		return err
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "clients.page.chart")}, paperPage(h))
}
