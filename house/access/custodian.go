package access

import (
	"time"

	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// CustodianNamed says who keeps what a colleague who left had written under their own name alone: access.custodian_named, in that colleague's
// chart. Whoever was named last keeps it.
type CustodianNamed struct {
	Custodian record.ID `json:"custodian" doc:"the staff chart of whoever keeps it"`
	Why       string    `json:"why" max:"300"`
}

// Validate implements record.Body.
func (n *CustodianNamed) Validate(e *record.Entry) error {
	var c fault.Check
	c.Want(!n.Custodian.IsZero(), "custodian", "say who")
	c.Want(e == nil || n.Custodian != e.Chart, "custodian", "somebody else")
	c.Want(said(n.Why), "why", "say why")
	fits(&c, "why", n.Why, 300)
	return c.Err()
}

// Custody is who keeps what an author had written.
type Custody struct {
	Entry, Author, Custodian record.ID
	From, Until              time.Time // zero: open
}

// CustodyOf lists who kept what an author had written, one after another.
func CustodyOf(q db.Querier, author record.ID) ([]Custody, error) {
	list, err := facts(q, topicCustodian, "chart = $1", author[:])
	if err != nil {
		return nil, err
	}
	var out []Custody
	for _, t := range threads(list, "access.custodian_named") {
		b, err := read[CustodianNamed](t.fact)
		if err != nil {
			return nil, err
		}
		if n := len(out); n > 0 {
			out[n-1].Until = t.happened
		}
		out = append(out, Custody{Entry: t.id, Author: author, Custodian: b.Custodian, From: t.happened})
	}
	return out, nil
}

// keptBy lists the authors whose writing somebody keeps or kept.
func keptBy(q db.Querier, custodian record.ID) (authors []record.ID, err error) {
	err = db.Each(q, "SELECT DISTINCT chart FROM access_fact_v1 WHERE person = $1 AND topic = $2", []any{custodian[:], topicCustodian}, func(r db.Row) error {
		var id record.ID
		err := r.Scan(&id)
		authors = append(authors, id)
		return err
	})
	return authors, err
}
