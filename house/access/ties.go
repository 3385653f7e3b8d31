package access

import (
	"fmt"
	"slices"
	"time"

	"milieu/house/clients"
	kit "milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Span is who is tied to a client, for how long and why.
type Span struct {
	Person record.ID `json:"person" doc:"the staff chart of whoever is tied"`
	From   time.Time `json:"from,omitzero" doc:"from when; when this happened, if it does not say"`
	Until  time.Time `json:"until,omitzero" doc:"until when; open, if it does not say"`
	Why    string    `json:"why" max:"300"`
}

func (s *Span) check(c *fault.Check) {
	c.Want(!s.Person.IsZero(), "person", "say who")
	c.Want(said(s.Why), "why", "say why")
	fits(c, "why", s.Why, 300)
	c.Want(s.Until.IsZero() || s.From.IsZero() || s.From.Before(s.Until), "until", "the end lies before the start")
}

// CareTies are the ties of those who care for somebody; GuestTies those of the person, and of those whom they or the law let in.
var (
	CareTies  = []string{"care_team", "caseload"}
	GuestTies = []string{"self", "guardian", "family"}
)

// Tied says that a member of staff is of a client's care team, or has them on their caseload: access.tied.
type Tied struct {
	Span
	As string `json:"as" enum:"care_team|caseload"`
}

// Validate implements record.Body.
func (t *Tied) Validate(*record.Entry) error {
	var c fault.Check
	t.check(&c)
	c.Want(slices.Contains(CareTies, t.As), "as", "say as what")
	return c.Err()
}

// LetIn says that an account is the client's own, their guardian's, or one of their family's: access.let_in.
type LetIn struct {
	Span
	As string `json:"as" enum:"self|guardian|family"`
}

// Validate implements record.Body.
func (l *LetIn) Validate(*record.Entry) error {
	var c fault.Check
	l.check(&c)
	c.Want(slices.Contains(GuestTies, l.As), "as", "say as what")
	return c.Err()
}

// Untied ends a tie: access.untied. It ends when this happened.
type Untied struct {
	Tie record.ID `json:"tie" doc:"the entry that began it"`
	Why string    `json:"why,omitempty" max:"300"`
}

// Validate implements record.Body.
func (u *Untied) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!u.Tie.IsZero(), "tie", "say which")
	fits(&c, "why", u.Why, 300)
	return c.Err()
}

// Tie is one tie as it stands.
type Tie struct {
	Root   record.ID // the entry that began it: what is ended, corrected and withdrawn
	Chart  record.ID // in which it was said; perhaps one merged into another since
	Person record.ID
	As     string
	From   time.Time
	Until  time.Time // zero: open
	Why    string
	Author record.ID
	Ended  bool // before its time
}

// Holds says whether it held at t.
func (t *Tie) Holds(at time.Time) bool { return holds(t.From, t.Until, at) }

// TiesOf lists who is, was and will be tied to a client, by start.
func TiesOf(q db.Querier, chart record.ID) ([]Tie, error) {
	return ofFamily(q, chart, func(c record.ID) ([]Tie, error) { return ties(q, "chart = $1", c[:]) })
}

// TiesTo lists to whom a person is, was and will be tied, by start.
func TiesTo(q db.Querier, person record.ID) ([]Tie, error) { return ties(q, withPerson, person[:]) }

// withPerson finds everything said of what a person is party to.
const withPerson = "root IN (SELECT root FROM access_fact_v1 WHERE person = $1)"

func ties(q db.Querier, where string, args ...any) ([]Tie, error) {
	list, err := facts(q, topicTie, where, args...)
	if err != nil {
		return nil, err
	}
	var out []Tie
	for _, t := range threads(list, "access.tied", "access.let_in") {
		b, err := read[Tied](t.fact)
		if err != nil {
			return nil, err
		}
		t.endedBy("access.untied")
		one := Tie{Root: t.root, Chart: t.chart, Person: b.Person, As: b.As, From: b.From, Until: earlier(b.Until, t.ended), Why: b.Why, Author: t.author}
		if one.From.IsZero() {
			one.From = t.happened
		}
		if one.Ended = !t.ended.IsZero() && one.Until.Equal(t.ended); one.Ended && one.Until.Before(one.From) {
			one.Until = one.From
		}
		out = append(out, one)
	}
	slices.SortStableFunc(out, func(a, b Tie) int { return a.From.Compare(b.From) })
	return out, nil
}

// ofFamily gathers what is said in all charts of one person.
func ofFamily[T any](q db.Querier, chart record.ID, of func(chart record.ID) ([]T, error)) ([]T, error) {
	family, err := clients.Family(q, chart)
	if err != nil {
		return nil, fmt.Errorf("following the merges of %s: %w", chart, err)
	}
	var out []T
	for _, c := range family {
		more, err := of(c)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

// relation is what a tie gives. One that never holds gives nothing.
func (t *Tie) relation() (r kit.Relation, ok bool) {
	what, known := kit.ParseTie(t.As)
	return kit.Relation{Chart: t.Chart, What: what, From: t.From, Until: t.Until, Via: t.Root}, known && (t.Until.IsZero() || t.From.Before(t.Until))
}
