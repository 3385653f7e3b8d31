package room

import (
	"time"

	"milieu/house/clients"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// mostHanded is how many contacts of one person are handed over one by one.
const mostHanded = 6

// handover tells of the contacts of the shift, and of who could not be reached and is to be tried again: that stays open until somebody has
// talked with them.
func handover(c *web.Ctx, q db.Querier, s room.Span) (map[record.ID][]room.HandoverLine, error) {
	out := map[record.ID][]room.HandoverLine{}
	for _, chart := range s.Charts {
		family, err := clients.Family(q, chart)
		if err != nil {
			return nil, err
		}
		rows, err := Recent(q, family, s.From, nil, 2*mostHanded)
		if err != nil {
			return nil, err
		}
		var talked time.Time // the last contact: what was tried before it is done
		for _, r := range rows {
			if r.Held != nil && r.At.After(talked) && s.Sees(r.Chart, r.ID) {
				talked = r.At
			}
		}
		for _, r := range rows {
			if r.At.After(s.Until) || !s.Sees(r.Chart, r.ID) || len(out[chart]) == mostHanded {
				continue
			}
			l := room.HandoverLine{Heading: room.Person, Key: "contact-" + r.ID.String(), At: r.At, Entry: r.ID, Text: r.words(c.Context()), Href: "/clients/" + chart.String()}
			if r.Held == nil {
				if r.Tried.Next != "" {
					l.Text = ui.Joined(". ", l.Text, ui.T(c.Context(), "contacts.page.next_is", r.Tried.Next))
				}
				if !r.At.Before(talked) {
					l.Heading, l.Open, l.Href = room.Actions, true, newPath(chart)
				}
			} else if r.Held.Words != "" {
				l.Text = ui.Joined(": ", l.Text, r.Held.Words)
			}
			out[chart] = append(out[chart], l)
		}
	}
	return out, nil
}
