package access

import (
	"slices"

	"milieu/house/clients"
	"milieu/house/staff"
	kit "milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Guards hold what an entry may not do to who is let in, by whatever door it comes.
func Guards() []record.Guard {
	letting := []string{"access.tied", "access.let_in"}
	return []record.Guard{
		{Name: "access.right_people", Kinds: letting, Watch: rightPeople},
		{Name: "access.not_oneself", Kinds: append(letting, "access.untied"), Watch: notOneself},
		{Name: "access.one_self", Kinds: letting, Watch: oneSelf},
		{Name: "access.custody", Kinds: []string{"access.custodian_named"}, Watch: custody},
		{Name: "access.others_review", Kinds: []string{"access.glass_reviewed"}, Watch: othersReview},
		{Name: "access.glass_stays", Kinds: []string{"access.glass_broken"}, Watch: glassStays},
		{Name: "access.glass_within", Kinds: []string{"access.glass_broken"}, Watch: glassWithin},
		{Name: "access.own_return", Kinds: []string{"access.glass_returned"}, Watch: ownReturn},
	}
}

// tieable are the roles that may be of a care team or have a caseload.
var tieable = []kit.Role{kit.Worker, kit.Peer, kit.Nurse, kit.CaseManager, kit.Clinician, kit.Prescriber, kit.Supervisor, kit.Coordinator}

// suits says whether a role may be tied as something.
func suits(role kit.Role, as string) bool {
	switch as {
	case "self":
		return role == kit.Client
	case "guardian", "family":
		return role == kit.Relative
	}
	return slices.Contains(tieable, role)
}

// Suits says whether somebody of a role may be tied to a client as something.
func Suits(role kit.Role, as string) bool { return suits(role, as) }

func field(name, text string) error {
	return &fault.Error{Kind: fault.Invalid, Text: text, Fields: []fault.Field{{Name: name, Text: text}}}
}

// rightPeople refuses a tie that does not suit whom it ties: an account of the client for themselves alone, of family for family, and care for
// those who work with people.
func rightPeople(q db.Querier, _ *record.Entry, b record.Body) (func(db.Querier) error, error) {
	var person record.ID
	var as string
	switch b := b.(type) {
	case *Tied:
		person, as = b.Person, b.As
	case *LetIn:
		person, as = b.Person, b.As
	default:
		return nil, nil
	}
	p, err := staff.Find(q, person)
	switch {
	case err != nil && fault.KindOf(err) == fault.NotFound, err == nil && !p.Active():
		return nil, field("person", "nobody here has that account")
	case err != nil:
		return nil, err
	case !suits(p.Role, as):
		return nil, field("person", "this is not for somebody of that role")
	}
	return nil, nil
}

// notOneself refuses what gives its own author more than they had, whether it is said or what ended it is taken back.
func notOneself(q db.Querier, e *record.Entry, _ record.Body) (func(db.Querier) error, error) {
	before, err := TiesTo(q, e.Author)
	if err != nil {
		return nil, err
	}
	return func(q db.Querier) error {
		after, err := TiesTo(q, e.Author)
		for _, t := range after {
			within := func(o Tie) bool {
				return o.Root == t.Root && o.Person == t.Person && o.As == t.As && !t.From.Before(o.From) && (o.Until.IsZero() || !t.Until.IsZero() && !t.Until.After(o.Until))
			}
			if t.Person == e.Author && (t.Until.IsZero() || t.From.Before(t.Until)) && !slices.ContainsFunc(before, within) {
				return field("person", "nobody lets themselves in: ask somebody else who may")
			}
		}
		return err
	}, nil
}

// oneSelf refuses a client's account that would be of two people.
func oneSelf(_ db.Querier, _ *record.Entry, b record.Body) (func(db.Querier) error, error) {
	l, ok := b.(*LetIn)
	if !ok || l.As != "self" {
		return nil, nil
	}
	return func(q db.Querier) error {
		list, err := TiesTo(q, l.Person)
		if err != nil {
			return err
		}
		var family []record.ID
		for _, t := range list {
			if t.As != "self" || t.Person != l.Person || !t.Until.IsZero() {
				continue
			}
			if family == nil {
				if family, err = clients.Family(q, t.Chart); err != nil {
					return err
				}
			}
			if !slices.Contains(family, t.Chart) {
				return field("person", "this account is another client's")
			}
		}
		return nil
	}, nil
}

// custody refuses a custodian for somebody who works here still, or one who could not keep anything.
func custody(q db.Querier, e *record.Entry, b record.Body) (func(db.Querier) error, error) {
	n, ok := b.(*CustodianNamed)
	if !ok {
		return nil, nil
	}
	author, err := staff.Find(q, e.Chart)
	if err != nil {
		return nil, err
	}
	if author.Active() {
		return nil, fault.New(fault.Invalid, "a custodian is named once somebody has left")
	}
	p, err := staff.Find(q, n.Custodian)
	switch {
	case err != nil && fault.KindOf(err) == fault.NotFound, err == nil && (!p.Active() || p.Role != kit.Clinician && p.Role != kit.Prescriber):
		return nil, field("custodian", "a clinician or prescriber who works here")
	case err == nil && n.Custodian == e.Author:
		return nil, field("custodian", "nobody names themselves")
	}
	return nil, err
}

// othersReview refuses a look at one's own broken glass.
func othersReview(q db.Querier, e *record.Entry, b record.Body) (func(db.Querier) error, error) {
	r, ok := b.(*GlassReviewed)
	if !ok {
		return nil, nil
	}
	g, err := FindGlass(q, r.Glass)
	switch {
	case err != nil && fault.KindOf(err) == fault.NotFound:
		return nil, nil
	case err == nil && g.Person == e.Author:
		return nil, fault.New(fault.Invalid, "somebody else looks at what you opened")
	}
	return nil, err
}

// ownReturn refuses to give back what somebody else opened, but to those who answer for it.
func ownReturn(q db.Querier, e *record.Entry, b record.Body) (func(db.Querier) error, error) {
	r, ok := b.(*GlassReturned)
	if !ok || kit.Role(e.Role) == kit.Supervisor || kit.Role(e.Role) == kit.Coordinator {
		return nil, nil
	}
	g, err := FindGlass(q, r.Glass)
	switch {
	case err != nil && fault.KindOf(err) == fault.NotFound:
		return nil, nil
	case err == nil && g.Person != e.Author:
		return nil, fault.New(fault.Invalid, "somebody else opened this")
	}
	return nil, err
}

// glassStays refuses to take an opening back, or to say it otherwise: it happened, and is looked at.
func glassStays(_ db.Querier, e *record.Entry, _ record.Body) (func(db.Querier) error, error) {
	if e.Amends.IsZero() || e.Amendment == record.Addendum {
		return nil, nil
	}
	return nil, fault.New(fault.Invalid, "that a chart was opened stays in the record; say in the review what was wrong")
}
