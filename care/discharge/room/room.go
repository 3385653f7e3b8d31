package room

import (
	"embed"
	"maps"
	"slices"

	"github.com/a-h/templ"

	"milieu/care/discharge"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// Def is the room of discharge.
func Def() room.Def {
	get := func(pattern, action string, h web.Handler) web.Route {
		return web.Route{Method: "GET", Pattern: "/clients/{chart}/discharge" + pattern, Action: action, Handle: h}
	}
	return room.Def{
		Name:        "discharge",
		Reads:       reads(),
		Kinds:       discharge.Kinds(),
		Projections: Projections(),
		Derived:     Derived(),
		Rules:       Rules(),
		Routes: []web.Route{
			get("", discharge.ActionRead, showList),
			get("/plan", discharge.ActionPlan, showPlan),
			get("/follow-up", discharge.ActionPlan, showFollowUp),
			get("/summary", discharge.ActionSummary, showSummary),
			get("/papers", discharge.ActionRead, showPapers),
			{Method: "GET", Pattern: "/discharge/rules", Action: discharge.ActionHouse, Handle: showHouse},
		},
		Asks:     []string{"clients.discharge"},
		Faces:    faces(),
		Acts:     []room.Act{{Key: "discharge.page.act", Icon: "signout", Action: discharge.ActionRead, Order: 90, Href: func(chart record.ID) string { return path(chart, "") }}},
		Shapes:   map[string]room.Shape{"discharge": {Icon: "signout", Body: shape}},
		Handover: []room.HandoverPart{{Name: "discharge", Order: 80, Lines: handover}},
	}
}

func path(chart record.ID, page string) string {
	return "/clients/" + chart.String() + "/discharge" + page
}

// shape is what the room's entries say under their line in a timeline.
func shape(c *web.Ctx, _ *record.Entry, b record.Body) (templ.Component, error) {
	ctx := c.Context()
	switch b := b.(type) {
	case *discharge.Planned:
		return texts(planTexts(ctx, b)), nil
	case *discharge.FollowUpBooked:
		return texts([]text{{"", ui.Joined(" · ", ui.WhenText(ctx, b.At), b.Where, b.How, b.Phone)}}), nil
	case *discharge.FollowUpDeclined:
		return texts([]text{{"", b.Words}}), nil
	case *discharge.NoneBooked:
		return texts([]text{{"", b.Words}}), nil
	case *discharge.BelongingsLeft:
		return texts([]text{{"", b.Reason}}), nil
	case *discharge.SummaryWritten:
		return texts(summaryTexts(ctx, b)), nil
	case *discharge.CopyGiven:
		return copyBody(b), nil
	}
	return nil, nil
}

// handover tells of who is about to leave, and what is still missing for it.
func handover(c *web.Ctx, q db.Querier, s room.Span) (map[record.ID][]room.HandoverLine, error) {
	ctx := c.Context()
	zone := ui.From(ctx).Zone
	out := map[record.ID][]room.HandoverLine{}
	for _, chart := range s.Charts {
		state, err := StateOf(q, chart)
		if err != nil {
			return nil, err
		}
		if state.Plan == nil || state.Left != nil || !s.Sees(state.Plan.Chart, state.Plan.ID) {
			continue
		}
		plan := state.Plan.Body.(*discharge.Planned)
		day := dayWords(ctx, plan.Date)
		if day == "" {
			continue
		}
		l := room.HandoverLine{Heading: room.Situation, Key: "leaving", At: state.Plan.At, Text: ui.T(ctx, "discharge.page.leaves", day), Entry: state.Plan.ID, Href: path(chart, "")}
		if !state.FollowUpSaid(state.Leaves(c.Now, zone), zone) {
			l.Heading, l.Open, l.Text = room.Actions, true, ui.Joined(". ", l.Text, ui.T(ctx, "discharge.page.due.follow_up"))
		}
		out[chart] = append(out[chart], l)
	}
	return out, nil
}

// summaryParts are the parts of a summary in their order, those of lists no longer known behind them.
func summaryParts(b *discharge.SummaryWritten) []string {
	parts := slices.Clone(discharge.Choices.Parts)
	for _, p := range slices.Sorted(maps.Keys(b.Parts)) {
		if !slices.Contains(parts, p) {
			parts = append(parts, p)
		}
	}
	return parts
}
