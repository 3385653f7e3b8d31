package access

import (
	"time"

	kit "milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
)

// RuleReview is the name of the due that asks for a look at a broken glass.
const RuleReview = "access.glass_review"

// Rules are the dues of who is let in: every broken glass is looked at by somebody who answers for the unit. They hear of it at once.
func Rules() []due.Rule {
	const day = 24 * time.Hour
	return []due.Rule{{
		Name: RuleReview, Kinds: []string{"access.glass_broken", "access.glass_reviewed", "access.glass_limits_set"}, Touches: waiting, Windows: reviews, TakenFor: day, Held: true, Version: 1,
		// The first rung comes before any opening, whatever the house allows for its review: it is climbed at once.
		Ladder: []due.Rung{{After: -MostReview * time.Hour, Tell: "supervisor"}, {After: 0, Tell: "supervisor"}, {After: 2 * day, Tell: "supervisor"}},
	}}
}

// waiting are the charts whose dues an entry touches: its own, or, where limits were set that hold from some time on, those of all openings.
func waiting(q db.Querier, e *record.Entry, b record.Body) (charts []record.ID, err error) {
	if _, ok := b.(*GlassLimits); !ok {
		return []record.ID{e.Chart}, nil
	}
	err = db.Each(q, "SELECT DISTINCT chart FROM access_fact_v1 WHERE topic = $1", []any{topicGlass}, func(r db.Row) error {
		var id record.ID
		err := r.Scan(&id)
		charts = append(charts, id)
		return err
	})
	return charts, err
}

func reviews(q db.Querier, chart record.ID) ([]due.Window, error) {
	list, err := glasses(q, "chart = $1", chart[:])
	var out []due.Window
	for i := range list {
		if g := &list[i]; len(g.Reviews) == 0 {
			l, err := GlassLimitsAt(q, g.From)
			if err != nil {
				return nil, err
			}
			out = append(out, due.Window{Chart: chart, Rule: RuleReview, Key: g.Root.String(), Anchor: g.Root, Role: string(kit.Supervisor),
				Opens: g.From, Due: g.From, Late: g.From.Add(l.Within())})
		}
	}
	return out, err
}

// Reviewed says whether somebody else has looked at it.
func (g *Glass) Reviewed() bool { return len(g.Reviews) > 0 }

// Left is for how long it is open still at t.
func (g *Glass) Left(t time.Time) time.Duration { return max(0, g.Until.Sub(t)) }
