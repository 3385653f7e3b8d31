package chart

import (
	"fmt"

	"milieu/house/clients"
	clientsroom "milieu/house/clients/room"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

const citeSchema = `
CREATE TABLE IF NOT EXISTS chart_cite_v1 (cited BLOB NOT NULL, by_entry BLOB NOT NULL, PRIMARY KEY (cited, by_entry)) WITHOUT ROWID;
`

// citations keeps which entries cite which, to be asked from the other side: few entries cite, and only they leave rows.
func citations(rooms []room.Def) record.Projection {
	var kinds []string
	for _, d := range rooms {
		for _, k := range d.Kinds {
			kinds = append(kinds, k.Name)
		}
	}
	each := func(query string) func(tx db.Tx, e *record.Entry, _ record.Body) error {
		return func(tx db.Tx, e *record.Entry, _ record.Body) error {
			for _, id := range e.Cites {
				if err := tx.Exec(query, id[:], e.ID[:]); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return record.Projection{Name: "chart_cite", Version: 1, Kinds: kinds, Schema: citeSchema, Tables: []string{"chart_cite_v1"},
		Put:  each("INSERT INTO chart_cite_v1 (cited, by_entry) VALUES ($1, $2) ON CONFLICT (cited, by_entry) DO NOTHING"),
		Drop: each("DELETE FROM chart_cite_v1 WHERE cited = $1 AND by_entry = $2"),
	}
}

// citing gives the standing entries that cite one.
func citing(q db.Querier, cited record.ID) ([]record.ID, error) {
	out, err := record.IDs(q, "SELECT by_entry FROM chart_cite_v1 WHERE cited = $1 ORDER BY by_entry", cited[:])
	if err != nil {
		return nil, fmt.Errorf("reading what cites %s: %w", cited, err)
	}
	return out, nil
}

// mostCites is how many citations one line shows.
const mostCites = 40

// cites are links to entries that the reader may see, each in its own words. Those in another's chart are left out where that chart may not be
// seen; where it may, they say that they lie elsewhere, and name nobody.
func (b *board) cites(c *web.Ctx, p *clientsroom.Page, ids []record.ID) ([]ui.Cite, error) {
	var out []ui.Cite
	for _, id := range ids[:min(len(ids), mostCites)] {
		e, err := record.Find(c.Read(), id)
		if err == db.ErrNoRows {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading a cited entry: %w", err)
		}
		sight, root, err := b.sightOf(c, p, e.Chart)
		if err != nil {
			return nil, err
		}
		if sight == nil || !sight.Sees(e) {
			continue
		}
		words := lineOf(c, e)
		switch {
		case silent(e.Kind):
			words = ui.T(c.Context(), "chart.source")
		case root != p.ID:
			words = ui.T(c.Context(), "chart.elsewhere")
		}
		out = append(out, ui.Cite{At: e.Happened, Label: words, Href: path(root, "/entries/", e.ID.String())})
	}
	return out, nil
}

// sightOf is what the reader sees of a chart, and under which chart it is read; nil where they may not see it, or it is no client's.
func (b *board) sightOf(c *web.Ctx, p *clientsroom.Page, chart record.ID) (*access.Sight, record.ID, error) {
	for _, own := range p.Charts() {
		if own == chart {
			sight, err := p.Sees(c, chart)
			return sight, p.ID, err
		}
	}
	if c.Directory.KindOf(chart) != "client" || c.Directory.Sees(c.Scope, chart) != nil {
		return nil, record.Zero, nil
	}
	card, err := clients.BareCard(c.Read(), chart)
	if err != nil {
		return nil, record.Zero, nil //nolint:nilerr // no client's after all
	}
	sight, err := c.Directory.Sight(c.Read(), c.Scope, chart)
	return sight, card.Root, err
}
