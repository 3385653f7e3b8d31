package notes_test

import (
	"strings"
	"testing"
	"time"

	"milieu/care/notes"
	"milieu/kit/fault"
	"milieu/kit/record"
)

var noon = time.Date(2026, 11, 19, 12, 0, 0, 0, time.UTC)

func entry(happened, written time.Time) *record.Entry {
	return &record.Entry{ID: record.NewID(written), Chart: record.NewID(written), Happened: happened, Written: written}
}

func written(format string, parts ...string) *notes.Written {
	w := &notes.Written{Format: format, Version: 1, From: noon.Add(-4 * time.Hour), Parts: map[string]string{}}
	for _, p := range parts {
		w.Parts[p] = "words"
	}
	return w
}

// wrong names the fields of an error, in order.
func wrong(err error) string {
	var names []string
	for _, f := range fault.Of(err).Fields {
		names = append(names, f.Name)
	}
	return strings.Join(names, " ")
}

func TestWhoWritesUnderWhichHeading(t *testing.T) {
	for _, c := range []struct {
		role, format string
		parts        []string
		labels       []string
		wrong        string
	}{
		{"worker", "birp", []string{"behaviour", "intervention", "response"}, nil, ""},
		{"worker", "birp", []string{"behaviour", "intervention"}, nil, "parts.response"},
		{"worker", "birp", []string{"behaviour", "intervention", "response", "assessment"}, nil, "parts.assessment"},
		{"worker", "dap", []string{"data", "plan"}, nil, ""},
		{"worker", "dap", []string{"data", "assessment"}, nil, "parts.assessment"},
		{"peer", "soap", []string{"subjective", "objective", "assessment"}, nil, "parts.assessment"},
		{"case_manager", "soap", []string{"subjective", "objective", "assessment"}, nil, "parts.assessment"},
		{"supervisor", "dap", []string{"data", "assessment"}, nil, "parts.assessment"},
		{"nurse", "dap", []string{"data", "assessment"}, nil, ""},
		{"nurse", "dap", []string{"data"}, nil, "parts.assessment"},
		{"prescriber", "soap", []string{"subjective", "objective", "assessment", "plan"}, nil, ""},
		{"worker", "girp", []string{"goal", "intervention", "response"}, []string{"not-for-family"}, ""},
		{"worker", "pie", []string{"problem", "intervention", "evaluation"}, nil, ""},
		{"worker", "free", []string{"text"}, []string{"personal"}, ""},
		{"clinician", "session", []string{"session"}, []string{"psychotherapy"}, ""},
		{"clinician", "session", []string{"session"}, nil, "labels"},
		{"clinician", "soap", []string{"subjective", "objective", "assessment"}, []string{"psychotherapy"}, "labels"},
		{"nurse", "session", []string{"session"}, []string{"psychotherapy"}, "format"},
	} {
		f := notes.FindFormat(c.format, 1)
		if f == nil {
			t.Fatalf("there is no format %s", c.format)
		}
		if got := wrong(f.Check(written(c.format, c.parts...), c.role, c.labels)); got != c.wrong {
			t.Errorf("%s in %s under %v with %v: wrong is %q, want %q", c.role, c.format, c.parts, c.labels, got, c.wrong)
		}
	}
}

func TestEveryFormatCanBeWritten(t *testing.T) {
	for _, f := range notes.Formats() {
		if f.Label == "" || f.Source == "" || f.Since == "" {
			t.Errorf("%s says not what it is, from where and since when", f.ID)
		}
		set := &notes.FormatSet{Format: *f, Off: true}
		set.Carries = ""
		if err := set.Validate(nil); err != nil {
			t.Errorf("%s: %v", f.ID, err)
		}
		for _, role := range notes.Writers {
			if f.Offered(role) && len(f.Needed(role)) == 0 {
				t.Errorf("%s asks a %s for nothing", f.ID, role)
			}
		}
	}
}

