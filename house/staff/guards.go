package staff

import (
	"slices"

	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Guards hold whatever an entry may not do to accounts, by whatever door it comes.
func Guards() []record.Guard {
	return []record.Guard{
		{Name: "staff.sign_in_free", Kinds: aboutPeople, Watch: signInFree},
		{Name: "staff.own_role", Kinds: aboutPeople, Watch: ownRole},
		{Name: "staff.guests_apart", Kinds: aboutPeople, Watch: guestsApart},
		{Name: "staff.administered", Kinds: aboutPeople, Watch: administered},
		{Name: "staff.works_here", Kinds: []string{"staff.assigned", "staff.shift_planned", "staff.shift_started", "staff.covering"}, Watch: worksHere},
		{Name: "staff.own_cover", Kinds: []string{"staff.covering", "staff.covering_ended"}, Watch: ownCover},
	}
}

// aboutPeople are the kinds that say who works here, as what, and who signs in with which name.
var aboutPeople = []string{"staff.joined", "staff.changed", "staff.left", "staff.returned"}

// signInFree refuses what would leave two people working here with one sign-in name: by joining or changing, by coming back, or by taking a
// statement back that had given the name away. Which of the two claims the name since earlier does not matter: the one that is there stays.
func signInFree(_ db.Querier, e *record.Entry, _ record.Body) (func(db.Querier) error, error) {
	return func(q db.Querier) error {
		p, err := Find(q, e.Chart)
		if fault.KindOf(err) == fault.NotFound && err != nil || err == nil && (!p.Active() || p.SignIn == "") {
			return nil
		}
		if err != nil {
			return err
		}
		claims, err := claimants(q, FoldSignIn(p.SignIn))
		for _, other := range claims {
			if other.ID != p.ID && other.Active() {
				return &fault.Error{Kind: fault.Invalid, Text: "this sign-in name is taken", Fields: []fault.Field{{Name: "sign_in", Text: other.Name + " signs in with this name already"}}}
			}
		}
		return err
	}, nil
}

// ownRole refuses what says or brings about another role for whoever says it: nobody raises themselves, and the last administrator cannot lock
// the house by a slip.
func ownRole(q db.Querier, e *record.Entry, b record.Body) (func(db.Querier) error, error) {
	if e.Chart != e.Author {
		return nil, nil
	}
	before, err := roleOf(q, e.Chart)
	if err != nil {
		return nil, err
	}
	if said, ok := stated(b); ok && said != before {
		return nil, errOwnRole()
	}
	return func(q db.Querier) error {
		after, err := roleOf(q, e.Chart)
		if err == nil && after != before {
			err = errOwnRole()
		}
		return err
	}, nil
}

// guestsApart refuses what makes a colleague of a client's account or the other way about: what was written as the one would read as the other's.
func guestsApart(q db.Querier, e *record.Entry, _ record.Body) (func(db.Querier) error, error) {
	before, err := roleOf(q, e.Chart)
	if err != nil || before == "" {
		return nil, err
	}
	return func(q db.Querier) error {
		after, err := roleOf(q, e.Chart)
		if err == nil && after != "" && before.Guest() != after.Guest() {
			err = &fault.Error{Kind: fault.Invalid, Text: "an account is either of somebody who works here or of a client or their family", Fields: []fault.Field{{Name: "role", Text: "make another account"}}}
		}
		return err
	}, nil
}

// administered refuses what would leave the house without anybody who can administer it: nobody could then let a newcomer in.
func administered(q db.Querier, _ *record.Entry, _ record.Body) (func(db.Querier) error, error) {
	before, err := anyAdministrator(q)
	if err != nil || !before {
		return nil, err
	}
	return func(q db.Querier) error {
		after, err := anyAdministrator(q)
		if err == nil && !after {
			err = fault.New(fault.Invalid, "this is the last administrator: name another first")
		}
		return err
	}, nil
}

func anyAdministrator(q db.Querier) (bool, error) {
	all, err := All(q)
	return slices.ContainsFunc(all, func(p Person) bool { return p.Role == access.Administrator && p.Active() }), err
}

func errOwnRole() error {
	return &fault.Error{Kind: fault.Invalid, Text: "nobody changes their own role", Fields: []fault.Field{{Name: "role", Text: "ask another administrator"}}}
}

// stated is the role that a statement gives.
func stated(b record.Body) (access.Role, bool) {
	switch b := b.(type) {
	case *Joined:
		return b.Role, true
	case *Changed:
		return b.Role, true
	}
	return "", false
}

// roleOf is somebody's role; empty when they are nobody.
func roleOf(q db.Querier, person record.ID) (access.Role, error) {
	p, err := Find(q, person)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return "", nil
	}
	return p.Role, err
}

// worksHere refuses what puts into a team, on the rota or in a colleague's place somebody who does not work here, or in the place of somebody who
// does not.
func worksHere(_ db.Querier, e *record.Entry, b record.Body) (func(db.Querier) error, error) {
	people := []record.ID{e.Chart}
	if v, ok := b.(*Covering); ok {
		people = append(people, v.For)
	}
	return func(q db.Querier) error {
		for i, id := range people {
			p, err := Find(q, id)
			switch {
			case err != nil && fault.KindOf(err) == fault.NotFound && i > 0, err == nil && p.Role.Guest():
				return fault.New(fault.Invalid, "this is for people who work here")
			case err != nil && fault.KindOf(err) != fault.NotFound:
				return err
			}
		}
		return nil
	}, nil
}

// ownCover refuses what lets its own author stand in for somebody: sight of people is given by another.
func ownCover(q db.Querier, e *record.Entry, _ record.Body) (func(db.Querier) error, error) {
	if e.Chart != e.Author {
		return nil, nil
	}
	before, err := CoversBy(q, e.Chart)
	if err != nil {
		return nil, err
	}
	return func(q db.Querier) error {
		after, err := CoversBy(q, e.Chart)
		for _, v := range after {
			within := func(o Cover) bool {
				return o.Root == v.Root && o.For == v.For && !v.From.Before(o.From) && !v.Until.After(o.Until)
			}
			if v.From.Before(v.Until) && !slices.ContainsFunc(before, within) {
				return fault.New(fault.Invalid, "nobody arranges their own cover of a colleague: ask somebody else who plans the rota")
			}
		}
		return err
	}, nil
}
