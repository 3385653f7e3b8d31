package shift

import (
	"bytes"
	"context"
	"slices"

	"github.com/a-h/templ"

	"milieu/house/clients"
	"milieu/house/places"
	"milieu/kit/due"
	"milieu/kit/live"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// live draws the dues of the charts that changed, once for each unit's board, and sweeps off those that are done.
func (b *board) live(s *web.Site) live.View {
	return func(ctx context.Context, t live.Topic, changed []live.Signal) ([]byte, error) {
		house := s.House()
		now := s.Clock.Now()
		ctx = ui.With(ctx, ui.Env{Locale: house.Locale, Zone: house.Zone, Now: now})
		q := s.DB.Read(ctx)
		var charts []record.ID
		for _, sig := range changed {
			if !slices.Contains(charts, sig.Chart) {
				charts = append(charts, sig.Chart)
			}
		}
		who := &people{byID: map[record.ID]*clients.Card{}, unit: t.Of, staff: staffName(s.Directory)}
		windows, err := due.Of(q, charts...)
		if err != nil {
			return nil, err
		}
		for _, chart := range charts {
			if chart == t.Of {
				u, err := places.UnitOf(q, chart)
				if err != nil {
					return nil, err
				}
				who.name = u.Name
			} else if name := clients.NameOf(q, chart); name != "" {
				who.byID[chart] = &clients.Card{ID: chart, Name: name}
			}
		}
		var parts []templ.Component
		for i := range windows {
			if w := &windows[i]; !w.Due.After(now.Add(ahead)) {
				parts = append(parts, ui.DueItem(b.row(ctx, who, w, now)))
			}
		}
		for _, chart := range charts {
			parts = append(parts, ui.Sweep(prefix(chart)))
		}
		n, err := due.CountLate(q, now, append(s.Directory.ChartsIn(t.Of, "client"), t.Of)...)
		if err != nil {
			return nil, err
		}
		parts = append(parts, ui.NavCount("late-count", n))
		var out bytes.Buffer
		err = templ.Join(parts...).Render(ctx, &out)
		return out.Bytes(), err
	}
}
