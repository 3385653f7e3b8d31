package room

import (
	"context"
	"fmt"
	"time"

	"github.com/a-h/templ"

	"milieu/care/contacts"
	"milieu/house/clients"
	"milieu/house/places"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
)

// ladder says who hears that nobody has talked with somebody: the program's own proposal, held from 2026-11-28.
var ladder = []due.Rung{{After: 0, Tell: "unit"}, {After: 4 * time.Hour, Tell: "in_charge"}}

// Rules are the room's dues.
func Rules() []due.Rule {
	return []due.Rule{{Name: contacts.RuleMeaningful, Kinds: append(clients.StayKinds(), contacts.KindHeld, contacts.KindRules, "access.relabelled", "places.house_set"),
		Touches: touches, Windows: windows, Ladder: ladder, TakenFor: 2 * time.Hour}}
}

// touches names the charts whose last contact or due an entry may move: of everybody on a unit when the unit's rules change, of everybody when
// the house's clock does.
func touches(q db.Querier, e *record.Entry, b record.Body) ([]record.ID, error) {
	query, args := "SELECT chart FROM clients_card_v1 WHERE state = 'here'", []any(nil)
	switch b.(type) {
	case *contacts.RulesSet:
		query, args = query+" AND unit = $1", []any{e.Chart[:]}
	case *places.House:
	default:
		return clients.Touched(q, e, b)
	}
	out, err := record.IDs(q, query, args...)
	if err != nil {
		return nil, fmt.Errorf("listing who is on the units: %w", err)
	}
	return out, nil
}

// windows asks for a contact with who is on a unit that wants it. Who is away is not asked for; when they come back the time since the last
// contact counts on, for somebody who returns is to be talked with.
func windows(q db.Querier, chart record.ID) ([]due.Window, error) {
	card, err := clients.BareCard(q, chart)
	if err == db.ErrNoRows {
		return nil, nil
	}
	if err != nil || card.Root != chart || card.Where != clients.Here {
		return nil, err
	}
	hours, err := HoursOf(q, card.Unit)
	if err != nil || hours == 0 {
		return nil, err
	}
	last, err := lastOf(q, chart)
	if err != nil {
		return nil, err
	}
	w := due.Window{Chart: chart, Rule: contacts.RuleMeaningful, Anchor: last.ID, Opens: last.At}
	if last.At.Before(card.Admitted) {
		w.Anchor, w.Opens = card.Episode, card.Admitted
	}
	if w.Anchor.IsZero() {
		return nil, nil
	}
	house, err := places.HouseOf(q)
	if err != nil {
		return nil, err
	}
	w.Due, w.Late = contacts.Asked(w.Opens, hours, house.Location())
	w.Data, err = contacts.Data{Last: last.At, Since: w.Opens, Hours: hours}.Pack()
	return []due.Window{w}, err
}

func faces() map[string]room.Face {
	return map[string]room.Face{contacts.RuleMeaningful: {Icon: "message", Show: showDue}}
}

func showDue(ctx context.Context, w due.Window) room.Showing {
	d, err := contacts.ParseData(w.Data)
	s := room.Showing{What: ui.T(ctx, "contacts.page.due"), Act: ui.T(ctx, "contacts.page.act"), Href: newPath(w.Chart),
		Device: templ.Attributes{"data-chart": w.Chart.String(), "data-settled-by": contacts.KindHeld}}
	switch {
	case err != nil: // our own; without it the row has only its name
	case d.Last.IsZero() || d.Last.Before(d.Since):
		s.Last = ui.T(ctx, "contacts.page.due_none", ui.WhenText(ctx, d.Since))
	default:
		s.Last = ui.T(ctx, "contacts.page.due_last", ui.WhenText(ctx, d.Last))
	}
	return s
}
