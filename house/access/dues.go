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
	return []due.Rule{{
		Name: RuleReview, Kinds: []string{"access.glass_broken", "access.glass_reviewed"}, Windows: reviews, TakenFor: ReviewWithin,
		Ladder: []due.Rung{{After: -ReviewWithin, Tell: "supervisor"}, {After: 0, Tell: "supervisor"}, {After: 2 * ReviewWithin, Tell: "supervisor"}},
	}}
}

func reviews(q db.Querier, chart record.ID) ([]due.Window, error) {
	list, err := glasses(q, "chart = $1", chart[:])
	var out []due.Window
	for i := range list {
		if g := &list[i]; len(g.Reviews) == 0 {
			out = append(out, due.Window{Chart: chart, Rule: RuleReview, Key: g.Root.String(), Anchor: g.Root, Role: string(kit.Supervisor),
				Opens: g.From, Due: g.From, Late: g.From.Add(ReviewWithin)})
		}
	}
	return out, err
}

// Reviewed says whether somebody else has looked at it.
func (g *Glass) Reviewed() bool { return len(g.Reviews) > 0 }

// Left is for how long it is open still at t.
func (g *Glass) Left(t time.Time) time.Duration { return max(0, g.Until.Sub(t)) }
