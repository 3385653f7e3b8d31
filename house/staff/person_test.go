package staff

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"milieu/kit/access"
	"milieu/kit/record"
)

func TestDetailsAreJudged(t *testing.T) {
	good := Details{Name: "Jo Ferreira", Role: access.Worker, SignIn: "jo"}
	for _, c := range []struct {
		name string
		edit func(*Details)
		ok   bool
	}{
		{"as it should be", func(*Details) {}, true},
		{"without a sign-in name", func(d *Details) { d.SignIn = "" }, true},
		{"an e-mail address", func(d *Details) { d.SignIn = "jo.ferreira+night@example.org" }, true},
		{"another script", func(d *Details) { d.Name, d.SignIn = "田中さん", "田中" }, true},
		{"no name", func(d *Details) { d.Name = "  " }, false},
		{"two lines", func(d *Details) { d.Name = "Jo\nFerreira" }, false},
		{"too long", func(d *Details) { d.Name = strings.Repeat("ö", 81) }, false},
		{"no role", func(d *Details) { d.Role = "" }, false},
		{"a role that is none", func(d *Details) { d.Role = "owner" }, false},
		{"one letter", func(d *Details) { d.SignIn = "j" }, false},
		{"a blank in it", func(d *Details) { d.SignIn = "jo f" }, false},
		{"markup", func(d *Details) { d.SignIn = "<jo>" }, false},
	} {
		d := good
		c.edit(&d)
		if err := (&Joined{d}).Validate(nil); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
		if err := (&Changed{d}).Validate(nil); (err == nil) != c.ok {
			t.Errorf("%s, changed: %v", c.name, err)
		}
	}
}

func TestShiftsAreJudged(t *testing.T) {
	unit := record.DeriveID("unit")
	from := time.Date(2026, 11, 19, 19, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		b    record.Body
		ok   bool
	}{
		{"a night", &ShiftPlanned{Unit: unit, From: from, Until: from.Add(12 * time.Hour)}, true},
		{"no unit", &ShiftPlanned{From: from, Until: from.Add(12 * time.Hour)}, false},
		{"no times", &ShiftPlanned{Unit: unit}, false},
		{"backwards", &ShiftPlanned{Unit: unit, From: from, Until: from.Add(-time.Hour)}, false},
		{"a slip of the date", &ShiftPlanned{Unit: unit, From: from, Until: from.AddDate(0, 1, 0)}, false},
		{"started", &ShiftStarted{Unit: unit}, true},
		{"started nowhere", &ShiftStarted{}, false},
		{"ended", &ShiftEnded{}, true},
		{"a team", &Assignment{Unit: unit, From: from, Until: from.AddDate(1, 0, 0)}, true},
		{"a team backwards", &Assignment{Unit: unit, From: from, Until: from}, false},
		{"no team", &Unassignment{}, false},
	} {
		if err := c.b.Validate(nil); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestSignInNamesFold(t *testing.T) {
	same := [][]string{{"Jo", "jo", " JO ", "ｊｏ"}, {"Straße", "STRASSE"}, {"é", "e\u0301", "É"}, {"ΣΑΣ", "σας"}}
	for _, list := range same {
		for _, text := range list {
			if FoldSignIn(text) != FoldSignIn(list[0]) {
				t.Errorf("%q and %q are told apart", text, list[0])
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		once := FoldSignIn(rapid.String().Draw(t, "text"))
		if FoldSignIn(once) != once {
			t.Fatalf("folding %q again gives %q", once, FoldSignIn(once))
		}
	})
}
