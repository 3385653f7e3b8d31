package ui

import (
	"context"
	"strconv"
	"time"
)

// ClockText is the time of day in the house's zone, as "02:47".
func ClockText(ctx context.Context, t time.Time) string {
	return t.In(From(ctx).Zone).Format("15:04")
}

// DayText is the date as people say it, as "Thu 19 Nov"; the year follows when it is not this one.
func DayText(ctx context.Context, t time.Time) string {
	env := From(ctx)
	t = t.In(env.Zone)
	key := "date.day"
	if t.Year() != env.Now.In(env.Zone).Year() {
		key = "date.day_year"
	}
	return T(ctx, key, Args{
		"weekday": T(ctx, "date.weekday."+strconv.Itoa(int(t.Weekday()))),
		"day":     t.Day(),
		"month":   T(ctx, "date.month."+strconv.Itoa(int(t.Month()))),
		"year":    t.Year(),
	})
}

// DateText is a date of birth or a document's date, with its year and no weekday: "19 Nov 2026".
func DateText(ctx context.Context, t time.Time) string {
	t = t.In(From(ctx).Zone)
	return T(ctx, "date.date", Args{"day": t.Day(), "month": T(ctx, "date.month."+strconv.Itoa(int(t.Month()))), "year": t.Year()})
}

// WhenText is the time of day today, and the day with the time otherwise: "02:47", "Sun 18:00", "Thu 19 Nov 02:47".
func WhenText(ctx context.Context, t time.Time) string {
	env := From(ctx)
	days := dayNumber(t.In(env.Zone)) - dayNumber(env.Now.In(env.Zone))
	switch {
	case days == 0:
		return ClockText(ctx, t)
	case days > 0 && days < 6:
		weekday := T(ctx, "date.weekday."+strconv.Itoa(int(t.In(env.Zone).Weekday())))
		return T(ctx, "date.at", weekday, ClockText(ctx, t))
	default:
		return T(ctx, "date.at", DayText(ctx, t), ClockText(ctx, t))
	}
}

// ExactText is the full moment for those who need it: day, time with seconds, and the zone's name then.
func ExactText(ctx context.Context, t time.Time) string {
	local := t.In(From(ctx).Zone)
	return T(ctx, "date.at", DayText(ctx, t), local.Format("15:04:05 MST"))
}

// dayNumber counts local days, so that midnight and daylight saving do not matter.
func dayNumber(t time.Time) int {
	year, month, day := t.Date()
	return int(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// SpanText is a length of time in the two units that matter: "under 1 min", "9 min", "1 h 5 min", "3 h", "2 days".
func SpanText(ctx context.Context, d time.Duration) string {
	if d < 0 {
		d = -d
	}
	minutes := int(d / time.Minute)
	switch hours := minutes / 60; {
	case minutes < 1:
		return T(ctx, "js.span_none")
	case minutes < 60:
		return T(ctx, "js.span_minutes", minutes)
	case hours < 24 && (hours >= 6 || minutes%60 == 0):
		return T(ctx, "js.span_hours", hours)
	case hours < 24:
		return T(ctx, "js.span_hours_minutes", hours, minutes%60)
	default:
		return T(ctx, "js.span_days", hours/24)
	}
}

// AgoText says how long ago t was: "just now", "9 min ago".
func AgoText(ctx context.Context, t time.Time) string {
	since := From(ctx).Now.Sub(t)
	if since < time.Minute {
		return T(ctx, "js.ago_now")
	}
	return T(ctx, "js.ago", SpanText(ctx, since))
}

// DueText says how t stands to now: "due in 4 min", "due now", "6 min late".
func DueText(ctx context.Context, t time.Time) string {
	return relativeText(ctx, t, "due")
}

// InText is DueText without the word: "in 4 min", "now", "6 min late". It stands where the row already says that it is a due.
func InText(ctx context.Context, t time.Time) string {
	return relativeText(ctx, t, "in")
}

// inUntilText is InText with a lateness that begins after t.
func inUntilText(ctx context.Context, t, late time.Time) string {
	switch now := From(ctx).Now; {
	case !now.After(t):
		return InText(ctx, t)
	case !now.After(late):
		return T(ctx, "js.in_now")
	}
	return InText(ctx, late)
}

// A due counts whole minutes begun: due in 30 seconds is "in 1 min", and it is late from the first second, never rounded away.
func relativeText(ctx context.Context, t time.Time, word string) string {
	left := t.Sub(From(ctx).Now)
	switch {
	case left < 0:
		return T(ctx, "js.late", SpanText(ctx, left))
	case left == 0:
		return T(ctx, "js."+word+"_now")
	default:
		return T(ctx, "js."+word, SpanText(ctx, roundUp(left)))
	}
}

func roundUp(d time.Duration) time.Duration {
	if d < time.Hour {
		return (d + time.Minute - 1).Truncate(time.Minute)
	}
	return d
}

// Stamp is t as browsers and forms write it: RFC 3339 in the house's zone.
func Stamp(ctx context.Context, t time.Time) string {
	return t.In(From(ctx).Zone).Format(time.RFC3339)
}
