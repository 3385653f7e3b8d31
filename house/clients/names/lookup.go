package names

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"milieu/kit/db"
	"milieu/kit/record"
)

// Limits of a lookup. They bound its cost, not what can be found: a further word narrows.
const (
	mostTerms  = 60   // words of names that one written word may stand for
	mostEach   = 3000 // charts looked at for one written word
	mostCharts = 400  // charts given
	mostNumber = 40   // charts given whose number begins as written
)

// Nearness of words, from Winkler's measure: below nearEnough two words are not taken for one another; equal sounds make up for spelling.
const (
	nearEnough = 0.82
	nearSound  = 0.86
)

// Charts are those that may be meant by some folded words, in a unit or for the zero one in all: those that every word leads to, the surest
// first. Before them stand the charts of which a number begins with number, where that has three digits or more.
func Charts(q db.Querier, unit record.ID, words []string, number string) ([]record.ID, error) {
	var both map[record.ID]int
	for _, w := range words {
		here, err := ranked(q, unit, w)
		if err != nil {
			return nil, err
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
	out = out[:min(len(out), mostCharts)]
	if len(number) >= 3 {
		from := []byte(termNumber + number)
		ids, err := with(q, unit, "t.term >= $1 AND t.term < $2", []any{from, append(slices.Clone(from), 0xff)}, mostNumber)
		if err != nil {
			return nil, err
		}
		out = append(ids, out...)
	}
	return out, nil
}

// Numbered are at most limit charts that have exactly this folded number.
func Numbered(q db.Querier, number string, limit int) ([]record.ID, error) {
	return with(q, record.Zero, "t.term = $1", []any{[]byte(termNumber + number)}, limit)
}

// ranked are the charts that one word leads to, each with how far down the list of what the word may stand for.
func ranked(q db.Querier, unit record.ID, word string) (map[record.ID]int, error) {
	terms, err := like(q, word)
	if err != nil {
		return nil, err
	}
	here := map[record.ID]int{}
	for i, t := range terms {
		ids, err := with(q, unit, "t.term = $1", []any{[]byte(t)}, mostEach)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			if _, ok := here[id]; !ok {
				here[id] = i
			}
		}
		if len(here) > mostEach {
			break
		}
	}
	return here, nil
}

// like are the terms a written word may stand for, the surest first: the word itself, words that begin with it, words that differ by a
// letter or two, words that sound alike.
func like(q db.Querier, word string) ([]string, error) {
	out := []string{termName + word}
	add := func(t string) {
		if !slices.Contains(out, t) && len(out) < mostTerms {
			out = append(out, t)
		}
	}
	from := []byte(termName + word)
	begin, err := terms(q, "SELECT DISTINCT term FROM clients_term_v1 WHERE term >= $1 AND term < $2 LIMIT 40", from, append(slices.Clone(from), 0xff))
	if err != nil {
		return nil, fmt.Errorf("looking for words that begin with the one written: %w", err)
	}
	for _, t := range begin {
		add(t)
	}
	var near []string
	for _, c := range cuts(word) {
		more, err := terms(q, "SELECT term FROM clients_near_v1 WHERE near = $1 LIMIT 60", []byte(c))
		if err != nil {
			return nil, fmt.Errorf("looking for words near the one written: %w", err)
		}
		near = append(near, more...)
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

func terms(q db.Querier, query string, args ...any) (out []string, err error) {
	err = db.Each(q, query, args, func(r db.Row) error {
		var t []byte
		err := r.Scan(&t)
		out = append(out, string(t))
		return err
	})
	return out, err
}

// with lists the charts with some terms. A unit's are told by the cards that the clients' projection keeps beside the index.
func with(q db.Querier, unit record.ID, which string, args []any, limit int) ([]record.ID, error) {
	query := "SELECT t.chart FROM clients_term_v1 t WHERE " + which
	if !unit.IsZero() {
		query = fmt.Sprintf("SELECT t.chart FROM clients_term_v1 t JOIN clients_card_v1 c ON c.chart = t.chart WHERE %s AND c.unit = $%d", which, len(args)+1)
		args = append(args, unit)
	}
	args = append(args, limit)
	out, err := record.IDs(q, fmt.Sprintf("%s LIMIT $%d", query, len(args)), args...)
	if err != nil {
		return nil, fmt.Errorf("looking up names: %w", err)
	}
	return out, nil
}

// Fit says how well written words, folded, fit the words of somebody's names, from 0 to 1; 0 when one of them fits none.
func Fit(written []string, folded string) float64 {
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
