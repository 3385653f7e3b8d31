package room

import (
	"context"

	"milieu/care/rounds"
	"milieu/kit/live"
	"milieu/kit/web"
)

// quiet are the kinds that change nothing on a handover worth a new look: rounds go on all the time, and what is late shows at the next look.
var quiet = map[string]bool{rounds.KindChecked: true, rounds.KindNotSeen: true, rounds.KindRelieved: true, "due.lapsed": true, "due.told": true}

// liveAfresh tells open pages to look again: what stands on them goes by who reads them.
func liveAfresh(*web.Site) live.View {
	return func(_ context.Context, _ live.Topic, changed []live.Signal) ([]byte, error) {
		for _, s := range changed {
			if !quiet[s.Kind] {
				return nil, live.ErrAfresh
			}
		}
		return []byte{}, nil
	}
}
