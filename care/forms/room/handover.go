package room

import (
	"fmt"

	"github.com/a-h/templ"

	"milieu/care/forms"
	"milieu/house/clients"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// handover tells of critical answers, open ones whenever they were given, and of forms that are still open.
func handover(c *web.Ctx, q db.Querier, s room.Span) (map[record.ID][]room.HandoverLine, error) {
	rules, err := RulesOf(q, s.Unit)
	if err != nil {
		return nil, err
	}
	ctx := c.Context()
	out := map[record.ID][]room.HandoverLine{}
	for _, chart := range s.Charts {
		card, err := clients.BareCard(q, chart)
		if err != nil && err != db.ErrNoRows {
			return nil, fmt.Errorf("reading whom a handover is about: %w", err)
		}
		said, err := Of(q, chart)
		if err != nil {
			return nil, err
		}
		rings, err := ringsFor(q, chart)
		if err != nil {
			return nil, err
		}
		var lines []room.HandoverLine
		for _, h := range forms.Hits(said, rings) {
			p := h.Answer
			done := h.Settled(said)
			if p.Happened.After(s.Until) || done != nil && done.Happened.Before(s.From) || !s.Sees(p.Chart, p.ID) {
				continue
			}
			l := room.HandoverLine{Heading: room.Illness, Key: "critical-" + h.First.String() + "-" + h.Item.Code, At: p.Happened, Entry: p.ID, Href: criticalPath(chart, p.ID, h.Item.Code), Open: done == nil,
				Text: ui.T(ctx, "forms.page.handed_critical", text(ctx, h.Item.Text), forms.Title(h.Form.ID))}
			if done != nil {
				b := done.Body.(*forms.CriticalAnswered)
				l.Text = ui.Joined("; ", l.Text, ui.T(ctx, "forms.done."+b.Done)+": "+b.Words)
			} else {
				l.State = ui.Late
			}
			lines = append(lines, l)
		}
		runs := forms.Runs(said)
		for _, d := range forms.UnsaidIn(forms.Of(runs, "", card.Admitted)) {
			if !d.Now.Happened.After(s.Until) && !d.Now.Happened.Before(s.From) && s.Sees(d.Now.Chart, d.Now.ID) {
				lines = append(lines, room.HandoverLine{Heading: room.Illness, Key: "unsaid-" + d.Now.ID.String() + "-" + d.Item.Code, At: d.Now.Happened, Entry: d.Now.ID, Href: runPath(chart, d.Run.Form.ID, d.Run.ID),
					Text: ui.T(ctx, "forms.page.handed_unsaid", text(ctx, d.Item.Text), text(ctx, d.Run.Form.Title), ui.T(ctx, "forms.state."+string(d.State)))})
			}
		}
		for _, r := range pending(runs, &card, &rules, s.Until) {
			l := room.HandoverLine{Heading: room.Actions, Key: "form-" + r.ID.String(), At: card.Admitted, Href: runPath(chart, r.Form.ID, r.ID), Open: true}
			done, asked := r.Progress()
			l.Text = ui.Joined(": ", text(ctx, r.Form.Title), ui.T(ctx, "forms.page.not_begun"))
			if r.First != nil {
				l.At, l.Entry = r.First.Happened, r.First.ID
				l.Text = ui.Joined(": ", text(ctx, r.Form.Title), ui.T(ctx, "forms.page.progress", done, asked))
			}
			if !l.At.After(s.Until) {
				lines = append(lines, l)
			}
		}
		if len(lines) > 0 {
			out[chart] = lines
		}
	}
	return out, nil
}

// shape is what an entry of a form says under its line in a timeline.
func shape(c *web.Ctx, _ *record.Entry, b record.Body) (templ.Component, error) {
	switch b := b.(type) {
	case *forms.Said:
		return answeredBody(b), nil
	case *forms.CriticalAnswered:
		return wordsBody(b.Words), nil
	case *forms.Stopped:
		return wordsBody(stopped(c.Context(), b)), nil
	case *forms.RuleAccepted:
		return wordsBody(b.Why), nil
	}
	return nil, nil
}
