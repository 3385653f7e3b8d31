package credentials

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"milieu/house/places"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

// Held is one certificate as it stands.
type Held struct {
	Root   record.ID // the entry that recorded it first: what is vouched for, corrected and withdrawn
	ID     record.ID // the entry that says it now
	Person record.ID
	Recorded
	At       time.Time // when it was recorded
	By       record.ID // who recorded it
	Voucher  record.ID // who vouched for it; zero: nobody yet
	How      string    // how it was checked
	Checked  time.Time // when
	Evidence []Evidence
	Ended    time.Time // zero: it holds as long as its dates say
	EndedBy  record.ID // the entry that ended it
	Why      string
	Reason   string
}

// Evidence is a kept picture or file of a certificate.
type Evidence struct {
	ID   record.ID // the entry's
	Blob string
	Form string
	At   time.Time
}

// Counts says that somebody has vouched for it.
func (h *Held) Counts() bool { return !h.Voucher.IsZero() }

// Lapse is the first moment at which it is no longer valid by its dates: midnight after its last day, by the clock on the wall. Zero: never.
func (h *Held) Lapse(zone *time.Location) time.Time {
	until, ok := day(h.Until)
	if !ok {
		return time.Time{}
	}
	return midnight(zone, until, 1)
}

// Span is when it holds: from its first day until it lapses or was ended. A zero end is open.
func (h *Held) Span(zone *time.Location) (from, until time.Time) {
	if first, ok := day(h.From); ok {
		from = midnight(zone, first, 0)
	}
	until = h.Lapse(zone)
	if !h.Ended.IsZero() && (until.IsZero() || h.Ended.Before(until)) {
		until = h.Ended
	}
	return from, until
}

// midnight is when a calendar day begins in a zone, so many days on.
func midnight(zone *time.Location, d time.Time, days int) time.Time {
	d = d.AddDate(0, 0, days)
	return places.WallClock(zone, d.Year(), d.Month(), d.Day(), 0)
}

// Of lists one person's certificates by sort, then by their last day, those that ended too.
func Of(q db.Querier, person record.ID) ([]Held, error) {
	return held(q, "WHERE person = $1", person[:])
}

// All lists everybody's certificates, person by person.
func All(q db.Querier) ([]Held, error) { return held(q, "") }

func held(q db.Querier, where string, args ...any) ([]Held, error) {
	var out []Held
	var last Held
	keep := func() {
		if !last.ID.IsZero() {
			out = append(out, last)
		}
	}
	var person, root record.ID
	var at int64
	var one statement
	r := &one.says
	into := []any{&person, &root, &at, &one.id, &one.said, &one.author, &r.What, &r.Name, &r.Number, &r.IssuedBy, &r.From, &r.Until, &one.how, &one.more}
	err := db.Each(q, "SELECT person, root, happened, id, said, author, what, name, number, issuer, since, until, how, more FROM staff_credential_v1 "+where+" ORDER BY person, root, happened, id", args, func(r db.Row) error {
		if err := r.Scan(into...); err != nil {
			return err
		}
		if last.Person != person || last.Root != root {
			keep()
			last = Held{Person: person, Root: root}
		}
		one.at = clock.FromMicros(at)
		last.hear(&one)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading certificates: %w", err)
	}
	keep()
	for from, i := 0, 0; i < len(out); i++ { // they come person by person
		if i+1 == len(out) || out[i+1].Person != out[i].Person {
			slices.SortStableFunc(out[from:i+1], func(a, b Held) int {
				return cmp.Or(cmp.Compare(order(a.What), order(b.What)), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Until, b.Until), slices.Compare(a.Root[:], b.Root[:]))
			})
			from = i + 1
		}
	}
	return out, nil
}

// statement is one row of the table: how says how it was checked, why it ended or in what form the file is.
type statement struct {
	id, author      record.ID
	at              time.Time
	said, how, more string
	says            Recorded
}

func order(code string) int {
	return slices.IndexFunc(sorts, func(s Sort) bool { return s.Code == code })
}

// hear takes in the next statement about a certificate. What vouches for it may stand before what records it.
func (h *Held) hear(s *statement) {
	switch s.said {
	case saidRecorded:
		h.ID, h.At, h.By, h.Recorded = s.id, s.at, s.author, s.says
		if h.Vouched = s.how; s.how != "" {
			h.Voucher, h.Checked, h.How = s.author, s.at, s.how
		}
	case saidVerified:
		h.Voucher, h.Checked, h.How = s.author, s.at, s.how
	case saidEvidenced:
		h.Evidence = append(h.Evidence, Evidence{s.id, s.more, s.how, s.at})
	case saidEnded:
		if h.Ended.IsZero() { // the earliest
			h.Ended, h.EndedBy, h.Why, h.Reason = s.at, s.id, s.how, s.more
		}
	}
}

// Zone is the house's time zone, by which days begin and end.
func Zone(q db.Querier) (*time.Location, error) {
	h, err := places.HouseOf(q)
	return h.Location(), err
}
