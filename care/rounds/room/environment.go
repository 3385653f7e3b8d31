package room

import (
	"context"
	"strconv"

	"milieu/care/rounds"
	"milieu/house/clients"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// walkView is the environmental round: the unit's checklist, answered on the walk.
type walkView struct {
	Unit   record.ID
	Name   string
	List   *rounds.Checklist
	Census int // people who should be here
	Away   int
	Last   *Walk
	LastBy string
}

// showWalk is the checklist: GET /rounds/environment.
func showWalk(c *web.Ctx) error {
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	title := ui.T(c.Context(), "rounds.page.walk")
	if unit.ID.IsZero() {
		return c.Show(ui.Page{Title: title}, noUnit())
	}
	q := c.Read()
	rules, err := HouseRules(q, unit.ID)
	if err != nil {
		return err
	}
	v := walkView{Unit: unit.ID, Name: unit.Name, List: rounds.FindChecklist(rules.Checklist)}
	if v.List == nil {
		v.List = rounds.FindChecklist(rounds.Defaults.Checklist)
	}
	cards, err := clients.Cards(q, unit.ID)
	if err != nil {
		return err
	}
	for _, card := range cards {
		if card.Where == clients.Here {
			v.Census++
		} else {
			v.Away++
		}
	}
	done, err := Walks(q, unit.ID, 1)
	if err != nil {
		return err
	}
	if len(done) > 0 {
		v.Last, v.LastBy = &done[0], nameOf(c.Directory, done[0].By)
	}
	return c.Show(ui.Page{Title: title}, walkPage(v))
}

func (v *walkView) form() ui.EntryForm {
	f := ui.EntryForm{ID: "walk", Kind: rounds.KindEnvironment, Chart: v.Unit.String(), Class: "stack", Hidden: []ui.Pair{{Name: "then", Value: "/rounds/hazards"}, {Name: "checklist", Value: v.List.ID}, {Name: "version", Value: strconv.Itoa(v.List.Version)}}}
	for i, item := range v.List.Items {
		if i > 0 {
			f.Needs += ","
		}
		f.Needs += "answers." + item.Code
	}
	return f
}

func (v *walkView) answers(ctx context.Context, item rounds.Item) ui.Choices {
	c := ui.Choices{Name: "answers." + item.Code, Legend: item.Text, Grid: true, Keep: true}
	for _, code := range []string{rounds.ItemFine, rounds.ItemHazard, rounds.ItemNotDone} {
		c.Choices = append(c.Choices, ui.Choice{Value: code, Label: ui.T(ctx, "rounds.page.item_"+code)})
	}
	return c
}

// hazardsView are the unit's hazards: what somebody must put right, and what was.
type hazardsView struct {
	Unit record.ID
	Name string
	Open []Hazard
	Done []Hazard
	Who  map[record.ID]string
	May  bool
}

// showHazards is the list of hazards: GET /rounds/hazards.
func showHazards(c *web.Ctx) error {
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	title := ui.T(c.Context(), "rounds.page.hazards")
	if unit.ID.IsZero() {
		return c.Show(ui.Page{Title: title}, noUnit())
	}
	list, err := Hazards(c.Read(), unit.ID, c.Now.AddDate(0, 0, -14))
	if err != nil {
		return err
	}
	v := hazardsView{Unit: unit.ID, Name: unit.Name, Who: map[record.ID]string{}, May: c.Scope.May(rounds.ActionHazard)}
	for _, h := range list {
		v.Who[h.By], v.Who[h.DoneBy] = nameOf(c.Directory, h.By), nameOf(c.Directory, h.DoneBy)
		if h.Done == "" {
			v.Open = append(v.Open, h)
		} else {
			v.Done = append(v.Done, h)
		}
	}
	return c.Show(ui.Page{Title: title}, hazardsPage(v))
}

func (v *hazardsView) title(ctx context.Context, h Hazard) string {
	what := ui.Capital(ui.T(ctx, "rounds.hazard."+h.What))
	if h.Place != "" {
		return ui.T(ctx, "rounds.page.hazard_at", what, ui.T(ctx, "rounds.place."+h.Place))
	}
	return what
}

func (v *hazardsView) clears(h Hazard) ui.EntryForm {
	return ui.EntryForm{Kind: rounds.KindHazardCleared, Chart: v.Unit.String(), Class: "stack-s", Needs: "done", Draft: rounds.KindHazardCleared + " " + h.ID.String(), Hidden: []ui.Pair{{Name: "then", Value: "/rounds/hazards"}, {Name: "hazard", Value: h.ID.String()}}}
}

func (v *hazardsView) reports() ui.EntryForm {
	return ui.EntryForm{ID: "report-hazard", Kind: rounds.KindHazard, Chart: v.Unit.String(), Class: "stack", Needs: "what", Hidden: []ui.Pair{{Name: "then", Value: "/rounds/hazards"}}}
}
