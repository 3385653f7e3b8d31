package room

import (
	"context"

	houseaccess "milieu/house/access"
	"milieu/house/clients"
	"milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// consentRow is one consent as a list shows it.
type consentRow struct {
	houseaccess.Consent
	Name string // of the one person whom it lets in
}

func (r consentRow) words(ctx context.Context) string {
	whom := r.Whom
	if r.Name != "" {
		whom = r.Name
	}
	return line(ctx, whom, r.Covers, r.Purpose, span(ctx, r.From, r.Ends), ui.T(ctx, "access.how."+r.How), r.Words)
}

func consentsFor(c *web.Ctx, chart record.ID) (now, over []consentRow, err error) {
	list, err := houseaccess.ConsentsOf(c.Read(), chart)
	for _, g := range list {
		r := consentRow{Consent: g}
		if !g.To.IsZero() {
			r.Name = nameOf(c, g.To)
		}
		if g.Ends.IsZero() || g.Ends.After(c.Now) {
			now = append(now, r)
		} else {
			over = append(over, r)
		}
	}
	return now, over, err
}

// takeBack ends a consent now.
func (v *letInView) takeBack(r consentRow) ui.EntryForm {
	return ui.EntryForm{Kind: "access.consent_ended", Chart: r.Chart.String(), Keep: ui.Nothing, Hidden: then(chartPath(v.ID, "/let-in"), ui.Pair{Name: "consent", Value: r.Root.String()})}
}

// consentView is the form in which a consent is written down.
type consentView struct {
	clients.Card
	What   string
	People []tieRow // whom it may name
}

func showConsent(c *web.Ctx) error {
	card, err := open(c)
	if err != nil {
		return err
	}
	if !mayHere(c, "access.consent", card.ID) {
		return c.Denied("access.consent")
	}
	v := consentView{Card: card, What: access.Kin}
	if c.R.URL.Query().Get("what") == access.SubstanceUse {
		v.What = access.SubstanceUse
	}
	ties, err := houseaccess.TiesOf(c.Read(), card.ID)
	if err != nil {
		return err
	}
	care, guests, _ := rows(c, ties)
	v.People = care
	if v.What == access.Kin {
		v.People = v.People[:0]
		for _, g := range guests {
			if g.As == "family" {
				v.People = append(v.People, g)
			}
		}
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "access.consent")}, consentPage(v))
}

func (v consentView) form() ui.EntryForm {
	needs := "how"
	if v.What == access.SubstanceUse {
		needs = "covers,purpose,told_ends"
	}
	return ui.EntryForm{Kind: "access.consent_given", Chart: v.ID.String(), Draft: "access.consent_given " + v.What + " " + v.ID.String(), Class: "stack", Needs: needs,
		Hidden: then(chartPath(v.ID, "/let-in"), ui.Pair{Name: "what", Value: v.What})}
}

func (v consentView) people(ctx context.Context) []ui.Choice {
	out := []ui.Choice{{Value: "", Label: ui.T(ctx, "access.to_all."+v.What), Checked: true}}
	for _, p := range v.People {
		out = append(out, ui.Choice{Value: p.Person.String(), Label: p.Name})
	}
	return out
}

func hows(ctx context.Context) []ui.Choice {
	return []ui.Choice{{Value: "signed", Label: ui.T(ctx, "access.how.signed")}, {Value: "spoken", Label: ui.T(ctx, "access.how.spoken")}}
}
