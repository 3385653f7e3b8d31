package room

import (
	"fmt"

	"milieu/care/forms"
	"milieu/house/clients"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

// rings says whether a pending critical rule held when and where an answer was given.
type rings func(form, rule string, at *forms.Put) bool

// ringsFor gives the rings of one person. The unit in which an answer was given counts, wherever the person is by now: of somebody who had not
// come yet the one they were expected in, of somebody who had left the last one.
func ringsFor(q db.Querier, chart record.ID) (rings, error) {
	stays, err := clients.StaysOf(q, chart)
	if err != nil {
		return nil, err
	}
	units := map[record.ID]*UnitRules{}
	for _, s := range stays {
		if units[s.Unit] == nil {
			rules, err := RulesOf(q, s.Unit)
			if err != nil {
				return nil, err
			}
			units[s.Unit] = &rules
		}
	}
	return func(form, rule string, at *forms.Put) bool {
		if len(stays) == 0 {
			return false
		}
		unit := stays[0].Unit
		for _, s := range stays {
			if !s.From.After(at.Happened) {
				unit = s.Unit
			}
		}
		return units[unit].Accepted(form, rule, at.Happened) != nil
	}, nil
}

// ringing are a person's critical answers about which nothing has been said.
func ringing(q db.Querier, chart record.ID) ([]forms.Hit, error) {
	said, err := Of(q, chart)
	if err != nil || len(said) == 0 {
		return nil, err
	}
	rings, err := ringsFor(q, chart)
	if err != nil {
		return nil, err
	}
	return forms.Unsettled(forms.Hits(said, rings), said), nil
}

// Calling gives who is not in a unit, and whose answer rings there all the same: they are expected, or have left. Boards that go by who is in show
// them besides.
func Calling(q db.Querier, unit record.ID) ([]record.ID, error) {
	return charts(q, "SELECT DISTINCT c.chart FROM clients_card_v1 c JOIN due d ON d.chart = c.chart AND d.rule = $1 WHERE c.unit = $2 AND c.state IN ('expected', 'discharged') ORDER BY c.chart", forms.RuleCritical, unit[:])
}

// touches names the charts whose dues an entry may move: those of everybody on a unit when it fixes something, and of who answered since a rule
// was accepted, wherever they have gone.
func touches(q db.Querier, e *record.Entry, b record.Body) ([]record.ID, error) {
	switch b.(type) {
	case *forms.RulesSet:
		return charts(q, "SELECT chart FROM clients_card_v1 WHERE unit = $1", e.Chart[:])
	case *forms.RuleAccepted:
		return charts(q, "SELECT DISTINCT c.root FROM forms_run_v1 r JOIN clients_card_v1 c ON c.chart = r.chart WHERE r.kind = $1 AND r.happened >= $2", forms.KindAnswered, clock.Micros(e.Happened))
	}
	return clients.Touched(q, e, b)
}

func charts(q db.Querier, query string, args ...any) ([]record.ID, error) {
	out, err := record.IDs(q, query, args...)
	if err != nil {
		return nil, fmt.Errorf("listing whose forms are concerned: %w", err)
	}
	return out, nil
}
