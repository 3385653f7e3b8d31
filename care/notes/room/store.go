package room

import (
	"fmt"
	"slices"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"milieu/care/notes"
	"milieu/house/clients"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
)

// line is one row of the table: a statement about notes as it stands.
type line struct {
	Chart  record.ID
	ID     record.ID
	At     time.Time
	What   string
	Author record.ID
	Role   string
	Format string
	Ref    record.ID // the begun note that is finished or given up; the note that is co-signed
	From   time.Time
	Until  time.Time
}

const lineColumns = "SELECT chart, happened, id, what, author, role, format, ref, since, until FROM notes_said_v1 WHERE "

func scanLine(r db.Row) (l line, err error) {
	var at, from, until int64
	err = r.Scan(&l.Chart, &at, &l.ID, &l.What, &l.Author, &l.Role, &l.Format, &l.Ref, &from, &until)
	l.At, l.From, l.Until = clock.FromMicros(at), clock.FromMicros(from), clock.FromMicros(until)
	return l, err
}

func lines(q db.Querier, where string, args ...any) ([]line, error) {
	var out []line
	err := db.Each(q, lineColumns+where+" ORDER BY happened, id", args, func(r db.Row) error {
		l, err := scanLine(r)
		out = append(out, l)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading what was said about notes: %w", err)
	}
	return out, nil
}

// linesOf reads what stands about notes in all of a person's charts, by time.
func linesOf(q db.Querier, family []record.ID) ([]line, error) {
	var out []line
	for _, chart := range family {
		some, err := lines(q, "chart = $1", chart[:])
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	if len(family) > 1 {
		slices.SortStableFunc(out, func(a, b line) int { return a.At.Compare(b.At) })
	}
	return out, nil
}

// open are the begun notes that their authors have not finished, and that nobody has given up. A note finishes its author's own alone, whatever
// it names.
func open(all []line) []line {
	finished, dropped := map[[2]record.ID]bool{}, map[record.ID]bool{}
	for i := range all {
		switch l := &all[i]; l.What {
		case notes.KindWritten:
			finished[[2]record.ID{l.Ref, l.Author}] = true
		case notes.KindDropped:
			dropped[l.Ref] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(l line) bool {
		return l.What != notes.KindBegun || dropped[l.ID] || finished[[2]record.ID{l.ID, l.Author}]
	})
}

// cosigned gives the co-signatures by the note that they are about.
func cosigned(all []line) map[record.ID][]line {
	out := map[record.ID][]line{}
	for _, l := range all {
		if l.What == notes.KindCosigned {
			out[l.Ref] = append(out[l.Ref], l)
		}
	}
	return out
}

// fixedIn reads what a house or unit has set of one kind, in order of time.
func fixedIn[B any](q db.Querier, chart record.ID, what string, each func(id record.ID, at time.Time, b B)) error {
	err := db.Each(q, "SELECT happened, id, body FROM notes_fixed_v1 WHERE chart = $1 AND what = $2 ORDER BY happened, id", []any{chart[:], what}, func(r db.Row) error {
		var id record.ID
		var at int64
		var raw []byte
		var b B
		if err := r.Scan(&at, &id, &raw); err != nil {
			return err
		}
		if err := jsonv2.Unmarshal(raw, &b); err != nil {
			return err
		}
		each(id, clock.FromMicros(at), b)
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading what is set for notes in %s: %w", chart, err)
	}
	return nil
}

// rulesIn are the rules that one unit, or the house, has set over time.
func rulesIn(q db.Querier, chart record.ID) (out []notes.Fixed, err error) {
	err = fixedIn(q, chart, notes.KindRules, func(id record.ID, at time.Time, b notes.Rules) {
		out = append(out, notes.Fixed{ID: id, Happened: at, Rules: b})
	})
	return out, err
}

// RulesOf are the rules of a unit at a moment.
func RulesOf(q db.Querier, unit record.ID, at time.Time) (notes.Rules, error) {
	own, err := rulesIn(q, unit)
	if err != nil {
		return notes.Rules{}, err
	}
	house, err := rulesIn(q, due.House)
	return notes.At(own, house, at), err
}

// formatsSet are the formats that the house has set, in order of time.
func formatsSet(q db.Querier) (out []notes.FormatSet, err error) {
	err = fixedIn(q, due.House, notes.KindFormat, func(_ record.ID, _ time.Time, b notes.FormatSet) { out = append(out, b) })
	return out, err
}

// wordsSet are the house's own terms, as set last.
func wordsSet(q db.Querier) (out notes.WordsSet, err error) {
	err = fixedIn(q, due.House, notes.KindWords, func(_ record.ID, _ time.Time, b notes.WordsSet) { out = b })
	return out, err
}

// unitOf is the unit that a person belongs to now; zero where there is no such person.
func unitOf(q db.Querier, chart record.ID) (record.ID, error) {
	card, err := clients.BareCard(q, chart)
	if err == db.ErrNoRows {
		return record.Zero, nil
	}
	return card.Unit, err
}
