package fhirmap

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"milieu/kit/fhir"
)

// FuzzPeople holds for any bytes: nobody is both taken and refused, a refusal
// has a reason, and what is taken can be written and is read back as one person.
func FuzzPeople(f *testing.F) {
	for _, seed := range []string{bundleOf(ana, ben, noMilk, refuted), ana + "\n" + noMilk} {
		f.Add(seed)
	}
	f.Add(readFile(f, filepath.Join("testdata", "everything.json")))
	limits := fhir.Limits{File: 1 << 20, Resource: 64 << 10, Entries: 100, Values: 2_000, String: 4 << 10, Problems: 50}
	f.Fuzz(func(t *testing.T, text string) {
		c := New(Options{Namespace: "house"})
		if _, err := c.Read("x.json", strings.NewReader(text), limits); err != nil {
			return
		}
		result := c.People()
		refused := map[string]bool{}
		for _, refusal := range result.Refused {
			if len(refusal.Problems) == 0 || refused[refusal.Key] {
				t.Fatalf("refused without a reason, or twice: %+v", refusal)
			}
			refused[refusal.Key] = true
		}
		for _, person := range result.People {
			if refused[person.Source.Key] {
				t.Fatalf("taken and refused: %s", person.Source.Key)
			}
			refused[person.Source.Key] = true
			written, err := json.Marshal(PatientBundle(person))
			if err != nil {
				t.Fatal(err)
			}
			again := New(Options{Namespace: "house"})
			if _, err := again.Read("y.json", strings.NewReader(string(written)), fhir.ImportLimits); err != nil {
				t.Fatalf("%v\n%s", err, written)
			}
			if back := again.People(); len(back.People) != 1 || len(back.People[0].Allergies) != len(person.Allergies) || len(back.People[0].Conditions) != len(person.Conditions) {
				t.Fatalf("not read back: %s\n%s", summary(back), written)
			}
		}
	})
}
