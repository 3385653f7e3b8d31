package room

import (
	"errors"
	"slices"
	"time"

	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// citable is a fact of the day that a note may cite.
type citable struct {
	ID        record.ID
	Chart     record.ID
	At        time.Time
	Line      string
	By        string
	Corrected bool // these are the newer words of something
	Gone      bool // it was taken back
}

func (o *citable) href() string { return entryPath(o.Chart, o.ID) }

// maxShown bounds how many are offered: a note cites at most 200 entries.
const maxShown = 600

// citables gives what rooms offer of a person to be cited: what happened from a time to another, as it stands, as far as the reader may see it. The
// newest comes first.
func citables(c *web.Ctx, family []record.ID, from, until time.Time) ([]citable, error) {
	q, kinds := c.Read(), c.Committer.Kinds()
	after, err := record.Before(q, from.Add(-record.AheadLimit)) // nothing is filed before it happens
	if err != nil {
		return nil, err
	}
	var out []citable
	for _, chart := range family {
		sight, err := c.Directory.Sight(q, c.Scope, chart)
		if err != nil {
			return nil, err
		}
		all, err := record.Chart(q, chart, after, 5*maxShown)
		if err != nil {
			return nil, err
		}
		fallen, err := fallen(q, kinds, chart, all)
		if err != nil {
			return nil, err
		}
		for _, e := range all {
			k, err := kinds.Find(e.Kind)
			if err != nil || !k.Citable || fallen[e.ID] || e.Happened.Before(from) || e.Happened.After(until) || !sight.Sees(e) {
				continue
			}
			b, err := kinds.Decode(e)
			if err != nil {
				continue // destroyed
			}
			out = append(out, citable{ID: e.ID, Chart: chart, At: e.Happened, Line: inWords(c, k, e, b), By: name(c, e.Author), Corrected: e.Amendment == record.Correction})
		}
		if err := sight.Err(); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(a, b citable) int {
		if c := b.At.Compare(a.At); c != 0 {
			return c
		}
		return slices.Compare(b.ID[:], a.ID[:])
	})
	return out[:min(len(out), maxShown)], nil
}

// fallen are those of some entries that no longer stand: taken back, or with newer words in their place. What amends them came later, and so is
// among them.
func fallen(q db.Querier, kinds *record.Kinds, chart record.ID, all []*record.Entry) (map[record.ID]bool, error) {
	var out map[record.ID]bool
	for _, e := range all {
		if e.Amends.IsZero() || e.Amendment == record.Addendum {
			continue
		}
		f, err := record.ReadFamily(q, kinds, chart, e.ID)
		if err != nil {
			return nil, err
		}
		if out == nil {
			out = map[record.ID]bool{}
		}
		for _, id := range f.Known() {
			out[id] = !f.Stands(id)
		}
	}
	return out, nil
}

// cited says what an entry that a note cites says now: if it was corrected, its newer words; if it was taken back, that it was. ok is false for what the
// reader may not see, and what is not here.
func cited(c *web.Ctx, id record.ID) (citable, bool, error) {
	q, kinds := c.Read(), c.Committer.Kinds()
	e, err := record.Find(q, id)
	if err == db.ErrNoRows || err == nil && c.Directory.Sees(c.Scope, e.Chart) != nil {
		return citable{}, false, nil
	}
	if err != nil {
		return citable{}, false, err
	}
	sight, err := c.Directory.Sight(q, c.Scope, e.Chart)
	if err != nil {
		return citable{}, false, err
	}
	if !sight.Sees(e) {
		return citable{}, false, sight.Err()
	}
	o := citable{ID: e.ID, Chart: e.Chart, At: e.Happened, By: name(c, e.Author)}
	f, err := record.ReadFamily(q, kinds, e.Chart, e.ID)
	if err != nil {
		return o, false, err
	}
	now := e
	if !f.Stands(e.ID) {
		o.Gone = true
		if now, err = wording(q, f, e); err != nil {
			return o, false, err
		}
		if now != nil && sight.Sees(now) {
			o.ID, o.Gone, o.Corrected = now.ID, false, true
		} else {
			now = e
		}
	}
	k, err := kinds.Find(now.Kind)
	if err != nil {
		return o, false, nil //nolint:nilerr // of a kind no longer known
	}
	b, err := kinds.Decode(now)
	switch {
	case errors.Is(err, record.ErrDestroyed):
		o.Line = ui.T(c.Context(), "notes.page.destroyed")
	case err != nil:
		return o, false, err
	default:
		o.Line = inWords(c, k, now, b)
	}
	return o, true, nil
}

// wording is what stands in an entry's place; nil for nothing.
func wording(q db.Querier, f *record.Family, e *record.Entry) (*record.Entry, error) {
	next := map[record.ID][]*record.Entry{}
	for _, id := range f.Known() {
		o, err := record.Find(q, id)
		if err != nil {
			return nil, err
		}
		if o.Amendment == record.Correction {
			next[o.Amends] = append(next[o.Amends], o)
		}
	}
	seen := map[record.ID]bool{}
	for todo := []*record.Entry{e}; len(todo) > 0; {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[at.ID] {
			continue
		}
		seen[at.ID] = true
		if at.ID != e.ID && f.Stands(at.ID) {
			return at, nil
		}
		todo = append(todo, next[at.ID]...)
	}
	return nil, nil
}

// inWords says an entry in words, beginning with a capital.
func inWords(c *web.Ctx, k *record.Kind, e *record.Entry, b record.Body) string {
	return ui.Line(c.Context(), k.Line(e, b))
}

// name is what somebody of the staff is called; one's own name is "You".
func name(c *web.Ctx, person record.ID) string {
	if c.Scope != nil && person == c.Scope.Person {
		return ui.T(c.Context(), "notes.page.you")
	}
	return nameOf(c.Directory, person)
}

func nameOf(d *access.Directory, person record.ID) string {
	if p := d.Person(person); p != nil {
		return p.Name
	}
	return ""
}

// hour is citables that happened within one hour.
type hour struct {
	At    time.Time
	Items []citable
}

// byHour groups them, as they stand, by the hours of the house's clock.
func byHour(c *web.Ctx, all []citable) []hour {
	zone := ui.From(c.Context()).Zone
	var out []hour
	for _, o := range all {
		local := o.At.In(zone)
		at := local.Add(-time.Duration(local.Minute())*time.Minute - time.Duration(local.Second())*time.Second - time.Duration(local.Nanosecond()))
		if len(out) == 0 || !out[len(out)-1].At.Equal(at) {
			out = append(out, hour{At: at})
		}
		last := &out[len(out)-1]
		last.Items = append(last.Items, o)
	}
	return out
}
