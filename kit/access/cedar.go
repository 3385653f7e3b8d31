package access

import (
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"
)

// File is one file of policies.
type File struct {
	Name string // "care.cedar", or "schema.cedarschema"
	Text string
}

const schemaSuffix = ".cedarschema"

// ErrPolicy is at the root of every error in a policy file.
var ErrPolicy = errors.New("the policies cannot be used")

func policyError(file, format string, args ...any) error {
	return fmt.Errorf("%w: %s: %w", ErrPolicy, file, fmt.Errorf(format, args...))
}

// policies are files read and checked, not evaluated yet.
type policies struct {
	schema *resolved.Schema
	list   []statement
	labels []string // the house's own
}

// statement is one policy with what is needed to find it quickly.
type statement struct {
	Rule
	policy *cedar.Policy
	scope  *ast.Policy
}

// NewPolicy reads the program's policies and the house's own, checks each against the schema, and evaluates them. A house may only forbid. Any
// error, also one that the evaluation of a single case gives, is refused here: the program does not start with policies it cannot be sure of.
func NewPolicy(program, house []File) (*Policy, error) {
	read, err := readPolicies(program, house)
	if err != nil {
		return nil, err
	}
	return read.evaluate()
}

func readPolicies(program, house []File) (*policies, error) {
	out := &policies{}
	for _, f := range program {
		if !strings.HasSuffix(f.Name, schemaSuffix) {
			continue
		}
		if out.schema != nil {
			return nil, policyError(f.Name, "there is a second schema")
		}
		var s schema.Schema
		s.SetFilename(f.Name)
		if err := s.UnmarshalCedar([]byte(f.Text)); err != nil {
			return nil, policyError(f.Name, "reading the schema: %w", err)
		}
		var err error
		if out.schema, err = s.Resolve(); err != nil {
			return nil, policyError(f.Name, "reading the schema: %w", err)
		}
	}
	if out.schema == nil {
		return nil, fmt.Errorf("%w: there is no schema", ErrPolicy)
	}
	check := validate.New(out.schema)
	for _, f := range program {
		if !strings.HasSuffix(f.Name, schemaSuffix) {
			if err := out.read(f, check, false); err != nil {
				return nil, err
			}
		}
	}
	for _, f := range house {
		if err := out.read(f, check, true); err != nil {
			return nil, err
		}
	}
	return out, nil
}

var houseLabels = regexp.MustCompile(`"(house-[a-z0-9-]{1,34})"`)

// read adds one file's policies.
func (ps *policies) read(f File, check *validate.Validator, house bool) error {
	list, err := cedar.NewPolicyListFromBytes(f.Name, []byte(f.Text))
	if err != nil {
		return policyError(f.Name, "%w", err)
	}
	for _, p := range list {
		notes := p.Annotations()
		s := statement{Rule: Rule{ID: string(notes["id"]), Says: string(notes["says"]), File: f.Name, Forbid: p.Effect() == cedar.Forbid, House: house}, policy: p, scope: (*ast.Policy)(p.AST())}
		line := p.Position().Line
		switch {
		case s.ID == "" || s.Says == "":
			return policyError(f.Name, "line %d: a policy needs @id and @says", line)
		case slices.ContainsFunc(ps.list, func(o statement) bool { return o.ID == s.ID }):
			return policyError(f.Name, "line %d: there is another policy %q", line, s.ID)
		case house && !s.Forbid:
			return policyError(f.Name, "line %d: a house's own policies may only forbid", line)
		}
		if err := check.Policy(s.ID, s.scope); err != nil {
			return policyError(f.Name, "line %d, %s: %w", line, s.ID, err)
		}
		ps.list = append(ps.list, s)
	}
	for _, m := range houseLabels.FindAllStringSubmatch(f.Text, -1) {
		if house && !slices.Contains(ps.labels, m[1]) {
			ps.labels = append(ps.labels, m[1])
		}
	}
	return nil
}

// evaluate asks the policies about every role, tie, action, label and consent.
func (ps *policies) evaluate() (*Policy, error) {
	p := &Policy{rows: map[string]*row{}, labels: map[string]int{}, roles: map[Role]int{}}
	slices.Sort(ps.labels)
	p.names = append(append([]string{""}, Labels...), ps.labels...)
	for i, l := range p.names {
		p.labels[l] = i
	}
	for i, r := range AllRoles {
		p.roles[r] = i
	}
	world, err := ps.world()
	if err != nil {
		return nil, err
	}
	var actions []types.EntityUID
	for id := range ps.schema.Actions {
		if !ps.group(id) {
			actions = append(actions, id)
			p.rows[string(id.ID)] = new(row)
		}
	}
	slices.SortFunc(actions, func(a, b types.EntityUID) int { return strings.Compare(string(a.ID), string(b.ID)) })
	errs := make([]error, len(actions))
	var work sync.WaitGroup
	next := make(chan int)
	for range max(1, runtime.GOMAXPROCS(0)) {
		work.Go(func() {
			for i := range next {
				errs[i] = ps.fill(p, world, actions[i])
			}
		})
	}
	for i := range actions {
		next <- i
	}
	close(next)
	work.Wait()
	for _, s := range ps.list {
		s.roles = ps.speaksOf(world, s)
		p.rules = append(p.rules, s.Rule)
	}
	return p, errors.Join(errs...)
}

// group says that an action of the schema only gathers others.
func (ps *policies) group(id types.EntityUID) bool {
	for _, a := range ps.schema.Actions {
		for parent := range a.Entity.Parents.All() {
			if parent == id {
				return true
			}
		}
	}
	return false
}

