package names_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"milieu/house/clients/names"
)

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"Tomás Vidal": "tomas vidal", "ŁUKASZ  Groß": "lukasz gross", "O’Brien": "obrien", "Mei-Lin": "mei lin", "Ærø Øst": "aero ost", "Ǿrsted Ǣbel": "orsted aebel", "حدّاد": "حداد", "ﬁne": "fine", "  ": "", "İstanbul": "istanbul", "١٢": "١٢",
	} {
		if got := names.Fold(in); got != want {
			t.Errorf("%q folds to %q, want %q", in, got, want)
		}
	}
}

func TestNearIsWinklers(t *testing.T) {
	// The measure's published examples.
	for _, one := range []struct {
		a, b string
		want float64
	}{{"martha", "marhta", 0.961}, {"dwayne", "duane", 0.84}, {"dixon", "dicksonx", 0.813}, {"abc", "xyz", 0}, {"", "", 1}, {"a", "", 0}} {
		if got := names.Near(one.a, one.b); got < one.want-0.001 || got > one.want+0.001 {
			t.Errorf("%s and %s: %.3f, want %.3f", one.a, one.b, got, one.want)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"Tomás", "\xff\xfe", "İ", "ß", strings.Repeat("́", 50), "\u202e", "ǣǿŉ", "\xf7Ŗ", "ᴭ"} {
		f.Add(s, "other")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		folded := names.Fold(a)
		if again := names.Fold(folded); again != folded {
			t.Errorf("%q folds to %q and then to %q", a, folded, again)
		}
		if !utf8.ValidString(folded) {
			t.Errorf("%q folds to broken text", a)
		}
		names.Sound(folded)
		if n := names.Near(folded, names.Fold(b)); n < 0 || n > 1.0001 {
			t.Errorf("%q and %q are %f alike", a, b, n)
		}
	})
}

// However a name is mistyped once, it is found again by what the two spellings share.
func TestOneSlipIsNearEnough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := []rune(rapid.StringMatching(`[a-z]{5,12}`).Draw(t, "word"))
		i := rapid.IntRange(1, len(word)-2).Draw(t, "at")
		slipped := append([]rune(nil), word...)
		switch rapid.IntRange(0, 2).Draw(t, "slip") {
		case 0:
			slipped = append(slipped[:i], slipped[i+1:]...)
		case 1:
			slipped[i], slipped[i+1] = slipped[i+1], slipped[i]
		default:
			slipped[i] = 'z'
		}
		if n := names.Near(string(word), string(slipped)); n < 0.82 {
			t.Fatalf("%s and %s are only %.2f alike", string(word), string(slipped), n)
		}
	})
}
