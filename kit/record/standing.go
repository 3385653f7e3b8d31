package record

import (
	"bytes"
	"fmt"
	"slices"

	"milieu/kit/clock"
	"milieu/kit/db"
)

// Put on an amendment whose target the server had not seen when it judged whether this author may take it back. It has force only over an
// entry of the same author: over one whose kind asks for no more than having written it, or, where the author holds every such leave, over any.
const (
	MarkUnseen    = "target_unseen"
	MarkUnseenOwn = "target_unseen_own"
)

// member is an entry as far as its standing is concerned.
type member struct {
	id, target, author ID
	what               Amendment
	written            int64 // microseconds
	kind               string
	unseen             bool // and so without force over another author's entry
	own                bool // but with force over any of one's own
	known              bool // false: only amended so far, not filed
}

// Family is every entry of one chart that is tied to another by amendments. What stands in it depends on the members alone, never on the
// order in which they came:
//
//   - A withdrawal (entered in error, wrong chart) fells its target, and what corrected that target, unless it is itself withdrawn.
//   - A correction stands in its target's place. Of rival corrections the one whose own latest wording was written last stands.
//   - Further words fell nothing.
//   - Amendments that refer to each other in a ring, which only a forger makes, have no force.
type Family struct {
	members map[ID]*member
	guarded func(kind string) bool
	now     map[ID]bool // what stands, once worked out
}

// ReadFamily reads the family of an entry. The entry and its own amendment are in the database already.
func ReadFamily(q db.Querier, kinds *Kinds, chart, id ID) (*Family, error) {
	f := &Family{members: map[ID]*member{}, guarded: kinds.guarded}
	open := []ID{id}
	for len(open) > 0 {
		id := open[len(open)-1]
		open = open[:len(open)-1]
		if f.members[id] != nil {
			continue
		}
		m, err := readMember(q, chart, id)
		if err != nil {
			return nil, err
		}
		f.members[id] = m
		if !m.target.IsZero() {
			open = append(open, m.target)
		}
		err = db.Each(q, "SELECT id FROM amend WHERE target = $1 AND chart = $2", []any{id[:], chart[:]}, func(r db.Row) error {
			var by ID
			err := r.Scan(&by)
			open = append(open, by)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("reading amendments of %s: %w", id, err)
		}
	}
	return f, nil
}

func readMember(q db.Querier, chart, id ID) (*member, error) {
	m := &member{id: id}
	var marks string
	err := q.QueryRow("SELECT amends, amendment, written, author, kind, marks FROM entry WHERE id = $1 AND chart = $2", id[:], chart[:]).Scan(&m.target, &m.what, &m.written, &m.author, &m.kind, &marks)
	if err == db.ErrNoRows {
		return m, nil // amended before it came, or an entry of another chart: an amendment never reaches into another
	}
	if err != nil {
		return nil, fmt.Errorf("reading amended entry %s: %w", id, err)
	}
	m.known = true
	m.own = slices.Contains(split(marks), MarkUnseenOwn)
	m.unseen = m.own || slices.Contains(split(marks), MarkUnseen)
	return m, nil
}

// guarded says that taking back an entry of the kind asks for more than having written it.
func (ks *Kinds) guarded(kind string) bool {
	k := ks.byName[kind]
	return k != nil && (k.Own || k.Withdraw != "")
}

// Len counts the entries of the family.
func (f *Family) Len() int { return len(f.members) }

// Known lists the entries of the family that are filed, in order of ID.
func (f *Family) Known() []ID {
	var out []ID
	for id, m := range f.members {
		if m.known {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, func(a, b ID) int { return bytes.Compare(a[:], b[:]) })
	return out
}

// Kinds lists the kinds of the entries of the family that are filed.
func (f *Family) Kinds() []string {
	var out []string
	for _, m := range f.members {
		if m.known && !slices.Contains(out, m.kind) {
			out = append(out, m.kind)
		}
	}
	return out
}

// Stands says whether an entry of the family stands.
func (f *Family) Stands(id ID) bool {
	if f.now == nil {
		f.now = f.standing(Zero)
	}
	return f.now[id]
}

// Change is one entry whose standing an amendment has changed.
type Change struct {
	ID     ID
	Stands bool
}

// Changes says which other entries' standing differs because this one arrived, in order of ID.
func (f *Family) Changes(id ID) []Change {
	before, after := f.standing(id), f.standing(Zero)
	var out []Change
	for other, m := range f.members {
		if other != id && m.known && before[other] != after[other] {
			out = append(out, Change{other, after[other]})
		}
	}
	slices.SortFunc(out, func(a, b Change) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return out
}

// standing gives the entries that stand, as if the entry `without` had not come.
func (f *Family) standing(without ID) map[ID]bool {
	j := judging{over: map[ID][]*member{}, felled: map[ID]bool{}}
	ring := f.ring(without)
	corrects := map[ID]bool{}
	for _, m := range f.members {
		if m.id != without && f.force(m, without) && !ring[m.id] {
			j.over[m.target] = append(j.over[m.target], m)
			corrects[m.id] = m.what == Correction
		}
	}
	out := map[ID]bool{}
	for _, m := range f.members {
		if corrects[m.id] {
			continue
		}
		if w := j.wording(m); w != nil && w.known && w.id != without {
			out[w.id] = true
		}
	}
	return out
}

// force says whether a member does anything to its target, as if the entry `without` had not come.
func (f *Family) force(m *member, without ID) bool {
	if m.what == "" || m.what == Addendum {
		return false
	}
	if !m.unseen {
		return true
	}
	t := f.members[m.target]
	return t != nil && t.known && t.id != without && t.author == m.author && (m.own || !f.guarded(t.kind))
}

// ring finds the members that amend each other in a circle.
func (f *Family) ring(without ID) map[ID]bool {
	ring, done := map[ID]bool{}, map[ID]bool{}
	for start := range f.members {
		var path []ID
		on := map[ID]int{}
		for m := f.members[start]; m != nil && m.id != without && !done[m.id] && f.force(m, without); m = f.members[m.target] {
			if at, again := on[m.id]; again {
				for _, id := range path[at:] {
					ring[id] = true
				}
				break
			}
			on[m.id] = len(path)
			path = append(path, m.id)
		}
		for _, id := range path {
			done[id] = true
		}
	}
	return ring
}

// judging works out one family without rings.
type judging struct {
	over   map[ID][]*member // what has force over an entry
	felled map[ID]bool
}

func (j *judging) withdrawn(m *member) bool {
	if v, ok := j.felled[m.id]; ok {
		return v
	}
	v := slices.ContainsFunc(j.over[m.id], func(a *member) bool { return a.what != Correction && !j.withdrawn(a) })
	j.felled[m.id] = v
	return v
}

// wording is what stands in the place of m: itself, a correction of it, a correction of that, or nothing.
func (j *judging) wording(m *member) *member {
	if j.withdrawn(m) {
		return nil
	}
	var last *member
	for _, a := range j.over[m.id] {
		if a.what != Correction {
			continue
		}
		if w := j.wording(a); w != nil && (last == nil || w.written > last.written || w.written == last.written && bytes.Compare(w.id[:], last.id[:]) > 0) {
			last = w
		}
	}
	if last == nil {
		return m
	}
	return last
}

// Amend notes an amendment beside its entry's row.
func Amend(tx db.Tx, e *Entry) error {
	return tx.Exec("INSERT INTO amend (target, id, chart, amendment, written) VALUES ($1, $2, $3, $4, $5)", e.Amends[:], e.ID[:], e.Chart[:], string(e.Amendment), clock.Micros(e.Written))
}
