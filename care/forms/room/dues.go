package room

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"milieu/care/forms"
	"milieu/house/clients"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
)

// The ladders: the house's own proposal. An open form is paperwork that helps somebody settle in; a critical answer is somebody in danger.
var (
	openLadder     = []due.Rung{{After: 0, Tell: "unit"}, {After: 2 * time.Hour, Tell: "in_charge"}, {After: 24 * time.Hour, Tell: "supervisor"}}
	criticalLadder = []due.Rung{{After: 0, Tell: "unit"}, {After: 2 * time.Minute, Tell: "in_charge"}, {After: 10 * time.Minute, Tell: "supervisor"}}
)

// Rules are the room's dues.
func Rules() []due.Rule {
	kinds := append(append(append([]string{}, stayKinds...), runKinds...), ruleKinds...)
	return []due.Rule{
		{Name: forms.RuleOpen, Kinds: kinds, Touches: touches, Windows: openWindows, Ladder: openLadder, TakenFor: 2 * time.Hour},
		{Name: forms.RuleCritical, Kinds: kinds, Touches: touches, Windows: criticalWindows, Ladder: criticalLadder, TakenFor: 10 * time.Minute, Version: 1},
	}
}

// headCard is the card of who is asked under this chart; nil for a chart merged into another, or nobody's.
func headCard(q db.Querier, chart record.ID) (*clients.Card, error) {
	card, err := clients.BareCard(q, chart)
	if err == db.ErrNoRows {
		return nil, nil
	}
	if err != nil || card.Root != chart {
		return nil, err
	}
	return &card, nil
}

func openWindows(q db.Querier, chart record.ID) ([]due.Window, error) {
	card, err := headCard(q, chart)
	if err != nil || card == nil || card.Where != clients.Here || card.Episode.IsZero() {
		return nil, err
	}
	rules, err := RulesOf(q, card.Unit)
	if err != nil {
		return nil, err
	}
	wanted := rules.opens(card)
	if len(wanted) == 0 {
		return nil, nil
	}
	said, err := Of(q, chart)
	if err != nil {
		return nil, err
	}
	runs := forms.Runs(said)
	var out []due.Window
	for _, f := range wanted {
		if finished(forms.Of(runs, f.ID, card.Admitted)) {
			continue
		}
		r := forms.Next(runs, f.ID, chart, card.Episode, card.Admitted)
		d := forms.Data{Form: f.ID, Run: r.ID}
		d.Done, d.Asked = r.Progress()
		if r.First != nil {
			d.Begun = r.First.Happened
		}
		by := card.Admitted.Add(time.Duration(f.Hours) * time.Hour)
		w := due.Window{Chart: chart, Rule: forms.RuleOpen, Key: f.ID, Anchor: card.Episode, Opens: card.Admitted, Due: by, Late: by}
		if w.Data, err = d.Pack(); err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

func finished(runs []*forms.Run) bool {
	for _, r := range runs {
		if r.Finished != nil {
			return true
		}
	}
	return false
}

// criticalWindows rings for each critical answer from the moment it was given, however little of the form is there, until somebody has said what
// was done: also of who has not come yet, or has left.
func criticalWindows(q db.Querier, chart record.ID) ([]due.Window, error) {
	if card, err := headCard(q, chart); err != nil || card == nil {
		return nil, err
	}
	hits, err := ringing(q, chart)
	if err != nil {
		return nil, err
	}
	var out []due.Window
	for _, h := range hits {
		b := h.Answer.Body.(*forms.Said)
		at := h.Answer.Happened
		w := due.Window{Chart: chart, Rule: forms.RuleCritical, Key: h.Answer.ID.String() + "-" + h.Item.Code, Anchor: h.Answer.ID, Opens: at, Due: at, Late: at}
		if w.Data, err = (forms.Data{Form: b.Form, Run: b.Run, Entry: h.Answer.ID, Item: h.Item.Code}).Pack(); err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

// faces are how the dues look on boards. What was answered stands on no board: whoever passes by reads it.
func faces() map[string]room.Face {
	return map[string]room.Face{
		forms.RuleOpen:     {Icon: "file", Show: showOpen},
		forms.RuleCritical: {Icon: "warn", Show: showCritical},
	}
}

func showOpen(ctx context.Context, w due.Window) room.Showing {
	d, err := forms.ParseData(w.Data)
	s := room.Showing{What: forms.Title(d.Form), Act: ui.T(ctx, "forms.page.fill"), Href: runPath(w.Chart, d.Form, d.Run)}
	switch {
	case err != nil: // our own; without it the row has only its name
	case d.Begun.IsZero():
		s.Last = ui.T(ctx, "forms.page.not_begun")
	default:
		s.Last = ui.T(ctx, "forms.page.progress", d.Done, d.Asked)
	}
	return s
}

func showCritical(ctx context.Context, w due.Window) room.Showing {
	d, _ := forms.ParseData(w.Data) // our own; without it the row has only its name
	return room.Showing{What: ui.T(ctx, "forms.page.critical_due"), Last: ui.T(ctx, "forms.page.critical_last", forms.Title(d.Form)), Act: ui.T(ctx, "forms.page.critical_act"),
		Href: criticalPath(w.Chart, d.Entry, d.Item), Device: templ.Attributes{"data-chart": w.Chart.String(), "data-settled-by": forms.KindCriticalAnswered}}
}
