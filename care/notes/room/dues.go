package room

import (
	"fmt"
	"slices"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"milieu/care/notes"
	"milieu/house/clients"
	"milieu/house/places"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
)

// Ladders: who hears when a note is not finished, or nobody has co-signed it. The program's own proposal, held from 2026-11-01.
var (
	finishLadder = []due.Rung{{After: 0, Tell: "owner"}, {After: 4 * time.Hour, Tell: "in_charge"}, {After: 24 * time.Hour, Tell: "supervisor"}}
	cosignLadder = []due.Rung{{After: 0, Tell: "in_charge"}, {After: 24 * time.Hour, Tell: "supervisor"}}
)

// Data is what a due of this room carries for boards.
type Data struct {
	Format string    `json:"format"`
	At     time.Time `json:"at"` // when it was begun or signed
	By     record.ID `json:"by"`
}

// stayKinds change the unit that a person belongs to.
var stayKinds = []string{"clients.registered", "clients.admitted", "clients.transferred", "clients.left", "clients.returned", "clients.discharged", "clients.merged", "clients.unmerged"}

// Rules are the room's dues: a begun note is its author's to finish, a note that waits for a colleague is theirs to co-sign.
func Rules() []due.Rule {
	kinds := append(append([]string{notes.KindRules, "access.relabelled", "places.unit_opened", "places.unit_changed"}, stayKinds...), said...)
	return []due.Rule{
		{Name: notes.RuleFinish, Kinds: kinds, Touches: touches, Windows: finishWindows, Ladder: finishLadder, TakenFor: 4 * time.Hour},
		{Name: notes.RuleCosign, Kinds: kinds, Touches: touches, Windows: cosignWindows, Ladder: cosignLadder, TakenFor: 4 * time.Hour},
	}
}

// touches says whose dues an entry moves. What a house or unit sets moves those of everybody about whom there is something to finish or sign.
func touches(q db.Querier, e *record.Entry, b record.Body) ([]record.ID, error) {
	switch b.(type) {
	case *notes.Rules, *places.UnitOpened, *places.UnitChanged:
		out, err := record.IDs(q, "SELECT DISTINCT chart FROM notes_said_v1 WHERE what IN ($1, $2)", notes.KindBegun, notes.KindWritten)
		if err != nil {
			return nil, fmt.Errorf("listing about whom there are notes: %w", err)
		}
		for _, chart := range slices.Clone(out) {
			family, err := clients.Family(q, chart)
			if err != nil {
				return nil, err
			}
			out = append(out, family...)
		}
		return out, nil
	case *access.Relabelled:
		return clients.Touched(q, e, b)
	}
	return clients.Touched(q, e, b)
}

// standing is what a chart's dues are worked out from.
type standing struct {
	all    []line
	labels map[record.ID][]string
	unit   record.ID
	inside bool // the person is on a unit of a substance-use programme
	own    []notes.Fixed
	house  []notes.Fixed
}

// standingOf reads it; nil where the person goes on under another chart, or nobody has written about them.
func standingOf(q db.Querier, chart record.ID) (*standing, error) {
	family, err := clients.Family(q, chart)
	if err != nil || family[0] != chart {
		return nil, err
	}
	s := &standing{labels: map[record.ID][]string{}}
	if s.all, err = linesOf(q, family); err != nil || !slices.ContainsFunc(s.all, func(l line) bool { return l.What == notes.KindBegun || l.What == notes.KindWritten }) {
		return nil, err
	}
	for _, c := range family {
		list, err := access.LabelsIn(q, c)
		if err != nil {
			return nil, err
		}
		for _, l := range list {
			s.labels[l.Entry] = l.Labels
		}
	}
	if s.unit, err = unitOf(q, chart); err != nil {
		return nil, err
	}
	if s.inside, err = places.IsProgramme(q, s.unit); err != nil {
		return nil, err
	}
	if s.own, err = rulesIn(q, s.unit); err != nil {
		return nil, err
	}
	s.house, err = rulesIn(q, due.House)
	return s, err
}

// shown says that a note may stand on a unit's board: what is its author's alone never does, what a substance-use programme wrote does on a unit
// of one.
func (s *standing) shown(note record.ID) bool {
	for _, l := range s.labels[note] {
		if closed(l) || l != access.NotForFamily && !s.inside {
			return false
		}
	}
	return true
}

func finishWindows(q db.Querier, chart record.ID) ([]due.Window, error) {
	s, err := standingOf(q, chart)
	if err != nil || s == nil {
		return nil, err
	}
	var out []due.Window
	for _, l := range open(s.all) {
		if !s.shown(l.ID) {
			continue
		}
		late := l.At.Add(time.Duration(notes.At(s.own, s.house, l.At).LateHours) * time.Hour)
		w, err := window(chart, notes.RuleFinish, l, late)
		if err != nil {
			return nil, err
		}
		w.Owner = l.Author
		out = append(out, w)
	}
	return out, nil
}

func cosignWindows(q db.Querier, chart record.ID) ([]due.Window, error) {
	s, err := standingOf(q, chart)
	if err != nil || s == nil {
		return nil, err
	}
	signed := cosigned(s.all)
	var out []due.Window
	for _, l := range s.all {
		rules := notes.At(s.own, s.house, l.At)
		if l.What != notes.KindWritten || len(signed[l.ID]) > 0 || !rules.Asks(l.Role) || !s.shown(l.ID) {
			continue
		}
		w, err := window(chart, notes.RuleCosign, l, l.At.Add(time.Duration(rules.CosignHours)*time.Hour))
		if err != nil {
			return nil, err
		}
		w.Role = string(access.Supervisor)
		out = append(out, w)
	}
	return out, nil
}

func window(chart record.ID, rule string, l line, late time.Time) (due.Window, error) {
	data, err := jsonv2.Marshal(Data{Format: l.Format, At: l.At, By: l.Author})
	return due.Window{Chart: chart, Rule: rule, Key: l.ID.String(), Anchor: l.ID, Opens: l.At, Due: late, Late: late, Data: data}, err
}

// waiting are the notes of some people that wait for a co-signature that somebody may give, and the begun notes that are theirs.
func waiting(q db.Querier, me record.ID, may bool, charts []record.ID) (mine, cosign []due.Window, err error) {
	all, err := due.Of(q, charts...)
	for _, w := range all {
		switch {
		case w.Rule == notes.RuleFinish && w.Owner == me:
			mine = append(mine, w)
		case w.Rule == notes.RuleCosign && may:
			cosign = append(cosign, w)
		}
	}
	return mine, cosign, err
}
