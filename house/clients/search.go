package clients

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"milieu/house/places"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/record"
)

// Limits of a search. They bound its cost, not what can be found: a further word narrows.
const (
	searchTerms = 60   // words of names that one written word may stand for
	searchEach  = 3000 // clients looked at for one written word
	SearchMax   = 40   // clients given
)

// Found is a client that a search gives, with how near the names are, from 0 to 1.
type Found struct {
	Card
	Near float64
}

// Search finds clients within a scope by any of their names, also when it is spelled otherwise, by alias, by number, or by the name of the
// room they have. The nearest come first; at most SearchMax.
func Search(q db.Querier, scope *access.Scope, text string) ([]Found, error) {
	found, err := search(q, scope, text, strings.Fields(Fold(text)))
	if joined := clip(strings.ReplaceAll(Fold(text), " ", "")); err == nil && len(found) == 0 && joined != "" {
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
		ids, err := candidates(q, unit, words, strings.ReplaceAll(Fold(text), " ", ""))
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			if found[id] {
				continue
			}
			found[id] = true
			c, err := scanCard(q.QueryRow("SELECT "+cardColumns+" FROM clients_card_v1 c WHERE c.chart = $1", id))
			if err == db.ErrNoRows {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("reading the card of chart %s: %w", id, err)
			}
			if !scope.All && (!scope.Sees(c.Unit) || !c.sight.IsZero() && !c.sight.After(scope.Now)) {
				continue
			}
			if n := nearness(words, c.folded); n > 0 || c.numbered(q, text) {
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
	slices.SortFunc(all, func(a, b Found) int {
		return cmp.Or(cmp.Compare(b.Near, a.Near), cmp.Compare(a.Name, b.Name), slices.Compare(a.ID[:], b.ID[:]))
	})
	all = all[:min(len(all), SearchMax)]
	list := make([]Card, len(all))
	for i := range all {
		list[i] = all[i].Card
	}
	err := name(q, list)
	for i := range all {
		all[i].Card = list[i]
	}
	return all, err
}

// candidates are the charts that may be meant: those that every written word leads to, or when there are none, those that any does.
func candidates(q db.Querier, unit record.ID, words []string, number string) ([]record.ID, error) {
	var both map[record.ID]int
	for _, w := range words {
		terms, err := termsNear(q, w)
		if err != nil {
			return nil, err
		}
		here := map[record.ID]int{}
		for i, t := range terms {
			ids, err := chartsWith(q, unit, t, searchEach)
			if err != nil {
				return nil, err
			}
			for _, id := range ids {
				if _, ok := here[id]; !ok {
					here[id] = i
				}
			}
			if len(here) > searchEach {
				break
			}
		}
		if both == nil {
			both = here
			continue
		}
		meet := map[record.ID]int{}
		for id, rank := range here {
			if before, ok := both[id]; ok {
				meet[id] = before + rank
			}
		}
		both = meet
	}
	out := make([]record.ID, 0, len(both))
	for id := range both {
		out = append(out, id)
	}
	slices.SortFunc(out, func(a, b record.ID) int {
		return cmp.Or(cmp.Compare(both[a], both[b]), slices.Compare(a[:], b[:]))
	})
	out = out[:min(len(out), 10*SearchMax)]
	if len(number) >= 3 {
		from := []byte(termNumber + number)
		ids, err := chartsBetween(q, unit, from, append(slices.Clone(from), 0xff), SearchMax)
		if err != nil {
			return nil, err
		}
		out = append(ids, out...)
	}
	return out, nil
}

// termsNear are the terms a written word may stand for, the surest first: the word itself, words that begin with it, words that differ by a
// letter or two, words that sound alike.
func termsNear(q db.Querier, word string) ([]string, error) {
	out := []string{termName + word}
	add := func(t string) {
		if !slices.Contains(out, t) && len(out) < searchTerms {
			out = append(out, t)
		}
	}
	collect := func(query string, args ...any) error {
		return db.Each(q, query, args, func(r db.Row) error {
			var t []byte
			err := r.Scan(&t)
			add(string(t))
			return err
		})
	}
	from := []byte(termName + word)
	if err := collect("SELECT DISTINCT term FROM clients_term_v1 WHERE term >= $1 AND term < $2 LIMIT 40", from, append(slices.Clone(from), 0xff)); err != nil {
		return nil, fmt.Errorf("looking for words that begin with the one written: %w", err)
	}
	var near []string
	for _, c := range cuts(word) {
		err := db.Each(q, "SELECT term FROM clients_near_v1 WHERE near = $1 LIMIT 60", []any{[]byte(c)}, func(r db.Row) error {
			var t []byte
			err := r.Scan(&t)
			near = append(near, string(t))
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("looking for words near the one written: %w", err)
		}
	}
	slices.SortFunc(near, func(a, b string) int { return cmp.Or(cmp.Compare(Near(word, b), Near(word, a)), cmp.Compare(a, b)) })
	for _, t := range slices.Compact(near) {
		if Near(word, t) >= nearEnough {
			add(termName + t)
		}
	}
	if s := Sound(word); len(s) > 1 {
		add(termSound + s)
	}
	return out, nil
}

func chartsWith(q db.Querier, unit record.ID, term string, limit int) ([]record.ID, error) {
	return chartsOf(q, unit, "t.term = $1", []any{[]byte(term)}, limit)
}

func chartsBetween(q db.Querier, unit record.ID, from, to []byte, limit int) ([]record.ID, error) {
	return chartsOf(q, unit, "t.term >= $1 AND t.term < $2", []any{from, to}, limit)
}

// chartsOf lists the charts with some terms: in a unit, or in all for the zero one.
func chartsOf(q db.Querier, unit record.ID, which string, args []any, limit int) ([]record.ID, error) {
	query := "SELECT t.chart FROM clients_term_v1 t WHERE " + which
	if !unit.IsZero() {
		query = fmt.Sprintf("SELECT t.chart FROM clients_term_v1 t JOIN clients_card_v1 c ON c.chart = t.chart WHERE %s AND c.unit = $%d", which, len(args)+1)
		args = append(args, unit)
	}
	args = append(args, limit)
	var out []record.ID
	err := db.Each(q, fmt.Sprintf("%s LIMIT $%d", query, len(args)), args, func(r db.Row) error {
		var id record.ID
		err := r.Scan(&id)
		out = append(out, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking up names: %w", err)
	}
	return out, nil
}

// Nearness of words, from Winkler's measure: below nearEnough two words are not taken for one another; equal sounds make up for spelling.
const (
	nearEnough = 0.82
	nearSound  = 0.86
)

// nearness says how well written words fit the words of somebody's names; 0 when one of them fits none.
func nearness(written []string, folded string) float64 {
	names := strings.Fields(folded)
	var sum float64
	for _, w := range written {
		var best float64
		for _, n := range names {
			near := Near(w, n)
			switch s := Sound(w); {
			case near == 1:
			case strings.HasPrefix(n, w):
				near = max(near, 0.97)
			case len(s) > 1 && s == Sound(n):
				near = max(near, nearSound)
			case near < nearEnough:
				near = 0
			}
			best = max(best, near)
		}
		if best == 0 {
			return 0
		}
		sum += best
	}
	return sum / float64(len(written))
}

// numbered says whether a text is the beginning of one of the client's numbers.
func (c *Card) numbered(q db.Querier, text string) bool {
	number := strings.ReplaceAll(Fold(text), " ", "")
	if len(number) < 3 {
		return false
	}
	terms, err := termsOf(q, c.ID)
	return err == nil && slices.ContainsFunc(terms, func(t string) bool { return strings.HasPrefix(t, termNumber+number) })
}

// inRoom gives those who have the room called so.
func inRoom(q db.Querier, unit record.ID, text string) ([]Card, error) {
	wanted := strings.ReplaceAll(Fold(text), " ", "")
	if unit.IsZero() || wanted == "" {
		return nil, nil
	}
	rooms, err := places.Rooms(q, unit)
	if err != nil {
		return nil, err
	}
	at := map[record.ID]bool{}
	for _, r := range rooms {
		if n := strings.ReplaceAll(Fold(r.Name), " ", ""); n == wanted || n == "room"+wanted {
			at[r.ID] = true
		}
	}
	if len(at) == 0 {
		return nil, nil
	}
	list, err := Cards(q, unit)
	return slices.DeleteFunc(list, func(c Card) bool { return !at[c.RoomID] }), err
}
