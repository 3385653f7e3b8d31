package room

import (
	"context"
	"fmt"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"milieu/care/handover"
	"milieu/house/places"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
)

// Who hears when a unit is not handed over, after how long: the program's own proposal, held from 2026-11-28.
var (
	takeLadder = []due.Rung{{After: 0, Tell: "in_charge"}, {After: 30 * time.Minute, Tell: "supervisor"}}
	giveLadder = []due.Rung{{After: 10 * time.Minute, Tell: "in_charge"}}
)

// data is what a due of this room carries for boards.
type data struct {
	Change time.Time `json:"change"`
	Out    string    `json:"out"`
	In     string    `json:"in"`
}

func rules() []due.Rule {
	kinds := []string{handover.KindRules, "places.house_set", "places.unit_opened", "places.unit_changed", "places.unit_closed"}
	return []due.Rule{
		{Name: handover.RuleTake, Kinds: append([]string{handover.KindTaken}, kinds...), Touches: touches, Ladder: takeLadder, TakenFor: time.Hour,
			Windows: func(q db.Querier, chart record.ID) ([]due.Window, error) {
				return windows(q, chart, handover.RuleTake, handover.KindTaken)
			}},
		{Name: handover.RuleGive, Kinds: append([]string{handover.KindGiven}, kinds...), Touches: touches, Ladder: giveLadder, TakenFor: time.Hour,
			Windows: func(q db.Querier, chart record.ID) ([]due.Window, error) {
				return windows(q, chart, handover.RuleGive, handover.KindGiven)
			}},
	}
}

// touches: what the house sets moves the handovers of every unit that has any.
func touches(q db.Querier, e *record.Entry, _ record.Body) ([]record.ID, error) {
	if e.Kind != "places.house_set" {
		return []record.ID{e.Chart}, nil
	}
	var out []record.ID
	err := db.Each(q, "SELECT DISTINCT chart FROM handover_rules_v1 ORDER BY chart", nil, func(r db.Row) error {
		var unit record.ID
		err := r.Scan(&unit)
		out = append(out, unit)
		return err
	})
	return out, err
}

// windows gives the next change of shifts that a unit has not handed over, or taken over, yet. Units ask for it once they have set their rules. A
// change that nobody took over stays open until a later one is: nothing forgives it but a handover.
func windows(q db.Querier, unit record.ID, rule, settles string) ([]due.Window, error) {
	list, err := rulesOf(q, unit)
	if err != nil || len(list) == 0 || list[len(list)-1].Off {
		return nil, err
	}
	now := list[len(list)-1].Filled()
	since, anchor := list[0].At, list[0].ID
	for _, f := range list {
		if f.Off { // begun again afterwards
			since, anchor = time.Time{}, record.Zero
		} else if since.IsZero() {
			since, anchor = f.At, f.ID
		}
	}
	if u, err := places.UnitOf(q, unit); err == nil && !u.Open {
		return nil, nil
	} else if err != nil && fault.KindOf(err) != fault.NotFound {
		return nil, err
	}
	var last handover.Said
	err = db.Each(q, "SELECT chart, change, id, happened, author, kind, item, heading, owner, words FROM handover_said_v1 WHERE chart = $1 AND kind = $2 ORDER BY change DESC, id LIMIT 1", []any{unit[:], settles}, func(r db.Row) (err error) {
		last, err = scanSaid(r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the last handover of unit %s: %w", unit, err)
	}
	if last.Change.After(since) {
		since, anchor = last.Change, last.ID
	}
	house, err := places.HouseOf(q)
	if err != nil {
		return nil, err
	}
	span, ok := handover.After(handover.Changes(house.Shifts, house.Location(), since, 2), since)
	if !ok {
		return nil, nil
	}
	w := due.Window{Chart: unit, Rule: rule, Anchor: anchor, Opens: span.Change.Add(-now.Lead()), Due: span.Change, Late: span.Change}
	if rule == handover.RuleTake {
		w.Late = span.Change.Add(now.Late())
	}
	w.Data, err = jsonv2.Marshal(data{Change: span.Change, Out: span.Out, In: span.In})
	return []due.Window{w}, err
}

func faces() map[string]room.Face {
	face := func(what, act, settles string) room.Face {
		return room.Face{Icon: "handover", Routine: true, Show: func(ctx context.Context, w due.Window) room.Showing {
			var d data
			_ = jsonv2.Unmarshal(w.Data, &d) // our own; without it the line has only its name
			return room.Showing{What: ui.T(ctx, what, d.Out, d.In), Act: ui.T(ctx, act), Href: "/handover", Device: ui.Settles(w.Chart.String(), []string{settles})}
		}}
	}
	return map[string]room.Face{
		handover.RuleTake: face("handover.page.face_take", "handover.page.open", handover.KindTaken),
		handover.RuleGive: face("handover.page.face_give", "handover.page.open", handover.KindGiven),
	}
}
