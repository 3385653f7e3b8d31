package match

import (
	"cmp"
	"slices"
	"strings"

	"milieu/house/clients"
	"milieu/house/clients/names"
	"milieu/house/places"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/record"
)

// Most is how many clients a search gives; a further word narrows.
const Most = 40

// Found is a client that a search gives, with how near the names are, from 0 to 1.
type Found struct {
	clients.Card
	Near float64
}

// Search finds clients within a scope by any of their names, also when it is spelled otherwise, by alias, by number, or by the name of the
// room they have. The nearest come first; at most Most.
func Search(q db.Querier, scope *access.Scope, text string) ([]Found, error) {
	found, err := search(q, scope, text, strings.Fields(names.Fold(text)))
	if joined := names.Clip(names.Joined(text)); err == nil && len(found) == 0 && joined != "" {
		return search(q, scope, text, []string{joined}) // "o brien", "mei lin" are one word to others
	}
	return found, err
}

func search(q db.Querier, scope *access.Scope, text string, words []string) ([]Found, error) {
	if len(words) > 6 {
		words = words[:6]
	}
	if len(words) == 0 || !scope.May("see.client") {
		return nil, nil
	}
	units := scope.Units
	if scope.All {
		units = []record.ID{record.Zero}
	}
	found := map[record.ID]bool{}
	var all []Found
	for _, unit := range units {
		ids, err := names.Charts(q, unit, words, names.Joined(text))
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			if found[id] {
				continue
			}
			found[id] = true
			c, err := clients.BareCard(q, id)
			if err == db.ErrNoRows {
				continue
			}
			if err != nil {
				return nil, err
			}
			if !scope.All && (!scope.Sees(c.Unit) || !c.Sight.IsZero() && !c.Sight.After(scope.Now)) {
				continue
			}
			if n := names.Fit(words, c.Folded); n > 0 || numbered(q, c.ID, text) {
				all = append(all, Found{c, max(n, 0.5)})
			}
		}
		roomed, err := inRoom(q, unit, text)
		if err != nil {
			return nil, err
		}
		for _, c := range roomed {
			if !found[c.ID] {
				found[c.ID] = true
				all = append(all, Found{c, 0.9})
			}
		}
	}
	// Those whom the person is tied to directly are found wherever they are.
	for _, id := range scope.Charts {
		c, err := clients.BareCard(q, id)
		if err == nil && c.Root != id {
			c, err = clients.BareCard(q, c.Root)
		}
		if err == db.ErrNoRows || err == nil && slices.ContainsFunc(all, func(f Found) bool { return f.ID == c.ID }) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if n := names.Fit(words, c.Folded); n > 0 || numbered(q, c.ID, text) {
			all = append(all, Found{c, max(n, 0.5)})
		}
	}
	slices.SortFunc(all, func(a, b Found) int {
		return cmp.Or(cmp.Compare(b.Near, a.Near), cmp.Compare(a.Name, b.Name), slices.Compare(a.ID[:], b.ID[:]))
	})
	all = all[:min(len(all), Most)]
	return all, placed(q, all, func(f *Found) *clients.Card { return &f.Card })
}

// placed puts the names of rooms and beds on what was found.
func placed[F any](q db.Querier, found []F, card func(*F) *clients.Card) error {
	list := make([]clients.Card, len(found))
	for i := range found {
		list[i] = *card(&found[i])
	}
	err := clients.NamePlaces(q, list)
	for i := range found {
		*card(&found[i]) = list[i]
	}
	return err
}

// numbered says whether a text is the beginning of one of the client's numbers.
func numbered(q db.Querier, chart record.ID, text string) bool {
	number := names.Joined(text)
	if len(number) < 3 {
		return false
	}
	terms, err := names.Known(q, chart)
	return err == nil && slices.ContainsFunc(terms.Numbers(), func(n string) bool { return strings.HasPrefix(n, number) })
}

// inRoom gives those who have the room called so.
func inRoom(q db.Querier, unit record.ID, text string) ([]clients.Card, error) {
	wanted := names.Joined(text)
	if unit.IsZero() || wanted == "" {
		return nil, nil
	}
	rooms, err := places.Rooms(q, unit)
	if err != nil {
		return nil, err
	}
	at := map[record.ID]bool{}
	for _, r := range rooms {
		if n := names.Joined(r.Name); n == wanted || n == "room"+wanted {
			at[r.ID] = true
		}
	}
	if len(at) == 0 {
		return nil, nil
	}
	list, err := clients.Cards(q, unit)
	return slices.DeleteFunc(list, func(c clients.Card) bool { return !at[c.RoomID] }), err
}
