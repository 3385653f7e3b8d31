package room

import (
	"bytes"
	"context"

	"github.com/a-h/templ"

	"milieu/care/rounds"
	"milieu/kit/db"
	"milieu/kit/live"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

func views() map[string]room.ViewMaker { return map[string]room.ViewMaker{"round": liveRound} }

// few is how many changed people are read one by one; for more the whole unit is read at once.
const few = 3

// liveRound draws the rows of those whom something happened to: once for a unit, whoever looks on.
func liveRound(s *web.Site) live.View {
	return func(ctx context.Context, t live.Topic, changed []live.Signal) ([]byte, error) {
		house := s.House()
		ctx = ui.With(ctx, ui.Env{Locale: house.Locale, Zone: house.Zone, Now: s.Clock.Now()})
		rows, gone, err := changedRows(s, s.DB.Read(ctx), t.Of, changed)
		if err != nil {
			return nil, err
		}
		var parts []templ.Component
		for i := range rows {
			parts = append(parts, ui.RoundItem(roundRow(ctx, s.Directory, &rows[i])))
		}
		for _, id := range gone {
			parts = append(parts, ui.Remove(rowID(id)))
		}
		if len(parts) == 0 {
			return []byte{}, nil
		}
		var out bytes.Buffer
		err = templ.Join(parts...).Render(ctx, &out)
		return out.Bytes(), err
	}
}

// changedRows gives the rows that may look different now, and the charts of those who are no longer on the unit.
func changedRows(s *web.Site, q db.Querier, unit record.ID, changed []live.Signal) (rows []Row, gone []record.ID, err error) {
	wanted := map[record.ID]bool{}
	all := false
	for _, sig := range changed {
		wanted[sig.Chart] = true
		all = all || sig.Chart == unit && sig.Kind == rounds.KindHouseRules
	}
	if !all && len(wanted) <= few {
		for chart := range wanted {
			if chart == unit {
				continue
			}
			r, _, err := RowOf(q, chart)
			if err != nil || r.Unit != unit || !r.In() {
				gone = append(gone, chart) // another unit's now, or nobody's chart that is shown here
				continue
			}
			rows = append(rows, r)
		}
		return rows, gone, nil
	}
	read, err := Rows(q, unit)
	for _, r := range read {
		if all || wanted[r.ID] {
			rows = append(rows, r)
		}
		delete(wanted, r.ID)
	}
	delete(wanted, unit)
	for chart := range wanted {
		gone = append(gone, chart)
	}
	return rows, gone, err
}
