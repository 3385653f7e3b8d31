package fhirmap

import (
	"fmt"
	"strings"
	"testing"

	"milieu/kit/fhir"
)

func bundleOf(resources ...string) string {
	var entries []string
	for _, resource := range resources {
		entries = append(entries, `{"resource":`+resource+`}`)
	}
	return `{"resourceType":"Bundle","type":"collection","entry":[` + strings.Join(entries, ",") + `]}`
}

func patient(id, members string) string {
	if members != "" {
		members = "," + members
	}
	return fmt.Sprintf(`{"resourceType":"Patient","id":%q,"birthDate":"1980-05-02"%s}`, id, members)
}

const (
	ana     = `{"resourceType":"Patient","id":"1","name":[{"family":"Ruiz","given":["Ana"]}],"birthDate":"1980-05-02"}`
	ben     = `{"resourceType":"Patient","id":"2","name":[{"family":"Okoro","given":["Ben"]}],"birthDate":"1991-01-30"}`
	toAna   = `{"reference":"Patient/1"}`
	noMilk  = `{"resourceType":"AllergyIntolerance","id":"7","code":{"text":"Milk"},"patient":` + toAna + `}`
	refuted = `{"resourceType":"AllergyIntolerance","id":"8","verificationStatus":{"coding":[{"code":"refuted"}]},"recordedDate":"never","patient":` + toAna + `}`
)

// summary says in a line what a result holds, to compare with.
func summary(result *Result) string {
	var parts []string
	for _, person := range result.People {
		parts = append(parts, fmt.Sprintf("%s a%d c%d e%d k%d", person.Legal.Full, len(person.Allergies), len(person.Conditions), len(person.Episodes), len(person.Contacts)))
		for what, count := range person.Excluded {
			parts = append(parts, fmt.Sprintf("without %d %s", count, what))
		}
		for _, warning := range person.Warnings {
			parts = append(parts, "warning: "+warning.Reason)
		}
	}
	for _, refusal := range result.Refused {
		parts = append(parts, "refused "+refusal.Reference)
		for _, problem := range refusal.Problems {
			parts = append(parts, problem.Path+" "+problem.Reason)
		}
	}
	for _, problem := range result.Problems {
		parts = append(parts, "problem: "+problem.Severity.String()+" "+problem.Path+" "+problem.Reason)
	}
	return strings.Join(parts, "; ")
}

