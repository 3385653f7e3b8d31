package app

import "testing"

// TestEverySentenceIsAboutSomething: a sentence of the policy about an action that nothing does is a mistake in one of the two.
func TestEverySentenceIsAboutSomething(t *testing.T) {
	plan, err := (&Data{Dir: t.TempDir()}).plan()
	if err != nil {
		t.Fatal(err)
	}
	if unused := plan.Policy.Unused(plan.Actions); len(unused) > 0 {
		t.Errorf("the policy speaks of what nothing does: %v", unused)
	}
}
