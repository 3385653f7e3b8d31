package credentials

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"milieu/kit/access"
	"milieu/kit/record"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func at(t testing.TB, text string) time.Time {
	t.Helper()
	out, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A certificate is valid to the end of its last day, by the clock on the wall, also where midnight does not come or the day has 23 or 25 hours.
func TestTheLastDayIsWhole(t *testing.T) {
	for _, c := range []struct{ zone, until, lapse, warned, week string }{
		{"UTC", "2026-11-12", "2026-11-13T00:00:00Z", "2026-09-14T00:00:00Z", "2026-11-06T00:00:00Z"},
		{"America/New_York", "2026-11-12", "2026-11-13T00:00:00-05:00", "2026-09-14T00:00:00-04:00", "2026-11-06T00:00:00-05:00"}, // the clocks go back on the 1st
		{"Europe/Berlin", "2027-03-27", "2027-03-28T00:00:00+01:00", "2027-01-27T00:00:00+01:00", "2027-03-21T00:00:00+01:00"},
		{"Europe/Berlin", "2027-03-28", "2027-03-29T00:00:00+02:00", "2027-01-28T00:00:00+01:00", "2027-03-22T00:00:00+01:00"},    // a day of 23 hours
		{"America/Santiago", "2026-09-05", "2026-09-06T01:00:00-03:00", "2026-07-08T00:00:00-04:00", "2026-08-30T00:00:00-04:00"}, // midnight does not come
		{"Asia/Kathmandu", "2028-02-29", "2028-03-01T00:00:00+05:45", "2028-01-01T00:00:00+05:45", "2028-02-23T00:00:00+05:45"},
		{"Pacific/Kiritimati", "2026-12-31", "2027-01-01T00:00:00+14:00", "2026-11-02T00:00:00+14:00", "2026-12-25T00:00:00+14:00"},
	} {
		h := Held{Recorded: Recorded{What: "cpr_first_aid", Until: c.until}}
		z := zone(t, c.zone)
		if got := h.Lapse(z); !got.Equal(at(t, c.lapse)) {
			t.Errorf("%s in %s lapses %s, want %s", c.until, c.zone, got.In(z), c.lapse)
		}
		if got := Warned(&h, z); !got.Equal(at(t, c.warned)) {
			t.Errorf("%s in %s: first warned %s, want %s", c.until, c.zone, got.In(z), c.warned)
		}
		if got := before(&h, z, 7); !got.Equal(at(t, c.week)) {
			t.Errorf("%s in %s: a week before is %s, want %s", c.until, c.zone, got.In(z), c.week)
		}
		for _, days := range WarnDays { // whatever the clocks do meanwhile, a warning comes on its day and in waking hours
			told := h.Lapse(z).Add(warn(days)).In(z)
			day := before(&h, z, days).In(z)
			if told.YearDay() != day.YearDay() || told.Hour() < 7 || told.Hour() > 10 {
				t.Errorf("%s in %s: the warning of %d days comes %s, the day is %s", c.until, c.zone, days, told, day)
			}
		}
	}
}

func required(what string, begins, ends string, t testing.TB) Requirement {
	r := Requirement{ID: record.DeriveID(what), RequirementSet: RequirementSet{What: what, Roles: []access.Role{access.Worker}, Actions: []string{"medication.assist"}}, Begins: at(t, begins)}
	if ends != "" {
		r.Ends = at(t, ends)
	}
	return r
}

func certificate(what, from, until string) Held {
	return Held{Root: record.DeriveID(what, from, until), ID: record.DeriveID(what, from, until), Voucher: record.DeriveID("jo"), Recorded: Recorded{What: what, From: from, Until: until}}
}

func TestWhatIsMissingWhen(t *testing.T) {
	r := required("medication_aide", "2026-06-01T00:00:00Z", "", t)
	unchecked := certificate("medication_aide", "2026-01-01", "2030-01-01")
	unchecked.Voucher = record.Zero
	revoked := certificate("medication_aide", "2026-01-01", "2030-01-01")
	revoked.Ended = at(t, "2026-08-01T10:00:00Z")
	for _, c := range []struct {
		name string
		role access.Role
		r    Requirement
		held []Held
		want string
	}{
		{"another role", access.Nurse, r, nil, ""},
		{"none", access.Worker, r, nil, "2026-06-01–"},
		{"one that was there before", access.Worker, r, []Held{certificate("medication_aide", "2026-01-01", "2026-12-31")}, "2027-01-01– after 2026-12-31"},
		{"one that came later", access.Worker, r, []Held{certificate("medication_aide", "2026-07-01", "")}, "2026-06-01–2026-07-01"},
		{"two with a hole", access.Worker, r, []Held{certificate("medication_aide", "", "2026-07-31"), certificate("medication_aide", "2026-09-01", "")}, "2026-08-01–2026-09-01 after 2026-07-31"},
		{"two that meet", access.Worker, r, []Held{certificate("medication_aide", "2026-08-01", ""), certificate("medication_aide", "", "2026-07-31")}, ""},
		{"one that nobody vouched for", access.Worker, r, []Held{unchecked}, "2026-06-01–"},
		{"one that was revoked", access.Worker, r, []Held{revoked}, "2026-08-01– after 2030-01-01"},
		{"another sort", access.Worker, r, []Held{certificate("driver", "", "")}, "2026-06-01–"},
		{"lapsed before it was required", access.Worker, r, []Held{certificate("medication_aide", "", "2026-03-31")}, "2026-06-01– after 2026-03-31"},
		{"no longer required", access.Worker, required("medication_aide", "2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z", t), nil, "2026-06-01–2026-07-01"},
		{"replaced before it began", access.Worker, required("medication_aide", "2026-06-01T00:00:00Z", "2026-05-01T00:00:00Z", t), nil, ""},
	} {
		got := ""
		for _, g := range Gaps(c.role, []Requirement{c.r}, c.held, time.UTC) {
			if got != "" {
				got += ", "
			}
			got += g.From.Format(time.DateOnly) + "–"
			if !g.Until.IsZero() {
				got += g.Until.Format(time.DateOnly)
			}
			if g.Last != nil {
				got += " after " + g.Last.Until
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Whatever is held, in whatever order: a day is in a gap exactly when it is required and no certificate that counts holds on it.
func TestGapsAreWhatNothingCovers(t *testing.T) {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		r := Requirement{RequirementSet: RequirementSet{What: "driver", Roles: []access.Role{access.Worker}}, Begins: begin.AddDate(0, 0, rapid.IntRange(0, 10).Draw(t, "begins"))}
		if rapid.Bool().Draw(t, "ends") {
			r.Ends = begin.AddDate(0, 0, rapid.IntRange(0, 30).Draw(t, "end"))
		}
		var held []Held
		for i := range rapid.IntRange(0, 5).Draw(t, "n") {
			from := begin.AddDate(0, 0, rapid.IntRange(-5, 25).Draw(t, "from"))
			h := certificate("driver", from.Format(time.DateOnly), from.AddDate(0, 0, rapid.IntRange(0, 9).Draw(t, "days")).Format(time.DateOnly))
			h.Root = record.DeriveID(fmt.Sprint(i))
			if rapid.IntRange(0, 3).Draw(t, "unchecked") == 0 {
				h.Voucher = record.Zero
			}
			if rapid.IntRange(0, 3).Draw(t, "ended") == 0 {
				h.Ended = begin.AddDate(0, 0, rapid.IntRange(-3, 25).Draw(t, "ended on"))
			}
			held = append(held, h)
		}
		gaps := Gaps(access.Worker, []Requirement{r}, held, time.UTC)
		for day := range 45 {
			noon := begin.AddDate(0, 0, day-6).Add(12 * time.Hour)
			want := r.Holds(noon)
			for i := range held {
				from, until := held[i].Span(time.UTC)
				if held[i].Counts() && !noon.Before(from) && noon.Before(until) {
					want = false
				}
			}
			got := 0
			for _, g := range gaps {
				if !noon.Before(g.From) && (g.Until.IsZero() || noon.Before(g.Until)) {
					got++
				}
			}
			if (got == 1) != want || got > 1 {
				t.Fatalf("%s: in %d gaps, missing %v: %+v", noon, got, want, gaps)
			}
		}
	})
}

func TestHowSomebodyStands(t *testing.T) {
	cedar, elm := record.DeriveID("cedar"), record.DeriveID("elm")
	now := at(t, "2026-11-19T12:00:00Z")
	r := required("cpr_first_aid", "2026-01-01T00:00:00Z", "", t)
	onCedar := r
	onCedar.Units = []record.ID{cedar}
	waiting := certificate("cpr_first_aid", "2026-11-01", "2028-10-31")
	waiting.Voucher = record.Zero
	gone := certificate("cpr_first_aid", "", "2026-12-31")
	gone.Ended = at(t, "2026-10-01T00:00:00Z")
	for _, c := range []struct {
		name string
		r    []Requirement
		held []Held
		want State
		bars bool
	}{
		{"nothing asked, nothing held", nil, nil, "", false},
		{"asked for", []Requirement{r}, nil, Missing, true},
		{"asked for elsewhere", []Requirement{onCedar}, nil, "", false},
		{"good for years", []Requirement{r}, []Held{certificate("cpr_first_aid", "", "2028-10-31")}, Valid, false},
		{"without end", nil, []Held{certificate("cpr_first_aid", "", "")}, Valid, false},
		{"in 60 days", nil, []Held{certificate("cpr_first_aid", "", "2027-01-17")}, Lapsing, false},
		{"in 61 days", nil, []Held{certificate("cpr_first_aid", "", "2027-01-18")}, Valid, false},
		{"today is the last day", []Requirement{r}, []Held{certificate("cpr_first_aid", "", "2026-11-19")}, Lapsing, false},
		{"yesterday was", []Requirement{r}, []Held{certificate("cpr_first_aid", "", "2026-11-18")}, Lapsed, true},
		{"yesterday was, and a newer one", []Requirement{r}, []Held{certificate("cpr_first_aid", "", "2026-11-18"), certificate("cpr_first_aid", "", "2028-11-18")}, Valid, false},
		{"nobody has looked at it", []Requirement{r}, []Held{waiting}, Waiting, true},
		{"a newer one that nobody has looked at", []Requirement{r}, []Held{certificate("cpr_first_aid", "", "2026-11-18"), waiting}, Lapsed, true},
		{"let go", nil, []Held{gone}, Released, false},
		{"revoked, and asked for", []Requirement{r}, []Held{gone}, Lapsed, true},
	} {
		got := Stand(record.DeriveID("kim"), access.Worker, []record.ID{elm}, c.r, c.held, time.UTC, now)
		switch {
		case c.want == "" && len(got) == 0:
		case len(got) != 1 || got[0].State != c.want || got[0].Bars() != c.bars:
			t.Errorf("%s: %+v, want %s", c.name, got, c.want)
		}
	}
}

func TestNoRequirementKeepsAnybodyFromLookingIn(t *testing.T) {
	good := RequirementSet{What: "medication_aide", Roles: []access.Role{access.Worker}, Actions: []string{"medication.assist"}, Accepted: record.DeriveID("jo"), Basis: "house policy 12"}
	for _, c := range []struct {
		name string
		edit func(*RequirementSet)
		ok   bool
	}{
		{"as it should be", func(*RequirementSet) {}, true},
		{"nothing hangs on it", func(r *RequirementSet) { r.Actions = nil }, true},
		{"looking in", func(r *RequirementSet) { r.Actions = []string{"medication.assist", "rounds.check"} }, false},
		{"calling for help", func(r *RequirementSet) { r.Actions = []string{"rounds.help"} }, false},
		{"taking a due on", func(r *RequirementSet) { r.Actions = []string{"due.take"} }, false},
		{"telling what happened", func(r *RequirementSet) { r.Actions = []string{"record.add"} }, false},
		{"seeing a client", func(r *RequirementSet) { r.Actions = []string{"see.client"} }, false},
		{"administering", func(r *RequirementSet) { r.Actions = []string{"staff.manage"} }, false},
		{"breaking the glass", func(r *RequirementSet) { r.Actions = []string{"access.glass.open"} }, false},
		{"no action at all", func(r *RequirementSet) { r.Actions = []string{"anything you like"} }, false},
		{"of administrators", func(r *RequirementSet) { r.Roles = []access.Role{access.Administrator} }, false},
		{"of clients", func(r *RequirementSet) { r.Roles = []access.Role{"client"} }, false},
		{"of nobody", func(r *RequirementSet) { r.Roles = nil }, false},
		{"nobody answers for it", func(r *RequirementSet) { r.Accepted = record.Zero }, false},
		{"resting on nothing", func(r *RequirementSet) { r.Basis = " " }, false},
		{"without words for another", func(r *RequirementSet) { r.What = Other }, false},
	} {
		r := good
		c.edit(&r)
		if err := r.Validate(nil); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestCertificatesAreJudged(t *testing.T) {
	for _, c := range []struct {
		name string
		r    Recorded
		ok   bool
	}{
		{"as it should be", Recorded{What: "cpr_first_aid", From: "2026-01-05", Until: "2028-01-04", Vouched: "original"}, true},
		{"without dates", Recorded{What: "mental_health_first_aid"}, true},
		{"of one day", Recorded{What: "driver", From: "2026-01-05", Until: "2026-01-05"}, true},
		{"backwards", Recorded{What: "driver", From: "2026-01-05", Until: "2026-01-04"}, false},
		{"no date", Recorded{What: "driver", Until: "2026-02-30"}, false},
		{"a year of five digits", Recorded{What: "driver", Until: "20260-02-01"}, false},
		{"no sort", Recorded{What: "juggling"}, false},
		{"another, unnamed", Recorded{What: Other, Name: " "}, false},
		{"another", Recorded{What: Other, Name: "Hoist training"}, true},
		{"checked somehow", Recorded{What: "driver", Vouched: "trust me"}, false},
	} {
		if err := c.r.Validate(nil); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if Key(Other, "Hoist  Training") != Key(Other, "hoist training") || Key(Other, "a") == Key(Other, "b") {
		t.Error("words are not compared as people do")
	}
	seen := map[string]bool{}
	for _, s := range Sorts() {
		if seen[s.Code] || s.Months < 0 {
			t.Errorf("the list of sorts is not right at %s", s.Code)
		}
		seen[s.Code] = true
	}
	if !seen[Other] || !NeverBarred("rounds.check") || NeverBarred("medication.assist") {
		t.Error("the lists are not whole")
	}
}
