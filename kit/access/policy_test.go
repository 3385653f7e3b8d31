package access_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"milieu/kit/access"
	"milieu/kit/access/sentence"
	"milieu/kit/record"
)

// shipped are the program's own policies.
func shipped(t testing.TB) []access.File {
	t.Helper()
	var out []access.File
	for _, pattern := range []string{"*.cedarschema", "*.cedar"} {
		names, err := filepath.Glob(filepath.Join("..", "..", "app", "policy", pattern))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, n := range names {
			b, err := os.ReadFile(n)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, access.File{Name: filepath.Base(n), Text: string(b)})
		}
	}
	return out
}

func mustPolicy(t testing.TB, house ...access.File) *access.Policy {
	t.Helper()
	p, err := access.NewPolicy(shipped(t), house)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func cedar(body string) access.File { return access.File{Name: "extra.cedar", Text: body} }

// TestPoliciesThatCannotBeUsed: whatever is wrong in a file is said with its name, and nothing starts.
func TestPoliciesThatCannotBeUsed(t *testing.T) {
	for _, c := range []struct{ says, want, text string }{
		{"no Cedar at all", "extra.cedar", `nurses may do anything`},
		{"no id", "needs @id", `@says("x") forbid (principal, action, resource);`},
		{"no sentence", "needs @id", `@id("x") forbid (principal, action, resource);`},
		{"twice the same id", "another policy", `@id("care.see") @says("x") forbid (principal, action, resource);`},
		{"an action that is none", "extra.cedar", `@id("x") @says("x") forbid (principal, action == Action::"rounds.paint", resource);`},
		{"a role that is none", `Role::"janitor"`, `@id("x") @says("x") forbid (principal == Role::"janitor", action, resource);`},
		{"a tie that is none", `Tie::"friend"`, `@id("x") @says("x") forbid (principal, action, resource == Tie::"friend");`},
		{"a label that is none", `"secret"`, `@id("x") @says("x") forbid (principal, action, resource) when { context.label == "secret" };`},
		{"an attribute that is none", "extra.cedar", `@id("x") @says("x") forbid (principal, action, resource) when { context.weather == "rain" };`},
		{"a wrong type", "extra.cedar", `@id("x") @says("x") forbid (principal, action, resource) when { context.consent == "yes" };`},
		{"an attribute of the principal", "extra.cedar", `@id("x") @says("x") forbid (principal, action, resource) when { principal.name == "Jo" };`},
	} {
		for _, house := range []bool{false, true} {
			program, own := shipped(t), []access.File(nil)
			if house {
				own = append(own, cedar(c.text))
			} else {
				program = append(program, cedar(c.text))
			}
			_, err := access.NewPolicy(program, own)
			if !errors.Is(err, access.ErrPolicy) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s (the house's: %v): %v", c.says, house, err)
			}
		}
	}
	if _, err := access.NewPolicy(nil, nil); !errors.Is(err, access.ErrPolicy) {
		t.Errorf("no schema: %v", err)
	}
	schema := shipped(t)[0]
	if _, err := access.NewPolicy(append(shipped(t), access.File{Name: "second.cedarschema", Text: schema.Text}), nil); err == nil {
		t.Error("a second schema was read")
	}
	permits := cedar(`@id("x") @says("x") permit (principal == Role::"peer", action == Action::"rounds.level.lower", resource);`)
	if _, err := access.NewPolicy(shipped(t), []access.File{permits}); err == nil || !strings.Contains(err.Error(), "only forbid") {
		t.Errorf("a house that permits: %v", err)
	}
}

// TestAnErrorInAForbidRefusesTheWhole: Cedar passes over a forbid that cannot be evaluated, which would allow. Here nothing starts. The schema's own
// check finds what it can; what only an evaluation shows, an overflow, is found by evaluating every case beforehand.
func TestAnErrorInAForbidRefusesTheWhole(t *testing.T) {
	text := `@id("x") @says("x") forbid (principal, action == Action::"rounds.check", resource) when { 9223372036854775807 + (if context.consent then 1 else 2) > 0 };`
	_, err := access.NewPolicy(append(shipped(t), cedar(text)), nil)
	if !errors.Is(err, access.ErrPolicy) || !strings.Contains(err.Error(), "overflow") {
		t.Errorf("a forbid that fails: %v", err)
	}
}

// TestAHouseForbids: what a house's own policies take away is gone, and nothing else is.
func TestAHouseForbids(t *testing.T) {
	before := mustPolicy(t)
	after := mustPolicy(t, cedar(`
@id("house.off_shift") @says("Here nobody opens charts from home.")
forbid (principal in Role::"carer", action == Action::"see.client", resource == Tie::"team");
@id("house.vip") @says("Known persons are seen by those on shift only.")
forbid (principal, action == Action::"see.entry", resource) when { context.label == "house-known-person" } unless { resource == Tie::"shift" };
`))
	if !before.Ties(access.Nurse, "see.client", "", false).Has(access.Team) || after.Ties(access.Nurse, "see.client", "", false).Has(access.Team) {
		t.Error("a tie that the house forbids is still there, or was not before")
	}
	if before.KnowsLabel("house-known-person") || !after.KnowsLabel("house-known-person") {
		t.Error("a house's label is known where it was not defined, or is not where it was")
	}
	if got := after.Ties(access.Nurse, "see.entry", "house-known-person", false); got != access.Shift {
		t.Errorf("the house's label is seen under %s", got)
	}
	for _, line := range strings.Split(after.Matrix(), "\n") {
		if !strings.Contains(before.Matrix(), line) && !strings.Contains(line, "see.client") && !strings.Contains(line, "house-known-person") {
			t.Errorf("changed as well: %s", line)
		}
	}
}

// TestWhatNoPolicyOpens: the rules that the shipped policies must never lose, whoever edits them.
func TestWhatNoPolicyOpens(t *testing.T) {
	p := mustPolicy(t)
	glass := access.Glass | access.Emergency
	for _, role := range access.AllRoles {
		for _, label := range []string{access.Psychotherapy, access.Personal} {
			for _, consent := range []bool{false, true} {
				if got := p.Ties(role, access.SeeEntry, label, consent); got&^(access.Author|access.Custodian) != 0 {
					t.Errorf("%s sees %s under %s", role, label, got)
				}
			}
		}
		if p.Ties(role, access.SeeEntry, access.Review, true).Has(glass) && role != access.Supervisor && role != access.Coordinator {
			t.Errorf("a broken glass opens a review to %s", role)
		}
		if p.Ties(role, access.SeeEntry, access.SubstanceUse, false).Has(access.Glass) {
			t.Errorf("a broken glass alone opens what a substance-use programme wrote to %s", role)
		}
		if p.Ties(role, access.SeeEntry, "no-such-label", true) != 0 {
			t.Errorf("%s sees a label that nobody knows", role)
		}
	}
	if p.Allows(access.Administrator, "see.client") || p.Allows(access.Auditor, "see.client") {
		t.Error("an administrator or auditor sees charts")
	}
	if p.Ties(access.Relative, "see.client", "", false).Has(access.Family) || p.Ties(access.Relative, access.SeeEntry, access.NotForFamily, true) != 0 {
		t.Error("family see without consent, or what they are not to see")
	}
	for _, role := range access.Guests {
		for _, action := range []string{"staff.read", "entries.file", "api.read", "device.take", "shift.read"} {
			if p.Allows(role, action) {
				t.Errorf("%s may %s", role, action)
			}
		}
	}
	if p.Ties(access.Nurse, "no.such.action", "", true) != 0 || p.Ties("janitor", "see.client", "", true) != 0 {
		t.Error("what is not known is allowed")
	}
}

func TestSentencesAreRead(t *testing.T) {
	p, err := policy(rules)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		role         access.Role
		action, want string
	}{
		{access.Worker, "ward.see", "unit"}, {access.Prescriber, "ward.see", "any"}, {access.Peer, "ward.see", "new"}, {access.Auditor, "ward.see", ""},
		{access.Auditor, "draft.keep", "own"}, {access.Worker, "ward.lower", ""}, {access.Worker, "no.such", ""},
	} {
		if got := p.Reach(c.role, c.action); got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.role, c.action, got, c.want)
		}
	}
	if err := p.Covers([]string{"ward.see", "draft.keep"}); err != nil {
		t.Error(err)
	}
	if err := p.Covers([]string{"ward.see", "ward.paint"}); err == nil || !strings.Contains(err.Error(), "ward.paint") {
		t.Errorf("an action that no policy speaks of: %v", err)
	}
	for _, bad := range []string{"worker may ward.see", "wizard may ward.see anywhere", "worker ward.see anywhere", "wizard sees every unit", "worker, may ward.see anywhere"} {
		if _, err := sentence.Policies("# first\n" + bad); err == nil {
			t.Errorf("%.60q was read", bad)
		}
	}
}

