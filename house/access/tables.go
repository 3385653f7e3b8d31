package access

import (
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

// What a fact is about.
const (
	topicTie       = "tie"
	topicCustodian = "custodian"
	topicConsent   = "consent"
	topicGlass     = "glass"
	topicLimits    = "limits"
)

var topics = map[string]string{
	"access.tied": topicTie, "access.let_in": topicTie, "access.untied": topicTie, "access.custodian_named": topicCustodian,
	"access.consent_given": topicConsent, "access.consent_ended": topicConsent,
	"access.glass_broken": topicGlass, "access.glass_returned": topicGlass, "access.glass_reviewed": topicGlass,
	"access.glass_limits_set": topicLimits,
}

// Projections are the table of who is let in: a row for each standing statement. What holds is worked out when it is read.
func Projections() []record.Projection {
	var kinds []string
	for _, k := range Kinds() {
		kinds = append(kinds, k.Name)
	}
	return []record.Projection{{
		Name: "access_fact", Version: 1, Kinds: kinds, Tables: []string{"access_fact_v1"},
		Schema: `CREATE TABLE IF NOT EXISTS access_fact_v1 (chart BLOB NOT NULL, topic TEXT NOT NULL, root BLOB NOT NULL, id BLOB NOT NULL, happened INTEGER NOT NULL, author BLOB NOT NULL,
	kind TEXT NOT NULL, person BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY (chart, topic, root, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS access_fact_v1_person ON access_fact_v1 (person, topic);
CREATE INDEX IF NOT EXISTS access_fact_v1_root ON access_fact_v1 (root);
CREATE INDEX IF NOT EXISTS access_fact_v1_topic ON access_fact_v1 (topic);`,
		Put: put,
		Drop: func(tx db.Tx, e *record.Entry, _ record.Body) error {
			return tx.Exec("DELETE FROM access_fact_v1 WHERE chart = $1 AND topic = $2 AND id = $3", e.Chart[:], topics[e.Kind], e.ID[:])
		},
	}}
}

// about gives what a statement begins or speaks of, and the person whom it concerns.
func about(e *record.Entry, b record.Body) (root, person record.ID) {
	root = e.ID
	if e.Amendment == record.Correction {
		root = e.Amends
	}
	switch x := b.(type) {
	case *Tied:
		person = x.Person
	case *LetIn:
		person = x.Person
	case *Untied:
		root = x.Tie
	case *CustodianNamed:
		person = x.Custodian
	case *ConsentGiven:
		person = x.To
	case *ConsentEnded:
		root = x.Consent
	case *GlassBroken:
		person = e.Author
	case *GlassReturned:
		root = x.Glass
	case *GlassReviewed:
		root = x.Glass
	}
	return root, person
}

func put(tx db.Tx, e *record.Entry, b record.Body) error {
	raw, err := record.Canonical(b)
	if err != nil {
		return err
	}
	root, person := about(e, b)
	return tx.Exec("INSERT INTO access_fact_v1 (chart, topic, root, id, happened, author, kind, person, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
		e.Chart[:], topics[e.Kind], root[:], e.ID[:], clock.Micros(e.Happened), e.Author[:], e.Kind, person[:], []byte(raw))
}
