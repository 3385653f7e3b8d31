package access

import (
	"fmt"
	"slices"
	"strings"
)

// Policy is who may do what, evaluated: for every role, action, label and consent the ties under which it is allowed. It is worked out from the
// files once, when the program starts; pages, lists, admission and tests all ask this one table.
type Policy struct {
	rows   map[string]*row
	labels map[string]int // "" is the first
	names  []string       // of the labels, in order
	roles  map[Role]int
	rules  []Rule
}

// row is the table of one action: by role, then label, then consent.
type row [][]Tie

func cell(label int, consent bool) int {
	if consent {
		return 2*label + 1
	}
	return 2 * label
}

// Ties gives the ties under which a role may do an action to what carries a label ("" for none), with or without consent. None: never.
func (p *Policy) Ties(r Role, action, label string, consent bool) Tie {
	if p == nil {
		return 0
	}
	a, role := p.rows[action], p.role(r)
	l, known := p.labels[label]
	if a == nil || role < 0 || !known {
		return 0
	}
	return (*a)[role][cell(l, consent)]
}

func (p *Policy) role(r Role) int {
	if i, ok := p.roles[r]; ok {
		return i
	}
	return -1
}

// May says whether a role may do an action under any of these ties to what carries all of these labels.
func (p *Policy) May(r Role, action string, ties Tie, labels []string, consents func(label string) bool) bool {
	agreed := func(label string) bool { return consents != nil && consents(label) }
	if len(labels) == 0 {
		return p.Ties(r, action, "", agreed("")).Has(ties)
	}
	for _, l := range labels {
		if !p.Ties(r, action, l, agreed(l)).Has(ties) {
			return false
		}
	}
	return true
}

// Allows says whether the role has the action under any tie at all.
func (p *Policy) Allows(r Role, action string) bool {
	if p == nil {
		return false
	}
	a, role := p.rows[action], p.role(r)
	if a == nil || role < 0 {
		return false
	}
	return slices.ContainsFunc((*a)[role], func(t Tie) bool { return t != 0 })
}

// Reach says in a word how far a role's leave for an action goes: "any" (everywhere), "new" (its own units, and people who are new), "unit" (its own
// units and people), "own" (for itself); empty when there is none.
func (p *Policy) Reach(r Role, action string) string {
	switch t := p.Ties(r, action, "", false); {
	case t.Has(House):
		return "any"
	case t.Has(Newcomer):
		return "new"
	case t.Has(tieGroups["care"] | Guardian | Family):
		return "unit"
	case t != 0:
		return "own"
	}
	return ""
}

// KnowsLabel says whether policies speak of a label, so that an entry may carry it.
func (p *Policy) KnowsLabel(label string) bool {
	if p == nil {
		return false
	}
	_, ok := p.labels[label]
	return ok && label != ""
}

// LabelNames lists the labels, the house's own last.
func (p *Policy) LabelNames() []string { return slices.Clone(p.names[1:]) }

// Unused lists the actions of the schema that are not among those given: leave for what nothing does.
func (p *Policy) Unused(actions []string) []string {
	var out []string
	for a := range p.rows {
		if !slices.Contains(actions, a) {
			out = append(out, a)
		}
	}
	slices.Sort(out)
	return out
}

// Covers fails when an action that routes and kinds name is not in the schema.
func (p *Policy) Covers(actions []string) error {
	for _, a := range actions {
		if p.rows[a] == nil {
			return fmt.Errorf("no policy says who may %s", a)
		}
	}
	return nil
}

// Matrix writes the whole table, to be read and compared: a line for each action, label and consent where anything is allowed, saying for each
// role under which ties. What holds for a label as it does without one is not said again.
func (p *Policy) Matrix() string {
	var b strings.Builder
	actions := make([]string, 0, len(p.rows))
	for a := range p.rows {
		actions = append(actions, a)
	}
	slices.Sort(actions)
	for _, a := range actions {
		for li, l := range p.names {
			for _, consent := range []bool{false, true} {
				line := p.line(a, li, consent)
				if li == 0 && !consent && !(line == "nobody" && p.anything(a)) || li == 0 && consent && line != p.line(a, 0, false) || li > 0 && line != p.line(a, 0, consent) && !(consent && line == p.line(a, li, false)) {
					name := a
					if l != "" {
						name += " [" + l + "]"
					}
					if consent {
						name += " +consent"
					}
					fmt.Fprintf(&b, "%-38s %s\n", name, line)
				}
			}
		}
	}
	return b.String()
}

// Nobody lists the actions that nobody is allowed.
func (p *Policy) Nobody() []string {
	var out []string
	for a := range p.rows {
		if !p.anything(a) {
			out = append(out, a)
		}
	}
	slices.Sort(out)
	return out
}

// anything says whether an action is allowed to anybody at all.
func (p *Policy) anything(action string) bool {
	return slices.ContainsFunc(AllRoles, func(r Role) bool { return p.Allows(r, action) })
}

// line says under which ties which roles may, the roles of the same ties together.
func (p *Policy) line(action string, label int, consent bool) string {
	var order []Tie
	who := map[Tie][]string{}
	for _, r := range AllRoles {
		if t := (*p.rows[action])[p.roles[r]][cell(label, consent)]; t != 0 {
			if who[t] == nil {
				order = append(order, t)
			}
			who[t] = append(who[t], string(r))
		}
	}
	if order == nil {
		return "nobody"
	}
	var out []string
	for _, t := range order {
		out = append(out, brief(t)+": "+strings.Join(who[t], " "))
	}
	return strings.Join(out, "; ")
}

// brief names ties by the groups that policies use, where one is whole.
func brief(t Tie) string {
	if t == AllTies {
		return "any"
	}
	var out []string
	for _, g := range []string{"mine", "care", "unit"} {
		if all := tieGroups[g]; t&all == all {
			out, t = append(out, g), t&^all
		}
	}
	for _, one := range t.Each() {
		out = append(out, one.String())
	}
	return strings.Join(out, "+")
}

// Rule is one policy, for people: which file it stands in and what it says in a sentence.
type Rule struct {
	ID     string // "care.look"
	File   string
	Says   string // the policy's own sentence
	Forbid bool
	House  bool // the house's own
	roles  []Role
}

// Rules lists the policies that speak of a role, in the order of the files. An empty role lists all.
func (p *Policy) Rules(r Role) []Rule {
	var out []Rule
	for _, one := range p.rules {
		if r == "" || slices.Contains(one.roles, r) {
			out = append(out, one)
		}
	}
	return out
}
