package access

import (
	"errors"
	"fmt"
	"slices"

	"milieu/house/clients"
	kit "milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/record"
)

// Source tells the directory what ties people to single clients, and what those have agreed to.
func Source() kit.Source {
	s := kit.Source{Relations: relations, Consents: consents, With: with}
	for _, k := range Kinds() {
		s.Kinds = append(s.Kinds, k.Name)
	}
	return s
}

func relations(q db.Querier, person record.ID) ([]kit.Relation, error) {
	var out []kit.Relation
	ties, err := TiesTo(q, person)
	if err != nil {
		return nil, err
	}
	for i := range ties {
		if r, ok := ties[i].relation(); ok && ties[i].Person == person {
			out = append(out, r)
		}
	}
	opened, err := GlassBy(q, person)
	if err != nil {
		return nil, err
	}
	for i := range opened {
		if opened[i].Person == person {
			out = append(out, opened[i].relations()...)
		}
	}
	authors, err := keptBy(q, person)
	if err != nil {
		return nil, err
	}
	for _, author := range authors {
		kept, err := CustodyOf(q, author)
		if err != nil {
			return nil, err
		}
		for _, k := range kept {
			if k.Custodian == person {
				out = append(out, kit.Relation{What: kit.Custodian, From: k.From, Until: k.Until, Via: author})
			}
		}
	}
	return out, nil
}

func consents(q db.Querier, chart record.ID) ([]kit.Consent, error) {
	list, err := ConsentsOf(q, chart)
	var out []kit.Consent
	for i := range list {
		g := &list[i]
		out = append(out, kit.Consent{What: g.What, To: g.To, From: g.From, Until: g.Ends})
	}
	return out, err
}

// with names whom an entry concerns beside its own chart: whoever it ties, or what it ends, takes back or brings back had tied, and all charts of
// the client, to whom a consent counts alike.
func with(q db.Querier, e *record.Entry) ([]record.ID, error) {
	out, err := clients.Family(q, e.Chart)
	if err != nil {
		return nil, err
	}
	roots := []record.ID{e.ID, e.Amends}
	for at := e; at != nil; {
		if topics[at.Kind] != "" {
			b, err := parse(at)
			if err != nil && !errors.Is(err, record.ErrDestroyed) {
				return nil, err
			}
			root, person := about(at, b)
			roots, out = append(roots, root), append(out, person)
		}
		if at.Amends.IsZero() || len(roots) > 64 {
			break
		}
		next, err := record.Find(q, at.Amends)
		if err == db.ErrNoRows {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading what entry %s amends: %w", at.ID, err)
		}
		at = next
	}
	for _, root := range roots {
		if root.IsZero() {
			continue
		}
		began, err := record.Find(q, root)
		if err == db.ErrNoRows {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading what entry %s speaks of: %w", e.ID, err)
		}
		if topics[began.Kind] != "" {
			b, err := parse(began)
			if err != nil && !errors.Is(err, record.ErrDestroyed) {
				return nil, err
			}
			_, person := about(began, b)
			out = append(out, person)
		}
		err = db.Each(q, "SELECT person FROM access_fact_v1 WHERE root = $1", []any{root[:]}, func(r db.Row) error {
			var id record.ID
			err := r.Scan(&id)
			out = append(out, id)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("reading whom entry %s concerns: %w", e.ID, err)
		}
	}
	kept, err := CustodyOf(q, e.Chart) // of two custodians the later one ends the earlier one's
	for _, k := range kept {
		out = append(out, k.Custodian)
	}
	return slices.DeleteFunc(out, record.ID.IsZero), err
}

func parse(e *record.Entry) (record.Body, error) {
	b, err := own.Decode(e)
	if err != nil {
		return nil, fmt.Errorf("reading entry %s: %w", e.ID, err)
	}
	return b, nil
}

// own are the room's kinds, to read their bodies by.
var own = func() *record.Kinds {
	ks, err := record.NewKinds(Kinds())
	if err != nil {
		panic(err) // a table of the program that is not whole fails every test
	}
	return ks
}()
