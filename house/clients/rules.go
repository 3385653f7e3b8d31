package clients

import (
	"fmt"
	"slices"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
)

// What the rules' windows carry for boards and devices.
type (
	// LegalDue is the data of a clients.legal_status window.
	LegalDue struct {
		Status string    `json:"status"`
		Words  string    `json:"words,omitempty"`
		Until  time.Time `json:"until"`
	}
	// ReturnDue is the data of a clients.return window.
	ReturnDue struct {
		Kind     string    `json:"kind"`
		Since    time.Time `json:"since"`
		Expected time.Time `json:"expected"`
	}
)

// Ladders of the room's rules, by the house, from 2026-11-19: who hears when a legal status is about to end unseen, and when somebody on
// leave is not back.
var (
	LegalLadder  = []due.Rung{{After: 0, Tell: "in_charge"}, {After: time.Hour, Tell: "supervisor"}, {After: 4 * time.Hour, Tell: "supervisor"}}
	ReturnLadder = []due.Rung{{After: 10 * time.Minute, Tell: "unit"}, {After: 30 * time.Minute, Tell: "in_charge"}, {After: 2 * time.Hour, Tell: "supervisor"}}
)

// Rules are the room's dues: a legal status that ends, and somebody expected back.
func Rules() []due.Rule {
	return []due.Rule{{
		Name: "clients.legal_status", Kinds: kindsOf(topicLegal, topicMove, topicMerge), Touches: touched, Windows: legalWindows, Ladder: LegalLadder, TakenFor: 2 * time.Hour,
	}, {
		Name: "clients.return", Kinds: kindsOf(topicMove, topicMerge), Touches: touched, Windows: returnWindows, Ladder: ReturnLadder, TakenFor: time.Hour,
	}}
}

// touched names the charts whose dues an entry may move: its own, those merged with it, and, when merges change, those of every chart it was
// ever merged into: what it leaves behind stands differently as well.
func touched(q db.Querier, e *record.Entry, b record.Body) ([]record.ID, error) {
	ends := []record.ID{e.Chart}
	switch b := b.(type) {
	case *Merged:
		ends = append(ends, b.Into)
	case *Unmerged:
	default:
		out, err := family(q, e.Chart)
		return append(out, e.Chart), err
	}
	merges, err := facts(q, topicMerge, e.Chart)
	if err != nil {
		return nil, err
	}
	for _, f := range merges {
		if m, ok := f.Body.(*Merged); ok {
			ends = append(ends, m.Into)
		}
	}
	out := slices.Clone(ends)
	for _, end := range ends {
		more, err := family(q, end)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

func legalWindows(q db.Querier, chart record.ID) ([]due.Window, error) {
	var l Legality
	var from, until int64
	var where Where
	var id record.ID
	err := q.QueryRow("SELECT state, legal_status, legal_words, legal_from, legal_until, legal_entry FROM clients_card_v1 WHERE chart = $1 AND root = chart", chart).Scan(&where, &l.Status, &l.Words, &from, &until, &id)
	if err == db.ErrNoRows {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the legal status of chart %s: %w", chart, err)
	}
	if id.IsZero() || where == Discharged {
		return nil, nil
	}
	l.From, l.Until = clock.FromMicros(from), clock.FromMicros(until)
	f, err := factOf(q, chart, id)
	if err != nil {
		return nil, err
	}
	at, late, ok := f.Body.(*LegalStatusSet).Clock(l.From)
	if !ok {
		return nil, nil
	}
	data, err := canonical(LegalDue{Status: l.Status, Words: l.Words, Until: l.Until})
	return []due.Window{{Chart: chart, Rule: "clients.legal_status", Anchor: id, Opens: l.From, Due: at, Late: late, Role: "in_charge", Data: data}}, err
}

func returnWindows(q db.Querier, chart record.ID) ([]due.Window, error) {
	var where Where
	var kind string
	var since, expected int64
	var id record.ID
	err := q.QueryRow("SELECT state, away, since, expected, away_entry FROM clients_card_v1 WHERE chart = $1 AND root = chart", chart).Scan(&where, &kind, &since, &expected, &id)
	if err == db.ErrNoRows || err == nil && (id.IsZero() || expected == 0 || where == Absent) {
		return nil, nil // a search for somebody absent is a matter of rounds
	}
	if err != nil {
		return nil, fmt.Errorf("reading when the client of chart %s is back: %w", chart, err)
	}
	d := ReturnDue{Kind: kind, Since: clock.FromMicros(since), Expected: clock.FromMicros(expected)}
	data, err := canonical(d)
	return []due.Window{{Chart: chart, Rule: "clients.return", Anchor: id, Opens: d.Since, Due: d.Expected, Late: d.Expected, Data: data}}, err
}
