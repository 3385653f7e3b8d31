package clients_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"milieu/house/clients"
	"milieu/kit/fault"
	"milieu/kit/record"
)

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"Tomás Vidal": "tomas vidal", "ŁUKASZ  Groß": "lukasz gross", "O’Brien": "obrien", "Mei-Lin": "mei lin", "Ærø Øst": "aero ost", "حدّاد": "حداد", "ﬁne": "fine", "  ": "", "İstanbul": "istanbul", "١٢": "١٢",
	} {
		if got := clients.Fold(in); got != want {
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
		if got := clients.Near(one.a, one.b); got < one.want-0.001 || got > one.want+0.001 {
			t.Errorf("%s and %s: %.3f, want %.3f", one.a, one.b, got, one.want)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"Tomás", "\xff\xfe", "İ", "ß", strings.Repeat("́", 50), "\u202e"} {
		f.Add(s, "other")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		folded := clients.Fold(a)
		if again := clients.Fold(folded); again != folded {
			t.Errorf("%q folds to %q and then to %q", a, folded, again)
		}
		if !utf8.ValidString(folded) {
			t.Errorf("%q folds to broken text", a)
		}
		clients.Sound(folded)
		if n := clients.Near(folded, clients.Fold(b)); n < 0 || n > 1.0001 {
			t.Errorf("%q and %q are %f alike", a, b, n)
		}
	})
}

func TestAge(t *testing.T) {
	on := time.Date(2026, 11, 19, 2, 0, 0, 0, time.UTC)
	for birth, want := range map[string]int{"1992-11-19": 34, "1992-11-20": 33, "1992": 34, "1993": 33, "1992-11": 34, "1992-12": 33, "2026-11-19": 0, "2004-02-29": 22} {
		if got, ok := (clients.Birth{BirthDate: birth}).Age(on); !ok || got != want {
			t.Errorf("born %s: %d, want %d", birth, got, want)
		}
	}
	for _, birth := range []string{"", "soon", "1992-13", "1992-02-30", "2030"} {
		if got, ok := (clients.Birth{BirthDate: birth}).Age(on); ok {
			t.Errorf("born %q: %d", birth, got)
		}
	}
}

func TestBodiesAreJudged(t *testing.T) {
	e := &record.Entry{Chart: chart(1), Happened: at(12, 0)}
	long := strings.Repeat("x", 5000)
	for name, one := range map[string]struct {
		body  record.Body
		field string
	}{
		"no name":           {&clients.Registered{Unit: cedar}, "used"},
		"no unit":           {&clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: "A"}}}, "unit"},
		"no alias":          {&clients.Registered{Identity: clients.Identity{Names: clients.Names{Anonymous: true, Used: "A"}}, Unit: cedar}, "alias"},
		"born tomorrow":     {&clients.Described{Part: clients.PartBirth, Identity: clients.Identity{Birth: clients.Birth{BirthDate: "2027-01-01"}}}, "birth_date"},
		"no part":           {&clients.Described{}, "part"},
		"another part too":  {&clients.Described{Part: clients.PartBirth, Identity: clients.Identity{Names: clients.Names{Used: "A"}}}, "part"},
		"no substance":      {&clients.AllergyNoted{}, "substance"},
		"no help":           {&clients.PrecautionSet{Code: "fall"}, "helps"},
		"no such care":      {&clients.PrecautionSet{Code: "violent", Helps: "x"}, "code"},
		"long flag":         {&clients.FlagSet{Text: long}, "text"},
		"many names":        {&clients.Described{Part: clients.PartNames, Identity: clients.Identity{Names: clients.Names{Used: "A", Previous: make([]string, 41)}}}, "previous"},
		"ends first":        {&clients.LegalStatusSet{Status: "hold", Until: at(11, 0)}, "until"},
		"no such status":    {&clients.LegalStatusSet{Status: "72"}, "status"},
		"back before":       {&clients.Left{Kind: "leave", Expected: at(11, 0)}, "expected"},
		"no such leave":     {&clients.Left{Kind: "gone"}, "away"},
		"into itself":       {&clients.Merged{Into: chart(1), Reason: "x"}, "into"},
		"photo elsewhere":   {&clients.PhotoSet{Blob: "http://example/x.jpg", Consent: "x"}, "blob"},
		"no consent":        {&clients.PhotoSet{Blob: strings.Repeat("a", 64)}, "consent"},
		"source of nothing": {&clients.Imported{Key: "x"}, "text"},
		"ends nothing":      {&clients.Ended{}, "item"},
	} {
		err := one.body.Validate(e)
		var names []string
		for _, f := range fault.Of(err).Fields {
			names = append(names, f.Name)
		}
		if err == nil || fault.KindOf(err) != fault.Invalid || !strings.Contains(strings.Join(names, " "), one.field) {
			t.Errorf("%s: %v, want %s named", name, err, one.field)
		}
	}
	for _, k := range clients.Kinds() {
		if err := k.Example.Validate(&record.Entry{Chart: chart(1), Happened: at(18, 0)}); err != nil && k.Name != "clients.legal_status_set" {
			t.Errorf("the example of %s is not valid: %v", k.Name, err)
		}
	}
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
		if n := clients.Near(string(word), string(slipped)); n < 0.82 {
			t.Fatalf("%s and %s are only %.2f alike", string(word), string(slipped), n)
		}
	})
}