// world is every role and tie with what the schema's groups make of them, and the actions.
func (ps *policies) world() (types.EntityMap, error) {
	world := types.EntityMap{}
	put := func(kind, name string, groups ...string) {
		var parents []types.EntityUID
		for _, g := range groups {
			parents = append(parents, types.NewEntityUID(types.EntityType(kind), types.String(g)))
		}
		id := types.NewEntityUID(types.EntityType(kind), types.String(name))
		world[id] = types.Entity{UID: id, Parents: types.NewEntityUIDSet(parents...)}
	}
	for g := range roleGroups {
		put("Role", g)
	}
	for g := range tieGroups {
		put("Tie", g)
	}
	for _, r := range AllRoles {
		var groups []string
		for g, roles := range roleGroups {
			if slices.Contains(roles, r) {
				groups = append(groups, g)
			}
		}
		put("Role", string(r), groups...)
	}
	for _, t := range AllTies.Each() {
		var groups []string
		for g, ties := range tieGroups {
			if ties.Has(t) {
				groups = append(groups, g)
			}
		}
		put("Tie", t.String(), groups...)
	}
	for id, a := range ps.schema.Actions {
		world[id] = a.Entity
	}
	return world, ps.names(world)
}

// names fails when a policy speaks of a role or tie that is none: it would hold for nobody, and look as if it did.
func (ps *policies) names(world types.EntityMap) error {
	for _, s := range ps.list {
		text := string(s.policy.MarshalCedar())
		for _, m := range entityNames.FindAllStringSubmatch(text, -1) {
			id := types.NewEntityUID(types.EntityType(m[1]), types.String(m[2]))
			if _, ok := world[id]; !ok {
				return policyError(s.File, "%s: %s is none", s.ID, m[0])
			}
		}
		for _, m := range labelNames.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(Labels, m[1]) && m[1] != "" && !(isHouseLabel(m[1]) && slices.Contains(ps.labels, m[1])) {
				return policyError(s.File, "%s: %q is no label", s.ID, m[1])
			}
		}
	}
	return nil
}

var (
	entityNames = regexp.MustCompile(`\b(Role|Tie)::"([^"]*)"`)
	labelNames  = regexp.MustCompile(`context\.label == "([^"]*)"`)
)

// fill evaluates one action. Only the policies that speak of it are asked, and labels and consent only where one of these does.
func (ps *policies) fill(p *Policy, world types.EntityMap, action types.EntityUID) error {
	about := cedar.PolicyMap{}
	labelled := false
	for i, s := range ps.list {
		if !concerns(s.scope.Action, world, action) {
			continue
		}
		about[types.PolicyID(fmt.Sprint(i))] = s.policy
		labelled = labelled || strings.Contains(string(s.policy.MarshalCedar()), "context")
	}
	contexts := make([]types.Record, 2*len(p.names))
	for i, l := range p.names {
		for _, consent := range []bool{false, true} {
			contexts[cell(i, consent)] = types.NewRecord(types.RecordMap{"label": types.String(l), "consent": types.Boolean(consent)})
		}
	}
	r := p.rows[string(action.ID)]
	for _, role := range AllRoles {
		cells := make([]Tie, len(contexts))
		for c, ctx := range contexts {
			if c > 0 && !labelled {
				cells[c] = cells[0]
				continue
			}
			for _, tie := range AllTies.Each() {
				d, why := cedar.Authorize(about, world, cedar.Request{Principal: types.NewEntityUID("Role", types.String(role)), Action: action, Resource: types.NewEntityUID("Tie", types.String(tie.String())), Context: ctx})
				if len(why.Errors) > 0 { // a forbid that cannot be evaluated would otherwise be passed over
					return fmt.Errorf("%w: %s as %s under %s: %s", ErrPolicy, action.ID, role, tie, why.Errors[0].Message)
				}
				if d == cedar.Allow {
					cells[c] |= tie
				}
			}
		}
		*r = append(*r, cells)
	}
	return nil
}

// concerns says whether a policy's scope takes an action in.
func concerns(scope ast.IsActionScopeNode, world types.EntityMap, action types.EntityUID) bool {
	within := func(group types.EntityUID) bool {
		if group == action {
			return true
		}
		for seen, open := map[types.EntityUID]bool{}, []types.EntityUID{action}; len(open) > 0; open = open[1:] {
			for parent := range world[open[0]].Parents.All() {
				if parent == group {
					return true
				}
				if !seen[parent] {
					seen[parent], open = true, append(open, parent)
				}
			}
		}
		return false
	}
	switch s := scope.(type) {
	case ast.ScopeTypeEq:
		return s.Entity == action
	case ast.ScopeTypeIn:
		return within(s.Entity)
	case ast.ScopeTypeInSet:
		return slices.ContainsFunc(s.Entities, within)
	default:
		return true
	}
}

// speaksOf lists the roles that a policy's scope takes in.
func (ps *policies) speaksOf(world types.EntityMap, s statement) []Role {
	var out []Role
	for _, r := range AllRoles {
		id := types.NewEntityUID("Role", types.String(r))
		in := true
		switch scope := s.scope.Principal.(type) {
		case ast.ScopeTypeEq:
			in = scope.Entity == id
		case ast.ScopeTypeIn:
			in = scope.Entity == id || world[id].Parents.Contains(scope.Entity)
		}
		if in {
			out = append(out, r)
		}
	}
	return out
}
