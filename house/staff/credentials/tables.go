package credentials

import (
	"encoding/json"
	"fmt"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

// One row for each standing statement; what holds is worked out when read, so that it does not matter in which order they arrive.

// Projections are the tables of certificates and requirements.
func Projections() []record.Projection {
	return []record.Projection{
		{
			Name: "staff_credential", Version: 1, Kinds: []string{KindRecorded, KindVerified, KindEvidenced, KindEnded}, Tables: []string{"staff_credential_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS staff_credential_v1 (person BLOB NOT NULL, root BLOB NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL, said TEXT NOT NULL, author BLOB NOT NULL, what TEXT NOT NULL, name TEXT NOT NULL,
	number TEXT NOT NULL, issuer TEXT NOT NULL, since TEXT NOT NULL, until TEXT NOT NULL, how TEXT NOT NULL, more TEXT NOT NULL, PRIMARY KEY (person, root, happened, id)) WITHOUT ROWID;`,
			Put: putCredential,
			Drop: func(tx db.Tx, e *record.Entry, _ record.Body) error {
				return tx.Exec("DELETE FROM staff_credential_v1 WHERE person = $1 AND id = $2", e.Chart[:], e.ID[:])
			},
		},
		{
			Name: "staff_requirement", Version: 1, Kinds: []string{KindRequired, KindLifted}, Tables: []string{"staff_requirement_v1"},
			Schema: `CREATE TABLE IF NOT EXISTS staff_requirement_v1 (what TEXT NOT NULL, happened INTEGER NOT NULL, id BLOB NOT NULL, said TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (what, happened, id)) WITHOUT ROWID;`,
			Put:    putRequirement,
			Drop: func(tx db.Tx, e *record.Entry, _ record.Body) error {
				return tx.Exec("DELETE FROM staff_requirement_v1 WHERE id = $1", e.ID[:])
			},
		},
	}
}

// What a statement says.
const (
	saidRecorded  = "recorded"
	saidVerified  = "verified"
	saidEvidenced = "evidenced"
	saidEnded     = "ended"
	saidRequired  = "required"
	saidLifted    = "lifted"
)

// putCredential keeps a statement: how it was checked, why it ended or in what form the file is, and what more there is to that.
func putCredential(tx db.Tx, e *record.Entry, b record.Body) error {
	root, said, how, more := e.ID, saidRecorded, "", ""
	var r Recorded
	switch x := b.(type) {
	case *Recorded:
		r, how = *x, x.Vouched
		if e.Amendment == record.Correction {
			root = e.Amends
		}
	case *Verified:
		root, said, how = x.Credential, saidVerified, x.Vouched
	case *Evidenced:
		root, said, how, more = x.Credential, saidEvidenced, x.Form, x.Blob
	case *Ended:
		root, said, how, more = x.Credential, saidEnded, x.Why, x.Reason
	}
	return tx.Exec("INSERT INTO staff_credential_v1 (person, root, happened, id, said, author, what, name, number, issuer, since, until, how, more) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING",
		e.Chart[:], root[:], clock.Micros(e.Happened), e.ID[:], said, e.Author[:], r.What, r.Name, r.Number, r.IssuedBy, r.From, r.Until, how, more)
}

func putRequirement(tx db.Tx, e *record.Entry, b record.Body) error {
	said, key := saidRequired, ""
	switch x := b.(type) {
	case *RequirementSet:
		key = Key(x.What, x.Name)
	case *RequirementLifted:
		key, said = Key(x.What, x.Name), saidLifted
	}
	body, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("keeping %s: %w", e.Kind, err)
	}
	return tx.Exec("INSERT INTO staff_requirement_v1 (what, happened, id, said, body) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
		key, clock.Micros(e.Happened), e.ID[:], said, string(body))
}
