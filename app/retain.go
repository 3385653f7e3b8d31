package app

import (
	"context"
	"time"

	"milieu/house/views"
)

// endEvery is how often it is looked whether looks have become older than the house keeps them.
const endEvery = 6 * time.Hour

// endViews destroys what looks said that are older than the house keeps them, now and every few hours, until ctx ends. What is still there is
// tried again at the next turn.
func (r *running) endViews(ctx context.Context) {
	for {
		switch rows, err := r.endViewsOnce(ctx); {
		case err != nil && ctx.Err() == nil:
			r.Log.Error("ending the retention of looks", "error", err)
		case rows > 0:
			r.Log.Info("the retention of looks has ended, and what they said was destroyed", "rows", rows)
		}
		select {
		case <-ctx.Done():
			return
		case <-r.Clock.After(endEvery):
		}
	}
}

func (r *running) endViewsOnce(ctx context.Context) (rows int64, err error) {
	house, err := views.HouseOf(r.DB.Read(ctx))
	if err != nil {
		return 0, err
	}
	before, ends := house.Ends(r.Clock.Now())
	if !ends {
		return 0, nil
	}
	return r.Views.End(ctx, before)
}
