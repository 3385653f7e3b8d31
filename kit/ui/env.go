package ui

import (
	"context"
	"time"
)

// Env is what a page needs to know about its reader and its moment. The zero Env is English, UTC and the year 1.
type Env struct {
	Locale  string         // BCP 47, as "en" or "es-MX"; empty means "en"
	Zone    *time.Location // the house's time zone; nil means UTC
	Now     time.Time      // the moment the page is drawn, from kit/clock
	Theme   string         // "light", "dark", or empty: as the device asks
	Private bool           // names are blurred: somebody may be looking over a shoulder
	Takes   bool           // whether the reader may keep what a shift needs on the device
	Reader  string         // whose page it is, as an ID: the device keeps each person's things apart; empty on nobody's pages
}

type envKey struct{}

// With returns a context that carries env to every component drawn with it.
func With(ctx context.Context, env Env) context.Context {
	return context.WithValue(ctx, envKey{}, env)
}

// From returns the Env in ctx, with its empty fields filled in.
func From(ctx context.Context) Env {
	env, _ := ctx.Value(envKey{}).(Env)
	if env.Locale == "" {
		env.Locale = "en"
	}
	if env.Zone == nil {
		env.Zone = time.UTC
	}
	return env
}
