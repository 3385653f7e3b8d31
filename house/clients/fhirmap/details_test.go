package fhirmap

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"milieu/kit/fhir"
)

func TestWhatIsReadOfAPatient(t *testing.T) {
	const synthea = `"identifier":[{"system":"https://github.com/synthetichealth/synthea","value":"x"}],`
	for _, c := range []struct {
		name, members string
		got           func(Person) any
		want          string
	}{
		{"official and usual", `"name":[{"use":"usual","given":["Bee"]},{"use":"official","family":"Stone","given":["Beatrice","Ann"],"prefix":["Ms."]}]`,
			func(p Person) any { return []string{p.Legal.Full, p.Preferred.Full, p.Legal.Prefix[0]} }, `["Beatrice Ann Stone","Bee","Ms."]`},
		{"nickname", `"name":[{"family":"Stone"},{"use":"nickname","text":"Bee"}]`, func(p Person) any { return []string{p.Legal.Full, p.Preferred.Full} }, `["Stone","Bee"]`},
		{"former names", `"name":[{"family":"New"},{"use":"maiden","family":"Old"},{"family":"Older","period":{"end":"2001"}}]`,
			func(p Person) any { return []string{p.Legal.Full, p.Former[0].Full, p.Former[1].Full} }, `["New","Old","Older"]`},
		{"only a former name", `"name":[{"use":"old","family":"Old"}]`, func(p Person) any { return p.Legal.Full }, `"Old"`},
		{"numbers of Synthea", synthea + `"name":[{"family":"D'Amore443","given":["Paris331","María-José7"]}]`, func(p Person) any { return p.Legal.Full }, `"Paris María-José D'Amore"`},
		{"numbers people have", `"name":[{"family":"Doe2","given":["X 12"]}]`, func(p Person) any { return p.Legal.Full }, `"X 12 Doe2"`},
		{"short gender", `"gender":"F"`, func(p Person) any { return p.Gender }, `"female"`},
		{"a gender of its own", `"gender":"two-spirit"`, func(p Person) any { return []string{p.Gender, p.Warnings[0].Path} }, `["","Patient.gender"]`},
		{"pronouns", `"extension":[{"url":"` + fhir.Pronouns + `","extension":[{"url":"value","valueCodeableConcept":{"coding":[{"system":"http://loinc.org","code":"LA29520-6"}],"text":"they/them"}}]}]`,
			func(p Person) any { return p.Pronouns }, `{"text":"they/them","codes":[{"system":"http://loinc.org","code":"LA29520-6"}]}`},
		{"gender identity, older form", `"extension":[{"url":"` + fhir.GenderIdentityCore + `","valueCodeableConcept":{"text":"non-binary"}}]`, func(p Person) any { return p.GenderIdentity.Text }, `"non-binary"`},
		{"heritage", `"extension":[{"url":"` + fhir.Race + `","extension":[{"url":"ombCategory","valueCoding":{"display":"Asian"}},{"url":"ombCategory","valueCoding":{"display":"White"}}]}]`,
			func(p Person) any { return p.Race }, `["Asian","White"]`},
		{"languages", `"communication":[{"language":{"coding":[{"code":"spa"}]}},{"language":{"coding":[{"system":"x","code":"EN-us"}],"text":"English"},"preferred":true}]`,
			func(p Person) any { return []any{p.Languages, p.Language().Tag} }, `[[{"tag":"es","text":"spa"},{"tag":"en-US","text":"English","preferred":true}],"en-US"]`},
		{"a language in words", `"communication":[{"language":{"text":"Q'anjob'al"}}]`, func(p Person) any { return p.Language() }, `{"text":"Q'anjob'al"}`},
		{"interpreter as truth", `"extension":[{"url":"` + fhir.InterpreterRequired + `","valueBoolean":false}]`, func(p Person) any { return p.Interpreter }, `false`},
		{"interpreter as code", `"extension":[{"url":"` + fhir.InterpreterNeeded + `","valueCoding":{"system":"http://snomed.info/sct","code":"373066001"}}]`, func(p Person) any { return p.Interpreter }, `true`},
		{"nothing of an interpreter", `"active":true`, func(p Person) any { return p.Interpreter }, `null`},
		{"died", `"deceasedDateTime":"2020-05"`, func(p Person) any { return []any{p.Deceased, p.DeceasedAt} }, `[true,"2020-05"]`},
		{"masked", `"identifier":[{"system":"http://hl7.org/fhir/sid/us-ssn","value":"999-40-1490"},{"type":{"coding":[{"code":"PPN"}]},"value":"X8"},{"type":{"coding":[{"code":"MR"}]},"system":"s","value":"1234567"}]`,
			func(p Person) any {
				return []string{p.Identifiers[0].Masked(), p.Identifiers[1].Masked(), p.Identifiers[2].Masked(), p.Source.Key}
			}, `["••••1490","••••8","1234567","s|1234567"]`},
		{"contacts", `"contact":[{"relationship":[{"coding":[{"code":"MTH"}]},{"coding":[{"code":"N"}]}],"name":{"text":"Rosa"},"telecom":[{"value":"555"},{"value":" "}]},{"relationship":[{"text":"Legal Guardian"}],"organization":{"display":"County"}},{}]`,
			func(p Person) any {
				a, b := p.Contacts[0], p.Contacts[1]
				return []any{len(p.Contacts), a.Name.Full, a.Relationship[0].Text, a.NextOfKin, a.Guardian, len(a.Telecom), b.Organization, b.Guardian, b.NextOfKin}
			}, `[2,"Rosa","mother",true,false,1,"County",true,false]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			result := collect(t, map[string]string{"x.json": `{"resourceType":"Patient","id":"1",` + c.members + `}`})
			if len(result.People) != 1 {
				t.Fatalf("refused: %v", result.Refused)
			}
			got, err := json.Marshal(c.got(result.People[0]))
			if err != nil || string(got) != c.want {
				t.Errorf("got  %s\nwant %s (%v)", got, c.want, err)
			}
		})
	}
}

func TestWhatIsReadOfFacts(t *testing.T) {
	about := `,"id":"5","subject":` + toAna + `}`
	for _, c := range []struct {
		name, resource string
		got            func(Person) any
		want           string
	}{
		{"none known", `{"resourceType":"AllergyIntolerance","code":{"coding":[{"code":"716186003"}]},"patient":` + toAna + `}`, func(p Person) any { return p.Allergies[0].NoneKnown }, `true`},
		{"substance in the reaction", `{"resourceType":"AllergyIntolerance","clinicalStatus":{"coding":[{"code":"resolved"}]},"reaction":[{"substance":{"text":"Bee"},"severity":"severe","manifestation":[{"text":"Hives"}]}],"patient":` + toAna + `}`,
			func(p Person) any {
				a := p.Allergies[0]
				return []any{a.Substance.Text, a.Active, a.Reactions[0].Severity, a.Reactions[0].Manifestation[0].Text}
			}, `["Bee",false,"severe","Hives"]`},
		{"onset as age", `{"resourceType":"Condition","code":{"text":"Asthma"},"onsetAge":{"value":12,"code":"a"}` + about, func(p Person) any { return []any{p.Conditions[0].OnsetText, p.Conditions[0].Active} }, `["at 12 years",true]`},
		{"onset as period", `{"resourceType":"Condition","code":{"text":"Asthma"},"onsetPeriod":{"start":"2001"},"abatementPeriod":{"start":"2003","end":"2004"}` + about,
			func(p Person) any {
				return []any{p.Conditions[0].Onset, p.Conditions[0].Abatement, p.Conditions[0].Active}
			}, `["2001","2004",false]`},
		{"ended by word alone", `{"resourceType":"Condition","code":{"text":"Asthma"},"abatementBoolean":true` + about, func(p Person) any { return p.Conditions[0].Active }, `false`},
		{"a relapse", `{"resourceType":"Condition","code":{"text":"Depression"},"clinicalStatus":{"coding":[{"system":"x","code":"other"},{"code":"relapse"}]}` + about, func(p Person) any { return p.Conditions[0].Active }, `true`},
		{"an episode of care", `{"resourceType":"EpisodeOfCare","id":"e","status":"active","period":{"start":"2024-01-05"},"managingOrganization":{"reference":"Organization/o"},"patient":` + toAna + `}`,
			func(p Person) any { return []any{p.Episodes[0].Kind, p.Episodes[0].Active, p.Episodes[0].Provider} }, `["episode",true,"Harbour House"]`},
		{"an emergency visit in an older form", `{"resourceType":"Encounter","status":"finished","class":"emergency","period":{"start":"2024"}` + about, func(p Person) any { return p.Episodes[0].Kind }, `"emergency"`},
		{"a flag", `{"resourceType":"Flag","status":"active","code":{"text":"Falls"}` + about, func(p Person) any { return []any{p.Flags[0].Meaning.Text, p.Flags[0].Active} }, `["Falls",true]`},
		{"a related person", `{"resourceType":"RelatedPerson","id":"r","active":false,"name":[{"family":"Ruiz","given":["Eva"]}],"relationship":[{"coding":[{"code":"GUARD"}]}],"patient":` + toAna + `}`,
			func(p Person) any { c := p.Contacts[0]; return []any{c.Name.Full, c.Guardian, c.Inactive} }, `["Eva Ruiz",true,true]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			result := collect(t, map[string]string{"x.json": bundleOf(ana, `{"resourceType":"Organization","id":"o","name":"Harbour House"}`, c.resource)})
			if len(result.People) != 1 {
				t.Fatalf("refused: %v", result.Refused)
			}
			got, err := json.Marshal(c.got(result.People[0]))
			if err != nil || string(got) != c.want {
				t.Errorf("got  %s\nwant %s (%v)", got, c.want, err)
			}
		})
	}
}

func TestStableID(t *testing.T) {
	if got := UUID(StableID("house", "a")).String(); got != "3bfa1804-8dfe-84ba-9128-755afe25dcb0" {
		t.Errorf("IDs of earlier imports would no longer be found: %s", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SliceOfN(rapid.String(), 0, 4).Draw(t, "a")
		b := rapid.SliceOfN(rapid.String(), 0, 4).Draw(t, "b")
		id := StableID(a...)
		if id[6]>>4 != 8 || id[8]>>6 != 2 {
			t.Fatalf("no UUID of version 8: %x", id)
		}
		if same := reflect.DeepEqual(a, b) || len(a)+len(b) == 0; same != (id == StableID(b...)) {
			t.Fatalf("%q and %q: %x %x", a, b, id, StableID(b...))
		}
	})
}

// withoutSources takes out what tells where a fact came from, so that the same
// facts from two places compare equal.
func withoutSources(p Person) Person {
	p.Source, p.Warnings, p.Excluded = Source{}, nil, nil
	for i := range p.Contacts {
		p.Contacts[i].Source = Source{}
	}
	for i := range p.Allergies {
		p.Allergies[i].Source = Source{}
	}
	for i := range p.Conditions {
		p.Conditions[i].Source = Source{}
	}
	for i := range p.Episodes {
		p.Episodes[i].Source = Source{}
	}
	for i := range p.Flags {
		p.Flags[i].Source = Source{}
	}
	return p
}

// What is written is read back as the same description.
func TestWrittenAndReadBack(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(demo, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob(filepath.Join(samples, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	files = append(append(files, more...), filepath.Join("testdata", "everything.json"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		before := collect(t, map[string]string{"x.json": string(text)})
		if len(before.People) != 1 {
			t.Fatalf("%s: %s", file, summary(before))
		}
		written, err := json.Marshal(PatientBundle(before.People[0]))
		if err != nil {
			t.Fatal(err)
		}
		twice, _ := json.Marshal(PatientBundle(before.People[0]))
		if string(twice) != string(written) {
			t.Errorf("%s: written differently the second time", file)
		}
		after := collect(t, map[string]string{"y.json": string(written)})
		if len(after.People) != 1 || len(after.People[0].Warnings) > 0 {
			t.Fatalf("%s: %s\n%s", file, summary(after), written)
		}
		want, _ := json.MarshalIndent(withoutSources(before.People[0]), "", " ")
		got, _ := json.MarshalIndent(withoutSources(after.People[0]), "", " ")
		if string(got) != string(want) {
			t.Errorf("%s: read back, then wanted:\n%s", file, difference(string(got), string(want)))
		}
	}
}

// difference gives the first lines that differ.
func difference(a, b string) string {
	left, right := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range left {
		if i >= len(right) || left[i] != right[i] {
			return strings.Join(left[i:min(i+4, len(left))], "\n") + "\n---\n" + strings.Join(right[min(i, len(right)):min(i+4, len(right))], "\n")
		}
	}
	return "more lines"
}
