// Package sentence turns sentences into policies, for tests that need a few: "worker, nurse may ward.see on their unit".
//
// "on their unit" is under any tie that care gives, or for one's own chart; "of newcomers" allows that and a chart that is nobody's; "anywhere"
// asks for no tie; "for themselves" is one's own chart, or none at all. "supervisor sees every unit" lets a role do anywhere what it may do on
// its unit.
package sentence

import (
	"bufio"
	"fmt"
	"maps"
	"slices"
	"strings"

	"milieu/kit/access"
)

// reaches are how a sentence ends, and the ties that this means.
var reaches = []struct{ words, resource string }{
	{" on their unit", `resource in Tie::"mine"`},
	{" of newcomers", `resource in Tie::"mine"`},
	{" anywhere", `resource`},
	{" for themselves", `resource == Tie::"self"`},
}

// Policies turns texts of sentences into files, the schema among them.
func Policies(texts ...string) ([]access.File, error) {
	actions := map[string]bool{}
	every := map[string]bool{}
	var said []said
	for _, text := range texts {
		sc := bufio.NewScanner(strings.NewReader(text))
		for n := 1; sc.Scan(); n++ {
			line := strings.TrimSpace(sc.Text())
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			one, err := read(line)
			if err != nil {
				return nil, fmt.Errorf("line %d, %q: %w", n, line, err)
			}
			if one.all {
				for _, r := range one.roles {
					every[r] = true
				}
				one.actions, one.resource = []string{access.OverseeUnits}, "resource"
			}
			for _, a := range one.actions {
				actions[a] = true
			}
			said = append(said, one)
		}
	}
	var b strings.Builder
	for i, s := range said {
		s.write(&b, fmt.Sprintf("sentence.%d", i), s.roles, s.resource)
		if s.newcomers {
			s.write(&b, fmt.Sprintf("sentence.%d.new", i), s.roles, `resource == Tie::"newcomer"`)
		}
		wide := slices.DeleteFunc(slices.Clone(s.roles), func(r string) bool { return !every[r] })
		if len(wide) > 0 && strings.Contains(s.resource, "mine") {
			s.write(&b, fmt.Sprintf("sentence.%d.every", i), wide, `resource == Tie::"house"`)
		}
	}
	return []access.File{{Name: "test.cedarschema", Text: Schema(slices.Sorted(maps.Keys(actions)))}, {Name: "test.cedar", Text: b.String()}}, nil
}

// Schema is a schema of these actions, and of what the kit itself asks about.
func Schema(actions []string) string {
	all := append([]string{access.OverseeUnits, access.SeeEntry, access.LabelAction, "access.relabel", "see.client", "see.place", "see.staff", "see.house", "record.withdraw.others"}, actions...)
	slices.Sort(all)
	var b strings.Builder
	b.WriteString("entity Role in [Role];\nentity Tie in [Tie];\n")
	for _, a := range slices.Compact(all) {
		fmt.Fprintf(&b, "action %q appliesTo { principal: Role, resource: Tie, context: { label: String, consent: Bool } };\n", a)
	}
	return b.String()
}

type said struct {
	roles, actions []string
	resource       string
	newcomers, all bool
}

func read(line string) (s said, err error) {
	if who, ok := strings.CutSuffix(line, " sees every unit"); ok {
		s.all = true
		s.roles, err = roles(who)
		return s, err
	}
	who, what, ok := strings.Cut(line, " may ")
	if !ok {
		return s, fmt.Errorf("a line says who may do what")
	}
	if s.roles, err = roles(who); err != nil {
		return s, err
	}
	for _, r := range reaches {
		if rest, ok := strings.CutSuffix(what, r.words); ok {
			s.resource, s.newcomers = r.resource, r.words == " of newcomers"
			for a := range strings.SplitSeq(rest, ",") {
				s.actions = append(s.actions, strings.TrimSpace(a))
			}
			return s, nil
		}
	}
	return s, fmt.Errorf(`say "on their unit", "of newcomers", "anywhere" or "for themselves"`)
}

func roles(who string) (out []string, err error) {
	if who == "everyone" {
		for _, r := range access.Roles {
			out = append(out, string(r))
		}
		return out, nil
	}
	for name := range strings.SplitSeq(who, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(access.AllRoles, access.Role(name)) {
			return nil, fmt.Errorf("%q is no role", name)
		}
		out = append(out, name)
	}
	return out, nil
}

func (s said) write(b *strings.Builder, id string, roles []string, resource string) {
	var actions []string
	for _, a := range s.actions {
		actions = append(actions, fmt.Sprintf("Action::%q", a))
	}
	for _, r := range roles {
		fmt.Fprintf(b, "@id(%q) @says(%q)\npermit (principal == Role::%q, action in [%s], %s);\n", id+"."+r, s.resource, r, strings.Join(actions, ", "), resource)
	}
}