func TestAHousesOwnFormats(t *testing.T) {
	own := func(version int, part string) notes.FormatSet {
		return notes.FormatSet{Format: notes.Format{ID: "home", Version: version, Label: "Home", Parts: []notes.Part{{Code: part, Label: part}}}}
	}
	off := func(id string) notes.FormatSet {
		return notes.FormatSet{Format: notes.Format{ID: id, Version: 1, Label: id}, Off: true}
	}
	names := func(list []*notes.Format) string {
		var out []string
		for _, f := range list {
			out = append(out, f.ID+"/"+f.Parts[0].Code)
		}
		return strings.Join(out, " ")
	}
	const all = "birp/behaviour girp/goal dap/data soap/subjective pie/problem free/text session/session"
	for what, c := range map[string]struct {
		set  []notes.FormatSet
		want string
	}{
		"none":             {nil, all},
		"one more":         {[]notes.FormatSet{own(1, "a")}, all + " home/a"},
		"a newer version":  {[]notes.FormatSet{own(1, "a"), own(2, "b")}, all + " home/b"},
		"an older one set": {[]notes.FormatSet{own(2, "b"), own(1, "a")}, all + " home/b"},
		"ours silenced":    {[]notes.FormatSet{off("soap"), off("session")}, "birp/behaviour girp/goal dap/data pie/problem free/text"},
		"theirs silenced":  {[]notes.FormatSet{own(1, "a"), off("home")}, all},
		"and set again":    {[]notes.FormatSet{own(1, "a"), off("home"), own(2, "b")}, all + " home/b"},
	} {
		if got := names(notes.Choice(c.set)); got != c.want {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
	}
	set := []notes.FormatSet{own(1, "a"), own(2, "b"), off("home")}
	if f := notes.FormatOf(set, "home", 1); f == nil || f.Parts[0].Code != "a" {
		t.Error("a note written in the first version has lost its headings")
	}
	taken := notes.FormatSet{Format: *notes.FindFormat("birp", 1)}
	if taken.Validate(nil) == nil {
		t.Error("a house changes a format of ours under its own name and version")
	}
}

// TestThreeThingsThatAreNotOne: a late entry, an addendum and a correction each bear their own day, and none is dated back.
func TestThreeThingsThatAreNotOne(t *testing.T) {
	w := func(from, until time.Time) *notes.Written {
		return &notes.Written{Format: "free", Version: 1, From: from, Until: until, Parts: map[string]string{"text": "words"}}
	}
	amends := func(e *record.Entry, how record.Amendment) *record.Entry {
		e.Amends, e.Amendment = record.NewID(noon), how
		return e
	}
	day := 24 * time.Hour
	for what, c := range map[string]struct {
		b     record.Body
		e     *record.Entry
		wrong string
	}{
		"a note of this shift":               {w(noon.Add(-4*time.Hour), time.Time{}), entry(noon, noon), ""},
		"a note of the shift before":         {w(noon.Add(-20*time.Hour), noon.Add(-12*time.Hour)), entry(noon, noon), ""},
		"of two days ago, as if it were now": {w(noon.Add(-3*day), noon.Add(-2*day)), entry(noon, noon), "happened"},
		"of two days ago, as a late entry":   {w(noon.Add(-3*day), noon.Add(-2*day)), entry(noon.Add(-2*day), noon), ""},
		"of what is still to come":           {w(noon, noon.Add(time.Hour)), entry(noon, noon), "until"},
		"that ends before it begins":         {w(noon, noon.Add(-time.Hour)), entry(noon, noon), "until"},
		"a correction of today":              {w(noon.Add(-3*day), noon.Add(-2*day)), amends(entry(noon, noon), record.Correction), ""},
		"a correction dated back":            {w(noon.Add(-3*day), noon.Add(-2*day)), amends(entry(noon.Add(-day), noon), record.Correction), "happened"},
		"an addendum of today":               {&notes.Noted{Text: "more"}, amends(entry(noon, noon), record.Addendum), ""},
		"an addendum dated back":             {&notes.Noted{Text: "more", After: "forgot"}, amends(entry(noon.Add(-day), noon), record.Addendum), "happened"},
		"a co-signature dated back":          {&notes.Cosigned{Note: record.NewID(noon)}, entry(noon.Add(-day), noon), "happened"},
		"a late quick note":                  {&notes.Noted{Text: "late", After: "the bus was leaving"}, entry(noon.Add(-day), noon), ""},
		"nothing but spaces":                 {&notes.Noted{Text: " \n\t"}, entry(noon, noon), "text"},
		"a begun note dated back":            {&notes.Begun{Format: "birp"}, amends(entry(noon.Add(-day), noon), record.Correction), "happened"},
		"dropped without a reason":           {&notes.Dropped{Begun: record.NewID(noon), Reason: " "}, entry(noon, noon), "reason"},
	} {
		if got := wrong(c.b.Validate(c.e)); got != c.wrong {
			t.Errorf("%s: wrong is %q, want %q", what, got, c.wrong)
		}
	}
}

func TestWhichRulesHold(t *testing.T) {
	fixed := func(hours int, at time.Time) notes.Fixed {
		return notes.Fixed{Happened: at, Rules: notes.Rules{CosignHours: hours}}
	}
	unit := []notes.Fixed{fixed(8, noon), fixed(12, noon.Add(time.Hour))}
	house := []notes.Fixed{fixed(48, noon.Add(-time.Hour))}
	for _, c := range []struct {
		unit, house []notes.Fixed
		at          time.Time
		want        int
	}{
		{nil, nil, noon, 24}, {nil, house, noon, 48}, {nil, house, noon.Add(-2 * time.Hour), 24},
		{unit, house, noon.Add(-time.Minute), 48}, {unit, house, noon, 8}, {unit, house, noon.Add(2 * time.Hour), 12},
	} {
		if got := notes.At(c.unit, c.house, c.at); got.CosignHours != c.want || got.LateHours != 24 || got.Likeness != 40 {
			t.Errorf("at %s: %+v, want %d hours", c.at, got, c.want)
		}
	}
	if notes.Defaults().Asks("worker") {
		t.Error("a co-signature is asked for before the house has said so")
	}
}

func TestTheTermsAreWhole(t *testing.T) {
	codes, forms := map[string]bool{}, map[string]string{}
	for _, term := range notes.Terms() {
		if codes[term.Code] || term.Code == "" || term.Write == "" || term.Why == "" || len(term.Forms) == 0 {
			t.Errorf("term %q is not whole, or is there twice", term.Code)
		}
		codes[term.Code] = true
		for form := range term.Forms {
			if form != strings.ToLower(strings.TrimSpace(form)) || form == "" {
				t.Errorf("%s: %q is not as it is looked for", term.Code, form)
			}
			if other := forms[form]; other != "" {
				t.Errorf("%q is told of by %s and %s", form, other, term.Code)
			}
			forms[form] = term.Code
		}
	}
	for _, word := range []string{"refused", "non-compliant", "manipulative", "attention-seeking", "aggressive", "combative", "claims", "insists", "addict", "committed suicide", "failed attempt", "frequent flyer", "poor historian", "a borderline", "threatened suicide"} {
		if forms[word] == "" {
			t.Errorf("nothing is said of %q", word)
		}
	}
	set := notes.WordsSet{Terms: []notes.HouseTerm{{Find: " Absconded ", Instead: "left"}}, Silent: []string{"claims"}}
	if err := set.Validate(nil); err != nil {
		t.Fatal(err)
	}
	spoken := set.Spoken()
	if len(spoken) != len(notes.Terms()) || spoken[len(spoken)-1].Forms["absconded"] != "left" {
		t.Errorf("the house's own are not among %d terms", len(spoken))
	}
	for _, term := range spoken {
		if term.Code == "claims" {
			t.Error("a silenced term is spoken of")
		}
	}
	if (&notes.WordsSet{Silent: []string{"nothing of ours"}}).Validate(nil) == nil {
		t.Error("a term that is not there is silenced")
	}
}

func TestAnExtractEndsWithAWord(t *testing.T) {
	long := strings.Repeat("word ", 60)
	for text, want := range map[string]string{"short": "short", " a\n b ": "a b", long: strings.TrimSpace(strings.Repeat("word ", 28)) + " …"} {
		if got := notes.Extract(text); got != want {
			t.Errorf("of %.20q… %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{strings.Repeat("ש", 500), strings.Repeat("e\u0301", 300)} {
		if got := notes.Extract(text); len([]rune(got)) > 150 || !strings.HasPrefix(text, strings.TrimSuffix(got, " …")) {
			t.Errorf("a text without spaces gives %q", got)
		}
	}
}
