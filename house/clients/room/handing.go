package room

import (
	"context"

	"milieu/house/clients"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// handover is what is told of people at a change of shifts: where they are, on what legal ground, what to take care of, and what of it is new.
func handover() []room.HandoverPart {
	return []room.HandoverPart{{Name: "clients", Order: 20, Whole: true, Lines: handing}}
}

func handing(c *web.Ctx, q db.Querier, s room.Span) (map[record.ID][]room.HandoverLine, error) {
	ctx := c.Context()
	out := map[record.ID][]room.HandoverLine{}
	cards, err := clients.Cards(q, s.Unit)
	if err != nil {
		return nil, err
	}
	for i := range cards {
		out[cards[i].ID] = standing(ctx, &cards[i])
	}
	said, err := clients.Between(q, s.All(), s.From, s.Until)
	for _, f := range said {
		if k, known := c.Committer.Kinds().Find(f.Kind); known == nil && s.Sees(f.Chart, f.ID) {
			out[f.Chart] = append(out[f.Chart], event(ctx, k, f))
		}
	}
	return out, err
}

// standing is what holds of somebody, whenever it began.
func standing(ctx context.Context, card *clients.Card) []room.HandoverLine {
	var out []room.HandoverLine
	if card.Where != clients.Here {
		l := room.HandoverLine{Heading: room.Person, Key: "clients.away", At: card.Since, Text: whereWords(ctx, card)}
		if card.Where == clients.Absent {
			l.Heading, l.State = room.Illness, ui.Late
		}
		out = append(out, l)
	}
	if l := card.Legality; !l.Until.IsZero() {
		out = append(out, room.HandoverLine{Heading: room.Situation, Key: "clients.legal", At: l.From, Entry: l.Entry, Text: ui.Joined(" · ", legalWords(ctx, l.Status, l.Words), ui.T(ctx, "clients.page.ends", ui.WhenText(ctx, l.Until))), Href: path(card.ID, "/legal")})
	}
	for _, p := range card.Care {
		out = append(out, room.HandoverLine{Heading: room.Situation, Key: "clients.precaution " + p.Code, Text: ui.T(ctx, "clients.precaution."+p.Code) + ": " + p.Helps})
	}
	return out
}

// event is something new of the shift, as its entry says it.
func event(ctx context.Context, k *record.Kind, f clients.Fact) room.HandoverLine {
	e := &record.Entry{ID: f.ID, Chart: f.Chart, Kind: f.Kind, Happened: f.Happened, Written: f.Written, Author: f.Author}
	l := room.HandoverLine{Heading: room.Person, Key: "entry " + f.ID.String(), At: f.Happened, Text: ui.Line(ctx, k.Line(e, f.Body)), Entry: f.ID, Href: path(f.Chart, "/entries/", f.ID.String())}
	switch f.Body.(type) {
	case *clients.PrecautionSet:
		l.Heading, l.State = room.Illness, ui.Now // new today: everybody must hear of it
	case *clients.AllergyNoted, *clients.LegalStatusSet, *clients.FlagSet:
		l.Heading = room.Situation
	}
	return l
}
