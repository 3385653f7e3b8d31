package commit

import (
	"context"
	"fmt"

	jsonv2 "github.com/go-json-experiment/json"

	"milieu/kit/fault"
	"milieu/kit/record"
)

// Destroy destroys the bodies of entries of one chart whose retention has ended, with the salts and digests from which they could be
// guessed, and takes them out of the projections. record.destroyed says so in the chart, in the same transaction. That the entries were
// there stays proven. Backups made before still hold the bodies until they are thrown away in their turn.
func (k *Committer) Destroy(ctx context.Context, s record.Sender, chart record.ID, rule string, ids ...record.ID) (Outcome, error) {
	body, err := jsonv2.Marshal(&record.Destroyed{Rule: rule})
	if err != nil {
		return Outcome{}, fmt.Errorf("destroying bodies: %w", err)
	}
	now := k.clock.Now()
	s.Via = record.ViaProgram
	j, err := k.admit(ctx, s, &record.Entry{ID: record.NewID(now), Chart: chart, Kind: "record.destroyed", Version: 1, Happened: now, Written: now, Cites: ids, Body: body})
	if err != nil {
		return Outcome{}, err
	}
	j.then = func(g *groupTx) error {
		for _, id := range ids {
			if err := g.destroy(chart, id); err != nil {
				return err
			}
		}
		return nil
	}
	if err := k.enqueue(ctx, j); err != nil {
		return Outcome{}, err
	}
	k.wait(j)
	return j.results[0], j.results[0].Err
}

func (g *groupTx) destroy(chart, id record.ID) error {
	e, err := record.Find(g, id)
	if err != nil || e.Chart != chart {
		return ownError{fault.New(fault.NotFound, "there is no entry %s in this chart", id)}
	}
	if len(e.Body) == 0 {
		return nil
	}
	family, err := record.ReadFamily(g, g.k.Kinds(), chart, id)
	if err != nil {
		return err
	}
	if family.Stands(id) {
		if err := g.change(record.Change{ID: id, Stands: false}); err != nil {
			return err
		}
	}
	if err := g.Exec("UPDATE entry SET body = NULL, salt = NULL, digest = NULL WHERE seq = $1", e.Seq); err != nil {
		return fmt.Errorf("destroying the body of entry %d: %w", e.Seq, err)
	}
	return nil
}
