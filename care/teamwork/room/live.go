package room

import (
	"context"
	"slices"
	"strings"

	"milieu/care/teamwork"
	"milieu/kit/live"
	"milieu/kit/web"
)

// liveAfresh tells open pages to look again when something was said that they may show: what stands on them differs from reader to reader.
func liveAfresh(*web.Site) live.View {
	return func(_ context.Context, _ live.Topic, changed []live.Signal) ([]byte, error) {
		for _, s := range changed {
			if strings.HasPrefix(s.Kind, "teamwork.") || strings.HasPrefix(s.Kind, "record.") || strings.HasPrefix(s.Kind, "handover.") {
				return nil, live.ErrAfresh
			}
		}
		return []byte{}, nil
	}
}

// liveNews tells open boards to look again when a message was sent.
func liveNews(*web.Site) live.View {
	return func(_ context.Context, _ live.Topic, changed []live.Signal) ([]byte, error) {
		if slices.ContainsFunc(changed, func(s live.Signal) bool { return s.Kind == teamwork.KindMessage }) {
			return nil, live.ErrAfresh
		}
		return []byte{}, nil
	}
}