func TestTiesHaveWords(t *testing.T) {
	for _, one := range access.AllTies.Each() {
		if got, ok := access.ParseTie(one.String()); !ok || got != one {
			t.Errorf("%d reads back as %d", one, got)
		}
	}
	if got := (access.Shift | access.Caseload).String(); got != "shift caseload" {
		t.Errorf("got %q", got)
	}
}

// BenchmarkMay asks the table as a page does; BenchmarkPolicy works it out as a start does.
func BenchmarkMay(b *testing.B) {
	p := mustPolicy(b)
	n := 0
	for b.Loop() {
		if p.May(access.Nurse, "rounds.check", access.Shift|access.House, nil, nil) {
			n++
		}
	}
	if n == 0 {
		b.Fatal("a nurse on shift may not look in on anybody")
	}
}

// BenchmarkSees asks whether somebody sees a chart, relations and all.
func BenchmarkSees(b *testing.B) {
	w := newWorld(b)
	s, err := w.dir.Scope(id("kim"), "desk")
	if err != nil {
		b.Fatal(err)
	}
	ann := record.ID(id("ann"))
	for b.Loop() {
		if err := w.dir.Sees(s, ann); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPolicy(b *testing.B) {
	files := shipped(b)
	for b.Loop() {
		if _, err := access.NewPolicy(files, nil); err != nil {
			b.Fatal(err)
		}
	}
}
