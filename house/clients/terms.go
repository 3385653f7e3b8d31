package clients

import (
	"slices"
	"strings"

	"milieu/kit/db"
	"milieu/kit/record"
)

// A term is what search looks up, told apart by its first letter: "n" a word of a name, "s" the sound of one, "i" a number.
const (
	termName   = "n"
	termSound  = "s"
	termNumber = "i"
)

// words is everything a client can be found by.
type words struct{ terms []string }

func wordsOf(names []Names, numbers Numbers) words {
	var w words
	add := func(kind, text string) {
		if text != "" {
			w.terms = append(w.terms, kind+text)
		}
	}
	for _, n := range names {
		for _, text := range append([]string{n.Used, n.Alias, n.Legal, n.Given, n.Family, n.Script}, n.Previous...) {
			for _, t := range tokens(text) {
				add(termName, t)
				if s := Sound(t); len(s) > 1 {
					add(termSound, s)
				}
			}
		}
	}
	for _, text := range append([]string{numbers.RecordNumber}, values(numbers.Identifiers)...) {
		add(termNumber, strings.ReplaceAll(Fold(text), " ", ""))
	}
	slices.Sort(w.terms)
	w.terms = slices.Compact(w.terms)
	return w
}

func values(list []Identifier) []string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = n.Value
	}
	return out
}

// names are the folded words of all names, for judging nearness.
func (w words) names() string {
	var out []string
	for _, t := range w.terms {
		if name, ok := strings.CutPrefix(t, termName); ok {
			out = append(out, name)
		}
	}
	return strings.Join(out, " ")
}

// know makes search find a chart by exactly these words.
func know(tx db.Tx, chart record.ID, w words) error {
	had, err := termsOf(tx, chart)
	if err != nil {
		return err
	}
	for _, t := range had {
		if !slices.Contains(w.terms, t) {
			if err := unlearn(tx, chart, t); err != nil {
				return err
			}
		}
	}
	for _, t := range w.terms {
		if !slices.Contains(had, t) {
			if err := learn(tx, chart, t); err != nil {
				return err
			}
		}
	}
	return nil
}

func forget(tx db.Tx, chart record.ID) error { return know(tx, chart, words{}) }

func termsOf(q db.Querier, chart record.ID) ([]string, error) {
	var out []string
	err := db.Each(q, "SELECT term FROM clients_term_v1 WHERE chart = $1", []any{chart}, func(r db.Row) error {
		var t []byte
		err := r.Scan(&t)
		out = append(out, string(t))
		return err
	})
	return out, err
}

func learn(tx db.Tx, chart record.ID, term string) error {
	known, err := db.Exists(tx, "SELECT 1 FROM clients_term_v1 WHERE term = $1 LIMIT 1", []byte(term))
	if err != nil {
		return err
	}
	if err := tx.Exec("INSERT INTO clients_term_v1 (term, chart) VALUES ($1, $2) ON CONFLICT (term, chart) DO NOTHING", []byte(term), chart[:]); err != nil {
		return err
	}
	name, ok := strings.CutPrefix(term, termName)
	if known || !ok {
		return nil
	}
	for _, near := range cuts(name) {
		if err := tx.Exec("INSERT INTO clients_near_v1 (near, term) VALUES ($1, $2) ON CONFLICT (near, term) DO NOTHING", []byte(near), []byte(name)); err != nil {
			return err
		}
	}
	return nil
}

// unlearn forgets a term of a chart, and what is near it when nobody else has it.
func unlearn(tx db.Tx, chart record.ID, term string) error {
	if err := tx.Exec("DELETE FROM clients_term_v1 WHERE term = $1 AND chart = $2", []byte(term), chart[:]); err != nil {
		return err
	}
	name, ok := strings.CutPrefix(term, termName)
	if !ok {
		return nil
	}
	known, err := db.Exists(tx, "SELECT 1 FROM clients_term_v1 WHERE term = $1 LIMIT 1", []byte(term))
	if err != nil || known {
		return err
	}
	for _, near := range cuts(name) {
		if err := tx.Exec("DELETE FROM clients_near_v1 WHERE near = $1 AND term = $2", []byte(near), []byte(name)); err != nil {
			return err
		}
	}
	return nil
}