func TestWholeOrNotAtAll(t *testing.T) {
	condition := func(members string) string {
		return `{"resourceType":"Condition","id":"9","subject":` + toAna + `,` + members + `}`
	}
	stay := func(members string) string {
		return `{"resourceType":"Encounter","id":"5","subject":` + toAna + `,"class":{"code":"IMP"},` + members + `}`
	}
	for _, c := range []struct {
		name string
		file string
		want string
	}{
		{"two people", bundleOf(ana, ben, noMilk), "Ana Ruiz a1 c0 e0 k0; Ben Okoro a0 c0 e0 k0"},
		{"facts before the person", bundleOf(noMilk, ana), "Ana Ruiz a1 c0 e0 k0"},
		{"refuted, and unreadable besides", bundleOf(ana, refuted), "Ana Ruiz a0 c0 e0 k0; without 1 AllergyIntolerance refuted"},
		{"an allergy to nothing", bundleOf(ana, ben, `{"resourceType":"AllergyIntolerance","id":"7","patient":`+toAna+`}`),
			"Ben Okoro a0 c0 e0 k0; refused Patient/1; Bundle.entry[2].resource.code an allergy that does not say to what"},
		{"a status nobody knows", bundleOf(ana, ben, condition(`"code":{"text":"Asthma"},"verificationStatus":"doubtful"`)),
			"Ben Okoro a0 c0 e0 k0; refused Patient/1; Bundle.entry[2].resource.verificationStatus “doubtful” is not one of unconfirmed, provisional, differential, confirmed, refuted, entered-in-error"},
		{"a status in an older form", bundleOf(ana, condition(`"code":{"text":"Asthma"},"clinicalStatus":"active"`)),
			"Ana Ruiz a0 c1 e0 k0; warning: an object was expected; the text “active” is read as it"},
		{"a condition without meaning", bundleOf(ana, condition(`"id":"9"`)), "refused Patient/1; Bundle.entry[1].resource.id the same element is given twice; it is unclear which one holds; Bundle.entry[1].resource.code a condition that does not say what it is"},
		{"an empty condition", bundleOf(ana, condition(`"code":{}`)), "Ana Ruiz a0 c0 e0 k0; without 1 Condition without meaning"},
		{"a birth date that is none", bundleOf(strings.Replace(ana, "1980-05-02", "1980-02-30", 1), ben),
			"Ben Okoro a0 c0 e0 k0; refused Patient/1; Bundle.entry[0].resource.birthDate “1980-02-30” is not a date as FHIR writes it (1975-09-11, 1975-09 or 1975)"},
		{"no birth date, no name", bundleOf(`{"resourceType":"Patient","id":"1"}`), " a0 c0 e0 k0; warning: no name was given; warning: no birth date was given"},
		{"about somebody else", bundleOf(ben, noMilk), "Ben Okoro a0 c0 e0 k0; problem: error Bundle.entry[1].resource.patient is about “Patient/1”, who is not in these files; left out"},
		{"about nobody, one person", bundleOf(ben, `{"resourceType":"AllergyIntolerance","id":"7","code":{"text":"Milk"}}`),
			"refused Patient/2; Bundle.entry[1].resource.patient does not say whose it is"},
		{"about nobody, two people", bundleOf(ana, ben, `{"resourceType":"AllergyIntolerance","id":"7","code":{"text":"Milk"}}`),
			"Ana Ruiz a0 c0 e0 k0; Ben Okoro a0 c0 e0 k0; problem: error Bundle.entry[2].resource.patient does not say whose it is"},
		{"about a group", bundleOf(ana, `{"resourceType":"Flag","id":"1","status":"active","subject":{"reference":"Group/1"}}`), "Ana Ruiz a0 c0 e0 k0"},
		{"replaced at its source", bundleOf(patient("1", `"link":[{"type":"replaced-by","other":{"reference":"Patient/9"}}]`)),
			"refused Patient/1; Bundle.entry[0].resource.link[0] this record was replaced by “Patient/9” at its source; import that one"},
		{"a visit cannot spoil anything", bundleOf(ana, `{"resourceType":"Encounter","id":"5","class":{"code":"AMB"},"subject":`+toAna+`,"period":{"start":"never"}}`),
			"Ana Ruiz a0 c0 e0 k0; without 1 Encounter AMB"},
		{"a stay that ends before it begins", bundleOf(ana, stay(`"status":"finished","period":{"start":"2020-02-01","end":"2020-01-01"}`)),
			"refused Patient/1; Bundle.entry[1].resource.period ends (2020-01-01) before it begins (2020-02-01)"},
		{"a stay that was only planned", bundleOf(ana, stay(`"status":"planned"`)), "Ana Ruiz a0 c0 e0 k0; without 1 Encounter planned"},
		{"a stay going on", bundleOf(ana, stay(`"status":"in-progress","period":{"start":"2020-02-01T10:00:00Z"},"reasonReference":[{"reference":"Condition/3"}],"location":[{"location":{"display":"Ward 2"}}]`)),
			"Ana Ruiz a0 c0 e1 k0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := summary(collect(t, map[string]string{"x.json": c.file})); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestSeveralFiles(t *testing.T) {
	number := `"identifier":[{"type":{"coding":[{"code":"MR"}]},"system":"http://mrn","value":"77"}]`
	named := `"name":[{"family":"Ruiz","given":["Ana"]}],`
	stamped := func(id, when, extra string) string {
		return patient(id, named+extra+number+`,"meta":{"lastUpdated":"`+when+`"}`)
	}
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"one a line, a file a type", map[string]string{"Patient.ndjson": ana + "\n" + ben, "AllergyIntolerance.ndjson": noMilk}, "Ana Ruiz a1 c0 e0 k0; Ben Okoro a0 c0 e0 k0"},
		{"the same person, the same words", map[string]string{"a.json": bundleOf(ana, noMilk), "b.json": bundleOf(ana)}, "Ana Ruiz a1 c0 e0 k0"},
		{"the same person, newer words", map[string]string{
			"a.json": bundleOf(stamped("1", "2020-01-01T00:00:00Z", "")), "b.json": bundleOf(stamped("x", "2021-01-01T00:00:00Z", `"gender":"female",`))},
			"Ana Ruiz a0 c0 e0 k0; warning: was also given in a.json line 1; the one last updated is used"},
		{"the same person, no telling which is newer", map[string]string{"a.json": bundleOf(ana), "b.json": bundleOf(strings.Replace(ana, "Ana", "Anna", 1))},
			"refused Patient/1; Bundle.entry[0].resource says something else than the same resource in a.json line 1, and neither says which is newer"},
		{"one number, two people", map[string]string{
			"a.json": bundleOf(stamped("1", "2020-01-01T00:00:00Z", "")),
			"b.json": bundleOf(strings.Replace(stamped("2", "2021-01-01T00:00:00Z", ""), "1980-05-02", "1999-01-01", 1))},
			"refused Patient/1; Bundle.entry[0].resource.identifier has the same number as Patient/1 (a.json line 1) and another name or birth date; they may be two people"},
		{"one reference, two people", map[string]string{
			"a.json": bundleOf(patient("1", named+number)), "b.json": bundleOf(patient("1", `"name":[{"family":"Hill"}],"identifier":[{"system":"http://other","value":"3"}]`)), "c.json": bundleOf(noMilk)},
			"refused Patient/1; Bundle.entry[0].resource.patient could be about more than one person in these files; refused Patient/1; Bundle.entry[0].resource.patient could be about more than one person in these files"},
		{"the same id in two files that know their own", map[string]string{
			"a.json": bundleOf(patient("1", named+number), noMilk), "b.json": bundleOf(patient("1", `"name":[{"family":"Hill"}],"identifier":[{"system":"http://other","value":"3"}]`), strings.Replace(noMilk, "Milk", "Nuts", 1))},
			"Ana Ruiz a1 c0 e0 k0; Hill a1 c0 e0 k0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := summary(collect(t, c.files)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestRefusedFileLeavesTheOthers(t *testing.T) {
	c := New(Options{})
	if _, err := c.Read("bad.json", strings.NewReader(bundleOf(ben)[:100]), fhir.ImportLimits); err == nil {
		t.Error("a cut file was taken")
	}
	if _, err := c.Read("good.json", strings.NewReader(bundleOf(ana)), fhir.ImportLimits); err != nil {
		t.Error(err)
	}
	if got := summary(c.People()); got != "Ana Ruiz a0 c0 e0 k0; problem: error Bundle.entry[0].resource ends in the middle; it was cut short" {
		t.Error(got)
	}
	small := New(Options{Memory: 1000})
	if _, err := small.Read("good.json", strings.NewReader(bundleOf(ana, ben)), fhir.ImportLimits); err == nil || !strings.Contains(err.Error(), "import fewer at a time") {
		t.Error(err)
	}
}
