package room

import (
	"bytes"
	"context"
	"fmt"

	"github.com/a-h/templ"

	"milieu/house/clients"
	"milieu/kit/db"
	"milieu/kit/live"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// views are the room's live views: the list of people in each order, and the chart of one.
func (r *Room) views() map[string]room.ViewMaker {
	out := map[string]room.ViewMaker{"chart": liveChart}
	for _, sort := range sorts {
		for _, show := range shows {
			o := order{sort, show}
			out[o.view()] = func(s *web.Site) live.View { return r.livePeople(s, o) }
		}
	}
	return out
}

// liveChart tells the few who have a chart open to look again: what they see of it, and may do, differs from one to the other.
func liveChart(*web.Site) live.View {
	return func(context.Context, live.Topic, []live.Signal) ([]byte, error) { return nil, live.ErrAfresh }
}

// topics are what a client's page listens to: the client's charts, as many as a page may name.
func (h *head) topics() []string {
	out := []string{"chart/" + h.ID.String()}
	for _, merged := range h.Merged[:min(len(h.Merged), 7)] {
		out = append(out, "chart/"+merged.String())
	}
	return out
}

// page is a client's page that follows what happens.
func (h *head) page(c *web.Ctx) ui.Page {
	return ui.Page{Title: ui.T(c.Context(), "clients.page.chart"), Live: h.topics()}
}

// livePeople draws the rows of those of whom something was said, and the unit's figures: once for a unit, whoever looks on.
func (r *Room) livePeople(s *web.Site, o order) live.View {
	return func(ctx context.Context, t live.Topic, changed []live.Signal) ([]byte, error) {
		house := s.House()
		ctx = ui.With(ctx, ui.Env{Locale: house.Locale, Zone: house.Zone, Now: s.Clock.Now()})
		q := s.DB.Read(ctx)
		v := peopleView{order: o}
		if _, err := v.list(ctx, r, q, t.Of); err != nil {
			return nil, err
		}
		parts := []templ.Component{peopleCount(len(v.Rows)), peopleConflicts(v.Conflicts), peopleTally(v.Census)}
		rows := map[string]ui.Person{}
		for _, list := range [][]ui.Person{v.Rows, v.Awaited, v.Former} {
			for _, p := range list {
				rows[p.ID] = p
			}
		}
		drawn := map[string]bool{}
		for _, sig := range changed {
			if sig.Chart == t.Of { // a room or bed has another name now
				for id, p := range rows {
					if !drawn[id] {
						drawn[id] = true
						parts = append(parts, ui.PersonRow(p))
					}
				}
				continue
			}
			ids, err := rowsOf(q, sig.Chart)
			if err != nil {
				return nil, err
			}
			for _, id := range ids {
				if p, here := rows[id]; drawn[id] {
					continue
				} else if here {
					parts = append(parts, ui.PersonRow(p))
				} else {
					parts = append(parts, ui.Remove(id)) // another unit's now, merged away, or not among those shown
				}
				drawn[id] = true
			}
		}
		var out bytes.Buffer
		err := templ.Join(parts...).Render(ctx, &out)
		return out.Bytes(), err
	}
}

// rowsOf are the rows that an entry in a chart may change: of the chart, and of all that are merged with it.
func rowsOf(q db.Querier, chart record.ID) ([]string, error) {
	charts, err := clients.Family(q, chart)
	if err != nil {
		return nil, fmt.Errorf("looking for the row of chart %s: %w", chart, err)
	}
	ids := []string{rowID(chart)}
	for _, c := range charts {
		if c != chart {
			ids = append(ids, rowID(c))
		}
	}
	return ids, nil
}

func rowID(chart record.ID) string { return "client-" + chart.String() }
