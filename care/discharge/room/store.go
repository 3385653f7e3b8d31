// Package room is the working part of discharge: the table that says how far somebody's leaving is, the dues for what is missing afterwards, and the
// pages: one calm list of what belongs to leaving well, its forms, the papers for the person.
package room

import (
	"context"
	"fmt"
	"reflect"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"milieu/care/belongings"
	"milieu/care/discharge"
	"milieu/house/clients"
	"milieu/house/places"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
)

// bodies are the kinds of which a leaving is worked out, each with an empty body: the room's own, the stay's ends, and what becomes of belongings.
var bodies = map[string]record.Body{
	"clients.admitted": &clients.Admitted{}, "clients.discharged": &clients.DischargedTo{},
	belongings.KindTakenIn: &belongings.TakenIn{}, belongings.KindGivenBack: &belongings.GivenBack{}, belongings.KindDisposed: &belongings.Disposed{},
	discharge.KindPlanned: &discharge.Planned{}, discharge.KindBooked: &discharge.FollowUpBooked{}, discharge.KindDeclined: &discharge.FollowUpDeclined{}, discharge.KindNone: &discharge.NoneBooked{},
	discharge.KindLeft: &discharge.BelongingsLeft{}, discharge.KindSummary: &discharge.SummaryWritten{}, discharge.KindCopy: &discharge.CopyGiven{},
}

// reads are the kinds of other rooms among them, and those that say under which chart and on which unit somebody is.
func reads() []string {
	return append(clients.StayKinds(), "places.house_set", belongings.KindTakenIn, belongings.KindGivenBack, belongings.KindDisposed)
}

// said are all kinds that the table keeps, in one order.
func said() []string {
	own := []string{discharge.KindPlanned, discharge.KindBooked, discharge.KindDeclined, discharge.KindNone, discharge.KindLeft, discharge.KindSummary, discharge.KindCopy}
	return append(own, "clients.admitted", "clients.discharged", belongings.KindTakenIn, belongings.KindGivenBack, belongings.KindDisposed)
}

// Projections are the room's tables.
func Projections() []record.Projection {
	put := func(table string) func(db.Tx, *record.Entry, record.Body) error {
		return func(tx db.Tx, e *record.Entry, b record.Body) error {
			raw, err := record.Canonical(b)
			if err != nil {
				return err
			}
			return tx.Exec("INSERT INTO "+table+" (chart, happened, id, author, received, kind, body) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
				e.Chart[:], clock.Micros(e.Happened), e.ID[:], e.Author[:], clock.Micros(e.Received), e.Kind, []byte(raw))
		}
	}
	drop := func(table string) func(db.Tx, *record.Entry, record.Body) error {
		return func(tx db.Tx, e *record.Entry, _ record.Body) error {
			return tx.Exec("DELETE FROM "+table+" WHERE chart = $1 AND happened = $2 AND id = $3", e.Chart[:], clock.Micros(e.Happened), e.ID[:])
		}
	}
	schema := func(table string) string {
		return `CREATE TABLE IF NOT EXISTS ` + table + ` (chart BLOB NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL, author BLOB NOT NULL, received INTEGER NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL,
	PRIMARY KEY (chart, happened, id)) WITHOUT ROWID;`
	}
	return []record.Projection{
		{Name: "discharge_said", Version: 1, Kinds: said(), Put: put("discharge_said_v1"), Drop: drop("discharge_said_v1"), Tables: []string{"discharge_said_v1", "discharge_open_v1"},
			Schema: schema("discharge_said_v1") + "\nCREATE TABLE IF NOT EXISTS discharge_open_v1 (unit BLOB NOT NULL, chart BLOB NOT NULL, PRIMARY KEY (unit, chart)) WITHOUT ROWID;"},
		{Name: "discharge_house", Version: 1, Kinds: []string{discharge.KindHouse}, Put: put("discharge_house_v1"), Drop: drop("discharge_house_v1"), Tables: []string{"discharge_house_v1"}, Schema: schema("discharge_house_v1")},
	}
}

// StateOf is how far somebody's leaving is, over all of their charts; nothing under a chart that was merged into another.
func StateOf(q db.Querier, chart record.ID) (discharge.State, error) {
	family, err := clients.Family(q, chart)
	if err != nil || family[0] != chart {
		return discharge.State{}, err
	}
	var filed []discharge.Filed
	for _, c := range family {
		err := db.Each(q, "SELECT happened, id, author, received, kind, body FROM discharge_said_v1 WHERE chart = $1 ORDER BY happened, id", []any{c[:]}, func(r db.Row) error {
			f := discharge.Filed{Chart: c}
			var happened, received int64
			var kind string
			var body []byte
			if err := r.Scan(&happened, &f.ID, &f.By, &received, &kind, &body); err != nil {
				return err
			}
			f.At, f.Received = clock.FromMicros(happened), clock.FromMicros(received)
			f.Body = reflect.New(reflect.TypeOf(bodies[kind]).Elem()).Interface().(record.Body)
			filed = append(filed, f)
			return jsonv2.Unmarshal(body, f.Body)
		})
		if err != nil {
			return discharge.State{}, fmt.Errorf("reading how far the leaving of chart %s is: %w", c, err)
		}
	}
	return discharge.Of(filed), nil
}

