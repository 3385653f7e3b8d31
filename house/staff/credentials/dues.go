package credentials

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"milieu/house/staff"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Names of the rules by which the dues are known.
const (
	RuleLapsing = "staff.credential_lapsing"
	RuleMissing = "staff.credential_missing"
)

// Data is what a due carries for boards.
type Data struct {
	What  string `json:"what"`
	Name  string `json:"name,omitempty"`
	Until string `json:"until,omitempty"` // its last day
}

// morning is when in a day a warning comes: nobody is told at midnight. Counted back from the midnight of the lapse it falls an hour earlier or
// later across a change of the clocks, and still on the right day.
const morning = 9 * time.Hour

// warn is how far before the lapse a warning of so many days comes.
func warn(days int) time.Duration { return -time.Duration(days)*24*time.Hour + morning }

// Rules are the dues of certificates. The first two warnings go to the person; with a week left, and at the lapse, whoever answers for them hears
// too. A newer certificate settles it, and so does somebody who says that it is let go.
func Rules() []due.Rule {
	about := []string{KindRecorded, KindVerified, KindEnded, "staff.joined", "staff.changed", "staff.left", "staff.returned", "places.house_set"}
	return []due.Rule{
		{Name: RuleLapsing, Kinds: about, Touches: touches, Windows: lapsing, TakenFor: 7 * 24 * time.Hour, Ladder: []due.Rung{
			{After: warn(WarnDays[0]), Tell: "owner"}, {After: warn(WarnDays[1]), Tell: "owner"}, {After: warn(WarnDays[2]), Tell: "supervisor"}, {After: 0, Tell: "supervisor"}}},
		{Name: RuleMissing, Kinds: append([]string{KindRequired, KindLifted, "staff.assigned", "staff.unassigned"}, about...), Touches: touches, Windows: missing,
			TakenFor: 7 * 24 * time.Hour, Ladder: []due.Rung{{After: 0, Tell: "owner"}, {After: 7 * 24 * time.Hour, Tell: "supervisor"}}},
	}
}

// touches says whose dues an entry moves: those of whose chart it is, and everybody's when the house says what it requires or where it lies.
func touches(q db.Querier, e *record.Entry, _ record.Body) ([]record.ID, error) {
	if e.Chart != due.House {
		return []record.ID{e.Chart}, nil
	}
	return everybody(q)
}

func everybody(q db.Querier) ([]record.ID, error) {
	out, err := record.IDs(q, "SELECT DISTINCT person FROM staff_person_v1 ORDER BY person")
	if err != nil {
		return nil, fmt.Errorf("listing the staff: %w", err)
	}
	return out, nil
}

// active gives a person who works here; nil for anybody else.
func active(q db.Querier, person record.ID) (*staff.Person, error) {
	p, err := staff.Find(q, person)
	if err != nil && fault.KindOf(err) == fault.NotFound || err == nil && !p.Active() {
		return nil, nil
	}
	return &p, err
}

// lasting is, for each sort, the certificate that somebody has vouched for, nobody has ended, and that lasts longest.
func lasting(held []Held, zone *time.Location) []*Held {
	var out []*Held
	for i := range held {
		h := &held[i]
		if !h.Counts() || !h.Ended.IsZero() {
			continue
		}
		at := slices.IndexFunc(out, func(o *Held) bool { return o.Key() == h.Key() })
		switch {
		case at < 0:
			out = append(out, h)
		case longer(h, out[at], zone):
			out[at] = h
		}
	}
	return out
}

func lapsing(q db.Querier, person record.ID) ([]due.Window, error) {
	held, err := Of(q, person)
	if err != nil || len(held) == 0 {
		return nil, err
	}
	p, err := active(q, person)
	if err != nil || p == nil {
		return nil, err
	}
	zone, err := Zone(q)
	if err != nil {
		return nil, err
	}
	var out []due.Window
	for _, h := range lasting(held, zone) {
		late := h.Lapse(zone)
		if late.IsZero() {
			continue
		}
		data, err := json.Marshal(Data{h.What, h.Name, h.Until})
		if err != nil {
			return nil, fmt.Errorf("writing a due: %w", err)
		}
		out = append(out, due.Window{Chart: person, Rule: RuleLapsing, Key: h.Key(), Anchor: h.ID, Owner: person, Data: data,
			Opens: Warned(h, zone), Due: late, Late: late})
	}
	return out, nil
}

func missing(q db.Querier, person record.ID) ([]due.Window, error) {
	required, err := db.Remember(q, "staff requirements", record.Zero, Requirements)
	if err != nil || len(required) == 0 {
		return nil, err
	}
	p, err := active(q, person)
	if err != nil || p == nil {
		return nil, err
	}
	zone, err := Zone(q)
	if err != nil {
		return nil, err
	}
	held, err := Of(q, person)
	if err != nil {
		return nil, err
	}
	teams, err := staff.Teams(q, person)
	if err != nil {
		return nil, err
	}
	has := lasting(held, zone)
	var out []due.Window
	for i := range required {
		r := &required[i]
		since, of := concerns(r, p, teams)
		if !of || slices.ContainsFunc(has, func(h *Held) bool { return h.Key() == r.Key() }) {
			continue
		}
		for _, h := range held {
			if h.Counts() && h.Key() == r.Key() && h.Ended.After(since) {
				since = h.Ended
			}
		}
		data, err := json.Marshal(Data{What: r.What, Name: r.Name})
		if err != nil {
			return nil, fmt.Errorf("writing a due: %w", err)
		}
		opens := r.At
		if opens.After(since) {
			opens = since
		}
		out = append(out, due.Window{Chart: person, Rule: RuleMissing, Key: r.Key(), Anchor: r.ID, Owner: person, Data: data, Opens: opens, Due: since, Late: since})
	}
	return out, nil
}

// concerns says since when a requirement that lasts concerns somebody: of their role, and of a team in which they are for good.
func concerns(r *Requirement, p *staff.Person, teams []staff.Membership) (since time.Time, ok bool) {
	if !r.Lasts() || !r.Of(p.Role) {
		return since, false
	}
	since = r.Begins
	if p.Joined.After(since) {
		since = p.Joined
	}
	if len(r.Units) == 0 {
		return since, true
	}
	first := time.Time{}
	for _, m := range teams {
		if m.Until.IsZero() && slices.Contains(r.Units, m.Unit) && (first.IsZero() || m.From.Before(first)) {
			first = m.From
		}
	}
	if first.IsZero() {
		return since, false
	}
	if first.After(since) {
		since = first
	}
	return since, true
}
