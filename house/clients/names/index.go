package names

import (
	"fmt"
	"slices"
	"strings"

	"milieu/kit/db"
	"milieu/kit/record"
)

// Schema makes the index: which charts each term leads to, and which words of names are a letter away from what may be written.
const Schema = `
CREATE TABLE IF NOT EXISTS clients_term_v1 (term BLOB NOT NULL, chart BLOB NOT NULL, PRIMARY KEY (term, chart)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS clients_term_chart_v1 ON clients_term_v1 (chart);
CREATE TABLE IF NOT EXISTS clients_near_v1 (near BLOB NOT NULL, term BLOB NOT NULL, PRIMARY KEY (near, term)) WITHOUT ROWID;
`

// Tables are the index's, as Schema makes them.
var Tables = []string{"clients_term_v1", "clients_near_v1"}

// A term is what the index looks up, told apart by its first letter: "n" a word of a name, "s" the sound of one, "i" a number.
const (
	termName   = "n"
	termSound  = "s"
	termNumber = "i"
)

// Terms is everything a chart can be found by, in order.
type Terms []string

// TermsOf gives the terms of names, each as it is written, and of numbers.
func TermsOf(names, numbers []string) Terms {
	var out Terms
	add := func(kind, text string) {
		if text != "" {
			out = append(out, kind+text)
		}
	}
	for _, text := range names {
		for _, w := range Words(text) {
			add(termName, w)
			if s := Sound(w); len(s) > 1 {
				add(termSound, s)
			}
		}
	}
	for _, text := range numbers {
		add(termNumber, Joined(text))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Joined is a text folded into one word: how numbers are compared, and names that some write as one word and others as two.
func Joined(text string) string { return strings.ReplaceAll(Fold(text), " ", "") }

// Folded are the words of all names in one line, for Fit.
func (t Terms) Folded() string { return strings.Join(t.of(termName), " ") }

// Numbers are the terms' numbers, folded.
func (t Terms) Numbers() []string { return t.of(termNumber) }

func (t Terms) of(kind string) []string {
	var out []string
	for _, term := range t {
		if text, ok := strings.CutPrefix(term, kind); ok {
			out = append(out, text)
		}
	}
	return out
}

// Share says whether both have a term in common of more than two letters or digits.
func (t Terms) Share(other Terms) bool {
	return slices.ContainsFunc(t, func(term string) bool { return len(term) > 3 && slices.Contains(other, term) })
}

// Known are the terms that lead to a chart.
func Known(q db.Querier, chart record.ID) (Terms, error) {
	var out Terms
	err := db.Each(q, "SELECT term FROM clients_term_v1 WHERE chart = $1", []any{chart}, func(r db.Row) error {
		var t []byte
		err := r.Scan(&t)
		out = append(out, string(t))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading what chart %s is found by: %w", chart, err)
	}
	return out, nil
}

// Know makes the index lead to a chart by exactly these terms; by none, the chart is forgotten.
func Know(tx db.Tx, chart record.ID, terms Terms) error {
	had, err := Known(tx, chart)
	if err != nil {
		return err
	}
	for _, t := range had {
		if !slices.Contains(terms, t) {
			if err := unlearn(tx, chart, t); err != nil {
				return err
			}
		}
	}
	for _, t := range terms {
		if !slices.Contains(had, t) {
			if err := learn(tx, chart, t); err != nil {
				return err
			}
		}
	}
	return nil
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
