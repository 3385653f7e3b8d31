package fhirmap

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"milieu/kit/fhir"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	samples = "../../../kit/fhir/testdata/synthea"
	demo    = "../../../app/demo/people"
)

func collect(t *testing.T, files map[string]string) *Result {
	t.Helper()
	c := New(Options{Namespace: "house", Source: "hospital"})
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if _, err := c.Read(name, strings.NewReader(files[name]), fhir.ImportLimits); err != nil {
			t.Fatal(err)
		}
	}
	return c.People()
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What three people come to, whole.
func TestGoldenPeople(t *testing.T) {
	for _, name := range []string{"agustin-fonseca", "louis-maggio", "rachael-mcdermott"} {
		result := collect(t, map[string]string{name + ".json": readFile(t, filepath.Join(samples, name+".json"))})
		got, err := json.MarshalIndent(result, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", name+".golden.json")
		if *update {
			if err := os.MkdirAll("testdata", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want := readFile(t, golden); want != string(got)+"\n" {
			t.Errorf("%s differs from %s; run with -update and read the difference\n%s", name, golden, got)
		}
	}
}

// Everybody of the demonstration and of the samples, with counts made from the
// same files by another program.
func TestPeopleByNumbers(t *testing.T) {
	for _, c := range []struct {
		file                                                        string
		allergies, conditions, active, inpatient, emergency, visits int
	}{
		{samples + "/agustin-fonseca.json", 0, 2, 0, 0, 2, 2},
		{samples + "/barrett-goldner.json", 0, 4, 2, 1, 3, 2},
		{samples + "/louis-maggio.json", 1, 12, 9, 0, 1, 2},
		{samples + "/rachael-mcdermott.json", 0, 10, 5, 0, 2, 2},
		{samples + "/robby-becker.json", 0, 7, 4, 2, 3, 2},
		{samples + "/trenton-turner.json", 0, 2, 2, 5, 3, 2},
		{demo + "/agustin-fonseca.json", 1, 3, 1, 0, 2, 0},
		{demo + "/alberto-atencio.json", 0, 4, 4, 0, 2, 0},
		{demo + "/barrett-goldner.json", 1, 5, 3, 1, 1, 0},
		{demo + "/bruno-bernhard.json", 0, 3, 1, 0, 0, 0},
		{demo + "/christian-balistreri.json", 1, 2, 1, 0, 0, 0},
		{demo + "/elmo-eichmann.json", 0, 4, 1, 0, 0, 0},
		{demo + "/enda-schaefer.json", 1, 2, 1, 0, 0, 0},
		{demo + "/floyd-connelly.json", 1, 5, 4, 0, 0, 0},
		{demo + "/george-kutch.json", 0, 5, 4, 0, 0, 0},
		{demo + "/gustavo-mejia.json", 1, 3, 1, 0, 0, 0},
		{demo + "/jacob-larson.json", 0, 4, 3, 1, 0, 0},
		{demo + "/jermaine-breitenberg.json", 1, 5, 4, 0, 0, 0},
		{demo + "/joaquin-rodriguez.json", 0, 5, 2, 0, 2, 0},
		{demo + "/louis-maggio.json", 1, 5, 5, 0, 1, 0},
		{demo + "/malcolm-dach.json", 1, 4, 1, 0, 0, 0},
		{demo + "/milan-beatty.json", 1, 4, 3, 0, 0, 0},
		{demo + "/napoleon-ullrich.json", 0, 5, 1, 0, 2, 0},
		{demo + "/osvaldo-graham.json", 1, 5, 2, 0, 0, 0},
		{demo + "/paris-casper.json", 0, 4, 2, 0, 1, 0},
		{demo + "/rachael-mcdermott.json", 1, 5, 5, 0, 2, 0},
		{demo + "/robby-becker.json", 0, 5, 5, 2, 0, 0},
		{demo + "/trent-jaskolski.json", 1, 5, 5, 1, 1, 0},
		{demo + "/trenton-turner.json", 0, 3, 3, 2, 0, 0},
		{demo + "/wilson-marks.json", 0, 5, 3, 0, 0, 0},
	} {
		name := filepath.Base(c.file)
		result := collect(t, map[string]string{name: readFile(t, c.file)})
		if len(result.People) != 1 || len(result.Refused)+len(result.Problems) > 0 {
			t.Fatalf("%s: %d people, refused %v, problems %v", name, len(result.People), result.Refused, result.Problems)
		}
		person := result.People[0]
		if len(person.Warnings) > 0 {
			t.Errorf("%s: %v", name, person.Warnings)
		}
		active, kinds := 0, map[string]int{}
		for _, condition := range person.Conditions {
			if condition.Active {
				active++
			}
		}
		for _, episode := range person.Episodes {
			kinds[episode.Kind]++
		}
		got := []int{len(person.Allergies), len(person.Conditions), active, kinds[KindInpatient], kinds[KindEmergency], person.Excluded["Encounter AMB"]}
		want := []int{c.allergies, c.conditions, c.active, c.inpatient, c.emergency, c.visits}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%s: %v, want %v", name, got, want)
				break
			}
		}
	}
}

// The people of the demonstration are whole and small.
func TestDemoPeople(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(demo, "*.json"))
	if err != nil || len(files) != 24 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	total := 0
	everybody := map[string]string{}
	for _, file := range files {
		text := readFile(t, file)
		total += len(text)
		everybody[filepath.Base(file)] = text
		if len(text) > 8<<10 || strings.Contains(text, "us-ssn") {
			t.Errorf("%s: %d bytes", file, len(text))
		}
	}
	if total > 150<<10 {
		t.Errorf("%d bytes in all", total)
	}
	result := collect(t, everybody)
	if len(result.People) != 24 || len(result.Refused)+len(result.Problems) > 0 {
		t.Errorf("%d people, refused %v, problems %v", len(result.People), result.Refused, result.Problems)
	}
	seen := map[UUID]bool{}
	for _, person := range result.People {
		if seen[person.Source.ID] || person.Legal.Full == "" || person.Language().Tag == "" || person.BirthDate > "2005" {
			t.Errorf("%s: %+v", person.Source.File, person.Legal)
		}
		seen[person.Source.ID] = true
	}
}

