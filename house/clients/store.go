package clients

import (
	"slices"

	"milieu/house/clients/names"
	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

const schema = `
CREATE TABLE IF NOT EXISTS clients_fact_v1 (
	chart BLOB NOT NULL, topic TEXT NOT NULL, id BLOB NOT NULL, kind TEXT NOT NULL, happened INTEGER NOT NULL, written INTEGER NOT NULL,
	author BLOB, body BLOB NOT NULL, PRIMARY KEY (chart, topic, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS clients_merge_v1 (chart BLOB NOT NULL PRIMARY KEY, target BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS clients_merge_target_v1 ON clients_merge_v1 (target);
CREATE TABLE IF NOT EXISTS clients_card_v1 (
	chart BLOB NOT NULL PRIMARY KEY, root BLOB NOT NULL,
	name TEXT NOT NULL, legal TEXT NOT NULL, pronouns TEXT NOT NULL, language TEXT NOT NULL, interpreter TEXT NOT NULL, birth TEXT NOT NULL, number TEXT NOT NULL,
	folded TEXT NOT NULL, photo TEXT NOT NULL,
	unit BLOB, room BLOB, bed BLOB, episode BLOB, state TEXT NOT NULL, away TEXT NOT NULL, since INTEGER NOT NULL, expected INTEGER NOT NULL, admitted INTEGER NOT NULL,
	away_entry BLOB, sight INTEGER NOT NULL, stays TEXT NOT NULL,
	helps TEXT NOT NULL, precautions TEXT NOT NULL, allergies TEXT NOT NULL,
	legal_status TEXT NOT NULL, legal_words TEXT NOT NULL, legal_from INTEGER NOT NULL, legal_until INTEGER NOT NULL, legal_entry BLOB) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS clients_card_unit_v1 ON clients_card_v1 (unit, state);
CREATE INDEX IF NOT EXISTS clients_card_birth_v1 ON clients_card_v1 (birth);
`

const sourceSchema = `
CREATE TABLE IF NOT EXISTS clients_source_v1 (
	chart BLOB NOT NULL, source_key TEXT NOT NULL, id BLOB NOT NULL, fingerprint TEXT NOT NULL, happened INTEGER NOT NULL, PRIMARY KEY (chart, source_key, id)) WITHOUT ROWID;
`

// Projections are what is worked out of clients' entries: the facts of each chart, its card for lists and boards, and what search goes by.
func Projections() []record.Projection {
	return []record.Projection{{
		Name: "clients_card", Version: 1, Kinds: kindsOf(), Schema: schema + names.Schema, Put: putFact, Drop: dropFact,
		Tables: append([]string{"clients_fact_v1", "clients_merge_v1", "clients_card_v1"}, names.Tables...),
	}, {
		Name: "clients_source", Version: 1, Kinds: []string{"clients.imported"}, Schema: sourceSchema, Tables: []string{"clients_source_v1"},
		Put: func(tx db.Tx, e *record.Entry, b record.Body) error {
			i := b.(*Imported)
			return tx.Exec("INSERT INTO clients_source_v1 (chart, source_key, id, fingerprint, happened) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (chart, source_key, id) DO NOTHING",
				e.Chart[:], i.Key, e.ID[:], i.Fingerprint, clock.Micros(e.Happened))
		},
		Drop: func(tx db.Tx, e *record.Entry, b record.Body) error {
			return tx.Exec("DELETE FROM clients_source_v1 WHERE chart = $1 AND source_key = $2 AND id = $3", e.Chart[:], b.(*Imported).Key, e.ID[:])
		},
	}}
}

func putFact(tx db.Tx, e *record.Entry, b record.Body) error {
	raw, err := record.Canonical(b)
	if err != nil {
		return err
	}
	topic := sorts[e.Kind].topic
	err = tx.Exec(`INSERT INTO clients_fact_v1 (chart, topic, id, kind, happened, written, author, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (chart, topic, id) DO NOTHING`,
		e.Chart[:], topic, e.ID[:], e.Kind, clock.Micros(e.Happened), clock.Micros(e.Written), e.Author, []byte(raw))
	if err != nil {
		return err
	}
	if topic == topicMerge {
		return remerge(tx, e.Chart)
	}
	return refresh(tx, e.Chart, topic)
}

func dropFact(tx db.Tx, e *record.Entry, _ record.Body) error {
	topic := sorts[e.Kind].topic
	if err := tx.Exec("DELETE FROM clients_fact_v1 WHERE chart = $1 AND topic = $2 AND id = $3", e.Chart[:], topic, e.ID[:]); err != nil {
		return err
	}
	if topic == topicMerge {
		return remerge(tx, e.Chart)
	}
	return redraw(tx, e.Chart)
}

// onCard are the topics that a card shows.
var onCard = []string{topicWho, topicPhoto, topicMove, topicLegal, topicAllergy, topicPrecaution, topicFlag}

// refresh brings the card that shows a chart up to one topic's facts.
func refresh(tx db.Tx, chart record.ID, topic string) error {
	charts, err := family(tx, chart)
	if err != nil {
		return err
	}
	if err := blank(tx, chart, charts[0]); err != nil {
		return err
	}
	if charts[0] != chart {
		if err := blank(tx, charts[0], charts[0]); err != nil {
			return err
		}
	}
	return draw(tx, charts, topic)
}

// redraw works a chart's card out from nothing, and that of the chart it is merged into.
func redraw(tx db.Tx, chart record.ID) error {
	charts, err := family(tx, chart)
	if err != nil {
		return err
	}
	for _, c := range charts {
		if err := tx.Exec("DELETE FROM clients_card_v1 WHERE chart = $1", c[:]); err != nil {
			return err
		}
	}
	if err := names.Know(tx, chart, nil); err != nil {
		return err
	}
	var any bool
	for _, c := range charts {
		known, err := db.Exists(tx, "SELECT 1 FROM clients_fact_v1 WHERE chart = $1 LIMIT 1", c[:])
		if err != nil {
			return err
		}
		if any = any || known; !known {
			continue
		}
		if err := blank(tx, c, charts[0]); err != nil {
			return err
		}
	}
	if !any {
		return names.Know(tx, charts[0], nil)
	}
	if err := blank(tx, charts[0], charts[0]); err != nil {
		return err
	}
	for _, topic := range onCard {
		if err := draw(tx, charts, topic); err != nil {
			return err
		}
	}
	return nil
}

// blank makes a card's row where there is none.
func blank(tx db.Tx, chart, root record.ID) error {
	return tx.Exec(`INSERT INTO clients_card_v1 (chart, root, name, legal, pronouns, language, interpreter, birth, number, folded, photo, state, away, since, expected, admitted, sight, stays, helps, precautions, allergies, legal_status, legal_words, legal_from, legal_until)
VALUES ($1, $2, '', '', '', '', '', '', '', '', '', $3, '', 0, 0, 0, 0, '', '', '', '', '', '', 0, 0) ON CONFLICT (chart) DO NOTHING`, chart[:], root[:], string(Expected))
}

// draw writes one topic's part of the card of a family's root.
func draw(tx db.Tx, charts []record.ID, topic string) error {
	if !slices.Contains(onCard, topic) {
		return nil
	}
	fs, err := facts(tx, topic, charts...)
	if err != nil {
		return err
	}
	to := charts[0]
	switch topic {
	case topicWho:
		if err := drawWho(tx, to, fs); err != nil {
			return err
		}
		moves, err := facts(tx, topicMove, charts...) // before the first admission, the unit of registration counts
		if err != nil {
			return err
		}
		return drawMove(tx, to, moves, fs)
	case topicMove:
		people, err := facts(tx, topicWho, charts...)
		if err != nil {
			return err
		}
		return drawMove(tx, to, fs, people)
	case topicPhoto:
		var photo string
		if len(fs) > 0 {
			if p, ok := fs[len(fs)-1].Body.(*PhotoSet); ok {
				photo = p.Blob
			}
		}
		return tx.Exec("UPDATE clients_card_v1 SET photo = $2 WHERE chart = $1", to[:], photo)
	case topicLegal:
		return drawLegal(tx, to, fs)
	case topicAllergy:
		var list []string
		for _, h := range standing(hold(fs, func(a *AllergyNoted) Item { return a.Item })) {
			if !h.Says.Past && !h.Says.NoneKnown {
				list = append(list, h.Says.Substance)
			}
		}
		return tx.Exec("UPDATE clients_card_v1 SET allergies = $2 WHERE chart = $1", to[:], pack(list))
	case topicPrecaution:
		var list []Precaution
		for _, h := range standing(hold(fs, func(p *PrecautionSet) Item { return p.Item })) {
			list = append(list, Precaution{h.Says.Code, h.Says.Helps})
		}
		return tx.Exec("UPDATE clients_card_v1 SET precautions = $2 WHERE chart = $1", to[:], pack(list))
	default:
		var list []string
		for _, h := range standing(hold(fs, func(f *FlagSet) Item { return f.Item })) {
			list = append(list, h.Says.Text)
		}
		return tx.Exec("UPDATE clients_card_v1 SET helps = $2 WHERE chart = $1", to[:], pack(list))
	}
}

func drawWho(tx db.Tx, chart record.ID, fs []Fact) error {
	now, _, _, others := who(fs, chart)
	terms := TermsOf(append([]Names{now.Names}, others...), now.Numbers)
	var interpreter string
	if now.Interpreter != "no" {
		interpreter = now.Interpreter
	}
	err := tx.Exec("UPDATE clients_card_v1 SET name = $2, legal = $3, pronouns = $4, language = $5, interpreter = $6, birth = $7, number = $8, folded = $9 WHERE chart = $1",
		chart[:], now.Name(), now.OnPapers(), now.Pronouns, now.Language, interpreter, now.BirthDate, now.RecordNumber, terms.Folded())
	if err != nil {
		return err
	}
	return names.Know(tx, chart, terms)
}

func drawMove(tx db.Tx, chart record.ID, moves, people []Fact) error {
	_, unit, registered, _ := who(people, chart)
	p, stays := place(moves, unit, registered)
	if p.Unit.IsZero() {
		p.Unit = unit
	}
	var sight int64
	if n := len(stays); n > 0 {
		sight = clock.Micros(stays[n-1].Until)
	}
	return tx.Exec(`UPDATE clients_card_v1 SET unit = $2, room = $3, bed = $4, episode = $5, state = $6, away = $7, since = $8, expected = $9, admitted = $10, away_entry = $11, sight = $12, stays = $13 WHERE chart = $1`,
		chart[:], p.Unit, p.Room, p.Bed, p.Episode, string(p.Where), p.Away, clock.Micros(p.Since), clock.Micros(p.Expected), clock.Micros(p.Admitted), p.Left, sight, pack[access.Stay](stays))
}

func drawLegal(tx db.Tx, chart record.ID, fs []Fact) error {
	var l LegalStatusSet
	var from, until int64
	var id record.ID
	if len(fs) > 0 {
		f := fs[len(fs)-1]
		l, id = *f.Body.(*LegalStatusSet), f.ID
		if l.From.IsZero() {
			l.From = f.Happened
		}
		from, until = clock.Micros(l.From), clock.Micros(l.Until)
	}
	return tx.Exec("UPDATE clients_card_v1 SET legal_status = $2, legal_words = $3, legal_from = $4, legal_until = $5, legal_entry = $6 WHERE chart = $1",
		chart[:], l.Status, l.Words, from, until, id)
}
