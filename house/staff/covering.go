package staff

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Covering says that somebody stands in for a colleague: staff.covering, in the chart of whoever stands in. It gives what the colleague's own ties
// give, for that time; never their role, and nothing that they themselves have by standing in for others.
type Covering struct {
	For    record.ID `json:"for" doc:"whose place is taken"`
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
	Reason string    `json:"reason" doc:"why: holiday, sick, training" max:"200"`
}

// CoveringEnded ends a covering before its time: staff.covering_ended. It ends when this happened.
type CoveringEnded struct {
	Covering record.ID `json:"covering" doc:"the entry that began it"`
	Reason   string    `json:"reason,omitempty" max:"200"`
}

// longestCovering keeps a slip of the date from giving sight of people for years; a limit of the program, not a rule of any house.
const longestCovering = 93 * 24 * time.Hour

// Validate implements record.Body.
func (v *Covering) Validate(e *record.Entry) error {
	var c fault.Check
	c.Want(!v.For.IsZero(), "for", "say whose place is taken")
	c.Want(e == nil || v.For != e.Chart, "for", "nobody stands in for themselves")
	c.Want(!v.From.IsZero(), "from", "say when it begins")
	c.Want(!v.Until.IsZero(), "until", "say when it ends")
	if !v.From.IsZero() && !v.Until.IsZero() {
		c.Want(v.From.Before(v.Until), "until", "the end lies before the start")
		c.Want(v.Until.Sub(v.From) <= longestCovering, "until", "longer than three months: look at the dates again")
	}
	c.Want(strings.TrimSpace(v.Reason) != "", "reason", "say why")
	line(&c, "reason", v.Reason, 200)
	return c.Err()
}

// Validate implements record.Body.
func (v *CoveringEnded) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!v.Covering.IsZero(), "covering", "say which")
	line(&c, "reason", v.Reason, 200)
	return c.Err()
}

// Cover is one covering as it stands.
type Cover struct {
	Root        record.ID // the entry that began it: what is ended, corrected and withdrawn
	Person, For record.ID
	From, Until time.Time // the end as it came: the earlier one, where it was ended before its time
	Reason      string
	Ended       bool // before its time
}

// Holds says whether it held at t.
func (v Cover) Holds(t time.Time) bool { return !t.Before(v.From) && t.Before(v.Until) }

// CoversBy lists for whom somebody stands in, or stood in, by start.
func CoversBy(q db.Querier, person record.ID) ([]Cover, error) {
	return covers(q, "WHERE person = $1", person[:])
}

// CoversFor lists who stands in for somebody, or stood in, by start.
func CoversFor(q db.Querier, person record.ID) ([]Cover, error) {
	return covers(q, "WHERE root IN (SELECT root FROM staff_cover_v1 WHERE instead = $1)", person[:])
}

func covers(q db.Querier, where string, args ...any) ([]Cover, error) {
	var out []Cover
	ended := map[record.ID]time.Time{}
	err := db.Each(q, "SELECT person, root, id, happened, said, instead, starts, ends, reason FROM staff_cover_v1 "+where+" ORDER BY person, root, happened, id", args, func(r db.Row) error {
		var v Cover
		var id record.ID
		var happened, from, until int64
		var said string
		if err := r.Scan(&v.Person, &v.Root, &id, &happened, &said, &v.For, &from, &until, &v.Reason); err != nil {
			return err
		}
		if said == saidOff {
			if at := clock.FromMicros(happened); ended[v.Root].IsZero() || at.Before(ended[v.Root]) {
				ended[v.Root] = at
			}
			return nil
		}
		v.From, v.Until = clock.FromMicros(from), clock.FromMicros(until)
		if n := len(out); n > 0 && out[n-1].Root == v.Root {
			out[n-1] = v
			return nil
		}
		out = append(out, v)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading who stands in for whom: %w", err)
	}
	for i := range out {
		if at, ok := ended[out[i].Root]; ok && at.Before(out[i].Until) {
			out[i].Until, out[i].Ended = at, true
			if at.Before(out[i].From) {
				out[i].Until = out[i].From
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Cover) int { return a.From.Compare(b.From) })
	return out, nil
}

// Through gives what standing in for somebody gives out of one of their own relations: the same tie for the time that both hold. ok is false when
// they never hold together.
func (v Cover) Through(r access.Relation) (out access.Relation, ok bool) {
	out = r
	out.What, out.Via = access.Covering, v.For
	if v.From.After(out.From) {
		out.From = v.From
	}
	if out.Until.IsZero() || v.Until.Before(out.Until) {
		out.Until = v.Until
	}
	return out, out.From.Before(out.Until)
}

// covered gives what somebody has by standing in for others. What those have by standing in is not among it.
func covered(q db.Querier, person record.ID) ([]access.Relation, error) {
	list, err := CoversBy(q, person)
	if err != nil {
		return nil, err
	}
	var out []access.Relation
	for _, v := range list {
		if !v.From.Before(v.Until) {
			continue
		}
		theirs, err := ownRelations(q, v.For)
		if err != nil {
			return nil, err
		}
		for _, r := range theirs {
			if through, ok := v.Through(r); ok {
				out = append(out, through)
			}
		}
	}
	return out, nil
}

// coverers are those who stand in for somebody, now or at any time: what they may see follows that person's ties.
func coverers(q db.Querier, person record.ID) ([]record.ID, error) {
	list, err := CoversFor(q, person)
	var out []record.ID
	for _, v := range list {
		if v.For == person && !slices.Contains(out, v.Person) {
			out = append(out, v.Person)
		}
	}
	return out, err
}

func putCover(tx db.Tx, e *record.Entry, b record.Body) error {
	said, root, instead, from, until, reason := saidOff, record.Zero, record.Zero, int64(0), int64(0), ""
	switch x := b.(type) {
	case *Covering:
		said, root, instead, reason = saidOn, e.ID, x.For, x.Reason
		from, until = clock.Micros(x.From), clock.Micros(x.Until)
		if e.Amendment == record.Correction {
			root = e.Amends
		}
	case *CoveringEnded:
		root, reason = x.Covering, x.Reason
	}
	return tx.Exec("INSERT INTO staff_cover_v1 (person, root, id, happened, said, instead, starts, ends, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
		e.Chart[:], root[:], e.ID[:], clock.Micros(e.Happened), said, instead[:], from, until, reason)
}
