package commit

import (
	"slices"

	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// watched lets an entry take effect under the eyes of the guards of the kinds concerned: its own, and those of entries that its amendment
// takes away or brings back.
func (g *groupTx) watched(p *record.Prepared, kinds []string, effect func() error) error {
	var after []func(db.Querier) error
	for _, w := range g.k.plan.guards {
		if !p.Guarded || !slices.ContainsFunc(kinds, func(k string) bool { return slices.Contains(w.Kinds, k) }) {
			continue
		}
		judge, err := w.Watch(g.Tx, p.Entry, p.Body)
		if err != nil {
			return refused(err)
		}
		if judge != nil {
			after = append(after, judge)
		}
	}
	if err := effect(); err != nil {
		return err
	}
	for _, judge := range after {
		if err := judge(g.Tx); err != nil {
			return refused(err)
		}
	}
	return nil
}

// refused is a guard's error: its refusal is the submission's own, anything else has failed here.
func refused(err error) error {
	switch fault.KindOf(err) {
	case fault.Internal, fault.Unavailable, fault.Full:
		return err
	}
	return ownError{err}
}

// stillFree refuses the beginning of a chart that somebody else has begun since it was judged.
func (g *groupTx) stillFree(p *record.Prepared) error {
	if _, again := g.known[p.Entry.ID]; again || !p.Begins || g.charts[p.Entry.Chart].number == 0 {
		return nil
	}
	return &fault.Error{Kind: fault.Invalid, Text: "this chart has been begun already", Fields: []fault.Field{{Name: "chart", Text: "begin another one, under a new ID"}}}
}
