package room

import (
	"context"

	"milieu/care/rounds"
	"milieu/kit/due"
	"milieu/kit/room"
	"milieu/kit/ui"
)

// faces are how the room's dues stand on the shift board.
func faces() map[string]room.Face {
	return map[string]room.Face{
		rounds.RuleCheck:       {Icon: "round", Routine: true, Show: showing(faceCheck)},
		rounds.RuleRelief:      {Icon: "eye", Routine: true, Show: showing(faceRelief)},
		rounds.RuleSearch:      {Icon: "search", Show: showing(faceSearch)},
		rounds.RuleHelp:        {Icon: "warn", Show: showing(faceHelp)},
		rounds.RuleReview:      {Icon: "level", Show: showing(faceReview)},
		rounds.RuleEnvironment: {Icon: "door", Show: showing(faceEnvironment)},
		rounds.RuleHazard:      {Icon: "warn", Show: showing(faceHazard)},
	}
}

// showing reads the window's data first. A window whose data cannot be read is shown all the same, without its details.
func showing(of func(context.Context, due.Window, rounds.Data) room.Showing) func(context.Context, due.Window) room.Showing {
	return func(ctx context.Context, w due.Window) room.Showing {
		d, err := rounds.ParseData(w.Data)
		if err != nil {
			d = rounds.Data{}
		}
		return of(ctx, w, d)
	}
}

func faceCheck(ctx context.Context, w due.Window, d rounds.Data) room.Showing {
	level := rounds.LevelOf(d.Level)
	words := levelWords(ctx, level, &d)
	return room.Showing{What: ui.T(ctx, "rounds.page.face_check", lower(words)), Last: lastWords(ctx, &d), Act: ui.T(ctx, "rounds.page.check"), Href: path(w.Chart, "check"), Device: settled(w.Chart, &d), Mark: words, Rank: level.Rank}
}

func faceRelief(ctx context.Context, w due.Window, d rounds.Data) room.Showing {
	s := room.Showing{What: ui.T(ctx, "rounds.page.face_relief", ui.T(ctx, "rounds.level_short."+d.Level)), Act: ui.T(ctx, "rounds.page.face_take"), Href: path(w.Chart, "relief"), Rank: rounds.LevelOf(d.Level).Rank}
	s.Mark = ui.T(ctx, "rounds.level_short."+d.Level)
	if d.By.IsZero() {
		s.Last = ui.T(ctx, "rounds.page.watch_open", ui.WhenText(ctx, w.Opens))
	} else {
		s.Last = ui.T(ctx, "rounds.page.face_watch", ui.WhenText(ctx, w.Opens))
	}
	return s
}

func faceSearch(ctx context.Context, w due.Window, d rounds.Data) room.Showing {
	return room.Showing{What: ui.T(ctx, "rounds.page.face_search"), Last: ui.T(ctx, "rounds.page.last_reason", ui.WhenText(ctx, d.At), ui.T(ctx, "rounds.reason."+d.Reason)), Act: ui.T(ctx, "rounds.page.open"), Href: path(w.Chart, "search")}
}

func faceHelp(ctx context.Context, w due.Window, d rounds.Data) room.Showing {
	last := ui.WhenText(ctx, d.At)
	if d.Place != "" {
		last = ui.T(ctx, "rounds.page.last_reason", last, ui.T(ctx, "rounds.place."+d.Place))
	}
	return room.Showing{What: ui.T(ctx, "rounds.page.face_help", ui.T(ctx, "rounds.help."+d.Reason)), Last: last, Act: ui.T(ctx, "rounds.page.open"), Href: path(w.Chart, "help")}
}

func faceReview(ctx context.Context, w due.Window, d rounds.Data) room.Showing {
	return room.Showing{What: ui.T(ctx, "rounds.page.face_review", ui.T(ctx, "rounds.level_short."+d.Level)), Last: ui.T(ctx, "rounds.page.level_since", ui.WhenText(ctx, d.At), d.Words), Act: ui.T(ctx, "rounds.page.open"), Href: path(w.Chart, "orders")}
}

func faceEnvironment(ctx context.Context, _ due.Window, d rounds.Data) room.Showing {
	s := room.Showing{What: ui.T(ctx, "rounds.page.face_environment"), Act: ui.T(ctx, "rounds.page.start"), Href: "/rounds/environment"}
	if !d.At.IsZero() {
		s.Last = ui.T(ctx, "rounds.page.last_done", ui.WhenText(ctx, d.At))
	}
	return s
}

func faceHazard(ctx context.Context, w due.Window, d rounds.Data) room.Showing {
	last := d.Words
	if d.Place != "" {
		last = join([]string{ui.Capital(ui.T(ctx, "rounds.place."+d.Place)), d.Words}[:1+min(1, len(d.Words))], ": ")
	}
	return room.Showing{What: ui.T(ctx, "rounds.page.face_hazard", ui.T(ctx, "rounds.hazard."+d.Reason)), Last: last, Act: ui.T(ctx, "rounds.page.open"), Href: "/rounds/hazards#hazard-" + w.Key}
}

// lower begins a text with a small letter, where it stands within a sentence.
func lower(s string) string {
	if s != "" && s[0] >= 'A' && s[0] <= 'Z' {
		return string(s[0]-'A'+'a') + s[1:]
	}
	return s
}
