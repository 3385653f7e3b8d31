package room

import (
	"github.com/a-h/templ"

	"milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// Page is a client's page as a board draws it: who it is, what the reader may see of them, and what stands above the board's own part.
type Page struct{ *head }

// Open reads the client of the page's address and makes sure that the reader may see them. Of a merged chart it gives the one that goes on.
func (r *Room) Open(c *web.Ctx, tab string) (*Page, error) {
	h, err := r.open(c, tab)
	return &Page{h}, err
}

// First shows what a phone keeps of the client for a shift without a network.
func (r *Room) First(c *web.Ctx, p *Page) error { return p.showFirst(c) }

// Top is the card and the tabs.
func (p *Page) Top() templ.Component { return clientHead(p.head) }

// ActsFor are what the reader may do for the client now.
func (r *Room) ActsFor(c *web.Ctx, p *Page) templ.Component {
	return chartActs(r.acts(c.Context(), p.head))
}

// Shell is what stands around a page that follows what happens to the client.
func (p *Page) Shell(c *web.Ctx) ui.Page { return p.page(c) }

// Charts are all charts of the client, the one that goes on first.
func (p *Page) Charts() []record.ID { return append([]record.ID{p.ID}, p.Merged...) }

// Sees is what the reader may see of one of the client's charts.
func (p *Page) Sees(c *web.Ctx, chart record.ID) (*access.Sight, error) { return p.sees(c, chart) }

// sees is what the reader may see of one of the client's charts.
func (h *head) sees(c *web.Ctx, chart record.ID) (*access.Sight, error) {
	if s := h.sight[chart]; s != nil {
		return s, nil
	}
	s, err := c.Directory.Sight(c.Read(), c.Scope, chart)
	if err != nil {
		return nil, err
	}
	if h.sight == nil {
		h.sight = map[record.ID]*access.Sight{}
	}
	h.sight[chart] = s
	return s, nil
}
