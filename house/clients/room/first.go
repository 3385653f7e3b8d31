package room

import (
	"fmt"
	"net/url"
	"slices"

	"milieu/house/clients"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// firstView is what a phone knows of somebody without a network: who they are, what helps, what they must not be given, whom to call. It stands
// at the chart's own address, so that every link to the chart leads to it.
type firstView struct {
	*head
	Allergies []clients.Held[*clients.AllergyNoted]
	Parts     []partView
	Contacts  []clients.Held[*clients.ContactSet]
}

// firstParts are the parts of the identity that matter in a corridor.
var firstParts = []string{clients.PartSpeech, clients.PartNeeds}

func (h *head) showFirst(c *web.Ctx) error {
	q := c.Read()
	v := firstView{head: h}
	v.PhotoBlob = "" // it does not come along
	allergies, err := clients.Allergies(q, h.ID)
	if err != nil {
		return err
	}
	v.Allergies = slices.DeleteFunc(allergies, func(a clients.Held[*clients.AllergyNoted]) bool {
		return a.Ended != nil || a.Says.Past || a.Says.NoneKnown
	})
	contacts, err := clients.Contacts(q, h.ID, h.Hidden)
	if err != nil {
		return err
	}
	v.Contacts = slices.DeleteFunc(contacts, func(s clients.Held[*clients.ContactSet]) bool { return s.Ended != nil || s.Says.Past })
	for _, part := range firstParts {
		if facts := partFacts(c.Context(), part, h); len(facts) > 0 {
			v.Parts = append(v.Parts, partView{part, facts})
		}
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "clients.page.chart")}, firstPage(v))
}

// pack names what a device takes along of a unit's people: the list, and the first facts of everybody who belongs to it now.
func (r *Room) pack() []room.PackPart {
	return []room.PackPart{{Name: "clients", Pages: func(c *web.Ctx, q db.Querier, unit record.ID) ([]url.URL, error) {
		if unit.IsZero() || !c.Scope.May("clients.read") || !c.Scope.Sees(unit) {
			return nil, nil
		}
		list, err := clients.Cards(q, unit)
		if err != nil {
			return nil, fmt.Errorf("listing whose first facts go along: %w", err)
		}
		pages := []url.URL{{Path: "/clients"}}
		for _, one := range list {
			pages = append(pages, url.URL{Path: path(one.ID)})
		}
		return pages, nil
	}}}
}
