package credentials

import (
	"context"
	"slices"
	"time"

	"milieu/house/staff"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
)

// Guards hold what nobody may say of their own certificates, by whatever door it comes.
func Guards() []record.Guard {
	kinds := []string{KindRecorded, KindVerified, KindEnded}
	return []record.Guard{{Name: "staff.own_certificate", Kinds: kinds, Watch: ownCertificate}}
}

// ownCertificate refuses what makes a certificate of its own author's count, or count for longer: another vouches for it.
func ownCertificate(q db.Querier, e *record.Entry, _ record.Body) (func(db.Querier) error, error) {
	if e.Chart != e.Author {
		return nil, nil
	}
	before, err := Of(q, e.Chart)
	if err != nil {
		return nil, err
	}
	return func(q db.Querier) error {
		after, err := Of(q, e.Chart)
		if err != nil {
			return err
		}
		for i := range after {
			h := &after[i]
			if h.Counts() && !slices.ContainsFunc(before, func(o Held) bool { return o.Root == h.Root && o.Counts() && h.within(&o) }) {
				return &fault.Error{Kind: fault.Invalid, Text: "nobody vouches for their own certificate: ask somebody else to look at it", Fields: []fault.Field{{Name: "vouched", Text: "somebody else says how it was checked"}}}
			}
		}
		return nil
	}, nil
}

// within says that a certificate holds no longer than another, and for the same.
func (h *Held) within(o *Held) bool {
	from, until := h.Span(time.UTC)
	first, last := o.Span(time.UTC)
	return h.Key() == o.Key() && !from.Before(first) && (last.IsZero() || !until.IsZero() && !until.After(last))
}

// Source adds to what is known of the staff what each of them may not do for want of a certificate.
func Source() access.Source {
	s := staff.Source()
	for _, k := range Kinds() {
		s.Kinds = append(s.Kinds, k.Name)
	}
	s.Kinds = append(s.Kinds, "places.house_set") // days begin and end by its zone
	with := s.With
	s.Bars = func(q db.Querier, id record.ID) ([]access.Bar, error) {
		p, err := active(q, id)
		if err != nil || p == nil {
			return nil, err
		}
		return Bars(q, id, p.Role)
	}
	s.With = func(q db.Querier, e *record.Entry) ([]record.ID, error) {
		if e.Chart != due.House {
			return with(q, e)
		}
		return everybody(q)
	}
	return s
}

// Bars lists what somebody of a role may not do for want of a certificate, and when.
func Bars(q db.Querier, person record.ID, role access.Role) ([]access.Bar, error) {
	required, err := Requirements(q)
	required = slices.DeleteFunc(required, func(r Requirement) bool { return !r.Of(role) || len(r.Actions) == 0 })
	if err != nil || len(required) == 0 {
		return nil, err
	}
	zone, err := Zone(q)
	if err != nil {
		return nil, err
	}
	held, err := Of(q, person)
	if err != nil {
		return nil, err
	}
	var out []access.Bar
	for _, g := range Gaps(role, required, held, zone) {
		names, err := staff.Names(q, g.Requirement.Accepted)
		if err != nil {
			return nil, err
		}
		words := g.words(zone, names[g.Requirement.Accepted])
		for _, action := range g.Requirement.Actions {
			if !NeverBarred(action) { // what was accepted before a later list spares it as well
				out = append(out, access.Bar{Action: action, Units: g.Requirement.Units, From: g.From, Until: g.Until, Why: words})
			}
		}
	}
	return out, nil
}

// words say to somebody why they may not do something, and whom to ask.
func (g *Gap) words(zone *time.Location, ask string) string {
	ctx := ui.With(context.Background(), ui.Env{Locale: "en", Zone: zone})
	what := SortWords(ctx, g.Requirement.What, g.Requirement.Name)
	var out string
	switch {
	case g.Last == nil:
		out = ui.T(ctx, "staff.bar_missing", what)
	case !g.Last.Ended.IsZero() && g.From.Equal(g.Last.Ended):
		out = ui.T(ctx, "staff.bar_ended", what, ui.DateText(ctx, g.From))
	default: // it lapsed in the night after its last day
		out = ui.T(ctx, "staff.bar_lapsed", what, ui.DateText(ctx, g.Last.Lapse(zone)))
	}
	if ask != "" {
		out = ui.T(ctx, "staff.bar_ask", out, ask)
	}
	return out
}

// SortWords names a sort of certificate, or what it is called where it is another.
func SortWords(ctx context.Context, what, name string) string {
	if what == Other {
		return name
	}
	words := ui.T(ctx, "staff.credential."+what)
	if name != "" {
		words = ui.T(ctx, "staff.credential_named", words, name)
	}
	return words
}
