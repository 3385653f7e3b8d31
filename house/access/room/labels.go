package room

import (
	"context"
	"slices"
	"time"

	"milieu/house/clients"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// noTime leaves the fields of a moment empty.
var noTime time.Time

// labelsView is one entry with the labels that it carries and might.
type labelsView struct {
	clients.Card
	Entry *record.Entry
	Words string
	Has   []string
	Add   []string // that the reader may put on
	Off   []string // that they may take off
}

func showLabels(c *web.Ctx) error {
	card, err := open(c)
	if err != nil {
		return err
	}
	id, err := c.ID("entry")
	if err != nil {
		return err
	}
	q := c.Read()
	e, err := record.Find(q, id)
	if err == db.ErrNoRows || err == nil && c.Directory.UnitOf(e.Chart) != c.Directory.UnitOf(card.ID) {
		return notHere()
	}
	if err != nil {
		return err
	}
	family, err := clients.Family(q, card.ID)
	if err != nil {
		return err
	}
	sight, err := c.Directory.Sight(q, c.Scope, e.Chart)
	if err != nil {
		return err
	}
	if !slices.Contains(family, e.Chart) || !sight.Sees(e) {
		return notHere()
	}
	if !c.Directory.May(c.Scope, "access.relabel", e.Chart) {
		return c.Denied("access.relabel")
	}
	v := labelsView{Card: card, Entry: e, Has: sight.Of(e)}
	k, err := c.Committer.Kinds().Find(e.Kind)
	if err != nil {
		return notHere()
	}
	if b, err := c.Committer.Kinds().Decode(e); err == nil {
		v.Words = ui.Line(c.Context(), k.Line(e, b))
	}
	for _, l := range c.Policy.LabelNames() {
		may := c.Directory.MayLabel(c.Scope, e.Chart, l)
		bears := access.Bears(k, l)
		switch has := slices.Contains(v.Has, l); {
		case has && may && l != k.Label && (l != access.Psychotherapy || e.Author == c.Scope.Person):
			v.Off = append(v.Off, l)
		case !has && may && bears:
			v.Add = append(v.Add, l)
		}
	}
	if err := sight.Err(); err != nil {
		return err
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "access.labels")}, labelsPage(v))
}

func (v labelsView) form() ui.EntryForm {
	return ui.EntryForm{Kind: "access.relabelled", Chart: v.Entry.Chart.String(), Draft: "access.relabelled " + v.Entry.ID.String(), Class: "stack", Needs: "reason",
		Hidden: then(chartPath(v.ID, ""), ui.Pair{Name: "entry", Value: v.Entry.ID.String()})}
}

func labelChoices(ctx context.Context, list []string) []ui.Choice {
	var out []ui.Choice
	for _, l := range list {
		out = append(out, ui.Choice{Value: l, Label: clients.LabelWords(ctx, l), Icon: "tag"})
	}
	return out
}