// The same file twice, laid out anew and with a new version stamp, gives the
// same IDs; a fact that changed gives a new one under the same key.
func TestSecondRunIsRecognised(t *testing.T) {
	text := readFile(t, filepath.Join(samples, "louis-maggio.json"))
	first := collect(t, map[string]string{"a.json": text})
	var flat bytes.Buffer
	if err := json.Compact(&flat, []byte(text)); err != nil {
		t.Fatal(err)
	}
	restamped := strings.ReplaceAll(flat.String(), `"meta":{`, `"meta":{"lastUpdated":"2026-01-01T00:00:00Z",`)
	second := collect(t, map[string]string{"b.json": restamped})
	changed := collect(t, map[string]string{"c.json": strings.ReplaceAll(restamped, `"criticality":"low"`, `"criticality":"high"`)})
	one, two, three := first.People[0], second.People[0], changed.People[0]
	if ids(one) != ids(two) {
		t.Errorf("IDs differ:\n%s\n%s", ids(one), ids(two))
	}
	before, after := one.Allergies[0].Source, three.Allergies[0].Source
	if before.Key != after.Key || before.ID == after.ID || before.Fingerprint == after.Fingerprint {
		t.Errorf("changed allergy: %+v, %+v", before, after)
	}
	if one.Source.ID != three.Source.ID || one.Conditions[3].Source.ID != three.Conditions[3].Source.ID {
		t.Error("what did not change has another ID")
	}
	elsewhere := New(Options{Namespace: "another house", Source: "hospital"})
	if _, err := elsewhere.Read("a.json", strings.NewReader(text), fhir.ImportLimits); err != nil {
		t.Fatal(err)
	}
	if other := elsewhere.People().People[0]; other.Source.ID == one.Source.ID || other.Source.Key != one.Source.Key {
		t.Error("two houses share IDs, or do not share keys")
	}
	// Both files in one run: one person, nothing doubled.
	both := collect(t, map[string]string{"a.json": text, "b.json": restamped})
	if len(both.People) != 1 || len(both.Refused) != 0 || len(both.People[0].Conditions) != len(one.Conditions) || both.Repeated == 0 {
		t.Errorf("both: %d people, %v, repeated %d", len(both.People), both.Refused, both.Repeated)
	}
}

func ids(p Person) string {
	list := []UUID{p.Source.ID}
	for _, fact := range p.Allergies {
		list = append(list, fact.Source.ID)
	}
	for _, fact := range p.Conditions {
		list = append(list, fact.Source.ID)
	}
	for _, fact := range p.Episodes {
		list = append(list, fact.Source.ID)
	}
	text, _ := json.Marshal(list)
	return string(text)
}
