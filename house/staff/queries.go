package staff

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Person is a member of staff, or a machine with an account.
type Person struct {
	ID record.ID
	Details
	Joined time.Time
	Left   time.Time // zero: works here
	named  int64     // since when this sign-in name has been claimed without a break, microseconds
	namer  record.ID // the entry that claimed it
	sorts  string    // the name as lists are sorted by it
}

// Active says that the person works here.
func (p *Person) Active() bool { return p.Left.IsZero() }

const personColumns = "person, happened, id, said, name, legal, pronouns, role, sign_in, folded, phone"

// people folds statements, ordered by person, time and ID, into people. Somebody whose joining has not arrived yet is nobody.
func people(q db.Querier, where string, args ...any) ([]Person, error) {
	var out []Person
	folded := ""
	err := db.Each(q, "SELECT "+personColumns+" FROM staff_person_v1 "+where+" ORDER BY person, happened, id", args, func(r db.Row) error {
		var s Person
		var id record.ID
		var at int64
		var said, fold string
		if err := r.Scan(&s.ID, &at, &id, &said, &s.Name, &s.Legal, &s.Pronouns, &s.Role, &s.SignIn, &fold, &s.Phone); err != nil {
			return err
		}
		if len(out) == 0 || out[len(out)-1].ID != s.ID {
			out, folded = append(out, Person{ID: s.ID}), ""
		}
		p := &out[len(out)-1]
		switch said {
		case saidLeft:
			p.Left = clock.FromMicros(at)
		case saidReturned:
			p.Left = time.Time{}
		default:
			if p.Joined.IsZero() {
				p.Joined = clock.FromMicros(at)
			}
			if fold != folded || p.namer.IsZero() {
				folded, p.named, p.namer = fold, at, id
			}
			p.Details = s.Details
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading staff: %w", err)
	}
	return slices.DeleteFunc(out, func(p Person) bool { return p.Joined.IsZero() }), nil
}

// All lists everybody by name, those who left too.
func All(q db.Querier) ([]Person, error) {
	out, err := people(q, "")
	sortByName(out)
	return out, err
}

// sortByName folds each name once, however often it is compared.
func sortByName(list []Person) {
	for i := range list {
		list[i].sorts = FoldSignIn(list[i].Name)
	}
	slices.SortFunc(list, byName)
}

func byName(a, b Person) int {
	return cmp.Or(strings.Compare(a.sorts, b.sorts), slices.Compare(a.ID[:], b.ID[:]))
}

// Find gives one person. An ID that is nobody's is fault.NotFound.
func Find(q db.Querier, id record.ID) (Person, error) {
	found, err := people(q, "WHERE person = $1", id[:])
	if err != nil {
		return Person{}, err
	}
	if len(found) == 0 {
		return Person{}, fault.New(fault.NotFound, "there is no such person on the staff")
	}
	return found[0], nil
}

// Names gives the names of some people; those unknown are left out.
func Names(q db.Querier, ids ...record.ID) (map[record.ID]string, error) {
	out := map[record.ID]string{}
	for _, id := range ids {
		if _, known := out[id]; known || id.IsZero() {
			continue
		}
		var name string
		err := q.QueryRow("SELECT name FROM staff_person_v1 WHERE person = $1 AND said = $2 ORDER BY happened DESC, id DESC LIMIT 1", id[:], saidIs).Scan(&name)
		if err == db.ErrNoRows {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading the name of %s: %w", id, err)
		}
		out[id] = name
	}
	return out, nil
}

// BySignIn gives whose sign-in name it is, however it is cased. Where two claim one name (both were written without knowing of the other) it
// belongs to who works here, then to who claimed it first. A name that is nobody's is fault.NotFound.
func BySignIn(q db.Querier, signIn string) (Person, error) {
	folded := FoldSignIn(signIn)
	if folded == "" {
		return Person{}, fault.New(fault.NotFound, "nobody signs in with that name")
	}
	claims, err := claimants(q, folded)
	if err != nil {
		return Person{}, err
	}
	if len(claims) == 0 {
		return Person{}, fault.New(fault.NotFound, "nobody signs in with that name")
	}
	return slices.MinFunc(claims, earlierClaim), nil
}

// claimants are those whose sign-in name it is now, who left among them.
func claimants(q db.Querier, folded string) ([]Person, error) {
	claims, err := people(q, "WHERE person IN (SELECT person FROM staff_person_v1 WHERE folded = $1)", folded)
	return slices.DeleteFunc(claims, func(p Person) bool { return FoldSignIn(p.SignIn) != folded }), err
}

func earlierClaim(a, b Person) int {
	if a.Active() != b.Active() {
		if a.Active() {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.named, b.named), slices.Compare(a.namer[:], b.namer[:]))
}

// Assigned lists the members of a unit's team at t, by name.
func Assigned(q db.Querier, unit record.ID, t time.Time) ([]Person, error) {
	teams, err := memberships(q, "WHERE unit = $1", unit[:])
	if err != nil {
		return nil, err
	}
	var out []Person
	for _, m := range teams {
		if !m.Holds(t) || slices.ContainsFunc(out, func(p Person) bool { return p.ID == m.Person }) {
			continue
		}
		p, err := Find(q, m.Person)
		if fault.KindOf(err) == fault.NotFound && err != nil {
			continue
		}
		if err != nil {
			return nil, err
		}
		if p.Active() && !p.Role.Machine() {
			out = append(out, p)
		}
	}
	sortByName(out)
	return out, nil
}

// Source tells package access of the staff: who they are, and what ties them to units. A member's chart belongs to the unit of the team
// joined last.
func Source() access.Source {
	kinds := []string{}
	for _, k := range Kinds() {
		kinds = append(kinds, k.Name)
	}
	return access.Source{
		Kinds: kinds,
		Person: func(q db.Querier, id record.ID) (*access.Person, error) {
			p, err := Find(q, id)
			if err != nil {
				if fault.KindOf(err) == fault.NotFound {
					return nil, nil
				}
				return nil, err
			}
			relations, err := Relations(q, id)
			return &access.Person{ID: id, Name: p.Name, Role: p.Role, Disabled: p.Left, Relations: relations}, err
		},
		Chart: func(q db.Querier, id record.ID) (*access.Chart, error) {
			known, err := db.Exists(q, "SELECT 1 FROM staff_person_v1 WHERE person = $1 LIMIT 1", id[:])
			if err != nil || !known {
				return nil, err
			}
			c := &access.Chart{ID: id, Kind: "staff"}
			teams, err := Teams(q, id)
			for _, m := range teams {
				c.Stays = append(c.Stays, access.Stay{Unit: m.Unit, From: m.From, Until: m.Until})
			}
			return c, err
		},
		With: func(q db.Querier, e *record.Entry) ([]record.ID, error) { return coverers(q, e.Chart) },
		All: func(q db.Querier) (persons, charts []record.ID, err error) {
			err = db.Each(q, "SELECT DISTINCT person FROM staff_person_v1 ORDER BY person", nil, func(r db.Row) error {
				var id record.ID
				err := r.Scan(&id)
				persons = append(persons, id)
				return err
			})
			return persons, persons, err
		},
	}
}
