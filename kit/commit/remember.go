package commit

import (
	"slices"
	"strings"

	"milieu/kit/db"
	"milieu/kit/record"
)

// rememberMax is how many entries of other processes are gone through to save what is remembered; more are not worth it.
const rememberMax = 5000

// remember lets the rooms' memory within the committer hold as of the head of the log: through what other processes filed since this one last
// did. An amendment or destruction among it may have changed any table, and then all is forgotten.
func (k *Committer) remember(tx db.Tx, head int64) error {
	from, any := db.Remembered(tx)
	if !any || from == head || head-from > rememberMax || from > head {
		db.RememberAsOf(tx, head)
		return nil
	}
	missed, err := record.Range(tx, from+1, int(head-from))
	if err != nil {
		return err
	}
	amended, err := amendedBetween(tx, from, head)
	if err != nil {
		return err
	}
	written := map[string]bool{}
	for _, e := range missed {
		if len(amended) > 0 || !e.Amends.IsZero() || strings.HasPrefix(e.Kind, "record.") {
			db.RememberAsOf(tx, head)
			return nil
		}
		for _, i := range k.plan.projections[e.Kind] {
			for _, t := range k.plan.all[i].Tables {
				written[t] = true
			}
		}
	}
	db.RememberThrough(tx, head, func(table string) bool { return k.plan.tables[table] && !written[table] })
	for _, e := range missed {
		if err := k.follow(tx, e); err != nil {
			return err
		}
	}
	return nil
}

// follow tells of an entry that another process put.
func (k *Committer) follow(tx db.Tx, e *record.Entry) error {
	at := k.plan.projections[e.Kind]
	if !slices.ContainsFunc(at, func(i int) bool { return k.plan.all[i].Follow != nil }) {
		return nil
	}
	b, err := k.Kinds().Decode(e)
	if err != nil {
		return err
	}
	for _, i := range at {
		if f := k.plan.all[i].Follow; f != nil {
			f(tx, e, b)
		}
	}
	return nil
}
