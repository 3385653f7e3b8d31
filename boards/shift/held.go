package shift

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"milieu/house/clients"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/live"
	"milieu/kit/record"
	"milieu/kit/web"
)

// heldFor gives the windows that stand on no unit's board and are for this reader, as theirs, and the people with those of whom they are.
func (b *board) heldFor(c *web.Ctx, here *people) (mine []due.Window, with *people, err error) {
	all, err := due.Held(c.Read())
	with = here
	for _, w := range all {
		face := b.faces[w.Rule]
		if face.For == nil {
			continue
		}
		switch ok, err := face.For(c, w); {
		case err != nil:
			return nil, nil, err
		case !ok:
			continue
		}
		if with.byID[w.Chart] == nil {
			card, err := clients.CardOf(c.Read(), w.Chart)
			if err == db.ErrNoRows {
				continue
			}
			if err != nil {
				return nil, nil, err
			}
			with = with.and(w.Chart, &card)
		}
		c.Saw(w.Chart)
		if w.Owner.IsZero() {
			w.Owner = c.Scope.Person
		}
		mine = append(mine, w)
	}
	return mine, with, err
}

// and is these people and one more, who may be of another unit.
func (p *people) and(chart record.ID, card *clients.Card) *people {
	more := *p
	more.byID = maps.Clone(p.byID)
	more.byID[chart] = card
	return &more
}

// liveHeld tells those who are shown what is held to look again when it is not what it was: which of it is theirs differs from one to the other.
func (b *board) liveHeld(s *web.Site) live.View {
	var mu sync.Mutex
	last := map[live.Topic]string{}
	return func(ctx context.Context, t live.Topic, _ []live.Signal) ([]byte, error) {
		all, err := due.Held(s.DB.Read(ctx))
		if err != nil {
			return nil, err
		}
		now := ""
		for i := range all {
			w := &all[i]
			now += fmt.Sprintln(w.Chart, w.Rule, w.Key, w.Anchor, w.Late, w.Taken)
		}
		mu.Lock()
		defer mu.Unlock()
		if before, known := last[t]; known && before == now {
			return nil, nil
		}
		last[t] = now
		return nil, live.ErrAfresh
	}
}