// LinesOf are the numbers to call in a crisis that a unit has set.
func LinesOf(q db.Querier, unit record.ID) ([]discharge.Line, error) {
	var body []byte
	err := q.QueryRow("SELECT body FROM discharge_house_v1 WHERE chart = $1 ORDER BY happened DESC, id DESC LIMIT 1", unit).Scan(&body)
	if err == db.ErrNoRows {
		return nil, nil
	}
	var h discharge.HouseSet
	if err == nil {
		err = jsonv2.Unmarshal(body, &h)
	}
	if err != nil {
		return nil, fmt.Errorf("reading whom to call in a crisis on unit %s: %w", unit, err)
	}
	return h.Lines, nil
}

// Within what time something missing is asked for after a discharge, and who hears: the program's own proposal, held from 2026-11-28.
var (
	clocks = map[string]struct{ due, late time.Duration }{
		discharge.RuleFollowUp:   {0, 2 * time.Hour},
		discharge.RuleBelongings: {2 * time.Hour, 24 * time.Hour},
		discharge.RuleSummary:    {24 * time.Hour, 72 * time.Hour},
	}
	ladder = []due.Rung{{After: 0, Tell: "in_charge"}, {After: 24 * time.Hour, Tell: "supervisor"}}
)

// rules are the names of the room's dues, in order.
var rules = []string{discharge.RuleFollowUp, discharge.RuleBelongings, discharge.RuleSummary}

// Rules are the room's dues: what is missing of a discharge that took place.
func Rules() []due.Rule {
	var out []due.Rule
	for _, name := range rules {
		out = append(out, due.Rule{Name: name, Kinds: touching(), Touches: touches, Ladder: ladder, TakenFor: 4 * time.Hour,
			Windows: func(q db.Querier, chart record.ID) ([]due.Window, error) { return windows(q, chart, name) }})
	}
	return out
}

// touches names the charts whose leaving an entry changes: of everybody who left when the house's days begin at another time.
func touches(q db.Querier, e *record.Entry, b record.Body) ([]record.ID, error) {
	if _, ok := b.(*places.House); !ok {
		return clients.Touched(q, e, b)
	}
	out, err := record.IDs(q, "SELECT chart FROM clients_card_v1 WHERE state = 'discharged'")
	if err != nil {
		return nil, fmt.Errorf("listing who has left: %w", err)
	}
	return out, nil
}

// touching are the kinds by which a leaving changes.
func touching() []string {
	out := append(clients.StayKinds(), "places.house_set")
	for _, k := range said() {
		if k != "clients.admitted" && k != "clients.discharged" {
			out = append(out, k)
		}
	}
	return out
}

// missing says whether what a rule asks for is missing.
func missing(s *discharge.State, rule string, zone *time.Location) bool {
	if !s.Asks() {
		return false
	}
	switch rule {
	case discharge.RuleFollowUp:
		return !s.FollowUpSaid(s.Left.At, zone)
	case discharge.RuleBelongings:
		return !s.ThingsSaid()
	}
	return s.Summary == nil
}

func windows(q db.Querier, chart record.ID, rule string) ([]due.Window, error) {
	s, err := StateOf(q, chart)
	if err != nil || !s.Asks() {
		return nil, err
	}
	house, err := places.HouseOf(q)
	if err != nil || !missing(&s, rule, house.Location()) {
		return nil, err
	}
	c := clocks[rule]
	return []due.Window{{Chart: chart, Rule: rule, Anchor: s.Left.ID, Opens: s.Left.At, Due: s.Left.At.Add(c.due), Late: s.Left.At.Add(c.late), Role: "in_charge"}}, nil
}

// Derived keeps, for each unit, who has left it with something missing: their dues stand on its board although they are on it no more.
func Derived() []record.Derived {
	return []record.Derived{{Name: "discharge open", Version: 1, Kinds: touching(), Touches: touches, Of: func(tx db.Tx, chart record.ID) error {
		if err := tx.Exec("DELETE FROM discharge_open_v1 WHERE chart = $1", chart[:]); err != nil {
			return err
		}
		for _, rule := range rules {
			open, err := windows(tx, chart, rule)
			if err != nil {
				return err
			}
			if len(open) == 0 {
				continue
			}
			card, err := clients.BareCard(tx, chart)
			if err == db.ErrNoRows || err == nil && card.Unit.IsZero() {
				return nil
			}
			if err != nil {
				return err
			}
			return tx.Exec("INSERT INTO discharge_open_v1 (unit, chart) VALUES ($1, $2) ON CONFLICT DO NOTHING", card.Unit[:], chart[:])
		}
		return nil
	}}}
}

// Unfinished gives who has left a unit with something missing.
func Unfinished(q db.Querier, unit record.ID) ([]record.ID, error) {
	out, err := record.IDs(q, "SELECT chart FROM discharge_open_v1 WHERE unit = $1 ORDER BY chart", unit[:])
	if err != nil {
		return nil, fmt.Errorf("listing the unfinished discharges of unit %s: %w", unit, err)
	}
	return out, nil
}

func faces() map[string]room.Face {
	out := map[string]room.Face{}
	for _, rule := range rules {
		out[rule] = room.Face{Icon: "signout", Show: func(ctx context.Context, w due.Window) room.Showing {
			return room.Showing{What: ui.T(ctx, "discharge.page.due."+rule[len("discharge."):]), Last: ui.T(ctx, "discharge.page.left_at", ui.WhenText(ctx, w.Opens)), Act: ui.T(ctx, "discharge.page.open"), Href: path(w.Chart, "")}
		}}
	}
	return out
}
