package room

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"milieu/house/clients"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	roomkit "milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// head is what stands at the top of every page of one client.
type head struct {
	*clients.Client
	Age   string
	Unit  string
	Tab   string
	May   func(action string) bool
	Ask   bool // nobody has asked about allergies yet
	None  bool // asked, and none known
	Allgs []string
	// Hidden are the entries of the client's charts that the reader may not see.
	Hidden clients.Hidden
	sight  map[record.ID]*access.Sight
	// Labels are those that entries of the client's charts carry.
	Labels     map[record.ID][]string
	mayRelabel bool
	tabs       []ui.Tab
	// Watched is how closely the client is watched, where a room's dues say so.
	Watched      string
	WatchedSince string // in words, where a board knows it
}

// open reads the client of the page and makes sure that the person may see them. A merged chart's address leads to the one that goes on.
func (r *Room) open(c *web.Ctx, tab string) (*head, error) {
	id, err := c.Chart("chart")
	if err != nil {
		return nil, err
	}
	return r.openOf(c, id, tab)
}

// openOf is open for a chart that the reader is known to see.
func (r *Room) openOf(c *web.Ctx, id record.ID, tab string) (*head, error) {
	q := c.Read()
	client, err := clients.Of(q, id)
	if err == db.ErrNoRows {
		return nil, fault.New(fault.NotFound, "there is nothing here that you may see")
	}
	if err != nil {
		return nil, err
	}
	h := &head{Client: client, Tab: tab, May: func(action string) bool { return c.Directory.May(c.Scope, action, id) }}
	if years, ok := client.Identity.Age(c.Now); ok {
		h.Age = strconv.Itoa(years)
	}
	names, err := unitNames(c)
	if err != nil {
		return nil, err
	}
	if err := h.labelled(c); err != nil {
		return nil, err
	}
	h.Unit = names[client.Card.Unit]
	h.tabs = r.tabs(c, h)
	marks, err := r.marks(c.Context(), q, []clients.Card{client.Card})
	if err != nil {
		return nil, err
	}
	h.Watched = marks[client.Card.ID].words
	allergies, err := clients.Allergies(q, id)
	if err != nil {
		return nil, err
	}
	h.Ask = true
	for _, a := range allergies {
		if a.Ended == nil && !a.Says.Past {
			h.Ask = false
			h.None = h.None || a.Says.NoneKnown
		}
	}
	return h, nil
}

// labelled reads which entries carry labels, and which of them the reader may not see.
func (h *head) labelled(c *web.Ctx) error {
	for _, chart := range append([]record.ID{h.ID}, h.Merged...) {
		list, err := access.LabelsIn(c.Read(), chart)
		if err != nil {
			return err
		}
		for _, l := range list {
			if h.Labels == nil {
				h.Labels = map[record.ID][]string{}
			}
			h.Labels[l.Entry] = l.Labels
		}
	}
	var err error
	if h.Hidden, err = clients.HiddenFrom(c.Directory, c.Read(), c.Scope, h.ID); err != nil {
		return err
	}
	h.mayRelabel = c.Directory.May(c.Scope, "access.relabel", h.ID)
	return nil
}

// relabel is where the labels of an entry are changed; empty where the reader may not.
func (h *head) relabel(entry record.ID) string {
	if !h.mayRelabel {
		return ""
	}
	return path(h.ID, "/entries/", entry.String(), "/labels")
}

// facts are the labelled facts of the head.
func (h *head) facts(ctx context.Context) []ui.Fact {
	var out []ui.Fact
	if h.Watched != "" {
		out = append(out, ui.Fact{Label: ui.T(ctx, "clients.page.watched"), Text: h.Watched, Detail: h.WatchedSince})
	}
	out = append(out, ui.Fact{Label: ui.T(ctx, "clients.page.where"), Text: whereWords(ctx, &h.Card), Detail: ui.T(ctx, "clients.page.since", ui.WhenText(ctx, h.Since))})
	allergies := ui.Fact{Label: ui.T(ctx, "clients.page.allergies"), Text: strings.Join(h.Allergies, ", ")}
	switch {
	case len(h.Allergies) > 0:
		allergies.Value = ui.Icon("warn")
	case h.None:
		allergies.Text = ui.T(ctx, "clients.page.no_allergies")
	default:
		allergies.Text = ui.T(ctx, "clients.page.not_asked")
	}
	out = append(out, allergies)
	if h.Language != "" || h.Interpreter {
		f := ui.Fact{Label: ui.T(ctx, "clients.page.language"), Text: languageWords(h.Language)}
		if h.Interpreter {
			f.Detail = ui.T(ctx, "clients.page.interpreter."+h.Interpret)
		}
		out = append(out, f)
	}
	if h.Legality.Status != "" {
		f := ui.Fact{Label: ui.T(ctx, "clients.page.legal"), Text: legalWords(ctx, h.Legality.Status, h.Legality.Words)}
		if !h.Legality.Until.IsZero() {
			f.Detail = ui.T(ctx, "clients.page.ends", ui.WhenText(ctx, h.Legality.Until))
		}
		out = append(out, f)
	}
	return out
}

func legalWords(ctx context.Context, status, words string) string {
	if words != "" {
		return words
	}
	return ui.T(ctx, "clients.legal."+status)
}

// tabs are the pages of one client: the chart's own, then those that other rooms bring.
func (r *Room) tabs(c *web.Ctx, h *head) []ui.Tab {
	ctx := c.Context()
	tabs := []ui.Tab{}
	for _, t := range []string{"", "about", "health", "contacts", "legal", "stays"} {
		name, to := t, path(h.ID)
		if t == "" {
			name = "timeline"
		} else {
			to += "/" + t
		}
		tabs = append(tabs, ui.Tab{Label: ui.T(ctx, "clients.page.tab."+name), Href: to, Current: h.Tab == name})
	}
	others := slices.Clone(r.Tabs)
	slices.SortStableFunc(others, func(a, b roomkit.Tab) int { return a.Order - b.Order })
	for _, t := range others {
		if h.May(t.Action) {
			tabs = append(tabs, ui.Tab{Label: ui.T(ctx, t.Key), Href: t.Href(h.ID), Current: h.Tab == t.Name})
		}
	}
	return tabs
}

// head is the top of another room's page of one client.
func (r *Room) head(c *web.Ctx, chart record.ID, tab string) (templ.Component, error) {
	h, err := r.openOf(c, chart, tab)
	if err != nil {
		return nil, err
	}
	return clientHead(h), nil
}
